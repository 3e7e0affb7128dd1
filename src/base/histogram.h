/* SPDX-License-Identifier: MIT
 *
 * histogram.h - how values are spread, for the metrics of the roles.
 *
 *   bounds   10 ms   25 ms   50 ms  ...  1 day
 *   n       |  7  |  12   |   3   | ... |  0  | more |
 *
 * A value counts in the first bucket whose bound is not below it. Adding is two
 * relaxed additions, no lock; any thread. Who reads meanwhile sees every value whole
 * in `n`, while `sum` may be one addition behind.
 */
#ifndef ES_HISTOGRAM_H
#define ES_HISTOGRAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ES_BUCKETS_MAX 18

struct es_bounds {
	bool seconds; /* values and bounds are microseconds, told in seconds */
	size_t n;
	int64_t at[ES_BUCKETS_MAX];
};

extern const struct es_bounds es_bounds_latency; /* 10 ms to a day */
extern const struct es_bounds es_bounds_spent;   /* 100 us to 60 s */
extern const struct es_bounds es_bounds_records; /* 1 to 300,000 */
extern const struct es_bounds es_bounds_bytes;   /* 256 bytes to 256 MiB */

struct es_histogram {
	const struct es_bounds *bounds;
	_Atomic int64_t n[ES_BUCKETS_MAX + 1];
	_Atomic int64_t sum;
};

void es_histogram_init(struct es_histogram *histogram, const struct es_bounds *bounds);
/* `times` times the same value; one below 0 (clocks differ) counts as 0. */
void es_histogram_add(struct es_histogram *histogram, int64_t value, int64_t times);
/* Makes `to`, which has the same bounds, say what `from` says. */
void es_histogram_copy(struct es_histogram *to, const struct es_histogram *from);

#endif
