/* SPDX-License-Identifier: MIT
 *
 * guess.h - the language of a post that is too short to tell by its function words.
 * Inside the room only.
 */
#ifndef ES_SCORE_GUESS_H
#define ES_SCORE_GUESS_H

#include "score/hits.h"

/* The language in Latin letters whose pack knows the words best; UNKNOWN where none does,
 * or two know them equally well (README.md has the rule). Either field may be NULL. Scratch
 * is taken from the arena; without memory the answer is UNKNOWN. Linear. */
enum es_language es_guess_language(struct es_arena *arena, const struct earshot_lexicon *lexicon,
				   const struct es_analysis *title, const struct es_analysis *text);

#endif
