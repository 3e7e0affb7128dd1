/* SPDX-License-Identifier: MIT
 *
 * vader_words.h - text -> the vader profile's words. Inside the room only.
 */
#ifndef ES_SCORE_VADER_WORDS_H
#define ES_SCORE_VADER_WORDS_H

#include "lexicon/lexicon.h"

struct vader_token {
	const struct es_vader_word *word; /* NULL where the tables do not know it */
	uint32_t start, len;              /* bytes in the text as scored */
	bool upper;                       /* as str.isupper() */
	bool negates;                     /* a negator, or holds "n't" */
};

struct vader_words {
	struct earshot_str text; /* emoji replaced by their descriptions */
	const uint32_t *origin;  /* per byte of `text`; NULL = the same offsets */
	struct vader_token *tokens;
	size_t n;
	size_t exclamations, questions; /* in `text` */
	bool caps_differ;               /* some words upper case, some not */
};

/* `want_origin`: fill `origin` where the text changes. All in the arena. NOMEM. */
int es_vader_words(const struct es_vader *vader, struct es_arena *arena, struct earshot_str text,
		   bool want_origin, struct vader_words *out,
		   struct earshot_error *error) EARSHOT_MUST_USE;

#endif
