/* SPDX-License-Identifier: MIT
 *
 * The cost of a post is linear in its length, whatever it is made of: a byte of a
 * mebibyte takes at most COSTLIER times a byte of 128 KiB. CPU time of this thread,
 * the least of several turns in one run: a busy machine only adds to it.
 */
#include "test.h"
#include <math.h>
#include <time.h>
#include "base/base.h"
#include <earshot/score.h>

#define SHORT    (ES_MIB / 8)
#define LONG     ES_MIB
#define COSTLIER 3.0
#define TURNS    5 /* at most; the first that is linear is enough */
/* The least that is compared, in nanoseconds: below it the clock says nothing. */
#define NOTICEABLE 200e3

static struct earshot_lexicon *lexicon;

static bool ready(void)
{
	struct earshot_error error;
	if (!lexicon)
		CHECK_OK(earshot_lexicon_open(&lexicon, "lexicons", &error), error);
	return lexicon != NULL;
}

/* What is scored, over and over: a piece, or every entry of some kinds in the rules of
 * a language, each with what follows it. */
struct drone {
	const char *name;
	const char *kinds; /* " negate negate-after "; NULL = `piece` as it stands */
	const char *piece;
};

static const struct drone drones[] = {
	{ "one giant token", NULL, "a" },
	{ "one giant Turkish token", NULL, "ş" },
	{ "one giant drawn out token", NULL, "looool" },
	{ "a b a b", NULL, "a b " },
	{ "the same praise", NULL, "good " },
	{ "emoji", NULL, "😡" },
	{ "emoji joined into one", NULL, "👩\u200d" },
	{ "flags", NULL, "🇹" },
	{ "hearts with variation selectors", NULL, "❤️" },
	{ "combining marks", NULL, "\u0301" },
	{ "combining marks out of order", NULL, "\u0315\u0300\u05ae" },
	{ "conjoining jamo", NULL, "\u1100\u1161\u11a8" },
	{ "unclosed brackets", NULL, "(" },
	{ "brackets of irony", NULL, "(!" },
	{ "apostrophes", NULL, "a'" },
	{ "hashes", NULL, "#" },
	{ "mentions", NULL, "@a" },
	{ "addresses without an end", NULL, "http://a.b/" },
	{ "dots", NULL, "." },
	{ "line ends", NULL, "\n" },
	{ "questions", NULL, "good? " },
	{ "not UTF-8", NULL, "\xff" },
	{ "digits", NULL, "1" },
	{ "ratings", NULL, "10/10 " },
	{ "tags of many words", NULL, "#notGoodBad " },
	{ "tags that may be words anywhere", NULL, "#aaiaitaithetheaiaitoaitbadaaaiaitathegood " },
	{ "one tag", "#", "goodBad" },
	{ "backslashes", NULL, "\\" },
	{ "escapes", NULL, "\\u0041" },
	{ "halves of escapes", NULL, "\\ud83d" },
	{ "mood letters", NULL, "ㅠ" },
	{ "Korean without spaces", NULL, "안좋아요배송이느려요" },
	{ "one Korean syllable", NULL, "좋" },
	{ "Korean negators glued", NULL, "지않" },
	{ "Turkish suffix chain", NULL, "sızlaştıramadıklarımızdan" },
	{ "Turkish light verbs", NULL, "memnun kalmadım " },
	{ "negators", " negate negate-after ", " " },
	{ "negators of praise", " negate ", " good kaliteli 좋아요 " },
	{ "negators behind praise", " negate-after ", " good kaliteli 좋아요 " },
	{ "boosters", " boost ", " " },
	{ "boosters of praise", " boost ", " good kaliteli 좋아요 " },
	{ "contrast words", " contrast ", " " },
	{ "contrasts of praise", " contrast ", " good kaliteli 좋아요 " },
	{ "every rule", " negate negate-after boost contrast light neg-suffix voice ", " " },
};

/* The entries of the kinds, each with the piece behind it. */
static void add_entries(struct es_buf *cycle, const char *lang, const struct drone *drone)
{
	char path[64], line[512];
	snprintf(path, sizeof(path), "lexicons/%s/rules.tsv", lang);
	FILE *f = fopen(path, "r");
	if (!f)
		FAIL("%s cannot be opened", path);
	while (f && fgets(line, sizeof(line), f)) {
		char *fields[4] = { line, NULL, NULL, NULL }, wanted[32];
		for (int i = 1; i < 4 && fields[i - 1]; i++)
			if ((fields[i] = strchr(fields[i - 1], '\t')) != NULL)
				*fields[i]++ = '\0';
		if (line[0] == '#' || !fields[3])
			continue;
		snprintf(wanted, sizeof(wanted), " %.*s ", (int)strcspn(fields[3], "\t\n"),
			 fields[3]);
		if (!strstr(drone->kinds, wanted))
			continue;
		es_buf_add(cycle, line, strcspn(line, "*"));
		es_buf_puts(cycle, drone->piece);
	}
	if (f)
		fclose(f);
}

