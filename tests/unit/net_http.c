/* SPDX-License-Identifier: MIT
 *
 * The HTTP client against a server of the test's own, on loopback: one thread a
 * connection, one answer a connection, the path says which.
 */
#include "test.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>
#include "net/net.h"

static int listener = -1;
static int port;
static atomic_int open_now, open_most, requests;
static char gzip_small[4096], gzip_bomb[256 * 1024];
static size_t gzip_small_len, gzip_bomb_len;

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

static void *serve(void *ctx)
{
	(void)ctx;
	for (;;) {
		pthread_t thread;
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			return NULL;
		if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) != 0)
			close(fd);
		else
			pthread_detach(thread);
	}
}

__attribute__((constructor)) static void start_server(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	pthread_t thread;
	signal(SIGPIPE, SIG_IGN);
	gzip_small_len = output_of("printf 'hello gzip' | gzip -c", gzip_small, sizeof(gzip_small));
	gzip_bomb_len =
		output_of("head -c 30000000 /dev/zero | gzip -9c", gzip_bomb, sizeof(gzip_bomb));
	address.sin_addr.s_addr = htonl(INADDR_ANY); /* 127.0.0.2 too */
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 512) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) != 0 ||
	    pthread_create(&thread, NULL, serve, NULL) != 0) {
		perror("the test's server");
		exit(1);
	}
	port = ntohs(address.sin_port);
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

TEST("an answer brings its body, its validators verbatim, its type, charset and max-age")
{
	struct got got = GET("/ok", .etag = NULL);
	CHECK_INT(got.result.outcome, ES_NET_OK);
	CHECK_INT(got.result.status, 200);
	CHECK_STR(got.body, got.body_len, "hello");
	CHECK_STR(got.etag, strlen(got.etag), "W/\"a b\"");
	CHECK_STR(got.last_modified, strlen(got.last_modified), "yesterday-ish");
	CHECK_STR(got.type, strlen(got.type), "application/rss+xml");
	CHECK_STR(got.charset, strlen(got.charset), "EUC-KR");
	CHECK_INT(got.result.max_age_ms, 90000);
	CHECK(got.result.retry_after_ms == EARSHOT_NONE);
	CHECK_INT(got.heads, 1);
	CHECK_INT(got.result.size, 5);
}

TEST("validators are sent back as they came and a 304 brings no body")
{
	struct got got = GET("/ok", .etag = "W/\"a b\"", .last_modified = "yesterday-ish");
	CHECK_INT(got.result.outcome, ES_NET_OK);
	CHECK_INT(got.result.status, 304);
	CHECK_INT(got.body_len, 0);
	got = GET("/ok", .etag = "W/\"a b\"\r\nX-Evil: 1", .last_modified = "yesterday-ish");
	CHECK_INT(got.result.status, 200);
}

TEST("the user agent is honest")
{
	struct got got = GET("/agent", .etag = NULL);
	CHECK_STR(got.body, got.body_len,
		  "User-Agent: earshot/" EARSHOT_VERSION " (+mailto:me@example.org)");
}

TEST("gzip is taken apart, and a bomb ends at the limit of what it becomes")
{
	struct got got = GET("/gzip", .etag = NULL);
	CHECK_STR(got.body, got.body_len, "hello gzip");
	REQUIRE(gzip_bomb_len > 1000 && gzip_bomb_len < 100000);
	got = GET("/bomb", .max_size = 1000000);
	CHECK_INT(got.result.outcome, ES_NET_TOO_LARGE);
	CHECK(got.result.size < 1100000);
}

TEST("an endless body ends at the limit, chunked or not")
{
	CHECK_INT(GET("/endless", .max_size = 100000).result.outcome, ES_NET_TOO_LARGE);
	CHECK_INT(GET("/chunks", .max_size = 100000).result.outcome, ES_NET_TOO_LARGE);
}

TEST("a flood of headers ends")
{
	struct got got = GET("/headers", .total_ms = 20000);
	CHECK_INT(got.result.outcome, ES_NET_BROKEN);
	CHECK(strlen(got.result.text) > 0);
}

TEST("redirects are followed five times, and to nothing but http")
{
	struct got got = GET("/moved", .etag = NULL);
	CHECK_INT(got.result.status, 200);
	CHECK_INT(got.result.redirects, 1);
	CHECK(got.result.permanent);
	CHECK_STR(got.body, got.body_len, "hello");
	CHECK_STR(got.etag, strlen(got.etag), "W/\"a b\"");
	CHECK(strstr(got.url, "/ok") != NULL);
	int before = atomic_load(&requests);
	CHECK_INT(GET("/loop", .etag = NULL).result.outcome, ES_NET_REDIRECTS);
	CHECK_INT(atomic_load(&requests) - before, 6);
	CHECK_INT(GET("/tofile", .etag = NULL).result.outcome, ES_NET_REDIRECTS);
}

