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

/* What is scored, and what is asked of it only where a word weighs. */
struct scored {
	const struct es_vader *vader;
	struct vader_words words;
	signed char caps_differ; /* some words upper case, some not; -1 = not looked at yet */
};

static bool named(const struct vader_token *token, enum es_vader_name name)
{
	return token->word->name == name;
}

static bool in_list(const struct vader_token *token)
{
	return token->word->flags & ES_VADER_WORD;
}

/* Upper case among words that are not. */
static bool shouted(struct scored *s, const struct vader_token *token)
{
	if (s->caps_differ == 0 || !es_vader_upper(&s->words, token))
		return false;
	if (s->caps_differ < 0) {
		size_t i = 0;
		while (i < s->words.n && es_vader_upper(&s->words, &s->words.tokens[i]))
			i++;
		s->caps_differ = i < s->words.n;
	}
	return s->caps_differ;
}

/* A negator, or with "n't" in it. */
static bool negates(const struct scored *s, const struct vader_token *token)
{
	if (token->word->flags & ES_VADER_NEGATOR)
		return true;
	const char *ptr = s->words.text.ptr + token->start;
	if (token->len <= 8 && s->words.text.len - token->start >= 8) {
		uint64_t other = es_vader_read(ptr) ^ ES_VADER_EACH * '\'';
		if (!((other - ES_VADER_EACH) & ~other & ES_VADER_EACH * 0x80))
			return false; /* no apostrophe in what is most often a short word */
	}
	for (size_t i = 1; i + 1 < token->len; i++)
		if (ptr[i] == '\'' && (ptr[i - 1] | 0x20) == 'n' && (ptr[i + 1] | 0x20) == 't')
			return true;
	return false;
}

/* What a booster before the word adds. */
static double boost_of(struct scored *s, const struct vader_token *token, double valence)
{
	if (!(token->word->flags & ES_VADER_BOOSTER))
		return 0;
	double scalar = token->word->value;
	if (valence < 0)
		scalar = -scalar;
	if (shouted(s, token))
		scalar = valence > 0 ? scalar + CAPS : scalar - CAPS;
	return scalar;
}

/* The word `back` places before at[0] (1 to 3), seen as a negation. */
static double negate(const struct scored *s, const struct vader_token *at, int back, double valence)
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
	return negates(s, &at[-back]) ? valence * NEGATED : valence;
}

