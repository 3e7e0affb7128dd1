/* SPDX-License-Identifier: MIT
 *
 * What vaderSentiment 3.3.2 says of these texts, to the last digit it gives
 * (tests/cases/vader holds far more of them against the package itself).
 */
#include "test.h"
#include <math.h>
#include "base/base.h"
#include <earshot/score.h>

/* clang-format off */
static const struct row {
	const char *text;
	double compound, pos, neu, neg;
} rows[] = {
	{ "", 0.0, 0.0, 0.0, 0.0 },
	{ "VADER is smart, handsome, and funny.", 0.8316, 0.746, 0.254, 0.0 },
	{ "VADER is smart, handsome, and funny!", 0.8439, 0.752, 0.248, 0.0 },
	{ "VADER is VERY SMART, handsome, and FUNNY!!!", 0.9342, 0.767, 0.233, 0.0 },
	{ "VADER is VERY SMART, uber handsome, and FRIGGIN FUNNY!!!", 0.9469, 0.706, 0.294, 0.0 },
	{ "not good", -0.3412, 0.0, 0.294, 0.706 },
	{ "not bad at all", 0.431, 0.487, 0.513, 0.0 },
	{ "The book was good.", 0.4404, 0.492, 0.508, 0.0 },
	{ "At least it isn't a horrible book.", 0.431, 0.322, 0.678, 0.0 },
	{ "The book was only kind of good.", 0.3832, 0.303, 0.697, 0.0 },
	{ "The plot was good, but the characters are uncompelling and the dialog is not great.", -0.7042, 0.094, 0.579, 0.327 },
	{ "Today SUX!", -0.5461, 0.0, 0.221, 0.779 },
	{ "Today only kinda sux! But I'll get by, lol", 0.5249, 0.317, 0.556, 0.127 },
	{ "Make sure you :) or :D today!", 0.8633, 0.706, 0.294, 0.0 },
	{ "Catch emoji such as \xf0\x9f\x92\x98 and \xf0\x9f\x92\x8b and \xf0\x9f\x98\x81", 0.875, 0.435, 0.565, 0.0 },
	{ "Sentiment analysis has never been good.", -0.3412, 0.0, 0.675, 0.325 },
	{ "Sentiment analysis has never been this good!", 0.5672, 0.379, 0.621, 0.0 },
	{ "With VADER, sentiment analysis is the shit!", 0.6476, 0.417, 0.583, 0.0 },
	{ "this is the shit", 0.6124, 0.571, 0.429, 0.0 },
	{ "On the other hand, VADER is quite bad ass", 0.802, 0.577, 0.423, 0.0 },
	{ "Without a doubt, excellent idea.", 0.7013, 0.659, 0.341, 0.0 },
	{ "it is without doubt a good one", 0.6136, 0.5, 0.5, 0.0 },
	{ "Roger Dodger is one of the least compelling variations on this theme.", -0.1695, 0.0, 0.868, 0.132 },
	{ "Roger is at least compelling", 0.2263, 0.322, 0.678, 0.0 },
	{ "least good", -0.3412, 0.0, 0.294, 0.706 },
	{ "very least good", 0.4902, 0.614, 0.386, 0.0 },
	{ "no good", -0.3412, 0.0, 0.294, 0.706 },
	{ "no problem at all", 0.3089, 0.429, 0.571, 0.0 },
	{ "No", -0.296, 0.0, 0.0, 1.0 },
	{ "there is no good or bad", 0.1139, 0.308, 0.432, 0.26 },
	{ "no fun nor joy here", -0.0435, 0.308, 0.364, 0.328 },
	{ "NO GOOD", -0.3412, 0.0, 0.294, 0.706 },
	{ "GREAT service", 0.7034, 0.829, 0.171, 0.0 },
	{ "GREAT SERVICE", 0.6249, 0.804, 0.196, 0.0 },
	{ "I LOVE this so MUCH!!!!!", 0.7964, 0.604, 0.396, 0.0 },
	{ "why? why?? bad", -0.6174, 0.0, 0.331, 0.669 },
	{ "why??? bad", -0.6174, 0.0, 0.198, 0.802 },
	{ "why???? bad", -0.6662, 0.0, 0.183, 0.817 },
	{ "sad ?", -0.4767, 0.0, 0.244, 0.756 },
	{ "good!", 0.4926, 1.0, 0.0, 0.0 },
	{ "good!!!!!!!!", 0.6209, 1.0, 0.0, 0.0 },
	{ "I don't like it", -0.2755, 0.0, 0.587, 0.413 },
	{ "I DON'T like it", -0.2755, 0.0, 0.587, 0.413 },
	{ "shouldn't've loved", -0.4847, 0.0, 0.241, 0.759 },
	{ "I cant stand this, hate it", -0.657, 0.0, 0.533, 0.467 },
	{ "love but hate but love", 0.5187, 0.544, 0.129, 0.327 },
	{ "good good good but good good", 0.9109, 0.931, 0.069, 0.0 },
	{ "good bad good bad but good bad", -0.3612, 0.431, 0.056, 0.514 },
	{ "but good", 0.5927, 0.794, 0.206, 0.0 },
	{ "good but", 0.2382, 0.661, 0.339, 0.0 },
	{ "kind of bad", -0.5423, 0.0, 0.364, 0.636 },
	{ "kind people", 0.5267, 0.773, 0.227, 0.0 },
	{ "kind of", 0.0, 0.0, 1.0, 0.0 },
	{ "sort of nice movie here", 0.4215, 0.412, 0.588, 0.0 },
	{ "just enough good food", 0.4404, 0.492, 0.508, 0.0 },
	{ "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80", 0.7579, 0.714, 0.286, 0.0 },
	{ "great\xf0\x9f\x98\xa1", 0.6249, 0.672, 0.328, 0.0 },
	{ "\xf0\x9f\x98\x8d love", 0.802, 0.706, 0.294, 0.0 },
	{ "\xf0\x9f\x91\x8d" "but bad", -0.5423, 0.0, 0.364, 0.636 },
	{ "\xe2\x80\xbc\xef\xb8\x8f good", 0.4404, 0.492, 0.508, 0.0 },
	{ "\xe2\x9d\xa4", 0.6369, 0.808, 0.192, 0.0 },
	{ "\xf0\x9f\xa4\x94", 0.0, 0.0, 1.0, 0.0 },
	{ ":-)", 0.3182, 1.0, 0.0, 0.0 },
	{ ":( :(", -0.7003, 0.0, 0.0, 1.0 },
	{ ":\xc3\x9e", 0.0, 0.0, 1.0, 0.0 },
	{ ":D!", 0.0, 0.0, 1.0, 0.0 },
	{ "(:", 0.4939, 1.0, 0.0, 0.0 },
	{ ")-:", -0.4767, 0.0, 0.0, 1.0 },
	{ "xD lol LOL", 0.8788, 1.0, 0.0, 0.0 },
	{ "yeah right that was good", 0.6249, 0.63, 0.37, 0.0 },
	{ "what a bus stop love", 0.0, 0.0, 1.0, 0.0 },
	{ "the kiss of death was good", 0.4939, 0.509, 0.268, 0.223 },
	{ "food to die for love", 0.0258, 0.367, 0.275, 0.358 },
	{ "beating heart love it", 0.7506, 0.677, 0.081, 0.242 },
	{ "my beating heart loves", 0.7717, 0.685, 0.079, 0.236 },
	{ "\xc4\xb0stanbul g\xc3\xbczel LOVE", 0.7125, 0.712, 0.288, 0.0 },
	{ "K good", 0.4404, 0.744, 0.256, 0.0 },
	{ "KILL the Kill", -0.9029, 0.0, 0.09, 0.91 },
	{ "STRASSE \xe1\xba\x9e GOOD", 0.4404, 0.592, 0.408, 0.0 },
	{ "\xc7\x85 GOOD bad", 0.0343, 0.447, 0.123, 0.43 },
	{ "\xc2\xaa GOOD", 0.5622, 0.784, 0.216, 0.0 },
	{ "\xe2\x92\xb6 GOOD ok", 0.7034, 0.854, 0.146, 0.0 },
	{ "\xeb\xb0\xb0\xec\x86\xa1\xec\x9d\xb4 good", 0.4404, 0.744, 0.256, 0.0 },
	{ "good\xc2\x85" "bad", -0.1531, 0.453, 0.0, 0.547 },
	{ "good\xc2\xa0" "bad", -0.1531, 0.453, 0.0, 0.547 },
	{ "good\xe2\x80\xa8" "bad", -0.1531, 0.453, 0.0, 0.547 },
	{ "good\x1c" "bad", -0.1531, 0.453, 0.0, 0.547 },
	{ "good\xe2\x80\x8b" "bad", 0.0, 0.0, 1.0, 0.0 },
	{ "\xe3\x80\x80\xe3\x80\x80", 0.0, 0.0, 0.0, 0.0 },
	{ "   ", 0.0, 0.0, 0.0, 0.0 },
	{ "!", 0.0, 0.0, 1.0, 0.0 },
	{ "...", 0.0, 0.0, 1.0, 0.0 },
	{ "!!!", 0.0, 0.0, 1.0, 0.0 },
	{ "?", 0.0, 0.0, 1.0, 0.0 },
	{ "\"good\"", 0.4404, 1.0, 0.0, 0.0 },
	{ "'good'", 0.4404, 1.0, 0.0, 0.0 },
	{ "(good)", 0.4404, 1.0, 0.0, 0.0 },
	{ "*good*", 0.4404, 1.0, 0.0, 0.0 },
	{ "#good", 0.4404, 1.0, 0.0, 0.0 },
	{ "good's", 0.0, 0.0, 1.0, 0.0 },
	{ "goo-d", 0.0, 0.0, 1.0, 0.0 },
	{ "a", 0.0, 0.0, 1.0, 0.0 },
	{ "xyz", 0.0, 0.0, 1.0, 0.0 },
	{ "incredible good", 0.4927, 0.762, 0.238, 0.0 },
	{ "so good", 0.4927, 0.762, 0.238, 0.0 },
	{ "SO good", 0.6028, 0.797, 0.203, 0.0 },
	{ "barely good", 0.3832, 0.723, 0.277, 0.0 },
	{ "hardly good", 0.3832, 0.723, 0.277, 0.0 },
	{ "hardly bad", -0.4951, 0.0, 0.238, 0.762 },
	{ "extremely BAD", -0.6732, 0.0, 0.181, 0.819 },
	{ "sort of horrible", -0.5423, 0.0, 0.364, 0.636 },
	{ "never so good", 0.5777, 0.652, 0.348, 0.0 },
	{ "never this bad", -0.628, 0.0, 0.327, 0.673 },
	{ "never bad so good", 0.7644, 0.767, 0.233, 0.0 },
	{ "without any doubt good", 0.6136, 0.715, 0.285, 0.0 },
	{ "despite good", -0.3412, 0.0, 0.294, 0.706 },
	{ "rarely good", -0.3412, 0.0, 0.294, 0.706 },
	{ "nothing good", -0.3412, 0.0, 0.294, 0.706 },
	{ "ain't good", -0.3412, 0.0, 0.294, 0.706 },
	{ "uh-uh good", -0.3412, 0.0, 0.294, 0.706 },
	{ "none bad", 0.431, 0.74, 0.26, 0.0 },
	{ "\xff\xfe good", 0.4404, 0.744, 0.256, 0.0 },
	{ "good\xe2\x82", 0.0, 0.0, 1.0, 0.0 },
	{ "go\xc3" "od bad", -0.5423, 0.0, 0.222, 0.778 },
	{ "\xf0\x9f\x98 love", 0.6369, 0.808, 0.192, 0.0 },
	{ "\xed\xa0\x80 hate", -0.5719, 0.0, 0.213, 0.787 },
	{ ":)\xff", 0.0, 0.0, 1.0, 0.0 },
	{ "a\xff! good", 0.4926, 0.761, 0.239, 0.0 },
	{ "\xc0\xaf\xc0\xaf bad", -0.5423, 0.0, 0.222, 0.778 },
	{ "intellectualization was ONCE-IN-A-LIFETIME", 0.7213, 0.858, 0.142, 0.0 },
	{ "TENDERHEARTEDNESSES", 0.5859, 1.0, 0.0, 0.0 },
	{ "tenderheartednessesx tenderheartednesse", 0.0, 0.0, 1.0, 0.0 },
	{ "once-in-a-lifetime's no luck", -0.357, 0.0, 0.446, 0.554 },
	{ "good\x01" "bad \x7fgood\x7f \x02 \x03good", 0.0, 0.0, 1.0, 0.0 },
	{ "goodness", 0.4588, 1.0, 0.0, 0.0 },
	{ "Goodness, GOODNESS", 0.7739, 1.0, 0.0, 0.0 },
	{ "a goodn1 goodn2 good1234 good", 0.4404, 0.42, 0.58, 0.0 },
	{ "terrific terrifics terrifi", 0.4767, 0.608, 0.392, 0.0 },
	{ "kind\xe2\x84\xaa \xe2\x84\xaaind \xe2\x84\xaaILL", -0.4648, 0.346, 0.102, 0.553 },
	{ "N'T good it", -0.3412, 0.0, 0.454, 0.546 },
	{ "shouldN't've good x", -0.3412, 0.0, 0.454, 0.546 },
	{ "aaaaaaaaaaaan'tbbbb good", -0.3412, 0.0, 0.294, 0.706 },
	{ "(((good)))", 0.4404, 1.0, 0.0, 0.0 },
	{ "'''ab'''  '''abc'''", 0.0, 0.0, 1.0, 0.0 },
	{ "''\xc3\xa7" "a'' good", 0.4404, 0.744, 0.256, 0.0 },
	{ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx good yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", 0.4404, 0.592, 0.408, 0.0 },
	{ "good\xe2\x80\x8a\xe2\x80\x8a\xe2\x80\x8a" "bad\xe3\x80\x80", -0.1531, 0.453, 0.0, 0.547 },
	{ "\xe2\x80\x83good\xe1\x9a\x80luck\xe2\x80\xaf\xe2\x81\x9f", 0.7096, 1.0, 0.0, 0.0 },
	{ "great \xe2\x9d\xa4\xef\xb8\x8f" "and\xe2\x9d\xa4 bad", 0.7003, 0.561, 0.203, 0.236 },
};
/* clang-format on */

static struct earshot_lexicon *lexicon;
static struct earshot_scorer *scorer;

static bool ready(void)
{
	struct earshot_score_options options = { .size = sizeof(options),
						 .profile = EARSHOT_PROFILE_VADER,
						 .max_why = 12 };
	struct earshot_error error;
	if (scorer)
		return true;
	if (earshot_lexicon_open(&lexicon, "lexicons", &error) ||
	    earshot_scorer_new(&scorer, lexicon, &options, &error)) {
		FAIL("%s", error.text);
		return false;
	}
	return true;
}

static void done(void)
{
	earshot_scorer_free(scorer);
	earshot_lexicon_close(lexicon);
	scorer = NULL;
	lexicon = NULL;
}

static struct earshot_sentiment score(struct earshot_str title, struct earshot_str text)
{
	struct earshot_sentiment out = { .size = sizeof(out) };
	struct earshot_error error;
	CHECK_OK(earshot_score(scorer, title, text, es_str(NULL, 0), &out, &error), error);
	return out;
}

static bool same(const struct earshot_sentiment *got, const struct row *want)
{
	return got->compound == want->compound && got->pos == want->pos && got->neu == want->neu &&
	       got->neg == want->neg;
}

TEST("the vader profile says what the package says")
{
	REQUIRE(ready());
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct earshot_sentiment got = score(es_str(NULL, 0), es_str_of(rows[i].text));
		if (!same(&got, &rows[i]))
			FAIL("\"%s\": %.4f %.3f %.3f %.3f, not %.4f %.3f %.3f %.3f", rows[i].text,
			     got.compound, got.pos, got.neu, got.neg, rows[i].compound, rows[i].pos,
			     rows[i].neu, rows[i].neg);
	}
}

