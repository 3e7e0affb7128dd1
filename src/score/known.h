/* SPDX-License-Identifier: MIT
 *
 * known.h - words that were met lately, and what the pack has of each. Inside the room only.
 *
 * What a word's own letters say does not change from post to post, and few words make up
 * most of any text: they are taken apart once and then looked up whole.
 *
 *   words [ bytes | hashes for pairs | entry by hand | sum of the learnt entries ]
 *         a line of the cache each; a word has one of two places side by side by its hash: what
 *         comes takes the first, what was there the second
 *
 * A word is compared byte by byte, so nobody can pass one word off as another. One table a
 * scorer and language; results are the same without it.
 */
#ifndef ES_SCORE_KNOWN_H
#define ES_SCORE_KNOWN_H

#include <endian.h>

#include "lexicon/lexicon.h"

#define KNOWN_BITS  15 /* 32,768 words, 2 MiB */
#define KNOWN_BYTES 24 /* longer words are read letter by letter each time */

/* What the pack has by hand for a word. */
enum known_hand {
	KNOWN_NONE,
	KNOWN_ENTRY,    /* that entry, whatever stands beside it */
	KNOWN_NEGATIVE, /* the same, and what follows the stem is a negative ending */
	KNOWN_ASK,      /* the original's letters decide, or other words */
	KNOWN_PHRASE,   /* only where the next word may be the second of a phrase: ask then */
};

struct known_word {
	uint64_t bytes[KNOWN_BYTES / 8];
	uint64_t whole, stem;         /* as in struct learnt_word */
	int32_t polarity, neutrality; /* of all its learnt entries */
	uint32_t slot : 22;           /* of the longest of them */
	uint32_t from : 5, size : 5;  /* bytes of it in the word; size 0 = it has none */
	uint32_t seconds;             /* how the second words of its phrases begin */
	uint32_t entry : 24;          /* by hand, its number in the pack; 0 = none */
	uint32_t hand : 7;            /* enum known_hand */
	uint32_t stop : 1;            /* on the stop list: nothing learnt is of it */
	uint8_t len, stem_len;        /* len 0 = free */
};
_Static_assert(sizeof(struct known_word) == 64, "a line of the cache");
_Static_assert(ES_LEARNT_SLOTS_MAX <= 1u << 22 && KNOWN_BYTES < 32, "what the bits hold");

struct known_words {
	const struct es_pack *pack;
	struct known_word *at;
};

/* Its bit in `seconds` of struct known_word. */
static inline uint32_t es_known_second(const char *ptr, size_t len)
{
	uint32_t letters = (unsigned char)ptr[0] | (len > 1 ? (unsigned char)ptr[1] : 0u) << 8;
	return 1u << (letters * 0x9e3779b1u >> 27);
}

static inline bool es_known_phrase(const struct known_word *word, const char *next, size_t len)
{
	return word->seconds & es_known_second(next, len);
}

/* Reads the word's letters into its place. */
void es_known_meet(const struct known_words *words, struct known_word *word, const char *ptr,
		   size_t len);

/* KNOWN_BYTES of ones, then as many of zeroes. */
extern const unsigned char es_known_ones[2 * KNOWN_BYTES];

/* The bytes of a word of up to KNOWN_BYTES, the rest 0. Of folded text, whose slack is read. How
 * long words are is chance: no branch hangs on it. */
static inline void es_known_bytes(const char *ptr, size_t len, uint64_t bytes[3])
{
	uint64_t ones[3]; /* what stands behind the word is not of it */
	memcpy(bytes, ptr, KNOWN_BYTES);
	memcpy(ones, es_known_ones + KNOWN_BYTES - len, KNOWN_BYTES);
	for (int i = 0; i < 3; i++)
		bytes[i] = le64toh(bytes[i] & ones[i]);
}

static inline bool es_known_is(const struct known_word *word, const uint64_t bytes[3], size_t len)
{
	uint64_t other = (word->bytes[0] ^ bytes[0]) | (word->bytes[1] ^ bytes[1]) |
			 (word->bytes[2] ^ bytes[2]) | (word->len ^ len);
	return other == 0;
}

#define KNOWN_NOWHERE UINT32_MAX /* no word, one of Hangul, or too long */

/* Where each token of the text has its place, on the way to the cache; NULL without memory. */
uint32_t *es_known_places(const struct known_words *words, struct es_arena *arena,
			  const struct es_analysis *text);

/* What is known of the word that has this place; met where it is not known yet. NULL for
 * KNOWN_NOWHERE: such a word is read letter by letter. */
static inline const struct known_word *es_known_find(const struct known_words *words,
						     uint32_t place, const char *ptr, size_t len)
{
	uint64_t bytes[3];
	if (place == KNOWN_NOWHERE)
		return NULL;
	struct known_word *first = &words->at[place], *second = &words->at[place ^ 1];
	es_known_bytes(ptr, len, bytes);
	if (es_known_is(first, bytes, len))
		return first;
	if (es_known_is(second, bytes, len))
		return second;
	*second = *first;
	memcpy(first->bytes, bytes, sizeof(bytes));
	es_known_meet(words, first, ptr, len);
	return first;
}

#endif
