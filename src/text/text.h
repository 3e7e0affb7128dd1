/* SPDX-License-Identifier: MIT
 *
 * text.h - the outside header of the room `text`: bytes -> folded tokens.
 *
 * May use base and utf8proc (tables only: the hot path has its own).
 *
 * Fold once, without regard to language; check a hit against the original bytes
 * by what its entry insists on (DESIGN section 4).
 *
 *   original  "MORUVA'dan  Çok kötü!"        UTF-8, any bytes
 *       | es_analyse
 *   folded    "moruva'dan  cok kotu!"         NFC, width folded, case folded,
 *       |                                     Latin marks stripped, I ı İ i -> i
 *   origin    for each folded byte: where it came from
 *   tokens    [moruva] ['dan] [cok] [kotu] [!]   offsets into both
 */
#ifndef ES_TEXT_H
#define ES_TEXT_H

#include "base/base.h"

/* ---- UTF-8 ---- */

#define ES_REPLACEMENT 0xfffdu

/* Decodes one code point; *ptr moves on by 1 to 4 bytes. Bad bytes give U+FFFD;
 * a maximal ill-formed subpart counts as one (Unicode 15, 3.9, as Python's
 * errors='replace' and the WHATWG decoder do). Needs *ptr < end. */
uint32_t es_utf8_next(const char **ptr, const char *end);
/* Writes 1 to 4 bytes, returns how many. Surrogates and out of range: U+FFFD. */
size_t es_utf8_put(char out[4], uint32_t c);
bool es_utf8_valid(const char *ptr, size_t len);
/* Bytes of the longest prefix of at most max bytes that cuts no code point. */
size_t es_utf8_cut(const char *ptr, size_t len, size_t max);
/* Appends with bad bytes replaced by U+FFFD. */
void es_utf8_clean(struct es_buf *out, const char *ptr, size_t len);

/* ---- tokens ---- */

enum es_token_kind {
	ES_TOKEN_WORD,    /* letters and marks (with inner apostrophes cut off) */
	ES_TOKEN_SUFFIX,  /* Turkish apostrophe suffix: 'dan, ’ya (apostrophe included) */
	ES_TOKEN_NUMBER,  /* 12, 1.234,5, 10/10 */
	ES_TOKEN_HASHTAG, /* #word, the # included */
	ES_TOKEN_MENTION, /* @name, the @ included */
	ES_TOKEN_CASHTAG, /* $word */
	ES_TOKEN_URL,
	ES_TOKEN_EMOJI,    /* one extended grapheme cluster */
	ES_TOKEN_EMOTICON, /* :-) ^^ ㅠㅠ T_T ㅋㅋ ;; ㅡㅡ */
	ES_TOKEN_PUNCT,    /* a run of one punctuation sign: !!! */
	ES_TOKEN_JAMO,     /* compatibility jamo run that is no emoticon: ㅇㅈ */
};

enum es_script {
	ES_SCRIPT_OTHER,
	ES_SCRIPT_LATIN,
	ES_SCRIPT_HANGUL,
	ES_SCRIPT_HAN,
	ES_SCRIPT_KANA,
	ES_SCRIPT_CYRILLIC,
	ES_SCRIPT_ARABIC,
	ES_SCRIPT_NONE
};

struct es_token {
	uint32_t fold, fold_len; /* bytes in the folded text */
	uint32_t stem;           /* bytes of fold before an English contraction or
				    possessive ("moruva's": 6); fold_len elsewhere */
	uint32_t from, len;      /* bytes in the original text */
	uint8_t kind;            /* enum es_token_kind */
	uint8_t script;          /* enum es_script */
	bool caps;               /* every letter upper case, at least two of them */
	bool space;              /* white space (or the beginning) stands before it:
				    in Korean the beginning of an eojeol */
	bool sentence;           /* first token of a sentence */
	uint16_t word;           /* number of WORD-like tokens before it, saturating:
				    the distance that NEAR counts */
};

struct es_analysis {
	struct earshot_str original; /* borrowed */
	struct earshot_str folded;
	const uint32_t *origin; /* folded.len + 1 entries: offset in the original */
	const struct es_token *tokens;
	size_t n;
};

/* Everything lies in the arena. Cost is linear. Texts over 4 GiB - 1: LIMIT. */
int es_analyse(struct es_arena *arena, const char *ptr, size_t len, struct es_analysis *out,
	       struct earshot_error *error) EARSHOT_MUST_USE;

/* The fold alone (for lexicon entries and query terms: fold both sides by the
 * same function). `ptr` NULL where there is no memory. */
struct earshot_str es_fold(struct es_arena *arena, const char *ptr, size_t len);

/* NFC of the original: for exact comparisons and regular expressions. Returns
 * the input itself where it is NFC already. */
struct earshot_str es_nfc(struct es_arena *arena, const char *ptr, size_t len);

/* Hangul syllables of folded text as compatibility-free letters (initial, vowel,
 * final), for stems that fuse with their endings: 느린 -> ㄴㅡㄹㅣㄴ (each one
 * conjoining jamo, U+1100 block). Other characters pass. */
struct earshot_str es_hangul_letters(struct es_arena *arena, const char *ptr, size_t len);

/* ---- language ---- */

enum es_language { ES_LANG_UNKNOWN, ES_LANG_EN, ES_LANG_KO, ES_LANG_TR, ES_LANG_OTHER };
/* "unknown", "en", "ko", "tr", "other"; and back by the primary subtag ("tr-TR"). */
const char *es_language_name(enum es_language language);
enum es_language es_language_of(const char *ptr, size_t len);
/* Decided on tokens, by script share and function words; linear. */
enum es_language es_language_detect(const struct es_analysis *text);

/* ---- HTML ---- */

/* Plain text of an HTML fragment: tags off, entities resolved, paragraphs and
 * list items as line breaks, alt text kept, script, style and hidden parts
 * dropped, white space collapsed. Never recursive; linear. */
void es_html_text(struct es_buf *out, const char *ptr, size_t len);
/* One entity behind '&' ("amp;", "#x41;", "uuml"): the code points and the number of
 * bytes eaten, 0 where it is none. At most 2 code points. */
size_t es_entity(const char *ptr, size_t len, uint32_t code[2], int *n);

#endif
