/* SPDX-License-Identifier: MIT */
#include "post/scan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include "text/text.h"

int es_scan_fail(struct es_scan *scan, const char *what)
{
	int line = 1, column = 1;
	for (const char *at = scan->ptr; at < scan->at; at++) {
		column++;
		if (*at == '\n')
			line++, column = 1;
	}
	int rc = es_err(scan->error, EARSHOT_DATA, "no JSON: %s",
			scan->at < scan->end ? what : "the record ends too early");
	es_err_at(scan->error, NULL, line, column);
	return rc;
}

/* ---- strings ---- */

/* The code point of the escape at ptr (on the backslash), *len its length; -1
 * where it is none. */
static int32_t escape(const char *ptr, const char *end, size_t *len)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	if (end - ptr < 2)
		return -1;
	const char *plain = ptr[1] ? strchr(from, ptr[1]) : NULL;
	if (plain) {
		*len = 2;
		return to[plain - from];
	}
	int32_t code = ptr[1] == 'u' ? es_hex4(ptr + 2, (size_t)(end - (ptr + 2))) : -1;
	*len = 6;
	if (code < 0xd800 || code > 0xdfff)
		return code;
	if (code > 0xdbff || end - ptr < 12 || ptr[6] != '\\' || ptr[7] != 'u')
		return -1;
	int32_t low = es_hex4(ptr + 8, (size_t)(end - (ptr + 8)));
	if (low < 0xdc00 || low > 0xdfff)
		return -1;
	*len = 12;
	return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

/* Copies [from, end) with its escapes, which are known to be good, resolved. */
static int unescape(struct es_scan *scan, const char *from, const char *end,
		    struct earshot_str *out)
{
	char *copy = es_arena_alloc(scan->arena, (size_t)(end - from)), *to = copy;
	if (!copy)
		return es_err_nomem(scan->error);
	while (from < end) {
		const char *stop = memchr(from, '\\', (size_t)(end - from));
		size_t n = (size_t)((stop ? stop : end) - from);
		memcpy(to, from, n);
		to += n;
		from += n;
		if (stop) {
			to += es_utf8_put(to, (uint32_t)escape(from, end, &n));
			from += n;
		}
	}
	*out = es_str(copy, (size_t)(to - copy));
	return 0;
}

/* *nul: an escaped NUL is in it (a bare one never is: it is a control). */
static int string(struct es_scan *scan, struct earshot_str *out, bool *nul)
{
	if (scan->at >= scan->end || *scan->at != '"')
		return es_scan_fail(scan, "a string is expected");
	const char *from = ++scan->at, *end = scan->end;
	bool escaped = false;
	for (size_t n;; scan->at += n) {
		scan->at += es_json_clean(scan->at, (size_t)(end - scan->at));
		if (scan->at >= end)
			return es_scan_fail(scan, "");
		unsigned char c = (unsigned char)*scan->at;
		n = 1; /* of DEL, which may stand in JSON */
		if (c == '"')
			break;
		if (c >= 0x80)
			return es_scan_fail(scan, "bytes that are not UTF-8");
		if (c < 0x20)
			return es_scan_fail(scan, "a control character in a string");
		if (c == '\\') {
			int32_t code = escape(scan->at, end, &n);
			if (code < 0)
				return es_scan_fail(scan, "a bad escape");
			escaped = true;
			*nul = *nul || code == 0;
		}
	}
	const char *close = scan->at++;
	if (!out)
		return 0;
	*out = es_str(from, (size_t)(close - from));
	return escaped ? unescape(scan, from, close, out) : 0;
}

int es_scan_string(struct es_scan *scan, struct earshot_str *out)
{
	bool nul = false;
	return string(scan, out, &nul);
}

int es_scan_name(struct es_scan *scan, struct earshot_str *out)
{
	bool nul = false;
	int rc = string(scan, out, &nul);
	if (rc)
		return rc;
	if (nul)
		return es_scan_fail(scan, "a NUL in a name");
	return es_scan_take(scan, ':') ? 0 : es_scan_fail(scan, "a colon is expected");
}

/* ---- numbers and words ---- */

static bool digits(struct es_scan *scan)
{
	const char *from = scan->at;
	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return scan->at > from;
}

static bool is_at(const struct es_scan *scan, char a, char b)
{
	return scan->at < scan->end && (*scan->at == a || *scan->at == b);
}

