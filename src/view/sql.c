/* SPDX-License-Identifier: MIT
 *
 * sql.c - small words around SQLite, and the WHERE clauses of the queries.
 */
#include "view/inside.h"
#include <stdio.h>

void es_bind_str(sqlite3_stmt *stmt, int at, struct earshot_str text)
{
	(void)sqlite3_bind_text64(stmt, at, text.ptr ? text.ptr : "", text.len, SQLITE_STATIC,
				  SQLITE_UTF8);
}

void es_bind_text(sqlite3_stmt *stmt, int at, const char *text)
{
	es_bind_str(stmt, at, es_str_of(text));
}

void es_bind_int(sqlite3_stmt *stmt, int at, int64_t value)
{
	if (value == EARSHOT_NONE)
		(void)sqlite3_bind_null(stmt, at);
	else
		(void)sqlite3_bind_int64(stmt, at, value);
}

struct earshot_str es_column(sqlite3_stmt *stmt, int at)
{
	const char *text = (const char *)sqlite3_column_text(stmt, at);
	return es_str(text, text ? (size_t)sqlite3_column_bytes(stmt, at) : 0);
}

int es_run(struct es_view *view, enum es_stmt id, struct earshot_error *error)
{
	int rc = sqlite3_step(view->stmts[id]);
	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		rc = es_view_fail(view->db, error, "cannot be written");
	else
		rc = 0;
	(void)sqlite3_reset(view->stmts[id]);
	(void)sqlite3_clear_bindings(view->stmts[id]);
	return rc;
}

sqlite3 *es_view_enter(struct es_view *view, struct earshot_error *error)
{
	pthread_mutex_lock(&view->lock);
	if (view->read && sqlite3_exec(view->read, "BEGIN", NULL, NULL, NULL) == SQLITE_OK)
		return view->read;
	es_view_fail(view->read, error, "cannot be read");
	pthread_mutex_unlock(&view->lock);
	return NULL;
}

void es_view_leave(struct es_view *view)
{
	(void)sqlite3_exec(view->read, "COMMIT", NULL, NULL, NULL);
	pthread_mutex_unlock(&view->lock);
}

/* ---- WHERE ---- */

void es_where_init(struct es_where *where)
{
	es_buf_init(&where->sql, 16 * 1024);
	where->n = 0;
}

void es_where_release(struct es_where *where)
{
	es_buf_release(&where->sql);
}

void es_where_sql(struct es_where *where, const char *sql)
{
	es_buf_puts(&where->sql, sql);
}

void es_where_text(struct es_where *where, const char *sql, struct earshot_str text)
{
	if (where->n == ES_WHERE_MAX) {
		where->sql.failed = true;
		return;
	}
	es_buf_puts(&where->sql, sql);
	where->value[where->n++].text = es_str(text.ptr ? text.ptr : "", text.len);
}

void es_where_int(struct es_where *where, const char *sql, int64_t number)
{
	if (where->n == ES_WHERE_MAX) {
		where->sql.failed = true;
		return;
	}
	es_buf_puts(&where->sql, sql);
	where->value[where->n].text = es_str(NULL, 0);
	where->value[where->n++].number = number;
}

void es_where_voice(struct es_where *where, const char *column, struct earshot_str voice)
{
	char sql[64];
	bool all = es_str_is(voice, "customers");
	if (!voice.ptr)
		return;
	snprintf(sql, sizeof(sql), all ? " AND %s IN('',?)" : " AND %s=?", column);
	es_where_text(where, sql, all ? ES_STR("customer") : voice);
}

void es_where_rollup(struct es_where *where, const struct es_view_filter *filter)
{
	es_where_int(where, " AND span=?",
		     filter->since == EARSHOT_NONE && filter->until == EARSHOT_NONE);
	if (filter->lang.ptr)
		es_where_text(where, " AND lang=?", filter->lang);
	if (filter->channel.ptr)
		es_where_text(where, " AND channel=?", filter->channel);
	es_where_voice(where, "voice", filter->voice);
	if (filter->label)
		es_where_int(where, " AND label=?", filter->label);
	if (filter->since != EARSHOT_NONE)
		es_where_int(where, " AND minute>=?", es_minute_of(filter->since));
	if (filter->until != EARSHOT_NONE)
		es_where_int(where, " AND minute<?", es_minute_of(filter->until));
}

