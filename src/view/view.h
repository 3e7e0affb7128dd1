/* SPDX-License-Identifier: MIT
 *
 * view.h - the outside header of the room `view`: the read model.
 *
 * Reads the label topics, `flagged`, `reviews` and `sources` without a group into
 * one SQLite file, in which the offsets lie too, in the same transaction: a crash
 * loses and doubles nothing, and the file may be deleted at any time (it is read
 * again from the topics). May use base, text, post, bus, http (metrics), SQLite.
 *
 *   label topics --+                     +-- mentions, mention_topic
 *   flagged -------+--> es_view_run -----+-- rollup (minute x topic x label x ...)
 *   reviews -------+    (one writer)     +-- queue, reviews, sources
 *   sources -------+                     +-- offsets, meta
 *                                               |
 *                    es_view_* queries <--------+  (one reader, locked)
 *
 * Reader rule: per id the highest rev, then the latest observation, wins; a null
 * removes only what the same topic brought, and nothing of a higher rev. What a
 * person decided stands over what the scorer says.
 *
 * Threads: one thread runs es_view_run; queries may be called from any thread,
 * es_view_stop from a signal handler too.
 */
#ifndef ES_VIEW_H
#define ES_VIEW_H

#include "bus/bus.h"
#include "http/http.h"
#include "post/post.h"

struct es_view;

#define ES_VIEW_SCHEMA      6   /* another number in the file: rebuilt from scratch */
#define ES_VIEW_PAGE_MAX    200 /* mentions or queue items of one page */
#define ES_VIEW_BUCKETS_MAX 2000
/* Mentions that a search looks at for one page, which then ends, perhaps with none; `next` goes on
 * behind them. It bounds the time for which other readers wait: half a second and more, at most a
 * second. */
#define ES_VIEW_LOOK_MAX   50000
#define ES_VIEW_TOPICS_MAX 64 /* topics of one mention that are kept */

struct es_view_topic {
	const char *id, *query; /* query: as written, for people; may be NULL */
};

struct es_view_brand {
	const char *id, *name; /* name NULL = id */
	bool competitor;
	const struct es_view_topic *topics;
	size_t n_topics;
};

/* Everything is borrowed and must outlive the view. */
struct es_view_options {
	struct es_bus *bus;
	const char *instance; /* stable name of this process */
	const char *path;     /* "./var/view.db"; its folder is made */
	const char *timezone; /* "Europe/Istanbul"; NULL or "" = UTC */
	const struct es_view_brand *brands;
	size_t n_brands;
	bool once; /* es_view_run returns when caught up with the ends at its start */
	struct es_metrics *metrics; /* may be NULL */
};

/* CONFIG: no such time zone. BUSY: another process has the file. CANTCREATE, IO. */
int es_view_new(struct es_view **out, const struct es_view_options *options,
		struct earshot_error *error) EARSHOT_MUST_USE;
/* Until es_view_stop, or with `once` until caught up. Errors of the log are logged
 * and tried again; with `once`, after 6 tries, returned. */
int es_view_run(struct es_view *view, struct earshot_error *error) EARSHOT_MUST_USE;
void es_view_stop(struct es_view *view);
void es_view_free(struct es_view *view); /* after es_view_run has returned */
/* An es_http_check: UNAVAILABLE until it has caught up once. ctx is the view. */
int es_view_ready(void *ctx, struct earshot_error *error);

const struct es_view_options *es_view_options(const struct es_view *view);

/* ---- live ---- */

/* After a batch was committed. `ids`: up to 100 mentions that were not there
 * before, newest last. Valid while the call runs; called in the view's thread. */
struct es_view_change {
	int64_t seq;         /* of the change, from 1, kept in the file */
	size_t new_mentions; /* all of them */
	const struct earshot_str *ids;
	size_t n_ids;
	bool queue, sources; /* something there altered */
};
typedef void es_view_listener(void *ctx, const struct es_view_change *change);
/* One listener; call before es_view_run. */
void es_view_subscribe(struct es_view *view, es_view_listener *listener, void *ctx);
int64_t es_view_seq(struct es_view *view); /* of the newest change */

