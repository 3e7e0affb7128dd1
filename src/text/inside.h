/* SPDX-License-Identifier: MIT
 *
 * inside.h - what the files of this room share among themselves.
 */
#ifndef ES_TEXT_INSIDE_H
#define ES_TEXT_INSIDE_H

#include <endian.h>

#include "text/tables.h"
#include "text/text.h"

/* Hangul arithmetic (Unicode 15, 3.12) */
#define ES_HANGUL_S  0xac00u
#define ES_HANGUL_L  0x1100u
#define ES_HANGUL_V  0x1161u
#define ES_HANGUL_T  0x11a7u /* one before the first final */
#define ES_HANGUL_LN 19u
#define ES_HANGUL_VN 21u
#define ES_HANGUL_TN 28u
#define ES_HANGUL_SN (ES_HANGUL_LN * ES_HANGUL_VN * ES_HANGUL_TN)

/* Bytes below 0x80 at the beginning of ptr. */
size_t es_ascii_run(const char *ptr, const char *end);

/* Canonical decomposition of c: writes at most 4 code points, returns how many. */
size_t es_decompose(uint32_t c, int32_t out[4]);
/* Sorts each run of marks by combining class, stably. Linear: long runs are
 * counted, not compared. False where there is no memory. */
bool es_order_marks(struct es_arena *arena, int32_t *text, size_t n);
/* Composes in place what decomposed and ordered text can be composed of. */
size_t es_compose(int32_t *text, size_t n);

/* The fold and, where origin is given, its map. False where there is no memory. */
bool es_fold_map(struct es_arena *arena, const char *ptr, size_t len, struct earshot_str *out,
		 const uint32_t **origin);

/* *out: `given` with what exporters left of it as \uXXXX resolved, once (text.h says which);
 * *given_at: of each byte of it where it came from, and of its end; NULL where nothing was
 * resolved: then *out is `given`. In the arena. False where there is no memory. */
bool es_unescape(struct es_arena *arena, struct earshot_str given, struct earshot_str *out,
		 const uint32_t **given_at);

/* Tokens of folded text into text->tokens. False where there is no memory. */
bool es_segment(struct es_arena *arena, struct es_analysis *text);

/* ---- what stands at a place of folded (hence well-formed) text: bytes of it, 0 = none ----
 * `at` is the place, `start` the beginning of the text, `end` its end. */

/* An emoticon of signs or letters; its neighbours must allow it. */
size_t es_emoticon_at(const char *start, const char *at, const char *end);
/* Could a face begin with the letters and digits from `at` to `after`, at most 3 of them?
 * Most words are done with this: "o_o", "d:", "xd", "orz". */
static inline bool es_letter_face(const char *at, const char *after, const char *end)
{
	if (after - at == 1)
		return after < end &&
		       (*after == '_' || *after == '.' || *after == '-' || *after == ':');
	return (at[0] == 'x' && at[1] == 'd') || (at[0] == 'o' && (at[1] == 'r' || at[1] == 't'));
}
/* The first part of a run of compatibility jamo; *emoticon says which kind. */
size_t es_jamo_at(const char *at, const char *end, bool *emoticon);
/* An address: scheme://, www., name@host, or host.tld with a path or a well-known
 * ending. `word` is the end of the ASCII word at `at`. Looks at most ES_URL_LOOK
 * bytes ahead before it knows. */
size_t es_url_at(const char *at, const char *word, const char *end);
#define ES_URL_LOOK 256

static inline bool es_ascii_alnum(char c)
{
	return (unsigned char)((c | 0x20) - 'a') < 26 || (unsigned char)(c - '0') < 10;
}

/* The first byte from p on that is no ASCII letter or digit, in folded text: the NUL behind
 * its end at the latest. Eight bytes at a time, for where words end is hard to predict. */
static inline const char *es_ascii_alnum_end(const char *p)
{
	const uint64_t one = 0x0101010101010101u, high = 0x80 * one;
	for (;; p += 8) {
		uint64_t x;
		memcpy(&x, p, 8);
		x = le64toh(x);
		/* with the high bit set no byte borrows from the next: it stays set from the limit
		 * on */
		uint64_t digit = x | high, letter = digit | 0x20 * one;
		uint64_t is = ((letter - 'a' * one) & ~(letter - ('z' + 1) * one)) |
			      ((digit - '0' * one) & ~(digit - ('9' + 1) * one));
		uint64_t not = (~is | x) & high;
		if (not )
			return p + __builtin_ctzll(not ) / 8;
	}
}

/* Letters and marks that a word without spaces between its letters is made of. */
static inline bool es_word_class(enum es_class class)
{
	return class == ES_CLASS_LATIN || class == ES_CLASS_LATIN_UP || class == ES_CLASS_DIGIT ||
	       (class >= ES_CLASS_CYRILLIC && class <= ES_CLASS_MARK);
}

static inline enum es_script es_script_of(enum es_class class)
{
	switch (class) {
	case ES_CLASS_LATIN:
	case ES_CLASS_LATIN_UP:
		return ES_SCRIPT_LATIN;
	case ES_CLASS_HANGUL:
	case ES_CLASS_JAMO:
	case ES_CLASS_COMPAT_JAMO:
		return ES_SCRIPT_HANGUL;
	case ES_CLASS_HAN:
		return ES_SCRIPT_HAN;
	case ES_CLASS_KANA:
		return ES_SCRIPT_KANA;
	case ES_CLASS_CYRILLIC:
	case ES_CLASS_CYRILLIC_UP:
		return ES_SCRIPT_CYRILLIC;
	case ES_CLASS_ARABIC:
		return ES_SCRIPT_ARABIC;
	case ES_CLASS_LETTER:
	case ES_CLASS_LETTER_UP:
		return ES_SCRIPT_OTHER;
	default:
		return ES_SCRIPT_NONE;
	}
}

#endif
