/* SPDX-License-Identifier: MIT
 *
 * match_speed.c - posts a second through one matcher, by the number of queries.
 *
 * Posts: 20 words of a made-up vocabulary of 20,000, the frequent ones frequent
 * (rank r is drawn like 1/r). "common": queries over that vocabulary, so that the
 * matches a post grow with the queries. "brands": queries over names that only 4
 * posts of 10 hold, as brands are. "near": NEAR, ~, within:sentence, stem:, infix: and
 * expressions over the vocabulary.
 */
#include <earshot/match.h>
#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/base.h"

#define VOCABULARY 20000
#define POSTS      20000
#define WORDS      20
#define WORD_LEN   16
#define POST_LEN   512

static uint64_t seed = 7;
static char vocabulary[VOCABULARY][WORD_LEN];
static char posts[POSTS][POST_LEN];

static uint32_t below(uint32_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(seed >> 33) % n;
}

static void make_vocabulary(void)
{
	static const char *const parts[] = { "ba", "ke",  "mi",  "lor", "tan", "su", "ver", "do",
					     "ri", "pon", "shi", "gal", "ne",  "tu", "kar", "el" };
	for (uint32_t i = 0; i < VOCABULARY; i++) {
		uint32_t rest = i;
		vocabulary[i][0] = '\0';
		do {
			strcat(vocabulary[i], parts[rest % 16]);
			rest /= 16;
		} while (rest);
	}
}

static const char *frequent_word(void)
{
	double u = (below(1u << 30) + 0.5) / (double)(1u << 30);
	uint32_t rank = (uint32_t)exp(u * log(VOCABULARY));
	return vocabulary[rank < VOCABULARY ? rank : 0];
}

static void make_posts(uint32_t brands)
{
	for (int i = 0; i < POSTS; i++) {
		size_t len = 0;
		uint32_t at = below(WORDS), brand = brands && below(10) < 4 ? below(brands) + 1 : 0;
		for (uint32_t k = 0; k < WORDS; k++) {
			len += (size_t)snprintf(posts[i] + len, POST_LEN - len, "%s ",
						frequent_word());
			if (brand && k == at)
				len += (size_t)snprintf(posts[i] + len, POST_LEN - len, "Zor%ux%u ",
							brand - 1, brand - 1);
		}
	}
}

/* A word that a query would name: not one of the 200 most frequent. */
static const char *query_word(void)
{
	return vocabulary[200 + below(VOCABULARY - 200)];
}

enum kind { COMMON, BRANDS, NEAR };

static void make_near(char *out, size_t size, uint32_t i)
{
	const char *a = query_word(), *b = query_word(), *c = query_word(), *d = frequent_word();
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

static void make_query(char *out, size_t size, uint32_t i, bool brand)
{
	const char *a = query_word(), *b = query_word(), *c = query_word(), *d = query_word();
	if (brand)
		snprintf(out, size,
			 "(zor%ux%u OR #zor%ux%u OR \"the zor%ux%u\") NOT (\"%s %s\" OR %s*)", i, i,
			 i, i, i, i, a, b, c);
	else if (i % 5 == 0)
		snprintf(out, size, "(%.20s OR %.20s OR %.20s) AND %.20s", a, b, c,
			 frequent_word());
	else if (i % 5 == 1)
		snprintf(out, size, "%.20s OR %.20s OR \"%.20s %.20s\"", a, b, c, d);
	else if (i % 5 == 2)
		snprintf(out, size, "%.20s* NOT %.20s", a, frequent_word());
	else if (i % 5 == 3)
		snprintf(out, size, "%.20s AND (%.20s OR %.20s OR %.20s)", a, frequent_word(), b,
			 c);
	else
		snprintf(out, size, "%.20s OR (%.20s AND %.20s) OR #%.20s", a, b, frequent_word(),
			 c);
}

static void run(uint32_t n, enum kind kind)
{
	struct earshot_queries *set;
	struct earshot_matcher *matcher;
	struct earshot_error error;
	struct earshot_post post;
	struct earshot_hits hits;
	char text[512];
	size_t matches = 0, before = mallinfo2().uordblks + mallinfo2().hblkhd;
	int64_t start = es_monotonic_us();
	int rc = earshot_queries_new(&set, &error);
	for (uint32_t i = 0; i < n && !rc; i++) {
		struct earshot_query query = { .size = sizeof(query), .id = ES_STR("q") };
		if (kind == NEAR)
			make_near(text, sizeof(text), i);
		else
			make_query(text, sizeof(text), i, kind == BRANDS);
		query.query = es_str_of(text);
		rc = earshot_queries_add(set, &query, &error);
	}
	if (rc || earshot_queries_compile(set, &error) ||
	    earshot_matcher_new(&matcher, set, &error)) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
	int64_t ready = es_monotonic_us() - start;
	size_t memory = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	make_posts(kind == BRANDS ? n : 0);
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
	       kind == BRANDS ? "brands"
	       : kind == NEAR ? "near"
			      : "common",
	       n, POSTS * 1e6 / (double)best, (double)matches / POSTS, (long long)ready / 1000,
	       (double)memory / 1e6);
	earshot_matcher_free(matcher);
	earshot_queries_free(set);
}

int main(void)
{
	make_vocabulary();
	for (uint32_t n = 10; n <= 10000; n *= 10)
		run(n, COMMON);
	for (uint32_t n = 10; n <= 10000; n *= 10)
		run(n, BRANDS);
	for (uint32_t n = 10; n <= 10000; n *= 10)
		run(n, NEAR);
	return 0;
}
