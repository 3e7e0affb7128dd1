/* SPDX-License-Identifier: MIT */
#include "score_kit.h"
#include "score/rules.h"
#include "score/score.h"
#include <earshot/explain.h>

static struct earshot_scorer *scorer_of(enum earshot_profile profile)
{
	return kit_scorer((struct earshot_score_options){ .profile = profile, .max_why = 256 });
}

static struct earshot_flip flip_of(struct earshot_scorer *scorer, const char *text,
				   const char *lang)
{
	struct earshot_flip flip = { .size = sizeof(flip) };
	struct earshot_error error;
	CHECK_OK(earshot_flip(scorer, es_str(NULL, 0), es_str_of(text), es_str_of(lang), &flip,
			      &error),
		 error);
	return flip;
}

static int collect(void *ctx, const char *ptr, size_t len)
{
	es_buf_add(ctx, ptr, len);
	return 0;
}

TEST("the fewest words that flip a label are named, words that act first")
{
	static const struct {
		const char *lang, *text, *says;
	} cases[] = {
		{ "en", "The support was not good", "would be positive without \"not\"\n" },
		{ "en", "great service", "would be neutral without \"great\"\n" },
		{ "en", "great service, love it",
		  "would be neutral without \"great\" and \"love it\"\n" },
		{ "en", "good, nice, great, love it, thanks",
		  "would be neutral without \"great\", \"love it\", \"good\", \"nice\" and "
		  "\"thanks\"\n" },
		{ "en", "Order 12 arrives on Monday", "" },
		{ "ko", "나쁘지 않네요", "would be negative without \"지 않\"\n" },
		{ "ko", "배송이 느리지만 상담원은 친절해요",
		  "would be negative without \"지만\"\n" },
		{ "tr", "Kargo hızlı ama ürün kötü", "would be positive without \"kötü\"\n" },
		{ "tr", "Sorun yaşamadım",
		  "would be negative without the negative ending of \"yaşamadım\"\n" },
		{ "tr", "süper (!)", "would be positive without the rule \"irony\"\n" },
		{ "de", "Das ist gut", "" },
	};
	struct earshot_scorer *scorer = scorer_of(EARSHOT_PROFILE_DEFAULT);
	struct es_buf buf;
	REQUIRE(scorer);
	es_buf_init(&buf, ES_MIB);
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct earshot_flip flip = flip_of(scorer, cases[i].text, cases[i].lang);
		es_buf_clear(&buf);
		CHECK_INT(earshot_explain_flip(&flip, es_str(NULL, 0), es_str_of(cases[i].text),
					       collect, &buf),
			  0);
		if (!es_str_is(es_buf_view(&buf), cases[i].says))
			FAIL("\"%s\": %.*s", cases[i].text, (int)buf.len, buf.ptr);
	}
	es_buf_release(&buf);
	earshot_scorer_free(scorer);
}

static bool touches(const struct earshot_part *a, const struct earshot_part *b)
{
	return a->in == b->in && a->len && b->len && a->start < b->start + b->len &&
	       b->start < a->start + a->len;
}

static enum earshot_label without(const struct earshot_sentiment *s,
				  const struct earshot_part *words, size_t n, int32_t *polarity,
				  int32_t *neutrality)
{
	struct earshot_sentiment left = { .polarity = s->polarity, .neutrality = s->neutrality };
	for (size_t i = 0; i < s->n_why; i++) {
		bool goes = false;
		for (size_t k = 0; k < n; k++)
			goes |= touches(&s->why[i], &words[k]);
		left.polarity -= goes ? s->why[i].weight : 0;
		left.neutrality -= goes ? s->why[i].neutrality : 0;
	}
	es_rules_decide(&left);
	*polarity = left.polarity;
	*neutrality = left.neutrality;
	return left.label;
}

static bool weighs(const struct earshot_part *part)
{
	static const char *const acting[] = { "negate",   "negate-after",  "boost",
					      "contrast", "in a question", "negative ending",
					      "irony" };
	for (size_t i = 0; i < ES_COUNT(acting); i++)
		if (strcmp(part->rule, acting[i]) == 0)
			return part->in == EARSHOT_IN_TEXT && strcmp(part->rule, "irony") == 0;
	return true;
}

