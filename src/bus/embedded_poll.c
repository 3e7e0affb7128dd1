/* SPDX-License-Identifier: MIT
 *
 * Reading: one short read transaction a poll, and waiting without a busy loop. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "bus/embedded.h"

static int damaged(struct embedded_session *session, const struct es_record *record,
		   struct earshot_error *error)
{
	es_err(error, EARSHOT_DATA, "%s: the headers of %s/%d at %lld are damaged",
	       session->bus->path, record->topic, record->partition, (long long)record->offset);
	if (error)
		error->record = record->offset;
	return EARSHOT_DATA;
}

/* Its writer is write_headers() in embedded_write.c. `at` is our copy. */
static int read_headers(struct embedded_session *session, struct es_record *record,
			const unsigned char *at, size_t len, struct earshot_error *error)
{
	const unsigned char *end = at + len;
	struct es_header *headers =
		es_arena_alloc(&session->batch, ES_BUS_HEADERS_MAX * sizeof(*headers));
	size_t n = 0;
	if (!headers)
		return es_err_nomem(error);
	while (at < end) {
		size_t name, left = (size_t)(end - at);
		if (n == ES_BUS_HEADERS_MAX || left < 7)
			return damaged(session, record, error);
		name = at[0] | (size_t)at[1] << 8;
		if (left < name + 7 || at[2 + name] != '\0')
			return damaged(session, record, error);
		headers[n].name = (const char *)at + 2;
		at += name + 3;
		uint32_t size = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
				(uint32_t)at[3] << 24;
		at += 4;
		headers[n].value = size == UINT32_MAX ? NULL : at;
		headers[n].len = size == UINT32_MAX ? 0 : size;
		if (headers[n].len > (size_t)(end - at))
			return damaged(session, record, error);
		at += headers[n++].len;
	}
	record->headers = headers;
	record->n_headers = n;
	return EARSHOT_OK;
}

/* Copies one row; *size = its bytes. */
static int read_record(struct embedded_session *session, const struct es_position *position,
		       struct es_record *record, size_t *size, struct earshot_error *error)
{
	sqlite3_stmt *stmt = position->select;
	const void *blob[3]; /* key, headers, value */
	size_t len[3];
	for (int i = 0; i < 3; i++) {
		blob[i] = sqlite3_column_blob(stmt, 2 + i);
		len[i] = (size_t)sqlite3_column_bytes(stmt, 2 + i);
	}
	*size = len[0] + len[1] + len[2];
	unsigned char *copy = es_arena_alloc(&session->batch, *size);
	if (!copy)
		return es_err_nomem(error);
	*record = (struct es_record){ .topic = position->topic->name,
				      .partition = position->partition,
				      .offset = sqlite3_column_int64(stmt, 0),
				      .time_ms = sqlite3_column_int64(stmt, 1) };
	/* an empty blob has no pointer: only the type tells it from null */
	if (sqlite3_column_type(stmt, 2) != SQLITE_NULL) {
		record->key = copy;
		record->key_len = len[0];
	}
	if (sqlite3_column_type(stmt, 4) != SQLITE_NULL) {
		record->value = copy + len[0] + len[1];
		record->value_len = len[2];
	}
	unsigned char *at = copy;
	for (int i = 0; i < 3; i++) {
		if (len[i])
			memcpy(at, blob[i], len[i]);
		at += len[i];
	}
	return len[1] ? read_headers(session, record, copy + len[0], len[1], error) : EARSHOT_OK;
}

static int grow_records(struct embedded_session *session, size_t n, struct earshot_error *error)
{
	if (n < session->cap_records)
		return EARSHOT_OK;
	size_t cap = session->cap_records ? 2 * session->cap_records : 256;
	struct es_record *records = realloc(session->records, cap * sizeof(*records));
	if (!records)
		return es_err_nomem(error);
	session->records = records;
	session->cap_records = cap;
	return EARSHOT_OK;
}

static int read_partition(struct embedded_session *session, struct es_position *position, size_t *n,
			  size_t *bytes, struct earshot_error *error)
{
	int step = SQLITE_ROW;
	int rc = es_conn_stmt(&session->conn, &position->select, error,
			      "SELECT offset, time, key, headers, value FROM log_%lld_%d"
			      " WHERE offset >= ? ORDER BY offset",
			      (long long)position->topic->id, position->partition);
	if (rc != EARSHOT_OK)
		return rc;
	sqlite3_bind_int64(position->select, 1, position->next);
	while (rc == EARSHOT_OK && *n < session->batch_records && *bytes < session->batch_bytes &&
	       (step = sqlite3_step(position->select)) == SQLITE_ROW) {
		size_t size;
		rc = grow_records(session, *n, error);
		if (rc == EARSHOT_OK)
			rc = read_record(session, position, &session->records[*n], &size, error);
		if (rc != EARSHOT_OK)
			break;
		position->next = session->records[*n].offset + 1;
		*bytes += size;
		++*n;
	}
	if (rc == EARSHOT_OK && step != SQLITE_ROW && step != SQLITE_DONE)
		rc = es_conn_fail(&session->conn, step, "reading", error);
	/* what compaction or retention took away at the end is passed over */
	if (rc == EARSHOT_OK && step == SQLITE_DONE && position->next < position->end)
		position->next = position->end;
	sqlite3_reset(position->select);
	return rc;
}

