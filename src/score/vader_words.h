/* SPDX-License-Identifier: MIT
 *
 * vader_words.h - text -> the vader profile's words. Inside the room only.
 */
#ifndef ES_SCORE_VADER_WORDS_H
#define ES_SCORE_VADER_WORDS_H

#include "lexicon/lexicon.h"

struct vader_token {
	const struct es_vader_word *word; /* never NULL: words[0] where the tables have it not */
	uint32_t start, len;              /* bytes in the text as scored */
};

struct vader_words {
	struct earshot_str text; /* emoji replaced by their descriptions */
	const uint32_t *origin;  /* per byte of `text`; NULL = the same offsets */
	struct vader_token *tokens;
	size_t n;
	uint32_t *listed; /* tokens that are in the word list, in order */
	size_t n_listed;
	size_t but; /* the first token "but"; n = none */
};

/* `want_origin`: fill `origin` where the text changes. All in the arena. NOMEM. */
int es_vader_words(const struct es_vader *vader, struct es_arena *arena, struct earshot_str text,
		   bool want_origin, struct vader_words *out,
		   struct earshot_error *error) EARSHOT_MUST_USE;

/* As str.isupper(). */
bool es_vader_upper(const struct vader_words *words, const struct vader_token *token);

#endif