/* The flip of any text against the sums of its own parts. */
static void check_flip(struct earshot_scorer *scorer, const char *text, const char *lang)
{
	struct earshot_sentiment s = { .size = sizeof(s) }, decided;
	struct earshot_error error;
	struct earshot_flip flip = flip_of(scorer, text, lang);
	int32_t polarity, neutrality;
	CHECK_OK(earshot_score(scorer, es_str(NULL, 0), es_str_of(text), es_str_of(lang), &s,
			       &error),
		 error);
	if (flip.n_without == 0) {
		CHECK_INT(flip.label, EARSHOT_UNLABELLED);
		return;
	}
	CHECK(flip.label != s.label);
	polarity = flip.polarity;
	neutrality = flip.neutrality;
	decided = (struct earshot_sentiment){ .polarity = polarity, .neutrality = neutrality };
	es_rules_decide(&decided);
	CHECK_INT(decided.label, flip.label);
	for (size_t i = 0; i < flip.n_without; i++) {
		polarity += flip.without[i].weight;
		neutrality += flip.without[i].neutrality;
	}
	CHECK_INT(polarity, s.polarity);
	CHECK_INT(neutrality, s.neutrality);
	if (!weighs(&flip.without[0]))
		return;
	CHECK_INT(without(&s, flip.without, flip.n_without, &polarity, &neutrality), flip.label);
	CHECK_INT(polarity, flip.polarity);
	CHECK_INT(neutrality, flip.neutrality);
	/* where two are needed no hand-made word alone is enough */
	for (size_t i = 0; flip.n_without > 1 && i < s.n_why; i++)
		if (strcmp(s.why[i].rule, "learnt") != 0 && s.why[i].len)
			CHECK_INT(without(&s, &s.why[i], 1, &polarity, &neutrality), s.label);
}

TEST("what goes and what stays add up to raw, and decide as it says, for any text")
{
	static const char *const pieces[] = {
		"good ",       "bad ",   "not ",       "very ",     "but ",    "! ",
		"? ",          ". ",     "GREAT ",     "soooo ",    "😍 ",      "refund ",
		"support ",    "the ",   "çok ",       "güzel ",    "değil ",  "ama ",
		"beğenmedim ", "kargo ", "süper (!) ", "안 ",       "좋아요 ", "배송 ",
		"느리지만 ",   "ㅠㅠ ",  "최악 ",      "나쁘지 않", "없어요 ", "keeps crashing ",
		"never ",      "sick "
	};
	static const char *const langs[] = { "en", "ko", "tr" };
	struct earshot_scorer *scorer = scorer_of(EARSHOT_PROFILE_DEFAULT);
	uint64_t random = 88172645463325252u;
	REQUIRE(scorer);
	for (int round = 0; round < 1500; round++) {
		char text[1024];
		size_t n = 0;
		for (int left = (int)(random >> 8 & 15); left > 0; left--) {
			random ^= random << 13;
			random ^= random >> 7;
			random ^= random << 17;
			const char *piece = pieces[random % ES_COUNT(pieces)];
			memcpy(text + n, piece, strlen(piece));
			n += strlen(piece);
		}
		text[n] = '\0';
		random = random * 6364136223846793005u + 1442695040888963407u;
		check_flip(scorer, text, langs[round % 3]);
	}
	earshot_scorer_free(scorer);
}

TEST("a flip changes nothing of what the scorer says next; the vader profile has none")
{
	struct earshot_scorer *scorer = scorer_of(EARSHOT_PROFILE_DEFAULT);
	struct earshot_sentiment before = { .size = sizeof(before) }, after = before;
	struct earshot_error error;
	struct earshot_str none = { NULL, 0 }, text = ES_STR("not good, but cheap");
	REQUIRE(scorer);
	CHECK_OK(earshot_score(scorer, none, text, none, &before, &error), error);
	size_t n = before.n_why;
	flip_of(scorer, text.ptr, "en");
	CHECK_OK(earshot_score(scorer, none, text, none, &after, &error), error);
	CHECK_INT(after.polarity, before.polarity);
	CHECK_INT(after.n_why, n);
	earshot_scorer_free(scorer);
	scorer = scorer_of(EARSHOT_PROFILE_VADER);
	REQUIRE(scorer);
	CHECK_INT(flip_of(scorer, "not good", "en").n_without, 0);
	earshot_scorer_free(scorer);
}

TEST("a megabyte of negators costs no more trials than there may be")
{
	struct earshot_scorer *scorer = scorer_of(EARSHOT_PROFILE_DEFAULT);
	struct es_buf buf;
	REQUIRE(scorer);
	es_buf_init(&buf, 2 * ES_MIB);
	while (buf.len < 60000)
		es_buf_puts(&buf, "not good ");
	check_flip(scorer, buf.ptr, "en");
	while (buf.len < ES_MIB)
		es_buf_puts(&buf, "not good ");
	check_flip(scorer, buf.ptr, "en");
	es_buf_release(&buf);
	earshot_scorer_free(scorer);
	kit_release();
}
