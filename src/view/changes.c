/* SPDX-License-Identifier: MIT
 *
 * changes.c - the three sentences on top of the page, as numbers: where the mood
 * shifted, who else is named, what waits. Nothing here is written in: every
 * figure is counted in the window and in the one before it.
 */
#include "view/inside.h"
#include "view/quiet.h"
#include <math.h>
#include <stdio.h>

#define FEW 20 /* posts of a window below which no shift is claimed */

/* Customers, and those of whom the source says nothing. */
#define CUSTOMERS " AND voice IN('','customer')"

struct window {
	int64_t now, since, before;
};

/* {negative, all} in the minutes of [since, until). */
static int count_in(sqlite3 *db, struct earshot_str topic, int64_t since, int64_t until,
		    int64_t *negative, int64_t *all, struct earshot_error *error)
{
	struct es_where where;
	es_where_init(&where);
	es_where_text(&where,
		      "SELECT total(CASE label WHEN 1 THEN n END),total(n) FROM rollup "
		      "WHERE span=0 AND topic=?",
		      topic);
	es_where_int(&where, CUSTOMERS " AND minute>=?", es_minute_of(since));
	es_where_int(&where, " AND minute<?", es_minute_of(until));
	sqlite3_stmt *stmt = es_where_prepare(db, &where, error);
	int step = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	if (step == SQLITE_ROW) {
		*negative = sqlite3_column_int64(stmt, 0);
		*all = sqlite3_column_int64(stmt, 1);
	}
	int rc = step == SQLITE_ROW ? 0 : es_view_fail(db, error, "cannot be read");
	sqlite3_finalize(stmt);
	es_where_release(&where);
	return rc;
}

static void put_share(struct es_buf *out, const char *name, const struct es_share *share)
{
	es_put_name(out, name);
	es_buf_printf(out, "{\"k\":%lld,\"n\":%lld", (long long)share->k, (long long)share->n);
	es_put_name(out, "share");
	es_buf_json_num(out, share->value, 6);
	es_put_name(out, "lo");
	es_buf_json_num(out, share->lo, 6);
	es_put_name(out, "hi");
	es_buf_json_num(out, share->hi, 6);
	es_buf_putc(out, '}');
}

struct shift {
	struct earshot_str topic; /* "" = all */
	const struct es_view_brand *brand;
	struct es_share now, then;
	struct es_diff diff;
	bool enough;
};

static bool is_clear(const struct shift *shift)
{
	return shift->enough && (shift->diff.lo > 0 || shift->diff.hi < 0);
}

static const char *state_of(const struct shift *shift)
{
	if (!shift->enough)
		return "few";
	if (!is_clear(shift))
		return "level";
	return shift->diff.value > 0 ? "up" : "down";
}

static void put_shift(struct es_buf *out, const struct shift *shift)
{
	put_share(out, "now", &shift->now);
	put_share(out, "then", &shift->then);
	if (!shift->enough)
		return;
	es_put_name(out, "diff");
	es_buf_puts(out, "{\"value\":");
	es_buf_json_num(out, shift->diff.value, 6);
	es_buf_puts(out, ",\"lo\":");
	es_buf_json_num(out, shift->diff.lo, 6);
	es_buf_puts(out, ",\"hi\":");
	es_buf_json_num(out, shift->diff.hi, 6);
	es_buf_putc(out, '}');
}

static void finish(struct shift *shift, int64_t k, int64_t n, int64_t k0, int64_t n0)
{
	shift->now = es_share_of(k, n);
	shift->then = es_share_of(k0, n0);
	shift->enough = n >= FEW && n0 >= FEW;
	if (shift->enough)
		shift->diff = es_diff_of(&shift->now, &shift->then);
}

/* Clear before unclear before too few; then by how far it moved. Ties: the first,
 * which is "all topics". */
static bool is_bigger(const struct shift *a, const struct shift *b)
{
	if (is_clear(a) != is_clear(b))
		return is_clear(a);
	if (a->enough != b->enough)
		return a->enough;
	return a->enough && fabs(a->diff.value) > fabs(b->diff.value) + 1e-12;
}

