/* SPDX-License-Identifier: MIT
 *
 * Dead letters read back and put back, on any engine (EARSHOT_BUS=URL). */
#include "test.h"
#include "work_kit.h"

static int kit_child_main(const char *what)
{
	(void)what;
	return 2; /* no test here has children */
}

/* A letter as the worker writes it; `number` is in its key and value. */
static void put_letter(struct es_session *session, int number, const char *partition,
		       const char *size, const char *attempts)
{
	char key[64], value[64];
	snprintf(key, sizeof(key), "%032x", (unsigned)number);
	snprintf(value, sizeof(value), "record %d", number);
	struct es_header headers[] = {
		{ "own", "kept", 4 },
		{ "ce_type", "io.earshot.deadletter.v1", 24 },
		{ ES_DEAD_STAGE, "slice", 5 },
		{ ES_DEAD_CODE, "DATA", 4 },
		{ ES_DEAD_MESSAGE, "Bad JSON", 8 },
		{ ES_DEAD_TOPIC, "posts", 5 },
		{ ES_DEAD_OFFSET, "7", 1 },
		{ ES_DEAD_SEEN, "2026-01-01T00:00:00Z", 20 },
		{ ES_DEAD_ATTEMPTS, attempts, strlen(attempts) },
		{ ES_DEAD_PARTITION, partition, strlen(partition) },
		{ ES_DEAD_SIZE, size ? size : "", size ? strlen(size) : 0 },
	};
	const struct es_record record = { .topic = "deadletter",
					  .partition = 0,
					  .key = key,
					  .key_len = strlen(key),
					  .value = value,
					  .value_len = strlen(value),
					  .headers = headers,
					  .n_headers = ES_COUNT(headers) - !size };
	CHECK_OK(es_session_put(session, &record, &error), error);
}

static int count(void *ctx, const struct es_record *record, struct earshot_error *ours)
{
	(void)record;
	(void)ours;
	++*(int *)ctx;
	return 0;
}

static int records_in(struct es_bus *bus, const char *topic)
{
	int n = 0;
	read_topic(bus, topic, count, &n);
	return n;
}

static void ignore(void *ctx, const struct es_dead_letter *letter, const struct earshot_error *why)
{
	(void)ctx;
	(void)letter;
	CHECK(why->code == EARSHOT_REFUSED && *why->text);
}

static struct es_dead_counts replay_all(struct es_bus *bus)
{
	static const struct es_dead_filter all;
	struct es_dead_counts counts;
	const struct es_dead_replay replay = {
		.bus = bus, .who = "test", .filter = &all, .refused = ignore
	};
	CHECK_OK(es_dead_replay(&replay, &counts, &error), error);
	return counts;
}

struct seen {
	int n, replayed, cut;
};

static int see(void *ctx, const struct es_dead_letter *letter, struct earshot_error *ours)
{
	struct seen *seen = ctx;
	(void)ours;
	seen->n++;
	seen->replayed += letter->replayed;
	seen->cut += letter->cut;
	CHECK(es_str_is(letter->code, "DATA") && es_str_is(letter->stage, "slice"));
	return 0;
}

static struct seen look(struct es_bus *bus, const struct es_dead_filter *filter)
{
	struct seen seen = { 0 };
	CHECK_OK(es_dead_letters(bus, filter, see, &seen, &error), error);
	return seen;
}

TEST("letters are found by stage, cause, time and place")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	struct es_dead_place places[] = { { 0, 1, false }, { 0, 99, false }, { 4000, 0, false } };
	for (int i = 0; i < 3; i++)
		put_letter(put, i, "1", i == 2 ? "4711" : NULL, "1");
	send(put);
	struct es_dead_filter filter = { 0 };
	struct seen seen = look(bus, &filter);
	CHECK_INT(seen.n, 3);
	CHECK_INT(seen.cut, 1);
	filter.cause = "bad json";
	CHECK_INT(look(bus, &filter).n, 3);
	filter.cause = "data";
	CHECK_INT(look(bus, &filter).n, 3);
	filter.cause = "bad json!";
	CHECK_INT(look(bus, &filter).n, 0);
	filter = (struct es_dead_filter){ .stage = "match" };
	CHECK_INT(look(bus, &filter).n, 0);
	filter = (struct es_dead_filter){ .from_ms = es_now_ms() + ES_HOUR };
	CHECK_INT(look(bus, &filter).n, 0);
	filter = (struct es_dead_filter){ .to_ms = es_now_ms() - ES_HOUR };
	CHECK_INT(look(bus, &filter).n, 0);
	filter = (struct es_dead_filter){ .places = places, .n_places = ES_COUNT(places) };
	CHECK_INT(look(bus, &filter).n, 1);
	CHECK(places[0].found && !places[1].found && !places[2].found);
	es_bus_close(bus);
}

