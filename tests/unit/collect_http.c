/* SPDX-License-Identifier: MIT
 *
 * The collector over HTTP, against the site of collect_site.h.
 */
#include "collect_site.h"

TEST("validators go back with the next try, and a 304 writes nothing")
{
	struct es_bus *bus = kit_start();
	char url[128], value[8192] = "";
	snprintf(url, sizeof(url), "http://user:secret@127.0.0.1:%d/feed", port);
	const struct es_source source = { .id = "web", .kind = ES_SOURCE_FEED, .url = url };
	struct es_collect_options options = options_for(bus, &source, 1);
	atomic_store(&document, FEED(ITEM("1") ITEM("2")));
	kit_once(&options);
	CHECK_INT(kit_count(bus), 2);
	kit_read(bus, "sources", keep_value, value);
	CHECK(strstr(value, "\"etag\":\"\\\"") && strstr(value, "\"status\":200"));
	CHECK(!strstr(value, "secret"));
	int records = kit_read(bus, "sources", NULL, NULL);
	kit_once(&options);
	CHECK_INT(atomic_load(&unchanged), 1);
	CHECK_INT(kit_count(bus), 2);
	CHECK_INT(kit_read(bus, "sources", NULL, NULL), records);
	atomic_store(&document, FEED(ITEM("3") ITEM("1") ITEM("2")));
	kit_once(&options);
	CHECK_INT(kit_count(bus), 3);
	kit_end(bus);
}

TEST("a document that is none keeps the old validators, so that it is asked for again")
{
	struct es_bus *bus = kit_start();
	char url[128], value[8192] = "";
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/feed", port);
	const struct es_source source = { .id = "web", .kind = ES_SOURCE_FEED, .url = url };
	struct es_collect_options options = options_for(bus, &source, 1);
	atomic_store(&document, "<html><body>maintenance</body></html>");
	kit_once(&options);
	kit_read(bus, "sources", keep_value, value);
	CHECK(strstr(value, "\"error\":\"data\"") && !strstr(value, "\"etag\""));
	atomic_store(&document, FEED(ITEM("1")));
	kit_once(&options);
	CHECK_INT(kit_count(bus), 1);
	kit_end(bus);
}

TEST("Retry-After sets the next try, and 410 is the last question")
{
	struct es_bus *bus = kit_start();
	char url[128], gone[128], value[8192] = "";
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/feed", port);
	snprintf(gone, sizeof(gone), "http://127.0.0.1:%d/gone", port);
	struct es_source source = { .id = "web", .kind = ES_SOURCE_FEED, .url = url };
	struct es_collect_options options = options_for(bus, &source, 1);
	atomic_store(&document, NULL);
	int64_t now = es_now_ms();
	kit_once(&options);
	kit_read(bus, "sources", keep_value, value);
	CHECK(strstr(value, "\"state\":\"cannot_hear\"") && strstr(value, "\"status\":503"));
	int64_t next = time_in(value, "next_try");
	CHECK(next >= now + 7200 * ES_SECOND && next < now + 7300 * ES_SECOND);
	source.url = gone;
	kit_once(&options);
	kit_read(bus, "sources", keep_value, value);
	CHECK(strstr(value, "\"state\":\"stopped\"") && strstr(value, "\"error\":\"gone\"") &&
	      !strstr(value, "\"next_try\""));
	int before = atomic_load(&requests);
	kit_once(&options);
	CHECK_INT(atomic_load(&requests), before);
	/* another address: heard again */
	source.url = url;
	atomic_store(&document, FEED(ITEM("1")));
	kit_once(&options);
	CHECK_INT(kit_count(bus), 1);
	kit_end(bus);
}

TEST("a thousand sources at once, each heard, committed many to a transaction")
{
	enum { N = 1000 };
	struct es_bus *bus = kit_start();
	static struct es_source sources[N];
	static char urls[N][64], ids[N][16];
	for (int i = 0; i < N; i++) {
		snprintf(urls[i], sizeof(urls[i]), "http://127.0.0.1:%d/n/%d", port, i);
		snprintf(ids[i], sizeof(ids[i]), "s%d", i);
		sources[i] =
			(struct es_source){ .id = ids[i], .kind = ES_SOURCE_FEED, .url = urls[i] };
	}
	struct es_collect_options options = options_for(bus, sources, N);
	int64_t start = es_monotonic_ms();
	kit_once(&options);
	printf("# %lld ms for %d sources\n", (long long)(es_monotonic_ms() - start), N);
	CHECK_INT(kit_count(bus), N);
	CHECK_INT(kit_read(bus, "sources", NULL, NULL), N);
	kit_once(&options);
	CHECK_INT(kit_count(bus), N);
	kit_end(bus);
}
