/* SPDX-License-Identifier: MIT
 *
 * The catalog of the file: topics, their partitions and offsets. */
#include <stdio.h>
#include <stdlib.h>
#include "bus/embedded.h"

/* Called under look_mutex: reads a topic that the catalog does not have yet. */
static int load_topic(struct embedded *bus, const char *name, struct es_log_topic **out,
		      struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int64_t row[2];
	int rc = es_conn_stmt(&bus->look, &stmt, error,
			      "SELECT id, partitions FROM topics WHERE name = ?1 || ?2");
	if (rc != EARSHOT_OK)
		return rc;
	sqlite3_bind_text(stmt, 1, bus->prefix, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, name, -1, SQLITE_STATIC);
	rc = es_conn_ints(&bus->look, stmt, row, 2, error);
	sqlite3_finalize(stmt);
	if (rc == EARSHOT_NOTFOUND) {
		es_err(error, rc, "there is no topic %s in %s", name, bus->path);
		es_err_hint(error, "`earshot run` creates the topics");
	}
	if (rc != EARSHOT_OK)
		return rc;
	struct es_log_topic *topic = calloc(1, sizeof(*topic) + strlen(name) + 1);
	sqlite3_stmt **insert = calloc((size_t)row[1], sizeof(*insert));
	if (!topic || !insert) {
		free(topic);
		free(insert);
		return es_err_nomem(error);
	}
	topic->id = row[0];
	topic->partitions = (int)row[1];
	topic->insert = insert;
	memcpy(topic->name, name, strlen(name) + 1);
	*out = topic;
	return EARSHOT_OK;
}

int es_log_topic(struct embedded *bus, const char *name, struct es_log_topic **out,
		 struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	struct es_log_topic *topic;
	pthread_mutex_lock(&bus->mutex);
	for (topic = bus->topics; topic; topic = topic->next)
		if (strcmp(topic->name, name) == 0)
			break;
	if (!topic) {
		pthread_mutex_lock(&bus->look_mutex);
		rc = load_topic(bus, name, &topic, error);
		pthread_mutex_unlock(&bus->look_mutex);
		if (rc == EARSHOT_OK) {
			topic->next = bus->topics;
			bus->topics = topic;
		}
	}
	pthread_mutex_unlock(&bus->mutex);
	*out = topic;
	return rc;
}

struct ensure_job {
	struct es_job job;
	const struct es_topic *topics;
	size_t n;
};

static int make_topic(struct embedded *bus, const struct es_topic *want, int partitions,
		      struct earshot_error *error)
{
	struct es_conn *conn = &bus->writer.conn;
	sqlite3_stmt *stmt = NULL;
	char sql[256];
	int64_t id;
	int rc = es_conn_stmt(conn, &stmt, error,
			      "INSERT INTO topics(name, partitions, cleanup, retention_ms, lag_ms)"
			      " VALUES(?1 || ?2, ?3, ?4, ?5, ?6)"
			      " ON CONFLICT(name) DO UPDATE SET cleanup = ?4, retention_ms = ?5,"
			      " lag_ms = ?6 RETURNING id");
	if (rc != EARSHOT_OK)
		return rc;
	sqlite3_bind_text(stmt, 1, bus->prefix, -1, SQLITE_STATIC);
	sqlite3_bind_text(stmt, 2, want->name, -1, SQLITE_STATIC);
	sqlite3_bind_int(stmt, 3, partitions);
	sqlite3_bind_int(stmt, 4, (int)want->cleanup);
	sqlite3_bind_int64(stmt, 5, want->retention_ms);
	sqlite3_bind_int64(stmt, 6, want->max_compaction_lag_ms);
	rc = es_conn_ints(conn, stmt, &id, 1, error);
	sqlite3_finalize(stmt);
	for (int i = 0; i < partitions && rc == EARSHOT_OK; i++) {
		long long pid = (long long)(id << ES_PARTITION_BITS | i);
		snprintf(sql, sizeof(sql),
			 "CREATE TABLE IF NOT EXISTS log_%lld_%d(offset INTEGER PRIMARY KEY,"
			 " time INTEGER NOT NULL, key BLOB, headers BLOB, value BLOB);"
			 "INSERT OR IGNORE INTO partitions(pid) VALUES(%lld)",
			 (long long)id, i, pid);
		rc = es_conn_exec(conn, sql, "cannot create a topic in", error);
	}
	return rc;
}

