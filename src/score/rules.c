/* SPDX-License-Identifier: MIT
 *
 * rules.c - what words do to each other.
 *
 * Each rule is one pass over the hits, in the order of es_rules_apply(). What is a
 * negator or a booster, how far it reaches and what it does to a weight stands in the packs
 * (rules.tsv, grammar.tsv): a number is read as a member of struct es_grammar.
 */
#include "score/rules.h"

#include <math.h>
#include <stdlib.h>

#define ONE EARSHOT_WEIGHT_ONE

void es_rules_zone(struct hit *hit, const struct hit *by)
{
	uint32_t from = hit->start < by->start ? hit->start : by->start;
	uint32_t end = hit->start + hit->len, by_end = by->start + by->len;
	if (hit->zone_len && hit->zone < from)
		from = hit->zone;
	if (hit->zone_len && hit->zone + hit->zone_len > end)
		end = hit->zone + hit->zone_len;
	hit->zone = from;
	hit->zone_len = (by_end > end ? by_end : end) - from;
}

static void turn(struct hit *hit, const struct hit *by)
{
	es_rules_zone(hit, by);
	hit->turned++;
	hit->rule = hit->turned % 2 ? "negation" : "double negation";
}

/* Words as they stand in the pack; Turkish verbs with a negative ending turn. */
static void start(struct hit *hit, const struct es_grammar *grammar)
{
	switch (hit->entry->kind) {
	case ES_ENTRY_WORD:
	case ES_ENTRY_EITHER:
	case ES_ENTRY_MOOD:
	case ES_ENTRY_NEGATE_AFTER:
	case ES_ENTRY_WISH:
	case ES_ENTRY_WISH_AFTER:
	case ES_ENTRY_IRONY:
	case ES_ENTRY_POLITE:
	case ES_ENTRY_REQUEST:
		hit->weight = hit->entry->polarity;
		hit->neutrality = hit->entry->neutrality;
		break;
	case ES_ENTRY_RATING: /* also what is told by out-of: its share of the most is known */
	case ES_ENTRY_OUT_OF:
		hit->weight = es_rules_scaled(grammar->rating, hit->weight);
		hit->rule = "rating";
		es_rules_zone(hit, hit);
		break;
	default:
		hit->neutrality = hit->entry->kind == ES_ENTRY_BOOST ? 0 : hit->entry->neutrality;
	}
	if (hit->negative && es_rules_polar(hit))
		turn(hit, hit);
	bool wish = hit->entry->kind == ES_ENTRY_WISH || hit->entry->kind == ES_ENTRY_WISH_AFTER;
	if ((wish || es_rules_polar(hit)) && (hit->entry->n_tokens > 1 || hit->entry->spaces))
		es_rules_zone(hit, hit);
}

/* Praise in numbers too: "not 5 stars" */
static bool turns(const struct hit *hit)
{
	bool rating = hit->entry->kind == ES_ENTRY_RATING || hit->entry->kind == ES_ENTRY_OUT_OF;
	return es_rules_polar(hit) || (rating && hit->weight > 0);
}

/* Negators before: every word in reach, in the same clause, up to a contrast. */
static void negate_before(struct hits *hits, const struct es_grammar *grammar)
{
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *negator = &hits->at[i];
		if (negator->entry->kind != ES_ENTRY_NEGATE)
			continue;
		for (size_t k = i + 1; k < hits->n; k++) {
			struct hit *hit = &hits->at[k];
			if (hit->clause != negator->clause ||
			    hit->at > negator->end + grammar->reach_negate - 1)
				break;
			if (hit->entry->kind == ES_ENTRY_NEGATE ||
			    hit->entry->kind == ES_ENTRY_CONTRAST)
				break; /* its own to turn; "not cheap but great" */
			if (!turns(hit))
				continue;
			turn(hit, negator);
			negator->used = true;
		}
	}
}

