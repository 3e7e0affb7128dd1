/* SPDX-License-Identifier: MIT
 *
 * counts.c - answers that are sums over the rollup: summary, series, share of
 * voice, channels, topics.
 */
#include "view/inside.h"
#include <stdlib.h>

static const struct es_view_brand *brand_of(const struct es_view *view, struct earshot_str topic)
{
	return topic.len ? es_map_get(&view->brand_of, topic.ptr, topic.len) : NULL;
}

static int tally(sqlite3 *db, const char *key, const char *where_sql, struct earshot_str dimension,
		 const struct es_view_filter *filter, struct es_arena *arena,
		 struct es_tally **rows, size_t *n, struct earshot_error *error)
{
	struct es_where where;
	es_where_init(&where);
	es_where_sql(&where, "SELECT ");
	es_where_sql(&where, key);
	es_where_sql(&where, ",label,sum(n) FROM rollup WHERE ");
	if (dimension.ptr)
		es_where_text(&where, where_sql, dimension);
	else
		es_where_sql(&where, where_sql);
	es_where_rollup(&where, filter);
	es_where_sql(&where, " GROUP BY 1,2");
	int rc = es_tally_read(db, &where, arena, rows, n, error);
	es_where_release(&where);
	return rc;
}

static void sum(const struct es_tally *rows, size_t n, int64_t out[4])
{
	memset(out, 0, 4 * sizeof(*out));
	for (size_t i = 0; i < n; i++)
		for (int l = 0; l < 4; l++)
			out[l] += rows[i].n[l];
}

static const int64_t *find(const struct es_tally *rows, size_t n, struct earshot_str key)
{
	static const int64_t nothing[4];
	for (size_t i = 0; i < n; i++)
		if (es_str_eq(rows[i].key, key))
			return rows[i].n;
	return nothing;
}

static void put_topic(struct es_view *view, struct es_buf *out, struct earshot_str topic,
		      const int64_t n[4])
{
	const struct es_view_brand *brand = brand_of(view, topic);
	if (out->ptr && out->ptr[out->len - 1] != '[')
		es_buf_putc(out, ',');
	es_buf_putc(out, '{');
	es_put_str(out, "topic", topic);
	if (brand)
		es_put_str(out, "brand", es_str_of(brand->id));
	es_buf_putc(out, ',');
	es_tally_write(out, n);
	es_buf_putc(out, '}');
}

/* Configured topics in the order of the config, then others that were seen. */
static void put_topics(struct es_view *view, struct es_buf *out,
		       const struct es_view_filter *filter, const struct es_tally *rows, size_t n)
{
	for (size_t i = 0; i < view->options.n_brands; i++) {
		const struct es_view_brand *brand = &view->options.brands[i];
		if (filter->brand.ptr && !es_str_is(filter->brand, brand->id))
			continue;
		for (size_t j = 0; j < brand->n_topics; j++) {
			struct earshot_str id = es_str_of(brand->topics[j].id);
			if (!filter->topic.ptr || es_str_eq(filter->topic, id))
				put_topic(view, out, id, find(rows, n, id));
		}
	}
	for (size_t i = 0; i < n && !filter->brand.ptr; i++)
		if (!brand_of(view, rows[i].key) &&
		    (!filter->topic.ptr || es_str_eq(filter->topic, rows[i].key)))
			put_topic(view, out, rows[i].key, rows[i].n);
}

/* The list of topics comes from the few rows of days, so that a window of minutes is
 * looked up topic by topic instead of read through. */
#define TOPICS_ONLY \
	"topic IN(SELECT DISTINCT topic FROM rollup WHERE span=1 AND topic>'' AND " \
	"substr(topic,1,1)<>'@')"

