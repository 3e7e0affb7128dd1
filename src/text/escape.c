/* SPDX-License-Identifier: MIT
 *
 * escape.c - \u2019 that an exporter left in a text -> the character it means, with a map back.
 *
 *   given     d o n \ u 2 0 1 9 t
 *   original  d o n ’ t                the analysis reads this
 *   given_at  0 1 2 3 3 3 9 10         for each byte of it, and for its end: where it came from
 */
#include "text/inside.h"

#define ESCAPE 6 /* bytes of \u2019 */

/* The four digits behind \u at p; -1 where that is not what stands there. */
static int32_t unit(const char *p, const char *end)
{
	return end - p >= ESCAPE && p[0] == '\\' && p[1] == 'u' ? es_hex4(p + 2, 4) : -1;
}

/* Bytes of the escape at p, a pair of surrogates is one; 0 where none stands there. Halves of a
 * pair and NUL are none. */
static size_t escape(const char *p, const char *end, uint32_t *code)
{
	int32_t first = unit(p, end);
	if (first <= 0 || first >> 10 == 0xdc00 >> 10)
		return 0;
	*code = (uint32_t)first;
	if (first >> 10 != 0xd800 >> 10)
		return ESCAPE;
	int32_t second = unit(p + ESCAPE, end);
	if (second >> 10 != 0xdc00 >> 10)
		return 0;
	*code = 0x10000 + ((*code & 0x3ff) << 10) + ((uint32_t)second & 0x3ff);
	return (size_t)2 * ESCAPE;
}

/* The next escape from p on; NULL where there is none. */
static const char *find(const char *p, const char *end, uint32_t *code, size_t *len)
{
	for (; p < end && (p = memchr(p, '\\', (size_t)(end - p))) != NULL; p++)
		if ((*len = escape(p, end, code)) != 0)
			return p;
	return NULL;
}

bool es_unescape(struct es_arena *arena, struct earshot_str given, struct earshot_str *out,
		 const uint32_t **given_at)
{
	const char *p = given.ptr, *end = p + given.len;
	uint32_t code;
	size_t len, n = 0;
	*out = given;
	*given_at = NULL;
	const char *at = find(p, end, &code, &len);
	if (!at)
		return true;
	/* an escape is longer than what it means */
	char *text = es_arena_alloc(arena, given.len);
	uint32_t *map = es_arena_alloc(arena, (given.len + 1) * sizeof(*map));
	if (!text || !map)
		return false;
	for (;;) {
		for (const char *stop = at ? at : end; p < stop; p++) {
			map[n] = (uint32_t)(p - given.ptr);
			text[n++] = *p;
		}
		if (!at)
			break;
		size_t bytes = es_utf8_put(text + n, code);
		for (size_t i = 0; i < bytes; i++)
			map[n++] = (uint32_t)(at - given.ptr);
		p = at + len;
		at = find(p, end, &code, &len);
	}
	map[n] = (uint32_t)given.len;
	*out = es_str(text, n);
	*given_at = map;
	return true;
}
