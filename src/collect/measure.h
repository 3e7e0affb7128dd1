/* SPDX-License-Identifier: MIT
 *
 * measure.h - one number of an outside series, between the row it came in and the record it
 * becomes. Inside header of the room `collect`; series.c.
 */
#ifndef ES_COLLECT_MEASURE_H
#define ES_COLLECT_MEASURE_H

#include "collect/reading.h"

struct es_measure {
	struct earshot_str metric, method;
	struct es_named dimensions[ES_SERIES_DIMENSIONS]; /* by name, rising */
	size_t n_dimensions;
	int64_t start, period_ms; /* 0 = a moment */
	double value, low, high;  /* low, high: NaN = not said */
	int64_t n;                /* EARSHOT_NONE = not said */
};

/* A row of this source. What the cells say is borrowed. DATA: what is wrong with it. */
int es_measure_read(struct es_measure *measure, const struct es_source *source,
		    const struct earshot_feed_cell *cells, size_t n,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* Appends its key; its value as JSON. */
void es_measure_key(struct es_buf *out, const struct es_measure *measure);
void es_measure_encode(struct es_buf *out, const struct es_measure *measure,
		       const struct es_source *source, int64_t rev, int64_t observed_at);
/* Of a reading: the row into the open transaction, unless it is known: an earshot_feed_row_fn. */
int es_measure_row(void *reading, const struct earshot_feed_cell *cells, size_t n, int64_t line);

#endif
