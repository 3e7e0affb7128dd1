/* SPDX-License-Identifier: MIT
 *
 * Writing: the group commit, and the transactions of sessions.
 *
 * Everything that writes is a job. A thread queues its job; if nobody is
 * writing it leads: takes what is queued, does all of it in one SQLite
 * transaction (one fsync) and tells the others. Meanwhile new jobs queue up and
 * are the next group. Where a group fails each of its jobs is tried alone, so
 * that one that is too large for the disk does not fail the others. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "bus/embedded.h"

#define GROUP_BYTES (64u * ES_MIB) /* of one group, or one job */
#define GROUP_JOBS  64
#define KEEP_ARENA  (32u * ES_MIB) /* more is given back after a transaction */

int es_writer_init(struct embedded *bus, struct earshot_error *error)
{
	struct es_writer *writer = &bus->writer;
	struct es_conn *conn = &writer->conn;
	int rc = es_conn_open(conn, bus->path, SQLITE_OPEN_READWRITE, ES_OPEN_WAIT_MS, error);
	/* secure_delete: what was erased is not left lying in free pages */
	if (rc == EARSHOT_OK)
		rc = es_conn_exec(conn,
				  "PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;"
				  "PRAGMA secure_delete=ON; PRAGMA journal_size_limit=67108864",
				  "cannot open", error);
	if (rc == EARSHOT_OK)
		rc = es_checkpoint_init(bus, error);
	/* tells now, not at the first commit, that the folder may not be written */
	if (rc == EARSHOT_OK)
		rc = es_conn_exec(conn, "BEGIN IMMEDIATE; COMMIT", "cannot write to", error);
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &writer->begin, error, "BEGIN IMMEDIATE");
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &writer->commit, error, "COMMIT");
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &writer->rollback, error, "ROLLBACK");
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &writer->owner, error,
				  "SELECT token FROM owners WHERE grp = ?");
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &writer->epoch, error,
				  "SELECT epoch FROM fences WHERE name = ?");
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &writer->state, error,
				  "SELECT next, time FROM partitions WHERE pid = ?");
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &writer->advance, error,
				  "UPDATE partitions SET next = ?2, time = ?3 WHERE pid = ?1");
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(conn, &writer->offset, error,
				  "INSERT OR REPLACE INTO offsets(grp, pid, next) VALUES(?, ?, ?)");
	conn->wait_ms = ES_WRITE_WAIT_MS;
	return rc;
}

void es_writer_release(struct embedded *bus)
{
	es_conn_close(&bus->writer.conn);
	pthread_mutex_destroy(&bus->writer.mutex);
	pthread_cond_destroy(&bus->writer.changed);
}

static int step(struct es_conn *conn, sqlite3_stmt *stmt, struct earshot_error *error)
{
	errno = 0;
	int rc = sqlite3_step(stmt);
	sqlite3_reset(stmt);
	return rc == SQLITE_DONE ? EARSHOT_OK : es_conn_fail(conn, rc, "cannot write to", error);
}

/* Found out before anything was written: the transaction goes on without it. */
static bool harmless(int rc)
{
	return rc == EARSHOT_OK || rc == EARSHOT_FENCED || rc == EARSHOT_REFUSED ||
	       rc == EARSHOT_NOTFOUND || rc == EARSHOT_USAGE;
}

static void roll_back(struct es_writer *writer)
{
	if (!sqlite3_get_autocommit(writer->conn.db)) {
		sqlite3_step(writer->rollback);
		sqlite3_reset(writer->rollback);
	}
}

/* One SQLite transaction over the jobs from first on; sets rc of each. An error
 * is that of the transaction: nothing of it was written. */
static int run_group(struct embedded *bus, struct es_job *first, struct earshot_error *error)
{
	struct es_writer *writer = &bus->writer;
	int rc = step(&writer->conn, writer->begin, error);
	for (struct es_job *job = first; job && rc == EARSHOT_OK; job = job->next) {
		job->rc = job->run(bus, job, job->error);
		if (!harmless(job->rc)) {
			rc = job->rc;
			if (error && job->error)
				*error = *job->error;
		}
	}
	if (rc == EARSHOT_OK)
		rc = step(&writer->conn, writer->commit, error);
	if (rc != EARSHOT_OK)
		roll_back(writer);
	return rc;
}

static void lead(struct embedded *bus, struct es_job *first)
{
	struct earshot_error error = { .code = EARSHOT_OK };
	int rc = run_group(bus, first, &error);
	bool alone = !first->next;
	/* `next` stays the leader's until the jobs are told that they are done */
	for (struct es_job *job = first, *next; job && rc != EARSHOT_OK; job = next) {
		next = job->next;
		job->next = NULL;
		int own = alone ? rc : run_group(bus, job, &error);
		if (own != EARSHOT_OK) {
			job->rc = own;
			if (job->error)
				*job->error = error;
		}
		job->next = next;
	}
	es_checkpoint_after(bus);
	es_watch_ring(bus);
	es_watch_wake(bus);
}

