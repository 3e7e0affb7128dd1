/* SPDX-License-Identifier: MIT
 *
 * work_kit.h - what the tests of the worker share: queries, posts and decisions put into a log of
 * their own, and what came out of it. */
#ifndef ES_WORK_KIT_H
#define ES_WORK_KIT_H

#include "bus_kit.h"
#include "post/post.h"
#include "work/work.h"

#define GOOD "acme is wonderful, I love it"
#define BAD  "acme is horrible, I hate it"
#define DULL "acme opens at nine on monday"
#define NONE "the weather on monday"

static const char *const labels[] = { "mentions.negative", "mentions.neutral", "mentions.positive",
				      "flagged", "deadletter" };

/* ---- what a worker needs ---- */

static struct earshot_lexicon *lexicon;
static struct earshot_queries *queries;

static inline void close_all(void)
{
	earshot_queries_free(queries);
	earshot_lexicon_close(lexicon);
}

static inline void add_of(const char *brand, enum earshot_layer layer, const char *id,
			  const char *text)
{
	const struct earshot_query query = { .size = sizeof(query),
					     .layer = layer,
					     .id = es_str_of(id),
					     .brand = es_str_of(brand),
					     .query = es_str_of(text),
					     .rev = 7 };
	CHECK_OK(earshot_queries_add(queries, &query, &error), error);
}

static inline void add_query(enum earshot_layer layer, const char *id, const char *text)
{
	add_of("acme", layer, id, text);
}

/* A log of its own for each test: another prefix in the same file. */
static inline struct es_bus *fresh(void)
{
	static int n;
	kit_begin();
	snprintf(kit_prefix, sizeof(kit_prefix), "w%d-%d.", (int)getpid(), n++);
	struct es_bus *bus = kit_bus(false);
	CHECK_OK(es_bus_ensure(bus, es_topics, ES_TOPICS, &error), error);
	return bus;
}

/* ---- posts in ---- */

static inline const char *id_of(int n)
{
	static char id[EARSHOT_ID_LEN + 1];
	char text[16];
	snprintf(text, sizeof(text), "%d", n);
	es_post_id_of(ES_STR("test"), es_str_of(text), id);
	return id;
}

static inline void put_raw(struct es_session *session, const char *topic, const char *key,
			   const char *value, size_t len)
{
	const struct es_header trace = { "traceparent", "00-ab-cd-01", 11 };
	const struct es_record record = { .topic = topic,
					  .partition = -1,
					  .key = key,
					  .key_len = key ? strlen(key) : 0,
					  .partition_key = key,
					  .partition_key_len = EARSHOT_ID_LEN,
					  .value = value,
					  .value_len = len,
					  .headers = &trace,
					  .n_headers = 1 };
	CHECK_OK(es_session_put(session, &record, &error), error);
}

static inline struct earshot_post post_of(int n, int64_t rev, const char *text)
{
	struct earshot_post post;
	earshot_post_init(&post);
	post.id = es_str_of(id_of(n));
	post.rev = rev;
	post.op = rev ? EARSHOT_OP_UPDATE : EARSHOT_OP_CREATE;
	post.source = ES_STR("s");
	post.text = es_str_of(text);
	post.observed_at = 1000 * ES_DAY;
	post.event_at = post.observed_at;
	return post;
}

static inline void put_post(struct es_session *session, const struct earshot_post *post)
{
	struct es_buf value;
	es_buf_init(&value, ES_LIMIT_RECORD);
	es_post_encode(&value, post);
	char key[EARSHOT_ID_LEN + 1];
	snprintf(key, sizeof(key), "%.*s", ES_FMT(post->id));
	put_raw(session, "posts", key, value.ptr, value.len);
	es_buf_release(&value);
}

static inline void put_text(struct es_session *session, int n, int64_t rev, const char *text)
{
	const struct earshot_post post = post_of(n, rev, text);
	put_post(session, &post);
}

static inline struct es_session *writer_of(struct es_bus *bus)
{
	struct es_session *session = kit_session(bus, "put", NULL, NULL, 0, 1);
	CHECK_OK(es_session_begin(session, &error), error);
	return session;
}

static inline void send(struct es_session *session)
{
	CHECK_OK(es_session_commit(session, false, &error), error);
	es_session_close(session);
}

static inline void put_review(struct es_session *session, int n, const char *decision,
			      enum earshot_label label)
{
	struct es_arena arena = { 0 };
	struct es_buf value;
	const struct es_review review = { .post = es_str_of(id_of(n)),
					  .agent = ES_STR("ann"),
					  .decision = es_decision_of(decision, strlen(decision)),
					  .label = label,
					  .base.rev = 0,
					  .at = 5 };
	es_buf_init(&value, 4096);
	es_review_encode(&value, &review);
	put_raw(session, "reviews", es_review_key(&arena, review.post, review.agent).ptr, value.ptr,
		value.len);
	es_buf_release(&value);
	es_arena_release(&arena);
}

