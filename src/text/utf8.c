/* SPDX-License-Identifier: MIT */
#include "text/text.h"

#include "text/inside.h"

uint32_t es_utf8_next(const char **ptr, const char *end)
{
	const unsigned char *p = (const unsigned char *)*ptr;
	size_t left = (size_t)(end - *ptr);
	uint32_t c = p[0];
	if (c < 0x80) {
		*ptr += 1;
		return c;
	}
	/* second bytes are narrower after E0, ED, F0, F4 (Unicode 15, table 3-7) */
	unsigned char low = 0x80, high = 0xbf;
	size_t n;
	if (c >= 0xc2 && c <= 0xdf) {
		n = 2, c &= 0x1f;
	} else if (c >= 0xe0 && c <= 0xef) {
		low = c == 0xe0 ? 0xa0 : 0x80;
		high = c == 0xed ? 0x9f : 0xbf;
		n = 3, c &= 0x0f;
	} else if (c >= 0xf0 && c <= 0xf4) {
		low = c == 0xf0 ? 0x90 : 0x80;
		high = c == 0xf4 ? 0x8f : 0xbf;
		n = 4, c &= 0x07;
	} else {
		*ptr += 1;
		return ES_REPLACEMENT;
	}
	for (size_t i = 1; i < n; i++) {
		if (i == left || p[i] < low || p[i] > high) {
			*ptr += i;
			return ES_REPLACEMENT;
		}
		c = c << 6 | (p[i] & 0x3f);
		low = 0x80, high = 0xbf;
	}
	*ptr += n;
	return c;
}

size_t es_utf8_put(char out[4], uint32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = ES_REPLACEMENT;
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

size_t es_ascii_run(const char *ptr, const char *end)
{
	const char *p = ptr;
	while ((size_t)(end - p) >= sizeof(uint64_t)) {
		uint64_t word;
		memcpy(&word, p, sizeof(word));
		if (word & 0x8080808080808080u)
			break;
		p += sizeof(word);
	}
	while (p < end && (unsigned char)*p < 0x80)
		p++;
	return (size_t)(p - ptr);
}

/* The first byte that is not part of well-formed UTF-8; end where there is none.
 * U+FFFD itself is well-formed: it is told from a repair by its three bytes. */
static const char *first_bad(const char *ptr, const char *end)
{
	while (ptr < end) {
		if ((unsigned char)*ptr < 0x80) {
			ptr += es_ascii_run(ptr, end);
			continue;
		}
		const unsigned char *p = (const unsigned char *)ptr;
		size_t left = (size_t)(end - ptr);
		/* most letters: two bytes; three but for E0, ED and EF: not all are letters */
		if (left >= 2 && p[0] >= 0xc2 && p[0] <= 0xdf && (p[1] & 0xc0) == 0x80) {
			ptr += 2;
			continue;
		}
		if (left >= 3 && p[0] >= 0xe1 && p[0] <= 0xee && p[0] != 0xed &&
		    (p[1] & 0xc0) == 0x80 && (p[2] & 0xc0) == 0x80) {
			ptr += 3;
			continue;
		}
		const char *from = ptr;
		if (es_utf8_next(&ptr, end) == ES_REPLACEMENT &&
		    (ptr - from != 3 || memcmp(from, "\xef\xbf\xbd", 3) != 0))
			return from;
	}
	return end;
}

size_t es_utf8_good(const char *ptr, size_t len)
{
	return len ? (size_t)(first_bad(ptr, ptr + len) - ptr) : 0;
}

bool es_utf8_valid(const char *ptr, size_t len)
{
	return es_utf8_good(ptr, len) == len;
}

size_t es_utf8_cut(const char *ptr, size_t len, size_t max)
{
	if (len <= max)
		return len;
	/* at most three steps back: longer runs of continuation bytes are no text */
	for (size_t i = 0; i <= 3 && i <= max; i++) {
		unsigned char c = (unsigned char)ptr[max - i];
		if ((c & 0xc0) != 0x80)
			return i == 0 || c >= 0xc0 ? max - i : max;
	}
	return max;
}

void es_utf8_clean(struct es_buf *out, const char *ptr, size_t len)
{
	if (len == 0)
		return;
	const char *end = ptr + len;
	while (ptr < end) {
		const char *bad = first_bad(ptr, end);
		es_buf_add(out, ptr, (size_t)(bad - ptr));
		ptr = bad;
		if (ptr < end) {
			es_utf8_next(&ptr, end);
			es_buf_puts(out, "\xef\xbf\xbd");
		}
	}
}
