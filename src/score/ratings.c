/* SPDX-License-Identifier: MIT
 *
 * ratings.c - "9/10", "2 out of 5", "5 stars", ★★☆☆☆: a rating in the text is one hit, and its
 * digits say nothing else.
 *
 *   9/10                       [9] of [10]            a number with a stroke
 *   5 üzerinden 1              [1] of [5]             out-of, the rating stands behind
 *   2 stars, 별 5개            [2] of [5], [5] of [5] rating: its polarity is the most, below 0
 *                                                    where the word stands before the number
 *   ★★☆☆☆                      [2] of [5]             full and empty stars
 */
#include "score/hits.h"

#include <math.h>
#include <stdlib.h>

#define FULL   0x2605u /* ★ */
#define EMPTY  0x2606u /* ☆ */
#define STAR   0x2b50u /* the emoji: two and more are a rating */
#define STARS  5u
#define ONE    10 /* in tenths */
#define DIGITS 4  /* of a number that can be a rating */
#define TEN    (10 * ONE)

/* what "9/10" and stars are an entry of */
static const struct es_entry bare = { .kind = ES_ENTRY_RATING, .n_tokens = 1 };

/* Tenths of a number like 9 or 4.5, moved past it; -1 where it is none. */
static int32_t tenths(const char **ptr, const char *end)
{
	int32_t value = 0;
	int n = 0;
	for (; *ptr < end && **ptr >= '0' && **ptr <= '9'; (*ptr)++) {
		if (++n > DIGITS)
			return -1;
		value = value * 10 + (**ptr - '0');
	}
	if (n == 0)
		return -1;
	value *= 10;
	if (*ptr + 1 < end && (**ptr == '.' || **ptr == ',') && (*ptr)[1] >= '0' &&
	    (*ptr)[1] <= '9') {
		value += (*ptr)[1] - '0';
		*ptr += 2;
	}
	return value;
}

/* The whole token as tenths; -1 where it is anything else. */
static int32_t number(const struct es_analysis *text, size_t i)
{
	if (i >= text->n || text->tokens[i].kind != ES_TOKEN_NUMBER)
		return -1;
	struct earshot_str fold = es_token_fold(text, i);
	const char *ptr = fold.ptr, *end = ptr + fold.len;
	int32_t value = tenths(&ptr, end);
	return ptr == end ? value : -1;
}

/* How many tokens from i on the entry takes, 0 where it does not stand there. *whole is false
 * where the last word goes on. */
static size_t stands(const struct es_entry *entry, const struct es_analysis *text, size_t i,
		     bool *whole)
{
	size_t at = 0, n = 0;
	for (; at < entry->fold.len; n++) {
		if (i + n >= text->n || (n && text->tokens[i + n].sentence))
			return 0;
		struct earshot_str word = es_token_fold(text, i + n),
				   rest = es_str(entry->fold.ptr + at, entry->fold.len - at);
		bool longer = word.len > rest.len && entry->tokens[entry->n_tokens - 1].prefix;
		if (word.len == 0 ||
		    !(longer ? es_str_starts(word, rest) : es_str_starts(rest, word)))
			return 0;
		*whole = !longer;
		at += word.len;
	}
	return n;
}

/* The longest of the pack's entries of a kind at token i. */
static const struct es_entry *beside(const struct es_pack *pack, enum es_entry_kind kind,
				     const struct es_analysis *text, size_t i, size_t *took,
				     bool *whole)
{
	const struct es_entry *best = NULL;
	size_t n = 0;
	const struct es_entry *const *at = pack ? es_pack_kind(pack, kind, &n) : NULL;
	for (size_t k = 0; k < n; k++) {
		bool all = true;
		size_t tokens = stands(at[k], text, i, &all);
		if (tokens && (!best || at[k]->fold.len > best->fold.len)) {
			best = at[k];
			*took = tokens;
			*whole = all;
		}
	}
	return best;
}

