/* SPDX-License-Identifier: MIT
 *
 * targets.h - which words of a post speak of which brand. Inside the room only.
 *
 *   tokens  I love Moruva , but Tilvo 's support is awful .   Unlike Tilvo , Moruva is good
 *   clause  |-------------| |----------------------------|    |----------| |-------------|
 *   owner   m m    m      m t   t     t  t       t  t     t    m      m    m m      m  m
 *                                                             than: Tilvo is what Moruva is not
 *
 * A clause ends at a sign (, . ! ? ; : brackets, line break), at a contrast and at a concession.
 * Names in a list (`join`: Moruva and Tilvo, 모루바랑 틸보) are one and share their words. A clause
 * with several names is parted before each further one: at the last `join` word between the two,
 * else at the name. A clause without a name belongs to the one named last, else to the first one
 * behind. A name that another is compared with (`than`) owns nothing: where it is not named
 * otherwise, it is the opposite of the other.
 */
#ifndef ES_SCORE_TARGETS_H
#define ES_SCORE_TARGETS_H

#include "score/hits.h"
#include "score/score.h"

struct es_owners {
	/* of each field's tokens, by enum earshot_in: bit b = brand b; NULL = no such field */
	uint8_t *of[EARSHOT_IN_TEXT + 1];
	uint8_t named;                /* brands with words of their own */
	uint8_t than[ES_TARGETS_MAX]; /* of each that has none: brands that it is compared with */
};

/* `hits`: of both fields, for contrasts; `pack` may be NULL. NOMEM only. Linear in tokens, places
 * and hits. */
int es_targets_part(struct es_owners *out, struct es_arena *arena, const struct es_pack *pack,
		    const struct es_analysis *const fields[EARSHOT_IN_TEXT + 1],
		    const struct hits *hits, const struct es_place *places, size_t n_places,
		    struct earshot_error *error) EARSHOT_MUST_USE;

/* The words of the brands in `mask` alone: each run of them begins a sentence. NULL without memory.
 */
const struct es_analysis *es_targets_text(const struct es_analysis *text, const uint8_t *owners,
					  uint8_t mask, struct es_arena *arena);

#endif
