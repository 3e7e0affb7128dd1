/* SPDX-License-Identifier: MIT */
#include "test.h"
#include <pthread.h>
#include <semaphore.h>
#include "http_kit.h"

/* One request; the connection is closed by the server. */
static int ask(const struct es_http *server, const char *request)
{
	int fd = connect_to(server), status = -1;
	if (fd < 0)
		return -1;
	if (write(fd, request, strlen(request)) == (ssize_t)strlen(request) && read_until(fd, NULL))
		(void)sscanf(answer, "HTTP/1.1 %d", &status);
	close(fd);
	return status;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

static void echo(void *ctx, struct es_http_request *request)
{
	(void)ctx;
	struct es_buf body;
	struct earshot_str a = es_http_param(request, "a");
	static const char *const names[] = { "a", "b" };
	struct earshot_str unknown = es_http_param_unknown(request, names, 2);
	es_buf_init(&body, ES_LIMIT_RESPONSE);
	es_buf_puts(&body, "{\"a\":");
	es_buf_json_str(&body, a.ptr ? a.ptr : "-", a.ptr ? a.len : 1);
	es_buf_puts(&body, ",\"unknown\":");
	es_buf_json_str(&body, unknown.ptr ? unknown.ptr : "-", unknown.ptr ? unknown.len : 1);
	es_buf_printf(&body, ",\"body\":%zu}", es_http_body(request).len);
	es_http_json(request, 200, &body);
}

static void nothing(void *ctx, struct es_http_request *request)
{
	(void)ctx, (void)request;
}

static void file(void *ctx, struct es_http_request *request)
{
	(void)ctx;
	static const struct es_http_file page = { "text/html", "<p>hi", 5, "v1", false };
	es_http_file(request, &page);
}

static void live(void *ctx, struct es_http_request *request)
{
	(void)ctx;
	es_http_stream(request, ES_STR("id: 1\nevent: change\ndata: {}\n\n"));
}

/* What /later left to the test, and that it did. */
static struct es_http_later *asleep;
static sem_t left;

static void later(void *ctx, struct es_http_request *request)
{
	(void)ctx;
	CHECK(es_http_body(request).len == 5);
	asleep = es_http_later(request);
	sem_post(&left);
}

static struct es_http_later *take_asleep(void)
{
	CHECK(sem_wait(&left) == 0);
	return asleep;
}

static int not_ready(void *ctx, struct earshot_error *error)
{
	return *(bool *)ctx ? 0 : es_err(error, EARSHOT_UNAVAILABLE, "still \"reading\"");
}

static const struct es_http_route routes[] = {
	{ "GET", "/echo", echo },
	{ "POST", "/echo", echo },
	{ "POST", "/only", echo },
	{ "GET", "/nothing", nothing },
	{ "GET", "/file", file },
	{ "GET", "/live", live },
	{ "GET", "/deep/*", file },
	{ "GET", "/deep/er/*", echo },
	{ "POST", "/later", later, .any_type = true },
	{ "POST", "/any/*", echo, .any_type = true },
	{ "POST", "/any/json", echo },
};

static struct es_http *start(struct es_http_options options, struct es_metrics *metrics)
{
	struct earshot_error error;
	struct es_http *server = NULL;
	options.listen = options.listen ? options.listen : "127.0.0.1:0";
	options.metrics = metrics;
	if (es_http_new(&server, &options, &error) ||
	    es_http_add(server, routes, ES_COUNT(routes), NULL, &error) ||
	    es_http_start(server, &error))
		FAIL("%s", error.text);
	return server;
}

static void set_before_write(void *ctx)
{
	atomic_store(es_metric(ctx, ES_METRIC_GAUGE, "left_bytes", "Room.", ""), 42);
}

TEST("metrics are set when they are asked for; a histogram has buckets that add up, in seconds")
{
	struct es_metrics *metrics = es_metrics_new();
	struct es_buf out;
	es_buf_init(&out, 65536);
	es_metrics_on_write(metrics, set_before_write, metrics);
	struct es_histogram *spent = es_metric_histogram(metrics, "spent_seconds", "Time.",
							 "role=\"a\"", &es_bounds_spent);
	CHECK(spent == es_metric_histogram(metrics, "spent_seconds", "Time.", "role=\"a\"",
					   &es_bounds_spent));
	es_histogram_add(spent, 100, 1);       /* on a bound: still in it */
	es_histogram_add(spent, -5, 1);        /* clocks that differ */
	es_histogram_add(spent, 2000000, 3);   /* 2 s */
	es_histogram_add(spent, 600000000, 1); /* past the last bound */
	es_metrics_write(metrics, &out);
	CHECK(strstr(out.ptr, "# TYPE left_bytes gauge\nleft_bytes 42\n"));
	CHECK(strstr(out.ptr, "# HELP spent_seconds Time.\n# TYPE spent_seconds histogram\n"
			      "spent_seconds_bucket{role=\"a\",le=\"0.0001\"} 2\n"
			      "spent_seconds_bucket{role=\"a\",le=\"0.00025\"} 2\n"));
	CHECK(strstr(out.ptr, "{role=\"a\",le=\"1\"} 2\n"));
	CHECK(strstr(out.ptr, "{role=\"a\",le=\"2.5\"} 5\n"));
	CHECK(strstr(out.ptr, "{role=\"a\",le=\"60\"} 5\n"));
	CHECK(strstr(out.ptr, "{role=\"a\",le=\"+Inf\"} 6\n"
			      "spent_seconds_sum{role=\"a\"} 606.000100\n"
			      "spent_seconds_count{role=\"a\"} 6\n"));
	es_buf_release(&out);
	es_metrics_free(metrics);
}

TEST("a route answers, with parameters decoded and the headers that all answers have")
{
	struct es_metrics *metrics = es_metrics_new();
	struct es_http *server = start((struct es_http_options){ 0 }, metrics);
	CHECK_INT(ask(server, GET("/echo?a=%EA%B0%80+b%22&b=1")), 200);
	CHECK(strstr(answer, "{\"a\":\"\xea\xb0\x80 b\\\"\",\"unknown\":\"-\",\"body\":0}"));
	CHECK(strstr(answer, "Content-Security-Policy: default-src 'self'"));
	CHECK(strstr(answer, "X-Content-Type-Options: nosniff"));
	CHECK(strstr(answer, "frame-ancestors 'none'"));
	CHECK(strstr(answer, "Referrer-Policy: no-referrer"));
	CHECK_INT(ask(server, GET("/echo?a=1&a=2")), 200);
	CHECK(strstr(answer, "\"unknown\":\"a\""));
	CHECK_INT(ask(server, GET("/echo?x=1")), 200);
	CHECK(strstr(answer, "\"unknown\":\"x\""));
	CHECK_INT(ask(server, GET("/none")), 404);
	CHECK_INT(ask(server, GET("/nothing")), 500);
	CHECK_INT(ask(server, GET("/only")), 405);
	CHECK_INT(ask(server, "BREW /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
			      "Content-Type: application/json\r\n\r\n"),
		  405);
	CHECK_INT(ask(server, GET("/deep/page")), 200);
	CHECK(strstr(answer, "<p>hi"));
	CHECK_INT(ask(server, GET("/deep/er/page")), 200);
	CHECK(strstr(answer, "\"body\""));
	CHECK_INT(ask(server, "HEAD /echo HTTP/1.1\r\nHost: localhost\r\n"
			      "Connection: close\r\n\r\n"),
		  200);
	CHECK(!strstr(answer, "\"body\""));
	CHECK_INT(ask(server, GET("/metrics")), 200);
	CHECK(strstr(answer, "earshot_http_requests_total{status=\"404\"} 1\n"));
	es_http_free(server);
	es_metrics_free(metrics);
}

TEST("a file that the client has already is not sent again")
{
	struct es_http *server = start((struct es_http_options){ 0 }, NULL);
	CHECK_INT(ask(server, GET("/file")), 200);
	CHECK(strstr(answer, "ETag: \"v1\"") && strstr(answer, "<p>hi"));
	CHECK_INT(ask(server, "GET /file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
			      "If-None-Match: \"v1\"\r\n\r\n"),
		  304);
	CHECK(!strstr(answer, "<p>hi"));
	es_http_free(server);
}

#define POST(more) "POST /echo HTTP/1.1\r\nHost: localhost:99\r\nConnection: close\r\n" more

TEST("what changes something needs JSON and our own origin")
{
	struct es_http *server =
		start((struct es_http_options){ .public_url = "https://ear.example/x" }, NULL);
	CHECK_INT(ask(server, POST("Content-Length: 2\r\n\r\n{}")), 415);
	CHECK_INT(ask(server, POST("Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}")),
		  415);
	CHECK_INT(ask(server, POST("Content-Type: application/json; charset=utf-8\r\n"
				   "Content-Length: 2\r\n\r\n{}")),
		  200);
	CHECK(strstr(answer, "\"body\":2"));
	CHECK_INT(ask(server, POST("Content-Type: application/json\r\nOrigin: http://evil\r\n"
				   "Content-Length: 2\r\n\r\n{}")),
		  403);
	CHECK_INT(ask(server, POST("Content-Type: application/json\r\nOrigin: null\r\n"
				   "Content-Length: 2\r\n\r\n{}")),
		  403);
	CHECK_INT(ask(server, POST("Content-Type: application/json\r\n"
				   "Sec-Fetch-Site: cross-site\r\nContent-Length: 2\r\n\r\n{}")),
		  403);
	CHECK_INT(ask(server, POST("Content-Type: application/json\r\n"
				   "Origin: http://localhost:99\r\nContent-Length: 2\r\n\r\n{}")),
		  200);
	CHECK_INT(ask(server, POST("Content-Type: application/json\r\n"
				   "Origin: https://ear.example\r\nContent-Length: 2\r\n\r\n{}")),
		  200);
	es_http_free(server);
}

TEST("a host name that was made to point here is refused")
{
	struct es_http *server =
		start((struct es_http_options){ .public_url = "https://ear.example" }, NULL);
	CHECK_INT(ask(server, "GET /echo HTTP/1.1\r\nHost: evil.example\r\n"
			      "Connection: close\r\n\r\n"),
		  421);
	CHECK_INT(ask(server, "GET /echo HTTP/1.1\r\nHost: 127.0.0.1.evil.example\r\n"
			      "Connection: close\r\n\r\n"),
		  421);
	CHECK_INT(ask(server, "GET /echo HTTP/1.0\r\n\r\n"), 421);
	CHECK_INT(ask(server, "GET /echo HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"
			      "Connection: close\r\n\r\n"),
		  200);
	CHECK_INT(ask(server, "GET /echo HTTP/1.1\r\nHost: [::1]:1\r\nConnection: close\r\n\r\n"),
		  200);
	CHECK_INT(ask(server, "GET /echo HTTP/1.1\r\nHost: Ear.Example\r\n"
			      "Connection: close\r\n\r\n"),
		  200);
	es_http_free(server);
}

TEST("a body and headers over their limits are refused and the server lives on")
{
	struct es_http *server = start((struct es_http_options){ 0 }, NULL);
	CHECK_INT(ask(server, POST("Content-Type: application/json\r\n"
				   "Content-Length: 99999999999\r\n\r\n")),
		  413);
	/* without a length it shows only while it comes */
	struct es_buf body;
	es_buf_init(&body, 8 << 20);
	es_buf_puts(&body, POST("Content-Type: application/json\r\n"
				"Transfer-Encoding: chunked\r\n\r\n"));
	for (int i = 0; i < 20; i++) {
		es_buf_puts(&body, "10000\r\n");
		REQUIRE(es_buf_reserve(&body, 65536));
		memset(body.ptr + body.len, 'x', 65536);
		body.len += 65536;
		es_buf_puts(&body, "\r\n");
	}
	es_buf_puts(&body, "0\r\n\r\n");
	CHECK_INT(ask(server, body.ptr), 413);
	es_buf_clear(&body);
	es_buf_puts(&body, "GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX: ");
	REQUIRE(es_buf_reserve(&body, 40000));
	memset(body.ptr + body.len, 'x', 40000);
	body.len += 40000;
	es_buf_puts(&body, "\r\n\r\n");
	CHECK_INT(ask(server, body.ptr), 431);
	CHECK_INT(ask(server, "no http at all\r\n\r\n"), 400);
	CHECK_INT(ask(server, GET("/echo")), 200);
	es_buf_release(&body);
	es_http_free(server);
}

TEST("a request that dribbles in is cut off at its deadline while others are answered")
{
	struct es_http *server = start((struct es_http_options){ .request_ms = 2000 }, NULL);
	int64_t start_ms = es_monotonic_ms(); /* before it is accepted */
	int fd = connect_to(server);
	REQUIRE(fd >= 0);
	CHECK(write(fd, "GET /echo HTTP/1.1\r\nHost: ", 26) == 26);
	CHECK_INT(ask(server, GET("/echo")), 200);
	bool closed = false;
	while (!closed && es_monotonic_ms() - start_ms < ANSWER_MS) {
		struct pollfd wait = { fd, POLLIN, 0 };
		char c;
		if (poll(&wait, 1, 50) == 1)
			closed = read(fd, &c, 1) <= 0;
		else
			closed = send(fd, "x", 1, MSG_NOSIGNAL) != 1;
	}
	CHECK(closed);
	CHECK(es_monotonic_ms() - start_ms >= 2000);
	close(fd);
	es_http_free(server);
}

TEST("a live stream gets its first event, what is sent to all, and comments")
{
	struct es_http *server = start((struct es_http_options){ .comment_ms = 300 }, NULL);
	int fd = connect_to(server);
	REQUIRE(fd >= 0);
	const char *request = "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n";
	CHECK(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
	CHECK(read_until(fd, "id: 1\nevent: change\ndata: {}\n\n"));
	CHECK(strstr(answer, "text/event-stream"));
	CHECK_INT(es_http_streams(server), 1);
	struct es_buf event;
	es_buf_init(&event, 1000);
	es_http_event(&event, 2, "change", ES_STR("{\"a\":\n1}"));
	es_http_send(server, es_buf_view(&event));
	CHECK(read_until(fd, "id: 2\nevent: change\ndata: {\"a\":\ndata: 1}\n\n"));
	CHECK(read_until(fd, ": still here\n"));
	/* a client that has gone is found by the comments */
	close(fd);
	int64_t start_ms = es_monotonic_ms();
	while (es_http_streams(server) && es_monotonic_ms() - start_ms < ANSWER_MS)
		usleep(10000);
	CHECK_INT(es_http_streams(server), 0);
	es_buf_release(&event);
	es_http_free(server);
}

TEST("a stream whose client does not read is closed, not kept in memory")
{
	struct es_http *server = start((struct es_http_options){ .idle_ms = 1000 }, NULL);
	int fd = connect_to(server);
	REQUIRE(fd >= 0);
	const char *request = "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n";
	CHECK(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
	CHECK(read_until(fd, "data: {}"));
	static char junk[ES_HTTP_STREAM_QUEUE / 2];
	memset(junk, ':', sizeof(junk));
	int64_t start_ms = es_monotonic_ms();
	while (es_http_streams(server) && es_monotonic_ms() - start_ms < ANSWER_MS) {
		es_http_send(server, es_str(junk, sizeof(junk)));
		usleep(2000);
	}
	CHECK_INT(es_http_streams(server), 0);
	close(fd);
	es_http_free(server);
}

TEST("the server ends with its streams open")
{
	struct es_http *server = start((struct es_http_options){ 0 }, NULL);
	int fds[8];
	const char *request = "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n";
	for (int i = 0; i < 8; i++) {
		fds[i] = connect_to(server);
		REQUIRE(fds[i] >= 0);
		CHECK(write(fds[i], request, strlen(request)) == (ssize_t)strlen(request));
		CHECK(read_until(fds[i], "data: {}"));
	}
	int64_t start_ms = es_monotonic_ms();
	es_http_free(server);
	CHECK(es_monotonic_ms() - start_ms < 3000);
	for (int i = 0; i < 8; i++)
		close(fds[i]);
}

TEST("an answer may be left to another thread: others are answered meanwhile, and it may be too "
     "late")
{
	static const char request[] = "POST /later HTTP/1.1\r\nHost: localhost\r\n"
				      "Content-Type: text/xml\r\nContent-Length: 5\r\n"
				      "Connection: close\r\n\r\nhello";
	REQUIRE(sem_init(&left, 0, 0) == 0);
	struct es_http *server = start((struct es_http_options){ .idle_ms = 1000 }, NULL);
	static const struct {
		int status;
		const char *answer;
	} ends[] = { { 202, "HTTP/1.1 202 " }, { 503, "HTTP/1.1 503 " } };
	for (size_t i = 0; i < ES_COUNT(ends); i++) {
		int fd = connect_to(server);
		REQUIRE(fd >= 0);
		CHECK(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
		struct es_http_later *sleeper = take_asleep();
		CHECK_INT(ask(server, GET("/file")), 200);
		es_http_later_end(sleeper, ends[i].status);
		CHECK(read_until(fd, ends[i].answer));
		close(fd);
	}
	/* the client is gone */
	int fd = connect_to(server);
	REQUIRE(fd >= 0);
	CHECK(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
	struct es_http_later *sleeper = take_asleep();
	close(fd);
	CHECK_INT(ask(server, GET("/file")), 200);
	es_http_later_end(sleeper, 202);
	/* ended just before the server is */
	fd = connect_to(server);
	REQUIRE(fd >= 0);
	CHECK(write(fd, request, strlen(request)) == (ssize_t)strlen(request));
	es_http_later_end(take_asleep(), 503);
	es_http_free(server);
	close(fd);
	/* other routes take JSON alone */
	server = start((struct es_http_options){ 0 }, NULL);
	CHECK_INT(ask(server, "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
			      "Content-Length: 5\r\nConnection: close\r\n\r\nhello"),
		  415);
	es_http_free(server);
}

TEST("any type is taken by the route that answers, not by a shorter one that fits, too")
{
	struct es_http *server = start((struct es_http_options){ 0 }, NULL);
#define TEXT(path) \
	"POST " path " HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n" \
	"Content-Length: 5\r\nConnection: close\r\n\r\nhello"
	CHECK_INT(ask(server, TEXT("/any/thing")), 200);
	CHECK_INT(ask(server, TEXT("/any/json")), 415);
#undef TEXT
	es_http_free(server);
}

TEST("readiness tells what is not ready, and why")
{
	struct earshot_error error;
	struct es_http *server;
	bool ready = false;
	CHECK_OK(es_http_new(&server, &(struct es_http_options){ .listen = "127.0.0.1:0" }, &error),
		 error);
	CHECK_OK(es_http_add_check(server, "view", not_ready, &ready, &error), error);
	CHECK_OK(es_http_start(server, &error), error);
	CHECK_INT(ask(server, GET("/healthz")), 200);
	CHECK_INT(ask(server, GET("/readyz")), 503);
	CHECK(strstr(answer, "{\"name\":\"view\",\"ready\":false,"
			     "\"message\":\"still \\\"reading\\\"\"}"));
	ready = true;
	CHECK_INT(ask(server, GET("/readyz")), 200);
	es_http_free(server);
}

TEST("a taken port, a bad address and an open address each give one clear error")
{
	struct earshot_error error;
	struct es_http *server, *second = NULL;
	CHECK_OK(es_http_new(&server, &(struct es_http_options){ .listen = "127.0.0.1:0" }, &error),
		 error);
	struct es_http_options taken = { .listen = es_http_url(server) + 7 };
	CHECK_INT(es_http_new(&second, &taken, &error), EARSHOT_UNAVAILABLE);
	CHECK(!second && strstr(error.text, "is taken") && *error.hint);
	static const char *const bad[] = { "8080",           "127.0.0.1",       "127.0.0.1:x",
					   "127.0.0.1:-1",   "1.2.3.4.5:80",    "::1:80",
					   "example.com:80", "127.0.0.1:65536", "" };
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		CHECK_INT(
			es_http_new(&second, &(struct es_http_options){ .listen = bad[i] }, &error),
			EARSHOT_CONFIG);
	CHECK_INT(es_http_new(&second, &(struct es_http_options){ .listen = "0.0.0.0:0" }, &error),
		  EARSHOT_CONFIG);
	CHECK(strstr(error.text, "other machines") && *error.hint);
	struct es_http_options open = { .listen = "0.0.0.0:0", .remote = true };
	CHECK_OK(es_http_new(&second, &open, &error), error);
	CHECK(!es_http_is_loopback(second));
	es_http_free(second);
	es_http_free(server);
}

TEST("members of an object are read and replaced without touching the others")
{
	const char *text = " { \"a\" : 1.50 , \"b\":{\"x\":[\"}\",{}]}, \"c\" : \"\\u00e7\\n\" } ";
	size_t len = strlen(text);
	struct es_arena arena = { 0 };
	struct earshot_str value = es_json_get(text, len, "c"), string;
	CHECK(es_json_string(&arena, value, &string));
	CHECK_STR(string.ptr, string.len, "\xc3\xa7\n");
	value = es_json_get(text, len, "b");
	CHECK_STR(value.ptr, value.len, "{\"x\":[\"}\",{}]}");
	struct es_buf out;
	es_buf_init(&out, 1000);
	static const char *const drop[] = { "b", "none" };
	CHECK(es_json_replace(&out, text, len, drop, 2, ES_STR("\"d\":1")));
	CHECK_STR(out.ptr, out.len, "{\"a\":1.50,\"c\":\"\\u00e7\\n\",\"d\":1}");
	static const char *const bad[] = {
		"",           "[]",          "{\"a\":1", "{\"a\"}", "{a:1}",
		"{\"a\":1}x", "{\"a\":[}]}", "{\"a\":}", "{,}",     "{\"a\":1 \"b\":2}"
	};
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		es_buf_clear(&out);
		if (es_json_replace(&out, bad[i], strlen(bad[i]), drop, 2, ES_STR("")))
			FAIL("accepted: %s", bad[i]);
	}
	int64_t n;
	CHECK(es_json_integer(ES_STR("-12"), &n) && n == -12);
	CHECK(!es_json_integer(ES_STR("1.0"), &n) && !es_json_integer(ES_STR(""), &n));
	CHECK(!es_json_integer(ES_STR("99999999999999999999"), &n));
	CHECK(!es_json_string(&arena, ES_STR("\"\\ud800\""), &string));
	CHECK(es_json_string(&arena, ES_STR("\"\\ud83d\\ude00\""), &string));
	CHECK_STR(string.ptr, string.len, "\xf0\x9f\x98\x80");
	es_buf_release(&out);
	es_arena_release(&arena);
}
