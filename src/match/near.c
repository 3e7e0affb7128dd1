/* SPDX-License-Identifier: MIT
 *
 * Words near each other: ops over the places that the walk has left.
 *
 *   (acme OR "the shop") NEAR/3 refund*
 *
 *   leaf acme     [4] [19]   \
 *   leaf the shop [9-10]     / OR [4] [9-10] [19]  \
 *   leaf refund*  [12]                               NEAR/3 [9-10] [12]
 *
 * An op takes the places of its operands, sorted by first token, and leaves those that
 * have what it asks for; it is true where some are left. Two places that share a word are
 * never near each other; in a nested NEAR the nearest of its words counts.
 *
 * A distance is the number of words in between: words, numbers, tags and names count,
 * signs, faces, emoji and addresses do not; what is glued to Hangul (acme는, 24시간) is one
 * word with it. Title and text are numbered far apart, so that nothing crosses.
 *
 * All is linear in the places but for sorting and binary search.
 */
#include "match/spots.h"

/* ---- ops ---- */

static struct es_spots spots_of(struct earshot_matcher *matcher, uint32_t op);

static struct es_spots leaf(struct earshot_matcher *matcher, const struct es_op *op)
{
	const struct es_seen *seen = es_seen_of(matcher, op->arg);
	uint32_t n = 0, k;
	if (!(seen->scopes & op->scope))
		return (struct es_spots){ NULL, 0, true };
	struct es_spot *at = es_spots_room(matcher, seen->n);
	/* the chain of places begins with the last one */
	for (uint32_t i = seen->last; at && i != ES_NOWHERE; i = matcher->found[i].before) {
		const struct es_found *found = &matcher->found[i];
		if (op->scope & es_scope_of(found->span.in))
			at[n++] = (struct es_spot){ found->first, found->last, i };
	}
	for (k = 0; k < n / 2; k++) {
		struct es_spot swap = at[k];
		at[k] = at[n - 1 - k];
		at[n - 1 - k] = swap;
	}
	es_spots_sort(at, n);
	return (struct es_spots){ at, n, true };
}

/* One list of the places of all children. */
static struct es_spots any_of(struct earshot_matcher *matcher, uint32_t op)
{
	const struct es_op *ops = matcher->set->ops;
	struct es_spots all = { NULL, 0, true };
	size_t n = 0;
	for (uint32_t child = op + 1; child < ops[op].end; child = ops[child].end)
		n += spots_of(matcher, child).n;
	struct es_spot *at = es_spots_room(matcher, n);
	for (uint32_t child = op + 1; at && child < ops[op].end; child = ops[child].end) {
		struct es_spots spots = spots_of(matcher, child);
		if (spots.n)
			memcpy(at + all.n, spots.at, spots.n * sizeof(*at));
		all.n += spots.n;
	}
	es_spots_sort(at, at ? all.n : 0);
	uint32_t kept = 0;
	for (uint32_t i = 0; at && i < all.n; i++)
		if (!kept || es_spot_order(&at[kept - 1], &at[i]) != 0)
			at[kept++] = at[i];
	return (struct es_spots){ at, kept, true };
}

/* Where the partners of the left operand's places stand, and those of the right one's. */
struct sides {
	int left, right;
};

static struct sides sides_of(const struct es_op *op)
{
	return op->kind == ES_OP_ORDERED
		       ? (struct sides){ ES_BEHIND, ES_BEFORE }
		       : (struct sides){ ES_BEHIND | ES_BEFORE, ES_BEHIND | ES_BEFORE };
}

static struct es_spots pair(struct earshot_matcher *matcher, const struct es_op *op,
			    struct es_spots left, struct es_spots right)
{
	struct sides sides = sides_of(op);
	struct es_spots a = es_spots_with_partner(matcher, left, right, sides.left, op->arg);
	struct es_spots b = es_spots_with_partner(matcher, right, left, sides.right, op->arg);
	return es_spots_joined(matcher, a, b);
}

