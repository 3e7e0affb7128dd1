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

#define ONE          EARSHOT_WEIGHT_ONE
#define ASKING_WORDS 4 /* "Thanks ????" asks for nothing */

int32_t es_rules_scaled(int32_t weight, int32_t factor)
{
	int64_t value = (int64_t)weight * factor;
	return (int32_t)((value + (value < 0 ? -ONE / 2 : ONE / 2)) / ONE);
}

static bool polar(const struct hit *hit)
{
	return hit->entry && hit->weight != 0 &&
	       (hit->entry->kind == ES_ENTRY_WORD || hit->entry->kind == ES_ENTRY_EITHER);
}

static void zone(struct hit *hit, const struct hit *by)
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
	zone(hit, by);
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
		zone(hit, hit);
		break;
	default:
		hit->neutrality = hit->entry->kind == ES_ENTRY_BOOST ? 0 : hit->entry->neutrality;
	}
	if (hit->negative && polar(hit))
		turn(hit, hit);
	if (polar(hit) && (hit->entry->n_tokens > 1 || hit->entry->spaces))
		zone(hit, hit);
}

/* Negators before: every word in reach, in the same clause. */
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
			if (hit->entry->kind == ES_ENTRY_NEGATE)
				break; /* its own to turn */
			if (!polar(hit))
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
			if (!polar(hit))
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
			if (!polar(hit))
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
		if (hit->drawn && polar(hit))
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
			if (polar(&hits->at[first])) {
				before += hits->at[first].weight;
				before_contrast(&hits->at[first], grammar);
			}
		/* what stands behind it decides, whatever was learnt of both together */
		for (size_t k = i + 1; before && grammar->contrast_decides && k < hits->n; k++) {
			struct hit *hit = &hits->at[k];
			if (hit->sentence != hits->at[i].sentence)
				break;
			if (polar(hit) && (hit->weight > 0) != (before > 0)) {
				zone(hit, &hits->at[i]);
				break;
			}
		}
	}
}

/* "although": what stands behind it weighs half, to the end of the clause. */
static void concede(struct hits *hits, const struct es_grammar *grammar)
{
	for (size_t i = 0; i < hits->n; i++) {
		if (hits->at[i].entry->kind != ES_ENTRY_CONCEDE)
			continue;
		for (size_t k = i + 1; k < hits->n && hits->at[k].clause == hits->at[i].clause; k++)
			if (polar(&hits->at[k]))
				before_contrast(&hits->at[k], grammar);
	}
}

/* Praise of what is not there: "I wish it were good", keşke, -면 좋겠. */
static bool miss(struct hit *hit, const struct hit *wish, const struct es_grammar *grammar)
{
	if (hit->clause != wish->clause || hit->entry->kind == ES_ENTRY_CONTRAST)
		return false;
	if (polar(hit) && hit->weight > 0) {
		hit->weight = es_rules_scaled(hit->weight, grammar->wished);
		hit->rule = "wish";
		zone(hit, wish);
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

static bool marked(const uint64_t bits[4], uint32_t sentence)
{
	return sentence < 256 && bits[sentence / 64] >> sentence % 64 & 1;
}

static bool quote(struct earshot_str text, size_t at, bool before)
{
	static const char *const signs[] = { "\"", "\u201c", "\u201d" };
	for (size_t i = 0; i < ES_COUNT(signs); i++) {
		size_t len = strlen(signs[i]);
		if (before ? at >= len && memcmp(text.ptr + at - len, signs[i], len) == 0
			   : text.len - at >= len && memcmp(text.ptr + at, signs[i], len) == 0)
			return true;
	}
	return false;
}

/* One word of praise in quotes is somebody else's: "fast" delivery. In capitals it is a title. */
static void quoted(struct hits *hits, const struct es_grammar *grammar)
{
	if (grammar->quoted == ONE)
		return;
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		char first = hits->original[hit->in].ptr[hit->start];
		if (!polar(hit) || hit->weight <= 0 || hit->entry->n_tokens > 1 ||
		    (first >= 'A' && first <= 'Z') ||
		    !quote(hits->original[hit->in], hit->start, true) ||
		    !quote(hits->original[hit->in], hit->start + hit->len, false))
			continue;
		hit->weight = es_rules_scaled(hit->weight, grammar->quoted);
		hit->rule = "quoted";
		zone(hit, hit);
	}
}

/* "(!)" behind a word, or a word like "so-called", says that praise is none. */
static void irony(struct hits *hits, const struct es_grammar *grammar)
{
	for (size_t i = 0; i < hits->n; i++)
		if (hits->at[i].entry->kind == ES_ENTRY_IRONY && hits->at[i].sentence < 256)
			hits->irony[hits->at[i].sentence / 64] |= 1ull << hits->at[i].sentence % 64;
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (polar(hit) && hit->weight > 0 && marked(hits->irony, hit->sentence)) {
			hit->weight = es_rules_scaled(hit->weight, grammar->irony);
			hit->rule = "irony";
		}
	}
}

