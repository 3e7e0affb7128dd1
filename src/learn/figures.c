/* SPDX-License-Identifier: MIT
 *
 * figures.c - how good the guesses are, and how sure one may be of that.
 */
#include "learn/learn.h"

#include <math.h>
#include <stdlib.h>

#define BINS 10
#define Z    1.959963984540054 /* two-sided 95 % of the normal distribution */
#define SEED 20161109u

int es_labelled_read(struct earshot_str line, struct es_labelled *out, struct earshot_error *error)
{
	const char *end = line.ptr + line.len, *at = line.ptr;
	*out = (struct es_labelled){ .id = { line.ptr, 0 } };
	for (int field = 0; field < 2; field++) {
		const char *tab = memchr(at, '\t', (size_t)(end - at));
		if (!tab)
			break;
		struct earshot_str value = es_str(at, (size_t)(tab - at));
		out->label = earshot_label_of(value.ptr, value.len);
		out->text = es_str(tab + 1, (size_t)(end - tab - 1));
		if (out->label)
			return EARSHOT_OK;
		out->id = value;
		at = tab + 1;
	}
	int rc = es_err(error, EARSHOT_DATA,
			"a row is: id, TAB, negative, neutral or positive, TAB, text");
	es_err_at(error, NULL, 0, (int)(at - line.ptr) + 1);
	return rc;
}

struct es_outcome es_outcome_of(enum earshot_label truth, const struct earshot_sentiment *sentiment,
				int classes)
{
	struct es_outcome out = { .truth = truth, .guess = sentiment->label };
	const double *prob = sentiment->prob;
	if (classes == 3) {
		out.certainty = prob[sentiment->label - EARSHOT_NEGATIVE];
		return out;
	}
	double sides = prob[0] + prob[2];
	out.guess = sentiment->score > 0   ? EARSHOT_POSITIVE
		    : sentiment->score < 0 ? EARSHOT_NEGATIVE
					   : EARSHOT_UNLABELLED;
	out.certainty = sides > 0 ? fmax(prob[0], prob[2]) / sides : prob[0];
	return out;
}

/* Everything that figures are made of, so that a resample is a few sums. */
struct counts {
	double n, right, opposite;
	double of[4][4]; /* [truth][guess], UNLABELLED = 0 */
	double bin_n[BINS], bin_right[BINS], bin_certain[BINS];
};

static void count(struct counts *c, const struct es_outcome *o)
{
	bool right = o->truth == o->guess;
	c->n++;
	c->right += right;
	c->opposite += o->truth + o->guess == EARSHOT_NEGATIVE + EARSHOT_POSITIVE && !right &&
		       o->truth != EARSHOT_NEUTRAL;
	c->of[o->truth][o->guess]++;
	if (isnan(o->certainty))
		return;
	int bin = (int)(o->certainty * BINS);
	bin = bin >= BINS ? BINS - 1 : bin;
	c->bin_n[bin]++;
	c->bin_right[bin] += right;
	c->bin_certain[bin] += o->certainty;
}

enum { ACCURACY, MACRO_F1, MACRO_RECALL, SIGN_ERRORS, ECE, FIRST_F1, VALUES = FIRST_F1 + 3 };

static double share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static double predicted(const struct counts *c, int label)
{
	return c->of[1][label] + c->of[2][label] + c->of[3][label];
}

static double truly(const struct counts *c, int label)
{
	return c->of[label][0] + c->of[label][1] + c->of[label][2] + c->of[label][3];
}

static void values(const struct counts *c, int classes, double out[VALUES])
{
	double f1 = 0, recall = 0, ece = 0, certain = 0;
	for (int label = EARSHOT_NEGATIVE; label <= EARSHOT_POSITIVE; label++) {
		double hit = c->of[label][label], all = truly(c, label) + predicted(c, label);
		out[FIRST_F1 + label - 1] = share(2 * hit, all);
		if (label == EARSHOT_NEUTRAL && classes == 2)
			continue;
		f1 += share(2 * hit, all);
		recall += share(hit, truly(c, label));
	}
	for (int i = 0; i < BINS; i++) {
		ece += fabs(c->bin_right[i] - c->bin_certain[i]);
		certain += c->bin_n[i];
	}
	out[ACCURACY] = share(c->right, c->n);
	out[MACRO_F1] = f1 / classes;
	out[MACRO_RECALL] = recall / classes;
	out[SIGN_ERRORS] = share(c->opposite, c->n);
	out[ECE] = certain > 0 ? ece / certain : NAN;
}

