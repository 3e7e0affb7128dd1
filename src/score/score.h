/* SPDX-License-Identifier: MIT
 *
 * score.h - the outside header of the room `score` for other rooms; the public
 * side is <earshot/score.h>. May use base, text and lexicon.
 */
#ifndef ES_SCORE_H
#define ES_SCORE_H

#include "lexicon/lexicon.h"
#include <earshot/score.h>

/* As earshot_score(), for a caller who has analysed the fields already (es_analyse
 * of the whole title and the whole text; NULL = the field is absent). What the
 * analyses point to must live as long as `out` is used. */
int es_score_analysed(struct earshot_scorer *scorer, const struct es_analysis *title,
		      const struct es_analysis *text, struct earshot_str lang,
		      struct earshot_sentiment *out, struct earshot_error *error) EARSHOT_MUST_USE;

#endif
