/* SPDX-License-Identifier: MIT
 *
 * stop.h - words that nothing may be learnt of: people, parties, groups, places, ratings.
 * Inside the room only.
 */
#ifndef ES_LEARN_STOP_H
#define ES_LEARN_STOP_H

#include "lexicon/lexicon.h"

/* Has the entry a piece that is a word of the list (folded), or goes on from a "stem*" of it?
 * A gram is stopped where it holds one of at least two syllables. A first part of a word is
 * stopped too where the list goes on from it by no more than two letters. */
bool stop_has(const struct earshot_str *stop, size_t n, const struct es_learnt_entry *entry);

#endif
