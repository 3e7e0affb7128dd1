/* SPDX-License-Identifier: MIT
 *
 * The one rating that a text names, in three languages; what is none, and what is too many.
 */
#include "score_kit.h"
#include "base/base.h"

#include <math.h>

#define NONE -1.0

struct rated {
	const char *lang, *text;
	double value, most; /* value NONE: no rating */
};

static struct earshot_scorer *scorer;

static struct earshot_rating rating_of(const char *lang, const char *title, const char *text)
{
	struct earshot_sentiment out = { .size = sizeof(out) };
	struct earshot_error error;
	if (!scorer)
		scorer = kit_scorer((struct earshot_score_options){ .max_why = 0 });
	CHECK_OK(earshot_score(scorer, es_str_of(title), es_str_of(text), es_str_of(lang), &out,
			       &error),
		 error);
	return out.rating;
}

static void hold(const struct rated *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct earshot_rating got = rating_of(cases[i].lang, "", cases[i].text);
		if (cases[i].value == NONE
			    ? !isnan(got.value)
			    : got.value != cases[i].value || got.max != cases[i].most)
			FAIL("\"%s\": %g of %g", cases[i].text, got.value, got.max);
	}
}

TEST("the rating that a text names is known, with the most it can be")
{
	static const struct rated cases[] = {
		{ "en", "4/5, would buy again", 4, 5 },
		{ "en", "4.5/5", 4.5, 5 },
		{ "en", "it is 2 out of 10 for me", 2, 10 },
		{ "en", "gave it 1 star today", 1, 5 },
		{ "en", "★★☆☆☆ slow", 2, 5 },
		{ "en", "⭐⭐⭐ fine", 3, 5 },
		{ "en", "85/100 for the food", 85, 100 },
		{ "en", "would give 0/10 and never come back", 0, 10 },
		{ "tr", "bence 10 üzerinden 3", 3, 10 },
		{ "tr", "4 yıldız verdim", 4, 5 },
		{ "tr", "Puanım 2/5, kargo geç geldi", 2, 5 },
		{ "ko", "10점 만점에 2점", 2, 10 },
		{ "ko", "별 2개 드려요", 2, 5 },
		{ "ko", "별점 1점", 1, 5 },
		{ "ko", "9점", 9, 10 },
		{ "ko", "재밌어요 9점 드립니다", 9, 10 },
		{ "ko", "배송 빨라요 ★★★★☆", 4, 5 },
		{ "", "3/5", 3, 5 },
	};
	hold(cases, ES_COUNT(cases));
}

TEST("what is said twice is one rating, two that differ are none")
{
	static const struct rated cases[] = {
		{ "en", "4/5. Yes, 4/5!", 4, 5 },
		{ "en", "Food 5/5, service 2/5", NONE, 0 },
		{ "en", "4/5, that is 8/10", NONE, 0 },
		{ "tr", "Lezzet 5/5, hizmet 1/5", NONE, 0 },
		{ "ko", "맛 별 5개, 서비스 별 1개", NONE, 0 },
	};
	hold(cases, ES_COUNT(cases));
	struct earshot_rating both = rating_of("en", "2/5", "Slow, so 2/5");
	CHECK(both.value == 2 && both.min == 1 && both.max == 5);
	CHECK(isnan(rating_of("en", "2/5", "Slow, so 3/5").value));
}

TEST("no rating: dates, what is denied, wished or asked for, points of an unknown scale")
{
	static const struct rated cases[] = {
		{ "en", "nothing here", NONE, 0 },
		{ "en", "open 24/7", NONE, 0 },
		{ "en", "on 9/10 at noon", NONE, 0 },
		{ "en", "9 out of 10 people", NONE, 0 },
		{ "en", "not 5 stars", NONE, 0 },
		{ "en", "Is it 5/5?", NONE, 0 },
		{ "en", "It could have been 5 stars", NONE, 0 },
		{ "tr", "5 yıldız değil", NONE, 0 },
		{ "tr", "5 yıldızlı otel", NONE, 0 },
		{ "ko", "5점", NONE, 0 },
		{ "ko", "9점차로 이겼다", NONE, 0 },
		{ "ko", "9점 차로 이겼다", NONE, 0 },
		{ "ko", "오늘 5/5일 방송", NONE, 0 },
	};
	hold(cases, ES_COUNT(cases));
}

TEST("the least of a scale is 1, and 0 below it or on one of a hundred")
{
	CHECK(rating_of("en", "", "4/5").min == 1);
	CHECK(rating_of("en", "", "0/5").min == 0);
	CHECK(rating_of("en", "", "90/100").min == 0);
	earshot_scorer_free(scorer);
	kit_release();
}
