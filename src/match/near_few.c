/* SPDX-License-Identifier: MIT
 *
 * NEAR as it mostly is: between plain terms, or choices of them, with a few places each.
 * Every place is compared with every other, without the lists of near.c, which says the same.
 */
#include "match/spots.h"

/* Places of an operand. Source: a term is that often in no post of a few lines. */
#define FEW 8

struct few {
	uint32_t at[FEW]; /* in matcher->found */
	uint32_t n;
};

/* The places of an operand; false where it is not plain or has more than a few. */
static bool few_of(struct earshot_matcher *matcher, uint32_t at, struct few *few)
{
	const struct es_op *ops = matcher->set->ops, *op = &ops[at];
	if (op->kind != ES_OP_LEAF && op->kind != ES_OP_OR)
		return false;
	few->n = 0;
	for (at += op->kind == ES_OP_OR; at < op->end; at++) {
		if (ops[at].kind != ES_OP_LEAF)
			return false;
		uint32_t i = es_seen_of(matcher, ops[at].arg)->last;
		for (; i != ES_NOWHERE; i = matcher->found[i].before) {
			if (!(ops[at].scope & es_scope_of(matcher->found[i].span.in)))
				continue;
			if (few->n == FEW)
				return false;
			few->at[few->n++] = i;
		}
	}
	return true;
}

/* Does b begin behind a, at most `words` words away? */
static bool follows(const struct earshot_matcher *matcher, const struct es_found *a,
		    const struct es_found *b, uint32_t words)
{
	return b->first > a->last &&
	       matcher->words[b->first].from <= matcher->words[a->last].to + words;
}

static bool near(const struct earshot_matcher *matcher, const struct es_op *op,
		 const struct es_found *left, const struct es_found *right)
{
	return follows(matcher, left, right, op->arg) ||
	       (op->kind == ES_OP_NEAR && follows(matcher, right, left, op->arg));
}

/* The places of both operands; none at all where the left one has none. */
static inline bool both_of(struct earshot_matcher *matcher, uint32_t at, struct few *left,
			   struct few *right)
{
	const struct es_op *ops = matcher->set->ops;
	if ((ops[at].kind != ES_OP_NEAR && ops[at].kind != ES_OP_ORDERED) ||
	    !few_of(matcher, at + 1, left))
		return false;
	right->n = 0;
	return !left->n || (few_of(matcher, ops[at + 1].end, right) && es_words_ready(matcher));
}

bool es_near_few(struct earshot_matcher *matcher, uint32_t at, bool *yes)
{
	const struct es_op *op = &matcher->set->ops[at];
	struct few left, right;
	*yes = false;
	if (!both_of(matcher, at, &left, &right))
		return false;
	for (uint32_t i = 0; i < left.n && !*yes; i++)
		for (uint32_t k = 0; k < right.n && !*yes; k++)
			*yes = near(matcher, op, &matcher->found[left.at[i]],
				    &matcher->found[right.at[k]]);
	return true;
}

bool es_near_few_spans(struct earshot_matcher *matcher, struct es_results *results, uint32_t at,
		       bool *known)
{
	const struct es_op *op = &matcher->set->ops[at];
	uint32_t partners = 0; /* a bit for each of the right ones */
	struct few left, right;
	*known = both_of(matcher, at, &left, &right);
	if (!*known)
		return false;
	for (uint32_t i = 0; i < left.n; i++) {
		const struct es_found *found = &matcher->found[left.at[i]];
		uint32_t of_this = 0;
		for (uint32_t k = 0; k < right.n; k++)
			if (near(matcher, op, found, &matcher->found[right.at[k]]))
				of_this |= 1u << k;
		if (of_this && !es_span_add(results, &found->span))
			return false;
		partners |= of_this;
	}
	for (; partners; partners &= partners - 1)
		if (!es_span_add(results, &matcher->found[right.at[__builtin_ctz(partners)]].span))
			return false;
	return true;
}
