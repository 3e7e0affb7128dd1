/* SPDX-License-Identifier: MIT
 *
 * Posts replayed beside live ones: how fast, what live pays for it (from append to seen in a
 * label topic, by a reader of its own), how much memory.
 *
 *   [BROKER=host:port] build/bench/work_replay [posts [live posts/s]]
 *
 * Without BROKER through the embedded engine, durable (a new folder under TMPDIR or /tmp). */
#include "work_bench.h"
#include <stdatomic.h>
#include <sys/resource.h>

#define POSTS    200000
#define RATE     1000
#define ALONE_MS 5000
#define STEP_MS  10
#define WAITS    60000 /* ms that are told apart */

static struct earshot_queries *before; /* the settings of the history: a third of the topics less */

static void open_before(void)
{
	struct earshot_queries *now = queries;
	char id[16], text[64];
	need(earshot_queries_new(&queries, &error));
	for (int i = 0; i < TOPICS; i += 1 + (i % 3 == 1)) {
		snprintf(id, sizeof(id), "q%d", i);
		snprintf(text, sizeof(text), "brand%02d", i);
		add(EARSHOT_LAYER_TOPIC, id, text);
	}
	need(earshot_queries_compile(queries, &error));
	before = queries;
	queries = now;
}

/* ---- live: one thread writes, another reads what comes out ---- */

struct live {
	struct es_bus *bus;
	int rate;
	atomic_int next; /* number of the next post */
	atomic_bool stop, beside;
	int64_t heard; /* wall ms; the reader's: when the first came. What is older waited for the
			* group to be shared out */
	int64_t waits[2][WAITS]; /* alone, beside the replay: how many waited so many ms */
};

static void *write_live(void *ctx)
{
	struct live *live = ctx;
	const struct es_session_options options = { .role = "live", .instance = "b", .threads = 1 };
	struct es_session *session;
	struct earshot_error own;
	struct es_buf value;
	int64_t begun = es_monotonic_ms(), n = 0;
	es_buf_init(&value, 1 << 16);
	if (es_session_open(live->bus, &options, &session, &own))
		exit(1);
	while (!atomic_load(&live->stop)) {
		int64_t due = (es_monotonic_ms() - begun) * live->rate / 1000;
		if (n < due) {
			int rc = es_session_begin(session, &own);
			for (; n < due && rc == 0; n++)
				(void)put_post(session, &value, atomic_fetch_add(&live->next, 1),
					       "live", es_now_ms());
			if (rc == 0)
				rc = es_session_commit(session, false, &own);
			if (rc) {
				fprintf(stderr, "%s\n", own.text);
				exit(1);
			}
		}
		usleep(STEP_MS * 1000);
	}
	es_session_close(session);
	es_buf_release(&value);
	return NULL;
}

/* Of posts that live wrote; a re-scored one is the history's. */
static void note(struct live *live, struct es_arena *arena, const struct es_record *record)
{
	static const struct es_slice_options options = { .cut = 0 };
	struct es_slice slice;
	es_arena_reset(arena);
	if (!record->value ||
	    es_post_slice(arena, record->value, record->value_len, &options, &slice, NULL))
		return;
	if (!es_str_is(slice.post.source, "live") || slice.post.op != EARSHOT_OP_CREATE)
		return;
	int64_t now = es_now_ms(), wait = now - slice.post.observed_at;
	if (!live->heard)
		live->heard = now;
	if (slice.post.observed_at <= live->heard)
		return;
	wait = wait < 0 ? 0 : wait < WAITS ? wait : WAITS - 1;
	live->waits[atomic_load(&live->beside)][wait]++;
}

static void *read_live(void *ctx)
{
	static const char *const topics[] = { "mentions.negative", "mentions.neutral",
					      "mentions.positive" };
	struct live *live = ctx;
	struct es_session *session;
	struct earshot_error own;
	struct es_arena arena = { 0 };
	const struct es_session_options options = { .role = "live-read",
						    .instance = "b",
						    .threads = 1,
						    .topics = topics,
						    .n_topics = ES_COUNT(topics),
						    .from_end = true };
	if (es_session_open(live->bus, &options, &session, &own))
		exit(1);
	while (!atomic_load(&live->stop)) {
		struct es_batch batch = { 0 };
		if (es_session_poll(session, 100, &batch, &own))
			exit(1);
		for (size_t i = 0; i < batch.n; i++)
			note(live, &arena, &batch.records[i]);
	}
	es_session_close(session);
	es_arena_release(&arena);
	return NULL;
}

