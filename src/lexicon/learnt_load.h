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

#define ES_LEARNT_WEIGHT_MAX 32767

/* Tells every bad row, and goes on; adds the number of rows. NOMEM. */
int es_check_learnt(struct es_arena *arena, struct tsv *tsv, const struct tsv_tell *tell,
		    size_t *entries, struct earshot_error *error) EARSHOT_MUST_USE;

#endif
