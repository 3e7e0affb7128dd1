/* SPDX-License-Identifier: MIT
 *
 * learnt.c - what a text is made of, for learning: the walk of the scorer with the learner's
 * function as its sink, and the hand lexicon's sums.
 */
#include "score/learnt.h"

#include <stdlib.h>

#include "score/learnt_walk.h"
#include "score/rules.h"

#define ZONES_MAX 255
#define MUTE      (INT64_MIN / 2) /* a zone whose words say nothing, whatever was learnt */

/* Numbers the zones of a field from 1, those that touch as one; says of each what the rules
 * make of it. A post has at most ZONES_MAX, further ones are none. */
static size_t find_zones(struct learnt_hits *hits, struct hits *hand, enum earshot_in in,
			 size_t len, int64_t *rule)
{
	uint16_t *zones = NULL;
	size_t end = 0, n = 0;
	hits->zones = NULL;
	for (size_t i = 0; i < hand->n; i++) {
		struct hit *hit = &hand->at[i];
		if (hit->in != in || hit->zone_len == 0)
			continue;
		if (!zones)
			zones = es_arena_zalloc(hits->arena, len + 1, sizeof(*zones));
		if (!zones) {
			hits->failed = true;
			return 0;
		}
		if (n == 0 || hit->zone >= end) {
			if (n == ZONES_MAX)
				break;
			rule[++n] = 0;
		}
		size_t from = hit->zone < end ? end : hit->zone, to = hit->zone + hit->zone_len;
		for (; from < to; from++)
			zones[from] = (uint16_t)n;
		end = to > end ? to : end;
		rule[n] += hit->mute ? MUTE : hit->weight;
		hit->zone_number = (uint16_t)n;
	}
	hits->zones = zones;
	return n;
}

static void span(const struct es_analysis *text, const struct es_feature *feature, uint32_t *from,
		 uint32_t *to)
{
	const char *end =
		feature->b.ptr ? feature->b.ptr + feature->b.len : feature->a.ptr + feature->a.len;
	*from = text->origin[feature->a.ptr - text->folded.ptr];
	*to = text->origin[end - text->folded.ptr];
}

/* The zone that holds all of it; 0 = none does. */
static uint16_t zone_of(const uint16_t *zones, uint32_t from, uint32_t to)
{
	return zones && to > from && zones[from] == zones[to - 1] ? zones[from] : 0;
}

static bool again(struct learnt_hits *hits, uint32_t entry)
{
	uint64_t bit = 1ull << entry % 64, *some = &hits->some[entry % LEARNT_SOME / 64];
	bool known = *some & bit && hits->seen[entry] == hits->post;
	*some |= bit;
	hits->seen[entry] = hits->post;
	return known;
}

static void meet(struct learnt_hits *hits, const struct es_feature *feature)
{
	const struct es_learnt_slot *slot = es_learnt_find(hits->learnt, feature->key);
	const struct es_token *token = feature->token;
	uint32_t from, to;
	if (!slot || again(hits, slot->entry))
		return;
	span(hits->text, feature, &from, &to);
	if (hits->n == hits->cap) {
		size_t cap = hits->cap ? 2 * hits->cap : 256;
		struct learnt_hit *more = es_arena_alloc(hits->arena, cap * sizeof(*more));
		if (!more) {
			hits->failed = true;
			return;
		}
		if (hits->n)
			memcpy(more, hits->at, hits->n * sizeof(*more));
		hits->at = more;
		hits->cap = cap;
	}
	hits->at[hits->n++] = (struct learnt_hit){
		.slot = slot,
		.in = hits->in,
		.start = from,
		.len = to - from,
		.zone = zone_of(hits->zones, from, to),
		.token = from >= token->from && to <= token->from + token->len ? token->from
									       : UINT32_MAX,
		.polarity = slot->polarity,
		.neutrality = slot->neutrality,
	};
}

static void flush(struct learnt_hits *hits)
{
	for (size_t i = 0; i < hits->n_waiting; i++)
		meet(hits, &hits->waiting[i]);
	hits->n_waiting = 0;
}

static void flush_sums(struct learnt_hits *hits)
{
	for (size_t i = 0; i < hits->n_keys; i++) {
		const struct es_learnt_slot *slot = es_learnt_find(hits->learnt, hits->keys[i]);
		if (!slot || again(hits, slot->entry))
			continue;
		hits->polarity += slot->polarity;
		hits->neutrality += slot->neutrality;
	}
	hits->n_keys = 0;
}

