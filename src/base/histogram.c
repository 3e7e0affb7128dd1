/* SPDX-License-Identifier: MIT */
#include "base/histogram.h"

#define MS     INT64_C(1000)
#define SECOND (1000 * MS)

/* A post is to be in its topic within 250 ms and within 500 ms while history is worked
 * anew: there the buckets are narrow. */
const struct es_bounds es_bounds_latency = {
	true,
	18,
	{ 10 * MS, 25 * MS, 50 * MS, 100 * MS, 150 * MS, 200 * MS, 250 * MS, 350 * MS, 500 * MS,
	  SECOND, 2500 * MS, 5 * SECOND, 15 * SECOND, 60 * SECOND, 300 * SECOND, 1800 * SECOND,
	  7200 * SECOND, 86400 * SECOND }
};
const struct es_bounds es_bounds_spent = {
	true,
	18,
	{ 100, 250, 500, MS, 2500, 5 * MS, 10 * MS, 25 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS,
	  SECOND, 2500 * MS, 5 * SECOND, 10 * SECOND, 30 * SECOND, 60 * SECOND }
};
const struct es_bounds es_bounds_records = {
	false, 12, { 1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000, 100000, 300000 }
};
const struct es_bounds es_bounds_bytes = { false,
					   11,
					   { 1 << 8, 1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18,
					     1 << 20, 1 << 22, 1 << 24, 1 << 26, 1 << 28 } };

void es_histogram_init(struct es_histogram *histogram, const struct es_bounds *bounds)
{
	*histogram = (struct es_histogram){ .bounds = bounds };
}

void es_histogram_add(struct es_histogram *histogram, int64_t value, int64_t times)
{
	const struct es_bounds *bounds = histogram->bounds;
	size_t i = 0;
	value = value < 0 ? 0 : value;
	while (i < bounds->n && bounds->at[i] < value)
		i++;
	atomic_fetch_add_explicit(&histogram->n[i], times, memory_order_relaxed);
	atomic_fetch_add_explicit(&histogram->sum, value * times, memory_order_relaxed);
}

void es_histogram_copy(struct es_histogram *to, const struct es_histogram *from)
{
	for (size_t i = 0; i <= from->bounds->n; i++)
		atomic_store(&to->n[i], atomic_load(&from->n[i]));
	atomic_store(&to->sum, atomic_load(&from->sum));
}
