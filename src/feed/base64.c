/* SPDX-License-Identifier: MIT */
#include "feed/base64.h"

#include <string.h>

bool es_base64_is(const char *ptr, size_t len)
{
	size_t n = 0, pad = 0;
	for (size_t i = 0; i < len; i++) {
		char c = ptr[i];
		bool digit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			     (c >= '0' && c <= '9') || c == '+' || c == '/';
		if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
			continue;
		if (c == '=')
			pad++;
		else if (!digit || pad)
			return false;
		n++;
	}
	return n % 4 == 0 && pad < 3;
}

size_t es_base64(char *ptr, size_t len)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, n = 0;
	size_t out = 0;
	for (size_t i = 0; i < len && ptr[i] != '='; i++) {
		const char *at = ptr[i] ? strchr(alphabet, ptr[i]) : NULL;
		if (!at)
			continue;
		bits = bits << 6 | (unsigned)(at - alphabet);
		n += 6;
		if (n >= 8) {
			n -= 8;
			ptr[out++] = (char)(bits >> n & 0xff);
		}
	}
	return out;
}
