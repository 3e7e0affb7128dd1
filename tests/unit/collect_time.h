/* SPDX-License-Identifier: MIT
 *
 * collect_time.h - clocks of the test's own, and collectors that go by them.
 */
#ifndef ES_COLLECT_TIME_H
#define ES_COLLECT_TIME_H

#include "collect_site.h"

static _Atomic int64_t wall_offset, monotonic_offset;

static int64_t wall(void *ctx)
{
	(void)ctx;
	return es_now_ms() + atomic_load(&wall_offset);
}

static int64_t monotonic(void *ctx)
{
	(void)ctx;
	return es_monotonic_ms() + atomic_load(&monotonic_offset);
}

static const struct es_collect_clock test_clock = { wall, monotonic, NULL };

/* Time passes: on both clocks. */
static void pass(int64_t ms)
{
	atomic_fetch_add(&wall_offset, ms);
	atomic_fetch_add(&monotonic_offset, ms);
}

static struct es_collect_options timed_options(struct es_bus *bus, const struct es_source *source)
{
	struct es_collect_options options = options_for(bus, source, 1);
	options.clock = &test_clock;
	return options;
}

/* A thread's: a collector, until it is stopped. */
KIT_MAYBE static void *run(void *collector)
{
	struct earshot_error error = { 0 };
	CHECK_OK(es_collector_run(collector, &error), error);
	return NULL;
}

KIT_MAYBE static bool says(const char *value, const char *what)
{
	bool found = strstr(value, what) != NULL;
	if (!found)
		FAIL("%s is not in %s", what, value);
	return found;
}

#endif
