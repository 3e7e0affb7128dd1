/* SPDX-License-Identifier: MIT
 *
 * What every engine of the log promises: records, transactions, groups. (Moving,
 * waiting and cleaning: bus_contract_read.c.) EARSHOT_BUS names the log to try
 * (default: a fresh file), so that each engine runs both unchanged. */
#include "test.h"
#include <pthread.h>
#include "bus_kit.h"

#define KILLS       25  /* rounds of SIGKILL */
#define PER_KILL    200 /* records put in each */
#define APPENDED    1000
#define APPEND_STEP 50

/* ---- what children do ---- */

static void say(const char *line)
{
	puts(line);
	fflush(stdout);
}

/* Copies `kill-in` to `kill-out` with offsets, until it is killed. */
static int child_pass(struct es_bus *bus)
{
	struct es_session *session = kit_session(bus, "pass", "pass", "kill-in", 0, 1);
	struct es_batch batch;
	say("ready");
	for (;;) {
		if (es_session_poll(session, 1000, &batch, &error) != EARSHOT_OK)
			return 1;
		if (batch.event != ES_EVENT_RECORDS)
			continue;
		if (es_session_begin(session, &error) != EARSHOT_OK)
			return 1;
		for (size_t i = 0; i < batch.n; i++) {
			struct es_record record = batch.records[i];
			record.topic = "kill-out";
			record.partition = -1;
			if (es_session_put(session, &record, &error) != EARSHOT_OK)
				return 1;
		}
		if (es_session_commit(session, true, &error) != EARSHOT_OK)
			return 1;
	}
}

/* Reads, begins and puts; commits when told to, and says what became of it. */
static int child_hold(struct es_bus *bus)
{
	char line[16];
	struct kit_list list = { NULL, 0, 0 };
	struct es_session *session = kit_session(bus, "hold", "hold", "hold-in", 0, 1);
	if (kit_read(session, &list, 1) != 1 || es_session_begin(session, &error) != EARSHOT_OK ||
	    kit_put(session, "hold-out", 0, "first", "first") != EARSHOT_OK)
		return 1;
	say("ready");
	if (!fgets(line, sizeof(line), stdin))
		return 1;
	say(earshot_code_name(es_session_commit(session, true, &error)));
	struct es_batch batch;
	say(earshot_code_name(es_session_poll(session, WAIT_MS, &batch, &error)));
	es_session_close(session);
	kit_free(&list);
	return 0;
}

/* Appends to `both`, many short transactions; the key is who, the value counts. */
static int child_append(struct es_bus *bus, const char *who)
{
	struct es_session *session = kit_session(bus, who, NULL, NULL, 0, 1);
	char value[16];
	for (int i = 0; i < APPENDED; i++) {
		snprintf(value, sizeof(value), "%d", i);
		if (i % APPEND_STEP == 0 && es_session_begin(session, &error) != EARSHOT_OK)
			return 1;
		if (kit_put(session, "both", 0, who, value) != EARSHOT_OK)
			return 1;
		if ((i + 1) % APPEND_STEP == 0 &&
		    es_session_commit(session, false, &error) != EARSHOT_OK)
			return 1;
	}
	es_session_close(session);
	return 0;
}

static int kit_child_main(const char *what)
{
	int rc = 2;
	struct es_bus *bus = kit_bus(false);
	if (strcmp(what, "pass") == 0)
		rc = child_pass(bus);
	else if (strcmp(what, "hold") == 0)
		rc = child_hold(bus);
	else if (strncmp(what, "append-", 7) == 0)
		rc = child_append(bus, what);
	es_bus_close(bus);
	return rc;
}

/* ---- partitions ---- */

