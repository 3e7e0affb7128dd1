/* SPDX-License-Identifier: MIT
 *
 * net_kit.h - a server of the test's own, on loopback: one thread a connection, one
 * answer a connection, the path says which; and a client that asks it.
 */
#ifndef ES_NET_KIT_H
#define ES_NET_KIT_H

#include "test.h"
#include <stdatomic.h>
#include "net/net.h"
#include "net_listener.h"

static atomic_int open_now, open_most, requests;
static char gzip_small[4096], gzip_bomb[256 * 1024];
static size_t gzip_small_len, gzip_bomb_len;

static _Atomic(const char *) extra; /* headers of /extra */

static size_t output_of(const char *command, char *out, size_t size)
{
	FILE *pipe = popen(command, "r");
	size_t len = pipe ? fread(out, 1, size, pipe) : 0;
	if (pipe)
		pclose(pipe);
	return len;
}

static int say(int fd, const char *ptr, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, ptr, len, MSG_NOSIGNAL);
		if (n <= 0)
			return -1;
		ptr += n;
		len -= (size_t)n;
	}
	return 0;
}

static int say_text(int fd, const char *text)
{
	return say(fd, text, strlen(text));
}

static void answer(int fd, const char *path, const char *request)
{
	char head[512];
	static const char piece[8192] = "x";
	if (strcmp(path, "/ok") == 0) {
		if (strstr(request, "If-None-Match: W/\"a b\"\r\n") &&
		    strstr(request, "If-Modified-Since: yesterday-ish\r\n"))
			say_text(fd, "HTTP/1.1 304 Not Modified\r\nETag: W/\"a b\"\r\n\r\n");
		else
			say_text(fd, "HTTP/1.1 200 OK\r\nETag: W/\"a b\"\r\n"
				     "Last-Modified: yesterday-ish\r\n"
				     "Content-Type: Application/RSS+xml; charset=\"EUC-KR\"\r\n"
				     "Cache-Control: public, max-age=90\r\n"
				     "Content-Length: 5\r\n\r\nhello");
	} else if (strcmp(path, "/extra") == 0) {
		snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\n%s\r\nContent-Length: 0\r\n\r\n",
			 atomic_load(&extra));
		say_text(fd, head);
	} else if (strcmp(path, "/agent") == 0) {
		const char *agent = strstr(request, "User-Agent: ");
		int len = agent ? (int)strcspn(agent, "\r") : 0;
		snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%.*s",
			 len, len, agent ? agent : "");
		say_text(fd, head);
	} else if (strcmp(path, "/gzip") == 0 || strcmp(path, "/bomb") == 0) {
		bool bomb = strcmp(path, "/bomb") == 0;
		size_t len = bomb ? gzip_bomb_len : gzip_small_len;
		snprintf(head, sizeof(head),
			 "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n",
			 len);
		say_text(fd, head);
		say(fd, bomb ? gzip_bomb : gzip_small, len);
	} else if (strcmp(path, "/loop") == 0) {
		say_text(fd, "HTTP/1.1 302 Found\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n");
	} else if (strcmp(path, "/moved") == 0) {
		say_text(fd, "HTTP/1.1 301 Moved\r\nETag: \"not this\"\r\nLocation: /ok\r\n"
			     "Content-Length: 4\r\n\r\nskip");
	} else if (strcmp(path, "/tofile") == 0) {
		say_text(fd, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
			     "Content-Length: 0\r\n\r\n");
	} else if (strcmp(path, "/toprivate") == 0) {
		/* 127.0.0.2 is loopback too, and not what the test allows */
		snprintf(head, sizeof(head),
			 "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:%d/ok\r\n"
			 "Content-Length: 0\r\n\r\n",
			 port);
		say_text(fd, head);
	} else if (strcmp(path, "/endless") == 0) {
		say_text(fd, "HTTP/1.1 200 OK\r\n\r\n");
		while (say(fd, piece, sizeof(piece)) == 0)
			;
	} else if (strcmp(path, "/chunks") == 0) {
		say_text(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
		while (say_text(fd, "2000\r\n") == 0 && say(fd, piece, sizeof(piece)) == 0 &&
		       say_text(fd, "\r\n") == 0)
			;
	} else if (strcmp(path, "/headers") == 0) {
		say_text(fd, "HTTP/1.1 200 OK\r\n");
		while (say_text(fd, "X-Flood: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n") == 0)
			;
	} else if (strcmp(path, "/slow") == 0) {
		char byte;
		say_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx");
		recv(fd, &byte, 1, 0); /* nothing more, until the other end gives up */
	} else if (strcmp(path, "/quiet") == 0) {
		char byte;
		say_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
		recv(fd, &byte, 1, 0);
	} else if (strcmp(path, "/busy") == 0) {
		say_text(fd,
			 "HTTP/1.1 429 Too Many\r\nRetry-After: 77\r\nContent-Length: 0\r\n\r\n");
	} else if (strcmp(path, "/short") == 0) {
		say_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
	} else if (strcmp(path, "/nohttp") == 0) {
		say_text(fd, "220 mail.example ESMTP\r\n");
	} else {
		say_text(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone");
	}
}

static void *serve_one(void *ctx)
{
	int fd = (int)(intptr_t)ctx;
	char request[8192], path[256] = "";
	size_t len = 0;
	int now = atomic_fetch_add(&open_now, 1) + 1, most = atomic_load(&open_most);
	while (now > most && !atomic_compare_exchange_weak(&open_most, &most, now))
		;
	while (len < sizeof(request) - 1) {
		ssize_t n = recv(fd, request + len, sizeof(request) - 1 - len, 0);
		if (n <= 0)
			break;
		len += (size_t)n;
		request[len] = '\0';
		if (strstr(request, "\r\n\r\n") || *request != 'G')
			break;
	}
	request[len] = '\0';
	if (sscanf(request, "GET %255s", path) == 1) {
		atomic_fetch_add(&requests, 1);
		answer(fd, path, request);
	}
	atomic_fetch_sub(&open_now, 1);
	if (*request != 'G') {
		close(fd);
		return NULL;
	}
	/* a close with unread bytes would cut what the client has not read yet */
	shutdown(fd, SHUT_WR);
	while (recv(fd, request, sizeof(request), 0) > 0)
		;
	close(fd);
	return NULL;
}

__attribute__((constructor)) static void start_server(void)
{
	gzip_small_len = output_of("printf 'hello gzip' | gzip -c", gzip_small, sizeof(gzip_small));
	gzip_bomb_len =
		output_of("head -c 30000000 /dev/zero | gzip -9c", gzip_bomb, sizeof(gzip_bomb));
	listen_on(INADDR_ANY); /* 127.0.0.2 too */
}

/* ---- */

struct got {
	struct es_net_result result;
	char etag[64], last_modified[64], type[64], charset[64], url[256];
	char body[256];
	size_t body_len;
	int heads, dones, stop_after;
};

static void keep(char *to, size_t size, struct earshot_str from)
{
	snprintf(to, size, "%.*s", ES_FMT(from));
}

static int on_head(void *ctx, const struct es_net_result *head)
{
	struct got *got = ctx;
	got->heads++;
	CHECK(head->status != 0);
	return 0;
}

static int on_data(void *ctx, const char *ptr, size_t len)
{
	struct got *got = ctx;
	for (size_t i = 0; i < len && got->body_len < sizeof(got->body) - 1; i++)
		got->body[got->body_len++] = ptr[i];
	return got->stop_after && got->body_len >= (size_t)got->stop_after;
}

static void on_done(void *ctx, const struct es_net_result *result)
{
	struct got *got = ctx;
	got->dones++;
	got->result = *result;
	keep(got->etag, sizeof(got->etag), result->etag);
	keep(got->last_modified, sizeof(got->last_modified), result->last_modified);
	keep(got->type, sizeof(got->type), result->content_type);
	keep(got->charset, sizeof(got->charset), result->charset);
	keep(got->url, sizeof(got->url), result->url);
}

static struct es_net *client(const char *allowed)
{
	struct es_net *net = NULL;
	struct earshot_error error = { 0 };
	struct es_net_options options = { .contact = "mailto:me@example.org",
					  .allow = &allowed,
					  .n_allow = allowed != NULL };
	CHECK_OK(es_net_new(&net, &options, &error), error);
	return net;
}

static void drain(struct es_net *net)
{
	struct earshot_error error = { 0 };
	while (es_net_active(net) > 0)
		if (es_net_poll(net, 1000, &error) != EARSHOT_OK) {
			FAIL("%s", error.text);
			return;
		}
}

/* One GET of a path with the limits of `request`. */
static struct got fetch(const char *allowed, const char *path, struct es_net_request request)
{
	struct got got = { 0 };
	struct earshot_error error = { 0 };
	struct es_net *net = client(allowed);
	char url[512];
	if (strstr(path, "://"))
		snprintf(url, sizeof(url), path, port);
	else
		snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", port, path);
	request.url = url;
	request.on_head = on_head;
	request.on_data = on_data;
	request.on_done = on_done;
	request.ctx = &got;
	CHECK_OK(es_net_get(net, &request, &error), error);
	drain(net);
	CHECK_INT(got.dones, 1);
	es_net_free(net);
	return got;
}

#define GET(path, ...) fetch("127.0.0.1", path, (struct es_net_request){ __VA_ARGS__ })

#endif
