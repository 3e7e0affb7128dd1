/* SPDX-License-Identifier: MIT
 *
 * Calls of librdkafka that may not come back: each runs on a thread of its own, which is
 * waited for. What is not back by then is left behind, silent, and ends itself if it comes
 * back after all.
 *
 * Transactional calls have a time-out, but librdkafka looks at it in some places only: offsets
 * that are sent to a transaction while the coordinator of the group is away wait until a
 * connection changes its state, or for ever (its issue #5456, open as of 2.14), and begin was
 * seen to hang too (#4420). A consumer under which a topic was deleted may not end in
 * librdkafka 2.0.2 (#4528, mended later). A call that hangs cannot be ended from outside, nor may
 * its producer be destroyed meanwhile; so both stay, and a producer of the same name takes
 * over: its newer epoch shuts out whatever the old one may still send. */
#include <stdlib.h>
#include "bus/kafka.h"

#define SLACK_MS     1000 /* after its time-out a call may take */
#define END_MS       2000 /* a client may take to end; and after one has not */
#define END_AGAIN_MS 200

struct guarded {
	kafka_call *call;
	struct kafka_producer *producer;
	struct kafka_offsets offsets;
	int timeout_ms;
	rd_kafka_error_t *failed;
	atomic_bool settled; /* whoever finds it set is the second: the caller takes the result,
			      * or the thread, left behind, clears up */
};

static bool joined_within(pthread_t thread, int ms)
{
	const struct timespec until = es_clock_after(CLOCK_MONOTONIC, ms);
	return pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &until) == 0;
}

/* ---- a client that ends ---- */

static void *destroy_consumer(void *consumer)
{
	rd_kafka_destroy_flags(consumer, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	return NULL;
}

/* Waits until nothing of it is under way: where the answer to a produce request that is fenced
 * comes while the producer ends, librdkafka 2.0.2 frees the text of that error twice. */
static void *destroy_producer(void *ctx)
{
	struct kafka_producer *producer = ctx;
	rd_kafka_purge(producer->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	rd_kafka_destroy(producer->rk);
	free(producer);
	return NULL;
}

static void end(struct kafka_session *session, void *(*destroy)(void *), void *client)
{
	pthread_t thread;
	int wait_ms = atomic_load(&session->bus->left_behind) ? END_AGAIN_MS : END_MS;
	if (es_thread_start(&thread, destroy, client))
		return; /* no thread to be had: left behind too */
	if (joined_within(thread, wait_ms))
		return;
	pthread_detach(thread);
	atomic_store(&session->bus->left_behind, true);
	es_log(ES_INFO, "kafka.left_behind", ES_LOG_S("session", session->id));
}

void es_kafka_end_consumer(struct kafka_session *session)
{
	end(session, destroy_consumer, session->consumer);
	session->consumer = NULL;
}

/* The session has no producer any more. */
static void part(struct kafka_session *session)
{
	session->producer = NULL;
	if (session->base.role)
		atomic_fetch_add(&session->base.role->renewed, !session->closing);
}

void es_kafka_end_producer(struct kafka_session *session)
{
	end(session, destroy_producer, session->producer);
	part(session);
}

/* ---- a call ---- */

static void release(struct guarded *guarded)
{
	if (guarded->offsets.list)
		rd_kafka_topic_partition_list_destroy(guarded->offsets.list);
	if (guarded->offsets.membership)
		rd_kafka_consumer_group_metadata_destroy(guarded->offsets.membership);
	free(guarded);
}

static void *run(void *ctx)
{
	struct guarded *guarded = ctx;
	guarded->failed =
		guarded->call(guarded->producer->rk, &guarded->offsets, guarded->timeout_ms);
	if (!atomic_exchange(&guarded->settled, true))
		return NULL;
	rd_kafka_error_destroy(guarded->failed);
	destroy_producer(guarded->producer);
	release(guarded);
	return NULL;
}

static rd_kafka_error_t *not_called(const char *why)
{
	return rd_kafka_error_new(RD_KAFKA_RESP_ERR__CRIT_SYS_RESOURCE, "%s", why);
}

rd_kafka_error_t *es_kafka_guarded(struct kafka_session *session, kafka_call *call,
				   struct kafka_offsets offsets, int timeout_ms)
{
	pthread_t thread;
	rd_kafka_error_t *failed;
	struct guarded *guarded = calloc(1, sizeof(*guarded));
	if (guarded)
		*guarded = (struct guarded){ .call = call,
					     .producer = session->producer,
					     .offsets = offsets,
					     .timeout_ms = timeout_ms };
	if (!guarded || es_thread_start(&thread, run, guarded)) {
		failed = not_called(guarded ? "no thread for it" : "no memory for it");
		free(guarded);
		return failed;
	}
	if (!joined_within(thread, timeout_ms + SLACK_MS)) {
		if (!atomic_exchange(&guarded->settled, true)) {
			pthread_detach(thread);
			part(session);
			es_log(ES_WARN, "kafka.left_behind", ES_LOG_S("session", session->id));
			return rd_kafka_error_new(RD_KAFKA_RESP_ERR__TIMED_OUT,
						  "no answer within %d ms, not even a time-out",
						  timeout_ms + SLACK_MS);
		}
		pthread_join(thread, NULL);
	}
	failed = guarded->failed;
	release(guarded);
	return failed;
}
