/* SPDX-License-Identifier: MIT
 *
 * numbers.c - numbers of an answer that are too large for jansson, which would refuse the whole
 * page for one: they become texts, digit by digit as they are written.
 */
#include "post/expr.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define NUMBER_MAX 400u /* bytes that are tried as a number; a longer one is too large anyway */
#define SAFE       18u  /* digits that fit into 64 bits whatever they are */

static bool in_number(char c)
{
	return (c >= '0' && c <= '9') || memchr("+-.eE", c, 5);
}

static bool is_too_large(struct earshot_str number)
{
	char text[NUMBER_MAX + 1];
	bool real = memchr(number.ptr, '.', number.len) || memchr(number.ptr, 'e', number.len) ||
		    memchr(number.ptr, 'E', number.len);
	if (number.len <= SAFE && !real)
		return false;
	if (number.len > NUMBER_MAX)
		return true;
	memcpy(text, number.ptr, number.len);
	text[number.len] = '\0';
	errno = 0;
	if (!real)
		return (void)strtoll(text, NULL, 10), errno == ERANGE;
	return isinf(strtod(text, NULL));
}

struct earshot_str es_page_numbers(struct es_buf *out, struct earshot_str text)
{
	size_t copied = 0;
	bool quoted = false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '"')
			quoted = !quoted;
		else if (quoted)
			i += c == '\\';
		else if (c == '-' || (c >= '0' && c <= '9')) {
			size_t n = 1;
			while (i + n < text.len && in_number(text.ptr[i + n]))
				n++;
			if (is_too_large(es_str(text.ptr + i, n))) {
				es_buf_add(out, text.ptr + copied, i - copied);
				es_buf_putc(out, '"');
				es_buf_add(out, text.ptr + i, n);
				es_buf_putc(out, '"');
				copied = i + n;
			}
			i += n - 1;
		}
	}
	if (copied == 0)
		return text;
	es_buf_add(out, text.ptr + copied, text.len - copied);
	return es_buf_view(out);
}