TEST("private addresses are refused in every spelling, and after a redirect")
{
	static const char *const urls[] = {
		"http://127.0.0.1:%d/ok",  "http://localhost:%d/ok",
		"http://2130706433:%d/ok", "http://0x7f000001:%d/ok",
		"http://0:%d/ok",          "http://127.1:%d/ok",
		"http://[::1]:%d/ok",      "http://[::ffff:127.0.0.1]:%d/ok",
		"http://10.0.0.1:%d/ok",   "http://169.254.169.254:%d/ok"
	};
	for (size_t i = 0; i < ES_COUNT(urls); i++) {
		int before = atomic_load(&requests);
		struct got got = fetch(NULL, urls[i], (struct es_net_request){ 0 });
		if (got.result.outcome != ES_NET_PRIVATE)
			FAIL("%s: %s", urls[i], es_net_outcome_name(got.result.outcome));
		CHECK_INT(atomic_load(&requests) - before, 0);
	}
	CHECK_INT(GET("/toprivate", .etag = NULL).result.outcome, ES_NET_PRIVATE);
}

TEST("what allow_private names may be reached: a host by its name, a network")
{
	CHECK_INT(fetch("localhost", "http://localhost:%d/ok", (struct es_net_request){ 0 })
			  .result.status,
		  200);
	CHECK_INT(fetch("localhost", "http://127.0.0.1:%d/ok", (struct es_net_request){ 0 })
			  .result.outcome,
		  ES_NET_PRIVATE);
	CHECK_INT(fetch("127.0.0.0/8", "http://127.0.0.2:%d/ok", (struct es_net_request){ 0 })
			  .result.status,
		  200);
	CHECK_INT(fetch("127.0.0.0/31", "http://127.0.0.2:%d/ok", (struct es_net_request){ 0 })
			  .result.outcome,
		  ES_NET_PRIVATE);
}

TEST("an entry of allow_private that is neither host nor network is an error that names it")
{
	static const char *const bad[] = { "10.0.0.0/33", "10.0.0",  "host:80", "",
					   "::1/129",     "http://x" };
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		struct es_net *net = NULL;
		struct earshot_error error = { 0 };
		struct es_net_options options = { .allow = &bad[i], .n_allow = 1 };
		CHECK_INT(es_net_new(&net, &options, &error), EARSHOT_CONFIG);
		CHECK(strstr(error.text, bad[i]) != NULL);
		CHECK(net == NULL);
	}
}

TEST("addresses are public or not by the registries")
{
	static const char *const open[] = {
		"8.8.8.8",        "1.1.1.1",          "172.15.0.1",
		"172.32.0.1",     "100.63.255.255",   "2606:4700::1111",
		"::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"
	};
	static const char *const closed[] = {
		"0.0.0.0",        "10.1.2.3",        "100.64.0.1",  "127.9.9.9",  "169.254.1.1",
		"172.16.0.1",     "172.31.255.255",  "192.168.0.1", "198.19.0.1", "203.0.113.5",
		"224.0.0.1",      "255.255.255.255", "::",          "::1",        "fe80::1",
		"fd00::1",        "ff02::1",         "2001:db8::1", "2001::1",    "::ffff:10.0.0.1",
		"64:ff9b::a00:1", "2002:a00:1::1",   "no address"
	};
	for (size_t i = 0; i < ES_COUNT(open); i++)
		if (!es_net_public_address(open[i]))
			FAIL("%s is public", open[i]);
	for (size_t i = 0; i < ES_COUNT(closed); i++)
		if (es_net_public_address(closed[i]))
			FAIL("%s is not public", closed[i]);
}

TEST("slow answers end by total time and by low speed")
{
	int64_t start = es_monotonic_ms();
	CHECK_INT(GET("/slow", .total_ms = 300).result.outcome, ES_NET_TIMEOUT);
	CHECK_INT(GET("/slow", .low_speed_bytes = 1000, .low_speed_s = 1).result.outcome,
		  ES_NET_TIMEOUT);
	CHECK(es_monotonic_ms() - start < 15000);
}

TEST("429 says when to come back")
{
	struct got got = GET("/busy", .etag = NULL);
	CHECK_INT(got.result.outcome, ES_NET_OK);
	CHECK_INT(got.result.status, 429);
	CHECK_INT(got.result.retry_after_ms, 77000);
}

