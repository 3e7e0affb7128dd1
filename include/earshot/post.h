/* SPDX-License-Identifier: MIT
 *
 * post.h - the post: the one shape that every room reads and writes.
 *
 * A post is something that somebody said: a tweet, a review, a blog article, a
 * ticket, a survey answer. config/schema/post.json is the same shape in JSON.
 *
 * All text is UTF-8 and borrowed: a struct earshot_post owns nothing. The
 * pointers live as long as the arena, record or buffer that they point into;
 * the function that fills a post says which. Absent text is {NULL, 0}; absent
 * and null mean the same; absent numbers are EARSHOT_NONE (integers) or NaN
 * (fractions), because 0 is not null. Times are milliseconds since 1970-01-01
 * UTC, EARSHOT_NONE where unknown. Enums have 0 for "not said".
 *
 * Post structs start with `size`: set it by earshot_post_init(). New members
 * are only ever added at the end.
 */
#ifndef EARSHOT_POST_H
#define EARSHOT_POST_H

#include <earshot/error.h>
#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EARSHOT_NONE INT64_MIN

/* Limits that a reader may rely on. */
#define EARSHOT_TEXT_MAX (256 * 1024) /* bytes of `text`; longer is cut */
#define EARSHOT_ID_LEN   32           /* hex digits of a post id */

struct earshot_str {
	const char *ptr;
	size_t len;
};

struct earshot_strs {
	const struct earshot_str *at;
	size_t n;
};

/* X(enumerator, name in JSON and config) */
/* clang-format off */
#define EARSHOT_OPS(X) \
	X(CREATE, "create") X(UPDATE, "update") X(RESCORE, "rescore") X(DELETE, "delete")
#define EARSHOT_KINDS(X) \
	X(POST, "post") X(REPLY, "reply") X(REPOST, "repost") X(QUOTE, "quote") \
	X(REVIEW, "review") X(ARTICLE, "article") X(SURVEY, "survey") X(TICKET, "ticket") \
	X(MESSAGE, "message")
#define EARSHOT_VOICES(X) \
	X(CUSTOMER, "customer") X(BRAND, "brand") X(EMPLOYEE, "employee") \
	X(COMPETITOR, "competitor") X(PRESS, "press")
#define EARSHOT_PRECISIONS(X) \
	X(SECOND, "second") X(MINUTE, "minute") X(DAY, "day") X(NONE, "none")
#define EARSHOT_LABELS(X) \
	X(NEGATIVE, "negative") X(NEUTRAL, "neutral") X(POSITIVE, "positive")
/* clang-format on */

#define X(name, text) EARSHOT_OP_##name,
enum earshot_op { EARSHOT_OP_UNSET, EARSHOT_OPS(X) };
#undef X
#define X(name, text) EARSHOT_KIND_##name,
enum earshot_kind { EARSHOT_KIND_UNSET, EARSHOT_KINDS(X) };
#undef X
#define X(name, text) EARSHOT_VOICE_##name,
enum earshot_voice { EARSHOT_VOICE_UNSET, EARSHOT_VOICES(X) };
#undef X
#define X(name, text) EARSHOT_PRECISION_##name,
enum earshot_precision { EARSHOT_PRECISION_UNSET, EARSHOT_PRECISIONS(X) };
#undef X
/* In the order of every table and confusion matrix: negative, neutral, positive. */
#define X(name, text) EARSHOT_##name,
enum earshot_label { EARSHOT_UNLABELLED, EARSHOT_LABELS(X) };
#undef X

struct earshot_author {
	struct earshot_str key;    /* stable id at the source, or its keyed hash */
	struct earshot_str handle; /* "@ayse" */
	struct earshot_str name;
	int64_t followers;
};

struct earshot_engagement {
	int64_t likes, reposts, replies, quotes, views;
};

struct earshot_rating { /* absent where value is NaN */
	double value, min, max;
};

struct earshot_survey { /* each absent where NaN */
	double nps;     /* 0..10 */
	double csat;    /* as answered; scale in `rating` */
	double ces;
	struct earshot_str expectation; /* "met", "not met" or free words */
};

struct earshot_redaction {
	struct earshot_str in;   /* "title" or "text" */
	struct earshot_str kind; /* "email", "phone", "card", ... */
	int64_t start, len;      /* bytes, in the redacted text */
};

struct earshot_post {
	size_t size; /* sizeof(struct earshot_post) of the caller */

	struct earshot_str id; /* EARSHOT_ID_LEN hex digits, see es_post_id */
	int64_t rev;           /* ms; 0 = first seen and unedited */
	enum earshot_op op;
	struct earshot_str source;  /* id of the source in the config */
	struct earshot_str channel; /* "x", "app_store", "blog", ... */
	enum earshot_kind kind;
	struct earshot_str native_id; /* the source's own id */
	struct earshot_str url;
	struct earshot_str reply_to; /* id or URL of the post answered */
	struct earshot_str thread;
	struct earshot_author author;
	struct earshot_str customer; /* the customer's key in the brand's books */
	enum earshot_voice voice;
	struct earshot_str title; /* plain text */
	struct earshot_str text;  /* plain text */
	struct earshot_str lang;  /* BCP 47; as said by the source, else detected */
	int64_t published_at;
	enum earshot_precision published_precision;
	int64_t observed_at;
	int64_t event_at; /* set once by collect; see DESIGN, Time */
	struct earshot_engagement engagement;
	struct earshot_rating rating;
	struct earshot_survey survey;
	struct earshot_strs tags;
	struct earshot_str touchpoint;
	struct earshot_str unit; /* product, store or dealer */
	struct earshot_str app_version;
	struct earshot_strs media; /* URLs */
	const struct earshot_redaction *redactions;
	size_t n_redactions;
	struct earshot_str feed_title, feed_url;
};

/* Everything absent, size set. */
EARSHOT_API void earshot_post_init(struct earshot_post *post);

/* Names of enum values as they stand in JSON; NULL for the unset value. */
EARSHOT_API const char *earshot_op_name(enum earshot_op op);
EARSHOT_API const char *earshot_kind_name(enum earshot_kind kind);
EARSHOT_API const char *earshot_voice_name(enum earshot_voice voice);
EARSHOT_API const char *earshot_precision_name(enum earshot_precision p);
EARSHOT_API const char *earshot_label_name(enum earshot_label label);

/* The value of a name, the unset value (0) where there is none of that name. */
EARSHOT_API enum earshot_op earshot_op_of(const char *ptr, size_t len);
EARSHOT_API enum earshot_kind earshot_kind_of(const char *ptr, size_t len);
EARSHOT_API enum earshot_voice earshot_voice_of(const char *ptr, size_t len);
EARSHOT_API enum earshot_precision earshot_precision_of(const char *ptr, size_t len);
EARSHOT_API enum earshot_label earshot_label_of(const char *ptr, size_t len);

#ifdef __cplusplus
}
#endif
#endif
