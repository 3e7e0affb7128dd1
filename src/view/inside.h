/* SPDX-License-Identifier: MIT
 *
 * inside.h - what the files of this room share. Inside `view` only.
 */
#ifndef ES_VIEW_INSIDE_H
#define ES_VIEW_INSIDE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include "text/text.h"
#include "view/view.h"
#include "view/zone.h"

/* What is held of an id: a row for each of these topics. */
enum es_held { ES_HELD_NEGATIVE, ES_HELD_NEUTRAL, ES_HELD_POSITIVE, ES_HELD_FLAGGED, ES_HELDS };

enum es_stmt {
	ES_STMT_BEGIN,
	ES_STMT_COMMIT,
	ES_STMT_OFFSET,
	ES_STMT_META,
	ES_STMT_HELD_GET,
	ES_STMT_HELD_PUT,
	ES_STMT_HELD_DROP,
	ES_STMT_HELD_ALL,
	ES_STMT_OLD,
	ES_STMT_MENTION_PUT,
	ES_STMT_MENTION_DROP,
	ES_STMT_TOPIC_PUT,
	ES_STMT_TOPIC_DROP,
	ES_STMT_ROLLUP_ADD,
	ES_STMT_ROLLUP_SWEEP,
	ES_STMT_ALIKE_COUNT,
	ES_STMT_ALIKE_PUT,
	ES_STMT_ALIKE_DROP,
	ES_STMT_ALIKE_MOVE,
	ES_STMT_ALIKE_OF,
	ES_STMT_ALIKE_NEAR,
	ES_STMT_BAND_PUT,
	ES_STMT_BAND_DROP,
	ES_STMT_REVIEW_PUT,
	ES_STMT_REVIEW_DROP,
	ES_STMT_REVIEW_STANDS,
	ES_STMT_REVIEW_LAST,
	ES_STMT_QUEUE_PUT,
	ES_STMT_QUEUE_DROP,
	ES_STMT_SOURCE_PUT,
	ES_STMT_SOURCE_DROP,
	ES_STMTS
};
extern const char *const es_view_sql[ES_STMTS];

/* A partition that is read, and how far. */
struct es_position {
	const char *topic;
	int partition;
	int64_t next, end; /* end: when the run began */
};
#define ES_POSITIONS_MAX 8192

/* An id that a batch has touched. */
struct touched {
	struct touched *next;
	struct earshot_str id;
};

struct es_view {
	struct es_view_options options;
	char *path;
	int lock_fd;
	struct es_zone zone;
	struct es_map brand_of; /* topic id -> struct es_view_brand */

	/* the writer: the thread of es_view_run */
	sqlite3 *db;
	sqlite3_stmt *stmts[ES_STMTS];
	struct es_session *session;
	struct es_position *positions;
	size_t n_positions;
	struct es_arena batch;   /* until the batch is committed */
	struct es_arena scratch; /* until the next record */
	struct es_map touched;   /* id -> struct touched */
	struct touched *first, **last;
	struct earshot_str ids[100];
	size_t new_mentions;
	bool queue_changed, sources_changed, mentions_changed;
	bool erased; /* a null without rev came in: es_view_cut() is due */
	es_view_listener *listener;
	void *listener_ctx;
	_Atomic bool stop, ready;
	_Atomic int64_t seq;
	_Atomic int64_t *taken, *bad; /* metrics: records */
	struct es_histogram *waited, *spent;
	int64_t since; /* when this process began */
	int64_t log;   /* es_bus_identity */

	/* the readers */
	pthread_mutex_t lock;
	sqlite3 *read;
};

/* ---- schema.c ---- */
/* Opens the file, makes or remakes it. */
int es_view_open(struct es_view *view, struct earshot_error *error);
void es_view_close(struct es_view *view);
/* Empties the file: everything is read again. */
int es_view_wipe(struct es_view *view, struct earshot_error *error);
/* What was erased lies in old frames of the WAL yet: the WAL is cut to nothing, unless somebody
 * reads; then `erased` stays, and the next call does it. */
void es_view_cut(struct es_view *view);
int es_view_fail(sqlite3 *db, struct earshot_error *error, const char *what);

/* ---- sql.c: small words around SQLite ---- */
void es_bind_str(sqlite3_stmt *stmt, int at, struct earshot_str text);
void es_bind_text(sqlite3_stmt *stmt, int at, const char *text);
void es_bind_int(sqlite3_stmt *stmt, int at, int64_t value); /* EARSHOT_NONE = NULL */
struct earshot_str es_column(sqlite3_stmt *stmt, int at);    /* until the next step */
/* Runs a statement that gives no rows, and resets it. */
int es_run(struct es_view *view, enum es_stmt id, struct earshot_error *error);

/* ---- ingest.c: one transaction a batch; undone as a whole where it fails ---- */
int es_view_ingest(struct es_view *view, const struct es_batch *batch, struct earshot_error *error);

#define ES_DAY_MINUTES (ES_DAY / ES_MINUTE)
static inline int64_t es_minute_of(int64_t ms)
{
	return ms / ES_MINUTE - (ms % ES_MINUTE < 0);
}

/* ---- refresh.c: an id's rows follow from what is held and decided ---- */
int es_view_refresh(struct es_view *view, struct earshot_str id, struct earshot_error *error);
/* Makes all rows again (another set of brands). */
int es_view_refresh_all(struct es_view *view, struct earshot_error *error);

/* ---- alike.c: clusters of near duplicates ---- */
/* One mention in sight more (by 1) or less (by -1) of this simhash, which is not 0. */
int es_view_alike(struct es_view *view, uint64_t simhash, int by, struct earshot_error *error);

