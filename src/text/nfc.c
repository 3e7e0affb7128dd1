/* SPDX-License-Identifier: MIT */
#include "text/inside.h"

#include <utf8proc.h>

#define SHORT_RUN 32 /* marks: sorted by insertion up to here, counted above */
#define CCC_N     256

size_t es_decompose(uint32_t c, int32_t out[4])
{
	int last = 0;
	utf8proc_ssize_t n = utf8proc_decompose_char((int32_t)c, out, 4,
						     UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &last);
	if (n < 1 || n > 4) {
		out[0] = (int32_t)c;
		return 1;
	}
	return (size_t)n;
}

static unsigned ccc(int32_t c)
{
	return c < 0x300 ? 0 : (unsigned)utf8proc_get_property(c)->combining_class & 0xff;
}

static bool order_run(struct es_arena *arena, int32_t *run, size_t n)
{
	if (n <= SHORT_RUN) {
		for (size_t i = 1; i < n; i++) {
			int32_t c = run[i];
			unsigned class = ccc(c);
			size_t at = i;
			for (; at > 0 && ccc(run[at - 1]) > class; at--)
				run[at] = run[at - 1];
			run[at] = c;
		}
		return true;
	}
	int32_t *copy = es_arena_alloc(arena, n * sizeof(*copy));
	if (!copy)
		return false;
	memcpy(copy, run, n * sizeof(*copy));
	size_t start[CCC_N + 1] = { 0 };
	for (size_t i = 0; i < n; i++)
		start[ccc(copy[i]) + 1]++;
	for (size_t i = 1; i <= CCC_N; i++)
		start[i] += start[i - 1];
	for (size_t i = 0; i < n; i++)
		run[start[ccc(copy[i])]++] = copy[i];
	return true;
}

bool es_order_marks(struct es_arena *arena, int32_t *text, size_t n)
{
	for (size_t i = 0; i < n;) {
		if (ccc(text[i]) == 0) {
			i++;
			continue;
		}
		size_t from = i;
		while (i < n && ccc(text[i]) != 0)
			i++;
		if (!order_run(arena, text + from, i - from))
			return false;
	}
	return true;
}

size_t es_compose(int32_t *text, size_t n)
{
	utf8proc_ssize_t composed = utf8proc_normalize_utf32(text, (utf8proc_ssize_t)n,
							     UTF8PROC_STABLE | UTF8PROC_COMPOSE);
	return composed < 0 ? n : (size_t)composed;
}

/* True where nothing can change: well-formed, no mark, nothing that NFC
 * decomposes. Costs less than composing and nearly every post passes. */
static bool surely_nfc(const char *ptr, const char *end)
{
	while (ptr < end) {
		ptr += es_ascii_run(ptr, end);
		if (ptr == end)
			break;
		uint32_t c = es_utf8_next(&ptr, end);
		if (c == ES_REPLACEMENT ||
		    (es_class_flags(c) & (ES_CLASS_COMBINING | ES_CLASS_NFC_NO)))
			return false;
	}
	return true;
}

struct earshot_str es_nfc(struct es_arena *arena, const char *ptr, size_t len)
{
	const struct earshot_str none = { NULL, 0 };
	if (len == 0)
		return es_str(ptr ? ptr : "", 0);
	const char *end = ptr + len;
	if (surely_nfc(ptr, end))
		return es_str(ptr, len);
	size_t room = 0;
	for (const char *p = ptr; p < end;) {
		int32_t four[4];
		room += es_decompose(es_utf8_next(&p, end), four);
	}
	int32_t *text = es_arena_alloc(arena, (room + 4) * sizeof(*text));
	if (!text)
		return none;
	size_t n = 0;
	for (const char *p = ptr; p < end;)
		n += es_decompose(es_utf8_next(&p, end), text + n);
	if (!es_order_marks(arena, text, n))
		return none;
	n = es_compose(text, n);
	char *out = es_arena_alloc(arena, n * 4 + 1);
	if (!out)
		return none;
	size_t bytes = 0;
	for (size_t i = 0; i < n; i++)
		bytes += es_utf8_put(out + bytes, (uint32_t)text[i]);
	out[bytes] = '\0';
	return es_str(out, bytes);
}

struct earshot_str es_hangul_letters(struct es_arena *arena, const char *ptr, size_t len)
{
	/* a syllable of 3 bytes gives at most 3 letters of 3 bytes */
	char *out = len < SIZE_MAX / 4 ? es_arena_alloc(arena, len * 3 + 1) : NULL;
	if (!out)
		return es_str(NULL, 0);
	size_t n = 0;
	const char *end = len ? ptr + len : ptr;
	while (ptr < end) {
		uint32_t c = es_utf8_next(&ptr, end), s = c - ES_SYLLABLE;
		if (s >= ES_SYLLABLES) {
			n += es_utf8_put(out + n, c);
			continue;
		}
		n += es_utf8_put(out + n, ES_HANGUL_L + s / (ES_HANGUL_VN * ES_FINALS));
		n += es_utf8_put(out + n, ES_HANGUL_V + s / ES_FINALS % ES_HANGUL_VN);
		if (s % ES_FINALS)
			n += es_utf8_put(out + n, ES_HANGUL_T + s % ES_FINALS);
	}
	out[n] = '\0';
	return es_str(out, n);
}
