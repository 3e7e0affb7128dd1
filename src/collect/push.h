/* SPDX-License-Identifier: MIT
 *
 * push.h - the box between the HTTP server, where hubs knock, and the collector. Thread-safe: its
 * lock is held for moments. Sources of kind ingest have doors in it (ingest.c). Inside header of
 * the room `collect`.
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
struct es_http_request;

#define ES_PUSH_QUEUE 64 /* that wait to be taken; then 503 */

enum es_push_kind { ES_PUSH_VERIFIED, ES_PUSH_DENIED, ES_PUSH_CONTENT, ES_PUSH_INGEST };

struct es_push_message {
	struct es_push_message *next;
	enum es_push_kind kind;
	size_t source;      /* its place among the collector's */
	int64_t lease_ms;   /* verified */
	char reason[128];   /* denied */
	struct es_buf body; /* content */
	char charset[64];
	const char *error; /* of a connector: what it was sent is not what it takes; or NULL, "" */
	char problem[256]; /* in words */
	struct es_http_later *later;
};

/* The URL of a callback; of a path of ours. Both append. */
void es_push_callback(struct es_buf *out, const struct es_push *push, const char *token);
void es_push_address(struct es_buf *out, const struct es_push *push, const char *path);
/* A collector with these sources opens it; they are borrowed until es_push_close(). `wake` is
 * called from the server's thread. NOMEM. */
int es_push_open(struct es_push *push, const struct es_source *sources, size_t n,
		 void (*wake)(void *ctx), void *ctx) EARSHOT_MUST_USE;
/* Has it an address under which hubs can reach it? */
bool es_push_has_address(const struct es_push *push);
/* The log was read, so that a token that is not known is nobody's. Until then: 503. */
void es_push_ready(struct es_push *push);
/* Nobody takes any more: what waits is answered 503. */
void es_push_close(struct es_push *push);
/* This subscription is ours, or, with NULL, is not (any more). Copies what it needs. NOMEM. */
int es_push_allow(struct es_push *push, size_t source,
		  const struct es_websub *websub) EARSHOT_MUST_USE;
/* The door of a source of kind ingest: ours, or somebody else's now. */
void es_push_door(struct es_push *push, size_t source, bool ours);
/* From the server's thread: the source of this id, with a form or without. UNAVAILABLE where it is
 * not ours (now), NOTFOUND where there is none. *out (NULL where there is none) outlives the
 * server, as the sources of a collector do. */
int es_push_find_door(struct es_push *push, struct earshot_str id, bool form, size_t *place,
		      const struct es_source **out);
/* From the server's thread: one more for this source, of at most `per_minute`? */
bool es_push_may(struct es_push *push, size_t source, int64_t per_minute);
/* Takes the message over, and the answer to `request` with it; false where there is no room. */
bool es_push_append(struct es_push *push, struct es_push_message *message,
		    struct es_http_request *request);
/* The oldest message, NULL = none; the caller's to free, after `later` was ended. */
struct es_push_message *es_push_take(struct es_push *push);
void es_push_message_free(struct es_push_message *message);

/* One more with this outcome, for /metrics. */
void es_push_count(struct es_push *push, const char *outcome);

/* sign.c: is `header` (X-Hub-Signature: sha1=..., sha256=...) that of the body? Takes the same time
 * whatever is wrong in it. */
bool es_push_signed(struct earshot_str header, const char *secret, struct earshot_str body);
/* Is `given` the signature of the text? */
bool es_push_proves(struct earshot_str given, const struct es_receive_hmac *how, const char *secret,
		    struct earshot_str text);
/* The same of the digits of an HMAC with SHA-256 alone. */
bool es_push_is_sha256(struct earshot_str digits, const char *secret, struct earshot_str body);
/* The same of two texts: whether they are the same. */
bool es_push_same(struct earshot_str a, struct earshot_str b);

/* ingest.c: POST /ingest/ID; form.c: /form/ID. LIMIT. */
int es_ingest_add(struct es_http *http, struct es_push *push,
		  struct earshot_error *error) EARSHOT_MUST_USE;
int es_form_add(struct es_http *http, struct es_push *push,
		struct earshot_error *error) EARSHOT_MUST_USE;

#endif