static int run_ensure(struct embedded *bus, struct es_job *base, struct earshot_error *error)
{
	struct ensure_job *job = (struct ensure_job *)base;
	struct es_conn *conn = &bus->writer.conn;
	sqlite3_stmt *stmt = NULL;
	int rc = es_conn_stmt(conn, &stmt, error,
			      "SELECT partitions, cleanup, retention_ms, lag_ms FROM topics"
			      " WHERE name = ?1 || ?2");
	/* in two rounds: what is refused must be found before anything is written */
	for (int round = 0; round < 2 && rc == EARSHOT_OK; round++) {
		for (size_t i = 0; i < job->n && rc == EARSHOT_OK; i++) {
			const struct es_topic *want = &job->topics[i];
			int partitions = want->partitions ? want->partitions : bus->partitions;
			int64_t have[4];
			sqlite3_bind_text(stmt, 1, bus->prefix, -1, SQLITE_STATIC);
			sqlite3_bind_text(stmt, 2, want->name, -1, SQLITE_STATIC);
			rc = es_conn_ints(conn, stmt, have, 4, error);
			bool new = rc == EARSHOT_NOTFOUND;
			if (new)
				rc = EARSHOT_OK;
			else if (rc == EARSHOT_OK && have[0] != partitions) {
				rc = es_err(error, EARSHOT_REFUSED,
					    "topic %s has %lld partitions, the config says %d",
					    want->name, (long long)have[0], partitions);
				es_err_hint(error,
					    "set topics.partitions to %lld, or name a new "
					    "file in `bus:`",
					    (long long)have[0]);
			}
			if (rc == EARSHOT_OK && round == 1 &&
			    (new || have[1] != want->cleanup || have[2] != want->retention_ms ||
			     have[3] != want->max_compaction_lag_ms))
				rc = make_topic(bus, want, partitions, error);
		}
	}
	sqlite3_finalize(stmt);
	return rc;
}

int es_embedded_ensure(struct es_bus *base, const struct es_topic *topics, size_t n,
		       struct earshot_error *error)
{
	struct ensure_job job = { { run_ensure, 0, NULL, 0, false, NULL }, topics, n };
	return es_writer_run((struct embedded *)base, &job.job, error);
}

int es_embedded_partitions(struct es_bus *base, const char *topic, struct earshot_error *error)
{
	struct es_log_topic *found;
	int rc = es_log_topic((struct embedded *)base, topic, &found, error);
	return rc == EARSHOT_OK ? found->partitions : rc;
}

/* Finds the partition and begins to look; look_mutex is held after 0. */
static int look(struct embedded *bus, const char *name, int partition, char table[32], int64_t *pid,
		struct earshot_error *error)
{
	struct es_log_topic *topic;
	int rc = es_log_topic(bus, name, &topic, error);
	if (rc != EARSHOT_OK)
		return rc;
	if (partition < 0 || partition >= topic->partitions)
		return es_err(error, EARSHOT_NOTFOUND, "topic %s has no partition %d", name,
			      partition);
	snprintf(table, 32, "log_%lld_%d", (long long)topic->id, partition);
	*pid = es_log_pid(topic, partition);
	pthread_mutex_lock(&bus->look_mutex);
	rc = es_conn_exec(&bus->look, "BEGIN", "reading", error);
	if (rc != EARSHOT_OK)
		pthread_mutex_unlock(&bus->look_mutex);
	return rc;
}

static void look_end(struct embedded *bus)
{
	sqlite3_exec(bus->look.db, "COMMIT", NULL, NULL, NULL);
	pthread_mutex_unlock(&bus->look_mutex);
}

static int end_of(struct embedded *bus, int64_t pid, int64_t *end, struct earshot_error *error)
{
	char sql[80];
	snprintf(sql, sizeof(sql), "SELECT next FROM partitions WHERE pid = %lld", (long long)pid);
	return es_conn_int(&bus->look, sql, end, error);
}