/* The sequence that the n words from `at` are; NULL where none. */
static const struct es_vader_sequence *sequence(const struct es_vader *vader,
						const struct vader_token *at, size_t n,
						bool booster)
{
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
	/* is some word here first in a sequence, and the next second in one? */
	unsigned begins = 0;
	for (int i = -3; i < (left ? 1 : 0); i++)
		begins |= at[i].word->flags * 2u & at[i + 1].word->flags;
	if (!(begins & ES_VADER_SECOND))
		return valence;
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

/* Of a word that is in the list. */
static double valence_of(struct scored *s, size_t i)
{
	const struct vader_token *at = &s->words.tokens[i];
	size_t left = s->words.n - 1 - i;
	if (at->word->flags & ES_VADER_BOOSTER)
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
	if (shouted(s, at))
		valence = valence > 0 ? valence + CAPS : valence - CAPS;
	for (int back = 1; back <= 3; back++) {
		static const double fade[] = { 0, 1, 0.95, 0.9 };
		if (i < (size_t)back || in_list(&at[-back]))
			continue;
		double scalar = boost_of(s, &at[-back], valence);
		if (back > 1 && scalar != 0)
			scalar *= fade[back];
		valence += scalar;
		valence = negate(s, at, back, valence);
		if (back == 3)
			valence = idioms(s->vader, at, left, valence);
	}
	return least(at, i, valence);
}

/* As Python's round(value, places): the exact binary value, half to even. The
 * short way is right wherever the value is clearly not half-way. */
static double rounded(double value, int places)
{
	double scale = places == 3 ? 1e3 : 1e4, up = fabs(value) * scale;
	double whole = (double)(int64_t)up, part = up - whole;
	if (fabs(part - 0.5) > 1e-6)
		return copysign((whole + (double)(part > 0.5)) / scale, value);
	char text[32];
	snprintf(text, sizeof(text), "%.*f", places, fabs(value));
	for (char *c = text; *c; c++) /* whatever the locale's point is */
		if (*c < '0' || *c > '9')
			memmove(c, c + 1, strlen(c));
	return copysign((double)strtoll(text, NULL, 10) / scale, value);
}

/* Signs of a kind, counted up to `most`: no more count. */
static size_t signs(struct earshot_str text, char sign, size_t most)
{
	const char *ptr = text.ptr, *end = ptr + text.len;
	size_t n = 0;
	while (n < most && (ptr = memchr(ptr, sign, (size_t)(end - ptr)))) {
		n++;
		ptr++;
	}
	return n;
}

static double emphasis(struct earshot_str text)
{
	size_t exclamations = signs(text, '!', 4), questions = signs(text, '?', 4);
	double a = (double)exclamations * EXCLAMATION, b = 0;
	if (questions > 1)
		b = questions <= 3 ? (double)questions * QUESTION : QUESTIONS_MAX;
	return a + b;
}

/* The n values that are not 0, in the order of the text. */
static void sum_up(const double *valences, size_t n, const struct vader_words *words,
		   struct earshot_sentiment *out)
{
	double sum = 0, pos = 0, neg = 0, more = emphasis(words->text);
	size_t neutral = words->n - n;
	for (size_t i = 0; i < n; i++) {
		double v = valences[i];
		sum += v;
		if (v > 0)
			pos += v + 1; /* neutral words count 1 each: so do these */
		else if (v < 0)
			neg += v - 1;
		else
			neutral++;
	}
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

/* The n words that weigh, of the tokens `at`, heaviest first; the rest summed. */
static int explain(const double *valences, const uint32_t *at, size_t n,
		   const struct vader_words *words, size_t title_len, size_t max_why,
		   struct es_arena *arena, struct earshot_sentiment *out,
		   struct earshot_error *error)
{
	struct ranked *all = es_arena_alloc(arena, (n + 1) * sizeof(*all));
	struct earshot_part *parts = es_arena_alloc(arena, (max_why + 1) * sizeof(*parts));
	if (!all || !parts)
		return es_err_nomem(error);
	for (size_t i = 0; i < n; i++) {
		const struct vader_token *token = &words->tokens[at[i]];
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
		all[i] = (struct ranked){
			{ .in = title ? EARSHOT_IN_TITLE : EARSHOT_IN_TEXT,
			  .start = start - shift,
			  .len = end - start,
			  .term = token->word->text,
			  .rule = valences[i] == token->word->value ? "word" : "vader",
			  .weight = (int32_t)lrint(valences[i] * EARSHOT_WEIGHT_ONE) },
			i
		};
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
	struct scored s = { .vader = vader, .caps_differ = -1 };
	int rc = es_vader_words(vader, arena, text, max_why > 0, &s.words, error);
	if (rc)
		return rc;
	uint32_t *at = s.words.listed; /* of those that weigh, in place */
	double *valences = es_arena_alloc(arena, (s.words.n_listed + 1) * sizeof(*valences));
	size_t n = 0, before = 0; /* "but" */
	if (!valences)
		return es_err_nomem(error);
	for (size_t i = 0; i < s.words.n_listed; i++) {
		at[n] = at[i];
		valences[n] = valence_of(&s, at[i]);
		n += valences[n] != 0;
		if (at[i] < s.words.but)
			before = n;
	}
	if (s.words.but < s.words.n)
		rc = es_vader_but(valences, n, before, arena, error);
	out->compound = out->pos = out->neu = out->neg = 0;
	if (rc == EARSHOT_OK && s.words.n)
		sum_up(valences, n, &s.words, out);
	if (rc == EARSHOT_OK && max_why)
		rc = explain(valences, at, n, &s.words, title_len, max_why, arena, out, error);
	out->score = out->compound;
	/* the thresholds of the published description */
	out->label = out->compound >= 0.05    ? EARSHOT_POSITIVE
		     : out->compound <= -0.05 ? EARSHOT_NEGATIVE
					      : EARSHOT_NEUTRAL;
	return rc;
}
