/* SPDX-License-Identifier: MIT
 *
 * match.h - which queries a post answers, and where.
 *
 * A query set is built once (new, add..., compile), is then immutable and may
 * be used by any number of threads, each with a matcher of its own (scratch
 * memory). Queries come in four layers: topics read the fields of the post;
 * themes may add `sentiment:` and `score:`; flags may add `theme:`, `topic:`
 * and `stage:`; searches (and alerts), over mentions as they are published and
 * kept, may add what is known only then: `is:spam` and other marks of noise,
 * `is:duplicate`, `cluster:`, `engagement:` and its parts. A field of a later
 * layer in an earlier one is a QUERY error. The language is that of
 * src/match/README.md.
 */
#ifndef EARSHOT_MATCH_H
#define EARSHOT_MATCH_H

#include <earshot/score.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EARSHOT_QUERY_MAX       (64 * 1024) /* bytes of one query */
#define EARSHOT_QUERY_DEPTH     64          /* nesting */
#define EARSHOT_QUERY_LEAVES    4096
#define EARSHOT_QUERY_WILDCARDS 256

enum earshot_layer {
	EARSHOT_LAYER_TOPIC,
	EARSHOT_LAYER_THEME,
	EARSHOT_LAYER_FLAG,
	EARSHOT_LAYER_SEARCH
};

/* One thing to say about a query. `code` is static and stable ("mixed"). */
struct earshot_query_note {
	const char *code;
	size_t start, end; /* bytes of the query */
	bool warning;      /* else an error */
	bool own;          /* a warning that the suite which `strict` follows does not give */
	char message[EARSHOT_ERROR_TEXT];
	char mend[EARSHOT_ERROR_HINT]; /* what to write instead; may be "" */
};
typedef void earshot_query_note_fn(void *ctx, const struct earshot_query_note *note);

/* Parses only: calls `note` for every error and warning, in order of position.
 * Returns 0 where the query is valid (warnings allowed), else QUERY or LIMIT. */
EARSHOT_API int earshot_query_check(const char *ptr, size_t len, enum earshot_layer layer,
				    bool strict, earshot_query_note_fn *note, void *ctx);

struct earshot_queries; /* a set */

struct earshot_query {
	size_t size;
	enum earshot_layer layer;
	bool strict;
	struct earshot_str id;    /* "acme-all" */
	struct earshot_str brand; /* brand that a topic belongs to; may be absent */
	struct earshot_str query;
	int64_t rev;
};

EARSHOT_API int earshot_queries_new(struct earshot_queries **out,
				    struct earshot_error *error) EARSHOT_MUST_USE;
EARSHOT_API void earshot_queries_free(struct earshot_queries *set);
/* Copies what it needs. QUERY with column (byte of the query, from 1), text and
 * hint; the set is unaltered on error. */
EARSHOT_API int earshot_queries_add(struct earshot_queries *set, const struct earshot_query *query,
				    struct earshot_error *error) EARSHOT_MUST_USE;
/* After this nothing can be added. */
EARSHOT_API int earshot_queries_compile(struct earshot_queries *set,
					struct earshot_error *error) EARSHOT_MUST_USE;

struct earshot_span {
	enum earshot_in in;
	uint32_t start, len; /* bytes in the field */
};

struct earshot_hit {
	const struct earshot_query *query; /* as it was added; lives as long as the set */
	const struct earshot_span *spans;
	size_t n_spans;
};

struct earshot_hits {
	const struct earshot_hit *at; /* in the order in which they were added */
	size_t n;
};

struct earshot_matcher; /* scratch: one per thread */

EARSHOT_API int earshot_matcher_new(struct earshot_matcher **out, const struct earshot_queries *set,
				    struct earshot_error *error) EARSHOT_MUST_USE;
EARSHOT_API void earshot_matcher_free(struct earshot_matcher *matcher);
/* Are hits to have their spans? They are if nothing is said. Without them a post costs less, for
 * who asks only which queries match. */
EARSHOT_API void earshot_matcher_spans(struct earshot_matcher *matcher, bool wanted);

/* What a mention says beside its post and its sentiment; what is not known is empty. */
struct earshot_late {
	size_t size;
	struct earshot_strs topics, brands, themes; /* ids */
	struct earshot_str stage;
	struct earshot_strs marks;  /* "spam", "bot", "sponsored", "mismatch" */
	struct earshot_str cluster; /* the group of near duplicates that it is of */
	bool duplicate;             /* it is not the first of that group */
};
/* For layer SEARCH: call it behind TOPIC; the next TOPIC forgets it. Borrowed until then. */
EARSHOT_API void earshot_match_late(struct earshot_matcher *matcher,
				    const struct earshot_late *late);

/* Evaluates one layer. First TOPIC with the post; then THEME with the
 * sentiment; then FLAG, which sees the hits of the two before; then SEARCH,
 * which sees these and what earshot_match_late() says. A layer without queries
 * may be left out, but for TOPIC, which begins a new post. `sentiment` may be NULL in TOPIC. `out`
 * is valid until the next TOPIC call. Only NOMEM fails. */
EARSHOT_API int earshot_match(struct earshot_matcher *matcher, enum earshot_layer layer,
			      const struct earshot_post *post,
			      const struct earshot_sentiment *sentiment, struct earshot_hits *out,
			      struct earshot_error *error) EARSHOT_MUST_USE;

/* One operator or term of a query, and what became of it in one post. */
struct earshot_step {
	size_t depth;      /* 0 = the whole query; its parts are one deeper */
	const char *what;  /* "AND", "OR", "NOT", "NEAR", "~", "within:sentence", "term",
			      "field", "regex" */
	size_t start, end; /* bytes of the query */
	bool yes;
	int64_t allowed, nearest;         /* NEAR: words in between, allowed and fewest found; else,
					     and where an operand is not there, EARSHOT_NONE */
	const struct earshot_span *spans; /* of what is true; until the next step */
	size_t n_spans;
};
typedef void earshot_step_fn(void *ctx, const struct earshot_step *step);

/* Why a query of the set did or did not match: calls `step` for each operator and term,
 * in prefix order. The post, and for a theme or flag the layers before, must have been
 * evaluated; slow, and leaves all hits as they are. Only NOMEM fails. */
EARSHOT_API int earshot_match_explain(struct earshot_matcher *matcher,
				      const struct earshot_query *query, earshot_step_fn *step,
				      void *ctx, struct earshot_error *error) EARSHOT_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