/* The operands of a WINDOW. Two that are the same term are twins: a stretch must hold as
 * many places of it. */
struct window {
	uint32_t ops[ES_NEAR_OPERANDS];  /* ops of those without an elder twin */
	uint32_t need[ES_NEAR_OPERANDS]; /* how many twins, itself included */
	uint32_t n;
};

struct window_spot {
	struct es_spot spot;
	uint32_t operand;
};

static void operands_of(const struct earshot_matcher *matcher, uint32_t op, struct window *w)
{
	const struct es_op *ops = matcher->set->ops;
	w->n = 0;
	for (uint32_t child = op + 1; child < ops[op].end; child = ops[child].end) {
		uint32_t i = 0;
		while (i < w->n &&
		       !(ops[child].kind == ES_OP_LEAF && ops[w->ops[i]].kind == ES_OP_LEAF &&
			 ops[w->ops[i]].arg == ops[child].arg &&
			 ops[w->ops[i]].scope == ops[child].scope))
			i++;
		if (i == w->n) {
			w->ops[w->n] = child;
			w->need[w->n++] = 0;
		}
		w->need[i]++;
	}
}

static int by_window_token(const void *a, const void *b)
{
	const struct window_spot *x = a, *y = b;
	int order = es_spot_order(&x->spot, &y->spot);
	return order ? order : x->operand < y->operand ? -1 : x->operand > y->operand;
}

/* Does the stretch of `words` words from each place hold all operands? From the last
 * place to the first: of each operand the ends of the places nearest behind. */
static void fits(const struct earshot_matcher *matcher, const struct window *w,
		 const struct window_spot *at, uint32_t n, uint32_t words, bool *out)
{
	uint32_t ends[ES_NEAR_OPERANDS][ES_NEAR_OPERANDS];
	memset(ends, 0xff, sizeof(ends));
	for (uint32_t i = n; i-- > 0;) {
		uint32_t operand = at[i].operand, *own = ends[operand];
		uint32_t end = es_spot_to(matcher, at[i].spot.last), need = w->need[operand],
			 last = 0;
		if (need > 1) {
			memmove(own + 1, own, (need - 1) * sizeof(*own));
			own[0] = end;
		} else if (end < own[0]) {
			own[0] = end;
		}
		for (uint32_t k = 0; k < w->n; k++) {
			uint32_t k_end = ends[k][w->need[k] - 1];
			last = k_end > last ? k_end : last;
		}
		out[i] = last != UINT32_MAX && last - es_spot_from(matcher, &at[i].spot) <= words;
	}
}

/* Of each place on, the end (a word) of that which ends first. */
static const uint32_t *least_ends(struct earshot_matcher *matcher, struct es_spots spots)
{
	uint32_t *least = es_arena_alloc(&matcher->near, (spots.n + 1) * sizeof(*least));
	for (uint32_t i = spots.n; least && i-- > 0;) {
		least[i] = es_spot_to(matcher, spots.at[i].last);
		if (i + 1 < spots.n && least[i + 1] < least[i])
			least[i] = least[i + 1];
	}
	if (!least)
		es_spots_over(matcher);
	return least;
}

/* Places in a stretch that holds all operands; with `only`, in one that holds one of
 * these as well. */
