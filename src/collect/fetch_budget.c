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

void es_collector_tell_budget(const struct es_state *state, enum es_wait before, int64_t wait)
{
	if (before != ES_WAIT_BUDGET)
		es_log(ES_INFO, "source.budget", ES_LOG_S("source", state->source->id),
		       ES_LOG_I("next_try_ms", wait));
}

/* Its calls are used up: it waits, and its record says so once. */
static int wait_for_budget(struct es_collector *collector, struct es_state *state, int64_t wall,
			   struct earshot_error *error)
{
	int64_t wait = es_budget_wait(&state->source->budget, &state->spent, wall);
	enum es_wait before = state->why;
	state->why = ES_WAIT_BUDGET;
	state->look_due = es_collector_monotonic(collector) + wait;
	es_collector_set_due(collector, state);
	state->next_try = wall + wait;
	state->tried = true;
	es_collector_tell_budget(state, before, wait);
	if (before == ES_WAIT_BUDGET)
		return EARSHOT_OK;
	return es_outbox_state(&collector->outbox, state, wall, error);
}

int es_collector_may_call(struct es_collector *collector, struct es_state *state, bool *may,
			  struct earshot_error *error)
{
	const struct es_budget *budget = &state->source->budget;
	int64_t wall = es_collector_wall(collector);
	*may = !es_budget_is_set(budget) || state->taken > 0;
	if (*may)
		return EARSHOT_OK;
	state->taken = es_budget_take(budget, &state->spent, 1 + ES_NET_REDIRECTS_MAX, wall);
	if (state->taken == 0)
		return wait_for_budget(collector, state, wall, error);
	state->counting = true;
	collector->counting++;
	return es_outbox_state(&collector->outbox, state, wall, error);
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
			 int64_t requests)
{
	if (state->taken == 0)
		return;
	/* counted anew at its end, for it may have waited for its host: no call is later than
	 * its count, so that no window of the other end has one more than ours */
	es_budget_give(&state->spent, state->taken);
	(void)es_budget_take(&state->source->budget, &state->spent, requests,
			     es_collector_wall(collector));
	state->taken = 0;
	state->dirty = true; /* what was given back goes into the log, too */
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

void es_collector_publish_budgets(struct es_collector *collector)
{
	int64_t wall = es_collector_wall(collector), used_up = 0;
	struct es_metrics *metrics = collector->options.metrics;
	for (size_t i = 0; i < collector->n; i++) {
		const struct es_state *state = &collector->states[i];
		const struct es_budget *budget = &state->source->budget;
		if (!es_budget_is_set(budget))
			continue;
		used_up += state->mine && state->why == ES_WAIT_BUDGET;
		publish_left(metrics, state, "minute", budget->per_minute,
			     es_budget_left_minute(budget, &state->spent, wall));
		publish_left(metrics, state, "day", budget->per_day,
			     es_budget_left_day(budget, &state->spent, wall));
	}
	atomic_store(es_metric(metrics, ES_METRIC_GAUGE, "earshot_out_of_budget_sources",
			       "Sources that wait because their calls are used up.", ""),
		     used_up);
}
