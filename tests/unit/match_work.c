/* SPDX-License-Identifier: MIT
 *
 * What a post costs by the number of queries, counted and not timed: queries evaluated and
 * places verified, on the posts and queries of the benchmarks.
 */
#include "test.h"

#include "../bench/match_made.h"
#include "match/eval.h"

#define POSTS 2000

/* Of one post on average. */
struct work {
	double matches, evaluated, places;
	double megabytes; /* of the set with its trees, before they go */
};

static struct work work_of(enum made_family family, uint32_t n)
{
	static struct made_query made;
	static char text[MADE_POST];
	struct earshot_queries *set = NULL;
	struct earshot_matcher *matcher = NULL;
	struct earshot_error error = { 0 };
	struct earshot_post post;
	struct earshot_hits hits;
	struct work work = { 0 };
	made_begin();
	uint64_t posts_seed = made_seed;
	CHECK_OK(earshot_queries_new(&set, &error), error);
	made_seed = 11;
	for (uint32_t i = 0; i < n; i++) {
		made_query(&made, family, n, i);
		struct earshot_query query = { .size = sizeof(query),
					       .id = ES_STR("q"),
					       .query = es_str_of(made.ours) };
		CHECK_OK(earshot_queries_add(set, &query, &error), error);
	}
	size_t trees = set->trees.total;
	CHECK_OK(earshot_queries_compile(set, &error), error);
	work.megabytes = (double)(trees + set->arena.total) / 1e6;
	CHECK_OK(earshot_matcher_new(&matcher, set, &error), error);
	earshot_post_init(&post);
	post.lang = ES_STR("en");
	made_seed = posts_seed;
	for (int i = 0; i < POSTS; i++) {
		post.text = es_str(text, made_post(text));
		CHECK_OK(earshot_match(matcher, EARSHOT_LAYER_TOPIC, &post, NULL, &hits, &error),
			 error);
		work.matches += (double)hits.n / POSTS;
		work.places += (double)matcher->n_found / POSTS;
		for (size_t k = 0; k <= set->n_queries / 64; k++)
			work.evaluated +=
				__builtin_popcountll(matcher->woken.queries[k]) / (double)POSTS;
	}
	printf("# %s, %u queries: %.2f matches, %.2f evaluated, %.2f places a post; %.1f MB\n",
	       family == MADE_RARE ? "rare" : "common", n, work.matches, work.evaluated,
	       work.places, work.megabytes);
	earshot_matcher_free(matcher);
	earshot_queries_free(set);
	return work;
}

TEST("of 10,000 rare queries only a few more are evaluated than match, as of 10")
{
	struct work few = work_of(MADE_RARE, 10), many = work_of(MADE_RARE, 10000);
	CHECK(few.matches > 0.3 && few.matches < 0.5);
	CHECK(many.matches > 0.3 && many.matches < 0.5);
	CHECK(many.evaluated < 3 * few.evaluated);
	/* beginnings (loud* behind NOT) are looked for in every post */
	CHECK(many.places < 6 * few.places);
}

TEST("of 10,000 common queries at most five are evaluated for each that matches")
{
	struct work work = work_of(MADE_COMMON, 10000);
	CHECK(work.matches > 30 && work.matches < 40);
	CHECK(work.evaluated < 5 * work.matches);
}

TEST("10,000 queries compile in less than 100 MB")
{
	CHECK(work_of(MADE_COMMON, 10000).megabytes < 100);
}
