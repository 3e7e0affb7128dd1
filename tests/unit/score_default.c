/* SPDX-License-Identifier: MIT */
#include "score_kit.h"
#include <math.h>
#include "score/score.h"
#include <earshot/explain.h>

static struct earshot_scorer *scorer_of(const char *lang, size_t max_why)
{
	return kit_scorer((struct earshot_score_options){ .lang = lang, .max_why = max_why });
}

static struct earshot_sentiment score(struct earshot_scorer *scorer, const char *title,
				      const char *text, const char *lang)
{
	struct earshot_sentiment out = { .size = sizeof(out) };
	struct earshot_error error;
	CHECK_OK(earshot_score(scorer, es_str_of(title), es_str_of(text), es_str_of(lang), &out,
			       &error),
		 error);
	return out;
}

static void check_sums(const struct earshot_sentiment *s, size_t title_len, size_t text_len)
{
	int64_t polarity = 0, neutrality = 0;
	for (size_t i = 0; i < s->n_why; i++) {
		const struct earshot_part *part = &s->why[i];
		polarity += part->weight;
		neutrality += part->neutrality;
		size_t len = part->in == EARSHOT_IN_TITLE  ? title_len
			     : part->in == EARSHOT_IN_TEXT ? text_len
							   : 0;
		CHECK(part->start <= len && part->len <= len - part->start);
	}
	CHECK_INT(polarity, s->polarity);
	CHECK_INT(neutrality, s->neutrality);
	CHECK(fabs(s->prob[0] + s->prob[1] + s->prob[2] - 1) < 1e-12);
	CHECK(fabs(s->score - (s->prob[2] - s->prob[0])) < 1e-12);
	CHECK(s->confidence >= 0 && s->confidence <= 1);
	for (int i = 0; i < 3; i++)
		CHECK(s->prob[i] <= s->prob[s->label - EARSHOT_NEGATIVE]);
}

static const char *const pieces[] = {
	"good",
	"bad",
	"not ",
	"very ",
	"but ",
	" ",
	"! ",
	"!!!",
	"? ",
	". ",
	"GREAT",
	"soooo",
	"\xf0\x9f\x98\x8d",
	"\xff",
	"çok ",
	"güzel",
	"değil ",
	"beğenmedim",
	"yok ",
	"İADE",
	"memnun ",
	"kalmadım ",
	"안 ",
	"좋",
	"아요",
	"나쁘지 않",
	"배송",
	"느리지만 ",
	"ㅠㅠ",
	"ㅋㅋㅋㅋ",
	"최악",
	"\n",
	":(",
	":)))",
	"#love",
	"@x",
	"http://a.b",
	"10/10",
	"★★☆☆☆",
	"⭐⭐",
	"5 stars ",
	"2 out of 5 ",
	"10점 만점에 2점",
	"별 5개",
	"5 üzerinden 1 ",
	"I wish ",
	"keşke ",
	"으면 좋겠어요",
	"thanks ",
	"감사합니다",
	"please ",
	"although ",
	"so-called ",
	"\"great\" ",
	"(!)",
	"\xe2\x80",
	"\xcc\x81",
	"최고에요",
	"refund ",
	"keeps ",
	"crashing",
	"sick ",
	"\xf0\x9f\x94\xa5",
	"없어요",
	"수 없",
};

TEST("the parts of any text add up to raw, in every language")
{
	static const char *const langs[] = { "auto", "en", "ko", "tr" };
	uint64_t random = 88172645463325252u;
	for (size_t l = 0; l < ES_COUNT(langs); l++) {
		struct earshot_scorer *scorer = scorer_of(langs[l], 1 + l);
		REQUIRE(scorer);
		for (int round = 0; round < 3000; round++) {
			char title[256], text[2048];
			size_t n[2] = { 0, 0 };
			for (int k = 0; k < 2; k++) {
				char *to = k ? text : title;
				for (int left = (int)(random >> 8 & (k ? 31 : 7)); left > 0;
				     left--) {
					random ^= random << 13;
					random ^= random >> 7;
					random ^= random << 17;
					const char *piece = pieces[random % ES_COUNT(pieces)];
					memcpy(to + n[k], piece, strlen(piece));
					n[k] += strlen(piece);
				}
				random = random * 6364136223846793005u + 1442695040888963407u;
			}
			struct earshot_sentiment out = { .size = sizeof(out) };
			struct earshot_error error;
			CHECK_OK(earshot_score(scorer, es_str(title, n[0]), es_str(text, n[1]),
					       es_str(NULL, 0), &out, &error),
				 error);
			check_sums(&out, n[0], n[1]);
		}
		earshot_scorer_free(scorer);
	}
}

