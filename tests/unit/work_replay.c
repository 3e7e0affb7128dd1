/* SPDX-License-Identifier: MIT
 *
 * Replays: what they write is what a fresh run with the new settings would, and nothing else.
 * EARSHOT_REPLAY_MENTIONS: how many mentions live and replay are compared over;
 * EARSHOT_REPLAY_POSTS and _KILLS: how many posts are replayed while workers are killed how often.
 */
#include "test.h"
#include <pthread.h>
#include "work_kit.h"

#define PARTITIONS 8
#define HISTORY    600
#define CHUNK      10000 /* records of one transaction */
#define TEXTS_KEPT 50000 /* of mentions, to be shown; of all others a digest is compared */

static int number_of(const char *name, int otherwise)
{
	const char *value = getenv(name);
	return value ? atoi(value) : otherwise;
}

/* ---- two settings, old and new ---- */

struct settings {
	const char *name;
	struct earshot_queries *queries;
};

static struct settings was = { "old", NULL }, is = { "new", NULL }, all = { "all", NULL };

static void close_settings(void)
{
	earshot_queries_free(was.queries);
	earshot_queries_free(is.queries);
	earshot_queries_free(all.queries);
	earshot_lexicon_close(lexicon);
}

static void begin_settings(struct settings *settings)
{
	CHECK_OK(earshot_queries_new(&settings->queries, &error), error);
	if (!settings->queries)
		exit(1);
	queries = settings->queries;
}

static void open_settings(void)
{
	if (lexicon)
		return;
	CHECK_OK(earshot_lexicon_open(&lexicon, "lexicons", &error), error);
	if (!lexicon)
		exit(1);
	begin_settings(&was);
	add_query(EARSHOT_LAYER_TOPIC, "acme-all", "acme");
	add_query(EARSHOT_LAYER_THEME, "price", "price");
	add_query(EARSHOT_LAYER_FLAG, "angry", "sentiment:negative");
	CHECK_OK(earshot_queries_compile(queries, &error), error);
	begin_settings(&is);
	add_query(EARSHOT_LAYER_TOPIC, "acme-all", "acme NOT monday");
	add_query(EARSHOT_LAYER_TOPIC, "acme-love", "acme love");
	add_of("rival", EARSHOT_LAYER_TOPIC, "rival-all", "rivalco");
	add_query(EARSHOT_LAYER_THEME, "price", "price OR list");
	add_query(EARSHOT_LAYER_FLAG, "rivals", "topic:rival-all");
	CHECK_OK(earshot_queries_compile(queries, &error), error);
	atexit(close_settings);
}

static struct es_worker_options options_of(struct es_bus *bus, const struct settings *settings,
					   bool once)
{
	open_settings();
	return (struct es_worker_options){ .bus = bus,
					   .instance = "test",
					   .threads = 1,
					   .lexicon = lexicon,
					   .queries = settings->queries,
					   .settings = settings->name,
					   .once = once };
}

static struct es_worker_counts run_with(struct es_bus *bus, const struct settings *settings,
					size_t ids)
{
	struct es_worker_counts counts = { 0 };
	struct es_worker *worker = NULL;
	struct es_worker_options options = options_of(bus, settings, true);
	options.replay_ids = ids;
	CHECK_OK(es_worker_new(&worker, &options, &error), error);
	if (!worker)
		exit(1);
	CHECK_OK(es_worker_run(worker, &error), error);
	es_worker_counts(worker, &counts);
	es_worker_free(worker);
	return counts;
}

static struct es_replay_request ask(struct es_bus *bus, const struct settings *settings)
{
	int64_t offset;
	struct es_replay_request request = { .from = EARSHOT_NONE, .to = EARSHOT_NONE };
	snprintf(request.settings, sizeof(request.settings), "%s", settings->name);
	CHECK_OK(es_replay_ask(bus, &request, &offset, &error), error);
	return request;
}

/* ---- what the topics say ---- */

