/* SPDX-License-Identifier: MIT
 *
 * learnt.c - learnt weights where a post has them: hits for reasons, and what the rules' zones
 * make of them; what a text is made of, for learning. learnt_field.c is the walk.
 */
#include "score/learnt.h"

#include <stdlib.h>

#include "score/learnt_walk.h"
#include "score/rules.h"

#define MUTE (INT64_MIN / 2) /* a zone whose words say nothing, whatever was learnt */

/* Numbers the zones of a field from 1, those that touch as one; says of each what the rules
 * make of it. A post has at most LEARNT_ZONES, further ones are none. */
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
			if (n == LEARNT_ZONES)
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

void es_learnt_grow(struct learnt_hits *hits)
{
	size_t n = (size_t)hits->met_mask + 1;
	uint64_t *old = hits->met, *more = es_arena_zalloc(hits->arena, 4 * n, sizeof(*more));
	if (!more) {
		hits->failed = true; /* nothing of this post counts any more: room again */
		memset(old, 0, n * sizeof(*old));
		hits->n_met = 0;
		return;
	}
	hits->met = more;
	hits->met_mask = (uint32_t)(4 * n - 1);
	for (size_t i = 0; i < n; i++)
		if (!learnt_free(hits, old[i]))
			*learnt_met_at(hits, old[i], old[i]) = old[i];
}

/* For n more. */
static bool make_room(struct learnt_hits *hits, size_t n)
{
	size_t cap = hits->cap ? hits->cap : 4u * LEARNT_WAITING;
	while (cap - hits->n < n)
		cap *= 2;
	if (cap == hits->cap)
		return true;
	struct learnt_hit *more = es_arena_alloc(hits->arena, cap * sizeof(*more));
	if (!more) {
		hits->failed = true;
		return false;
	}
	if (hits->n)
		memcpy(more, hits->at, hits->n * sizeof(*more));
	hits->at = more;
	hits->cap = cap;
	return true;
}

/* Where hits are put, for which there is room. Never passed out of line itself. */
struct holding {
	struct learnt_hit *next;
	struct learnt_hit *own; /* the last one that lies in one token; NULL = none of the field */
};

WALK_INLINE struct holding begin_holding(const struct learnt_hits *hits)
{
	struct learnt_hit *own = hits->word == SIZE_MAX ? NULL : hits->at + hits->word;
	return (struct holding){ hits->at + hits->n, own };
}

WALK_INLINE void end_holding(struct learnt_hits *hits, struct holding holding)
{
	hits->n = (size_t)(holding.next - hits->at);
	hits->word = holding.own ? (size_t)(holding.own - hits->at) : SIZE_MAX;
}

/* Puts it behind the others, or into the one of its token. */
WALK_INLINE void join(struct holding *holding, struct learnt_hit hit)
{
	if (hit.token != UINT32_MAX) {
		struct learnt_hit *own = holding->own;
		if (own && own->token == hit.token) {
			own->polarity += hit.polarity;
			own->neutrality += hit.neutrality;
			if (hit.len > own->len) {
				own->slot = hit.slot;
				own->start = hit.start;
				own->len = hit.len;
			}
			return;
		}
		holding->own = holding->next;
	}
	*holding->next++ = hit;
}

/* With zones hits stay one by one till it is known which are silent. */
WALK_INLINE void hold(struct learnt_hits *hits, struct known_word *const *known,
		      const uint64_t *keys, const uint16_t *marks,
		      const struct learnt_place *places, size_t n, const uint16_t *zones)
{
	const struct es_learnt *learnt = hits->learnt;
	const struct es_token *tokens = hits->text->tokens;
	const uint32_t *origin = hits->text->origin;
	const enum earshot_in in = hits->in;
	struct holding holding = begin_holding(hits);
	for (size_t i = 0; i < n; i++) {
		const struct es_token *token = &tokens[places[i].token];
		const bool of_word = marks[i] & LEARNT_OF_WORD;
		struct learnt_hit hit = { .in = in };
		if (marks[i] & LEARNT_KNOWN) {
			const struct known_word *word = known[places[i].token];
			hit.slot = word->slot;
			hit.polarity = word->polarity;
			hit.neutrality = word->neutrality;
		} else {
			const struct es_learnt_slot *slot = es_learnt_find(learnt, keys[i]);
			if (!slot || (!of_word && learnt_again(hits, keys[i])))
				continue;
			hit.slot = (uint32_t)(slot - learnt->slots);
			hit.polarity = slot->polarity;
			hit.neutrality = slot->neutrality;
		}
		uint32_t from = origin[places[i].begin], to = origin[places[i].end];
		uint32_t token_end = token->from + token->len;
		hit.start = from;
		hit.len = to - from;
		hit.token = from >= token->from && to <= token_end ? token->from : UINT32_MAX;
		if (!zones) {
			join(&holding, hit);
			continue;
		}
		hit.zone = of_word ? learnt_zone(zones, token->from, token_end)
				   : learnt_zone(zones, from, to);
		hits->sums[hit.zone].polarity += hit.polarity;
		hits->sums[hit.zone].neutrality += hit.neutrality;
		*holding.next++ = hit;
	}
	end_holding(hits, holding);
}