static uint64_t draw(uint64_t *state) /* splitmix64 */
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static size_t draw_below(uint64_t *state, size_t n)
{
	return (size_t)(((draw(state) >> 32) * n) >> 32);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static struct es_figure middle(double value, double *samples, size_t n)
{
	if (isnan(value))
		return (struct es_figure){ value, value, value };
	qsort(samples, n, sizeof(*samples), by_value);
	return (struct es_figure){ value, samples[n * 25 / 1000], samples[n - 1 - n * 25 / 1000] };
}

static struct es_figure wilson(double part, double n)
{
	if (n == 0)
		return (struct es_figure){ 0, 0, 1 };
	double p = part / n, z2 = Z * Z / n, centre = (p + z2 / 2) / (1 + z2);
	double half = Z * sqrt(p * (1 - p) / n + z2 / (4 * n)) / (1 + z2);
	return (struct es_figure){ p, fmax(0, centre - half), fmin(1, centre + half) };
}

static int no_rows(size_t n, struct earshot_error *error)
{
	if (n > 0 && n < UINT32_MAX)
		return EARSHOT_OK;
	int rc = es_err(error, EARSHOT_DATA, "there is no row to count");
	es_err_hint(error, "a row is: id, TAB, label, TAB, text; two classes leave neutral out");
	return rc;
}

int es_figures_of(const struct es_outcome *at, size_t n, int classes, struct es_figures *out,
		  struct earshot_error *error)
{
	struct counts all = { 0 };
	double exact[VALUES];
	int rc = no_rows(n, error);
	if (rc)
		return rc;
	double(*samples)[ES_RESAMPLES] = malloc(VALUES * sizeof(*samples));
	if (!samples)
		return es_err_nomem(error);
	for (size_t i = 0; i < n; i++)
		count(&all, &at[i]);
	values(&all, classes, exact);
	uint64_t state = SEED;
	for (size_t r = 0; r < ES_RESAMPLES; r++) {
		struct counts some = { 0 };
		double value[VALUES];
		for (size_t i = 0; i < n; i++)
			count(&some, &at[draw_below(&state, n)]);
		values(&some, classes, value);
		for (int v = 0; v < VALUES; v++)
			samples[v][r] = value[v];
	}
	*out = (struct es_figures){ .n = n };
	out->accuracy = wilson(all.right, all.n);
	out->sign_errors = wilson(all.opposite, all.n);
	out->macro_f1 = middle(exact[MACRO_F1], samples[MACRO_F1], ES_RESAMPLES);
	out->macro_recall = middle(exact[MACRO_RECALL], samples[MACRO_RECALL], ES_RESAMPLES);
	out->ece = middle(exact[ECE], samples[ECE], ES_RESAMPLES);
	for (int i = 0; i < 3; i++) {
		int label = EARSHOT_NEGATIVE + i;
		double hit = all.of[label][label];
		out->per_class[i].n = (size_t)truly(&all, label);
		out->per_class[i].precision = wilson(hit, predicted(&all, label));
		out->per_class[i].recall = wilson(hit, truly(&all, label));
		out->per_class[i].f1 =
			middle(exact[FIRST_F1 + i], samples[FIRST_F1 + i], ES_RESAMPLES);
		for (int k = 0; k < 3; k++)
			out->confusion[i][k] = (uint32_t)all.of[label][EARSHOT_NEGATIVE + k];
	}
	free(samples);
	return EARSHOT_OK;
}

/* Two-sided: twice the chance of at most `less` heads in n throws. */
static double mcnemar(size_t less, size_t n)
{
	double sum = 0;
	for (size_t k = 0; k <= less; k++)
		sum += exp(lgamma((double)n + 1) - lgamma((double)k + 1) -
			   lgamma((double)(n - k) + 1) - (double)n * log(2));
	return fmin(1, 2 * sum);
}

int es_difference_of(const struct es_outcome *first, const struct es_outcome *second, size_t n,
		     int classes, struct es_difference *out, struct earshot_error *error)
{
	double a[VALUES], b[VALUES];
	int rc = no_rows(n, error);
	if (rc)
		return rc;
	double(*samples)[ES_RESAMPLES] = malloc(2 * sizeof(*samples));
	if (!samples)
		return es_err_nomem(error);
	*out = (struct es_difference){ 0 };
	uint64_t state = SEED;
	double exact[2] = { 0 };
	for (size_t r = 0; r <= ES_RESAMPLES; r++) { /* the last round: the rows themselves */
		struct counts x = { 0 }, y = { 0 };
		for (size_t i = 0; i < n; i++) {
			size_t k = r < ES_RESAMPLES ? draw_below(&state, n) : i;
			count(&x, &first[k]);
			count(&y, &second[k]);
		}
		values(&x, classes, a);
		values(&y, classes, b);
		double *to[2] = { r < ES_RESAMPLES ? &samples[0][r] : &exact[0],
				  r < ES_RESAMPLES ? &samples[1][r] : &exact[1] };
		*to[0] = b[ACCURACY] - a[ACCURACY];
		*to[1] = b[MACRO_F1] - a[MACRO_F1];
	}
	for (size_t i = 0; i < n; i++) {
		bool x = first[i].guess == first[i].truth, y = second[i].guess == second[i].truth;
		out->only_first += x && !y;
		out->only_second += y && !x;
	}
	size_t less = out->only_first < out->only_second ? out->only_first : out->only_second;
	out->accuracy = middle(exact[0], samples[0], ES_RESAMPLES);
	out->macro_f1 = middle(exact[1], samples[1], ES_RESAMPLES);
	out->p = mcnemar(less, out->only_first + out->only_second);
	free(samples);
	return EARSHOT_OK;
}
