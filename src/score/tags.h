/* SPDX-License-Identifier: MIT
 *
 * tags.h - #LoveThisPhone -> love, this, phone. Inside the room only.
 */
#ifndef ES_SCORE_TAGS_H
#define ES_SCORE_TAGS_H

#include "lexicon/lexicon.h"

#define ES_TAG_BYTES 64u /* of a folded tag; a longer one is taken whole */
#define ES_TAG_PARTS 16u /* what is cut into more is taken whole */

/* The words of the hashtag at token i, as tokens of its folded text; 0 where it is not cut: one
 * word, not Latin, a language other than English and Turkish. What is cut and how: tags.c. Cost is
 * bounded by ES_TAG_BYTES squared; no memory is taken. */
size_t es_tag_parts(const struct es_pack *pack, enum es_language language,
		    const struct es_analysis *text, size_t i, struct es_token parts[ES_TAG_PARTS]);

#endif