void es_learnt_hold(struct learnt_hits *hits, struct known_word *const *known, const uint64_t *keys,
		    const uint16_t *marks, const struct learnt_place *places, size_t n)
{
	if (!make_room(hits, n))
		return;
	for (size_t i = 0; i < n; i++)
		__builtin_prefetch(&hits->learnt->slots[es_learnt_group(hits->learnt, keys[i])]);
	if (hits->zones)
		hold(hits, known, keys, marks, places, n, hits->zones);
	else
		hold(hits, known, keys, marks, places, n, NULL);
}

/* Of the hits from `first` on, of which there are some: silent zones weigh nothing, and those of
 * one token are one. */
static void join_held(struct learnt_hits *hits, size_t first, const bool *silent)
{
	size_t end = hits->n;
	hits->n = first;
	struct holding holding = begin_holding(hits);
	for (size_t i = first; i < end; i++) {
		struct learnt_hit hit = hits->at[i];
		if (silent[hit.zone])
			hit.polarity = hit.neutrality = 0;
		join(&holding, hit);
	}
	end_holding(hits, holding);
}

/* Silences what does not agree with the rule of its zone. */
static void weigh_zones(struct learnt_hits *hits, size_t first, struct hits *hand,
			enum earshot_in in, const int64_t *rule, size_t n)
{
	bool silent[LEARNT_ZONES + 1];
	silent[0] = false;
	for (size_t z = 1; z <= n; z++) {
		struct learnt_sum *sum = &hits->sums[z];
		int64_t p = rule[z] < 0 ? -sum->polarity : sum->polarity;
		silent[z] =
			rule[z] <= MUTE / 2 || (rule[z] != 0 && (p <= 0 || p <= sum->neutrality));
		if (silent[z])
			*sum = (struct learnt_sum){ 0, 0 };
	}
	if (hits->n > first)
		join_held(hits, first, silent);
	for (size_t i = 0; i < hand->n; i++)
		if (hand->at[i].in == in)
			hand->at[i].alone = silent[hand->at[i].zone_number];
}

void es_learnt_find_all(struct learnt_hits *hits, struct hits *hand, enum earshot_in in,
			const struct es_analysis *text)
{
	int64_t rule[LEARNT_ZONES + 1];
	size_t first = hits->n, n = find_zones(hits, hand, in, text->original.len, rule);
	hits->in = in;
	hits->text = text;
	memset(hits->sums, 0, (n + 1) * sizeof(*hits->sums));
	hits->word = SIZE_MAX;
	es_learnt_field(hits, hand->known[in], &hand->syllables[in]);
	if (n)
		weigh_zones(hits, first, hand, in, rule, n);
	for (size_t z = 0; z <= n && !hits->keep; z++) {
		hits->polarity += hits->sums[z].polarity;
		hits->neutrality += hits->sums[z].neutrality;
	}
}

void es_learnt_factors(const struct es_learnt_scale *scale, const struct hits *hits,
		       struct learnt_factors *out)
{
	bool some[ES_HAND_SCALES] = { false };
	for (size_t i = 0; i < hits->n; i++)
		some[es_learnt_scale_of(&hits->at[i])] = true;
	out->neutrality = scale->neutrality;
	for (int how = 0; how < ES_HAND_SHORT; how++) {
		if (!some[how])
			continue;
		out->polarity[how] = es_learnt_factor(scale, scale->polarity,
						      (enum es_hand_scale)how, hits->words);
		out->mass[how] =
			es_learnt_factor(scale, scale->mass, (enum es_hand_scale)how, hits->words);
	}
}

struct telling {
	struct learnt_hits *hits;
	es_feature_fn *fn;
	void *ctx;
};

static bool tell_first(void *ctx, uint64_t whole)
{
	struct telling *telling = ctx;
	return learnt_first(telling->hits, whole);
}

static void tell_feature(void *ctx, const struct es_feature *feature)
{
	struct telling *telling = ctx;
	if (learnt_of_word(feature) || !learnt_again(telling->hits, feature->key))
		telling->fn(telling->ctx, feature);
}

bool es_learnt_features(struct learnt_hits *hits, const struct es_analysis *text,
			const struct es_learnt_shape *shape, const struct es_stops *stops,
			es_feature_fn *fn, void *ctx)
{
	struct telling telling = { hits, fn, ctx };
	learnt_walk(text, shape, stops, tell_first, tell_feature, &telling);
	return !hits->failed;
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
