/* SPDX-License-Identifier: MIT
 *
 * Posts/s from `posts` to the label topics through Kafka, exactly once, beside the
 * bare pass-through of pass_through.h on the same broker in the same run. Trust the
 * ratio: broker and clients share the machine.
 *
 *   BROKER=host:port [PREFIX=bench1.] build/bench/work_kafka [posts [rounds]]
 *
 * A round: the posts put, the workers, then the pass-through. The
 * first tenth of each is not counted (members join, caches warm up). What the
 * workers wrote is read back: one record in a label topic for every post. */
#include "pass_through.h"

#define POSTS      1000000
#define ROUNDS     3
#define ROUNDS_MAX 99
#define SAMPLES    4096
#define LEAST      0.15 /* of the pass-through's posts/s; less ends with 1 */

struct figure {
	double rate; /* posts/s */
	double cpu;  /* client CPU seconds a million posts */
};

/* Two sets of topics on one broker: the workers' and the pass-through's. */
struct bench {
	const char *servers;
	char from[64], to[64]; /* their prefixes */
	struct es_bus *bus;
	int posts, threads;
	int64_t starts[TARGETS + 1][PARTITIONS]; /* of a round: targets, posts */
};

/* What the workers wrote in a round. */
struct written {
	struct sample samples[SAMPLES];
	struct es_map index; /* id -> sample */
	struct es_arena arena;
	int64_t labels, flagged, bytes, headers, header_bytes;
};

/* ---- measuring ---- */

static int64_t await(int64_t (*count)(void *), void *ctx, int64_t least)
{
	struct watch watch = { 0 };
	int64_t n;
	while ((n = count(ctx)) < least) {
		watch_look(&watch, n);
		usleep(500);
	}
	return n;
}

static struct figure measure(int64_t (*count)(void *), void *ctx, int64_t total)
{
	int64_t warm = await(count, ctx, total / 10), start = es_monotonic_us();
	double cpu = cpu_seconds();
	double n = (double)(await(count, ctx, total) - warm);
	return (struct figure){ n * 1e6 / (double)(es_monotonic_us() - start),
				(cpu_seconds() - cpu) * 1e6 / n };
}

/* ---- the two ---- */

static int64_t count_crew(void *ctx)
{
	const struct crew *crew = ctx;
	int64_t n = 0;
	for (int i = 0; i < crew->n; i++) {
		struct es_worker_counts counts;
		es_worker_counts(crew->workers[i], &counts);
		n += counts.read;
	}
	return n;
}

static struct figure work(const struct bench *bench)
{
	struct crew crew;
	crew_start(&crew, bench->bus, bench->threads, false);
	struct figure figure = measure(count_crew, &crew, bench->posts);
	if (crew_stop(&crew) != bench->posts) {
		fprintf(stderr, "not every post was labelled\n");
		exit(1);
	}
	return figure;
}

static int64_t count_pass(void *ctx)
{
	return atomic_load((_Atomic int64_t *)ctx);
}

static struct figure pass_on(const struct bench *bench, const struct written *written)
{
	_Atomic int64_t done = 0;
	struct pass passes[THREADS_MAX];
	size_t n = bench->posts < SAMPLES ? (size_t)bench->posts : SAMPLES;
	for (int i = 0; i < bench->threads; i++) {
		passes[i] = (struct pass){ .servers = bench->servers,
					   .from = bench->from,
					   .to = bench->to,
					   .starts = bench->starts[TARGETS],
					   .samples = written->samples,
					   .n_samples = n,
					   .thread = i,
					   .threads = bench->threads,
					   .total = bench->posts,
					   .done = &done };
		pass_open(&passes[i]);
	}
	for (int i = 0; i < bench->threads; i++)
		if (pthread_create(&passes[i].id, NULL, run_pass, &passes[i]))
			exit(1);
	struct figure figure = measure(count_pass, &done, bench->posts);
	for (int i = 0; i < bench->threads; i++) {
		pthread_join(passes[i].id, NULL);
		pass_close(&passes[i]);
	}
	return figure;
}

/* ---- what was written ---- */

