/* SPDX-License-Identifier: MIT
 *
 * read.c - topics from a place to their ends, for who restores a state from the log.
 * On top of the sessions of either engine.
 */
#include <stdlib.h>
#include "bus/bus.h"

/* What others have begun ends within the time-out of their transactions (15 s) and the
 * broker's look after those (10 s); a log that is silent for longer is away. */
#define SILENCE_MS 40000
#define POLL_MS    250

/* Where reading of a partition begins; EARSHOT_NONE = nowhere. */
static int first_of(const struct es_reading *reading, int partition, int64_t begun, int64_t *from,
		    struct earshot_error *error)
{
	int64_t first, end, at;
	*from = EARSHOT_NONE;
	if (reading->wanted && !reading->wanted[partition])
		return EARSHOT_OK;
	int rc = es_bus_offsets(reading->bus, reading->topic, partition, &first, &end, error);
	if (rc == EARSHOT_OK && reading->from_ms > 0) {
		rc = es_bus_offset_at(reading->bus, reading->topic, partition, reading->from_ms,
				      &at, error);
		first = at > first ? at : first;
	}
	if (reading->from_offset > first)
		first = reading->from_offset;
	if (rc == EARSHOT_OK && first < begun)
		*from = first;
	return rc;
}

/* Sets the session to where each partition begins, and says where it ends. */
static int seek_partitions(const struct es_reading *reading, struct es_session *session,
			   struct es_ends *ends, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	for (int p = 0; rc == EARSHOT_OK && p < ends->n; p++) {
		int64_t from, begun;
		rc = es_bus_begun(reading->bus, reading->topic, p, &begun, error);
		if (rc == EARSHOT_OK)
			rc = first_of(reading, p, begun, &from, error);
		if (rc != EARSHOT_OK)
			return rc;
		bool skip = from == EARSHOT_NONE;
		ends->at[p] = skip ? EARSHOT_NONE : begun;
		rc = es_session_seek(session, reading->topic, p, skip ? begun : from, error);
		if (rc == EARSHOT_OK && skip)
			rc = es_session_pause(session, reading->topic, p, true, error);
	}
	return rc;
}

/* A topic that is still to be read to its end; NULL = none. */
static int look_behind(struct es_session *session, struct es_ends *ends, size_t n,
		       const char **behind, struct earshot_error *error)
{
	*behind = NULL;
	for (size_t i = 0; i < n; i++)
		for (int p = 0; p < ends[i].n; p++) {
			int64_t next;
			if (ends[i].at[p] == EARSHOT_NONE)
				continue;
			int rc = es_session_position(session, ends[i].topic, p, &next, error);
			if (rc != EARSHOT_OK)
				return rc;
			if (next >= ends[i].at[p])
				ends[i].at[p] = EARSHOT_NONE;
			else
				*behind = ends[i].topic;
		}
	return EARSHOT_OK;
}

int es_session_read(struct es_session *session, struct es_ends *ends, size_t n,
		    const atomic_bool *stop, es_reading_fn *fn, void *ctx,
		    struct earshot_error *error)
{
	const char *behind;
	int64_t heard = es_monotonic_ms();
	int rc = look_behind(session, ends, n, &behind, error);
	while (rc == EARSHOT_OK && behind) {
		struct es_batch batch;
		if (stop && atomic_load(stop))
			return es_err(error, EARSHOT_CLOSED, "told to stop");
		rc = es_session_poll(session, POLL_MS, &batch, error);
		if (rc == EARSHOT_OK && batch.event == ES_EVENT_RECORDS)
			heard = es_monotonic_ms();
		else if (rc == EARSHOT_OK && es_monotonic_ms() - heard > SILENCE_MS)
			rc = es_err(error, EARSHOT_UNAVAILABLE,
				    "topic %s cannot be read to its end", behind);
		for (size_t i = 0; rc == EARSHOT_OK && i < batch.n; i++)
			rc = fn(ctx, &batch.records[i], error);
		if (rc == EARSHOT_OK)
			rc = look_behind(session, ends, n, &behind, error);
	}
	return rc;
}

int es_bus_read(const struct es_reading *reading, es_reading_fn *fn, void *ctx,
		struct earshot_error *error)
{
	struct es_session *session = NULL;
	struct es_ends ends = { .topic = reading->topic };
	ends.n = es_bus_partitions(reading->bus, reading->topic, error);
	if (ends.n < 0)
		return ends.n;
	const struct es_session_options options = { .role = reading->role,
						    .instance = reading->instance,
						    .threads = 1,
						    .topics = &reading->topic,
						    .n_topics = 1 };
	int rc = es_session_open(reading->bus, &options, &session, error);
	if (rc != EARSHOT_OK)
		return rc;
	ends.at = calloc((size_t)ends.n, sizeof(*ends.at));
	rc = ends.at ? seek_partitions(reading, session, &ends, error) : es_err_nomem(error);
	if (rc == EARSHOT_OK)
		rc = es_session_read(session, &ends, 1, reading->stop, fn, ctx, error);
	free(ends.at);
	es_session_close(session);
	return rc;
}