/* The hit; `last` is the last token of it. */
static void add(struct hits *hits, const struct es_entry *entry, enum earshot_in in,
		const struct es_analysis *text, size_t first, size_t last, int32_t value,
		int32_t most)
{
	const struct es_token *a = &text->tokens[first], *z = &text->tokens[last];
	struct hit *hit = es_hits_add(hits, entry, in, a->from, z->from + z->len);
	if (!hit)
		return;
	hit->end = hit->at + (uint32_t)(last - first + 1);
	/* the worst of most scales is 1: one star of five is as bad as none */
	int64_t above = value > ONE ? value - ONE : 0, range = most > ONE ? most - ONE : ONE;
	hit->weight = (int32_t)((2 * above - range) * EARSHOT_WEIGHT_ONE / range);
	hit->rated = value;
	hit->most = most;
	hits->rated = true;
}

/* Does a word before token i, or behind at token `next`, say that it is no rating? */
static bool none(const struct es_pack *pack, const struct es_analysis *text, size_t i, size_t next)
{
	size_t took;
	bool whole;
	return (i && beside(pack, ES_ENTRY_NO_RATING, text, i - 1, &took, &whole)) ||
	       beside(pack, ES_ENTRY_NO_RATING, text, next, &took, &whole);
}

/* 9/10, not 24/7 and not "on 9/10". */
static size_t stroke(struct hits *hits, const struct es_pack *pack, enum earshot_in in,
		     const struct es_analysis *text, size_t i)
{
	struct earshot_str fold = es_token_fold(text, i);
	const char *ptr = fold.ptr, *end = ptr + fold.len;
	int32_t value = tenths(&ptr, end);
	if (value < 0 || ptr == end || *ptr++ != '/')
		return 0;
	int32_t most = tenths(&ptr, end);
	if (ptr != end || (most != 50 && most != 100 && most != 1000) || value > most)
		return 0;
	if (i + 1 < text->n && text->tokens[i + 1].kind == ES_TOKEN_WORD &&
	    !text->tokens[i + 1].space) /* 5/5일: a day; 1/10수준: a tenth */
		return 0;
	if (none(pack, text, i, i + 1))
		return 0;
	add(hits, &bare, in, text, i, i, value, most);
	return 1;
}

static size_t numbers(struct hits *hits, const struct es_pack *pack, enum earshot_in in,
		      const struct es_analysis *text, size_t i)
{
	size_t took = 0;
	bool whole = true;
	int32_t value = number(text, i);
	if (value < 0)
		return stroke(hits, pack, in, text, i);
	const struct es_entry *of = beside(pack, ES_ENTRY_OUT_OF, text, i + 1, &took, &whole);
	int32_t other = of && whole ? number(text, i + 1 + took) : -1;
	if (other > 0 || (other == 0 && of->polarity < 0)) {
		int32_t most = of->polarity > 0 ? other : value;
		value = of->polarity > 0 ? value : other;
		if (most <= 0 || value > most || none(pack, text, i, i + 2 + took))
			return 0;
		add(hits, of, in, text, i, i + 1 + took, value, most);
		return 2 + took;
	}
	const struct es_entry *unit = beside(pack, ES_ENTRY_RATING, text, i + 1, &took, &whole);
	bool before = !unit || unit->polarity < 0;
	if (before) {
		unit = i ? beside(pack, ES_ENTRY_RATING, text, i - 1, &took, &whole) : NULL;
		if (!unit || unit->polarity > 0 || !whole)
			return 0;
		took = 0;
	}
	int32_t most = abs(unit->polarity) / EARSHOT_WEIGHT_ONE * ONE;
	if (value > most)
		return 0;
	add(hits, unit, in, text, before ? i - 1 : i, i + took, value, most);
	/* what goes on behind the unit has its own say */
	return whole ? 1 + took : took;
}

static bool is_star(const struct es_analysis *text, size_t i)
{
	struct earshot_str fold = es_token_fold(text, i);
	const char *ptr = fold.ptr;
	uint32_t c = es_utf8_next(&ptr, fold.ptr + fold.len);
	return c == FULL || c == STAR || c == EMPTY;
}