TEST("the same for very long texts")
{
	static const struct {
		const char *text;
		size_t times;
		double compound, pos, neu, neg;
	} longs[] = {
		{ "good ", 20000, 1.0, 1.0, 0.0, 0.0 },
		{ "good bad but ", 1500, -1.0, 0.401, 0.104, 0.495 },
		{ "GREAT! ", 3000, 1.0, 1.0, 0.0, 0.0 },
		{ "not very good but ", 1500, -1.0, 0.0, 0.466, 0.534 },
		{ "\xc3\xa7", 1, 0.0, 0.0, 1.0, 0.0 },
		{ "love hate ", 7000, 1.0, 0.532, 0.0, 0.468 },
	};
	REQUIRE(ready());
	for (size_t i = 0; i < ES_COUNT(longs); i++) {
		struct es_buf buf;
		es_buf_init(&buf, ES_MIB);
		for (size_t k = 0; k < longs[i].times; k++)
			es_buf_puts(&buf, longs[i].text);
		struct earshot_sentiment got = score(es_str(NULL, 0), es_buf_view(&buf));
		struct row want = { longs[i].text, longs[i].compound, longs[i].pos, longs[i].neu,
				    longs[i].neg };
		if (!same(&got, &want))
			FAIL("%zu times \"%s\": %.4f %.3f %.3f %.3f", longs[i].times, want.text,
			     got.compound, got.pos, got.neu, got.neg);
		es_buf_release(&buf);
	}
}

