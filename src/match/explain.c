/* SPDX-License-Identifier: MIT
 *
 * Why a query did or did not match, operator by operator. The program of a query does
 * not say where it stands in the text of the query; its tree does, and has one node for
 * each op (set.h), so it is parsed once more and both are walked side by side.
 */
#include "match/eval.h"

#include <stdlib.h>

struct explainer {
	struct earshot_matcher *matcher;
	earshot_step_fn *step;
	void *ctx;
	struct es_results results; /* spans only */
	uint32_t op;               /* the next one */
};

static const char *name_of(const struct es_node *node)
{
	static const char *const names[] = { "AND",   "OR",   "NOT", "term",
					     "field", "NEAR", "~",   "within:sentence",
					     "regex" };
	return node->kind == ES_NODE_NEAR && node->tilde ? "~" : names[node->kind];
}

static bool walk(struct explainer *e, const struct es_node *node, size_t depth)
{
	struct earshot_matcher *matcher = e->matcher;
	uint32_t op = e->op++;
	struct earshot_step step = { .depth = depth,
				     .what = name_of(node),
				     .start = node->start,
				     .end = node->end,
				     .yes = es_truth(matcher, op),
				     .allowed = EARSHOT_NONE,
				     .nearest = EARSHOT_NONE };
	if (node->kind == ES_NODE_NEAR) {
		int64_t nearest = es_near_distance(matcher, op);
		step.allowed = node->distance;
		step.nearest = nearest >= 0 ? nearest : EARSHOT_NONE;
	}
	e->results.n_spans = 0;
	if (step.yes && !es_truth_spans(matcher, &e->results, op))
		return false;
	if (e->results.n_spans)
		e->results.n_spans = es_spans_tidy(e->results.spans, e->results.n_spans);
	step.spans = e->results.spans;
	step.n_spans = e->results.n_spans;
	e->step(e->ctx, &step);
	for (const struct es_node *child = node->first; child; child = child->next)
		if (!walk(e, child, depth + 1))
			return false;
	return true;
}

int earshot_match_explain(struct earshot_matcher *matcher, const struct earshot_query *query,
			  earshot_step_fn *step, void *ctx, struct earshot_error *error)
{
	const struct es_set_query *entry = (const struct es_set_query *)query;
	struct es_query_source source = { query->query, query->layer, query->strict };
	struct explainer e = { matcher, step, ctx, { 0 }, entry->ops };
	struct es_arena arena;
	struct es_node *root = NULL;
	es_arena_init(&arena, ES_QUERY_MEMORY);
	struct es_notes notes = { .arena = &arena };
	bool ok = es_query_parse(&arena, &source, &notes, &root) == EARSHOT_OK;
	if (ok) {
		es_truth_begin(matcher, entry);
		ok = walk(&e, root, 0);
		matcher->off = ES_OFF_NO;
	}
	free(e.results.spans);
	es_arena_release(&arena);
	return ok ? EARSHOT_OK : es_err_nomem(error);
}
