/* SPDX-License-Identifier: MIT
 *
 * The collector over HTTP, against the site of collect_site.h.
 */
#include "collect_site.h"

TEST("validators go back with the next try, and a 304 writes nothing")
{
	struct es_bus *bus = kit_start();
	char url[128];
	snprintf(url, sizeof(url), "http://user:secret@127.0.0.1:%d/feed", port);
	const struct es_source source = { .id = "web", .kind = ES_SOURCE_FEED, .url = url };
	struct es_collect_options options = options_for(bus, &source, 1);
	atomic_store(&document, FEED(ITEM("1") ITEM("2")));
	const char *value = kit_look(&options);
	CHECK_INT(kit_count(bus), 2);
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
	const struct es_source source = { .id = "web",
					  .kind = ES_SOURCE_FEED,
					  .url = site_url("/feed") };
	struct es_collect_options options = options_for(bus, &source, 1);
	atomic_store(&document, "<html><body>maintenance</body></html>");
	const char *value = kit_look(&options);
	CHECK(strstr(value, "\"error\":\"data\"") && !strstr(value, "\"etag\""));
	atomic_store(&document, FEED(ITEM("1")));
	kit_once(&options);
	CHECK_INT(kit_count(bus), 1);
	kit_end(bus);
}

TEST("Retry-After sets the next try, and 410 is the last question")
{
	struct es_bus *bus = kit_start();
	const char *url = site_url("/feed");
	struct es_source source = { .id = "web", .kind = ES_SOURCE_FEED, .url = url };
	struct es_collect_options options = options_for(bus, &source, 1);
	atomic_store(&document, NULL);
	int64_t now = es_now_ms();
	const char *value = kit_look(&options);
	CHECK(strstr(value, "\"state\":\"cannot_hear\"") && strstr(value, "\"status\":503"));
	int64_t next = time_in(value, "next_try");
	CHECK(next >= now + 7200 * ES_SECOND && next < now + 7300 * ES_SECOND);
	source.url = site_url("/gone");
	value = kit_look(&options);
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

#define ATOM(entries) \
	"<feed xmlns=\"http://www.w3.org/2005/Atom\" xmlns:at=\"http://purl.org/atompub/" \
	"tombstones/1.0\"><title>T</title>" entries "</feed>"
#define ENTRY(id, text)   "<entry><id>" id "</id><title>" text "</title></entry>"
#define DELETED(id, when) "<at:deleted-entry ref=\"" id "\" when=\"" when "\"/>"

TEST("a feed that says an entry was deleted deletes its post, once, above every edit of it")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "web",
					  .kind = ES_SOURCE_FEED,
					  .url = site_url("/feed") };
	struct es_collect_options options = options_for(bus, &source, 1);
	atomic_store(&document, ATOM(ENTRY("7", "seven") ENTRY("urn:8", "eight")));
	kit_once(&options);
	/* an edit has the time at which it was seen */
	atomic_store(&document, ATOM(ENTRY("7", "seven, better") ENTRY("urn:8", "eight")));
	kit_once(&options);
	/* ... so a deletion of last year would lose against it */
	atomic_store(&document, ATOM(DELETED("7", "2025-01-01T00:00:00Z")
					     DELETED("urn:8", "2100-01-01T00:00:00Z")
						     DELETED("urn:9", "2025-01-01T00:00:00Z")));
	int64_t before = es_now_ms();
	kit_once(&options);
	struct kit_posts posts = kit_posts(bus);
	CHECK_INT(posts.n, 6);
	for (size_t i = 0; i < posts.n; i++) {
		const struct kit_post *post = &posts.at[i],
				      *last = kit_find(&posts, post->native_id);
		CHECK_STR(post->id, strlen(post->id), last->id); /* of one scope */
		CHECK_INT(last->post.op, EARSHOT_OP_DELETE);
		CHECK(last->post.rev >= post->post.rev);
		if (strcmp(last->native_id, "urn:9") == 0) /* never seen here: as it is told */
			CHECK_INT(last->post.rev, 1735689600000);
		else
			CHECK(last->post.rev >= before && last->post.rev <= es_now_ms());
	}
	free(posts.at);
	/* once, though the mark stays, and though the document changes */
	atomic_store(&document, ATOM(DELETED("7", "2025-01-01T00:00:00Z") ENTRY("10", "ten")));
	kit_once(&options);
	CHECK_INT(kit_count(bus), 7);
	/* made anew */
	atomic_store(&document, ATOM(ENTRY("7", "seven again")));
	kit_once(&options);
	posts = kit_posts(bus);
	CHECK_INT(posts.n, 8);
	CHECK_INT(kit_find(&posts, "7")->post.op, EARSHOT_OP_UPDATE);
	CHECK(kit_find(&posts, "7")->post.rev >= before);
	free(posts.at);
	kit_end(bus);
}