/* Every record of a topic, in the order of its partitions. */
static size_t read_topic(struct es_bus *bus, const char *topic,
			 void (*on)(void *, const struct es_record *), void *ctx)
{
	struct es_session *session = NULL;
	size_t n = 0;
	const struct es_session_options options = {
		.role = "read", .instance = "kit", .threads = 1, .topics = &topic, .n_topics = 1
	};
	CHECK_OK(es_session_open(bus, &options, &session, &error), error);
	for (;;) {
		struct es_batch batch = { 0 };
		CHECK_OK(es_session_poll(session, kit_is_kafka() ? 1000 : 0, &batch, &error),
			 error);
		if (batch.event == ES_EVENT_NONE)
			break;
		for (size_t i = 0; i < batch.n; i++, n++)
			on(ctx, &batch.records[i]);
	}
	es_session_close(session);
	return n;
}

struct sum {
	struct es_replay_progress all; /* of every partition */
	int done, waiting;
	const char *id;
};

static void add_progress(void *ctx, const struct es_record *record)
{
	struct sum *sum = ctx;
	struct es_replay_progress progress;
	if (!es_replay_progress_read(record, &progress) || strcmp(progress.id, sum->id) != 0)
		return;
	sum->waiting += progress.state == ES_REPLAY_STATE_WAITING;
	if (progress.state != ES_REPLAY_STATE_DONE)
		return;
	sum->done++;
	sum->all.changed += progress.changed;
	sum->all.same += progress.same;
	sum->all.failed += progress.failed;
}

static struct sum sum_of(struct es_bus *bus, const char *id)
{
	struct sum sum = { .id = id };
	read_topic(bus, "settings", add_progress, &sum);
	return sum;
}

/* What one topic holds of one id: as src/view/README.md has the reader rule. */
struct held {
	int64_t rev, observed;
	bool there, dead;
	uint64_t digest; /* without rev, op and scored_at */
	const char *text;
};

struct state {
	struct es_map ids; /* id -> struct held[4] */
	struct es_arena arena;
	size_t records, rescored, again; /* again: a second re-scoring of an id in a topic */
	struct es_map seen;
};

static void bare(struct state *state, const struct es_record *record, struct held *held)
{
	struct es_arena arena = { 0 };
	struct es_mention mention;
	struct es_buf out;
	CHECK_OK(es_mention_decode(&arena, record->value, record->value_len, &mention, &error),
		 error);
	held->rev = mention.post.rev;
	held->observed = mention.post.observed_at;
	if (mention.post.op == EARSHOT_OP_RESCORE) {
		struct es_buf key;
		es_buf_init(&key, 200);
		es_buf_printf(&key, "%s %.*s", record->topic, (int)record->key_len,
			      (const char *)record->key);
		struct earshot_str copy = es_arena_str(&state->arena, key.ptr, key.len);
		state->rescored += strcmp(record->topic, "flagged") != 0;
		state->again += es_map_get(&state->seen, copy.ptr, copy.len) != NULL;
		CHECK_OK(es_map_put(&state->seen, copy.ptr, copy.len, state), error);
		es_buf_release(&key);
	}
	mention.post.rev = 0;
	mention.post.op = EARSHOT_OP_UNSET;
	mention.scored_at = EARSHOT_NONE;
	es_buf_init(&out, ES_BUS_RECORD_MAX);
	es_mention_encode(&out, &mention);
	held->digest = es_fnv1a(ES_FNV_START, out.ptr, out.len);
	held->text = state->records < TEXTS_KEPT ? es_arena_str(&state->arena, out.ptr, out.len).ptr
						 : "(not kept)";
	es_buf_release(&out);
	es_arena_release(&arena);
}