int es_writer_run(struct embedded *bus, struct es_job *mine, struct earshot_error *error)
{
	struct es_writer *writer = &bus->writer;
	mine->error = error;
	mine->next = NULL;
	mine->done = false;
	pthread_mutex_lock(&writer->mutex);
	*writer->last = mine;
	writer->last = &mine->next;
	while (!mine->done) {
		if (writer->led) {
			pthread_cond_wait(&writer->changed, &writer->mutex);
			continue;
		}
		struct es_job *first = writer->first, *last = first;
		size_t bytes = first->bytes, n = 1;
		while (last->next && n < GROUP_JOBS && bytes + last->next->bytes <= GROUP_BYTES) {
			last = last->next;
			bytes += last->bytes;
			n++;
		}
		writer->first = last->next;
		if (!writer->first)
			writer->last = &writer->first;
		last->next = NULL;
		writer->led = true;
		pthread_mutex_unlock(&writer->mutex);
		lead(bus, first);
		pthread_mutex_lock(&writer->mutex);
		writer->led = false;
		for (struct es_job *job = first, *next; job; job = next) {
			next = job->next;
			job->done = true; /* its owner may be gone after the unlock */
		}
		pthread_cond_broadcast(&writer->changed);
	}
	pthread_mutex_unlock(&writer->mutex);
	return mine->rc;
}

/* ---- names ---- */

struct session_job {
	struct es_job job;
	struct embedded_session *session;
	bool offsets;
	int64_t epoch;
};

int es_session_fenced(struct embedded_session *session, struct earshot_error *error)
{
	atomic_store(&session->fenced, true);
	es_err(error, EARSHOT_FENCED, "another process or session has taken over \"%s\"",
	       session->group ? session->group : session->name);
	es_err_hint(error, "only one `earshot run` works on a log at a time; close this one");
	return EARSHOT_FENCED;
}

static int run_take_name(struct embedded *bus, struct es_job *base, struct earshot_error *error)
{
	struct session_job *job = (struct session_job *)base;
	struct embedded_session *session = job->session;
	struct es_conn *conn = &bus->writer.conn;
	sqlite3_stmt *stmt = NULL;
	int rc = es_conn_stmt(conn, &stmt, error,
			      "INSERT INTO fences(name, epoch) VALUES(?, 1)"
			      " ON CONFLICT(name) DO UPDATE SET epoch = epoch + 1"
			      " RETURNING epoch");
	if (rc == EARSHOT_OK) {
		sqlite3_bind_text(stmt, 1, session->name, -1, SQLITE_STATIC);
		rc = es_conn_ints(conn, stmt, &job->epoch, 1, error);
		sqlite3_finalize(stmt);
		stmt = NULL;
	}
	if (rc == EARSHOT_OK && session->group)
		rc = es_conn_stmt(conn, &stmt, error,
				  "INSERT OR REPLACE INTO owners(grp, token) VALUES(?, ?)");
	if (stmt) {
		sqlite3_bind_text(stmt, 1, session->group, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 2, bus->token);
		rc = step(conn, stmt, error);
		sqlite3_finalize(stmt);
	}
	return rc;
}

int es_session_take_name(struct embedded_session *session, struct earshot_error *error)
{
	struct session_job job = { { run_take_name, 0, NULL, 0, false, NULL }, session, false, 0 };
	int rc = es_writer_run(session->bus, &job.job, error);
	if (rc == EARSHOT_OK)
		session->epoch = job.epoch;
	return rc;
}

/* ---- the transaction of a session ---- */

/* headers, as they lie in the file, integers little-endian:
 *   { name length u16 | name | NUL | value length u32, all ones = null | value }...
 * Its reader is read_headers() in embedded_poll.c. */
struct es_put {
	struct es_put *next;
	size_t key_len, value_len, headers_len;
	bool has_key, has_value;
	unsigned char bytes[]; /* key, headers, value */
};

static size_t headers_size(const struct es_record *record)
{
	size_t size = 0;
	for (size_t i = 0; i < record->n_headers; i++)
		size += 2 + strlen(record->headers[i].name) + 1 + 4 +
			(record->headers[i].value ? record->headers[i].len : 0);
	return size;
}

static unsigned char *write_headers(unsigned char *at, const struct es_record *record)
{
	for (size_t i = 0; i < record->n_headers; i++) {
		const struct es_header *header = &record->headers[i];
		size_t name = strlen(header->name);
		uint32_t len = header->value ? (uint32_t)header->len : UINT32_MAX;
		*at++ = (unsigned char)name;
		*at++ = (unsigned char)(name >> 8);
		memcpy(at, header->name, name + 1);
		at += name + 1;
		for (int shift = 0; shift < 32; shift += 8)
			*at++ = (unsigned char)(len >> shift);
		if (header->value && header->len) {
			memcpy(at, header->value, header->len);
			at += header->len;
		}
	}
	return at;
}

