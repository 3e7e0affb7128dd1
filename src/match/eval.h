/* SPDX-License-Identifier: MIT
 *
 * eval.h - one post under evaluation. Inside of the room only.
 *
 * All arrays belong to the matcher and are kept from post to post: an entry
 * counts only where its stamp is that of the post, so nothing is cleared.
 */
#ifndef ES_MATCH_EVAL_H
#define ES_MATCH_EVAL_H

#include "match/set.h"

/* Places kept of one pattern in one post, and spans given out for one query.
 * Enough to mark a text by; a truth value never depends on it. */
#define ES_PLACES_MAX 256

#define ES_LAYERS 3

struct es_found {
	uint32_t pattern, before; /* index of the one before of this pattern */
	struct earshot_span span;
};

/* Of one pattern in this post. */
struct es_seen {
	uint32_t stamp, last, n;
	uint8_t scopes; /* ES_SCOPE_* in which it was found */
};

struct es_list { /* of query indices */
	uint32_t *at;
	size_t n, cap;
};

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
	enum es_language language; /* of the post, decided when first asked for */
	bool language_known, has_link, has_question;
	/* the walk */
	struct es_seen *seen;   /* one a pattern */
	uint32_t *query_stamps; /* one a query */
	struct es_found *found;
	size_t n_found, cap_found;
	struct es_list candidates[ES_LAYERS];
	struct es_results results[ES_LAYERS];
};

/* walk.c: looks for every pattern of the set. Returns 0 or NOMEM. */
int es_walk(struct earshot_matcher *matcher, const struct es_analysis *text, enum earshot_in in);
bool es_list_add(struct es_list *list, uint32_t value);
enum es_language es_post_language(struct earshot_matcher *matcher);

/* cond.c */
bool es_cond_true(struct earshot_matcher *matcher, const struct es_cond *cond);

/* eval.c: evaluates the candidates of a layer into results. Returns 0 or NOMEM. */
int es_evaluate(struct earshot_matcher *matcher, enum earshot_layer layer);

#endif
