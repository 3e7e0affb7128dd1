/* SPDX-License-Identifier: MIT */
#define POSTS 90
#include "learn_kit.h"

static const struct es_labelled_set posts = { rows, POSTS };

static int learn(const char *folder, const struct es_over_options *options,
		 struct es_labelled_set from, struct es_buf *out, struct es_over_report *report,
		 struct earshot_error *error)
{
	struct earshot_lexicon *lexicon = NULL;
	int rc = earshot_lexicon_open(&lexicon, folder, error);
	if (rc == 0)
		rc = es_learn_over(lexicon, options, from, out, report, error);
	earshot_lexicon_close(lexicon);
	return rc;
}

TEST("a word that decides is learnt with its sign, twice the same, and what to expect is held out")
{
	struct es_over_options options;
	struct es_over_report report;
	struct earshot_error error;
	struct es_buf a, b;
	make();
	es_buf_init(&a, ES_MIB);
	es_buf_init(&b, ES_MIB);
	es_over_defaults(&options, ES_LANG_EN);
	CHECK_OK(learn("lexicons", &options, posts, &a, &report, &error), error);
	CHECK_INT(report.posts, POSTS);
	CHECK(polarity_of(&a, "blorpy") < 0 && polarity_of(&a, "zimful") > 0);
	CHECK(report.with.accuracy.value > report.below.accuracy.value);
	CHECK(report.gain.accuracy.lo > 0);
	/* no constant but the bias */
	const char *constant = strstr(a.ptr, "\tconstant\n");
	REQUIRE(constant);
	CHECK(!strstr(constant + 1, "\tconstant\n"));
	CHECK_OK(learn("lexicons", &options, posts, &b, &report, &error), error);
	CHECK(a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0);
	es_buf_release(&a);
	es_buf_release(&b);
}

TEST("less strength learns smaller weights; size is kept; nothing is learnt of a stop word")
{
	static const struct earshot_str stop[] = { { "blorp*", 6 } };
	struct es_over_options options;
	struct es_over_report report;
	struct earshot_error error;
	struct es_buf a, b;
	make();
	es_buf_init(&a, ES_MIB);
	es_buf_init(&b, ES_MIB);
	es_over_defaults(&options, ES_LANG_EN);
	CHECK_OK(learn("lexicons", &options, posts, &a, &report, &error), error);
	options.c /= 4;
	options.size = 12;
	options.stop = stop;
	options.n_stop = 1;
	CHECK_OK(learn("lexicons", &options, posts, &b, &report, &error), error);
	CHECK(polarity_of(&b, "zimful") > 0 &&
	      polarity_of(&b, "zimful") < polarity_of(&a, "zimful"));
	CHECK_INT(report.entries, 12);
	CHECK(strstr(a.ptr, "blorp") && !strstr(b.ptr, "blorp"));
	es_buf_release(&a);
	es_buf_release(&b);
}

TEST("labels that say what the packs say anyway leave little to learn")
{
	static const char *const said[] = { "terrible, I hate it", "opens at nine",
					    "wonderful, I love it" };
	struct es_over_options options;
	struct es_over_report report;
	struct earshot_error error;
	struct es_buf out;
	for (int i = 0; i < POSTS; i++)
		rows[i] = (struct es_labelled){ .text = es_str_of(said[i % 3]),
						.label = EARSHOT_NEGATIVE + (unsigned)(i % 3) };
	es_buf_init(&out, ES_MIB);
	es_over_defaults(&options, ES_LANG_EN);
	CHECK_OK(learn("lexicons", &options, posts, &out, &report, &error), error);
	CHECK(report.below.accuracy.value == 1 && report.with.accuracy.value == 1);
	CHECK(abs(polarity_of(&out, "hate")) < EARSHOT_WEIGHT_ONE / 8);
	es_buf_release(&out);
}

TEST("too few posts, and packs without learnt weights, are errors that say so")
{
	struct es_labelled_set few = { rows, ES_OVER_LEAST - 1 };
	struct es_over_options options;
	struct es_over_report report;
	struct earshot_error error;
	struct es_buf out;
	make();
	es_buf_init(&out, ES_MIB);
	es_over_defaults(&options, ES_LANG_EN);
	CHECK_INT(learn("lexicons", &options, few, &out, &report, &error), EARSHOT_DATA);
	CHECK(strstr(error.text, "19 labelled posts") != NULL);
	es_buf_clear(&out);
	es_over_defaults(&options, ES_LANG_KO);
	CHECK_INT(learn("tests/fixtures/pack", &options, posts, &out, &report, &error),
		  EARSHOT_DATA);
	CHECK(strstr(error.text, "no learnt.tsv for ko") != NULL);
	CHECK_INT(out.len, 0);
	es_buf_release(&out);
}
