/* SPDX-License-Identifier: MIT */
#include "match/spots.h"

/* Between the last word of the title and the first of the text: more than any distance. */
#define STREAM_GAP (1u << 30)

bool es_spots_over(struct earshot_matcher *matcher)
{
	matcher->off = ES_OFF_NEAR;
	return false;
}

/* ---- words and sentences by token ---- */

/* Is the token one word with the one before it? */
static bool same_eojeol(const struct es_token *token)
{
	const struct es_token *before = token - 1;
	return !token->space && es_token_counts((enum es_token_kind)before->kind) &&
	       (token->script == ES_SCRIPT_HANGUL || before->script == ES_SCRIPT_HANGUL);
}

static void number(const struct es_analysis *text, struct es_word *out, uint32_t word,
		   uint32_t sentence)
{
	for (size_t i = 0; i < text->n; i++) {
		const struct es_token *token = &text->tokens[i];
		bool counted = es_token_counts((enum es_token_kind)token->kind);
		bool goes_on = counted && i && same_eojeol(token);
		sentence += token->sentence;
		/* the second part of an eojeol begins where the first one does */
		out[i] = (struct es_word){ word - goes_on, word + (counted && !goes_on), sentence };
		word = out[i].to;
	}
	out[text->n] = (struct es_word){ word, word, sentence };
}

bool es_words_ready(struct earshot_matcher *matcher)
{
	static const struct es_analysis nothing = { 0 };
	const struct es_analysis *title = matcher->title ? matcher->title : &nothing;
	const struct es_analysis *text = matcher->text ? matcher->text : &nothing;
	size_t n = title->n + text->n + 2, base = title->n + 1;
	if (matcher->words)
		return true;
	struct es_word *words = es_arena_alloc(&matcher->arena, n * sizeof(*words));
	if (!words)
		return es_spots_over(matcher);
	number(title, words, 0, 0);
	number(text, words + base, STREAM_GAP, words[title->n].sentence + 1);
	matcher->words = words;
	return true;
}

/* Number of words before the place, and up to its end. */
uint32_t es_spot_from(const struct earshot_matcher *matcher, const struct es_spot *spot)
{
	return matcher->words[spot->first].from;
}

uint32_t es_spot_to(const struct earshot_matcher *matcher, uint32_t last)
{
	return matcher->words[last].to;
}

/* Words between the end of one place and the beginning of another behind it; two parts
 * of one eojeol have none. */
static uint32_t between(uint32_t end, uint32_t begin)
{
	return begin > end ? begin - end : 0;
}

/* ---- lists of places ---- */

int es_spot_order(const void *a, const void *b)
{
	const struct es_spot *x = a, *y = b;
	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last < y->last ? -1 : 1;
	return x->found < y->found ? -1 : x->found > y->found;
}

/* Room for n places; NULL over the limit. */
struct es_spot *es_spots_room(struct earshot_matcher *matcher, size_t n)
{
	struct es_spot *at = NULL;
	matcher->spots_used += n;
	if (matcher->spots_used <= ES_NEAR_WORK_MAX)
		at = es_arena_alloc(&matcher->near, n * sizeof(*at));
	if (!at)
		es_spots_over(matcher);
	return at;
}

void es_spots_sort(struct es_spot *at, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
		if (es_spot_order(&at[i - 1], &at[i]) > 0) {
			es_sort(at, n, sizeof(*at), es_spot_order);
			return;
		}
}

struct es_spots es_spots_joined(struct earshot_matcher *matcher, struct es_spots a,
				struct es_spots b)
{
	struct es_spot *at = es_spots_room(matcher, (size_t)a.n + b.n);
	uint32_t i = 0, k = 0, n = 0;
	if (!at)
		return (struct es_spots){ 0 };
	while (i < a.n || k < b.n) {
		int order = i == a.n ? 1 : k == b.n ? -1 : es_spot_order(&a.at[i], &b.at[k]);
		at[n++] = order <= 0 ? a.at[i] : b.at[k];
		i += order <= 0;
		k += order >= 0;
	}
	return (struct es_spots){ at, n, true };
}

struct es_spots es_spots_common(struct earshot_matcher *matcher, struct es_spots a,
				struct es_spots b)
{
	struct es_spot *at = es_spots_room(matcher, a.n < b.n ? a.n : b.n);
	uint32_t n = 0;
	for (uint32_t i = 0, k = 0; at && i < a.n && k < b.n;) {
		int order = es_spot_order(&a.at[i], &b.at[k]);
		if (order == 0)
			at[n++] = a.at[i];
		i += order <= 0;
		k += order >= 0;
	}
	return (struct es_spots){ at, n, true };
}

/* ---- pairs ---- */

/* The first of the places that begins behind token `last`. */
static uint32_t first_behind(struct es_spots spots, uint32_t last)
{
	uint32_t lo = 0, hi = spots.n;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (spots.at[mid].first > last)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* Last tokens of the places, ascending. */
static const uint32_t *ends_of(struct earshot_matcher *matcher, struct es_spots spots)
{
	uint32_t *ends = es_arena_alloc(&matcher->near, (spots.n + 1) * sizeof(*ends));
	bool sorted = true;
	for (uint32_t i = 0; ends && i < spots.n; i++) {
		ends[i] = spots.at[i].last;
		sorted = sorted && (!i || ends[i - 1] <= ends[i]);
	}
	if (!ends)
		es_spots_over(matcher);
	else if (!sorted)
		es_sort(ends, spots.n, sizeof(*ends), by_value);
	return ends;
}

static uint32_t count_below(const uint32_t *ends, uint32_t n, uint32_t token)
{
	uint32_t lo = 0, hi = n;
	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (ends[mid] < token)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Words between `spot` and the nearest of `others` on the `sides`. */
static uint32_t nearest(const struct earshot_matcher *matcher, const struct es_spot *spot,
			struct es_spots others, const uint32_t *ends, int sides)
{
	uint32_t best = UINT32_MAX;
	uint32_t next = sides & ES_BEHIND ? first_behind(others, spot->last) : others.n;
	if (next < others.n)
		best = between(es_spot_to(matcher, spot->last),
			       es_spot_from(matcher, &others.at[next]));
	uint32_t n = sides & ES_BEFORE ? count_below(ends, others.n, spot->first) : 0;
	if (n) {
		uint32_t words =
			between(es_spot_to(matcher, ends[n - 1]), es_spot_from(matcher, spot));
		best = words < best ? words : best;
	}
	return best;
}

/* Those of `spots` that have one of `others` on the sides, at most `words` away. */
struct es_spots es_spots_with_partner(struct earshot_matcher *matcher, struct es_spots spots,
				      struct es_spots others, int sides, uint32_t words)
{
	const uint32_t *ends = ends_of(matcher, others);
	struct es_spot *at = ends ? es_spots_room(matcher, spots.n) : NULL;
	uint32_t n = 0;
	for (uint32_t i = 0; at && i < spots.n; i++)
		if (nearest(matcher, &spots.at[i], others, ends, sides) <= words)
			at[n++] = spots.at[i];
	return (struct es_spots){ at, n, true };
}

uint32_t es_spots_nearest(struct earshot_matcher *matcher, struct es_spots spots,
			  struct es_spots others, int sides)
{
	const uint32_t *ends = ends_of(matcher, others);
	uint32_t best = UINT32_MAX;
	for (uint32_t i = 0; ends && i < spots.n; i++) {
		uint32_t words = nearest(matcher, &spots.at[i], others, ends, sides);
		best = words < best ? words : best;
	}
	return best;
}
