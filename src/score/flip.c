/* SPDX-License-Identifier: MIT
 *
 * flip.c - the fewest words of a post without which its label is another.
 *
 * A word that goes takes along every part that touches it: the hand-made hit, and each learnt key
 * of which it is a piece.
 *
 *   parts   [great +1.2] [learnt: great +0.3] [learnt: great service +0.2] [bias]
 *   words   [great]                                                           without it: bias
 *
 * One word and two words are tried all; more are taken one by one, those first that do most for
 * the label. Positive is P > N and P > 0: so that is what adds most to P - N, or to P; the other
 * labels likewise.
 */
#include <earshot/explain.h>

#include <stdlib.h>

#include "score/flip.h"
#include "score/rules.h"

#define TRIALS_MAX  64u          /* scorings that one flip may cost */
#define TRIAL_BYTES (64u * 1024) /* longer posts: only words that weigh are tried */
#define PARTS_MAX   256          /* that a scorer keeps */

/* Two sums, and what is decided on them. */
struct raw {
	int32_t polarity, neutrality;
};

/* The parts of a post that lie in it, and the words they make. */
struct pieces {
	const struct earshot_sentiment *base;
	const struct earshot_part *parts[PARTS_MAX], *words[PARTS_MAX];
	size_t n_parts, n_words;
};

static enum earshot_label label_of(struct raw raw)
{
	struct earshot_sentiment s = { .polarity = raw.polarity, .neutrality = raw.neutrality };
	es_rules_decide(&s);
	return s.label;
}

static bool touches(const struct earshot_part *a, const struct earshot_part *b)
{
	return a->in == b->in && a->start < b->start + b->len && b->start < a->start + a->len;
}

static bool learnt(const struct earshot_part *part)
{
	return strcmp(part->rule, "learnt") == 0;
}

static bool acts(const struct hit *hit)
{
	switch (hit->entry->kind) {
	case ES_ENTRY_WORD:
	case ES_ENTRY_MOOD:
	case ES_ENTRY_EITHER:
	case ES_ENTRY_LIGHT:
	case ES_ENTRY_POLITE:
	case ES_ENTRY_RATING:
	case ES_ENTRY_OUT_OF:
		return false;
	default:
		return true;
	}
}

static void found(struct es_trial *trial, const struct hits *hits, const struct hit *hit,
		  const char *rule)
{
	trial->found = true;
	trial->part = (struct earshot_part){ .in = hit->in,
					     .start = hit->start,
					     .len = hit->len,
					     .term = hit->entry->text,
					     .rule = rule };
	es_hits_given(hits, &trial->part);
}

static bool any(uint64_t marks[4])
{
	bool some = (marks[0] | marks[1] | marks[2] | marks[3]) != 0;
	memset(marks, 0, 4 * sizeof(*marks));
	return some;
}

void es_trial_apply(struct es_trial *trial, struct hits *hits)
{
	trial->found = false;
	if (trial->what >= ES_WITHOUT_QUESTIONS) {
		bool questions = trial->what == ES_WITHOUT_QUESTIONS;
		if (trial->at)
			return;
		trial->found = any(questions ? hits->questions : hits->irony);
		trial->part =
			(struct earshot_part){ .rule = questions ? "in a question" : "irony" };
		return;
	}
	size_t left = trial->at;
	for (size_t i = 0; i < hits->n; i++) {
		struct hit *hit = &hits->at[i];
		bool ending = trial->what == ES_WITHOUT_ENDING;
		if (ending ? !hit->negative : !acts(hit))
			continue;
		if (left--)
			continue;
		if (ending) {
			found(trial, hits, hit, "negative ending");
			hit->negative = false;
			return;
		}
		found(trial, hits, hit, es_entry_kind_name(hit->entry->kind));
		memmove(hit, hit + 1, (hits->n - i - 1) * sizeof(*hit));
		hits->n--;
		return;
	}
}

/* Takes the learnt parts away that touch a word whose rule is gone. */
static struct raw less_learnt(const struct earshot_sentiment *s, const struct earshot_part *word)
{
	struct raw raw = { s->polarity, s->neutrality };
	for (size_t i = 0; i < s->n_why; i++)
		if (learnt(&s->why[i]) && touches(&s->why[i], word)) {
			raw.polarity -= s->why[i].weight;
			raw.neutrality -= s->why[i].neutrality;
		}
	return raw;
}

/* The best trial of a word that acts: the one that moves polarity most. */
static int try_acting(struct earshot_scorer *scorer, struct earshot_str title,
		      struct earshot_str text, struct earshot_str lang,
		      const struct earshot_sentiment *base, struct earshot_flip *out,
		      struct earshot_error *error)
{
	size_t left = title.len + text.len > TRIAL_BYTES ? 0 : TRIALS_MAX;
	int32_t most = -1;
	for (int what = 0; what < ES_WITHOUT_N; what++)
		for (struct es_trial trial = { .what = (enum es_without)what }; left; left--) {
			struct earshot_sentiment s = { .size = sizeof(s) };
			int rc = es_score_trial(scorer, title, text, lang, &trial, PARTS_MAX, &s,
						error);
			if (rc)
				return rc;
			if (!trial.found)
				break;
			trial.at++;
			struct raw raw = less_learnt(&s, &trial.part);
			int32_t moved = abs(base->polarity - raw.polarity);
			if (label_of(raw) == base->label || moved <= most)
				continue;
			most = moved;
			trial.part.weight = base->polarity - raw.polarity;
			trial.part.neutrality = base->neutrality - raw.neutrality;
			out->label = label_of(raw);
			out->polarity = raw.polarity;
			out->neutrality = raw.neutrality;
			out->without[0] = trial.part;
			out->n_without = 1;
		}
	return EARSHOT_OK;
}

