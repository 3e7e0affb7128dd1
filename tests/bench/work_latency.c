/* SPDX-License-Identifier: MIT
 *
 * How long a post takes from `posts` to a label topic while they come steadily: a writer
 * puts them at the rate, in transactions of 20 ms, two workers work, a reader of what is
 * committed looks when each is there. Counted from the put, so that the writer's own commit is
 * in it. The first half is not counted: groups form, what has gathered is caught up.
 *
 *   [BROKER=host:port] build/bench/work_latency [posts a second [seconds]]
 *
 * Without BROKER through the embedded engine (a new folder under TMPDIR or /tmp). */
#include <stdatomic.h>
#include "work_bench.h"

#define RATE      20000
#define SECONDS   16
#define COMMIT_US 20000
#define SILENT_MS 30000 /* nothing seen for so long: something hangs */

static const char *const labels[] = { "mentions.positive", "mentions.neutral",
				      "mentions.negative" };

struct flow {
	struct es_bus *bus;
	int rate, posts;
	_Atomic int64_t *put_at; /* of each post, us */
	struct es_map numbers;   /* id -> its put_at */
	double *took;            /* ms, of those that count */
	size_t n_took;
};

static void *write_posts(void *ctx)
{
	struct flow *flow = ctx;
	struct es_session *session = open_filler(flow->bus);
	struct es_buf value;
	es_buf_init(&value, 1 << 16);
	int64_t start = es_monotonic_us();
	for (int i = 0; i < flow->posts;) {
		int64_t since = es_monotonic_us() - start;
		int due = (int)(since * flow->rate / 1000000);
		due = due < flow->posts ? due : flow->posts;
		if (i < due) {
			need(es_session_begin(session, &error));
			for (; i < due; i++) {
				atomic_store(&flow->put_at[i], es_monotonic_us());
				put_post(session, &value, i, "bench", 20000 * ES_DAY + i);
			}
			need(es_session_commit(session, false, &error));
		}
		int64_t rest = COMMIT_US - (es_monotonic_us() - start - since);
		if (rest > 0)
			usleep((useconds_t)rest);
	}
	es_session_close(session);
	es_buf_release(&value);
	return NULL;
}

/* Sees all of them; there is nothing else in the topics. */
static void read_labels(struct flow *flow)
{
	const struct es_session_options options = { .role = "read",
						    .instance = "bench",
						    .threads = 1,
						    .topics = labels,
						    .n_topics = ES_COUNT(labels) };
	struct es_session *session;
	struct es_batch batch;
	int64_t moved = es_monotonic_ms();
	need(es_session_open(flow->bus, &options, &session, &error));
	for (int seen = 0; seen < flow->posts;) {
		need(es_session_poll(session, 100, &batch, &error));
		int64_t now = es_monotonic_us();
		if (batch.n)
			moved = now / 1000;
		else if (now / 1000 - moved > SILENT_MS) {
			fprintf(stderr, "%d of %d posts were seen\n", seen, flow->posts);
			exit(1);
		}
		for (size_t i = 0; i < batch.n; i++) {
			const struct es_record *record = &batch.records[i];
			_Atomic int64_t *at =
				es_map_get(&flow->numbers, record->key, record->key_len);
			if (!at)
				exit(1);
			seen++;
			if (at - flow->put_at >= flow->posts / 2)
				flow->took[flow->n_took++] = (double)(now - atomic_load(at)) / 1000;
		}
	}
	es_session_close(session);
}

static void flow_open(struct flow *flow)
{
	static char(*ids)[EARSHOT_ID_LEN + 1];
	size_t n = (size_t)flow->posts;
	ids = calloc(n, sizeof(*ids));
	flow->put_at = calloc(n, sizeof(*flow->put_at));
	flow->took = calloc(n, sizeof(*flow->took));
	if (!ids || !flow->put_at || !flow->took)
		exit(1);
	es_map_init(&flow->numbers);
	for (int i = 0; i < flow->posts; i++) {
		post_id(i, ids[i]);
		if (es_map_put(&flow->numbers, ids[i], EARSHOT_ID_LEN, (void *)&flow->put_at[i]))
			exit(1);
	}
}

int main(int argc, char **argv)
{
	int rate = argc > 1 ? atoi(argv[1]) : RATE, seconds = argc > 2 ? atoi(argv[2]) : SECONDS;
	const char *broker = getenv("BROKER");
	char url[300], prefix[32];
	struct place place;
	struct crew crew;
	struct flow flow = { .rate = rate, .posts = rate * seconds };
	pthread_t writer;
	if (rate < 1 || seconds < 2 || rate > 1000000 || seconds > 600) {
		fprintf(stderr, "usage: work_latency [posts a second [seconds (2 and more)]]\n");
		return 2;
	}
	if (!broker)
		place_make(&place);
	snprintf(url, sizeof(url), broker ? "kafka://%s" : "%s", broker ? broker : place.log);
	snprintf(prefix, sizeof(prefix), "latency%d.", (int)getpid());
	const struct es_bus_options options = { .url = url, .prefix = prefix, .partitions = 8 };
	open_all();
	flow_open(&flow);
	need(es_bus_open(&flow.bus, &options, &error));
	need(es_bus_ensure(flow.bus, es_topics, ES_TOPICS, &error));
	crew_start(&crew, flow.bus, THREADS_MAX, false);
	if (pthread_create(&writer, NULL, write_posts, &flow))
		return 1;
	read_labels(&flow);
	pthread_join(writer, NULL);
	(void)crew_stop(&crew);
	es_bus_close(flow.bus);
	qsort(flow.took, flow.n_took, sizeof(*flow.took), by_value);
	printf("%s: %d posts/s for %d s, from put to seen in a label topic: median %.0f ms, p99 "
	       "%.0f ms, most %.0f ms\n",
	       broker ? "kafka" : "embedded", rate, seconds, flow.took[flow.n_took / 2],
	       flow.took[flow.n_took * 99 / 100], flow.took[flow.n_took - 1]);
	if (!broker)
		place_remove(&place);
	close_all();
	return 0;
}
