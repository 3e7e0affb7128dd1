/* SPDX-License-Identifier: MIT
 *
 * score.h - the outside header of the room `score` for other rooms; the public
 * side is <earshot/score.h>. May use base, text and lexicon.
 */
#ifndef ES_SCORE_H
#define ES_SCORE_H

#include "lexicon/lexicon.h"
#include <earshot/score.h>

/* As earshot_score(), for a caller who has analysed the fields already (es_analyse
 * of the whole title and the whole text; NULL = the field is absent). What the
 * analyses point to must live as long as `out` is used. */
int es_score_analysed(struct earshot_scorer *scorer, const struct es_analysis *title,
		      const struct es_analysis *text, struct earshot_str lang,
		      struct earshot_sentiment *out, struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- targets: the sentiment towards each brand of a post (targets.h says how) ---- */

#define ES_TARGETS_MAX 8 /* brands of one post */

/* Where a post names a brand, bytes in the field as given. */
struct es_place {
	unsigned brand; /* below ES_TARGETS_MAX */
	enum earshot_in in;
	uint32_t start, len;
};

struct es_target {
	enum earshot_label label;
	double score; /* -1..1 */
};

/* Of the post that this scorer has scored last, with the same fields: out[0] to out[n_brands - 1].
 * What is said of a brand is scored as a post of its own; a brand of which no word is said has the
 * post's own sentiment (`whole`, which stays valid). With one brand nothing is computed. Default
 * profile only. NOMEM only. */
int es_score_targets(struct earshot_scorer *scorer, const struct es_analysis *title,
		     const struct es_analysis *text, const struct earshot_sentiment *whole,
		     const struct es_place *places, size_t n_places, size_t n_brands,
		     struct es_target *out, struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- for learning: what a text is made of ---- */

/* A key of the learnt entries that the text has; `a` and `b` are its pieces of folded text,
 * b.ptr NULL where there is one. Those of one word come once for each word of the post that has
 * them, however often that stands there; those of several words once. */
struct es_feature {
	enum es_learnt_kind kind;
	uint64_t key;
	struct earshot_str a, b;
	bool may;          /* false = certainly none of the entries that are looked for */
	const char *as[2]; /* what the key has in place of a, b: all numbers are "0"; or NULL */
	const struct es_token *token; /* that was read when the key was complete */
};
typedef void es_feature_fn(void *ctx, const struct es_feature *feature);

/* What the hand-made packs and the rules say, unscaled, 1/1024: [0] hits as they stand in the
 * pack, [1] those that a rule has changed or made. */
struct es_hand {
	int32_t polarity[2], mass[2]; /* sums of the weights, and of their sizes */
	int32_t neutrality;
	uint32_t words; /* of the post */
};

/* Takes `text` apart as scoring in `language` would; any field may be absent. */
int es_score_features(struct earshot_scorer *scorer, enum es_language language,
		      const struct es_learnt_shape *shape, struct earshot_str text,
		      es_feature_fn *fn, void *ctx, struct es_hand *hand,
		      struct earshot_error *error) EARSHOT_MUST_USE;

#endif
