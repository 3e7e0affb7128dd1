/* SPDX-License-Identifier: MIT
 *
 * sse.h - an event stream (WHATWG HTML, 9.2: server-sent events), as it comes in pieces. Part of
 * the outside header of the room `net`; no network, no clock.
 *
 *   bytes -> lines (CR, LF, CRLF) -> fields of the event in hand -> at an empty line: the event
 *
 * What comes out does not depend on how the stream is cut. An event that the end cuts off is none.
 */
#ifndef ES_NET_SSE_H
#define ES_NET_SSE_H

#include "base/base.h"

#define ES_SSE_DATA_MAX (8u * ES_MIB) /* bytes of an event; a longer one is passed over */
#define ES_SSE_NAME_MAX 256u          /* of its name; a longer one is no name that anybody knows */
#define ES_SSE_ID_MAX   1024u         /* of an id; a longer one is not kept */

struct es_sse_event {
	struct earshot_str type; /* "message" where the stream does not name it */
	struct earshot_str data; /* of several lines: with LF between them */
	bool big;                /* of more than ES_SSE_DATA_MAX: without its data */
};
/* Once per event; its texts are valid inside. */
typedef void es_sse_fn(void *ctx, const struct es_sse_event *event);

struct es_sse {
	struct es_buf line; /* the beginning of a line from earlier pieces */
	struct es_buf data, type, id;
	struct es_buf last_id; /* of the events that came; "" = none */
	int64_t retry_ms;      /* as the stream last said; EARSHOT_NONE */
	size_t bom;            /* bytes of a byte order mark that were seen */
	bool begun, after_cr;  /* behind the mark; behind a CR, which an LF may follow */
	bool long_line, long_event, any_data;
	bool failed; /* there was no memory: for good */
};

void es_sse_init(struct es_sse *sse);
void es_sse_release(struct es_sse *sse);
/* A new connection: what was begun is forgotten, last_id and retry_ms stay. */
void es_sse_again(struct es_sse *sse);
/* Takes all of it. NOMEM. */
int es_sse_push(struct es_sse *sse, const char *ptr, size_t len, es_sse_fn *fn,
		void *ctx) EARSHOT_MUST_USE;

#endif
