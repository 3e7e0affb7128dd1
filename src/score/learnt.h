/* SPDX-License-Identifier: MIT
 *
 * learnt.h - learnt weights beside the hand lexicon. Inside the room only.
 */
#ifndef ES_SCORE_LEARNT_H
#define ES_SCORE_LEARNT_H

#include "score/hits.h"
#include "score/score.h"

/* How the hit came about. */
static inline enum es_hand_scale es_learnt_scale_of(const struct hit *hit)
{
	return hit->alone                  ? ES_HAND_ALONE
	       : hit->rule != es_rule_word ? ES_HAND_RULED
					   : ES_HAND_PLAIN;
}

#define LEARNT_SOME    2048u /* bits */
#define LEARNT_WAITING 16u

/* A learnt entry met in the post. */
struct learnt_hit {
	const struct es_learnt_slot *slot;
	enum earshot_in in;
	uint32_t start, len; /* bytes in the original field */
	uint16_t zone;       /* 0 = none */
	uint32_t token;      /* where the token begins that holds all of it; UINT32_MAX = none */
	int32_t polarity, neutrality;
};

/* Each entry once a post, however often it stands there. */
struct learnt_hits {
	const struct es_learnt *learnt;
	struct es_arena *arena;
	/* by entry: the number of the last post that had it. Asked only where `some` has the
	 * entry's bit: most entries come once, and the answer is far from the cache */
	uint32_t *seen;
	uint32_t post;
	uint64_t some[LEARNT_SOME / 64];
	struct es_feature waiting[LEARNT_WAITING]; /* their slots are on the way to the cache */
	uint64_t keys[LEARNT_WAITING];             /* the same where sums are enough */
	size_t n_waiting, n_keys;
	const struct es_analysis *text; /* the field that is walked */
	enum earshot_in in;
	const uint16_t *zones; /* by byte of the field; NULL = none */
	bool keep; /* each hit, for reasons; else their sums are enough where there are no zones */
	struct learnt_hit *at;
	size_t n, cap;
	int64_t polarity, neutrality; /* of hits that were not kept */
	bool failed;
};

/* For a new post; what waits is not cleared. */
static inline void es_learnt_begin(struct learnt_hits *hits, struct es_arena *arena, bool keep)
{
	hits->learnt = NULL;
	hits->arena = arena;
	memset(hits->some, 0, sizeof(hits->some));
	hits->n_waiting = hits->n_keys = hits->n = hits->cap = 0;
	hits->at = NULL;
	hits->keep = keep;
	hits->polarity = hits->neutrality = 0;
	hits->failed = false;
}

/* Walks one field. `hand` is what the rules have made of the post: where a rule speaks
 * (struct hit, zone) and what was learnt of the words there does not agree with it, the
 * learnt keys that lie within add nothing, and the rule's hits are told (`alone`). */
void es_learnt_find_all(struct learnt_hits *hits, struct hits *hand, enum earshot_in in,
			const struct es_analysis *text);

/* For reasons: keys of one token become one hit, of the one with the most text. */
void es_learnt_merge(struct learnt_hits *hits);

/* What a hand-made hit adds beside learnt weights. */
void es_learnt_scaled(const struct es_learnt_scale *scale, uint32_t words, const struct hit *hit,
		      int32_t *polarity, int32_t *neutrality);

void es_learnt_features(const struct es_analysis *text, const struct es_learnt_shape *shape,
			es_feature_fn *fn, void *ctx);
struct es_hand es_learnt_hand(const struct hits *hits);

#endif