int es_view_summary(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		    struct earshot_error *error)
{
	struct es_arena arena = { 0 };
	struct es_tally *all, *topics;
	size_t n_all, n_topics;
	int64_t total[4];
	char brand[256];
	sqlite3 *db = es_view_enter(view, error);
	if (!db)
		return error ? error->code : EARSHOT_IO;
	int rc = tally(db, "''", "topic=?", es_dimension(filter, brand), filter, &arena, &all,
		       &n_all, error);
	if (!rc)
		rc = tally(db, "topic", TOPICS_ONLY, es_str(NULL, 0), filter, &arena, &topics,
			   &n_topics, error);
	int64_t seq = atomic_load(&view->seq);
	es_view_leave(view);
	if (!rc) {
		sum(all, n_all, total);
		es_buf_putc(out, '{');
		es_tally_write(out, total);
		es_buf_puts(out, ",\"topics\":[");
		put_topics(view, out, filter, topics, n_topics);
		es_buf_printf(out, "],\"seq\":%lld}", (long long)seq);
	}
	es_arena_release(&arena);
	return rc;
}

/* ---- series ---- */

static int too_many(struct earshot_error *error)
{
	es_err(error, EARSHOT_DATA, "more than %d buckets", ES_VIEW_BUCKETS_MAX);
	es_err_at(error, "since", 0, 0);
	es_err_hint(error, "ask for a shorter time or a longer step");
	return EARSHOT_DATA;
}

/* Starts of the buckets; returns how many. The last one holds until - 1. */
static int buckets_of(const struct es_view *view, enum es_zone_unit unit, int64_t since,
		      int64_t until, int64_t *at)
{
	int n = 0;
	for (int64_t t = es_zone_floor(&view->zone, unit, since); t < until;) {
		if (n == ES_VIEW_BUCKETS_MAX)
			return -1;
		at[n++] = t;
		int64_t next = es_zone_next(&view->zone, unit, t);
		t = next > t ? next : t + ES_HOUR;
	}
	return n;
}

static int fill(sqlite3 *db, const struct es_view_filter *filter, struct earshot_str dimension,
		bool hours, const int64_t *at, int n, int64_t until, int64_t (*counts)[4],
		struct earshot_error *error)
{
	struct es_where where;
	struct es_view_filter window = *filter;
	int step = SQLITE_ERROR, b = 0;
	window.since = at[0];
	window.until = until;
	es_where_init(&where);
	es_where_text(&where, "SELECT minute,label,sum(n) FROM rollup WHERE topic=?", dimension);
	if (hours)
		es_where_sql(&where, " AND day=0");
	es_where_rollup(&where, &window);
	es_where_sql(&where, " GROUP BY 1,2 ORDER BY 1");
	sqlite3_stmt *stmt = es_where_prepare(db, &where, error);
	while (stmt && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		int64_t ms = sqlite3_column_int64(stmt, 0) * ES_MINUTE;
		int label = sqlite3_column_int(stmt, 1);
		while (b + 1 < n && at[b + 1] <= ms)
			b++;
		counts[b][0] += sqlite3_column_int64(stmt, 2);
		if (label >= 1 && label <= 3)
			counts[b][label] += sqlite3_column_int64(stmt, 2);
	}
	int rc = step == SQLITE_DONE ? 0 : es_view_fail(db, error, "cannot be read");
	sqlite3_finalize(stmt);
	es_where_release(&where);
	return rc;
}

static int put_deaf(sqlite3 *db, struct es_buf *out, struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int step = SQLITE_ERROR;
	bool any = false;
	if (sqlite3_prepare_v2(db,
			       "SELECT id,ifnull(last_ok,last_try) FROM sources "
			       "WHERE state='cannot_hear' ORDER BY id",
			       -1, &stmt, NULL) == SQLITE_OK)
		while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
			es_buf_puts(out, any ? ",{" : "{");
			es_put_str(out, "source", es_column(stmt, 0));
			if (sqlite3_column_type(stmt, 1) != SQLITE_NULL)
				es_put_time(out, "since", sqlite3_column_int64(stmt, 1));
			es_buf_puts(out, ",\"until\":null}");
			any = true;
		}
	sqlite3_finalize(stmt);
	return step == SQLITE_DONE ? 0 : es_view_fail(db, error, "cannot be read");
}

