/* SPDX-License-Identifier: MIT
 *
 * Reading: what the group says first, then moves, then the queue; then waiting. */
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>
#include "bus/kafka.h"

#define SLICE_MS 250 /* librdkafka rings when its queue fills; this is to be sure */
#define SEEK_MS  1000
/* An end or a record is told of what was assigned anew within a second; 2.0.2 may lose a
 * partition whose topic went while it was being stopped, and then waits for it for ever. */
#define ANEW_MS 5000
/* From giving partitions to taking or giving them anew: 2.0.2 stops a partition once more whose
 * first stop is still on its way, and then fails an assertion of its own. */
#define CALM_MS 500

void es_kafka_drop_batch(struct kafka_session *session)
{
	for (size_t i = 0; i < session->n_messages; i++)
		rd_kafka_message_destroy(session->messages[i]);
	session->n_messages = 0;
}

/* ---- the group ---- */

/* Partitions as the consumer is to have them; NULL = none. */
static rd_kafka_resp_err_t hand_over(struct kafka_session *session,
				     const rd_kafka_topic_partition_list_t *list)
{
	int64_t left = session->handed ? session->handed + CALM_MS - es_monotonic_ms() : 0;
	if (left > 0) /* nothing tells when they have stopped */
		nanosleep(&(struct timespec){ 0, left * 1000000L }, NULL);
	rd_kafka_resp_err_t why = rd_kafka_assign(session->consumer, list);
	session->handed = list ? es_monotonic_ms() : 0;
	return why;
}

static int answer_group(struct kafka_session *session, struct es_batch *batch,
			struct earshot_error *error)
{
	if (session->pending == KAFKA_TAKEN) {
		bool told = session->assigned;
		if (session->base.open) {
			(void)!es_kafka_abort(&session->base, NULL);
			session->base.open = false;
		}
		session->pending = KAFKA_NOTHING;
		session->assigned = session->started = false;
		hand_over(session, NULL);
		if (told) {
			batch->event = ES_EVENT_REVOKED;
			batch->partitions = session->partitions;
			batch->n_partitions = session->n_positions;
		}
		session->n_positions = 0;
		session->nothing_next = session->anew = 0;
		return EARSHOT_OK;
	}
	int rc = es_kafka_given(session, error);
	if (rc != EARSHOT_OK) {
		session->n_positions = 0;
		return rc; /* stays pending */
	}
	session->pending = KAFKA_NOTHING;
	session->assigned = true;
	session->nothing_next = session->n_positions ? 0 : es_monotonic_ms() + ES_KAFKA_NOTHING_MS;
	batch->event = ES_EVENT_ASSIGNED;
	batch->partitions = session->partitions;
	batch->n_partitions = session->n_positions;
	return EARSHOT_OK;
}

