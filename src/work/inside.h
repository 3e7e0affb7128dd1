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

	_Atomic int64_t read, outcomes[ES_OUTCOMES_N];
	_Atomic int64_t *cells[ES_OUTCOMES_N]; /* the metrics' */
	_Atomic int64_t *off_cell;             /* queries that were off for a post */
	uint64_t off_told;                     /* of es_match_off */
};

/* record.c: everything for one record of `posts`, put into the open
 * transaction. Only errors of the bus and NOMEM come back: then the batch must
 * be aborted and tried again. */
int es_work_record(struct es_worker *worker, const struct es_record *record,
		   struct earshot_error *error) EARSHOT_MUST_USE;

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

/* ---- letters.c ---- */

/* What `audit` says of letters that were put back: their names, in an arena. */
struct es_replayed {
	struct es_map names;
	struct es_arena arena;
};
void es_replayed_init(struct es_replayed *replayed);
void es_replayed_release(struct es_replayed *replayed);
/* Adds what `audit` says now. */
int es_replayed_load(struct es_replayed *replayed, struct es_bus *bus,
		     struct earshot_error *error) EARSHOT_MUST_USE;
int es_replayed_add(struct es_replayed *replayed, const char *name,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* The name of a letter, ce_id of its record in `audit`. The time is in it, for a topic that
 * is made again begins at offset 0. */
#define ES_LETTER_NAME_MAX 96
void es_letter_name(const struct es_record *record, char out[ES_LETTER_NAME_MAX]);
/* A header's decimal digits, at most 18 of them; -1 where it is no such number. */
int64_t es_letter_number(struct earshot_str text);
/* es_dead_letters with a table that the caller keeps. */
int es_letters_read(struct es_bus *bus, const struct es_dead_filter *filter,
		    const struct es_replayed *replayed, es_dead_fn *fn, void *ctx,
		    struct earshot_error *error) EARSHOT_MUST_USE;

#endif
