/* SPDX-License-Identifier: MIT
 *
 * What was learnt is found by a walk for sums, by one for reasons (src/score/learnt_field.c) and,
 * in learning, by a plain one (src/score/learnt_walk.h): all find the same.
 */
#include "score_kit.h"

#include "base/base.h"
#include "score/score.h"

static const struct {
	const char *lang, *text;
} texts[] = {
	{ "en", "good" },
	{ "en", "good goood Good gooooood GOOD" },
	{ "en", "the phone is great, the PHONE is not great but the phone is a phone!!" },
	{ "en", "5g 5g 10 12 1st place, not worth it" },
	{ "en", "I can't say that it was not bad for the price of a phone, going to return it" },
	{ "en", "an extraordinarilyoverlongwordthatnobodyknows is an "
		"extraordinarilyoverlongwordthatnobodyknows" },
	{ "en", "좋아요 is Korean for good, 별로 for so-so :) :)" },
	{ "ko", "배송이 빨라요 배송이 빨라요 정말 좋아요" },
	{ "ko", "하하하하 아아아아 진짜진짜진짜 최고최고최고" },
	{ "ko", "안 좋아요. 좋지 않아요! 별로예요ㅠㅠ 근데 배송은 좋아요" },
	{ "ko", "좋\xcc\x81아요 \xe1\x84\x8c\xe1\x85\xa9\xe1\x87\x82아요 좋아요" },
	{ "ko", "별점 5점 만점에 1점 good 배송 good" },
	{ "ko", "" },
	{ "tr", "çok güzel ÇOK GÜZEL cok guzel, hiç güzel değil" },
	{ "tr", "kargo geç geldi, kargo'dan memnun kalmadım ama ürün iyi" },
};

static void score(struct earshot_scorer *scorer, const char *lang, struct earshot_str text,
		  struct earshot_sentiment *s)
{
	*s = (struct earshot_sentiment){ .size = sizeof(*s) };
	struct earshot_error error;
	CHECK_OK(earshot_score(scorer, es_str(NULL, 0), text, es_str_of(lang), s, &error), error);
}

static void same(struct earshot_scorer *with, struct earshot_scorer *without, const char *lang,
		 struct earshot_str text)
{
	struct earshot_sentiment a, b;
	for (int round = 0; round < 3; round++) { /* words are met, then known */
		score(with, lang, text, &a);
		score(without, lang, text, &b);
		CHECK_INT(b.polarity, a.polarity);
		CHECK_INT(b.neutrality, a.neutrality);
		CHECK_INT(b.label, a.label);
	}
}

TEST("a score is the same with reasons and without")
{
	struct earshot_scorer *with = kit_scorer((struct earshot_score_options){ .max_why = 12 });
	struct earshot_scorer *without = kit_scorer((struct earshot_score_options){ .max_why = 0 });
	REQUIRE(with && without);
	for (size_t i = 0; i < ES_COUNT(texts); i++)
		same(with, without, texts[i].lang, es_str_of(texts[i].text));
	earshot_scorer_free(with);
	earshot_scorer_free(without);
}

TEST("a score is the same with reasons and without where a word has more letters than any")
{
	struct earshot_scorer *with = kit_scorer((struct earshot_score_options){ .max_why = 12 });
	struct earshot_scorer *without = kit_scorer((struct earshot_score_options){ .max_why = 0 });
	struct es_buf buf;
	es_buf_init(&buf, ES_MIB);
	REQUIRE(with && without);
	for (size_t n = 60; n < 70; n++) {
		es_buf_clear(&buf);
		for (size_t i = 0; i < n; i++)
			es_buf_puts(&buf, i % 2 ? "좋" : "아");
		es_buf_puts(&buf, " 좋아요");
		same(with, without, "ko", es_str(buf.ptr, buf.len));
	}
	es_buf_release(&buf);
	earshot_scorer_free(with);
	earshot_scorer_free(without);
}

struct found {
	const struct es_learnt *learnt;
	int32_t polarity, neutrality;
};

static void add_found(void *ctx, const struct es_feature *feature)
{
	struct found *found = ctx;
	const struct es_learnt_slot *slot = es_learnt_find(found->learnt, feature->key);
	if (slot) {
		found->polarity += slot->polarity;
		found->neutrality += slot->neutrality;
	}
}

/* Rules and phrases may silence what was learnt of their words: here are none. */
static const struct {
	const char *lang, *text;
} plain_texts[] = {
	{ "en", "good goood Good gooooood GOOD" },
	{ "en",
	  "the phone is great, the phone is the phone, and the battery lasts for 5 days :) :)" },
	{ "en", "an extraordinarilyoverlongwordthatnobodyknows broke on 12 #phone boxes" },
	{ "en", "좋아요 is Korean for good" },
	{ "ko", "가방이 예뻐요 가방이 예뻐요 색이 좋아요" },
	{ "ko", "하하하하 아아아아 진짜진짜진짜 최고최고최고" },
	{ "ko", "배송도 그리고 포장도 깔끔하고 3일만에 왔어요 good 배송 ㅎㅎ" },
	{ "tr", "çok güzel ÇOK GÜZEL cok guzel kargo 2 gün" },
	{ "tr", "kargo dün geldi, kargo'dan memnunum ürün iyi" },
};

TEST("scores find what learning finds")
{
	struct earshot_scorer *with = kit_scorer((struct earshot_score_options){ .max_why = 256 });
	REQUIRE(with);
	for (size_t i = 0; i < ES_COUNT(plain_texts); i++) {
		const char *lang = plain_texts[i].lang;
		struct earshot_str text = es_str_of(plain_texts[i].text);
		enum es_language language = es_language_of(lang, strlen(lang));
		const struct es_pack *pack = es_lexicon_pack(lexicon, language);
		struct found learning = { .learnt = es_pack_learnt(pack) },
			     scoring = { .learnt = NULL };
		struct earshot_sentiment s;
		struct earshot_error error;
		struct es_hand hand;
		score(with, lang, text, &s);
		for (size_t k = 0; k < s.n_why; k++) {
			if (strcmp(s.why[k].rule, "learnt") != 0)
				continue;
			scoring.polarity += s.why[k].weight;
			scoring.neutrality += s.why[k].neutrality;
		}
		CHECK_OK(es_score_features(with, language, &learning.learnt->shape, text, add_found,
					   &learning, &hand, &error),
			 error);
		CHECK(scoring.polarity != 0);
		CHECK_INT(scoring.polarity, learning.polarity);
		CHECK_INT(scoring.neutrality, learning.neutrality);
	}
	earshot_scorer_free(with);
}

/* A known word holds the number of the post that had it last, of which there are 65,535. */
static void old_number(size_t max_why)
{
	struct earshot_scorer *scorer =
		kit_scorer((struct earshot_score_options){ .max_why = max_why });
	struct earshot_sentiment first, s;
	REQUIRE(scorer);
	score(scorer, "en", ES_STR("awful"), &s); /* met */
	score(scorer, "en", ES_STR("awful"), &first);
	for (int i = 1; i < 65535; i++)
		score(scorer, "en", ES_STR("."), &s);
	score(scorer, "en", ES_STR("awful"), &s);
	CHECK_INT(s.polarity, first.polarity);
	CHECK_INT(s.neutrality, first.neutrality);
	earshot_scorer_free(scorer);
}

TEST("a word counts again in the post whose number is that of an old one")
{
	old_number(0);
	old_number(12);
	kit_release();
}