TEST("a key goes to the partition that Kafka's default partitioner gives it")
{
	/* org.apache.kafka.common.utils.UtilsTest.testMurmur2 */
	static const struct {
		const char *key;
		int32_t hash;
	} rows[] = { { "21", -973932308 },
		     { "foobar", -790332482 },
		     { "a-little-bit-long-string", -985981536 },
		     { "a-little-bit-longer-string", -1486304829 },
		     { "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971 },
		     { "abc", 479470107 } };
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		for (int n = 1; n < 1000; n += 37)
			CHECK_INT(es_bus_partition_of(rows[i].key, strlen(rows[i].key), n),
				  (rows[i].hash & 0x7fffffff) % n);
}

TEST("a topic is made once and refuses another number of partitions")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "made", 3);
	kit_topic(bus, "made", 3);
	const struct es_topic other = { "made", ES_CLEANUP_DELETE, 4, -1, 0 };
	CHECK_INT(es_bus_ensure(bus, &other, 1, &error), EARSHOT_REFUSED);
	CHECK(*error.hint);
	CHECK_INT(es_bus_partitions(bus, "made", &error), 3);
	CHECK_INT(es_bus_partitions(bus, "never-made", &error), EARSHOT_NOTFOUND);
	const struct es_topic plain = { "made-by-default", ES_CLEANUP_DELETE, 0, -1, 0 };
	CHECK_OK(es_bus_ensure(bus, &plain, 1, &error), error);
	CHECK_INT(es_bus_partitions(bus, "made-by-default", &error), 8);
	es_bus_close(bus);
}

TEST("records of a partition are read in the order of their commits, each once")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "order", 4);
	struct es_session *writer = kit_session(bus, "order", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "order-read", NULL, "order", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	char key[16], value[16];
	for (int i = 0; i < 1000; i++) {
		if (i % 100 == 0)
			CHECK_OK(es_session_begin(writer, &error), error);
		snprintf(key, sizeof(key), "k%d", i % 37);
		snprintf(value, sizeof(value), "%d", i);
		CHECK_OK(kit_put(writer, "order", -1, key, value), error);
		if (i % 100 == 99)
			CHECK_OK(es_session_commit(writer, false, &error), error);
	}
	CHECK_INT(kit_read(reader, &list, 1000), 1000);
	int last[4] = { -1, -1, -1, -1 }, seen[4] = { 0 };
	int64_t offset[4] = { -1, -1, -1, -1 }, time[4] = { 0 };
	for (size_t i = 0; i < list.n; i++) {
		const struct kit_record *row = &list.at[i];
		int p = row->partition;
		REQUIRE(p >= 0 && p < 4);
		CHECK_INT(p, es_bus_partition_of(row->key, strlen(row->key), 4));
		CHECK(atoi(row->value) > last[p] && row->offset > offset[p] &&
		      row->time_ms >= time[p]);
		last[p] = atoi(row->value);
		offset[p] = row->offset;
		time[p] = row->time_ms;
		seen[p]++;
	}
	CHECK(seen[0] && seen[1] && seen[2] && seen[3]);
	for (int p = 0; p < 4; p++) {
		int64_t first, end;
		CHECK_OK(es_bus_offsets(bus, "order", p, &first, &end, &error), error);
		CHECK(first == 0 && end > offset[p]);
	}
	CHECK_INT(es_bus_offsets(bus, "order", 4, &(int64_t){ 0 }, &(int64_t){ 0 }, &error),
		  EARSHOT_NOTFOUND);
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(bus);
}

TEST("the partition key decides the partition where it is given")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "by-partition-key", 8);
	struct es_session *writer = kit_session(bus, "bpk", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "bpk-read", NULL, "by-partition-key", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	const struct es_record record = { .topic = "by-partition-key",
					  .partition = -1,
					  .key = "id/agent",
					  .key_len = 8,
					  .partition_key = "id",
					  .partition_key_len = 2 };
	CHECK_OK(es_session_begin(writer, &error), error);
	CHECK_OK(es_session_put(writer, &record, &error), error);
	CHECK_OK(es_session_commit(writer, false, &error), error);
	CHECK_INT(kit_read(reader, &list, 1), 1);
	REQUIRE(list.n == 1);
	CHECK_INT(list.at[0].partition, es_bus_partition_of("id", 2, 8));
	CHECK_STR(list.at[0].key, strlen(list.at[0].key), "id/agent");
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(bus);
}

/* ---- transactions ---- */

