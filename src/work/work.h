/* SPDX-License-Identifier: MIT
 *
 * work.h - the outside header of the room `work`: posts -> match -> score ->
 * publish.
 *
 * A worker is stateless but for the table of human labels: everything else is
 * in the log. Run as many as there are partitions of `posts`.
 *
 *   posts --> slice --> topics --> sentiment --> themes --> flags --> splice
 *                |         | none: counted, dropped (keep_unmatched: kept)
 *                v                                              |
 *           deadletter            mentions.{positive,neutral,negative}, flagged
 *   reviews --> table of human labels --------------------------^
 *
 * One transaction every 100 ms at most: the results and the position in `posts`.
 *
 * Threads: one worker belongs to the thread that runs it; only es_worker_stop
 * may be called from elsewhere.
 */
#ifndef ES_WORK_H
#define ES_WORK_H

#include <stdatomic.h>
#include "bus/bus.h"
#include "post/post.h"

/* Limits. A transaction is committed when everything that waits is worked, but no
 * sooner than PACE_MS after the commit of the one before began, or PACE_FEW_MS where it is a
 * small one: each costs the broker and us as much as some hundred posts. Where hardly anything
 * comes that does not matter, and it is PACE_IDLE_MS. While more waits it takes in batch after
 * batch for COMMIT_MS. */
#define ES_WORK_PACE_MS      50  /* with ES_WORK_FEW records and more in hand */
#define ES_WORK_PACE_FEW_MS  150 /* with fewer */
#define ES_WORK_PACE_IDLE_MS 100 /* with fewer than ES_WORK_IDLE */
#define ES_WORK_FEW          1000
#define ES_WORK_IDLE         100
#define ES_WORK_COMMIT_MS    100
#define ES_WORK_COMMIT_BYTES (16u * 1024 * 1024) /* read; ends it at once */
#define ES_WORK_BATCH        4096                /* most records of one poll */
#define ES_WORK_GATHER_BYTES (40u * 1024)        /* are fetched together: some 400 posts */

/* A replay works for so long at most between two transactions of live, and holds so many ids of a
 * partition at once: 88 bytes each with their index; more ids are taken in several passes. */
#define ES_REPLAY_SLICE_MS 50
#define ES_REPLAY_IDS      (512u * 1024)
#define ES_REPLAY_REQUESTS 64             /* that are remembered; older ones are forgotten */
#define ES_REPLAY_SHAPES   (64u * ES_MIB) /* es_replay_diff: what posts were */

struct es_metrics; /* http/http.h */

/* What a flag rule of the config says beside its query (which is in the set, in
 * layer FLAG, under the same id). */
struct es_flag_rule {
	const char *id;
	const char *priority; /* NULL or "" = "normal" */
	const char *route;    /* NULL or "" = the worker's default_route */
	int64_t due_ms;       /* after observed_at; EARSHOT_NONE = no due time */
};

/* The journey stage that a theme stands for; the first theme hit that has one
 * decides, those that are `stage_only` where no other does. */
struct es_theme_stage {
	const char *theme, *stage;
	bool stage_only; /* no theme of the mention */
};

/* The ids of the themes that were hit, each once, into `ids` (room for hits->n), and the
 * stage (may be absent). Returns how many ids. */
size_t es_themes_of(const struct es_theme_stage *stages, size_t n_stages,
		    const struct earshot_hits *hits, struct earshot_str *ids,
		    struct earshot_str *stage);

/* Queries in layer THEME whose id begins so find marks of noise, not themes: "is:spam". */
#define ES_MARK_PREFIX "is:"

/* Everything is borrowed and must outlive the worker. */
struct es_worker_options {
	struct es_bus *bus;
	const char *instance; /* stable name of this process */
	int thread, threads;
	const struct earshot_lexicon *lexicon;
	const struct earshot_queries *queries; /* compiled: topics, themes, flags */
	const struct es_flag_rule *rules;
	size_t n_rules;
	const char *default_route; /* may be NULL */
	const struct es_theme_stage *stages;
	size_t n_stages;
	const struct es_own_account *accounts;
	size_t n_accounts;
	bool keep_unmatched;  /* score and publish posts that no topic matches, topics [] */
	const char *settings; /* es_setup.version: replays for others are not run; NULL = "" */
	size_t replay_ids;    /* 0 = ES_REPLAY_IDS */
	bool once; /* return when `posts` is drained up to its end at the start, replays are done */
	/* once: how many workers of this process are not drained, at first all of them; each
	 * returns when none is left, for a member of a group who no longer polls would make
	 * the others wait for its answer. NULL = this one alone. */
	atomic_int *undrained;
	struct es_metrics *metrics; /* may be NULL */
};

struct es_worker;

int es_worker_new(struct es_worker **out, const struct es_worker_options *options,
		  struct earshot_error *error) EARSHOT_MUST_USE;
/* Runs until es_worker_stop, or with `once` until `posts` is drained: 0. FENCED
 * where another process has taken over (everything committed stays; make a new
 * worker or leave). UNAVAILABLE, BUSY, IO and FULL are logged and tried again
 * with growing pauses; with `once` they are returned after the sixth try in a
 * row. */
int es_worker_run(struct es_worker *worker, struct earshot_error *error) EARSHOT_MUST_USE;
/* Ends es_worker_run after the batch in hand, which is committed. Any thread; also a signal
 * handler. */
