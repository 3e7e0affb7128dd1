/* SPDX-License-Identifier: MIT
 *
 * websub.h - WebSub (W3C Recommendation, 2018), the subscriber's side: what is known of a
 * subscription, and what the collector does about it. Inside header of the room `collect`.
 *
 *   a feed names hub and self --> WANTED --POST subscribe--> ASKED --GET with a challenge--+
 *                                   ^                          |                           v
 *                                   +---- lease over, refused, no answer ----------- SUBSCRIBED
 *                                                                  (asked again at 4/5 of it)
 *
 * The callback is public_url/websub/TOKEN; token and secret are random, and lie in the record of
 * the source, so that whoever holds its partition can check what is pushed. What comes goes the way
 * of a fetched document; while it does the source is asked every ES_PUSH_POLL only, and as
 * often as before once a look finds what nobody pushed.
 */
#ifndef ES_COLLECT_WEBSUB_H
#define ES_COLLECT_WEBSUB_H

#include "base/base.h"

#define ES_PUSH_POLL        ES_HOUR
#define ES_PUSH_LEASE       (10 * ES_DAY)    /* that is asked for */
#define ES_PUSH_LEASE_LEAST (10 * ES_SECOND) /* a hub that says less is taken to say this */
#define ES_PUSH_LEASE_MOST  (30 * ES_DAY)    /* and more */
#define ES_PUSH_VERIFY      (10 * ES_MINUTE) /* a hub that does not verify within it has failed */
#define ES_PUSH_RETRY       (10 * ES_MINUTE) /* after a failure, doubled up to ... */
#define ES_PUSH_RETRY_MOST  ES_DAY
#define ES_PUSH_KEY         32 /* hex digits of token and secret */

enum es_push_state { ES_PUSH_WANTED, ES_PUSH_ASKED, ES_PUSH_SUBSCRIBED, ES_PUSH_REFUSED };
const char *es_push_name(enum es_push_state state);

struct es_websub {
	enum es_push_state state;
	char *hub, *topic;
	char token[ES_PUSH_KEY + 1], secret[ES_PUSH_KEY + 1];
	int64_t until;  /* wall: the end of the lease; EARSHOT_NONE */
	int64_t ask_at; /* wall: when the hub is asked (again) */
	int64_t last;   /* wall: something was taken; EARSHOT_NONE */
	int64_t failures;
	bool comes;        /* what is new is pushed */
	char message[128]; /* plain words; "" = nothing is wrong */
	/* of this process only */
	int64_t due; /* ask_at on the monotonic clock */
	bool asking;
};

struct es_collector;
struct es_net_result;
struct es_state;

void es_websub_free(struct es_websub *websub);
/* Members of the source's record: health, and inside of `cursor`; nothing where there is none. */
void es_websub_encode_health(struct es_buf *out, const struct es_websub *websub);
void es_websub_encode(struct es_buf *out, const struct es_websub *websub);
/* The reverse, of those two members. *out NULL where there is none. NOMEM. */
int es_websub_decode(struct es_websub **out, struct earshot_str health,
		     struct earshot_str cursor) EARSHOT_MUST_USE;

/* websub_find.c: hub and topic that an answer names, Link before what stands in the feed; both
 * empty where it names none. NOMEM. */
int es_websub_find(struct es_buf *hub, struct es_buf *topic, const struct es_net_result *result,
		   struct earshot_str body, const char *base) EARSHOT_MUST_USE;

/* ---- for the collector; all do nothing without a box (collect.h) ---- */

/* A look that went well: does the feed have a hub? *changed: the state has to go out. */
int es_websub_look(struct es_collector *collector, struct es_state *state,
		   const struct es_net_result *result, struct earshot_str body,
		   bool *changed) EARSHOT_MUST_USE;
/* Is what is new pushed, so that it may be asked less often? */
bool es_websub_comes(const struct es_state *state, int64_t wall);
/* Loaded from the log: pushes are let in. NOMEM. */
int es_websub_resume(struct es_collector *collector, struct es_state *state) EARSHOT_MUST_USE;
/* These sources are somebody else's now. */
void es_websub_drop(struct es_collector *collector, const bool *partitions);
/* In a turn: what the hubs sent is taken, and asked is who is to be asked. */
int es_websub_turn(struct es_collector *collector, struct earshot_error *error) EARSHOT_MUST_USE;
/* After it: the transaction is committed, or it is not. */
void es_websub_settle(struct es_collector *collector, bool committed);

#endif
