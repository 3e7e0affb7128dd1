/* SPDX-License-Identifier: MIT
 *
 * vader.c - the method of Hutto and Gilbert, "VADER: A Parsimonious Rule-based
 * Model for Sentiment Analysis of Social Media Text" (ICWSM 2014), as
 * vaderSentiment 3.3.2 computes it, to the last bit.
 *
 * The order of every sum and product is the reference's: doubles do not
 * associate. Constants are the published ones. No expression here multiplies
 * and adds at once, so that no compiler may fuse them.
 */
#include "score/vader.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "score/vader_but.h"
#include "score/vader_words.h"

#define CAPS          0.733   /* a word in capitals among others that are not */
#define NEGATED       (-0.74) /* behind a negation */
#define ALPHA         15.0    /* of the normalisation */
#define EXCLAMATION   0.292
#define QUESTION      0.18
#define QUESTIONS_MAX 0.96

static bool named(const struct vader_token *token, enum es_vader_name name)
{
	return token->word && token->word->name == name;
}

static bool in_list(const struct vader_token *token)
{
	return token->word && token->word->flags & ES_VADER_WORD;
}

/* What a booster before the word adds. */
static double boost_of(const struct vader_token *token, double valence, bool caps_differ)
{
	if (!token->word || !(token->word->flags & ES_VADER_BOOSTER))
		return 0;
	double scalar = token->word->boost;
	if (valence < 0)
		scalar = -scalar;
	if (token->upper && caps_differ)
		scalar = valence > 0 ? scalar + CAPS : scalar - CAPS;
	return scalar;
}

/* The word `back` places before at[0] (1 to 3), seen as a negation. */
static double negate(const struct vader_token *at, int back, double valence)
{
	if (back == 2) {
		if (named(&at[-2], ES_VADER_NEVER) &&
		    (named(&at[-1], ES_VADER_SO) || named(&at[-1], ES_VADER_THIS)))
			return valence * 1.25;
		if (named(&at[-2], ES_VADER_WITHOUT) && named(&at[-1], ES_VADER_DOUBT))
			return valence;
	} else if (back == 3) {
		bool so = named(&at[-2], ES_VADER_SO) || named(&at[-2], ES_VADER_THIS);
		/* "so" right before counts with or without a "never": so it is there */
		if ((named(&at[-3], ES_VADER_NEVER) && so) || named(&at[-1], ES_VADER_SO) ||
		    named(&at[-1], ES_VADER_THIS))
			return valence * 1.25;
		if (named(&at[-3], ES_VADER_WITHOUT) &&
		    (named(&at[-2], ES_VADER_DOUBT) || named(&at[-1], ES_VADER_DOUBT)))
			return valence;
	}
	return at[-back].negates ? valence * NEGATED : valence;
}

/* The sequence that the n words from `at` are; NULL where none. */
static const struct es_vader_sequence *sequence(const struct es_vader *vader,
						const struct vader_token *at, size_t n,
						bool booster)
{
	if (!at[0].word || !(at[0].word->flags & ES_VADER_SEQUENCE))
		return NULL;
	for (size_t i = 0; i < vader->n_sequences; i++) {
		const struct es_vader_sequence *seq = &vader->sequences[i];
		if (seq->n == n && seq->booster == booster && seq->words[0] == at[0].word &&
		    seq->words[1] == at[1].word && (n < 3 || seq->words[2] == at[2].word))
			return seq;
	}
	return NULL;
}

/* `left` = words behind at[0]; three stand before it. */
static double idioms(const struct es_vader *vader, const struct vader_token *at, size_t left,
		     double valence)
{
	static const struct {
		signed char from, n;
	} before[] = { { -1, 2 }, { -2, 3 }, { -2, 2 }, { -3, 3 }, { -3, 2 } };
	static const struct {
		signed char from, n;
	} boosters[] = { { -3, 3 }, { -3, 2 }, { -2, 2 } };
	const struct es_vader_sequence *seq = NULL;
	for (size_t i = 0; i < ES_COUNT(before) && !seq; i++)
		seq = sequence(vader, at + before[i].from, (size_t)before[i].n, false);
	if (seq)
		valence = seq->value;
	if (left >= 1 && (seq = sequence(vader, at, 2, false)))
		valence = seq->value;
	if (left >= 2 && (seq = sequence(vader, at, 3, false)))
		valence = seq->value;
	for (size_t i = 0; i < ES_COUNT(boosters); i++)
		if ((seq = sequence(vader, at + boosters[i].from, (size_t)boosters[i].n, true)))
			valence += seq->value;
	return valence;
}