/* Negators behind: the nearest word before them; light verbs too. */
static void negate_after(struct hits *hits, const struct es_grammar *grammar)
{
	for (size_t i = 1; i < hits->n; i++) {
		struct hit *negator = &hits->at[i];
		bool light = negator->entry->kind == ES_ENTRY_LIGHT;
		if (!(light && negator->negative) && negator->entry->kind != ES_ENTRY_NEGATE_AFTER)
			continue;
		uint32_t reach = light ? grammar->reach_light : grammar->reach_negate_after;
		for (size_t k = i; k-- > 0 && i - k < 8;) {
			struct hit *hit = &hits->at[k];
			if (hit->clause != negator->clause || hit->end + reach < negator->at + 1)
				break;
			if (!es_rules_polar(hit))
				continue;
			turn(hit, negator);
			negator->used = true;
			break;
		}
		if (negator->used) {
			negator->weight = 0;
			negator->neutrality = 0;
		}
	}
}

static void boost(struct hits *hits, const struct es_grammar *grammar)
{
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *booster = &hits->at[i];
		if (booster->entry->kind != ES_ENTRY_BOOST)
			continue;
		for (size_t k = i + 1; k < hits->n; k++) {
			struct hit *hit = &hits->at[k];
			if (hit->clause != booster->clause ||
			    hit->at > booster->end + grammar->reach_boost - 1)
				break;
			if (!es_rules_polar(hit))
				continue;
			hit->weight = es_rules_scaled(hit->weight, booster->entry->polarity);
			if (!hit->turned)
				hit->rule = "boosted";
			break;
		}
	}
}

static void turned(struct hits *hits, const struct es_grammar *grammar)
{
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (hit->drawn && es_rules_polar(hit))
			hit->weight = es_rules_scaled(hit->weight, grammar->drawn_out);
		if (hit->turned)
			hit->weight = es_rules_scaled(hit->weight, hit->turned % 2
									   ? grammar->turned
									   : grammar->turned_twice);
	}
}

static void before_contrast(struct hit *hit, const struct es_grammar *grammar)
{
	hit->weight = es_rules_scaled(hit->weight, grammar->before_contrast);
	hit->rule = "before a contrast";
}

/* "but": what stands before it in the sentence weighs half, once. */
static void contrast(struct hits *hits, const struct es_grammar *grammar)
{
	size_t first = 0;
	for (size_t i = 0; i < hits->n; i++) {
		while (hits->at[first].sentence != hits->at[i].sentence)
			first++;
		if (hits->at[i].entry->kind != ES_ENTRY_CONTRAST || i + 1 == hits->n)
			continue;
		int64_t before = 0;
		for (; first < i; first++)
			if (es_rules_polar(&hits->at[first])) {
				before += hits->at[first].weight;
				before_contrast(&hits->at[first], grammar);
			}
		/* what stands behind it decides, whatever was learnt of both together */
		for (size_t k = i + 1; before && grammar->contrast_decides && k < hits->n; k++) {
			struct hit *hit = &hits->at[k];
			if (hit->sentence != hits->at[i].sentence ||
			    hit->entry->kind == ES_ENTRY_CONTRAST) /* its own to decide */
				break;
			if (es_rules_polar(hit) && (hit->weight > 0) != (before > 0)) {
				es_rules_zone(hit, &hits->at[i]);
				break;
			}
		}
	}
}

/* "although": what stands behind it weighs half, to the end of the clause. */
static void concede(struct hits *hits, const struct es_grammar *grammar)
{
	uint32_t clause = 0;
	bool conceding = false;
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (hit->entry->kind == ES_ENTRY_CONCEDE) {
			conceding = true;
			clause = hit->clause;
		} else if (conceding && hit->clause == clause && es_rules_polar(hit))
			before_contrast(hit, grammar);
	}
}

/* Praise of what is not there: "I wish it were good", keşke, -면 좋겠. */
static bool miss(struct hit *hit, const struct hit *wish, const struct es_grammar *grammar)
{
	if (hit->clause != wish->clause || hit->entry->kind == ES_ENTRY_CONTRAST)
		return false;
	if (es_rules_polar(hit) && hit->weight > 0) {
		hit->weight = es_rules_scaled(hit->weight, grammar->wished);
		hit->rule = "wish";
		es_rules_zone(hit, wish);
	}
	return true;
}

