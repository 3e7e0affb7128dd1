/* SPDX-License-Identifier: MIT
 *
 * post.h - the outside header of the room `post`: posts, mentions and reviews
 * as JSON, ids, times, and the headers of their records.
 *
 * May use base, text, score and match (their structs), and jansson.
 *
 * Two readers of the same JSON:
 *   es_post_decode   jansson; anything, every member, for all but the hot path
 *   es_post_slice    one pass over the bytes, no allocation where nothing is
 *                    escaped; gives views into the record and where to cut and
 *                    splice, so that members that are not ours pass byte for byte
 * tests/unit/post_slice.c holds the second against the first.
 *
 * Thread-safe: no function here has state of its own.
 */
#ifndef ES_POST_H
#define ES_POST_H

#include <earshot/match.h>
#include <earshot/post.h>
#include <earshot/explain.h>
#include "base/base.h"

/* ---- ids and times (id.c) ---- */

/* Is it EARSHOT_ID_LEN lower-case hex digits? */
bool es_post_id_valid(struct earshot_str id);

/* Hex of the first 16 bytes of SHA-256(scope LF native_id), and a NUL. */
void es_post_id_of(struct earshot_str scope, struct earshot_str native_id,
		   char out[EARSHOT_ID_LEN + 1]);

/* The id of a post as a source brought it. `scope` is what the source says
 * (src/post/README.md: the platform, "" for a guid that is an absolute URI, the
 * feed URL, or the source id). No native id: scope "" and the canonical URL. No
 * URL: scope, published_at, title and text, each on its own line. NOMEM only. */
int es_post_id(struct es_arena *arena, struct earshot_str scope, const struct earshot_post *post,
	       char out[EARSHOT_ID_LEN + 1], struct earshot_error *error) EARSHOT_MUST_USE;
/* Is it an absolute URI (scheme:...)? Decides the scope of a guid. */
bool es_uri_is_absolute(struct earshot_str uri);
/* The same page has the same URL: scheme and host in lower case, default port,
 * fragment, utm_* and an empty query dropped, empty path "/". What is no
 * http(s) URL comes back trimmed and otherwise unaltered. ptr NULL: no memory. */
struct earshot_str es_url_canonical(struct es_arena *arena, struct earshot_str url);

/* event_at (DESIGN, Time): published_at where its precision is a minute or finer
 * (or a day: it then counts in day windows only) and it lies at most 5 minutes
 * after observed_at; else observed_at. */
#define ES_EVENT_FUTURE_MS (5 * ES_MINUTE)
int64_t es_post_event_at(const struct earshot_post *post);
/* The text, cut at EARSHOT_TEXT_MAX bytes without cutting a code point. */
struct earshot_str es_post_text_cut(struct earshot_str text);
/* What every record of `posts` must have: a valid id, rev >= 0, a source, an
 * observed_at. DATA that names the member. */
int es_post_check(const struct earshot_post *post, struct earshot_error *error) EARSHOT_MUST_USE;

/* Who speaks for a brand (VOICE_BRAND) or a rival (VOICE_COMPETITOR): posts that
 * say no voice get this one. With or without "@", ASCII letters in any case. */
struct es_own_account {
	const char *handle;
	enum earshot_voice voice;
};

/* ---- JSON (codec.c) ---- */

/* Everything that `out` points to lies in the arena. Unknown members are passed
 * over; a known one of the wrong type or an unknown enum value, a duplicate
 * member and bad UTF-8 are DATA with line, column and the member's name. Longer
 * than ES_LIMIT_RECORD: LIMIT. */
int es_post_decode(struct es_arena *arena, const char *ptr, size_t len, struct earshot_post *out,
		   struct earshot_error *error) EARSHOT_MUST_USE;
/* Appends {...} in the order of DESIGN section 3; absent members are omitted.
 * Failure is es_buf_ok(). */
void es_post_encode(struct es_buf *out, const struct earshot_post *post);
/* The same without the braces, nothing where every member is absent: what
 * es_post_splice() takes. */
void es_post_members(struct es_buf *out, const struct earshot_post *post);

