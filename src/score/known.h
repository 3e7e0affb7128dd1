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
 * A word is compared byte by byte, so nobody can pass one word off as another. Results are the
 * same without it.
 */
#ifndef ES_SCORE_KNOWN_H
#define ES_SCORE_KNOWN_H

#include "lexicon/lexicon.h"

#define KNOWN_BITS  16 /* 65,536 words, 4 MiB */
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
	uint32_t hand : 3;            /* enum known_hand */
	uint32_t stop : 1;            /* on the stop list: nothing learnt is of it */
	uint32_t number : 1;          /* begins with a digit: read as a number */
	uint32_t by_key : 1;          /* whether the post had it its key tells, not `post` */
	uint8_t len, stem_len;        /* len 0 = free */
	uint16_t post;                /* the last one that had it and asked */
};
_Static_assert(sizeof(struct known_word) == 64, "a line of the cache");
_Static_assert(ES_LEARNT_SLOTS_MAX <= 1u << 22 && KNOWN_BYTES < 32, "what the bits hold");

/* Which words stand one behind the other in a phrase: a bit for each phrase of two words, and for
 * each longer one by its first word and how the two behind it begin. Common words begin dozens of
 * phrases, and `seconds` says yes to most of what follows them. 8 KiB: with 2,000 phrases it is
 * wrong once in 30 times, and the phrase is looked for in vain. */
#define KNOWN_PAIR_BITS 16

/* One table a scorer and language. But for `post` of its words it does not change while a post is
 * scored: a word that it does not have is read into memory of the post, and put in by
 * es_known_keep().
 *
 * A word of the table is the same place each time, so it can hold the number of the post that had
 * it last. `by_key` are words that stand at several places, as new ones do, or that have the key of
 * another: "good" and "goood". */
struct known_words {
	const struct es_pack *pack;
	struct known_word *at;
	uint64_t pairs[1u << (KNOWN_PAIR_BITS - 6)];
};

/* Makes the table where there is none yet; false without memory. */
bool es_known_open(struct known_words *words, const struct es_pack *pack);

struct known_new {
	struct known_word word;
	uint32_t place;
	struct known_new *next;
};

/* The first two bytes of a word. */
static inline uint32_t es_known_letters(struct earshot_str word)
{
	const unsigned char *ptr = (const unsigned char *)word.ptr;
	return word.len ? ptr[0] | (word.len > 1 ? ptr[1] : 0u) << 8 : 0;
}

/* Its bit in `seconds` of struct known_word. */
static inline uint32_t es_known_second(struct earshot_str word)
{
	return 1u << (es_known_letters(word) * 0x9e3779b1u >> 27);
}

/* May the phrases that `word` begins go on with a word like this? Few words pass. */
static inline bool es_known_may_follow(const struct known_word *word, struct earshot_str next)
{
	return word->seconds & es_known_second(next);
}

/* And with what stands behind that? `known` is what is known of `next`, or NULL; `third` is empty
 * where nothing follows. */
bool es_known_phrase(const struct known_words *words, const struct known_word *word,
		     const struct known_word *known, struct earshot_str next,
		     struct earshot_str third);

/* Of each token what is known of its word; NULL for what is none, for Hangul and for longer words:
 * these are read letter by letter. Words that were not known are added to *fresh. NULL without
 * memory. */
struct known_word **es_known_find(const struct known_words *words, struct es_arena *arena,
				  const struct es_analysis *text, struct known_new **fresh);

/* No post is the last one of any word. */
void es_known_forget(const struct known_words *words);

/* Into the table; what es_known_find() has given is void from here on. */
void es_known_keep(const struct known_words *words, const struct known_new *fresh);

#endif
