/* SPDX-License-Identifier: MIT
 *
 * What every engine of the log promises, the second half: what comes back, seek, pause,
 * wake, compaction, retention, reading only. See bus_contract.c. */
#include "test.h"
#include <pthread.h>
#include "bus_kit.h"

/* Appends one record to `bell` for every line that it is told. */
static int kit_child_main(const char *what)
{
	char line[16];
	struct es_bus *bus = kit_bus(false);
	struct es_session *session = kit_session(bus, what, NULL, NULL, 0, 1);
	while (fgets(line, sizeof(line), stdin))
		kit_put_one(session, "bell", 0, "k", line);
	es_session_close(session);
	es_bus_close(bus);
	return 0;
}

TEST("keys, values and headers come back as they were, empty and null apart")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "shape", 1);
	struct es_session *writer = kit_session(bus, "shape", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "shape-read", NULL, "shape", 0, 1);
	const struct es_header headers[] = { { "ce_type", "earshot.post", 12 },
					     { "empty", "", 0 },
					     { "bytes", "a\0b\xff", 4 } };
	const struct es_record in[] = {
		{ .topic = "shape",
		  .partition = 0,
		  .key = "k",
		  .key_len = 1,
		  .value = "a\0b",
		  .value_len = 3,
		  .headers = headers,
		  .n_headers = 3 },
		{ .topic = "shape",
		  .partition = 0,
		  .key = "",
		  .key_len = 0,
		  .value = "",
		  .value_len = 0 },
		{ .topic = "shape",
		  .partition = 0,
		  .key = "gone",
		  .key_len = 4,
		  .value = NULL,
		  .headers = headers,
		  .n_headers = 1 },
		{ .topic = "shape",
		  .partition = 0,
		  .key = NULL,
		  .value = "no key",
		  .value_len = 6 },
	};
	CHECK_OK(es_session_begin(writer, &error), error);
	for (size_t i = 0; i < ES_COUNT(in); i++)
		CHECK_OK(es_session_put(writer, &in[i], &error), error);
	CHECK_OK(es_session_commit(writer, false, &error), error);
	size_t n = 0;
	struct es_batch batch;
	int64_t until = es_monotonic_ms() + WAIT_MS;
	while (n < ES_COUNT(in) && es_monotonic_ms() < until) {
		CHECK_OK(es_session_poll(reader, 500, &batch, &error), error);
		for (size_t i = 0; i < batch.n && n < ES_COUNT(in); i++, n++) {
			const struct es_record *want = &in[n], *got = &batch.records[i];
			CHECK((got->key == NULL) == (want->key == NULL));
			CHECK((got->value == NULL) == (want->value == NULL));
			CHECK(got->key_len == want->key_len && got->value_len == want->value_len);
			CHECK(!want->key_len || memcmp(got->key, want->key, want->key_len) == 0);
			CHECK(!want->value_len ||
			      memcmp(got->value, want->value, want->value_len) == 0);
			REQUIRE(got->n_headers == want->n_headers);
			for (size_t h = 0; h < want->n_headers; h++) {
				const struct es_header *header =
					es_record_header(got, want->headers[h].name);
				REQUIRE(header && header->len == want->headers[h].len);
				CHECK(!header->len || memcmp(header->value, want->headers[h].value,
							     header->len) == 0);
			}
			CHECK(!es_record_header(got, "absent"));
		}
	}
	CHECK_INT(n, ES_COUNT(in));
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(bus);
}

/* ---- moving and waiting ---- */

