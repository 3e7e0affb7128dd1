/* SPDX-License-Identifier: MIT
 *
 * series.h - numbers from outside (hold minutes, page load, store rating): a source of kind series,
 * whose rows go to topic `metrics`. Part of the outside header of the room `collect`.
 *
 *   metric, time, value, n, interval.lo, interval.hi, method, dimensions.NAME    what a row may
 * have
 *
 * The map of the source renames them, as it does for posts. A row of the same metric, dimensions
 * and period replaces what was there.
 */
#ifndef ES_COLLECT_SERIES_H
#define ES_COLLECT_SERIES_H

#include <earshot/feed.h>

#include "base/base.h"

#define ES_SERIES_NAME       64u  /* bytes of a metric's, a dimension's name: a-z 0-9 _ - . */
#define ES_SERIES_VALUE      128u /* bytes of a dimension's value */
#define ES_SERIES_DIMENSIONS 8u

/* The member of a row that is named so; a dimension has its name behind the dot. */
#define ES_SERIES_DIMENSION "dimensions."

struct es_series {
	const char *metric; /* of all rows; NULL: each row says its own */
	int64_t period_ms;  /* that a row speaks of; EARSHOT_NONE: a day where it names a day, else
			     * a moment */
	const char *method; /* how it was measured; "reported" where nobody says */
};

/* May a map name it? */
bool es_series_knows(struct earshot_str field);

#endif
