/* SPDX-License-Identifier: MIT */
#include "collect/schedule.h"

#define BACKOFF_FIRST (30 * ES_SECOND)
#define BACKOFF_MOST  ES_HOUR

int64_t es_clock_wall(const struct es_collect_clock *clock)
{
	return clock ? clock->wall_ms(clock->ctx) : es_now_ms();
}

int64_t es_clock_monotonic(const struct es_collect_clock *clock)
{
	return clock ? clock->monotonic_ms(clock->ctx) : es_monotonic_ms();
}

const char *es_wait_name(enum es_wait wait)
{
	static const char *const names[] = {
#define X(name, text) text,
		ES_WAITS(X)
#undef X
	};
	return names[wait];
}

/* The longest of what is asked for, where it is longer than `wait`. */
static void lengthen(int64_t *wait, int64_t to, enum es_wait reason, enum es_wait *why)
{
	if (to > ES_SLOWER_MAX)
		to = ES_SLOWER_MAX;
	if (to <= *wait)
		return;
	*wait = to;
	*why = reason;
}

static bool is_skipped(const struct es_hints *hints, int64_t wall)
{
	int64_t hours = wall / ES_HOUR;
	/* 1970-01-01 was a Thursday */
	return (hints->skip_hours >> (hours % 24) & 1) ||
	       (hints->skip_days >> ((hours / 24 + 3) % 7) & 1);
}

int64_t es_wait_heard(int64_t every, int64_t fresh_ms, const struct es_hints *hints, int64_t wall,
		      double chance, enum es_wait *why)
{
	int64_t wait = every;
	*why = ES_WAIT_EVERY;
	lengthen(&wait, fresh_ms, ES_WAIT_FRESH, why);
	lengthen(&wait, hints->ttl_ms, ES_WAIT_TTL, why);
	lengthen(&wait, hints->period_ms, ES_WAIT_PERIOD, why);
	/* a little early where it is our own wish, a little late where it is theirs */
	int64_t spread = (int64_t)(chance * (double)(wait / 10));
	wait += *why == ES_WAIT_EVERY ? -spread : spread;
	if (wall < 0 || !is_skipped(hints, wall + wait))
		return wait;
	int64_t skipped = ((wall + wait) / ES_HOUR + 1) * ES_HOUR - wall;
	while (skipped < ES_WAIT_MAX && is_skipped(hints, wall + skipped))
		skipped += ES_HOUR;
	skipped += (int64_t)(chance * (double)(10 * ES_MINUTE));
	if (skipped > ES_WAIT_MAX)
		skipped = ES_WAIT_MAX;
	if (skipped <= wait)
		return wait;
	*why = ES_WAIT_SKIP;
	return skipped;
}

int64_t es_wait_failed(int64_t every, int64_t failures, int64_t retry_after, double chance,
		       enum es_wait *why)
{
	int64_t most = every > BACKOFF_MOST ? every : BACKOFF_MOST;
	int64_t wait = every < BACKOFF_FIRST ? every : BACKOFF_FIRST;
	*why = ES_WAIT_BACKOFF;
	for (int64_t i = 1; i < failures && wait < most; i++)
		wait *= 2;
	wait = wait < most ? wait : most;
	wait += (int64_t)(chance * (double)(wait / 5));
	if (retry_after > wait) {
		wait = retry_after < ES_WAIT_MAX ? retry_after : ES_WAIT_MAX;
		*why = ES_WAIT_RETRY_AFTER;
	}
	return wait;
}

int64_t es_wait_loaded(int64_t every, int64_t next_try, int64_t wall, enum es_wait why)
{
	int64_t most = every * 11 / 10;
	if (why == ES_WAIT_RETRY_AFTER || why == ES_WAIT_SKIP || why == ES_WAIT_BUDGET)
		most = ES_WAIT_MAX;
	else if (why == ES_WAIT_FRESH || why == ES_WAIT_TTL || why == ES_WAIT_PERIOD ||
		 why == ES_WAIT_PUSH || why == ES_WAIT_STREAM)
		most = ES_SLOWER_MAX * 11 / 10;
	else if (why == ES_WAIT_BACKOFF)
		most = 0; /* whoever starts it has mended something */
	if (next_try == EARSHOT_NONE || next_try <= wall)
		return 0;
	return next_try - wall < most ? next_try - wall : most;
}