static int start(struct kafka_session *session, struct earshot_error *error)
{
	rd_kafka_topic_partition_list_t *list = es_kafka_list(session, false);
	rd_kafka_resp_err_t why = hand_over(session, list);
	rd_kafka_topic_partition_list_destroy(list);
	if (why)
		return es_kafka_fail(session->bus, why, "taking partitions", NULL, error);
	list = rd_kafka_topic_partition_list_new((int)session->n_positions);
	for (size_t i = 0; i < session->n_positions; i++) {
		struct kafka_position *position = &session->positions[i];
		position->moved = false;
		if (position->paused)
			rd_kafka_topic_partition_list_add(list, position->topic->full,
							  position->partition);
	}
	if (list->cnt)
		why = rd_kafka_pause_partitions(session->consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
	session->started = true;
	return why ? es_kafka_fail(session->bus, why, "pausing partitions", NULL, error)
		   : EARSHOT_OK;
}

/* What cannot be moved yet (its fetcher starts or looks for its leader) stays moved
 * and is tried again; until then nothing of it is delivered. */
static int move(struct kafka_session *session, struct earshot_error *error)
{
	rd_kafka_topic_partition_list_t *list = NULL;
	for (size_t i = 0; i < session->n_positions; i++) {
		struct kafka_position *position = &session->positions[i];
		if (!position->moved || position->paused)
			continue;
		if (!list)
			list = rd_kafka_topic_partition_list_new((int)session->n_positions);
		rd_kafka_topic_partition_list_add(list, position->topic->full, position->partition)
			->offset = position->next;
	}
	if (!list)
		return EARSHOT_OK;
	rd_kafka_error_t *failed = rd_kafka_seek_partitions(session->consumer, list, SEEK_MS);
	int rc = EARSHOT_OK;
	bool late = failed && rd_kafka_error_code(failed) == RD_KAFKA_RESP_ERR__TIMED_OUT;
	if (failed && !late)
		rc = es_kafka_fail(session->bus, rd_kafka_error_code(failed), "seeking", NULL,
				   error);
	rd_kafka_error_destroy(failed);
	for (size_t i = 0, at = 0; i < session->n_positions && rc == EARSHOT_OK && !late; i++) {
		struct kafka_position *position = &session->positions[i];
		if (!position->moved || position->paused)
			continue;
		position->moved = list->elems[at++].err != RD_KAFKA_RESP_ERR_NO_ERROR;
		position->at_end = false;
	}
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}

static bool settled(const struct kafka_session *session)
{
	if (!session->started)
		return true; /* a group takes its own time */
	for (size_t i = 0; i < session->n_positions; i++) {
		const struct kafka_position *position = &session->positions[i];
		if (!position->paused && (position->moved || !position->at_end))
			return false;
	}
	return true;
}

/* ---- the queue ---- */

/* Records come in runs of one partition: *last is tried first. */
static struct kafka_position *owner_of(struct kafka_session *session,
				       const rd_kafka_message_t *message, size_t *last)
{
	const char *name = message->rkt ? rd_kafka_topic_name(message->rkt) : "";
	for (size_t i = 0; i < session->n_positions; i++) {
		size_t at = (*last + i) % session->n_positions;
		struct kafka_position *position = &session->positions[at];
		if (position->partition == message->partition &&
		    strcmp(position->topic->full, name) == 0) {
			*last = at;
			return position;
		}
	}
	return NULL;
}

/* A message that is an error. Most mend themselves and are only logged. */
static int on_trouble(struct kafka_session *session, const rd_kafka_message_t *message,
		      struct kafka_position *position, struct earshot_error *error)
{
	switch (message->err) {
	case RD_KAFKA_RESP_ERR__PARTITION_EOF:
		session->anew = 0;
		if (position && !position->moved) {
			position->at_end = true;
			/* markers and what was aborted or compacted away are passed over */
			if (message->offset > position->next)
				position->next = message->offset;
		}
		return EARSHOT_OK;
	case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET: /* outside of the partition */
		session->suspect = true;
		return EARSHOT_OK;
	case RD_KAFKA_RESP_ERR__BAD_MSG:
		es_kafka_fail(session->bus, message->err, "a damaged record in",
			      position ? position->topic->name : NULL, error);
		if (error)
			error->record = message->offset;
		return EARSHOT_DATA;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		return es_kafka_fail(session->bus, message->err, "reading",
				     position ? position->topic->name : session->group, error);
	default:
		es_log(ES_DEBUG, "kafka.reading",
		       ES_LOG_S("text", rd_kafka_message_errstr(message)));
		return EARSHOT_OK;
	}
}

static int grow(struct kafka_session *session, size_t n, struct earshot_error *error)
{
	if (n <= session->cap_messages)
		return EARSHOT_OK;
	size_t cap = session->cap_messages ? 2 * session->cap_messages : 2 * ES_KAFKA_CHUNK;
	while (cap < n)
		cap *= 2;
	/* the list and its shadow, into which it is sorted */
	void *messages = realloc(session->messages, 2 * cap * sizeof(*session->messages));
	if (messages)
		session->messages = messages;
	void *owners = realloc(session->owners, cap * sizeof(*session->owners));
	if (owners)
		session->owners = owners;
	void *records = realloc(session->records, cap * sizeof(*session->records));
	if (records)
		session->records = records;
	if (!messages || !owners || !records)
		return es_err_nomem(error);
	session->cap_messages = cap;
	return EARSHOT_OK;
}

/* What lies before the position was read: 2.0.2 may fetch from a stale offset again (its #4637). */
static int take_queue(struct kafka_session *session, struct earshot_error *error)
{
	rd_kafka_message_t *chunk[ES_KAFKA_CHUNK];
	size_t bytes = 0, last = 0, repeated = 0;
	int rc = EARSHOT_OK;
	while (rc == EARSHOT_OK && session->pending == KAFKA_NOTHING &&
	       session->n_messages < session->batch_records && bytes < session->batch_bytes) {
		size_t most = session->batch_records - session->n_messages;
		rc = grow(session, session->n_messages + ES_KAFKA_CHUNK, error);
		if (rc != EARSHOT_OK)
			break;
		ssize_t n = rd_kafka_consume_batch_queue(
			session->queue, 0, chunk, most < ES_KAFKA_CHUNK ? most : ES_KAFKA_CHUNK);
		if (n <= 0)
			break;
		for (ssize_t i = 0; i < n; i++) {
			rd_kafka_message_t *message = chunk[i];
			struct kafka_position *position = owner_of(session, message, &last);
			bool keep = !message->err && position && !position->moved &&
				    !position->paused && session->started;
			if (keep && message->offset < position->next) {
				keep = false;
				repeated++;
			}
			if (keep) {
				session->anew = 0;
				session->owners[session->n_messages] = last;
				session->messages[session->n_messages++] = message;
				position->next = message->offset + 1;
				position->at_end = false;
				bytes += message->len + message->key_len;
				continue;
			}
			if (message->err && rc == EARSHOT_OK)
				rc = on_trouble(session, message, position, error);
			rd_kafka_message_destroy(message);
		}
	}
	if (repeated)
		es_log(ES_INFO, "kafka.repeated", ES_LOG_S("session", session->id),
		       ES_LOG_I("records", repeated));
	return rc;
}

/* Records of one partition stand together, in their order. */
static int group_batch(struct kafka_session *session, struct earshot_error *error)
{
	rd_kafka_message_t **from = session->messages, **to = from + session->cap_messages;
	size_t n = session->n_messages;
	size_t *place = calloc(session->n_positions + 1, sizeof(*place));
	if (!place)
		return es_err_nomem(error);
	for (size_t i = 0; i < n; i++)
		place[session->owners[i] + 1]++;
	for (size_t p = 0; p < session->n_positions; p++)
		place[p + 1] += place[p];
	for (size_t i = 0; i < n; i++)
		to[place[session->owners[i]]++] = from[i];
	/* after the loop place[p] is where the records of p end */
	for (size_t i = 0, p = 0; i < n; i++) {
		while (i >= place[p])
			p++;
		session->owners[i] = p;
	}
	memcpy(from, to, n * sizeof(*from));
	free(place);
	return EARSHOT_OK;
}

static int read_headers(struct kafka_session *session, const rd_kafka_message_t *message,
			struct es_record *record, struct earshot_error *error)
{
	rd_kafka_headers_t *headers = NULL;
	if (rd_kafka_message_headers(message, &headers) || !headers)
		return EARSHOT_OK;
	size_t n = rd_kafka_header_cnt(headers), size;
	/* what is over the limit is a stranger's: ours are refused by put */
	n = n < ES_BUS_HEADERS_MAX ? n : ES_BUS_HEADERS_MAX;
	struct es_header *out = es_arena_alloc(&session->batch, n * sizeof(*out));
	if (!out)
		return es_err_nomem(error);
	for (size_t i = 0; i < n; i++) {
		if (rd_kafka_header_get_all(headers, i, &out[i].name, &out[i].value, &size))
			return es_err(error, EARSHOT_DATA, "%s/%d: damaged headers", record->topic,
				      record->partition);
		out[i].len = size;
	}
	record->headers = out;
	record->n_headers = n;
	return EARSHOT_OK;
}

/* Nothing of it was delivered: it comes again. */
static void put_back(struct kafka_session *session)
{
	for (size_t i = session->n_messages; i-- > 0;) {
		struct kafka_position *position = &session->positions[session->owners[i]];
		position->next = session->messages[i]->offset;
		position->moved = true;
	}
	es_kafka_drop_batch(session);
}

static int deliver(struct kafka_session *session, struct es_batch *batch,
		   struct earshot_error *error)
{
	int rc = group_batch(session, error);
	if (rc == EARSHOT_OK && !es_kafka_same_topics(session)) {
		put_back(session);
		session->suspect = true;
		return EARSHOT_OK;
	}
	for (size_t i = 0; i < session->n_messages && rc == EARSHOT_OK; i++) {
		const rd_kafka_message_t *message = session->messages[i];
		struct kafka_position *position = &session->positions[session->owners[i]];
		rd_kafka_timestamp_type_t type;
		session->records[i] =
			(struct es_record){ .topic = position->topic->name,
					    .partition = position->partition,
					    .offset = message->offset,
					    .time_ms = rd_kafka_message_timestamp(message, &type),
					    .key = message->key,
					    .key_len = message->key_len,
					    .value = message->payload,
					    .value_len = message->len };
		position->seen = message->offset;
		if (type == RD_KAFKA_TIMESTAMP_LOG_APPEND_TIME &&
		    session->records[i].time_ms > position->latest)
			position->latest = session->records[i].time_ms;
		rc = read_headers(session, message, &session->records[i], error);
	}
	if (rc != EARSHOT_OK) {
		put_back(session);
		return rc;
	}
	batch->event = ES_EVENT_RECORDS;
	batch->records = session->records;
	batch->n = session->n_messages;
	return EARSHOT_OK;
}

/* ---- the loop ---- */

static void wait_for_more(struct kafka_session *session, int64_t left)
{
	struct pollfd fd = { session->wake, POLLIN, 0 };
	uint64_t count;
	if (!atomic_load(&session->woken))
		poll(&fd, 1, (int)(left < SLICE_MS ? left : SLICE_MS));
	while (read(session->wake, &count, sizeof(count)) > 0)
		continue;
}

static int check_fatal(struct kafka_session *session, struct earshot_error *error)
{
	char text[256];
	rd_kafka_resp_err_t why = RD_KAFKA_RESP_ERR_NO_ERROR;
	if (session->consumer)
		why = rd_kafka_fatal_error(session->consumer, text, sizeof(text));
	if (!why)
		return EARSHOT_OK;
	es_log(ES_INFO, "kafka.fatal", ES_LOG_S("session", session->id), ES_LOG_S("text", text));
	int rc = es_kafka_taken(session, error);
	return rc == EARSHOT_OK ? es_kafka_rejoin(session, error) : rc;
}

/* One round: 0 with an event, or 0 without. */
static int look(struct kafka_session *session, struct es_batch *batch, struct earshot_error *error)
{
	int rc = check_fatal(session, error);
	if (rc == EARSHOT_OK && session->unsure)
		rc = es_kafka_producer(session, error);
	if (rc == EARSHOT_OK && session->pending != KAFKA_NOTHING) {
		rc = answer_group(session, batch, error);
		if (rc != EARSHOT_OK || batch->event != ES_EVENT_NONE)
			return rc;
	}
	if (rc == EARSHOT_OK)
		rc = es_kafka_look_given(session, error);
	if (rc != EARSHOT_OK || !session->consumer)
		return rc;
	if (session->started && es_kafka_look_remade(session))
		return EARSHOT_OK;
	if (session->anew && session->started && es_monotonic_ms() - session->anew > ANEW_MS) {
		session->anew = 0;
		return es_kafka_rejoin(session, error);
	}
	if (!session->started && (!session->group || session->assigned))
		rc = start(session, error);
	else if (session->started)
		rc = move(session, error);
	if (rc != EARSHOT_OK)
		return rc;
	rc = take_queue(session, error);
	if (session->pending != KAFKA_NOTHING) { /* what was read is not ours any more */
		es_kafka_drop_batch(session);
		return answer_group(session, batch, error);
	}
	if (session->n_messages) /* an error behind them: the next poll meets it */
		rc = deliver(session, batch, error);
	return rc;
}

/* What clients complain of waits in their queues until somebody serves it: a day without
 * brokers must not fill the memory. The consumer's is served by reading. */
static void serve_complaints(struct kafka_session *session)
{
	struct kafka *bus = session->bus;
	pthread_mutex_lock(&bus->mutex);
	rd_kafka_t *all = bus->all;
	pthread_mutex_unlock(&bus->mutex);
	rd_kafka_poll(bus->client, 0);
	if (all)
		rd_kafka_poll(all, 0);
	if (session->producer)
		rd_kafka_poll(session->producer->rk, 0);
}

int es_kafka_poll(struct es_session *base, int timeout_ms, struct es_batch *batch,
		  struct earshot_error *error)
{
	struct kafka_session *session = (struct kafka_session *)base;
	int64_t until = es_monotonic_ms() + timeout_ms;
	if (session->fenced)
		return es_kafka_fenced(session, error);
	es_kafka_drop_batch(session);
	es_arena_reset(&session->batch);
	serve_complaints(session);
	for (;;) {
		int rc = look(session, batch, error);
		if (rc != EARSHOT_OK || batch->event != ES_EVENT_NONE)
			return rc;
		if (atomic_exchange(&session->woken, false))
			return EARSHOT_OK;
		/* "nothing came" means "nothing is there": it waits to hear of the ends.
		 * Who does not wait at all asks for no such promise */
		int64_t left = until - es_monotonic_ms();
		if (left <= 0 && (timeout_ms == 0 || settled(session)))
			return EARSHOT_OK;
		if (left <= 0)
			left += ES_KAFKA_SETTLE_MS;
		if (left <= 0)
			return EARSHOT_OK;
		wait_for_more(session, left);
	}
}

/* write() and the flag are all that a signal handler may use. */
void es_kafka_wake(struct es_session *base)
{
	struct kafka_session *session = (struct kafka_session *)base;
	uint64_t one = 1;
	atomic_store(&session->woken, true);
	ssize_t ignored = write(session->wake, &one, sizeof(one)); /* full = awake anyway */
	(void)ignored;
}
