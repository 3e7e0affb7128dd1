/* SPDX-License-Identifier: MIT
 *
 * learnt.h - learnt weights beside the hand lexicon. Inside the room only.
 */
#ifndef ES_SCORE_LEARNT_H
#define ES_SCORE_LEARNT_H

#include "score/hits.h"
#include "score/known.h"
#include "score/rules.h"
#include "score/score.h"

#include <stdlib.h>

/* How the hit came about. */
static inline enum es_hand_scale es_learnt_scale_of(const struct hit *hit)
{
	return hit->alone                  ? ES_HAND_ALONE
	       : hit->rule != es_rule_word ? ES_HAND_RULED
					   : ES_HAND_PLAIN;
}

#define LEARNT_MET     1024u /* a power of two; posts with more keys get a larger table */
#define LEARNT_WAITING 64u
#define LEARNT_ZONES   255u /* of a field */

/* A key that the post has had: its upper bits over the number of the post. */
#define LEARNT_POST 0xffffu

/* A learnt entry met in the post. */
struct learnt_hit {
	uint32_t slot; /* in the pack */
	enum earshot_in in;
	uint32_t start, len; /* bytes in the original field */
	uint16_t zone;       /* 0 = none */
	uint32_t token;      /* where the token begins that holds all of it; UINT32_MAX = none */
	int32_t polarity, neutrality;
};

/* Where a key stands that waits: in a token (of a pair in its second), folded bytes. */
struct learnt_place {
	uint32_t token, begin, end;
};

/* Marks of a key that waits; for sums its zone beside them. */
#define LEARNT_OF_WORD 0x8000u /* of a word that is met for the first time */
#define LEARNT_KNOWN   0x4000u /* no key: what is known of the token's word says it */

struct learnt_sum {
	int64_t polarity, neutrality;
};

/* A word adds its entries once a post, and so does each key of several words, however often it
 * stands there. */
struct learnt_hits {
	const struct es_learnt *learnt;
	const struct es_stops *stops;
	struct es_arena *arena;
	uint64_t own[LEARNT_MET], *met; /* keys that the post had; `own` or more in the arena */
	uint32_t met_mask, n_met, post;
	const struct es_analysis *text; /* the field that is walked */
	enum earshot_in in;
	const uint16_t *zones;                    /* by byte of the field; NULL = none */
	struct learnt_sum sums[LEARNT_ZONES + 1]; /* of the field, by zone */
	bool keep;                                /* each hit, for reasons; else sums are enough */
	struct learnt_hit *at;
	size_t n, cap;
	size_t word; /* the last one of the field that lies in one token; SIZE_MAX = none */
	int64_t polarity, neutrality; /* of hits that were not kept */
	bool failed;
};

/* For a new post. A struct of zeroes is good for the first one. False where all numbers of posts
 * were used: those that stand in known words mean nothing now. */
static inline bool es_learnt_begin(struct learnt_hits *hits, struct es_arena *arena, bool keep)
{
	bool anew = ++hits->post > LEARNT_POST;
	if (anew) {
		memset(hits->own, 0, sizeof(hits->own));
		hits->post = 1;
	}
	hits->met = hits->own;
	hits->met_mask = LEARNT_MET - 1;
	hits->n_met = 0;
	hits->learnt = NULL;
	hits->arena = arena;
	hits->n = hits->cap = 0;
	hits->at = NULL;
	hits->keep = keep;
	hits->polarity = hits->neutrality = 0;
	hits->failed = false;
	return !anew;
}

/* Walks one field. `hand` is what the rules have made of the post: where a rule speaks
 * (struct hit, zone) and what was learnt of the words there does not agree with it, the
 * learnt keys that lie within add nothing, and the rule's hits are told (`alone`). */
void es_learnt_find_all(struct learnt_hits *hits, struct hits *hand, enum earshot_in in,
			const struct es_analysis *text);

/* Of one field: what was learnt of it into `sums`, by zone, or as hits. hits->text and hits->zones
 * are set, `sums` is cleared; `syllables` of the field, which are read where the pack has entries
 * of them. */
void es_learnt_field(struct learnt_hits *hits, struct known_word *const *known,
		     const struct syllables *syllables);

/* Entries among n keys that waited become hits: in the order of the walk, for keys of one token
 * become one hit, of the one with the most text. `known` of each token of the field, or NULL. */
void es_learnt_hold(struct learnt_hits *hits, struct known_word *const *known, const uint64_t *keys,
		    const uint16_t *marks, const struct learnt_place *places, size_t n);

/* ---- a word, and a key of several, once a post ---- */

/* More keys than the scorer's own table takes: one of four times the size. */
void es_learnt_grow(struct learnt_hits *hits);

static inline bool learnt_free(const struct learnt_hits *hits, uint64_t met)
{
	return (met & LEARNT_POST) != hits->post;
}

static inline uint64_t *learnt_met_at(const struct learnt_hits *hits, uint64_t key, uint64_t met)
{
	uint32_t at = (uint32_t)(key >> 16) & hits->met_mask;
	while (!learnt_free(hits, hits->met[at]) && hits->met[at] != met)
		at = (at + 1) & hits->met_mask;
	return &hits->met[at];
}

static inline bool learnt_again(struct learnt_hits *hits, uint64_t key)
{
	uint64_t met = (key & ~(uint64_t)LEARNT_POST) | hits->post,
		 *at = learnt_met_at(hits, key, met);
	if (*at == met)
		return true;
	*at = met;
	if (++hits->n_met > hits->met_mask / 2)
		es_learnt_grow(hits);
	return false;
}

static inline bool learnt_first(void *hits, uint64_t whole)
{
	return !learnt_again(hits, es_learnt_key(ES_LEARNT_WORD, whole));
}

/* Told for each word that is met for the first time; the others come as often as they stand. */
static inline bool learnt_of_word(const struct es_feature *feature)
{
	return feature->kind == ES_LEARNT_WORD || feature->kind == ES_LEARNT_PREFIX ||
	       feature->kind == ES_LEARNT_TAIL;
}

/* The zone that holds all of it, bytes of the original; 0 = none does. */
static inline uint16_t learnt_zone(const uint16_t *zones, uint32_t from, uint32_t to)
{
	return zones && to > from && zones[from] == zones[to - 1] ? zones[from] : 0;
}

/* What a hand-made hit adds beside learnt weights: factors of the post, by how a hit came about. */
struct learnt_factors {
	int32_t polarity[ES_HAND_SHORT], mass[ES_HAND_SHORT], neutrality;
};
/* Of the ways in which hits of this post came about: each costs divisions. */
void es_learnt_factors(const struct es_learnt_scale *scale, const struct hits *hits,
		       struct learnt_factors *out);
static inline void es_learnt_scaled(const struct learnt_factors *factors, const struct hit *hit,
				    int32_t *polarity, int32_t *neutrality)
{
	enum es_hand_scale how = es_learnt_scale_of(hit);
	*polarity = es_rules_scaled(hit->weight, factors->polarity[how]);
	*neutrality = es_rules_scaled(hit->neutrality, factors->neutrality) +
		      es_rules_scaled(abs(hit->weight), factors->mass[how]);
}

/* For learning; false without memory. */
bool es_learnt_features(struct learnt_hits *hits, const struct es_analysis *text,
			const struct es_learnt_shape *shape, const struct es_stops *stops,
			es_feature_fn *fn, void *ctx);
struct es_hand es_learnt_hand(const struct hits *hits);

#endif
