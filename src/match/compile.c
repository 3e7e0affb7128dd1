/* SPDX-License-Identifier: MIT
 *
 * Trees of queries -> one set: each different pattern once, a program a query, and for
 * each query the patterns that it waits for.
 *
 * Which patterns a query waits for: a term waits for itself; an AND for the
 * cheapest of its branches; an OR for all of its branches; NOT and conditions
 * for nothing, so that a query of conditions only is evaluated on every post.
 * Cheap is what is rare in posts: nobody knows, but long terms are, and what many
 * queries name is not (acme AND (refund OR late), in a set of many brands).
 */
#include "match/set.h"

#include <stdlib.h>

struct known {
	const struct es_pattern *pattern;
	bool every;
	uint32_t uses; /* terms that it is of */
};

struct wait {
	uint32_t pattern, query;
};

struct compiler {
	struct earshot_queries *set;
	struct es_map known;    /* written-out pattern -> index + 1 */
	struct es_buf written;  /* of the pattern at hand */
	struct es_arena *trees; /* patterns and scratch live here until the end */
	struct known *patterns;
	uint32_t cap_patterns, cap_ops, cap_conds, cap_regexes;
	/* what each query waits for, one behind the other */
	struct wait *waits;
	size_t n_waits, cap_waits;
};

#define NO_COST 1e18

static bool grow(struct es_arena *arena, void *array, uint32_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return true;
	uint32_t more = *cap ? *cap * 2 : 64;
	void *old, *fresh = es_arena_alloc(arena, more * size);
	if (!fresh)
		return false;
	memcpy(&old, array, sizeof(old));
	if (n)
		memcpy(fresh, old, n * size);
	memcpy(array, &fresh, sizeof(fresh));
	*cap = more;
	return true;
}

/* ---- patterns, each once ---- */

static void write_bytes(struct es_buf *out, struct earshot_str text)
{
	es_buf_int(out, (int64_t)text.len);
	es_buf_putc(out, ':');
	es_buf_add_str(out, text);
}

static void write_pattern(struct es_buf *out, const struct es_pattern *pattern)
{
	es_buf_clear(out);
	for (uint32_t i = 0; i < pattern->n; i++) {
		const struct es_elem *elem = &pattern->elems[i];
		const char head[] = { (char)elem->kind, (char)elem->gap, (char)elem->end,
				      (char)elem->spell };
		es_buf_add(out, head, sizeof(head));
		write_bytes(out, elem->fold);
		write_bytes(out, elem->nfc);
		es_buf_int(out, elem->n_breaks);
		es_buf_add(out, elem->breaks, elem->n_breaks * sizeof(*elem->breaks));
	}
}

static bool pattern_of(struct compiler *c, const struct es_pattern *pattern, uint32_t *index)
{
	write_pattern(&c->written, pattern);
	struct earshot_str key = es_buf_view(&c->written);
	if (!es_buf_ok(&c->written))
		return false;
	uintptr_t found = (uintptr_t)es_map_get(&c->known, key.ptr, key.len);
	if (found) {
		*index = (uint32_t)found - 1;
		c->patterns[*index].uses++;
		return true;
	}
	*index = c->set->n_patterns;
	key = es_arena_str(c->trees, key.ptr, key.len);
	if (!key.ptr ||
	    !grow(c->trees, &c->patterns, &c->cap_patterns, *index, sizeof(*c->patterns)) ||
	    es_map_put(&c->known, key.ptr, key.len, (void *)(uintptr_t)(*index + 1)) != EARSHOT_OK)
		return false;
	c->patterns[c->set->n_patterns++] = (struct known){ pattern, false, 1 };
	return true;
}

/* Patterns out of the trees' arena, which goes, into the set's. */
static bool keep_patterns(struct compiler *c)
{
	struct earshot_queries *set = c->set;
	set->patterns = es_arena_zalloc(&set->arena, set->n_patterns, sizeof(*set->patterns));
	if (!set->patterns)
		return false;
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		struct es_pattern *pattern = &set->patterns[i].pattern;
		*pattern = *c->patterns[i].pattern;
		pattern->every = c->patterns[i].every;
		struct es_elem *elems =
			es_arena_alloc(&set->arena, pattern->n * sizeof(*pattern->elems));
		if (!elems)
			return false;
		memcpy(elems, pattern->elems, pattern->n * sizeof(*elems));
		pattern->elems = elems;
		for (uint32_t k = 0; k < pattern->n; k++) {
			struct es_elem *elem = &elems[k];
			size_t breaks = elem->n_breaks * sizeof(*elem->breaks);
			elem->fold = es_arena_str(&set->arena, elem->fold.ptr, elem->fold.len);
			if (elem->nfc.ptr)
				elem->nfc = es_arena_str(&set->arena, elem->nfc.ptr, elem->nfc.len);
			uint32_t *copy = breaks ? es_arena_alloc(&set->arena, breaks) : NULL;
			if (!elem->fold.ptr || (breaks && !copy))
				return false;
			if (copy)
				memcpy(copy, elem->breaks, breaks);
			elem->breaks = copy;
		}
	}
	return true;
}

