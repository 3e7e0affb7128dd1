/* SPDX-License-Identifier: MIT */
#include "collect/budget.h"

#include "collect/members.h"
#include "http/http.h"
#include "post/post.h"

#define MINUTE_PART (ES_MINUTE / (ES_BUDGET_PARTS - 1))
#define DAY_PART    (ES_DAY / (ES_BUDGET_PARTS - 1))

static int64_t sum_of(const struct es_window *window)
{
	int64_t sum = 0;
	for (size_t i = 0; i < ES_BUDGET_PARTS; i++)
		sum += window->n[i];
	return sum;
}

/* The window as it is at `wall`: what is out of it is forgotten. */
static struct es_window moved_to(const struct es_window *window, int64_t part, int64_t wall)
{
	struct es_window now = { .at = wall / part };
	int64_t by = now.at - window->at;
	if (by < -(int64_t)ES_BUDGET_PARTS) {
		/* the clock was far ahead: who knows when those calls were */
		now.n[ES_BUDGET_PARTS - 1] = sum_of(window);
		return now;
	}
	if (by <= 0)
		return *window;
	for (size_t i = 0; i + (size_t)by < ES_BUDGET_PARTS; i++)
		now.n[i] = window->n[i + (size_t)by];
	return now;
}

static int64_t left_of(int64_t limit, const struct es_window *window, int64_t part, int64_t wall)
{
	if (limit <= 0)
		return INT64_MAX;
	struct es_window now = moved_to(window, part, wall);
	int64_t left = limit - sum_of(&now);
	return left > 0 ? left : 0;
}

/* Months since 1970, and when one begins. */
static int64_t month_of(int64_t wall)
{
	int64_t year;
	unsigned month, day;
	es_date_of(wall / ES_DAY, &year, &month, &day);
	return (year - 1970) * 12 + month - 1;
}

static int64_t month_begins(int64_t month)
{
	return es_days_of(1970 + month / 12, (unsigned)(month % 12) + 1, 1) * ES_DAY;
}

static int64_t units_of(const struct es_budget *budget)
{
	return budget->units > 0 ? budget->units : 1;
}

/* What so many calls and items cost. */
static int64_t price_of(const struct es_budget *budget, int64_t calls, int64_t items)
{
	return calls * budget->per_call + items * budget->per_item;
}

int64_t es_budget_left_minute(const struct es_budget *budget, const struct es_spent *spent,
			      int64_t wall)
{
	return left_of(budget->per_minute, &spent->minute, MINUTE_PART, wall);
}

int64_t es_budget_left_day(const struct es_budget *budget, const struct es_spent *spent,
			   int64_t wall)
{
	return left_of(budget->per_day, &spent->day, DAY_PART, wall);
}

/* A clock that goes back to another month brings no money. */
int64_t es_budget_left_month(const struct es_budget *budget, const struct es_spent *spent,
			     int64_t wall)
{
	if (budget->per_month <= 0)
		return INT64_MAX;
	int64_t left = budget->per_month - (month_of(wall) > spent->month ? 0 : spent->money);
	return left > 0 ? left : 0;
}

int64_t es_budget_left(const struct es_budget *budget, const struct es_spent *spent, int64_t wall)
{
	int64_t minute = es_budget_left_minute(budget, spent, wall);
	int64_t day = es_budget_left_day(budget, spent, wall);
	return minute < day ? minute : day;
}

bool es_budget_is_scarce(const struct es_budget *budget, const struct es_spent *spent, int64_t wall)
{
	return (budget->per_minute > 0 &&
		2 * es_budget_left_minute(budget, spent, wall) < budget->per_minute) ||
	       (budget->per_day > 0 &&
		2 * es_budget_left_day(budget, spent, wall) < budget->per_day) ||
	       (budget->per_month > 0 &&
		2 * es_budget_left_month(budget, spent, wall) < budget->per_month);
}

/* All windows as they are now. */
static void move_to(struct es_spent *spent, int64_t wall)
{
	spent->minute = moved_to(&spent->minute, MINUTE_PART, wall);
	spent->day = moved_to(&spent->day, DAY_PART, wall);
	if (month_of(wall) > spent->month) {
		spent->month = month_of(wall);
		spent->money = 0;
	}
}

static void count(const struct es_budget *budget, struct es_spent *spent, int64_t calls,
		  int64_t items)
{
	spent->minute.n[ES_BUDGET_PARTS - 1] += calls * units_of(budget);
	spent->day.n[ES_BUDGET_PARTS - 1] += calls * units_of(budget);
	spent->money += price_of(budget, calls, items);
}

/* Calls with a full page that the money is enough for. */
static int64_t affordable(const struct es_budget *budget, const struct es_spent *spent,
			  int64_t wanted, int64_t wall)
{
	int64_t left = es_budget_left_month(budget, spent, wall);
	if (left == INT64_MAX)
		return wanted;
	left -= price_of(budget, 0, budget->items);
	if (left < 0 || budget->per_call == 0)
		return left < 0 ? 0 : wanted;
	int64_t n = left / budget->per_call;
	return n < wanted ? n : wanted;
}

int64_t es_budget_take(const struct es_budget *budget, struct es_spent *spent, int64_t wanted,
		       int64_t wall)
{
	int64_t left = es_budget_left(budget, spent, wall);
	int64_t n = left / units_of(budget);
	n = affordable(budget, spent, n < wanted ? n : wanted, wall);
	move_to(spent, wall);
	if (n > 0)
		count(budget, spent, n, budget->items);
	return n;
}

