/* SPDX-License-Identifier: MIT
 *
 * Days in the life of a source, on clocks of the test's own: moves, silence, hints, and
 * wall clocks that jump.
 */
#include "collect_time.h"

#define DOC(head, items) \
	"<rss version=\"2.0\"><channel><title>T</title>" head items "</channel></rss>"

TEST("a source that has moved for good is asked there after three answers over a day, says so, and "
     "the config wins")
{
	struct es_bus *bus = kit_start();
	char there[128];
	snprintf(there, sizeof(there), "\"moved_to\":\"http://127.0.0.1:%d/feed\"", port);
	struct es_source source = { .id = "web",
				    .kind = ES_SOURCE_FEED,
				    .url = site_url("/moved") };
	struct es_collect_options options = timed_options(bus, &source);
	atomic_store(&document, DOC("", ITEM("1")));
	atomic_store(&moved_to, "/feed");
	for (int i = 0; i < 3; i++) {
		CHECK(strstr(kit_look(&options), "\"moved_to\"") == NULL);
		pass(11 * ES_HOUR);
	}
	CHECK_INT(atomic_load(&moves), 3);
	const char *value = kit_look(&options);
	says(value, there);
	CHECK_INT(atomic_load(&moves), 4);
	kit_look(&options);
	CHECK_INT(atomic_load(&moves), 4);
	says(kit_look(&options), "it has moved for good");
	CHECK_INT(kit_count(bus), 1);
	/* nothing there any more: the config's address again, and no end of the source */
	atomic_store(&document, "");
	value = kit_look(&options);
	says(value, "\"state\":\"cannot_hear\"");
	CHECK(strstr(value, "\"moved_to\"") == NULL);
	CHECK_INT(atomic_load(&moves), 4);
	atomic_store(&document, DOC("", ITEM("1")));
	says(kit_look(&options), "\"state\":\"ok\"");
	CHECK_INT(atomic_load(&moves), 5);
	/* moved again, and then the config names another address */
	for (int i = 0; i < 3; i++) {
		pass(ES_DAY);
		value = kit_look(&options);
	}
	says(value, there);
	CHECK_INT(kit_count(bus), 1); /* the ids stay those of the config's address */
	int before = atomic_load(&moves);
	source.url = site_url("/moved#");
	CHECK(strstr(kit_look(&options), "\"moved_to\"") == NULL);
	CHECK_INT(atomic_load(&moves), before + 1);
	kit_end(bus);
}

TEST("a redirect for now, however often, moves nothing")
{
	struct es_bus *bus = kit_start();
	struct es_source source = { .id = "web",
				    .kind = ES_SOURCE_FEED,
				    .url = site_url("/moved") };
	struct es_collect_options options = timed_options(bus, &source);
	atomic_store(&document, DOC("", ITEM("1")));
	atomic_store(&moved_to, NULL);
	int before = atomic_load(&moves);
	for (int i = 0; i < 5; i++) {
		CHECK(strstr(kit_look(&options), "moved_to") == NULL);
		pass(ES_DAY);
	}
	CHECK(atomic_load(&moves) - before >= 5);
	CHECK(strstr(kit_look(&options), "moved_to") == NULL);
	kit_end(bus);
}

TEST("what a site says of when to come again is kept, over a 304 and a restart too")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = {
		.id = "web", .kind = ES_SOURCE_FEED, .url = site_url("/feed"), .every_ms = ES_MINUTE
	};
	struct es_collect_options options = timed_options(bus, &source);
	atomic_store(&document, DOC("", ITEM("1")));
	says(kit_look(&options), "\"waits_by\":\"every\"");
	atomic_store(&document, DOC("<ttl>120</ttl>", ITEM("1") ITEM("2")));
	atomic_store(&extra, "Cache-Control: max-age=3600\r\n");
	int64_t now = wall(NULL);
	const char *value = kit_look(&options);
	says(value, "\"waits_by\":\"ttl\"");
	int64_t wait = time_in(value, "next_try") - now;
	CHECK(wait >= 2 * ES_HOUR && wait < 3 * ES_HOUR);
	const char *same = atomic_load(&document);
	atomic_store(&document, NULL);
	says(kit_look(&options), "\"waits_by\":\"retry_after\"");
	atomic_store(&document, same);
	value = kit_look(&options);
	says(value, "\"status\":304");
	says(value, "\"waits_by\":\"ttl\"");
	atomic_store(&document, DOC("", ITEM("1") ITEM("2") ITEM("3")));
	says(kit_look(&options), "\"waits_by\":\"fresh\"");
	atomic_store(&extra, "");
	kit_end(bus);
}

