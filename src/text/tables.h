/* SPDX-License-Identifier: MIT
 *
 * tables.h - what each code point is and what it folds to. Inside the room only.
 *
 *   code point --(c >> 7)--> index --> block of 128 --> class | flags
 *                                                   --> offset in the pool: len, bytes
 *
 * tables.c is made by tables.py; the enum is its twin. Read-only: thread-safe.
 */
#ifndef ES_TEXT_TABLES_H
#define ES_TEXT_TABLES_H

#include <stddef.h>
#include <stdint.h>

enum es_class {
	ES_CLASS_OTHER, /* punctuation, symbols, controls, unassigned */
	ES_CLASS_SPACE,
	ES_CLASS_BREAK, /* line breaks */
	ES_CLASS_DIGIT,
	ES_CLASS_LATIN,
	ES_CLASS_LATIN_UP,
	ES_CLASS_HANGUL, /* syllables */
	ES_CLASS_JAMO,   /* conjoining */
	ES_CLASS_COMPAT_JAMO,
	ES_CLASS_HAN,
	ES_CLASS_KANA,
	ES_CLASS_CYRILLIC,
	ES_CLASS_CYRILLIC_UP,
	ES_CLASS_ARABIC,
	ES_CLASS_LETTER,
	ES_CLASS_LETTER_UP,
	ES_CLASS_MARK,
	ES_CLASS_DROP,       /* invisible: not in the fold */
	ES_CLASS_PICTO,      /* Extended_Pictographic */
	ES_CLASS_WEAK_PICTO, /* the same, but text unless U+FE0F follows: (c) (r) tm !! */
	ES_CLASS_MODIFIER,   /* skin tones */
	ES_CLASS_REGIONAL,   /* flag letters */
	ES_CLASS_TAG,        /* U+E0020 to U+E007F, in flags of regions */
	ES_CLASS_JOINER,     /* U+200D */
};

#define ES_CLASS_MASK      0x3fu
#define ES_CLASS_NFC_NO    0x40u /* never in NFC, or Hangul that may compose */
#define ES_CLASS_COMBINING 0x80u /* combining class not 0, or second of a composition */

#define ES_TABLE_END 0x30000u

extern const uint8_t es_class_index[], es_class_blocks[], es_fold_index[], es_fold_pool[];
extern const uint16_t es_fold_blocks[];

/* class | flags */
static inline unsigned es_class_flags(uint32_t c)
{
	if (c < ES_TABLE_END)
		return es_class_blocks[es_class_index[c >> 7] * 128u + (c & 127)];
	if (c >= 0xe0020 && c <= 0xe007f)
		return ES_CLASS_TAG;
	if (c >= 0xe0000 && c <= 0xe0fff) /* language tag, variation selectors, reserved */
		return ES_CLASS_DROP;
	return c < 0x40000 ? ES_CLASS_HAN : ES_CLASS_OTHER;
}

static inline enum es_class es_class_of(uint32_t c)
{
	return (enum es_class)(es_class_flags(c) & ES_CLASS_MASK);
}

/* The folded bytes behind their number; NULL where c folds to itself. */
static inline const uint8_t *es_fold_of(uint32_t c)
{
	if (c >= ES_TABLE_END)
		return NULL;
	unsigned at = es_fold_blocks[es_fold_index[c >> 7] * 128u + (c & 127)];
	return at ? es_fold_pool + at : NULL;
}

#endif
