/* SPDX-License-Identifier: MIT
 *
 * learnt.c - learnt weights where a post has them: hits for reasons, and what the rules' zones
 * make of them; what a text is made of, for learning. learnt_sums.c is the walk without reasons.
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

static inline uint32_t number_of(const struct learnt_hits *hits, const struct es_learnt_slot *slot)
{
	return (uint32_t)(slot - hits->learnt->slots);
}

/* Folded text from `begin` to `end`; of one word: its zone is that of the token. */
static void keep(struct learnt_hits *hits, const struct es_token *token, bool of_word,
		 const char *begin, const char *end, uint32_t slot, int32_t polarity,
		 int32_t neutrality)
{
	const uint32_t *origin = hits->text->origin;
	uint32_t from = origin[begin - hits->text->folded.ptr];
	uint32_t to = origin[end - hits->text->folded.ptr];
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
	uint32_t token_end = token->from + token->len;
	uint16_t zone = of_word ? learnt_zone(hits->zones, token->from, token_end)
				: learnt_zone(hits->zones, from, to);
	hits->sums[zone].polarity += polarity;
	hits->sums[zone].neutrality += neutrality;
	hits->at[hits->n++] = (struct learnt_hit){
		.slot = slot,
		.in = hits->in,
		.start = from,
		.len = to - from,
		.zone = zone,
		.token = from >= token->from && to <= token_end ? token->from : UINT32_MAX,
		.polarity = polarity,
		.neutrality = neutrality,
	};
}

/* In the order of the walk: es_learnt_merge() goes by it. */
static void keep_waiting(struct learnt_hits *hits)
{
	for (size_t i = 0; i < hits->n_waiting; i++) {
		const struct learnt_waiting *one = &hits->waiting[i];
		const struct known_word *known = one->known;
		if (known) {
			keep(hits, one->token, true, one->begin, one->end, known->slot,
			     known->polarity, known->neutrality);
			continue;
		}
		const struct es_learnt_slot *slot = es_learnt_find(hits->learnt, one->key);
		if (slot && (one->of_word || !learnt_again(hits, one->key)))
			keep(hits, one->token, one->of_word, one->begin, one->end,
			     number_of(hits, slot), slot->polarity, slot->neutrality);
	}
	hits->n_waiting = 0;
}

static void wait_for(struct learnt_hits *hits, struct learnt_waiting one)
{
	hits->waiting[hits->n_waiting++] = one;
	if (hits->n_waiting == LEARNT_WAITING)
		keep_waiting(hits);
}

static inline void keep_feature(void *ctx, const struct es_feature *feature)
{
	struct learnt_hits *hits = ctx;
	if (!feature->may)
		return;
	const struct earshot_str *last = feature->b.ptr ? &feature->b : &feature->a;
	__builtin_prefetch(&hits->learnt->slots[es_learnt_group(hits->learnt, feature->key)]);
	wait_for(hits, (struct learnt_waiting){ .key = feature->key,
						.token = feature->token,
						.begin = feature->a.ptr,
						.end = last->ptr + last->len,
						.of_word = learnt_of_word(feature) });
}

static void keep_known(void *ctx, const struct es_token *token, const char *fold,
		       const struct known_word *word)
{
	const char *begin = fold + word->from;
	if (word->size)
		wait_for(ctx, (struct learnt_waiting){ .known = word,
						       .token = token,
						       .begin = begin,
						       .end = begin + word->size });
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
	int64_t rule[LEARNT_ZONES + 1];
	size_t first = hits->n, n = find_zones(hits, hand, in, text->original.len, rule);
	hits->in = in;
	hits->text = text;
	memset(hits->sums, 0, (n + 1) * sizeof(*hits->sums));
	if (hits->keep) {
		learnt_walk(text, &hits->learnt->shape, hits->stops, es_learnt_filter(hits->learnt),
			    learnt_first, keep_feature, hand->known[in], keep_known, hits);
		keep_waiting(hits);
	} else {
		es_learnt_sums(hits, hand->known[in], &hand->syllables[in]);
	}
	if (n)
		weigh_zones(hits, first, hand, in, rule, n);
	for (size_t z = 0; z <= n && !hits->keep; z++) {
		hits->polarity += hits->sums[z].polarity;
		hits->neutrality += hits->sums[z].neutrality;
	}
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
	learnt_walk(text, shape, stops, (struct es_learnt_filter){ NULL, 0 }, tell_first,
		    tell_feature, NULL, NULL, &telling);
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
