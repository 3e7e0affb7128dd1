/* SPDX-License-Identifier: MIT */
#include "text/entities.h"
#include "text/inside.h"

#define NAME_MAX_LEN 31 /* CounterClockwiseContourIntegral */
#define BARE_MAX_LEN 6  /* Aacute */

static const struct es_entity_row *find(const char *ptr, size_t len)
{
	size_t low = 0, high = es_entity_n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct es_entity_row *row = &es_entity_rows[mid];
		int diff = strncmp(ptr, row->name, len);
		if (diff == 0 && row->name[len])
			diff = -1;
		if (diff == 0)
			return row;
		if (diff < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

static size_t named(const char *ptr, size_t len, uint32_t code[2], int *n)
{
	size_t run = 0;
	while (run < len && run <= NAME_MAX_LEN && es_ascii_alnum(ptr[run]))
		run++;
	const struct es_entity_row *row = NULL;
	size_t eaten = run + 1;
	if (run < len && ptr[run] == ';')
		row = find(ptr, run);
	for (size_t i = run < BARE_MAX_LEN ? run : BARE_MAX_LEN; !row && i >= 2; i--) {
		row = find(ptr, i);
		if (row && !row->bare)
			row = NULL;
		eaten = i;
	}
	if (!row)
		return 0;
	code[0] = row->code[0];
	code[1] = row->code[1];
	*n = row->code[1] ? 2 : 1;
	return eaten;
}

static int digit_of(char c, unsigned base)
{
	int value = es_hex_digit(c);
	return value < (int)base ? value : -1;
}

static size_t numeric(const char *ptr, size_t len, uint32_t *code)
{
	/* what 128 to 159 meant to those who wrote them (HTML 5, 13.2.5.80) */
	static const uint16_t windows_1252[32] = {
		0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
		0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d,   0x017d, 0x8f,
		0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
		0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178,
	};
	size_t at = 1;
	unsigned base = 10;
	if (at < len && (ptr[at] | 0x20) == 'x')
		base = 16, at++;
	size_t from = at;
	uint32_t value = 0;
	for (; at < len; at++) {
		int d = digit_of(ptr[at], base);
		if (d < 0)
			break;
		if (value <= 0x10ffff)
			value = value * base + (uint32_t)d;
	}
	if (at == from)
		return 0;
	if (value >= 128 && value < 160)
		value = windows_1252[value - 128];
	if (value == 0 || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))
		value = ES_REPLACEMENT;
	*code = value;
	return at < len && ptr[at] == ';' ? at + 1 : at;
}

size_t es_entity(const char *ptr, size_t len, uint32_t code[2], int *n)
{
	*n = 0;
	if (len == 0)
		return 0;
	if (*ptr != '#')
		return named(ptr, len, code, n);
	size_t eaten = numeric(ptr, len, &code[0]);
	*n = eaten > 0;
	return eaten;
}
