/* SPDX-License-Identifier: MIT
 *
 * read.c - one topic from a place to its end, for who restores a state from the log.
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

/* Sets the session to where each partition begins; `ends`: where it ends, EARSHOT_NONE =
 * it is not read. */
static int seek_partitions(const struct es_reading *reading, struct es_session *session, int n,
			   int64_t *ends, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	for (int p = 0; rc == EARSHOT_OK && p < n; p++) {
		int64_t from, begun;
		rc = es_bus_begun(reading->bus, reading->topic, p, &begun, error);
		if (rc == EARSHOT_OK)
			rc = first_of(reading, p, begun, &from, error);
		if (rc != EARSHOT_OK)
			return rc;
		bool skip = from == EARSHOT_NONE;
		ends[p] = skip ? EARSHOT_NONE : begun;
		rc = es_session_seek(session, reading->topic, p, skip ? begun : from, error);
		if (rc == EARSHOT_OK && skip)
			rc = es_session_pause(session, reading->topic, p, true, error);
	}
	return rc;
}

/* How many partitions are still to be read to their ends. */
static int look_behind(struct es_session *session, const char *topic, int n, int64_t *ends,
		       int *behind, struct earshot_error *error)
{
	*behind = 0;
	for (int p = 0; p < n; p++) {
		int64_t next;
		if (ends[p] == EARSHOT_NONE)
			continue;
		int rc = es_session_position(session, topic, p, &next, error);
		if (rc != EARSHOT_OK)
			return rc;
		if (next >= ends[p])
			ends[p] = EARSHOT_NONE;
		else
			++*behind;
	}
	return EARSHOT_OK;
}

int es_bus_read(const struct es_reading *reading, es_reading_fn *fn, void *ctx,
		struct earshot_error *error)
{
	const char *topic = reading->topic;
	struct es_session *session = NULL;
	int64_t *ends = NULL, heard = es_monotonic_ms();
	int behind = 0, n = es_bus_partitions(reading->bus, topic, error);
	if (n < 0)
		return n;
	const struct es_session_options options = { .role = reading->role,
						    .instance = reading->instance,
						    .threads = 1,
						    .topics = &topic,
						    .n_topics = 1 };
	int rc = es_session_open(reading->bus, &options, &session, error);
	if (rc != EARSHOT_OK)
		return rc;
	ends = calloc((size_t)n, sizeof(*ends));
	rc = ends ? seek_partitions(reading, session, n, ends, error) : es_err_nomem(error);
	if (rc == EARSHOT_OK)
		rc = look_behind(session, topic, n, ends, &behind, error);
	while (rc == EARSHOT_OK && behind) {
		struct es_batch batch;
		rc = es_session_poll(session, POLL_MS, &batch, error);
		if (rc == EARSHOT_OK && batch.event == ES_EVENT_RECORDS)
			heard = es_monotonic_ms();
		else if (rc == EARSHOT_OK && reading->stop && atomic_load(reading->stop))
			rc = es_err(error, EARSHOT_CLOSED, "told to stop");
		else if (rc == EARSHOT_OK && es_monotonic_ms() - heard > SILENCE_MS)
			rc = es_err(error, EARSHOT_UNAVAILABLE,
				    "topic %s cannot be read to its end", topic);
		for (size_t i = 0; rc == EARSHOT_OK && i < batch.n; i++)
			rc = fn(ctx, &batch.records[i], error);
		if (rc == EARSHOT_OK)
			rc = look_behind(session, topic, n, ends, &behind, error);
	}
	free(ends);
	es_session_close(session);
	return rc;
}
