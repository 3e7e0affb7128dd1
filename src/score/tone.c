/* SPDX-License-Identifier: MIT
 *
 * tone.c - what a sentence and a post as a whole do to their words: questions, irony, quotes,
 * capitals, manners, moods, signs. Runs behind the rules of words on words (rules.c).
 */
#include "score/rules.h"

#include <stdlib.h>

#define ONE          EARSHOT_WEIGHT_ONE
#define ASKING_WORDS 4 /* "Thanks ????" asks for nothing */

static bool any(const uint64_t bits[4])
{
	return (bits[0] | bits[1] | bits[2] | bits[3]) != 0;
}

static bool marked(const uint64_t bits[4], uint32_t sentence)
{
	return sentence < 256 && bits[sentence / 64] >> sentence % 64 & 1;
}

static bool quote(struct earshot_str text, size_t at, bool before)
{
	static const struct earshot_str signs[] = { { "\"", 1 }, { "\u201c", 3 }, { "\u201d", 3 } };
	for (size_t i = 0; i < ES_COUNT(signs); i++) {
		size_t len = signs[i].len;
		if (before ? at < len : text.len - at < len)
			continue;
		const char *sign = text.ptr + at - (before ? len : 0);
		if (*sign == *signs[i].ptr && memcmp(sign, signs[i].ptr, len) == 0)
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
		if (!es_rules_polar(hit) || hit->weight <= 0 || hit->entry->n_tokens > 1 ||
		    (first >= 'A' && first <= 'Z') ||
		    !quote(hits->original[hit->in], hit->start, true) ||
		    !quote(hits->original[hit->in], hit->start + hit->len, false))
			continue;
		hit->weight = es_rules_scaled(hit->weight, grammar->quoted);
		hit->rule = "quoted";
		es_rules_zone(hit, hit);
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
		if (es_rules_polar(hit) && hit->weight > 0 && marked(hits->irony, hit->sentence)) {
			hit->weight = es_rules_scaled(hit->weight, grammar->irony);
			hit->rule = "irony";
		}
	}
}

/* Is there nothing before it but spaces and whom it is said to? */
static bool opens(struct earshot_str text, size_t at)
{
	bool name = false;
	for (size_t i = 0; i < at; i++) {
		bool space = text.ptr[i] == ' ' || text.ptr[i] == '\n';
		if (!space && !name && text.ptr[i] != '@')
			return false;
		name = !space;
	}
	return true;
}

/* "Great, it broke again": one word of praise, then nothing but complaints. */
static void opening(struct hits *hits, const struct es_grammar *grammar)
{
	struct hit *first = hits->at;
	if (hits->n < 2 || grammar->opening == ONE || !es_rules_polar(first) || first->weight <= 0)
		return;
	struct earshot_str text = hits->original[first->in];
	size_t end = first->start + first->len;
	int64_t rest = 0;
	if (end == text.len || !strchr(",.!", text.ptr[end]) || !opens(text, first->start))
		return;
	for (size_t i = 1; i < hits->n; i++) {
		const struct hit *hit = &hits->at[i];
		if (hit->entry->kind == ES_ENTRY_CONTRAST ||
		    (es_rules_polar(hit) && hit->weight > 0))
			return;
		rest += es_rules_polar(hit) ? hit->weight : 0;
	}
	if (rest >= 0)
		return;
	first->weight = es_rules_scaled(first->weight, grammar->opening);
	first->rule = "irony";
	es_rules_zone(first, first);
}

static void questions(struct hits *hits, const struct es_grammar *grammar)
{
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (es_rules_polar(hit) && marked(hits->questions, hit->sentence)) {
			hit->weight = es_rules_scaled(hit->weight, grammar->in_question);
			hit->rule = "in a question";
		}
	}
}

static bool is_company(const struct hit *hit)
{
	return hit->entry->kind != ES_ENTRY_MOOD && hit->entry->kind != ES_ENTRY_EITHER;
}

