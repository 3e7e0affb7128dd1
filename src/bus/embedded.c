/* SPDX-License-Identifier: MIT
 *
 * The file: opened, checked, made. Read embedded.h first. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
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

enum { FRESH = 1 };

/* 0 = a log of ours, FRESH = an empty file, else an error. */
static int check_file(struct es_conn *conn, struct earshot_error *error)
{
	int64_t id = 0, layout = 0, tables = 0;
	int rc = es_conn_int(conn, "SELECT count(*) FROM sqlite_schema", &tables, error);
	if (rc == EARSHOT_OK)
		rc = es_conn_int(conn, "PRAGMA application_id", &id, error);
	if (rc == EARSHOT_OK)
		rc = es_conn_int(conn, "PRAGMA user_version", &layout, error);
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

/* The file and what SQLite lays beside it. */
static int embedded_disk(struct es_bus *base, struct es_bus_disk *out, struct earshot_error *error)
{
	static const char *const parts[] = { "", "-wal", "-shm" };
	const struct embedded *bus = (const struct embedded *)base;
	struct statvfs fs;
	if (statvfs(bus->path, &fs) != 0)
		return es_err_errno(error, EARSHOT_IO, errno, "cannot look at %s", bus->path);
	out->left = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
	for (size_t i = 0; i < ES_COUNT(parts); i++) {
		char path[PATH_MAX];
		struct stat st;
		snprintf(path, sizeof(path), "%s%s", bus->path, parts[i]);
		if (stat(path, &st) == 0)
			out->used += (int64_t)st.st_blocks * 512;
	}
	return EARSHOT_OK;
}

const struct es_engine es_engine_embedded = {
	.scheme = "",
	.open = embedded_open,
	.close = embedded_close,
	.ensure = es_embedded_ensure,
	.partitions = es_embedded_partitions,
	.offsets = es_embedded_offsets,
	.begun = es_embedded_begun,
	.offset_at = es_embedded_offset_at,
	.committed = es_embedded_committed,
	.clean = es_embedded_clean,
	.disk = embedded_disk,
	.session_open = es_embedded_session_open,
	.session_close = es_embedded_session_close,
	.poll = es_embedded_poll,
	.wake = es_embedded_wake,
	.seek = es_embedded_seek,
	.position = es_embedded_position,
	.pause = es_embedded_pause,
	.lag = es_embedded_lag,
	.begin = es_embedded_begin,
	.put = es_embedded_put,
	.commit = es_embedded_commit,
	.abort = es_embedded_abort,
};
