/* SPDX-License-Identifier: MIT
 *
 * vader.h - reading the vader profile's tables. Inside the room only.
 */
#ifndef ES_LEXICON_VADER_H
#define ES_LEXICON_VADER_H

#include "lexicon/lexicon.h"
#include "lexicon/tsv.h"

/* Reads vader.tsv, vader_emoji.tsv and vader_rules.tsv of `dir`. All lies in the
 * arena. *found = false where the folder has no vader.tsv. `version` runs on
 * over the files' bytes. NOINPUT, CONFIG, NOMEM; with `tell` every bad row is told and left out. */
int es_vader_load(struct es_arena *arena, const char *dir, struct es_vader *out, bool *found,
		  uint64_t *version, const struct tsv_tell *tell,
		  struct earshot_error *error) EARSHOT_MUST_USE;

#endif
