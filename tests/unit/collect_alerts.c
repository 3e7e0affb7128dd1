/* SPDX-License-Identifier: MIT
 *
 * Alerts about sources, on clocks of the test's own: raised once with what they rest on, ended when
 * it is over, in one transaction with the state of the source.
 */
#include "collect_time.h"

/* All records of `alerts`, the last in `value` with its key. */
struct alerts {
	char key[64], value[8192];
};

static void keep_alert(void *ctx, const struct es_record *record)
{
	struct alerts *alerts = ctx;
	snprintf(alerts->key, sizeof(alerts->key), "%.*s", (int)record->key_len,
		 (const char *)record->key);
	keep_value(alerts->value, record);
}

static int alerts_of(struct es_bus *bus, struct alerts *alerts)
{
	*alerts = (struct alerts){ 0 };
	return kit_read(bus, "alerts", keep_alert, alerts);
}

static struct es_source source = { .id = "web", .kind = ES_SOURCE_FEED };

static struct es_collect_options start(struct es_bus *bus)
{
	source.url = site_url("/feed");
	return timed_options(bus, &source);
}

TEST("a source that cannot be heard for an hour raises one alert with what it rests on, which ends "
     "when "
     "it is heard again")
{
	struct es_bus *bus = kit_start();
	struct es_collect_options options = start(bus);
	struct alerts alerts, ended;
	char value[8192];
	atomic_store(&document, FEED(ITEM("1")));
	kit_once(&options);
	atomic_store(&document, "<html>maintenance</html>");
	for (int i = 0; i < 4; i++) { /* 45 minutes, however many tries */
		kit_once(&options);
		pass(15 * ES_MINUTE);
		CHECK_INT(alerts_of(bus, &alerts), 0);
	}
	kit_once(&options);
	REQUIRE(alerts_of(bus, &alerts) == 1);
	says(alerts.value, "\"rule\":\"source.deaf\"");
	says(alerts.value, "\"source\":\"web\"");
	says(alerts.value, "\"error\":\"data\"");
	says(alerts.value, "\"failures\":2");
	says(alerts.value, "\"last_ok\":\"");
	CHECK(!strstr(alerts.value, "ended_at"));
	CHECK(time_in(alerts.value, "at") - time_in(alerts.value, "since") >= ES_HOUR);
	CHECK_INT((int)strlen(alerts.key), 32);
	says(alerts.value, alerts.key);
	for (int i = 0; i < 3; i++) { /* it goes on: no further record */
		pass(2 * ES_HOUR);
		kit_once(&options);
	}
	CHECK_INT(alerts_of(bus, &alerts), 1);
	kit_read(bus, "sources", keep_value, value);
	says(value, "\"alerts\":{\"source.deaf\":{");
	atomic_store(&document, FEED(ITEM("1")));
	kit_once(&options);
	REQUIRE(alerts_of(bus, &ended) == 2);
	CHECK_STR(ended.key, strlen(ended.key), alerts.key);
	says(ended.value, "\"ended_at\":\"");
	says(ended.value, "\"failures\":2"); /* what it rested on stays */
	kit_read(bus, "sources", keep_value, value);
	CHECK(!strstr(value, "\"alerts\"") && !strstr(value, "failing_since"));
	/* another time: another alert */
	atomic_store(&document, "<html>maintenance</html>");
	for (int i = 0; i < 4; i++) {
		kit_once(&options);
		pass(ES_HOUR);
	}
	REQUIRE(alerts_of(bus, &alerts) == 3);
	CHECK(strcmp(alerts.key, ended.key) != 0);
	kit_end(bus);
}

