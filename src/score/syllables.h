/* SPDX-License-Identifier: MIT
 *
 * syllables.h - the syllables of a field's Hangul words, read once: for hits, which go over spaces,
 * and for what was learnt of syllables. Inside the room only.
 *
 *   tokens     [배송도] [빨라요] [!] [굿]
 *   syllables   배 송 도 빨 라 요 굿            each with its place in the folded text
 */
#ifndef ES_SCORE_SYLLABLES_H
#define ES_SCORE_SYLLABLES_H

#include "lexicon/lexicon.h"

/* A character of a Hangul word; nearly all are syllables. */
struct syllable {
	uint32_t code; /* and SYLLABLE_FIRST where it begins an eojeol: behind white space */
	uint32_t fold; /* bytes in the folded text */
};
#define SYLLABLE_FIRST 0x80000000u

static inline uint32_t syllable_code(const struct syllable *at)
{
	return at->code & ~SYLLABLE_FIRST;
}

/* Bytes of the folded text. */
static inline uint32_t syllable_len(const struct syllable *at)
{
	uint32_t code = syllable_code(at);
	return code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
}

/* Behind the last one stand so many of zeroes: who takes a fixed number need not look. */
#define SYLLABLES_SLACK ES_LEARNT_PREFIX_MAX

struct syllables {
	const struct syllable *at; /* NULL = not read */
	size_t n;
	bool plain; /* three bytes each, and nowhere three times the same */
};

static inline bool syllables_of(const struct es_token *token)
{
	return token->kind == ES_TOKEN_WORD && token->script == ES_SCRIPT_HANGUL;
}

/* False without memory. */
bool es_syllables_read(struct syllables *syllables, struct es_arena *arena,
		       const struct es_analysis *text);

/* How many from `from` on are of the token, whose first one that is. */
static inline size_t syllables_in(const struct syllables *syllables, size_t from,
				  const struct es_token *token)
{
	size_t n = 0;
	if (syllables->plain)
		return token->fold_len / 3;
	while (from + n < syllables->n &&
	       syllables->at[from + n].fold < token->fold + token->fold_len)
		n++;
	return n;
}

#endif