/* ---- programs ---- */

static bool emit(struct compiler *c, const struct es_node *node, bool near);

static bool emit_term(struct compiler *c, const struct es_node *node, bool near, uint32_t *pattern)
{
	if (!pattern_of(c, node->pattern, pattern))
		return false;
	c->patterns[*pattern].every |= near;
	return true;
}

static bool emit_cond(struct compiler *c, const struct es_node *node, uint32_t *cond)
{
	struct earshot_queries *set = c->set;
	*cond = set->n_conds;
	if (!grow(&set->arena, &set->conds, &c->cap_conds, *cond, sizeof(*set->conds)) ||
	    !es_cond_prepare(&set->arena, node, &set->conds[*cond]))
		return false;
	set->n_conds++;
	return true;
}

static bool emit_regex(struct compiler *c, const struct es_node *node, uint32_t *regex)
{
	struct earshot_queries *set = c->set;
	uint32_t literal = ES_NOWHERE;
	if (node->pattern && !emit_term(c, node, false, &literal))
		return false;
	*regex = set->n_regexes;
	if (!grow(&set->arena, &set->regexes, &c->cap_regexes, *regex, sizeof(*set->regexes)) ||
	    !es_regex_compile(&set->regexes[*regex], node->text, node->nocase))
		return false;
	set->regexes[set->n_regexes++].literal = literal;
	return true;
}

static uint8_t kind_of(const struct es_node *node)
{
	static const uint8_t kinds[] = { ES_OP_AND,    ES_OP_OR,       ES_OP_NOT,
					 ES_OP_LEAF,   ES_OP_COND,     ES_OP_NEAR,
					 ES_OP_WINDOW, ES_OP_SENTENCE, ES_OP_REGEX };
	return node->kind == ES_NODE_NEAR && node->ordered ? ES_OP_ORDERED : kinds[node->kind];
}

/* `near`: the node is an operand of an op that looks at places. */
static bool emit(struct compiler *c, const struct es_node *node, bool near)
{
	struct earshot_queries *set = c->set;
	uint32_t at = set->n_ops;
	bool ok = true;
	if (!grow(&set->arena, &set->ops, &c->cap_ops, at, sizeof(*set->ops)))
		return false;
	set->n_ops++;
	struct es_op op = { .kind = kind_of(node), .scope = node->scope, .arg = node->distance };
	if (op.kind >= ES_OP_NEAR && op.kind <= ES_OP_SENTENCE)
		near = true;
	if (node->kind == ES_NODE_TERM)
		ok = emit_term(c, node, near, &op.arg);
	else if (node->kind == ES_NODE_COND)
		ok = emit_cond(c, node, &op.arg);
	else if (node->kind == ES_NODE_REGEX)
		ok = emit_regex(c, node, &op.arg);
	else
		for (const struct es_node *child = node->first; child && ok; child = child->next)
			ok = emit(c, child, near);
	if (!ok)
		return false;
	op.end = set->n_ops;
	set->ops[at] = op;
	return true;
}

/* Where it goes on behind each op below `at`, once it is known of `at`. */
static void lead_on(struct es_op *ops, uint32_t at)
{
	const struct es_op *op = &ops[at];
	for (uint32_t child = at + 1; child < op->end; child = ops[child].end) {
		struct es_op *to = &ops[child];
		bool last = to->end == op->end, no = op->kind == ES_OP_NOT;
		to->yes = no ? op->no : op->yes;
		to->no = no ? op->yes : op->no;
		if (op->kind == ES_OP_AND && !last)
			to->yes = es_first_asked(ops, to->end);
		else if (op->kind == ES_OP_OR && !last)
			to->no = es_first_asked(ops, to->end);
		lead_on(ops, child);
	}
}

static bool programs(struct compiler *c)
{
	struct earshot_queries *set = c->set;
	set->programs = es_arena_zalloc(&set->arena, set->n_queries, sizeof(*set->programs));
	if (!set->programs)
		return false;
	for (size_t i = 0; i < set->n_queries; i++) {
		struct es_set_query *query = &set->queries[i];
		query->ops = set->programs[i] = set->n_ops;
		if (!emit(c, query->root, false))
			return false;
		query->end = set->n_ops;
		set->ops[query->ops].yes = ES_OP_TRUE;
		set->ops[query->ops].no = ES_OP_FALSE;
		lead_on(set->ops, query->ops);
	}
	return true;
}

/* ---- what the queries wait for ---- */

static double cost_of(const struct known *known)
{
	const struct es_pattern *pattern = known->pattern;
	size_t len = pattern->elems[pattern->key].fold.len;
	return 1000.0 / (double)((len + 1) * (len + 1)) / pattern->n * known->uses;
}