/* Hand-made words, then what was learnt alone. */
static void cut(struct pieces *p, const struct earshot_sentiment *base)
{
	p->base = base;
	for (size_t i = 0; i < base->n_why && p->n_parts < PARTS_MAX; i++)
		if (base->why[i].in != EARSHOT_IN_NOWHERE && base->why[i].len)
			p->parts[p->n_parts++] = &base->why[i];
	for (size_t i = 0; i < p->n_parts; i++)
		if (!learnt(p->parts[i]))
			p->words[p->n_words++] = p->parts[i];
	size_t hand = p->n_words;
	for (size_t i = 0; i < p->n_parts; i++) {
		size_t k = 0;
		while (k < hand && !touches(p->words[k], p->parts[i]))
			k++;
		if (k == hand && learnt(p->parts[i]))
			p->words[p->n_words++] = p->parts[i];
	}
}

/* What stays of raw without some words. */
static struct raw less(const struct pieces *p, const size_t *words, size_t n)
{
	struct raw raw = { p->base->polarity, p->base->neutrality };
	for (size_t i = 0; i < p->n_parts; i++)
		for (size_t k = 0; k < n; k++)
			if (touches(p->parts[i], p->words[words[k]])) {
				raw.polarity -= p->parts[i]->weight;
				raw.neutrality -= p->parts[i]->neutrality;
				break;
			}
	return raw;
}

/* Of all words (or of all pairs) the ones that flip the label and move polarity most. */
static bool try_all(const struct pieces *p, bool pairs, size_t best[2])
{
	int32_t most = -1;
	for (size_t i = 0; i < p->n_words; i++)
		for (size_t k = pairs ? i + 1 : i; k < (pairs ? p->n_words : i + 1); k++) {
			size_t words[2] = { i, k };
			struct raw raw = less(p, words, pairs ? 2 : 1);
			int32_t moved = abs(raw.polarity - p->base->polarity);
			if (moved > most && label_of(raw) != p->base->label) {
				most = moved;
				memcpy(best, words, sizeof(words));
			}
		}
	return most >= 0;
}

/* What a label lives on: P - N, P, -P - N, ... */
struct side {
	int polarity, neutrality;
};

/* Takes the words that do most for a side until the label is another; 0 where it takes more
 * than `max`. */
static size_t try_side(const struct pieces *p, const struct side *side, size_t *words, size_t max)
{
	for (size_t n = 0; n < max && n < p->n_words;) {
		int64_t least = INT64_MAX;
		for (size_t i = 0; i < p->n_words; i++) {
			size_t candidate[EARSHOT_FLIP_PARTS];
			memcpy(candidate, words, n * sizeof(*words));
			candidate[n] = i;
			struct raw raw = less(p, candidate, n + 1);
			int64_t rest = (int64_t)side->polarity * raw.polarity +
				       (int64_t)side->neutrality * raw.neutrality;
			if (rest < least) {
				least = rest;
				words[n] = i;
			}
		}
		if (label_of(less(p, words, ++n)) != p->base->label)
			return n;
	}
	return 0;
}

static void answer(const struct pieces *p, const size_t *words, size_t n, struct earshot_flip *out)
{
	struct raw before = { p->base->polarity, p->base->neutrality };
	for (size_t k = 0; k < n; k++) {
		struct raw raw = less(p, words, k + 1);
		out->without[k] = *p->words[words[k]];
		out->without[k].weight = before.polarity - raw.polarity;
		out->without[k].neutrality = before.neutrality - raw.neutrality;
		before = raw;
	}
	out->n_without = n;
	out->polarity = before.polarity;
	out->neutrality = before.neutrality;
	out->label = label_of(before);
}

static void try_weighing(const struct pieces *p, struct earshot_flip *out)
{
	static const struct side sides[3][2] = { { { -1, -1 }, { -1, 0 } },
						 { { -1, 1 }, { 1, 1 } },
						 { { 1, -1 }, { 1, 0 } } };
	size_t words[2][EARSHOT_FLIP_PARTS], n[2];
	if (try_all(p, false, words[0])) {
		answer(p, words[0], 1, out);
		return;
	}
	if (try_all(p, true, words[0])) {
		answer(p, words[0], 2, out);
		return;
	}
	const struct side *of = sides[p->base->label - EARSHOT_NEGATIVE];
	for (int i = 0; i < 2; i++)
		n[i] = try_side(p, &of[i], words[i], EARSHOT_FLIP_PARTS);
	int best = n[1] && (!n[0] || n[1] < n[0]);
	if (n[best])
		answer(p, words[best], n[best], out);
}

int earshot_flip(struct earshot_scorer *scorer, struct earshot_str title, struct earshot_str text,
		 struct earshot_str lang, struct earshot_flip *out, struct earshot_error *error)
{
	struct earshot_sentiment base = { .size = sizeof(base) };
	struct pieces pieces = { 0 };
	*out = (struct earshot_flip){ .size = out->size };
	int rc = es_score_trial(scorer, title, text, lang, NULL, 0, &base, error);
	if (rc || base.profile == EARSHOT_PROFILE_VADER)
		return rc;
	rc = try_acting(scorer, title, text, lang, &base, out, error);
	if (rc || out->n_without)
		return rc;
	rc = es_score_trial(scorer, title, text, lang, NULL, PARTS_MAX, &base, error);
	if (rc)
		return rc;
	cut(&pieces, &base);
	try_weighing(&pieces, out);
	return EARSHOT_OK;
}
