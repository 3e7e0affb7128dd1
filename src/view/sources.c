/* SPDX-License-Identifier: MIT
 *
 * sources.c - who can be heard: the health that collect wrote, and what came.
 */
#include "view/inside.h"
#include "view/quiet.h"

static const char *const states[] = { "unreachable", "silent", "new", "ok" };

/* The source's row in the order of the answer; see API.md. */
static int state_of(struct earshot_str said, int64_t posts, int64_t first, int64_t last,
		    int64_t now)
{
	if (es_str_is(said, "cannot_hear") || es_str_is(said, "stopped"))
		return 0;
	if (es_is_quiet(posts, first, last, now))
		return 1;
	return es_str_is(said, "new") ? 2 : 3;
}

static void put_source(struct es_buf *out, sqlite3_stmt *row, int state, int64_t posts)
{
	es_buf_putc(out, '{');
	es_put_str(out, "source", es_column(row, 0));
	if (es_column(row, 1).len)
		es_put_str(out, "kind", es_column(row, 1));
	es_put_str(out, "state", es_str_of(states[state]));
	if (posts)
		es_put_time(out, "last_post_at", sqlite3_column_int64(row, 8));
	if (sqlite3_column_type(row, 5) != SQLITE_NULL)
		es_put_time(out, "last_ok_at", sqlite3_column_int64(row, 5));
	if (state == 0 && sqlite3_column_type(row, 5) != SQLITE_NULL)
		es_put_time(out, "since", sqlite3_column_int64(row, 5));
	else if (state == 1)
		es_put_time(out, "since", sqlite3_column_int64(row, 8));
	if (state == 0 && es_column(row, 4).len)
		es_put_str(out, "error", es_column(row, 4));
	else if (state == 0 && es_column(row, 3).len)
		es_put_str(out, "error", es_column(row, 3));
	if (state == 0 && es_column(row, 3).len)
		es_put_str(out, "error_code", es_column(row, 3));
	if (sqlite3_column_type(row, 10) != SQLITE_NULL)
		es_put_time(out, "next_try_at", sqlite3_column_int64(row, 10));
	es_buf_printf(out, ",\"posts\":%lld,\"posts_7d\":%lld}", (long long)posts,
		      (long long)sqlite3_column_int64(row, 9));
}

int es_view_sources(struct es_view *view, int64_t now_ms, struct es_buf *out,
		    struct earshot_error *error)
{
	struct es_where where;
	sqlite3_stmt *stmt = NULL;
	int step = SQLITE_DONE;
	bool any = false;
	sqlite3 *db = es_view_enter(view, error);
	if (!db)
		return error ? error->code : EARSHOT_IO;
	es_where_init(&where);
	es_where_int(&where,
		     "SELECT s.id,s.kind,s.state,s.error,s.message,s.last_ok,count(m.source),"
		     "min(m.event_at),max(m.event_at),total(m.event_at>=?),"
		     "s.next_try "
		     "FROM sources s LEFT JOIN mentions m ON m.source=s.id GROUP BY s.id",
		     now_ms - 7 * ES_DAY);
	stmt = es_where_prepare(db, &where, error);
	es_buf_puts(out, "{\"sources\":[");
	/* few rows: once for each state, so that they come in its order */
	for (int state = 0; stmt && state < 4 && step == SQLITE_DONE; state++) {
		while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
			int64_t posts = sqlite3_column_int64(stmt, 6);
			if (state_of(es_column(stmt, 2), posts, sqlite3_column_int64(stmt, 7),
				     sqlite3_column_int64(stmt, 8), now_ms) != state)
				continue;
			if (any)
				es_buf_putc(out, ',');
			any = true;
			put_source(out, stmt, state, posts);
		}
		(void)sqlite3_reset(stmt);
	}
	es_buf_puts(out, "]}");
	int rc = !stmt                 ? (error ? error->code : EARSHOT_IO)
		 : step == SQLITE_DONE ? 0
				       : es_view_fail(db, error, "cannot be read");
	sqlite3_finalize(stmt);
	es_view_leave(view);
	es_where_release(&where);
	return rc;
}
