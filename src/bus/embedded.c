/* SPDX-License-Identifier: MIT
 *
 * The file: opened, made, its topics, its offsets. Read embedded.h first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bus/embedded.h"

static const char schema[] =
	"CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
	" partitions INTEGER NOT NULL, cleanup INTEGER NOT NULL, retention_ms INTEGER NOT NULL,"
	" lag_ms INTEGER NOT NULL);"
	"CREATE TABLE partitions(pid INTEGER PRIMARY KEY, next INTEGER NOT NULL DEFAULT 0,"
	" time INTEGER NOT NULL DEFAULT 0, compacted INTEGER NOT NULL DEFAULT 0,"
	" tombstone INTEGER);"
	"CREATE TABLE offsets(grp TEXT NOT NULL, pid INTEGER NOT NULL, next INTEGER NOT NULL,"
	" PRIMARY KEY(grp, pid)) WITHOUT ROWID;"
	"CREATE TABLE owners(grp TEXT PRIMARY KEY, token INTEGER NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE fences(name TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT ROWID;";

static int make_parents(const char *path, struct earshot_error *error)
{
	char *copy = strdup(path);
	if (!copy)
		return es_err_nomem(error);
	int rc = EARSHOT_OK;
	for (char *at = copy + 1; rc == EARSHOT_OK && (at = strchr(at, '/')); at++) {
		*at = '\0';
		if (mkdir(copy, 0777) != 0 && errno != EEXIST) {
			struct stat st;
			int why = errno;
			/* a read-only file system says EROFS for what is there already */
			if (stat(copy, &st) != 0 || !S_ISDIR(st.st_mode)) {
				rc = es_err_errno(error, EARSHOT_CANTCREATE, why,
						  "cannot create the folder %s", copy);
				es_err_at(error, copy, 0, 0);
				es_err_hint(error, "name a writable place in `bus:`");
			}
		}
		*at = '/';
	}
	free(copy);
	return rc;
}

/* Absolute, because connections are opened later too, and so that SQLite never
 * takes a name like ":memory:" or "file:..." for more than a name. */
static int make_path(struct embedded *bus, const char *url, struct earshot_error *error)
{
	char *cwd = NULL;
	int n;
	if (*url == '/') {
		bus->path = strdup(url);
		return bus->path ? EARSHOT_OK : es_err_nomem(error);
	}
	cwd = getcwd(NULL, 0);
	if (!cwd)
		return es_err_errno(error, EARSHOT_IO, errno, "where am I?");
	while (strncmp(url, "./", 2) == 0)
		url += 2;
	n = asprintf(&bus->path, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, url);
	free(cwd);
	if (n < 0) {
		bus->path = NULL;
		return es_err_nomem(error);
	}
	return EARSHOT_OK;
}

static int pragma(struct es_conn *conn, const char *sql, int64_t *value,
		  struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int rc = es_conn_stmt(conn, &stmt, error, "%s", sql);
	if (rc == EARSHOT_OK)
		rc = es_conn_ints(conn, stmt, value, 1, error);
	sqlite3_finalize(stmt);
	return rc;
}

enum { FRESH = 1 };

/* 0 = a log of ours, FRESH = an empty file, else an error. */
static int check_file(struct es_conn *conn, struct earshot_error *error)
{
	int64_t id = 0, layout = 0, tables = 0;
	int rc = pragma(conn, "SELECT count(*) FROM sqlite_schema", &tables, error);
	if (rc == EARSHOT_OK)
		rc = pragma(conn, "PRAGMA application_id", &id, error);
	if (rc == EARSHOT_OK)
		rc = pragma(conn, "PRAGMA user_version", &layout, error);
	if (rc != EARSHOT_OK)
		return rc;
	if (tables == 0 && id == 0)
		return FRESH;
	if (id != ES_APPLICATION_ID) {
		es_err(error, EARSHOT_CONFIG, "%s is a database, but no earshot log", conn->path);
		es_err_at(error, conn->path, 0, 0);
		es_err_hint(error, "name another file in `bus:`; this one was left as it is");
		return EARSHOT_CONFIG;
	}
	if (layout != ES_LAYOUT) {
		es_err(error, EARSHOT_CONFIG, "%s has layout %lld, this earshot reads layout %d",
		       conn->path, (long long)layout, ES_LAYOUT);
		es_err_at(error, conn->path, 0, 0);
		es_err_hint(error, "use the earshot that wrote it, or a newer one");
		return EARSHOT_CONFIG;
	}
	return EARSHOT_OK;
}

