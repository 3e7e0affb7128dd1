/* SPDX-License-Identifier: MIT
 *
 * queue.c - flagged posts that wait for a person.
 */
#include "view/inside.h"
#include <stdio.h>

/* Shown: what is open and whose mention nobody has hidden. CROSS: the queue is read
 * first, it is the short one. */
#define FROM_OPEN " FROM queue q CROSS JOIN mentions m ON m.id=q.id AND m.hidden=0"

int es_queue_count(sqlite3 *db, int64_t now_ms, struct es_queue_counts *out,
		   struct earshot_error *error)
{
	struct es_where where;
	memset(out, 0, sizeof(*out));
	es_where_init(&where);
	es_where_int(&where, "SELECT count(*),total(q.due<?)", now_ms);
	es_where_int(&where, ",total(q.due>=?", now_ms);
	es_where_int(&where, " AND q.due<?)" FROM_OPEN, now_ms + ES_DUE_SOON);
	sqlite3_stmt *stmt = es_where_prepare(db, &where, error);
	int step = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	if (step == SQLITE_ROW) {
		out->open = sqlite3_column_int64(stmt, 0);
		out->overdue = sqlite3_column_int64(stmt, 1);
		out->due_soon = sqlite3_column_int64(stmt, 2);
	}
	sqlite3_finalize(stmt);
	es_where_release(&where);
	return step == SQLITE_ROW ? 0 : es_view_fail(db, error, "cannot be read");
}

/* The place behind the last item of a page: "now.later.priority.due.margin.id". The
 * moment of the first page stays that of all: what becomes overdue meanwhile does
 * not move. */
struct place {
	int64_t now, later, priority, due, margin;
	char id[EARSHOT_ID_LEN + 1];
};

static int read_place(struct earshot_str cursor, struct place *place, struct earshot_error *error)
{
	char text[160];
	long long now, later, priority, due, margin;
	int used = 0;
	if (cursor.len < sizeof(text)) {
		memcpy(text, cursor.ptr, cursor.len);
		text[cursor.len] = 0;
		if (sscanf(text, "%20lld.%1lld.%1lld.%20lld.%8lld.%32[0-9a-f]%n", &now, &later,
			   &priority, &due, &margin, place->id, &used) == 6 &&
		    (size_t)used == cursor.len) {
			place->now = now;
			place->later = later;
			place->priority = priority;
			place->due = due;
			place->margin = margin;
			return 0;
		}
	}
	es_err(error, EARSHOT_DATA, "this is no \"next\" of a page");
	es_err_at(error, "cursor", 0, 0);
	return EARSHOT_DATA;
}

/* `place` and `brand` are the caller's: the clause points into them. */
static int make_where(struct es_where *where, const struct es_view_filter *filter,
		      struct place *place, char brand[256], struct earshot_error *error)
{
	if (filter->cursor.ptr) {
		int rc = read_place(filter->cursor, place, error);
		if (rc)
			return rc;
	}
	es_where_int(where,
		     "SELECT " ES_ITEM_COLUMNS ",q.due>=?1 AS "
		     "later,q.priority,q.due,q.margin,q.rules,q.priority_name,q.route" FROM_OPEN
			     ES_ITEM_JOIN "WHERE 1",
		     place->now);
	if (filter->label)
		es_where_int(where, " AND m.label=?", filter->label);
	if (filter->lang.ptr)
		es_where_text(where, " AND m.lang=?", filter->lang);
	if (filter->channel.ptr)
		es_where_text(where, " AND m.channel=?", filter->channel);
	struct earshot_str dimension = es_dimension(filter, brand);
	if (dimension.len) /* lists are joined by line ends: a whole entry is looked for */
		es_where_text(where,
			      " AND instr(char(10)||m.topics||char(10),char(10)||?||char(10))>0",
			      dimension);
	if (filter->rule.ptr)
		es_where_text(where,
			      " AND EXISTS(SELECT 1 FROM json_each(q.rules) r WHERE r.value=?)",
			      filter->rule);
	if (filter->priority.ptr)
		es_where_text(where, " AND q.priority_name=?", filter->priority);
	if (filter->route.ptr)
		es_where_text(where, " AND q.route=?", filter->route);
	if (filter->cursor.ptr) {
		es_where_int(where, " AND (q.due>=?1,q.priority,q.due,q.margin,q.id)>(?",
			     place->later);
		es_where_int(where, ",?", place->priority);
		es_where_int(where, ",?", place->due);
		es_where_int(where, ",?", place->margin);
		es_where_text(where, ",?)", es_str_of(place->id));
	}
	es_where_int(where, " ORDER BY later,q.priority,q.due,q.margin,q.id LIMIT ?",
		     (int64_t)es_view_limit(filter) + 1);
	return 0;
}

