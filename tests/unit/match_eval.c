/* SPDX-License-Identifier: MIT */
#include "test.h"
#include <malloc.h>
#include <time.h>
#include "base/base.h"
#include "match/match.h"

static struct earshot_error error;

struct fixture {
	struct earshot_queries *set;
	struct earshot_matcher *matcher;
	struct earshot_post post;
	struct earshot_sentiment sentiment;
};

static void add_as(struct fixture *f, enum earshot_layer layer, const char *id, const char *brand,
		   const char *text)
{
	struct earshot_query query = { .size = sizeof(query),
				       .layer = layer,
				       .id = es_str_of(id),
				       .brand = es_str_of(brand),
				       .query = es_str_of(text),
				       .rev = 7 };
	if (!f->set)
		CHECK_OK(earshot_queries_new(&f->set, &error), error);
	CHECK_OK(earshot_queries_add(f->set, &query, &error), error);
}

static void ready(struct fixture *f)
{
	CHECK_OK(earshot_queries_compile(f->set, &error), error);
	CHECK_OK(earshot_matcher_new(&f->matcher, f->set, &error), error);
	earshot_post_init(&f->post);
	f->sentiment = (struct earshot_sentiment){ .size = sizeof(f->sentiment) };
}

static void release(struct fixture *f)
{
	earshot_matcher_free(f->matcher);
	earshot_queries_free(f->set);
}

/* "acme,rival" */
static const char *ids(const struct earshot_hits *hits)
{
	static char out[256];
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < hits->n && len < sizeof(out) - 64; i++)
		len += (size_t)snprintf(out + len, sizeof(out) - len, "%s%.*s", i ? "," : "",
					ES_FMT(hits->at[i].query->id));
	return out;
}

static const char *match(struct fixture *f, enum earshot_layer layer)
{
	struct earshot_hits hits;
	CHECK_OK(earshot_match(f->matcher, layer, &f->post,
			       layer == EARSHOT_LAYER_TOPIC ? NULL : &f->sentiment, &hits, &error),
		 error);
	return ids(&hits);
}

#define CHECK_IDS(got, want) \
	do { \
		const char *es_ids_ = (got); \
		CHECK_STR(es_ids_, strlen(es_ids_), want); \
	} while (0)

TEST("hits come in the order of adding, with what was added")
{
	struct fixture f = { 0 };
	struct earshot_hits hits;
	add_as(&f, EARSHOT_LAYER_TOPIC, "two", "b", "two");
	add_as(&f, EARSHOT_LAYER_TOPIC, "all", "b", "lang:en");
	add_as(&f, EARSHOT_LAYER_TOPIC, "one", "a", "one");
	ready(&f);
	f.post.lang = ES_STR("en");
	f.post.text = ES_STR("one two one");
	CHECK_OK(earshot_match(f.matcher, EARSHOT_LAYER_TOPIC, &f.post, NULL, &hits, &error),
		 error);
	CHECK_IDS(ids(&hits), "two,all,one");
	REQUIRE(hits.n == 3);
	CHECK_INT(hits.at[2].query->rev, 7);
	CHECK_STR(hits.at[2].query->brand.ptr, hits.at[2].query->brand.len, "a");
	CHECK_INT(hits.at[1].n_spans, 0);
	REQUIRE(hits.at[2].n_spans == 2);
	CHECK_INT(hits.at[2].spans[0].in, EARSHOT_IN_TEXT);
	CHECK_INT(hits.at[2].spans[1].start, 8);
	CHECK_INT(hits.at[2].spans[1].len, 3);
	release(&f);
}

