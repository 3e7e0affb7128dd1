/* SPDX-License-Identifier: MIT
 *
 * items.c - mentions, page by page and one by one.
 */
#include "view/inside.h"
#include <stdio.h>
#include <stdlib.h>

/* A page ends before it is this long, whatever its limit: texts may be 256 KiB. */
#define PAGE_BYTES (4u * ES_MIB)

size_t es_view_limit(const struct es_view_filter *filter)
{
	return filter->limit == 0                 ? 50
	       : filter->limit > ES_VIEW_PAGE_MAX ? ES_VIEW_PAGE_MAX
						  : filter->limit;
}

/* Members that we say ourselves: a record that brings them does not. */
static const char *const ours[] = { "rev",    "label", "machine", "decision",
				    "hidden", "queue", "cluster" };

void es_view_item(struct es_buf *out, sqlite3_stmt *row, struct earshot_str more)
{
	struct es_buf members;
	struct earshot_str body = es_column(row, 8), decision = es_column(row, 4);
	const char *label = earshot_label_name((enum earshot_label)sqlite3_column_int(row, 2));
	const char *machine = earshot_label_name((enum earshot_label)sqlite3_column_int(row, 3));
	es_buf_init(&members, 256 * 1024);
	es_buf_printf(&members, "\"rev\":%lld", (long long)sqlite3_column_int64(row, 1));
	if (label)
		es_buf_printf(&members, ",\"label\":\"%s\"", label);
	if (decision.len) {
		if (machine)
			es_buf_printf(&members, ",\"machine\":\"%s\"", machine);
		es_buf_puts(&members, ",\"decision\":{");
		es_put_str(&members, "decision", decision);
		if (es_str_is(decision, "label") && label)
			es_put_str(&members, "label", es_str_of(label));
		es_put_str(&members, "agent", es_column(row, 5));
		es_put_time(&members, "at", sqlite3_column_int64(row, 6));
		es_buf_putc(&members, '}');
	}
	if (sqlite3_column_int64(row, 11) > 1)
		es_buf_printf(&members,
			      ",\"cluster\":{\"id\":\"%016llx\",\"n\":%lld,\"first\":\"%.*s\"}",
			      (unsigned long long)sqlite3_column_int64(row, 10),
			      (long long)sqlite3_column_int64(row, 11), ES_FMT(es_column(row, 12)));
	if (sqlite3_column_int(row, 7))
		es_buf_puts(&members, ",\"hidden\":true");
	if (more.len) {
		es_buf_putc(&members, ',');
		es_buf_add_str(&members, more);
	}
	if (!es_buf_ok(&members) ||
	    !es_json_replace(out, body.ptr, body.len, ours, ES_COUNT(ours), es_buf_view(&members)))
		out->failed = true;
	es_buf_release(&members);
}

/* ---- the page ---- */

bool es_page_full(const struct es_view_filter *filter, size_t n, const struct es_buf *out,
		  size_t from)
{
	return n == es_view_limit(filter) || (n && out->len - from > PAGE_BYTES);
}

void es_page_end(struct es_buf *out, const char *next)
{
	if (*next)
		es_buf_printf(out, "],\"next\":\"%s\"}", next);
	else
		es_buf_puts(out, "],\"next\":null}");
}

void es_item_cursor(char out[ES_CURSOR_LEN], int64_t event_at, struct earshot_str id)
{
	snprintf(out, ES_CURSOR_LEN, "%lld.%.*s", (long long)event_at, ES_FMT(id));
}

static int read_cursor(struct earshot_str cursor, int64_t *event_at, struct earshot_str *id,
		       struct earshot_error *error)
{
	const char *dot = cursor.len ? memchr(cursor.ptr, '.', cursor.len) : NULL;
	if (dot && es_json_integer(es_str(cursor.ptr, (size_t)(dot - cursor.ptr)), event_at)) {
		*id = es_str(dot + 1, cursor.len - (size_t)(dot + 1 - cursor.ptr));
		if (es_post_id_valid(*id))
			return 0;
	}
	es_err(error, EARSHOT_DATA, "this is no \"next\" of a page");
	es_err_at(error, "cursor", 0, 0);
	return EARSHOT_DATA;
}

