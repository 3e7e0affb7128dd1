/* SPDX-License-Identifier: MIT
 *
 * intake.h - one document of one source: read, normalise, tell new from known,
 * write. Inside header of the room `collect`.
 *
 * Which posts go out:
 *   key not in the seen set                     create (or what the record says)
 *   key there, same content                     nothing
 *   key there, other content                    update, rev = edit time or now
 *   met twice in one reading, feed              the first one counts
 *   met twice in one reading, JSON lines, CSV   the second is an update, once
 *   asks not to be indexed, over HTTP           nothing; a delete where it was known
 * What was forgotten (optout.h) does not go out and is counted.
 * The key is the post's id; id and rev where the record itself has a rev.
 */
#ifndef ES_COLLECT_INTAKE_H
#define ES_COLLECT_INTAKE_H

#include "collect/outbox.h"
#include "collect/optout.h"

/* Read slices of one file before others get their turn. */
#define ES_INTAKE_TURN 5

struct es_intake {
	struct es_outbox *outbox;
	struct es_arena arena; /* of one post */
	struct es_privacy *privacy;
	struct es_optouts *optouts;
	bool part;         /* the document is not all of the source's: what is known stays known */
	bool backlog;      /* nothing of it says how much the source brings a day */
	bool whole;        /* a file in one go, its last line without line end too */
	int64_t shift_ms;  /* demo: added to the times of file sources */
	int64_t live_ms;   /* demo: how far ahead a post is held; 0 = never */
	atomic_bool *stop; /* NULL = never */
	struct es_collect_stats *stats;
	const struct es_collect_clock *clock; /* NULL = the machine's */
	/* after every slice and every bad record; non-zero stops. May be NULL */
	int (*on_slice)(void *ctx, const struct es_file *file, const struct earshot_error *bad);
	void *ctx;
};

/* What a reading came to. */
struct es_reading_result {
	int64_t posts; /* written */
	int64_t lag;   /* ms from the newest of the new ones to now; EARSHOT_NONE */
	int64_t duplicates, bad;
	int64_t before; /* posts of the file that earlier readings took: they were not read again */
	int64_t letters;                 /* of the bad ones those that went to `deadletter` now */
	bool asked;                      /* it asks not to be read, and was not */
	bool unchanged;                  /* nothing was read */
	bool more;                       /* a file has more: its turn is over */
	bool written;                    /* the state went out with a slice */
	const char *note;                /* what the reader had to choose; static, NULL = nothing */
	struct earshot_error bad_error;  /* the first record that could not be read */
	struct earshot_error data_error; /* the document is none; code 0 = fine */
};

void es_intake_init(struct es_intake *intake, struct es_outbox *outbox);
void es_intake_release(struct es_intake *intake);

/* A document in memory. Fails only as the outbox does (CLOSED when stopped); what
 * is wrong with the document is in result->data_error. The caller puts the state. */
int es_intake_body(struct es_intake *intake, struct es_state *state, struct earshot_str body,
		   const char *base, const char *charset, struct es_reading_result *result,
		   struct earshot_error *error) EARSHOT_MUST_USE;
/* A file, from where the state says. */
int es_intake_file(struct es_intake *intake, struct es_state *state, const char *path,
		   struct es_reading_result *result, struct earshot_error *error) EARSHOT_MUST_USE;
/* The same with what es_file_open() gave: `path` is its name in the state. The descriptor stays
 * the caller's. */
int es_intake_opened(struct es_intake *intake, struct es_state *state, const char *path, int fd,
		     const struct es_file *now, struct es_reading_result *result,
		     struct earshot_error *error) EARSHOT_MUST_USE;

#endif