TEST("parts are few, the heaviest first, then bias, then rest")
{
	struct earshot_scorer *scorer = scorer_of("en", 2);
	REQUIRE(scorer);
	struct earshot_sentiment s =
		score(scorer, NULL, "good. horrible. fine. awful. nice.", NULL);
	REQUIRE(s.n_why == 4);
	CHECK(abs(s.why[0].weight) >= abs(s.why[1].weight));
	CHECK_STR(s.why[0].term.ptr, s.why[0].term.len, "horrible");
	CHECK_STR(s.why[2].rule, strlen(s.why[2].rule), "bias");
	CHECK_STR(s.why[3].rule, strlen(s.why[3].rule), "rest");
	earshot_scorer_free(scorer);
	scorer = scorer_of("en", 0);
	struct earshot_sentiment quiet =
		score(scorer, NULL, "good. horrible. fine. awful. nice.", NULL);
	CHECK_INT(quiet.n_why, 0);
	CHECK_INT(quiet.polarity, s.polarity);
	earshot_scorer_free(scorer);
}

TEST("a language without a pack is neutral with confidence 0 and says why")
{
	struct earshot_scorer *scorer = scorer_of(NULL, 12);
	REQUIRE(scorer);
	struct earshot_sentiment s = score(scorer, NULL, "Das ist gut", "de-AT");
	CHECK_INT(s.label, EARSHOT_NEUTRAL);
	CHECK(s.confidence == 0 && s.score == 0);
	CHECK_STR(s.lang, strlen(s.lang), "de");
	REQUIRE(s.n_why == 1);
	CHECK_STR(s.why[0].rule, strlen(s.why[0].rule), "no pack");
	s = score(scorer, NULL, "", NULL);
	CHECK_INT(s.label, EARSHOT_NEUTRAL);
	REQUIRE(s.n_why == 1);
	CHECK_STR(s.why[0].rule, strlen(s.why[0].rule), "unknown language");
	s = score(scorer, NULL, "\xf0\x9f\x98\xa1", NULL);
	CHECK_INT(s.label, EARSHOT_NEGATIVE);
	earshot_scorer_free(scorer);
}

TEST("words that one pack knows decide the language where nothing else does")
{
	static const struct {
		const char *text, *lang;
		enum earshot_label label;
	} cases[] = {
		{ "ugh", "en", EARSHOT_NEGATIVE },
		{ "Ughhh", "en", EARSHOT_NEGATIVE },
		{ "MEH", "en", EARSHOT_NEGATIVE },
		{ "süper", "tr", EARSHOT_POSITIVE },
		{ "Bir daha asla almam", "tr", EARSHOT_NEGATIVE },
		{ "harika", "tr", EARSHOT_POSITIVE },
		{ "great", "en", EARSHOT_POSITIVE },
		{ "bad", "en", EARSHOT_NEGATIVE },
		/* names: known to no pack, or beginning with a stem only */
		{ "Moruva", "unknown", EARSHOT_NEUTRAL },
		{ "Superdry", "unknown", EARSHOT_NEUTRAL },
		{ "Kotuyama", "unknown", EARSHOT_NEUTRAL },
		/* one known word among many is no language */
		{ "Moruva Tilvo Acme Zorba ugh", "unknown", EARSHOT_NEUTRAL },
	};
	struct earshot_scorer *scorer = scorer_of(NULL, 12);
	REQUIRE(scorer);
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct earshot_sentiment s = score(scorer, NULL, cases[i].text, NULL);
		if (strcmp(s.lang, cases[i].lang) != 0 || s.label != cases[i].label)
			FAIL("\"%s\" is %s in \"%s\"", cases[i].text, earshot_label_name(s.label),
			     s.lang);
		CHECK(strcmp(s.lang, "unknown") != 0 || s.confidence == 0);
		/* the title alone says the same */
		s = score(scorer, cases[i].text, NULL, "und");
		CHECK_STR(s.lang, strlen(s.lang), cases[i].lang);
	}
	earshot_scorer_free(scorer);
}

TEST("a turned word is one part that says so, at its place in the text")
{
	struct earshot_scorer *scorer = scorer_of(NULL, 12);
	REQUIRE(scorer);
	struct earshot_sentiment s = score(scorer, "Order", "It was not good", "en");
	REQUIRE(s.n_why >= 1);
	CHECK_STR(s.why[0].rule, strlen(s.why[0].rule), "negation");
	CHECK_INT(s.why[0].in, EARSHOT_IN_TEXT);
	CHECK_INT(s.why[0].start, 11);
	CHECK_INT(s.why[0].len, 4);
	CHECK(s.why[0].weight < 0);
	s = score(scorer, NULL, "서비스가 나쁘지 않네요", "ko");
	REQUIRE(s.n_why >= 1);
	CHECK_INT(s.why[0].start, 13);
	CHECK_INT(s.why[0].len, 6);
	CHECK(s.why[0].weight > 0);
	earshot_scorer_free(scorer);
}

