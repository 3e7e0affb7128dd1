/* SPDX-License-Identifier: MIT
 *
 * Transactions: one transactional producer a session.
 *
 * How a transaction ends, and what is done:
 *   committed                  positions are the new base
 *   the broker says abort      aborted; positions go back; UNAVAILABLE
 *   fenced                     another took the name: nothing more; FENCED. Or the
 *                              transaction ran out of its time: as the next line
 *   anything else, a time-out  nobody knows. The producer is destroyed and a new one
 *                              with the same name is made before the next poll or
 *                              begin: that ends the old transaction one way or the
 *                              other, after which the group's committed offsets say
 *                              where to go on (KIP-98, KIP-447). An EndTxn that is
 *                              late meets a newer epoch and is refused.
 *
 * And where a connection ended while a transaction was open: librdkafka sends what was
 * under way again, so that the first copy may reach the coordinator late, when the next
 * transaction is open already, and end that one (what KIP-890 mends). The outcome is
 * known then, but the producer is made anew all the same, for its newer epoch. */
#include <stdlib.h>
#include <unistd.h>
#include "bus/kafka.h"

#define CLOSE_MS 2000 /* for the abort of a session that is closed */

/* ---- transactional calls, all of them guarded ---- */

static rd_kafka_error_t *call_init(rd_kafka_t *rk, const struct kafka_offsets *none, int timeout_ms)
{
	(void)none;
	return rd_kafka_init_transactions(rk, timeout_ms);
}

static rd_kafka_error_t *call_begin(rd_kafka_t *rk, const struct kafka_offsets *none,
				    int timeout_ms)
{
	(void)none;
	(void)timeout_ms;
	return rd_kafka_begin_transaction(rk);
}

static rd_kafka_error_t *call_offsets(rd_kafka_t *rk, const struct kafka_offsets *offsets,
				      int timeout_ms)
{
	return rd_kafka_send_offsets_to_transaction(rk, offsets->list, offsets->membership,
						    timeout_ms);
}

static rd_kafka_error_t *call_commit(rd_kafka_t *rk, const struct kafka_offsets *none,
				     int timeout_ms)
{
	(void)none;
	return rd_kafka_commit_transaction(rk, timeout_ms);
}

static rd_kafka_error_t *call_abort(rd_kafka_t *rk, const struct kafka_offsets *none,
				    int timeout_ms)
{
	(void)none;
	return rd_kafka_abort_transaction(rk, timeout_ms);
}

static rd_kafka_error_t *guarded(struct kafka_session *session, kafka_call *call, int timeout_ms)
{
	return es_kafka_guarded(session, call, (struct kafka_offsets){ NULL, NULL }, timeout_ms);
}

/* ---- the producer ---- */

static void drop_targets(struct kafka_session *session)
{
	es_kafka_drop_held(session);
	free(session->held);
	session->held = NULL;
	session->cap_held = 0;
	for (size_t i = 0; i < session->n_targets; i++) {
		rd_kafka_topic_destroy(session->targets[i].handle);
		free(session->targets[i].met);
	}
	free(session->targets);
	session->targets = NULL;
	session->n_targets = 0;
}

void es_kafka_drop_producer(struct kafka_session *session)
{
	drop_targets(session);
	session->txn_bytes = 0;
	if (session->producer)
		es_kafka_end_producer(session);
}

/* Librdkafka's thread calls this. */
static int on_close(int fd, void *opaque)
{
	struct kafka_producer *producer = opaque;
	atomic_fetch_add(&producer->closed, 1);
	return close(fd);
}

int es_kafka_fenced_or_late(struct kafka_session *session, struct earshot_error *error)
{
	int rc = es_kafka_taken(session, error);
	if (rc != EARSHOT_OK)
		return rc;
	es_err(error, EARSHOT_UNAVAILABLE,
	       "Kafka at %s: the transaction ran out of its time and was aborted there",
	       session->bus->servers);
	es_err_hint(error, "it is tried again");
	return EARSHOT_UNAVAILABLE;
}

