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

/* What is there before any word: the part "bias". */
struct bias {
	int32_t polarity, neutrality;
};
struct bias es_rules_bias(enum es_language language);

/* polarity and neutrality -> prob, score, confidence, label. README.md has the
 * formula. */
void es_rules_decide(struct earshot_sentiment *sentiment);

#endif
