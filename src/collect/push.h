/* SPDX-License-Identifier: MIT
 *
 * push.h - the box between the HTTP server, where hubs knock, and the collector. Thread-safe: its
 * lock is held for moments. Inside header of the room `collect`.
 *
 *   server thread   GET: answers a challenge that was asked for    --- message --->  collector
 *                   POST: checks the signature, keeps the answer   --- message --->
 *                                                 <--- 202 after the commit, 503 ---
 */
#ifndef ES_COLLECT_PUSH_H
#define ES_COLLECT_PUSH_H

#include "collect/collect.h"
#include "collect/websub.h"

struct es_http_later;

#define ES_PUSH_QUEUE 64 /* that wait to be taken; then 503 */

enum es_push_kind { ES_PUSH_VERIFIED, ES_PUSH_DENIED, ES_PUSH_CONTENT };

struct es_push_message {
	struct es_push_message *next;
	enum es_push_kind kind;
	size_t source;      /* its place among the collector's */
	int64_t lease_ms;   /* verified */
	char reason[128];   /* denied */
	struct es_buf body; /* content */
	char charset[64];
	struct es_http_later *later;
};

/* The URL of a callback; appends. */
void es_push_callback(struct es_buf *out, const struct es_push *push, const char *token);
/* A collector with `n` sources opens it; `wake` is called from the server's thread. NOMEM. */
int es_push_open(struct es_push *push, size_t n, void (*wake)(void *ctx),
		 void *ctx) EARSHOT_MUST_USE;
/* The log was read, so that a token that is not known is nobody's. Until then: 503. */
void es_push_ready(struct es_push *push);
/* Nobody takes any more: what waits is answered 503. */
void es_push_close(struct es_push *push);
/* This subscription is ours, or, with NULL, is not (any more). Copies what it needs. NOMEM. */
int es_push_allow(struct es_push *push, size_t source,
		  const struct es_websub *websub) EARSHOT_MUST_USE;
/* The oldest message, NULL = none; the caller's to free, after `later` was ended. */
struct es_push_message *es_push_take(struct es_push *push);
void es_push_message_free(struct es_push_message *message);

/* One more with this outcome, for /metrics. */
void es_push_count(struct es_push *push, const char *outcome);

/* sign.c: is `header` (X-Hub-Signature: sha1=..., sha256=...) that of the body? Takes the same time
 * whatever is wrong in it. */
bool es_push_signed(struct earshot_str header, const char *secret, struct earshot_str body);

#endif