int es_embedded_offsets(struct es_bus *base, const char *topic, int partition, int64_t *first,
			int64_t *end, struct earshot_error *error)
{
	struct embedded *bus = (struct embedded *)base;
	char table[32], sql[96];
	int64_t pid;
	int rc = look(bus, topic, partition, table, &pid, error);
	if (rc != EARSHOT_OK)
		return rc;
	rc = end_of(bus, pid, end, error);
	if (rc == EARSHOT_OK) {
		snprintf(sql, sizeof(sql), "SELECT offset FROM %s ORDER BY offset LIMIT 1", table);
		rc = es_conn_int(&bus->look, sql, first, error);
		if (rc == EARSHOT_NOTFOUND) {
			*first = *end;
			rc = EARSHOT_OK;
		}
	}
	look_end(bus);
	return rc;
}

/* What is not committed is not in the file. */
int es_embedded_begun(struct es_bus *base, const char *topic, int partition, int64_t *offset,
		      struct earshot_error *error)
{
	int64_t first;
	return es_embedded_offsets(base, topic, partition, &first, offset, error);
}

int es_log_offset_at(struct es_conn *conn, const char *table, int64_t end, int64_t time_ms,
		     int64_t *offset, struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int64_t low = 0, high = end, row[2];
	int rc = es_conn_stmt(
		conn, &stmt, error,
		"SELECT offset, time FROM %s WHERE offset >= ? ORDER BY offset LIMIT 1", table);
	/* times never fall within a partition; offsets may have gaps */
	while (rc == EARSHOT_OK && low < high) {
		int64_t middle = low + (high - low) / 2;
		sqlite3_bind_int64(stmt, 1, middle);
		rc = es_conn_ints(conn, stmt, row, 2, error);
		if (rc == EARSHOT_NOTFOUND || (rc == EARSHOT_OK && row[1] >= time_ms)) {
			high = middle;
			rc = EARSHOT_OK;
		} else if (rc == EARSHOT_OK) {
			low = row[0] + 1;
		}
	}
	if (rc == EARSHOT_OK) {
		/* low may lie in a gap: the answer is a record that is there */
		sqlite3_bind_int64(stmt, 1, low);
		rc = es_conn_ints(conn, stmt, row, 1, error);
		*offset = rc == EARSHOT_OK ? row[0] : end;
		rc = rc == EARSHOT_NOTFOUND ? EARSHOT_OK : rc;
	}
	sqlite3_finalize(stmt);
	return rc;
}

int es_embedded_offset_at(struct es_bus *base, const char *topic, int partition, int64_t time_ms,
			  int64_t *offset, struct earshot_error *error)
{
	struct embedded *bus = (struct embedded *)base;
	char table[32];
	int64_t pid, end = 0;
	int rc = look(bus, topic, partition, table, &pid, error);
	if (rc != EARSHOT_OK)
		return rc;
	rc = end_of(bus, pid, &end, error);
	if (rc == EARSHOT_OK)
		rc = es_log_offset_at(&bus->look, table, end, time_ms, offset, error);
	look_end(bus);
	return rc;
}

int es_embedded_committed(struct es_bus *base, const char *group, const char *topic, int partition,
			  int64_t *offset, struct earshot_error *error)
{
	struct embedded *bus = (struct embedded *)base;
	sqlite3_stmt *stmt = NULL;
	char table[32];
	int64_t pid;
	int rc = look(bus, topic, partition, table, &pid, error);
	if (rc != EARSHOT_OK)
		return rc;
	rc = es_conn_stmt(&bus->look, &stmt, error,
			  "SELECT next FROM offsets WHERE grp = ?1 || ?2 AND pid = ?3");
	if (rc == EARSHOT_OK) {
		sqlite3_bind_text(stmt, 1, bus->prefix, -1, SQLITE_STATIC);
		sqlite3_bind_text(stmt, 2, group, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 3, pid);
		rc = es_conn_ints(&bus->look, stmt, offset, 1, error);
	}
	if (rc == EARSHOT_NOTFOUND) {
		*offset = EARSHOT_NONE;
		rc = EARSHOT_OK;
	}
	sqlite3_finalize(stmt);
	look_end(bus);
	return rc;
}