TEST("one try is no alert, however long ago, but an end for good is one at once, and so is a wait "
     "of hours that "
     "the "
     "server asks for")
{
	struct es_bus *bus = kit_start();
	struct es_collect_options options = start(bus);
	struct alerts alerts;
	atomic_store(&document, "<html>maintenance</html>");
	kit_once(&options);
	pass(ES_DAY);
	CHECK_INT(alerts_of(bus, &alerts), 0);
	kit_once(&options);
	CHECK_INT(alerts_of(bus, &alerts), 1);
	kit_end(bus);

	bus = kit_start();
	options = start(bus);
	source.url = site_url("/gone");
	kit_once(&options);
	REQUIRE(alerts_of(bus, &alerts) == 1);
	says(alerts.value, "\"error\":\"gone\"");
	kit_end(bus);

	bus = kit_start();
	options = start(bus);
	atomic_store(&document, NULL); /* 503, Retry-After: 7200 */
	kit_once(&options);
	REQUIRE(alerts_of(bus, &alerts) == 1);
	says(alerts.value, "\"status\":503");
	kit_end(bus);
}

TEST("a wall clock that jumps a day raises nothing")
{
	struct es_bus *bus = kit_start();
	struct es_collect_options options = start(bus);
	struct es_source lines = { .id = "file", .kind = ES_SOURCE_JSONL, .every_ms = 20 };
	struct es_collector *collector = NULL;
	pthread_t thread;
	struct earshot_error error = { 0 };
	struct alerts alerts;
	lines.url = kit_url("missing.jsonl");
	options.sources = &lines;
	options.once = false;
	CHECK_OK(es_collector_new(&collector, &options, &error), error);
	REQUIRE(pthread_create(&thread, NULL, run, collector) == 0);
	const struct es_collect_stats *stats = es_collector_stats(collector);
	while (atomic_load(&stats->failures) < 4)
		usleep(1000);
	atomic_fetch_add(&wall_offset, ES_DAY);
	int64_t before = atomic_load(&stats->failures);
	while (atomic_load(&stats->failures) < before + 2)
		usleep(1000);
	CHECK_INT(alerts_of(bus, &alerts), 0);
	atomic_fetch_add(&monotonic_offset, ES_HOUR);
	before = atomic_load(&stats->failures);
	while (atomic_load(&stats->failures) < before + 2)
		usleep(1000);
	es_collector_stop(collector);
	pthread_join(thread, NULL);
	es_collector_free(collector);
	CHECK_INT(alerts_of(bus, &alerts), 1);
	kit_end(bus);
}

TEST("a source that is quieter than its own days allow raises an alert, once, which ends when it "
     "speaks")
{
	struct es_bus *bus = kit_start();
	struct es_collect_options options = start(bus);
	struct alerts alerts, ended;
	static char documents[12][256];
	for (int day = 0; day < 12; day++) { /* two a day, after a backlog of two */
		snprintf(documents[day], sizeof(documents[day]),
			 FEED("<item><guid>a%d</guid><title>a</title></item>"
			      "<item><guid>b%d</guid><title>b</title></item>"),
			 day, day);
		atomic_store(&document, documents[day]);
		kit_once(&options);
		pass(ES_DAY);
	}
	CHECK_INT(alerts_of(bus, &alerts), 0);
	pass(3 * ES_DAY);
	for (int i = 0; i < 3; i++)
		kit_once(&options);
	REQUIRE(alerts_of(bus, &alerts) == 1);
	says(alerts.value, "\"rule\":\"source.silent\"");
	says(alerts.value, "\"items_per_day\":1.");
	says(alerts.value, "\"silent_at\":\"");
	CHECK_INT(time_in(alerts.value, "since"), time_in(alerts.value, "last_item"));
	/* deaf meanwhile: neither an end nor a second one */
	atomic_store(&document, "<html>maintenance</html>");
	kit_once(&options);
	atomic_store(&document, documents[11]);
	kit_once(&options);
	CHECK_INT(alerts_of(bus, &ended), 1);
	atomic_store(&document, FEED(ITEM("again")));
	kit_once(&options);
	REQUIRE(alerts_of(bus, &ended) == 2);
	CHECK_STR(ended.key, strlen(ended.key), alerts.key);
	says(ended.value, "\"ended_at\":\"");
	CHECK_INT(time_in(ended.value, "last_item"), time_in(alerts.value, "last_item"));
	kit_end(bus);
}