static int end_error(struct kafka_session *session, rd_kafka_error_t *failed, const char *doing,
		     struct earshot_error *error)
{
	char text[256];
	rd_kafka_resp_err_t why = rd_kafka_error_code(failed);
	rd_kafka_resp_err_t fatal =
		session->producer ? rd_kafka_fatal_error(session->producer->rk, text, sizeof(text))
				  : RD_KAFKA_RESP_ERR_NO_ERROR;
	int code = es_kafka_code(fatal ? fatal : why);
	if (code == EARSHOT_FENCED)
		return es_kafka_fenced_or_late(session, error);
	es_err(error, code, "Kafka at %.128s: %s: %s", session->bus->servers, doing,
	       rd_kafka_error_string(failed));
	es_kafka_hint(session->bus, why, doing, error);
	if (code == EARSHOT_UNAVAILABLE)
		es_err_hint(error, "it is tried again");
	return code;
}

static int make_producer(struct kafka_session *session, struct earshot_error *error)
{
	const char *set[] = {
		"transactional.id", session->id, "enable.idempotence", "true",
		"transaction.timeout.ms", ES_KAFKA_TXN_LIFE, "linger.ms", "20", "compression.type",
		"lz4",
		/* 64 MiB wait for the broker, then put waits */
		"queue.buffering.max.kbytes", "65536", "queue.buffering.max.messages", "500000",
		/* the broker's limit is that of a batch, ours that of a record in it */
		"message.max.bytes", "4194304", NULL
	};
	rd_kafka_conf_t *conf;
	struct kafka_producer *producer = calloc(1, sizeof(*producer));
	int rc = producer ? es_kafka_conf(session->bus, set, &conf, error) : es_err_nomem(error);
	if (rc == EARSHOT_OK) {
		rd_kafka_conf_set_opaque(conf, producer);
		rd_kafka_conf_set_closesocket_cb(conf, on_close);
		rc = es_kafka_new(session->bus, RD_KAFKA_PRODUCER, conf, &producer->rk, error);
	}
	if (rc != EARSHOT_OK) {
		free(producer);
		return rc;
	}
	session->producer = producer;
	rd_kafka_error_t *failed = guarded(session, call_init, ES_KAFKA_INIT_MS);
	if (!failed)
		return EARSHOT_OK;
	rc = end_error(session, failed, "taking the name for transactions", error);
	rd_kafka_error_destroy(failed);
	es_kafka_drop_producer(session);
	return rc;
}

int es_kafka_producer(struct kafka_session *session, struct earshot_error *error)
{
	int rc = session->producer ? EARSHOT_OK : make_producer(session, error);
	if (rc == EARSHOT_OK && session->unsure) {
		rc = es_kafka_restore(session, error);
		session->unsure = rc != EARSHOT_OK;
	}
	return rc;
}

int es_kafka_begin(struct es_session *base, struct earshot_error *error)
{
	struct kafka_session *session = (struct kafka_session *)base;
	if (session->fenced)
		return es_kafka_fenced(session, error);
	int rc = es_kafka_producer(session, error);
	if (rc != EARSHOT_OK)
		return rc;
	session->txn_bytes = 0;
	rd_kafka_error_t *failed = guarded(session, call_begin, ES_KAFKA_TXN_MS);
	if (!failed) {
		es_kafka_drop_held(session);
		session->closed_at_begin = atomic_load(&session->producer->closed);
		return EARSHOT_OK;
	}
	rc = end_error(session, failed, "beginning a transaction", error);
	rd_kafka_error_destroy(failed);
	es_kafka_drop_producer(session);
	return rc;
}

/* The records of this transaction come again. */
static void go_back(struct kafka_session *session)
{
	for (size_t i = 0; session->group && i < session->n_positions; i++) {
		struct kafka_position *position = &session->positions[i];
		position->moved = position->moved || position->next != position->base;
		position->next = position->base;
	}
}

/* How it ended is known; what of it may still be on its way meets a newer epoch. */
static void renew_if_cut(struct kafka_session *session)
{
	if (atomic_load(&session->producer->closed) == session->closed_at_begin)
		return;
	es_log(ES_DEBUG, "kafka.renewed", ES_LOG_S("session", session->id));
	es_kafka_drop_producer(session);
}