TEST("a session seeks by offset and by time, to the ends as well")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "seek", 1);
	struct es_session *writer = kit_session(bus, "seek", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "seek-read", NULL, "seek", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	char value[16];
	int64_t first, end, offset;
	for (int i = 0; i < 10; i++) {
		snprintf(value, sizeof(value), "%d", i);
		kit_put_one(writer, "seek", 0, "k", value);
		usleep(3000); /* so that the times differ */
	}
	CHECK_INT(kit_read(reader, &list, 10), 10);
	REQUIRE(list.n == 10);
	int64_t offset7 = list.at[7].offset, time4 = list.at[4].time_ms, time9 = list.at[9].time_ms;
	int64_t offset9 = list.at[9].offset;
	CHECK(time4 < time9);
	CHECK_OK(es_session_seek(reader, "seek", 0, offset7, &error), error);
	CHECK_INT(kit_read(reader, &list, 3), 3);
	CHECK_STR(list.at[0].value, strlen(list.at[0].value), "7");
	CHECK_OK(es_bus_offset_at(bus, "seek", 0, time4, &offset, &error), error);
	CHECK_OK(es_session_seek(reader, "seek", 0, offset, &error), error);
	CHECK_INT(kit_read(reader, &list, 6), 6);
	CHECK_STR(list.at[0].value, strlen(list.at[0].value), "4");
	CHECK_OK(es_bus_offsets(bus, "seek", 0, &first, &end, &error), error);
	CHECK_OK(es_bus_offset_at(bus, "seek", 0, time9 + 1, &offset, &error), error);
	/* on Kafka the marker of the last transaction has a time too, and is no record */
	CHECK(kit_is_kafka() ? offset > offset9 && offset <= end : offset == end);
	CHECK_OK(es_bus_offset_at(bus, "seek", 0, 0, &offset, &error), error);
	CHECK_INT(offset, first);
	CHECK_OK(es_session_seek(reader, "seek", 0, end, &error), error);
	CHECK_INT(kit_read(reader, &list, 0), 0);
	kit_put_one(writer, "seek", 0, "k", "new");
	CHECK_INT(kit_read(reader, &list, 1), 1);
	CHECK_OK(es_session_seek(reader, "seek", 0, first, &error), error);
	CHECK_INT(kit_read(reader, &list, 11), 11);
	CHECK_INT(es_session_seek(reader, "seek", 9, 0, &error), EARSHOT_NOTFOUND);
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(bus);
}

/* Polls until nothing more is there. */
static void drain(struct es_session *session)
{
	struct es_batch batch = { .event = ES_EVENT_RECORDS };
	while (batch.event == ES_EVENT_RECORDS) {
		int rc = es_session_poll(session, QUIET_MS, &batch, &error);
		CHECK_OK(rc, error);
		if (rc != EARSHOT_OK)
			break;
	}
}

TEST("a drained session stands at the end, and what others have begun is known")
{
	struct es_bus *bus = kit_bus(false);
	int64_t first, end, begun, next = -1;
	kit_topic(bus, "stand", 2);
	struct es_session *writer = kit_session(bus, "stand", NULL, NULL, 0, 1);
	struct es_session *other = kit_session(bus, "stand-other", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "stand-read", NULL, "stand", 0, 1);
	kit_put_one(writer, "stand", 0, "k", "one");
	/* what was aborted leaves offsets behind on Kafka, which no poll delivers */
	CHECK_OK(es_session_begin(writer, &error), error);
	CHECK_OK(kit_put(writer, "stand", 0, "k", "never"), error);
	CHECK_OK(es_session_abort(writer, &error), error);
	drain(reader);
	CHECK_OK(es_bus_offsets(bus, "stand", 0, &first, &end, &error), error);
	CHECK_OK(es_session_position(reader, "stand", 0, &next, &error), error);
	CHECK_INT(next, end);
	CHECK_OK(es_session_position(reader, "stand", 1, &next, &error), error);
	CHECK_INT(next, 0);
	CHECK_INT(es_session_position(reader, "stand", 2, &next, &error), EARSHOT_NOTFOUND);
	CHECK_OK(es_session_seek(reader, "stand", 0, first, &error), error);
	CHECK_OK(es_session_position(reader, "stand", 0, &next, &error), error);
	CHECK_INT(next, first);
	CHECK_OK(es_bus_begun(bus, "stand", 0, &begun, &error), error);
	CHECK(begun >= end);
	CHECK_OK(es_session_begin(other, &error), error);
	CHECK_OK(kit_put(other, "stand", 0, "k", "two"), error);
	CHECK_OK(es_session_commit(other, false, &error), error);
	CHECK_OK(es_bus_begun(bus, "stand", 0, &begun, &error), error);
	drain(reader);
	CHECK_OK(es_session_position(reader, "stand", 0, &next, &error), error);
	CHECK(next >= begun);
	es_session_close(reader);
	es_session_close(other);
	es_session_close(writer);
	es_bus_close(bus);
}

static struct es_bus_figures figures_of(struct es_bus *bus, const char *role)
{
	struct es_bus_figures all[ES_BUS_ROLES_MAX], none = { 0 };
	size_t n = es_bus_figures(bus, all);
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i].role, role) == 0)
			return all[i];
	CHECK_STR("the role is not there", 1, role);
	return none;
}

struct lags {
	int n;
	int64_t sum;
};

static void add_lag(void *ctx, const struct es_bus_lag *lag)
{
	struct lags *lags = ctx;
	if (strcmp(lag->role, "fig-read") != 0)
		return;
	CHECK_STR(lag->topic, strlen(lag->topic), "figures");
	CHECK(lag->partition == 0 || lag->partition == 1);
	lags->n++;
	lags->sum += lag->lag;
}

