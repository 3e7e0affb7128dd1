/* SPDX-License-Identifier: MIT
 *
 * stop.h - words that say who and where, not how: LANG/stop.txt. Part of the room's outside
 * header.
 *
 * Nothing is learnt of such a word, of its beginnings and endings, of what stands beside it,
 * and none of what was learnt speaks where it stands: who somebody is decides nothing.
 *
 *   slots [ hash | where its text begins, length, stem? ]  power of two, at most half full
 *   begins: a bit a hash of a beginning of one of the words; most texts leave it at once
 *   whole:  a bit a hash of one of the words
 */
#ifndef ES_LEXICON_STOP_H
#define ES_LEXICON_STOP_H

#include "base/base.h"

#define ES_STOP_FILTER 32768u /* bits, each */
#define ES_STOP_BYTES  64u    /* of a folded word */

struct es_stop {
	uint32_t hash, at; /* bytes in `texts` */
	uint8_t len;       /* 0 = free */
	uint8_t stem;      /* the word may go on */
};

struct es_stops {
	const struct es_stop *slots;
	const char *texts;
	uint32_t mask;
	size_t n;
	uint64_t begins[ES_STOP_FILTER / 64], whole[ES_STOP_FILTER / 64];
};

/* Is this folded word one of them, or what stands before its apostrophe (moruva's)? */
bool es_stops(const struct es_stops *stops, const char *ptr, size_t len);

#endif
