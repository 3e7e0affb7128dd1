/* SPDX-License-Identifier: MIT
 *
 * fields.h - the members of a post, as data. Private to the room.
 *
 * One table, in the order of DESIGN section 3, is the encoder, the jansson
 * decoder and the slicer: they can not drift apart.
 */
#ifndef ES_POST_FIELDS_H
#define ES_POST_FIELDS_H

#include "base/base.h"

enum es_field_type {
	ES_FIELD_STR,
	ES_FIELD_INT,
	ES_FIELD_TIME,
	ES_FIELD_NUM,
	ES_FIELD_OP,
	ES_FIELD_KIND,
	ES_FIELD_VOICE,
	ES_FIELD_PRECISION,
	ES_FIELD_STRS,
	ES_FIELD_OBJECT,
	ES_FIELD_REDACTIONS,
};

struct es_fields;

struct es_field {
	const char *name;
	size_t len;
	enum es_field_type type;
	size_t offset;               /* in struct earshot_post (of a redaction: in that) */
	const struct es_fields *sub; /* OBJECT, REDACTIONS */
};

struct es_fields {
	const struct es_field *at;
	size_t n;
};

extern const struct es_fields es_post_fields;

/* A scalar as either reader sees it. */
struct es_value {
	enum {
		ES_VALUE_NULL,
		ES_VALUE_BOOL,
		ES_VALUE_INT,
		ES_VALUE_REAL,
		ES_VALUE_STR,
		ES_VALUE_LIST,
		ES_VALUE_OBJECT,
	} type;
	struct earshot_str str;
	int64_t i;
	double real;
};

/* The field of that name; the search begins at *hint (records are written in
 * the order of the table), which moves on. NULL where there is none. */
const struct es_field *es_post_field_find(const struct es_fields *fields, const char *ptr,
					  size_t len, size_t *hint);
/* Stores a scalar into the struct that the fields describe; null leaves the member absent. NULL, or
 * what is wrong with the value ("must be a string"). */
const char *es_post_field_store(const struct es_field *field, void *base,
				const struct es_value *value);

static inline void *es_field_at(const struct es_field *field, void *base)
{
	return (char *)base + field->offset;
}

#endif