static double least(const struct vader_token *at, size_t i, double valence)
{
	if (i == 0 || in_list(&at[-1]) || !named(&at[-1], ES_VADER_LEAST))
		return valence;
	if (i > 1 && (named(&at[-2], ES_VADER_AT) || named(&at[-2], ES_VADER_VERY)))
		return valence;
	return valence * NEGATED;
}

static double valence_of(const struct es_vader *vader, const struct vader_words *words, size_t i)
{
	const struct vader_token *at = &words->tokens[i];
	size_t left = words->n - 1 - i;
	if (!at->word || at->word->flags & ES_VADER_BOOSTER || !(at->word->flags & ES_VADER_WORD))
		return 0;
	if (named(at, ES_VADER_KIND) && left && named(&at[1], ES_VADER_OF))
		return 0;
	double valence = at->word->value;
	/* "no" before a listed word negates it and weighs nothing itself */
	if (named(at, ES_VADER_NO) && left && in_list(&at[1]))
		valence = 0;
	if ((i > 0 && named(&at[-1], ES_VADER_NO)) || (i > 1 && named(&at[-2], ES_VADER_NO)) ||
	    (i > 2 && named(&at[-3], ES_VADER_NO) &&
	     (named(&at[-1], ES_VADER_OR) || named(&at[-1], ES_VADER_NOR))))
		valence = at->word->value * NEGATED;
	if (at->upper && words->caps_differ)
		valence = valence > 0 ? valence + CAPS : valence - CAPS;
	for (int back = 1; back <= 3; back++) {
		static const double fade[] = { 0, 1, 0.95, 0.9 };
		if (i < (size_t)back || in_list(&at[-back]))
			continue;
		double scalar = boost_of(&at[-back], valence, words->caps_differ);
		if (back > 1 && scalar != 0)
			scalar *= fade[back];
		valence += scalar;
		valence = negate(at, back, valence);
		if (back == 3)
			valence = idioms(vader, at, left, valence);
	}
	return least(at, i, valence);
}

/* As Python's round(value, places): the exact binary value, half to even. The
 * short way is right wherever the value is clearly not half-way. */
static double rounded(double value, int places)
{
	double scale = places == 3 ? 1e3 : 1e4, up = fabs(value) * scale;
	double whole = floor(up), part = up - whole;
	if (fabs(part - 0.5) > 1e-6)
		return copysign((part > 0.5 ? whole + 1 : whole) / scale, value);
	char text[32];
	snprintf(text, sizeof(text), "%.*f", places, fabs(value));
	for (char *c = text; *c; c++) /* whatever the locale's point is */
		if (*c < '0' || *c > '9')
			memmove(c, c + 1, strlen(c));
	return copysign((double)strtoll(text, NULL, 10) / scale, value);
}

static double emphasis(const struct vader_words *words)
{
	size_t exclamations = words->exclamations > 4 ? 4 : words->exclamations;
	double a = (double)exclamations * EXCLAMATION, b = 0;
	if (words->questions > 1)
		b = words->questions <= 3 ? (double)words->questions * QUESTION : QUESTIONS_MAX;
	return a + b;
}

static void sum_up(const double *valences, const struct vader_words *words,
		   struct earshot_sentiment *out)
{
	double sum = 0, pos = 0, neg = 0;
	size_t neutral = 0;
	for (size_t i = 0; i < words->n; i++) {
		double v = valences[i];
		sum += v;
		if (v > 0)
			pos += v + 1; /* neutral words count 1 each: so do these */
		else if (v < 0)
			neg += v - 1;
		else
			neutral++;
	}
	double more = emphasis(words);
	if (sum > 0)
		sum += more;
	else if (sum < 0)
		sum -= more;
	double square = sum * sum;
	double root = sqrt(square + ALPHA);
	double compound = sum / root;
	if (compound < -1)
		compound = -1;
	else if (compound > 1)
		compound = 1;
	if (pos > fabs(neg))
		pos += more;
	else if (pos < fabs(neg))
		neg -= more;
	double total = pos + fabs(neg);
	total += (double)neutral;
	out->compound = rounded(compound, 4);
	out->pos = rounded(fabs(pos / total), 3);
	out->neg = rounded(fabs(neg / total), 3);
	out->neu = rounded(fabs((double)neutral / total), 3);
}

