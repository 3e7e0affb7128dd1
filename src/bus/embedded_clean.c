/* SPDX-License-Identifier: MIT
 *
 * Retention and compaction, in slices: each is one short job of the writer, so
 * that commits wait for a slice at most. A slice has as many rows as it deletes in its
 * time: each waits for the disk once, and where posts come at full rate few small ones
 * would delete less than comes in. Deleted pages are used again by SQLite; the file does
 * not shrink.
 *
 * Compaction, as Kafka's cleaner does it: the part that is not compacted yet is
 * read into a table of (hash of key -> newest offset), then everything below the
 * horizon whose key has a newer offset in the table is deleted. The table is
 * bounded: where it is full the horizon is there, and another round follows. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include "bus/embedded.h"

#define SLICE_LEAST    256        /* rows deleted in one job */
#define SLICE_MOST     4096       /* here and there, and ... */
#define RANGE_MOST     65536      /* ... of the low end, where that takes: */
#define SLICE_US       50000      /* at most, about */
#define READ_SLICE     4096       /* rows read in one snapshot: the WAL can restart */
#define TABLE_MAX      (1u << 20) /* entries of 24 bytes, 3/4 used */
#define TOMBSTONE_KEEP ES_DAY     /* time for readers to see that a key is gone */
#define DEFAULT_LAG    ES_DAY     /* where a topic names none */
#define EVERY_MS       60000      /* between the beginnings of two passes in the background */

struct entry {
	uint64_t hash[2]; /* 128 bits of a keyed hash: equal = the same key */
	int64_t offset;   /* -1 = empty */
};

struct pass {
	struct embedded *bus;
	struct es_conn conn;
	int64_t now;
	bool force; /* asked for: whether it is due or not */
	uint64_t key[4];
	struct entry *table;
	size_t cap, used;
	size_t slice;    /* rows of the next job */
	int64_t trimmed; /* monotonic ms: retention took what was to be taken then */
};

struct partition {
	char table[32];
	int64_t id, number, pid, cleanup, retention, lag, next, compacted, tombstone;
};

static bool stopped(const struct pass *pass)
{
	return !pass->force && atomic_load(&pass->bus->stop_clean);
}

/* ---- jobs of the writer ---- */

struct delete_job {
	struct es_job job;
	const struct partition *partition;
	int64_t below; /* everything below, and: */
	int64_t offsets[SLICE_MOST];
	size_t n;
	int64_t took, deleted; /* us; rows */
};

static int run_delete(struct embedded *bus, struct es_job *base, struct earshot_error *error)
{
	struct delete_job *job = (struct delete_job *)base;
	struct es_conn *conn = &bus->writer.conn;
	sqlite3_stmt *stmt = NULL;
	int64_t start = es_monotonic_us(), before = sqlite3_total_changes64(conn->db);
	int rc = es_conn_stmt(conn, &stmt, error, "DELETE FROM %s WHERE offset %s ?",
			      job->partition->table, job->n ? "=" : "<");
	for (size_t i = 0; rc == EARSHOT_OK && i < (job->n ? job->n : 1); i++) {
		sqlite3_bind_int64(stmt, 1, job->n ? job->offsets[i] : job->below);
		int step = sqlite3_step(stmt);
		sqlite3_reset(stmt);
		if (step != SQLITE_DONE)
			rc = es_conn_fail(conn, step, "cannot clean", error);
	}
	sqlite3_finalize(stmt);
	job->took = es_monotonic_us() - start;
	job->deleted = sqlite3_total_changes64(conn->db) - before;
	return rc;
}

struct mark_job {
	struct es_job job;
	int64_t pid, compacted, tombstone;
};

static int run_mark(struct embedded *bus, struct es_job *base, struct earshot_error *error)
{
	struct mark_job *job = (struct mark_job *)base;
	char sql[160], tombstone[32] = "NULL";
	if (job->tombstone != INT64_MAX)
		snprintf(tombstone, sizeof(tombstone), "%lld", (long long)job->tombstone);
	snprintf(sql, sizeof(sql),
		 "UPDATE partitions SET compacted = max(compacted, %lld), tombstone = %s"
		 " WHERE pid = %lld",
		 (long long)job->compacted, tombstone, (long long)job->pid);
	return es_conn_exec(&bus->writer.conn, sql, "cannot clean", error);
}