TEST("a source that falls silent is told from one that is heard and from one that cannot be")
{
	struct es_bus *bus = kit_start();
	char *documents[12];
	const struct es_source source = { .id = "web",
					  .kind = ES_SOURCE_FEED,
					  .url = site_url("/feed") };
	struct es_collect_options options = timed_options(bus, &source);
	const char *value = "";
	for (int day = 0; day < 12; day++) { /* two a day, after a backlog of two */
		documents[day] = NULL;
		if (asprintf(&documents[day],
			     DOC("", "<item><guid>a%d</guid><title>a</title></item>"
				     "<item><guid>b%d</guid><title>b</title></item>"),
			     day, day) < 0)
			exit(1);
		atomic_store(&document, documents[day]);
		value = kit_look(&options);
		CHECK(strstr(value, "\"silent\"") == NULL);
		pass(ES_DAY);
	}
	says(value, "\"silent_at\":\"");
	says(value, "\"days\":[");
	/* ln 1000 / 2 = 3.45 days */
	pass(2 * ES_DAY);
	CHECK(strstr(kit_look(&options), "\"silent\":true") == NULL);
	pass(ES_DAY);
	says(kit_look(&options), "\"silent\":true");
	says(kit_look(&options), "\"state\":\"ok\"");
	/* deaf: another state, and no word of silence */
	atomic_store(&document, NULL);
	value = kit_look(&options);
	says(value, "\"state\":\"cannot_hear\"");
	CHECK(strstr(value, "\"silent\":true") == NULL);
	atomic_store(&document, documents[11]);
	says(kit_look(&options), "\"silent\":true");
	atomic_store(&document, DOC("", ITEM("again")));
	CHECK(strstr(kit_look(&options), "\"silent\":true") == NULL);
	kit_end(bus);
	for (int day = 0; day < 12; day++)
		free(documents[day]);
}

TEST("a clock that jumps a day, either way, neither stalls a source nor lets it storm")
{
	enum { ROUNDS = 15, EVERY = 100 };
	static const int64_t jumps[] = { 0, ES_DAY, -2 * ES_DAY, 400 * ES_DAY, -500 * ES_DAY };
	struct es_bus *bus = kit_start();
	pthread_t thread;
	struct es_collector *collector = NULL;
	struct earshot_error error = { 0 };
	const struct es_source source = {
		.id = "web", .kind = ES_SOURCE_FEED, .url = site_url("/feed"), .every_ms = EVERY
	};
	struct es_collect_options options = timed_options(bus, &source);
	options.once = false;
	atomic_store(&document, DOC("", ITEM("1")));
	CHECK_OK(es_collector_new(&collector, &options, &error), error);
	REQUIRE(collector);
	REQUIRE(pthread_create(&thread, NULL, run, collector) == 0);
	int first = atomic_load(&requests);
	for (int i = 0; i < 6000 && atomic_load(&requests) == first; i++)
		usleep(10000);
	for (size_t i = 0; i < ES_COUNT(jumps); i++) {
		int64_t begin = es_monotonic_ms();
		int before = atomic_load(&requests);
		atomic_fetch_add(&wall_offset, jumps[i]);
		for (int k = 0; k < 6000 && atomic_load(&requests) < before + ROUNDS; k++)
			usleep(10000);
		int asked = atomic_load(&requests) - before;
		/* one may be under way at the jump; `every` less its tenth is the least */
		int64_t most = (es_monotonic_ms() - begin) / (EVERY * 9 / 10) + 2;
		if (asked < ROUNDS)
			FAIL("jump %zu: a stall, asked %d times", i, asked);
		if (asked > most)
			FAIL("jump %zu: a storm, asked %d times, %lld at most", i, asked,
			     (long long)most);
	}
	es_collector_stop(collector);
	pthread_join(thread, NULL);
	/* health is told a few times, not at every look */
	CHECK(kit_read(bus, "sources", NULL, NULL) <= 2 + (int)(2 * ES_COUNT(jumps)));
	CHECK_INT(kit_count(bus), 1);
	es_collector_free(collector);
	kit_end(bus);
}