/* `len` bytes of the drone, cut between pieces. */
static void fill(struct es_buf *text, const char *lang, const struct drone *drone, size_t len)
{
	struct es_buf cycle;
	es_buf_init(&cycle, ES_MIB);
	if (drone->kinds)
		add_entries(&cycle, lang, drone);
	else
		es_buf_puts(&cycle, drone->piece);
	es_buf_clear(text);
	while (cycle.len && text->len < len)
		es_buf_add(text, cycle.ptr, cycle.len);
	es_buf_release(&cycle);
}

/* Nanoseconds of one call. */
static double cost(struct earshot_scorer *scorer, const struct es_buf *text)
{
	struct earshot_sentiment s = { .size = sizeof(s) };
	struct earshot_error error;
	double began = es_test_cpu_ns();
	CHECK_OK(earshot_score(scorer, es_str(NULL, 0), es_buf_view(text), es_str(NULL, 0), &s,
			       &error),
		 error);
	return es_test_cpu_ns() - began;
}

/* How many times more a byte of the long text costs than one of the short. */
static double measure(struct earshot_scorer *scorer, const struct es_buf *a, const struct es_buf *b)
{
	double least[2] = { INFINITY, INFINITY }, ratio = 0;
	cost(scorer, b); /* what is allocated once is allocated */
	for (int turn = 0; turn < TURNS; turn++) {
		least[0] = fmin(least[0], fmax(cost(scorer, a), NOTICEABLE));
		least[1] = fmin(least[1], cost(scorer, b));
		ratio = least[1] / (double)b->len / (least[0] / (double)a->len);
		if (ratio <= COSTLIER)
			break;
	}
	return ratio;
}

static void linear(const char *lang, enum earshot_profile profile, size_t max_why)
{
	struct earshot_score_options options = {
		.size = sizeof(options), .profile = profile, .lang = lang, .max_why = max_why
	};
	struct earshot_scorer *scorer = NULL;
	struct earshot_error error;
	struct es_buf a, b;
	double worst = 0;
	const char *of = "";
	REQUIRE(ready());
	CHECK_OK(earshot_scorer_new(&scorer, lexicon, &options, &error), error);
	REQUIRE(scorer);
	es_buf_init(&a, 2 * ES_MIB);
	es_buf_init(&b, 2 * ES_MIB);
	for (size_t i = 0; i < ES_COUNT(drones); i++) {
		fill(&a, lang, &drones[i], SHORT);
		fill(&b, lang, &drones[i], LONG);
		if (!b.len) /* no such rules in this language */
			continue;
		CHECK(es_buf_ok(&b) && b.len >= LONG);
		double ratio = measure(scorer, &a, &b);
		if (ratio > COSTLIER)
			FAIL("%s, %s: a byte of 1 MiB costs %.1f times one of 128 KiB",
			     drones[i].name, lang, ratio);
		if (ratio > worst)
			worst = ratio, of = drones[i].name;
	}
	printf("# %s, %s, %zu reasons: a byte of 1 MiB costs at most %.1f times one of 128 KiB "
	       "(%s)\n",
	       profile == EARSHOT_PROFILE_VADER ? "vader" : "default", lang, max_why, worst, of);
	es_buf_release(&a);
	es_buf_release(&b);
	earshot_scorer_free(scorer);
}

TEST("English: the cost of hostile text is linear in its length, without reasons and with")
{
	linear("en", EARSHOT_PROFILE_DEFAULT, 0);
	linear("en", EARSHOT_PROFILE_DEFAULT, 12);
}

TEST("Korean: the cost of hostile text is linear in its length, without reasons and with")
{
	linear("ko", EARSHOT_PROFILE_DEFAULT, 0);
	linear("ko", EARSHOT_PROFILE_DEFAULT, 12);
}

TEST("Turkish: the cost of hostile text is linear in its length, without reasons and with")
{
	linear("tr", EARSHOT_PROFILE_DEFAULT, 0);
	linear("tr", EARSHOT_PROFILE_DEFAULT, 12);
}

TEST("the vader profile: the cost of hostile text is linear in its length")
{
	linear("en", EARSHOT_PROFILE_VADER, 12);
	earshot_lexicon_close(lexicon);
}
