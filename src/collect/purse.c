/* SPDX-License-Identifier: MIT
 *
 * purse.c - budgets that sources share.
 *
 *   topic `sources`, partition of "budget:x"    budget:x {spent}   a {...}   b {...}
 *
 * The sources of a shared budget lie in the partition of its record, not in those of their own
 * ids. So whoever has the one has all of them: a single process counts their calls, in the
 * order in which it makes them, and a process that lost the partition can commit no count,
 * without which no call is made.
 */
#include <stdio.h>
#include <stdlib.h>

#include "collect/inside.h"
#include "http/http.h"

static struct es_purse *purse_of(const struct es_collector *collector, struct earshot_str name)
{
	const size_t head = sizeof(ES_BUDGET_KEY) - 1;
	for (size_t i = 0; i < collector->n_purses; i++) {
		struct earshot_str key = collector->purses[i].key;
		if (es_str_eq(es_str(key.ptr + head, key.len - head), name))
			return &collector->purses[i];
	}
	return NULL;
}

static struct es_purse *add(struct es_collector *collector, const struct es_source *source)
{
	size_t len = sizeof(ES_BUDGET_KEY) + strlen(source->share);
	struct es_purse *purse = &collector->purses[collector->n_purses];
	char *key = malloc(len);
	if (!key)
		return NULL;
	snprintf(key, len, "%s%s", ES_BUDGET_KEY, source->share);
	*purse = (struct es_purse){ .key = es_str(key, len - 1), .limits = &source->budget };
	purse->partition = es_bus_partition_of(key, len - 1, collector->partitions);
	collector->n_purses++;
	return purse;
}

int es_purses_open(struct es_collector *collector, struct earshot_error *error)
{
	size_t n = 0;
	for (size_t i = 0; i < collector->n; i++)
		n += collector->states[i].source->share != NULL;
	collector->purses = calloc(n + 1, sizeof(*collector->purses));
	if (!collector->purses)
		return es_err_nomem(error);
	for (size_t i = 0; i < collector->n; i++) {
		struct es_state *state = &collector->states[i];
		const struct es_source *source = state->source;
		if (!source->share)
			continue;
		state->purse = purse_of(collector, es_str_of(source->share));
		if (!state->purse)
			state->purse = add(collector, source);
		if (!state->purse)
			return es_err_nomem(error);
		state->partition = state->purse->partition;
	}
	return EARSHOT_OK;
}

void es_purses_free(struct es_collector *collector)
{
	for (size_t i = 0; i < collector->n_purses; i++)
		free((char *)collector->purses[i].key.ptr);
	free(collector->purses);
	collector->purses = NULL;
	collector->n_purses = 0;
}

void es_purse_encode(struct es_buf *out, const struct es_purse *purse)
{
	es_state_head(out, purse->key, "budget", ES_HEALTH_OK);
	es_budget_put(out, purse->limits, &purse->spent);
	es_buf_puts(out, ",\"cursor\":{\"url\":\"0000000000000000\"");
	es_budget_put_spent(out, &purse->spent);
	es_buf_puts(out, "}}");
}

void es_purse_decode(struct es_purse *purse, struct earshot_str value)
{
	purse->spent = (struct es_spent){ 0 };
	purse->open = 0;
	purse->dirty = false;
	struct earshot_str cursor = { NULL, 0 };
	if (value.len)
		cursor = es_json_get(value.ptr, value.len, "cursor");
	if (cursor.ptr)
		es_budget_get_spent(&purse->spent, es_json_get(cursor.ptr, cursor.len, "spent"));
}
