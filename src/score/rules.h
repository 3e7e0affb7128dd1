/* SPDX-License-Identifier: MIT
 *
 * rules.h - hits -> what each adds, and the decision. Inside the room only.
 */
#ifndef ES_SCORE_RULES_H
#define ES_SCORE_RULES_H

#include "score/hits.h"

#define ES_KIND(kind) (1u << (kind)) /* its bit in hits.kinds */

/* The numbers of a pack's rules; of the shared pack, or as es_grammar_default has them, where
 * there is none (NULL). */
const struct es_grammar *es_rules_grammar(const struct es_pack *pack, const struct es_pack *shared);

/* Lets the rules run over the hits: sets weight, neutrality and rule of each, and
 * appends hits without an entry for what the signs add. Linear. */
void es_rules_apply(struct hits *hits, const struct es_grammar *grammar);

/* ---- between rules.c and tone.c ---- */

/* The rules of the second half: of sentences and of the post (tone.c). */
void es_rules_tone(struct hits *hits, const struct es_grammar *grammar);
/* Does the hit say good or bad by itself? */
static inline bool es_rules_polar(const struct hit *hit)
{
	return hit->entry && hit->weight != 0 &&
	       (hit->entry->kind == ES_ENTRY_WORD || hit->entry->kind == ES_ENTRY_EITHER);
}
/* From here to there the rule alone speaks (struct hit, zone). */
void es_rules_zone(struct hit *hit, const struct hit *by);

/* Factors and bias of a language for which nothing was learnt. */
struct es_learnt_scale es_rules_scale(const struct es_grammar *grammar);

/* weight * factor / 1024, rounded. */
static inline int32_t es_rules_scaled(int32_t weight, int32_t factor)
{
	const int64_t one = EARSHOT_WEIGHT_ONE, value = (int64_t)weight * factor;
	return (int32_t)((value + (value < 0 ? -one / 2 : one / 2)) / one);
}

/* polarity and neutrality -> prob, score, confidence, label. README.md has the
 * formula. */
void es_rules_decide(struct earshot_sentiment *sentiment);

#endif