TEST("what a role reads, commits and aborts is counted, and how far behind it is")
{
	struct es_bus *bus = kit_bus(false);
	struct kit_list list = { NULL, 0, 0 };
	kit_topic(bus, "figures", 2);
	struct es_session *writer = kit_session(bus, "fig-write", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "fig-read", NULL, "figures", 0, 1);
	kit_put_one(writer, "figures", 0, "key", "value");
	kit_put_one(writer, "figures", 1, "key", "value");
	CHECK_OK(es_session_begin(writer, &error), error);
	CHECK_OK(kit_put(writer, "figures", 0, "key", "value"), error);
	CHECK_OK(es_session_abort(writer, &error), error);
	CHECK_INT(kit_read(reader, &list, 2), 2);
	struct es_bus_figures wrote = figures_of(bus, "fig-write"),
			      read = figures_of(bus, "fig-read");
	CHECK_INT(wrote.committed, 2);
	CHECK_INT(wrote.aborted, 1);
	CHECK_INT(wrote.failed, 0);
	CHECK_INT(wrote.written_records, 2);
	CHECK_INT(wrote.written_bytes, 16);
	CHECK(atomic_load(&wrote.commit_time->sum) > 0);
	CHECK_INT(atomic_load(&wrote.commit_records->n[0]), 2);
	CHECK_INT(atomic_load(&wrote.commit_bytes->sum), 16);
	CHECK_INT(atomic_load(&read.poll_records->sum), 2);
	CHECK_INT(read.read_records, 2);
	CHECK_INT(read.read_bytes, 16);
	CHECK_INT(read.written_records, 0);
	CHECK_INT(read.gone, 0);
	CHECK(read.lag >= 0 && read.lag <= 2);
	es_session_close(reader);
	CHECK_INT(figures_of(bus, "fig-read").lag, 0);
	struct lags lags = { 0, 0 };
	es_bus_lags(bus, add_lag, &lags);
	CHECK_INT(lags.n, 2); /* there for those who watch, and 0 */
	CHECK_INT(lags.sum, 0);
	kit_free(&list);
	es_session_close(writer);
	es_bus_close(bus);
}

TEST("a session that starts from the end sees only what comes after")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "from-end", 2);
	struct es_session *writer = kit_session(bus, "from-end", NULL, NULL, 0, 1), *reader = NULL;
	struct kit_list list = { NULL, 0, 0 };
	const char *topic = "from-end";
	const struct es_session_options options = {
		.role = "tail", .instance = "kit", .topics = &topic, .n_topics = 1, .from_end = true
	};
	kit_put_one(writer, topic, 0, "k", "old");
	CHECK_OK(es_session_open(bus, &options, &reader, &error), error);
	REQUIRE(reader);
	CHECK_INT(kit_read(reader, &list, 0), 0);
	kit_put_one(writer, topic, 1, "k", "new");
	CHECK_INT(kit_read(reader, &list, 1), 1);
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(bus);
}

TEST("a paused partition brings nothing until it goes on")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "pause", 2);
	struct es_session *writer = kit_session(bus, "pause", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "pause-read", NULL, "pause", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	CHECK_OK(es_session_pause(reader, "pause", 0, true, &error), error);
	kit_put_one(writer, "pause", 0, "k", "held");
	kit_put_one(writer, "pause", 1, "k", "flows");
	CHECK_INT(kit_read(reader, &list, 1), 1);
	REQUIRE(list.n == 1);
	CHECK_STR(list.at[0].value, strlen(list.at[0].value), "flows");
	CHECK_OK(es_session_pause(reader, "pause", 0, false, &error), error);
	CHECK_INT(kit_read(reader, &list, 1), 1);
	REQUIRE(list.n == 1);
	CHECK_STR(list.at[0].value, strlen(list.at[0].value), "held");
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(bus);
}

static void *wake_it(void *ctx)
{
	usleep(20000);
	es_session_wake(ctx);
	return NULL;
}

TEST("a wake ends a poll at once, and is not lost where nobody waits yet")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "wake", 1);
	struct es_session *reader = kit_session(bus, "wake-read", NULL, "wake", 0, 1);
	struct es_batch batch;
	pthread_t thread;
	int64_t start = es_monotonic_ms();
	es_session_wake(reader);
	CHECK_OK(es_session_poll(reader, WAIT_MS, &batch, &error), error);
	CHECK(batch.event == ES_EVENT_NONE);
	REQUIRE(pthread_create(&thread, NULL, wake_it, reader) == 0);
	CHECK_OK(es_session_poll(reader, WAIT_MS, &batch, &error), error);
	CHECK(batch.event == ES_EVENT_NONE);
	pthread_join(thread, NULL);
	CHECK(es_monotonic_ms() - start < WAIT_MS);
	es_session_close(reader);
	es_bus_close(bus);
}

