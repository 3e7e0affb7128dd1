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
 * gives back what was not needed (es_budget_settle).
 *
 * The same for money: before a call its price and that of a full page are counted, after it what
 * came. A month is one of the calendar in UTC. Money is in millionths of whatever is paid in.
 *
 * What was spent may be one source's, or that of all that share a budget (collect.h).
 */
#ifndef ES_COLLECT_BUDGET_H
#define ES_COLLECT_BUDGET_H

#include "base/base.h"

#define ES_BUDGET_PARTS 25u

#define ES_MONEY 1000000 /* 1.00 */

/* Of the config. */
struct es_budget {
	int64_t per_minute, per_day, per_month; /* units, units, money; 0 = no limit */
	int64_t units;                          /* that a call counts for; 0 = 1 */
	int64_t per_call, per_item;             /* money */
	int64_t items;                          /* most that a call may bring */
};

/* Zeroed: nothing was called. */
struct es_window {
	int64_t at; /* number of the newest part since 1970 */
	int64_t n[ES_BUDGET_PARTS];
};
struct es_spent {
	struct es_window minute, day;
	int64_t month; /* since 1970 */
	int64_t money; /* of that month */
};
/* Calls that were counted, not made yet, and when. */
struct es_taken {
	int64_t calls, at;
};

static inline bool es_budget_is_set(const struct es_budget *budget)
{
	return budget->per_minute > 0 || budget->per_day > 0 || budget->per_month > 0;
}

/* Units that are left now, of the window of which fewest are left; INT64_MAX without a limit. A
 * wall clock that went back is not believed, unless it is by more than the window. */
int64_t es_budget_left(const struct es_budget *budget, const struct es_spent *spent, int64_t wall);
/* The same of one window; money. */
int64_t es_budget_left_minute(const struct es_budget *budget, const struct es_spent *spent,
			      int64_t wall);
int64_t es_budget_left_day(const struct es_budget *budget, const struct es_spent *spent,
			   int64_t wall);
int64_t es_budget_left_month(const struct es_budget *budget, const struct es_spent *spent,
			     int64_t wall);
/* Counts up to `wanted` calls and one full page, as many as are left; returns how many. */
int64_t es_budget_take(const struct es_budget *budget, struct es_spent *spent, int64_t wanted,
		       int64_t wall);
/* So many of the calls that were taken were made, and brought so many items. */
void es_budget_settle(const struct es_budget *budget, struct es_spent *spent,
		      const struct es_taken *taken, int64_t calls, int64_t items, int64_t wall);
/* Less than half of it is left: what is not the source itself waits. */
bool es_budget_is_scarce(const struct es_budget *budget, const struct es_spent *spent,
			 int64_t wall);
/* ms until a call may be made; 0 = now. *money (may be NULL): it is the month's money that is
 * used up. */
int64_t es_budget_wait(const struct es_budget *budget, const struct es_spent *spent, int64_t wall,
		       bool *money);

/* Members of the record of a source, with a comma before them: what is left as of the last
 * call, for people; what was spent, to go on with, and back (a value that is none: nothing). */
void es_budget_put(struct es_buf *out, const struct es_budget *budget,
		   const struct es_spent *spent);
void es_budget_put_spent(struct es_buf *out, const struct es_spent *spent);
void es_budget_get_spent(struct es_spent *spent, struct earshot_str raw);

#endif
