/* SPDX-License-Identifier: MIT
 *
 * The posts of tests/cases/language: language TAB text. Those in a language with a
 * pack are known, Turkish also as typed without diacritics; other languages are not
 * taken for one of the three.
 */
#include "test.h"
#include "base/base.h"
#include <earshot/score.h>

#define KNOWN 990 /* of 1,000 posts in a language with a pack, at least */
#define TAKEN 5   /* of 1,000 posts in others, at most */
/* the least that there must be, so that an emptied file is no success */
#define POSTS       50
#define LANGUAGES   12
#define OTHER_POSTS 25

static struct earshot_lexicon *lexicon;
static struct earshot_scorer *scorer;

static bool ready(void)
{
	struct earshot_score_options options = { .size = sizeof(options), .max_why = 0 };
	struct earshot_error error;
	if (scorer)
		return true;
	CHECK_OK(earshot_lexicon_open(&lexicon, "lexicons", &error), error);
	if (lexicon)
		CHECK_OK(earshot_scorer_new(&scorer, lexicon, &options, &error), error);
	return scorer != NULL;
}

/* As typed on a keyboard without Turkish letters. */
static void plain(char *text)
{
	static const char *const pairs[][2] = {
		{ "ç", "c" }, { "ğ", "g" }, { "ı", "i" }, { "ö", "o" }, { "ş", "s" },
		{ "ü", "u" }, { "Ç", "C" }, { "Ğ", "G" }, { "İ", "I" }, { "Ö", "O" },
		{ "Ş", "S" }, { "Ü", "U" }, { "â", "a" }, { "î", "i" }, { "û", "u" },
	};
	for (size_t i = 0; i < ES_COUNT(pairs); i++)
		for (char *at; (at = strstr(text, pairs[i][0])) != NULL;) {
			*at = *pairs[i][1];
			memmove(at + 1, at + 2, strlen(at + 2) + 1);
		}
}

struct row {
	const char *code; /* as the file has it */
	const char *text;
	const char *found; /* valid until the next row */
};

/* Calls `fn` for each row of a file. */
static void each(const char *file, bool typed_plain, void (*fn)(void *, const struct row *),
		 void *ctx)
{
	char path[64], line[2048];
	snprintf(path, sizeof(path), "tests/cases/language/%s.tsv", file);
	FILE *f = fopen(path, "r");
	if (!f) {
		FAIL("%s cannot be opened", path);
		return;
	}
	for (int number = 1; fgets(line, sizeof(line), f); number++) {
		struct earshot_sentiment got = { .size = sizeof(got) };
		struct earshot_error error;
		char *text = strchr(line, '\t');
		if (line[0] == '#')
			continue;
		if (!text) {
			FAIL("%s:%d: a row is: language, TAB, text", path, number);
			continue;
		}
		*text++ = '\0';
		text[strcspn(text, "\n")] = '\0';
		if (typed_plain)
			plain(text);
		CHECK_OK(earshot_score(scorer, es_str(NULL, 0), es_str_of(text), es_str(NULL, 0),
				       &got, &error),
			 error);
		fn(ctx, &(struct row){ line, text, got.lang });
	}
	fclose(f);
}

struct known {
	int n, right;
};

static void count_known(void *ctx, const struct row *row)
{
	struct known *known = ctx;
	bool right = strcmp(row->code, row->found) == 0;
	known->n++;
	known->right += right;
	if (!right)
		printf("# %s, not %s: %s\n", row->found, row->code, row->text);
}

static void is_known(const char *file, bool typed_plain)
{
	struct known known = { 0, 0 };
	REQUIRE(ready());
	each(file, typed_plain, count_known, &known);
	printf("# %s%s: %d of %d posts are known\n", file, typed_plain ? ", typed plain" : "",
	       known.right, known.n);
	CHECK(known.n >= POSTS);
	CHECK(known.right * 1000 >= known.n * KNOWN);
}

TEST("English posts are known")
{
	is_known("en", false);
}

TEST("Korean posts are known")
{
	is_known("ko", false);
}

TEST("Turkish posts are known")
{
	is_known("tr", false);
}

TEST("Turkish posts without diacritics are known")
{
	is_known("tr", true);
}

struct others {
	int n, taken, languages, of_this, least;
	char code[8];
};

static void count_other(void *ctx, const struct row *row)
{
	struct others *others = ctx;
	if (strcmp(others->code, row->code) != 0) { /* rows of a language stand together */
		if (others->languages++ && others->of_this < others->least)
			others->least = others->of_this;
		others->of_this = 0;
		snprintf(others->code, sizeof(others->code), "%s", row->code);
	}
	others->of_this++;
	others->n++;
	if (strcmp(row->found, "other") != 0 && strcmp(row->found, "unknown") != 0) {
		others->taken++;
		printf("# %s is taken for %s: %s\n", row->code, row->found, row->text);
	}
}

TEST("posts in other languages are not taken for English, Korean or Turkish")
{
	struct others others = { .least = INT32_MAX };
	REQUIRE(ready());
	each("other", false, count_other, &others);
	if (others.of_this < others.least)
		others.least = others.of_this;
	printf("# %d other languages: %d of %d posts are taken for one with a pack\n",
	       others.languages, others.taken, others.n);
	CHECK(others.languages >= LANGUAGES && others.least >= OTHER_POSTS);
	CHECK(others.taken * 1000 <= others.n * TAKEN);
	earshot_scorer_free(scorer);
	earshot_lexicon_close(lexicon);
}
