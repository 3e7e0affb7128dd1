/* SPDX-License-Identifier: MIT
 *
 * collect.h - the outside header of the room `collect`: sources -> topic `posts`.
 *
 * Schedules, fetches, reads, normalises and redacts; each post goes out exactly
 * once, in one transaction with the cursor of its source (topic `sources`), so
 * that a crash neither loses nor repeats a post. May use base, text, feed, post,
 * bus, net and the metrics of http. A collector belongs to one thread; only
 * es_collector_stop() may be called from others.
 *
 *   es_source --- schedule ---> file or net ---> earshot_feed ---> normalise, redact
 *       ^                                                               |
 *       +-- cursor, seen set, health <-- one transaction: posts + cursor+
 */
#ifndef ES_COLLECT_H
#define ES_COLLECT_H

#include <earshot/feed.h>
#include <stdatomic.h>
#include "bus/bus.h"
#include "collect/budget.h"
#include "collect/connector.h"
#include "collect/form.h"
#include "collect/series.h"
#include "post/post.h"

struct es_http;
struct es_metrics;
struct es_collector;
struct es_push;

/* The clocks of a collector, for tests: the wall clock stands in records, the other one
 * decides when something is due, because it does not jump. */
struct es_collect_clock {
	int64_t (*wall_ms)(void *ctx);
	int64_t (*monotonic_ms)(void *ctx);
	void *ctx;
};

#define ES_COLLECT_GROUP       "collect"
#define ES_COLLECT_SLICE       2000u  /* most posts of one transaction */
#define ES_COLLECT_SEEN_MAX    20000u /* most entries of one source's seen set */
#define ES_COLLECT_FILES_MAX   4096u  /* most files of one glob */
#define ES_COLLECT_SOURCES_MAX 200000u
#define ES_REVISITS_LIST       8u            /* most ages of `revisit` */
#define ES_REVISIT_LAST        (90 * ES_DAY) /* the greatest */

enum es_source_kind {
	ES_SOURCE_FEED = 1,
	ES_SOURCE_JSONL,
	ES_SOURCE_CSV,
	ES_SOURCE_WHATSAPP,
	ES_SOURCE_KAKAOTALK,
	ES_SOURCE_TRANSCRIPT,
	ES_SOURCE_WEBVTT,
	ES_SOURCE_MBOX,
	ES_SOURCE_IMAP,
	ES_SOURCE_TELEGRAM
};
/* 0 where there is no kind of that name; and back. */
enum es_source_kind es_source_kind_of(const char *ptr, size_t len);
const char *es_source_kind_name(enum es_source_kind kind);
/* "feed, jsonl, ...": those that a file may be of. */
void es_source_kind_names(struct es_buf *out);

/* A source as the config says it. Text may be NULL = not said. Everything must
 * outlive the collector; the functions here copy nothing of it. */
struct es_source {
	const char *id; /* unique; at most 200 bytes */
	enum es_source_kind kind;
	const char *columns; /* the kind that its columns are known by; NULL = none */
	const char *url;     /* "https://..." or "file:/absolute/path/or/a-*.glob" */
	int64_t every_ms;    /* 0 = 5 min for http(s), 10 s for files */
	const char *base;    /* for relative links */
	enum earshot_voice voice;
	enum earshot_kind post_kind; /* kind of its posts; unset: post, article for feeds */
	const char *brand;
	const char *channel; /* default for its posts; NULL = "feed" for feeds, else "import" */
	const char *scope;   /* platform whose ids are global ("x"); NULL = by the id rules */
	const char *lang;
	const char *touchpoint;
	const char *unit;
	const char *app_version;
	const char *charset; /* of its files; NULL = by their bytes */
	/* names under which the brand itself speaks there: its posts have the voice brand */
	const char *const *own;
	size_t n_own;
	const struct earshot_feed_map *map; /* jsonl and csv */
	size_t n_map;
	/* of a connector, else NULL; kind is how its answers are read (a page of JSON as lines
	 * of it), url is es_connector_address() */
	const struct es_connector *connector;
	const struct es_named *values; /* for its templates, ES_VALUE_BASE among them */
	size_t n_values;
	struct es_budget budget; /* of http(s) */
	/* name of the budget that it shares with others, which have the same limits; NULL = its
	 * own */
	const char *share;
	bool ingest;        /* it is sent to (POST /ingest/ID): kind is JSONL, url "ingest:ID" */
	const char *secret; /* of such a source; of imap the password */
	const char *user;   /* of imap */
	bool bare;          /* of imap: without TLS */
	const struct es_series *series; /* its rows are numbers, for topic `metrics`; else NULL */
	const struct es_form *form; /* it is sent to from a page of its own (/form/ID), else NULL */
	const int64_t *revisit;     /* ms after a post was seen: it is looked at again; rising */
	size_t n_revisit;
	bool robots_ignored; /* read although it asks not to be: its owner agrees */
};

