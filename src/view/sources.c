/* SPDX-License-Identifier: MIT
 *
 * sources.c - who can be heard: the health that collect wrote, and what came.
 */
#include "view/inside.h"
#include "view/quiet.h"

static const char *const states[] = { "unreachable", "silent", "new", "ok" };

/* Columns of the query below. */
enum {
	ID,
	KIND,
	STATE,
	ERROR,
	MESSAGE,
	LAST_OK,
	POSTS,
	FIRST,
	LAST,
	POSTS_7D,
	NEXT_TRY,
	RATE,
	LAST_ITEM,
	SILENT_AT,
	LAG,
	MOVED_TO,
	WAITS_BY
};

static bool has(sqlite3_stmt *row, int column)
{
	return sqlite3_column_type(row, column) != SQLITE_NULL;
}

/* Silent: what it brings is less than its own history allows, as collect says (its
 * `silent_at`), and it was heard since; where collect does not know its history yet, by its
 * mentions. */
static bool is_silent(sqlite3_stmt *row, int64_t now)
{
	if (has(row, SILENT_AT))
		return has(row, LAST_OK) &&
		       sqlite3_column_int64(row, LAST_OK) >= sqlite3_column_int64(row, SILENT_AT);
	return es_is_quiet(sqlite3_column_int64(row, POSTS), sqlite3_column_int64(row, FIRST),
			   sqlite3_column_int64(row, LAST), now);
}

/* The source's row in the order of the answer; see API.md. */
static int state_of(sqlite3_stmt *row, int64_t now)
{
	struct earshot_str said = es_column(row, STATE);
	if (es_str_is(said, "cannot_hear") || es_str_is(said, "stopped"))
		return 0;
	if (is_silent(row, now))
		return 1;
	return es_str_is(said, "new") ? 2 : 3;
}

static void put_known_time(struct es_buf *out, const char *name, sqlite3_stmt *row, int column)
{
	if (has(row, column))
		es_put_time(out, name, sqlite3_column_int64(row, column));
}

static void put_known_str(struct es_buf *out, const char *name, sqlite3_stmt *row, int column)
{
	if (es_column(row, column).len)
		es_put_str(out, name, es_column(row, column));
}

static void put_source(struct es_buf *out, sqlite3_stmt *row, int state)
{
	int64_t posts = sqlite3_column_int64(row, POSTS);
	es_buf_putc(out, '{');
	es_put_str(out, "source", es_column(row, ID));
	put_known_str(out, "kind", row, KIND);
	es_put_str(out, "state", es_str_of(states[state]));
	if (posts)
		es_put_time(out, "last_post_at", sqlite3_column_int64(row, LAST));
	put_known_time(out, "last_ok_at", row, LAST_OK);
	put_known_time(out, "last_item_at", row, LAST_ITEM);
	if (state == 0)
		put_known_time(out, "since", row, LAST_OK);
	else if (state == 1)
		put_known_time(out, "since", row,
			       has(row, SILENT_AT) && has(row, LAST_ITEM) ? LAST_ITEM : LAST);
	if (state == 0) {
		put_known_str(out, "error", row, es_column(row, MESSAGE).len ? MESSAGE : ERROR);
		put_known_str(out, "error_code", row, ERROR);
	}
	put_known_time(out, "next_try_at", row, NEXT_TRY);
	put_known_str(out, "waits_by", row, WAITS_BY);
	put_known_str(out, "moved_to", row, MOVED_TO);
	if (has(row, RATE)) {
		es_buf_puts(out, ",\"items_per_day\":");
		es_buf_json_num(out, sqlite3_column_double(row, RATE), 3);
	}
	if (has(row, LAG))
		es_buf_printf(out, ",\"lag_ms\":%lld", (long long)sqlite3_column_int64(row, LAG));
	es_buf_printf(out, ",\"posts\":%lld,\"posts_7d\":%lld}", (long long)posts,
		      (long long)sqlite3_column_int64(row, POSTS_7D));
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
		     "s.next_try,s.items_per_day,s.last_item,s.silent_at,s.lag,s.moved_to,"
		     "s.waits_by "
		     "FROM sources s LEFT JOIN mentions m ON m.source=s.id GROUP BY s.id",
		     now_ms - 7 * ES_DAY);
	stmt = es_where_prepare(db, &where, error);
	es_buf_puts(out, "{\"sources\":[");
	/* few rows: once for each state, so that they come in its order */
	for (int state = 0; stmt && state < 4 && step == SQLITE_DONE; state++) {
		while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
			if (state_of(stmt, now_ms) != state)
				continue;
			if (any)
				es_buf_putc(out, ',');
			any = true;
			put_source(out, stmt, state);
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