int es_view_series(struct es_view *view, const struct es_view_filter *filter,
		   enum es_view_step step, struct es_buf *out, struct earshot_error *error)
{
	static const char *const names[] = { "hour", "day", "week" };
	static const int64_t spans[] = { 7 * ES_DAY, 30 * ES_DAY, 26 * 7 * ES_DAY };
	struct es_arena arena = { 0 };
	char brand[256];
	int rc = 0;
	int64_t until = filter->until == EARSHOT_NONE ? es_now_ms() : filter->until;
	int64_t since = filter->since == EARSHOT_NONE ? until - spans[step] : filter->since;
	int64_t *at = es_arena_zalloc(&arena, ES_VIEW_BUCKETS_MAX, sizeof(*at));
	int64_t(*counts)[4] = es_arena_zalloc(&arena, ES_VIEW_BUCKETS_MAX, sizeof(*counts));
	if (!at || !counts) {
		es_arena_release(&arena);
		return es_err_nomem(error);
	}
	int n = until > since ? buckets_of(view, (enum es_zone_unit)step, since, until, at) : 0;
	if (n < 0) {
		es_arena_release(&arena);
		return too_many(error);
	}
	es_buf_printf(out, "{\"step\":\"%s\"", names[step]);
	es_put_str(out, "timezone", es_str_of(view->zone.name));
	es_put_time(out, "since", n ? at[0] : since);
	es_put_time(out, "until", until);
	es_buf_puts(out, ",\"buckets\":[");
	sqlite3 *db = es_view_enter(view, error);
	if (!db)
		rc = error ? error->code : EARSHOT_IO;
	if (!rc && n)
		rc = fill(db, filter, es_dimension(filter, brand), step == ES_VIEW_HOUR, at, n,
			  until, counts, error);
	for (int i = 0; i < n && !rc; i++) {
		es_buf_puts(out, i ? ",{" : "{");
		es_put_time(out, "at", at[i]);
		es_buf_putc(out, ',');
		es_tally_write(out, counts[i]);
		es_buf_putc(out, '}');
	}
	es_buf_puts(out, "],\"deaf\":[");
	if (!rc)
		rc = put_deaf(db, out, error);
	es_buf_puts(out, "]}");
	if (db)
		es_view_leave(view);
	es_arena_release(&arena);
	return rc;
}

/* ---- brands ---- */

#define BRANDS_ONLY \
	"topic IN(SELECT DISTINCT topic FROM rollup WHERE span=1 AND topic>='@' AND topic<'A')"

static void put_brand(struct es_buf *out, const struct es_view_brand *brand)
{
	es_put_str(out, "brand", es_str_of(brand->id));
	es_put_str(out, "name", es_str_of(brand->name ? brand->name : brand->id));
	es_put_name(out, "competitor");
	es_buf_puts(out, brand->competitor ? "true" : "false");
}

int es_view_sov(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		struct earshot_error *error)
{
	struct es_arena arena = { 0 };
	struct es_tally *rows;
	size_t n_rows;
	int64_t total = 0;
	sqlite3 *db = es_view_enter(view, error);
	if (!db)
		return error ? error->code : EARSHOT_IO;
	int rc = tally(db, "substr(topic,2)", BRANDS_ONLY, es_str(NULL, 0), filter, &arena, &rows,
		       &n_rows, error);
	es_view_leave(view);
	if (rc)
		goto out;
	const struct es_view_options *o = &view->options;
	for (size_t i = 0; i < o->n_brands; i++)
		total += find(rows, n_rows, es_str_of(o->brands[i].id))[0];
	es_buf_printf(out, "{\"n\":%lld,\"brands\":[", (long long)total);
	for (size_t i = 0; i < o->n_brands; i++) {
		const int64_t *n = find(rows, n_rows, es_str_of(o->brands[i].id));
		struct es_share share = es_share_of(n[0], total);
		es_buf_puts(out, i ? ",{" : "{");
		put_brand(out, &o->brands[i]);
		es_buf_putc(out, ',');
		es_tally_write(out, n);
		es_put_name(out, "share");
		es_buf_json_num(out, share.value, 6);
		es_put_name(out, "lo");
		es_buf_json_num(out, share.lo, 6);
		es_put_name(out, "hi");
		es_buf_json_num(out, share.hi, 6);
		es_buf_putc(out, '}');
	}
	es_buf_puts(out, "]}");
out:
	es_arena_release(&arena);
	return rc;
}