TEST("a transaction over several topics is seen as a whole with its offsets, or not at all")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "tx-in", 1);
	kit_topic(bus, "tx-a", 2);
	kit_topic(bus, "tx-b", 1);
	struct es_session *source = kit_session(bus, "tx-source", NULL, NULL, 0, 1);
	struct es_session *worker = kit_session(bus, "tx-work", "tx", "tx-in", 0, 1);
	struct es_session *a = kit_session(bus, "tx-a", NULL, "tx-a", 0, 1);
	struct es_session *b = kit_session(bus, "tx-b", NULL, "tx-b", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	int64_t offset;
	kit_put_one(source, "tx-in", 0, "1", "one");
	CHECK_OK(es_bus_committed(bus, "tx", "tx-in", 0, &offset, &error), error);
	CHECK(offset == EARSHOT_NONE);
	CHECK_INT(kit_read(worker, &list, 1), 1);

	CHECK_OK(es_session_begin(worker, &error), error);
	CHECK_OK(kit_put(worker, "tx-a", 0, "1", "a"), error);
	CHECK_OK(kit_put(worker, "tx-b", 0, "1", "b"), error);
	CHECK_INT(kit_read(a, &list, 0) + kit_read(b, &list, 0), 0);
	CHECK_OK(es_session_abort(worker, &error), error);
	CHECK_INT(kit_read(a, &list, 0) + kit_read(b, &list, 0), 0);
	CHECK_OK(es_bus_committed(bus, "tx", "tx-in", 0, &offset, &error), error);
	CHECK(offset == EARSHOT_NONE);

	/* the abort put the position back: the record is delivered again */
	CHECK_INT(kit_read(worker, &list, 1), 1);
	CHECK_OK(es_session_begin(worker, &error), error);
	CHECK_OK(kit_put(worker, "tx-a", 0, "1", "a"), error);
	CHECK_OK(kit_put(worker, "tx-a", 1, "1", "aa"), error);
	CHECK_OK(kit_put(worker, "tx-b", 0, "1", "b"), error);
	CHECK_OK(es_session_commit(worker, true, &error), error);
	CHECK_INT(kit_read(a, &list, 2), 2);
	CHECK_INT(kit_read(b, &list, 1), 1);
	CHECK_OK(es_bus_committed(bus, "tx", "tx-in", 0, &offset, &error), error);
	CHECK(offset >= 1); /* on Kafka the marker of the transaction counts too */

	/* the next session of the group goes on behind it */
	es_session_close(worker);
	kit_put_one(source, "tx-in", 0, "2", "two");
	worker = kit_session(bus, "tx-work", "tx", "tx-in", 0, 1);
	CHECK_INT(kit_read(worker, &list, 1), 1);
	REQUIRE(list.n == 1);
	CHECK_STR(list.at[0].value, strlen(list.at[0].value), "two");
	kit_free(&list);
	es_session_close(worker);
	es_session_close(a);
	es_session_close(b);
	es_session_close(source);
	es_bus_close(bus);
}

TEST("a large transaction comes in the order of its puts, also where topics and nulls alternate")
{
	enum { RECORDS = 3000, SIZE = 4096, PARTITIONS = 4 };
	static const char *const topics[] = { "large-a", "large-b" };
	struct es_bus *bus = kit_bus(false);
	struct es_session *writer = kit_session(bus, "large", NULL, NULL, 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	char value[SIZE] = "";
	for (size_t t = 0; t < ES_COUNT(topics); t++)
		kit_topic(bus, topics[t], PARTITIONS);
	CHECK_OK(es_session_begin(writer, &error), error);
	/* 9 MiB, of which every fifth record is a null; the key counts, the header too */
	for (int i = 0; i < RECORDS; i++) {
		char key[16];
		const struct es_header header = { "n", key, (size_t)snprintf(key, 16, "%d", i) };
		memset(value, 'a' + i % 26, sizeof(value));
		const struct es_record record = { .topic = topics[i / 3 % 2],
						  .partition = i / 6 % PARTITIONS,
						  .key = key,
						  .key_len = header.len,
						  .value = i % 5 ? value : NULL,
						  .value_len = i % 5 ? SIZE : 0,
						  .headers = &header,
						  .n_headers = 1 };
		CHECK_OK(es_session_put(writer, &record, &error), error);
	}
	CHECK_OK(es_session_commit(writer, false, &error), error);
	for (size_t t = 0; t < ES_COUNT(topics); t++) {
		struct es_session *reader = kit_session(bus, "large-read", NULL, topics[t], 0, 1);
		int last[PARTITIONS] = { -1, -1, -1, -1 };
		CHECK_INT(kit_read(reader, &list, RECORDS / 2), RECORDS / 2);
		for (size_t i = 0; i < list.n; i++) {
			int n = atoi(list.at[i].key), p = list.at[i].partition;
			CHECK(n / 3 % 2 == (int)t && n / 6 % PARTITIONS == p && n > last[p]);
			CHECK(*list.at[i].value == (n % 5 ? 'a' + n % 26 : '-'));
			CHECK_INT(list.at[i].value_len, n % 5 ? SIZE : 0);
			last[p] = n;
		}
		es_session_close(reader);
	}
	kit_free(&list);
	es_session_close(writer);
	es_bus_close(bus);
}

TEST("a transaction is begun once and nothing is put or committed without one")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "state", 1);
	struct es_session *writer = kit_session(bus, "state", NULL, NULL, 0, 1);
	CHECK_INT(kit_put(writer, "state", 0, "k", "v"), EARSHOT_USAGE);
	CHECK_INT(es_session_commit(writer, false, &error), EARSHOT_USAGE);
	CHECK_OK(es_session_abort(writer, &error), error);
	CHECK_OK(es_session_begin(writer, &error), error);
	CHECK_INT(es_session_begin(writer, &error), EARSHOT_USAGE);
	CHECK_INT(kit_put(writer, "state-never-made", 0, "k", "v"), EARSHOT_NOTFOUND);
	CHECK_INT(kit_put(writer, "state", 1, "k", "v"), EARSHOT_NOTFOUND);
	CHECK_OK(es_session_commit(writer, false, &error), error);
	es_session_close(writer);
	es_bus_close(bus);
}

