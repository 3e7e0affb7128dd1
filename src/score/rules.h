/* SPDX-License-Identifier: MIT
 *
 * rules.h - hits -> what each adds, and the decision. Inside the room only.
 */
#ifndef ES_SCORE_RULES_H
#define ES_SCORE_RULES_H

#include "score/hits.h"

/* Lets the rules run over the hits: sets weight, neutrality and rule of each, and
 * appends hits without an entry for what the signs add. Linear. */
void es_rules_apply(struct hits *hits, enum es_language language);

/* Factors and bias of a language for which nothing was learnt. */
struct es_learnt_scale es_rules_scale(enum es_language language);

/* weight * factor / 1024, rounded. */
int32_t es_rules_scaled(int32_t weight, int32_t factor);

/* polarity and neutrality -> prob, score, confidence, label. README.md has the
 * formula. */
void es_rules_decide(struct earshot_sentiment *sentiment);

#endif
