/* SPDX-License-Identifier: MIT
 *
 * vader_but.c - the weighing of "but", exact also where values repeat.
 *
 * The reference goes through the values in order, but changes the FIRST place
 * that holds an equal value, as it stands at that moment. Where a value repeats
 * this hits another place than one would think, and a value just halved can be
 * hit again. It looks for that place from the start each time; here each value
 * has a heap of the places that hold it, so that the cost stays n log n.
 *
 *   value -> [slot] -> heap of places, smallest on top
 *
 * A place that has changed its value since is stale and dropped when it comes
 * to the top. Zeros stay zero whichever of them is hit: they are left out.
 */
#include "score/vader_but.h"

struct node {
	uint32_t place, rank; /* rank: leftist heap, shortest way down */
	struct node *left, *right;
};

struct slot {
	double value; /* 0 = free */
	struct node *heap;
};

struct places {
	struct slot *slots;
	uint64_t mask;
	struct node *nodes;
	size_t n_nodes;
};

/* The depth is logarithmic: the right-hand way of a leftist heap is short. */
static struct node *merge(struct node *a, struct node *b)
{
	if (!a || !b)
		return a ? a : b;
	if (b->place < a->place) {
		struct node *swap = a;
		a = b;
		b = swap;
	}
	a->right = merge(a->right, b);
	if (!a->left || a->left->rank < a->right->rank) {
		struct node *swap = a->left;
		a->left = a->right;
		a->right = swap;
	}
	a->rank = a->right ? a->right->rank + 1 : 1;
	return a;
}

static struct slot *slot_of(struct places *places, double value)
{
	uint64_t bits;
	memcpy(&bits, &value, sizeof(bits));
	bits = (bits ^ bits >> 32) * 0x9e3779b97f4a7c15u;
	for (uint64_t at = bits >> 20 & places->mask;; at = (at + 1) & places->mask)
		if (places->slots[at].value == value || places->slots[at].value == 0) {
			places->slots[at].value = value;
			return &places->slots[at];
		}
}

static void put(struct places *places, double value, size_t place)
{
	struct node *node = &places->nodes[places->n_nodes++];
	struct slot *slot = slot_of(places, value);
	*node = (struct node){ .place = (uint32_t)place, .rank = 1 };
	slot->heap = merge(slot->heap, node);
}

int es_vader_but(double *valences, size_t n, size_t but, struct es_arena *arena,
		 struct earshot_error *error)
{
	size_t weighing = 0, cap = 8;
	for (size_t i = 0; i < n; i++)
		weighing += valences[i] != 0;
	while (cap < 4 * weighing) /* each value is put once and changed once */
		cap *= 2;
	struct places places = { .slots = es_arena_zalloc(arena, cap, sizeof(struct slot)),
				 .mask = cap - 1,
				 .nodes = es_arena_alloc(arena, (2 * weighing + 1) *
									sizeof(struct node)) };
	if (!places.slots || !places.nodes)
		return es_err_nomem(error);
	for (size_t i = 0; i < n; i++)
		if (valences[i] != 0)
			put(&places, valences[i], i);
	for (size_t i = 0; i < n; i++) {
		double value = valences[i];
		if (value == 0)
			continue;
		struct slot *slot = slot_of(&places, value);
		while (valences[slot->heap->place] != value) /* ends: i itself is in there */
			slot->heap = merge(slot->heap->left, slot->heap->right);
		size_t place = slot->heap->place;
		slot->heap = merge(slot->heap->left, slot->heap->right);
		valences[place] = place < but ? value * 0.5 : value * 1.5;
		if (valences[place] != 0) /* the smallest double halved */
			put(&places, valences[place], place);
	}
	return EARSHOT_OK;
}