/* "/mentions?KEY=VALUE&since=..&until=.."; ids are [a-z0-9._-], see the config. */
static void put_link(struct es_buf *out, const char *key, struct earshot_str value,
		     const char *more, const struct window *window)
{
	char since[ES_TIME_LEN], until[ES_TIME_LEN], link[512];
	es_time_format(window->since, since);
	es_time_format(window->now, until);
	snprintf(link, sizeof(link), "/mentions?%s%s%.*s%s%ssince=%s&until=%s",
		 value.len ? key : "", value.len ? "=" : "", ES_FMT(value), value.len ? "&" : "",
		 more, since, until);
	es_put_str(out, "link", es_str_of(link));
}

static int negative_share(struct es_view *view, sqlite3 *db, const struct window *window,
			  struct es_buf *out, struct earshot_error *error)
{
	const struct es_view_options *o = &view->options;
	struct shift best = { 0 };
	bool first = true;
	for (size_t i = 0; i <= o->n_brands; i++) {
		const struct es_view_brand *brand = i ? &o->brands[i - 1] : NULL;
		size_t n = brand ? (brand->competitor ? 0 : brand->n_topics) : 1;
		for (size_t j = 0; j < n; j++) {
			struct shift shift = { .brand = brand,
					       .topic = brand ? es_str_of(brand->topics[j].id)
							      : ES_STR("") };
			int64_t k, m, k0, m0;
			int rc = count_in(db, shift.topic, window->since, window->now, &k, &m,
					  error);
			if (!rc)
				rc = count_in(db, shift.topic, window->before, window->since, &k0,
					      &m0, error);
			if (rc)
				return rc;
			finish(&shift, k, m, k0, m0);
			if (first || is_bigger(&shift, &best))
				best = shift;
			first = false;
		}
	}
	es_buf_puts(out, "{\"kind\":\"negative_share\"");
	es_put_str(out, "state", es_str_of(state_of(&best)));
	if (best.topic.len)
		es_put_str(out, "topic", best.topic);
	if (best.brand)
		es_put_str(out, "brand", es_str_of(best.brand->id));
	put_shift(out, &best);
	put_link(out, "topic", best.topic, "label=negative&voice=customers&", window);
	es_buf_putc(out, '}');
	return 0;
}

/* ---- the competitor ---- */

static struct earshot_str dimension_of(const struct es_view_brand *brand, char out[256])
{
	struct es_view_filter filter = { .brand = es_str_of(brand->id) };
	return es_dimension(&filter, out);
}

/* Posts of the window that name the rival and one of our own brands. */
static int named(struct es_view *view, sqlite3 *db, const struct es_view_brand *rival,
		 const struct window *window, int64_t *posts, int64_t *people,
		 struct earshot_error *error)
{
	struct es_where where;
	char names[1 + ES_WHERE_MAX / 2][256];
	size_t n = 0;
	es_where_init(&where);
	es_where_text(&where,
		      "SELECT count(*),count(DISTINCT CASE person WHEN '' THEN m.id ELSE person "
		      "END) FROM mention_topic r JOIN mentions m ON m.id=r.id WHERE r.topic=?",
		      dimension_of(rival, names[n++]));
	es_where_int(&where, CUSTOMERS " AND r.event_at>=?", window->since);
	es_where_int(&where, " AND r.event_at<?", window->now);
	es_where_sql(&where, " AND EXISTS(SELECT 1 FROM mention_topic o WHERE o.id=r.id AND "
			     "o.event_at=r.event_at AND o.topic IN(''");
	for (size_t i = 0; i < view->options.n_brands && n < ES_COUNT(names); i++)
		if (!view->options.brands[i].competitor) {
			es_where_text(&where, ",?",
				      dimension_of(&view->options.brands[i], names[n]));
			n++;
		}
	es_where_sql(&where, "))");
	sqlite3_stmt *stmt = es_where_prepare(db, &where, error);
	int step = stmt ? sqlite3_step(stmt) : SQLITE_ERROR;
	if (step == SQLITE_ROW) {
		*posts = sqlite3_column_int64(stmt, 0);
		*people = sqlite3_column_int64(stmt, 1);
	}
	int rc = step == SQLITE_ROW ? 0 : es_view_fail(db, error, "cannot be read");
	sqlite3_finalize(stmt);
	es_where_release(&where);
	return rc;
}

