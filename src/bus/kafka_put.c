/* SPDX-License-Identifier: MIT
 *
 * Records on their way to the producer. What a transaction puts first is held here, until
 * ES_KAFKA_HOLD bytes are together or it commits:
 *
 *   put -> held -> (so many bytes, or commit) -> all of it to librdkafka -> put -> librdkafka
 *
 * A partition is added to a transaction by its first record, and librdkafka asks the broker for
 * all those that were met within a millisecond. Records that come as they are made meet a new
 * partition every now and then, and each time that is a request, an entry in the broker's log
 * of transactions, and a millisecond for which librdkafka before 2.4 turns in a loop (its
 * issue #4684): more than all the rest that a client does for a transaction of some hundred
 * records. Given together they are one request; and so are the records themselves. */
#include <stdlib.h>
#include "bus/kafka.h"

#define FULL_MS 30000 /* a queue that stays full for so long has no broker behind it */

static int find_target(struct kafka_session *session, const char *name, struct kafka_target **out,
		       struct earshot_error *error)
{
	const struct kafka_topic *topic;
	for (size_t i = 0; i < session->n_targets; i++)
		if (strcmp(session->targets[i].topic->name, name) == 0) {
			*out = &session->targets[i];
			return EARSHOT_OK;
		}
	int rc = es_kafka_topic(session->bus, name, &topic, error);
	if (rc != EARSHOT_OK)
		return rc;
	struct kafka_target *targets =
		realloc(session->targets, (session->n_targets + 1) * sizeof(*targets));
	if (!targets)
		return es_err_nomem(error);
	session->targets = targets;
	bool *met = calloc((size_t)topic->partitions + 1, sizeof(*met));
	if (!met)
		return es_err_nomem(error);
	rd_kafka_topic_t *handle = rd_kafka_topic_new(session->producer->rk, topic->full, NULL);
	if (!handle) {
		free(met);
		return es_kafka_fail(session->bus, rd_kafka_last_error(), "writing to", name,
				     error);
	}
	*out = &targets[session->n_targets++];
	**out = (struct kafka_target){ topic, handle, met };
	return EARSHOT_OK;
}

static int copy_headers(const struct es_record *record, rd_kafka_headers_t **out,
			struct earshot_error *error)
{
	rd_kafka_headers_t *headers = rd_kafka_headers_new(record->n_headers);
	for (size_t i = 0; i < record->n_headers; i++) {
		const struct es_header *header = &record->headers[i];
		if (rd_kafka_header_add(headers, header->name, -1, header->value,
					header->value ? (ssize_t)header->len : 0)) {
			rd_kafka_headers_destroy(headers);
			return es_err_nomem(error);
		}
	}
	*out = headers;
	return EARSHOT_OK;
}

/* One record, as librdkafka takes it. */
struct outgoing {
	rd_kafka_topic_t *to;
	const char *topic;
	int partition, flags;
	const void *key, *value; /* NULL = none */
	size_t key_len, value_len;
	rd_kafka_headers_t *headers;
};

struct kafka_held {
	struct outgoing out;
	void *block; /* the value, which becomes librdkafka's, and behind it the key */
	bool first;  /* of its partition: given before the others */
	bool given;
};

static int refused(struct kafka_session *session, rd_kafka_resp_err_t why, const char *topic,
		   struct earshot_error *error)
{
	char text[256];
	rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(session->producer->rk, text, sizeof(text));
	if (es_kafka_code(fatal) == EARSHOT_FENCED)
		return es_kafka_fenced_or_late(session, error);
	int rc = es_kafka_fail(session->bus, why, "writing to", topic, error);
	if (rc != EARSHOT_NOTFOUND)
		return rc;
	/* it was there, or there were no target */
	return es_kafka_gone(session->bus, topic, error);
}

/* Where the queue is full it waits. The headers are the callee's where it succeeds. */
static int give(struct kafka_session *session, const struct outgoing *out,
		struct earshot_error *error)
{
	int64_t until = es_monotonic_ms() + FULL_MS;
	for (;;) {
		rd_kafka_vu_t to[6] = {
			{ .vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = out->to },
			{ .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = out->partition },
			{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = out->flags },
			{ .vtype = RD_KAFKA_VTYPE_KEY },
			{ .vtype = RD_KAFKA_VTYPE_VALUE },
			{ .vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = out->headers },
		};
		to[3].u.mem.ptr = (void *)out->key;
		to[3].u.mem.size = out->key_len;
		to[4].u.mem.ptr = (void *)out->value;
		to[4].u.mem.size = out->value_len;
		rd_kafka_error_t *failed =
			rd_kafka_produceva(session->producer->rk, to, out->headers ? 6 : 5);
		rd_kafka_resp_err_t why =
			failed ? rd_kafka_error_code(failed) : RD_KAFKA_RESP_ERR_NO_ERROR;
		rd_kafka_error_destroy(failed);
		if (!why)
			return EARSHOT_OK;
		if (why != RD_KAFKA_RESP_ERR__QUEUE_FULL || es_monotonic_ms() > until)
			return refused(session, why, out->topic, error);
		rd_kafka_poll(session->producer->rk, 10);
	}
}

/* ---- held ---- */