TEST("a commit of another process wakes a waiting poll at once")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "bell", 1);
	struct es_session *reader = kit_session(bus, "bell-read", NULL, "bell", 0, 1);
	struct es_batch batch;
	struct kit_child child = kit_spawn("bell");
	int prompt = 0;
	for (int i = 0; i < 6; i++) {
		kit_tell(&child, "ring");
		do
			CHECK_OK(es_session_poll(reader, WAIT_MS, &batch, &error), error);
		while (batch.event == ES_EVENT_ASSIGNED);
		REQUIRE(batch.n == 1);
		/* a slow look would take 1 s, each time; a disk may */
		prompt += es_now_ms() - batch.records[0].time_ms < 500;
	}
	CHECK(prompt >= 3);
	CHECK_INT(kit_wait(&child, 0), 0);
	es_session_close(reader);
	es_bus_close(bus);
}

/* ---- cleaning ---- */

TEST("compaction keeps the newest record of each key, and tombstones for a day")
{
	struct es_bus *bus = kit_bus(false);
	if (kit_is_kafka()) {
		es_bus_close(bus);
		SKIP("the broker cleans by itself");
	}
	const struct es_topic topic = { "compact", ES_CLEANUP_COMPACT, 1, -1, 0 };
	CHECK_OK(es_bus_ensure(bus, &topic, 1, &error), error);
	struct es_session *writer = kit_session(bus, "compact", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "compact-read", NULL, "compact", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	char key[16], value[16];
	int64_t first, end, end_after;
	CHECK_OK(es_session_begin(writer, &error), error);
	for (int i = 0; i < 10000; i++) {
		snprintf(key, sizeof(key), "k%d", i % 1000);
		snprintf(value, sizeof(value), "%d", i);
		CHECK_OK(kit_put(writer, "compact", 0, key, value), error);
	}
	CHECK_OK(kit_put(writer, "compact", 0, "k0", NULL), error);
	CHECK_OK(kit_put(writer, "compact", 0, NULL, "no key"), error);
	CHECK_OK(es_session_commit(writer, false, &error), error);
	CHECK_OK(es_bus_offsets(bus, "compact", 0, &first, &end, &error), error);
	CHECK_OK(es_bus_clean(bus, es_now_ms(), &error), error);
	/* k1 to k999 at their last value, the tombstone of k0, what has no key */
	CHECK_INT(kit_read(reader, &list, 1001), 1001);
	for (size_t i = 0; i + 2 < list.n; i++) {
		snprintf(key, sizeof(key), "k%d", (int)i + 1);
		snprintf(value, sizeof(value), "%d", (int)i + 9001);
		CHECK_STR(list.at[i].key, strlen(list.at[i].key), key);
		CHECK_STR(list.at[i].value, strlen(list.at[i].value), value);
	}
	CHECK_OK(es_bus_clean(bus, es_now_ms() + 25 * ES_HOUR, &error), error);
	CHECK_OK(es_session_seek(reader, "compact", 0, 0, &error), error);
	CHECK_INT(kit_read(reader, &list, 1000), 1000);
	CHECK_OK(es_bus_offsets(bus, "compact", 0, &first, &end_after, &error), error);
	CHECK_INT(end_after, end);
	/* a key that is set again after its tombstone lives again */
	kit_put_one(writer, "compact", 0, "k0", "back");
	CHECK_OK(es_bus_clean(bus, es_now_ms() + 25 * ES_HOUR, &error), error);
	CHECK_INT(kit_read(reader, &list, 1), 1);
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(bus);
}

TEST("retention takes the oldest away and offsets go on")
{
	struct es_bus *bus = kit_bus(false);
	if (kit_is_kafka()) {
		es_bus_close(bus);
		SKIP("the broker cleans by itself");
	}
	const struct es_topic topic = { "retain", ES_CLEANUP_DELETE, 1, ES_HOUR, 0 };
	CHECK_OK(es_bus_ensure(bus, &topic, 1, &error), error);
	struct es_session *writer = kit_session(bus, "retain", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "retain-read", NULL, "retain", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	int64_t first, end, now = es_now_ms();
	CHECK_OK(es_session_begin(writer, &error), error);
	for (int i = 0; i < 1000; i++)
		CHECK_OK(kit_put(writer, "retain", 0, "k", "v"), error);
	CHECK_OK(es_session_commit(writer, false, &error), error);
	CHECK_OK(es_bus_clean(bus, now, &error), error);
	CHECK_OK(es_bus_offsets(bus, "retain", 0, &first, &end, &error), error);
	CHECK(first == 0 && end >= 1000);
	CHECK_OK(es_bus_clean(bus, now + 2 * ES_HOUR, &error), error);
	CHECK_OK(es_bus_offsets(bus, "retain", 0, &first, &end, &error), error);
	CHECK(first == end && end >= 1000);
	CHECK_INT(kit_read(reader, &list, 0), 0);
	kit_put_one(writer, "retain", 0, "k", "next");
	CHECK_INT(kit_read(reader, &list, 1), 1);
	REQUIRE(list.n == 1);
	CHECK(list.at[0].offset >= end);
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(bus);
}

TEST("a log that is open for reading only is read and refuses to be written")
{
	struct es_bus *bus = kit_bus(false), *read_only = kit_bus(true);
	kit_topic(bus, "ro", 1);
	struct es_session *writer = kit_session(bus, "ro", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(read_only, "ro-read", NULL, "ro", 0, 1), *none;
	struct kit_list list = { NULL, 0, 0 };
	const struct es_topic topic = { "ro-new", ES_CLEANUP_DELETE, 1, -1, 0 };
	const struct es_session_options grouped = { .role = "ro", .instance = "x", .group = "ro" };
	kit_put_one(writer, "ro", 0, "k", "v");
	CHECK_INT(kit_read(reader, &list, 1), 1);
	CHECK_INT(es_session_begin(reader, &error), EARSHOT_REFUSED);
	CHECK_INT(es_bus_ensure(read_only, &topic, 1, &error), EARSHOT_REFUSED);
	CHECK_INT(es_session_open(read_only, &grouped, &none, &error), EARSHOT_REFUSED);
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(read_only);
	es_bus_close(bus);
}

static int add_read(void *ctx, const struct es_record *record, struct earshot_error *ours)
{
	struct kit_list *list = ctx;
	const struct es_batch one = { .records = record, .n = 1 };
	(void)ours;
	kit_add(list, &one);
	return list->n == 1000 ? 7 : 0; /* not 0 ends it */
}

static int read_back(struct es_bus *bus, struct kit_list *list, const struct es_reading *how)
{
	struct es_reading reading = *how;
	reading.bus = bus;
	reading.role = "kit";
	reading.instance = "back";
	reading.topic = "back";
	list->n = 0;
	return es_bus_read(&reading, add_read, list, &error);
}

TEST("a topic is read back whole, or some partitions of it, from an offset, from a time, and no "
     "further than wanted")
{
	struct es_bus *bus = kit_bus(false);
	struct kit_list list = { NULL, 0, 0 };
	bool second[] = { false, true };
	kit_topic(bus, "back", 2);
	CHECK_OK(read_back(bus, &list, &(struct es_reading){ 0 }), error);
	CHECK_INT(list.n, 0);
	struct es_session *put = kit_session(bus, "kit", NULL, NULL, 0, 1);
	for (int i = 0; i < 20; i++)
		kit_put_one(put, "back", i % 2, "k", i < 10 ? "old" : "new");
	CHECK_OK(read_back(bus, &list, &(struct es_reading){ 0 }), error);
	CHECK_INT(list.n, 20);
	CHECK_OK(read_back(bus, &list, &(struct es_reading){ .wanted = second }), error);
	CHECK_INT(list.n, 10);
	for (size_t i = 0; i < list.n; i++)
		CHECK_INT(list.at[i].partition, 1);
	REQUIRE(list.n == 10);
	int64_t offset = list.at[7].offset;
	CHECK_OK(read_back(bus, &list,
			   &(struct es_reading){ .wanted = second, .from_offset = offset }),
		 error);
	CHECK_INT(list.n, 3);
	CHECK_OK(read_back(bus, &list, &(struct es_reading){ .from_ms = es_now_ms() + ES_HOUR }),
		 error);
	CHECK_INT(list.n, 0);
	CHECK_OK(read_back(bus, &list, &(struct es_reading){ .from_ms = 1 }), error);
	CHECK_INT(list.n, 20);
	CHECK_OK(es_session_begin(put, &error), error);
	for (int i = 0; i < 1500; i++)
		CHECK_OK(kit_put(put, "back", 0, "k", "more"), error);
	CHECK_OK(es_session_commit(put, false, &error), error);
	CHECK_INT(read_back(bus, &list, &(struct es_reading){ 0 }), 7);
	CHECK_INT(list.n, 1000);
	es_session_close(put);
	kit_free(&list);
	es_bus_close(bus);
}
