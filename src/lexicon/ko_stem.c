/* SPDX-License-Identifier: MIT
 *
 * ko_stem.c - Korean stems whose last syllable fuses with the ending.
 *
 * A precomposed syllable is 0xAC00 + (initial * 21 + vowel) * 28 + final (Unicode
 * 3.12). Finals that endings add (느리 -> 느린, 느립) are met at the look-up, which
 * tries the last syllable without its final; here are the vowel contractions and
 * the irregular stems of school grammar:
 *
 *   ㅣ+어 -> ㅕ (느려)   ㅗ+아 -> ㅘ (나와)   ㅜ+어 -> ㅝ (나눠)   하+여 -> 해
 *   ㅚ+어 -> ㅙ (돼)     ㅡ+어 -> ㅓ, ㅏ (예뻐, 나빠)               르 -> ㄹ라, ㄹ러
 *   final ㅂ -> 우, 워 (쉬운, 쉬워)
 */
#include "lexicon/pack.h"

enum {
	A = 0,
	AE = 1,
	EO = 4,
	YEO = 6,
	O = 8,
	WA = 9,
	WAE = 10,
	OE = 11,
	U = 13,
	WO = 14,
	EU = 18,
	I = 20
};
enum { INITIAL_RIEUL = 5, INITIAL_IEUNG = 11, INITIAL_HIEUH = 18 };
enum { FINAL_RIEUL = 8, FINAL_PIEUP = 17 };

static uint32_t syllable(uint32_t initial, uint32_t vowel, uint32_t final)
{
	return ES_SYLLABLE + (initial * 21 + vowel) * ES_FINALS + final;
}

struct forms {
	char (*out)[ES_ENTRY_BYTES];
	size_t *len, n;
	struct earshot_str head; /* the stem without the syllables that change */
};

static void add(struct forms *forms, uint32_t a, uint32_t b)
{
	if (forms->n == 4 || forms->head.len + 8 > ES_ENTRY_BYTES)
		return;
	char *to = forms->out[forms->n];
	size_t n = forms->head.len;
	memcpy(to, forms->head.ptr, n);
	n += es_utf8_put(to + n, a);
	if (b)
		n += es_utf8_put(to + n, b);
	forms->len[forms->n++] = n;
}

size_t es_ko_stem_forms(struct earshot_str stem, char out[4][ES_ENTRY_BYTES], size_t len[4])
{
	struct forms forms = { .out = out, .len = len };
	uint32_t last = 0, before = 0;
	const char *ptr = stem.ptr, *end = ptr + stem.len, *at = ptr, *at_before = ptr;
	while (ptr < end) {
		at_before = at;
		at = ptr;
		before = last;
		last = es_utf8_next(&ptr, end);
	}
	if (!es_is_syllable(last))
		return 0;
	uint32_t code = last - ES_SYLLABLE, initial = code / 588, vowel = code / ES_FINALS % 21,
		 final = code % ES_FINALS;
	forms.head = es_str(stem.ptr, (size_t)(at - stem.ptr));
	if (final == FINAL_PIEUP) {
		add(&forms, syllable(initial, vowel, 0), syllable(INITIAL_IEUNG, U, 0));
		add(&forms, syllable(initial, vowel, 0), syllable(INITIAL_IEUNG, WO, 0));
	} else if (final)
		return forms.n;
	else if (vowel == EU && initial == INITIAL_RIEUL && es_is_syllable(before) &&
		 (before - ES_SYLLABLE) % ES_FINALS == 0) {
		forms.head = es_str(stem.ptr, (size_t)(at_before - stem.ptr));
		add(&forms, before + FINAL_RIEUL, syllable(INITIAL_RIEUL, A, 0));
		add(&forms, before + FINAL_RIEUL, syllable(INITIAL_RIEUL, EO, 0));
	} else if (vowel == EU) {
		add(&forms, syllable(initial, EO, 0), 0);
		add(&forms, syllable(initial, A, 0), 0);
	} else if (vowel == A && initial == INITIAL_HIEUH)
		add(&forms, syllable(initial, AE, 0), 0);
	else if (vowel == I)
		add(&forms, syllable(initial, YEO, 0), 0);
	else if (vowel == O)
		add(&forms, syllable(initial, WA, 0), 0);
	else if (vowel == U)
		add(&forms, syllable(initial, WO, 0), 0);
	else if (vowel == OE)
		add(&forms, syllable(initial, WAE, 0), 0);
	return forms.n;
}
