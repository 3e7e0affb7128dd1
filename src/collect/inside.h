/* SPDX-License-Identifier: MIT
 *
 * inside.h - the collector itself. Inside header of the room `collect`.
 *
 * Everything happens on one thread, in this order, again and again:
 *   events of the group   partitions come (read them, log -> state) and go
 *   due sources           files are read at once, URLs handed to the net
 *   net                   waits; what has come is read into the transaction
 *                         ... both again for up to 50 ms while something is open
 *   commit                what they brought
 * Between the turns nothing is open, so that a lost partition loses nothing.
 */
#ifndef ES_COLLECT_INSIDE_H
#define ES_COLLECT_INSIDE_H

#include "collect/intake.h"
#include "net/net.h"

/* Bodies on their way, all together; a source over it is tried again later. */
#define ES_COLLECT_BUFFERED (256 * (int64_t)ES_MIB)

struct es_fetch {
	struct es_collector *collector;
	struct es_state *state; /* NULL: nobody wants it any more */
	struct es_buf body;
	bool crowded;
	bool archive; /* a document of its archive, not the feed itself */
	struct es_fetch *prev, *next;
};

struct es_collector {
	struct es_collect_options options;
	struct es_state *states;
	size_t n;
	struct es_map by_id;
	struct es_session *session;
	struct es_outbox outbox;
	struct es_intake intake;
	struct es_privacy privacy;
	struct es_optouts optouts;
	struct es_net *net;
	struct es_fetch *fetches;
	int64_t buffered;
	bool *mine; /* per partition of `sources` */
	int partitions;
	bool assigned;
	bool epoch_known;
	struct es_ask *asks;            /* of hubs, under way */
	struct es_push_message *pushed; /* taken, to be answered after the commit */
	int64_t ask_due;                /* monotonic ms: no hub is asked before */
	int64_t next_due;               /* monotonic ms: no source is due before */
	atomic_bool stop, ready;
	struct es_collect_stats stats;
	struct es_histogram *fetch_time;
	uint64_t random;
	int failed; /* inside of a callback of the net */
	struct earshot_error error;
};

/* ---- load.c: what the log says ---- */

#define ES_COLLECT_LOAD "collect.load" /* role of who reads cursors back */
/* The states of the sources in the wanted partitions, read again. */
int es_collector_load(struct es_collector *collector, const bool *wanted,
		      struct earshot_error *error) EARSHOT_MUST_USE;
/* Demo: reads the epoch from `settings`, or writes it there. */
int es_collector_epoch(struct es_collector *collector,
		       struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- fetch.c: one try of one source ---- */

/* What a try came to. */
struct es_outcome {
	const char *error; /* "" = it went well */
	int status;
	const char *message;
	int64_t retry_after, fresh; /* EARSHOT_NONE = not said */
	int64_t posts, lag;         /* new ones; see es_reading_result */
	bool changed;               /* the cursor moved */
	bool refreshed;             /* only the validators did */
	bool more;                  /* there is more to be read now */
};

/* Reads a file source, or starts the transfer of a URL. */
int es_collector_try(struct es_collector *collector, struct es_state *state,
		     struct earshot_error *error) EARSHOT_MUST_USE;
/* Health and the next try; the state goes out where it has news. */
int es_collector_conclude(struct es_collector *collector, struct es_state *state,
			  const struct es_outcome *outcome,
			  struct earshot_error *error) EARSHOT_MUST_USE;
/* What was pushed went well: silence, alerts, the state. */
int es_collector_pushed(struct es_collector *collector, struct es_state *state,
			const struct es_outcome *outcome,
			struct earshot_error *error) EARSHOT_MUST_USE;
/* When a loaded source is due. */
void es_collector_resume(const struct es_collector *collector, struct es_state *state);
int64_t es_collector_wall(const struct es_collector *collector);
int64_t es_collector_monotonic(const struct es_collector *collector);

uint64_t es_url_hash(const struct es_source *source);
int64_t es_source_every(const struct es_source *source);

/* ---- fetch_http.c ---- */

/* The client that asks as the options say. */
int es_collector_client(struct es_net **out, const struct es_collect_options *options,
			struct earshot_error *error) EARSHOT_MUST_USE;
int es_collector_try_http(struct es_collector *collector, struct es_state *state,
			  struct earshot_error *error) EARSHOT_MUST_USE;
/* Nobody waits for the transfers of these sources any more. */
void es_collector_drop(struct es_collector *collector, const bool *partitions);
void es_fetch_free(struct es_fetch *fetch);

#endif
