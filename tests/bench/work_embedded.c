/* SPDX-License-Identifier: MIT
 *
 * Posts/s from `posts` to the label topics through the embedded engine, durable:
 * slice, 50 queries in three layers, score, splice, one transaction a batch.
 *
 *   build/bench/work_embedded [posts]   (the log: a new folder under TMPDIR or /tmp) */
#include "work_bench.h"

#define POSTS 300000

static void pass(int posts, int threads)
{
	struct place place;
	struct es_bus *bus;
	struct crew crew;
	place_make(&place);
	const struct es_bus_options options = { .url = place.log, .prefix = "bench." };
	need(es_bus_open(&bus, &options, &error));
	need(es_bus_ensure(bus, es_topics, ES_TOPICS, &error));
	size_t bytes = fill(bus, posts);
	int64_t start = es_monotonic_us();
	double cpu = cpu_seconds();
	crew_start(&crew, bus, threads, true);
	int64_t labelled = crew_end(&crew);
	int64_t us = es_monotonic_us() - start;
	printf("posts -> label topics  threads %d  %zu bytes a post  %lld of %d labelled  %8.0f "
	       "posts/s, CPU %5.2f s a million\n",
	       threads, bytes / (size_t)posts, (long long)labelled, posts,
	       (double)posts * 1e6 / (double)us, (cpu_seconds() - cpu) * 1e6 / posts);
	fflush(stdout);
	es_bus_close(bus);
	place_remove(&place);
}

int main(int argc, char **argv)
{
	int posts = argc > 1 ? atoi(argv[1]) : POSTS;
	if (posts < 1) {
		fprintf(stderr, "usage: work_embedded [posts]\n");
		return 2;
	}
	open_all();
	for (int threads = 1; threads <= THREADS_MAX; threads++)
		pass(posts, threads);
	close_all();
	return 0;
}