static size_t stars(struct hits *hits, enum earshot_in in, const struct es_analysis *text, size_t i)
{
	uint32_t full = 0, empty = 0, kind = 0;
	size_t k = i;
	if (i && !text->tokens[i].space && is_star(text, i - 1)) /* inside a run */
		return 0;
	for (; full + empty <= 2 * STARS && k < text->n && (k == i || !text->tokens[k].space);
	     k++) {
		struct earshot_str fold = es_token_fold(text, k);
		const char *ptr = fold.ptr, *end = ptr + fold.len;
		uint32_t c = es_utf8_next(&ptr, end), n = 1;
		if (c != FULL && c != STAR && c != EMPTY)
			break;
		if (c != EMPTY && (empty || (kind && c != kind)))
			break;
		if (c == EMPTY && full == 0)
			break;
		while (ptr < end && es_utf8_next(&ptr, end) == c)
			n++;
		kind = c == EMPTY ? kind : c;
		*(c == EMPTY ? &empty : &full) += n;
	}
	uint32_t all = full + empty;
	bool rating = empty ? all == STARS || all == 2 * STARS
			    : full == STARS || (kind == STAR && full > 1 && full < STARS);
	if (!rating)
		return 0;
	add(hits, &bare, in, text, i, k - 1, (int32_t)full * ONE,
	    (int32_t)(empty ? all : STARS) * ONE);
	return k - i;
}

size_t es_hits_rating(struct hits *hits, const struct es_pack *pack, enum earshot_in in,
		      const struct es_analysis *text, size_t i)
{
	return text->tokens[i].kind == ES_TOKEN_NUMBER ? numbers(hits, pack, in, text, i)
						       : stars(hits, in, text, i);
}

static bool any_of(struct earshot_str word, const char *const *list, size_t n)
{
	for (size_t k = 0; k < n; k++)
		if (es_str_starts(word, es_str_of(list[k])))
			return true;
	return false;
}

void es_hits_points(struct hits *hits, struct hit *hit, const struct es_analysis *text, size_t i)
{
	static const char points[] = "점";
	/* what may stand behind it: particles, "I give"; not 점대, 점짜리, 점차 */
	static const char *const goes_on[] = {
		"을", "이", "은", "도", "만", "준", "줍", "주", "드"
	};
	static const char *const apart[] = { "차" }; /* by nine points */
	struct earshot_str unit = es_token_fold(text, i + 1);
	int32_t value = number(text, i);
	size_t len = sizeof(points) - 1;
	if (value <= TEN / 2 || value > TEN || !es_str_starts(unit, es_str(points, len)))
		return;
	if (unit.len > len &&
	    !any_of(es_str(unit.ptr + len, unit.len - len), goes_on, ES_COUNT(goes_on)))
		return;
	if (i + 2 < text->n && any_of(es_token_fold(text, i + 2), apart, ES_COUNT(apart)))
		return;
	hit->rated = value;
	hit->most = TEN;
	hits->rated = true;
}

static bool asked(const struct hits *hits, uint32_t sentence)
{
	return sentence < 256 && hits->questions[sentence / 64] >> sentence % 64 & 1;
}

struct earshot_rating es_hits_rating_of(const struct hits *hits)
{
	const struct earshot_rating none = { NAN, NAN, NAN };
	const struct hit *rating = NULL;
	uint32_t denied = UINT32_MAX; /* the clause of the last negator or wish */
	for (size_t i = 0; hits->rated && i < hits->n; i++) {
		const struct hit *hit = &hits->at[i];
		enum es_entry_kind kind = hit->entry->kind;
		bool behind = rating && rating->clause == hit->clause;
		if (kind == ES_ENTRY_NEGATE || kind == ES_ENTRY_WISH)
			denied = hit->clause;
		if (behind && (kind == ES_ENTRY_WISH_AFTER || hit->negative ||
			       (kind == ES_ENTRY_NEGATE_AFTER && rating + 1 == hit)))
			return none;
		if (hit->most == 0)
			continue;
		if (denied == hit->clause || asked(hits, hit->sentence))
			return none;
		if (rating && (rating->rated != hit->rated || rating->most != hit->most))
			return none;
		rating = hit;
	}
	if (!rating)
		return none;
	bool zero = rating->rated < ONE || rating->most > TEN;
	return (struct earshot_rating){ rating->rated / (double)ONE, zero ? 0 : 1,
					rating->most / (double)ONE };
}