static int run_slice(struct pass *pass, struct delete_job *job, struct earshot_error *error)
{
	job->job.run = run_delete;
	job->job.bytes = pass->slice * 1024;
	pass->bus->stale_wal = true;
	int rc = es_writer_run(pass->bus, &job->job, error);
	size_t most = job->n ? SLICE_MOST : RANGE_MOST;
	bool full = job->deleted >= (int64_t)pass->slice; /* fewer rows tell nothing of so many */
	if (full && job->took < SLICE_US / 2 && pass->slice < most)
		pass->slice *= 2;
	else if (job->took > SLICE_US && pass->slice > SLICE_LEAST)
		pass->slice /= 2;
	job->n = 0;
	return rc;
}

static int list_partitions(struct pass *pass, struct partition **out, size_t *n,
			   struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int step = SQLITE_DONE;
	int rc = es_conn_stmt(&pass->conn, &stmt, error,
			      "SELECT t.id, p.pid, t.cleanup, t.retention_ms, t.lag_ms, p.next,"
			      " p.compacted, coalesce(p.tombstone, %lld) FROM topics t"
			      " JOIN partitions p ON p.pid >> %d = t.id",
			      (long long)INT64_MAX, ES_PARTITION_BITS);
	*out = NULL;
	*n = 0;
	while (rc == EARSHOT_OK && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct partition *grown = realloc(*out, (*n + 1) * sizeof(**out));
		if (!grown) {
			rc = es_err_nomem(error);
			break;
		}
		*out = grown;
		struct partition *row = &grown[(*n)++];
		int64_t *fields[] = { &row->id,  &row->pid,  &row->cleanup,   &row->retention,
				      &row->lag, &row->next, &row->compacted, &row->tombstone };
		for (int i = 0; i < (int)ES_COUNT(fields); i++)
			*fields[i] = sqlite3_column_int64(stmt, i);
		row->number = row->pid & ((1 << ES_PARTITION_BITS) - 1);
		snprintf(row->table, sizeof(row->table), "log_%lld_%lld", (long long)row->id,
			 (long long)row->number);
	}
	if (rc == EARSHOT_OK && step != SQLITE_DONE)
		rc = es_conn_fail(&pass->conn, step, "cannot clean", error);
	sqlite3_finalize(stmt);
	return rc;
}

/* ---- retention ---- */

static int trim(struct pass *pass, const struct partition *partition, struct earshot_error *error)
{
	int64_t bound = 0, at = 0;
	struct delete_job job = { .partition = partition };
	sqlite3_stmt *stmt = NULL;
	int rc = es_log_offset_at(&pass->conn, partition->table, partition->next,
				  pass->now - partition->retention, &bound, error);
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(&pass->conn, &stmt, error,
				  "SELECT offset FROM (SELECT offset FROM %s WHERE offset < ?"
				  " ORDER BY offset LIMIT ?) ORDER BY offset DESC LIMIT 1",
				  partition->table);
	while (rc == EARSHOT_OK && !stopped(pass)) {
		sqlite3_bind_int64(stmt, 1, bound);
		sqlite3_bind_int64(stmt, 2, (int64_t)pass->slice);
		rc = es_conn_ints(&pass->conn, stmt, &at, 1, error);
		if (rc == EARSHOT_OK) {
			job.below = at + 1;
			rc = run_slice(pass, &job, error);
		}
	}
	sqlite3_finalize(stmt);
	return rc == EARSHOT_NOTFOUND ? EARSHOT_OK : rc;
}

/* Of every topic. */
static int trim_all(struct pass *pass, struct earshot_error *error)
{
	struct partition *partitions = NULL;
	size_t n = 0;
	int rc = list_partitions(pass, &partitions, &n, error);
	pass->trimmed = es_monotonic_ms();
	pass->slice = SLICE_LEAST;
	for (size_t i = 0; i < n && rc == EARSHOT_OK && !stopped(pass); i++)
		if (partitions[i].cleanup & ES_CLEANUP_DELETE && partitions[i].retention >= 0)
			rc = trim(pass, &partitions[i], error);
	free(partitions);
	return rc;
}

