/* SPDX-License-Identifier: MIT
 *
 * When a source is asked next, when it has moved, when its silence is news: the rules
 * alone, without a network and without a clock.
 */
#include "collect/moved.h"
#include "collect/schedule.h"
#include "collect/silence.h"
#include <math.h>
#include "test.h"

/* Thursday, 2026-11-26 12:00:00 UTC */
#define NOON (1795694400 * ES_SECOND)

#define FEED(head) \
	"<rss version=\"2.0\"><channel><title>T</title>" head \
	"<item><ttl>9</ttl></item></channel></rss>"

TEST("what a feed says of itself is read from its head: ttl, hours and days to skip, how often it "
     "changes")
{
	static const struct {
		const char *document;
		struct es_hints want;
	} cases[] = {
		{ FEED(""), { 0 } },
		{ FEED("<ttl>60</ttl>"), { .ttl_ms = ES_HOUR } },
		{ FEED("<TTL> 15 </TTL>"), { .ttl_ms = 15 * ES_MINUTE } },
		{ FEED("<ttl/>"), { 0 } },
		{ FEED("<ttl>-5</ttl>"), { 0 } },
		{ FEED("<ttl>soon</ttl>"), { 0 } },
		{ FEED("<ttl>99999999999999999999</ttl>"), { 0 } },
		{ FEED("<skipHours><hour>0</hour><hour>23</hour><hour>99</hour></skipHours>"),
		  { .skip_hours = 1u | 1u << 23 } },
		{ FEED("<skipHours><hour>24</hour></skipHours>"), { .skip_hours = 1u } },
		{ FEED("<skipDays><day>Saturday</day><day>sunday</day><day>Noday</day></skipDays>"),
		  { .skip_days = 1u << 5 | 1u << 6 } },
		{ FEED("<skipDays><day>Monday</day><day>Tuesday</day><day>Wednesday</day>"
		       "<day>Thursday</day><day>Friday</day><day>Saturday</day>"
		       "<day>Sunday</day></skipDays>"),
		  { 0 } },
		{ FEED("<sy:updatePeriod>\n hourly\t</sy:updatePeriod>"
		       "<sy:updateFrequency>\n1</sy:updateFrequency>"),
		  { .period_ms = ES_HOUR } },
		{ FEED("<syn:updatePeriod>daily</syn:updatePeriod>"
		       "<syn:updateFrequency>4</syn:updateFrequency>"),
		  { .period_ms = 6 * ES_HOUR } },
		{ FEED("<sy:updatePeriod>weekly</sy:updatePeriod>"), { .period_ms = 7 * ES_DAY } },
		{ FEED("<sy:updatePeriod>fortnightly</sy:updatePeriod>"), { 0 } },
		{ FEED("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0"
		       "</sy:updateFrequency>"),
		  { .period_ms = ES_HOUR } },
		{ "<ttl", { 0 } },
		{ "<", { 0 } },
		{ "{\"version\": \"https://jsonfeed.org/version/1.1\"}", { 0 } },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct es_hints got;
		/* in memory of its own, so that a read behind the end is seen */
		size_t len = strlen(cases[i].document);
		char *copy = malloc(len);
		REQUIRE(copy);
		memcpy(copy, cases[i].document, len);
		es_hints_read(&got, copy, len);
		free(copy);
		const struct es_hints *want = &cases[i].want;
		if (got.ttl_ms != want->ttl_ms || got.period_ms != want->period_ms ||
		    got.skip_hours != want->skip_hours || got.skip_days != want->skip_days)
			FAIL("%s: %lld %lld %x %x", cases[i].document, (long long)got.ttl_ms,
			     (long long)got.period_ms, got.skip_hours, got.skip_days);
	}
}

