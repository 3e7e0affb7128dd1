/* SPDX-License-Identifier: MIT */
#include "test.h"
#include <pthread.h>
#include "desk/desk.h"
#include "http_kit.h"
#include "view_kit.h"

/* ---- a whole desk in one process: log, view, server ---- */

static struct es_view *view;
static struct es_http *server;
static struct es_desk *desk;
static pthread_t view_thread;

static void *run_view(void *arg)
{
	struct earshot_error own;
	if (es_view_run(arg, &own))
		printf("# view: %s\n", own.text);
	return NULL;
}

static bool find_page(const char *path, struct es_http_file *out)
{
	if (strcmp(path, "/") != 0)
		return false;
	*out = (struct es_http_file){ .type = "text/html; charset=utf-8",
				      .ptr = "<p>page",
				      .len = 7 };
	return true;
}

static bool start(void)
{
	view = kit_open_view(false, "Europe/Istanbul");
	int rc = view ? 0 : EARSHOT_IO;
	if (!rc)
		rc = es_http_new(&server, &(struct es_http_options){ .listen = "127.0.0.1:0" },
				 &error);
	struct es_desk_options options = { .bus = kit_bus,
					   .view = view,
					   .http = server,
					   .instance = "t",
					   .user = "ayse",
					   .find_page = find_page };
	if (!rc)
		rc = es_desk_new(&desk, &options, &error);
	if (!rc)
		rc = es_http_start(server, &error);
	if (rc)
		FAIL("%s", error.text);
	else
		pthread_create(&view_thread, NULL, run_view, view);
	return rc == 0;
}

static void stop(void)
{
	es_http_free(server);
	es_view_stop(view);
	pthread_join(view_thread, NULL);
	es_desk_free(desk);
	es_view_free(view);
	kit_end();
}

/* ---- requests ---- */

static const char *body;