TEST("themes see the sentiment, flags the topics, themes and stage before them")
{
	struct fixture f = { 0 };
	add_as(&f, EARSHOT_LAYER_FLAG, "leaving", NULL, "sentiment:negative AND theme:exit");
	add_as(&f, EARSHOT_LAYER_TOPIC, "acme-all", "acme", "acme");
	add_as(&f, EARSHOT_LAYER_TOPIC, "rival-all", "rival", "rival");
	add_as(&f, EARSHOT_LAYER_THEME, "exit", NULL, "cancel* AND sentiment:neg");
	add_as(&f, EARSHOT_LAYER_THEME, "ours", NULL, "brand:acme");
	add_as(&f, EARSHOT_LAYER_FLAG, "ours-here", NULL, "topic:acme* AND stage:use");
	add_as(&f, EARSHOT_LAYER_FLAG, "rivals", NULL, "topic:rival-all");
	ready(&f);
	f.post.text = ES_STR("acme: please cancel it");
	CHECK_IDS(match(&f, EARSHOT_LAYER_TOPIC), "acme-all");
	f.sentiment.label = EARSHOT_NEGATIVE;
	CHECK_IDS(match(&f, EARSHOT_LAYER_THEME), "exit,ours");
	es_match_stage(f.matcher, ES_STR("use"));
	CHECK_IDS(match(&f, EARSHOT_LAYER_FLAG), "leaving,ours-here");
	/* the next post begins anew */
	f.post.text = ES_STR("rival: please cancel it");
	CHECK_IDS(match(&f, EARSHOT_LAYER_TOPIC), "rival-all");
	CHECK_IDS(match(&f, EARSHOT_LAYER_FLAG), "rivals");
	f.sentiment.label = EARSHOT_POSITIVE;
	CHECK_IDS(match(&f, EARSHOT_LAYER_THEME), "");
	CHECK_IDS(match(&f, EARSHOT_LAYER_FLAG), "rivals");
	release(&f);
}

TEST("a search sees what the record says and what the layers before it found")
{
	static const struct earshot_str marks[] = { { "bot", 3 }, { "spam", 4 } };
	static const struct earshot_str themes[] = { { "exit", 4 } };
	const struct earshot_late late = { .size = sizeof(late),
					   .themes = { themes, 1 },
					   .marks = { marks, 2 },
					   .cluster = ES_STR("90f1"),
					   .duplicate = true };
	struct fixture f = { 0 };
	add_as(&f, EARSHOT_LAYER_SEARCH, "noise", NULL, "is:spam");
	add_as(&f, EARSHOT_LAYER_SEARCH, "again", NULL, "is:duplicate AND cluster:90f1");
	add_as(&f, EARSHOT_LAYER_SEARCH, "clean", NULL, "acme NOT is:(spam OR duplicate)");
	add_as(&f, EARSHOT_LAYER_SEARCH, "exit", NULL, "theme:exit OR topic:acme-all");
	add_as(&f, EARSHOT_LAYER_SEARCH, "liked", NULL, "likes:[10 TO *] AND sentiment:negative");
	add_as(&f, EARSHOT_LAYER_TOPIC, "acme-all", "acme", "acme");
	ready(&f);
	f.post.text = ES_STR("acme: please cancel it");
	f.post.engagement.likes = 10;
	f.sentiment.label = EARSHOT_NEGATIVE;
	CHECK_IDS(match(&f, EARSHOT_LAYER_TOPIC), "acme-all");
	earshot_match_late(f.matcher, &late);
	CHECK_IDS(match(&f, EARSHOT_LAYER_SEARCH), "noise,again,exit,liked");
	/* the next post begins anew: nothing is said of it */
	CHECK_IDS(match(&f, EARSHOT_LAYER_TOPIC), "acme-all");
	CHECK_IDS(match(&f, EARSHOT_LAYER_SEARCH), "clean,exit,liked");
	f.post.text = ES_STR("cancel it");
	CHECK_IDS(match(&f, EARSHOT_LAYER_TOPIC), "");
	CHECK_IDS(match(&f, EARSHOT_LAYER_SEARCH), "liked");
	earshot_match_late(f.matcher, &late);
	CHECK_IDS(match(&f, EARSHOT_LAYER_SEARCH), "noise,again,exit,liked");
	release(&f);
}

