/* SPDX-License-Identifier: MIT
 *
 * buf.h - a growing string of bytes, born with a limit.
 *
 * A buffer that fails (heap or limit) stays failed and empty of surprises:
 * every later append is a no-op that fails too, so that a writer may append a
 * hundred times and check once with es_buf_ok(). The bytes always end in a NUL
 * that is not counted. Not thread-safe.
 */
#ifndef ES_BUF_H
#define ES_BUF_H

#include <string.h>
#include <earshot/post.h>

struct es_buf {
	char *ptr; /* NULL while empty */
	size_t len, cap;
	size_t limit; /* of len; required */
	bool failed;
};

void es_buf_init(struct es_buf *buf, size_t limit);
void es_buf_release(struct es_buf *buf);
void es_buf_clear(struct es_buf *buf); /* keeps the memory, forgets a failure */
/* Ownership of the bytes moves to the caller (free()); the buffer is as new. */
char *es_buf_take(struct es_buf *buf);

static inline bool es_buf_ok(const struct es_buf *buf)
{
	return !buf->failed;
}
static inline struct earshot_str es_buf_view(const struct es_buf *buf)
{
	return (struct earshot_str){ buf->ptr ? buf->ptr : "", buf->len };
}

/* Room for `more` bytes behind len; false = failed. */
bool es_buf_reserve(struct es_buf *buf, size_t more);
/* es_buf_add() where there is no room, or after a failure. */
void es_buf_add_slow(struct es_buf *buf, const void *ptr, size_t len);

/* Inline: a mention is written in hundreds of short pieces, most of a length that
 * the compiler knows. */
static inline void es_buf_add(struct es_buf *buf, const void *ptr, size_t len)
{
	if (buf->failed || buf->cap - buf->len <= len) {
		es_buf_add_slow(buf, ptr, len);
		return;
	}
	if (len)
		memcpy(buf->ptr + buf->len, ptr, len);
	buf->len += len;
	buf->ptr[buf->len] = '\0';
}
static inline void es_buf_add_str(struct es_buf *buf, struct earshot_str text)
{
	es_buf_add(buf, text.ptr, text.len);
}
static inline void es_buf_puts(struct es_buf *buf, const char *text)
{
	es_buf_add(buf, text, strlen(text));
}
static inline void es_buf_putc(struct es_buf *buf, char c)
{
	es_buf_add(buf, &c, 1);
}
void es_buf_int(struct es_buf *buf, int64_t value); /* decimal, without printf */

/* For who writes many short pieces: where the next bytes go, with room for `more` of them; NULL
 * after a failure. es_buf_end() says how far they came. */
static inline char *es_buf_room(struct es_buf *buf, size_t more)
{
	return es_buf_reserve(buf, more) ? buf->ptr + buf->len : NULL;
}
static inline void es_buf_end(struct es_buf *buf, char *end)
{
	buf->len = (size_t)(end - buf->ptr);
	*end = '\0';
}
/* Both return where the next bytes go. es_int_put() writes at most ES_INT_ROOM. */
#define ES_INT_ROOM 20 /* -9223372036854775808 */
char *es_int_put(char *to, int64_t value);
static inline char *es_put(char *to, const void *ptr, size_t len)
{
	return (char *)memcpy(to, ptr, len) + len;
}
#define ES_PUT(to, literal) es_put(to, literal, sizeof(literal) - 1)
void es_buf_printf(struct es_buf *buf, const char *format, ...) EARSHOT_PRINTF(2, 3);

/* JSON: a quoted string. Each byte that is not UTF-8 becomes U+FFFD; control
 * characters, quote and backslash are escaped; "/" is not. */
void es_buf_json_str(struct es_buf *buf, const char *ptr, size_t len);
/* JSON: a number with at most `digits` significant digits; null for NaN/Inf. */
void es_buf_json_num(struct es_buf *buf, double value, int digits);
/* RFC 4648, section 4, with padding. */
void es_buf_base64(struct es_buf *buf, const void *ptr, size_t len);
/* Percent-encoded: of RFC 3986 only what is unreserved stays. */
void es_buf_percent(struct es_buf *buf, struct earshot_str text);

#endif