static struct es_spots window(struct earshot_matcher *matcher, uint32_t op,
			      const struct es_spots *only)
{
	uint32_t words = matcher->set->ops[op].arg, n = 0, kept = 0;
	struct window w;
	size_t total = 0;
	operands_of(matcher, op, &w);
	for (uint32_t i = 0; i < w.n; i++)
		total += spots_of(matcher, w.ops[i]).n;
	struct es_spot *out = es_spots_room(matcher, total);
	struct window_spot *at = es_arena_alloc(&matcher->near, (total + 1) * sizeof(*at));
	bool *fit = es_arena_alloc(&matcher->near, total + 1);
	const uint32_t *least = only ? least_ends(matcher, *only) : NULL;
	if (matcher->off || !out || !at || !fit) {
		es_spots_over(matcher);
		return (struct es_spots){ 0 };
	}
	for (uint32_t i = 0; i < w.n; i++) {
		struct es_spots spots = spots_of(matcher, w.ops[i]);
		for (uint32_t k = 0; k < spots.n; k++)
			at[n++] = (struct window_spot){ spots.at[k], i };
	}
	es_sort(at, n, sizeof(*at), by_window_token);
	fits(matcher, &w, at, n, words, fit);
	uint32_t end = 0, next = 0; /* of the last stretch that holds all; a word */
	bool have = false;
	for (uint32_t i = 0; i < n; i++) {
		const struct es_spot *spot = &at[i].spot;
		uint32_t first = es_spot_from(matcher, spot);
		while (only && next < only->n && es_spot_from(matcher, &only->at[next]) < first)
			next++;
		if (fit[i] && (!only || (next < only->n && least[next] <= first + words))) {
			have = true;
			end = first + words;
		}
		if (have && es_spot_to(matcher, spot->last) <= end &&
		    (!kept || es_spot_order(&out[kept - 1], spot) != 0))
			out[kept++] = *spot;
	}
	return (struct es_spots){ out, kept, true };
}

/* Places in the sentences that hold all operands. */
static struct es_spots sentence(struct earshot_matcher *matcher, uint32_t op)
{
	const struct es_op *ops = matcher->set->ops;
	size_t tokens =
		(matcher->title ? matcher->title->n : 0) + (matcher->text ? matcher->text->n : 0);
	uint32_t *have = es_arena_zalloc(&matcher->near, tokens + 3, sizeof(*have)), n = 0;
	size_t total = 0;
	for (uint32_t child = op + 1; have && child < ops[op].end; child = ops[child].end, n++) {
		struct es_spots spots = spots_of(matcher, child);
		total += spots.n;
		for (uint32_t i = 0; i < spots.n; i++) {
			uint32_t *count = &have[matcher->words[spots.at[i].first].sentence];
			*count += *count == n;
		}
	}
	struct es_spot *at = es_spots_room(matcher, total);
	if (matcher->off || !have || !at) {
		es_spots_over(matcher);
		return (struct es_spots){ 0 };
	}
	uint32_t kept = 0;
	for (uint32_t child = op + 1; child < ops[op].end; child = ops[child].end) {
		struct es_spots spots = spots_of(matcher, child);
		for (uint32_t i = 0; i < spots.n; i++)
			if (have[matcher->words[spots.at[i].first].sentence] == n)
				at[kept++] = spots.at[i];
	}
	es_spots_sort(at, kept);
	return (struct es_spots){ at, kept, true };
}

/* The places that an op leaves; each once a query and post. */
static struct es_spots spots_of(struct earshot_matcher *matcher, uint32_t op)
{
	const struct es_op *ops = matcher->set->ops;
	struct es_spots *known = &matcher->spots[op - matcher->query->ops];
	if (known->known || matcher->off)
		return *known;
	struct es_spots spots = { 0 };
	if (ops[op].kind == ES_OP_LEAF)
		spots = leaf(matcher, &ops[op]);
	else if (ops[op].kind == ES_OP_OR)
		spots = any_of(matcher, op);
	else if (ops[op].kind == ES_OP_WINDOW)
		spots = window(matcher, op, NULL);
	else if (ops[op].kind == ES_OP_SENTENCE)
		spots = sentence(matcher, op);
	else
		spots = pair(matcher, &ops[op], spots_of(matcher, op + 1),
			     spots_of(matcher, ops[op + 1].end));
	if (matcher->off)
		return (struct es_spots){ 0 };
	*known = spots;
	return spots;
}