/* From the part in which they were counted, for the others may be somebody else's calls. */
static void give(struct es_window *window, int64_t part, int64_t at, int64_t n)
{
	int64_t i = (int64_t)ES_BUDGET_PARTS - 1 - (window->at - at / part);
	/* the clock went back: they were counted in the newest part there was */
	if (i >= (int64_t)ES_BUDGET_PARTS)
		i = (int64_t)ES_BUDGET_PARTS - 1;
	if (i >= 0)
		window->n[i] -= n < window->n[i] ? n : window->n[i];
}

void es_budget_settle(const struct es_budget *budget, struct es_spent *spent,
		      const struct es_taken *taken, int64_t calls, int64_t items, int64_t wall)
{
	move_to(spent, wall);
	give(&spent->minute, MINUTE_PART, taken->at, taken->calls * units_of(budget));
	give(&spent->day, DAY_PART, taken->at, taken->calls * units_of(budget));
	if (taken->calls > 0 && month_of(taken->at) >= spent->month)
		spent->money -= price_of(budget, taken->calls, budget->items);
	if (spent->money < 0)
		spent->money = 0;
	count(budget, spent, calls, items);
}

static int64_t wait_of(int64_t limit, const struct es_window *window, int64_t units, int64_t part,
		       int64_t wall)
{
	if (limit <= 0)
		return 0;
	struct es_window now = moved_to(window, part, wall);
	int64_t sum = sum_of(&now);
	size_t gone = 0;
	while (gone < ES_BUDGET_PARTS && sum + units > limit)
		sum -= now.n[gone++];
	return gone ? (now.at + (int64_t)gone) * part - wall : 0;
}

int64_t es_budget_wait(const struct es_budget *budget, const struct es_spent *spent, int64_t wall,
		       bool *money)
{
	int64_t units = units_of(budget);
	int64_t minute = wait_of(budget->per_minute, &spent->minute, units, MINUTE_PART, wall);
	int64_t day = wait_of(budget->per_day, &spent->day, units, DAY_PART, wall);
	int64_t wait = minute > day ? minute : day;
	bool poor = affordable(budget, spent, 1, wall) < 1;
	if (money)
		*money = poor;
	if (!poor)
		return wait;
	int64_t month = month_of(wall) > spent->month ? month_of(wall) : spent->month;
	int64_t opens = month_begins(month + 1) - wall;
	return opens > wait ? opens : wait;
}

/* ---- the record of a source ---- */

static void put_window(struct es_buf *out, const struct es_window *window)
{
	es_buf_printf(out, "{\"at\":%lld,\"n\":[", (long long)window->at);
	for (size_t i = 0; i < ES_BUDGET_PARTS; i++) {
		if (i > 0)
			es_buf_putc(out, ',');
		es_buf_int(out, window->n[i]);
	}
	es_buf_puts(out, "]}");
}

void es_budget_put_spent(struct es_buf *out, const struct es_spent *spent)
{
	if (spent->day.at == 0)
		return;
	es_buf_puts(out, ",\"spent\":{\"minute\":");
	put_window(out, &spent->minute);
	es_buf_puts(out, ",\"day\":");
	put_window(out, &spent->day);
	if (spent->month > 0)
		es_buf_printf(out, ",\"month\":%lld,\"money\":%lld", (long long)spent->month,
			      (long long)spent->money);
	es_buf_putc(out, '}');
}

void es_budget_put(struct es_buf *out, const struct es_budget *budget, const struct es_spent *spent)
{
	char sep = '{';
	const int64_t minute = spent->minute.at * MINUTE_PART, day = spent->day.at * DAY_PART;
	const struct {
		const char *per, *left;
		int64_t limit, value, scale;
	} all[] = {
		{ "per_minute", "left_minute", budget->per_minute,
		  es_budget_left_minute(budget, spent, minute), 1 },
		{ "per_day", "left_day", budget->per_day, es_budget_left_day(budget, spent, day),
		  1 },
		{ "per_month", "left_month", budget->per_month,
		  es_budget_left_month(budget, spent, day), ES_MONEY },
	};
	if (!es_budget_is_set(budget))
		return;
	es_buf_puts(out, ",\"budget\":");
	for (size_t i = 0; i < ES_COUNT(all); i++) {
		if (all[i].limit <= 0)
			continue;
		es_buf_printf(out, "%c\"%s\":", sep, all[i].per);
		es_buf_json_num(out, (double)all[i].limit / (double)all[i].scale, 15);
		es_buf_printf(out, ",\"%s\":", all[i].left);
		es_buf_json_num(out, (double)all[i].value / (double)all[i].scale, 15);
		sep = ',';
	}
	es_buf_putc(out, '}');
}

static void get_window(struct es_window *window, struct earshot_str raw)
{
	struct earshot_str at = es_json_get(raw.ptr, raw.len, "at");
	struct earshot_str n = es_json_get(raw.ptr, raw.len, "n");
	size_t part = 0, next = 0;
	if (!at.ptr || !n.ptr || !es_json_integer(at, &window->at))
		return;
	while (part < ES_BUDGET_PARTS && es_member_next(n, &next, &window->n[part]))
		part++;
}

void es_budget_get_spent(struct es_spent *spent, struct earshot_str raw)
{
	*spent = (struct es_spent){ 0 };
	if (!raw.ptr)
		return;
	get_window(&spent->minute, es_json_get(raw.ptr, raw.len, "minute"));
	get_window(&spent->day, es_json_get(raw.ptr, raw.len, "day"));
	struct earshot_str month = es_json_get(raw.ptr, raw.len, "month");
	struct earshot_str money = es_json_get(raw.ptr, raw.len, "money");
	if (!month.ptr || !money.ptr || !es_json_integer(month, &spent->month) ||
	    !es_json_integer(money, &spent->money))
		spent->month = spent->money = 0;
}