int es_items_where(struct es_where *where, const char *columns, size_t limit,
		   const struct es_view_filter *filter, char brand[256], char with[256],
		   struct earshot_error *error)
{
	struct earshot_str dimension = es_dimension(filter, brand);
	const char *time = dimension.len ? "t.event_at" : "m.event_at";
	char sql[160];
	es_where_sql(where, columns);
	if (dimension.len)
		es_where_text(where,
			      " FROM mention_topic t JOIN mentions m ON m.id=t.id" ES_ITEM_JOIN
			      "WHERE t.topic=?",
			      dimension);
	else
		es_where_sql(where, " FROM mentions m" ES_ITEM_JOIN "WHERE m.hidden=0");
	if (filter->lang.ptr)
		es_where_text(where, " AND m.lang=?", filter->lang);
	if (filter->channel.ptr)
		es_where_text(where, " AND m.channel=?", filter->channel);
	es_where_voice(where, "m.voice", filter->voice);
	if (filter->with.ptr) {
		struct es_view_filter other = { .brand = filter->with };
		es_where_text(where,
			      " AND EXISTS(SELECT 1 FROM mention_topic o WHERE o.id=m.id AND "
			      "o.event_at=m.event_at AND o.topic=?)",
			      es_dimension(&other, with));
	}
	if (filter->source.ptr)
		es_where_text(where, " AND m.source=?", filter->source);
	if (filter->label)
		es_where_int(where, " AND m.label=?", filter->label);
	snprintf(sql, sizeof(sql), " AND %s>=?", time);
	if (filter->since != EARSHOT_NONE)
		es_where_int(where, sql, filter->since);
	snprintf(sql, sizeof(sql), " AND %s<?", time);
	if (filter->until != EARSHOT_NONE)
		es_where_int(where, sql, filter->until);
	if (filter->cursor.ptr) {
		int64_t event_at;
		struct earshot_str id;
		int rc = read_cursor(filter->cursor, &event_at, &id, error);
		if (rc)
			return rc;
		snprintf(sql, sizeof(sql), " AND (%s,%s)<(?", time,
			 dimension.len ? "t.id" : "m.id");
		es_where_int(where, sql, event_at);
		es_where_text(where, ",?)", id);
	}
	snprintf(sql, sizeof(sql), " ORDER BY %s DESC,%s DESC LIMIT ?", time,
		 dimension.len ? "t.id" : "m.id");
	es_where_int(where, sql, (int64_t)limit);
	return 0;
}

