/* SPDX-License-Identifier: MIT
 *
 * Trees of queries -> one set: each different pattern once, a program a query, a
 * table of keys, and for each query the patterns that it waits for.
 *
 * Which patterns a query waits for: a term waits for itself; an AND for the
 * cheapest of its branches; an OR for all of its branches; NOT and conditions
 * for nothing, so that a query of conditions only is evaluated on every post.
 */
#include "match/set.h"

#include <stdlib.h>

struct known {
	const struct es_pattern *pattern;
	bool every;
};

struct compiler {
	struct earshot_queries *set;
	struct es_map known;    /* written-out pattern -> index + 1 */
	struct es_buf written;  /* of the pattern at hand */
	struct es_arena *trees; /* patterns and scratch live here until the end */
	struct known *patterns;
	uint32_t cap_patterns, cap_ops, cap_conds, cap_regexes;
	/* what each query waits for, one behind the other */
	struct es_entry *waits; /* pattern, and the query in `next` */
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
		return true;
	}
	*index = c->set->n_patterns;
	key = es_arena_str(c->trees, key.ptr, key.len);
	if (!key.ptr ||
	    !grow(c->trees, &c->patterns, &c->cap_patterns, *index, sizeof(*c->patterns)) ||
	    es_map_put(&c->known, key.ptr, key.len, (void *)(uintptr_t)(*index + 1)) != EARSHOT_OK)
		return false;
	c->patterns[c->set->n_patterns++] = (struct known){ pattern, false };
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

/* Cheaper = rarer: long terms and phrases are. */
static double cost_of(const struct es_pattern *pattern)
{
	size_t len = pattern->elems[pattern->key].fold.len;
	return 1000.0 / (double)((len + 1) * (len + 1)) / pattern->n;
}

static bool wait_for(struct compiler *c, uint32_t pattern)
{
	if (c->n_waits == c->cap_waits) {
		size_t cap = c->cap_waits ? c->cap_waits * 2 : 256;
		struct es_entry *waits = realloc(c->waits, cap * sizeof(*waits));
		if (!waits)
			return false;
		c->waits = waits;
		c->cap_waits = cap;
	}
	c->waits[c->n_waits++].pattern = pattern;
	return true;
}

static bool emit(struct compiler *c, const struct es_node *node, bool near, double *cost);

static bool emit_list(struct compiler *c, const struct es_node *node, bool near, double *cost)
{
	/* the waits of this node: a sum (OR) or the cheapest branch (AND, NEAR and the like) */
	size_t base = c->n_waits, best_at = base, best_n = 0;
	double best = NO_COST, sum = 0;
	for (const struct es_node *child = node->first; child; child = child->next) {
		double child_cost = NO_COST;
		size_t at = c->n_waits;
		if (!emit(c, child, near, &child_cost))
			return false;
		sum += child_cost;
		if (node->kind == ES_NODE_OR)
			continue;
		if (node->kind != ES_NODE_NOT && child_cost < best) {
			best = child_cost;
			best_n = c->n_waits - at;
			memmove(&c->waits[best_at], &c->waits[at], best_n * sizeof(*c->waits));
		}
		c->n_waits = best_at + best_n;
	}
	*cost = node->kind == ES_NODE_OR ? sum : best;
	if (*cost >= NO_COST) {
		*cost = NO_COST;
		c->n_waits = base;
	}
	return true;
}