static void put_item(struct es_buf *out, sqlite3_stmt *stmt, int64_t now)
{
	struct es_buf more;
	int64_t due = sqlite3_column_int64(stmt, ES_ITEM_N + 2);
	es_buf_init(&more, 128 * 1024);
	es_buf_puts(&more, "\"queue\":{\"rules\":");
	es_buf_add_str(&more, es_column(stmt, ES_ITEM_N + 4));
	es_put_str(&more, "priority", es_column(stmt, ES_ITEM_N + 5));
	if (es_column(stmt, ES_ITEM_N + 6).len)
		es_put_str(&more, "route", es_column(stmt, ES_ITEM_N + 6));
	if (due != INT64_MAX)
		es_put_time(&more, "due", due);
	es_buf_printf(&more, ",\"overdue\":%s", due < now ? "true" : "false");
	es_put_name(&more, "margin");
	es_buf_json_num(&more, (double)sqlite3_column_int64(stmt, ES_ITEM_N + 3) / 1e6, 6);
	es_buf_putc(&more, '}');
	if (!es_buf_ok(&more))
		out->failed = true;
	es_view_item(out, stmt, es_buf_view(&more));
	es_buf_release(&more);
}

int es_view_queue(struct es_view *view, const struct es_view_filter *filter, int64_t now_ms,
		  struct es_buf *out, struct earshot_error *error)
{
	struct es_where where;
	struct es_queue_counts counts;
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	struct place place = { .now = now_ms };
	char brand[256];
	size_t n = 0, from = out->len;
	int step = SQLITE_DONE;
	char last[160] = "", next[160] = "";
	es_where_init(&where);
	int rc = make_where(&where, filter, &place, brand, error);
	if (rc)
		goto out;
	db = es_view_enter(view, error);
	rc = db ? es_queue_count(db, now_ms, &counts, error) : EARSHOT_IO;
	if (rc)
		goto out;
	stmt = es_where_prepare(db, &where, error);
	if (!stmt) {
		rc = error ? error->code : EARSHOT_IO;
		goto out;
	}
	es_buf_printf(out, "{\"open\":%lld,\"overdue\":%lld,\"due_soon\":%lld,\"items\":[",
		      (long long)counts.open, (long long)counts.overdue,
		      (long long)counts.due_soon);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (es_page_full(filter, n, out, from)) {
			strcpy(next, last);
			break;
		}
		if (n++)
			es_buf_putc(out, ',');
		put_item(out, stmt, place.now);
		snprintf(last, sizeof(last), "%lld.%d.%d.%lld.%lld.%.*s", (long long)place.now,
			 sqlite3_column_int(stmt, ES_ITEM_N),
			 sqlite3_column_int(stmt, ES_ITEM_N + 1),
			 (long long)sqlite3_column_int64(stmt, ES_ITEM_N + 2),
			 (long long)sqlite3_column_int64(stmt, ES_ITEM_N + 3),
			 ES_FMT(es_column(stmt, 0)));
	}
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		rc = es_view_fail(db, error, "cannot be read");
	es_page_end(out, next);
out:
	sqlite3_finalize(stmt);
	if (db)
		es_view_leave(view);
	es_where_release(&where);
	return rc;
}
