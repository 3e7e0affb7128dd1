/* SPDX-License-Identifier: MIT
 *
 * spots.h - places in words, and lists of them, for near.c. Inside of the room only.
 *
 * A list is sorted by es_spot_order and lies in matcher->near, until the next query.
 * Whatever finds no room sets matcher->off and gives an empty list.
 */
#ifndef ES_MATCH_SPOTS_H
#define ES_MATCH_SPOTS_H

#include "match/eval.h"

/* Switches the query off; false. */
bool es_spots_over(struct earshot_matcher *matcher);

/* ---- words ---- */

/* Numbers the words and sentences of the post, once; needed by all below. */
bool es_words_ready(struct earshot_matcher *matcher);
/* Number of words before the place; up to the end of a token. */
uint32_t es_spot_from(const struct earshot_matcher *matcher, const struct es_spot *spot);
uint32_t es_spot_to(const struct earshot_matcher *matcher, uint32_t last);

/* ---- lists ---- */

int es_spot_order(const void *a, const void *b);
struct es_spot *es_spots_room(struct earshot_matcher *matcher, size_t n);
void es_spots_sort(struct es_spot *at, uint32_t n);
/* In one of the two; in both. */
struct es_spots es_spots_joined(struct earshot_matcher *matcher, struct es_spots a,
				struct es_spots b);
struct es_spots es_spots_common(struct earshot_matcher *matcher, struct es_spots a,
				struct es_spots b);

/* ---- pairs ---- */

enum { ES_BEHIND = 1, ES_BEFORE = 2 };

/* Those of `spots` that have one of `others` on the sides, at most `words` away. */
struct es_spots es_spots_with_partner(struct earshot_matcher *matcher, struct es_spots spots,
				      struct es_spots others, int sides, uint32_t words);
/* Fewest words between one of the one and one of the other. */
uint32_t es_spots_nearest(struct earshot_matcher *matcher, struct es_spots spots,
			  struct es_spots others, int sides);

/* ---- near_few.c ---- */

/* Of an op with plain operands and a few places: whether it is true, and its spans (false =
 * no memory). Where it is another: false; *known false. */
bool es_near_few(struct earshot_matcher *matcher, uint32_t at, bool *yes);
bool es_near_few_spans(struct earshot_matcher *matcher, struct es_results *results, uint32_t at,
		       bool *known);

#endif
