/* SPDX-License-Identifier: MIT
 *
 * follow.c - the topics `reviews` and `settings` as tables, kept up to date between batches.
 *
 * Every worker holds all of them: decisions are few beside posts, replays fewer, and a table
 * that is whole needs no care when partitions move.
 */
#include "work/inside.h"

#define FOLLOW_POLLS 64 /* most polls between two batches */

static const enum es_topic_id followed[] = { ES_TOPIC_REVIEWS, ES_TOPIC_SETTINGS };

static int open_follower(struct es_worker *worker, struct earshot_error *error)
{
	const char *topics[ES_COUNT(followed)];
	for (size_t i = 0; i < ES_COUNT(followed); i++)
		topics[i] = es_topics[followed[i]].name;
	const struct es_session_options options = {
		.role = "work-reviews",
		.instance = worker->options.instance,
		.thread = worker->options.thread,
		.threads = worker->options.threads,
		.topics = topics,
		.n_topics = ES_COUNT(topics),
	};
	return worker->follower
		       ? 0
		       : es_session_open(worker->options.bus, &options, &worker->follower, error);
}

/* A decision that can not be read must not stop the posts: it is told and
 * passed over; the label stays the scorer's. */
static int take_review(struct es_worker *worker, const struct es_record *record,
		       struct earshot_error *error)
{
	int rc = es_reviews_put(worker->reviews, es_str(record->key, record->key_len),
				record->value, record->value_len, error);
	if (rc && rc != EARSHOT_NOMEM)
		es_log_error(ES_WARN, "work.review", error);
	return rc == EARSHOT_NOMEM ? rc : 0;
}

static int take(void *ctx, const struct es_record *record, struct earshot_error *error)
{
	struct es_worker *worker = ctx;
	return strcmp(record->topic, es_topics[ES_TOPIC_REVIEWS].name) == 0
		       ? take_review(worker, record, error)
		       : es_replays_put(worker->replays, record, error);
}

/* Where the topic ends now, per partition, with what others have begun: the owner before us
 * may have been killed between its commit and the markers. */
static int look_up(struct es_worker *worker, struct es_ends *ends, struct earshot_error *error)
{
	struct es_bus *bus = worker->options.bus;
	int n = es_bus_partitions(bus, ends->topic, error);
	if (n < 0)
		return n;
	ends->at = es_arena_zalloc(&worker->arena, (size_t)n, sizeof(*ends->at));
	if (!ends->at)
		return es_err_nomem(error);
	for (ends->n = 0; ends->n < n; ends->n++) {
		int rc = es_bus_begun(bus, ends->topic, ends->n, &ends->at[ends->n], error);
		if (rc)
			return rc;
	}
	return 0;
}

int es_work_catch_up(struct es_worker *worker, struct earshot_error *error)
{
	struct es_ends ends[ES_COUNT(followed)] = { 0 };
	int rc = open_follower(worker, error);
	es_arena_reset(&worker->arena);
	for (size_t i = 0; i < ES_COUNT(followed) && rc == 0; i++) {
		ends[i].topic = es_topics[followed[i]].name;
		rc = look_up(worker, &ends[i], error);
	}
	if (rc == 0)
		rc = es_session_read(worker->follower, ends, ES_COUNT(ends), &worker->stop, take,
				     worker, error);
	return rc == EARSHOT_CLOSED ? 0 : rc; /* told to stop */
}

int es_work_follow(struct es_worker *worker, struct earshot_error *error)
{
	for (int polls = 0; polls < FOLLOW_POLLS; polls++) {
		struct es_batch batch = { 0 };
		int rc = es_session_poll(worker->follower, 0, &batch, error);
		for (size_t i = 0; i < batch.n && rc == 0; i++)
			rc = take(worker, &batch.records[i], error);
		if (rc || batch.event == ES_EVENT_NONE)
			return rc;
	}
	return 0;
}
