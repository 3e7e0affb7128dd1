/* SPDX-License-Identifier: MIT
 *
 * stop_load.h - reading stop lists. Inside the room only.
 */
#ifndef ES_LEXICON_STOP_LOAD_H
#define ES_LEXICON_STOP_LOAD_H

#include "lexicon/stop.h"
#include "lexicon/tsv.h"

/* The words of all lists: a word or "stem*" a line; "#" begins a remark. All lies in the arena.
 * CONFIG, NOMEM. */
int es_stops_load(struct es_stops *stops, struct es_arena *arena, const struct tsv *lists,
		  size_t n_lists, struct earshot_error *error) EARSHOT_MUST_USE;

#endif
