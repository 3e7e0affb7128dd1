/* SPDX-License-Identifier: MIT
 *
 * fetch_budget.c - a source with a budget is called in three steps, so that no kill and no
 * other collector can lose a call:
 *
 *   try: count ---> commit (state `counting`) ---> try again: call ---> give back, conclude
 *                      \__ killed here or later: counted, though perhaps not made
 */
#include "collect/inside.h"

#include <stdio.h>

#include "http/http.h"

#define SHARED_PAUSE 100 /* ms: others that share the budget may give calls back */

int64_t es_collector_budget_wait(struct es_state *state, int64_t wall, enum es_wait *why)
{
	bool money;
	int64_t wait = es_budget_wait(&state->source->budget, es_state_spent(state), wall, &money);
	if (wait > 0)
		*why = money ? ES_WAIT_COST : ES_WAIT_BUDGET;
	return wait;
}

void es_collector_tell_budget(struct es_state *state, enum es_wait before, int64_t wait,
			      int64_t wall)
{
	char time[ES_TIME_LEN];
	es_time_format((wall + wait) / ES_SECOND * ES_SECOND, time);
	/* why it cannot be heard is what people need to know first */
	if (!*state->error && state->why == ES_WAIT_COST)
		snprintf(state->message, sizeof(state->message),
			 "%.2f may be spent a month, and another page could cost more than is "
			 "left: it is asked again from %s",
			 (double)state->source->budget.per_month / ES_MONEY, time);
	else if (!*state->error)
		snprintf(state->message, sizeof(state->message),
			 "its calls are used up: it is asked again from %s", time);
	if (before != state->why)
		es_log(ES_INFO, "source.budget", ES_LOG_S("source", state->source->id),
		       ES_LOG_S("why", es_wait_name(state->why)), ES_LOG_I("next_try_ms", wait));
}

/* Its calls are used up: it waits, and its record says so once. */
static int wait_for_budget(struct es_collector *collector, struct es_state *state, int64_t wall,
			   struct earshot_error *error)
{
	enum es_wait before = state->why;
	int64_t wait = es_collector_budget_wait(state, wall, &state->why);
	state->look_due = es_collector_monotonic(collector) + wait;
	es_collector_set_due(collector, state);
	state->next_try = wall + wait;
	state->tried = true;
	es_collector_tell_budget(state, before, wait, wall);
	if (before == state->why)
		return EARSHOT_OK;
	return es_outbox_state(&collector->outbox, state, wall, error);
}

int es_collector_may_call(struct es_collector *collector, struct es_state *state, bool *may,
			  struct earshot_error *error)
{
	const struct es_budget *budget = &state->source->budget;
	struct es_purse *purse = state->purse;
	int64_t wall = es_collector_wall(collector);
	*may = !es_budget_is_set(budget) || state->taken > 0;
	if (*may)
		return EARSHOT_OK;
	state->taken =
		es_budget_take(budget, es_state_spent(state), 1 + ES_NET_REDIRECTS_MAX, wall);
	state->taken_at = wall;
	if (state->taken == 0 && purse && purse->open > 0) {
		state->look_due = es_collector_monotonic(collector) + SHARED_PAUSE;
		es_collector_set_due(collector, state);
		return EARSHOT_OK;
	}
	if (state->taken == 0)
		return wait_for_budget(collector, state, wall, error);
	state->counting = true;
	collector->counting++;
	if (!purse)
		return es_outbox_state(&collector->outbox, state, wall, error);
	purse->open += state->taken;
	return es_outbox_purse(&collector->outbox, purse, wall, error);
}

void es_collector_counted(struct es_collector *collector)
{
	if (collector->counting == 0)
		return;
	for (size_t i = 0; i < collector->n; i++)
		collector->states[i].counting = false;
	collector->counting = 0;
	collector->next_due = es_collector_monotonic(collector);
}

void es_collector_called(const struct es_collector *collector, struct es_state *state,
			 int64_t requests, int64_t items)
{
	const struct es_budget *budget = &state->source->budget;
	const struct es_taken taken = { state->taken, state->taken_at };
	if (state->taken == 0)
		return;
	/* counted anew at its end, for it may have waited for its host: no call is later than
	 * its count, so that no window of the other end has one more than ours */
	es_budget_settle(budget, es_state_spent(state), &taken, requests,
			 items < 0 ? budget->items : items, es_collector_wall(collector));
	if (state->purse) {
		state->purse->open -= state->taken;
		state->purse->dirty = true;
	}
	state->taken = 0;
	state->dirty = true; /* what was given back goes into the log, too */
}

int es_collector_put_purse(struct es_collector *collector, struct es_state *state,
			   struct earshot_error *error)
{
	if (!state->purse || !state->purse->dirty)
		return EARSHOT_OK;
	return es_outbox_purse(&collector->outbox, state->purse, es_collector_wall(collector),
			       error);
}

static void publish_left(struct es_metrics *metrics, const struct es_state *state, const char *per,
			 int64_t limit, int64_t left)
{
	char labels[256];
	if (limit <= 0)
		return;
	snprintf(labels, sizeof(labels), "source=\"%s\",per=\"%s\"", state->source->id, per);
	atomic_store(es_metric(metrics, ES_METRIC_GAUGE, "earshot_source_budget_left_calls",
			       "Calls that a source may still make; -1: another process has it.",
			       labels),
		     state->mine ? left : -1);
}

static void publish_money(struct es_metrics *metrics, const struct es_state *state, int64_t left)
{
	char labels[256];
	snprintf(labels, sizeof(labels), "source=\"%s\"", state->source->id);
	atomic_store(es_metric(metrics, ES_METRIC_GAUGE, "earshot_source_money_left_cents",
			       "Hundredths of what a source may still cost this month; -1: another "
			       "process has it.",
			       labels),
		     state->mine ? left / (ES_MONEY / 100) : -1);
}

void es_collector_publish_budgets(struct es_collector *collector)
{
	int64_t wall = es_collector_wall(collector), used_up = 0;
	struct es_metrics *metrics = collector->options.metrics;
	for (size_t i = 0; i < collector->n; i++) {
		struct es_state *state = &collector->states[i];
		const struct es_budget *budget = &state->source->budget;
		const struct es_spent *spent = es_state_spent(state);
		if (!es_budget_is_set(budget))
			continue;
		used_up +=
			state->mine && (state->why == ES_WAIT_BUDGET || state->why == ES_WAIT_COST);
		publish_left(metrics, state, "minute", budget->per_minute,
			     es_budget_left_minute(budget, spent, wall));
		publish_left(metrics, state, "day", budget->per_day,
			     es_budget_left_day(budget, spent, wall));
		if (budget->per_month > 0)
			publish_money(metrics, state, es_budget_left_month(budget, spent, wall));
	}
	atomic_store(es_metric(metrics, ES_METRIC_GAUGE, "earshot_out_of_budget_sources",
			       "Sources that wait because their calls or their money are used up.",
			       ""),
		     used_up);
}
