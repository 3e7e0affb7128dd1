/* SPDX-License-Identifier: MIT */
#include "text/lexer.h"

/* May a word of ASCII be in capitals? By its first two bytes, which are no small letters then. */
static inline bool may_shout(const char *original)
{
	int first = (unsigned char)(original[0] - 'a'), second = (unsigned char)(original[1] - 'a');
	return ((first - 26) | (second - 26)) >= 0;
}

/* Words of ASCII letters and digits with a space behind each, which are nothing but words, as most
 * are; returns where something else stands. How long a word is and whether a capital begins it is
 * chance: no branch hangs on it. Nor does a place wait for what stands before it: that a space is
 * there is guessed right. */
const char *es_plain_words(struct lexer *x, const char *at)
{
	const char *original = x->text->original.ptr, *start = x->start;
	const uint32_t *origin = x->text->origin;
	struct es_token *token = x->tokens + x->n, *stop = x->tokens + x->cap;
	bool space = x->space, sentence = x->sentence;
	uint16_t number = x->word;
	while ((unsigned char)(*at - 'a') < 26 && token < stop) {
		const char *after = es_ascii_alnum_end(at);
		uint32_t fold = (uint32_t)(at - start), len = (uint32_t)(after - at);
		/* es_letter_face(): with a space behind it no single letter is one */
		if ((*after != ' ') | ((len <= 3) & es_face_letters(at)))
			break;
		uint32_t from = origin[fold], to = origin[fold + len];
		*token = (struct es_token){ .fold = fold,
					    .fold_len = len,
					    .stem = len,
					    .from = from,
					    .len = to - from,
					    .kind = ES_TOKEN_WORD,
					    .script = ES_SCRIPT_LATIN,
					    .space = space,
					    .sentence = sentence,
					    .word = number };
		if (may_shout(original + from))
			token->caps = es_all_caps(original + from, original + to);
		token++;
		number = (uint16_t)(number + (number < UINT16_MAX));
		sentence = false;
		space = true;
		at = after + 1;
	}
	x->n = (size_t)(token - x->tokens);
	x->space = space;
	x->sentence = sentence;
	x->word = number;
	return at;
}