static void add_record(void *ctx, const struct es_record *record)
{
	struct state *state = ctx;
	int topic = 0;
	while (strcmp(record->topic, labels[topic]) != 0)
		topic++;
	state->records++;
	struct held *held = es_map_get(&state->ids, record->key, record->key_len);
	if (!held) {
		held = es_arena_zalloc(&state->arena, 4, sizeof(*held));
		struct earshot_str id = es_arena_str(&state->arena, record->key, record->key_len);
		CHECK_OK(es_map_put(&state->ids, id.ptr, id.len, held), error);
	}
	held += topic;
	struct held next = { .there = true, .dead = !record->value };
	if (record->value) {
		bare(state, record, &next);
	} else {
		const struct es_header *rev = es_record_header(record, "rev");
		next.rev = rev ? strtoll(es_arena_str(&state->arena, rev->value, rev->len).ptr,
					 NULL, 10)
			       : INT64_MAX;
		next.observed = held->observed;
	}
	if (held->there && (next.rev < held->rev || (next.rev == held->rev && !held->dead &&
						     next.observed < held->observed)))
		return;
	*held = next;
}

static struct state state_of(struct es_bus *bus)
{
	struct state state = { 0 };
	es_map_init(&state.ids);
	es_map_init(&state.seen);
	for (int topic = 0; topic < 4; topic++)
		read_topic(bus, labels[topic], add_record, &state);
	return state;
}

static void state_release(struct state *state)
{
	es_map_release(&state->ids);
	es_map_release(&state->seen);
	es_arena_release(&state->arena);
}

/* The mention that counts, NULL where there is none; *topic where it stands. */
static const struct held *winner(const struct state *state, struct earshot_str id, int *topic)
{
	const struct held *held = es_map_get(&state->ids, id.ptr, id.len), *best = NULL;
	for (int i = 0; held && i < 3; i++)
		if (held[i].there && !held[i].dead &&
		    (!best || held[i].rev > best->rev ||
		     (held[i].rev == best->rev && held[i].observed > best->observed))) {
			best = &held[i];
			*topic = i;
		}
	return best;
}

static bool flagged(const struct state *state, struct earshot_str id)
{
	const struct held *held = es_map_get(&state->ids, id.ptr, id.len);
	return held && held[3].there && !held[3].dead;
}

/* How many ids the two do not say the same of; the first is shown. */
static int differ(const struct state *a, const struct state *b)
{
	const struct es_map_slot *slot;
	int n = 0;
	for (int side = 0; side < 2; side++) {
		size_t at = 0;
		while ((slot = es_map_next(side ? &b->ids : &a->ids, &at))) {
			int in_a = -1, in_b = -1;
			const struct held *x = winner(a, slot->key, &in_a);
			const struct held *y = winner(b, slot->key, &in_b);
			bool same = !x == !y && in_a == in_b && (!x || x->digest == y->digest) &&
				    flagged(a, slot->key) == flagged(b, slot->key);
			if (!same && n++ == 0)
				printf("# %.*s: %d %s %d\n# %d %s %d\n", ES_FMT(slot->key), in_a,
				       x ? x->text : "-", flagged(a, slot->key), in_b,
				       y ? y->text : "-", flagged(b, slot->key));
		}
	}
	return n;
}

/* ---- a fresh run over the same posts ---- */

struct copy {
	struct es_bus *bus;
	struct es_session *put;
	int n;
};

static void copy_record(void *ctx, const struct es_record *record)
{
	struct copy *copy = ctx;
	if (copy->n++ % CHUNK == CHUNK - 1) {
		send(copy->put);
		copy->put = writer_of(copy->bus);
	}
	CHECK_OK(es_session_put(copy->put, record, &error), error);
}

/* The posts and decisions of `bus` with new settings from the beginning; closes it. */
static struct state fresh_state(struct es_bus *bus, const struct settings *settings)
{
	char kept[64];
	snprintf(kept, sizeof(kept), "%s", kit_prefix);
	struct es_bus *other = fresh();
	struct copy copy = { .bus = other, .put = writer_of(other) };
	read_topic(bus, "reviews", copy_record, &copy);
	read_topic(bus, "posts", copy_record, &copy);
	send(copy.put);
	run_with(other, settings, 0);
	struct state state = state_of(other);
	es_bus_close(other);
	snprintf(kit_prefix, sizeof(kit_prefix), "%s", kept);
	return state;
}

