/* SPDX-License-Identifier: MIT
 *
 * inside.h - what the files of this room share among themselves.
 */
#ifndef ES_TEXT_INSIDE_H
#define ES_TEXT_INSIDE_H

#include <endian.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "text/tables.h"
#include "text/text.h"

/* The letters of Hangul syllables (Unicode 15, 3.12) */
#define ES_HANGUL_L  0x1100u
#define ES_HANGUL_V  0x1161u
#define ES_HANGUL_T  0x11a7u /* one before the first final */
#define ES_HANGUL_LN 19u
#define ES_HANGUL_VN 21u
_Static_assert(ES_SYLLABLES == ES_HANGUL_LN * ES_HANGUL_VN * ES_FINALS, "each with each");

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
/* Are these the letters of a face: "xd", "orz"? No branch: in most words they are not. */
static inline bool es_face_letters(const char *at)
{
	uint16_t two;
	memcpy(&two, at, sizeof(two));
	two = le16toh(two);
	return (two == ('x' | 'd' << 8)) | (two == ('o' | 'r' << 8)) | (two == ('o' | 't' << 8));
}
/* Could a face begin with the letters and digits from `at` to `after`, at most 3 of them?
 * Most words are done with this: "o_o", "d:", "xd", "orz". */
static inline bool es_letter_face(const char *at, const char *after, const char *end)
{
	if (after - at == 1)
		return after < end &&
		       (*after == '_' || *after == '.' || *after == '-' || *after == ':');
	return es_face_letters(at);
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

#ifdef __SSE2__
/* A bit each of the sixteen bytes at p: set where one is no ASCII letter or digit of folded text.
 */
static inline unsigned es_no_alnum(const char *p)
{
	__m128i x = _mm_loadu_si128((const __m128i *)p); /* beyond ASCII a byte is below 0 */
	__m128i letter = _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8('a' - 1)),
				       _mm_cmplt_epi8(x, _mm_set1_epi8('z' + 1)));
	__m128i digit = _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8('0' - 1)),
				      _mm_cmplt_epi8(x, _mm_set1_epi8('9' + 1)));
	return ~(unsigned)_mm_movemask_epi8(_mm_or_si128(letter, digit)) & 0xffff;
}
#define ES_AT_ONCE 16
#else
static inline unsigned es_no_alnum(const char *p)
{
	return !es_ascii_alnum(*p);
}
#define ES_AT_ONCE 1
#endif

/* The first byte from p on that is no ASCII letter or digit, in folded text: the NUL behind
 * its end at the latest. Sixteen bytes at a time, for where words end is hard to predict. */
static inline const char *es_ascii_alnum_end(const char *p)
{
	for (;; p += ES_AT_ONCE) {
		unsigned other = es_no_alnum(p);
		if (other)
			return p + __builtin_ctz(other);
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