struct voice { /* posts of the own brands, and of all brands */
	int64_t own, all;
};

struct rival {
	const struct es_view_brand *brand;
	int64_t posts, people, n;
};

static int competitor(struct es_view *view, sqlite3 *db, const struct window *window,
		      struct es_buf *out, struct earshot_error *error)
{
	const struct es_view_options *o = &view->options;
	struct rival best = { 0 };
	const struct es_view_brand *own = NULL;
	size_t n_own = 0;
	struct voice now = { 0 }, then = { 0 };
	int64_t own_most = -1;
	char name[256];
	int rc = 0;
	for (size_t i = 0; i < o->n_brands && !rc; i++) {
		const struct es_view_brand *brand = &o->brands[i];
		struct earshot_str dimension = dimension_of(brand, name);
		struct rival rival = { .brand = brand };
		int64_t negative, n, before;
		rc = count_in(db, dimension, window->since, window->now, &negative, &n, error);
		if (!rc)
			rc = count_in(db, dimension, window->before, window->since, &negative,
				      &before, error);
		if (!rc && brand->competitor)
			rc = named(view, db, brand, window, &rival.posts, &rival.people, error);
		if (rc)
			return rc;
		now.all += n;
		then.all += before;
		rival.n = n;
		if (!brand->competitor) {
			now.own += n;
			then.own += before;
			n_own++;
			if (n > own_most) {
				own = brand;
				own_most = n;
			}
		} else if (!best.brand || rival.posts > best.posts ||
			   (rival.posts == best.posts && rival.n > best.n)) {
			best = rival;
		}
	}
	struct shift shift = { 0 };
	finish(&shift, now.own, now.all, then.own, then.all);
	bool none = !best.brand || !own || (best.posts == 0 && best.n == 0);
	es_buf_puts(out, "{\"kind\":\"competitor\"");
	es_put_str(out, "state", es_str_of(none ? "none" : state_of(&shift)));
	if (!none) {
		const char *title = best.brand->name ? best.brand->name : best.brand->id;
		es_put_str(out, "brand", es_str_of(best.brand->id));
		es_put_str(out, "name", es_str_of(title));
		es_buf_printf(out, ",\"named\":{\"posts\":%lld,\"people\":%lld}",
			      (long long)best.posts, (long long)best.people);
		es_buf_puts(out, ",\"own\":{");
		es_put_str(out, "brand", es_str_of(own->id));
		put_shift(out, &shift);
		es_buf_putc(out, '}');
	}
	/* the posts that are counted; with several own brands the link is the rival's */
	char more[288] = "voice=customers&";
	if (!none && n_own == 1)
		snprintf(more, sizeof(more), "with=%s&voice=customers&", own->id);
	put_link(out, "brand", none ? ES_STR("") : es_str_of(best.brand->id), more, window);
	es_buf_putc(out, '}');
	return 0;
}

/* ---- what waits ---- */

#define LOOK_BACK (90 * ES_DAY) /* of channels: older ones were given up */

/* Channels whose customers say less than is usual: the source may work and the
 * brand post every day, and yet nobody answers. */
