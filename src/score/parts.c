/* SPDX-License-Identifier: MIT */
#include "score/parts.h"

#include <stdlib.h>

/* The rule of a part that was learnt: told by its address. */
static const char rule_learnt[] = "learnt";

static uint32_t heft(const struct earshot_part *part)
{
	return (uint32_t)abs(part->weight) + (uint32_t)abs(part->neutrality);
}

/* Keeps the heaviest `max` parts in order, the lightest last: insertion into a
 * short list. Returns what fell out, or the part itself. */
static struct earshot_part keep(struct earshot_part *parts, size_t *n, size_t max,
				struct earshot_part part)
{
	size_t at = *n;
	struct earshot_part out = { .rule = "rest" };
	while (at > 0 && heft(&parts[at - 1]) < heft(&part))
		at--;
	if (*n == max) {
		if (at == max)
			return part;
		out = parts[max - 1];
	} else
		(*n)++;
	memmove(&parts[at + 1], &parts[at], (*n - 1 - at) * sizeof(*parts));
	parts[at] = part;
	return out;
}

/* The sums of a post, and the parts that are kept of it. */
struct sums {
	int64_t polarity, neutrality, total;
	struct earshot_part *parts; /* NULL where no reasons are wanted */
	struct earshot_part rest;
	size_t n, max, left;
};

/* Far from the ends of int32_t, so that no order of adding overflows: what hostile
 * megabytes say beyond it adds nothing. */
#define SUM_LIMIT (INT32_MAX / 4)

static bool add(struct sums *sums, const struct earshot_part *part)
{
	if (part->weight == 0 && part->neutrality == 0)
		return true;
	sums->total += llabs(part->weight) + llabs(part->neutrality);
	if (sums->total > SUM_LIMIT)
		return false;
	sums->polarity += part->weight;
	sums->neutrality += part->neutrality;
	if (!sums->parts)
		return true;
	struct earshot_part out = keep(sums->parts, &sums->n, sums->max, *part);
	sums->left += out.weight != 0 || out.neutrality != 0;
	sums->rest.weight += out.weight;
	sums->rest.neutrality += out.neutrality;
	return true;
}

int es_parts_add_up(struct es_arena *arena, size_t max_why, const struct hits *hits,
		    const struct learnt_hits *learnt, const struct es_learnt_scale *scale,
		    struct earshot_sentiment *out, struct earshot_error *error)
{
	struct sums sums = { .polarity = scale->bias_polarity,
			     .neutrality = scale->bias_neutrality,
			     .rest = { .rule = "rest" },
			     .max = max_why };
	if (max_why) {
		sums.parts = es_arena_alloc(arena, (sums.max + 2) * sizeof(*sums.parts));
		if (!sums.parts)
			return es_err_nomem(error);
	}
	struct learnt_factors factors;
	es_learnt_factors(scale, hits, &factors);
	bool more = true;
	for (size_t i = 0; more && i < hits->n; i++) {
		const struct hit *hit = &hits->at[i];
		struct earshot_part part = { .in = hit->in,
					     .start = hit->start,
					     .len = hit->len,
					     .term = hit->entry ? hit->entry->text : ES_STR(""),
					     .rule = hit->rule };
		es_learnt_scaled(&factors, hit, &part.weight, &part.neutrality);
		more = add(&sums, &part);
	}
	for (size_t i = 0; more && i < learnt->n; i++) {
		const struct learnt_hit *hit = &learnt->at[i];
		struct earshot_part part = { .in = hit->in,
					     .start = hit->start,
					     .len = hit->len,
					     .term = { NULL, hit->slot }, /* till it is kept */
					     .rule = rule_learnt,
					     .weight = hit->polarity,
					     .neutrality = hit->neutrality };
		more = add(&sums, &part);
	}
	/* texts lie far from the cache: only those of the parts that stay are looked at */
	for (size_t i = 0; i < sums.n; i++) {
		struct earshot_part *part = &sums.parts[i];
		if (part->rule == rule_learnt)
			part->term = es_learnt_text(learnt->learnt, (uint32_t)part->term.len);
	}
	if (hits->given_at[EARSHOT_IN_TITLE] || hits->given_at[EARSHOT_IN_TEXT])
		for (size_t i = 0; i < sums.n; i++)
			es_hits_given(hits, &sums.parts[i]);
	sums.polarity += learnt->polarity;
	sums.neutrality += learnt->neutrality;
	if (sums.parts) {
		sums.parts[sums.n++] =
			(struct earshot_part){ .rule = "bias",
					       .weight = scale->bias_polarity,
					       .neutrality = scale->bias_neutrality };
		if (sums.left)
			sums.parts[sums.n++] = sums.rest;
	}
	out->polarity = (int32_t)sums.polarity;
	out->neutrality = (int32_t)sums.neutrality;
	out->why = sums.parts;
	out->n_why = sums.n;
	return EARSHOT_OK;
}