/* Two processes may do this at once: everything is checked again under the lock. */
static int make_file(struct es_conn *conn, struct earshot_error *error)
{
	char sql[64];
	int64_t until = es_monotonic_ms() + ES_OPEN_WAIT_MS;
	int rc = es_conn_exec(conn, "PRAGMA page_size=16384", "cannot create", error);
	/* the change to WAL does not ask the busy handler */
	while (rc == EARSHOT_OK &&
	       (rc = es_conn_exec(conn, "PRAGMA journal_mode=WAL", "cannot create", error)) ==
		       EARSHOT_BUSY &&
	       es_monotonic_ms() < until) {
		usleep(2000);
		rc = EARSHOT_OK;
	}
	if (rc == EARSHOT_OK)
		rc = es_conn_exec(conn, "BEGIN IMMEDIATE", "cannot create", error);
	if (rc != EARSHOT_OK)
		return rc;
	rc = check_file(conn, error);
	if (rc == FRESH) {
		rc = es_conn_exec(conn, schema, "cannot create", error);
		snprintf(sql, sizeof(sql), "PRAGMA application_id=%d", ES_APPLICATION_ID);
		if (rc == EARSHOT_OK)
			rc = es_conn_exec(conn, sql, "cannot create", error);
		snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", ES_LAYOUT);
		if (rc == EARSHOT_OK)
			rc = es_conn_exec(conn, sql, "cannot create", error);
	}
	if (rc == EARSHOT_OK)
		rc = es_conn_exec(conn, "COMMIT", "cannot create", error);
	if (rc != EARSHOT_OK)
		sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

static int open_file(struct embedded *bus, struct earshot_error *error)
{
	struct stat st;
	struct es_conn *conn = &bus->look;
	bool there = stat(bus->path, &st) == 0;
	if (there && S_ISDIR(st.st_mode)) {
		es_err(error, EARSHOT_CONFIG, "%s is a folder, not a file", bus->path);
		es_err_hint(error, "name a file in it, for example %s/earshot.db", bus->path);
		return EARSHOT_CONFIG;
	}
	if (bus->read_only && !there) {
		es_err(error, EARSHOT_NOINPUT, "there is no log at %s", bus->path);
		es_err_at(error, bus->path, 0, 0);
		es_err_hint(error, "`earshot run` makes it; check `bus:`");
		return EARSHOT_NOINPUT;
	}
	int rc = bus->read_only ? EARSHOT_OK : make_parents(bus->path, error);
	if (rc == EARSHOT_OK)
		rc = es_conn_open(conn, bus->path,
				  bus->read_only ? SQLITE_OPEN_READONLY
						 : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
				  ES_OPEN_WAIT_MS, error);
	if (rc != EARSHOT_OK)
		return rc;
	if (!bus->read_only && sqlite3_db_readonly(conn->db, "main") == 1) {
		es_err(error, EARSHOT_CANTCREATE, "%s may not be written", bus->path);
		es_err_at(error, bus->path, 0, 0);
		es_err_hint(error, "the file and its folder must be writable by this user");
		return EARSHOT_CANTCREATE;
	}
	rc = check_file(conn, error);
	if (rc == FRESH && bus->read_only) {
		es_err(error, EARSHOT_NOINPUT, "the log at %s is empty", bus->path);
		es_err_hint(error, "`earshot run` makes it");
		rc = EARSHOT_NOINPUT;
	} else if (rc == FRESH) {
		rc = make_file(conn, error);
	}
	return rc;
}

static void embedded_close(struct es_bus *base)
{
	struct embedded *bus = (struct embedded *)base;
	es_clean_stop(bus);
	es_watch_stop(bus);
	es_writer_release(bus);
	es_conn_close(&bus->look);
	while (bus->topics) {
		struct es_log_topic *topic = bus->topics;
		bus->topics = topic->next;
		free(topic->insert);
		free(topic);
	}
	pthread_mutex_destroy(&bus->look_mutex);
	pthread_mutex_destroy(&bus->mutex);
	pthread_mutex_destroy(&bus->clean_mutex);
	pthread_cond_destroy(&bus->clean_changed);
	free(bus->path);
	free(bus->prefix);
	free(bus);
}

static int embedded_open(struct es_bus **out, const struct es_bus_options *options,
			 struct earshot_error *error)
{
	struct embedded *bus = calloc(1, sizeof(*bus));
	if (!bus)
		return es_err_nomem(error);
	pthread_mutex_init(&bus->look_mutex, NULL);
	pthread_mutex_init(&bus->mutex, NULL);
	pthread_mutex_init(&bus->clean_mutex, NULL);
	pthread_mutex_init(&bus->writer.mutex, NULL);
	pthread_cond_init(&bus->writer.changed, NULL);
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&bus->clean_changed, &attr);
	pthread_condattr_destroy(&attr);
	bus->writer.last = &bus->writer.first;
	bus->bell = bus->stop_watch = -1;
	bus->partitions = options->partitions;
	bus->read_only = options->read_only;
	bus->prefix = strdup(options->prefix);
	int rc = bus->prefix ? make_path(bus, options->url, error) : es_err_nomem(error);
	if (rc == EARSHOT_OK && getrandom(&bus->token, sizeof(bus->token), 0) < 0)
		rc = es_err_errno(error, EARSHOT_IO, errno, "no random bytes");
	if (rc == EARSHOT_OK)
		rc = open_file(bus, error);
	if (rc == EARSHOT_OK && !bus->read_only)
		rc = es_writer_init(bus, error);
	if (rc == EARSHOT_OK)
		*out = &bus->base;
	else
		embedded_close(&bus->base);
	return rc;
}

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