TEST("the hits of a layer stay valid until the next post")
{
	struct fixture f = { 0 };
	struct earshot_hits topics, themes;
	add_as(&f, EARSHOT_LAYER_TOPIC, "t", NULL, "a*b OR acme");
	for (int i = 0; i < 300; i++)
		add_as(&f, EARSHOT_LAYER_THEME, "h", NULL, "acme");
	ready(&f);
	f.post.text = ES_STR("acme acme acme");
	CHECK_OK(earshot_match(f.matcher, EARSHOT_LAYER_TOPIC, &f.post, NULL, &topics, &error),
		 error);
	CHECK_OK(earshot_match(f.matcher, EARSHOT_LAYER_THEME, &f.post, &f.sentiment, &themes,
			       &error),
		 error);
	CHECK_INT(themes.n, 300);
	REQUIRE(topics.n == 1 && topics.at[0].n_spans == 3);
	CHECK_INT(topics.at[0].spans[2].start, 10);
	REQUIRE(themes.at[299].n_spans == 3);
	CHECK_INT(themes.at[299].spans[2].start, 10);
	release(&f);
}

TEST("an analysed post gives the same answer as the post itself")
{
	struct fixture f = { 0 };
	struct es_arena arena = { 0 };
	struct es_analysis title, text;
	struct earshot_hits hits;
	add_as(&f, EARSHOT_LAYER_TOPIC, "t", NULL, "title:acme AND refund*");
	ready(&f);
	f.post.title = ES_STR("Acme");
	f.post.text = ES_STR("no refunds");
	REQUIRE(es_analyse(&arena, f.post.title.ptr, f.post.title.len, &title, &error) == 0);
	REQUIRE(es_analyse(&arena, f.post.text.ptr, f.post.text.len, &text, &error) == 0);
	CHECK_OK(es_match_analysed(f.matcher, EARSHOT_LAYER_TOPIC, &f.post, &title, &text, NULL,
				   &hits, &error),
		 error);
	CHECK_INT(hits.n, 1);
	CHECK_OK(es_match_analysed(f.matcher, EARSHOT_LAYER_TOPIC, &f.post, NULL, &text, NULL,
				   &hits, &error),
		 error);
	CHECK_INT(hits.n, 0);
	CHECK_IDS(match(&f, EARSHOT_LAYER_TOPIC), "t");
	es_arena_release(&arena);
	release(&f);
}

TEST("the spans of one query are bounded, its truth is not")
{
	struct fixture f = { 0 };
	struct earshot_hits hits;
	char *text = malloc(200000);
	REQUIRE(text);
	for (size_t i = 0; i < 100000; i++)
		memcpy(text + 2 * i, "a ", 2);
	add_as(&f, EARSHOT_LAYER_TOPIC, "t", NULL, "a AND b");
	ready(&f);
	text[199998] = 'b';
	f.post.text = es_str(text, 200000);
	CHECK_OK(earshot_match(f.matcher, EARSHOT_LAYER_TOPIC, &f.post, NULL, &hits, &error),
		 error);
	CHECK_INT(hits.n, 1);
	CHECK(hits.n == 1 && hits.at[0].n_spans == 256);
	free(text);
	release(&f);
}

TEST("hostile posts cost no more than their length")
{
	static const char *const parts[] = {
		"a",  "a ",           "a'b",          "#",       "!?", "\xff", "(",
		"a,", "\xe3\x85\x8b", "\xea\xb0\x80", "http://", "a-"
	};
	struct fixture f = { 0 };
	add_as(&f, EARSHOT_LAYER_TOPIC, "t", NULL,
	       "a*a*a*b OR \"a a a a b\" OR ab* OR a?a*c OR \"\xea\xb0\x80 \xea\xb0\x80*\" OR !");
	ready(&f);
	for (size_t i = 0; i < ES_COUNT(parts); i++) {
		struct es_buf text;
		struct earshot_hits hits;
		es_buf_init(&text, EARSHOT_TEXT_MAX + 16);
		while (text.len < EARSHOT_TEXT_MAX)
			es_buf_puts(&text, parts[i]);
		f.post.text = es_buf_view(&text);
		clock_t start = clock(); /* of this process: others on the machine do not count */
		CHECK_OK(
			earshot_match(f.matcher, EARSHOT_LAYER_TOPIC, &f.post, NULL, &hits, &error),
			error);
		int64_t took = (int64_t)(clock() - start) * 1000000 / CLOCKS_PER_SEC;
		if (took > 1000000)
			FAIL("256 KiB of %s took %lld us", parts[i], (long long)took);
		es_buf_release(&text);
	}
	release(&f);
}