static void keep(struct written *written, const struct es_record *record, int target)
{
	struct sample *sample = es_map_get(&written->index, record->key, record->key_len);
	if (!sample)
		return;
	if (sample->n == OUTPUTS) {
		fprintf(stderr, "%.*s stands twice\n", (int)record->key_len,
			(const char *)record->key);
		exit(1);
	}
	struct output *output = &sample->outputs[sample->n++];
	output->target = target;
	output->value =
		(void *)(uintptr_t)es_arena_str(&written->arena, record->value, record->value_len)
			.ptr;
	output->len = record->value_len;
	output->headers = rd_kafka_headers_new(record->n_headers);
	for (size_t i = 0; i < record->n_headers; i++)
		need_code(rd_kafka_header_add(output->headers, record->headers[i].name, -1,
					      record->headers[i].value,
					      (ssize_t)record->headers[i].len));
}

static void take(struct written *written, const struct es_record *record)
{
	int target = 0;
	while (strcmp(targets[target], record->topic) != 0)
		target++;
	if (target == TARGETS - 1)
		written->flagged++;
	else
		written->labels++;
	written->bytes += (int64_t)record->value_len;
	written->headers += (int64_t)record->n_headers;
	for (size_t i = 0; i < record->n_headers; i++)
		written->header_bytes +=
			(int64_t)(strlen(record->headers[i].name) + record->headers[i].len);
	keep(written, record, target);
}

static void read_back(const struct bench *bench, struct written *written)
{
	static char ids[SAMPLES][EARSHOT_ID_LEN + 1];
	const struct es_session_options options = { .role = "read",
						    .instance = "bench",
						    .threads = 1,
						    .topics = targets,
						    .n_topics = TARGETS };
	struct es_session *session;
	struct es_batch batch;
	memset(written, 0, sizeof(*written));
	es_map_init(&written->index);
	es_arena_init(&written->arena, ES_LIMIT_ARENA);
	for (int i = 0; i < SAMPLES && i < bench->posts; i++) {
		post_id(i, ids[i]);
		if (es_map_put(&written->index, ids[i], EARSHOT_ID_LEN, &written->samples[i]))
			exit(1);
	}
	need(es_session_open(bench->bus, &options, &session, &error));
	for (int t = 0; t < TARGETS; t++)
		for (int p = 0; p < PARTITIONS; p++)
			need(es_session_seek(session, targets[t], p, bench->starts[t][p], &error));
	do {
		need(es_session_poll(session, 2000, &batch, &error));
		for (size_t i = 0; i < batch.n; i++)
			take(written, &batch.records[i]);
	} while (batch.event != ES_EVENT_NONE);
	es_session_close(session);
	if (written->labels != bench->posts) {
		fprintf(stderr, "%lld records in the label topics, not %d\n",
			(long long)written->labels, bench->posts);
		exit(1);
	}
}

static void written_release(struct written *written)
{
	for (size_t i = 0; i < SAMPLES; i++)
		for (int k = 0; k < written->samples[i].n; k++)
			rd_kafka_headers_destroy(written->samples[i].outputs[k].headers);
	es_map_release(&written->index);
	es_arena_release(&written->arena);
}

/* ---- rounds ---- */

static struct es_bus *open_bus(const char *servers, const char *prefix)
{
	static const enum es_topic_id used[] = { ES_TOPIC_POSTS,    ES_TOPIC_POSITIVE,
						 ES_TOPIC_NEUTRAL,  ES_TOPIC_NEGATIVE,
						 ES_TOPIC_FLAGGED,  ES_TOPIC_REVIEWS,
						 ES_TOPIC_SETTINGS, ES_TOPIC_DEADLETTER };
	char url[300];
	struct es_bus *bus;
	struct es_topic topics[ES_COUNT(used)];
	snprintf(url, sizeof(url), "kafka://%s", servers);
	const struct es_bus_options options = { .url = url,
						.prefix = prefix,
						.partitions = PARTITIONS };
	for (size_t i = 0; i < ES_COUNT(used); i++)
		topics[i] = es_topics[used[i]];
	need(es_bus_open(&bus, &options, &error));
	need(es_bus_ensure(bus, topics, ES_COUNT(topics), &error));
	return bus;
}