static int embedded_ensure(struct es_bus *base, const struct es_topic *topics, size_t n,
			   struct earshot_error *error)
{
	struct ensure_job job = { { run_ensure, 0, NULL, 0, false, NULL }, topics, n };
	return es_writer_run((struct embedded *)base, &job.job, error);
}

static int embedded_partitions(struct es_bus *base, const char *topic, struct earshot_error *error)
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
	return pragma(&bus->look, sql, end, error);
}

static int embedded_offsets(struct es_bus *base, const char *topic, int partition, int64_t *first,
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
		rc = pragma(&bus->look, sql, first, error);
		if (rc == EARSHOT_NOTFOUND) {
			*first = *end;
			rc = EARSHOT_OK;
		}
	}
	look_end(bus);
	return rc;
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

static int embedded_offset_at(struct es_bus *base, const char *topic, int partition,
			      int64_t time_ms, int64_t *offset, struct earshot_error *error)
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

static int embedded_committed(struct es_bus *base, const char *group, const char *topic,
			      int partition, int64_t *offset, struct earshot_error *error)
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

const struct es_engine es_engine_embedded = {
	.scheme = "",
	.open = embedded_open,
	.close = embedded_close,
	.ensure = embedded_ensure,
	.partitions = embedded_partitions,
	.offsets = embedded_offsets,
	.offset_at = embedded_offset_at,
	.committed = embedded_committed,
	.clean = es_embedded_clean,
	.session_open = es_embedded_session_open,
	.session_close = es_embedded_session_close,
	.poll = es_embedded_poll,
	.wake = es_embedded_wake,
	.seek = es_embedded_seek,
	.pause = es_embedded_pause,
	.begin = es_embedded_begin,
	.put = es_embedded_put,
	.commit = es_embedded_commit,
	.abort = es_embedded_abort,
};