/* Nothing but what a fresh run says, and `again` tells that nothing was written twice. */
static void check_fresh(struct es_bus *bus, const struct settings *settings)
{
	struct state mine = state_of(bus), theirs = fresh_state(bus, settings);
	CHECK_INT(differ(&mine, &theirs), 0);
	CHECK_INT(mine.again, 0);
	state_release(&mine);
	state_release(&theirs);
}

/* ---- posts ---- */

static const char *const texts[] = { GOOD,
				     BAD,
				     DULL,
				     NONE,
				     "rivalco is cheap and bad",
				     "acme and rivalco: the price list",
				     "acme has a list",
				     "rivalco on monday" };

static void put_some(struct es_session *session, int from, int n)
{
	for (int i = from; i < from + n; i++)
		put_text(session, i, 0, texts[i % (int)ES_COUNT(texts)]);
}

static struct es_bus *with_history(int n)
{
	struct es_bus *bus = fresh();
	open_settings();
	for (int i = 0; i < n; i += CHUNK) {
		struct es_session *put = writer_of(bus);
		put_some(put, i, n - i < CHUNK ? n - i : CHUNK);
		send(put);
	}
	run_with(bus, &was, 0);
	return bus;
}

/* ---- the tests ---- */

TEST("a replay with the settings that were published writes nothing")
{
	struct es_bus *bus = with_history(HISTORY);
	struct state before = state_of(bus);
	struct es_replay_request request = ask(bus, &was);
	struct es_worker_counts counts = run_with(bus, &was, 0);
	struct sum sum = sum_of(bus, request.id);
	struct state after = state_of(bus);
	CHECK_INT(counts.read, 0); /* the outcomes are those of live */
	CHECK_INT(sum.done, PARTITIONS);
	CHECK_INT(sum.all.same, HISTORY);
	CHECK_INT(sum.all.changed + sum.all.failed, 0);
	CHECK_INT(after.records, before.records);
	state_release(&before);
	state_release(&after);
	es_bus_close(bus);
}

TEST("new settings: topics, labels, themes and flags are as in a fresh run, each record once")
{
	struct es_bus *bus = with_history(HISTORY);
	struct es_replay_request request = ask(bus, &is);
	run_with(bus, &is, 0);
	struct sum sum = sum_of(bus, request.id);
	CHECK_INT(sum.done, PARTITIONS);
	CHECK_INT(sum.all.changed + sum.all.same, HISTORY);
	CHECK(sum.all.changed > HISTORY / 2 && sum.all.same >= HISTORY / 8);
	check_fresh(bus, &is);
	/* again: all is the same now, and back: what it was */
	request = ask(bus, &is);
	run_with(bus, &is, 0);
	sum = sum_of(bus, request.id);
	CHECK_INT(sum.all.changed, 0);
	ask(bus, &was);
	run_with(bus, &was, 0);
	struct state mine = state_of(bus), theirs = fresh_state(bus, &was);
	CHECK_INT(differ(&mine, &theirs), 0);
	state_release(&mine);
	state_release(&theirs);
	es_bus_close(bus);
}

TEST("a record says that it was scored anew, and when; nulls go to the other topics")
{
	struct es_bus *bus = with_history(1); /* GOOD */
	struct es_session *put = writer_of(bus);
	put_text(put, 3, 0, "rivalco is horrible");
	send(put);
	run_with(bus, &was, 0);
	int64_t before = es_now_ms();
	ask(bus, &is);
	run_with(bus, &is, 0);
	struct outs outs = read_all(bus);
	const struct out *out = find(&outs, "mentions.negative", 3);
	struct es_arena arena = { 0 };
	struct es_mention mention;
	REQUIRE(out && !out->null);
	CHECK_OK(es_mention_decode(&arena, out->value, out->len, &mention, &error), error);
	CHECK(mention.post.op == EARSHOT_OP_RESCORE && mention.post.rev >= before &&
	      mention.post.rev <= es_now_ms());
	CHECK_INT(strtoll(out->rev, NULL, 10), mention.post.rev);
	for (int i = 1; i < 3; i++) {
		const struct out *null = find(&outs, labels[i], 3);
		CHECK(null && null->null && strcmp(null->rev, out->rev) == 0);
	}
	CHECK(find(&outs, "flagged", 3) && !find(&outs, "flagged", 3)->null);
	es_arena_release(&arena);
	outs_release(&outs);
	es_bus_close(bus);
}

