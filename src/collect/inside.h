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

#include "collect/imap.h"
#include "collect/intake.h"
#include "net/net.h"

/* Bodies on their way, all together; a source over it is tried again later. */
#define ES_COLLECT_BUFFERED (256 * (int64_t)ES_MIB)

struct es_fetch {
	struct es_collector *collector;
	struct es_state *state; /* NULL: nobody wants it any more */
	struct es_buf body;
	bool crowded;
	bool logging_in;                /* of a connector */
	bool asking_newest;             /* the newest id, before its pages */
	int64_t calls;                  /* requests that went out for it */
	int64_t items;                  /* that the answer brought; -1 = who knows */
	char visit[EARSHOT_ID_LEN + 1]; /* id of the post that is looked at again; "" = none */
	struct es_imap_found found;     /* of a mailbox: the mails that are asked for */
	bool archive;                   /* a document of its archive, not the feed itself */
	char token[ES_PUSH_KEY + 1];    /* of the subscription that a hub is asked for */
	struct es_fetch *prev, *next;
};

struct es_collector {
	struct es_collect_options options;
	struct es_state *states;
	size_t n;
	struct es_purse *purses; /* budgets that sources share */
	size_t n_purses;
	struct es_map by_id;
	struct es_session *session;
	struct es_outbox outbox;
	struct es_intake intake;
	struct es_privacy privacy;
	struct es_optouts optouts;
	struct es_net *net;
	struct es_fetch *fetches;
	struct es_stream *streams;
	int64_t buffered;
	bool *mine; /* per partition of `sources` */
	int partitions;
	bool assigned;
	bool epoch_known;
	size_t counting;                /* sources whose calls are on their way into the log */
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
	bool more;                  /* there is more to be read now ... */
	int64_t pause;              /* ... after so many ms */
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
void es_collector_resume(struct es_collector *collector, struct es_state *state);
int64_t es_collector_wall(const struct es_collector *collector);
int64_t es_collector_monotonic(const struct es_collector *collector);

/* In [0, 1), for spreading. */
double es_collector_chance(struct es_collector *collector);

uint64_t es_url_hash(const struct es_source *source);
int64_t es_source_every(const struct es_source *source);

/* ---- purse.c: budgets that sources share ---- */

/* Of the states, which move to their partitions. NOMEM. */
int es_purses_open(struct es_collector *collector, struct earshot_error *error) EARSHOT_MUST_USE;
void es_purses_free(struct es_collector *collector);

/* ---- fetch_budget.c: no more calls than the config allows ---- */

/* *may: a call may be made now, of state->taken requests (0 = no budget, any number). Else it
 * is counted first and made when that is in the log, or the source waits. */
int es_collector_may_call(struct es_collector *collector, struct es_state *state, bool *may,
			  struct earshot_error *error) EARSHOT_MUST_USE;
/* What was open is committed: what was counted may be called. */
void es_collector_counted(struct es_collector *collector);
/* ms until its budget lets it be asked, 0 = now; *why is set where it does not. */
int64_t es_collector_budget_wait(struct es_state *state, int64_t wall, enum es_wait *why);
/* Its calls or its money are used up: words for its record, and an event where it waited for
 * something else `before`. */
void es_collector_tell_budget(struct es_state *state, enum es_wait before, int64_t wait,
			      int64_t wall);
/* The gauges of budgets. */
void es_collector_publish_budgets(struct es_collector *collector);
/* The call took so many requests and brought so many items; items < 0: who knows. */
void es_collector_called(const struct es_collector *collector, struct es_state *state,
			 int64_t requests, int64_t items);
/* What was given back goes into the log. */
int es_collector_put_purse(struct es_collector *collector, struct es_state *state,
			   struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- fetch_revisit.c: posts looked at again ---- */

/* Sets `due`: a look, or the first visit, whichever comes first; the collector wakes for it. */
void es_collector_set_due(struct es_collector *collector, struct es_state *state);
/* Is a visit due now? */
bool es_collector_visit_due(const struct es_collector *collector, const struct es_state *state);
/* Visits the post that is due first. */
int es_collector_visit(struct es_collector *collector, struct es_state *state,
		       struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- fetch_http.c ---- */

/* The client that asks as the options say. */
int es_collector_client(struct es_net **out, const struct es_collect_options *options,
			struct earshot_error *error) EARSHOT_MUST_USE;
int es_collector_try_http(struct es_collector *collector, struct es_state *state,
			  struct earshot_error *error) EARSHOT_MUST_USE;
/* Nobody waits for the transfers of these sources any more. */
void es_collector_drop(struct es_collector *collector, const bool *partitions);
/* One transfer of the source, in the list of the collector; NULL: no memory. */
struct es_fetch *es_fetch_new(struct es_collector *collector, struct es_state *state);
void es_fetch_free(struct es_fetch *fetch);
/* Asks once more within the same try; *asked says that it goes on. NOMEM. */
int es_fetch_again(struct es_fetch *fetch, bool *asked,
		   struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- fetch_imap.c: a mailbox on a server ---- */

int es_collector_try_imap(struct es_collector *collector, struct es_state *state,
			  struct earshot_error *error) EARSHOT_MUST_USE;
/* A command to the source's server, without who waits for the answer. */
struct es_net_request es_imap_request(const struct es_source *source, const char *command);

/* ---- fetch_api.c: a connector ---- */

/* Completes the request and sends it; as es_net_get(). */
int es_api_ask(struct es_fetch *fetch, struct es_net_request *request,
	       struct earshot_error *error) EARSHOT_MUST_USE;
/* An answer of any status; `message` goes with the outcome. *asked: another request is on its
 * way. Fails as the intake does. */
int es_api_answer(struct es_fetch *fetch, const struct es_net_result *result,
		  struct es_outcome *outcome, char *message, size_t size, bool *asked,
		  struct earshot_error *error) EARSHOT_MUST_USE;
/* Collects the body: an es_net_data_fn with a fetch as its context. */
int es_fetch_data(void *ctx, const char *ptr, size_t len);

#endif
