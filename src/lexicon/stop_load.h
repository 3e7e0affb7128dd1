/* SPDX-License-Identifier: MIT
 *
 * stop_load.h - reading a stop list. Inside the room only.
 */
#ifndef ES_LEXICON_STOP_LOAD_H
#define ES_LEXICON_STOP_LOAD_H

#include "lexicon/stop.h"

/* A word or "stem*" a line; "#" begins a remark. All lies in the arena. CONFIG, NOMEM. */
int es_stops_load(struct es_stops *stops, struct es_arena *arena, const char *path,
		  struct earshot_str list, struct earshot_error *error) EARSHOT_MUST_USE;

#endif