/* ---- reading ---- */

/* Takes the lock and begins a transaction, so that one answer is of one moment;
 * gives the connection, or NULL with `error` filled. */
sqlite3 *es_view_enter(struct es_view *view, struct earshot_error *error);
void es_view_leave(struct es_view *view);

/* A WHERE clause that is being made, and its values. */
#define ES_WHERE_MAX 32
struct es_where {
	struct es_buf sql;
	struct {
		struct earshot_str text; /* ptr NULL = number */
		int64_t number;
	} value[ES_WHERE_MAX];
	int n;
};
void es_where_init(struct es_where *where);
void es_where_release(struct es_where *where);
void es_where_sql(struct es_where *where, const char *sql);
void es_where_text(struct es_where *where, const char *sql, struct earshot_str text);
void es_where_int(struct es_where *where, const char *sql, int64_t number);
/* " AND span=? AND lang=? ..." over the rollup, in minutes; without the topic. */
void es_where_rollup(struct es_where *where, const struct es_view_filter *filter);
/* The voice in `column`; nothing where none is asked for. */
void es_where_voice(struct es_where *where, const char *column, struct earshot_str voice);
/* The dimension `topic` of rollup and mention_topic: "", topic id, or "@brand".
 * Lies in `out` (for brands) or in the filter. */
struct earshot_str es_dimension(const struct es_view_filter *filter, char out[256]);
sqlite3_stmt *es_where_prepare(sqlite3 *db, const struct es_where *where,
			       struct earshot_error *error);

/* Counts by label: [1..3] as enum earshot_label; [0] their sum. */
struct es_tally {
	struct earshot_str key;
	int64_t n[4];
};
/* `SELECT key, label, sum(n) ... GROUP BY 1, 2` -> a row a key, in an arena. */
int es_tally_read(sqlite3 *db, const struct es_where *where, struct es_arena *arena,
		  struct es_tally **rows, size_t *n_rows, struct earshot_error *error);
void es_tally_write(struct es_buf *out, const int64_t n[4]); /* "n":..,"positive":.. */

/* A name and its value, with the comma behind what stands before. */
void es_put_name(struct es_buf *out, const char *name);
void es_put_str(struct es_buf *out, const char *name, struct earshot_str text);
void es_put_time(struct es_buf *out, const char *name, int64_t ms); /* omitted if NONE */

/* items.c */
/* Of mentions m: the cluster, its mentions in sight, its earliest one. */
#define ES_CLUSTER_COLUMNS \
	"(SELECT cluster FROM alike WHERE simhash=m.simhash)," \
	"(SELECT sum(o.n) FROM alike a JOIN alike o ON o.cluster=a.cluster " \
	"WHERE a.simhash=m.simhash)," \
	"(SELECT f.id FROM alike a JOIN alike o ON o.cluster=a.cluster " \
	"JOIN mentions f ON f.id=(SELECT d.id FROM mentions d WHERE d.simhash=o.simhash AND " \
	"d.hidden=0 ORDER BY d.event_at,d.id LIMIT 1) " \
	"WHERE a.simhash=m.simhash ORDER BY f.event_at,f.id LIMIT 1)"
/* Columns that es_view_item() needs, of mentions m and held h. */
#define ES_ITEM_COLUMNS \
	"m.id,m.rev,m.label,m.machine,m.decision,m.agent,m.decided_at,m.hidden,h.body," \
	"m.event_at," ES_CLUSTER_COLUMNS
#define ES_ITEM_JOIN " JOIN held h ON h.id=m.id AND h.topic=m.held "
#define ES_ITEM_N    13
/* Appends one ITEM; `more` are further members ("queue":{...}) or empty. */
void es_view_item(struct es_buf *out, sqlite3_stmt *row, struct earshot_str more);
size_t es_view_limit(const struct es_view_filter *filter);

/* Has a page of n items, from `from` on, no room for one more? */
bool es_page_full(const struct es_view_filter *filter, size_t n, const struct es_buf *out,
		  size_t from);
/* Ends the items, and the page; `next` may be "". */
void es_page_end(struct es_buf *out, const char *next);
/* "event_at.id": the last item of a page. */
#define ES_CURSOR_LEN 64
void es_item_cursor(char out[ES_CURSOR_LEN], int64_t event_at, struct earshot_str id);
/* `columns` ("SELECT m.id,...") of the mentions m, held h that the filter leaves, but for its q,
 * newest first. brand and with hold values until the statement is done. */
int es_items_where(struct es_where *where, const char *columns, size_t limit,
		   const struct es_view_filter *filter, char brand[256], char with[256],
		   struct earshot_error *error);

/* search.c: es_view_mentions with a query. */
int es_view_search(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		   struct earshot_error *error);

struct es_queue_counts {
	int64_t open, overdue, due_soon;
};
int es_queue_count(sqlite3 *db, int64_t now_ms, struct es_queue_counts *out,
		   struct earshot_error *error);
#define ES_DUE_SOON (30 * ES_MINUTE)

/* stats.c */
struct es_share {
	int64_t k, n;
	double value, lo, hi; /* NaN where n is 0 */
};
struct es_diff {
	double value, lo, hi;
};
/* Wilson score interval, 95 % (Wilson 1927; Newcombe 1998, Stat Med 17:857, method 3). */
struct es_share es_share_of(int64_t k, int64_t n);
/* a - b of independent shares: Newcombe's hybrid score interval, 95 % (Newcombe
 * 1998, Stat Med 17:873, method 10). Needs n > 0 in both. */
struct es_diff es_diff_of(const struct es_share *a, const struct es_share *b);

#endif
