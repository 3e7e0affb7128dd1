/* SPDX-License-Identifier: MIT
 *
 * pattern.h - what a term of a query looks like in folded tokens. Inside of the
 * room only.
 *
 *   "Moruva kargo*"    [WORD moruva] next [PREFIX kargo]
 *   AT&T               [WORD at] glued [REPEAT &] glued [WORD t]
 *   "연결이 안 되*"    [HANGUL 연결이|안|되, end STEM]      | = a space may stand here
 *   stem:kitap         [STEM kitap]                         kitabı, kitaplardan
 *   infix:탈퇴         [INFIX 탈퇴]                         회원탈퇴를
 *   raw:Google+        [WORD google] glued [REPEAT +]       and then the bytes "Google+"
 *
 * A pattern is found by one of its elements (`key`), looked up in the table of
 * the set by a hash of the token or of its first bytes, and then verified.
 */
#ifndef ES_MATCH_PATTERN_H
#define ES_MATCH_PATTERN_H

#include "match/query.h"
#include "text/text.h"

enum es_elem_kind {
	ES_ELEM_WORD,   /* the whole token */
	ES_ELEM_PREFIX, /* its beginning: complain* */
	ES_ELEM_GLOB,   /* customi?e, t*est */
	ES_ELEM_REPEAT, /* signs; the last one may be repeated: :) in :))) */
	ES_ELEM_EMOJI,  /* with or without a skin tone */
	ES_ELEM_URL,    /* an address or a part of it up to one of /?#& */
	ES_ELEM_HANGUL, /* words of Hangul, the spaces between them free */
	ES_ELEM_STEM,   /* the word with the endings of its language: see stem.c */
	ES_ELEM_INFIX,  /* anywhere in a token */
};

enum es_gap {
	ES_GAP_GLUED, /* the next token, no space between */
	ES_GAP_NEXT,  /* the next word: punctuation and suffixes between do not count */
};

enum es_hangul_end {
	ES_END_ANY,      /* any ending: 삼성 in 삼성전자는 */
	ES_END_PARTICLE, /* listed particles only */
	ES_END_STEM,     /* any ending, compared by letters */
	ES_END_WHOLE,    /* nothing */
};

enum es_spell {
	ES_SPELL_LOOSE,     /* folded is enough */
	ES_SPELL_UNLESS_TR, /* exact, but loose in a Turkish post */
	ES_SPELL_EXACT,     /* letters as written, in any case */
	ES_SPELL_CASE,      /* as written */
	ES_SPELL_RAW,       /* of the first one: `nfc` is what the whole place must say */
};

/* In folded globs; the lexer lets no control character through. */
#define ES_GLOB_STAR '\x01'
#define ES_GLOB_ONE  '\x02'
/* Tokens longer than this are matched by no glob: keeps a hostile token of
 * 256 KiB from costing its length times the pattern. No word is so long. */
#define ES_GLOB_TOKEN_MAX 256
/* Tokens that a phrase may skip between two of its words: "apple, - (juice". */
#define ES_GAP_SKIP 3
/* Bytes of a beginning that are hashed. */
#define ES_KEY_MAX 48
/* The same of an infix, which is looked for at every letter. */
#define ES_INFIX_KEY_MAX 6

struct es_elem {
	uint8_t kind, gap, end, spell; /* the enums above */
	struct earshot_str fold;
	struct earshot_str nfc; /* as written, NFC; where spell is not LOOSE */
	const uint32_t *breaks; /* HANGUL: where in fold a space may stand, ascending */
	uint32_t n_breaks;
};

struct es_pattern {
	const struct es_elem *elems;
	uint32_t n;
	bool every;      /* every place is wanted: it stands beside NEAR; set by compile */
	bool first_only; /* `key` must be 0: tokens cannot be counted backwards */
	uint32_t key;    /* the element that it is found by */
};

/* Sets node->pattern, wildcards, short_wildcard; what is wrong goes to the notes.
 * The pattern lies in the arena and keeps no pointer into the query. */
void es_pattern_build(struct es_arena *arena, const struct es_query_source *source,
		      struct es_node *node, struct es_notes *notes);

/* Words of a text that a place of it takes, as NEAR counts them. */
uint32_t es_pattern_words(const struct es_pattern *pattern);

/* regex.c: reads the expression of a REGEX node and sets its pattern, that of a
 * literal of two letters that it requires, where there is one. */
void es_regex_build(struct es_arena *arena, const struct es_query_source *source,
		    struct es_node *node, struct es_notes *notes);
/* The pattern of infix:`text`; NULL where it is no single word. */
struct es_pattern *es_pattern_infix(struct es_arena *arena, struct earshot_str text);

/* A place in one stream where a pattern may begin or has been found. */
struct es_place {
	const struct es_analysis *text;
	struct es_arena *scratch;
	enum es_language language; /* of the post */
	uint32_t offset;           /* of an INFIX: byte of the folded token */
	uint32_t start, end;       /* out: bytes of the text as given */
	uint32_t first, last;      /* out: tokens */
};

/* Is the pattern there, with its key element at token `at`? `body`: behind the
 * sign of a tag. Sets place->start and end. */
bool es_pattern_at(const struct es_pattern *pattern, struct es_place *place, uint32_t at,
		   bool body);

/* ---- glob.c ---- */

enum es_compare { ES_COMPARE_BYTES, ES_COMPARE_SPELLING };
/* Wildcards as ES_GLOB_*. SPELLING: without regard to case, i and ı told apart
 * where the text does. */
bool es_glob(struct earshot_str pattern, struct earshot_str text, enum es_compare compare);
/* Latin letters with a mark, or without a dot: 0 none, 1 Turkish ones only, 2 others. */
int es_accents(struct earshot_str nfc);

/* ---- hangul.c ---- */

/* Nothing, or listed particles one behind the other. */
bool es_particles(struct earshot_str rest);
/* Does `text` begin with a form of the stem? Compared by letters, with the vowel
 * contractions of Korean (see hangul.c). */
bool es_stem_begins(struct earshot_str stem, struct earshot_str text);
/* ---- stem.c ---- */

/* Is `text` the stem, or the stem with listed endings of the language? Both folded. */
bool es_inflected(struct earshot_str stem, struct earshot_str text, enum es_language language);

/* ---- hangul.c, for keys ---- */

/* The initial letter (0..18) of the syllable at ptr, -1 where there is none. */
int es_initial(const char *ptr, const char *end);

#endif
