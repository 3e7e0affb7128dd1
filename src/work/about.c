/* SPDX-License-Identifier: MIT
 *
 * about.c - what a mention says beside its label: the sentiment towards each brand, marks of noise.
 */
#include <math.h>

#include "score/score.h"
#include "work/inside.h"

/* The number of the brand among the targets, a new one where there is room; else -1. */
static int target_of(struct es_mention_target *targets, size_t *n, struct earshot_str brand)
{
	for (size_t i = 0; i < *n; i++)
		if (es_str_eq(targets[i].brand, brand))
			return (int)i;
	if (!brand.len || *n == ES_TARGETS_MAX)
		return -1;
	targets[*n].brand = brand;
	return (int)(*n)++;
}

int es_work_targets(struct es_worker *worker, struct es_mention *mention,
		    const struct es_analysis *title, const struct es_analysis *text,
		    const struct earshot_hits *topics, struct earshot_error *cause)
{
	struct es_arena *arena = &worker->arena;
	struct es_target scored[ES_TARGETS_MAX];
	struct es_place *places = NULL;
	size_t n = 0, n_places = 0, most = 0;
	struct es_mention_target *targets =
		es_arena_zalloc(arena, ES_TARGETS_MAX, sizeof(*targets));
	if (!targets)
		return es_err_nomem(cause);
	for (size_t i = 0; i < topics->n; i++) {
		(void)target_of(targets, &n, topics->at[i].query->brand);
		most += mention->topics[i].n_spans;
	}
	if (n > 1 && !(places = es_arena_alloc(arena, (most + 1) * sizeof(*places))))
		return es_err_nomem(cause);
	for (size_t i = 0; n > 1 && i < topics->n; i++) {
		const struct es_mention_topic *topic = &mention->topics[i];
		int brand = target_of(targets, &n, topics->at[i].query->brand);
		for (size_t k = 0; brand >= 0 && k < topic->n_spans; k++)
			places[n_places++] =
				(struct es_place){ (unsigned)brand, topic->spans[k].in,
						   topic->spans[k].start, topic->spans[k].len };
	}
	int rc = es_score_targets(worker->scorer, title, text, &mention->sentiment, places,
				  n_places, n, scored, cause);
	for (size_t i = 0; i < n && rc == 0; i++) {
		targets[i].label = scored[i].label;
		targets[i].score = scored[i].score;
	}
	mention->targets = targets;
	mention->n_targets = n;
	return rc;
}

/* ---- marks ---- */

/* Does the rating say the opposite of the text? At an end are two of five stars and less, four and
 * more. A rating that does not say of how many is one of five where it can be, else none. */
static bool mismatch(const struct es_mention *mention)
{
	const struct earshot_rating *rating = &mention->post.rating;
	double min = isfinite(rating->min) ? rating->min : 1;
	double max = isfinite(rating->max) ? rating->max : rating->value <= 5 ? 5 : NAN;
	double share = (rating->value - min) / (max - min);
	if (!(share >= 0 && share <= 1))
		return false;
	return (share <= 0.25 && mention->sentiment.label == EARSHOT_POSITIVE) ||
	       (share >= 0.75 && mention->sentiment.label == EARSHOT_NEGATIVE);
}

int es_work_marks(struct es_worker *worker, struct es_mention *mention,
		  const struct earshot_hits *themes, struct earshot_error *cause)
{
	const struct earshot_str prefix = ES_STR(ES_MARK_PREFIX);
	struct earshot_str *marks =
		es_arena_alloc(&worker->arena, (themes->n + 1) * sizeof(*marks));
	size_t n = 0;
	if (!marks)
		return es_err_nomem(cause);
	for (size_t i = 0; i < themes->n; i++) {
		struct earshot_str id = themes->at[i].query->id;
		/* several queries of one mark stand one after another, as those of a theme do */
		if (i && es_str_eq(id, themes->at[i - 1].query->id))
			continue;
		if (es_str_starts(id, prefix))
			marks[n++] = es_str(id.ptr + prefix.len, id.len - prefix.len);
	}
	if (mismatch(mention))
		marks[n++] = ES_STR("mismatch");
	mention->marks = (struct earshot_strs){ marks, n };
	return 0;
}