/* ---- mentions (mention.c, sentiment.c) ---- */

struct es_mention_topic {
	struct earshot_str id;
	int64_t rev; /* of the query */
	const struct earshot_span *spans;
	size_t n_spans;
};

struct es_flag {
	struct earshot_str rule, priority, route;
	int64_t due; /* ms; EARSHOT_NONE = none */
};

/* The sentiment towards a brand that a topic belongs to. */
struct es_mention_target {
	struct earshot_str brand;
	enum earshot_label label;
	double score; /* -1..1 */
};

struct es_mention {
	struct earshot_post post;
	const struct es_mention_topic *topics;
	size_t n_topics;
	struct earshot_strs themes;
	struct earshot_str stage;
	struct earshot_sentiment sentiment; /* absent: sentiment.label is UNLABELLED */
	const struct es_mention_target *targets;
	size_t n_targets;
	struct earshot_strs marks; /* "spam", "bot", "sponsored", "mismatch" */
	uint64_t simhash;          /* of title and text (text.h); 0 = none */
	const struct es_flag *flags;
	size_t n_flags;
	int64_t scored_at;
	enum earshot_label label;   /* the human's where there is one, else the scorer's */
	enum earshot_label machine; /* the scorer's, only where a human has decided */
};

/* As es_post_decode; sentiment.lexicon and why[].rule are NUL-terminated and lie
 * in the arena too (sentiment.lang is the post's). */
int es_mention_decode(struct es_arena *arena, const char *ptr, size_t len, struct es_mention *out,
		      struct earshot_error *error) EARSHOT_MUST_USE;
void es_mention_encode(struct es_buf *out, const struct es_mention *mention);
/* The mention's own members alone, `"topics":[...],...,"label":"negative"`,
 * without a comma at either end: what es_post_splice() takes. Topics are always
 * written, even []. */
void es_mention_members(struct es_buf *out, const struct es_mention *mention);
/* The sentiment object alone: {"label":...}. */
void es_sentiment_encode(struct es_buf *out, const struct earshot_sentiment *sentiment);
/* The same with what would flip it as member "flip": {"label", "raw", "without": [parts]}, absent
 * where nothing would. */
void es_explained_encode(struct es_buf *out, const struct earshot_sentiment *sentiment,
			 const struct earshot_flip *flip);

/* ---- searches: one query over records (late.c, search.c) ---- */

/* Of a record of the label topics or an item of the desk (src/desk/API.md): what it says beside
 * its post, and the label that counts with the score (NaN where there is none). A member that is
 * absent, or of another type than ours, says nothing. Views into the record or the arena. NOMEM;
 * DATA where it is no JSON object. */
int es_late_read(struct es_arena *arena, const char *ptr, size_t len, struct earshot_late *late,
		 struct earshot_sentiment *sentiment, struct earshot_error *error) EARSHOT_MUST_USE;

/* What there is to say about a query, as one line of JSON: {"valid", "errors": [{code, start, end,
 * message, mend}], "warnings": [...]}, places in bytes; strict also has "notes", which the suite
 * that it follows does not give. Returns 0, QUERY, LIMIT or NOMEM (check.c). */
int es_query_check(struct earshot_str query, enum earshot_layer layer, bool strict,
		   struct es_buf *out);

struct es_search {
	struct earshot_queries *set; /* the query alone; its id is "q" */
	struct earshot_matcher *matcher;
	bool beside;              /* it asks for more than the post */
	struct earshot_late late; /* of the record at hand */
	struct earshot_sentiment sentiment;
};

/* What the read model knows better than the record of a mention. */
struct es_search_over {
	enum earshot_label label;
	struct earshot_str cluster;
	bool duplicate;
};

/* QUERY, LIMIT with column, text and hint; NOMEM. Nothing is left to release on error. */
int es_search_init(struct es_search *search, struct earshot_str text, bool strict,
		   struct earshot_error *error) EARSHOT_MUST_USE;
