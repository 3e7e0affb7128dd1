/* SPDX-License-Identifier: MIT
 *
 * server.h - what the files of this room share. Inside `http` only.
 *
 * Locks: `lock` guards connections and streams; it is taken inside MHD callbacks
 * and may be held while MHD_resume_connection is called, never while a handler
 * runs.
 */
#ifndef ES_HTTP_SERVER_H
#define ES_HTTP_SERVER_H

#include <microhttpd.h>
#include <pthread.h>
#include "http/http.h"

#define HOST_MAX 256

/* One TCP connection, for its deadline. */
struct connection {
	struct connection *prev, *next;
	int fd;
	int64_t since;  /* monotonic: accepted, or the last answer's end */
	bool answering; /* the request is whole: no deadline for receiving */
};

/* One live stream:  queue: [ taken | to be sent ] <- es_http_send appends */
struct stream {
	struct stream *prev, *next;
	struct es_http *server;
	struct MHD_Connection *mhd;
	struct es_buf queue;
	size_t taken;
	int64_t last; /* monotonic: something was appended */
	bool suspended, closing;
};

struct es_http {
	struct MHD_Daemon *daemon;
	int fd; /* listening; the daemon's once it runs */
	bool loopback;
	int port;
	char url[HOST_MAX + 16];
	char public_origin[HOST_MAX]; /* "https://earshot.example", or "" */
	int64_t request_ms, idle_ms, comment_ms;
	struct es_metrics *metrics;
	struct es_histogram *spent;

	struct route_set {
		const struct es_http_route *route;
		void *ctx;
	} routes[ES_HTTP_ROUTES];
	size_t n_routes;
	struct {
		const char *name;
		es_http_check *check;
		void *ctx;
	} checks[ES_HTTP_CHECKS];
	size_t n_checks;
	void (*tick)(void *ctx);
	void *tick_ctx;

	pthread_t ticker;
	bool ticking;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping; /* under lock */
	struct connection *connections;
	struct stream *streams;
	size_t n_streams;
};

struct es_http_request {
	struct es_http *server;
	struct MHD_Connection *mhd;
	struct connection *connection;
	const char *method, *path;
	int64_t since; /* monotonic us: its header was read */
	struct es_buf body;
	bool answered, too_large;
	struct es_http_later *later; /* somebody else answers; NULL = the handler does */
	char *location;              /* es_http_later_says() */
	struct es_buf sorry;
	bool page; /* es_http_as_page() */
	const char *frames;
	enum MHD_Result result;
};

/* listen.c: the bound socket in server->fd; url, port and loopback filled. */
int es_http_bind(struct es_http *server, const char *listen, bool remote,
		 struct earshot_error *error);
/* The "scheme://host[:port]" of a URL; false where it is none that fits. */
bool es_http_origin_of(const char *url, char *out, size_t size);
/* Does the route of this request take any Content-Type? */
bool es_http_takes_any(const struct es_http_request *request);
/* The route of this request answers itself what is refused; false = it does not. */
bool es_http_refused(struct es_http_request *request, int status);
/* later.c: true where it is not time yet; else it is answered. */
bool es_http_later_wait(struct es_http_request *request);
void es_http_later_free(struct es_http_later *later);
/* guard.c: false = refused and answered. */
bool es_http_guard(struct es_http_request *request);
/* health.c */
extern const struct es_http_route es_http_own_routes[3];
/* stream.c */
void *es_http_ticker(void *server);
void es_http_end_streams(struct es_http *server);
/* answer.c: queues the response with the headers that all have, and releases it. */
void es_http_queue(struct es_http_request *request, int status, struct MHD_Response *response);

#endif
