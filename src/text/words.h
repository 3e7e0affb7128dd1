/* SPDX-License-Identifier: MIT
 *
 * words.h - frequent words and the languages they speak for. Inside the room only.
 *
 * Open addressing, linear probing; at most three quarters full. words.c is made by
 * words.py from words.txt. Read-only: thread-safe.
 */
#ifndef ES_TEXT_WORDS_H
#define ES_TEXT_WORDS_H

#include <stdint.h>

/* bit numbers of a mask: the twin of LANGUAGES in words.py */
enum es_tongue {
	ES_TONGUE_EN,
	ES_TONGUE_TR,
	ES_TONGUE_AZ,
	ES_TONGUE_DE,
	ES_TONGUE_FR,
	ES_TONGUE_ES,
	ES_TONGUE_PT,
	ES_TONGUE_IT,
	ES_TONGUE_NL,
	ES_TONGUE_PL,
	ES_TONGUE_RO,
	ES_TONGUE_ID,
	ES_TONGUE_VI,
	ES_TONGUE_SV,
	ES_TONGUE_DA,
	ES_TONGUE_FI,
	ES_TONGUE_CS,
	ES_TONGUE_HU,
	ES_TONGUES,
};

#define ES_LANGUAGE_WORDS 4096u

struct es_language_word {
	char word[16]; /* NUL-terminated; "" = free */
	uint32_t tongues;
};

/* A word's end; its hash is taken from the last letter to the first. */
#define ES_LANGUAGE_ENDINGS    512u
#define ES_LANGUAGE_ENDING_MAX 8

struct es_language_ending {
	char text[ES_LANGUAGE_ENDING_MAX + 1];
	uint8_t len, tongue, weight; /* weight 0 = free */
};

/* FNV-1a, 32 bits, its high bits folded in: the twin of slot() in words.py */
#define ES_LANGUAGE_HASH  0x811c9dc5u
#define ES_LANGUAGE_PRIME 0x01000193u

extern const struct es_language_ending es_language_endings[ES_LANGUAGE_ENDINGS];
extern const struct es_language_word es_language_words[ES_LANGUAGE_WORDS];

#endif
