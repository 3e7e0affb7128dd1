/* SPDX-License-Identifier: MIT
 *
 * Connections to the file, and SQLite's error codes in our words. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>
#include "bus/embedded.h"

#define STMT_MAX 512 /* bytes of a formatted statement: ours are short */

/* Called while somebody else holds the lock: short naps, so that a writer of
 * another process does not starve behind a busy one. */
static int busy(void *ctx, int count)
{
	struct es_conn *conn = ctx;
	int64_t now = es_monotonic_ms();
	if (count == 0)
		conn->busy_since = now;
	if (now - conn->busy_since >= conn->wait_ms)
		return 0;
	usleep(count < 20 ? 250 : 2000);
	return 1;
}

int es_conn_fail(struct es_conn *conn, int sqlite_rc, const char *doing,
		 struct earshot_error *error)
{
	int code, os = 0;
	const char *hint = NULL;
	/* For other codes it is what some earlier call left there. SQLite forgets it on
	 * the way out of a failed COMMIT: then errno, cleared before each step, has it. */
	if (conn->db &&
	    ((sqlite_rc & 0xff) == SQLITE_IOERR || (sqlite_rc & 0xff) == SQLITE_CANTOPEN))
		os = sqlite3_system_errno(conn->db) ? sqlite3_system_errno(conn->db) : errno;
	switch (sqlite_rc & 0xff) {
	case SQLITE_FULL:
		code = EARSHOT_FULL;
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		code = EARSHOT_BUSY;
		hint = "another program holds it: find it with `fuser`, or wait";
		break;
	case SQLITE_NOMEM:
		return es_err_nomem(error);
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		code = EARSHOT_CANTCREATE;
		hint = "the file and its folder must be writable by this user";
		break;
	case SQLITE_NOTADB:
		code = EARSHOT_CONFIG;
		hint = "it is no earshot log; name another file in `bus:`";
		break;
	case SQLITE_CORRUPT:
		code = EARSHOT_DATA;
		hint = "the log is damaged; restore it from a backup";
		break;
	case SQLITE_IOERR:
		/* a quota and a limit on file size are a full disk as well */
		code = os == ENOSPC || os == EDQUOT || os == EFBIG ? EARSHOT_FULL : EARSHOT_IO;
		break;
	default:
		code = EARSHOT_INTERNAL;
	}
	if (code == EARSHOT_FULL)
		hint = "make room; nothing was half-written, and it goes on by itself";
	es_err(error, code, "%s %s: %s%s%s", doing, conn->path,
	       conn->db ? sqlite3_errmsg(conn->db) : sqlite3_errstr(sqlite_rc), os ? ": " : "",
	       os ? strerror(os) : "");
	es_err_at(error, conn->path, 0, 0);
	if (hint)
		es_err_hint(error, "%s", hint);
	return code;
}

int es_conn_open(struct es_conn *conn, const char *path, int flags, int wait_ms,
		 struct earshot_error *error)
{
	conn->path = path;
	conn->wait_ms = wait_ms;
	int rc = sqlite3_open_v2(path, &conn->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK) {
		rc = es_conn_fail(conn, rc, "cannot open", error);
		es_conn_close(conn);
		return rc;
	}
	sqlite3_extended_result_codes(conn->db, 1);
	sqlite3_busy_handler(conn->db, busy, conn);
	return EARSHOT_OK;
}

void es_conn_close(struct es_conn *conn)
{
	sqlite3_stmt *stmt;
	while (conn->db && (stmt = sqlite3_next_stmt(conn->db, NULL)))
		sqlite3_finalize(stmt);
	sqlite3_close(conn->db);
	conn->db = NULL;
}

int es_conn_exec(struct es_conn *conn, const char *sql, const char *doing,
		 struct earshot_error *error)
{
	errno = 0;
	int rc = sqlite3_exec(conn->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? EARSHOT_OK : es_conn_fail(conn, rc, doing, error);
}

int es_conn_stmt(struct es_conn *conn, sqlite3_stmt **stmt, struct earshot_error *error,
		 const char *format, ...)
{
	char sql[STMT_MAX];
	va_list args;
	if (*stmt)
		return EARSHOT_OK;
	va_start(args, format);
	vsnprintf(sql, sizeof(sql), format, args);
	va_end(args);
	int rc = sqlite3_prepare_v3(conn->db, sql, -1, SQLITE_PREPARE_PERSISTENT, stmt, NULL);
	return rc == SQLITE_OK ? EARSHOT_OK : es_conn_fail(conn, rc, "reading", error);
}

int es_conn_ints(struct es_conn *conn, sqlite3_stmt *stmt, int64_t *out, int n,
		 struct earshot_error *error)
{
	errno = 0;
	int rc = sqlite3_step(stmt), result = EARSHOT_OK;
	if (rc == SQLITE_ROW)
		for (int i = 0; i < n; i++)
			out[i] = sqlite3_column_int64(stmt, i);
	else if (rc == SQLITE_DONE)
		result = EARSHOT_NOTFOUND;
	else
		result = es_conn_fail(conn, rc, "reading", error);
	sqlite3_reset(stmt);
	return result;
}

int es_conn_int(struct es_conn *conn, const char *sql, int64_t *value, struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int rc = es_conn_stmt(conn, &stmt, error, "%s", sql);
	if (rc == EARSHOT_OK)
		rc = es_conn_ints(conn, stmt, value, 1, error);
	sqlite3_finalize(stmt);
	return rc;
}