int es_view_mentions(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		     struct earshot_error *error)
{
	struct es_where where;
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	char brand[256], with[256];
	size_t n = 0;
	int step = SQLITE_DONE;
	char next[ES_CURSOR_LEN] = "";
	if (es_str_trim(filter->q).len)
		return es_view_search(view, filter, out, error);
	es_where_init(&where);
	int rc = es_items_where(&where, "SELECT " ES_ITEM_COLUMNS, es_view_limit(filter) + 1,
				filter, brand, with, error);
	if (rc)
		goto out;
	db = es_view_enter(view, error);
	stmt = db ? es_where_prepare(db, &where, error) : NULL;
	if (!stmt) {
		rc = error ? error->code : EARSHOT_IO;
		goto out;
	}
	size_t from = out->len;
	char last[ES_CURSOR_LEN] = "";
	es_buf_puts(out, "{\"items\":[");
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (es_page_full(filter, n, out, from)) {
			strcpy(next, last);
			break;
		}
		if (n++)
			es_buf_putc(out, ',');
		es_view_item(out, stmt, ES_STR(""));
		es_item_cursor(last, sqlite3_column_int64(stmt, 9), es_column(stmt, 0));
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

/* ---- one ---- */

static struct earshot_str keep(struct es_arena *arena, sqlite3_stmt *stmt, int at)
{
	struct earshot_str text = es_column(stmt, at);
	return text.ptr ? es_arena_str(arena, text.ptr, text.len) : text;
}

static int read_one(sqlite3 *db, struct es_arena *arena, struct earshot_str id,
		    struct es_view_mention *out, struct earshot_error *error)
{
	struct es_where where;
	int rc = 0;
	es_where_init(&where);
	es_where_text(&where,
		      "SELECT " ES_ITEM_COLUMNS
		      ",(SELECT body FROM held WHERE id=m.id AND topic=3 AND dead=0)"
		      ",max(m.rev,ifnull((SELECT rev FROM held WHERE id=m.id AND topic=3),0))"
		      " FROM mentions m" ES_ITEM_JOIN "WHERE m.id=?",
		      id);
	sqlite3_stmt *stmt = es_where_prepare(db, &where, error);
	int step = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	if (step == SQLITE_ROW) {
		struct es_buf item;
		struct earshot_str decision = es_column(stmt, 4);
		es_buf_init(&item, 2 * ES_BUS_RECORD_MAX);
		es_view_item(&item, stmt, ES_STR(""));
		out->item = es_arena_str(arena, item.ptr ? item.ptr : "", item.len);
		if (!es_buf_ok(&item) || !out->item.ptr)
			rc = es_err_nomem(error);
		es_buf_release(&item);
		out->record = keep(arena, stmt, 8);
		out->flagged = keep(arena, stmt, ES_ITEM_N);
		out->rev = sqlite3_column_int64(stmt, 1);
		out->newest = sqlite3_column_int64(stmt, ES_ITEM_N + 1);
		out->label = (enum earshot_label)sqlite3_column_int(stmt, 2);
		out->machine = (enum earshot_label)sqlite3_column_int(stmt, 3);
		out->decision = es_decision_of(decision.ptr, decision.len);
		out->agent = keep(arena, stmt, 5);
	} else if (step == SQLITE_DONE) {
		rc = es_err(error, EARSHOT_NOTFOUND, "there is no mention of this id");
	} else {
		rc = es_view_fail(db, error, "cannot be read");
	}
	sqlite3_finalize(stmt);
	es_where_release(&where);
	return rc;
}

/* A decision and its label; UNSET where there is no row. */
static int read_pair(sqlite3 *db, const char *sql, struct earshot_str id, struct earshot_str agent,
		     enum es_decision *decision, enum earshot_label *label,
		     struct earshot_error *error)
{
	struct es_where where;
	es_where_init(&where);
	es_where_text(&where, sql, id);
	where.value[where.n++].text = agent; /* the statement's second parameter */
	sqlite3_stmt *stmt = es_where_prepare(db, &where, error);
	int step = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	if (step == SQLITE_ROW) {
		struct earshot_str name = es_column(stmt, 0);
		*decision = es_decision_of(name.ptr, name.len);
		*label = (enum earshot_label)sqlite3_column_int(stmt, 1);
	}
	int rc = step == SQLITE_ROW || step == SQLITE_DONE
			 ? 0
			 : es_view_fail(db, error, "cannot be read");
	sqlite3_finalize(stmt);
	es_where_release(&where);
	return rc;
}

static int read_own(sqlite3 *db, struct earshot_str id, struct earshot_str agent,
		    struct es_view_mention *out, struct earshot_error *error)
{
	int rc = read_pair(db, "SELECT decision,label FROM reviews WHERE id=? AND agent=?", id,
			   agent, &out->own, &out->own_label, error);
	if (rc)
		return rc;
	rc = read_pair(db,
		       "SELECT CASE decision WHEN 'done' THEN 'label' ELSE decision END,label "
		       "FROM reviews WHERE id=? AND agent<>? AND (decision<>'done' OR label>0) "
		       "ORDER BY at DESC,agent DESC LIMIT 1",
		       id, agent, &out->rest, &out->rest_label, error);
	return rc;
}

int es_view_mention(struct es_view *view, struct es_arena *arena, struct earshot_str id,
		    struct earshot_str agent, struct es_view_mention *out,
		    struct earshot_error *error)
{
	memset(out, 0, sizeof(*out));
	sqlite3 *db = es_view_enter(view, error);
	if (!db)
		return error ? error->code : EARSHOT_IO;
	int rc = read_one(db, arena, id, out, error);
	if (agent.ptr && (rc == 0 || rc == EARSHOT_NOTFOUND)) {
		int own = read_own(db, id, agent, out, rc ? NULL : error);
		rc = rc ? rc : own;
	}
	es_view_leave(view);
	return rc;
}
