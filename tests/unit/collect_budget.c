/* SPDX-License-Identifier: MIT
 *
 * Budgets: the rule alone, and a collector that is killed again and again.
 */
#include "collect_site.h"
#include "http/http.h"

/* 2026-11-26 12:00:00 UTC */
#define NOON (1795694400 * ES_SECOND)

/* Most calls in any window: at[] rises. */
static int64_t most_in(const int64_t *at, size_t n, int64_t window)
{
	int64_t most = 0;
	for (size_t i = 0, from = 0; i < n; i++) {
		while (at[i] - at[from] >= window)
			from++;
		if ((int64_t)(i - from + 1) > most)
			most = (int64_t)(i - from + 1);
	}
	return most;
}

TEST("in no 60 seconds and in no 24 hours are there more calls than the budget, and few less")
{
	static int64_t at[60000];
	static const struct es_budget budgets[] = { { 3, 100 }, { 0, 1 }, { 1, 0 }, { 7, 5000 } };
	for (size_t b = 0; b < ES_COUNT(budgets); b++) {
		struct es_spent spent = { 0 };
		size_t n = 0;
		int64_t wall = NOON + 1234;
		/* asks all the time for three days: whenever the wait is over, and too soon */
		while (wall < NOON + 3 * ES_DAY && n < ES_COUNT(at)) {
			int64_t wait = es_budget_wait(&budgets[b], &spent, wall, NULL);
			int64_t got = es_budget_take(&budgets[b], &spent, 1, wall);
			CHECK_INT(got, wait == 0);
			if (got)
				at[n++] = wall;
			wall += wait > 1 ? wait / 2 + 1 : got ? 1 : 2;
		}
		if (budgets[b].per_minute)
			CHECK_INT(most_in(at, n, ES_MINUTE), budgets[b].per_minute);
		if (budgets[b].per_day)
			CHECK_INT(most_in(at, n, ES_DAY), budgets[b].per_day);
		/* a part of a window is let go late: by an hour a day, 2.5 s a minute */
		int64_t day = budgets[b].per_day ? budgets[b].per_day : INT64_MAX;
		int64_t minute = budgets[b].per_minute ? budgets[b].per_minute * 1440 : INT64_MAX;
		int64_t expected = 3 * (day < minute ? day : minute);
		CHECK((int64_t)n * 100 >= expected * 90);
	}
}

TEST("what was taken and not needed is given back; a clock that goes back brings no calls")
{
	const struct es_budget budget = { .per_day = 10 };
	struct es_spent spent = { 0 };
	CHECK_INT(es_budget_left(&budget, &spent, NOON), 10);
	CHECK_INT(es_budget_take(&budget, &spent, 6, NOON), 6);
	es_budget_settle(&budget, &spent, &(struct es_taken){ 6, NOON }, 1, 0, NOON);
	CHECK_INT(es_budget_left(&budget, &spent, NOON), 9);
	CHECK_INT(es_budget_take(&budget, &spent, 20, NOON + ES_HOUR), 9);
	CHECK_INT(es_budget_left(&budget, &spent, NOON - 5 * ES_HOUR), 0);
	CHECK_INT(es_budget_left(&budget, &spent, NOON - 30 * ES_DAY), 0);
	/* but a clock that was a month ahead does not stop a source for a month */
	int64_t wait = es_budget_wait(&budget, &spent, NOON - 30 * ES_DAY, NULL);
	CHECK(wait > 23 * ES_HOUR && wait <= 25 * ES_HOUR);
	CHECK_INT(es_budget_left(&budget, &spent, NOON + 2 * ES_DAY), 10);
	CHECK_INT(es_budget_left(&(struct es_budget){ 0 }, &spent, NOON), INT64_MAX);
}

