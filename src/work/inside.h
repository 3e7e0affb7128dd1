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

/* Values of earshot_replay_posts_total{result="..."}; one per post that was looked at. */
#define ES_RESCORED(X) X(CHANGED, changed) X(SAME, same) X(FAILED, failed)
enum es_rescored {
#define X(name, text) ES_RESCORED_##name,
	ES_RESCORED(X)
#undef X
		ES_RESCORED_N
};

/* What is left free in a record for our own headers and the frame of an engine: a record
 * that the bus refuses would be tried again for ever, and block its partition. */
#define ES_WORK_ROOM 4096

/* A partition of `posts` that this session owns; only `once` looks at ends. */
struct es_owned {
	int partition;
	int64_t end; /* when it was assigned */
};

struct es_replays;
struct es_replay;

struct es_worker {
	struct es_worker_options options;
	struct earshot_scorer *scorer;
	struct earshot_matcher *matcher;
	struct es_session *_Atomic session; /* set once; es_worker_stop wakes it */
	struct es_session *follower;        /* of `reviews` and `settings`, without a group */
	struct es_reviews *reviews;
	struct es_replays *replays;         /* what `settings` says of them */
	struct es_replay *replay;           /* the one in hand, of one partition; NULL = none */
	bool replaying;                     /* there is one to go on with */
	bool starved;                       /* it waits for records from the log */
	struct es_replay_progress progress; /* of the replay, as it is in the log */
	int64_t told;                       /* monotonic: when it was written */
	int64_t slice_us;                   /* how long the next slice of it may be */
	struct es_map rules, accounts;      /* id -> row of the options */
	struct es_arena names;              /* keys of accounts */
	char *source;                       /* "/earshot/<instance>/work" */

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
	int64_t since, before;           /* when its first records came; the commit of the last */
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
	_Atomic int64_t *replay_cells[ES_RESCORED_N];
};