/* Slang that is either follows the company of the whole post. */
static int64_t either(struct hits *hits)
{
	int64_t company = 0, happy = 0;
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (is_company(hit))
			company += hit->weight;
		else if (hit->entry->kind == ES_ENTRY_MOOD && hit->weight > 0)
			happy += hit->weight;
	}
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (hit->entry->kind == ES_ENTRY_EITHER && company + happy > 0 && !hit->turned) {
			hit->weight = abs(hit->weight);
			hit->rule = "in happy company";
		}
	}
	return company;
}

static void mood(struct hit *hit, int64_t company, const struct es_grammar *grammar)
{
	if (hit->weight > 0 && company < 0) {
		hit->weight = -es_rules_scaled(hit->weight, grammar->mood_derides);
		hit->rule = "mood";
	} else if (hit->weight < 0 && company > 0) {
		hit->weight = 0;
		hit->rule = "mood";
	}
}

/* Mood letters follow their sentence; where it says nothing, the post. */
static void moods(struct hits *hits, const struct es_grammar *grammar)
{
	int64_t post = either(hits);
	for (size_t first = 0, end; first < hits->n; first = end) {
		int64_t sentence = 0;
		bool some = false;
		for (end = first;
		     end < hits->n && hits->at[end].sentence == hits->at[first].sentence; end++) {
			some |= hits->at[end].entry->kind == ES_ENTRY_MOOD;
			if (grammar->mood_sentence && is_company(&hits->at[end]))
				sentence += hits->at[end].weight;
		}
		for (size_t i = first; some && i < end; i++)
			if (hits->at[i].entry->kind == ES_ENTRY_MOOD)
				mood(&hits->at[i], sentence ? sentence : post, grammar);
	}
}

/* Thanks are good manners, or derision, where something is asked for and in a complaint. */
static void manners(struct hits *hits, bool question)
{
	int64_t company = 0;
	bool asks = question && hits->words >= ASKING_WORDS;
	for (size_t i = 0; i < hits->n; i++) {
		const struct hit *hit = &hits->at[i];
		asks |= hit->entry->kind == ES_ENTRY_REQUEST;
		if (hit->entry->kind == ES_ENTRY_POLITE || hit->entry->kind == ES_ENTRY_MOOD ||
		    hit->entry->kind == ES_ENTRY_WISH || hit->entry->kind == ES_ENTRY_WISH_AFTER)
			continue;
		company += hit->weight;
	}
	if (company > 0 || (company == 0 && !asks))
		return;
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (hit->entry->kind != ES_ENTRY_POLITE)
			continue;
		hit->weight = hit->neutrality = 0;
		hit->mute = true;
		hit->rule = "good manners";
		es_rules_zone(hit, hit);
	}
}

static void capitals(struct hits *hits, const struct es_grammar *grammar)
{
	if (hits->caps == hits->words) /* everything shouts: nothing stands out */
		return;
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		if (!hit->caps || !es_rules_polar(hit))
			continue;
		hit->weight += hit->weight > 0 ? grammar->capitals : -grammar->capitals;
		if (!hit->turned)
			hit->rule = "capitals";
	}
}

static void signs(struct hits *hits, const struct es_grammar *grammar, bool question)
{
	int64_t sum = 0;
	for (size_t i = 0; i < hits->n; i++)
		sum += hits->at[i].weight;
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

void es_rules_tone(struct hits *hits, const struct es_grammar *grammar)
{
	bool asks = any(hits->questions);
	if (asks)
		questions(hits, grammar);
	quoted(hits, grammar);
	if (hits->kinds & ES_KIND(ES_ENTRY_IRONY) || any(hits->irony))
		irony(hits, grammar);
	opening(hits, grammar);
	capitals(hits, grammar);
	if (hits->kinds & ES_KIND(ES_ENTRY_POLITE))
		manners(hits, asks);
	if (hits->kinds & (ES_KIND(ES_ENTRY_MOOD) | ES_KIND(ES_ENTRY_EITHER)))
		moods(hits, grammar);
	signs(hits, grammar, asks);
}