TEST("a record of 1 MiB passes, one over the limit is refused and the rest goes on")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "big", 1);
	struct es_session *writer = kit_session(bus, "big", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "big-read", NULL, "big", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	char *value = malloc(ES_BUS_RECORD_MAX + 1);
	REQUIRE(value);
	memset(value, 'v', ES_BUS_RECORD_MAX + 1);
	struct es_record record = { .topic = "big", .key = "k", .key_len = 1, .value = value };
	struct es_header many[ES_BUS_HEADERS_MAX + 1];
	for (size_t i = 0; i < ES_COUNT(many); i++)
		many[i] = (struct es_header){ "h", "", 0 };
	CHECK_OK(es_session_begin(writer, &error), error);
	record.value_len = ES_BUS_RECORD_MAX;
	CHECK_INT(es_session_put(writer, &record, &error), EARSHOT_LIMIT);
	CHECK(strstr(error.text, "big"));
	record.value_len = 1;
	record.headers = many;
	record.n_headers = ES_COUNT(many);
	CHECK_INT(es_session_put(writer, &record, &error), EARSHOT_LIMIT);
	record.n_headers = 0;
	record.value_len = 1024 * 1024;
	CHECK_OK(es_session_put(writer, &record, &error), error);
	CHECK_OK(es_session_commit(writer, false, &error), error);
	CHECK_INT(kit_read(reader, &list, 1), 1);
	REQUIRE(list.n == 1);
	CHECK_INT(list.at[0].value_len, 1024 * 1024);
	free(value);
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(bus);
}

TEST("a transaction has a limit, says so, and the session goes on after abort")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "txlimit", 1);
	struct es_session *writer = kit_session(bus, "txlimit", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "txlimit-read", NULL, "txlimit", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	/* a little less than the most: an engine may count its frame */
	size_t size = ES_BUS_RECORD_MAX - 4096, most = ES_BUS_TXN_MAX / size + 1, n = 0;
	char *value = calloc(1, size);
	REQUIRE(value);
	const struct es_record record = { .topic = "txlimit", .value = value, .value_len = size };
	int rc = EARSHOT_OK;
	CHECK_OK(es_session_begin(writer, &error), error);
	while (n <= most && (rc = es_session_put(writer, &record, &error)) == EARSHOT_OK)
		n++;
	CHECK_INT(rc, EARSHOT_LIMIT);
	CHECK(n > 0 && *error.hint);
	CHECK_OK(es_session_abort(writer, &error), error);
	kit_put_one(writer, "txlimit", 0, "small", "passes");
	CHECK_INT(kit_read(reader, &list, 1), 1);
	free(value);
	kit_free(&list);
	es_session_close(reader);
	es_session_close(writer);
	es_bus_close(bus);
}

/* ---- groups ---- */

