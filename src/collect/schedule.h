/* SPDX-License-Identifier: MIT
 *
 * schedule.h - how long a source is left alone. Numbers in, a time to wait out: no
 * clock is read here, so that every rule can be tested. Inside header of the room `collect`.
 *
 * What the config says (`every`) is the least. What a site says lengthens it: how long its
 * answer stays fresh, <ttl>, sy:updatePeriod, to at most ES_SLOWER_MAX, because a source
 * that nobody asks for a day is deaf; hours and days that it wants to be skipped, and
 * Retry-After, to at most a day.
 */
#ifndef ES_COLLECT_SCHEDULE_H
#define ES_COLLECT_SCHEDULE_H

#include "collect/collect.h"

#define ES_SLOWER_MAX (6 * ES_HOUR)
#define ES_WAIT_MAX   ES_DAY

/* NULL = the machine's. */
int64_t es_clock_wall(const struct es_collect_clock *clock);
int64_t es_clock_monotonic(const struct es_collect_clock *clock);

/* Why a source waits as long as it does; the names stand in its record. */
#define ES_WAITS(X) \
	X(EVERY, "every") \
	X(FRESH, "fresh")             /* Cache-Control or Expires */ \
	X(TTL, "ttl")                 /* of RSS 2.0 */ \
	X(PERIOD, "period")           /* sy:updatePeriod, sy:updateFrequency */ \
	X(SKIP, "skip")               /* skipHours, skipDays */ \
	X(PUSH, "push")               /* what is new is pushed */ \
	X(STREAM, "stream")           /* what is new is streamed */ \
	X(RETRY_AFTER, "retry_after") /* the server said so */ \
	X(BACKOFF, "backoff")         /* it failed */ \
	X(BUDGET, "budget")           /* its calls are used up */ \
	X(COST, "cost")               /* the money of the month is used up */ \
	X(ROBOTS, "robots")           /* it asks not to be read */
#define X(name, text) ES_WAIT_##name,
enum es_wait { ES_WAITS(X) };
#undef X
const char *es_wait_name(enum es_wait wait);

/* What a feed says of itself about when to ask. Zeroed: nothing. */
struct es_hints {
	int64_t ttl_ms, period_ms;
	uint32_t skip_hours; /* bit n: hour n, UTC */
	uint32_t skip_days;  /* bit n: day n, 0 = Monday, UTC */
};
/* Reads the head of a feed (up to its first entry); UTF-8 or any superset of ASCII, else
 * nothing is found. */
void es_hints_read(struct es_hints *hints, const char *ptr, size_t len);

/* After a look that went well. `fresh_ms` may be EARSHOT_NONE; `chance` in [0, 1) spreads
 * sources that began together. */
int64_t es_wait_heard(int64_t every, int64_t fresh_ms, const struct es_hints *hints, int64_t wall,
		      double chance, enum es_wait *why);
/* After the nth failure in a row; retry_after may be EARSHOT_NONE. */
int64_t es_wait_failed(int64_t every, int64_t failures, int64_t retry_after, double chance,
		       enum es_wait *why);
/* After a start, from the wall-clock time of the next try in the record: whatever the
 * clocks say, no longer than the reason allows. */
int64_t es_wait_loaded(int64_t every, int64_t next_try, int64_t wall, enum es_wait why);

#endif
