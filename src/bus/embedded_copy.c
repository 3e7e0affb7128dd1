/* SPDX-License-Identifier: MIT
 *
 * Backup and restore of the file.
 *
 *   from --one snapshot--> PATH.part --sync--> PATH       (restore: PATH.restoring)
 *
 * The second name is given when every byte is on the disk, so what has it is whole,
 * whenever the program or the power ends. What ended before leaves the first name alone,
 * and the next try begins anew in it. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bus/embedded.h"

#define STEP_PAGES 256 /* between two looks at progress: 4 MiB */

struct copying {
	const struct es_bus_copy *copy;
	const char *path;    /* at the end */
	char part[PATH_MAX]; /* until then */
	int lock;            /* its descriptor, under flock; -1 = it is not ours */
	const char *hint;    /* what to do where `path` is there */
	struct es_conn from, to;
};

static int refuse_there(const char *path, const char *hint, struct earshot_error *error)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return EARSHOT_OK;
	es_err(error, EARSHOT_CANTCREATE, "%s is there already", path);
	es_err_at(error, path, 0, 0);
	es_err_hint(error, "%s", hint);
	return EARSHOT_CANTCREATE;
}

/* What SQLite lays beside a file. */
static void remove_beside(const char *path)
{
	static const char *const ends[] = { "-wal", "-shm", "-journal" };
	for (size_t i = 0; i < ES_COUNT(ends); i++) {
		char beside[PATH_MAX + 16];
		snprintf(beside, sizeof(beside), "%s%s", path, ends[i]);
		unlink(beside);
	}
}

/* The first name, empty, ours alone. Who held it may have given the file its second name
 * before we had the lock: then ours is another file, and we look again. */
