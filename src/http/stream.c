/* SPDX-License-Identifier: MIT
 *
 * stream.c - live streams, and the thread that keeps time.
 *
 * A stream with nothing to send is suspended in libmicrohttpd and costs nothing;
 * es_http_send appends to each queue and resumes it. A client that has gone shows
 * only at the next write: the comments find it.
 */
#include "http/server.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#define TICK_MS 250

static ssize_t read_stream(void *cls, uint64_t position, char *out, size_t max)
{
	(void)position;
	struct stream *stream = cls;
	struct es_http *server = stream->server;
	ssize_t got = 0;
	pthread_mutex_lock(&server->lock);
	size_t left = stream->queue.len - stream->taken;
	if (stream->closing || server->stopping) {
		got = MHD_CONTENT_READER_END_OF_STREAM;
	} else if (left) {
		size_t n = left < max ? left : max;
		memcpy(out, stream->queue.ptr + stream->taken, n);
		stream->taken += n;
		got = (ssize_t)n;
		if (n == left) {
			es_buf_clear(&stream->queue);
			stream->taken = 0;
		}
	} else {
		stream->suspended = true;
		MHD_suspend_connection(stream->mhd);
	}
	pthread_mutex_unlock(&server->lock);
	return got;
}

static void free_stream(void *cls)
{
	struct stream *stream = cls;
	struct es_http *server = stream->server;
	pthread_mutex_lock(&server->lock);
	if (stream->prev)
		stream->prev->next = stream->next;
	else
		server->streams = stream->next;
	if (stream->next)
		stream->next->prev = stream->prev;
	server->n_streams--;
	pthread_mutex_unlock(&server->lock);
	atomic_fetch_sub(es_metric(server->metrics, ES_METRIC_GAUGE, "earshot_http_streams",
				   "Live streams that are open.", ""),
			 1);
	es_buf_release(&stream->queue);
	free(stream);
}

/* Under the lock. */
static void resume(struct stream *stream)
{
	if (stream->suspended) {
		stream->suspended = false;
		MHD_resume_connection(stream->mhd);
	}
}

/* Under the lock. What was sent already makes room. */
static void append(struct stream *stream, struct earshot_str text)
{
	if (stream->taken) {
		memmove(stream->queue.ptr, stream->queue.ptr + stream->taken,
			stream->queue.len - stream->taken);
		stream->queue.len -= stream->taken;
		stream->taken = 0;
	}
	es_buf_add_str(&stream->queue, text);
	if (!es_buf_ok(&stream->queue))
		stream->closing = true;
	stream->last = es_monotonic_ms();
	resume(stream);
}

void es_http_stream(struct es_http_request *request, struct earshot_str first)
{
	struct es_http *server = request->server;
	struct stream *stream = calloc(1, sizeof(*stream));
	if (!stream)
		return;
	stream->server = server;
	stream->mhd = request->mhd;
	stream->last = es_monotonic_ms();
	es_buf_init(&stream->queue, ES_HTTP_STREAM_QUEUE);
	/* the retry time spreads clients that all come back after a restart */
	es_buf_puts(&stream->queue, "retry: 2000\n\n");
	es_buf_add_str(&stream->queue, first);
	pthread_mutex_lock(&server->lock);
	bool full = server->n_streams >= ES_HTTP_STREAMS || server->stopping;
	if (!full) {
		stream->next = server->streams;
		if (stream->next)
			stream->next->prev = stream;
		server->streams = stream;
		server->n_streams++;
	}
	pthread_mutex_unlock(&server->lock);
	if (full || !es_buf_ok(&stream->queue)) {
		es_buf_release(&stream->queue);
		free(stream);
		es_http_error(request, 503, "unavailable", "close a window",
			      "%d live streams are open already", ES_HTTP_STREAMS);
		return;
	}
	atomic_fetch_add(es_metric(server->metrics, ES_METRIC_GAUGE, "earshot_http_streams",
				   "Live streams that are open.", ""),
			 1);
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, 16 * 1024, read_stream, stream, free_stream);
	if (!response) {
		free_stream(stream);
		return;
	}
	(void)MHD_add_response_header(response, "Content-Type", "text/event-stream");
	(void)MHD_add_response_header(response, "Cache-Control", "no-store");
	(void)MHD_add_response_header(response, "X-Accel-Buffering", "no");
	es_http_queue(request, 200, response);
}

void es_http_event(struct es_buf *out, int64_t id, const char *name, struct earshot_str data)
{
	es_buf_puts(out, "id: ");
	es_buf_int(out, id);
	es_buf_printf(out, "\nevent: %s\ndata: ", name);
	for (size_t i = 0; i < data.len; i++) {
		if (data.ptr[i] == '\n')
			es_buf_puts(out, "\ndata: ");
		else if (data.ptr[i] != '\r')
			es_buf_putc(out, data.ptr[i]);
	}
	es_buf_puts(out, "\n\n");
}

void es_http_send(struct es_http *server, struct earshot_str events)
{
	pthread_mutex_lock(&server->lock);
	for (struct stream *stream = server->streams; stream; stream = stream->next)
		append(stream, events);
	pthread_mutex_unlock(&server->lock);
}

size_t es_http_streams(struct es_http *server)
{
	pthread_mutex_lock(&server->lock);
	size_t n = server->n_streams;
	pthread_mutex_unlock(&server->lock);
	return n;
}

void es_http_end_streams(struct es_http *server)
{
	pthread_mutex_lock(&server->lock);
	server->stopping = true;
	for (struct stream *stream = server->streams; stream; stream = stream->next)
		resume(stream);
	pthread_cond_broadcast(&server->wake);
	pthread_mutex_unlock(&server->lock);
}

/* Under the lock. Idle time-outs alone would let a client that sends a byte now
 * and then stay for ever: a whole request has a deadline. The descriptor is good:
 * a connection leaves the list, under the lock, before it is closed. */
static void cut_late(struct es_http *server, int64_t now)
{
	for (struct connection *c = server->connections; c; c = c->next)
		if (!c->answering && now - c->since > server->request_ms)
			(void)shutdown(c->fd, SHUT_RDWR);
}

void *es_http_ticker(void *arg)
{
	struct es_http *server = arg;
	for (unsigned beat = 0;; beat++) {
		const struct timespec until = es_clock_after(CLOCK_MONOTONIC, TICK_MS);
		pthread_mutex_lock(&server->lock);
		while (!server->stopping &&
		       pthread_cond_timedwait(&server->wake, &server->lock, &until) != ETIMEDOUT)
			;
		bool stopping = server->stopping;
		int64_t now = es_monotonic_ms();
		cut_late(server, now);
		for (struct stream *stream = server->streams; stream; stream = stream->next)
			if (now - stream->last >= server->comment_ms)
				append(stream, ES_STR(": still here\n\n"));
		pthread_mutex_unlock(&server->lock);
		if (stopping)
			return NULL;
		if (server->tick && beat % 2 == 0)
			server->tick(server->tick_ctx);
	}
}
