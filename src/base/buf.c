/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/str.h"

void es_buf_init(struct es_buf *buf, size_t limit)
{
	*buf = (struct es_buf){ .limit = limit };
}

void es_buf_release(struct es_buf *buf)
{
	free(buf->ptr);
	*buf = (struct es_buf){ .limit = buf->limit };
}

void es_buf_clear(struct es_buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	if (buf->ptr)
		buf->ptr[0] = '\0';
}

char *es_buf_take(struct es_buf *buf)
{
	char *ptr = buf->ptr;
	*buf = (struct es_buf){ .limit = buf->limit };
	return ptr;
}

bool es_buf_reserve(struct es_buf *buf, size_t more)
{
	if (buf->failed)
		return false;
	if (buf->cap - buf->len > more)
		return true;
	if (more > buf->limit || buf->len > buf->limit - more) {
		buf->failed = true;
		return false;
	}
	size_t need = buf->len + more + 1;
	size_t cap = buf->cap ? buf->cap : 256;
	while (cap < need)
		cap += cap / 2 + 64;
	if (cap > buf->limit + 1) /* so that the check above sees the limit */
		cap = buf->limit + 1;
	char *ptr = realloc(buf->ptr, cap);
	if (!ptr) {
		buf->failed = true;
		return false;
	}
	buf->ptr = ptr;
	buf->cap = cap;
	return true;
}

void es_buf_add_slow(struct es_buf *buf, const void *ptr, size_t len)
{
	if (es_buf_reserve(buf, len))
		es_buf_add(buf, ptr, len);
}

static const char two_digits[] = "00010203040506070809101112131415161718192021222324"
				 "25262728293031323334353637383940414243444546474849"
				 "50515253545556575859606162636465666768697071727374"
				 "75767778798081828384858687888990919293949596979899";

char *es_int_put(char *to, int64_t value)
{
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	size_t n = 1;
	if (value < 0)
		*to++ = '-';
	for (uint64_t more = rest; more >= 10; more /= 10)
		n++;
	for (char *at = to + n; rest >= 100; rest /= 100)
		memcpy(at -= 2, two_digits + 2 * (rest % 100), 2);
	if (rest >= 10)
		memcpy(to, two_digits + 2 * rest, 2);
	else
		*to = (char)('0' + rest);
	return to + n;
}

void es_buf_int(struct es_buf *buf, int64_t value)
{
	char digits[ES_INT_ROOM];
	es_buf_add(buf, digits, (size_t)(es_int_put(digits, value) - digits));
}

void es_buf_printf(struct es_buf *buf, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	int len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		buf->failed = true;
	else if (es_buf_reserve(buf, (size_t)len)) {
		vsnprintf(buf->ptr + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

void es_buf_json_str(struct es_buf *buf, const char *ptr, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	size_t clean = es_json_clean(ptr, len);
	if (clean == len) { /* mostly */
		char *to = es_buf_room(buf, len + 2);
		if (to) {
			*to++ = '"';
			to = len ? es_put(to, ptr, len) : to;
			*to++ = '"';
			es_buf_end(buf, to);
		}
		return;
	}
	es_buf_putc(buf, '"');
	for (size_t i = 0;; clean = es_json_clean(ptr + i, len - i)) {
		char escape[7];
		es_buf_add(buf, ptr + i, clean);
		i += clean;
		if (i == len)
			break;
		unsigned char c = (unsigned char)ptr[i++];
		if (c >= 0x80) {
			memcpy(escape, "\xef\xbf\xbd", 4);
		} else if (c == '"' || c == '\\') {
			escape[0] = '\\', escape[1] = (char)c, escape[2] = '\0';
		} else if (c == '\n' || c == '\t' || c == '\r') {
			escape[0] = '\\', escape[2] = '\0';
			escape[1] = c == '\n' ? 'n' : c == '\t' ? 't' : 'r';
		} else {
			memcpy(escape, "\\u00", 4);
			escape[4] = hex[c >> 4], escape[5] = hex[c & 15], escape[6] = '\0';
		}
		es_buf_puts(buf, escape);
	}
	es_buf_putc(buf, '"');
}

void es_buf_json_num(struct es_buf *buf, double value, int digits)
{
	if (isnan(value) || isinf(value)) {
		es_buf_puts(buf, "null");
		return;
	}
	/* the program never calls setlocale(LC_NUMERIC), so the point is a point */
	es_buf_printf(buf, "%.*g", digits, value == 0 ? 0.0 : value);
}

void es_buf_base64(struct es_buf *buf, const void *ptr, size_t len)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *at = ptr;
	for (; len; at += 3) {
		size_t n = len < 3 ? len : 3;
		uint32_t bits = (uint32_t)at[0] << 16 | (n > 1 ? (uint32_t)at[1] << 8 : 0) |
				(n > 2 ? at[2] : 0);
		char out[4] = { digits[bits >> 18], digits[bits >> 12 & 63], digits[bits >> 6 & 63],
				digits[bits & 63] };
		memset(out + n + 1, '=', 3 - n);
		es_buf_add(buf, out, sizeof(out));
		len -= n;
	}
}

void es_buf_percent(struct es_buf *buf, struct earshot_str text)
{
	static const char hex[] = "0123456789ABCDEF";
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    (c && strchr("-._~", c))) {
			es_buf_putc(buf, (char)c);
		} else {
			es_buf_putc(buf, '%');
			es_buf_putc(buf, hex[c >> 4]);
			es_buf_putc(buf, hex[c & 15]);
		}
	}
}
