/* SPDX-License-Identifier: MIT */
#include "score/parts.h"

#include <stdlib.h>

/* The sums of a post, and which of its hits are the heaviest. */
struct sums {
	int64_t polarity, neutrality, total;
	size_t told; /* hits that add anything */
	/* The heaviest `max`, the heaviest first: heft over the complement of the hit's number, so
	 * that of the same heft the first one is the greater. */
	uint64_t *kept;
	size_t n, max;
	uint64_t least; /* what is not greater is not kept */
};

static void keep(struct sums *sums, uint64_t one)
{
	size_t at = sums->n < sums->max ? sums->n++ : sums->max - 1;
	for (; at > 0 && sums->kept[at - 1] < one; at--)
		sums->kept[at] = sums->kept[at - 1];
	sums->kept[at] = one;
	if (sums->n == sums->max)
		sums->least = sums->kept[sums->max - 1];
}

/* Far from the ends of int32_t, so that no order of adding overflows: what hostile
 * megabytes say beyond it adds nothing. */
#define SUM_LIMIT (INT32_MAX / 4)

static inline bool add(struct sums *sums, int32_t weight, int32_t neutrality, size_t number)
{
	uint32_t heft = (uint32_t)abs(weight) + (uint32_t)abs(neutrality);
	if (heft == 0)
		return true;
	sums->total += heft;
	if (sums->total > SUM_LIMIT)
		return false;
	sums->polarity += weight;
	sums->neutrality += neutrality;
	sums->told++;
	uint64_t one = (uint64_t)heft << 32 | (UINT32_MAX - (uint32_t)number);
	if (one > sums->least)
		keep(sums, one);
	return true;
}

/* Hits are numbered from 0: those by hand, then those of what was learnt. */
static struct earshot_part part_of(const struct hits *hits, const struct learnt_hits *learnt,
				   const struct learnt_factors *factors, size_t number)
{
	struct earshot_part part;
	if (number < hits->n) {
		const struct hit *hit = &hits->at[number];
		part = (struct earshot_part){ .in = hit->in,
					      .start = hit->start,
					      .len = hit->len,
					      .term = hit->entry ? hit->entry->text : ES_STR(""),
					      .rule = hit->rule };
		es_learnt_scaled(factors, hit, &part.weight, &part.neutrality);
	} else {
		const struct learnt_hit *hit = &learnt->at[number - hits->n];
		part = (struct earshot_part){ .in = hit->in,
					      .start = hit->start,
					      .len = hit->len,
					      .term = es_learnt_text(learnt->learnt, hit->slot),
					      .rule = "learnt",
					      .weight = hit->polarity,
					      .neutrality = hit->neutrality };
	}
	if (hits->given_at[EARSHOT_IN_TITLE] || hits->given_at[EARSHOT_IN_TEXT])
		es_hits_given(hits, &part);
	return part;
}

/* The parts of what was kept, the bias and the rest. */
static int tell(struct es_arena *arena, const struct sums *sums, const struct hits *hits,
		const struct learnt_hits *learnt, const struct learnt_factors *factors,
		const struct es_learnt_scale *scale, struct earshot_sentiment *out,
		struct earshot_error *error)
{
	struct earshot_part *parts = es_arena_alloc(arena, (sums->n + 2) * sizeof(*parts));
	if (!parts)
		return es_err_nomem(error);
	int64_t polarity = sums->polarity - scale->bias_polarity;
	int64_t neutrality = sums->neutrality - scale->bias_neutrality;
	size_t n = 0;
	for (; n < sums->n; n++) {
		parts[n] = part_of(hits, learnt, factors, UINT32_MAX - (uint32_t)sums->kept[n]);
		polarity -= parts[n].weight;
		neutrality -= parts[n].neutrality;
	}
	parts[n++] = (struct earshot_part){ .rule = "bias",
					    .weight = scale->bias_polarity,
					    .neutrality = scale->bias_neutrality };
	if (sums->told > sums->n)
		parts[n++] = (struct earshot_part){ .rule = "rest",
						    .weight = (int32_t)polarity,
						    .neutrality = (int32_t)neutrality };
	out->why = parts;
	out->n_why = n;
	return EARSHOT_OK;
}

int es_parts_add_up(struct es_arena *arena, size_t max_why, const struct hits *hits,
		    const struct learnt_hits *learnt, const struct es_learnt_scale *scale,
		    struct earshot_sentiment *out, struct earshot_error *error)
{
	struct sums sums = { .polarity = scale->bias_polarity,
			     .neutrality = scale->bias_neutrality,
			     .max = max_why,
			     .least = max_why ? 0 : UINT64_MAX };
	if (max_why && !(sums.kept = es_arena_alloc(arena, max_why * sizeof(*sums.kept))))
		return es_err_nomem(error);
	struct learnt_factors factors;
	es_learnt_factors(scale, hits, &factors);
	bool more = true;
	for (size_t i = 0; more && i < hits->n; i++) {
		int32_t weight, neutrality;
		es_learnt_scaled(&factors, &hits->at[i], &weight, &neutrality);
		more = add(&sums, weight, neutrality, i);
	}
	for (size_t i = 0; more && i < learnt->n; i++)
		more = add(&sums, learnt->at[i].polarity, learnt->at[i].neutrality, hits->n + i);
	out->polarity = (int32_t)(sums.polarity + learnt->polarity);
	out->neutrality = (int32_t)(sums.neutrality + learnt->neutrality);
	if (max_why == 0)
		return EARSHOT_OK;
	return tell(arena, &sums, hits, learnt, &factors, scale, out, error);
}