/* Edits, deletes, what was forgotten, two sources with one post. */
static void put_versions(struct es_session *put, int from, int n)
{
	for (int i = from; i < from + n; i++) {
		struct earshot_post post =
			post_of(i, 1000 + i, texts[(i + 3) % (int)ES_COUNT(texts)]);
		post.observed_at += 1000;
		switch (i % 5) {
		case 0:
			put_post(put, &post);
			break;
		case 1:
			post.op = EARSHOT_OP_DELETE;
			put_post(put, &post);
			break;
		case 2:
			put_raw(put, "posts", id_of(i), NULL, 0);
			break;
		case 3:
			post.rev = 0;
			post.text = es_str_of(texts[i % (int)ES_COUNT(texts)]);
			post.source = ES_STR("other");
			put_post(put, &post);
			break;
		default:
			break;
		}
	}
}

TEST("edits, deletes, forgotten posts and posts of two sources: the one that counts is judged")
{
	struct es_bus *bus = with_history(200);
	struct es_session *put = writer_of(bus);
	put_versions(put, 0, 200);
	put_versions(put, 200, 20); /* edits of what was never seen */
	send(put);
	run_with(bus, &was, 0);
	struct es_replay_request request = ask(bus, &was);
	run_with(bus, &was, 0);
	struct sum sum = sum_of(bus, request.id);
	CHECK_INT(sum.all.changed, 0);
	ask(bus, &is);
	run_with(bus, &is, 0);
	check_fresh(bus, &is);
	es_bus_close(bus);
}

TEST("more ids than the table holds are taken in passes, with the same end")
{
	struct es_bus *bus = with_history(HISTORY);
	struct es_replay_request request = ask(bus, &is);
	run_with(bus, &is, 7);
	struct sum sum = sum_of(bus, request.id);
	CHECK_INT(sum.done, PARTITIONS);
	CHECK_INT(sum.all.changed + sum.all.same, HISTORY);
	check_fresh(bus, &is);
	es_bus_close(bus);
}

TEST("a range of time: what was appended before and behind it stays as it is")
{
	struct es_bus *bus = with_history(100);
	usleep(5000); /* times of the log are milliseconds */
	int64_t from = es_now_ms();
	struct es_session *put = writer_of(bus);
	put_some(put, 100, 100);
	send(put);
	usleep(5000);
	int64_t to = es_now_ms();
	put = writer_of(bus);
	put_some(put, 200, 100);
	put_text(put, 104, 50, GOOD); /* edited behind the range: not its business */
	send(put);
	run_with(bus, &was, 0);
	struct es_replay_request request = { .from = from, .to = to, .settings = "new" };
	int64_t offset;
	CHECK_OK(es_replay_ask(bus, &request, &offset, &error), error);
	run_with(bus, &is, 0);
	struct sum sum = sum_of(bus, request.id);
	CHECK_INT(sum.all.changed + sum.all.same, 99);
	struct outs outs = read_all(bus);
	for (int i = 4; i < 300; i += 8) { /* rivalco alone: for the new settings only */
		const struct out *out = find_labelled(&outs, i);
		CHECK(i == 104 || (out != NULL) == (i >= 100 && i < 200));
	}
	outs_release(&outs);
	es_bus_close(bus);
}