static int hold_posts(void *ctx, const struct es_record *record, struct earshot_error *ours)
{
	const struct es_header *attempts = es_record_header(record, ES_DEAD_ATTEMPTS);
	const struct es_header *replayed = es_record_header(record, ES_DEAD_REPLAYED);
	const struct es_header *seen = es_record_header(record, ES_DEAD_SEEN);
	(void)ctx;
	(void)ours;
	CHECK_INT(record->partition, 1);
	CHECK_INT(record->n_headers, 4);
	CHECK(es_record_header(record, "own") && !es_record_header(record, "ce_type"));
	if (!attempts || !replayed || !seen)
		return 1;
	CHECK_STR(attempts->value, attempts->len, record->offset == 0 ? "2" : "10");
	CHECK_STR(seen->value, seen->len, "2026-01-01T00:00:00Z");
	CHECK(es_str_starts(es_str(replayed->value, replayed->len), ES_STR("0:")));
	return 0;
}

TEST("a record goes back to its partition with its own headers, once, however often it is asked "
     "for")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	put_letter(put, 1, "1", NULL, "1");
	put_letter(put, 2, "1", NULL, "9");
	put_letter(put, 3, "1", "4711", "1");  /* cut */
	put_letter(put, 4, "4000", NULL, "1"); /* no such partition */
	put_letter(put, 5, "x", NULL, "1");    /* no partition at all */
	send(put);
	struct es_dead_counts counts = replay_all(bus);
	CHECK_INT(counts.replayed, 2);
	CHECK_INT(counts.refused, 3);
	CHECK_INT(counts.known, 0);
	counts = replay_all(bus);
	CHECK_INT(counts.replayed, 0);
	CHECK_INT(counts.known, 2);
	CHECK_INT(records_in(bus, "posts"), 2);
	CHECK_INT(records_in(bus, "audit"), 2);
	read_topic(bus, "posts", hold_posts, NULL);
	static const struct es_dead_filter all;
	CHECK_INT(look(bus, &all).replayed, 2);
	es_bus_close(bus);
}

/* Another process replays everything while the first is in the middle of it. */
static void replay_meanwhile(void *ctx, const struct es_dead_letter *letter,
			     const struct earshot_error *why)
{
	struct es_bus *other = kit_bus(false);
	(void)letter;
	(void)why;
	*(struct es_dead_counts *)ctx = replay_all(other);
	es_bus_close(other);
}

TEST("of two replays at once the second stands, the first is over, and each record goes back once")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	struct es_dead_counts counts, theirs = { 0 };
	static const struct es_dead_filter all;
	put_letter(put, 1, "1", NULL, "1");
	put_letter(put, 2, "1", "4711", "1"); /* refused: there the other one comes between */
	put_letter(put, 3, "1", NULL, "1");
	send(put);
	const struct es_dead_replay replay = { .bus = bus,
					       .who = "test",
					       .filter = &all,
					       .refused = replay_meanwhile,
					       .ctx = &theirs };
	CHECK_INT(es_dead_replay(&replay, &counts, &error), EARSHOT_FENCED);
	CHECK(strstr(error.text, "another replay"));
	CHECK_INT(counts.replayed, 0);
	CHECK_INT(theirs.replayed, 2);
	CHECK_INT(records_in(bus, "posts"), 2);
	CHECK_INT(records_in(bus, "audit"), 2);
	CHECK_INT(replay_all(bus).known, 2);
	es_bus_close(bus);
}

TEST("more letters than one transaction takes are put back in several")
{
	struct es_bus *bus = fresh();
	struct es_session *put = writer_of(bus);
	for (int i = 0; i < 2500; i++)
		put_letter(put, i, "1", NULL, "1");
	send(put);
	CHECK_INT(replay_all(bus).replayed, 2500);
	CHECK_INT(records_in(bus, "posts"), 2500);
	CHECK_INT(replay_all(bus).known, 2500);
	es_bus_close(bus);
}
