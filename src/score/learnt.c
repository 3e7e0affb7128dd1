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

/* The zone that holds all of it; 0 = none does. */
static uint16_t zone_of(const uint16_t *zones, uint32_t from, uint32_t to)
{
	return zones && to > from && zones[from] == zones[to - 1] ? zones[from] : 0;
}

/* More keys than the scorer's own table takes: one of four times the size. */
static void grow_met(struct learnt_hits *hits)
{
	size_t n = (size_t)hits->met_mask + 1;
	struct learnt_met *old = hits->met,
			  *more = es_arena_zalloc(hits->arena, 4 * n, sizeof(*more));
	if (!more) {
		hits->failed = true; /* nothing of this post counts any more: room again */
		memset(old, 0, n * sizeof(*old));
		hits->n_met = 0;
		return;
	}
	hits->met = more;
	hits->met_mask = (uint32_t)(4 * n - 1);
	for (size_t i = 0; i < n; i++) {
		if (old[i].post != hits->post)
			continue;
		uint32_t at = (uint32_t)old[i].key & hits->met_mask;
		while (more[at].post == hits->post)
			at = (at + 1) & hits->met_mask;
		more[at] = old[i];
	}
}

static inline bool again(struct learnt_hits *hits, uint64_t key)
{
	uint32_t at = (uint32_t)key & hits->met_mask;
	for (; hits->met[at].post == hits->post; at = (at + 1) & hits->met_mask)
		if (hits->met[at].key == key)
			return true;
	hits->met[at] = (struct learnt_met){ key, hits->post };
	if (++hits->n_met > hits->met_mask / 2)
		grow_met(hits);
	return false;
}

static inline bool first_of_word(void *ctx, uint64_t whole)
{
	return !again(ctx, es_learnt_key(ES_LEARNT_WORD, whole));
}

/* Told for each word that is met for the first time; the others come as often as they stand. */
static inline bool is_of_word(const struct es_feature *feature)
{
	return feature->kind == ES_LEARNT_WORD || feature->kind == ES_LEARNT_PREFIX ||
	       feature->kind == ES_LEARNT_TAIL;
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
	if (hits->keep) /* for its text */
		__builtin_prefetch(&hits->learnt->terms[slot]);
	hits->at[hits->n++] = (struct learnt_hit){
		.slot = slot,
		.in = hits->in,
		.start = from,
		.len = to - from,
		.zone = of_word ? zone_of(hits->zones, token->from, token_end)
				: zone_of(hits->zones, from, to),
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
		if (!one->key) {
			keep(hits, one->token, true, one->begin, one->end, one->slot, one->polarity,
			     one->neutrality);
			continue;
		}
		const struct es_learnt_slot *slot = es_learnt_find(hits->learnt, one->key);
		if (slot && (one->of_word || !again(hits, one->key)))
			keep(hits, one->token, one->of_word, one->begin, one->end,
			     number_of(hits, slot), slot->polarity, slot->neutrality);
	}
	hits->n_waiting = 0;
}

/* A known word may lose its place to the next one: what it says is copied. */
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
						.of_word = is_of_word(feature) });
}

static void keep_known(void *ctx, const struct es_token *token, const char *fold,
		       const struct known_word *word)
{
	const char *begin = fold + word->from;
	if (word->size)
		wait_for(ctx, (struct learnt_waiting){ .slot = word->slot,
						       .polarity = word->polarity,
						       .neutrality = word->neutrality,
						       .token = token,
						       .begin = begin,
						       .end = begin + word->size });
}

/* Without reasons and zones a key is all there is to know. */
static void add_keys(struct learnt_hits *hits)
{
	for (size_t i = 0; i < hits->n_keys; i++)
		__builtin_prefetch(
			&hits->learnt->slots[es_learnt_group(hits->learnt, hits->keys[i])]);
	for (size_t i = 0; i < hits->n_keys; i++) {
		const struct es_learnt_slot *slot = es_learnt_find(hits->learnt, hits->keys[i]);
		if (!slot || (!hits->of_word[i] && again(hits, hits->keys[i])))
			continue;
		hits->polarity += slot->polarity;
		hits->neutrality += slot->neutrality;
	}
	hits->n_keys = 0;
}

static inline void add_feature(void *ctx, const struct es_feature *feature)
{
	struct learnt_hits *hits = ctx;
	/* whether it may be is chance: no branch hangs on it */
	hits->of_word[hits->n_keys] = is_of_word(feature);
	hits->keys[hits->n_keys] = feature->key;
	hits->n_keys += feature->may;
	if (hits->n_keys == LEARNT_WAITING)
		add_keys(hits);
}

static inline void add_known(void *ctx, const struct es_token *token, const char *fold,
			     const struct known_word *word)
{
	struct learnt_hits *hits = ctx;
	(void)token;
	(void)fold;
	hits->polarity += word->polarity;
	hits->neutrality += word->neutrality;
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
		learnt_walk(text, &hits->learnt->shape, hits->stops, hits->learnt, first_of_word,
			    add_feature, hits->known, hits->places[in], add_known, hits);
		add_keys(hits);
		return;
	}
	learnt_walk(text, &hits->learnt->shape, hits->stops, hits->learnt, first_of_word,
		    keep_feature, hits->known, hits->places[in], keep_known, hits);
	keep_waiting(hits);
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

struct telling {
	struct learnt_hits *hits;
	es_feature_fn *fn;
	void *ctx;
};

static bool tell_first(void *ctx, uint64_t whole)
{
	struct telling *telling = ctx;
	return first_of_word(telling->hits, whole);
}

static void tell_feature(void *ctx, const struct es_feature *feature)
{
	struct telling *telling = ctx;
	if (is_of_word(feature) || !again(telling->hits, feature->key))
		telling->fn(telling->ctx, feature);
}

bool es_learnt_features(struct learnt_hits *hits, const struct es_analysis *text,
			const struct es_learnt_shape *shape, const struct es_stops *stops,
			es_feature_fn *fn, void *ctx)
{
	struct telling telling = { hits, fn, ctx };
	learnt_walk(text, shape, stops, NULL, tell_first, tell_feature, NULL, NULL, NULL, &telling);
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
