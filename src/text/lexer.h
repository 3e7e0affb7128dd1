/* SPDX-License-Identifier: MIT
 *
 * lexer.h - what the walk that makes tokens knows (segment.c, plain_words.c). Inside the room only.
 */
#ifndef ES_TEXT_LEXER_H
#define ES_TEXT_LEXER_H

#include "text/inside.h"

struct lexer {
	struct es_arena *arena;
	const struct es_analysis *text;
	const char *start, *end;
	const char *no_url; /* no address begins before here */
	struct es_token *tokens;
	size_t n, cap;
	bool space, sentence;
	uint16_t word;
};

/* Every letter of the original upper case, at least two of them. */
bool es_all_caps(const char *p, const char *end);

/* Tokens of the words of ASCII with a space behind each, from `at` on; returns where something else
 * stands, or where there is no room for a token. */
const char *es_plain_words(struct lexer *x, const char *at);

#endif