/* At full rate compaction takes as long as retention may wait: then it is interrupted for it. */
static int trim_in_between(struct pass *pass, struct earshot_error *error)
{
	int64_t late = es_monotonic_ms() - pass->trimmed;
	if (pass->force || late < EVERY_MS)
		return EARSHOT_OK;
	pass->now += late;
	return trim_all(pass, error);
}

/* ---- compaction ---- */

static struct entry *find(struct pass *pass, const void *key, size_t len)
{
	uint64_t a = es_siphash(key, len, pass->key), b = es_siphash(key, len, pass->key + 2);
	size_t at = a & (pass->cap - 1);
	while (pass->table[at].offset >= 0 &&
	       (pass->table[at].hash[0] != a || pass->table[at].hash[1] != b))
		at = (at + 1) & (pass->cap - 1);
	pass->table[at].hash[0] = a;
	pass->table[at].hash[1] = b;
	return &pass->table[at];
}

static int make_table(struct pass *pass, int64_t records, struct earshot_error *error)
{
	size_t cap = 64;
	while (cap < TABLE_MAX && cap / 4 * 3 < (uint64_t)records + 1)
		cap *= 2;
	free(pass->table);
	pass->table = malloc(cap * sizeof(*pass->table));
	if (!pass->table)
		return es_err_nomem(error);
	for (size_t i = 0; i < cap; i++)
		pass->table[i].offset = -1;
	pass->cap = cap;
	pass->used = 0;
	return EARSHOT_OK;
}

/* Fills the table from `compacted` on; *horizon = where it ends. */
static int read_keys(struct pass *pass, const struct partition *partition, int64_t *horizon,
		     struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int64_t at = partition->compacted;
	int step = SQLITE_ROW;
	int rc = make_table(pass, partition->next - at, error);
	if (rc == EARSHOT_OK)
		rc = es_conn_stmt(&pass->conn, &stmt, error,
				  "SELECT offset, key FROM %s WHERE offset >= ? AND offset < ?"
				  " ORDER BY offset",
				  partition->table);
	while (rc == EARSHOT_OK && step == SQLITE_ROW && !stopped(pass) &&
	       pass->used < pass->cap / 4 * 3) {
		sqlite3_bind_int64(stmt, 1, at);
		sqlite3_bind_int64(stmt, 2, partition->next);
		for (int i = 0; i < READ_SLICE && pass->used < pass->cap / 4 * 3; i++) {
			step = sqlite3_step(stmt);
			if (step != SQLITE_ROW)
				break;
			at = sqlite3_column_int64(stmt, 0) + 1;
			if (sqlite3_column_type(stmt, 1) == SQLITE_NULL)
				continue;
			const void *key = sqlite3_column_blob(stmt, 1);
			size_t len = (size_t)sqlite3_column_bytes(stmt, 1);
			struct entry *entry = find(pass, key, len);
			pass->used += entry->offset < 0;
			entry->offset = at - 1;
		}
		sqlite3_reset(stmt);
		if (step != SQLITE_ROW && step != SQLITE_DONE)
			rc = es_conn_fail(&pass->conn, step, "cannot clean", error);
	}
	sqlite3_finalize(stmt);
	*horizon = step == SQLITE_DONE ? partition->next : at;
	return rc;
}

/* Newer record of its key below the horizon, or a tombstone that all have seen. */
static bool is_dead(struct pass *pass, sqlite3_stmt *stmt, int64_t *tombstone)
{
	if (sqlite3_column_type(stmt, 2) == SQLITE_NULL)
		return false;
	const void *key = sqlite3_column_blob(stmt, 2);
	const struct entry *entry = find(pass, key, (size_t)sqlite3_column_bytes(stmt, 2));
	if (entry->offset > sqlite3_column_int64(stmt, 0))
		return true;
	int64_t time = sqlite3_column_int64(stmt, 1);
	if (!sqlite3_column_int(stmt, 3))
		return false;
	if (time < pass->now - TOMBSTONE_KEEP)
		return true;
	if (time < *tombstone)
		*tombstone = time;
	return false;
}

