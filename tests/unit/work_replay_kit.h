/* SPDX-License-Identifier: MIT
 *
 * work_replay_kit.h - what the tests of replays share: old and new settings, a log with a history,
 * what its topics say, and what a fresh run over the same posts says. */
#ifndef ES_WORK_REPLAY_KIT_H
#define ES_WORK_REPLAY_KIT_H

#include "work_kit.h"

#define PARTITIONS 8
#define HISTORY    600
#define CHUNK      10000 /* records of one transaction */
#define TEXTS_KEPT 50000 /* of mentions, to be shown; of all others a digest is compared */

static inline int number_of(const char *name, int otherwise)
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

static inline void close_settings(void)
{
	earshot_queries_free(was.queries);
	earshot_queries_free(is.queries);
	earshot_queries_free(all.queries);
	earshot_lexicon_close(lexicon);
}

static inline void begin_settings(struct settings *settings)
{
	CHECK_OK(earshot_queries_new(&settings->queries, &error), error);
	if (!settings->queries)
		exit(1);
	queries = settings->queries;
}

static inline void open_settings(void)
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

static inline struct es_worker_options options_of(struct es_bus *bus,
						  const struct settings *settings, bool once)
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

static inline struct es_worker_counts run_with(struct es_bus *bus, const struct settings *settings,
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

static inline struct es_replay_request ask(struct es_bus *bus, const struct settings *settings)
{
	int64_t offset;
	struct es_replay_request request = { .from = EARSHOT_NONE, .to = EARSHOT_NONE };
	snprintf(request.settings, sizeof(request.settings), "%s", settings->name);
	CHECK_OK(es_replay_ask(bus, &request, &offset, &error), error);
	return request;
}

/* ---- what the topics say ---- */

struct sum {
	struct es_replay_progress all; /* of every partition */
	int done, waiting;
	const char *id;
};

static inline int add_progress(void *ctx, const struct es_record *record,
			       struct earshot_error *ours)
{
	struct sum *sum = ctx;
	struct es_replay_progress progress;
	(void)ours;
	if (!es_replay_progress_read(record, &progress) || strcmp(progress.id, sum->id) != 0)
		return 0;
	sum->waiting += progress.state == ES_REPLAY_STATE_WAITING;
	if (progress.state != ES_REPLAY_STATE_DONE)
		return 0;
	sum->done++;
	sum->all.changed += progress.changed;
	sum->all.same += progress.same;
	sum->all.failed += progress.failed;
	return 0;
}

static inline struct sum sum_of(struct es_bus *bus, const char *id)
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

static inline void bare(struct state *state, const struct es_record *record, struct held *held)
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

static inline int add_record(void *ctx, const struct es_record *record, struct earshot_error *ours)
{
	struct state *state = ctx;
	int topic = 0;
	(void)ours;
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
		return 0;
	*held = next;
	return 0;
}

static inline struct state state_of(struct es_bus *bus)
{
	struct state state = { 0 };
	es_map_init(&state.ids);
	es_map_init(&state.seen);
	for (int topic = 0; topic < 4; topic++)
		read_topic(bus, labels[topic], add_record, &state);
	return state;
}

static inline void state_release(struct state *state)
{
	es_map_release(&state->ids);
	es_map_release(&state->seen);
	es_arena_release(&state->arena);
}

/* The mention that counts, NULL where there is none; *topic where it stands. */
static inline const struct held *winner(const struct state *state, struct earshot_str id,
					int *topic)
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

static inline bool flagged(const struct state *state, struct earshot_str id)
{
	const struct held *held = es_map_get(&state->ids, id.ptr, id.len);
	return held && held[3].there && !held[3].dead;
}

/* How many ids the two do not say the same of; the first is shown. */
static inline int differ(const struct state *a, const struct state *b)
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

static inline int copy_record(void *ctx, const struct es_record *record, struct earshot_error *ours)
{
	struct copy *copy = ctx;
	(void)ours;
	if (copy->n++ % CHUNK == CHUNK - 1) {
		send(copy->put);
		copy->put = writer_of(copy->bus);
	}
	CHECK_OK(es_session_put(copy->put, record, &error), error);
	return 0;
}

/* The posts and decisions of `bus` with new settings from the beginning; closes it. */
static inline struct state fresh_state(struct es_bus *bus, const struct settings *settings)
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
static inline void check_fresh(struct es_bus *bus, const struct settings *settings)
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

static inline void put_some(struct es_session *session, int from, int n)
{
	for (int i = from; i < from + n; i++)
		put_text(session, i, 0, texts[i % (int)ES_COUNT(texts)]);
}

static inline struct es_bus *with_history(int n)
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

/* Edits, deletes, what was forgotten, two sources with one post. */
static inline void put_versions(struct es_session *put, int from, int n)
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

#endif