TEST("a megabyte of \"but\" among words is soon done")
{
	struct es_buf buf;
	REQUIRE(ready());
	es_buf_init(&buf, 2 * ES_MIB);
	while (buf.len < ES_MIB)
		es_buf_puts(&buf, "good bad great awful but ");
	struct earshot_sentiment got = score(es_str(NULL, 0), es_buf_view(&buf));
	CHECK(fabs(got.compound) <= 1);
	es_buf_release(&buf);
}

TEST("the rest of megabytes of praise stays in 32 bits")
{
	REQUIRE(ready());
	struct es_buf buf;
	es_buf_init(&buf, 8 * ES_MIB);
	while (buf.len < 5 * ES_MIB)
		es_buf_puts(&buf, "great ");
	struct earshot_sentiment got = score(es_str(NULL, 0), es_buf_view(&buf));
	REQUIRE(got.n_why > 1);
	CHECK_STR(got.why[got.n_why - 1].rule, strlen(got.why[got.n_why - 1].rule), "rest");
	CHECK_INT(got.why[got.n_why - 1].weight, INT32_MAX);
	es_buf_release(&buf);
}

TEST("the vader profile has no probabilities, and names its words")
{
	REQUIRE(ready());
	struct earshot_sentiment got =
		score(es_str(NULL, 0), ES_STR("a good \xf0\x9f\x98\x8d day"));
	CHECK(isnan(got.prob[0]) && isnan(got.confidence));
	CHECK(got.score == got.compound && got.label == EARSHOT_POSITIVE);
	REQUIRE(got.n_why >= 2);
	for (size_t i = 0; i < got.n_why; i++)
		if (es_str_is(got.why[i].term, "good")) {
			CHECK_INT(got.why[i].start, 2);
			CHECK_INT(got.why[i].len, 4);
		} else { /* "smiling" of the emoji's description */
			CHECK_INT(got.why[i].start, 7);
			CHECK_INT(got.why[i].len, 4);
		}
}

TEST("title and text are one text, unless the text begins with the title")
{
	REQUIRE(ready());
	struct earshot_sentiment a = score(ES_STR("A good day"), ES_STR("and a bad night"));
	struct earshot_sentiment b = score(es_str(NULL, 0), ES_STR("A good day\nand a bad night"));
	CHECK(a.compound == b.compound && a.neu == b.neu);
	a = score(ES_STR("A good day"), ES_STR("A good day and a bad night"));
	b = score(es_str(NULL, 0), ES_STR("A good day and a bad night"));
	CHECK(a.compound == b.compound && a.neu == b.neu);
	a = score(ES_STR("good"), ES_STR("bad"));
	REQUIRE(a.n_why == 2);
	CHECK(a.why[0].in == EARSHOT_IN_TEXT && a.why[0].start == 0);
	CHECK(a.why[1].in == EARSHOT_IN_TITLE && a.why[1].len == 4);
	done();
}
