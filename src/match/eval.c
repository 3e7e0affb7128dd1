/* SPDX-License-Identifier: MIT */
#include "match/eval.h"

#include <stdlib.h>

bool es_truth(struct earshot_matcher *matcher, uint32_t at)
{
	const struct es_op *ops = matcher->set->ops, *op = &ops[at];
	uint32_t child = at + 1;
	switch ((enum es_op_kind)op->kind) {
	case ES_OP_LEAF:
		return es_seen_of(matcher, op->arg)->scopes & op->scope;
	case ES_OP_COND:
		return es_cond_true(matcher, &matcher->set->conds[op->arg]);
	case ES_OP_NOT:
		return !es_truth(matcher, child);
	case ES_OP_AND:
		for (; child < op->end; child = ops[child].end)
			if (!es_truth(matcher, child))
				return false;
		return true;
	case ES_OP_OR:
		for (; child < op->end; child = ops[child].end)
			if (es_truth(matcher, child))
				return true;
		return false;
	case ES_OP_NEAR:
	case ES_OP_ORDERED:
	case ES_OP_WINDOW:
	case ES_OP_SENTENCE:
		return es_near_true(matcher, at);
	case ES_OP_REGEX:
		return es_regex_true(matcher, op);
	}
	return false;
}

bool es_span_add(struct es_results *results, const struct earshot_span *span)
{
	if (results->n_spans == results->cap_spans) {
		size_t cap = results->cap_spans ? results->cap_spans * 2 : 256;
		struct earshot_span *spans = realloc(results->spans, cap * sizeof(*spans));
		if (!spans)
			return false;
		results->spans = spans;
		results->cap_spans = cap;
	}
	results->spans[results->n_spans++] = *span;
	return true;
}

/* Every place of every term that helped to make the node true. */
bool es_truth_spans(struct earshot_matcher *matcher, struct es_results *results, uint32_t at)
{
	const struct es_op *ops = matcher->set->ops, *op = &ops[at];
	if (op->kind == ES_OP_LEAF) {
		uint32_t i = es_seen_of(matcher, op->arg)->last;
		for (; i != ES_NOWHERE; i = matcher->found[i].before)
			if ((op->scope & es_scope_of(matcher->found[i].span.in)) &&
			    !es_span_add(results, &matcher->found[i].span))
				return false;
	} else if (op->kind == ES_OP_AND || op->kind == ES_OP_OR) {
		for (uint32_t child = at + 1; child < op->end; child = ops[child].end)
			if ((op->kind == ES_OP_AND || es_truth(matcher, child)) &&
			    !es_truth_spans(matcher, results, child))
				return false;
	} else if (op->kind == ES_OP_REGEX) {
		return es_regex_spans(matcher, results, op);
	} else if (op->kind >= ES_OP_NEAR) {
		return es_near_spans(matcher, results, at);
	}
	return true;
}

static int by_place(const void *a, const void *b)
{
	const struct earshot_span *x = a, *y = b;
	if (x->in != y->in)
		return x->in < y->in ? -1 : 1;
	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->len < y->len ? -1 : x->len > y->len;
}

size_t es_spans_tidy(struct earshot_span *spans, size_t n)
{
	size_t kept = 0;
	if (n > 1)
		es_sort(spans, n, sizeof(*spans), by_place);
	for (size_t i = 0; i < n && kept < ES_PLACES_MAX; i++)
		if (!kept || by_place(&spans[kept - 1], &spans[i]) != 0)
			spans[kept++] = spans[i];
	return kept;
}

static bool hit(struct earshot_matcher *matcher, struct es_results *results, uint32_t index)
{
	const struct es_set_query *query = &matcher->set->queries[index];
	size_t from = results->n_spans;
	if (!es_truth_spans(matcher, results, matcher->set->programs[index]))
		return false;
	size_t n = results->n_spans - from;
	if (n)
		n = es_spans_tidy(results->spans + from, n);
	results->n_spans = from + n;
	if (results->n_hits == results->cap_hits) {
		size_t cap = results->cap_hits ? results->cap_hits * 2 : 64;
		struct earshot_hit *hits = realloc(results->hits, cap * sizeof(*hits));
		if (!hits)
			return false;
		results->hits = hits;
		results->cap_hits = cap;
	}
	results->hits[results->n_hits++] = (struct earshot_hit){ &query->query, NULL, n };
	return true;
}

void es_truth_begin(struct earshot_matcher *matcher, const struct es_set_query *query)
{
	matcher->query = query;
}

static void switched_off(struct earshot_matcher *matcher, const struct es_set_query *query)
{
	matcher->n_off++;
	matcher->last_off = &query->query;
	matcher->last_off_why = matcher->off;
	matcher->off = ES_OFF_NO;
}

static size_t lowest(uint64_t bits)
{
	return (size_t)__builtin_ctzll(bits);
}

static int evaluate(struct earshot_matcher *matcher, enum earshot_layer layer, uint32_t index)
{
	const struct earshot_queries *set = matcher->set;
	bool yes;
	es_truth_begin(matcher, &set->queries[index]);
	yes = es_truth(matcher, set->programs[index]);
	if (matcher->off)
		switched_off(matcher, &set->queries[index]);
	else if (yes && !hit(matcher, &matcher->results[layer], index))
		return EARSHOT_NOMEM;
	return matcher->nomem ? EARSHOT_NOMEM : EARSHOT_OK;
}

/* The woken queries of 64. Programs of a large set lie in slow memory: all are asked for
 * before the first is needed. */
static int evaluate_some(struct earshot_matcher *matcher, enum earshot_layer layer, size_t at)
{
	const struct earshot_queries *set = matcher->set;
	uint64_t woken = matcher->woken.queries[at] & set->layers[layer][at], left;
	for (left = woken; left; left &= left - 1) {
		const struct es_op *op = &set->ops[set->programs[at * 64 + lowest(left)]];
		__builtin_prefetch(op);
		__builtin_prefetch((const char *)op + 64);
	}
	for (left = woken; left; left &= left - 1)
		if (evaluate(matcher, layer, (uint32_t)(at * 64 + lowest(left))))
			return EARSHOT_NOMEM;
	return EARSHOT_OK;
}

int es_evaluate(struct earshot_matcher *matcher, enum earshot_layer layer)
{
	const struct es_woken *woken = &matcher->woken;
	struct es_results *results = &matcher->results[layer];
	matcher->nomem = false;
	for (size_t i = 0; i < woken->n_groups; i++)
		for (uint64_t left = woken->groups[i]; left; left &= left - 1)
			if (evaluate_some(matcher, layer, i * 64 + lowest(left)))
				return EARSHOT_NOMEM;
	/* the spans may have moved while they were collected */
	size_t at = 0;
	for (size_t i = 0; i < results->n_hits; i++) {
		results->hits[i].spans = results->hits[i].n_spans ? results->spans + at : NULL;
		at += results->hits[i].n_spans;
	}
	return EARSHOT_OK;
}