struct ranked {
	struct earshot_part part;
	size_t order;
};

static int heavier(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int wx = abs(x->part.weight), wy = abs(y->part.weight);
	return wx != wy ? (wx < wy ? 1 : -1) : (x->order > y->order) - (x->order < y->order);
}

/* The words that weigh, heaviest first; the rest summed. */
static int explain(const double *valences, const struct vader_words *words, size_t title_len,
		   size_t max_why, struct es_arena *arena, struct earshot_sentiment *out,
		   struct earshot_error *error)
{
	size_t n = 0, m = 0;
	for (size_t i = 0; i < words->n; i++)
		n += valences[i] != 0;
	struct ranked *all = es_arena_alloc(arena, (n + 1) * sizeof(*all));
	struct earshot_part *parts = es_arena_alloc(arena, (max_why + 1) * sizeof(*parts));
	if (!all || !parts)
		return es_err_nomem(error);
	for (size_t i = 0; i < words->n; i++) {
		const struct vader_token *token = &words->tokens[i];
		if (valences[i] == 0)
			continue;
		uint32_t start = token->start, end = start + token->len;
		if (words->origin) {
			uint32_t last = words->origin[end - 1];
			start = words->origin[start];
			/* behind the character that the last byte came from */
			while (end < words->text.len && words->origin[end] == last)
				end++;
			end = words->origin[end];
		}
		bool title = start < title_len;
		uint32_t shift = title ? 0 : (uint32_t)title_len;
		all[m] = (struct ranked){
			{ .in = title ? EARSHOT_IN_TITLE : EARSHOT_IN_TEXT,
			  .start = start - shift,
			  .len = end - start,
			  .term = token->word->text,
			  .rule = valences[i] == token->word->value ? "word" : "vader",
			  .weight = (int32_t)lrint(valences[i] * EARSHOT_WEIGHT_ONE) },
			m
		};
		m++;
	}
	es_sort(all, n, sizeof(*all), heavier);
	struct earshot_part rest = { .rule = "rest" };
	int64_t left = 0; /* megabytes of praise go over 32 bits */
	for (size_t i = 0; i < n; i++) {
		if (i < max_why)
			parts[out->n_why++] = all[i].part;
		else
			left += all[i].part.weight;
	}
	rest.weight = (int32_t)(left > INT32_MAX    ? INT32_MAX
				: left < -INT32_MAX ? -INT32_MAX
						    : left);
	if (n > max_why)
		parts[out->n_why++] = rest;
	out->why = parts;
	return EARSHOT_OK;
}

int es_vader_score(const struct es_vader *vader, struct es_arena *arena, struct earshot_str text,
		   size_t title_len, size_t max_why, struct earshot_sentiment *out,
		   struct earshot_error *error)
{
	struct vader_words words;
	int rc = es_vader_words(vader, arena, text, max_why > 0, &words, error);
	if (rc)
		return rc;
	double *valences = es_arena_alloc(arena, (words.n + 1) * sizeof(*valences));
	if (!valences)
		return es_err_nomem(error);
	size_t but = words.n;
	for (size_t i = 0; i < words.n; i++) {
		valences[i] = valence_of(vader, &words, i);
		if (but == words.n && named(&words.tokens[i], ES_VADER_BUT))
			but = i;
	}
	if (but < words.n)
		rc = es_vader_but(valences, words.n, but, arena, error);
	out->compound = out->pos = out->neu = out->neg = 0;
	if (rc == EARSHOT_OK && words.n)
		sum_up(valences, &words, out);
	if (rc == EARSHOT_OK && max_why)
		rc = explain(valences, &words, title_len, max_why, arena, out, error);
	out->score = out->compound;
	/* the thresholds of the published description */
	out->label = out->compound >= 0.05    ? EARSHOT_POSITIVE
		     : out->compound <= -0.05 ? EARSHOT_NEGATIVE
					      : EARSHOT_NEUTRAL;
	return rc;
}
