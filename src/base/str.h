/* SPDX-License-Identifier: MIT
 *
 * str.h - views of text. A view borrows; it is never NUL-terminated by right.
 */
#ifndef ES_STR_H
#define ES_STR_H

#include <earshot/post.h>
#include <endian.h>
#include <string.h>

#define ES_STR(literal) ((struct earshot_str){ (literal), sizeof(literal) - 1 })
/* for printf: "%.*s", ES_FMT(s) */
#define ES_FMT(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct earshot_str es_str(const char *ptr, size_t len)
{
	return (struct earshot_str){ ptr, len };
}

static inline struct earshot_str es_str_of(const char *text)
{
	return (struct earshot_str){ text, text ? strlen(text) : 0 };
}

static inline bool es_str_eq(struct earshot_str a, struct earshot_str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool es_str_is(struct earshot_str a, const char *text)
{
	return es_str_eq(a, es_str_of(text));
}

static inline bool es_str_starts(struct earshot_str a, struct earshot_str head)
{
	return a.len >= head.len && (head.len == 0 || memcmp(a.ptr, head.ptr, head.len) == 0);
}

static inline bool es_str_ends(struct earshot_str a, struct earshot_str tail)
{
	return a.len >= tail.len &&
	       (tail.len == 0 || memcmp(a.ptr + a.len - tail.len, tail.ptr, tail.len) == 0);
}

/* Without ASCII white space at both ends. */
static inline struct earshot_str es_str_trim(struct earshot_str a)
{
	while (a.len && strchr(" \t\r\n\f\v", *a.ptr) && *a.ptr)
		a.ptr++, a.len--;
	while (a.len && strchr(" \t\r\n\f\v", a.ptr[a.len - 1]) && a.ptr[a.len - 1])
		a.len--;
	return a;
}

/* A copy as a C string, "" of none, that the caller frees; NULL: no memory. */
/* "4", "4.5", "4,5", "-1"; what is no number is NaN. Without locale. */
double es_str_number(struct earshot_str text);
char *es_str_dup(struct earshot_str text);
/* The same in the place of what *to held; NULL of an empty text. NOMEM: *to is as it was. */
int es_str_keep(char **to, struct earshot_str text) EARSHOT_MUST_USE;
/* Compared as bytes, shorter first: a total order for sorting. */
int es_str_cmp(struct earshot_str a, struct earshot_str b);
/* Equal where ASCII letters differ in case only. */
bool es_str_eq_nocase(struct earshot_str a, struct earshot_str b);

static inline bool es_str_starts_nocase(struct earshot_str a, struct earshot_str head)
{
	return a.len >= head.len && es_str_eq_nocase(es_str(a.ptr, head.len), head);
}

static inline bool es_json_plain_byte(unsigned char c)
{
	return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

/* A bit for each of eight bytes that is not plain, the lowest of them exact (a byte of x is 0
 * where x - 0x01 borrows into a high bit that x has not; borrows go up only). */
static inline uint64_t es_json_odd(const char *ptr)
{
	const uint64_t low = 0x0101010101010101u, high = 0x80 * low;
	uint64_t word;
	memcpy(&word, ptr, sizeof(word));
	word = le64toh(word);
	uint64_t quote = word ^ '"' * low, slash = word ^ '\\' * low, rubout = word ^ 0x7f * low;
	return (word | ((word - ' ' * low) & ~word) | ((quote - low) & ~quote) |
		((slash - low) & ~slash) | ((rubout - low) & ~rubout)) &
	       high;
}

/* So many bytes at ptr stand in a JSON string as they are: ASCII, no control, quote or
 * backslash. Looks at eight bytes at a time, at the end at the last eight once more. */
static inline size_t es_json_plain(const char *ptr, size_t len)
{
	size_t n = 0;
	if (len < 8) {
		while (n < len && es_json_plain_byte((unsigned char)ptr[n]))
			n++;
		return n;
	}
	for (;; n = len - n >= 16 ? n + 8 : len - 8) {
		uint64_t odd = es_json_odd(ptr + n);
		if (odd)
			return n + (size_t)__builtin_ctzll(odd) / 8;
		if (n + 8 == len)
			return len;
	}
}

/* Length of the well-formed UTF-8 sequence of 2 to 4 bytes at ptr, 0 where there is none
 * (Unicode 15, table 3-7). Needs len > 0. */
static inline size_t es_utf8_sequence(const char *ptr, size_t len)
{
	const unsigned char *at = (const unsigned char *)ptr;
	unsigned char c = at[0];
	size_t n = c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
	if (n == 0 || len < n)
		return 0;
	unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
	unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
	if (at[1] < low || at[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* So many bytes at ptr stand in a JSON string as they are, in any script. */
static inline size_t es_json_clean(const char *ptr, size_t len)
{
	size_t n = es_json_plain(ptr, len);
	while (n < len) {
		unsigned char c = (unsigned char)ptr[n];
		size_t step =
			c >= 0x80 ? es_utf8_sequence(ptr + n, len - n) : es_json_plain_byte(c);
		if (step == 0)
			break;
		n += step;
		if (c >= 0x80 || len - n < 8)
			continue;
		uint64_t odd = es_json_odd(ptr + n);
		n += odd ? (size_t)__builtin_ctzll(odd) / 8 : 8;
	}
	return n;
}

/* The value of a hex digit in any case, -1 where it is none. */
static inline int es_hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}
/* The byte that %XX at ptr stands for (RFC 3986, 2.1), -1 where there is no such thing. */
static inline int es_percent_byte(const char *ptr, size_t len)
{
	int high = len > 2 && *ptr == '%' ? es_hex_digit(ptr[1]) : -1;
	int low = high >= 0 ? es_hex_digit(ptr[2]) : -1;
	return low >= 0 ? high * 16 + low : -1;
}
/* The value of four hex digits (behind \u in JSON), -1 where they are none. */
int32_t es_hex4(const char *ptr, size_t len);
/* In place: \u0000 in a JSON text becomes a space, half a surrogate pair U+FFFD, which strict
 * readers would refuse the whole text for. */
void es_json_mend(char *ptr, size_t len);

#endif
