/* SPDX-License-Identifier: MIT */
#include "collect/budget.h"

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
		2 * es_budget_left_day(budget, spent, wall) < budget->per_day);
}

int64_t es_budget_take(const struct es_budget *budget, struct es_spent *spent, int64_t wanted,
		       int64_t wall)
{
	int64_t left = es_budget_left(budget, spent, wall);
	int64_t n = wanted < left ? wanted : left;
	spent->minute = moved_to(&spent->minute, MINUTE_PART, wall);
	spent->day = moved_to(&spent->day, DAY_PART, wall);
	spent->minute.n[ES_BUDGET_PARTS - 1] += n;
	spent->day.n[ES_BUDGET_PARTS - 1] += n;
	return n;
}

static void give(struct es_window *window, int64_t n)
{
	for (size_t i = ES_BUDGET_PARTS; i-- > 0 && n > 0;) {
		int64_t less = n < window->n[i] ? n : window->n[i];
		window->n[i] -= less;
		n -= less;
	}
}

void es_budget_give(struct es_spent *spent, int64_t n)
{
	give(&spent->minute, n);
	give(&spent->day, n);
}

static int64_t wait_of(int64_t limit, const struct es_window *window, int64_t part, int64_t wall)
{
	if (limit <= 0)
		return 0;
	struct es_window now = moved_to(window, part, wall);
	int64_t sum = sum_of(&now);
	size_t gone = 0;
	while (gone < ES_BUDGET_PARTS && sum >= limit)
		sum -= now.n[gone++];
	return gone ? (now.at + (int64_t)gone) * part - wall : 0;
}

int64_t es_budget_wait(const struct es_budget *budget, const struct es_spent *spent, int64_t wall)
{
	int64_t minute = wait_of(budget->per_minute, &spent->minute, MINUTE_PART, wall);
	int64_t day = wait_of(budget->per_day, &spent->day, DAY_PART, wall);
	return minute > day ? minute : day;
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
	es_buf_putc(out, '}');
}

void es_budget_put(struct es_buf *out, const struct es_budget *budget, const struct es_spent *spent)
{
	int64_t minute = es_budget_left_minute(budget, spent, spent->minute.at * MINUTE_PART);
	int64_t day = es_budget_left_day(budget, spent, spent->day.at * DAY_PART);
	if (!es_budget_is_set(budget))
		return;
	es_buf_puts(out, ",\"budget\":{");
	if (budget->per_minute > 0)
		es_buf_printf(out, "\"per_minute\":%lld,\"left_minute\":%lld%s",
			      (long long)budget->per_minute, (long long)minute,
			      budget->per_day > 0 ? "," : "");
	if (budget->per_day > 0)
		es_buf_printf(out, "\"per_day\":%lld,\"left_day\":%lld", (long long)budget->per_day,
			      (long long)day);
	es_buf_putc(out, '}');
}

static void get_window(struct es_window *window, struct earshot_str raw)
{
	struct earshot_str at = es_json_get(raw.ptr, raw.len, "at");
	struct earshot_str n = es_json_get(raw.ptr, raw.len, "n");
	int64_t value;
	if (!at.ptr || !n.ptr || !es_json_integer(at, &window->at))
		return;
	for (size_t i = 0, part = 0; part < ES_BUDGET_PARTS && es_json_next_count(n, &i, &value);)
		window->n[part++] = value;
}

void es_budget_get_spent(struct es_spent *spent, struct earshot_str raw)
{
	*spent = (struct es_spent){ 0 };
	if (!raw.ptr)
		return;
	get_window(&spent->minute, es_json_get(raw.ptr, raw.len, "minute"));
	get_window(&spent->day, es_json_get(raw.ptr, raw.len, "day"));
}