void es_search_release(struct es_search *search);
/* Does the record, and the post that was read from it, answer the query: one hit or none, until
 * the next call; arena, record and post must live as long. `over` may be NULL. NOMEM, DATA. */
int es_search_match(struct es_search *search, struct es_arena *arena,
		    const struct earshot_post *post, struct earshot_str record,
		    const struct es_search_over *over, struct earshot_hits *hits,
		    struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- the slicer (slice.c) ---- */

/*  {"id":"..","text":"..","label":"x","foo":1}
 *                        ^---- cut ---^      ^ close
 */
struct es_cut {
	size_t from, to; /* bytes of the record; commas included */
};

/* Members that a mention adds; they are cut where a record has them already. */
#define ES_RESULT_MEMBERS(X) \
	X(TOPICS, "topics") \
	X(THEMES, "themes") \
	X(STAGE, "stage") \
	X(SENTIMENT, "sentiment") \
	X(TARGETS, "targets") \
	X(SIMHASH, "simhash") \
	X(MARKS, "marks") \
	X(FLAGS, "flags") X(SCORED_AT, "scored_at") X(LABEL, "label") X(MACHINE, "machine")
/* NULLS: members of a post that are null are cut (absent and null mean the same),
 * so that a value may be spliced in. NULL_RATING: "rating" alone. */
enum es_result_member {
#define X(name, text) ES_RESULT_##name,
	ES_RESULT_MEMBERS(X)
#undef X
		ES_RESULT_NULLS,
	ES_RESULT_NULL_RATING,
	ES_RESULTS
};
#define ES_CUT(name) (1u << ES_RESULT_##name)
#define ES_CUT_ALL   ((1u << ES_RESULTS) - 1)
/* Not among them: who gives a record out anew says these two himself. */
#define ES_CUT_REV (1u << ES_RESULTS)
#define ES_CUT_OP  (2u << ES_RESULTS)

#define ES_CUTS_MAX 64 /* more than there are members that we know; each is cut once */

struct es_slice {
	struct earshot_post post; /* views into the record or the arena */
	struct es_cut cuts[ES_CUTS_MAX];
	size_t n_cuts;
	size_t close; /* of the last brace */
	bool empty;   /* nothing is left between the braces */
	bool rated;   /* a member "rating" is left, whatever it says */
};

struct es_slice_options {
	/* Which of the result members to cut (ES_CUT(SENTIMENT), ES_CUT_ALL). */
	unsigned cut;
	/* Lines of strangers (`earshot score`, `match`): a known member other than
	 * title and text that has another type or value than ours counts as absent.
	 * Off: DATA, as es_post_decode. */
	bool lenient;
};

/* Strict JSON (RFC 8259, valid UTF-8, nesting at most 2048, integers within 64
 * bits), one object. Accepts what es_post_decode accepts, with the same values; beyond that
 * only a member that is not ours may stand twice (nobody reads it). */
int es_post_slice(struct es_arena *arena, const char *ptr, size_t len,
		  const struct es_slice_options *options, struct es_slice *out,
		  struct earshot_error *error) EARSHOT_MUST_USE;
/* Appends the record without its cuts and with `members` ("a":1,"b":2; may be
 * empty) before the last brace. */
void es_post_splice(struct es_buf *out, const char *ptr, const struct es_slice *slice,
		    struct earshot_str members);

/* ---- reviews: what people decide (review.c) ---- */

/* label: the label is `label`. not_us: not about the brand. done: handled; it
 * replaces the agent's earlier record under the same key, so it carries the
 * label where that shall stand. undo: as if this agent had decided nothing. */
#define ES_DECISIONS(X) \
	X(LABEL, "label") X(NOT_US, "not_us") X(SPAM, "spam") X(DONE, "done") X(UNDO, "undo")

enum es_decision {
	ES_DECISION_UNSET,
#define X(name, text) ES_DECISION_##name,
	ES_DECISIONS(X)
#undef X
};

/* One agent's decision on one post, and what was seen when it was made. */
struct es_review {
	struct earshot_str post;  /* post id */
	struct earshot_str agent; /* user name; 1 to 128 bytes */
	enum es_decision decision;
	enum earshot_label label; /* LABEL; may stand with DONE */
	struct {
		int64_t rev;              /* of the record; EARSHOT_NONE = unknown */
		enum earshot_label label; /* as shown */
		enum earshot_label machine;
		struct earshot_str lexicon;
	} base;
	struct earshot_str note; /* the agent's words; may be absent */
	int64_t at;              /* ms */
};

const char *es_decision_name(enum es_decision decision);
enum es_decision es_decision_of(const char *ptr, size_t len);
int es_review_decode(struct es_arena *arena, const char *ptr, size_t len, struct es_review *out,
		     struct earshot_error *error) EARSHOT_MUST_USE;
void es_review_encode(struct es_buf *out, const struct es_review *review);
/* Record key: post id "/" agent; the partition key is the post id alone. ptr
 * NULL: no memory. */
struct earshot_str es_review_key(struct es_arena *arena, struct earshot_str post,
				 struct earshot_str agent);
/* Takes a key apart; false where it is none. */
bool es_review_key_parse(struct earshot_str key, struct earshot_str *post,
			 struct earshot_str *agent);

/* The table of reviews, by the rule that worker, view and desk share: per post
 * the newest decision (by `at`, then by agent) of those that stand; UNDO and a
 * tombstone withdraw the agent's; DONE without a label says nothing about the post but
 * that it was handled; DONE with one is a LABEL. Holds copies. */
struct es_reviews;
struct es_reviews *es_reviews_new(void); /* NULL: no memory */
void es_reviews_free(struct es_reviews *reviews);
/* A record of topic `reviews`; value NULL = a tombstone. DATA where key or value
 * is none of ours (the table is unaltered), NOMEM. */
int es_reviews_put(struct es_reviews *reviews, struct earshot_str key, const char *value,
		   size_t len, struct earshot_error *error) EARSHOT_MUST_USE;
/* What stands for a post: UNSET where nobody has decided; `label` may be NULL. */
enum es_decision es_reviews_get(const struct es_reviews *reviews, struct earshot_str post,
				enum earshot_label *label);
/* Has somebody decided anything on it that was not withdrawn, DONE without a label too: it
 * waits for nobody. */
bool es_reviews_handled(const struct es_reviews *reviews, struct earshot_str post);
size_t es_reviews_size(const struct es_reviews *reviews); /* decisions that stand */

/* ---- settings: what holds for everybody (setting.c) ---- */

/* A record of topic `settings`: key = kind "/" id, value = {kind, id, rev, at, by, ...}.
 * Whoever writes a kind adds the members it needs behind these. */
struct es_setting {
	struct earshot_str kind; /* "optout", "replay", "demo"; 1 to 64 of a-z, 0-9, '-', '_' */
	struct earshot_str id;   /* 1 to 512 bytes */
	int64_t rev;             /* rises with every change; ms of the change, or 1, 2, 3 */
	int64_t at;              /* ms; EARSHOT_NONE = not said */
	struct earshot_str by;   /* who wrote it: a user, or the room or command that did */
};

/* Record key; ptr NULL: no memory. */
struct earshot_str es_setting_key(struct es_arena *arena, const struct es_setting *setting);
/* Takes a key apart; false where it is none. */
bool es_setting_key_parse(struct earshot_str key, struct earshot_str *kind, struct earshot_str *id);
/* Appends the value. `members`: what the kind adds, "a":1,"b":2; may be empty. */
void es_setting_encode(struct es_buf *out, const struct es_setting *setting,
		       struct earshot_str members);
/* The five members of a value; the others are passed over, `at` and `by` may be absent.
 * DATA, NOMEM. */
int es_setting_decode(struct es_arena *arena, const char *ptr, size_t len, struct es_setting *out,
		      struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- channels: the one list ----
 *
 * Where a source's posts come from; each has a label in three languages (src/web/i18n). The first
 * ones are networks and stores, the others are for what has no name of its own here. */
#define ES_CHANNELS \
	"x|mastodon|bluesky|threads|reddit|lemmy|instagram|facebook|youtube|tiktok|linkedin|" \
	"telegram|hackernews|stackexchange|github|app_store|google_play|trustpilot|" \
	"google_business|news|press|blog|cafe|forum|community|social|video|podcast|web|review|" \
	"complaints|messenger|whatsapp|kakaotalk|chat|email|call|ticket|survey|form|store|" \
	"employee|feed|import"

/* ---- answers of APIs (expr_parse.c, expr.c, page.c) ----
 *
 * An expression says where a value stands in an answer of JSON:
 *
 *   title + '\n' + body^html | summary     the first choice that is not empty; + joins
 *   account.acct                           members, from the item
 *   $.meta.newest_id  @.base               from the whole answer; from what the source gives
 *   $                                      the whole answer
 *   entry[] entry[0] entry[-1]             each element, the first, the last
 *   answers[type='text'].text              those whose member says so
 *   $.users[id=author_id].name             ... what the item says
 *   'ko'                                   a text
 *   "https://example.org/{id^url}"         a text with paths; nothing where one has nothing;
 *                                          {{ and }} are { and }
 *   value^html^after:'/'                   filters: html (to plain text), after:'X', before:'X'
 *                                          (the last X), map:'a=b,*=c', us (microseconds), less:'N'
 *                                          (a number made smaller), url (percent-encoded),
 *                                          time:'%Y-%m-%d' (a date, or seconds or milliseconds
 *                                          since 1970, written anew in UTC), number (of a JSON
 *                                          body: without quotes)
 *
 * Compiled ones lie in the arena, are never changed and may be shared by threads. */

#define ES_EXPR_MAX 4096u /* bytes of one */
struct es_expr;
/* CONFIG with the byte from 1 in `column` and a hint; NOMEM. */
int es_expr_compile(struct es_arena *arena, struct earshot_str text, struct es_expr **out,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* The same for a text with {paths} that stands without its quotes. */
int es_expr_template(struct es_arena *arena, struct earshot_str text, struct es_expr **out,
		     struct earshot_error *error) EARSHOT_MUST_USE;

/* The first member of every path in it. */
typedef void es_expr_name_fn(void *ctx, struct earshot_str name);
void es_expr_names(const struct es_expr *expr, es_expr_name_fn *fn, void *ctx);

/* Is it one path with ^number as its last filter? */
bool es_expr_is_number(const struct es_expr *expr);

/* Appends what it comes to where the item is an object of these texts; false where that is
 * nothing. Failure is es_buf_ok(). */
struct es_named {
	struct earshot_str name, value;
};
bool es_expr_fill(const struct es_expr *expr, const struct es_named *values, size_t n,
		  struct es_buf *out);

struct es_page_field {
	struct earshot_str name; /* of a post's field ("author.handle"), or of a value */
	const struct es_expr *from;
	struct earshot_str is; /* where, skip: the text that it must be; "*" = any */
};

/* How a page of answers becomes lines of JSON, a post each, as a source of kind jsonl brings
 * them. */
struct es_page {
	const struct es_expr *items;     /* paths to the items: "hits[]"; NULL: the answer is one */
	const struct es_page_field *map; /* fields of the post */
	const struct es_page_field *where; /* all must hold, or the item is passed over */
	const struct es_page_field *skip;  /* none may hold */
	const struct es_page_field *asks;  /* values of the whole answer, for the next request */
	size_t n_map, n_where, n_skip, n_asks;
};

struct es_page_result {
	bool there;             /* the list of items was there, be it empty */
	bool bare;              /* the answer is {} or null */
	int64_t items, skipped; /* found; passed over by where and skip */
	int64_t empty;          /* without anything to say */
	int64_t big;            /* a line of more than ES_LIMIT_LINE each */
	int64_t lost;           /* the map leads to no id, or nowhere that could say anything */
	int64_t lines;
};

/* `values`: what @. finds. Called for every value of `asks` that the answer has. */
typedef void es_page_value_fn(void *ctx, struct earshot_str name, struct earshot_str value);
/* Of one answer: values (lists and objects too), and elements that are looked at until all is
 * found: `$.users[id=author_id]` goes through all users for each item. */
#define ES_PAGE_VALUES_MAX 1000000u
#define ES_PAGE_LOOKS_MAX  10000000
/* Appends the lines. DATA (no JSON, with line and column), NOMEM; LIMIT where `lines` would be
 * longer than its limit, or the answer has more than the above. */
int es_page_read(const struct es_page *page, const struct es_named *values, size_t n_values,
		 const char *ptr, size_t len, struct es_buf *lines, es_page_value_fn *fn, void *ctx,
		 struct es_page_result *result, struct earshot_error *error) EARSHOT_MUST_USE;

/* What somebody sends (lines.c): an object, a list of objects, or several of these behind each
 * other, strict JSON in UTF-8 -> a line each. DATA and LIMIT with what is wrong and where: then
 * nothing of it is to be used. NOMEM. */
int es_lines_read(struct earshot_str text, struct es_buf *lines,
		  struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- CloudEvents 1.0, Kafka binding, binary mode (event.c) ---- */

struct es_cloudevent {
	const char *type;           /* "post", "mention", "review": io.earshot.<type>.v1 */
	struct earshot_str source;  /* "/earshot/<instance>/<source id or room>" */
	struct earshot_str id;      /* of the thing: the post id, the review's key */
	int64_t rev;                /* EARSHOT_NONE: no rev header */
	struct earshot_str subject; /* may be absent */
	int64_t time_ms;
	bool null; /* a tombstone: no content-type */
};

#define ES_CLOUDEVENT_HEADERS 8
/* Fills headers[] and returns how many: ce_specversion, ce_type, ce_source,
 * ce_id (id, or id/rev), ce_time, ce_subject, content-type, rev. Values lie in
 * the arena or are borrowed from `event`. 0 where there is no memory. */
size_t es_cloudevent_headers(struct es_arena *arena, const struct es_cloudevent *event,
			     struct es_header headers[ES_CLOUDEVENT_HEADERS]);

/* ---- dead letters ---- */

/* Header names of topic `deadletter`, for every room that writes there; behind the prefix
 * they are those of Kafka Connect's dead letters (`__connect.errors.`), where that has one.
 * From the worker: original key, value and headers stand beside them untouched (without a
 * key: topic/partition:offset). From collect: the key is the hash of the record, the value
 * its redacted text. */
#define ES_DEAD_KEY       "%s/%d:%lld" /* of a record without one: topic, partition, offset */
#define ES_DEAD_KEY_MAX   330
#define ES_DEAD_PREFIX    "earshot.errors."
#define ES_DEAD_STAGE     "earshot.errors.stage" /* "collect", "slice", "match", ... */
#define ES_DEAD_CODE      "earshot.errors.exception.class.name" /* "DATA" */
#define ES_DEAD_MESSAGE   "earshot.errors.exception.message"    /* for people */
#define ES_DEAD_TOPIC     "earshot.errors.topic"      /* without prefix; not from collect */
#define ES_DEAD_PARTITION "earshot.errors.partition"  /* decimal; not from collect */
#define ES_DEAD_OFFSET    "earshot.errors.offset"     /* decimal; collect: bytes before it */
#define ES_DEAD_SOURCE    "earshot.errors.source"     /* collect: the source id */
#define ES_DEAD_SEEN      "earshot.errors.first_seen" /* RFC 3339 */
#define ES_DEAD_ATTEMPTS  "earshot.errors.attempts"   /* decimal; more than 1 after a replay */
#define ES_DEAD_REPLAYED  "earshot.errors.replayed"   /* partition:offset of the letter before */
/* Only where the original did not fit: its length and SHA-256; value = its first
 * ES_DEAD_HEAD bytes. */
#define ES_DEAD_SIZE   "earshot.errors.size"
#define ES_DEAD_SHA256 "earshot.errors.sha256"
#define ES_DEAD_HEAD   (64u * 1024)
/* ce_type of a letter whose record had no CloudEvents headers of its own. */
#define ES_DEAD_TYPE "deadletter"

#endif
