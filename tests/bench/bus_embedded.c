/* SPDX-License-Identifier: MIT
 *
 * Figures of the embedded engine, durable (WAL, synchronous FULL):
 *   put          plain records into 8 partitions
 *   read         the same records, one reader
 *   pass-through posts -> three label topics with offsets, in transactions
 *
 *   build/bench/bus_embedded [folder]   (default: a new one under TMPDIR or /tmp) */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "bus/bus.h"

#define RECORDS 1000000
#define VALUE   320 /* bytes: about a post */

static struct earshot_error error;

static void need(int rc)
{
	if (rc < 0) {
		char text[1024];
		fprintf(stderr, "%s\n", es_err_format(&error, text, sizeof(text)));
		exit(1);
	}
}

static void put(struct es_session *session, const char *topic, const struct es_record *from)
{
	struct es_record record = *from;
	record.topic = topic;
	need(es_session_put(session, &record, &error));
}

static void say(const char *what, size_t batch, int threads, size_t n, int64_t us)
{
	printf("%-14s batch %5zu  threads %d  %9.0f records/s\n", what, batch, threads,
	       (double)n * 1e6 / (double)us);
	fflush(stdout);
}

static struct es_session *session(struct es_bus *bus, const char *role, const char *group,
				  size_t batch, int thread, int threads)
{
	static const char *const topics[] = { "posts" };
	struct es_session *out;
	const struct es_session_options options = { .role = role,
						    .instance = "bench",
						    .group = group,
						    .thread = thread,
						    .threads = threads,
						    .topics = topics,
						    .n_topics = group || !*role,
						    .batch_records = batch };
	need(es_session_open(bus, &options, &out, &error));
	return out;
}

static void plain(struct es_bus *bus, size_t batch)
{
	char key[33], value[VALUE];
	struct es_session *writer = session(bus, "bench", NULL, 0, 0, 1);
	memset(value, 'x', sizeof(value));
	int64_t start = es_monotonic_us();
	for (size_t i = 0; i < RECORDS; i++) {
		if (i % batch == 0)
			need(es_session_begin(writer, &error));
		snprintf(key, sizeof(key), "%016zx%016zx", i * 0x9e3779b97f4a7c15u, i);
		const struct es_record record = { .partition = -1,
						  .key = key,
						  .key_len = 32,
						  .value = value,
						  .value_len = sizeof(value) };
		put(writer, "posts", &record);
		if ((i + 1) % batch == 0 || i + 1 == RECORDS)
			need(es_session_commit(writer, false, &error));
	}
	say("put", batch, 1, RECORDS, es_monotonic_us() - start);
	es_session_close(writer);
}

static void readers(struct es_bus *bus, size_t batch)
{
	struct es_session *reader = session(bus, "", NULL, batch, 0, 1);
	struct es_batch got;
	size_t n = 0;
	int64_t start = es_monotonic_us();
	do {
		need(es_session_poll(reader, 0, &got, &error));
		n += got.n;
	} while (got.n);
	say("read", batch, 1, n, es_monotonic_us() - start);
	es_session_close(reader);
}

struct worker {
	struct es_session *session;
	pthread_t thread;
	size_t n;
};

static void *pass(void *ctx)
{
	static const char *const labels[] = { "mentions.positive", "mentions.neutral",
					      "mentions.negative" };
	struct worker *worker = ctx;
	struct es_batch got;
	for (;;) {
		need(es_session_poll(worker->session, 0, &got, &error));
		if (got.event == ES_EVENT_ASSIGNED)
			continue;
		if (!got.n)
			return NULL;
		need(es_session_begin(worker->session, &error));
		for (size_t i = 0; i < got.n; i++) {
			struct es_record record = got.records[i];
			put(worker->session, labels[record.offset % 3], &record);
		}
		need(es_session_commit(worker->session, true, &error));
		worker->n += got.n;
	}
}

static void pass_through(struct es_bus *bus, size_t batch, int threads)
{
	char group[32];
	struct worker workers[8];
	size_t n = 0;
	snprintf(group, sizeof(group), "bench-%zu-%d", batch, threads);
	for (int i = 0; i < threads; i++)
		workers[i] = (struct worker){ .session = session(bus, "work", group, batch, i,
								 threads) };
	int64_t start = es_monotonic_us();
	for (int i = 0; i < threads; i++)
		if (pthread_create(&workers[i].thread, NULL, pass, &workers[i]) != 0)
			exit(1);
	for (int i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		n += workers[i].n;
	}
	say("pass-through", batch, threads, n, es_monotonic_us() - start);
	for (int i = 0; i < threads; i++)
		es_session_close(workers[i].session);
}

int main(int argc, char **argv)
{
	char folder[512], url[544], command[560];
	const char *tmp = getenv("TMPDIR");
	struct es_bus *bus;
	snprintf(folder, sizeof(folder), "%s/earshot-bench-XXXXXX",
		 argc > 1 ? argv[1]
		 : tmp    ? tmp
			  : "/tmp");
	if (!mkdtemp(folder)) {
		perror(folder);
		return 1;
	}
	snprintf(url, sizeof(url), "%s/earshot.db", folder);
	const struct es_bus_options options = { .url = url };
	need(es_bus_open(&bus, &options, &error));
	need(es_bus_ensure(bus, es_topics, ES_TOPICS, &error));
	static const size_t sizes[] = { 1000, 10000 };
	for (size_t i = 0; i < ES_COUNT(sizes); i++)
		plain(bus, sizes[i]);
	for (size_t i = 0; i < ES_COUNT(sizes); i++)
		readers(bus, sizes[i]);
	for (size_t i = 0; i < ES_COUNT(sizes); i++)
		for (int threads = 1; threads <= 2; threads++)
			pass_through(bus, sizes[i], threads);
	es_bus_close(bus);
	snprintf(command, sizeof(command), "%s-wal", url);
	unlink(command);
	snprintf(command, sizeof(command), "%s-shm", url);
	unlink(command);
	unlink(url);
	return rmdir(folder) != 0;
}