TEST("a warm matcher takes no memory from the heap")
{
#if ES_SANITIZED
	SKIP("a sanitizer has its own heap");
#else
	struct fixture f = { 0 };
	add_as(&f, EARSHOT_LAYER_TOPIC, "t", NULL, "acme OR caf\xc3\xa9 OR title:x");
	add_as(&f, EARSHOT_LAYER_TOPIC, "n", NULL,
	       "(acme NEAR/2 cancel*) OR \"x y acme\"~3 OR (caf\xc3\xa9 AND acme AND "
	       "within:sentence)");
	add_as(&f, EARSHOT_LAYER_TOPIC, "r", NULL, "/canc\\w+d/ OR infix:anc OR stem:cancel");
	add_as(&f, EARSHOT_LAYER_THEME, "h", NULL, "cancel* AND NOT author:bob");
	ready(&f);
	f.post.title = ES_STR("x acme");
	f.post.text = ES_STR("caf\xc3\xa9 caf\xc3\xa9 acme cancelled");
	f.post.author.name = ES_STR("Bob");
	for (int i = 0; i < 10; i++) {
		match(&f, EARSHOT_LAYER_TOPIC);
		match(&f, EARSHOT_LAYER_THEME);
	}
	size_t before = mallinfo2().uordblks;
	for (int i = 0; i < 1000; i++) {
		match(&f, EARSHOT_LAYER_TOPIC);
		match(&f, EARSHOT_LAYER_THEME);
	}
	CHECK_INT(mallinfo2().uordblks, before);
	release(&f);
#endif
}

/* `n` queries of brands; the CPU time in us until they are ready. */
static int64_t many(struct fixture *f, int n)
{
	char id[32], text[256];
	clock_t start = clock();
	for (int i = 0; i < n; i++) {
		snprintf(id, sizeof(id), "q%d", i);
		snprintf(text, sizeof(text),
			 "(brand%d OR #brand%d OR \"the brand%d shop\") AND (refund* OR cancel*) "
			 "NOT "
			 "\"brand%d village\"",
			 i, i, i, i);
		add_as(f, EARSHOT_LAYER_TOPIC, id, "b", text);
	}
	ready(f);
	return (int64_t)(clock() - start) * 1000000 / CLOCKS_PER_SEC;
}

TEST("ten thousand queries take ten times what a thousand do to be ready")
{
	struct fixture f = { 0 };
	int64_t thousand = INT64_MAX, took = INT64_MAX;
	/* held against each other, for how fast the machine is says nothing of us */
	for (int turn = 0; turn == 0 || (turn < 5 && took / 20 >= thousand); turn++) {
		struct fixture few = { 0 }, all = { 0 };
		int64_t is = many(&few, 1000);
		thousand = is < thousand ? is : thousand;
		release(&few);
		is = many(&all, 10000);
		took = is < took ? is : took;
		release(&all);
	}
	printf("# 10,000 queries: %lld ms, 1,000: %lld us\n", (long long)took / 1000,
	       (long long)thousand);
	CHECK(took / 20 < thousand);
	(void)many(&f, 10000);
	f.post.text = ES_STR("refund me, #brand77! not brand78");
	CHECK_IDS(match(&f, EARSHOT_LAYER_TOPIC), "q77,q78");
	release(&f);
}