/* worker.c: before a poll or a put: whatever fails from then on, an abort gives records back. */
int es_work_begin(struct es_worker *worker, struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- one record (evaluate.c, record.c) ---- */

/* A record of `posts` under way; its text lies in the record and in the worker's arena. */
struct es_work {
	struct es_worker *worker;
	const struct es_record *record;
	bool anew; /* rev and op are not the record's own: they are written by es_work_value() */
	struct earshot_error *error;
	/* what es_work_evaluate() finds */
	const char *stage; /* where it failed */
	int64_t rev;       /* as the post says it */
	struct es_slice slice;
	struct es_mention mention; /* post: the slice's */
	struct earshot_str brand;  /* of the first topic: ce_subject */
	struct es_analysis title, text;
};

enum es_verdict {
	ES_VERDICT_DEAD,      /* it cannot be worked: `cause` */
	ES_VERDICT_DELETED,   /* the source or `forget` took it away */
	ES_VERDICT_HIDDEN,    /* a person said that it is not about the brand, or spam */
	ES_VERDICT_UNMATCHED, /* no topic takes it */
	ES_VERDICT_MENTION,
};
enum es_verdict es_work_evaluate(struct es_work *work, struct earshot_error *cause);
int64_t es_work_null_rev(const struct es_record *record);

/* The mention as bytes, into worker->value. LIMIT. */
int es_work_value(struct es_work *work, int64_t rev, enum earshot_op op,
		  struct earshot_error *cause) EARSHOT_MUST_USE;
/* worker->value to its label topic; with rev > 0 nulls to the others. */
int es_work_publish(struct es_work *work, int64_t rev, bool flagged) EARSHOT_MUST_USE;
/* Nulls to all of them. */
int es_work_nulls(struct es_work *work, int64_t rev) EARSHOT_MUST_USE;

/* Everything for one record of `posts`, live, put into the open transaction. Only errors of the bus
 * and NOMEM come back: then the batch must be aborted and tried again. */
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

/* follow.c: the table of human labels, and the requests for replays. catch_up reads to the
 * ends that the topics have now; follow takes what has come since, without waiting. */
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

/* ---- replay ---- */

/* replay_table.c: what is known of the posts of one partition, one row an id.
 *
 *   index[hash]  ->  rows[]   id | the post that counts | what the label topics hold of it
 */
struct es_row {
	unsigned char id[EARSHOT_ID_LEN / 2];
	int64_t offset, rev, observed; /* of the record of `posts` that counts */
	int64_t out_rev, out_observed; /* of what is published */
	uint64_t digest;               /* es_brief_read() of it */
	const char *shape;             /* with `shapes`: es_shape_of() of it */
	enum es_row_state { ES_ROW_NONE, ES_ROW_LIVE, ES_ROW_NULL } state;
	int topic; /* which label topic said so */
};

struct es_table {
	size_t limit; /* of rows */
	uint64_t key[2];
	struct es_row *rows;
	uint32_t *index; /* number of the row + 1; 0 = free */
	size_t n, cap, n_index;
};

void es_table_init(struct es_table *table, size_t limit);
void es_table_release(struct es_table *table);
void es_table_clear(struct es_table *table); /* keeps the memory */
/* `id` is a valid post id. NULL where it is not there and not to be added, or (*rc set: LIMIT at
 * the table's limit, NOMEM) where it cannot be. */
struct es_row *es_table_find(struct es_table *table, struct earshot_str id, bool add, int *rc);

/* Of a mention's bytes, in one pass: what orders it, and a digest of all members but rev, op and
 * scored_at, in whatever order they stand. False where they are no object. */
struct es_brief {
	int64_t rev, observed;
	uint64_t digest;
};
bool es_brief_read(struct es_brief *out, struct earshot_str value, const uint64_t key[2]);

/* replay.c: one partition, pass by pass. */
struct es_replay_plan {
	struct es_worker *worker; /* judges; its bus is read */
	int partition;
	int64_t from_ms, to_ms; /* of the records of `posts`; EARSHOT_NONE = all */
	size_t limit;           /* rows; 0 = ES_REPLAY_IDS */
	int wait_ms;            /* of one poll */
	struct es_map *shapes;  /* NULL = none are wanted */
	/* Told of every post that counts, in the order of `posts`; not 0 ends the step. */
	int (*on_post)(void *ctx, struct es_work *work, const struct es_row *row,
		       enum es_verdict verdict, const struct earshot_error *cause);
	void *ctx;
};

enum es_replay_stage {
	ES_REPLAY_BEGIN,  /* a pass */
	ES_REPLAY_POSTS,  /* which record counts for each id */
	ES_REPLAY_LABELS, /* what is published of it */
	ES_REPLAY_WORK,   /* judged anew, and compared */
	ES_REPLAY_DONE,
};

struct es_replay {
	struct es_replay_plan plan;
	struct es_session *session; /* of posts and label topics, without a group */
	enum es_replay_stage stage;
	struct es_table table;
	struct es_arena shapes;
	unsigned passes, pass; /* ids whose hash lies in part `pass` of `passes`, a power of 2 */
	int64_t from, to;      /* offsets that are asked for */
	int64_t next, end;     /* offsets: the next to judge, and where that ends */
	int64_t ends[3];       /* of the label topics */
	struct es_batch batch;
	size_t at;
	bool idle; /* the log had nothing more for now */
};

/* `passes`, `pass` and `next` say where one that was broken off goes on; 1, 0 and 0 else. */
int es_replay_open(struct es_replay **out, const struct es_replay_plan *plan, unsigned passes,
		   unsigned pass, int64_t next, struct earshot_error *error) EARSHOT_MUST_USE;
void es_replay_free(struct es_replay *replay);
/* Works on until `until_us` (monotonic), until the log has nothing for now (idle), or to the
 * end of a stage. `live`: where the worker that owns the partition stands in `posts`, with nothing
 * in hand. On error it is to be freed. */
int es_replay_step(struct es_replay *replay, int64_t live, int64_t until_us,
		   struct earshot_error *error) EARSHOT_MUST_USE;
/* Live has worked this record: what was known of its post is of no use any more. */
void es_replay_seen(struct es_replay *replay, const struct es_record *record,
		    const struct earshot_post *post, int64_t rev);

/* request.c: what `settings` says of replays. */
struct es_replays *es_replays_new(void); /* NULL: no memory */
void es_replays_free(struct es_replays *replays);
/* A record of `settings`; other kinds are passed over. NOMEM only; what cannot be read is logged.
 */
int es_replays_put(struct es_replays *replays, const struct es_record *record,
		   struct earshot_error *error) EARSHOT_MUST_USE;
/* The oldest request that is not done on a partition; NULL = none. */
const struct es_replay_request *es_replays_next(const struct es_replays *replays, int partition,
						struct es_replay_progress *progress);
/* The highest rev of a re-scoring on the partition; 0 = none. */
int64_t es_replays_floor(const struct es_replays *replays, int partition);
/* Remembers what was written. NOMEM. */
int es_replays_note(struct es_replays *replays, const struct es_replay_progress *progress,
		    struct earshot_error *error) EARSHOT_MUST_USE;

int es_replay_progress_put(struct es_session *session, const struct es_replay_progress *progress,
			   struct earshot_error *error) EARSHOT_MUST_USE;

/* diff.c: the label, topics and themes of a published mention, as row->shape. LIMIT. */
int es_shape_read(struct es_replay *replay, struct es_row *row, const struct es_record *record,
		  struct earshot_error *error) EARSHOT_MUST_USE;

/* rescore.c: what a re-scoring comes to, with nothing written; the mention, if there is one, is in
 * worker->value, *rev is what it gets. */
enum es_rescored es_work_compare(struct es_work *work, const struct es_row *row,
				 enum es_verdict verdict, const uint64_t key[2], int64_t *rev);
/* Between two transactions of live: a slice of the replay that is asked for, if one is. */
int es_work_rescore(struct es_worker *worker, struct earshot_error *error) EARSHOT_MUST_USE;
/* What is in hand is given up; it goes on from what the log says of it. */
void es_work_rescore_drop(struct es_worker *worker);

#endif