static int request(const char *method, const char *path, const char *text)
{
	static char out[70000];
	int status = -1, fd = connect_to(server);
	int len = snprintf(out, sizeof(out),
			   "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
			   "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			   method, path, strlen(text), text);
	body = "";
	if (fd >= 0 && write(fd, out, (size_t)len) == len && read_until(fd, NULL)) {
		(void)sscanf(answer, "HTTP/1.1 %d", &status);
		body = strstr(answer, "\r\n\r\n");
		body = body ? body + 4 : "";
	}
	close(fd);
	return status;
}

static int get(const char *path)
{
	return request("GET", path, "");
}

static bool holds(const char *part)
{
	if (strstr(body, part))
		return true;
	printf("# not in: %.700s\n", body);
	return false;
}

/* Asks until the answer holds it: the read model follows within moments. */
static bool comes_to_hold(const char *path, const char *part)
{
	int64_t until = es_monotonic_ms() + ANSWER_MS;
	while (es_monotonic_ms() < until) {
		if (get(path) == 200 && strstr(body, part))
			return true;
		usleep(5000);
	}
	printf("# not in: %.700s\n", body);
	return false;
}

static bool begin(const struct kit_post *posts, size_t n)
{
	char want[40];
	if (!kit_begin())
		return false;
	kit_open_txn();
	for (size_t i = 0; i < n; i++)
		kit_work(&posts[i]);
	kit_commit();
	snprintf(want, sizeof(want), "{\"n\":%zu,", n);
	return start() && comes_to_hold("/api/v1/summary", want);
}

static int64_t rev_in_body(void)
{
	int64_t rev;
	return es_json_integer(es_json_get(body, strlen(body), "rev"), &rev) ? rev : -1;
}

static int review(int id, const char *more, int64_t base_rev)
{
	char text[400];
	snprintf(text, sizeof(text), "{\"id\":\"%s\",%s,\"base_rev\":%lld}", kit_id(id), more,
		 (long long)base_rev);
	return request("POST", "/api/v1/reviews", text);
}

static int undo(int id)
{
	char text[100];
	snprintf(text, sizeof(text), "{\"id\":\"%s\"}", kit_id(id));
	return request("POST", "/api/v1/reviews/undo", text);
}

/* The newest record of a key in a topic: its value, "null", or "". */
static const char *newest(enum es_topic_id topic, const char *key, int64_t *rev)
{
	static char value[100000];
	const char *name = es_topics[topic].name;
	struct es_session *session;
	struct es_batch batch;
	struct es_session_options options = {
		.role = "look", .instance = "t", .threads = 1, .topics = &name, .n_topics = 1
	};
	value[0] = 0;
	if (es_session_open(kit_bus, &options, &session, &error))
		return "";
	while (es_session_poll(session, 100, &batch, &error) == 0 &&
	       batch.event == ES_EVENT_RECORDS)
		for (size_t i = 0; i < batch.n; i++) {
			const struct es_record *r = &batch.records[i];
			if (key && (r->key_len != strlen(key) || memcmp(r->key, key, r->key_len)))
				continue;
			snprintf(value, sizeof(value), "%.*s", r->value ? (int)r->value_len : 4,
				 r->value ? (const char *)r->value : "null");
			const struct es_header *header = es_record_header(r, "rev");
			if (rev &&
			    (!header || !es_json_integer(es_str(header->value, header->len), rev)))
				*rev = -1;
		}
	es_session_close(session);
	return value;
}

TEST("a corrected label is written in one go, and stays through a worker's rewrite, until undone")
{
	static const struct kit_post posts[] = {
		{ .id = 1, .label = EARSHOT_POSITIVE, .rule = "leaving" },
		{ .id = 2, .label = EARSHOT_NEUTRAL },
	};
	REQUIRE(begin(posts, 2));
	CHECK_INT(review(1, "\"decision\":\"label\",\"label\":\"negative\",\"note\":\"ironic\"", 0),
		  200);
	CHECK(holds("\"decision\":\"label\",\"label\":\"negative\",\"machine\":\"positive\","
		    "\"hidden\":false"));
	int64_t rev = rev_in_body(), header = 0;
	CHECK(rev > T0);
	/* what the log says */
	const char *id = kit_id(1);
	const char *value = newest(ES_TOPIC_NEGATIVE, id, &header);
	CHECK(strstr(value, "\"label\":\"negative\",\"machine\":\"positive\"}"));
	CHECK(strstr(value, "\"text\":\"words\"") && header == rev);
	CHECK(strcmp(newest(ES_TOPIC_POSITIVE, id, &header), "null") == 0 && header == rev);
	CHECK(strcmp(newest(ES_TOPIC_NEUTRAL, id, &header), "null") == 0 && header == rev);
	CHECK(strcmp(newest(ES_TOPIC_FLAGGED, id, &header), "null") == 0 && header == rev);
	char key[100];
	snprintf(key, sizeof(key), "%s/ayse", id);
	value = newest(ES_TOPIC_REVIEWS, key, NULL);
	CHECK(strstr(value, "\"decision\":\"label\",\"label\":\"negative\"") &&
	      strstr(value, "\"note\":\"ironic\"") && strstr(value, "\"base\":{\"rev\":0,"));
	value = newest(ES_TOPIC_AUDIT, NULL, NULL);
	CHECK(strstr(value, "\"who\":\"ayse\"") &&
	      strstr(value, "\"was\":{\"rev\":0,\"label\":\"positive\"}"));
	/* what the pages see */
	CHECK(comes_to_hold("/api/v1/summary",
			    "{\"n\":2,\"positive\":0,\"neutral\":1,\"negative\":1,"));
	CHECK_INT(get("/api/v1/queue"), 200);
	CHECK(holds("{\"open\":0,"));
	/* a worker that had not heard of it */
	kit_open_txn();
	kit_work(&(struct kit_post){
		.id = 1, .rev = rev + 5, .label = EARSHOT_POSITIVE, .text = "edited" });
	kit_commit();
	CHECK(comes_to_hold("/api/v1/mentions", "\"edited\""));
	CHECK(holds("\"label\":\"negative\",\"machine\":\"positive\",\"decision\":{"));
	/* the one who decided on the older words is told so */
	CHECK_INT(review(1, "\"decision\":\"label\",\"label\":\"neutral\"", rev), 409);
	CHECK(holds("\"error\":\"stale\"") && rev_in_body() == rev + 5);
	CHECK_INT(undo(1), 200);
	CHECK(holds("\"decision\":\"undo\",\"label\":\"positive\",\"hidden\":false"));
	CHECK(comes_to_hold("/api/v1/summary",
			    "{\"n\":2,\"positive\":1,\"neutral\":1,\"negative\":0,"));
	CHECK(strstr(newest(ES_TOPIC_POSITIVE, id, NULL), "\"label\":\"positive\"}"));
	CHECK(strcmp(newest(ES_TOPIC_NEGATIVE, id, NULL), "null") == 0);
	CHECK(!strstr(newest(ES_TOPIC_POSITIVE, id, NULL), "machine"));
	CHECK_INT(undo(1), 404);
	stop();
}

TEST("noise leaves mentions, counts and queue, and comes back when that is undone at once")
{
	static const struct kit_post posts[] = {
		{ .id = 1, .label = EARSHOT_NEGATIVE, .rule = "leaving" },
		{ .id = 2, .label = EARSHOT_NEUTRAL, .rule = "leaving" },
	};
	REQUIRE(begin(posts, 2));
	CHECK_INT(review(1, "\"decision\":\"not_us\"", 0), 200);
	CHECK(holds("\"hidden\":true"));
	for (int label = 1; label <= 3; label++)
		CHECK(strlen(newest(kit_topic((enum earshot_label)label), kit_id(1), NULL)) == 4);
	CHECK(comes_to_hold("/api/v1/summary", "{\"n\":1,"));
	char path[100];
	snprintf(path, sizeof(path), "/api/v1/mentions/%s", kit_id(1));
	CHECK_INT(get(path), 200);
	CHECK(holds("\"decision\":{\"decision\":\"not_us\",\"agent\":\"ayse\"") &&
	      holds("\"hidden\":true"));
	/* without waiting for the read model */
	CHECK_INT(review(2, "\"decision\":\"spam\"", 0), 200);
	CHECK_INT(undo(2), 200);
	CHECK(comes_to_hold("/api/v1/queue", "{\"open\":1,"));
	CHECK_INT(undo(1), 200);
	CHECK(holds("\"label\":\"negative\""));
	CHECK(comes_to_hold("/api/v1/queue", "{\"open\":2,"));
	CHECK_INT(get("/api/v1/summary"), 200);
	CHECK(holds("{\"n\":2,\"positive\":0,\"neutral\":1,\"negative\":1,"));
	CHECK(strstr(newest(ES_TOPIC_FLAGGED, kit_id(1), NULL), "\"rule\":\"leaving\""));
	/* an erasure takes also what a decision had put out of sight */
	CHECK_INT(get(path), 200);
	CHECK_INT(review(1, "\"decision\":\"spam\"", rev_in_body()), 200);
	CHECK(comes_to_hold("/api/v1/summary", "{\"n\":1,"));
	kit_open_txn();
	for (int topic = ES_TOPIC_POSITIVE; topic <= ES_TOPIC_FLAGGED; topic++)
		kit_null((enum es_topic_id)topic, 1, EARSHOT_NONE);
	kit_commit();
	int64_t until = es_monotonic_ms() + ANSWER_MS;
	while (get(path) != 404 && es_monotonic_ms() < until)
		usleep(5000);
	CHECK_INT(get(path), 404);
	CHECK_INT(undo(1), 410);
	stop();
}

TEST("done takes a post from the queue and leaves its label, also one that was corrected")
{
	static const struct kit_post posts[] = {
		{ .id = 1, .label = EARSHOT_POSITIVE, .rule = "leaving" },
		{ .id = 2, .label = EARSHOT_POSITIVE, .rule = "leaving" },
	};
	REQUIRE(begin(posts, 2));
	CHECK_INT(review(1, "\"decision\":\"done\"", 0), 200);
	CHECK(comes_to_hold("/api/v1/queue", "{\"open\":1,"));
	CHECK_INT(undo(1), 200);
	CHECK(comes_to_hold("/api/v1/queue", "{\"open\":2,"));
	CHECK_INT(review(2, "\"decision\":\"label\",\"label\":\"negative\"", 0), 200);
	CHECK_INT(review(2, "\"decision\":\"done\"", rev_in_body()), 200);
	CHECK(comes_to_hold("/api/v1/summary",
			    "{\"n\":2,\"positive\":1,\"neutral\":0,\"negative\":1,"));
	CHECK(strstr(newest(ES_TOPIC_REVIEWS, NULL, NULL),
		     "\"decision\":\"done\",\"label\":\"negative\"") ||
	      strstr(newest(ES_TOPIC_REVIEWS, NULL, NULL), "undo"));
	stop();
}

TEST("what is wrong with a request is said by the name of the parameter")
{
	static const struct kit_post posts[] = { { .id = 1, .label = EARSHOT_POSITIVE } };
	REQUIRE(begin(posts, 1));
	static const struct {
		const char *path, *name;
	} bad[] = { { "/api/v1/mentions?limit=0", "limit: " },
		    { "/api/v1/mentions?limit=201", "limit: " },
		    { "/api/v1/mentions?limit=1e2", "limit: " },
		    { "/api/v1/mentions?label=bad", "label: " },
		    { "/api/v1/mentions?since=yesterday", "since: " },
		    { "/api/v1/mentions?until=2025-11-24", "until: " },
		    { "/api/v1/mentions?cursor=x", "cursor: " },
		    { "/api/v1/mentions?q=a%20AND", "q: " },
		    { "/api/v1/mentions?q=(acme", "q: " },
		    { "/api/v1/mentions?q=is:funny", "q: " },
		    { "/api/v1/check", "q: " },
		    { "/api/v1/check?q=a&limit=1", "limit: " },
		    { "/api/v1/mentions?lable=negative", "lable: " },
		    { "/api/v1/mentions?lang=ko&lang=tr", "lang: " },
		    { "/api/v1/summary?q=x", "q: " },
		    { "/api/v1/summary?topic=a&brand=b", "brand: " },
		    { "/api/v1/series?step=year", "step: " },
		    { "/api/v1/series?step=hour&since=400d", "since: " },
		    { "/api/v1/changes?window=1m", "window: " },
		    { "/api/v1/queue?cursor=1.2", "cursor: " },
		    { "/api/v1/sources?x=1", "x: " } };
	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		if (get(bad[i].path) != 400)
			FAIL("%s: %.200s", bad[i].path, answer);
		char want[100];
		snprintf(want, sizeof(want), "{\"error\":\"bad_parameter\",\"message\":\"%s",
			 bad[i].name);
		CHECK(holds(want));
	}
	static const char *const bodies[] = {
		"",
		"[]",
		"{\"id\":\"x\",\"decision\":\"done\",\"base_rev\":0}",
		"{\"decision\":\"done\",\"base_rev\":0}",
		"{\"id\":\"00000000000000000000000000000001\",\"decision\":\"done\"}",
		"{\"id\":\"00000000000000000000000000000001\",\"base_rev\":0}",
		"{\"id\":\"00000000000000000000000000000001\",\"base_rev\":0,\"decision\":"
		"\"undo\"}",
		"{\"id\":\"00000000000000000000000000000001\",\"base_rev\":0,\"decision\":"
		"\"label\"}",
		"{\"id\":\"00000000000000000000000000000001\",\"base_rev\":0.5,\"decision\":"
		"\"done\"}",
		"{\"id\":\"00000000000000000000000000000001\",\"base_rev\":0,\"decision\":\"done\","
		"\"label\":\"negative\"}",
		"{\"id\":\"00000000000000000000000000000001\",\"base_rev\":0,\"decision\":\"done\","
		"\"who\":\"me\"}",
		"{\"id\":\"00000000000000000000000000000001\",\"base_rev\":0,\"base_rev\":0,"
		"\"decision\":\"done\"}",
		"{\"id\":\"00000000000000000000000000000001\",\"base_rev\":0,\"decision\":\"done\"}"
		" x",
		"{\"id\":\"00000000000000000000000000000001\",\"base_rev\":0,\"decision\":\"done\","
		"\"note\":\"\xff\"}",
	};
	for (size_t i = 0; i < ES_COUNT(bodies); i++) {
		if (request("POST", "/api/v1/reviews", bodies[i]) != 400)
			FAIL("%s: %.300s", bodies[i], answer);
		CHECK(holds("\"error\":\"bad_body\""));
	}
	CHECK_INT(review(9, "\"decision\":\"done\"", 0), 404);
	CHECK_INT(undo(1), 404);
	CHECK_INT(get("/api/v1/reviews"), 405);
	CHECK_INT(get("/api/v1/none"), 404);
	CHECK_INT(get("/api/v1/mentions/x"), 404);
	stop();
}

