/* SPDX-License-Identifier: MIT
 *
 * Whatever the bytes are: each part of a sentiment and each span of a hit lies inside its
 * field and begins and ends where a character does.
 */
#include "test.h"

#include <earshot/match.h>

#include "base/base.h"
#include "text/text.h"

#define FIELD_MAX 400

static uint64_t state = 0x9e3779b97f4a7c15u;
static uint32_t chance(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 24) % n;
}

static const char *const pieces[] = {
	"good",
	"bad",
	"not ",
	"kötü",
	"ko\xcc\x88tu\xcc\x88",
	"BERBAT",
	"değil ",
	"#moruva",
	"moruva",
	"Moruva's",
	"'dan ",
	"kargo",
	"배송",
	"안 되",
	"연결이 ",
	"느린데 ",
	"좋아요",
	"\xff",
	"\xe2\x80",
	"\xf0\x9f",
	"\xcd\x90",
	"\xcc\x81",
	"ㅠㅠ",
	":)",
	"!",
	"(!)",
	"?",
	". ",
	"\n",
	" ",
	"½",
	"ﬁne",
	"ＧＯＯＤ",
	"❤️",
	"👍🏽",
	"\xe2\x80\x8d",
	"İADE",
	"ß",
	"t.co/x",
	"AT&T",
};

static size_t field(char *out)
{
	size_t n = 0;
	for (uint32_t left = chance(24); left && n < FIELD_MAX - 32; left--) {
		const char *piece = pieces[chance(ES_COUNT(pieces))];
		size_t len = strlen(piece);
		memcpy(out + n, piece, len);
		n += len;
	}
	return n;
}

/* Does a character of the text (a bad byte is one too) begin at `at`, or the text end? */
static bool border(struct earshot_str text, size_t at)
{
	const char *ptr = text.ptr, *end = ptr + text.len;
	while (ptr < end && (size_t)(ptr - text.ptr) < at)
		es_utf8_next(&ptr, end);
	return (size_t)(ptr - text.ptr) == at;
}

static bool inside(const struct earshot_post *post, enum earshot_in in, uint32_t start,
		   uint32_t len)
{
	struct earshot_str text = in == EARSHOT_IN_TITLE ? post->title : post->text;
	if (in == EARSHOT_IN_NOWHERE)
		return start == 0 && len == 0;
	return start <= text.len && len <= text.len - start && border(text, start) &&
	       border(text, start + len);
}

static void tell(const struct earshot_post *post, const char *what, uint32_t start, uint32_t len)
{
	char hex[2 * FIELD_MAX + 1];
	es_hex((const unsigned char *)post->title.ptr, post->title.len, hex);
	FAIL("%s at %u, %u long; title %s", what, start, len, hex);
	es_hex((const unsigned char *)post->text.ptr, post->text.len, hex);
	printf("# text %s\n", hex);
}

static void check_why(const struct earshot_post *post, const struct earshot_sentiment *s)
{
	for (size_t i = 0; i < s->n_why; i++)
		if (!inside(post, s->why[i].in, s->why[i].start, s->why[i].len))
			tell(post, s->why[i].rule, s->why[i].start, s->why[i].len);
}

static struct earshot_queries *queries(void)
{
	static const char *const list[] = {
		"moruva OR #moruva",
		"\"kargo moruva\"",
		"연결이 OR \"연결이 안 되*\" OR 느리*",
		"title:kargo",
		"{İADE} OR kötü",
		"\":)\" OR 👍 OR ❤️ OR \"(!)\" OR \"½\"",
		"g??d OR ba*",
		"t.co OR AT&T",
		"fine OR \"ß\" OR ko*u",
		"infix:fi OR infix:in OR infix:ss OR infix:od OR infix:송 OR infix:12",
		"stem:moruva OR stem:kargo OR stem:good OR stem:느리 OR raw:Moruva OR raw:\"AT&T\"",
		"(moruva NEAR/3 (bad OR good OR ㅠㅠ)) OR \"kargo moruva\"~5",
		"(good OR iade) AND (moruva OR 배송*) AND within:sentence",
		"/k[o\\x{f6}]\\S+/i OR /\\S+!/ OR /.\\x{301}/ OR /배.*요/",
	};
	struct earshot_queries *set;
	struct earshot_error error;
	if (earshot_queries_new(&set, &error))
		return NULL;
	for (size_t i = 0; i < ES_COUNT(list); i++) {
		struct earshot_query query = { .size = sizeof(query),
					       .id = ES_STR("q"),
					       .query = es_str_of(list[i]) };
		CHECK_OK(earshot_queries_add(set, &query, &error), error);
	}
	CHECK_OK(earshot_queries_compile(set, &error), error);
	return set;
}

TEST("every part and every span lies inside its field, on borders of characters")
{
	struct earshot_score_options options[2] = {
		{ .size = sizeof(options[0]), .max_why = 20 },
		{ .size = sizeof(options[0]), .profile = EARSHOT_PROFILE_VADER, .max_why = 20 }
	};
	static const char *const langs[] = { "", "en", "ko", "tr" };
	struct earshot_scorer *scorers[2] = { NULL, NULL };
	struct earshot_matcher *matcher = NULL;
	struct earshot_lexicon *lexicon = NULL;
	struct earshot_queries *set = queries();
	struct earshot_error error;
	char title[FIELD_MAX], text[FIELD_MAX];
	size_t parts = 0, spans = 0;
	REQUIRE(set);
	CHECK_OK(earshot_lexicon_open(&lexicon, "lexicons", &error), error);
	CHECK_OK(earshot_matcher_new(&matcher, set, &error), error);
	for (int i = 0; i < 2; i++)
		CHECK_OK(earshot_scorer_new(&scorers[i], lexicon, &options[i], &error), error);
	for (int round = 0; round < 20000 && es_test_failed < 5; round++) {
		struct earshot_post post;
		struct earshot_hits hits;
		earshot_post_init(&post);
		post.title = es_str(title, chance(3) ? field(title) : 0);
		post.text = es_str(text, field(text));
		post.lang = es_str_of(langs[chance(ES_COUNT(langs))]);
		for (int i = 0; i < 2; i++) {
			struct earshot_sentiment s = { .size = sizeof(s) };
			CHECK_OK(earshot_score(scorers[i], post.title, post.text, post.lang, &s,
					       &error),
				 error);
			check_why(&post, &s);
			parts += s.n_why;
		}
		CHECK_OK(earshot_match(matcher, EARSHOT_LAYER_TOPIC, &post, NULL, &hits, &error),
			 error);
		for (size_t h = 0; h < hits.n; h++)
			for (size_t i = 0; i < hits.at[h].n_spans; i++) {
				const struct earshot_span *span = &hits.at[h].spans[i];
				spans++;
				if (!span->len || !inside(&post, span->in, span->start, span->len))
					tell(&post, "span", span->start, span->len);
			}
	}
	CHECK(parts > 40000 && spans > 10000); /* there was something to look at */
	for (int i = 0; i < 2; i++)
		earshot_scorer_free(scorers[i]);
	earshot_matcher_free(matcher);
	earshot_queries_free(set);
	earshot_lexicon_close(lexicon);
}