TEST("a call may count for several units, and what one gives back is not taken from another")
{
	const struct es_budget search = { .per_day = 250, .units = 100 };
	const struct es_budget read = { .per_day = 250, .units = 1 };
	struct es_spent spent = { 0 };
	CHECK_INT(es_budget_take(&search, &spent, 7, NOON), 2);
	CHECK_INT(es_budget_take(&search, &spent, 1, NOON), 0);
	CHECK_INT(es_budget_take(&read, &spent, 7, NOON + ES_HOUR), 7);
	/* one search was made, an hour later than it was counted; all seven reads were made */
	es_budget_settle(&search, &spent, &(struct es_taken){ 2, NOON }, 1, 0, NOON + ES_HOUR);
	es_budget_settle(&read, &spent, &(struct es_taken){ 7, NOON + ES_HOUR }, 7, 0,
			 NOON + ES_HOUR);
	CHECK_INT(es_budget_left(&read, &spent, NOON + ES_HOUR), 143);
	CHECK_INT(es_budget_left(&read, &spent, NOON + ES_DAY + ES_MINUTE), 143);
	CHECK_INT(es_budget_left(&read, &spent, NOON + 26 * ES_HOUR), 250);
	CHECK(es_budget_wait(&search, &spent, NOON + ES_HOUR, NULL) == 0);
}

TEST("the money of a month is enough for a whole page, or no call is made until the next month")
{
	/* 0.01 a call, 0.005 an item, 100 items a page at most: 0.51 a page, of 1.50 */
	const struct es_budget budget = {
		.per_month = 1500000, .per_call = 10000, .per_item = 5000, .items = 100
	};
	const int64_t december = NOON - ES_DAY / 2 + 5 * ES_DAY; /* begins */
	struct es_spent spent = { 0 };
	int64_t now = NOON, paid = 0;
	bool money;
	while (es_budget_take(&budget, &spent, 1, now)) {
		es_budget_settle(&budget, &spent, &(struct es_taken){ 1, now }, 1, 60, now);
		paid += 10000 + 60 * 5000;
		now += ES_HOUR;
	}
	CHECK_INT(paid, 4 * 310000); /* another page might be 0.51, and 0.26 are left */
	CHECK_INT(es_budget_left_month(&budget, &spent, now), 1500000 - paid);
	CHECK_INT(es_budget_wait(&budget, &spent, now, &money), december - now);
	CHECK(money);
	CHECK_INT(es_budget_take(&budget, &spent, 1, december - 1), 0);
	/* a call that was killed is paid for as a full page; of several calls one brings a page */
	CHECK_INT(es_budget_take(&budget, &spent, 6, december), 6);
	CHECK_INT(es_budget_left_month(&budget, &spent, december), 1500000 - 560000);
	/* a clock that goes back to the month before brings no money */
	CHECK_INT(es_budget_left_month(&budget, &spent, NOON), 1500000 - 560000);
	/* begun in one month and ended in another: it counts in both */
	now = december + 31 * ES_DAY;
	es_budget_settle(&budget, &spent, &(struct es_taken){ 6, december }, 1, 100, now);
	CHECK_INT(es_budget_left_month(&budget, &spent, now), 1500000 - 510000);
}

TEST("what was spent comes back from the record, and a record that is none is nothing")
{
	const struct es_source source = {
		.id = "s", .kind = ES_SOURCE_FEED, .url = "http://e.org/", .budget = { 5, 100 }
	};
	struct es_spent spent = { 0 }, back;
	struct es_buf out;
	es_buf_init(&out, ES_MIB);
	CHECK_INT(es_budget_take(&source.budget, &spent, 3, NOON), 3);
	CHECK_INT(es_budget_take(&source.budget, &spent, 3, NOON + ES_HOUR), 3);
	es_buf_puts(&out, "{\"a\":1");
	es_budget_put(&out, &source.budget, &spent);
	es_budget_put_spent(&out, &spent);
	es_buf_puts(&out, "}");
	CHECK(strstr(out.ptr, "\"budget\":{\"per_minute\":5,\"left_minute\":2,\"per_day\":100,"
			      "\"left_day\":94}"));
	es_budget_get_spent(&back, es_json_get(out.ptr, out.len, "spent"));
	CHECK(memcmp(&back, &spent, sizeof(back)) == 0);
	static const char *const wrong[] = { "",
					     "7",
					     "{}",
					     "{\"day\":[]}",
					     "{\"day\":{\"at\":1}}",
					     "{\"minute\":{\"at\":\"x\",\"n\":[1,2]}}" };
	for (size_t i = 0; i < ES_COUNT(wrong); i++) {
		es_budget_get_spent(&back, es_str_of(wrong[i]));
		CHECK_INT(es_budget_left(&source.budget, &back, NOON), 5);
	}
	es_buf_release(&out);
}