TEST("the interval is never below `every`, is lengthened by what the site says, and by no more "
     "than six hours")
{
	static const struct {
		int64_t every, fresh;
		struct es_hints hints;
		int64_t least, most;
		enum es_wait why;
	} cases[] = {
		{ ES_HOUR, EARSHOT_NONE, { 0 }, 54 * ES_MINUTE, ES_HOUR, ES_WAIT_EVERY },
		{ ES_HOUR, 0, { 0 }, 54 * ES_MINUTE, ES_HOUR, ES_WAIT_EVERY },
		{ ES_HOUR,
		  ES_MINUTE,
		  { .ttl_ms = ES_MINUTE },
		  54 * ES_MINUTE,
		  ES_HOUR,
		  ES_WAIT_EVERY },
		{ ES_MINUTE, ES_HOUR, { 0 }, ES_HOUR, 66 * ES_MINUTE, ES_WAIT_FRESH },
		{ ES_MINUTE,
		  ES_HOUR,
		  { .ttl_ms = 2 * ES_HOUR },
		  2 * ES_HOUR,
		  132 * ES_MINUTE,
		  ES_WAIT_TTL },
		{ ES_MINUTE,
		  EARSHOT_NONE,
		  { .period_ms = ES_HOUR },
		  ES_HOUR,
		  66 * ES_MINUTE,
		  ES_WAIT_PERIOD },
		{ ES_MINUTE,
		  31536000 * ES_SECOND,
		  { 0 },
		  6 * ES_HOUR,
		  396 * ES_MINUTE,
		  ES_WAIT_FRESH },
		{ ES_MINUTE,
		  EARSHOT_NONE,
		  { .ttl_ms = INT64_MAX },
		  6 * ES_HOUR,
		  396 * ES_MINUTE,
		  ES_WAIT_TTL },
		{ ES_DAY, ES_HOUR, { .ttl_ms = ES_HOUR }, ES_DAY * 9 / 10, ES_DAY, ES_WAIT_EVERY },
		/* noon to three are skipped: asked at three */
		{ ES_MINUTE,
		  EARSHOT_NONE,
		  { .skip_hours = 7u << 12 },
		  3 * ES_HOUR,
		  190 * ES_MINUTE,
		  ES_WAIT_SKIP },
		/* the rest of Thursday */
		{ ES_MINUTE,
		  EARSHOT_NONE,
		  { .skip_days = 1u << 3 },
		  12 * ES_HOUR,
		  730 * ES_MINUTE,
		  ES_WAIT_SKIP },
		/* four days from now on: once a day all the same */
		{ ES_MINUTE,
		  EARSHOT_NONE,
		  { .skip_days = 15u << 3 },
		  ES_DAY,
		  ES_DAY,
		  ES_WAIT_SKIP },
		{ ES_MINUTE,
		  EARSHOT_NONE,
		  { .skip_days = 1u << 4 },
		  54 * ES_SECOND,
		  ES_MINUTE,
		  ES_WAIT_EVERY },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		for (int step = 0; step < 10; step++) {
			enum es_wait why;
			int64_t wait = es_wait_heard(cases[i].every, cases[i].fresh,
						     &cases[i].hints, NOON, step / 10.0, &why);
			if (wait < cases[i].least || wait > cases[i].most || why != cases[i].why)
				FAIL("case %zu: %lld ms by %s", i, (long long)wait,
				     es_wait_name(why));
		}
	}
}

TEST("failures wait twice as long each time, to an hour; Retry-After up to a day, and never "
     "shortens that")
{
	enum es_wait why;
	int64_t before = 0;
	for (int64_t n = 1; n < 100; n++) {
		int64_t wait = es_wait_failed(5 * ES_MINUTE, n, EARSHOT_NONE, 0, &why);
		CHECK_INT(why, ES_WAIT_BACKOFF);
		CHECK(n == 1 ? wait == 30 * ES_SECOND : wait >= before && wait <= 2 * before);
		CHECK(wait <= ES_HOUR);
		before = wait;
	}
	CHECK_INT(before, ES_HOUR);
	CHECK_INT(es_wait_failed(ES_SECOND, 1, EARSHOT_NONE, 0, &why), ES_SECOND);
	CHECK_INT(es_wait_failed(ES_DAY, 99, EARSHOT_NONE, 0, &why), ES_DAY);
	CHECK_INT(es_wait_failed(ES_MINUTE, 1, 2 * ES_HOUR, 0.9, &why), 2 * ES_HOUR);
	CHECK_INT(why, ES_WAIT_RETRY_AFTER);
	CHECK_INT(es_wait_failed(ES_MINUTE, 1, INT64_MAX, 0.9, &why), ES_DAY);
	CHECK_INT(es_wait_failed(ES_MINUTE, 9, ES_SECOND, 0, &why), ES_HOUR);
	CHECK_INT(why, ES_WAIT_BACKOFF);
}

