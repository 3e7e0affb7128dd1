/* SPDX-License-Identifier: MIT
 *
 * \u2019 in a text is the apostrophe to what scores, learns and tells the language, and the
 * places are those of the text as it came.
 */
#include "score_kit.h"
#include "score/score.h"
#include "text/text.h"
#include <earshot/explain.h>

static struct es_arena arena;

static struct es_analysis analyse(const char *text)
{
	struct es_analysis out;
	struct earshot_error error;
	CHECK_OK(es_analyse(&arena, text, strlen(text), &out, &error), error);
	return out;
}

TEST("an escape is the character it means, a pair of surrogates is one; others stay")
{
	static const char *const cases[][2] = {
		{ "don\\u2019t", "don\u2019t" },
		{ "\\u00e7ok k\\u00D6t\\u00fc", "\u00e7ok k\u00d6t\u00fc" },
		{ "\\ud83d\\ude00!", "\xf0\x9f\x98\x80!" },
		{ "\\ub290\\ub9ac\\ub2e4", "느리다" },
		{ "\\ud83d \\ude00", "\\ud83d \\ude00" },
		{ "\\ud83d\\u0041", "\\ud83dA" },
		{ "\\ud83d\\ud83d\\ude00", "\\ud83d\xf0\x9f\x98\x80" },
		{ "\\u0000", "\\u0000" },
		{ "\\u005cu0041", "\\u0041" },
		{ "\\u12 \\u12g4 \\U2019 \\x41 \\", "\\u12 \\u12g4 \\U2019 \\x41 \\" },
		{ "\\\\u0041", "\\A" },
		{ "\\u004", "\\u004" },
		{ "plain", "plain" },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct es_analysis got = analyse(cases[i][0]);
		CHECK_STR(got.original.ptr, got.original.len, cases[i][1]);
		CHECK_STR(got.given.ptr, got.given.len, cases[i][0]);
		CHECK((got.given_at != NULL) == (strcmp(cases[i][0], cases[i][1]) != 0));
		CHECK_INT(es_given(got.given_at, (uint32_t)got.original.len), got.given.len);
	}
}

TEST("each byte knows where it stands in the text as given")
{
	static const uint32_t want[] = { 0, 1, 1, 7, 8, 8, 8, 8, 20, 21 };
	struct es_analysis got = analyse("a\\u00e9b\\ud83d\\ude00c");
	CHECK_INT(got.original.len + 1, ES_COUNT(want));
	for (size_t i = 0; i < ES_COUNT(want); i++)
		CHECK_INT(got.given_at[i], want[i]);
}

TEST("the language is that of the characters")
{
	struct es_analysis text = analyse("kargo \\u00e7ok ge\\u00e7 geldi");
	CHECK_INT(es_language_detect(&text), ES_LANG_TR);
	text = analyse("\\ubc30\\uc1a1\\uc774 \\ub108\\ubb34 \\ub290\\ub824\\uc694");
	CHECK_INT(es_language_detect(&text), ES_LANG_KO);
}

TEST("text with escapes scores as the text they mean, and its parts stand where it came")
{
	static const char *const cases[][2] = {
		{ "I don\\u2019t like it, it\\u2019s bad", "I don\u2019t like it, it\u2019s bad" },
		{ "\\ud83d\\ude21 late again", "\xf0\x9f\x98\xa1 late again" },
		{ "DON\\u2019T buy", "DON\u2019T buy" },
		{ "kargo \\u00e7ok k\\u00f6t\\u00fc", "kargo \u00e7ok k\u00f6t\u00fc" },
		{ "\\ub290\\ub824\\uc694 \\u2605\\u2605\\u2606\\u2606\\u2606", "느려요 ★★☆☆☆" },
		{ "a \\u201cgreat\\u201d service", "a \u201cgreat\u201d service" },
	};
	struct earshot_scorer *a = kit_scorer((struct earshot_score_options){ .max_why = 64 }),
			      *b = kit_scorer((struct earshot_score_options){ .max_why = 64 });
	struct earshot_str none = { NULL, 0 };
	struct earshot_error error;
	REQUIRE(a && b);
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct earshot_sentiment x = { .size = sizeof(x) }, y = { .size = sizeof(y) };
		struct es_analysis text = analyse(cases[i][0]);
		CHECK_OK(earshot_score(a, none, es_str_of(cases[i][0]), none, &x, &error), error);
		CHECK_OK(earshot_score(b, none, es_str_of(cases[i][1]), none, &y, &error), error);
		CHECK(strcmp(x.lang, y.lang) == 0);
		CHECK_INT(x.polarity, y.polarity);
		CHECK_INT(x.neutrality, y.neutrality);
		CHECK_INT(x.n_why, y.n_why);
		for (size_t k = 0; k < x.n_why && k < y.n_why; k++) {
			const struct earshot_part *part = &x.why[k], *plain = &y.why[k];
			CHECK_INT(part->start, es_given(text.given_at, plain->start));
			CHECK_INT(part->start + part->len,
				  es_given(text.given_at, plain->start + plain->len));
		}
	}
	earshot_scorer_free(a);
	earshot_scorer_free(b);
}

TEST("what would flip the label stands where it came, and the vader profile reads what stands "
     "there")
{
	static const char text[] = "It isn\\u2019t good";
	struct earshot_scorer *scorer = kit_scorer((struct earshot_score_options){ .max_why = 64 });
	struct earshot_flip flip = { .size = sizeof(flip) };
	struct earshot_str none = { NULL, 0 };
	struct earshot_error error;
	REQUIRE(scorer);
	CHECK_OK(earshot_flip(scorer, none, es_str_of(text), none, &flip, &error), error);
	CHECK_INT(flip.n_without, 1);
	CHECK_STR(text + flip.without[0].start, flip.without[0].len, "isn\\u2019t");
	earshot_scorer_free(scorer);

	struct earshot_score_options vader = { .profile = EARSHOT_PROFILE_VADER, .max_why = 64 };
	struct earshot_sentiment plain = { .size = sizeof(plain) }, analysed = plain;
	struct es_analysis read = analyse("good\\u0020day, great");
	scorer = kit_scorer(vader);
	REQUIRE(scorer);
	CHECK_OK(earshot_score(scorer, none, read.given, ES_STR("en"), &plain, &error), error);
	double compound = plain.compound;
	CHECK_OK(es_score_analysed(scorer, NULL, &read, ES_STR("en"), &analysed, &error), error);
	CHECK(compound == analysed.compound && compound > 0);
	earshot_scorer_free(scorer);
	kit_release();
	es_arena_release(&arena);
}
