/* SPDX-License-Identifier: MIT
 *
 * field.h - the names that may stand before a colon, and what they take.
 * Inside of the room only.
 */
#ifndef ES_MATCH_FIELD_H
#define ES_MATCH_FIELD_H

#include <earshot/match.h>

enum es_field_type {
	ES_FIELD_TERM,    /* a term that must stand in one stream */
	ES_FIELD_FORM,    /* a term of another form: raw: stem: infix: */
	ES_FIELD_WITHIN,  /* within:sentence */
	ES_FIELD_CODE,    /* a language */
	ES_FIELD_PART,    /* a part of a URL */
	ES_FIELD_SITE,    /* host, with or without a path */
	ES_FIELD_NAME,    /* words of a name */
	ES_FIELD_TEXT,    /* the whole value, folded; * and ? allowed */
	ES_FIELD_CHOICE,  /* one of a few names */
	ES_FIELD_NUMBER,  /* a number or [a TO b] */
	ES_FIELD_RANGE,   /* [a TO b] only, whole numbers from 0 */
	ES_FIELD_DEGREES, /* [a TO b] only, with fractions */
	ES_FIELD_ENTITY,  /* digits, the first one not 0 */
	ES_FIELD_GUID,    /* digits, or digits_digits */
};

enum {
	ES_FIELD_ABSENT = 1,       /* no post has it: the condition is false */
	ES_FIELD_WHOLE_NAME = 2,   /* no beginnings of choices */
	ES_FIELD_EXACT_CASE = 4,   /* choices as written */
	ES_FIELD_STRICT_BOUNDS = 8 /* lo and hi hold in strict mode only */
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
	ES_F_RAW,
	ES_F_STEM,
	ES_F_INFIX,
	ES_F_WITHIN,
	ES_F_LINKS,
	ES_F_TLD,
	ES_F_REPLY_TO,
	ES_F_THREAD,
	ES_F_GUID,
	ES_F_MINUTE,
	ES_F_MENTIONS,
	ES_F_FEED,
	ES_F_SUBREDDIT,
	ES_F_CLUSTER,
	ES_F_ABSENT,
};

enum { ES_HAS_LINK = 1, ES_HAS_MEDIA, ES_HAS_QUESTION };
/* Values of is:; the others are kinds of a post. MARK: the mark of noise that the value names. */
enum { ES_IS_EDITED = 100, ES_IS_DUPLICATE, ES_IS_MARK };

struct es_choice {
	const char *name; /* NULL ends the list */
	int value;
	enum earshot_layer layer; /* the first that may use it, where that is behind the field's */
};

struct es_field {
	const char *name; /* as documented; compared without regard to case */
	enum es_field_id id;
	enum es_field_type type;
	enum earshot_layer layer; /* the first that may use it */
	const struct es_choice *choices;
	uint8_t flags; /* ES_FIELD_* */
	double lo, hi; /* bounds of a number; both 0 = none */
};

/* NULL where no field has this name. */
const struct es_field *es_field_find(const char *ptr, size_t len);
/* The choice that `value` names: in full, or (unless WHOLE_NAME) by a beginning of at
 * least 3 letters that fits one only. NULL where there is none. */
const struct es_choice *es_field_choice(const struct es_field *field, struct earshot_str value);
/* "post, reply, ..." into out; returns out. */
const char *es_field_choices(const struct es_field *field, char *out, size_t size);
/* "12", "-0.5"; false where it is no number. No exponent, no locale. */
bool es_field_number(struct earshot_str text, double *out);

#endif