static void bench_open(struct bench *bench, const char *servers)
{
	*bench = (struct bench){ .servers = servers };
	const char *prefix = getenv("PREFIX");
	if (prefix)
		snprintf(bench->from, sizeof(bench->from), "%s", prefix);
	else
		snprintf(bench->from, sizeof(bench->from), "bench%d.", (int)getpid());
	snprintf(bench->to, sizeof(bench->to), "pass%d.", (int)getpid());
	es_bus_close(open_bus(servers, bench->to)); /* makes the topics */
	bench->bus = open_bus(servers, bench->from);
}

static void round_of(struct bench *bench, int number, struct figure figures[2])
{
	static struct written written;
	for (int t = 0; t <= TARGETS; t++)
		for (int p = 0; p < PARTITIONS; p++) {
			int64_t first;
			need(es_bus_offsets(bench->bus, t < TARGETS ? targets[t] : "posts", p,
					    &first, &bench->starts[t][p], &error));
		}
	size_t bytes = fill(bench->bus, bench->posts);
	figures[0] = work(bench);
	read_back(bench, &written);
	figures[1] = pass_on(bench, &written);
	int64_t records = written.labels + written.flagged;
	double bytes_a_post = (double)(written.bytes + written.header_bytes) / bench->posts;
	if (number == 0)
		printf("%d posts of %zu bytes -> %lld records of %lld bytes with %.1f headers of "
		       "%lld bytes\n",
		       bench->posts, bytes / (size_t)bench->posts, (long long)records,
		       (long long)(written.bytes / records),
		       (double)written.headers / (double)records,
		       (long long)(written.header_bytes / records));
	printf("threads %d  round %d  worker %7.0f posts/s, %.1f MB/s, CPU %5.2f s a million   "
	       "pass-through %7.0f posts/s, CPU %5.2f   ratio %.3f\n",
	       bench->threads, number + 1, figures[0].rate, figures[0].rate * bytes_a_post / 1e6,
	       figures[0].cpu, figures[1].rate, figures[1].cpu, figures[0].rate / figures[1].rate);
	fflush(stdout);
	written_release(&written);
}

static void summary(const char *what, double *values, int n, int digits)
{
	qsort(values, (size_t)n, sizeof(*values), by_value);
	printf("  %-28s min %.*f  median %.*f  max %.*f\n", what, digits, values[0], digits,
	       values[n / 2], digits, values[n - 1]);
}

static bool run(struct bench *bench, int rounds)
{
	double values[6][ROUNDS_MAX];
	for (int i = 0; i < rounds; i++) {
		struct figure figures[2];
		round_of(bench, i, figures);
		values[0][i] = figures[0].rate;
		values[1][i] = figures[0].cpu;
		values[2][i] = figures[1].rate;
		values[3][i] = figures[1].cpu;
		values[4][i] = figures[0].rate / figures[1].rate;
		values[5][i] = figures[0].cpu / figures[1].cpu;
	}
	printf("threads %d, %d rounds of %d posts:\n", bench->threads, rounds, bench->posts);
	summary("worker, posts/s", values[0], rounds, 0);
	summary("worker, CPU s a million", values[1], rounds, 2);
	summary("pass-through, posts/s", values[2], rounds, 0);
	summary("pass-through, CPU s a million", values[3], rounds, 2);
	summary("ratio of posts/s", values[4], rounds, 3);
	summary("ratio of CPU", values[5], rounds, 2);
	if (values[4][rounds / 2] < LEAST)
		fprintf(stderr, "the worker is slower than %.2f of the pass-through\n", LEAST);
	return values[4][rounds / 2] >= LEAST;
}

int main(int argc, char **argv)
{
	int posts = argc > 1 ? atoi(argv[1]) : POSTS, rounds = argc > 2 ? atoi(argv[2]) : ROUNDS;
	const char *servers = getenv("BROKER");
	struct bench bench;
	bool good = true;
	if (!servers || posts < 1000 || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr,
			"usage: BROKER=host:port work_kafka [posts (1000 and more) [rounds]]\n");
		return 2;
	}
	open_all();
	bench_open(&bench, servers);
	bench.posts = posts;
	for (bench.threads = 1; bench.threads <= THREADS_MAX; bench.threads++)
		good &= run(&bench, rounds);
	es_bus_close(bench.bus);
	close_all();
	return good ? 0 : 1;
}
