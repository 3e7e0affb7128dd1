/* SPDX-License-Identifier: MIT
 *
 * What single rules do: which part they make, where, and what is silent. Labels are held by the
 * cases of tests/cases/score.
 */
#include "test.h"
#include "base/base.h"
#include <earshot/score.h>

static struct earshot_lexicon *lexicon;
static struct earshot_scorer *scorer;

static struct earshot_sentiment score(const char *lang, const char *text)
{
	struct earshot_score_options options = { .size = sizeof(options), .max_why = 64 };
	struct earshot_sentiment out = { .size = sizeof(out) };
	struct earshot_error error;
	if (!lexicon && (earshot_lexicon_open(&lexicon, "lexicons", &error) ||
			 earshot_scorer_new(&scorer, lexicon, &options, &error)))
		FAIL("%s", error.text);
	else
		CHECK_OK(earshot_score(scorer, es_str(NULL, 0), es_str_of(text), es_str_of(lang),
				       &out, &error),
			 error);
	return out;
}

static const struct earshot_part *part_of(const struct earshot_sentiment *s, const char *rule)
{
	for (size_t i = 0; i < s->n_why; i++)
		if (strcmp(s->why[i].rule, rule) == 0)
			return &s->why[i];
	return NULL;
}

TEST("a rating in the text is one part over its number and its unit, others are none")
{
	static const struct {
		const char *lang, *text, *span; /* NULL = no rating */
		int sign;
	} cases[] = {
		{ "en", "9/10 would buy", "9/10", 1 },
		{ "en", "only 2/10", "2/10", -1 },
		{ "en", "4,5/5 !", "4,5/5", 1 },
		{ "en", "it is 1 out of 10 for me", "1 out of 10", -1 },
		{ "en", "gave it 5 stars today", "5 stars", 1 },
		{ "en", "★★☆☆☆ slow", "★★☆☆☆", -1 },
		{ "en", "★★★★★★★☆☆☆", "★★★★★★★☆☆☆", 1 },
		{ "en", "⭐⭐ slow", "⭐⭐", -1 },
		{ "tr", "bence 5 üzerinden 1", "5 üzerinden 1", -1 },
		{ "tr", "4 yıldız verdim", "4 yıldız", 1 },
		{ "ko", "10점 만점에 2점", "10점 만점에 2", -1 },
		{ "ko", "별 5개", "별 5", 1 },
		{ "ko", "별점 1점", "별점 1", -1 },
		{ "en", "not 10/10", NULL, 0 },
		{ "en", "9 out of 10 people", NULL, 0 },
		{ "en", "open 24/7", NULL, 0 },
		{ "en", "on 9/10 at noon", NULL, 0 },
		{ "en", "12/10", NULL, 0 },
		{ "en", "5/10/2026", NULL, 0 },
		{ "en", "5/12345678", NULL, 0 },
		{ "en", "12345678/10", NULL, 0 },
		{ "en", "/10", NULL, 0 },
		{ "en", "9/", NULL, 0 },
		{ "en", "8 stars in the sky", NULL, 0 },
		{ "en", "★ sale ★", NULL, 0 },
		{ "en", "☆☆☆☆☆", NULL, 0 },
		{ "en", "★★☆ sale", NULL, 0 },
		{ "en", "★★★★★★★ sale", NULL, 0 },
		{ "en", "7 out of 5", NULL, 0 },
		{ "en", "0 out of 0", NULL, 0 },
		{ "tr", "5 yıldızlı otel", NULL, 0 },
		{ "ko", "오늘 5/5일 방송", NULL, 0 },
		{ "ko", "1/10수준", NULL, 0 },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct earshot_sentiment s = score(cases[i].lang, cases[i].text);
		const struct earshot_part *part = part_of(&s, "rating");
		if (!part != !cases[i].span) {
			FAIL("\"%s\": %s rating", cases[i].text, part ? "a" : "no");
			continue;
		}
		if (!part)
			continue;
		CHECK_STR(cases[i].text + part->start, part->len, cases[i].span);
		CHECK((part->weight > 0) - (part->weight < 0) == cases[i].sign);
	}
}

TEST("good manners weigh nothing, neither by hand nor learnt; thanks that are meant do")
{
	struct earshot_sentiment s = score("ko", "주소 변경 부탁드립니다. 감사합니다");
	for (size_t i = 0; i < s.n_why; i++)
		if (s.why[i].len && s.why[i].start >= strlen("주소 변경 부탁드립니다. "))
			CHECK_INT(s.why[i].weight, 0);
	s = score("ko", "정말 감사합니다");
	CHECK(s.why[0].weight > 0);
	s = score("en", "My order is broken. Thanks");
	CHECK(!part_of(&s, "good manners")); /* a part that adds nothing is none */
	for (size_t i = 0; i < s.n_why; i++)
		CHECK(s.why[i].len == 0 || s.why[i].start + s.why[i].len <= 20);
	s = score("en", "Thanks, my parcel is broken");
	CHECK(s.label == EARSHOT_NEGATIVE); /* said before it they are none either */
	s = score("en", "Thanks ????");
	CHECK_STR(s.why[0].term.ptr, s.why[0].term.len, "thanks");
}

TEST("each rule of a word names itself in the part that it changes")
{
	static const struct {
		const char *lang, *text, *rule, *term;
		int sign;
	} cases[] = {
		{ "en", "I wish it were good", "wish", "good", -1 },
		{ "tr", "keşke güzel çıksa", "wish", "güzel*", -1 },
		{ "tr", "daha hızlı olsa iyi olurdu", "wish", "hızlı*", -1 },
		{ "en", "your so-called great service", "irony", "great", -1 },
		{ "tr", "sözde kaliteli", "irony", "kaliteli*", -1 },
		{ "en", "what a \"great\" service", "quoted", "great", -1 },
		{ "en", "although the screen is good, it failed", "before a contrast", "good", 1 },
		{ "en", "lost my parcel 😂", "mood", "😂", -1 },
		{ "en", "Great, the app crashed", "irony", "great", -1 },
		{ "en", "@acme Great! my parcel is broken", "irony", "great", -1 },
		{ "tr", "Harika, paket yırtık geldi", "irony", "harika*", -1 },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct earshot_sentiment s = score(cases[i].lang, cases[i].text);
		const struct earshot_part *part = part_of(&s, cases[i].rule);
		if (!part) {
			FAIL("\"%s\": no part says %s", cases[i].text, cases[i].rule);
			continue;
		}
		CHECK_STR(part->term.ptr, part->term.len, cases[i].term);
		CHECK((part->weight > 0) - (part->weight < 0) == cases[i].sign);
	}
	struct earshot_sentiment s = score("en", "I wish you a great day");
	CHECK(!part_of(&s, "wish"));
	s = score("en", "\"Great\" is a song");
	CHECK(!part_of(&s, "quoted"));
	s = score("en", "Great, but the app crashed");
	CHECK(!part_of(&s, "irony"));
	s = score("en", "The food was great, the plate broken");
	CHECK(!part_of(&s, "irony")); /* it opens nothing */
	s = score("en", "Great, it is fast and nothing crashed");
	CHECK(!part_of(&s, "irony")); /* there is praise behind it */
	s = score("en", "not cheap but great");
	CHECK(!part_of(&s, "negation")); /* the contrast ends the reach */
	s = score("en", "I wish it were blue, but it is great");
	CHECK(!part_of(&s, "wish")); /* behind the comma it is praise */
	earshot_scorer_free(scorer);
	earshot_lexicon_close(lexicon);
	scorer = NULL;
	lexicon = NULL;
}