/* Deletes below the horizon, oldest first: a tombstone goes after what it hides. */
static int delete_dead(struct pass *pass, const struct partition *partition, int64_t horizon,
		       int64_t *tombstone, struct earshot_error *error)
{
	struct delete_job job = { .partition = partition };
	sqlite3_stmt *stmt = NULL;
	int64_t at = 0;
	int step = SQLITE_ROW;
	pass->slice = pass->slice < SLICE_MOST ? pass->slice : SLICE_MOST;
	int rc = es_conn_stmt(&pass->conn, &stmt, error,
			      "SELECT offset, time, key, value IS NULL FROM %s WHERE offset >= ?"
			      " AND offset < ? ORDER BY offset",
			      partition->table);
	while (rc == EARSHOT_OK && step == SQLITE_ROW && !stopped(pass)) {
		sqlite3_bind_int64(stmt, 1, at);
		sqlite3_bind_int64(stmt, 2, horizon);
		for (int i = 0; i < READ_SLICE && job.n < pass->slice; i++) {
			step = sqlite3_step(stmt);
			if (step != SQLITE_ROW)
				break;
			at = sqlite3_column_int64(stmt, 0) + 1;
			if (is_dead(pass, stmt, tombstone))
				job.offsets[job.n++] = at - 1;
		}
		sqlite3_reset(stmt);
		if (step != SQLITE_ROW && step != SQLITE_DONE)
			rc = es_conn_fail(&pass->conn, step, "cannot clean", error);
		if (rc == EARSHOT_OK && (job.n >= pass->slice || (job.n && step == SQLITE_DONE)))
			rc = run_slice(pass, &job, error);
	}
	sqlite3_finalize(stmt);
	return rc;
}

static int compact(struct pass *pass, struct partition *partition, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	bool again = true;
	while (again && rc == EARSHOT_OK && !stopped(pass)) {
		int64_t horizon = 0, tombstone = INT64_MAX;
		rc = read_keys(pass, partition, &horizon, error);
		if (rc == EARSHOT_OK)
			rc = delete_dead(pass, partition, horizon, &tombstone, error);
		if (rc == EARSHOT_OK && !stopped(pass)) {
			struct mark_job mark = { { run_mark, 0, NULL, 0, false, NULL },
						 partition->pid,
						 horizon,
						 tombstone };
			rc = es_writer_run(pass->bus, &mark.job, error);
		}
		partition->compacted = horizon;
		again = horizon < partition->next;
		if (rc == EARSHOT_OK)
			rc = trim_in_between(pass, error);
	}
	free(pass->table);
	pass->table = NULL;
	return rc;
}

/* Half of it is dirty, or the oldest dirty record has waited long enough, or a
 * tombstone has. */
static int is_due(struct pass *pass, const struct partition *partition, bool *due,
		  struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int64_t first = 0, time = 0, dirty = partition->next - partition->compacted;
	int64_t lag = partition->lag ? partition->lag : DEFAULT_LAG;
	*due = pass->force || (partition->tombstone != INT64_MAX &&
			       partition->tombstone < pass->now - TOMBSTONE_KEEP);
	if (*due || dirty == 0)
		return EARSHOT_OK;
	int rc = es_conn_stmt(&pass->conn, &stmt, error,
			      "SELECT coalesce((SELECT offset FROM %s ORDER BY offset LIMIT 1), 0),"
			      " coalesce((SELECT time FROM %s WHERE offset >= ? ORDER BY offset"
			      " LIMIT 1), %lld)",
			      partition->table, partition->table, (long long)INT64_MAX);
	if (rc == EARSHOT_OK) {
		int64_t row[2];
		sqlite3_bind_int64(stmt, 1, partition->compacted);
		rc = es_conn_ints(&pass->conn, stmt, row, 2, error);
		first = row[0];
		time = row[1];
	}
	sqlite3_finalize(stmt);
	if (rc == EARSHOT_OK)
		*due = dirty * 2 >= partition->next - first || time < pass->now - lag;
	return rc;
}

/* ---- a pass ---- */

/* What was deleted still lies in old frames of the WAL: they go into the file, and the WAL is
 * cut to nothing. Where somebody reads or writes meanwhile the next pass does it; asked for,
 * it is waited for. */