int es_view_topics(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		   struct earshot_error *error)
{
	struct es_arena arena = { 0 };
	struct es_tally *brands = NULL, *topics = NULL;
	size_t n_brands = 0, n_topics = 0;
	sqlite3 *db = es_view_enter(view, error);
	if (!db)
		return error ? error->code : EARSHOT_IO;
	int rc = tally(db, "substr(topic,2)", BRANDS_ONLY, es_str(NULL, 0), filter, &arena, &brands,
		       &n_brands, error);
	if (!rc)
		rc = tally(db, "topic", TOPICS_ONLY, es_str(NULL, 0), filter, &arena, &topics,
			   &n_topics, error);
	es_view_leave(view);
	es_buf_puts(out, "{\"brands\":[");
	for (size_t i = 0; i < view->options.n_brands && !rc; i++) {
		const struct es_view_brand *brand = &view->options.brands[i];
		es_buf_puts(out, i ? ",{" : "{");
		put_brand(out, brand);
		es_buf_putc(out, ',');
		es_tally_write(out, find(brands, n_brands, es_str_of(brand->id)));
		es_buf_puts(out, ",\"topics\":[");
		for (size_t j = 0; j < brand->n_topics; j++) {
			struct earshot_str id = es_str_of(brand->topics[j].id);
			es_buf_puts(out, j ? ",{" : "{");
			es_put_str(out, "topic", id);
			if (brand->topics[j].query)
				es_put_str(out, "query", es_str_of(brand->topics[j].query));
			es_buf_putc(out, ',');
			es_tally_write(out, find(topics, n_topics, id));
			es_buf_putc(out, '}');
		}
		es_buf_puts(out, "]}");
	}
	es_buf_puts(out, "]}");
	es_arena_release(&arena);
	return rc;
}

/* ---- channels ---- */

#define CHANNELS_MAX 100

static int most_first(const void *a, const void *b)
{
	const struct es_tally *x = a, *y = b;
	if (x->n[0] != y->n[0])
		return x->n[0] < y->n[0] ? 1 : -1;
	return es_str_cmp(x->key, y->key);
}

int es_view_channels(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		     struct earshot_error *error)
{
	static const char *const columns[] = { "channel", "lang", "voice" };
	static const char *const lists[] = { "{\"channels\":[", "],\"langs\":[", "],\"voices\":[" };
	struct es_arena arena = { 0 };
	char brand[256];
	int rc = 0;
	sqlite3 *db = es_view_enter(view, error);
	if (!db)
		return error ? error->code : EARSHOT_IO;
	for (size_t c = 0; c < ES_COUNT(columns) && !rc; c++) {
		struct es_tally *rows;
		size_t n;
		rc = tally(db, columns[c], "topic=?", es_dimension(filter, brand), filter, &arena,
			   &rows, &n, error);
		if (rc)
			break;
		if (n)
			qsort(rows, n, sizeof(*rows), most_first);
		es_buf_puts(out, lists[c]);
		for (size_t i = 0; i < n && i < CHANNELS_MAX; i++) {
			es_buf_puts(out, i ? ",{" : "{");
			es_put_str(out, columns[c], rows[i].key);
			es_buf_putc(out, ',');
			es_tally_write(out, rows[i].n);
			es_buf_putc(out, '}');
		}
	}
	es_buf_puts(out, "]}");
	es_view_leave(view);
	es_arena_release(&arena);
	return rc;
}

int es_view_counts(struct es_view *view, int64_t now_ms, struct es_buf *out,
		   struct earshot_error *error)
{
	static const struct es_view_filter all = { .since = EARSHOT_NONE, .until = EARSHOT_NONE };
	struct es_arena arena = { 0 };
	struct es_tally *rows;
	struct es_queue_counts queue;
	size_t n;
	int64_t total[4];
	sqlite3 *db = es_view_enter(view, error);
	if (!db)
		return error ? error->code : EARSHOT_IO;
	int rc = tally(db, "''", "topic=?", ES_STR(""), &all, &arena, &rows, &n, error);
	if (!rc)
		rc = es_queue_count(db, now_ms, &queue, error);
	es_view_leave(view);
	if (!rc) {
		sum(rows, n, total);
		es_buf_putc(out, '{');
		es_tally_write(out, total);
		es_buf_printf(out, ",\"open\":%lld,\"overdue\":%lld}", (long long)queue.open,
			      (long long)queue.overdue);
	}
	es_arena_release(&arena);
	return rc;
}