TEST("hostile words are data, and every endpoint answers JSON")
{
	static const struct kit_post posts[] = {
		{ .id = 1,
		  .label = EARSHOT_NEGATIVE,
		  .text = "</script><script>alert(1)</script>\"\\\n\x01\xe2\x80\xa8",
		  .title = "{\"decision\":{}}",
		  .author = "<img src=x onerror=alert(1)>",
		  .channel = "x\"y\nz",
		  .topics = "acme-all,@rival,a\nb" },
	};
	REQUIRE(begin(posts, 1));
	static const char *const paths[] = { "/api/v1/mentions", "/api/v1/summary",
					     "/api/v1/series",   "/api/v1/sov",
					     "/api/v1/channels", "/api/v1/topics",
					     "/api/v1/changes",  "/api/v1/sources",
					     "/api/v1/queue" };
	for (size_t i = 0; i < ES_COUNT(paths); i++) {
		CHECK_INT(get(paths[i]), 200);
		CHECK(strstr(answer, "Content-Type: application/json"));
		CHECK(strstr(answer, "X-Content-Type-Options: nosniff"));
		CHECK(!strstr(body, "\n") && !strstr(body, "\x01"));
		struct es_json_member member;
		int got;
		for (size_t at = 0; (got = es_json_next(body, strlen(body), &at, &member)) == 1;)
			;
		if (got)
			FAIL("no JSON: %s: %s", paths[i], body);
	}
	CHECK_INT(get("/api/v1/mentions"), 200);
	CHECK(holds("\"text\":\"</script><script>alert(1)</script>\\\"\\\\\\n\\u0001"));
	CHECK_INT(get("/api/v1/channels"), 200);
	CHECK(holds("{\"channel\":\"x\\\"y\\nz\",\"n\":1,"));
	/* a topic cannot pass for a brand */
	CHECK_INT(get("/api/v1/summary?brand=rival"), 200);
	CHECK(holds("{\"n\":0,"));
	CHECK_INT(get("/api/v1/summary?topic=%27%20OR%201--"), 200);
	CHECK(holds("{\"n\":0,"));
	stop();
}

