/* SPDX-License-Identifier: MIT
 *
 * codec.c - a post as JSON and back: the encoder's twin is the decoder below
 * it, and both follow the table in fields.c.
 */
#include <math.h>

#include "post/fields.h"
#include "post/json.h"
#include "post/post.h"

static const char *enum_name(const struct es_field *field, const void *at)
{
	switch (field->type) {
	case ES_FIELD_OP:
		return earshot_op_name(*(const enum earshot_op *)at);
	case ES_FIELD_KIND:
		return earshot_kind_name(*(const enum earshot_kind *)at);
	case ES_FIELD_VOICE:
		return earshot_voice_name(*(const enum earshot_voice *)at);
	default:
		return earshot_precision_name(*(const enum earshot_precision *)at);
	}
}

static void write_redactions(struct es_buf *out, const struct earshot_post *post, bool *first)
{
	es_write_name(out, "redactions", first);
	for (size_t i = 0; i < post->n_redactions; i++) {
		const struct earshot_redaction *redaction = &post->redactions[i];
		bool inner = true;
		es_buf_puts(out, i ? ",{" : "[{");
		es_write_str(out, "in", redaction->in, &inner);
		es_write_str(out, "kind", redaction->kind, &inner);
		es_write_int(out, "start", redaction->start, &inner);
		es_write_int(out, "len", redaction->len, &inner);
		es_buf_putc(out, '}');
	}
	es_buf_putc(out, ']');
}

/* As most members of most posts are. */
static inline bool is_absent(const struct es_field *field, const struct earshot_post *post)
{
	const void *at = (const char *)post + field->offset;
	switch (field->type) {
	case ES_FIELD_STR:
		return !((const struct earshot_str *)at)->ptr;
	case ES_FIELD_INT:
	case ES_FIELD_TIME:
		return *(const int64_t *)at == EARSHOT_NONE;
	case ES_FIELD_NUM:
		return !isfinite(*(const double *)at);
	case ES_FIELD_STRS:
		return ((const struct earshot_strs *)at)->n == 0;
	case ES_FIELD_REDACTIONS:
		return post->n_redactions == 0;
	case ES_FIELD_OBJECT:
		return false; /* all_absent() */
	default:
		return !enum_name(field, at);
	}
}

static bool all_absent(const struct es_fields *fields, const struct earshot_post *post)
{
	size_t i = 0;
	while (i < fields->n && is_absent(&fields->at[i], post))
		i++;
	return i == fields->n;
}

static void write_fields(struct es_buf *out, const struct es_fields *fields,
			 const struct earshot_post *post, bool *first)
{
	for (size_t i = 0; i < fields->n; i++) {
		const struct es_field *field = &fields->at[i];
		const void *at = (const char *)post + field->offset;
		if (is_absent(field, post))
			continue;
		switch (field->type) {
		case ES_FIELD_STR:
			es_write_str(out, field->name, *(const struct earshot_str *)at, first);
			break;
		case ES_FIELD_INT:
			es_write_int(out, field->name, *(const int64_t *)at, first);
			break;
		case ES_FIELD_TIME:
			es_write_time(out, field->name, *(const int64_t *)at, first);
			break;
		case ES_FIELD_NUM:
			es_write_name(out, field->name, first);
			es_buf_json_num(out, *(const double *)at, 15);
			break;
		case ES_FIELD_STRS:
			es_write_strs(out, field->name, at, first);
			break;
		case ES_FIELD_REDACTIONS:
			write_redactions(out, post, first);
			break;
		case ES_FIELD_OBJECT: {
			bool inner = true;
			if (all_absent(field->sub, post))
				break;
			es_write_name(out, field->name, first);
			es_buf_putc(out, '{');
			write_fields(out, field->sub, post, &inner);
			es_buf_putc(out, '}');
			break;
		}
		default:
			es_write_text(out, field->name, enum_name(field, at), first);
		}
	}
}