static void wishes(struct hits *hits, const struct es_grammar *grammar)
{
	uint32_t reach = (uint32_t)grammar->reach_wish;
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *wish = &hits->at[i];
		if (wish->entry->kind == ES_ENTRY_WISH)
			for (size_t k = i + 1; k < hits->n && hits->at[k].at < wish->end + reach;
			     k++)
				if (!miss(&hits->at[k], wish, grammar))
					break;
		if (wish->entry->kind == ES_ENTRY_WISH_AFTER)
			for (size_t k = i; k-- > 0 && hits->at[k].end + reach > wish->at;)
				if (!miss(&hits->at[k], wish, grammar))
					break;
	}
}

const struct es_grammar *es_rules_grammar(const struct es_pack *pack, const struct es_pack *shared)
{
	return pack     ? es_pack_grammar(pack)
	       : shared ? es_pack_grammar(shared)
			: &es_grammar_default;
}

void es_rules_apply(struct hits *hits, const struct es_grammar *grammar)
{
	for (size_t i = 0; i < hits->n; i++) {
		start(&hits->at[i], grammar);
		hits->kinds |= ES_KIND(hits->at[i].entry->kind);
	}
	/* most posts have few kinds: a rule without its words is no pass */
	if (hits->kinds & ES_KIND(ES_ENTRY_NEGATE))
		negate_before(hits, grammar);
	if (hits->kinds & (ES_KIND(ES_ENTRY_NEGATE_AFTER) | ES_KIND(ES_ENTRY_LIGHT)))
		negate_after(hits, grammar);
	if (hits->kinds & ES_KIND(ES_ENTRY_BOOST))
		boost(hits, grammar);
	turned(hits, grammar);
	if (hits->kinds & (ES_KIND(ES_ENTRY_WISH) | ES_KIND(ES_ENTRY_WISH_AFTER)))
		wishes(hits, grammar);
	if (hits->kinds & ES_KIND(ES_ENTRY_CONTRAST))
		contrast(hits, grammar);
	if (hits->kinds & ES_KIND(ES_ENTRY_CONCEDE))
		concede(hits, grammar);
	es_rules_tone(hits, grammar);
}

struct es_learnt_scale es_rules_scale(const struct es_grammar *grammar)
{
	return (struct es_learnt_scale){ .polarity = { ONE, ONE, ONE, ONE },
					 .neutrality = ONE,
					 .bias_neutrality = grammar->neutrality };
}

void es_rules_decide(struct earshot_sentiment *sentiment)
{
	/* softmax over -P, N, +P; shifted by the greatest, so that exp() never
	 * overflows */
	double p = (double)sentiment->polarity / ONE, n = (double)sentiment->neutrality / ONE;
	if (sentiment->polarity == 0) /* a tie of the two sides is neutral */
		n = fmax(n, 0);
	double z[3] = { -p, n, p }, top = fmax(fabs(p), n), sum = 0;
	for (int i = 0; i < 3; i++)
		sum += sentiment->prob[i] = z[i] == top ? 1 : exp(z[i] - top);
	for (int i = 0; i < 3; i++)
		sentiment->prob[i] /= sum;
	/* decided on the whole numbers: ties go to neutral */
	int64_t polarity = sentiment->polarity, neutrality = sentiment->neutrality;
	if (llabs(polarity) <= neutrality || polarity == 0)
		sentiment->label = EARSHOT_NEUTRAL;
	else
		sentiment->label = polarity > 0 ? EARSHOT_POSITIVE : EARSHOT_NEGATIVE;
	sentiment->score = sentiment->prob[2] - sentiment->prob[0];
	double best = sentiment->prob[sentiment->label - EARSHOT_NEGATIVE];
	sentiment->confidence = fmin(1, fmax(0, (best - 1.0 / 3) * 1.5));
}