/* Times of file sources shifted so that `anchor_ms` becomes the first start;
 * what lies at most live_ms behind the anchor is held until its time comes. */
struct es_collect_demo {
	bool enabled;
	int64_t anchor_ms;
	int64_t live_ms;
};

/* What may be kept of people (`privacy:` of the config). Zeroed: everything. */
#define ES_AUTHOR_KEY_MIN 16u /* bytes */
struct es_collect_privacy {
	bool redact;       /* numbers and addresses leave the texts */
	bool hash_authors; /* author.key is a keyed hash; handle and name go */
	/* the secret of the hashes, ES_AUTHOR_KEY_MIN bytes or more; ptr NULL = none */
	struct earshot_str author_key;
	const struct es_own_account *accounts; /* where handles go: who speaks for a brand */
	size_t n_accounts;
};

/* Is the key missing though authors are to be hashed, or too short? */
static inline bool es_author_key_unfit(bool hash_authors, size_t len)
{
	return len ? len < ES_AUTHOR_KEY_MIN : hash_authors;
}

struct es_collect_options {
	struct es_bus *bus;
	const char *instance; /* stable name of this process */
	int thread, threads;  /* this collector is number `thread` of `threads`; 0, 0 = alone */
	const struct es_source *sources;
	size_t n_sources;
	const char *const *allow_private; /* see net.h */
	size_t n_allow_private;
	const char *contact; /* for the User-Agent; NULL = none */
	const char *ca_file; /* see net.h; NULL = none */
	struct es_collect_privacy privacy;
	bool once; /* every source once, then es_collector_run() returns */
	struct es_collect_demo demo;
	struct es_metrics *metrics;           /* may be NULL */
	struct es_push *push;                 /* where hubs knock (below); NULL = nobody does */
	int max_transfers;                    /* at once; 0 = 256 */
	const struct es_collect_clock *clock; /* NULL = the machine's */
};

/* CONFIG for a source that cannot be (id, url or kind missing, an id twice); NOTFOUND
 * where the log has no topics yet (es_bus_ensure makes them, with their retention). */
int es_collector_new(struct es_collector **out, const struct es_collect_options *options,
		     struct earshot_error *error) EARSHOT_MUST_USE;
/* Until es_collector_stop(); with `once`, until every source of this process was
 * tried once. A source that fails is no error: its state says so. FENCED where
 * another process has taken over. UNAVAILABLE, BUSY, IO and FULL are logged and tried
 * again with growing pauses; with `once` they are returned after 5 tries. */
int es_collector_run(struct es_collector *collector, struct earshot_error *error) EARSHOT_MUST_USE;
/* From any thread or a signal handler. What is open is aborted, not committed. */
void es_collector_stop(struct es_collector *collector);
void es_collector_free(struct es_collector *collector);
/* 0 while it has its sources and the log answers; else UNAVAILABLE. Any thread. */
int es_collector_ready(const struct es_collector *collector, struct earshot_error *error);

#define ES_INGEST_SECRET_MIN 16u
#define ES_INGEST_SECRET_MAX 255u

/* ---- what is sent to us: hubs (WebSub), sources of kind ingest and form ---- */

/* Makes the routes /ingest/... and /form/... of `http`, which is not started yet, for one
 * collector, and with a public_url (else "") /websub/...: feeds that name a hub are subscribed to
 * under it. The box outlives both, the server's last. */
int es_push_new(struct es_push **out, struct es_http *http, const char *public_url,
		struct es_metrics *metrics, struct earshot_error *error) EARSHOT_MUST_USE;
void es_push_free(struct es_push *push);

/* ---- figures ---- */