struct earshot_str es_dimension(const struct es_view_filter *filter, char out[256])
{
	if (filter->topic.ptr)
		return filter->topic;
	if (!filter->brand.ptr)
		return ES_STR("");
	int len = snprintf(out, 256, "@%.*s", ES_FMT(filter->brand));
	return es_str(out, len < 256 ? (size_t)len : 255);
}

sqlite3_stmt *es_where_prepare(sqlite3 *db, const struct es_where *where,
			       struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	if (!es_buf_ok(&where->sql)) {
		es_err_nomem(error);
		return NULL;
	}
	if (sqlite3_prepare_v2(db, where->sql.ptr, (int)where->sql.len, &stmt, NULL) != SQLITE_OK) {
		es_view_fail(db, error, "a query");
		return NULL;
	}
	for (int i = 0; i < where->n; i++) {
		if (where->value[i].text.ptr)
			es_bind_str(stmt, i + 1, where->value[i].text);
		else
			es_bind_int(stmt, i + 1, where->value[i].number);
	}
	return stmt;
}

/* ---- tallies ---- */

#define ROWS_MAX 10000

int es_tally_read(sqlite3 *db, const struct es_where *where, struct es_arena *arena,
		  struct es_tally **rows, size_t *n_rows, struct earshot_error *error)
{
	int rc = 0, step;
	size_t cap = 0;
	*rows = NULL;
	*n_rows = 0;
	sqlite3_stmt *stmt = es_where_prepare(db, where, error);
	if (!stmt)
		return error ? error->code : EARSHOT_IO;
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		struct earshot_str key = es_column(stmt, 0);
		int label = sqlite3_column_int(stmt, 1);
		int64_t n = sqlite3_column_int64(stmt, 2);
		if (*n_rows == 0 || !es_str_eq((*rows)[*n_rows - 1].key, key)) {
			if (*n_rows == ROWS_MAX)
				break;
			if (*n_rows == cap) {
				struct es_tally *more =
					es_arena_zalloc(arena, cap ? cap * 2 : 16, sizeof(*more));
				if (!more)
					goto nomem;
				if (cap)
					memcpy(more, *rows, cap * sizeof(*more));
				*rows = more;
				cap = cap ? cap * 2 : 16;
			}
			(*rows)[*n_rows].key = es_arena_str(arena, key.ptr ? key.ptr : "", key.len);
			if (!(*rows)[*n_rows].key.ptr)
				goto nomem;
			++*n_rows;
		}
		(*rows)[*n_rows - 1].n[0] += n;
		if (label >= EARSHOT_NEGATIVE && label <= EARSHOT_POSITIVE)
			(*rows)[*n_rows - 1].n[label] += n;
	}
	if (step != SQLITE_DONE && step != SQLITE_ROW)
		rc = es_view_fail(db, error, "a query");
	sqlite3_finalize(stmt);
	return rc;
nomem:
	sqlite3_finalize(stmt);
	return es_err_nomem(error);
}

void es_tally_write(struct es_buf *out, const int64_t n[4])
{
	es_buf_printf(out, "\"n\":%lld,\"positive\":%lld,\"neutral\":%lld,\"negative\":%lld",
		      (long long)n[0], (long long)n[EARSHOT_POSITIVE],
		      (long long)n[EARSHOT_NEUTRAL], (long long)n[EARSHOT_NEGATIVE]);
}

/* ---- JSON ---- */

void es_put_name(struct es_buf *out, const char *name)
{
	if (out->len && out->ptr[out->len - 1] != '{')
		es_buf_putc(out, ',');
	es_buf_printf(out, "\"%s\":", name);
}

void es_put_str(struct es_buf *out, const char *name, struct earshot_str text)
{
	es_put_name(out, name);
	es_buf_json_str(out, text.ptr, text.len);
}

void es_put_time(struct es_buf *out, const char *name, int64_t ms)
{
	char text[ES_TIME_LEN];
	if (ms == EARSHOT_NONE || es_time_format(ms, text) == 0)
		return;
	es_put_name(out, name);
	es_buf_printf(out, "\"%s\"", text);
}
