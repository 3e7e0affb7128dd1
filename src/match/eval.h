/* SPDX-License-Identifier: MIT
 *
 * eval.h - one post under evaluation. Inside of the room only.
 *
 * All arrays belong to the matcher and are kept from post to post: an entry
 * counts only where its stamp is that of the post, so nothing is cleared.
 *
 * Tokens have one number over both streams: those of the text begin behind those of the
 * title, with one number left out in between.
 */
#ifndef ES_MATCH_EVAL_H
#define ES_MATCH_EVAL_H

#include "match/set.h"

/* Places kept of one pattern in one post, and spans given out for one query.
 * Enough to mark a text by; a truth value never depends on it. */
#define ES_PLACES_MAX 256

/* Places kept in one post of all patterns that stand beside NEAR (32 MB); those behind
 * them are not seen by NEAR. A text of 256 KiB has at most 131,072 words. */
#define ES_FOUND_MAX (1u << 20)
/* Places that the ops of one query may hold in one post; a query that needs more is off
 * for that post. */
#define ES_NEAR_WORK_MAX (1u << 22)

struct es_found {
	uint32_t pattern, before; /* index of the one before of this pattern */
	struct earshot_span span;
	uint32_t first, last; /* tokens */
};

/* A place as near.c compares it, and the places of one op, by first and last token. */
struct es_spot {
	uint32_t first, last, found;
};

/* Of a token, in words: where its word begins, where it ends, its sentence. */
struct es_word {
	uint32_t from, to, sentence;
};

struct es_spots {
	const struct es_spot *at;
	uint32_t n;
	bool known;
};

/* What expressions run on. */
struct es_nfc {
	struct earshot_str text;
	bool same; /* it is the original byte by byte */
};

enum es_off { ES_OFF_NO, ES_OFF_REGEX, ES_OFF_NEAR };

/* Of one pattern in this post. */
struct es_seen {
	uint32_t stamp, last, n;
	uint8_t scopes; /* ES_SCOPE_* in which it was found */
	bool lazy;      /* the walk does not find it: see set.h */
};

static inline void es_seen_begin(struct es_seen *seen, uint32_t stamp)
{
	*seen = (struct es_seen){ .stamp = stamp, .last = ES_NOWHERE, .lazy = seen->lazy };
}

/* The tokens of the post by their keys, for lazy patterns:
 *   heads [ first ] -> words [ key | token | next ] -> ...   in the order of the post */
struct es_indexed {
	uint64_t key;
	uint32_t token, next;
	uint8_t in; /* enum earshot_in */
	bool body;  /* behind the sign of a tag */
};

struct es_index {
	struct es_indexed *words;
	uint32_t *heads, n;
	uint64_t mask;
	bool ready;
};

/* The queries to evaluate, a bit each in the order of adding, of all layers; in `groups` a
 * bit for 64 of them. */
struct es_woken {
	uint64_t *queries, *groups;
	size_t n_groups; /* words of `groups` */
};

static inline void es_wake(struct es_woken *woken, uint32_t query)
{
	woken->queries[query / 64] |= 1ull << (query % 64);
	woken->groups[query / 4096] |= 1ull << (query / 64 % 64);
}

struct es_results {
	struct earshot_hit *hits;
	struct earshot_span *spans;
	size_t n_hits, cap_hits, n_spans, cap_spans;
};

struct earshot_matcher {
	const struct earshot_queries *set;
	struct es_arena arena; /* of one post */
	uint32_t stamp;
	/* the post */
	const struct earshot_post *post;
	const struct es_analysis *title, *text;
	const struct earshot_sentiment *sentiment;
	struct earshot_str stage;
	const struct earshot_late *late; /* may be NULL */
	enum es_language language;       /* of the post, decided when first asked for */
	bool language_known, has_link, has_question;
	bool no_spans; /* hits are to have none */
	/* the walk */
	struct es_seen *seen; /* one a pattern */
	struct es_found *found;
	size_t n_found, cap_found;
	struct es_woken woken;
	struct es_index index;
	bool nomem; /* met while evaluating */
	struct es_results results[ES_LAYERS];
	const struct es_set_query *query; /* at hand */
	/* words near each other; of one query but for words and sentences */
	struct es_arena near;
	const struct es_word *words;            /* by token; made when first asked for */
	const struct es_set_query *spots_query; /* that they are of */
	struct es_spots *spots;                 /* by op of the query; the same */
	size_t spots_used;
	/* regular expressions */
	struct es_regex_run regex;
	uint32_t *regex_stamps; /* one an expression */
	bool *regex_truths;
	struct es_nfc nfc[2]; /* of title and text, made when first asked for */
	/* queries over a limit */
	enum es_off off; /* the one at hand */
	uint64_t n_off;
	const struct earshot_query *last_off;
	enum es_off last_off_why;
};

/* walk.c: looks for every pattern of the set that is not lazy. Returns 0 or NOMEM. */
int es_walk(struct earshot_matcher *matcher, enum earshot_in in);
/* Looks a lazy pattern up, the first time that it is asked for; may set matcher->nomem. */
const struct es_seen *es_seen_lazy(struct earshot_matcher *matcher, uint32_t pattern);
extern const struct es_seen es_seen_nowhere;

/* Of a pattern; scopes 0 = not in the post. */
static inline const struct es_seen *es_seen_of(struct earshot_matcher *matcher, uint32_t pattern)
{
	const struct es_seen *seen = &matcher->seen[pattern];
	if (seen->stamp == matcher->stamp)
		return seen;
	return seen->lazy ? es_seen_lazy(matcher, pattern) : &es_seen_nowhere;
}

enum es_language es_post_language(struct earshot_matcher *matcher);

/* cond.c */
bool es_cond_true(struct earshot_matcher *matcher, const struct es_cond *cond);

/* eval.c: evaluates the candidates of a layer into results. Returns 0 or NOMEM. */
int es_evaluate(struct earshot_matcher *matcher, enum earshot_layer layer);
/* Makes ready for the ops of a query; then whether an op is true, and its spans (of a
 * true op only; false = no memory). */
void es_truth_begin(struct earshot_matcher *matcher, const struct es_set_query *query);
bool es_truth(struct earshot_matcher *matcher, uint32_t op);
bool es_truth_spans(struct earshot_matcher *matcher, struct es_results *results, uint32_t op);
bool es_span_add(struct es_results *results, const struct earshot_span *span);
/* Sorted by place, each once, at most ES_PLACES_MAX. */
size_t es_spans_tidy(struct earshot_span *spans, size_t n);

/* near.c: of an op that looks at places. Over a limit they set matcher->off. */
bool es_near_true(struct earshot_matcher *matcher, uint32_t op);
bool es_near_spans(struct earshot_matcher *matcher, struct es_results *results, uint32_t op);
/* Fewest words between a place of one operand and one of the other, -1 where they do not
 * both have one in the same stream. NEAR only; for explanations. */
int64_t es_near_distance(struct earshot_matcher *matcher, uint32_t op);

/* regex_eval.c: of a REGEX op. */
bool es_regex_true(struct earshot_matcher *matcher, const struct es_op *op);
bool es_regex_spans(struct earshot_matcher *matcher, struct es_results *results,
		    const struct es_op *op);

#endif