/* Counted since the start; readable from any thread. */
struct es_collect_stats {
	_Atomic int64_t posts, updates, duplicates, bad, fetches, failures, unchanged,
		forgotten,    /* of those who were forgotten: dropped */
		visits, gone, /* of posts looked at again; those that were gone */
		events, ends; /* of streams: that a post or a deletion was made of; connections */
};
const struct es_collect_stats *es_collector_stats(const struct es_collector *collector);

/* ---- forget ---- */

/* One author, or one post. */
struct es_forget_options {
	struct es_bus *bus;
	const char *instance;
	struct es_collect_privacy privacy; /* author_key is needed */
	struct earshot_str author;         /* key, handle or name, or ptr NULL */
	struct earshot_str channel;        /* of the author's posts; ptr NULL = all */
	struct earshot_str post;           /* an id, or ptr NULL */
	const char *who;                   /* asked for it, for the ledger */
};

struct es_forget_result {
	char subject[33];           /* the keyed hash under which all of it is known */
	bool known;                 /* the opt-out was there already */
	int64_t removed[ES_TOPICS]; /* records to which a null went */
};

/* An opt-out to `settings`, which collectors obey from then on; nulls to every record of the
 * author or the post in the topics that are keyed by post; an entry in `audit` for each
 * transaction, without the name. Embedded: what was removed is gone from the file when it
 * returns; on Kafka within max.compaction.lag.ms. Again: does what is left to do. CONFIG
 * without author_key or with another than before, DATA for an id that is none. */
int es_collect_forget(const struct es_forget_options *options, struct es_forget_result *result,
		      struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- import ---- */

struct es_import_progress {
	const char *path;
	bool unpacking;      /* nothing is read yet; bytes and size are the packed ones */
	int64_t bytes, size; /* of the file; size 0 = unknown */
	int64_t posts, duplicates, bad;    /* duplicates: with those that an earlier import took */
	const struct earshot_error *error; /* a record that cannot be read, or NULL */
	const char *note; /* at the end: what the reader had to choose; static, NULL = nothing */
};
/* While it is unpacked, after every slice, at its end and for every bad record. A non-zero return
 * stops; what was committed stays, and the next import of the file goes on there. */
typedef int es_import_fn(void *ctx, const struct es_import_progress *progress);

struct es_import_options {
	struct es_bus *bus;
	const char *instance;
	/* id, kind, defaults and map; its url is not used. Kind 0: by the first bytes of the file
	 */
	const struct es_source *source;
	const char *path; /* of the file, absolute; "-" = standard input */
	int64_t max_size; /* of a file that is unpacked, and of standard input; 0 = 4 GiB */
	struct es_collect_privacy privacy;
	es_import_fn *on_progress; /* may be NULL */
	void *ctx;
};

/* One file into `posts`, unpacked where it is packed with gzip. Idempotent: a second import of the
 * same file adds nothing. The cursors of all files stand in `sources` under "import:" source id;
 * standard input is known by what came in. `total` may be NULL. NOINPUT, DATA (a feed that is
 * none, a packed file that is damaged), LIMIT past max_size, or as the bus says. */
#define ES_IMPORT_SIZE (4096 * (int64_t)ES_MIB)
int es_collect_import(const struct es_import_options *options, struct es_import_progress *total,
		      struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- check ---- */

/* A source looked at once, without the log: nothing is written anywhere. */
#define ES_PROBE_TEXT 512

struct es_probe {
	const struct es_source *source;
	char error[16];              /* as in the record of the source; "" = it is heard */
	char message[ES_PROBE_TEXT]; /* plain words; of what is heard too, where something is odd */
	const char *mend;            /* what to do about it; "" = nothing */
	int status;                  /* HTTP; 0 = none */
	int redirects;
	int64_t items, bad; /* that were read, that cannot be read */
	int64_t newest;     /* when the newest was published; EARSHOT_NONE */
	int64_t size, took_ms;
	struct earshot_str posts; /* the first `show` of them, as lines of JSON */
};

/* Looks at all sources of `options` at once (bus and what belongs to writing are not used)
 * and calls `fn` for each, in their order; of a connector its first page. Fails for want of memory
 * only, or where the client cannot be made (CONFIG). */
typedef void es_probe_fn(void *ctx, const struct es_probe *probe);
int es_collect_probe(const struct es_collect_options *options, int64_t show, es_probe_fn *fn,
		     void *ctx, struct earshot_error *error) EARSHOT_MUST_USE;

#endif
