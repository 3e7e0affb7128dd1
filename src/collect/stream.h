/* SPDX-License-Identifier: MIT
 *
 * stream.h - what comes to a source without being asked for: the event stream of a connector.
 * Inside header of the room `collect`.
 *
 *            due                headers there              a byte every `quiet` at least
 *   waiting -----> connection ----------------> open ------------------------------------> open
 *      ^___________________________________________|  cut, quiet for too long, refused
 *
 *   events --> lines of JSON --> every 50 ms, or 2,000: one transaction with the id of the last
 *                                event, or with {since}
 *
 * Nothing is lost and nothing comes twice: where the server gives ids, it is told the last one that
 * was committed; else, where there is a request, every opening makes what is there `behind`: a
 * whole round of pages that begins afterwards reads from {since}, which stays until that is over.
 * What comes both ways is known by its id. While it is open the pages are asked for once an hour.
 */
#ifndef ES_COLLECT_STREAM_H
#define ES_COLLECT_STREAM_H

#include "collect/collect.h"

#define ES_STREAM_LINES     2000u            /* events that wait to be taken ... */
#define ES_STREAM_BYTES     (4u * ES_MIB)    /* ... and their bytes: then the other end waits */
#define ES_STREAM_GONE_MAX  1024u            /* bytes of the id of a post that is gone */
#define ES_STREAM_GATHER    50               /* ms: what comes within it is taken together */
#define ES_STREAM_RETRY     (3 * ES_SECOND)  /* until the next connection, unless it says */
#define ES_STREAM_RETRY_MIN (ES_SECOND / 10) /* whatever it says */
#define ES_STREAM_RETRY_MAX (5 * ES_MINUTE)
#define ES_STREAM_POLL      ES_HOUR /* between two rounds of pages while it is open */

struct es_collector;
struct es_state;
struct es_stream; /* a connection */

struct es_listening {
	/* in the record */
	char *id;          /* of the last event that was committed; NULL = none */
	bool open;         /* as the record says: heard now */
	int64_t changed;   /* wall ms: since then; EARSHOT_NONE = it was never tried */
	int64_t ask_at;    /* wall ms: the server does not want it before; EARSHOT_NONE */
	char message[128]; /* why it is not open; "" = nothing is wrong */
	/* of this process */
	struct es_stream *stream; /* NULL = there is none */
	int64_t due;      /* monotonic ms of the next one; INT64_MAX = never, or it is there */
	int64_t retry_ms; /* as the server said last; EARSHOT_NONE */
	int64_t failures; /* connections that brought nothing, one after the other */
	char *newest;     /* greatest {since} of its events; NULL = none */
	bool behind;      /* pages are still to be read from before it was opened */
	bool round;       /* the running round of pages began after that */
};

void es_listening_init(struct es_listening *listening);
/* Without a connection any more. */
void es_listening_release(struct es_listening *listening);
/* The member "stream" of the record, and that of its cursor. */
void es_listening_encode_health(struct es_buf *out, const struct es_listening *listening);
void es_listening_encode(struct es_buf *out, const struct es_listening *listening);
/* The reverse; ptr NULL = there is none. NOMEM. */
int es_listening_decode(struct es_listening *listening, struct earshot_str health,
			struct earshot_str cursor) EARSHOT_MUST_USE;
/* Is `a` behind `b`? Whole numbers by their value, else by their bytes (times of one form). */
bool es_since_is_newer(struct earshot_str a, struct earshot_str b);

/* ---- for the collector; of sources without a stream all do nothing ---- */

/* Loaded from the log: when it is to be opened. */
void es_stream_resume(struct es_collector *collector, struct es_state *state);
/* Opens it. */
int es_stream_open(struct es_collector *collector, struct es_state *state,
		   struct earshot_error *error) EARSHOT_MUST_USE;
/* In a turn: what has come goes into the transaction, what has ended is opened again later. */
int es_streams_turn(struct es_collector *collector, struct earshot_error *error) EARSHOT_MUST_USE;
/* ms until the first of them has something to be taken; INT64_MAX = nothing waits. */
int64_t es_streams_wait(const struct es_collector *collector);
/* These sources are somebody else's now, or are read anew from the log; NULL = all. */
void es_streams_drop(struct es_collector *collector, const bool *partitions);
/* A round of pages begins; a page was read, and with it the round where `over`. *more: another
 * one is needed at once. NOMEM. */
void es_stream_round_begins(struct es_state *state);
int es_stream_page_read(struct es_state *state, bool over, bool *more) EARSHOT_MUST_USE;
/* The figures of streams. */
void es_streams_publish(const struct es_collector *collector);
/* Is it open, so that pages need no asking? */
bool es_stream_is_open(const struct es_state *state);
/* What is to be said of it beside what its pages say; "" = nothing. */
void es_stream_words(const struct es_state *state, char *out, size_t size);

#endif