static int take_part(struct copying *c, mode_t mode, struct earshot_error *error)
{
	for (;;) {
		struct stat held, named;
		c->lock = open(c->part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
		if (c->lock < 0) {
			es_err_errno(error, EARSHOT_CANTCREATE, errno, "cannot create %s", c->part);
			es_err_at(error, c->part, 0, 0);
			es_err_hint(error, "name a place in a folder that is there and writable");
			return EARSHOT_CANTCREATE;
		}
		if (flock(c->lock, LOCK_EX | LOCK_NB) != 0) {
			close(c->lock);
			c->lock = -1;
			es_err(error, EARSHOT_BUSY, "another process is writing %s", c->part);
			es_err_hint(error, "wait for it, or name another file");
			return EARSHOT_BUSY;
		}
		if (fstat(c->lock, &held) == 0 && lstat(c->part, &named) == 0 &&
		    held.st_ino == named.st_ino && held.st_dev == named.st_dev)
			break;
		close(c->lock);
	}
	remove_beside(c->part);
	return ftruncate(c->lock, 0) == 0
		       ? EARSHOT_OK
		       : es_err_errno(error, EARSHOT_IO, errno, "cannot empty %s", c->part);
}

static int sync_folder(const char *path, struct earshot_error *error)
{
	char folder[PATH_MAX];
	snprintf(folder, sizeof(folder), "%s", path);
	char *slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = EARSHOT_OK;
	if (fd < 0 || fsync(fd) != 0)
		rc = es_err_errno(error, EARSHOT_IO, errno, "cannot bring to the disk: %s", path);
	if (fd >= 0)
		close(fd);
	return rc;
}

/* The second name; never over a file that came meanwhile. */
static int name_it(struct copying *c, struct earshot_error *error)
{
	if (fsync(c->lock) != 0)
		return es_err_errno(error, EARSHOT_IO, errno, "cannot bring to the disk: %s",
				    c->part);
	if (renameat2(AT_FDCWD, c->part, AT_FDCWD, c->path, RENAME_NOREPLACE) != 0) {
		int why = errno;
		int rc = refuse_there(c->path, c->hint, error);
		if (rc)
			return rc;
		/* a file system that does not know RENAME_NOREPLACE */
		if (why != EINVAL || rename(c->part, c->path) != 0)
			return es_err_errno(error, EARSHOT_IO, why, "cannot name %s", c->path);
	}
	return sync_folder(c->path, error);
}

/* All pages of one snapshot: the transaction on `from` holds it, so that writers neither
 * wait nor make the copy begin again. Meanwhile the WAL grows by what they write. */
static int copy_pages(struct copying *c, struct earshot_error *error)
{
	int64_t page = 0;
	int step = SQLITE_OK, rc = es_conn_int(&c->from, "PRAGMA page_size", &page, error);
	if (rc != EARSHOT_OK)
		return rc;
	sqlite3_backup *backup = sqlite3_backup_init(c->to.db, "main", c->from.db, "main");
	if (!backup)
		return es_conn_fail(&c->to, sqlite3_errcode(c->to.db), "cannot write", error);
	while (step == SQLITE_OK) {
		errno = 0;
		step = sqlite3_backup_step(backup, STEP_PAGES);
		int64_t total = sqlite3_backup_pagecount(backup);
		if (c->copy->progress)
			c->copy->progress(c->copy->ctx,
					  (total - sqlite3_backup_remaining(backup)) * page,
					  total * page);
	}
	sqlite3_backup_finish(backup);
	return step == SQLITE_DONE ? EARSHOT_OK : es_conn_fail(&c->to, step, "cannot write", error);
}

/* `from` is open, at its snapshot, and a log; `after` is done to the copy. */
static int copy_all(struct copying *c, mode_t mode,
		    int (*after)(struct es_conn *, struct earshot_error *),
		    struct earshot_error *error)
{
	int rc = take_part(c, mode, error);
	if (rc == EARSHOT_OK)
		rc = es_conn_open(&c->to, c->part, SQLITE_OPEN_READWRITE, ES_OPEN_WAIT_MS, error);
	/* nothing to go back to: a copy that fails is thrown away */
	if (rc == EARSHOT_OK)
		rc = es_conn_exec(&c->to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF",
				  "cannot write", error);
	if (rc == EARSHOT_OK)
		rc = copy_pages(c, error);
	if (rc == EARSHOT_OK)
		rc = after(&c->to, error);
	es_conn_close(&c->to);
	if (rc == EARSHOT_OK)
		rc = name_it(c, error);
	if (c->lock >= 0) {
		if (rc != EARSHOT_OK) {
			remove_beside(c->part);
			unlink(c->part);
		}
		close(c->lock);
	}
	return rc;
}

/* Opens what is copied. OLD is good: who opens the copy as a log upgrades it. */
static int open_from(struct copying *c, const char *path, const char *what,
		     struct earshot_error *error)
{
	if (access(path, F_OK) != 0) {
		es_err_errno(error, EARSHOT_NOINPUT, errno, "there is no %s at %s", what, path);
		es_err_at(error, path, 0, 0);
		return EARSHOT_NOINPUT;
	}
	int rc = es_conn_open(&c->from, path, SQLITE_OPEN_READONLY, ES_OPEN_WAIT_MS, error);
	if (rc == EARSHOT_OK)
		rc = es_conn_exec(&c->from, "BEGIN", "cannot read", error);
	if (rc == EARSHOT_OK)
		rc = es_log_check(&c->from, error);
	if (rc == ES_LOG_FRESH)
		rc = es_err(error, EARSHOT_NOINPUT, "%s is empty", path);
	return rc == ES_LOG_OLD ? EARSHOT_OK : rc;
}

/* One file, which may be read where nothing can be written. */
static int make_single(struct es_conn *conn, struct earshot_error *error)
{
	return es_conn_exec(conn, "PRAGMA journal_mode=DELETE", "cannot write", error);
}

int es_embedded_backup(const struct es_bus_options *options, const struct es_bus_copy *copy,
		       struct earshot_error *error)
{
	struct copying c = { .copy = copy,
			     .path = copy->path,
			     .lock = -1,
			     .hint = "name another file, or remove this one" };
	char *log = NULL;
	snprintf(c.part, sizeof(c.part), "%s.part", copy->path);
	int rc = es_log_path(options->url, &log, error);
	if (rc == EARSHOT_OK)
		rc = refuse_there(copy->path, c.hint, error);
	if (rc == EARSHOT_OK)
		rc = open_from(&c, log, "log", error);
	if (rc == EARSHOT_OK)
		rc = copy_all(&c, 0600, make_single, error);
	es_conn_close(&c.from);
	free(log);
	return rc;
}

/* Whoever keeps offsets of the log elsewhere (the read model) has to see that it is another
 * one now. */
static int make_log(struct es_conn *conn, struct earshot_error *error)
{
	int rc = es_conn_exec(conn, "PRAGMA journal_mode=WAL", "cannot write", error);
	if (rc == EARSHOT_OK)
		rc = es_log_upgrade(conn, error);
	if (rc == EARSHOT_OK)
		rc = es_conn_exec(conn, "UPDATE identity SET id = random() & 0x7fffffffffffffff",
				  "cannot write", error);
	return rc;
}

/* A backup may have been copied by hand, over networks, years ago. */
static int check_whole(struct es_conn *conn, struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int rc = es_conn_stmt(conn, &stmt, error, "PRAGMA quick_check(1)");
	if (rc != EARSHOT_OK)
		return rc;
	int step = sqlite3_step(stmt);
	const char *said = step == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
	if (!said || strcmp(said, "ok") != 0) {
		rc = es_err(error, EARSHOT_DATA, "%s is damaged: %s", conn->path,
			    said ? said : sqlite3_errmsg(conn->db));
		es_err_at(error, conn->path, 0, 0);
		es_err_hint(error, "take another backup; nothing was made of this one");
	}
	sqlite3_finalize(stmt);
	return rc;
}

int es_embedded_restore(const struct es_bus_options *options, const struct es_bus_copy *copy,
			struct earshot_error *error)
{
	struct copying c = { .copy = copy,
			     .lock = -1,
			     .hint = "stop earshot and move the log away first, with what lies "
				     "beside it (-wal, -shm)" };
	char *log = NULL, wal[PATH_MAX];
	int rc = es_log_path(options->url, &log, error);
	if (rc != EARSHOT_OK)
		return rc;
	c.path = log;
	snprintf(c.part, sizeof(c.part), "%s" ES_LOG_RESTORING, log);
	snprintf(wal, sizeof(wal), "%s-wal", log);
	rc = refuse_there(log, c.hint, error);
	if (rc == EARSHOT_OK) /* it would be taken for a part of the new one */
		rc = refuse_there(wal, c.hint, error);
	if (rc == EARSHOT_OK)
		rc = open_from(&c, copy->path, "backup", error);
	if (rc == EARSHOT_OK)
		rc = check_whole(&c.from, error);
	if (rc == EARSHOT_OK)
		rc = es_log_parents(log, error);
	if (rc == EARSHOT_OK)
		rc = copy_all(&c, 0666, make_log, error);
	es_conn_close(&c.from);
	free(log);
	return rc;
}
