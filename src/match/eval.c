/* SPDX-License-Identifier: MIT */
#include "match/eval.h"

#include <stdlib.h>

static bool asked(struct earshot_matcher *matcher, uint32_t at)
{
	const struct es_op *op = &matcher->set->ops[at];
	switch (op->kind) {
	case ES_OP_LEAF:
		return es_seen_of(matcher, op->arg)->scopes & op->scope;
	case ES_OP_COND:
		return es_cond_true(matcher, &matcher->set->conds[op->arg]);
	case ES_OP_REGEX:
		return es_regex_true(matcher, op);
	default:
		return es_near_true(matcher, at);
	}
}

/* From op to op until one leads out of the node: where it leads if it is true, or not. */
bool es_truth(struct earshot_matcher *matcher, uint32_t at)
{
	const struct es_op *ops = matcher->set->ops;
	uint32_t end = ops[at].end, yes = ops[at].yes;
	at = es_first_asked(ops, at);
	while (at < end)
		at = asked(matcher, at) ? ops[at].yes : ops[at].no;
	return at == yes;
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
			if ((op->kind == ES_OP_AND || ops[child].kind == ES_OP_LEAF ||
			     es_truth(matcher, child)) &&
			    !es_truth_spans(matcher, results, child))
				return false;
	} else if (op->kind == ES_OP_REGEX) {
		return es_regex_spans(matcher, results, op);
	} else if (op->kind >= ES_OP_NEAR) {
		return es_near_spans(matcher, results, at);
	}
	return true;
}

/* Spans of a query that are sorted by moving each to its place. */
#define FEW_SPANS 16

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
	for (size_t i = 1; i < n && n <= FEW_SPANS; i++) {
		struct earshot_span span = spans[i];
		size_t to = i;
		for (; to && by_place(&spans[to - 1], &span) > 0; to--)
			spans[to] = spans[to - 1];
		spans[to] = span;
	}
	if (n > FEW_SPANS)
		es_sort(spans, n, sizeof(*spans), by_place);
	for (size_t i = 0; i < n && kept < ES_PLACES_MAX; i++)
		if (!kept || by_place(&spans[kept - 1], &spans[i]) != 0)
			spans[kept++] = spans[i];
	return kept;
}

/* Spans of the query in `results`, in order. With too many places to mark it has fewer, but is
 * true, and no other is off for that. */
static bool spans_of(struct earshot_matcher *matcher, struct es_results *results, uint32_t index,
		     size_t *n)
{
	size_t from = results->n_spans;
	if (!es_truth_spans(matcher, results, matcher->set->programs[index]))
		return false;
	matcher->off = ES_OFF_NO;
	*n = results->n_spans - from;
	if (*n)
		*n = es_spans_tidy(results->spans + from, *n);
	results->n_spans = from + *n;
	return true;
}

static bool hit(struct earshot_matcher *matcher, struct es_results *results, uint32_t index)
{
	const struct es_set_query *query = &matcher->set->queries[index];
	size_t n = 0;
	if (!matcher->no_spans && !spans_of(matcher, results, index, &n))
		return false;
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

/* Queries whose programs, which lie in slow memory if they are many, are asked for before the
 * first is needed. */
#define AHEAD 32

struct ahead {
	uint32_t at[AHEAD], n;
};

static int evaluate_ahead(struct earshot_matcher *matcher, enum earshot_layer layer,
			  struct ahead *ahead)
{
	int rc = EARSHOT_OK;
	for (uint32_t i = 0; i < ahead->n && rc == EARSHOT_OK; i++)
		rc = evaluate(matcher, layer, ahead->at[i]);
	ahead->n = 0;
	return rc;
}

/* The woken queries of 64. */
static int evaluate_some(struct earshot_matcher *matcher, enum earshot_layer layer, size_t at,
			 struct ahead *ahead)
{
	const struct earshot_queries *set = matcher->set;
	uint64_t left = matcher->woken.queries[at] & set->layers[layer][at];
	for (; left; left &= left - 1) {
		uint32_t query = (uint32_t)(at * 64 + lowest(left));
		const struct es_op *op = &set->ops[set->programs[query]];
		__builtin_prefetch(op);
		__builtin_prefetch((const char *)op + 64);
		ahead->at[ahead->n++] = query;
		if (ahead->n == AHEAD && evaluate_ahead(matcher, layer, ahead))
			return EARSHOT_NOMEM;
	}
	return EARSHOT_OK;
}

int es_evaluate(struct earshot_matcher *matcher, enum earshot_layer layer)
{
	const struct es_woken *woken = &matcher->woken;
	struct es_results *results = &matcher->results[layer];
	struct ahead ahead = { .n = 0 };
	matcher->nomem = false;
	for (size_t i = 0; i < woken->n_groups; i++)
		for (uint64_t left = woken->groups[i]; left; left &= left - 1)
			if (evaluate_some(matcher, layer, i * 64 + lowest(left), &ahead))
				return EARSHOT_NOMEM;
	if (evaluate_ahead(matcher, layer, &ahead))
		return EARSHOT_NOMEM;
	/* the spans may have moved while they were collected */
	size_t at = 0;
	for (size_t i = 0; i < results->n_hits; i++) {
		results->hits[i].spans = results->hits[i].n_spans ? results->spans + at : NULL;
		at += results->hits[i].n_spans;
	}
	return EARSHOT_OK;
}