TEST("a person's label stays, what somebody has handled is not flagged anew, hidden stays hidden")
{
	struct es_bus *bus = with_history(40);
	struct es_session *put = writer_of(bus);
	put_review(put, 5, "label",
		   EARSHOT_POSITIVE); /* acme and rivalco: flagged by the new rule */
	put_review(put, 13, "done", EARSHOT_UNLABELLED);
	put_review(put, 1, "not_us", EARSHOT_UNLABELLED); /* the desk's nulls stand in the topics */
	send(put);
	run_with(bus, &was, 0);
	struct state before = state_of(bus);
	ask(bus, &is);
	run_with(bus, &is, 0);
	struct state after = state_of(bus);
	int topic = -1;
	const struct held *held = winner(&after, es_str_of(id_of(5)), &topic);
	REQUIRE(held);
	CHECK_INT(topic, 2);
	CHECK(strstr(held->text, "\"label\":\"positive\"") && strstr(held->text, "\"machine\":"));
	CHECK(strstr(held->text, "rival-all"));
	CHECK(!flagged(&after, es_str_of(id_of(5))) && !flagged(&after, es_str_of(id_of(13))));
	CHECK(flagged(&after, es_str_of(id_of(21))));
	const struct held *hidden = winner(&before, es_str_of(id_of(1)), &topic);
	const struct held *still = winner(&after, es_str_of(id_of(1)), &topic);
	CHECK(hidden && still && hidden->rev == still->rev);
	state_release(&before);
	state_release(&after);
	es_bus_close(bus);
}

TEST("a worker with other settings says that it waits; whoever has them runs it")
{
	struct es_bus *bus = with_history(100);
	struct es_replay_request request = ask(bus, &is);
	struct state before = state_of(bus);
	run_with(bus, &was, 0);
	struct sum sum = sum_of(bus, request.id);
	struct state after = state_of(bus);
	CHECK_INT(sum.waiting, PARTITIONS);
	CHECK_INT(sum.done, 0);
	CHECK_INT(after.records, before.records);
	run_with(bus, &is, 0);
	sum = sum_of(bus, request.id);
	CHECK_INT(sum.done, PARTITIONS);
	check_fresh(bus, &is);
	/* one that a later one with other settings replaces is not run */
	request = ask(bus, &was);
	struct es_replay_request later = ask(bus, &is);
	run_with(bus, &was, 0);
	run_with(bus, &is, 0);
	sum = sum_of(bus, request.id);
	CHECK_INT(sum.done, 0);
	sum = sum_of(bus, later.id);
	CHECK_INT(sum.done, PARTITIONS);
	state_release(&before);
	state_release(&after);
	es_bus_close(bus);
}

/* ---- beside live ---- */

static void *run(void *ctx)
{
	struct earshot_error own;
	return (void *)(intptr_t)es_worker_run(ctx, &own);
}

static void await_done(struct es_bus *bus, const char *id)
{
	int64_t until = es_monotonic_ms() + WAIT_MS;
	while (sum_of(bus, id).done < PARTITIONS && es_monotonic_ms() < until)
		usleep(2000);
	CHECK_INT(sum_of(bus, id).done, PARTITIONS);
}

TEST("what live updates after the request is not overwritten, whenever the source says it was "
     "edited")
{
	struct es_bus *bus = with_history(HISTORY);
	struct es_worker *worker = NULL;
	const struct es_worker_options options = options_of(bus, &is, false);
	pthread_t thread;
	void *rc;
	CHECK_OK(es_worker_new(&worker, &options, &error), error);
	struct es_replay_request request = ask(bus, &is);
	REQUIRE(pthread_create(&thread, NULL, run, worker) == 0);
	/* edits and deletes with the time of the source, long before any re-scoring, and news */
	for (int i = 0; i < 40; i++) {
		struct es_session *put = writer_of(bus);
		put_versions(put, i * 10, 10);
		put_some(put, HISTORY + i * 10, 10);
		send(put);
		usleep(3000); /* spread over the replay */
	}
	await_done(bus, request.id);
	struct es_session *put = writer_of(bus);
	put_versions(put, 400, 100); /* when it is over */
	send(put);
	struct es_worker_counts counts = { 0 };
	int64_t until = es_monotonic_ms() + WAIT_MS;
	while (counts.read < 400 + 320 + 80 && es_monotonic_ms() < until) {
		usleep(1000);
		es_worker_counts(worker, &counts);
	}
	es_worker_stop(worker);
	pthread_join(thread, &rc);
	CHECK_INT((intptr_t)rc, 0);
	es_worker_free(worker);
	CHECK_INT(counts.read, 400 + 320 + 80);
	/* two sources with one post, both unedited: rev 0 after a re-scoring loses, by its rev */
	struct state mine = state_of(bus), theirs = fresh_state(bus, &is);
	for (int i = 3; i < HISTORY; i += 5) {
		es_map_remove(&mine.ids, id_of(i), EARSHOT_ID_LEN);
		es_map_remove(&theirs.ids, id_of(i), EARSHOT_ID_LEN);
	}
	CHECK_INT(differ(&mine, &theirs), 0);
	state_release(&mine);
	state_release(&theirs);
	es_bus_close(bus);
}