static int find_target(struct embedded_session *session, const char *name, struct es_target **out,
		       struct earshot_error *error)
{
	struct es_log_topic *topic;
	for (size_t i = 0; i < session->n_targets; i++)
		if (strcmp(session->targets[i].topic->name, name) == 0) {
			*out = &session->targets[i];
			return EARSHOT_OK;
		}
	int rc = es_log_topic(session->bus, name, &topic, error);
	if (rc != EARSHOT_OK)
		return rc;
	struct es_target *targets =
		realloc(session->targets, (session->n_targets + 1) * sizeof(*targets));
	if (!targets)
		return es_err_nomem(error);
	session->targets = targets;
	*out = &targets[session->n_targets];
	(*out)->topic = topic;
	(*out)->slots = calloc((size_t)topic->partitions, sizeof(struct es_slot));
	if (!(*out)->slots)
		return es_err_nomem(error);
	for (int i = 0; i < topic->partitions; i++) {
		(*out)->slots[i].topic = topic;
		(*out)->slots[i].partition = i;
	}
	session->n_targets++;
	return EARSHOT_OK;
}

void es_session_drop(struct embedded_session *session)
{
	while (session->dirty) {
		struct es_slot *slot = session->dirty;
		session->dirty = slot->next_dirty;
		slot->first = slot->last = NULL;
		slot->next_dirty = NULL;
	}
	if (session->txn.total > KEEP_ARENA) {
		es_arena_release(&session->txn);
		es_arena_init(&session->txn, 2u * ES_BUS_TXN_MAX);
	} else {
		es_arena_reset(&session->txn);
	}
	session->txn_bytes = 0;
}

int es_embedded_begin(struct es_session *base, struct earshot_error *error)
{
	struct embedded_session *session = (struct embedded_session *)base;
	if (atomic_load(&session->fenced))
		return es_session_fenced(session, error);
	return session->epoch ? EARSHOT_OK : es_session_take_name(session, error);
}

int es_embedded_put(struct es_session *base, const struct es_record *record,
		    struct earshot_error *error)
{
	struct embedded_session *session = (struct embedded_session *)base;
	struct es_target *target = NULL;
	int rc = find_target(session, record->topic, &target, error);
	if (rc != EARSHOT_OK)
		return rc;
	int partition = record->partition;
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
	size_t key_len = record->key ? record->key_len : 0;
	size_t value_len = record->value ? record->value_len : 0;
	size_t headers = headers_size(record);
	size_t size = sizeof(struct es_put) + key_len + value_len + headers;
	if (session->txn_bytes + size > ES_BUS_TXN_MAX) {
		es_err(error, EARSHOT_LIMIT, "a transaction holds at most %u bytes",
		       ES_BUS_TXN_MAX);
		es_err_hint(error, "commit more often");
		return EARSHOT_LIMIT;
	}
	struct es_put *put = es_arena_alloc(&session->txn, size);
	if (!put)
		return es_err_nomem(error);
	*put = (struct es_put){
		NULL, key_len, value_len, headers, record->key != NULL, record->value != NULL
	};
	if (key_len)
		memcpy(put->bytes, record->key, key_len);
	unsigned char *at = write_headers(put->bytes + key_len, record);
	if (value_len)
		memcpy(at, record->value, value_len);
	session->txn_bytes += size;
	struct es_slot *slot = &target->slots[partition];
	if (slot->last) {
		slot->last->next = put;
	} else {
		slot->first = put;
		slot->next_dirty = session->dirty;
		session->dirty = slot;
	}
	slot->last = put;
	return EARSHOT_OK;
}

static int check_fence(struct embedded *bus, struct embedded_session *session,
		       struct earshot_error *error)
{
	struct es_writer *writer = &bus->writer;
	int64_t value = 0;
	sqlite3_bind_text(writer->epoch, 1, session->name, -1, SQLITE_STATIC);
	int rc = es_conn_ints(&writer->conn, writer->epoch, &value, 1, error);
	if (rc == EARSHOT_NOTFOUND || (rc == EARSHOT_OK && value != session->epoch))
		return es_session_fenced(session, error);
	if (rc != EARSHOT_OK || !session->group)
		return rc;
	sqlite3_bind_text(writer->owner, 1, session->group, -1, SQLITE_STATIC);
	rc = es_conn_ints(&writer->conn, writer->owner, &value, 1, error);
	if (rc == EARSHOT_NOTFOUND || (rc == EARSHOT_OK && value != bus->token))
		return es_session_fenced(session, error);
	return rc;
}

