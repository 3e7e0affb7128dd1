/* SPDX-License-Identifier: MIT
 *
 * inside.h - the worker from within. Private to the room.
 */
#ifndef ES_WORK_INSIDE_H
#define ES_WORK_INSIDE_H

#include <stdatomic.h>
#include "match/match.h"
#include "text/text.h"
#include "work/work.h"

/* Values of earshot_posts_total{outcome="..."}; one per record. */
#define ES_OUTCOMES(X) \
	X(POSITIVE, positive) \
	X(NEUTRAL, neutral) \
	X(NEGATIVE, negative) X(UNMATCHED, unmatched) X(DELETED, deleted) X(DEADLETTER, deadletter)
enum es_outcome {
#define X(name, text) ES_OUTCOME_##name,
	ES_OUTCOMES(X)
#undef X
		ES_OUTCOMES_N
};

/* What is left free in a record for our own headers and the frame of an engine: a record
 * that the bus refuses would be tried again for ever, and block its partition. */
#define ES_WORK_ROOM 4096

/* A partition of `posts` that this session owns; only `once` looks at ends. */
struct es_owned {
	int partition;
	int64_t end; /* when it was assigned */
};

struct es_worker {
	struct es_worker_options options;
	struct earshot_scorer *scorer;
	struct earshot_matcher *matcher;
	struct es_session *_Atomic session; /* set once; es_worker_stop wakes it */
	struct es_session *follower;        /* of `reviews`, without a group */
	struct es_reviews *reviews;
	struct es_map rules, accounts; /* id -> row of the options */
	struct es_arena names;         /* keys of accounts */
	char *source;                  /* "/earshot/<instance>/work" */

	atomic_bool stop, ready;
	int wake; /* eventfd: ends a pause */

	struct es_owned *owned;
	size_t n_owned;
	bool fresh; /* owned is new: load reviews, look up ends */
	bool assigned;
	bool drained; /* as options.undrained has it */

	/* the transaction in hand: one batch or several */
	bool open;
	size_t records, bytes;           /* of `posts`, worked in it */
	int64_t since, before;           /* when its first records came; those of the last one */
	int64_t pending[ES_OUTCOMES_N];  /* counted when it is committed */
	struct earshot_error first_dead; /* for the log */

	struct es_arena arena; /* of one record */
	struct es_buf members, value;
	int64_t now; /* of one batch */

	/* mentions of the transaction in hand; at most as many as it has records */
	struct es_waited {
		int64_t observed, appended, n;
	} * waited;
	size_t n_waited, cap_waited;

	_Atomic int64_t read, outcomes[ES_OUTCOMES_N];
	_Atomic int64_t *cells[ES_OUTCOMES_N];            /* the metrics' */
	struct es_histogram *from_observed, *from_append; /* to the label topic */
	_Atomic int64_t *off_cell;                        /* queries that were off for a post */
	uint64_t off_told;                                /* of es_match_off */
};

/* record.c: everything for one record of `posts`, put into the open
 * transaction. Only errors of the bus and NOMEM come back: then the batch must
 * be aborted and tried again. */
int es_work_record(struct es_worker *worker, const struct es_record *record,
		   struct earshot_error *error) EARSHOT_MUST_USE;

/* latency.c: how long posts take to their label topics. `note` remembers one that was put,
 * `count` tells what was remembered as of a commit just now. */
void es_work_waited_metrics(struct es_worker *worker);
void es_work_waited_note(struct es_worker *worker, const struct es_record *record,
			 const struct earshot_post *post);
void es_work_waited_count(struct es_worker *worker);

/* dead.c: the record goes to `deadletter`, with why. */
int es_work_dead(struct es_worker *worker, const struct es_record *record, const char *stage,
		 const struct earshot_error *cause, struct earshot_error *error) EARSHOT_MUST_USE;
/* Bytes that count against ES_BUS_RECORD_MAX. */
size_t es_record_bytes(const struct es_record *record);

/* follow.c: the table of human labels. catch_up reads to the end that `reviews`
 * has now; follow takes what has come since, without waiting. */
int es_work_catch_up(struct es_worker *worker, struct earshot_error *error) EARSHOT_MUST_USE;
int es_work_follow(struct es_worker *worker, struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- what a mention says beside its label (about.c); lies in the worker's arena ---- */

/* The marks of noise: of the queries among the hits of layer THEME whose id begins with
 * ES_MARK_PREFIX, and "mismatch". NOMEM only. */
int es_work_marks(struct es_worker *worker, struct es_mention *mention,
		  const struct earshot_hits *themes, struct earshot_error *cause) EARSHOT_MUST_USE;

/* The sentiment towards each brand that matched, by the words about it, which are told by where its
 * topics hit; behind scoring. NOMEM only. */
int es_work_targets(struct es_worker *worker, struct es_mention *mention,
		    const struct es_analysis *title, const struct es_analysis *text,
		    const struct earshot_hits *topics,
		    struct earshot_error *cause) EARSHOT_MUST_USE;

#endif
