/* SPDX-License-Identifier: MIT
 *
 * vader.h - the vader profile's walk. Inside the room only.
 */
#ifndef ES_SCORE_VADER_H
#define ES_SCORE_VADER_H

#include "lexicon/lexicon.h"
#include <earshot/score.h>

/* Fills compound, pos, neu, neg, label, score and, where max_why > 0, the parts
 * (`title_len` = bytes of the text that are title, with the line feed: offsets
 * behind it are of the field text). All in the arena. NOMEM. */
int es_vader_score(const struct es_vader *vader, struct es_arena *arena, struct earshot_str text,
		   size_t title_len, size_t max_why, struct earshot_sentiment *out,
		   struct earshot_error *error) EARSHOT_MUST_USE;

#endif