TEST("the sessions of a group split the partitions and none is left out")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "split", 5);
	struct es_session *session[2], *writer = kit_session(bus, "split", NULL, NULL, 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	size_t n = 0, given = 0;
	for (int p = 0; p < 5; p++)
		kit_put_one(writer, "split", p, "k", "v");
	for (int i = 0; i < 2; i++)
		session[i] = kit_session(bus, "split-work", "split", "split", i, 2);
	if (!kit_is_kafka()) /* there the broker deals them out, in its own time */
		for (int i = 0; i < 2; i++) {
			size_t got = kit_assigned(session[i]);
			CHECK(got == 2 || got == 3);
			given += got;
		}
	CHECK(kit_is_kafka() || given == 5);
	int64_t until = es_monotonic_ms() + WAIT_MS;
	int seen[5] = { 0 };
	while (n < 5 && es_monotonic_ms() < until)
		for (int i = 0; i < 2; i++) {
			struct es_batch batch;
			CHECK_OK(es_session_poll(session[i], 50, &batch, &error), error);
			if (batch.event != ES_EVENT_RECORDS)
				continue;
			/* where the group is dealt out anew meanwhile they come again */
			CHECK_OK(es_session_begin(session[i], &error), error);
			if (es_session_commit(session[i], true, &error) != EARSHOT_OK)
				continue;
			for (size_t k = 0; k < batch.n; k++, n++)
				seen[batch.records[k].partition]++;
		}
	for (int p = 0; p < 5; p++)
		CHECK_INT(seen[p], 1);
	kit_free(&list);
	es_session_close(session[0]);
	es_session_close(session[1]);
	es_session_close(writer);
	es_bus_close(bus);
}

