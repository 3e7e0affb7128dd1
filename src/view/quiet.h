/* SPDX-License-Identifier: MIT
 *
 * quiet.h - when silence is news. Inside `view` only.
 */
#ifndef ES_VIEW_QUIET_H
#define ES_VIEW_QUIET_H

#include "base/base.h"

/* Below this many posts nobody knows what is usual. */
#define ES_QUIET_POSTS 10
#define ES_QUIET_MIN   (2 * ES_DAY)
#define ES_QUIET_GAPS  3 /* times the mean gap */

/* Has what brought n posts from `first` to `last` been silent for longer than is
 * usual for it? */
static inline bool es_is_quiet(int64_t n, int64_t first, int64_t last, int64_t now)
{
	if (n < ES_QUIET_POSTS || last <= first)
		return false;
	int64_t longest = ES_QUIET_GAPS * ((last - first) / (n - 1));
	return now - last > (longest > ES_QUIET_MIN ? longest : ES_QUIET_MIN);
}

#endif
