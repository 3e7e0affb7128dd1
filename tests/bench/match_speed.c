/* SPDX-License-Identifier: MIT
 *
 * match_speed.c - posts a second through one matcher, by the number of queries.
 *
 * Posts and the families "common" and "rare" are those of match_made.h. "near": NEAR, ~,
 * within:sentence, stem:, infix: and expressions over the same words.
 */
#include <earshot/match.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/base.h"
#include "match_made.h"

#define POSTS 20000

static char posts[POSTS][MADE_POST];

enum kind { COMMON, RARE, NEAR };

static const char *query_word(void)
{
	return made_word(200, MADE_WORDS / 4);
}

static void make_near(char *out, size_t size, uint32_t i)
{
	const char *a = query_word(), *b = query_word(), *c = query_word(), *d = made_word(1, 2000);
	switch (i % 6) {
	case 0:
		snprintf(out, size, "(%.20s OR %.20s) NEAR/5 (%.20s OR %.20s)", a, b, c, d);
		break;
	case 1:
		snprintf(out, size, "\"%.20s %.20s\"~5 OR (%.20s NEAR/3f %.20s*)", a, d, b, c);
		break;
	case 2:
		snprintf(out, size, "(%.20s OR %.20s) AND %.20s AND within:sentence", a, b, d);
		break;
	case 3:
		snprintf(out, size, "stem:%.20s NEAR/9 stem:%.20s", a, d);
		break;
	case 4:
		snprintf(out, size, "infix:%.20s%.20s OR (%.20s AND %.20s)", a, b, b, d);
		break;
	default:
		snprintf(out, size, "/\\b%.20s\\w* (\\w+ )?%.20s/ OR %.20s", a, b, c);
	}
}

static void run(uint32_t n, enum kind kind)
{
	struct earshot_queries *set;
	struct earshot_matcher *matcher;
	struct earshot_error error;
	struct earshot_post post;
	struct earshot_hits hits;
	struct made_query made;
	size_t matches = 0, before = mallinfo2().uordblks + mallinfo2().hblkhd;
	int64_t start = es_monotonic_us();
	int rc = earshot_queries_new(&set, &error);
	made_seed = 11;
	for (uint32_t i = 0; i < n && !rc; i++) {
		struct earshot_query query = { .size = sizeof(query), .id = ES_STR("q") };
		if (kind == NEAR)
			make_near(made.ours, sizeof(made.ours), i);
		else
			made_query(&made, kind == RARE ? MADE_RARE : MADE_COMMON, n, i);
		query.query = es_str_of(made.ours);
		rc = earshot_queries_add(set, &query, &error);
	}
	if (rc || earshot_queries_compile(set, &error) ||
	    earshot_matcher_new(&matcher, set, &error)) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
	int64_t ready = es_monotonic_us() - start;
	size_t memory = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	earshot_post_init(&post);
	post.lang = ES_STR("en");
	int64_t best = INT64_MAX;
	for (int round = 0; round < 4; round++) {
		matches = 0;
		start = es_monotonic_us();
		for (int i = 0; i < POSTS; i++) {
			post.text = es_str_of(posts[i]);
			if (earshot_match(matcher, EARSHOT_LAYER_TOPIC, &post, NULL, &hits, &error))
				exit(1);
			matches += hits.n;
		}
		int64_t took = es_monotonic_us() - start;
		best = took < best ? took : best;
	}
	printf("%-8s %6u queries: %8.0f posts/s  %6.2f matches a post  ready in %4lld ms, %5.1f "
	       "MB\n",
	       kind == RARE   ? "rare"
	       : kind == NEAR ? "near"
			      : "common",
	       n, POSTS * 1e6 / (double)best, (double)matches / POSTS, (long long)ready / 1000,
	       (double)memory / 1e6);
	earshot_matcher_free(matcher);
	earshot_queries_free(set);
}

int main(void)
{
	made_begin();
	for (int i = 0; i < POSTS; i++)
		made_post(posts[i]);
	for (enum kind kind = COMMON; kind <= NEAR; kind++)
		for (uint32_t n = 10; n <= 10000; n *= 10)
			run(n, kind);
	return 0;
}