/* ---- queries: each writes the JSON of src/desk/API.md ---- */

/* Times are ms, EARSHOT_NONE = open end; until is exclusive. Absent text = any.
 * DATA (q: QUERY, LIMIT) with the parameter in error->file where a value cannot be. */
struct es_view_filter {
	struct earshot_str q; /* of mentions only: a query in the language of src/match/README.md */
	struct earshot_str topic, brand, lang, channel, source;
	struct earshot_str voice; /* "customers": customers, and those of whom nothing is said */
	struct earshot_str with;  /* of mentions only: a brand that they name too */
	enum earshot_label label; /* UNLABELLED = any */
	int64_t since, until;
	struct earshot_str rule, priority, route; /* of the queue only */
	size_t limit;                             /* 1 to ES_VIEW_PAGE_MAX; 0 = 50 */
	struct earshot_str cursor; /* `next` of the page before; absent = first page */
	size_t look; /* mentions that a search (q) looks at for one page; 0 = ES_VIEW_LOOK_MAX */
};

int es_view_mentions(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		     struct earshot_error *error) EARSHOT_MUST_USE;
/* These read topic or brand, lang, channel, voice, label, since and until, to the
 * minute. */
int es_view_summary(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		    struct earshot_error *error) EARSHOT_MUST_USE;
enum es_view_step { ES_VIEW_HOUR, ES_VIEW_DAY, ES_VIEW_WEEK };
int es_view_series(struct es_view *view, const struct es_view_filter *filter,
		   enum es_view_step step, struct es_buf *out,
		   struct earshot_error *error) EARSHOT_MUST_USE;
int es_view_sov(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		struct earshot_error *error) EARSHOT_MUST_USE;
int es_view_channels(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		     struct earshot_error *error) EARSHOT_MUST_USE;
int es_view_topics(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		   struct earshot_error *error) EARSHOT_MUST_USE;
/* now_ms: what is late and what is silent is measured against it. */
int es_view_sources(struct es_view *view, int64_t now_ms, struct es_buf *out,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* Order: overdue, priority, due, closeness to the margin of the decision. */
int es_view_queue(struct es_view *view, const struct es_view_filter *filter, int64_t now_ms,
		  struct es_buf *out, struct earshot_error *error) EARSHOT_MUST_USE;
/* What changed in [now - window, now) against the window before. */
int es_view_changes(struct es_view *view, int64_t now_ms, int64_t window_ms, struct es_buf *out,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* {"n":..,"positive":..,"neutral":..,"negative":..,"open":..,"overdue":..} */
int es_view_counts(struct es_view *view, int64_t now_ms, struct es_buf *out,
		   struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- for decisions ---- */

/* One mention as it stands; everything lies in the arena. */
struct es_view_mention {
	struct earshot_str item;    /* as es_view_mentions gives it */
	struct earshot_str record;  /* the winning record, JSON */
	struct earshot_str flagged; /* the record in `flagged` that stands; ptr NULL = none */
	int64_t rev;                /* of the label topics: the highest, of what removed it too */
	int64_t newest;             /* the same with `flagged` */
	enum earshot_label label, machine; /* as shown; what the scorer said, where
					      a person decided */
	enum es_decision decision;         /* that stands, UNSET = none */
	struct earshot_str agent;          /* who made it */
	enum es_decision own;              /* what the asked agent decided, UNSET = nothing */
	enum earshot_label own_label;
	enum es_decision rest; /* what would stand without it */
	enum earshot_label rest_label;
};
/* NOTFOUND where there is none that is kept (`own` is filled all the same). agent:
 * whose decision is wanted as `own`; absent = nobody's. */
int es_view_mention(struct es_view *view, struct es_arena *arena, struct earshot_str id,
		    struct earshot_str agent, struct es_view_mention *out,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* The header on a null that hides a mention because of a decision (not_us, spam):
 * the view keeps the record out of sight, so that the decision can be undone. */
#define ES_VIEW_HIDES "decision"

#endif