/* Without reasons and zones a key is all there is to know. */
static inline void queue_sums(void *ctx, const struct es_feature *feature)
{
	struct learnt_hits *hits = ctx;
	__builtin_prefetch(&hits->learnt->slots[feature->key & hits->learnt->mask]);
	hits->keys[hits->n_keys++] = feature->key;
	if (hits->n_keys == LEARNT_WAITING)
		flush_sums(hits);
}

static inline void queue(void *ctx, const struct es_feature *feature)
{
	struct learnt_hits *hits = ctx;
	__builtin_prefetch(&hits->learnt->slots[feature->key & hits->learnt->mask]);
	hits->waiting[hits->n_waiting++] = *feature;
	if (hits->n_waiting == LEARNT_WAITING)
		flush(hits);
}

/* Silences what does not agree with the rule of its zone. */
static void weigh_zones(struct learnt_hits *hits, size_t first, struct hits *hand,
			enum earshot_in in, const int64_t *rule, size_t n)
{
	int64_t polarity[ZONES_MAX + 1] = { 0 }, neutrality[ZONES_MAX + 1] = { 0 };
	bool silent[ZONES_MAX + 1] = { false };
	for (size_t i = first; i < hits->n; i++) {
		polarity[hits->at[i].zone] += hits->at[i].polarity;
		neutrality[hits->at[i].zone] += hits->at[i].neutrality;
	}
	for (size_t z = 1; z <= n; z++) {
		int64_t p = rule[z] < 0 ? -polarity[z] : polarity[z];
		silent[z] = rule[z] <= MUTE / 2 || (rule[z] != 0 && (p <= 0 || p <= neutrality[z]));
	}
	for (size_t i = first; i < hits->n; i++)
		if (silent[hits->at[i].zone])
			hits->at[i].polarity = hits->at[i].neutrality = 0;
	for (size_t i = 0; i < hand->n; i++)
		if (hand->at[i].in == in)
			hand->at[i].alone = silent[hand->at[i].zone_number];
}

void es_learnt_find_all(struct learnt_hits *hits, struct hits *hand, enum earshot_in in,
			const struct es_analysis *text)
{
	int64_t rule[ZONES_MAX + 1];
	size_t first = hits->n, n = find_zones(hits, hand, in, text->original.len, rule);
	hits->in = in;
	hits->text = text;
	if (!hits->keep && !hits->zones) {
		learnt_walk(text, &hits->learnt->shape, hits->learnt, queue_sums, hits);
		flush_sums(hits);
		return;
	}
	learnt_walk(text, &hits->learnt->shape, hits->learnt, queue, hits);
	flush(hits);
	if (n)
		weigh_zones(hits, first, hand, in, rule, n);
}

void es_learnt_merge(struct learnt_hits *hits)
{
	size_t n = 0, word = SIZE_MAX; /* of the hits that stay: the token's own */
	for (size_t i = 0; i < hits->n; i++) {
		struct learnt_hit *hit = &hits->at[i];
		struct learnt_hit *own = word == SIZE_MAX ? NULL : &hits->at[word];
		if (own && hit->token != UINT32_MAX && own->token == hit->token &&
		    own->in == hit->in) {
			own->polarity += hit->polarity;
			own->neutrality += hit->neutrality;
			if (hit->len > own->len) {
				own->slot = hit->slot;
				own->start = hit->start;
				own->len = hit->len;
			}
			continue;
		}
		if (hit->token != UINT32_MAX)
			word = n;
		hits->at[n++] = *hit;
	}
	hits->n = n;
}

void es_learnt_scaled(const struct es_learnt_scale *scale, uint32_t words, const struct hit *hit,
		      int32_t *polarity, int32_t *neutrality)
{
	enum es_hand_scale how = es_learnt_scale_of(hit);
	*polarity =
		es_rules_scaled(hit->weight, es_learnt_factor(scale, scale->polarity, how, words));
	*neutrality =
		es_rules_scaled(hit->neutrality, scale->neutrality) +
		es_rules_scaled(abs(hit->weight), es_learnt_factor(scale, scale->mass, how, words));
}

void es_learnt_features(const struct es_analysis *text, const struct es_learnt_shape *shape,
			es_feature_fn *fn, void *ctx)
{
	learnt_walk(text, shape, NULL, fn, ctx);
}

struct es_hand es_learnt_hand(const struct hits *hits)
{
	struct es_hand hand = { .words = hits->words };
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->at[i];
		enum es_hand_scale how = es_learnt_scale_of(hit);
		hand.polarity[how] += hit->weight;
		hand.mass[how] += abs(hit->weight);
		hand.neutrality += hit->neutrality;
	}
	return hand;
}