/* Enough for several passes, so that kills hit each stage. */
static size_t few_ids(void)
{
	return (size_t)number_of("EARSHOT_REPLAY_POSTS", 4000) / 64;
}

/* Works until it is killed. */
static int kit_child_main(const char *what)
{
	(void)what;
	struct es_bus *bus = kit_bus(false);
	struct es_worker *worker = NULL;
	struct es_worker_options options = options_of(bus, &is, false);
	options.replay_ids = few_ids();
	if (es_worker_new(&worker, &options, &error))
		return 1;
	puts("ready");
	fflush(stdout);
	return es_worker_run(worker, &error);
}

TEST("replays whose workers are killed beside live traffic neither lose nor repeat a post")
{
	enum { NEWS = 100 };
	const int posts = number_of("EARSHOT_REPLAY_POSTS", 4000);
	const int kills = number_of("EARSHOT_REPLAY_KILLS", 10);
	struct es_bus *bus = with_history(posts);
	unsigned state = 7;
	char line[128];
	int hit = 0;
	/* as long as a share of all of it may take */
	unsigned most_us = posts < 40000 ? 150000 : 3000000;
	struct es_replay_request request = ask(bus, &is);
	for (int round = 0; round < kills; round++) {
		struct kit_child child = kit_spawn("work");
		CHECK_STR(kit_hear(&child, line), strlen(line), "ready");
		struct es_session *put = writer_of(bus);
		put_some(put, posts + round * NEWS, NEWS);
		send(put);
		state = state * 1664525u + 1013904223u;
		usleep((state >> 8) % most_us); /* a random moment is what is wanted */
		kit_wait(&child, SIGKILL);
		hit += sum_of(bus, request.id).done < PARTITIONS;
	}
	CHECK(hit > 0);
	run_with(bus, &is, few_ids());
	struct sum sum = sum_of(bus, request.id);
	CHECK_INT(sum.done, PARTITIONS);
	printf("# %d posts, %d of %d kills before the end of the replay, %lld re-scored\n", posts,
	       hit, kills, (long long)sum.all.changed);
	check_fresh(bus, &is);
	es_bus_close(bus);
}

/* ---- diff ---- */

struct found {
	int n, gained, lost, unmatched, matched;
};

static int on_change(void *ctx, const struct es_replay_change *change)
{
	struct found *found = ctx;
	found->n++;
	found->gained += change->is.topics.n > change->was.topics.n;
	found->lost += change->is.topics.n < change->was.topics.n;
	found->matched += !change->was.label && change->is.label;
	found->unmatched += change->was.label && !change->is.label;
	return 0;
}