void es_write_post(struct es_buf *out, const struct earshot_post *post, bool *first)
{
	write_fields(out, &es_post_fields, post, first);
}

void es_post_members(struct es_buf *out, const struct earshot_post *post)
{
	bool first = true;
	es_write_post(out, post, &first);
}

void es_post_encode(struct es_buf *out, const struct earshot_post *post)
{
	es_buf_putc(out, '{');
	es_post_members(out, post);
	es_buf_putc(out, '}');
}

/* ---- reading ---- */

static void read_scalar(struct es_reader *reader, const struct es_field *field, const char *in,
			const json_t *value, void *base)
{
	struct es_value scalar = { .type = ES_VALUE_NULL };
	switch (json_typeof(value)) {
	case JSON_STRING:
		scalar.type = ES_VALUE_STR;
		scalar.str = es_read_copy(reader, value);
		break;
	case JSON_INTEGER:
		scalar.type = ES_VALUE_INT;
		scalar.i = json_integer_value(value);
		break;
	case JSON_REAL:
		scalar.type = ES_VALUE_REAL;
		scalar.real = json_real_value(value);
		break;
	case JSON_NULL:
		return;
	case JSON_ARRAY:
		scalar.type = ES_VALUE_LIST;
		break;
	case JSON_OBJECT:
		scalar.type = ES_VALUE_OBJECT;
		break;
	default:
		scalar.type = ES_VALUE_BOOL;
	}
	const char *complaint = reader->rc ? NULL : es_post_field_store(field, base, &scalar);
	if (complaint)
		es_reader_fail(reader, in ? in : field->name, in ? field->name : NULL, complaint);
}

static void read_fields(struct es_reader *reader, const struct es_fields *fields, const char *in,
			const json_t *object, void *base);

static void read_redactions(struct es_reader *reader, const struct es_field *field,
			    const json_t *object, struct earshot_post *post)
{
	size_t n;
	const json_t *list = es_read_list(reader, object, field->name, &n);
	struct earshot_redaction *at = n ? es_read_alloc(reader, n, sizeof(*at)) : NULL;
	for (size_t i = 0; at && i < n; i++) {
		const json_t *item = json_array_get(list, i);
		if (!json_is_object(item)) {
			es_reader_fail(reader, field->name, NULL, "must be a list of objects");
			return;
		}
		at[i].start = at[i].len = EARSHOT_NONE;
		read_fields(reader, field->sub, field->name, item, &at[i]);
	}
	post->redactions = at;
	post->n_redactions = at ? n : 0;
}

static void read_fields(struct es_reader *reader, const struct es_fields *fields, const char *in,
			const json_t *object, void *base)
{
	for (size_t i = 0; i < fields->n && !reader->rc; i++) {
		const struct es_field *field = &fields->at[i];
		const json_t *value = json_object_get(object, field->name);
		if (!value || json_is_null(value))
			continue;
		if (field->type == ES_FIELD_STRS) {
			struct earshot_strs *at = es_field_at(field, base);
			*at = es_read_strs(reader, object, field->name);
		} else if (field->type == ES_FIELD_REDACTIONS) {
			read_redactions(reader, field, object, base);
		} else if (field->type == ES_FIELD_OBJECT && json_is_object(value)) {
			read_fields(reader, field->sub, field->name, value, base);
		} else {
			read_scalar(reader, field, in, value, base);
		}
	}
}

void es_read_post(struct es_reader *reader, const json_t *object, struct earshot_post *post)
{
	earshot_post_init(post);
	read_fields(reader, &es_post_fields, NULL, object, post);
}

int es_post_decode(struct es_arena *arena, const char *ptr, size_t len, struct earshot_post *out,
		   struct earshot_error *error)
{
	struct es_reader reader = { .arena = arena, .error = error };
	earshot_post_init(out);
	json_t *root = es_reader_load(&reader, ptr, len);
	if (root)
		es_read_post(&reader, root, out);
	json_decref(root);
	return reader.rc;
}
