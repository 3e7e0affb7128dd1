/* SPDX-License-Identifier: MIT
 *
 * follow.c - the topic `reviews` as a table, kept up to date between batches.
 *
 * Every worker holds all of it: decisions are few beside posts, and a table that
 * is whole needs no care when partitions move.
 */
#include "work/inside.h"

#include <stdlib.h>

#define FOLLOW_WAIT_MS    250   /* one poll while catching up */
#define FOLLOW_SILENCE_MS 20000 /* nothing for so long, and not at the end: the log is away */
#define FOLLOW_POLLS      64    /* most polls between two batches */

static int open_follower(struct es_worker *worker, struct earshot_error *error)
{
	const char *topic = es_topics[ES_TOPIC_REVIEWS].name;
	const struct es_session_options options = {
		.role = "work-reviews",
		.instance = worker->options.instance,
		.thread = worker->options.thread,
		.threads = worker->options.threads,
		.topics = &topic,
		.n_topics = 1,
	};
	return worker->follower
		       ? 0
		       : es_session_open(worker->options.bus, &options, &worker->follower, error);
}

/* A decision that can not be read must not stop the posts: it is told and
 * passed over; the label stays the scorer's. */
static int take(struct es_worker *worker, const struct es_batch *batch, struct earshot_error *error)
{
	for (size_t i = 0; i < batch->n; i++) {
		const struct es_record *record = &batch->records[i];
		int rc = es_reviews_put(worker->reviews, es_str(record->key, record->key_len),
					record->value, record->value_len, error);
		if (rc == EARSHOT_NOMEM)
			return rc;
		if (rc)
			es_log_error(ES_WARN, "work.review", error);
	}
	return 0;
}

/* Where `reviews` ends now, per partition. */
static int look_up(struct es_worker *worker, int64_t **ends, int *n, struct earshot_error *error)
{
	const char *topic = es_topics[ES_TOPIC_REVIEWS].name;
	*n = es_bus_partitions(worker->options.bus, topic, error);
	if (*n < 0)
		return *n;
	*ends = es_arena_zalloc(&worker->arena, (size_t)*n, sizeof(**ends));
	if (!*ends)
		return es_err_nomem(error);
	for (int i = 0; i < *n; i++) {
		int64_t first;
		int rc = es_bus_offsets(worker->options.bus, topic, i, &first, &(*ends)[i], error);
		if (rc)
			return rc;
	}
	return 0;
}

/* Partitions of `reviews` that have not been read to `ends` yet, or an error. */
static int behind(const struct es_worker *worker, const int64_t *ends, int n,
		  struct earshot_error *error)
{
	int count = 0;
	for (int i = 0; i < n; i++) {
		int64_t next;
		int rc = es_session_position(worker->follower, es_topics[ES_TOPIC_REVIEWS].name, i,
					     &next, error);
		if (rc)
			return rc;
		count += next < ends[i];
	}
	return count;
}

int es_work_catch_up(struct es_worker *worker, struct earshot_error *error)
{
	int64_t *ends = NULL, heard = es_monotonic_ms();
	int n = 0, left = 0, rc = open_follower(worker, error);
	if (rc == 0)
		rc = look_up(worker, &ends, &n, error);
	while (rc == 0 && (left = behind(worker, ends, n, error)) > 0 &&
	       !atomic_load(&worker->stop)) {
		struct es_batch batch = { 0 };
		rc = es_session_poll(worker->follower, FOLLOW_WAIT_MS, &batch, error);
		if (rc == 0 && batch.event == ES_EVENT_RECORDS)
			heard = es_monotonic_ms();
		else if (rc == 0 && es_monotonic_ms() - heard > FOLLOW_SILENCE_MS)
			rc = es_err(error, EARSHOT_UNAVAILABLE,
				    "topic reviews cannot be read to its end");
		if (rc == 0)
			rc = take(worker, &batch, error);
	}
	return rc ? rc : left < 0 ? left : 0;
}

int es_work_follow(struct es_worker *worker, struct earshot_error *error)
{
	for (int polls = 0; polls < FOLLOW_POLLS; polls++) {
		struct es_batch batch = { 0 };
		int rc = es_session_poll(worker->follower, 0, &batch, error);
		if (rc == 0)
			rc = take(worker, &batch, error);
		if (rc || batch.event == ES_EVENT_NONE)
			return rc;
	}
	return 0;
}
