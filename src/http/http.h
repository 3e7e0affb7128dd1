/* SPDX-License-Identifier: MIT
 *
 * http.h - the outside header of the room `http`: the server of every role.
 *
 * Routes, answers, live streams, health, readiness and metrics. May use base, text and
 * libmicrohttpd. Order of life: new (binds: errors come here), add routes and
 * checks, start, free (stops, ends the streams).
 *
 *   server thread (epoll)   handlers run here, one at a time: no locks needed
 *                           between them, but a slow one holds up the others
 *   ticker thread           comments on idle streams, deadlines, tick hooks
 *
 * Every request: GET /healthz, /readyz, /metrics are there from the start.
 * Refused before a handler sees it: a Host that is not ours while listening on
 * loopback (DNS rebinding), a body over ES_LIMIT_REQUEST, and a method other
 * than GET and HEAD without Content-Type application/json or from another Origin.
 */
#ifndef ES_HTTP_H
#define ES_HTTP_H

#include "base/base.h"
#include "http/json.h"
#include "http/metrics.h"

struct es_http;
struct es_http_request;

#define ES_HTTP_CONNECTIONS  512          /* at once; more wait in the kernel */
#define ES_HTTP_STREAMS      128          /* live streams at once; then 503 */
#define ES_HTTP_HEADER_MAX   (32 * 1024)  /* request line and headers; then 431 */
#define ES_HTTP_STREAM_QUEUE (256 * 1024) /* bytes unread by a stream; then it is closed */
#define ES_HTTP_ROUTES       64
#define ES_HTTP_CHECKS       16

struct es_http_options {
	const char *listen; /* "127.0.0.1:8080", "[::1]:0", "localhost:8080"; port 0 = any */
	/* The address under which browsers reach it ("https://earshot.example"),
	 * accepted as Host and Origin; NULL or "" = only its own. */
	const char *public_url;
	/* false: an address that other machines reach is CONFIG. True only where all
	 * that is served may be seen by them (a role without the desk). */
	bool remote;
	struct es_metrics *metrics; /* may be NULL; borrowed */
	int64_t request_ms;         /* to receive one request; 0 = 30 s */
	int64_t idle_ms;            /* of a connection that neither sends nor reads; 0 = 60 s */
	int64_t comment_ms;         /* between comments on an idle stream; 0 = 15 s */
};

/* Binds. CONFIG: `listen` is no address, or not loopback without `remote`.
 * UNAVAILABLE: the port is taken. CANTCREATE: no right to it. */
int es_http_new(struct es_http **out, const struct es_http_options *options,
		struct earshot_error *error) EARSHOT_MUST_USE;
void es_http_free(struct es_http *server);
/* "http://127.0.0.1:8080", without a slash at the end. */
const char *es_http_url(const struct es_http *server);
bool es_http_is_loopback(const struct es_http *server);

/* ---- before start ---- */

/* Answers by calling one of the answers below, once. Without one: 500. */
typedef void es_http_handler(void *ctx, struct es_http_request *request);

struct es_http_route {
	const char *method; /* "GET" also answers HEAD; or "POST" */
	const char *path;   /* a path that ends in '*' is a prefix; the longest route wins */
	es_http_handler *handle;
	/* POST: any Content-Type, not JSON alone. For callers that are no browsers and prove
	 * themselves by what they send */
	bool any_type;
	/* answers, with this status, what the server itself refuses (413, 403, ...); NULL = as
	 * JSON */
	void (*refuse)(void *ctx, struct es_http_request *request, int status);
};

/* `routes` is borrowed. LIMIT over ES_HTTP_ROUTES. */
int es_http_add(struct es_http *server, const struct es_http_route *routes, size_t n, void *ctx,
		struct earshot_error *error) EARSHOT_MUST_USE;

/* Is this part of the process ready for work? 0, or a code with the reason in
 * `error`; /readyz says 503 and the reasons until all are 0. Called in the server
 * thread. `name` is borrowed. */
