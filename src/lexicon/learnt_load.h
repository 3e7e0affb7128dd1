/* SPDX-License-Identifier: MIT
 *
 * learnt_load.h - learnt.tsv -> its table. Inside the room only.
 */
#ifndef ES_LEXICON_LEARNT_LOAD_H
#define ES_LEXICON_LEARNT_LOAD_H

#include "lexicon/learnt.h"
#include "lexicon/tsv.h"
#include <earshot/lexicon.h>

/* The files of one language. */
struct learnt_layers {
	struct tsv base; /* path NULL = has none */
	struct tsv over[EARSHOT_OVERLAYS_MAX];
	size_t n_over;
};

/* Reads every row; texts point into the rows, the tables lie in the arena. Nothing is done where
 * there is no file. CONFIG where a row is wrong, two of a file have one key, or one of an overlay
 * is nothing that is looked for below it. */
int es_learnt_load(struct es_learnt *learnt, struct es_arena *arena, struct learnt_layers *layers,
		   struct earshot_error *error) EARSHOT_MUST_USE;

/* A row of learnt.tsv, its form and numbers checked. */
struct learnt_row {
	enum es_learnt_kind kind; /* ES_LEARNT_N_KINDS: a constant */
	struct earshot_str first, second;
	size_t letters; /* of the longer one */
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