TEST("fields analysed beforehand give the same")
{
	struct earshot_scorer *scorer = scorer_of(NULL, 12);
	struct es_arena arena = { 0 };
	struct es_analysis title, text;
	struct earshot_error error;
	struct earshot_sentiment s = { .size = sizeof(s) };
	REQUIRE(scorer);
	struct earshot_sentiment want = score(scorer, "Kargo", "çok kötü ama ürün güzel!", NULL);
	int32_t polarity = want.polarity;
	CHECK_OK(es_analyse(&arena, "Kargo", 5, &title, &error), error);
	const char *words = "çok kötü ama ürün güzel!";
	CHECK_OK(es_analyse(&arena, words, strlen(words), &text, &error), error);
	CHECK_OK(es_score_analysed(scorer, &title, &text, es_str(NULL, 0), &s, &error), error);
	CHECK_INT(s.polarity, polarity);
	CHECK_OK(es_score_analysed(scorer, NULL, NULL, es_str(NULL, 0), &s, &error), error);
	CHECK_INT(s.label, EARSHOT_NEUTRAL);
	es_arena_release(&arena);
	earshot_scorer_free(scorer);
}

TEST("a struct whose size is not set is told, not read")
{
	struct earshot_score_options options = { .max_why = 3 };
	struct earshot_scorer *scorer = scorer_of(NULL, 12), *none = scorer;
	struct earshot_sentiment s = { .polarity = 7 };
	struct earshot_error error;
	REQUIRE(scorer);
	CHECK_INT(earshot_scorer_new(&none, lexicon, &options, &error), EARSHOT_USAGE);
	CHECK(!none && strstr(error.hint, "sizeof(struct earshot_score_options)"));
	CHECK_INT(
		earshot_score(scorer, es_str(NULL, 0), ES_STR("good"), es_str(NULL, 0), &s, &error),
		EARSHOT_USAGE);
	CHECK(strstr(error.hint, "sizeof(struct earshot_sentiment)"));
	CHECK_INT(s.polarity, 7);
	/* of a later version, longer than this one: what is known here is filled */
	s.size = sizeof(s) + 8;
	CHECK_INT(earshot_score(scorer, es_str(NULL, 0), ES_STR("good"), es_str(NULL, 0), &s, NULL),
		  EARSHOT_OK);
	CHECK_INT(s.size, sizeof(s) + 8);
	CHECK_INT(s.label, EARSHOT_POSITIVE);
	earshot_scorer_free(scorer);
}

TEST("the parts of hostile megabytes add up")
{
	static const char *const drones[] = { "not ",
					      "very ",
					      "good ",
					      "but ",
					      "안 ",
					      "지 않",
					      "\xf0\x9f\x98\xa1",
					      "좋",
					      "a",
					      "\xcc\x81",
					      "! ",
					      "değil ",
					      "although good ",
					      "iyi ama ",
					      "I wish ",
					      "keşke güzel ",
					      "면 좋겠",
					      "★",
					      "★☆",
					      "5 ",
					      "5 out of ",
					      "thanks ",
					      "감사합니다",
					      "\"good\" ",
					      "so-called " };
	struct earshot_scorer *scorer = scorer_of(NULL, 12);
	REQUIRE(scorer);
	for (size_t i = 0; i < ES_COUNT(drones); i++) {
		struct es_buf buf;
		es_buf_init(&buf, 2 * ES_MIB);
		while (buf.len < ES_MIB / 2)
			es_buf_puts(&buf, drones[i]);
		struct earshot_sentiment s = { .size = sizeof(s) };
		struct earshot_error error;
		CHECK_OK(earshot_score(scorer, es_str(NULL, 0), es_buf_view(&buf), ES_STR("en"), &s,
				       &error),
			 error);
		CHECK_OK(earshot_score(scorer, es_str(NULL, 0), es_buf_view(&buf), ES_STR("tr"), &s,
				       &error),
			 error);
		CHECK_OK(earshot_score(scorer, es_str(NULL, 0), es_buf_view(&buf), ES_STR("ko"), &s,
				       &error),
			 error);
		check_sums(&s, 0, buf.len);
		es_buf_release(&buf);
	}
	earshot_scorer_free(scorer);
}

static int collect(void *ctx, const char *ptr, size_t len)
{
	es_buf_add(ctx, ptr, len);
	return 0;
}

TEST("an explanation marks the words with signs and never moves the cursor")
{
	struct earshot_scorer *scorer = scorer_of("en", 12);
	struct es_buf buf;
	REQUIRE(scorer);
	es_buf_init(&buf, ES_MIB);
	const char *text = "not good \x1b[2J love";
	struct earshot_sentiment s = score(scorer, NULL, text, NULL);
	CHECK_INT(earshot_explain(&s, es_str(NULL, 0), es_str_of(text), false, collect, &buf), 0);
	CHECK(strstr(buf.ptr, "[good -"));
	CHECK(strstr(buf.ptr, "[love +"));
	CHECK(strstr(buf.ptr, "negation: good"));
	CHECK(strstr(buf.ptr, "bias"));
	CHECK(!strchr(buf.ptr, 0x1b));
	es_buf_clear(&buf);
	CHECK_INT(earshot_explain(&s, es_str(NULL, 0), es_str_of(text), true, collect, &buf), 0);
	CHECK(strstr(buf.ptr, "\x1b[38;2;213;94;0m[good -"));
	es_buf_release(&buf);
	earshot_scorer_free(scorer);
	kit_release();
}
