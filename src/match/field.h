/* SPDX-License-Identifier: MIT
 *
 * field.h - the names that may stand before a colon, and what they take.
 * Inside of the room only.
 */
#ifndef ES_MATCH_FIELD_H
#define ES_MATCH_FIELD_H

#include <earshot/match.h>

enum es_field_type {
	ES_FIELD_TERM,   /* a term that must stand in one stream */
	ES_FIELD_CODE,   /* a language */
	ES_FIELD_PART,   /* a part of a URL */
	ES_FIELD_SITE,   /* host, with or without a path */
	ES_FIELD_AUTHOR, /* words of a name or handle */
	ES_FIELD_TEXT,   /* the whole value, folded; * and ? allowed */
	ES_FIELD_CHOICE, /* one of a few names */
	ES_FIELD_NUMBER, /* a number or [a TO b] */
	ES_FIELD_RANGE,  /* [a TO b] only, whole numbers from 0 */
	ES_FIELD_NOT_YET,
};

enum es_field_id {
	ES_FIELD_NONE,
	ES_F_LANG,
	ES_F_TITLE,
	ES_F_BODY,
	ES_F_URL,
	ES_F_SITE,
	ES_F_AUTHOR,
	ES_F_SOURCE,
	ES_F_CHANNEL,
	ES_F_KIND,
	ES_F_VOICE,
	ES_F_BRAND,
	ES_F_TAG,
	ES_F_RATING,
	ES_F_NPS,
	ES_F_CSAT,
	ES_F_CES,
	ES_F_ENGAGEMENT,
	ES_F_LIKES,
	ES_F_REPOSTS,
	ES_F_REPLIES,
	ES_F_QUOTES,
	ES_F_VIEWS,
	ES_F_FOLLOWERS,
	ES_F_HAS,
	ES_F_IS,
	ES_F_UNIT,
	ES_F_TOUCHPOINT,
	ES_F_VERSION,
	ES_F_SENTIMENT,
	ES_F_SCORE,
	ES_F_THEME,
	ES_F_TOPIC,
	ES_F_STAGE,
};

enum { ES_HAS_LINK = 1, ES_HAS_MEDIA, ES_HAS_QUESTION };

struct es_choice {
	const char *name; /* NULL ends the list */
	int value;        /* 0 = known, but not built yet */
};

struct es_field {
	const char *name; /* as documented; compared without regard to case */
	enum es_field_id id;
	enum es_field_type type;
	enum earshot_layer layer; /* the first that may use it */
	const struct es_choice *choices;
};

/* NULL where no field has this name. */
const struct es_field *es_field_find(const char *ptr, size_t len);
/* The choice that `value` names: in full, or by a beginning of at least 3 letters
 * that fits one only. NULL where there is none. */
const struct es_choice *es_field_choice(const struct es_field *field, struct earshot_str value);
/* "post, reply, ..." into out; returns out. */
const char *es_field_choices(const struct es_field *field, char *out, size_t size);
/* "12", "-0.5"; false where it is no number. No exponent, no locale. */
bool es_field_number(struct earshot_str text, double *out);

#endif