static void cut_wal(struct pass *pass)
{
	struct es_conn conn = { 0 };
	int wait = pass->force ? ES_WRITE_WAIT_MS : 0;
	if (es_conn_open(&conn, pass->bus->path, SQLITE_OPEN_READWRITE, wait, NULL) == EARSHOT_OK)
		pass->bus->stale_wal =
			sqlite3_wal_checkpoint_v2(conn.db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL,
						  NULL) != SQLITE_OK;
	es_conn_close(&conn);
}

static int clean(struct embedded *bus, int64_t now, bool force, struct earshot_error *error)
{
	struct pass pass = { .bus = bus, .now = now, .force = force };
	struct partition *partitions = NULL;
	size_t n = 0;
	pthread_mutex_lock(&bus->clean_mutex);
	int rc = getrandom(pass.key, sizeof(pass.key), 0) < 0
			 ? es_err_errno(error, EARSHOT_IO, errno, "no random bytes")
			 : es_conn_open(&pass.conn, bus->path, SQLITE_OPEN_READONLY,
					ES_WRITE_WAIT_MS, error);
	/* retention first, for it is quick and leaves less to compact */
	if (rc == EARSHOT_OK)
		rc = trim_all(&pass, error);
	if (rc == EARSHOT_OK)
		rc = list_partitions(&pass, &partitions, &n, error);
	for (size_t i = 0; i < n && rc == EARSHOT_OK && !stopped(&pass); i++) {
		bool due = false;
		if (partitions[i].cleanup & ES_CLEANUP_COMPACT)
			rc = is_due(&pass, &partitions[i], &due, error);
		if (rc == EARSHOT_OK && due)
			rc = compact(&pass, &partitions[i], error);
	}
	es_conn_close(&pass.conn);
	if (rc == EARSHOT_OK && bus->stale_wal)
		cut_wal(&pass);
	free(partitions);
	pthread_mutex_unlock(&bus->clean_mutex);
	return rc;
}

int es_embedded_clean(struct es_bus *base, int64_t now_ms, struct earshot_error *error)
{
	return clean((struct embedded *)base, now_ms, true, error);
}

/* Does this bus (still) own a group? Where a look fails it does not. */
static bool is_owner(struct embedded *bus)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n = 0;
	pthread_mutex_lock(&bus->look_mutex);
	int rc = es_conn_stmt(&bus->look, &stmt, NULL,
			      "SELECT count(*) FROM owners WHERE token = ?");
	if (rc == EARSHOT_OK) {
		sqlite3_bind_int64(stmt, 1, bus->token);
		rc = es_conn_ints(&bus->look, stmt, &n, 1, NULL);
	}
	sqlite3_finalize(stmt);
	pthread_mutex_unlock(&bus->look_mutex);
	return rc == EARSHOT_OK && n > 0;
}

/* From beginning to beginning: at full rate a pass takes as long as it may wait, and what retention
 * takes must not wait for both. */
static void *clean_thread(void *ctx)
{
	struct embedded *bus = ctx;
	struct timespec until = es_clock_after(CLOCK_MONOTONIC, EVERY_MS);
	for (;;) {
		pthread_mutex_lock(&bus->mutex);
		while (!atomic_load(&bus->stop_clean) &&
		       pthread_cond_timedwait(&bus->clean_changed, &bus->mutex, &until) !=
			       ETIMEDOUT)
			continue;
		pthread_mutex_unlock(&bus->mutex);
		if (atomic_load(&bus->stop_clean))
			return NULL;
		struct earshot_error error;
		until = es_clock_after(CLOCK_MONOTONIC, EVERY_MS);
		if (is_owner(bus) && clean(bus, es_now_ms(), false, &error) != EARSHOT_OK)
			es_log_error(ES_WARN, "bus.clean", &error); /* the next pass tries again */
	}
}

void es_clean_start(struct embedded *bus)
{
	if (!bus->cleaning)
		bus->cleaning = es_thread_start(&bus->cleaner, clean_thread, bus) == 0;
}

void es_clean_stop(struct embedded *bus)
{
	pthread_mutex_lock(&bus->mutex);
	atomic_store(&bus->stop_clean, true);
	pthread_cond_signal(&bus->clean_changed);
	pthread_mutex_unlock(&bus->mutex);
	if (bus->cleaning)
		pthread_join(bus->cleaner, NULL);
	bus->cleaning = false;
}