/* Has every operand a place at all? Most posts end here. */
static bool possible(struct earshot_matcher *matcher, uint32_t op)
{
	const struct es_op *ops = matcher->set->ops;
	if (ops[op].kind == ES_OP_LEAF)
		return es_seen_of(matcher, ops[op].arg)->scopes & ops[op].scope;
	bool any = ops[op].kind == ES_OP_OR;
	for (uint32_t child = op + 1; child < ops[op].end; child = ops[child].end)
		if (possible(matcher, child) == any)
			return any;
	return !any;
}

static bool ready(struct earshot_matcher *matcher, uint32_t op)
{
	if (matcher->off || !possible(matcher, op) || !es_words_ready(matcher))
		return false;
	if (!matcher->spots || matcher->spots_query != matcher->query) {
		size_t n = matcher->query->end - matcher->query->ops;
		es_arena_reset(&matcher->near);
		matcher->spots_used = 0;
		matcher->spots_query = matcher->query;
		matcher->spots = es_arena_zalloc(&matcher->near, n, sizeof(*matcher->spots));
	}
	return matcher->spots || es_spots_over(matcher);
}

bool es_near_true(struct earshot_matcher *matcher, uint32_t op)
{
	bool yes;
	if (es_near_few(matcher, op, &yes))
		return yes;
	return ready(matcher, op) && spots_of(matcher, op).n > 0;
}

/* ---- what made it true ---- */

/* Marks those of the places of `op` that are in `which`, and the partners that they have
 * within the op. */
static bool mark(struct earshot_matcher *matcher, struct es_results *results, uint32_t op,
		 struct es_spots which)
{
	const struct es_op *ops = matcher->set->ops;
	if (matcher->off)
		return true;
	if (ops[op].kind == ES_OP_LEAF) {
		for (uint32_t i = 0; i < which.n; i++)
			if (!es_span_add(results, &matcher->found[which.at[i].found].span))
				return false;
		return true;
	}
	if (ops[op].kind == ES_OP_WINDOW)
		which = window(matcher, op, &which);
	if (ops[op].kind != ES_OP_NEAR && ops[op].kind != ES_OP_ORDERED) {
		for (uint32_t child = op + 1; child < ops[op].end; child = ops[child].end)
			if (!mark(matcher, results, child,
				  es_spots_common(matcher, spots_of(matcher, child), which)))
				return false;
		return true;
	}
	uint32_t left = op + 1, right = ops[left].end, words = ops[op].arg;
	struct sides sides = sides_of(&ops[op]);
	struct es_spots all_a = spots_of(matcher, left), all_b = spots_of(matcher, right);
	struct es_spots a = es_spots_common(
		matcher, es_spots_with_partner(matcher, all_a, all_b, sides.left, words), which);
	struct es_spots b = es_spots_common(
		matcher, es_spots_with_partner(matcher, all_b, all_a, sides.right, words), which);
	struct es_spots more_a = es_spots_with_partner(matcher, all_a, b, sides.left, words);
	struct es_spots more_b = es_spots_with_partner(matcher, all_b, a, sides.right, words);
	return mark(matcher, results, left, es_spots_joined(matcher, a, more_a)) &&
	       mark(matcher, results, right, es_spots_joined(matcher, b, more_b));
}

bool es_near_spans(struct earshot_matcher *matcher, struct es_results *results, uint32_t op)
{
	bool known, ok = es_near_few_spans(matcher, results, op, &known);
	if (known)
		return ok;
	return !ready(matcher, op) || mark(matcher, results, op, spots_of(matcher, op));
}

int64_t es_near_distance(struct earshot_matcher *matcher, uint32_t op)
{
	const struct es_op *ops = matcher->set->ops;
	if (!ready(matcher, op))
		return -1;
	struct es_spots left = spots_of(matcher, op + 1);
	struct es_spots right = spots_of(matcher, ops[op + 1].end);
	uint32_t words = es_spots_nearest(matcher, left, right, sides_of(&ops[op]).left);
	return words > ES_DISTANCE_MAX ? -1 : (int64_t)words;
}
