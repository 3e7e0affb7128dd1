/* SPDX-License-Identifier: MIT */
#include "match/pattern.h"

/* Simple lower case of the letters that posts are written in: Latin, Greek,
 * Cyrillic (UnicodeData.txt 15.0; the irregular letters of U+0180..024F are left
 * out). i, I, İ, ı are told apart by the caller. */
static uint32_t lower(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	if ((c >= 0xc0 && c <= 0xde && c != 0xd7) || (c >= 0x391 && c <= 0x3ab && c != 0x3a2) ||
	    (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c == 0x178)
		return 0xff;
	if (c == 0x130 || c == 0x131)
		return c;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e) || (c >= 0x1cd && c <= 0x1dc))
		return c & 1 ? c + 1 : c;
	if ((c >= 0x100 && c <= 0x177) || (c >= 0x1de && c <= 0x1ef) ||
	    (c >= 0x1f8 && c <= 0x233) || (c >= 0x1e00 && c <= 0x1e95) ||
	    (c >= 0x1ea0 && c <= 0x1eff) || (c >= 0x460 && c <= 0x4bf))
		return c & 1 ? c : c + 1;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	return c;
}

/* a: of the pattern, b: of the text */
static bool same(uint32_t a, uint32_t b, enum es_compare compare)
{
	if (a == b)
		return true;
	if (compare == ES_COMPARE_BYTES)
		return false;
	if (a == 0x131) /* ı is written I in capitals, and I for either in English */
		return b == 'I';
	if (a == 0x130)
		return b == 'i';
	if (a == 'i' || a == 'I')
		return b == 'i' || b == 'I' || b == (a == 'i' ? 0x130u : 0x131u);
	return lower(a) == lower(b);
}

bool es_glob(struct earshot_str pattern, struct earshot_str text, enum es_compare compare)
{
	const char *p = pattern.ptr, *p_end = p + pattern.len;
	const char *t = text.ptr, *t_end = t + text.len;
	const char *star = NULL, *star_t = NULL;
	for (;;) {
		if (p < p_end && *p == ES_GLOB_STAR) {
			star = ++p;
			star_t = t;
			continue;
		}
		if (t == t_end && p == p_end)
			return true;
		if (t < t_end && p < p_end) {
			const char *p_next = p, *t_next = t;
			uint32_t b = es_utf8_next(&t_next, t_end);
			uint32_t a = es_utf8_next(&p_next, p_end);
			if (a == ES_GLOB_ONE || same(a, b, compare)) {
				p = p_next;
				t = t_next;
				continue;
			}
		}
		/* back to the last star: it takes one character more */
		if (!star || star_t == t_end)
			return false;
		es_utf8_next(&star_t, t_end);
		p = star;
		t = star_t;
	}
}

int es_accents(struct earshot_str nfc)
{
	static const uint32_t turkish[] = { 0xe7, 0xc7, 0x11f, 0x11e, 0x131, 0x130,
					    0xf6, 0xd6, 0x15f, 0x15e, 0xfc,  0xdc,
					    0xe2, 0xc2, 0xee,  0xce,  0xfb,  0xdb };
	const char *ptr = nfc.ptr, *end = nfc.ptr + nfc.len;
	int found = 0;
	while (ptr < end) {
		uint32_t c = es_utf8_next(&ptr, end);
		if (!((c >= 0xc0 && c <= 0x24f && c != 0xd7 && c != 0xf7) ||
		      (c >= 0x1e00 && c <= 0x1eff)))
			continue;
		bool is_turkish = false;
		for (size_t i = 0; i < ES_COUNT(turkish); i++)
			is_turkish |= turkish[i] == c;
		if (!is_turkish)
			return 2;
		found = 1;
	}
	return found;
}
