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

#define IDENTITY \
	"CREATE TABLE identity(id INTEGER NOT NULL);" \
	"INSERT INTO identity VALUES(random() & 0x7fffffffffffffff);"

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
	"CREATE TABLE fences(name TEXT PRIMARY KEY, epoch INTEGER NOT NULL) WITHOUT "
	"ROWID;" IDENTITY;

/* From layout i + 1 to the next; all that are missing in one transaction. A new layout is a
 * step here, a change above, and a dump of the last one in tests/fixtures/log/. */
static const char *const steps[ES_LAYOUT - 1] = { IDENTITY };

int es_log_parents(const char *path, struct earshot_error *error)
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
int es_log_path(const char *url, char **out, struct earshot_error *error)
{
	char *cwd = NULL;
	int n;
	if (*url == '/') {
		*out = strdup(url);
		return *out ? EARSHOT_OK : es_err_nomem(error);
	}
	cwd = getcwd(NULL, 0);
	if (!cwd)
		return es_err_errno(error, EARSHOT_IO, errno, "where am I?");
	while (strncmp(url, "./", 2) == 0)
		url += 2;
	n = asprintf(out, "%s/%s", strcmp(cwd, "/") == 0 ? "" : cwd, url);
	free(cwd);
	if (n < 0) {
		*out = NULL;
		return es_err_nomem(error);
	}
	return EARSHOT_OK;
}

int es_log_check(struct es_conn *conn, struct earshot_error *error)
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
		return ES_LOG_FRESH;
	if (id != ES_APPLICATION_ID) {
		es_err(error, EARSHOT_CONFIG, "%s is a database, but no earshot log", conn->path);
		es_err_at(error, conn->path, 0, 0);
		es_err_hint(error, "name another file in `bus:`; this one was left as it is");
		return EARSHOT_CONFIG;
	}
	if (layout >= 1 && layout < ES_LAYOUT)
		return ES_LOG_OLD;
	if (layout != ES_LAYOUT) {
		es_err(error, EARSHOT_CONFIG, "%s has layout %lld, this earshot reads up to %d",
		       conn->path, (long long)layout, ES_LAYOUT);
		es_err_at(error, conn->path, 0, 0);
		es_err_hint(error, "use the earshot that wrote it, or a newer one");
		return EARSHOT_CONFIG;
	}
	return EARSHOT_OK;
}

/* Ends the transaction that makes or upgrades the file: it has this layout from now on, or, where
 * something before failed (rc), nothing was done. */
static int end_layout(struct es_conn *conn, int rc, const char *what, struct earshot_error *error)
{
	char sql[64];
	snprintf(sql, sizeof(sql), "PRAGMA user_version=%d", ES_LAYOUT);
	if (rc == EARSHOT_OK)
		rc = es_conn_exec(conn, sql, what, error);
	if (rc == EARSHOT_OK)
		rc = es_conn_exec(conn, "COMMIT", what, error);
	if (rc != EARSHOT_OK)
		sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}

/* Two processes may do this at once: everything is checked again under the lock. OLD where
 * an older earshot was quicker. */
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
	rc = es_log_check(conn, error);
	if (rc == ES_LOG_FRESH) {
		rc = es_conn_exec(conn, schema, "cannot create", error);
		snprintf(sql, sizeof(sql), "PRAGMA application_id=%d", ES_APPLICATION_ID);
		if (rc == EARSHOT_OK)
			rc = es_conn_exec(conn, sql, "cannot create", error);
	}
	return end_layout(conn, rc, "cannot create", error);
}

int es_log_upgrade(struct es_conn *conn, struct earshot_error *error)
{
	int64_t layout = 0, from;
	int rc = es_conn_exec(conn, "BEGIN IMMEDIATE", "cannot upgrade", error);
	if (rc != EARSHOT_OK)
		return rc;
	/* another process may have done it meanwhile */
	rc = es_conn_int(conn, "PRAGMA user_version", &layout, error);
	from = layout;
	for (; rc == EARSHOT_OK && layout < ES_LAYOUT; layout++)
		rc = es_conn_exec(conn, steps[layout - 1], "cannot upgrade", error);
	rc = end_layout(conn, rc, "cannot upgrade", error);
	if (rc == EARSHOT_OK && from < ES_LAYOUT)
		es_log(ES_INFO, "bus.upgraded", ES_LOG_S("path", conn->path),
		       ES_LOG_I("from", from), ES_LOG_I("to", ES_LAYOUT));
	return rc;
}

/* A log that is not there while half of it lies beside: an empty one would be taken for it. */
static int refuse_half(const char *path, struct earshot_error *error)
{
	char half[PATH_MAX];
	snprintf(half, sizeof(half), "%s" ES_LOG_RESTORING, path);
	if (access(half, F_OK) != 0)
		return EARSHOT_OK;
	es_err(error, EARSHOT_CONFIG, "the log %s was not restored to its end", path);
	es_err_at(error, half, 0, 0);
	es_err_hint(error, "run `earshot restore` again, or remove this file to begin with an "
			   "empty log");
	return EARSHOT_CONFIG;
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
	int rc = there ? EARSHOT_OK : refuse_half(bus->path, error);
	if (rc != EARSHOT_OK)
		return rc;
	if (bus->read_only && !there) {
		es_err(error, EARSHOT_NOINPUT, "there is no log at %s", bus->path);
		es_err_at(error, bus->path, 0, 0);
		es_err_hint(error, "`earshot run` makes it; check `bus:`");
		return EARSHOT_NOINPUT;
	}
	rc = bus->read_only ? EARSHOT_OK : es_log_parents(bus->path, error);
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
	rc = es_log_check(conn, error);
	if (rc == ES_LOG_FRESH && !bus->read_only)
		rc = make_file(conn, error);
	if (rc == ES_LOG_FRESH) {
		es_err(error, EARSHOT_NOINPUT, "the log at %s is empty", bus->path);
		es_err_hint(error, "`earshot run` makes it");
		rc = EARSHOT_NOINPUT;
	} else if (rc == ES_LOG_OLD && bus->read_only) {
		es_err(error, EARSHOT_CONFIG, "%s is a log of an older earshot", bus->path);
		es_err_at(error, bus->path, 0, 0);
		es_err_hint(error, "`earshot run` upgrades it at its start");
		rc = EARSHOT_CONFIG;
	} else if (rc == ES_LOG_OLD) {
		rc = es_log_upgrade(conn, error);
	}
	return rc;
}

static void embedded_close(struct es_bus *base)
{
	struct embedded *bus = (struct embedded *)base;
	es_clean_stop(bus);
	es_watch_stop(bus);
	es_checkpoint_stop(bus);
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
	bus->bell = bus->stop_watch = bus->wal_grown = -1;
	bus->partitions = options->partitions;
	bus->read_only = options->read_only;
	bus->prefix = strdup(options->prefix);
	int rc = bus->prefix ? es_log_path(options->url, &bus->path, error) : es_err_nomem(error);
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

static int embedded_identity(struct es_bus *base, int64_t *id, struct earshot_error *error)
{
	struct embedded *bus = (struct embedded *)base;
	pthread_mutex_lock(&bus->look_mutex);
	int rc = es_conn_int(&bus->look, "SELECT id FROM identity", id, error);
	pthread_mutex_unlock(&bus->look_mutex);
	return rc;
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
	.identity = embedded_identity,
	.backup = es_embedded_backup,
	.restore = es_embedded_restore,
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
