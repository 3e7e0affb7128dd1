/* SPDX-License-Identifier: MIT */
#include "test.h"
#include <math.h>
#include "learn/learn.h"

/* confusion, rows = truth: 3 1 0 / 1 2 1 / 1 0 1 */
static const unsigned char table[3][3] = { { 3, 1, 0 }, { 1, 2, 1 }, { 1, 0, 1 } };

static size_t outcomes(struct es_outcome out[16], double certainty)
{
	size_t n = 0;
	for (int t = 0; t < 3; t++)
		for (int g = 0; g < 3; g++)
			for (int k = 0; k < table[t][g]; k++)
				out[n++] = (struct es_outcome){ EARSHOT_NEGATIVE + (unsigned)t,
								EARSHOT_NEGATIVE + (unsigned)g,
								certainty };
	return n;
}

static bool near(double a, double b)
{
	return fabs(a - b) < 1e-9;
}

TEST("figures are those worked out by hand")
{
	struct es_outcome at[16];
	struct es_figures f;
	struct earshot_error error;
	size_t n = outcomes(at, 0.75);
	CHECK_OK(es_figures_of(at, n, 3, &f, &error), error);
	CHECK_INT(f.n, 10);
	CHECK(near(f.accuracy.value, 0.6));
	/* f1: 2*3/(4+5), 2*2/(4+3), 2*1/(2+2) */
	CHECK(near(f.per_class[0].f1.value, 6.0 / 9));
	CHECK(near(f.macro_f1.value, (6.0 / 9 + 4.0 / 7 + 0.5) / 3));
	CHECK(near(f.macro_recall.value, (0.75 + 0.5 + 0.5) / 3));
	CHECK(near(f.sign_errors.value, 0.1));
	CHECK(near(f.ece.value, 0.15)); /* all in one bin: |0.6 - 0.75| */
	CHECK_INT(f.confusion[1][2], 1);
	/* Wilson's interval of 6 of 10 */
	CHECK(fabs(f.accuracy.lo - 0.3127) < 1e-4 && fabs(f.accuracy.hi - 0.8318) < 1e-4);
	CHECK(f.macro_f1.lo < f.macro_f1.value && f.macro_f1.value < f.macro_f1.hi);
}

TEST("the same rows give the same intervals, and no probabilities no calibration error")
{
	struct es_outcome at[16];
	struct es_figures a, b;
	struct earshot_error error;
	size_t n = outcomes(at, NAN);
	CHECK_OK(es_figures_of(at, n, 3, &a, &error), error);
	CHECK_OK(es_figures_of(at, n, 3, &b, &error), error);
	CHECK(a.macro_f1.lo == b.macro_f1.lo && a.macro_f1.hi == b.macro_f1.hi);
	CHECK(isnan(a.ece.value));
	CHECK_INT(es_figures_of(at, 0, 3, &a, &error), EARSHOT_DATA);
}

TEST("two classes are the sign of the score, 0 is wrong")
{
	struct earshot_sentiment s = { .label = EARSHOT_NEUTRAL,
				       .score = 0.1,
				       .prob = { 0.2, 0.5, 0.3 } };
	struct es_outcome o = es_outcome_of(EARSHOT_POSITIVE, &s, 2);
	CHECK_INT(o.guess, EARSHOT_POSITIVE);
	CHECK(near(o.certainty, 0.6));
	s.score = 0;
	CHECK_INT(es_outcome_of(EARSHOT_POSITIVE, &s, 2).guess, EARSHOT_UNLABELLED);
	CHECK_INT(es_outcome_of(EARSHOT_POSITIVE, &s, 3).guess, EARSHOT_NEUTRAL);
}

TEST("a difference is tested on the posts that only one side has right")
{
	struct es_outcome first[20], second[20];
	struct es_difference d;
	struct earshot_error error;
	for (int i = 0; i < 20; i++) {
		first[i] = (struct es_outcome){ EARSHOT_POSITIVE, EARSHOT_POSITIVE, 0.9 };
		second[i] = first[i];
		if (i < 6)
			second[i].guess = EARSHOT_NEGATIVE;
	}
	first[19].guess = EARSHOT_NEUTRAL;
	CHECK_OK(es_difference_of(first, second, 20, 3, &d, &error), error);
	CHECK_INT(d.only_first, 6);
	CHECK_INT(d.only_second, 1);
	CHECK(near(d.accuracy.value, -0.25));
	CHECK(near(d.p, 0.125)); /* 2 * (1 + 7) / 2^7 */
	CHECK(d.accuracy.lo < d.accuracy.value && d.accuracy.value < d.accuracy.hi);
}

TEST("a labelled row has an id or none, and says what is wrong")
{
	struct es_labelled row;
	struct earshot_error error;
	CHECK_OK(es_labelled_read(ES_STR("7\tpositive\tgood\tday"), &row, &error), error);
	CHECK_STR(row.id.ptr, row.id.len, "7");
	CHECK_INT(row.label, EARSHOT_POSITIVE);
	CHECK_STR(row.text.ptr, row.text.len, "good\tday");
	CHECK_OK(es_labelled_read(ES_STR("neutral\ton Tuesday"), &row, &error), error);
	CHECK_INT(row.id.len, 0);
	CHECK_STR(row.text.ptr, row.text.len, "on Tuesday");
	CHECK_INT(es_labelled_read(ES_STR("7\tmixed\tgood"), &row, &error), EARSHOT_DATA);
	CHECK_INT(error.column, 9);
	CHECK_INT(es_labelled_read(ES_STR("no tab"), &row, &error), EARSHOT_DATA);
}
