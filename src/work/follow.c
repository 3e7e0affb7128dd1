/* SPDX-License-Identifier: MIT
 *
 * follow.c - the topic `reviews` as a table, kept up to date between batches.
 *
 * Every worker holds all of it: decisions are few beside posts, and a table that
 * is whole needs no care when partitions move.
 */
#include "work/inside.h"

#include <stdlib.h>

#define FOLLOW_WAIT_MS 100  /* one poll while catching up */
#define FOLLOW_IDLE_MS 2000 /* nothing for so long: what is missing was compacted away */
#define FOLLOW_POLLS   64   /* most polls between two batches */

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
		if (record->partition < worker->n_followed)
			worker->followed[record->partition] = record->offset + 1;
	}
	return 0;
}

/* Partitions of `reviews` that have not been read to `ends` yet. */
static int behind(const struct es_worker *worker, const int64_t *ends)
{
	int n = 0;
	for (int i = 0; i < worker->n_followed; i++)
		n += worker->followed[i] < ends[i];
	return n;
}

/* Where each partition begins (what is gone is not waited for) and ends. */
static int look_up(struct es_worker *worker, int64_t **ends, struct earshot_error *error)
{
	const char *topic = es_topics[ES_TOPIC_REVIEWS].name;
	int n = es_bus_partitions(worker->options.bus, topic, error);
	if (n < 0)
		return n;
	if (!worker->followed) {
		worker->followed = calloc((size_t)n, sizeof(*worker->followed));
		if (!worker->followed)
			return es_err_nomem(error);
		worker->n_followed = n;
	}
	*ends = es_arena_zalloc(&worker->arena, (size_t)n, sizeof(**ends));
	if (!*ends)
		return es_err_nomem(error);
	for (int i = 0; i < worker->n_followed; i++) {
		int64_t first;
		int rc = es_bus_offsets(worker->options.bus, topic, i, &first, &(*ends)[i], error);
		if (rc)
			return rc;
		if (worker->followed[i] < first)
			worker->followed[i] = first;
	}
	return 0;
}

int es_work_catch_up(struct es_worker *worker, struct earshot_error *error)
{
	int64_t *ends = NULL;
	int rc = open_follower(worker, error);
	if (rc == 0)
		rc = look_up(worker, &ends, error);
	int64_t idle = es_monotonic_ms();
	while (rc == 0 && behind(worker, ends) && !atomic_load(&worker->stop) &&
	       es_monotonic_ms() - idle < FOLLOW_IDLE_MS) {
		struct es_batch batch = { 0 };
		rc = es_session_poll(worker->follower, FOLLOW_WAIT_MS, &batch, error);
		if (rc == 0)
			rc = take(worker, &batch, error);
		if (batch.event != ES_EVENT_NONE)
			idle = es_monotonic_ms();
	}
	return rc;
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