void es_worker_stop(struct es_worker *worker);
void es_worker_free(struct es_worker *worker);
/* 0 while it has its partitions (or knows that none are left for it) and the log
 * answers; else UNAVAILABLE. Any thread. */
int es_worker_ready(const struct es_worker *worker, struct earshot_error *error);

/* What this worker has done since es_worker_new (any thread). */
struct es_worker_counts {
	int64_t read, positive, neutral, negative, unmatched, deleted, deadletter;
};
void es_worker_counts(const struct es_worker *worker, struct es_worker_counts *out);

/* ---- dead letters, for `earshot deadletter` (letters.c, resend.c) ---- */

/* A record of `deadletter`; everything is valid inside the callback alone. */
struct es_dead_letter {
	const struct es_record *record;
	struct earshot_str stage, code, message;
	struct earshot_str source; /* stage collect: the source id; else absent */
	struct earshot_str topic;  /* where the record stood; absent for stage collect */
	int partition;             /* -1 = not said */
	int64_t offset;            /* EARSHOT_NONE = not said */
	int64_t size;              /* of the value as it was */
	bool cut;                  /* the value is but the first part of that */
	bool replayed;             /* `audit` says so */
};

struct es_dead_place {
	int partition;
	int64_t offset;
	bool found; /* set where it was there and the rest of the filter let it pass */
};

/* Everything that is NULL or 0 lets all pass. */
struct es_dead_filter {
	const char *stage;
	const char *cause;      /* the code, or a part of the message; ASCII letters in any case */
	int64_t from_ms, to_ms; /* when the letter was written; to is exclusive */
	struct es_dead_place *places;
	size_t n_places;
};

/* Not 0 ends it, and es_dead_letters returns it. */
typedef int es_dead_fn(void *ctx, const struct es_dead_letter *letter, struct earshot_error *error);
/* The letters there are now, partition by partition in their order, mixed between them. */
int es_dead_letters(struct es_bus *bus, const struct es_dead_filter *filter, es_dead_fn *fn,
		    void *ctx, struct earshot_error *error) EARSHOT_MUST_USE;

struct es_dead_replay {
	struct es_bus *bus;
	const char *who; /* for `audit` */
	const struct es_dead_filter *filter;
	/* Told of each letter that cannot go back, with why. */
	void (*refused)(void *ctx, const struct es_dead_letter *letter,
			const struct earshot_error *why);
	void *ctx;
};
struct es_dead_counts {
	int64_t replayed, known, refused; /* known: replayed before, passed over */
};
/* Puts the records back to the topic and partition that they came from, in transactions
 * with a record in `audit` for each: what was replayed is known by that, and is not
 * replayed again, not by two at once either (FENCED for the first of them). A letter that
 * was cut, or that came from a source and not from a topic, is refused. */
int es_dead_replay(const struct es_dead_replay *replay, struct es_dead_counts *counts,
		   struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- replay (README.md) ---- */

/* A record of `settings`, key "replay/ID": posts that were appended from `from` to `to` (ms;
 * EARSHOT_NONE = the beginning, where live stands) are judged anew with these settings. */
struct es_replay_request {
	char id[32];
	char settings[24];
	int64_t from, to, at;
};

#define ES_REPLAY_STATES(X) X(WAITING, "waiting") X(RUNNING, "running") X(DONE, "done")
enum es_replay_state {
	ES_REPLAY_STATE_UNSET,
#define X(name, text) ES_REPLAY_STATE_##name,
	ES_REPLAY_STATES(X)
#undef X
};

/* A record of `settings`, key "replay/ID/PARTITION": how far a partition has come. It is written in
 * the transaction that it tells of. WAITING: its worker runs other settings. */
struct es_replay_progress {
	char id[32];
	int partition;
	enum es_replay_state state;
	unsigned passes, pass;
	int64_t from, next, end; /* offsets of `posts` in this pass */
	int64_t changed, same, failed;
	int64_t rev, at; /* the highest of a re-scored record; when this was written */
};

/* Gives the request an id and writes it; *offset is before it in partition 0 of `settings`. */
int es_replay_ask(struct es_bus *bus, struct es_replay_request *request, int64_t *offset,
		  struct earshot_error *error) EARSHOT_MUST_USE;
/* 1 = a progress, 0 = something else. */
int es_replay_progress_read(const struct es_record *record, struct es_replay_progress *out);

/* What a post was and would be; UNLABELLED = no topic takes it. */
struct es_replay_side {
	enum earshot_label label;
	struct earshot_strs topics, themes;
};
struct es_replay_change {
	struct earshot_str id, title, text; /* of the post */
	struct es_replay_side was, is;
};
struct es_replay_totals {
	int64_t same, changed, failed;
};
/* Not 0 ends the diff, which returns it. */
typedef int es_replay_change_fn(void *ctx, const struct es_replay_change *change);

/* What a replay would change, with nothing written. `options` are those of a worker; the bus may be
 * read-only. Posts count that live has worked. */
int es_replay_diff(const struct es_worker_options *options, int64_t from, int64_t to,
		   es_replay_change_fn *fn, void *ctx, struct es_replay_totals *totals,
		   struct earshot_error *error) EARSHOT_MUST_USE;

#endif