TEST("a body that is too short, a server that is no HTTP, and nobody there, are told apart")
{
	CHECK_INT(GET("/short", .etag = NULL).result.outcome, ES_NET_BROKEN);
	CHECK_INT(GET("/nohttp", .etag = NULL).result.outcome, ES_NET_BROKEN);
	CHECK_INT(fetch("127.0.0.1", "http://127.0.0.1:1/", (struct es_net_request){ 0 })
			  .result.outcome,
		  ES_NET_CONNECT);
	CHECK_INT(
		fetch(NULL, "http://nowhere.invalid/", (struct es_net_request){ 0 }).result.outcome,
		ES_NET_DNS);
	CHECK_INT(fetch("127.0.0.1", "https://127.0.0.1:%d/ok", (struct es_net_request){ 0 })
			  .result.outcome,
		  ES_NET_TLS);
}

TEST("what is no http address is refused at once")
{
	static const char *const bad[] = { "file:///etc/passwd", "ftp://h/", "", "http://", "x y",
					   "gopher://h/" };
	struct es_net *net = client(NULL);
	struct got got = { 0 };
	REQUIRE(net);
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		struct earshot_error error = { 0 };
		struct es_net_request request = { .url = bad[i], .on_done = on_done, .ctx = &got };
		CHECK_INT(es_net_get(net, &request, &error), EARSHOT_DATA);
	}
	CHECK_INT(es_net_active(net), 0);
	CHECK_INT(got.dones, 0);
	es_net_free(net);
}

TEST("a callback may stop the transfer")
{
	struct got got = { .stop_after = 10 };
	struct earshot_error error = { 0 };
	struct es_net *net = client("127.0.0.1");
	char url[64];
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/endless", port);
	struct es_net_request request = {
		.url = url, .on_data = on_data, .on_done = on_done, .ctx = &got
	};
	REQUIRE(net);
	CHECK_OK(es_net_get(net, &request, &error), error);
	drain(net);
	CHECK_INT(got.result.outcome, ES_NET_STOPPED);
	es_net_free(net);
}

TEST("credentials of a URL are in no result and no message")
{
	struct got got = fetch("127.0.0.1", "http://user:secret@127.0.0.1:%d/ok",
			       (struct es_net_request){ 0 });
	CHECK_INT(got.result.status, 200);
	CHECK(strstr(got.url, "secret") == NULL && strstr(got.url, "user") == NULL);
	struct es_buf out;
	es_buf_init(&out, 1000);
	es_net_url_safe(&out, "https://a:b@h/p@q?x=@", 21);
	CHECK_STR(out.ptr, out.len, "https://h/p@q?x=@");
	es_buf_clear(&out);
	es_net_url_safe(&out, "no url@all", 10);
	CHECK_STR(out.ptr, out.len, "no url@all");
	es_buf_release(&out);
}

TEST("three hundred requests to one host keep to two connections, and all of them end")
{
	enum { N = 300 };
	static struct got got[N];
	struct earshot_error error = { 0 };
	struct es_net *net = client("127.0.0.1");
	char url[64];
	REQUIRE(net);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/ok", port);
	atomic_store(&open_most, atomic_load(&open_now));
	int before = atomic_load(&open_now);
	for (int i = 0; i < N; i++) {
		struct es_net_request request = {
			.url = url, .on_data = on_data, .on_done = on_done, .ctx = &got[i]
		};
		CHECK_OK(es_net_get(net, &request, &error), error);
	}
	CHECK_INT(es_net_active(net), N);
	drain(net);
	for (int i = 0; i < N; i++)
		CHECK(got[i].dones == 1 && got[i].result.status == 200);
	CHECK(atomic_load(&open_most) - before <= 3); /* one may still be closing */
	es_net_free(net);
}

static void *wake_later(void *ctx)
{
	es_net_wake(ctx);
	return NULL;
}

TEST("a poll can be woken by another thread, and a client freed while transfers run")
{
	struct got got = { 0 };
	struct earshot_error error = { 0 };
	struct es_net *net = client("127.0.0.1");
	char url[64];
	pthread_t thread;
	REQUIRE(net);
	int64_t start = es_monotonic_ms();
	REQUIRE(pthread_create(&thread, NULL, wake_later, net) == 0);
	CHECK_OK(es_net_poll(net, 60000, &error), error);
	CHECK(es_monotonic_ms() - start < 30000);
	pthread_join(thread, NULL);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/slow", port);
	for (int i = 0; i < 5; i++) {
		struct es_net_request request = { .url = url, .on_done = on_done, .ctx = &got };
		CHECK_OK(es_net_get(net, &request, &error), error);
	}
	CHECK_OK(es_net_poll(net, 50, &error), error);
	es_net_free(net);
	CHECK_INT(got.dones, 0);
}