TEST("a restart waits for what is left, and whatever the clock says no longer than its reason "
     "allows")
{
	static const struct {
		int64_t next;
		enum es_wait why;
		int64_t want;
	} cases[] = {
		{ EARSHOT_NONE, ES_WAIT_EVERY, 0 },
		{ NOON - 1, ES_WAIT_EVERY, 0 },
		{ NOON - ES_DAY, ES_WAIT_RETRY_AFTER, 0 },
		{ NOON + ES_MINUTE, ES_WAIT_EVERY, ES_MINUTE },
		{ NOON + ES_DAY, ES_WAIT_EVERY, 330 * ES_SECOND },
		{ NOON + 2 * ES_HOUR, ES_WAIT_RETRY_AFTER, 2 * ES_HOUR },
		{ NOON + 999 * ES_DAY, ES_WAIT_RETRY_AFTER, ES_DAY },
		{ NOON + 999 * ES_DAY, ES_WAIT_SKIP, ES_DAY },
		{ NOON + 3 * ES_HOUR, ES_WAIT_FRESH, 3 * ES_HOUR },
		{ NOON + ES_DAY, ES_WAIT_TTL, 396 * ES_MINUTE },
		{ NOON + ES_HOUR, ES_WAIT_BACKOFF, 0 },
	};
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		CHECK_INT(es_wait_loaded(5 * ES_MINUTE, cases[i].next, NOON, cases[i].why),
			  cases[i].want);
}

/* ---- silence ---- */

static int64_t after(const int64_t *days, size_t n)
{
	struct es_usual usual = { 0 };
	for (size_t i = 0; i < n; i++)
		es_usual_add(&usual, days[i], 0);
	return es_silence_after(&usual);
}

TEST("silence is news after a time that a source's own days set: sooner for a lively one, later "
     "for one that rests")
{
	static const int64_t even[7] = { 50, 50, 50, 50, 50, 50, 50 };
	static const int64_t rare[14] = { 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 0, 0, 2 };
	static const int64_t week[14] = { 20, 20, 20, 20, 20, 0, 0, 20, 20, 20, 20, 20, 0, 0 };
	static const int64_t few[7] = { 1, 1, 1, 1, 1, 1, 1 };
	CHECK_INT(after(even, 7), ES_DAY);
	CHECK(after(even, 6) == EARSHOT_NONE); /* six days are no history */
	CHECK(after(few, 7) == EARSHOT_NONE);  /* nor are seven items */
	/* e^-6.9 = 1/1000: eleven items in 14 days, 8.8 days */
	int64_t days = after(rare, 14);
	CHECK(days > 8 * ES_DAY && days < 9 * ES_DAY);
	/* from Friday evening to Monday morning nothing comes, and that is no news; a week is */
	days = after(week, 14);
	CHECK(days > 5 * ES_DAY / 2 && days < 7 * ES_DAY);
	struct es_usual usual = { 0 };
	es_usual_add(&usual, 5, 1000);
	CHECK_INT(usual.n, ES_USUAL_DAYS);
	CHECK(es_silence_after(&usual) == EARSHOT_NONE);
}