TEST("a second process takes the group over and the first cannot commit any more")
{
	struct es_bus *bus = kit_bus(false);
	char line[128];
	kit_topic(bus, "hold-in", 1);
	kit_topic(bus, "hold-out", 1);
	struct es_session *source = kit_session(bus, "hold-source", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "hold-read", NULL, "hold-out", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	kit_put_one(source, "hold-in", 0, "1", "one");
	struct kit_child first = kit_spawn("hold");
	kit_hear(&first, line);
	CHECK_STR(line, strlen(line), "ready");
	/* the same name, the same group: this process is the second */
	struct es_session *second = kit_session(bus, "hold", "hold", "hold-in", 0, 1);
	CHECK_INT(kit_read(second, &list, 1), 1);
	CHECK_OK(es_session_begin(second, &error), error);
	CHECK_OK(kit_put(second, "hold-out", 0, "second", "second"), error);
	kit_tell(&first, "commit");
	kit_hear(&first, line);
	CHECK_STR(line, strlen(line), "FENCED");
	kit_hear(&first, line);
	CHECK_STR(line, strlen(line), "FENCED");
	CHECK_INT(kit_wait(&first, 0), 0);
	CHECK_OK(es_session_commit(second, true, &error), error);
	CHECK_INT(kit_read(reader, &list, 1), 1);
	REQUIRE(list.n == 1);
	CHECK_STR(list.at[0].value, strlen(list.at[0].value), "second");
	kit_free(&list);
	es_session_close(second);
	es_session_close(reader);
	es_session_close(source);
	es_bus_close(bus);
}

/* How many records of kill-in are done with. */
static int64_t passed(struct es_bus *bus)
{
	int64_t done = 0, offset;
	for (int p = 0; p < 4; p++) {
		CHECK_OK(es_bus_committed(bus, "pass", "kill-in", p, &offset, &error), error);
		done += offset == EARSHOT_NONE ? 0 : offset;
	}
	return done;
}

TEST("after SIGKILL at any moment every record has passed through exactly once")
{
	struct es_bus *bus = kit_bus(false);
	static unsigned char seen[KILLS * PER_KILL];
	unsigned seed = (unsigned)getpid();
	char key[16], line[128];
	int next = 0;
	printf("# seed %u\n", seed);
	kit_topic(bus, "kill-in", 4);
	kit_topic(bus, "kill-out", 3);
	struct es_session *source = kit_session(bus, "kill-source", NULL, NULL, 0, 1);
	struct es_session *reader = kit_session(bus, "kill-read", NULL, "kill-out", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	memset(seen, 0, sizeof(seen));
	for (int round = 0; round < KILLS; round++) {
		struct kit_child child = kit_spawn("pass");
		kit_hear(&child, line);
		/* the moment of the kill is what is tried: between two of its commits */
		for (int part = 0; part < 10; part++) {
			CHECK_OK(es_session_begin(source, &error), error);
			for (int i = 0; i < PER_KILL / 10; i++) {
				snprintf(key, sizeof(key), "%d", next++);
				CHECK_OK(kit_put(source, "kill-in", -1, key, key), error);
			}
			CHECK_OK(es_session_commit(source, false, &error), error);
			usleep((useconds_t)rand_r(&seed) % 2000);
		}
		/* killed ones did work, or this would be a test of the last one only */
		int64_t until = es_monotonic_ms() + WAIT_MS;
		while (round == KILLS / 2 && passed(bus) <= PER_KILL && es_monotonic_ms() < until)
			usleep(10000);
		CHECK_INT(kit_wait(&child, SIGKILL), -SIGKILL);
	}
	CHECK(passed(bus) > PER_KILL);
	struct kit_child last = kit_spawn("pass");
	CHECK_INT(kit_read(reader, &list, KILLS * PER_KILL), KILLS * PER_KILL);
	CHECK_INT(kit_wait(&last, SIGKILL), -SIGKILL);
	for (size_t i = 0; i < list.n; i++) {
		int number = atoi(list.at[i].key);
		REQUIRE(number >= 0 && number < KILLS * PER_KILL);
		CHECK_INT(++seen[number], 1);
	}
	kit_free(&list);
	es_session_close(reader);
	es_session_close(source);
	es_bus_close(bus);
}

TEST("two processes append at once and a third reads all of it in order")
{
	struct es_bus *bus = kit_bus(false);
	kit_topic(bus, "both", 1);
	struct es_session *reader = kit_session(bus, "both-read", NULL, "both", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	struct kit_child one = kit_spawn("append-one"), two = kit_spawn("append-two");
	CHECK_INT(kit_read(reader, &list, 2 * APPENDED), 2 * APPENDED);
	CHECK_INT(kit_wait(&one, 0), 0);
	CHECK_INT(kit_wait(&two, 0), 0);
	int next[2] = { 0, 0 };
	for (size_t i = 0; i < list.n; i++) {
		int who = strcmp(list.at[i].key, "append-two") == 0;
		CHECK_INT(atoi(list.at[i].value), next[who]++);
		/* a transaction is not torn by another one */
		if (i % APPEND_STEP)
			CHECK_STR(list.at[i].key, strlen(list.at[i].key), list.at[i - 1].key);
	}
	kit_free(&list);
	es_session_close(reader);
	es_bus_close(bus);
}

struct thread_of_writer {
	struct es_bus *bus;
	pthread_t thread;
	char role[16];
	int failed;
};

static void *write_many(void *ctx)
{
	struct thread_of_writer *mine = ctx;
	struct earshot_error own;
	struct es_session *session;
	const struct es_session_options options = { .role = mine->role, .instance = "kit" };
	if (es_session_open(mine->bus, &options, &session, &own) != EARSHOT_OK) {
		mine->failed = 1;
		return NULL;
	}
	for (int i = 0; i < 200 && !mine->failed; i++) {
		const struct es_record record = { .topic = "threads",
						  .partition = -1,
						  .key = mine->role,
						  .key_len = strlen(mine->role) };
		mine->failed |= es_session_begin(session, &own) != EARSHOT_OK ||
				es_session_put(session, &record, &own) != EARSHOT_OK ||
				es_session_put(session, &record, &own) != EARSHOT_OK;
		mine->failed |=
			(i % 10 == 9 ? es_session_abort(session, &own)
				     : es_session_commit(session, false, &own)) != EARSHOT_OK;
	}
	es_session_close(session);
	return NULL;
}

TEST("threads of one process commit at once, each its own")
{
	struct es_bus *bus = kit_bus(false);
	struct thread_of_writer writers[4];
	kit_topic(bus, "threads", 3);
	struct es_session *reader = kit_session(bus, "threads-read", NULL, "threads", 0, 1);
	struct kit_list list = { NULL, 0, 0 };
	for (int i = 0; i < 4; i++) {
		writers[i] = (struct thread_of_writer){ .bus = bus };
		snprintf(writers[i].role, sizeof(writers[i].role), "w%d", i);
		REQUIRE(pthread_create(&writers[i].thread, NULL, write_many, &writers[i]) == 0);
	}
	CHECK_INT(kit_read(reader, &list, 4 * 360), 4 * 360);
	for (int i = 0; i < 4; i++) {
		pthread_join(writers[i].thread, NULL);
		CHECK_INT(writers[i].failed, 0);
	}
	kit_free(&list);
	es_session_close(reader);
	es_bus_close(bus);
}
