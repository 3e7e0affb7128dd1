/* SPDX-License-Identifier: MIT
 *
 * stream_event.h - an open event stream, and what its events come to. Inside header of the room
 * `collect`.
 */
#ifndef ES_COLLECT_STREAM_EVENT_H
#define ES_COLLECT_STREAM_EVENT_H

#include "collect/inside.h"

/* Why a connection ended. */
enum es_stream_end {
	ES_STREAM_RUNS,
	ES_STREAM_CUT,     /* by the server or on the way, after it was open */
	ES_STREAM_QUIET,   /* no byte for too long */
	ES_STREAM_REFUSED, /* by status, by type, by the network */
	ES_STREAM_NONE,    /* 204: the server wants nobody to ask again */
	ES_STREAM_CROWDED  /* no room for what it brings */
};

struct es_stream {
	struct es_collector *collector;
	struct es_state *state;
	struct es_transfer *transfer; /* NULL = it has ended */
	struct es_sse sse;
	struct es_buf lines; /* of JSON, to be taken */
	int64_t n_lines;
	int64_t first_at;           /* monotonic ms: when the first of them came */
	int64_t begun_at, heard_at; /* the same: the connection; the last byte */
	int64_t events;             /* that a post was made of, or a deletion, since it is open */
	int64_t lost, big, bad; /* since lines were taken: see es_page_result; that are no JSON */
	char bad_text[128];     /* what is wrong with the last bad one */
	char id[ES_SSE_ID_MAX + 1]; /* that was told to the server */
	size_t held;                /* its bytes among the collector's `buffered` */
	bool open, told_open, full, nomem;
	enum es_stream_end end;
	int status; /* of the answer; 0 = none */
	int64_t retry_after;
	char error[16], words[128];
	struct es_stream *prev, *next;
};

/* Bytes of the stream as they come; NOMEM is noted in it. */
void es_stream_push(struct es_stream *stream, const char *ptr, size_t len);
/* The same of a WebSocket: pieces of a message, and its end. */
void es_stream_piece(struct es_stream *stream, const char *ptr, size_t len);
void es_stream_message(struct es_stream *stream);
/* Takes what waits: posts, then the state with the id of the last event. */
int es_stream_take(struct es_stream *stream, struct earshot_error *error) EARSHOT_MUST_USE;

#endif
