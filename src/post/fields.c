/* SPDX-License-Identifier: MIT */
#include "post/fields.h"

#include <stddef.h>

#define FIELD(type, name, member) \
	{ \
		name, sizeof(name) - 1, ES_FIELD_##type, offsetof(struct earshot_post, member), \
			NULL \
	}
#define OBJECT(name, fields) \
	{ \
		name, sizeof(name) - 1, ES_FIELD_OBJECT, 0, &(fields) \
	}

static const struct es_field author_at[] = {
	FIELD(STR, "key", author.key),
	FIELD(STR, "handle", author.handle),
	FIELD(STR, "name", author.name),
	FIELD(INT, "followers", author.followers),
};
static const struct es_fields author = { author_at, ES_COUNT(author_at) };

static const struct es_field engagement_at[] = {
	FIELD(INT, "likes", engagement.likes),     FIELD(INT, "reposts", engagement.reposts),
	FIELD(INT, "replies", engagement.replies), FIELD(INT, "quotes", engagement.quotes),
	FIELD(INT, "views", engagement.views),
};
static const struct es_fields engagement = { engagement_at, ES_COUNT(engagement_at) };

static const struct es_field rating_at[] = {
	FIELD(NUM, "value", rating.value),
	FIELD(NUM, "min", rating.min),
	FIELD(NUM, "max", rating.max),
};
static const struct es_fields rating = { rating_at, ES_COUNT(rating_at) };

static const struct es_field survey_at[] = {
	FIELD(NUM, "nps", survey.nps),
	FIELD(NUM, "csat", survey.csat),
	FIELD(NUM, "ces", survey.ces),
	FIELD(STR, "expectation", survey.expectation),
};
static const struct es_fields survey = { survey_at, ES_COUNT(survey_at) };

static const struct es_field redaction_at[] = {
	{ "in", 2, ES_FIELD_STR, offsetof(struct earshot_redaction, in), NULL },
	{ "kind", 4, ES_FIELD_STR, offsetof(struct earshot_redaction, kind), NULL },
	{ "start", 5, ES_FIELD_INT, offsetof(struct earshot_redaction, start), NULL },
	{ "len", 3, ES_FIELD_INT, offsetof(struct earshot_redaction, len), NULL },
};
static const struct es_fields redaction = { redaction_at, ES_COUNT(redaction_at) };

static const struct es_field post_at[] = {
	FIELD(STR, "id", id),
	FIELD(INT, "rev", rev),
	FIELD(OP, "op", op),
	FIELD(STR, "source", source),
	FIELD(STR, "channel", channel),
	FIELD(KIND, "kind", kind),
	FIELD(STR, "native_id", native_id),
	FIELD(STR, "url", url),
	FIELD(STR, "reply_to", reply_to),
	FIELD(STR, "thread", thread),
	OBJECT("author", author),
	FIELD(STR, "customer", customer),
	FIELD(VOICE, "voice", voice),
	FIELD(STR, "title", title),
	FIELD(STR, "text", text),
	FIELD(STR, "lang", lang),
	FIELD(TIME, "published_at", published_at),
	FIELD(PRECISION, "published_precision", published_precision),
	FIELD(TIME, "observed_at", observed_at),
	FIELD(TIME, "event_at", event_at),
	OBJECT("engagement", engagement),
	OBJECT("rating", rating),
	OBJECT("survey", survey),
	FIELD(STRS, "tags", tags),
	FIELD(STR, "touchpoint", touchpoint),
	FIELD(STR, "unit", unit),
	FIELD(STR, "app_version", app_version),
	FIELD(STRS, "media", media),
	{ "redactions", 10, ES_FIELD_REDACTIONS, 0, &redaction },
	FIELD(STR, "feed_title", feed_title),
	FIELD(STR, "feed_url", feed_url),
};
const struct es_fields es_post_fields = { post_at, ES_COUNT(post_at) };

const struct es_field *es_post_field_find(const struct es_fields *fields, const char *ptr,
					  size_t len, size_t *hint)
{
	for (size_t i = 0, at = *hint; i < fields->n; i++, at++) {
		if (at >= fields->n)
			at = 0;
		const struct es_field *field = &fields->at[at];
		if (field->len == len && *field->name == *ptr &&
		    memcmp(field->name, ptr, len) == 0) {
			*hint = at + 1;
			return field;
		}
	}
	return NULL;
}

static const char *store_enum(enum es_field_type type, void *at, struct earshot_str name)
{
	switch (type) {
	case ES_FIELD_OP:
		*(enum earshot_op *)at = earshot_op_of(name.ptr, name.len);
		return *(enum earshot_op *)at ? NULL : "must be create, update, rescore or delete";
	case ES_FIELD_KIND:
		*(enum earshot_kind *)at = earshot_kind_of(name.ptr, name.len);
		return *(enum earshot_kind *)at ? NULL : "is no kind of post that earshot knows";
	case ES_FIELD_VOICE:
		*(enum earshot_voice *)at = earshot_voice_of(name.ptr, name.len);
		return *(enum earshot_voice *)at
			       ? NULL
			       : "must be customer, brand, employee, competitor or press";
	default:
		*(enum earshot_precision *)at = earshot_precision_of(name.ptr, name.len);
		return *(enum earshot_precision *)at ? NULL : "must be second, minute, day or none";
	}
}

const char *es_post_field_store(const struct es_field *field, void *base,
				const struct es_value *value)
{
	void *at = es_field_at(field, base);
	if (value->type == ES_VALUE_NULL)
		return NULL;
	switch (field->type) {
	case ES_FIELD_INT:
		if (value->type != ES_VALUE_INT)
			return "must be a whole number";
		if (value->i == EARSHOT_NONE) /* would read as absent */
			return "is too small";
		*(int64_t *)at = value->i;
		return NULL;
	case ES_FIELD_NUM:
		if (value->type != ES_VALUE_INT && value->type != ES_VALUE_REAL)
			return "must be a number";
		*(double *)at = value->type == ES_VALUE_INT ? (double)value->i : value->real;
		return NULL;
	case ES_FIELD_STRS:
	case ES_FIELD_REDACTIONS:
		return "must be a list";
	case ES_FIELD_OBJECT:
		return "must be an object";
	default:
		break;
	}
	if (value->type != ES_VALUE_STR)
		return "must be a string";
	if (field->type == ES_FIELD_STR) {
		*(struct earshot_str *)at = value->str;
		return NULL;
	}
	if (field->type == ES_FIELD_TIME) {
		int64_t ms;
		if (!es_time_parse(value->str.ptr, value->str.len, &ms))
			return "must be a time such as 2026-11-24T09:00:00Z";
		*(int64_t *)at = ms;
		return NULL;
	}
	return store_enum(field->type, at, value->str);
}