static bool emit_term(struct compiler *c, const struct es_node *node, bool near, uint32_t *pattern,
		      double *cost)
{
	if (!pattern_of(c, node->pattern, pattern) || !wait_for(c, *pattern))
		return false;
	c->patterns[*pattern].every |= near;
	*cost = cost_of(node->pattern);
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

static bool emit_regex(struct compiler *c, const struct es_node *node, uint32_t *regex,
		       double *cost)
{
	struct earshot_queries *set = c->set;
	uint32_t literal = ES_NOWHERE;
	if (node->pattern && !emit_term(c, node, false, &literal, cost))
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
static bool emit(struct compiler *c, const struct es_node *node, bool near, double *cost)
{
	struct earshot_queries *set = c->set;
	uint32_t at = set->n_ops;
	bool ok;
	if (!grow(&set->arena, &set->ops, &c->cap_ops, at, sizeof(*set->ops)))
		return false;
	set->n_ops++;
	struct es_op op = { .kind = kind_of(node), .scope = node->scope, .arg = node->distance };
	*cost = NO_COST;
	if (op.kind >= ES_OP_NEAR && op.kind <= ES_OP_SENTENCE)
		near = true;
	if (node->kind == ES_NODE_TERM)
		ok = emit_term(c, node, near, &op.arg, cost);
	else if (node->kind == ES_NODE_COND)
		ok = emit_cond(c, node, &op.arg);
	else if (node->kind == ES_NODE_REGEX)
		ok = emit_regex(c, node, &op.arg, cost);
	else
		ok = emit_list(c, node, near, cost);
	if (!ok)
		return false;
	op.end = set->n_ops;
	set->ops[at] = op;
	return true;
}

static bool programs(struct compiler *c)
{
	struct earshot_queries *set = c->set;
	uint32_t n = (uint32_t)set->n_queries;
	set->always = es_arena_zalloc(&set->arena, n, sizeof(*set->always));
	if (!set->always)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		struct es_set_query *query = &set->queries[i];
		size_t waits = c->n_waits;
		double cost;
		query->ops = set->n_ops;
		if (!emit(c, query->root, false, &cost))
			return false;
		query->end = set->n_ops;
		if (c->n_waits == waits)
			set->always[set->n_always++] = i;
		for (; waits < c->n_waits; waits++)
			c->waits[waits].next = i;
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
		set->postings[pattern->first + pattern->n++] = c->waits[i].next;
	}
	return true;
}

/* ---- keys ---- */

static uint64_t hash_of(struct earshot_str text)
{
	uint64_t hash = ES_HASH_START;
	for (size_t i = 0; i < text.len; i++)
		hash = es_hash_byte(hash, text.ptr[i]);
	return hash;
}

/* The beginning that is hashed: before the first wildcard, not too long. */
static struct earshot_str beginning(struct earshot_str text, size_t most)
{
	size_t len = 0;
	while (len < text.len && text.ptr[len] != ES_GLOB_STAR && text.ptr[len] != ES_GLOB_ONE)
		len++;
	return es_str(text.ptr, es_utf8_cut(text.ptr, len, most));
}

static uint64_t key_of(struct earshot_queries *set, const struct es_pattern *pattern)
{
	const struct es_elem *elem = &pattern->elems[pattern->key];
	struct earshot_str text = elem->fold;
	if (elem->kind == ES_ELEM_WORD && text.len <= ES_KEY_MAX)
		return es_key(hash_of(text), ES_KEY_WORD, -1);
	if (elem->kind == ES_ELEM_HANGUL && elem->n_breaks)
		text.len = elem->breaks[0];
	else if (elem->kind == ES_ELEM_HANGUL && elem->end == ES_END_STEM && text.len >= 3 &&
		 text.len <= ES_KEY_MAX) {
		text.len -= 3;
		int initial = es_initial(text.ptr + text.len, text.ptr + text.len + 3);
		if (initial >= 0) {
			set->stem_lengths |= 1ull << text.len;
			return es_key(hash_of(text), ES_KEY_STEM, initial);
		}
		text.len += 3;
	}
	if (elem->kind == ES_ELEM_INFIX) {
		text = beginning(text, ES_INFIX_KEY_MAX);
		set->infix_lengths |= 1ull << text.len;
		return es_key(hash_of(text), ES_KEY_INFIX, -1);
	}
	if (elem->kind == ES_ELEM_STEM) /* its last letter may change */
		text.len = es_utf8_cut(text.ptr, text.len, text.len - 1);
	text = beginning(text, ES_KEY_MAX);
	set->prefix_lengths |= 1ull << text.len;
	return es_key(hash_of(text), ES_KEY_PREFIX, -1);
}

static bool keys(struct compiler *c)
{
	struct earshot_queries *set = c->set;
	uint64_t size = 64;
	while (size < set->n_patterns * 2ull)
		size *= 2;
	set->slot_mask = size - 1;
	set->filter_mask = size * 8 - 1;
	set->slots = es_arena_zalloc(&set->arena, size, sizeof(*set->slots));
	set->filter = es_arena_zalloc(&set->arena, size / 8, sizeof(*set->filter));
	set->entries = es_arena_zalloc(&set->arena, set->n_patterns, sizeof(*set->entries));
	if (!set->slots || !set->filter || !set->entries)
		return false;
	for (uint32_t i = set->n_patterns; i-- > 0;) {
		uint64_t key = key_of(set, &set->patterns[i].pattern), bit = key & set->filter_mask;
		uint64_t at = (key >> 20) & set->slot_mask;
		set->filter[bit / 64] |= 1ull << (bit % 64);
		while (set->slots[at].hash && set->slots[at].hash != key)
			at = (at + 1) & set->slot_mask;
		bool fresh = !set->slots[at].hash;
		set->entries[i] = (struct es_entry){ i, fresh ? ES_NOWHERE : set->slots[at].first };
		set->slots[at] = (struct es_slot){ key, i };
	}
	return true;
}

int es_set_compile(struct earshot_queries *set, struct earshot_error *error)
{
	struct compiler c = { .set = set, .trees = &set->trees };
	es_map_init(&c.known);
	es_buf_init(&c.written, EARSHOT_QUERY_MAX * 16);
	bool ok = programs(&c) && keep_patterns(&c) && postings(&c) && keys(&c);
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
	set->prefix_lengths = set->stem_lengths = set->infix_lengths = 0;
	return es_err_nomem(error);
}