static int put_silent(sqlite3 *db, int64_t now, struct es_buf *out, struct earshot_error *error)
{
	struct es_where where;
	int step = SQLITE_ERROR;
	bool any = false;
	es_where_init(&where);
	/* bare columns come from the row of max(): sqlite.org/lang_select.html 2.5 */
	es_where_int(&where,
		     "SELECT channel,count(*),min(event_at),max(event_at),source FROM mentions "
		     "WHERE hidden=0" CUSTOMERS " AND channel<>'' AND event_at>=?",
		     now - LOOK_BACK);
	es_where_int(&where, " AND event_at<? GROUP BY channel ORDER BY 1", now);
	sqlite3_stmt *stmt = es_where_prepare(db, &where, error);
	es_buf_puts(out, ",\"silent\":[");
	while (stmt && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
		if (!es_is_quiet(sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 2),
				 sqlite3_column_int64(stmt, 3), now))
			continue;
		es_buf_puts(out, any ? ",{" : "{");
		es_put_str(out, "source", es_column(stmt, 4));
		es_put_str(out, "channel", es_column(stmt, 0));
		es_put_time(out, "since", sqlite3_column_int64(stmt, 3));
		es_buf_putc(out, '}');
		any = true;
	}
	es_buf_putc(out, ']');
	int rc = step == SQLITE_DONE ? 0 : es_view_fail(db, error, "cannot be read");
	sqlite3_finalize(stmt);
	es_where_release(&where);
	return rc;
}

static int put_unreachable(sqlite3 *db, struct es_buf *out, struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int step = SQLITE_ERROR;
	bool any = false;
	es_buf_puts(out, ",\"unreachable\":[");
	if (sqlite3_prepare_v2(db,
			       "SELECT id,ifnull(last_ok,last_try),"
			       "CASE message WHEN '' THEN error ELSE message END FROM sources "
			       "WHERE state IN('cannot_hear','stopped') ORDER BY id",
			       -1, &stmt, NULL) == SQLITE_OK)
		while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
			es_buf_puts(out, any ? ",{" : "{");
			es_put_str(out, "source", es_column(stmt, 0));
			if (sqlite3_column_type(stmt, 1) != SQLITE_NULL)
				es_put_time(out, "since", sqlite3_column_int64(stmt, 1));
			es_put_str(out, "error", es_column(stmt, 2));
			es_buf_putc(out, '}');
			any = true;
		}
	es_buf_putc(out, ']');
	sqlite3_finalize(stmt);
	return step == SQLITE_DONE ? 0 : es_view_fail(db, error, "cannot be read");
}

static int waiting(sqlite3 *db, const struct window *window, struct es_buf *out,
		   struct earshot_error *error)
{
	struct es_queue_counts counts;
	int rc = es_queue_count(db, window->now, &counts, error);
	if (rc)
		return rc;
	es_buf_puts(out, "{\"kind\":\"waiting\"");
	es_put_str(out, "state",
		   es_str_of(counts.overdue ? "late"
			     : counts.open  ? "open"
					    : "quiet"));
	es_buf_printf(out, ",\"open\":%lld,\"overdue\":%lld,\"due_soon\":%lld",
		      (long long)counts.open, (long long)counts.overdue,
		      (long long)counts.due_soon);
	rc = put_silent(db, window->now, out, error);
	if (!rc)
		rc = put_unreachable(db, out, error);
	es_put_str(out, "link", ES_STR("/queue"));
	es_buf_putc(out, '}');
	return rc;
}

int es_view_changes(struct es_view *view, int64_t now_ms, int64_t window_ms, struct es_buf *out,
		    struct earshot_error *error)
{
	/* whole minutes, as the rollup has them: both windows are equally long */
	int64_t now = (es_minute_of(now_ms) + 1) * ES_MINUTE;
	int64_t length = window_ms / ES_MINUTE * ES_MINUTE;
	struct window window = { now, now - length, now - 2 * length };
	sqlite3 *db = es_view_enter(view, error);
	if (!db)
		return error ? error->code : EARSHOT_IO;
	es_buf_putc(out, '{');
	es_put_time(out, "as_of", now_ms);
	es_put_name(out, "window");
	es_buf_putc(out, '{');
	es_put_time(out, "since", window.since);
	es_put_time(out, "until", window.now);
	es_put_time(out, "before", window.before);
	es_buf_puts(out, "},\"items\":[");
	int rc = negative_share(view, db, &window, out, error);
	es_buf_putc(out, ',');
	if (!rc)
		rc = competitor(view, db, &window, out, error);
	es_buf_putc(out, ',');
	if (!rc)
		rc = waiting(db, &window, out, error);
	es_buf_puts(out, "]}");
	es_view_leave(view);
	return rc;
}