TEST("a page is told at once how things are, and then of what changes")
{
	static const struct kit_post posts[] = { { .id = 1, .label = EARSHOT_NEGATIVE } };
	REQUIRE(begin(posts, 1));
	int fd = connect_to(server);
	const char *text =
		"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 7\r\n\r\n";
	REQUIRE(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	CHECK(read_until(fd, "\"sources\":true}\n\n"));
	CHECK(strstr(answer, "event: change\ndata: {\"seq\":"));
	CHECK(strstr(answer, "\"n\":1,\"positive\":0,\"neutral\":0,\"negative\":1,\"open\":0,"
			     "\"overdue\":0,\"new\":0,\"ids\":[],\"queue\":true"));
	kit_open_txn();
	kit_work(&(struct kit_post){ .id = 2, .label = EARSHOT_POSITIVE });
	kit_work(&(struct kit_post){ .id = 3, .label = EARSHOT_NEGATIVE, .rule = "leaving" });
	kit_commit();
	/* the first may still tell of what was there already */
	CHECK(read_until(fd, "\"n\":3,"));
	const char *event = strstr(answer, "\"n\":3,");
	REQUIRE(event);
	while (!strstr(event, "\n\n"))
		REQUIRE(read_more(fd) > 0);
	CHECK(strstr(answer, kit_id(2)) && strstr(answer, kit_id(3)));
	CHECK(strstr(answer, "\"open\":1,\"overdue\":0,\"new\":"));
	close(fd);
	stop();
}

TEST("pages are served beside the API, and readiness follows the read model")
{
	static const struct kit_post posts[] = { { .id = 1, .label = EARSHOT_NEGATIVE } };
	REQUIRE(begin(posts, 1));
	CHECK_INT(get("/"), 200);
	CHECK(holds("<p>page") && strstr(answer, "Content-Security-Policy: default-src 'self'"));
	CHECK_INT(get("/queue"), 200);
	CHECK(holds("<p>page"));
	CHECK_INT(get("/none.js"), 404);
	CHECK(comes_to_hold("/readyz",
			    "{\"ready\":true,\"checks\":[{\"name\":\"view\",\"ready\":true}]}"));
	/* where others could reach it, there is no desk */
	struct es_http *open = NULL;
	struct es_desk *second = NULL;
	struct es_http_options options = { .listen = "0.0.0.0:0", .remote = true };
	CHECK_OK(es_http_new(&open, &options, &error), error);
	CHECK_INT(es_desk_new(&second,
			      &(struct es_desk_options){
				      .bus = kit_bus, .view = view, .http = open, .instance = "t" },
			      &error),
		  EARSHOT_CONFIG);
	CHECK(!second && *error.hint);
	es_http_free(open);
	stop();
}