static int check_fence(struct embedded_session *session, struct earshot_error *error)
{
	int64_t value = 0;
	if (!session->epoch) /* it has no name yet */
		return EARSHOT_OK;
	sqlite3_bind_text(session->epoch_of, 1, session->name, -1, SQLITE_STATIC);
	int rc = es_conn_ints(&session->conn, session->epoch_of, &value, 1, error);
	if (rc == EARSHOT_NOTFOUND || (rc == EARSHOT_OK && value != session->epoch))
		return es_session_fenced(session, error);
	if (rc != EARSHOT_OK || !session->group)
		return rc;
	sqlite3_bind_text(session->owner, 1, session->group, -1, SQLITE_STATIC);
	rc = es_conn_ints(&session->conn, session->owner, &value, 1, error);
	if (rc == EARSHOT_NOTFOUND || (rc == EARSHOT_OK && value != session->bus->token))
		return es_session_fenced(session, error);
	return rc;
}

static int read_version(struct embedded_session *session, int64_t *version,
			struct earshot_error *error)
{
	return es_conn_ints(&session->conn, session->version_of, version, 1, error);
}

static int read_batch(struct embedded_session *session, size_t *n, struct earshot_error *error)
{
	size_t bytes = 0;
	int rc = check_fence(session, error);
	for (size_t i = 0; i < session->n_positions && rc == EARSHOT_OK; i++) {
		struct es_position *position = &session->positions[i];
		sqlite3_bind_int64(session->end_of, 1,
				   es_log_pid(position->topic, position->partition));
		rc = es_conn_ints(&session->conn, session->end_of, &position->end, 1, error);
	}
	/* begins where the last poll ended, so that a full partition starves none */
	size_t start = session->n_positions ? session->turn % session->n_positions : 0;
	session->drained = true;
	for (size_t i = 0; i < session->n_positions && rc == EARSHOT_OK; i++) {
		size_t at = (start + i) % session->n_positions;
		struct es_position *position = &session->positions[at];
		if (position->paused || position->next >= position->end)
			continue;
		if (*n >= session->batch_records || bytes >= session->batch_bytes) {
			session->drained = false;
			break;
		}
		rc = read_partition(session, position, n, &bytes, error);
		session->drained &= position->next >= position->end;
		session->turn = at + 1;
	}
	return rc;
}

/* Everything of one poll comes from one snapshot of the file. */
static int look(struct embedded_session *session, size_t *n, struct earshot_error *error)
{
	int64_t version;
	int rc = read_version(session, &version, error);
	if (rc != EARSHOT_OK || (session->drained && version == session->version))
		return rc;
	/* version first: a commit in between makes the next look happen, not miss */
	session->version = version;
	rc = sqlite3_step(session->begin);
	sqlite3_reset(session->begin);
	if (rc != SQLITE_DONE)
		return es_conn_fail(&session->conn, rc, "reading", error);
	rc = read_batch(session, n, error);
	if (rc != EARSHOT_OK)
		session->drained = false;
	sqlite3_step(session->end);
	sqlite3_reset(session->end);
	return rc;
}

/* Sleeps until a wake, a commit or the time: the flag is up before the version
 * is read again, and commits read the flag after they are visible. */
static int wait_for_more(struct embedded_session *session, int64_t left,
			 struct earshot_error *error)
{
	struct pollfd fd = { session->wake, POLLIN, 0 };
	int64_t version, slice = session->bus->watching ? ES_LOOK_WATCHED_MS : ES_LOOK_MS;
	uint64_t count;
	atomic_store(&session->waiting, true);
	int rc = read_version(session, &version, error);
	if (rc == EARSHOT_OK && version == session->version && !atomic_load(&session->woken))
		poll(&fd, 1, (int)(left < slice ? left : slice));
	atomic_store(&session->waiting, false);
	while (read(session->wake, &count, sizeof(count)) > 0)
		continue;
	return rc;
}

int es_embedded_poll(struct es_session *base, int timeout_ms, struct es_batch *batch,
		     struct earshot_error *error)
{
	struct embedded_session *session = (struct embedded_session *)base;
	int64_t until = es_monotonic_ms() + timeout_ms;
	int rc = EARSHOT_OK;
	if (atomic_load(&session->fenced))
		return es_session_fenced(session, error);
	es_arena_reset(&session->batch);
	if (!session->assigned) {
		rc = es_session_assign(session, error);
		if (rc == EARSHOT_OK) {
			batch->event = ES_EVENT_ASSIGNED;
			batch->partitions = session->partitions;
			batch->n_partitions = session->n_positions;
		}
		return rc;
	}
	for (;;) {
		size_t n = 0;
		rc = look(session, &n, error);
		/* what was read before a failure is delivered; the next poll meets it again */
		if (rc != EARSHOT_OK && n == 0)
			return rc;
		if (n) {
			batch->event = ES_EVENT_RECORDS;
			batch->records = session->records;
			batch->n = n;
			return EARSHOT_OK;
		}
		if (atomic_exchange(&session->woken, false))
			return EARSHOT_OK;
		int64_t left = until - es_monotonic_ms();
		if (left <= 0)
			return EARSHOT_OK;
		rc = wait_for_more(session, left, error);
		if (rc != EARSHOT_OK)
			return rc;
	}
}

/* write() and the flag are all that a signal handler may use. */
void es_embedded_wake(struct es_session *base)
{
	struct embedded_session *session = (struct embedded_session *)base;
	uint64_t one = 1;
	atomic_store(&session->woken, true);
	ssize_t ignored = write(session->wake, &one, sizeof(one)); /* full = awake anyway */
	(void)ignored;
}
