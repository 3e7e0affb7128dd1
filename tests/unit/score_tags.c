/* SPDX-License-Identifier: MIT
 *
 * Hashtags in their words: what is cut and where, what is not, and what the reasons show.
 */
#include "score_kit.h"
#include "score/score.h"
#include "score/tags.h"

static struct es_arena arena;

/* The words of the tag that is the text, parted by spaces; "" where it is not cut. */
static const char *cut(enum es_language language, const char *tag)
{
	static char out[256];
	struct es_token parts[ES_TAG_PARTS];
	struct es_analysis text;
	struct earshot_error error;
	size_t n = 0;
	out[0] = '\0';
	if (!lexicon && earshot_lexicon_open(&lexicon, "lexicons", &error))
		FAIL("%s", error.text);
	CHECK_OK(es_analyse(&arena, tag, strlen(tag), &text, &error), error);
	size_t count = es_tag_parts(es_lexicon_pack(lexicon, language), language, &text, 0, parts);
	for (size_t i = 0; i < count; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, "%s%.*s", i ? " " : "",
				      (int)parts[i].len, text.original.ptr + parts[i].from);
	return out;
}

struct row {
	enum es_language language;
	const char *tag, *words;
};

static void hold(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = cut(rows[i].language, rows[i].tag);
		if (strcmp(got, rows[i].words) != 0)
			FAIL("%s: \"%s\", not \"%s\"", rows[i].tag, got, rows[i].words);
	}
}

TEST("capitals, digits and signs cut a tag, whatever its words are")
{
	static const struct row rows[] = {
		{ ES_LANG_EN, "#LoveThisPhone", "Love This Phone" },
		{ ES_LANG_EN, "#neverAgain", "never Again" },
		{ ES_LANG_EN, "#BBCNews", "BBC News" },
		{ ES_LANG_EN, "#IPhone5IsBAD", "I Phone 5 Is BAD" },
		{ ES_LANG_EN, "#iPhone", "" },
		{ ES_LANG_EN, "#so_slow__again_", "so slow again" },
		{ ES_LANG_TR, "#TeşekkürlerÇokİyi", "Teşekkürler Çok İyi" },
		{ ES_LANG_TR, "#EmekliMaaşı33BinOlmalı", "Emekli Maaşı 33 Bin Olmalı" },
		{ ES_LANG_EN, "#don\u2019tBuy", "" }, /* the tag ends at the sign */
	};
	hold(rows, ES_COUNT(rows));
}

TEST("a tag without them is cut only where all of it is words, and they are no small change")
{
	static const struct row rows[] = {
		{ ES_LANG_EN, "#worstserviceever", "worst service ever" },
		{ ES_LANG_EN, "#WORSTSERVICEEVER", "WORST SERVICE EVER" },
		{ ES_LANG_EN, "#lovethis", "love this" },
		{ ES_LANG_EN, "#awesome", "" },
		{ ES_LANG_EN, "#therapist", "" }, /* the rapist: one of two is short */
		{ ES_LANG_EN, "#together", "" },  /* to get her: all are short */
		{ ES_LANG_EN, "#goodzzqvk", "" },
		{ ES_LANG_TR, "#çokgüzel", "" },
		{ ES_LANG_EN, "#", "" },
	};
	hold(rows, ES_COUNT(rows));
}

TEST("no tag is cut in Korean, in more pieces than there may be, or that is too long")
{
	static const struct row rows[] = {
		{ ES_LANG_KO, "#BadService", "" },
		{ ES_LANG_EN, "#aAbBaAbBaAbBaAbBaAbBaAbBaAbBaAbBaAbB1a2b3c4d5e", "" },
		{ ES_LANG_EN, "#BadServiceBadServiceBadServiceBadServiceBadServiceBadServiceBadly",
		  "" },
	};
	hold(rows, ES_COUNT(rows));
}

TEST("the words of a tag weigh as in a sentence of their own, and the reasons show them")
{
	static const struct {
		const char *lang, *text, *span, *rule; /* of the heaviest part by hand */
		int sign;
	} rows[] = {
		{ "en", "my order #worstserviceever", "worst", "word", -1 },
		{ "en", "#neverAgain", "neverAgain", "word", -1 },
		{ "en", "#NotGood", "Good", "negation", -1 },
		{ "en", "not my #LoveThisPhone", "LoveThis", "word", 1 },
		{ "en", "caf\\u00e9 #LoveThisPhone", "LoveThis", "word", 1 },
		{ "tr", "#TeşekkürlerTHY", "Teşekkürler", "word", 1 },
		{ "tr", "#ÇokKötüKargo", "Kötü", "boosted", -1 },
	};
	struct earshot_scorer *scorer = kit_scorer((struct earshot_score_options){ .max_why = 64 });
	struct earshot_error error;
	REQUIRE(scorer);
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct earshot_sentiment s = { .size = sizeof(s) };
		const struct earshot_part *hand = NULL;
		CHECK_OK(earshot_score(scorer, es_str(NULL, 0), es_str_of(rows[i].text),
				       es_str_of(rows[i].lang), &s, &error),
			 error);
		for (size_t k = 0; k < s.n_why && !hand; k++)
			if (s.why[k].len && strcmp(s.why[k].rule, "learnt") != 0)
				hand = &s.why[k];
		if (!hand) {
			FAIL("\"%s\": nothing by hand", rows[i].text);
			continue;
		}
		CHECK_STR(rows[i].text + hand->start, hand->len, rows[i].span);
		CHECK_STR(hand->rule, strlen(hand->rule), rows[i].rule);
		CHECK((hand->weight > 0) - (hand->weight < 0) == rows[i].sign);
	}
	earshot_scorer_free(scorer);
}

TEST("a word of the stop list says nothing in a tag, though it is an entry")
{
	struct earshot_scorer *scorer = kit_scorer((struct earshot_score_options){ .max_why = 64 });
	struct earshot_sentiment s = { .size = sizeof(s) };
	struct earshot_error error;
	REQUIRE(scorer);
	CHECK_OK(earshot_score(scorer, es_str(NULL, 0), ES_STR("#WithTrump"), ES_STR("en"), &s,
			       &error),
		 error);
	for (size_t i = 0; i < s.n_why; i++)
		CHECK_INT(s.why[i].len, 0);
	earshot_scorer_free(scorer);
	kit_release();
	es_arena_release(&arena);
}
