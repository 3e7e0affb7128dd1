/* SPDX-License-Identifier: MIT
 *
 * redact_fold.c - a text made plain for the rules: digits of any script, wide signs, dashes
 * and spaces as ASCII, what cannot be seen left out, "(at)" and "골뱅이" as "@". Other
 * characters stay as they are, byte for byte.
 */
#include "collect/redact.h"
#include "text/text.h"

#include <strings.h>

#define GAP_MAX   4  /* ASCII characters between two digits that are close */
#define SPELT_MAX 11 /* digits of a mobile number */

/* ---- is there anything? ---- */

/* Digits, "*" of a masked one; first bytes of characters that may be digits of another script
 * (U+0660 to U+0FFF, U+1000 to U+1FFF, U+1D7CE...), and of wide signs. */
static bool may_be_digit(unsigned char c)
{
	return (c >= '0' && c <= '9') || c == '*' || c == 0xd9 || c == 0xdb || c == 0xdf ||
	       c == 0xe0 || c == 0xe1 || c == 0xef || c == 0xf0;
}

static bool starts(struct earshot_str text, size_t at, const char *what)
{
	size_t len = strlen(what);
	return text.len - at >= len && memcmp(text.ptr + at, what, len) == 0;
}

/* An "@" of `len` bytes with a name before it; where there is a space, with a known provider or
 * what folding may make one behind it. */
static bool may_be_mail(struct earshot_str text, size_t at, size_t len)
{
	size_t next = at + len;
	if (at == 0 || next >= text.len)
		return false;
	if (text.ptr[at - 1] > ' ' || (unsigned char)text.ptr[at - 1] >= 0x80)
		return true;
	next += text.ptr[next] == ' ';
	return next < text.len && ((unsigned char)text.ptr[next] >= 0x80 ||
				   es_rules_provider(text.ptr + next, text.len - next));
}

/* Behind a bracket: "at", "dot", "nokta", which may stand between digits as well. */
static bool is_sign(const char *ptr)
{
	char letters[3] = { ptr[0] | 32, ptr[1] | 32, ptr[2] | 32 };
	return memcmp(letters, "at", 2) == 0 || memcmp(letters, "dot", 3) == 0 ||
	       memcmp(letters, "nok", 3) == 0;
}

/* Signs that stand for "@" or ".", and Korean words of a number. Rare first bytes: "%([{",
 * EA, EF. */
static bool may_be_at(struct earshot_str text, size_t at)
{
	switch ((unsigned char)text.ptr[at]) {
	case '@':
		return may_be_mail(text, at, 1);
	case '%':
		return starts(text, at, "%40") && may_be_mail(text, at, 3);
	case '(':
	case '[':
	case '{':
		return at + 3 < text.len && is_sign(text.ptr + at + 1);
	case 0xea: /* 공일, 공1; 골뱅이 */
		return starts(text, at, "공일") || starts(text, at, "공1") ||
		       starts(text, at, "골뱅이");
	case 0xef:
		return starts(text, at, "＠");
	default:
		return false;
	}
}

/* A letter O alone, which is_zero() may take for one. */
static bool may_be_zero(struct earshot_str text, size_t at)
{
	return (text.ptr[at] | 32) == 'o' && (at == 0 || !es_plain_alpha(text.ptr[at - 1])) &&
	       (at + 1 == text.len || !es_plain_alpha(text.ptr[at + 1]));
}

bool es_redact_maybe(struct earshot_str text)
{
	int digits = 0, gap = 0;
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool zero = may_be_zero(text, i);
		if ((es_plain_alpha((char)c) && !zero) || c == ' ') { /* most of what there is */
			gap++;
			continue;
		}
		if (c >= 0x80 && c < 0xc0) /* a later byte of a character */
			continue;
		if (zero || may_be_digit(c)) {
			digits = gap > GAP_MAX ? 1 : digits + 1;
			gap = 0;
			if (digits >= ES_DIGITS_MIN)
				return true;
		} else if (c < 0x80) {
			gap++;
		}
		if (may_be_at(text, i))
			return true;
	}
	return false;
}

/* ---- one character ---- */

/* The zeros of Unicode's decimal digits (Nd) that people have keyboards for. */
static const uint32_t zeros[] = { 0x660,   0x6f0,   0x7c0,   0x966,   0x9e6,  0xa66,
				  0xae6,   0xb66,   0xbe6,   0xc66,   0xce6,  0xd66,
				  0xe50,   0xed0,   0xf20,   0x1040,  0x17e0, 0x1810,
				  0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6 };

static bool is_invisible(uint32_t c)
{
	return c == 0xad || c == 0x34f || c == 0x61c || c == 0x180e || c == 0x20e3 || c == 0xfeff ||
	       (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x2064) || (c >= 0xfe00 && c <= 0xfe0f);
}

#define LEAVE_OUT (-1)
#define AS_IT_IS  (-2)

static int plain_of(uint32_t c)
{
	if (es_is_syllable(c))
		return AS_IT_IS; /* Hangul: most of what comes here */
	if (c >= 0xff01 && c <= 0xff5e)
		return (int)(c - 0xff01 + '!');
	if (is_invisible(c))
		return LEAVE_OUT;
	if (c == 0xa0 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f || c == 0x205f || c == 0x3000)
		return ' ';
	/* hyphens, dashes, minus; ー and ㅡ, which look like one */
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xfe58 || c == 0xfe63 ||
	    c == 0x30fc || c == 0x3161)
		return '-';
	if (c == 0xb7 || c == 0x2022 || c == 0x30fb || c == 0x318d)
		return '.';
	if (c == 0x2018 || c == 0x2019 || c == 0x2bc)
		return '\'';
	for (size_t i = 0; i < ES_COUNT(zeros); i++)
		if (c >= zeros[i] && c <= zeros[i] + 9)
			return (int)(c - zeros[i] + '0');
	return AS_IT_IS;
}