static void questions(struct hits *hits, const struct es_grammar *grammar)
{
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (polar(hit) && marked(hits->questions, hit->sentence)) {
			hit->weight = es_rules_scaled(hit->weight, grammar->in_question);
			hit->rule = "in a question";
		}
	}
}

/* Mood letters and slang follow the company they keep. */
static void moods(struct hits *hits, const struct es_grammar *grammar)
{
	int64_t company = 0, happy = 0;
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (hit->entry->kind != ES_ENTRY_MOOD && hit->entry->kind != ES_ENTRY_EITHER)
			company += hit->weight;
		else if (hit->entry->kind == ES_ENTRY_MOOD && hit->weight > 0)
			happy += hit->weight;
	}
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (hit->entry->kind == ES_ENTRY_EITHER && company + happy > 0 && !hit->turned) {
			hit->weight = abs(hit->weight);
			hit->rule = "in happy company";
		} else if (hit->entry->kind == ES_ENTRY_MOOD && hit->weight > 0 && company < 0) {
			hit->weight = -es_rules_scaled(hit->weight, grammar->mood_derides);
			hit->rule = "mood";
		} else if (hit->entry->kind == ES_ENTRY_MOOD && hit->weight < 0 && company > 0) {
			hit->weight = 0;
			hit->rule = "mood";
		}
	}
}

/* Thanks are good manners where something is asked for, and at the end of a complaint. */
static void manners(struct hits *hits)
{
	int64_t company = 0;
	size_t last = 0; /* behind the last word that weighs */
	bool thanks = false, asks = false;
	for (size_t i = 0; i < ES_COUNT(hits->questions) && hits->words >= ASKING_WORDS; i++)
		asks |= hits->questions[i] != 0;
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->at[i];
		asks |= hit->entry->kind == ES_ENTRY_REQUEST;
		thanks |= hit->entry->kind == ES_ENTRY_POLITE;
		if (hit->entry->kind == ES_ENTRY_POLITE || hit->entry->kind == ES_ENTRY_MOOD)
			continue;
		company += hit->weight;
		if (hit->weight)
			last = i + 1;
	}
	if (!thanks || company > 0 || (company == 0 && !asks))
		return;
	for (size_t i = asks ? 0 : last; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (hit->entry->kind != ES_ENTRY_POLITE)
			continue;
		hit->weight = hit->neutrality = 0;
		hit->mute = true;
		hit->rule = "good manners";
		zone(hit, hit);
	}
}

static void capitals(struct hits *hits, const struct es_grammar *grammar)
{
	if (hits->caps == hits->words) /* everything shouts: nothing stands out */
		return;
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (!hit->caps || !polar(hit))
			continue;
		hit->weight += hit->weight > 0 ? grammar->capitals : -grammar->capitals;
		if (!hit->turned)
			hit->rule = "capitals";
	}
}

static void signs(struct hits *hits, const struct es_grammar *grammar)
{
	int64_t sum = 0;
	bool question = false;
	for (size_t i = 0; i < hits->n; i++)
		sum += hits->at[i].weight;
	for (size_t i = 0; i < ES_COUNT(hits->questions); i++)
		question |= hits->questions[i] != 0;
	if (hits->exclamations && sum) {
		uint32_t most = (uint32_t)grammar->exclamations;
		int32_t n = (int32_t)(hits->exclamations > most ? most : hits->exclamations);
		struct hit *hit =
			es_hits_add(hits, NULL, hits->exclamation.in, hits->exclamation.start,
				    hits->exclamation.start + hits->exclamation.len);
		if (hit) {
			hit->weight =
				sum > 0 ? n * grammar->exclamation : -n * grammar->exclamation;
			hit->rule = "exclamation";
		}
	}
	if (question) {
		struct hit *hit = es_hits_add(hits, NULL, EARSHOT_IN_NOWHERE, 0, 0);
		if (hit) {
			hit->neutrality = grammar->question_neutrality;
			hit->rule = "question";
		}
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
	for (size_t i = 0; i < hits->n; i++)
		start(&hits->at[i], grammar);
	negate_before(hits, grammar);
	negate_after(hits, grammar);
	boost(hits, grammar);
	turned(hits, grammar);
	wishes(hits, grammar);
	contrast(hits, grammar);
	concede(hits, grammar);
	questions(hits, grammar);
	quoted(hits, grammar);
	irony(hits, grammar);
	capitals(hits, grammar);
	manners(hits);
	moods(hits, grammar);
	signs(hits, grammar);
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
		sum += sentiment->prob[i] = exp(z[i] - top);
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