typedef int es_http_check(void *ctx, struct earshot_error *error);
int es_http_add_check(struct es_http *server, const char *name, es_http_check *check, void *ctx,
		      struct earshot_error *error) EARSHOT_MUST_USE;
/* Called about twice a second in the ticker thread (one hook). */
void es_http_on_tick(struct es_http *server, void (*tick)(void *ctx), void *ctx);

int es_http_start(struct es_http *server, struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- in a handler ---- */

const char *es_http_method(const struct es_http_request *request);
const char *es_http_path(const struct es_http_request *request);
struct earshot_str es_http_body(const struct es_http_request *request);
/* A header, or a parameter of the query, decoded; ptr NULL = not there. Valid
 * while the handler runs. */
struct earshot_str es_http_header(struct es_http_request *request, const char *name);
struct earshot_str es_http_param(struct es_http_request *request, const char *name);
/* The first parameter that is not in the list, or that stands twice; ptr NULL =
 * none. */
struct earshot_str es_http_param_unknown(struct es_http_request *request, const char *const *names,
					 size_t n);

/* ---- answers ---- */

/* Takes the bytes of `body`; a failed buffer becomes a 500. Never cached. */
void es_http_json(struct es_http_request *request, int status, struct es_buf *body);
void es_http_text(struct es_http_request *request, int status, const char *type,
		  struct es_buf *body);
/* Before an answer: it is a page for everybody (es_http_text), which takes nothing but styles of
 * our own, sends forms to us alone, and may stand in a frame of these origins ("https://a.example
 * https://b.example"; borrowed until the answer is given, NULL = in nobody's). */
void es_http_as_page(struct es_http_request *request, const char *frames);
/* 303: the browser goes on there with GET, and a reload sends nothing again. */
void es_http_see_other(struct es_http_request *request, const char *location);
/* {"error": code, "message": ..., "hint": ...}; hint may be NULL. `code` is a
 * stable word: "bad_parameter", "not_found", "stale". */
void es_http_error(struct es_http_request *request, int status, const char *code, const char *hint,
		   const char *format, ...) EARSHOT_PRINTF(5, 6);
/* An earshot error as an answer: DATA, QUERY, LIMIT, USAGE 400; NOTFOUND 404;
 * REFUSED 403; BUSY, UNAVAILABLE, FENCED, FULL 503; else 500 (details are logged,
 * not shown). */
void es_http_fail(struct es_http_request *request, const struct earshot_error *error);

struct es_http_file {
	const char *type; /* "text/html; charset=utf-8" */
	const void *ptr;  /* lives as long as the process */
	size_t len;
	const char *etag; /* without quotes; NULL = made from the bytes */
	bool immutable;   /* the path names the content: cached for a year */
};
/* 304 where the client has it already. */
void es_http_file(struct es_http_request *request, const struct es_http_file *file);

/* Leaves the answer to another thread: the handler returns without one. Whoever was given it ends
 * it, once, before es_http_free(): with `status` and no body. NULL: no memory. */
struct es_http_later;
struct es_http_later *es_http_later(struct es_http_request *request);
void es_http_later_end(struct es_http_later *later, int status);
/* In the handler, after es_http_later(): a browser is told instead to go on at `location`, where
 * the status is below 400, and shown the page `sorry` (taken over), where it is not. Without
 * memory: the bare status. */
void es_http_later_says(struct es_http_request *request, const char *location,
			struct es_buf *sorry);

/* A live stream (text/event-stream): `first` is sent at once (ready-made events,
 * see es_http_event), then every event that es_http_send gives to all. */
void es_http_stream(struct es_http_request *request, struct earshot_str first);
/* Writes one event: "id: ID\nevent: NAME\ndata: DATA\n\n"; line ends in data are
 * cut into several data lines. */
void es_http_event(struct es_buf *out, int64_t id, const char *name, struct earshot_str data);
/* Any thread. A stream whose queue is full is closed: its client comes back and
 * gets `first` again. */
void es_http_send(struct es_http *server, struct earshot_str events);
size_t es_http_streams(struct es_http *server); /* that are open */

#endif
