/* SPDX-License-Identifier: MIT
 *
 * record.h - records whose members are a post's own: JSON lines and CSV.
 *
 * One table of fields: name (dotted, as in the post's JSON), type, place in
 * struct earshot_post. A value comes as text and is checked by its type; one
 * that does not fit is left out, not guessed.
 */
#ifndef ES_FEED_RECORD_H
#define ES_FEED_RECORD_H

#include <earshot/feed.h>
#include "base/base.h"

#define ES_RECORD_LIST   128 /* tags or media of a record; further ones are dropped */
#define ES_RECORD_FIELDS 48

struct es_record {
	struct es_arena arena;
	struct earshot_post post;
	struct earshot_str tags[ES_RECORD_LIST], media[ES_RECORD_LIST];
	bool set[ES_RECORD_FIELDS];
	int64_t edited_at;                  /* EARSHOT_NONE */
	const char *from[ES_RECORD_FIELDS]; /* by the map; NULL = the own name */
	bool constants;                     /* some of them are texts: '5' */
};

/* USAGE where the map names a field that does not exist. */
int es_record_init(struct es_record *record, const struct earshot_feed_options *options,
		   struct earshot_error *error) EARSHOT_MUST_USE;
void es_record_release(struct es_record *record);
void es_record_clear(struct es_record *record);

int es_record_fields(void);
/* Where the field is read from: the map's name, or its own. */
const char *es_record_from(const struct es_record *record, int field);
bool es_record_is_list(int field);
/* It alone can make a record: text, title, a rating or a survey's answer. */
bool es_record_carries(int field);
/* "'5'": a text that every record has, and no column. */
static inline bool es_record_is_constant(const char *from)
{
	struct earshot_str text = es_str_of(from);
	return text.len > 2 && *from == '\'' && from[text.len - 1] == '\'';
}
/* The field of a column, -1 = none; without regard to case. */
int es_record_find(const struct es_record *record, struct earshot_str column);
/* Copies; empty values are absent. The first value of a field stays. 0/NOMEM. */
int es_record_set(struct es_record *record, int field, struct earshot_str value) EARSHOT_MUST_USE;
/* One element of a list field, as it stands; es_record_set splits at commas. */
int es_record_add(struct es_record *record, int field, struct earshot_str value) EARSHOT_MUST_USE;
/* Hands the post on; a record without text, title, rating and survey is bad. */
int es_record_emit(struct es_record *record, const struct earshot_feed_options *options,
		   bool *empty) EARSHOT_MUST_USE;

#endif
