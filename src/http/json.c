/* SPDX-License-Identifier: MIT */
#include "http/json.h"
#include <errno.h>
#include <stdlib.h>
#include "text/text.h"

static size_t skip_space(const char *ptr, size_t len, size_t at)
{
	while (at < len &&
	       (ptr[at] == ' ' || ptr[at] == '\t' || ptr[at] == '\n' || ptr[at] == '\r'))
		at++;
	return at;
}

/* The byte behind the string that begins at `at`; 0 where it does not end. */
static size_t skip_string(const char *ptr, size_t len, size_t at)
{
	for (at++; at < len; at++) {
		if (ptr[at] == '\\')
			at++;
		else if (ptr[at] == '"')
			return at + 1;
		else if ((unsigned char)ptr[at] < 0x20)
			return 0;
	}
	return 0;
}

/* The byte behind the value that begins at `at`; 0 where there is none. Brackets
 * are only counted: what stands inside is not ours to judge. */
static size_t skip_value(const char *ptr, size_t len, size_t at)
{
	if (at >= len)
		return 0;
	if (ptr[at] == '"')
		return skip_string(ptr, len, at);
	if (ptr[at] == '{' || ptr[at] == '[') {
		char open[ES_JSON_DEPTH];
		size_t depth = 0;
		while (at < len) {
			char c = ptr[at];
			if (c == '"') {
				at = skip_string(ptr, len, at);
				if (at == 0)
					return 0;
				continue;
			}
			if (c == '{' || c == '[') {
				if (depth == ES_JSON_DEPTH)
					return 0;
				open[depth++] = c;
			} else if (c == '}' || c == ']') {
				if (open[--depth] != (c == '}' ? '{' : '['))
					return 0;
				if (depth == 0)
					return at + 1;
			}
			at++;
		}
		return 0;
	}
	size_t from = at;
	while (at < len &&
	       (strchr("+-.", ptr[at]) || (ptr[at] >= '0' && ptr[at] <= '9') ||
		(ptr[at] >= 'a' && ptr[at] <= 'z') || ptr[at] == 'E') &&
	       ptr[at])
		at++;
	return at > from ? at : 0;
}

int es_json_next(const char *ptr, size_t len, size_t *at, struct es_json_member *member)
{
	size_t i = skip_space(ptr, len, *at);
	bool first = *at == 0;
	if (first) {
		if (i >= len || ptr[i] != '{')
			return EARSHOT_DATA;
		i = skip_space(ptr, len, i + 1);
	}
	if (i < len && ptr[i] == '}') {
		i = skip_space(ptr, len, i + 1);
		return i == len ? 0 : EARSHOT_DATA;
	}
	if (!first) {
		if (i >= len || ptr[i] != ',')
			return EARSHOT_DATA;
		i = skip_space(ptr, len, i + 1);
	}
	if (i >= len || ptr[i] != '"')
		return EARSHOT_DATA;
	size_t end = skip_string(ptr, len, i);
	if (end == 0)
		return EARSHOT_DATA;
	member->name = es_str(ptr + i + 1, end - i - 2);
	i = skip_space(ptr, len, end);
	if (i >= len || ptr[i] != ':')
		return EARSHOT_DATA;
	i = skip_space(ptr, len, i + 1);
	end = skip_value(ptr, len, i);
	if (end == 0)
		return EARSHOT_DATA;
	member->value = es_str(ptr + i, end - i);
	*at = end;
	return 1;
}

struct earshot_str es_json_get(const char *ptr, size_t len, const char *name)
{
	struct earshot_str found = { NULL, 0 };
	struct es_json_member member;
	for (size_t at = 0; es_json_next(ptr, len, &at, &member) == 1;)
		if (es_str_is(member.name, name))
			found = member.value;
	return found;
}

bool es_json_string(struct es_arena *arena, struct earshot_str value, struct earshot_str *out)
{
	if (value.len < 2 || value.ptr[0] != '"' || value.ptr[value.len - 1] != '"')
		return false;
	const char *ptr = value.ptr + 1;
	size_t len = value.len - 2, n = 0;
	char *text = es_arena_alloc(arena, len + 1);
	if (!text)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (ptr[i] != '\\') {
			text[n++] = ptr[i];
			continue;
		}
		if (++i >= len)
			return false;
		static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
		const char *plain = ptr[i] ? strchr(from, ptr[i]) : NULL;
		if (plain) {
			text[n++] = to[plain - from];
			continue;
		}
		int high = ptr[i] == 'u' ? es_hex4(ptr + i + 1, len - i - 1) : -1;
		if (high <= 0 || (high >= 0xdc00 && high < 0xe000))
			return false; /* NUL and lone surrogates are no text */
		i += 4;
		uint32_t c = (uint32_t)high;
		if (high >= 0xd800 && high < 0xdc00) {
			int low = len - i > 6 && ptr[i + 1] == '\\' && ptr[i + 2] == 'u'
					  ? es_hex4(ptr + i + 3, len - i - 3)
					  : -1;
			if (low < 0xdc00 || low >= 0xe000)
				return false;
			c = 0x10000 + (((uint32_t)high - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
			i += 6;
		}
		n += es_utf8_put(text + n, c);
	}
	text[n] = 0;
	*out = es_str(text, n);
	return true;
}

bool es_json_integer(struct earshot_str value, int64_t *out)
{
	char digits[24], *end;
	if (value.len == 0 || value.len >= sizeof(digits) || value.ptr[0] == '+')
		return false;
	memcpy(digits, value.ptr, value.len);
	digits[value.len] = 0;
	errno = 0;
	*out = strtoll(digits, &end, 10);
	return errno == 0 && end == digits + value.len && *digits != ' ';
}

int64_t es_json_count(struct earshot_str object, const char *name)
{
	struct earshot_str raw = es_json_get(object.ptr, object.len, name);
	int64_t value;
	return raw.ptr && es_json_integer(raw, &value) && value > 0 ? value : 0;
}

bool es_json_next_count(struct earshot_str list, size_t *at, int64_t *value)
{
	while (*at < list.len) {
		const char *from = list.ptr + *at;
		size_t len = 0;
		while (*at < list.len && list.ptr[*at] >= '0' && list.ptr[*at] <= '9')
			len++, (*at)++;
		(*at)++; /* what is no digit */
		if (es_json_integer(es_str(from, len), value))
			return true;
	}
	return false;
}

bool es_json_replace(struct es_buf *out, const char *ptr, size_t len, const char *const *drop,
		     size_t n_drop, struct earshot_str members)
{
	struct es_json_member member;
	int got;
	bool any = false;
	es_buf_putc(out, '{');
	for (size_t at = 0; (got = es_json_next(ptr, len, &at, &member)) == 1;) {
		bool dropped = false;
		for (size_t i = 0; i < n_drop; i++)
			dropped |= es_str_is(member.name, drop[i]);
		if (dropped)
			continue;
		if (any)
			es_buf_putc(out, ',');
		es_buf_putc(out, '"');
		es_buf_add_str(out, member.name);
		es_buf_puts(out, "\":");
		es_buf_add_str(out, member.value);
		any = true;
	}
	if (any && members.len)
		es_buf_putc(out, ',');
	es_buf_add_str(out, members);
	es_buf_putc(out, '}');
	return got == 0;
}
