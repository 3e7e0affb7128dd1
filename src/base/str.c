/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <math.h>
#include <stdlib.h>

char *es_str_dup(struct earshot_str text)
{
	return strndup(text.ptr ? text.ptr : "", text.len);
}

int es_str_keep(char **to, struct earshot_str text)
{
	char *copy = text.len ? es_str_dup(text) : NULL;
	if (text.len && !copy)
		return EARSHOT_NOMEM;
	free(*to);
	*to = copy;
	return EARSHOT_OK;
}

int es_str_cmp(struct earshot_str a, struct earshot_str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int diff = n ? memcmp(a.ptr, b.ptr, n) : 0;
	if (diff)
		return diff;
	return a.len < b.len ? -1 : a.len > b.len;
}

static unsigned char lower(unsigned char c)
{
	return c >= 'A' && c <= 'Z' ? (unsigned char)(c + 32) : c;
}

bool es_str_eq_nocase(struct earshot_str a, struct earshot_str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower((unsigned char)a.ptr[i]) != lower((unsigned char)b.ptr[i]))
			return false;
	return true;
}

int32_t es_hex4(const char *ptr, size_t len)
{
	int32_t value = 0;
	if (len < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = es_hex_digit(ptr[i]);
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* Both replacements have the length of what they replace. */
void es_json_mend(char *ptr, size_t len)
{
	for (size_t i = 0; i + 1 < len; i++) {
		if (ptr[i] != '\\')
			continue;
		i++;
		if (ptr[i] != 'u' || len - i < 5)
			continue;
		int code = es_hex4(ptr + i + 1, 4);
		if (code == 0) {
			memcpy(ptr + i + 1, "0020", 4);
		} else if (code >= 0xd800 && code < 0xdc00) {
			int low = len - i >= 11 && ptr[i + 5] == '\\' && ptr[i + 6] == 'u'
					  ? es_hex4(ptr + i + 7, 4)
					  : -1;
			if (low >= 0xdc00 && low < 0xe000)
				i += 6;
			else
				memcpy(ptr + i + 1, "fffd", 4);
		} else if (code >= 0xdc00 && code < 0xe000) {
			memcpy(ptr + i + 1, "fffd", 4);
		}
		i += 4;
	}
}

double es_str_number(struct earshot_str text)
{
	double value = 0, scale = 1;
	bool minus = text.len && *text.ptr == '-', fraction = false;
	size_t i = minus, digits = 0;
	for (; i < text.len; i++) {
		char c = text.ptr[i];
		if ((c == '.' || c == ',') && !fraction && digits) {
			fraction = true;
		} else if (c >= '0' && c <= '9' && digits < 17) {
			digits++;
			value = value * 10 + (c - '0');
			scale = fraction ? scale * 10 : scale;
		} else {
			return NAN;
		}
	}
	return digits ? (minus ? -value : value) / scale : NAN;
}