/* ---- a worker in a thread of its own ---- */

static inline void *run(void *ctx)
{
	struct earshot_error own;
	return (void *)(intptr_t)es_worker_run(ctx, &own);
}

/* Until it has worked and committed n records of `posts`. */
static inline void await_read(const struct es_worker *worker, int64_t n)
{
	struct es_worker_counts counts = { 0 };
	int64_t until = es_monotonic_ms() + WAIT_MS;
	while (counts.read < n && es_monotonic_ms() < until) {
		usleep(1000);
		es_worker_counts(worker, &counts);
	}
	CHECK_INT(counts.read, n);
}

/* ---- what came out ---- */

static inline void read_topic(struct es_bus *bus, const char *topic, es_reading_fn *fn, void *ctx)
{
	const struct es_reading reading = {
		.bus = bus, .role = "read", .instance = "topic", .topic = topic
	};
	CHECK_OK(es_bus_read(&reading, fn, ctx, &error), error);
}

struct out {
	char topic[24], key[64], rev[24];
	bool null;
	char *value;
	size_t len;
	struct es_header *headers;
	size_t n_headers;
};

struct outs {
	struct out *at;
	size_t n;
	struct es_arena arena;
};

static inline void take(struct outs *outs, const struct es_record *record)
{
	outs->at = realloc(outs->at, (outs->n + 1) * sizeof(*outs->at));
	struct out *out = &outs->at[outs->n++];
	*out = (struct out){ .null = record->value == NULL, .len = record->value_len };
	snprintf(out->topic, sizeof(out->topic), "%s", record->topic);
	snprintf(out->key, sizeof(out->key), "%.*s", (int)record->key_len,
		 record->key ? (const char *)record->key : "");
	out->value =
		(char *)(uintptr_t)es_arena_str(&outs->arena, record->value, record->value_len).ptr;
	out->headers =
		es_arena_zalloc(&outs->arena, record->n_headers + 1, sizeof(struct es_header));
	for (size_t i = 0; i < record->n_headers; i++) {
		const struct es_header *header = &record->headers[i];
		out->headers[i].name =
			es_arena_str(&outs->arena, header->name, strlen(header->name)).ptr;
		out->headers[i].value = es_arena_str(&outs->arena, header->value, header->len).ptr;
		out->headers[i].len = header->len;
		if (strcmp(header->name, "rev") == 0)
			snprintf(out->rev, sizeof(out->rev), "%.*s", (int)header->len,
				 (const char *)header->value);
	}
	out->n_headers = record->n_headers;
}

static inline struct outs read_all(struct es_bus *bus)
{
	struct outs outs = { NULL, 0, { 0 } };
	struct es_session *session = NULL;
	const struct es_session_options options = { .role = "read",
						    .instance = "kit",
						    .threads = 1,
						    .topics = labels,
						    .n_topics = ES_COUNT(labels) };
	CHECK_OK(es_session_open(bus, &options, &session, &error), error);
	for (;;) {
		struct es_batch batch = { 0 };
		CHECK_OK(es_session_poll(session, kit_is_kafka() ? 1000 : 0, &batch, &error),
			 error);
		if (batch.event == ES_EVENT_NONE)
			break;
		for (size_t i = 0; i < batch.n; i++)
			take(&outs, &batch.records[i]);
	}
	es_session_close(session);
	return outs;
}

static inline void outs_release(struct outs *outs)
{
	es_arena_release(&outs->arena);
	free(outs->at);
}

/* The record of post n in a topic (the newest of its partition), or NULL. */
static inline const struct out *find(const struct outs *outs, const char *topic, int n)
{
	const struct out *found = NULL;
	for (size_t i = 0; i < outs->n; i++)
		if (strcmp(outs->at[i].topic, topic) == 0 && strcmp(outs->at[i].key, id_of(n)) == 0)
			found = &outs->at[i];
	return found;
}

/* In whichever label topic it is. */
static inline const struct out *find_labelled(const struct outs *outs, int n)
{
	const struct out *out = NULL;
	for (int k = 0; k < 3 && !out; k++)
		out = find(outs, labels[k], n);
	return out;
}

static inline const char *header(const struct out *out, const char *name)
{
	for (size_t i = 0; out && i < out->n_headers; i++)
		if (strcmp(out->headers[i].name, name) == 0)
			return out->headers[i].value;
	return "";
}

#endif
