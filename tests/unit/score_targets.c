/* SPDX-License-Identifier: MIT
 *
 * Whose each word of a post is, and the bounds of that. What people say of the labels stands in
 * tests/cases/targets.
 */
#include "score_kit.h"
#include "score/score.h"

static struct earshot_scorer *scorer;
static struct es_arena arena;

struct asked {
	const char *title, *text;
	const char *names[ES_TARGETS_MAX]; /* of brand 0, 1, ...: every place where it stands */
};

static size_t find(struct es_place *places, const struct asked *asked, size_t *n_brands)
{
	const char *const fields[] = {
		[EARSHOT_IN_TITLE] = asked->title, [EARSHOT_IN_TEXT] = asked->text
	};
	size_t n = 0;
	for (*n_brands = 0; *n_brands < ES_TARGETS_MAX && asked->names[*n_brands]; (*n_brands)++) {
		const char *name = asked->names[*n_brands];
		for (int in = EARSHOT_IN_TITLE; in <= EARSHOT_IN_TEXT; in++)
			for (const char *at = fields[in]; at && (at = strstr(at, name)); at++)
				places[n++] =
					(struct es_place){ (unsigned)*n_brands, (enum earshot_in)in,
							   (uint32_t)(at - fields[in]),
							   (uint32_t)strlen(name) };
	}
	return n;
}

/* The labels as letters, "+-0"; valid until the next call. */
static const char *labels(const struct asked *asked)
{
	static char out[ES_TARGETS_MAX + 1];
	struct es_place places[256];
	struct es_target targets[ES_TARGETS_MAX];
	struct earshot_sentiment whole = { .size = sizeof(whole) };
	struct es_analysis title, text;
	struct earshot_error error;
	size_t n_brands, n = find(places, asked, &n_brands);
	if (!scorer)
		scorer = kit_scorer((struct earshot_score_options){ .max_why = 12 });
	es_arena_reset(&arena);
	if (asked->title)
		CHECK_OK(es_analyse(&arena, asked->title, strlen(asked->title), &title, &error),
			 error);
	CHECK_OK(es_analyse(&arena, asked->text, strlen(asked->text), &text, &error), error);
	CHECK_OK(es_score_analysed(scorer, asked->title ? &title : NULL, &text, ES_STR("en"),
				   &whole, &error),
		 error);
	size_t n_why = whole.n_why;
	enum earshot_label label = whole.label;
	CHECK_OK(es_score_targets(scorer, asked->title ? &title : NULL, &text, &whole, places, n,
				  n_brands, targets, &error),
		 error);
	CHECK(whole.n_why == n_why && whole.label == label);
	for (size_t b = 0; b < n_brands; b++) {
		CHECK(targets[b].score >= -1 && targets[b].score <= 1);
		out[b] = "?-0+"[targets[b].label];
	}
	out[n_brands] = '\0';
	return out;
}

#define IS(wanted, ...) \
	do { \
		const char *got = labels(&(struct asked){ __VA_ARGS__ }); \
		if (strcmp(got, wanted) != 0) \
			FAIL("%s, not %s", got, wanted); \
	} while (0)

TEST("what stands in a brand's clauses decides its label")
{
	IS("+-", NULL, "I love Acme, but the support of Rival is awful", { "Acme", "Rival" });
	IS("-+", NULL, "I love Acme, but the support of Rival is awful", { "Rival", "Acme" });
	IS("+-", NULL, "Acme is great and Rival is terrible", { "Acme", "Rival" });
}

TEST("a clause without a brand belongs to the one before it, else to the first one behind")
{
	IS("-0", NULL, "Rival opens at nine. I bought from Acme. Horrible, I hate it",
	   { "Acme", "Rival" });
	IS("-+", NULL, "Horrible, I hate it. That was Acme. Rival is great", { "Acme", "Rival" });
}

TEST("names in a list share what is said of them")
{
	IS("--", NULL, "Acme and Rival are awful", { "Acme", "Rival" });
	IS("---+", NULL, "Acme, Rival and Third are awful. Fourth is great",
	   { "Acme", "Rival", "Third", "Fourth" });
}

TEST("the brand that another is compared with is the opposite, unless its own words say what it is")
{
	IS("+-", NULL, "Acme is much better than Rival", { "Acme", "Rival" });
	IS("++", NULL, "Acme is much better than Rival. Rival is great too", { "Acme", "Rival" });
}

TEST("the title is a text of its own, and is not read twice where the text begins with it")
{
	IS("-+", "Acme is awful", "Rival is wonderful", { "Acme", "Rival" });
	IS("-+", "Acme is awful", "They never refunded me. Rival is wonderful",
	   { "Acme", "Rival" });
	IS("-+", "Acme is awful", "Acme is awful. Rival is wonderful", { "Acme", "Rival" });
}

TEST("places are those of the text as it was given, escapes and all")
{
	IS("+-", NULL, "don\\u2019t miss Acme, wonderful! Rival is awful", { "Acme", "Rival" });
	IS("-+", NULL, "\\u2019\\u2019\\u2019 Rival is awful. Acme is wonderful",
	   { "Rival", "Acme" });
}

TEST("a brand that has no word of its own has the label of the post")
{
	IS("--", NULL, "Acme is awful, I hate it", { "Acme", "Nowhere" });
	/* two queries that hit the same word: it tells neither */
	IS("--", NULL, "Acme is awful, I hate it", { "Acme", "Acme" });
}

TEST("eight brands, a text of nothing, and names without end are within bounds")
{
	IS("+-+-+-+-", NULL,
	   "Aa is great. Bb is awful. Cc is great. Dd is awful. Ee is great. Ff is awful. Gg is "
	   "great. Hh is awful.",
	   { "Aa", "Bb", "Cc", "Dd", "Ee", "Ff", "Gg", "Hh" });
	IS("00", NULL, "", { "Acme", "Rival" });
	IS("00", "", "", { "Acme", "Rival" });
	IS("00", NULL, "Acme Rival Acme Rival Acme Rival Acme Rival", { "Acme", "Rival" });
	earshot_scorer_free(scorer);
	es_arena_release(&arena);
	kit_release();
}