/* A failing bind (no memory, too big) shows in the step that follows it. */
static void bind_bytes(sqlite3_stmt *stmt, int at, bool there, const void *ptr, size_t len)
{
	if (there)
		sqlite3_bind_blob(stmt, at, ptr, (int)len, SQLITE_STATIC);
	else
		sqlite3_bind_null(stmt, at);
}

static int write_slot(struct embedded *bus, const struct es_slot *slot, int64_t now,
		      struct earshot_error *error)
{
	struct es_writer *writer = &bus->writer;
	sqlite3_stmt **insert = &slot->topic->insert[slot->partition];
	int64_t state[2], pid = es_log_pid(slot->topic, slot->partition);
	sqlite3_bind_int64(writer->state, 1, pid);
	int rc = es_conn_ints(&writer->conn, writer->state, state, 2, error);
	if (rc == EARSHOT_NOTFOUND)
		return es_err(error, EARSHOT_DATA, "%s: the table of topics is damaged", bus->path);
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(&writer->conn, insert, error,
				  "INSERT INTO log_%lld_%d(offset, time, key, headers, value)"
				  " VALUES(?, ?, ?, ?, ?)",
				  (long long)slot->topic->id, slot->partition);
	if (rc != EARSHOT_OK)
		return rc;
	if (state[1] < now) /* the clock may be set back: times never fall */
		state[1] = now;
	sqlite3_bind_int64(*insert, 2, state[1]);
	for (const struct es_put *put = slot->first; put && rc == EARSHOT_OK; put = put->next) {
		const unsigned char *headers = put->bytes + put->key_len;
		__builtin_prefetch(put->next); /* put long ago */
		sqlite3_bind_int64(*insert, 1, state[0]++);
		bind_bytes(*insert, 3, put->has_key, put->bytes, put->key_len);
		bind_bytes(*insert, 4, put->headers_len > 0, headers, put->headers_len);
		bind_bytes(*insert, 5, put->has_value, headers + put->headers_len, put->value_len);
		rc = step(&writer->conn, *insert, error);
	}
	if (rc != EARSHOT_OK)
		return rc;
	sqlite3_bind_int64(writer->advance, 1, pid);
	sqlite3_bind_int64(writer->advance, 2, state[0]);
	sqlite3_bind_int64(writer->advance, 3, state[1]);
	return step(&writer->conn, writer->advance, error);
}

static int run_commit(struct embedded *bus, struct es_job *base, struct earshot_error *error)
{
	struct session_job *job = (struct session_job *)base;
	struct embedded_session *session = job->session;
	struct es_writer *writer = &bus->writer;
	int64_t now = es_now_ms();
	int rc = check_fence(bus, session, error);
	for (struct es_slot *slot = session->dirty; slot && rc == EARSHOT_OK;
	     slot = slot->next_dirty)
		rc = write_slot(bus, slot, now, error);
	for (size_t i = 0; i < session->n_positions && rc == EARSHOT_OK && job->offsets; i++) {
		struct es_position *position = &session->positions[i];
		if (position->next == position->stored)
			continue;
		sqlite3_bind_text(writer->offset, 1, session->group, -1, SQLITE_STATIC);
		sqlite3_bind_int64(writer->offset, 2,
				   es_log_pid(position->topic, position->partition));
		sqlite3_bind_int64(writer->offset, 3, position->next);
		rc = step(&writer->conn, writer->offset, error);
	}
	return rc;
}

int es_embedded_abort(struct es_session *base, struct earshot_error *error)
{
	struct embedded_session *session = (struct embedded_session *)base;
	(void)error;
	es_session_drop(session);
	for (size_t i = 0; session->group && i < session->n_positions; i++)
		session->positions[i].next = session->positions[i].base;
	session->drained = false;
	return EARSHOT_OK;
}

int es_embedded_commit(struct es_session *base, bool offsets, struct earshot_error *error)
{
	struct embedded_session *session = (struct embedded_session *)base;
	struct session_job job = { { run_commit, session->txn_bytes, NULL, 0, false, NULL },
				   session,
				   offsets && session->group,
				   0 };
	int rc = atomic_load(&session->fenced) ? es_session_fenced(session, error)
					       : es_writer_run(session->bus, &job.job, error);
	if (rc != EARSHOT_OK) {
		int ignored = es_embedded_abort(base, NULL);
		(void)ignored;
		/* one word each for the caller: not now, and not at all */
		if (rc == EARSHOT_BUSY)
			rc = EARSHOT_UNAVAILABLE;
		else if (rc == EARSHOT_CANTCREATE)
			rc = EARSHOT_IO;
		if (error)
			error->code = rc;
		return rc;
	}
	for (size_t i = 0; job.offsets && i < session->n_positions; i++)
		session->positions[i].base = session->positions[i].stored =
			session->positions[i].next;
	es_session_drop(session);
	return EARSHOT_OK;
}
