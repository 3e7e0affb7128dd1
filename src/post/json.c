/* SPDX-License-Identifier: MIT */
#include "post/json.h"

#include <math.h>

json_t *es_reader_load(struct es_reader *reader, const char *ptr, size_t len)
{
	if (len > ES_LIMIT_RECORD) {
		reader->rc =
			es_err(reader->error, EARSHOT_LIMIT,
			       "a record of %zu bytes is longer than %u", len, ES_LIMIT_RECORD);
		return NULL;
	}
	/* jansson 2.14 drops a bare NUL that follows a number */
	if (len && memchr(ptr, '\0', len)) {
		reader->rc = es_err(reader->error, EARSHOT_DATA, "no JSON: a NUL byte");
		return NULL;
	}
	json_error_t where;
	/* a NUL inside text is data like any other: our text has lengths */
	json_t *root = json_loadb(ptr, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &where);
	if (!root) {
		if (json_error_code(&where) == json_error_out_of_memory) {
			reader->rc = es_err_nomem(reader->error);
			return NULL;
		}
		reader->rc = es_err(reader->error, EARSHOT_DATA, "no JSON: %s", where.text);
		es_err_at(reader->error, NULL, where.line > 0 ? where.line : 0,
			  where.column > 0 ? where.column : 0);
		return NULL;
	}
	if (!json_is_object(root)) {
		reader->rc = es_err(reader->error, EARSHOT_DATA, "the record is no JSON object");
		json_decref(root);
		return NULL;
	}
	return root;
}

void es_reader_fail(struct es_reader *reader, const char *name, const char *sub,
		    const char *complaint)
{
	if (reader->rc)
		return;
	reader->rc = es_err(reader->error, EARSHOT_DATA, "member \"%s%s%s\" %s", name,
			    sub ? "." : "", sub ? sub : "", complaint);
}

static const json_t *member(struct es_reader *reader, const json_t *object, const char *name)
{
	const json_t *value = reader->rc || !object ? NULL : json_object_get(object, name);
	return json_is_null(value) ? NULL : value;
}

static void fail_in(struct es_reader *reader, const char *in, const char *name,
		    const char *complaint)
{
	es_reader_fail(reader, in ? in : name, in ? name : NULL, complaint);
}

void *es_read_alloc(struct es_reader *reader, size_t n, size_t size)
{
	void *ptr = es_arena_zalloc(reader->arena, n, size);
	if (!ptr && !reader->rc)
		reader->rc = es_err_nomem(reader->error);
	return ptr;
}

struct earshot_str es_read_copy(struct es_reader *reader, const json_t *string)
{
	struct earshot_str text =
		es_arena_str(reader->arena, json_string_value(string), json_string_length(string));
	if (!text.ptr && !reader->rc)
		reader->rc = es_err_nomem(reader->error);
	return text;
}

struct earshot_str es_read_str(struct es_reader *reader, const json_t *object, const char *in,
			       const char *name)
{
	const json_t *value = member(reader, object, name);
	if (!value)
		return (struct earshot_str){ NULL, 0 };
	if (!json_is_string(value)) {
		fail_in(reader, in, name, "must be a string");
		return (struct earshot_str){ NULL, 0 };
	}
	return es_read_copy(reader, value);
}

int64_t es_read_int(struct es_reader *reader, const json_t *object, const char *in,
		    const char *name)
{
	const json_t *value = member(reader, object, name);
	if (!value)
		return EARSHOT_NONE;
	if (!json_is_integer(value)) {
		fail_in(reader, in, name, "must be a whole number");
		return EARSHOT_NONE;
	}
	return json_integer_value(value);
}

double es_read_num(struct es_reader *reader, const json_t *object, const char *in, const char *name)
{
	const json_t *value = member(reader, object, name);
	if (!value)
		return NAN;
	if (!json_is_number(value)) {
		fail_in(reader, in, name, "must be a number");
		return NAN;
	}
	return json_number_value(value);
}

int64_t es_read_time(struct es_reader *reader, const json_t *object, const char *in,
		     const char *name)
{
	const json_t *value = member(reader, object, name);
	int64_t ms;
	if (!value)
		return EARSHOT_NONE;
	if (!json_is_string(value) ||
	    !es_time_parse(json_string_value(value), json_string_length(value), &ms)) {
		fail_in(reader, in, name, "must be a time such as 2026-11-24T09:00:00Z");
		return EARSHOT_NONE;
	}
	return ms;
}

enum earshot_label es_read_label(struct es_reader *reader, const json_t *object, const char *in,
				 const char *name)
{
	const json_t *value = member(reader, object, name);
	enum earshot_label label = EARSHOT_UNLABELLED;
	if (!value)
		return label;
	if (json_is_string(value))
		label = earshot_label_of(json_string_value(value), json_string_length(value));
	if (!label)
		fail_in(reader, in, name, "must be negative, neutral or positive");
	return label;
}

const json_t *es_read_object(struct es_reader *reader, const json_t *object, const char *name)
{
	const json_t *value = member(reader, object, name);
	if (value && !json_is_object(value)) {
		es_reader_fail(reader, name, NULL, "must be an object");
		return NULL;
	}
	return value;
}

const json_t *es_read_list(struct es_reader *reader, const json_t *object, const char *name,
			   size_t *n)
{
	const json_t *value = member(reader, object, name);
	*n = 0;
	if (value && !json_is_array(value)) {
		es_reader_fail(reader, name, NULL, "must be a list");
		return NULL;
	}
	*n = value ? json_array_size(value) : 0;
	return value;
}

struct earshot_strs es_read_strs(struct es_reader *reader, const json_t *object, const char *name)
{
	size_t n;
	const json_t *list = es_read_list(reader, object, name, &n);
	struct earshot_str *at = n ? es_read_alloc(reader, n, sizeof(*at)) : NULL;
	if (!at)
		return (struct earshot_strs){ NULL, 0 };
	for (size_t i = 0; i < n; i++) {
		const json_t *value = json_array_get(list, i);
		if (json_is_string(value))
			at[i] = es_read_copy(reader, value);
		else
			es_reader_fail(reader, name, NULL, "must be a list of strings");
	}
	return (struct earshot_strs){ at, n };
}

void es_write_time(struct es_buf *out, const char *name, int64_t value, bool *first)
{
	char text[ES_TIME_LEN];
	size_t len = value == EARSHOT_NONE ? 0 : es_time_format(value, text);
	if (len)
		es_write_str(out, name, es_str(text, len), first);
}

void es_write_strs(struct es_buf *out, const char *name, const struct earshot_strs *list,
		   bool *first)
{
	if (list->n == 0)
		return;
	es_write_name(out, name, first);
	for (size_t i = 0; i < list->n; i++) {
		es_buf_putc(out, i ? ',' : '[');
		es_buf_json_str(out, list->at[i].ptr, list->at[i].len);
	}
	es_buf_putc(out, ']');
}