static bool wait_for(struct compiler *c, uint32_t pattern)
{
	if (c->n_waits == c->cap_waits) {
		size_t cap = c->cap_waits ? c->cap_waits * 2 : 256;
		struct wait *waits = realloc(c->waits, cap * sizeof(*waits));
		if (!waits)
			return false;
		c->waits = waits;
		c->cap_waits = cap;
	}
	c->waits[c->n_waits++].pattern = pattern;
	return true;
}

/* Adds the waits of an op, none where it has none; *cost of them all. */
static bool waits_of(struct compiler *c, uint32_t at, double *cost)
{
	const struct es_op *ops = c->set->ops, *op = &ops[at];
	/* a sum (OR) or the cheapest branch (AND, NEAR and the like) */
	size_t base = c->n_waits, best_n = 0;
	double best = NO_COST, sum = 0;
	uint32_t pattern = op->arg;
	*cost = NO_COST;
	if (op->kind == ES_OP_NOT || op->kind == ES_OP_COND)
		return true;
	if (op->kind == ES_OP_REGEX)
		pattern = c->set->regexes[op->arg].literal;
	if (op->kind == ES_OP_REGEX && pattern == ES_NOWHERE)
		return true;
	if (op->kind == ES_OP_LEAF || op->kind == ES_OP_REGEX) {
		*cost = cost_of(&c->patterns[pattern]);
		return wait_for(c, pattern);
	}
	for (uint32_t child = at + 1; child < op->end; child = ops[child].end) {
		double child_cost;
		size_t from = c->n_waits;
		if (!waits_of(c, child, &child_cost))
			return false;
		sum += child_cost;
		if (op->kind == ES_OP_OR)
			continue;
		if (child_cost < best) {
			best = child_cost;
			best_n = c->n_waits - from;
			memmove(&c->waits[base], &c->waits[from], best_n * sizeof(*c->waits));
		}
		c->n_waits = base + best_n;
	}
	*cost = op->kind == ES_OP_OR ? sum : best;
	if (*cost >= NO_COST) {
		*cost = NO_COST;
		c->n_waits = base;
	}
	return true;
}

static bool waits(struct compiler *c)
{
	struct earshot_queries *set = c->set;
	uint32_t n = (uint32_t)set->n_queries;
	set->always = es_arena_zalloc(&set->arena, n, sizeof(*set->always));
	if (!set->always)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		size_t from = c->n_waits;
		double cost;
		if (!waits_of(c, set->queries[i].ops, &cost))
			return false;
		if (c->n_waits == from)
			set->always[set->n_always++] = i;
		for (; from < c->n_waits; from++)
			c->waits[from].query = i;
	}
	return true;
}

/* pattern -> queries that wait for it, in order */
static bool postings(struct compiler *c)
{
	struct earshot_queries *set = c->set;
	uint32_t total = 0;
	set->postings = es_arena_zalloc(&set->arena, c->n_waits, sizeof(*set->postings));
	if (!set->postings)
		return false;
	for (size_t i = 0; i < c->n_waits; i++)
		set->patterns[c->waits[i].pattern].n++;
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		set->patterns[i].first = total;
		total += set->patterns[i].n;
		set->patterns[i].n = 0;
	}
	for (size_t i = 0; i < c->n_waits; i++) {
		struct es_set_pattern *pattern = &set->patterns[c->waits[i].pattern];
		set->postings[pattern->first + pattern->n++] = c->waits[i].query;
	}
	return true;
}

static bool layers(struct earshot_queries *set)
{
	for (int i = 0; i < ES_LAYERS; i++) {
		set->layers[i] = es_arena_zalloc(&set->arena, set->n_queries / 64 + 1,
						 sizeof(*set->layers[i]));
		if (!set->layers[i])
			return false;
	}
	for (size_t i = 0; i < set->n_queries; i++)
		set->layers[set->queries[i].query.layer][i / 64] |= 1ull << (i % 64);
	return true;
}

int es_set_compile(struct earshot_queries *set, struct earshot_error *error)
{
	struct compiler c = { .set = set, .trees = &set->trees };
	es_map_init(&c.known);
	es_buf_init(&c.written, EARSHOT_QUERY_MAX * 16);
	bool ok = programs(&c) && waits(&c) && keep_patterns(&c) && postings(&c) && layers(set) &&
		  es_set_keys(set);
	es_map_release(&c.known);
	es_buf_release(&c.written);
	free(c.waits);
	if (ok)
		return EARSHOT_OK;
	/* as it was before, so that it may be tried again; what lies in the arena stays there */
	for (uint32_t i = 0; i < set->n_regexes; i++)
		es_regex_release(&set->regexes[i]);
	set->regexes = NULL;
	set->n_regexes = 0;
	set->ops = NULL;
	set->conds = NULL;
	set->n_ops = set->n_conds = set->n_patterns = set->n_always = 0;
	set->short_lengths = set->infix_lengths = 0;
	set->stems = false;
	return es_err_nomem(error);
}
