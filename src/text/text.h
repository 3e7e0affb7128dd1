/* SPDX-License-Identifier: MIT
 *
 * text.h - the outside header of the room `text`: bytes -> folded tokens.
 *
 * May use base and utf8proc (tables only: the hot path has its own).
 *
 * Fold once, without regard to language; check a hit against the original bytes
 * by what its entry insists on (DESIGN section 4).
 *
 *   given     "MORUVA\u2019dan  Çok kötü!"   UTF-8, any bytes
 *       | es_analyse
 *   original  "MORUVA’dan  Çok kötü!"        escapes that exporters left are the characters they
 *       |                                     mean
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
/* Decodes well-formed text, as folded text is: *len = 1 to 4 bytes. */
static inline uint32_t es_code_at(const char *ptr, unsigned *len)
{
	const unsigned char *p = (const unsigned char *)ptr;
	if (p[0] < 0x80) {
		*len = 1;
		return p[0];
	}
	if (p[0] < 0xe0) {
		*len = 2;
		return (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
	}
	if (p[0] < 0xf0) {
		*len = 3;
		return (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	}
	*len = 4;
	return (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
}
/* Is it a capital letter: Latin, Cyrillic, any other that has one? */
bool es_upper(uint32_t c);
/* Writes 1 to 4 bytes, returns how many. Surrogates and out of range: U+FFFD. */
size_t es_utf8_put(char out[4], uint32_t c);
bool es_utf8_valid(const char *ptr, size_t len);
/* So many bytes stand before the first one that is no UTF-8; len where there is none. */
size_t es_utf8_good(const char *ptr, size_t len);
/* Bytes of the longest prefix of at most max bytes that cuts no code point. */
size_t es_utf8_cut(const char *ptr, size_t len, size_t max);
/* Appends with bad bytes replaced by U+FFFD. */
void es_utf8_clean(struct es_buf *out, const char *ptr, size_t len);

/* ---- Hangul syllables (Unicode 15, 3.12): 0xac00 + (initial * 21 + vowel) * 28 + final ---- */

#define ES_SYLLABLE  0xac00u /* the first one, and how many there are */
#define ES_SYLLABLES 11172u
#define ES_FINALS    28u /* syllables that differ in nothing but the last letter */

static inline bool es_is_syllable(uint32_t c)
{
	return c - ES_SYLLABLE < ES_SYLLABLES;
}

/* ---- the fold ----
 *
 * What es_fold does, character by character (tables.py is the whole list):
 *   case       full case folding (ß -> ss, ς -> σ); all of I ı İ i -> i
 *   marks      dropped behind Latin letters, composed or not; strokes too: ø -> o, ł -> l,
 *              đ -> d, æ -> ae, œ -> oe. Behind others: as NFC has them, at most 31 on one
 *              base
 *   width      full and half width -> usual (Ａ -> a, ｶﾞ -> ガ); compatibility jamo
 *              U+3131 to 318E stay as they are
 *   letters in mathematical styles (U+1D400 to 1D7FF) -> plain ones
 *   ’ ‘ ʼ ` ´ ′ -> '      every space -> U+0020      NEL, LS, PS -> LF
 *   dropped    soft hyphen, zero width and direction marks, variation selectors; U+200D
 *              unless it joins two pictographs; tags unless in a flag
 *   bad bytes  U+FFFD each
 * Two texts with the same NFC have the same fold; the fold of a fold is itself. At most three
 * times as long as the original.
 */

/* ---- escapes ----
 *
 * \u and four hex digits, two such for a character beyond U+FFFF, left in a text by an exporter
 * (don\u2019t), are the character to everything that reads an analysis; the places that are told
 * to people (es_given) are those of the text as it was given. A half of a pair, \u0000 and \U
 * stay as they are; what an escape makes is not read again (\u005cu0041 is \u0041). es_fold and
 * es_nfc take a text as it is.
 */

/* ---- tokens ----
 *
 * White space parts tokens; so does every change between
 *   letters and digits   Latin, Cyrillic, Arabic ...: one WORD (iphone15, 5g, 1st)
 *   Hangul               one WORD a run of syllables, particles included (acme는 = 2 tokens,
 *                        24시간 = 2)
 *   Han, kana            one WORD a character
 * An apostrophe between letters: what stands behind it is one of t s re ve ll d m -> part of
 * the WORD, `stem` is what stands before it (don't, moruva's); anything else -> a SUFFIX of
 * its own (Moruva'dan, 2023'te, @acme'ye, #acme'nin, l'eau). No apostrophe before a space or
 * behind one belongs to a word.
 * NUMBER: digits with . , : / between digits, % before or behind. HASHTAG, CASHTAG and MENTION
 * need a letter (MENTION: letter, digit or _; with @host or .label behind it).
 * URL: scheme://, www., name@host, or a host with a well-known ending or a path; signs at its
 * end are not part of it, nor is a Korean particle (t.co/x에서).
 * A mark behind a sign, a face or an address is in the `len` of that token, not in its fold;
 * a mark behind white space is no token.
 * A sentence begins with the text, behind a line break, and behind . ! ? … 。 - a full stop
 * only before white space or beside Hangul, and not behind an initial, a common abbreviation,
 * or a number that goes on in lower case (3. kez). Signs, emoji and faces behind its end still
 * belong to it.
 */

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

/* Bytes behind the end of the folded text that may be read (a NUL, then anything): so
 * words can be taken eight bytes at a time. */
#define ES_FOLD_SLACK 32

struct es_analysis {
	struct earshot_str given;    /* borrowed */
	struct earshot_str original; /* `given`, or a copy of it without escapes */
	const uint32_t *given_at; /* original.len + 1 entries: offset in `given`; NULL = the same */
	struct earshot_str folded;
	const uint32_t *origin; /* folded.len + 1 entries: offset in the original */
	const struct es_token *tokens;
	size_t n;
};

/* Token i as folded. */
static inline struct earshot_str es_token_fold(const struct es_analysis *text, size_t i)
{
	const struct es_token *token = &text->tokens[i];
	return es_str(text->folded.ptr + token->fold, token->fold_len);
}

/* Do distances and numbers of words count tokens of this kind? */
static inline bool es_token_counts(enum es_token_kind kind)
{
	return kind == ES_TOKEN_WORD || kind == ES_TOKEN_NUMBER || kind == ES_TOKEN_HASHTAG ||
	       kind == ES_TOKEN_MENTION || kind == ES_TOKEN_CASHTAG;
}

/* A text that begins with its title is read without it. */
static inline bool es_title_covered(struct earshot_str title, struct earshot_str text)
{
	return title.len == 0 || es_str_starts(text, title);
}

/* Where a byte of the original (or its end) stands in the text as given. */
static inline uint32_t es_given(const uint32_t *given_at, uint32_t at)
{
	return given_at ? given_at[at] : at;
}

/* Tokens are in order, do not overlap, and are never empty in the fold; `len` is 0 only where
 * one character folds to several tokens. script is that of the first letter. Everything lies
 * in the arena and borrows the original. Cost is linear. Texts over 4 GiB - 1: LIMIT. */
int es_analyse(struct es_arena *arena, const char *ptr, size_t len, struct es_analysis *out,
	       struct earshot_error *error) EARSHOT_MUST_USE;

/* The fold alone (for lexicon entries and query terms: fold both sides by the
 * same function). `ptr` NULL where there is no memory. */
struct earshot_str es_fold(struct es_arena *arena, const char *ptr, size_t len);

/* NFC of the original: for exact comparisons and regular expressions. Returns
 * the input itself where it is NFC already; bad bytes become U+FFFD. `ptr` NULL
 * where there is no memory. */
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
/* Is the folded word one that the language is told by (words.txt)? */
bool es_language_frequent(enum es_language language, const char *ptr, size_t len);
/* Decided on tokens, by script share and function words; linear. One Hangul name
 * does not make an English sentence Korean, nor do Latin brands make a Korean one
 * English. UNKNOWN where nothing speaks for a language: a brand, a URL, emoji. */
enum es_language es_language_detect(const struct es_analysis *text);

/* ---- near duplicates ----
 *
 * The simhash of Charikar ("Similarity estimation techniques from rounding algorithms", STOC 2002),
 * as Manku, Jain and Das Sarma found near duplicates with it ("Detecting near-duplicates for web
 * crawling", WWW 2007): of each feature a hash of 64 bits; a bit of the result is set where more
 * than half of the features have it. Two texts of which few features differ have few bits
 * different; up to ES_SIMHASH_NEAR of them the texts are near duplicates.
 *
 * Features are shingles of the folded text: every word and every two words; of Hangul every two and
 * three syllables, across spaces, so that spacing does not matter. Addresses, @names (and "RT"
 * before one), emoji, emoticons and signs are none.
 */
#define ES_SIMHASH_NEAR 3
#define ES_SIMHASH_LEAST \
	8 /* features: five words, six syllables; less is no copy, but what many say */

/* Of title and text (either may be NULL; the title counts unless the text begins with it). 0 where
 * there are too few features; never else. */
uint64_t es_simhash(const struct es_analysis *title, const struct es_analysis *text);
static inline int es_simhash_distance(uint64_t a, uint64_t b)
{
	return __builtin_popcountll(a ^ b);
}

/* ---- HTML ---- */

/* Plain text of an HTML fragment: tags off, entities resolved, paragraphs and
 * list items as line breaks, alt text kept, script, style and hidden parts
 * dropped, white space collapsed. Never recursive; linear. */
void es_html_text(struct es_buf *out, const char *ptr, size_t len); /* appends; see es_buf_ok */
/* One entity behind '&' ("amp;", "#x41;", "uuml"): the code points and the number of
 * bytes eaten, 0 where it is none. At most 2 code points. */
size_t es_entity(const char *ptr, size_t len, uint32_t code[2], int *n);

#endif
