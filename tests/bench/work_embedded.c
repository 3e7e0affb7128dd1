/* SPDX-License-Identifier: MIT
 *
 * Posts/s from `posts` to the label topics through the embedded engine, durable:
 * slice, 50 queries in three layers, score, splice, one transaction a batch.
 *
 *   build/bench/work_embedded [posts]   (the log: a new folder under TMPDIR or /tmp) */
#include "work_bench.h"

#define POSTS 300000

static void pass(const char *folder, int posts, int threads)
{
	char path[300];
	struct es_bus *bus;
	struct crew crew;
	snprintf(path, sizeof(path), "%s/log%d.db", folder, threads);
	const struct es_bus_options options = { .url = path, .prefix = "bench." };
	need(es_bus_open(&bus, &options, &error));
	need(es_bus_ensure(bus, es_topics, ES_TOPICS, &error));
	size_t bytes = fill(bus, posts);
	int64_t start = es_monotonic_us();
	crew_start(&crew, bus, threads, true);
	int64_t labelled = crew_end(&crew);
	int64_t us = es_monotonic_us() - start;
	printf("posts -> label topics  threads %d  %zu bytes a post  %lld of %d labelled  %8.0f "
	       "posts/s\n",
	       threads, bytes / (size_t)posts, (long long)labelled, posts,
	       (double)posts * 1e6 / (double)us);
	fflush(stdout);
	es_bus_close(bus);
	static const char *const tails[] = { "-wal", "-shm", "" };
	for (size_t i = 0; i < ES_COUNT(tails); i++) {
		char file[320];
		snprintf(file, sizeof(file), "%s%s", path, tails[i]);
		unlink(file);
	}
}

int main(int argc, char **argv)
{
	int posts = argc > 1 ? atoi(argv[1]) : POSTS;
	const char *tmp = getenv("TMPDIR");
	char folder[256];
	snprintf(folder, sizeof(folder), "%s/earshot-work-XXXXXX", tmp ? tmp : "/tmp");
	if (posts < 1 || !mkdtemp(folder)) {
		perror(folder);
		return 1;
	}
	open_all();
	for (int threads = 1; threads <= THREADS_MAX; threads++)
		pass(folder, posts, threads);
	rmdir(folder);
	close_all();
	return 0;
}
