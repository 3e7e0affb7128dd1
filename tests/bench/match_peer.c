/* SPDX-License-Identifier: MIT
 *
 * match_peer.c - ours in the race of peers/match_race.py, and what both run on.
 *
 *   match_peer make common|rare QUERIES POSTS DIR    -> DIR/posts.txt, DIR/queries.tsv:
 *                                                       kind TAB ours TAB Lucene's
 *   match_peer DIR                                   -> what a driver says, see match_race.py
 */
#include <earshot/match.h>
#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "base/base.h"
#include "match_made.h"

#define BLOCKS 5

static struct es_buf posts, queries;

/* Seconds of this thread: others on the machine do not count. */
static double cpu(void)
{
	struct timespec at;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
	return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static FILE *file(const char *dir, const char *name, const char *mode)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	FILE *f = fopen(path, mode);
	if (!f) {
		perror(path);
		exit(1);
	}
	return f;
}

static void make(enum made_family family, uint32_t n, uint32_t n_posts, const char *dir)
{
	struct made_query query;
	char text[MADE_POST];
	FILE *f = file(dir, "posts.txt", "wb");
	made_begin();
	for (uint32_t i = 0; i < n_posts; i++) {
		made_post(text);
		fprintf(f, "%s\n", text);
	}
	fclose(f);
	f = file(dir, "queries.tsv", "wb");
	made_seed = 11;
	for (uint32_t i = 0; i < n; i++) {
		made_query(&query, family, n, i);
		fprintf(f, "%u\t%s\t%s\n", query.kind, query.ours, query.lucene);
	}
	fclose(f);
}

static void read_all(struct es_buf *out, const char *dir, const char *name)
{
	char bytes[65536];
	FILE *f = file(dir, name, "rb");
	es_buf_init(out, 512 * ES_MIB);
	for (size_t n; (n = fread(bytes, 1, sizeof(bytes), f)) > 0;)
		es_buf_add(out, bytes, n);
	fclose(f);
}

/* The next line, without its end. */
static bool line(struct earshot_str *rest, struct earshot_str *out, char end)
{
	const char *stop = memchr(rest->ptr, end, rest->len);
	if (!stop)
		return false;
	*out = es_str(rest->ptr, (size_t)(stop - rest->ptr));
	*rest = es_str(stop + 1, rest->len - out->len - 1);
	return true;
}

static struct earshot_queries *compile(uint8_t *kinds, size_t *memory, double *ready)
{
	struct earshot_queries *set;
	struct earshot_error error;
	struct earshot_str rest = es_buf_view(&queries), kind, text, other;
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	double began = cpu();
	int rc = earshot_queries_new(&set, &error);
	for (int64_t i = 0; !rc && line(&rest, &kind, '\t') && line(&rest, &text, '\t') &&
			    line(&rest, &other, '\n');
	     i++) {
		struct earshot_query query = {
			.size = sizeof(query), .id = ES_STR("q"), .query = text, .rev = i
		};
		kinds[i] = (uint8_t)(kind.ptr[0] - '0');
		rc = earshot_queries_add(set, &query, &error);
	}
	if (rc || earshot_queries_compile(set, &error)) {
		fprintf(stderr, "%s\n", error.text);
		exit(1);
	}
	*ready = cpu() - began;
	*memory = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	return set;
}

static uint64_t n_pairs[MADE_KINDS], sums[MADE_KINDS];

/* All posts once; with `kinds` the pairs are counted and summed up. */
static size_t pass(struct earshot_matcher *matcher, const uint8_t *kinds)
{
	struct earshot_post post;
	struct earshot_hits hits;
	struct earshot_error error;
	struct earshot_str rest = es_buf_view(&posts);
	size_t n = 0;
	earshot_post_init(&post);
	post.lang = ES_STR("en");
	for (; line(&rest, &post.text, '\n'); n++) {
		if (earshot_match(matcher, EARSHOT_LAYER_TOPIC, &post, NULL, &hits, &error))
			exit(1);
		for (size_t i = 0; kinds && i < hits.n; i++) {
			uint64_t query = (uint64_t)hits.at[i].query->rev;
			n_pairs[kinds[query]]++;
			sums[kinds[query]] += (n * MADE_WORDS + query) * 0x9e3779b97f4a7c15u;
		}
	}
	return n;
}

/* Posts a second, the best block. */
static double rate(struct earshot_matcher *matcher, bool spans)
{
	double best = 0;
	earshot_matcher_spans(matcher, spans);
	for (int block = 0; block < BLOCKS; block++) {
		double began = cpu();
		size_t n = pass(matcher, NULL);
		double here = (double)n / (cpu() - began);
		best = here > best ? here : best;
	}
	return best;
}

int main(int argc, char **argv)
{
	static uint8_t kinds[ES_MIB];
	struct earshot_matcher *matcher;
	struct earshot_error error;
	size_t memory;
	double ready;
	if (argc == 6 && strcmp(argv[1], "make") == 0) {
		make(argv[2][0] == 'r' ? MADE_RARE : MADE_COMMON, (uint32_t)atoi(argv[3]),
		     (uint32_t)atoi(argv[4]), argv[5]);
		return 0;
	}
	if (argc != 2) {
		fprintf(stderr, "usage: match_peer make common|rare QUERIES POSTS DIR | DIR\n");
		return 2;
	}
	read_all(&posts, argv[1], "posts.txt");
	read_all(&queries, argv[1], "queries.tsv");
	struct earshot_queries *set = compile(kinds, &memory, &ready);
	if (earshot_matcher_new(&matcher, set, &error))
		return 1;
	pass(matcher, kinds);
	printf("rate\t%.0f\n", rate(matcher, false));
	printf("spans\t%.0f\n", rate(matcher, true));
	printf("ready\t%.3f\nmemory\t%.1f\n", ready, (double)memory / 1e6);
	for (int i = 0; i < MADE_KINDS; i++)
		printf("kind %d\t%" PRIu64 "\t%016" PRIx64 "\n", i, n_pairs[i], sums[i]);
	earshot_matcher_free(matcher);
	earshot_queries_free(set);
	es_buf_release(&posts);
	es_buf_release(&queries);
	return 0;
}
