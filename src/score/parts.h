/* SPDX-License-Identifier: MIT
 *
 * parts.h - hits and what was learnt -> the sums of a post, and its reasons. Inside the room only.
 */
#ifndef ES_SCORE_PARTS_H
#define ES_SCORE_PARTS_H

#include "score/learnt.h"

/* Fills polarity, neutrality and why of *out: the heaviest `max_why` parts in order, the bias and
 * the rest, in the arena; with max_why 0 the sums alone. NOMEM only. */
int es_parts_add_up(struct es_arena *arena, size_t max_why, const struct hits *hits,
		    const struct learnt_hits *learnt, const struct es_learnt_scale *scale,
		    struct earshot_sentiment *out, struct earshot_error *error);

#endif
