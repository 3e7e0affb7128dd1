/* SPDX-License-Identifier: MIT
 *
 * search.c - mentions that answer a query: each record that the other filters leave is read and
 * matched, newest first, as `earshot match` would match its item; what is found is given out by
 * items.c.
 */
#include "view/inside.h"
#include <stdio.h>

/* A page also ends when it has taken so long: a regular expression may take a millisecond for each
 * mention. Looked at every LOOK_STEP of them. */
#define LOOK_MS   1000
#define LOOK_STEP 64

#define COLUMNS "SELECT m.id,m.event_at,m.rev,m.label,h.body"
/* what only queries beyond the post ask for */
#define CLUSTER "," ES_CLUSTER_COLUMNS

struct page {
	const struct es_view_filter *filter;
	struct es_search search;
	struct es_arena arena; /* of one record */
	sqlite3_stmt *item;    /* an ITEM by id */
	struct es_buf *out;
	size_t from, n, most;                          /* most: to be looked at */
	char last[ES_CURSOR_LEN], next[ES_CURSOR_LEN]; /* of the last row; for the page behind */
};

/* Does the record answer the query? */
static int look(struct page *page, sqlite3_stmt *row, bool *found, struct earshot_error *error)
{
	static const struct es_slice_options lenient = { .lenient = true };
	struct es_search_over over = { .label = (enum earshot_label)sqlite3_column_int(row, 3) };
	struct earshot_str record = es_column(row, 4);
	struct earshot_hits hits;
	struct es_slice slice;
	char cluster[17];
	*found = false;
	es_arena_reset(&page->arena);
	int rc = es_post_slice(&page->arena, record.ptr, record.len, &lenient, &slice, error);
	if (rc)
		return rc;
	slice.post.rev = sqlite3_column_int64(row, 2);
	if (page->search.beside && sqlite3_column_int64(row, 6) > 1) {
		snprintf(cluster, sizeof(cluster), "%016llx",
			 (unsigned long long)sqlite3_column_int64(row, 5));
		over.cluster = es_str_of(cluster);
		over.duplicate = !es_str_eq(es_column(row, 7), es_column(row, 0));
	}
	rc = es_search_match(&page->search, &page->arena, &slice.post, record, &over, &hits, error);
	*found = rc == 0 && hits.n > 0;
	return rc;
}

static int give(struct page *page, struct earshot_str id, sqlite3 *db, struct earshot_error *error)
{
	es_bind_str(page->item, 1, id);
	int rc = 0;
	if (sqlite3_step(page->item) == SQLITE_ROW) {
		es_buf_puts(page->out, page->n++ ? "," : "");
		es_view_item(page->out, page->item, ES_STR(""));
	} else {
		rc = es_view_fail(db, error, "cannot be read");
	}
	(void)sqlite3_reset(page->item);
	return rc;
}

/* Rows until the page is full, or enough were looked at. */
static int fill(struct page *page, sqlite3 *db, sqlite3_stmt *rows, struct earshot_error *error)
{
	int64_t until = es_monotonic_ms() + LOOK_MS;
	int step, rc = 0;
	for (size_t looked = 0; (step = sqlite3_step(rows)) == SQLITE_ROW; looked++) {
		bool found;
		if (looked == page->most ||
		    (looked && looked % LOOK_STEP == 0 && es_monotonic_ms() > until)) {
			strcpy(page->next, page->last);
			return 0;
		}
		rc = look(page, rows, &found, error);
		if (rc)
			return rc;
		if (found && es_page_full(page->filter, page->n, page->out, page->from)) {
			strcpy(page->next, page->last);
			return 0;
		}
		if (found)
			rc = give(page, es_column(rows, 0), db, error);
		if (rc)
			return rc;
		es_item_cursor(page->last, sqlite3_column_int64(rows, 1), es_column(rows, 0));
	}
	return step == SQLITE_DONE ? 0 : es_view_fail(db, error, "cannot be read");
}

static int answer(struct page *page, sqlite3 *db, const struct es_where *where,
		  struct earshot_error *error)
{
	sqlite3_stmt *rows = es_where_prepare(db, where, error);
	int rc = rows ? 0 : error ? error->code : EARSHOT_IO;
	if (!rc && sqlite3_prepare_v2(db,
				      "SELECT " ES_ITEM_COLUMNS " FROM mentions m" ES_ITEM_JOIN
				      "WHERE m.id=?",
				      -1, &page->item, NULL) != SQLITE_OK)
		rc = es_view_fail(db, error, "a query");
	es_buf_puts(page->out, "{\"items\":[");
	if (!rc)
		rc = fill(page, db, rows, error);
	es_page_end(page->out, page->next);
	sqlite3_finalize(page->item);
	sqlite3_finalize(rows);
	return rc;
}

int es_view_search(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		   struct earshot_error *error)
{
	struct es_where where;
	struct page page = { .filter = filter, .out = out, .from = out->len };
	page.most = filter->look ? filter->look : ES_VIEW_LOOK_MAX;
	char brand[256], with[256];
	int rc = es_search_init(&page.search, filter->q, false, error);
	if (rc) {
		es_err_at(error, "q", 0, 0);
		return rc;
	}
	earshot_matcher_spans(page.search.matcher, false);
	es_where_init(&where);
	rc = es_items_where(&where, page.search.beside ? COLUMNS CLUSTER : COLUMNS, page.most + 1,
			    filter, brand, with, error);
	sqlite3 *db = rc ? NULL : es_view_enter(view, error);
	if (!rc && !db)
		rc = error ? error->code : EARSHOT_IO;
	if (db) {
		rc = answer(&page, db, &where, error);
		es_view_leave(view);
	}
	es_where_release(&where);
	es_search_release(&page.search);
	es_arena_release(&page.arena);
	return rc;
}
