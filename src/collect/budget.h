/* SPDX-License-Identifier: MIT
 *
 * budget.h - how often a source may be called, and how often it was. Numbers in, numbers out:
 * no clock is read here. Inside header of the room `collect`.
 *
 *   n[]   | 24 h ago ... 1 h ago | this hour |     calls, the newest last: `at` is its number
 *           \__________ a day, whenever it begins __________/
 *
 * What counts is the sum: so in no 24 hours, and in no 60 seconds, there are more calls than
 * the budget allows, by whatever clock the other end counts its days. A part of a window is
 * let go as a whole, when the last moment of it is out of every window: at most an hour, or
 * 2.5 seconds, late.
 *
 * A call is counted before it is made, and made when the count is committed: a process that is
 * killed in between has given a call away, never made one too many. A collector counts every
 * request of a call, redirects too: it takes what they may need first (es_budget_take), and
 * gives back what was not needed.
 */
#ifndef ES_COLLECT_BUDGET_H
#define ES_COLLECT_BUDGET_H

#include "base/base.h"

#define ES_BUDGET_PARTS 25u

/* Of the config; 0 = no limit. */
struct es_budget {
	int64_t per_minute, per_day;
};

/* Zeroed: nothing was called. */
struct es_window {
	int64_t at; /* number of the newest part since 1970 */
	int64_t n[ES_BUDGET_PARTS];
};
struct es_spent {
	struct es_window minute, day;
};

static inline bool es_budget_is_set(const struct es_budget *budget)
{
	return budget->per_minute > 0 || budget->per_day > 0;
}

/* Calls that are left now, of the window of which fewest are left; INT64_MAX without a limit. A
 * wall clock that went back is not believed, unless it is by more than the window. */
int64_t es_budget_left(const struct es_budget *budget, const struct es_spent *spent, int64_t wall);
/* The same of one window. */
int64_t es_budget_left_minute(const struct es_budget *budget, const struct es_spent *spent,
			      int64_t wall);
int64_t es_budget_left_day(const struct es_budget *budget, const struct es_spent *spent,
			   int64_t wall);
/* Counts up to `wanted` calls, as many as are left; returns how many. */
int64_t es_budget_take(const struct es_budget *budget, struct es_spent *spent, int64_t wanted,
		       int64_t wall);
/* `n` of the calls that were taken last were not made. */
void es_budget_give(struct es_spent *spent, int64_t n);
/* Less than half of it is left: what is not the source itself waits. */
bool es_budget_is_scarce(const struct es_budget *budget, const struct es_spent *spent,
			 int64_t wall);
/* ms until a call may be made; 0 = now. */
int64_t es_budget_wait(const struct es_budget *budget, const struct es_spent *spent, int64_t wall);

/* Members of the record of a source, with a comma before them: what is left as of the last
 * call, for people; what was spent, to go on with, and back (a value that is none: nothing). */
void es_budget_put(struct es_buf *out, const struct es_budget *budget,
		   const struct es_spent *spent);
void es_budget_put_spent(struct es_buf *out, const struct es_spent *spent);
void es_budget_get_spent(struct es_spent *spent, struct earshot_str raw);

#endif
