/* SPDX-License-Identifier: MIT
 *
 * known.h - words that were met lately, and what the pack has of each. Inside the room only.
 *
 * What a word's own letters say does not change from post to post, and few words make up
 * most of any text: they are taken apart once and then looked up whole.
 *
 *   words [ bytes | hashes for pairs | entry by hand | learnt entries ]
 *         one place a word by its hash: what comes takes the place of what was there
 *
 * A word is compared byte by byte, so nobody can pass one word off as another. One table a
 * scorer and language; results are the same without it.
 */
#ifndef ES_SCORE_KNOWN_H
#define ES_SCORE_KNOWN_H

#include <endian.h>

#include "lexicon/lexicon.h"

#define KNOWN_BITS   13 /* 8,192 words, 1 MiB */
#define KNOWN_BYTES  24 /* longer words are read letter by letter each time; so are those */
#define KNOWN_LEARNT 10 /* with more learnt entries than this */

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
	uint64_t whole, stem; /* as in struct learnt_word */
	uint8_t len;          /* 0 = free */
	uint8_t stem_len, n;  /* n > KNOWN_LEARNT: too many */
	uint8_t hand;         /* enum known_hand */
	uint32_t entry : 24;  /* by hand, its number in the pack; 0 = none */
	uint32_t stop : 8;    /* on the stop list: nothing learnt is of it */
	struct {
		uint32_t slot : 22, from : 5, size : 5; /* from and size: bytes of the word */
		int16_t polarity, neutrality;
	} learnt[KNOWN_LEARNT];
};
_Static_assert(sizeof(struct known_word) == 128, "two lines of the cache");
_Static_assert(ES_LEARNT_SLOTS_MAX <= 1u << 22 && KNOWN_BYTES < 32, "what the bits hold");

struct known_words {
	const struct es_pack *pack;
	struct known_word *at;
	uint64_t *seconds; /* by place: how the second words of its phrases begin */
};

/* Its bit in `seconds`. */
static inline uint64_t es_known_second(const char *ptr, size_t len)
{
	uint32_t letters = (unsigned char)ptr[0] | (len > 1 ? (unsigned char)ptr[1] : 0u) << 8;
	return 1ull << (letters * 0x9e3779b1u >> 26);
}

static inline bool es_known_phrase(const struct known_words *words, const struct known_word *word,
				   const char *next, size_t len)
{
	return words->seconds[word - words->at] & es_known_second(next, len);
}

/* Reads the word's letters into its place. */
void es_known_meet(const struct known_words *words, struct known_word *word, const char *ptr,
		   size_t len);

/* The place of a word of 1 to KNOWN_BYTES bytes, and its bytes, the rest 0. */
static inline struct known_word *es_known_place(const struct known_words *words, const char *ptr,
						size_t len, uint64_t bytes[3])
{
	memcpy(bytes, ptr, KNOWN_BYTES);
	for (int i = 0; i < 3; i++)
		bytes[i] = le64toh(bytes[i]);
	/* what stands behind the word is not of it */
	bytes[0] &= UINT64_MAX >> (len < 8 ? 64 - 8 * len : 0);
	bytes[1] &= len <= 8 ? 0 : UINT64_MAX >> (len < 16 ? 128 - 8 * len : 0);
	bytes[2] &= len <= 16 ? 0 : UINT64_MAX >> (192 - 8 * len);
	uint64_t hash = (bytes[0] ^ len) * 0x9e3779b97f4a7c15u;
	hash = (hash ^ hash >> 29 ^ bytes[1]) * 0xd6e8feb86659fd93u;
	hash = (hash ^ hash >> 32 ^ bytes[2]) * 0xa0761d6478bd642fu;
	return &words->at[hash >> (64 - KNOWN_BITS)];
}

/* It will be asked for. */
static inline void es_known_soon(const struct known_words *words, const char *ptr, size_t len)
{
	uint64_t bytes[3];
	if (len - 1 < KNOWN_BYTES)
		__builtin_prefetch(es_known_place(words, ptr, len, bytes));
}

/* Of folded text (whose slack is read); NULL where the word is to be read letter by letter. */
static inline const struct known_word *es_known_find(const struct known_words *words,
						     const char *ptr, size_t len)
{
	uint64_t bytes[3];
	if (len - 1 >= KNOWN_BYTES)
		return NULL;
	struct known_word *word = es_known_place(words, ptr, len, bytes);
	if (word->len != len || word->bytes[0] != bytes[0] || word->bytes[1] != bytes[1] ||
	    word->bytes[2] != bytes[2]) {
		memcpy(word->bytes, bytes, sizeof(bytes));
		es_known_meet(words, word, ptr, len);
	}
	return word->n <= KNOWN_LEARNT ? word : NULL;
}

#endif