/* ---- words ---- */

/* Stand for a sign between two names, with or without spaces around. */
static const struct {
	const char *word;
	char sign;
} signs[] = { { "(at)", '@' },    { "[at]", '@' },  { "{at}", '@' },  { "골뱅이", '@' },
	      { "(dot)", '.' },   { "[dot]", '.' }, { "{dot}", '.' }, { "(nokta)", '.' },
	      { "[nokta]", '.' }, { "점", '.' } };

static bool is_name_byte(char c)
{
	return es_plain_alpha(c) || es_plain_digit(c);
}

/* Bytes of a word that stands for a sign here, 0 = none. */
static size_t sign_of(const struct es_plain *out, struct earshot_str text, size_t at, char *sign)
{
	size_t before = out->len;
	while (before > 0 && out->ptr[before - 1] == ' ')
		before--;
	if (before == 0 || !is_name_byte(out->ptr[before - 1]))
		return 0;
	for (size_t i = 0; i < ES_COUNT(signs); i++) {
		size_t len = strlen(signs[i].word), next = at + len;
		if (text.len - at < len || strncasecmp(text.ptr + at, signs[i].word, len) != 0)
			continue;
		while (next < text.len && text.ptr[next] == ' ')
			next++;
		if (next == text.len || !is_name_byte(text.ptr[next]))
			return 0;
		*sign = signs[i].sign;
		return next - at;
	}
	return 0;
}

/* A digit, or the Korean word of one: its value, -1 = none. */
static int spelt_digit(struct earshot_str text, size_t at, size_t *len)
{
	static const char *const words[] = { "공", "일", "이", "삼", "사",
					     "오", "육", "칠", "팔", "구" };
	*len = 1;
	if (at < text.len && es_plain_digit(text.ptr[at]))
		return text.ptr[at] - '0';
	*len = 3;
	for (int i = 0; i < 10; i++)
		if (starts(text, at, words[i]))
			return i;
	return -1;
}

static void put(struct es_plain *out, char c, size_t at)
{
	out->ptr[out->len] = c;
	out->at[out->len++] = (uint32_t)at;
}

/* A mobile number in Korean words, 공일공 일이삼사 오육칠팔: its bytes, 0 = none. Words of other
 * numbers stay words (육이오, 삼일절). */
static size_t fold_spelt(struct es_plain *out, struct earshot_str text, size_t at)
{
	size_t i = at, len, before = out->len;
	int n = 0, digit;
	while (n < SPELT_MAX && (digit = spelt_digit(text, i, &len)) >= 0) {
		if ((n == 0 && digit != 0) || (n == 1 && digit != 1) || (n == 2 && digit != 0))
			break;
		put(out, (char)('0' + digit), i);
		i += len;
		n++;
		if (n < SPELT_MAX && i < text.len && strchr(" -.,", text.ptr[i]))
			i++;
	}
	if (n == SPELT_MAX)
		return i - at;
	out->len = before;
	return 0;
}

/* The letter O written for a zero: beside a digit, no letter beside it. */
static bool is_zero(const struct es_plain *out, struct earshot_str text, size_t at)
{
	char before = out->len ? out->ptr[out->len - 1] : ' ';
	char after = at + 1 < text.len ? text.ptr[at + 1] : ' ';
	return (es_plain_digit(before) || es_plain_digit(after)) && !es_plain_alpha(before) &&
	       !es_plain_alpha(after) && before != '.' && before != '/';
}

int es_redact_fold(struct es_arena *arena, struct earshot_str text, struct es_plain *out)
{
	const char *at = text.ptr, *end = text.ptr + text.len;
	*out = (struct es_plain){ es_arena_alloc(arena, text.len + 1),
				  es_arena_alloc(arena, (text.len + 1) * sizeof(uint32_t)), 0 };
	if (!out->ptr || !out->at || text.len > UINT32_MAX)
		return EARSHOT_NOMEM;
	while (at < end) {
		size_t from = (size_t)(at - text.ptr), word = 0;
		unsigned char c = (unsigned char)*at;
		char sign = 0;
		if (c == '(' || c == '[' || c == '{' || c == 0xea || c == 0xec)
			word = sign_of(out, text, from, &sign);
		if (word) {
			while (out->ptr[out->len - 1] == ' ')
				out->len--;
			put(out, sign, from);
		} else if (c == 0xea) {
			word = fold_spelt(out, text, from);
		} else if (c == '%' && (starts(text, from, "%40") || starts(text, from, "%2B"))) {
			put(out, at[1] == '4' ? '@' : '+', from);
			word = 3;
		}
		at += word;
		if (word)
			continue;
		if (c < 0x80) {
			put(out, (c | 32) == 'o' && is_zero(out, text, from) ? '0' : (char)c, from);
			at++;
			continue;
		}
		uint32_t code = es_utf8_next(&at, end);
		int plain = plain_of(code);
		if (plain >= 0)
			put(out, (char)plain, from);
		for (size_t i = from; plain == AS_IT_IS && i < (size_t)(at - text.ptr); i++)
			put(out, text.ptr[i], i);
	}
	out->at[out->len] = (uint32_t)text.len;
	return EARSHOT_OK;
}
