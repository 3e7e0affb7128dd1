/* SPDX-License-Identifier: MIT
 *
 * metrics.h - counters, gauges and histograms of the roles, in the Prometheus text format.
 *
 * Names: earshot_ prefix, base units, _total for counters; labels of low
 * cardinality, given as they will be printed: `outcome="positive"`.
 * Thread-safe. A registry lives as long as the process.
 */
#ifndef ES_METRICS_H
#define ES_METRICS_H

#include <stdatomic.h>
#include "base/base.h"

struct es_metrics;

struct es_metrics *es_metrics_new(void); /* NULL where there is no memory */
void es_metrics_free(struct es_metrics *metrics);

enum es_metric_type { ES_METRIC_COUNTER, ES_METRIC_GAUGE };

/* The cell of a metric with these labels, made at the first call; add to it or
 * set it with atomic operations. Never NULL: where there is no memory, or
 * `metrics` is NULL, a cell that nobody prints. Name and help must be literals. */
_Atomic int64_t *es_metric(struct es_metrics *metrics, enum es_metric_type type, const char *name,
			   const char *help, const char *labels);
/* The same for a histogram; all of one name have the same bounds. The registry owns it:
 * add to it, or copy into it what is counted elsewhere. */
struct es_histogram *es_metric_histogram(struct es_metrics *metrics, const char *name,
					 const char *help, const char *labels,
					 const struct es_bounds *bounds);
/* Called before every write, in the thread that writes, to set what is only known when
 * it is asked for (one hook). */
void es_metrics_on_write(struct es_metrics *metrics, void (*hook)(void *ctx), void *ctx);
void es_metrics_write(struct es_metrics *metrics, struct es_buf *out);

#endif
