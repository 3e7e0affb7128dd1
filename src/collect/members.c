/* SPDX-License-Identifier: MIT */
#include "collect/members.h"

#include "http/http.h"

void es_member_put_text(struct es_buf *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	es_buf_printf(out, ",\"%s\":", name);
	es_buf_json_str(out, value, strlen(value));
}

void es_member_put_int(struct es_buf *out, const char *name, int64_t value)
{
	es_buf_printf(out, ",\"%s\":", name);
	es_buf_int(out, value);
}

void es_member_put_time(struct es_buf *out, const char *name, int64_t ms)
{
	char text[ES_TIME_LEN];
	if (ms != EARSHOT_NONE && es_time_format(ms, text) > 0)
		es_member_put_text(out, name, text);
}

struct earshot_str es_member_raw(const struct es_members *object, const char *name)
{
	return es_json_get(object->raw.ptr, object->raw.len, name);
}

struct earshot_str es_member_text(const struct es_members *object, const char *name)
{
	struct earshot_str raw = es_member_raw(object, name), out;
	if (raw.ptr && es_json_string(object->arena, raw, &out))
		return out;
	return es_str(NULL, 0);
}

int64_t es_member_int(const struct es_members *object, const char *name)
{
	struct earshot_str raw = es_member_raw(object, name);
	int64_t value;
	return raw.ptr && es_json_integer(raw, &value) && value >= 0 ? value : 0;
}

int64_t es_member_time(const struct es_members *object, const char *name)
{
	struct earshot_str text = es_member_text(object, name);
	int64_t ms;
	return text.ptr && es_time_parse(text.ptr, text.len, &ms) ? ms : EARSHOT_NONE;
}

bool es_member_is_true(const struct es_members *object, const char *name)
{
	return es_str_is(es_member_raw(object, name), "true");
}

bool es_member_next(struct earshot_str list, size_t *at, int64_t *value)
{
	for (size_t i = *at; i < list.len; i++) {
		size_t from = i;
		int64_t found;
		while (i < list.len && list.ptr[i] >= '0' && list.ptr[i] <= '9')
			i++;
		if (i > from && es_json_integer(es_str(list.ptr + from, i - from), &found)) {
			*value = found;
			*at = i;
			return true;
		}
	}
	return false;
}