/* The same numbers in every run. */
static double drawn(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

TEST("of a thousand lives of steady sources, and of bursty ones, few have a silence that is called "
     "news")
{
	uint64_t random = 7;
	for (int clump = 1; clump <= 10; clump += 9) {
		int alarms = 0, items = 0;
		for (int life = 0; life < 1000; life++) {
			struct es_usual usual = { 0 };
			double rate = (0.5 + 5 * drawn(&random)) / (double)ES_DAY, at = 0;
			int64_t today = 0, count = 0;
			while (at < 60.0 * (double)ES_DAY) { /* two months, clumps at random */
				double gap = -log(drawn(&random)) / rate;
				int64_t wait = es_silence_after(&usual);
				alarms += wait != EARSHOT_NONE && gap > (double)wait;
				at += gap;
				int64_t day = (int64_t)at / ES_DAY;
				if (day > today) {
					es_usual_add(&usual, count, day - today - 1);
					today = day;
					count = 0;
				}
				count += clump;
				items++;
			}
		}
		printf("# clumps of %d: %d alarms in %d gaps\n", clump, alarms, items);
		/* 1 in 1,000 is meant; what is learnt from a week is not exact */
		CHECK(alarms * 200 < items);
	}
}

/* ---- moved ---- */

static enum es_move heard(struct es_moved *moved, const char *from, const char *url, bool permanent,
			  int64_t wall)
{
	enum es_move move;
	bool changed;
	CHECK_INT(es_moved_heard(moved, from, es_str_of(url), permanent, wall, &move, &changed), 0);
	return move;
}

#define OLD "http://old.example/feed"
#define NEW "https://new.example/feed"

TEST("an address is another one after three equal answers over a day, and not before")
{
	struct es_moved moved = { 0 };
	CHECK_INT(heard(&moved, OLD, NEW, true, NOON), ES_MOVE_NONE);
	for (int i = 1; i < 24; i++) /* many answers, less than a day */
		CHECK_INT(heard(&moved, OLD, NEW, true, NOON + i * ES_HOUR), ES_MOVE_NONE);
	CHECK(moved.to == NULL);
	CHECK_INT(heard(&moved, OLD, NEW, true, NOON + ES_DAY), ES_MOVE_ADOPTED);
	CHECK_STR(moved.to, strlen(moved.to), NEW);
	CHECK_INT(heard(&moved, OLD, NEW, false, NOON + 2 * ES_DAY), ES_MOVE_NONE);
	/* and on from there */
	CHECK_INT(heard(&moved, OLD, NEW "2", true, NOON + 3 * ES_DAY), ES_MOVE_NONE);
	CHECK_INT(heard(&moved, OLD, NEW "2", true, NOON + 4 * ES_DAY), ES_MOVE_NONE);
	CHECK_INT(heard(&moved, OLD, NEW "2", true, NOON + 5 * ES_DAY), ES_MOVE_ADOPTED);
	es_moved_clear(&moved);
	/* two answers, though days apart */
	heard(&moved, OLD, NEW, true, NOON);
	CHECK_INT(heard(&moved, OLD, NEW, true, NOON + 9 * ES_DAY), ES_MOVE_NONE);
	/* another answer in between, a temporary one, a clock that jumped back: from the start */
	heard(&moved, OLD, NEW "2", true, NOON + 9 * ES_DAY);
	CHECK_INT(heard(&moved, OLD, NEW, true, NOON + 10 * ES_DAY), ES_MOVE_NONE);
	heard(&moved, OLD, NEW, false, NOON + 10 * ES_DAY);
	CHECK_INT(heard(&moved, OLD, NEW, true, NOON + 11 * ES_DAY), ES_MOVE_NONE);
	CHECK_INT(heard(&moved, OLD, NEW, true, NOON), ES_MOVE_NONE);
	CHECK_INT(moved.answers, 1);
	es_moved_clear(&moved);
}

TEST("an address with a password, or with a query where there may be a key, is not taken over")
{
	static const char *const pairs[][2] = { { "https://u:p@old.example/feed", NEW },
						{ "https://old.example/feed?key=1",
						  NEW "?key=1" } };
	for (size_t i = 0; i < ES_COUNT(pairs); i++) {
		struct es_moved moved = { 0 };
		for (int k = 0; k < 9; k++)
			CHECK_INT(heard(&moved, pairs[i][0], pairs[i][1], true, NOON + k * ES_DAY),
				  ES_MOVE_NONE);
		CHECK(!moved.to && !moved.toward);
	}
}

TEST("three failures at the new address, or one 410, lead back to the address of the config")
{
	for (int gone = 0; gone < 2; gone++) {
		struct es_moved moved = { 0 };
		for (int k = 0; k < 3; k++)
			heard(&moved, OLD, NEW, true, NOON + k * ES_DAY);
		REQUIRE(moved.to);
		if (!gone) {
			CHECK_INT(es_moved_failed(&moved, false), ES_MOVE_NONE);
			heard(&moved, OLD, NEW, false, NOON + 4 * ES_DAY);
			CHECK_INT(es_moved_failed(&moved, false), ES_MOVE_NONE);
			CHECK_INT(es_moved_failed(&moved, false), ES_MOVE_NONE);
		}
		CHECK_INT(es_moved_failed(&moved, gone), ES_MOVE_LEFT);
		CHECK(!moved.to);
		CHECK_INT(es_moved_failed(&moved, true), ES_MOVE_NONE);
	}
}