static void tell_waits(const struct live *live, int beside)
{
	const double shares[] = { 0.5, 0.99, 0.999 };
	int64_t all = 0, sum = 0;
	size_t at = 0;
	for (int ms = 0; ms < WAITS; ms++)
		all += live->waits[beside][ms];
	printf("live, %-21s %8lld posts", beside ? "beside the replay" : "alone", (long long)all);
	for (int ms = 0; ms < WAITS && at < ES_COUNT(shares); ms++) {
		sum += live->waits[beside][ms];
		for (; at < ES_COUNT(shares) && sum && (double)sum >= shares[at] * (double)all;
		     at++)
			printf("  p%g %d ms", shares[at] * 100, ms);
	}
	printf("\n");
}

/* ---- the replay ---- */

static long peak_mib(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss / 1024;
}

/* Waits until every partition is done. */
static struct es_replay_totals await(struct es_bus *bus, const char *id)
{
	static const char *const topic = "settings";
	struct es_replay_totals totals = { 0 };
	struct es_session *session;
	const struct es_session_options options = {
		.role = "await", .instance = "b", .threads = 1, .topics = &topic, .n_topics = 1
	};
	int left = es_bus_partitions(bus, "posts", &error);
	need(left);
	need(es_session_open(bus, &options, &session, &error));
	while (left) {
		struct es_batch batch = { 0 };
		need(es_session_poll(session, 1000, &batch, &error));
		for (size_t i = 0; i < batch.n; i++) {
			struct es_replay_progress progress;
			if (!es_replay_progress_read(&batch.records[i], &progress) ||
			    strcmp(progress.id, id) != 0 || progress.state != ES_REPLAY_STATE_DONE)
				continue;
			left--;
			totals.changed += progress.changed;
			totals.same += progress.same;
			totals.failed += progress.failed;
		}
	}
	es_session_close(session);
	return totals;
}

static void work_history(struct es_bus *bus)
{
	struct earshot_queries *now = queries;
	struct crew crew;
	queries = before;
	crew_start(&crew, bus, THREADS_MAX, true);
	(void)crew_end(&crew);
	queries = now;
}

static void pass(struct es_bus *bus, int posts, int rate)
{
	static struct live live;
	struct crew crew;
	pthread_t writer, reader;
	struct es_replay_request request = { .from = EARSHOT_NONE, .to = EARSHOT_NONE };
	int64_t offset;
	(void)fill(bus, posts);
	work_history(bus);
	live.bus = bus;
	live.rate = rate;
	atomic_init(&live.next, posts);
	crew_start(&crew, bus, THREADS_MAX, false);
	if (pthread_create(&reader, NULL, read_live, &live) ||
	    pthread_create(&writer, NULL, write_live, &live))
		exit(1);
	usleep(ALONE_MS * 1000);
	long alone = peak_mib();
	atomic_store(&live.beside, true);
	int64_t start = es_monotonic_us();
	need(es_replay_ask(bus, &request, &offset, &error));
	struct es_replay_totals totals = await(bus, request.id);
	int64_t us = es_monotonic_us() - start;
	atomic_store(&live.stop, true);
	pthread_join(writer, NULL);
	pthread_join(reader, NULL);
	(void)crew_stop(&crew);
	printf("replayed %lld posts, %lld changed, beside %d live posts/s: %.0f posts/s\n",
	       (long long)(totals.same + totals.changed), (long long)totals.changed, rate,
	       (double)(totals.same + totals.changed) * 1e6 / (double)us);
	tell_waits(&live, 0);
	tell_waits(&live, 1);
	printf("memory at most: %ld MiB before, %ld MiB with the replay\n", alone, peak_mib());
}

int main(int argc, char **argv)
{
	int posts = argc > 1 ? atoi(argv[1]) : POSTS, rate = argc > 2 ? atoi(argv[2]) : RATE;
	const char *broker = getenv("BROKER");
	char url[300], prefix[32];
	struct place place;
	struct es_bus *bus;
	if (posts < 1 || rate < 1) {
		fprintf(stderr, "usage: [BROKER=host:port] work_replay [posts [live posts/s]]\n");
		return 2;
	}
	open_all();
	open_before();
	if (!broker)
		place_make(&place);
	snprintf(url, sizeof(url), broker ? "kafka://%s" : "%s", broker ? broker : place.log);
	snprintf(prefix, sizeof(prefix), "replay%d.", (int)getpid());
	const struct es_bus_options options = { .url = url, .prefix = prefix };
	need(es_bus_open(&bus, &options, &error));
	need(es_bus_ensure(bus, es_topics, ES_TOPICS, &error));
	pass(bus, posts, rate);
	es_bus_close(bus);
	if (!broker)
		place_remove(&place);
	earshot_queries_free(before);
	close_all();
	return 0;
}
