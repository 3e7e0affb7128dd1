/* SPDX-License-Identifier: MIT
 *
 * learnt_load.h - learnt.tsv -> its table. Inside the room only.
 */
#ifndef ES_LEXICON_LEARNT_LOAD_H
#define ES_LEXICON_LEARNT_LOAD_H

#include "lexicon/learnt.h"
#include "lexicon/tsv.h"

/* Reads every row; texts point into the rows, the tables lie in the arena. CONFIG where a row
 * is wrong or two have one key. */
int es_learnt_load(struct es_learnt *learnt, struct es_arena *arena, struct tsv *tsv,
		   struct earshot_error *error) EARSHOT_MUST_USE;

#endif
