/* SPDX-License-Identifier: MIT
 *
 * The HTTP client against the server of net_kit.h.
 */
#include "net_kit.h"

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
	CHECK_INT(got.result.fresh_ms, 90000);
	CHECK(got.result.retry_after_ms == EARSHOT_NONE);
	CHECK_INT(got.heads, 1);
	CHECK_INT(got.result.size, 5);
}

TEST("how long an answer stays fresh: max-age less Age, else Expires by the server's own clock")
{
	static const struct {
		const char *headers;
		int64_t fresh;
	} cases[] = {
		{ "Cache-Control: public, MAX-AGE=600", 600000 },
		{ "Cache-Control: max-age=600\r\nAge: 100", 500000 },
		{ "Cache-Control: max-age=600\r\nAge: 1000", 0 },
		{ "Cache-Control: s-maxage=9", EARSHOT_NONE },
		{ "Cache-Control: max-age=600, no-cache", 0 },
		{ "Cache-Control: no-store\r\nExpires: Thu, 26 Nov 2026 13:00:00 GMT", 0 },
		{ "Cache-Control: max-age=99999999999999999999", 9999999999000 },
		{ "Date: Thu, 26 Nov 1998 12:00:00 GMT\r\nExpires: Thu, 26 Nov 1998 13:30:00 GMT",
		  5400000 },
		{ "Date: Thu, 26 Nov 1998 12:00:00 GMT\r\nExpires: Thu, 26 Nov 1998 11:30:00 GMT",
		  0 },
		{ "Expires: 0", 0 },
		{ "Expires: whenever", 0 },
		{ "X: y", EARSHOT_NONE },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		atomic_store(&extra, cases[i].headers);
		struct got got = GET("/extra", .etag = NULL);
		if (got.result.fresh_ms != cases[i].fresh)
			FAIL("%s: %lld", cases[i].headers, (long long)got.result.fresh_ms);
	}
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
		/* a resolver that does not answer takes its time */
		fetch(NULL, "http://nowhere.invalid/",
		      (struct es_net_request){ .connect_ms = 120000, .total_ms = 120000 })
			.result.outcome,
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

TEST("a reference is read against the address of its document, and is http or https or nothing")
{
	static const char *const cases[][3] = {
		{ "http://h.example/a/b", "c.xml", "http://h.example/a/c.xml" },
		{ "http://h.example/a/", "../c?x=1", "http://h.example/c?x=1" },
		{ "http://h.example/a/b?q#f", "/c", "http://h.example/c" },
		{ "https://h.example/a", "//o.example/c", "https://o.example/c" },
		{ "http://h.example/", "https://o.example/c", "https://o.example/c" },
		{ "http://h.example/", "file:///etc/passwd", NULL },
		{ "http://h.example/", "javascript:alert(1)", NULL },
		{ "no address", "c.xml", NULL },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct es_buf out;
		es_buf_init(&out, 1000);
		int rc = es_net_url_join(&out, cases[i][0], cases[i][1]);
		CHECK_INT(rc, cases[i][2] ? EARSHOT_OK : EARSHOT_NOINPUT);
		if (cases[i][2] && rc == EARSHOT_OK)
			CHECK_STR(out.ptr, out.len, cases[i][2]);
		es_buf_release(&out);
	}
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
		if (got[i].dones != 1 || got[i].result.status != 200)
			FAIL("%d: %d times, %d: %s, %s", i, got[i].dones, got[i].result.status,
			     es_net_outcome_name(got[i].result.outcome), got[i].result.text);
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

static void names_charset(const char *type, const char *wanted)
{
	struct earshot_str got = es_net_charset(es_str_of(type));
	if (!es_str_is(got, wanted))
		FAIL("%s names \"%.*s\", not \"%s\"", type, ES_FMT(got), wanted);
}

TEST("the charset of a Content-Type is that of its parameter, however it is written")
{
	names_charset("text/xml", "");
	names_charset("text/xml; charset=EUC-KR", "EUC-KR");
	names_charset("text/xml;CharSet=\"euc-kr\" ; q=1", "euc-kr");
	names_charset("text/xml; q=1; charset='utf-8'", "utf-8");
	names_charset("charset=utf-8", "");
	names_charset("text/xml; x-charset=utf-8", "");
	names_charset("text/xml; charset=", "");
	names_charset("text/xml; charset=\"", "\"");
	names_charset("", "");
	CHECK(!es_net_charset(es_str(NULL, 0)).ptr);
}