static int number(struct es_scan *scan, struct es_value *out)
{
	const char *from = scan->at;
	out->type = ES_VALUE_INT;
	if (is_at(scan, '-', '-'))
		scan->at++;
	if (is_at(scan, '0', '0'))
		scan->at++;
	else if (!digits(scan))
		return es_scan_fail(scan, "a value is expected");
	if (is_at(scan, '.', '.')) {
		out->type = ES_VALUE_REAL;
		scan->at++;
		if (!digits(scan))
			return es_scan_fail(scan, "a digit is expected");
	}
	if (is_at(scan, 'e', 'E')) {
		out->type = ES_VALUE_REAL;
		scan->at++;
		if (is_at(scan, '+', '-'))
			scan->at++;
		if (!digits(scan))
			return es_scan_fail(scan, "a digit is expected");
	}
	/* strtod and strtoll stop at the byte behind the number: there must be one,
	 * and (behind a leading 0) no digit */
	if (scan->at >= scan->end || (*scan->at >= '0' && *scan->at <= '9'))
		return es_scan_fail(scan, "a number does not begin with 0");
	errno = 0;
	if (out->type == ES_VALUE_INT) {
		out->i = strtoll(from, NULL, 10);
		if (errno == ERANGE)
			return es_scan_fail(scan, "an integer of more than 64 bits");
	} else {
		out->real = strtod(from, NULL);
		if (isinf(out->real))
			return es_scan_fail(scan, "a number that is too big");
	}
	return 0;
}

static int word(struct es_scan *scan, struct es_value *out)
{
	static const struct {
		struct earshot_str text;
		int type;
	} words[] = { { { "null", 4 }, ES_VALUE_NULL },
		      { { "true", 4 }, ES_VALUE_BOOL },
		      { { "false", 5 }, ES_VALUE_BOOL } };
	struct earshot_str rest = es_str(scan->at, (size_t)(scan->end - scan->at));
	for (size_t i = 0; i < ES_COUNT(words); i++)
		if (es_str_starts(rest, words[i].text)) {
			out->type = words[i].type;
			scan->at += words[i].text.len;
			return 0;
		}
	return number(scan, out);
}

/* ---- lists and objects ---- */

/* Passes over the list or object at `at`. No recursion: a bit per level says
 * which of the two it is. */
static int skip(struct es_scan *scan, unsigned depth)
{
	unsigned char object[ES_SCAN_DEPTH / 8 + 1] = { 0 };
	unsigned level = depth;
	struct es_value value;
	int rc;
open:
	if (level > ES_SCAN_DEPTH)
		return es_scan_fail(scan, "nested too deeply");
	bool is_object = *scan->at == '{';
	unsigned char bit = (unsigned char)(1u << level % 8);
	object[level / 8] =
		(unsigned char)(is_object ? object[level / 8] | bit : object[level / 8] & ~bit);
	scan->at++;
	if (es_scan_take(scan, is_object ? '}' : ']'))
		goto closed;
element:
	if (is_object) {
		rc = es_scan_name(scan, NULL);
		if (rc)
			return rc;
	}
	if (is_at(scan, '{', '[')) {
		level++;
		goto open;
	}
	rc = es_scan_value(scan, level + 1, &value);
	if (rc)
		return rc;
behind:
	is_object = object[level / 8] & (1u << level % 8);
	if (es_scan_take(scan, ','))
		goto element;
	if (!es_scan_take(scan, is_object ? '}' : ']'))
		return es_scan_fail(scan, "a comma or the end of a list or object is expected");
closed:
	if (level-- == depth)
		return 0;
	goto behind;
}

int es_scan_value(struct es_scan *scan, unsigned depth, struct es_value *out)
{
	if (scan->at >= scan->end)
		return es_scan_fail(scan, "");
	if (depth > ES_SCAN_DEPTH)
		return es_scan_fail(scan, "nested too deeply");
	switch (*scan->at) {
	case '"':
		out->type = ES_VALUE_STR;
		return es_scan_string(scan, &out->str);
	case '{':
	case '[':
		out->type = *scan->at == '{' ? ES_VALUE_OBJECT : ES_VALUE_LIST;
		return skip(scan, depth);
	default:
		return word(scan, out);
	}
}