void es_kafka_drop_held(struct kafka_session *session)
{
	for (size_t i = 0; i < session->n_held; i++) {
		struct kafka_held *held = &session->held[i];
		if (held->given)
			continue;
		if (held->out.headers)
			rd_kafka_headers_destroy(held->out.headers);
		free(held->block);
	}
	for (size_t i = 0; i < session->n_targets; i++)
		memset(session->targets[i].met, 0, (size_t)session->targets[i].topic->partitions);
	session->n_held = session->held_bytes = 0;
	session->flows = false;
}

static int give_one(struct kafka_session *session, struct kafka_held *held,
		    struct earshot_error *error)
{
	int rc = give(session, &held->out, error);
	held->given = rc == EARSHOT_OK;
	if (held->given && !held->out.value) /* of the key alone librdkafka has its own copy */
		free(held->block);
	return rc;
}

int es_kafka_give_held(struct kafka_session *session, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	for (size_t i = 0; i < session->n_held && rc == EARSHOT_OK; i++)
		if (session->held[i].first && !session->held[i].given)
			rc = give_one(session, &session->held[i], error);
	for (size_t i = 0; i < session->n_held && rc == EARSHOT_OK; i++)
		if (!session->held[i].given)
			rc = give_one(session, &session->held[i], error);
	if (rc != EARSHOT_OK)
		return rc;
	session->n_held = session->held_bytes = 0;
	session->flows = true;
	return rc;
}

/* Copies: the record belongs to the caller. */
static int hold(struct kafka_session *session, const struct outgoing *out, bool *met,
		struct earshot_error *error)
{
	if (session->n_held == session->cap_held) {
		size_t cap = session->cap_held ? 2 * session->cap_held : 64;
		struct kafka_held *list = realloc(session->held, cap * sizeof(*list));
		if (!list)
			return es_err_nomem(error);
		session->held = list;
		session->cap_held = cap;
	}
	char *block = malloc(out->value_len + out->key_len + 1);
	if (!block)
		return es_err_nomem(error);
	if (out->value)
		memcpy(block, out->value, out->value_len);
	if (out->key)
		memcpy(block + out->value_len, out->key, out->key_len);
	struct kafka_held *held = &session->held[session->n_held++];
	*held = (struct kafka_held){ .out = *out, .block = block, .first = !*met };
	*met = true;
	held->out.flags = RD_KAFKA_MSG_F_FREE; /* of the value */
	held->out.key = out->key ? block + out->value_len : NULL;
	held->out.value = out->value ? block : NULL;
	session->held_bytes += out->value_len + out->key_len;
	return EARSHOT_OK;
}

int es_kafka_put(struct es_session *base, const struct es_record *record,
		 struct earshot_error *error)
{
	struct kafka_session *session = (struct kafka_session *)base;
	struct kafka_target *target = NULL;
	rd_kafka_headers_t *headers = NULL;
	int partition = record->partition;
	int rc = find_target(session, record->topic, &target, error);
	if (rc != EARSHOT_OK)
		return rc;
	if (partition < 0) {
		const void *key = record->partition_key ? record->partition_key : record->key;
		size_t len = record->partition_key ? record->partition_key_len : record->key_len;
		/* without any key they are dealt out in turn */
		partition = key ? es_bus_partition_of(key, len, target->topic->partitions)
				: (int)(session->dealt++ % (size_t)target->topic->partitions);
	}
	if (partition >= target->topic->partitions)
		return es_err(error, EARSHOT_NOTFOUND, "topic %s has no partition %d",
			      record->topic, partition);
	size_t size = record->key_len + record->value_len + ES_KAFKA_FRAME;
	for (size_t i = 0; i < record->n_headers; i++)
		size += strlen(record->headers[i].name) + record->headers[i].len;
	if (size > ES_BUS_RECORD_MAX)
		return es_err(error, EARSHOT_LIMIT,
			      "a record for %s is larger than %u bytes with its frame",
			      record->topic, ES_BUS_RECORD_MAX);
	if (session->txn_bytes + size > ES_BUS_TXN_MAX) {
		es_err(error, EARSHOT_LIMIT, "a transaction holds at most %u bytes",
		       ES_BUS_TXN_MAX);
		es_err_hint(error, "commit more often");
		return EARSHOT_LIMIT;
	}
	if (record->n_headers)
		rc = copy_headers(record, &headers, error);
	if (rc != EARSHOT_OK)
		return rc;
	const struct outgoing out = { .to = target->handle,
				      .topic = target->topic->name,
				      .partition = partition,
				      .flags = RD_KAFKA_MSG_F_COPY,
				      .key = record->key,
				      .key_len = record->key ? record->key_len : 0,
				      .value = record->value,
				      .value_len = record->value ? record->value_len : 0,
				      .headers = headers };
	rc = session->flows ? give(session, &out, error)
			    : hold(session, &out, &target->met[partition], error);
	if (rc == EARSHOT_OK)
		session->txn_bytes += size;
	else if (headers)
		rd_kafka_headers_destroy(headers);
	return rc == EARSHOT_OK && session->held_bytes >= ES_KAFKA_HOLD
		       ? es_kafka_give_held(session, error)
		       : rc;
}
