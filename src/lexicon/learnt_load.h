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

/* A row of learnt.tsv, its form and numbers checked. */
struct learnt_row {
	enum es_learnt_kind kind; /* ES_LEARNT_N_KINDS: a constant */
	struct earshot_str first, second;
	int32_t polarity, neutrality;
	uint64_t key;
};

/* Reads a row; a constant goes into `scale`. Rows of one kind stand together: `out` still
 * holds the row before, of kind ES_LEARNT_N_KINDS at first. CONFIG. */
int es_learnt_row(struct tsv *tsv, struct tsv_row *row, struct learnt_row *out,
		  struct es_learnt_scale *scale, struct earshot_error *error) EARSHOT_MUST_USE;

/* Tells every bad row, and goes on; adds the number of rows. NOMEM. */
int es_check_learnt(struct es_arena *arena, struct tsv *tsv, const struct tsv_tell *tell,
		    size_t *entries, struct earshot_error *error) EARSHOT_MUST_USE;

#endif