/* Kills at every stage of a look, until the day is used up: a kill between the counting of calls
 * and their settling loses all that were counted, so how many there are depends on the machine;
 * four kills wait for 0, 1, 2 and 3 calls and use up 28 at most. */
static int kill_until_nothing_is_left(const struct es_collect_options *options)
{
	int began = atomic_load(&requests), kills = 0, idle = 0;
	for (; kills < 60 && idle < 2; kills++)
		idle += !kit_kill_amid(options, &requests, kills % 4,
				       (useconds_t)kills * 7919 % 20000);
	int made = atomic_load(&requests) - began;
	printf("# %d kills, %d calls meanwhile\n", kills, made);
	return made;
}

TEST("a source that may call 100 times a day is called 100 times and never more, across kills")
{
	struct es_bus *bus = kit_start();
	char value[8192] = "";
	/* the site redirects: two calls a look */
	const struct es_source source = { .id = "api",
					  .kind = ES_SOURCE_FEED,
					  .url = site_url("/moved"),
					  .every_ms = 20,
					  .budget = { .per_day = 100 } };
	atomic_store(&document, FEED(ITEM("1")));
	atomic_store(&requests, 0);
	atomic_store(&moved_to, NULL);
	struct es_collect_options options = options_for(bus, &source, 1);
	kit_once(&options);
	es_bus_close(bus);
	options.once = false;
	CHECK(kill_until_nothing_is_left(&options) > 10);
	/* in peace it calls what is left, and waits */
	options.bus = bus = kit_open();
	options.once = true;
	for (int i = 0; i < 60; i++)
		kit_once(&options);
	CHECK(atomic_load(&requests) <= 100);
	kit_read(bus, "sources", keep_value, value);
	CHECK(strstr(value, "\"waits_by\":\"budget\"") && strstr(value, "\"left_day\":0"));
	CHECK(strstr(value, "\"state\":\"ok\""));
	CHECK(time_in(value, "next_try") > es_now_ms() + 22 * ES_HOUR);
	CHECK_INT(kit_count(bus), 1);
	kit_end(bus);
}

TEST("two sources that share 100 calls a day are called 100 times together and never more, across "
     "kills")
{
	struct es_bus *bus = kit_start();
	/* one is redirected; both lie in the partition of their budget */
	const struct es_source sources[] = { { .id = "one",
					       .kind = ES_SOURCE_FEED,
					       .url = site_url("/moved"),
					       .every_ms = 20,
					       .budget = { .per_day = 100 },
					       .share = "key" },
					     { .id = "two",
					       .kind = ES_SOURCE_FEED,
					       .url = site_url("/feed"),
					       .every_ms = 30,
					       .budget = { .per_day = 100 },
					       .share = "key" } };
	atomic_store(&document, FEED(ITEM("1")));
	atomic_store(&requests, 0);
	atomic_store(&moved_to, NULL);
	struct es_collect_options options = options_for(bus, sources, 2);
	kit_once(&options);
	es_bus_close(bus);
	options.once = false;
	CHECK(kill_until_nothing_is_left(&options) > 10);
	options.bus = bus = kit_open();
	options.once = true;
	for (int i = 0; i < 60; i++)
		kit_once(&options);
	/* in peace not one is lost; kills give some away */
	CHECK(atomic_load(&requests) <= 100);
	CHECK_INT(kit_count(bus), 2);
	kit_end(bus);
}

TEST("of a budget nothing is lost while nobody is killed: 30 calls a day are 30 calls")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "api",
					  .kind = ES_SOURCE_FEED,
					  .url = site_url("/feed"),
					  .budget = { .per_day = 30 } };
	struct es_collect_options options = options_for(bus, &source, 1);
	atomic_store(&document, FEED(ITEM("1")));
	atomic_store(&requests, 0);
	for (int i = 0; i < 40; i++)
		kit_once(&options);
	CHECK_INT(atomic_load(&requests), 30);
	kit_end(bus);
}