static void lose(struct kafka_session *session)
{
	es_kafka_drop_producer(session);
	session->unsure = true;
}

int es_kafka_abort(struct es_session *base, struct earshot_error *error)
{
	struct kafka_session *session = (struct kafka_session *)base;
	go_back(session);
	es_kafka_drop_held(session);
	session->txn_bytes = 0;
	if (session->fenced || !session->producer) {
		es_kafka_drop_producer(session);
		return EARSHOT_OK;
	}
	rd_kafka_error_t *failed = guarded(session, call_abort, ES_KAFKA_TXN_MS);
	if (!failed) {
		renew_if_cut(session);
		return EARSHOT_OK;
	}
	(void)!end_error(session, failed, "ending a transaction", error);
	rd_kafka_error_destroy(failed);
	/* nobody will see its records: a new producer of this name, or the time-out
	 * of the transaction, ends it */
	lose(session);
	return EARSHOT_OK;
}

void es_kafka_close_producer(struct kafka_session *session)
{
	if (session->base.open && !session->fenced && session->producer)
		rd_kafka_error_destroy(guarded(session, call_abort, CLOSE_MS));
	es_kafka_drop_producer(session);
}

/* Offsets go with every transaction of a group, also where the caller commits none
 * (then those that it had): they carry the membership that fences a lost session. */
static rd_kafka_error_t *send_offsets(struct kafka_session *session, bool offsets)
{
	if (!session->group || !session->consumer || session->n_positions == 0)
		return NULL;
	const struct kafka_offsets sent = { es_kafka_list(session, !offsets),
					    rd_kafka_consumer_group_metadata(session->consumer) };
	return es_kafka_guarded(session, call_offsets, sent, ES_KAFKA_TXN_MS);
}

/* A record that the broker refused ends the transaction, and what is asked next is told
 * of the state only. So something is asked that this state cannot give: its error is the
 * one that led here. */
static rd_kafka_error_t *real_cause(struct kafka_session *session, rd_kafka_error_t *failed)
{
	rd_kafka_error_t *cause = guarded(session, call_begin, ES_KAFKA_TXN_MS);
	if (!cause)
		return failed;
	rd_kafka_error_destroy(failed);
	return cause;
}

int es_kafka_commit(struct es_session *base, bool offsets, struct earshot_error *error)
{
	struct kafka_session *session = (struct kafka_session *)base;
	if (session->fenced || !session->producer) {
		int rc = session->fenced ? es_kafka_fenced(session, error)
					 : es_kafka_fail(session->bus, RD_KAFKA_RESP_ERR__STATE,
							 "committing", NULL, error);
		(void)!es_kafka_abort(base, NULL);
		return rc;
	}
	int rc = es_kafka_give_held(session, error);
	if (rc != EARSHOT_OK) {
		(void)!es_kafka_abort(base, NULL);
		return rc;
	}
	rd_kafka_error_t *failed = send_offsets(session, offsets);
	if (failed && rd_kafka_error_code(failed) == RD_KAFKA_RESP_ERR__STATE)
		failed = real_cause(session, failed);
	if (!failed)
		failed = guarded(session, call_commit, ES_KAFKA_TXN_MS);
	session->txn_bytes = 0;
	if (!failed) {
		for (size_t i = 0; offsets && i < session->n_positions; i++)
			session->positions[i].base = session->positions[i].next;
		renew_if_cut(session);
		return EARSHOT_OK;
	}
	rc = end_error(session, failed, "committing", error);
	bool decided = rd_kafka_error_txn_requires_abort(failed);
	rd_kafka_error_destroy(failed);
	go_back(session);
	if (decided && rc != EARSHOT_FENCED)
		(void)!es_kafka_abort(base, NULL);
	else
		lose(session);
	/* one word for the caller: not now. What put has checked is not told again */
	if (rc == EARSHOT_NOTFOUND || rc == EARSHOT_CONFIG || rc == EARSHOT_DATA) {
		rc = EARSHOT_UNAVAILABLE;
		if (error)
			error->code = rc;
	}
	return rc;
}
