/* SPDX-License-Identifier: MIT
 *
 * match.h - the room's outside header for the rooms of this project: the public
 * <earshot/match.h> and what the worker needs beside it, so that a post is
 * analysed once for matching and scoring.
 *
 * May use base, text and the structs of score.h.
 */
#ifndef ES_MATCH_H
#define ES_MATCH_H

#include <earshot/match.h>
#include "text/text.h"

/* As earshot_match, with the analyses of post->title and post->text ready. Either
 * may be NULL where the field is absent. They are read in layer TOPIC only, but
 * must live until the last layer of this post has been evaluated. */
int es_match_analysed(struct earshot_matcher *matcher, enum earshot_layer layer,
		      const struct earshot_post *post, const struct es_analysis *title,
		      const struct es_analysis *text, const struct earshot_sentiment *sentiment,
		      struct earshot_hits *out, struct earshot_error *error) EARSHOT_MUST_USE;

/* The journey stage of the post, for `stage:` in layer FLAG: set it after layer
 * THEME; the next TOPIC forgets it. Borrowed until then. */
void es_match_stage(struct earshot_matcher *matcher, struct earshot_str stage);

/* How often since `new` a query was off for a post (did not match, whatever it says)
 * because it passed a limit; the last such query and the reason, NULL before the first. */
uint64_t es_match_off(const struct earshot_matcher *matcher, const struct earshot_query **last,
		      const char **why);

/* Number of queries in a set, and the one at `i` in the order of adding. */
size_t es_queries_count(const struct earshot_queries *set);
const struct earshot_query *es_queries_at(const struct earshot_queries *set, size_t i);

#endif