TEST("a diff tells beforehand what a replay changes, and writes nothing")
{
	struct es_bus *bus = with_history(HISTORY);
	struct state before = state_of(bus);
	es_bus_close(bus);
	for (size_t ids = 0; ids <= 7; ids += 7) { /* in one pass, in many */
		struct found found = { 0 };
		struct es_replay_totals totals;
		bus = kit_bus(true);
		struct es_worker_options options = options_of(bus, &is, false);
		options.replay_ids = ids;
		CHECK_OK(es_replay_diff(&options, EARSHOT_NONE, EARSHOT_NONE, on_change, &found,
					&totals, &error),
			 error);
		CHECK_INT(totals.changed, found.n);
		CHECK_INT(totals.changed + totals.same, HISTORY);
		CHECK_INT(found.matched, HISTORY / 4);   /* rivalco alone, twice of 8 */
		CHECK_INT(found.unmatched, HISTORY / 8); /* acme on monday */
		CHECK_INT(found.gained, HISTORY / 2);    /* these, GOOD, and acme with rivalco */
		CHECK_INT(found.lost, HISTORY / 8);
		es_bus_close(bus);
	}
	bus = kit_bus(false);
	struct state after = state_of(bus);
	CHECK_INT(after.records, before.records);
	struct es_replay_request request = ask(bus, &is);
	run_with(bus, &is, 0);
	struct sum sum = sum_of(bus, request.id);
	struct found found = { 0 };
	struct es_replay_totals totals;
	const struct es_worker_options options = options_of(bus, &is, false);
	CHECK_OK(es_replay_diff(&options, EARSHOT_NONE, EARSHOT_NONE, on_change, &found, &totals,
				&error),
		 error);
	CHECK_INT(found.n, 0);
	CHECK_INT(totals.same, HISTORY);
	CHECK_INT(sum.all.changed, HISTORY * 7 / 8); /* all but those of the weather */
	state_release(&before);
	state_release(&after);
	es_bus_close(bus);
}

/* ---- many queries ---- */

TEST("500 queries: live and replayed, the same ids under the same topics")
{
	enum { QUERIES = 500, WORDS = 40 };
	int mentions = number_of("EARSHOT_REPLAY_MENTIONS", 2000);
	char text[256], id[16];
	unsigned state = 3;
	open_settings();
	if (!all.queries) {
		begin_settings(&all);
		for (int i = 0; i < QUERIES; i++) {
			int a = i % WORDS, b = (i / WORDS + a + 1) % WORDS, c = (i * 7) % WORDS;
			static const char *const forms[] = {
				"word%d AND word%d", "\"word%d word%d\"", "word%d NEAR/4 word%d",
				"(word%d OR word%d) AND word%d", "word%d word%d NOT word%d"
			};
			snprintf(id, sizeof(id), "q%d", i);
			snprintf(text, sizeof(text), forms[i % 5], a, b, c);
			add_of("acme", EARSHOT_LAYER_TOPIC, id, text);
		}
		CHECK_OK(earshot_queries_compile(queries, &error), error);
	}
	struct es_bus *bus = fresh();
	for (int i = 0; i < mentions; i += 1000) {
		struct es_session *put = writer_of(bus);
		for (int k = i; k < i + 1000 && k < mentions; k++) {
			size_t len = (size_t)snprintf(text, sizeof(text), "acme %s",
						      k % 3 ? "is great:" : "was awful:");
			for (int w = 0; w < 8; w++) {
				state = state * 1664525u + 1013904223u;
				len += (size_t)snprintf(text + len, sizeof(text) - len, " word%u",
							(state >> 16) % WORDS);
			}
			put_text(put, k, 0, text);
		}
		send(put);
	}
	run_with(bus, &was, 0);
	struct es_replay_request request = ask(bus, &all);
	run_with(bus, &all, 0);
	struct sum sum = sum_of(bus, request.id);
	struct state mine = state_of(bus), theirs = fresh_state(bus, &all);
	CHECK_INT(differ(&mine, &theirs), 0);
	CHECK_INT(sum.all.changed + sum.all.same, mentions);
	CHECK(theirs.records > (size_t)mentions / 2);
	printf("# %d posts, %zu mentions of %d queries: the same live and replayed\n", mentions,
	       theirs.records, QUERIES);
	state_release(&mine);
	state_release(&theirs);
	es_bus_close(bus);
}
