/* SPDX-License-Identifier: MIT
 *
 * grammar_load.h - grammar.tsv -> struct es_grammar. Inside the room only.
 */
#ifndef ES_LEXICON_GRAMMAR_LOAD_H
#define ES_LEXICON_GRAMMAR_LOAD_H

#include "lexicon/grammar.h"
#include "lexicon/tsv.h"

/* Sets the number that a row names. `set` has a bit for each that the pack has set already.
 * CONFIG with the place where the name is unknown or set twice, or the value is out of range. */
int es_grammar_row(struct es_grammar *grammar, uint64_t *set, struct tsv *tsv, struct tsv_row *row,
		   struct earshot_error *error) EARSHOT_MUST_USE;

#endif
