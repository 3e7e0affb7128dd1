/* SPDX-License-Identifier: MIT
 *
 * simhash.c - text -> 64 bits that differ little where the text does.
 */
#include "text/text.h"

#define PLANES 24 /* counts up to 2^24 - 1: more features than a text of 4 MiB has */

/* How many features have each bit, the counts standing upright: bit b of planes[k] is digit k of
 * the count of bit b, so that adding a feature is a few steps instead of 64.
 *
 *            bit 63 ... bit 1 bit 0
 *   planes[0]    1        0     1      count of bit 0: 101 = 5
 *   planes[1]    0        1     0
 *   planes[2]    1        0     1
 */
struct counts {
	uint64_t planes[PLANES];
	uint64_t waiting[4]; /* counted four at a time: a carry for all of them goes up */
	uint32_t n;          /* those that wait too */
};

/* All bits depend on all (the finalizer of MurmurHash3). */
static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

/* Two more on a plane; what is carried to the next one. */
static uint64_t add_two(uint64_t *plane, uint64_t a, uint64_t b)
{
	uint64_t one = *plane ^ a, carry = (*plane & a) | (one & b);
	*plane = one ^ b;
	return carry;
}

static void count_waiting(struct counts *counts)
{
	uint64_t *w = counts->waiting, *planes = counts->planes;
	uint64_t a = add_two(&planes[0], w[0], w[1]), b = add_two(&planes[0], w[2], w[3]);
	uint64_t carry = add_two(&planes[1], a, b);
	for (int k = 2; carry; k++) {
		uint64_t both = planes[k] & carry;
		planes[k] ^= carry;
		carry = both;
	}
	memset(w, 0, sizeof(counts->waiting));
}

static void add(struct counts *counts, uint64_t feature)
{
	if (counts->n == (1u << PLANES) - 1)
		return;
	counts->waiting[counts->n++ % 4] = mix(feature);
	if (counts->n % 4 == 0)
		count_waiting(counts);
}

/* The bits that more than half of the features have. */
static uint64_t majority(const struct counts *counts)
{
	uint32_t half = counts->n / 2;
	uint64_t more = 0, same = UINT64_MAX;
	for (int k = PLANES; k-- > 0;) {
		if (!(half >> k & 1)) {
			more |= same & counts->planes[k];
			same &= ~counts->planes[k];
		} else
			same &= counts->planes[k];
	}
	return more;
}

/* What stands before: the word, and two syllables of a run. */
struct before {
	uint64_t word, syllables[2];
};

static void add_syllables(struct counts *counts, struct before *before, struct earshot_str word)
{
	const char *ptr = word.ptr, *end = ptr + word.len;
	while (ptr < end) {
		unsigned len;
		uint64_t c = es_code_at(ptr, &len), a = before->syllables[0],
			 b = before->syllables[1];
		ptr += len;
		if (b)
			add(counts, b << 21 | c);
		if (a)
			add(counts, a << 42 | b << 21 | c);
		before->syllables[0] = b;
		before->syllables[1] = c;
	}
	before->word = 0;
}

static void add_word(struct counts *counts, struct before *before, struct earshot_str word)
{
	uint64_t hash = es_fnv1a(ES_FNV_START, word.ptr, word.len) | 1;
	add(counts, hash);
	if (before->word)
		add(counts, before->word * 0x9e3779b97f4a7c15u + hash);
	*before = (struct before){ .word = hash };
}

static void add_field(struct counts *counts, const struct es_analysis *text)
{
	struct before before = { 0 };
	for (size_t i = 0; i < text->n; i++) {
		const struct es_token *token = &text->tokens[i];
		struct earshot_str word = es_token_fold(text, i);
		bool said = token->kind == ES_TOKEN_WORD || token->kind == ES_TOKEN_NUMBER ||
			    token->kind == ES_TOKEN_HASHTAG;
		/* "RT @name" says who, not what */
		if (!said || (es_str_is(word, "rt") && i + 1 < text->n &&
			      text->tokens[i + 1].kind == ES_TOKEN_MENTION))
			continue;
		if (token->script == ES_SCRIPT_HANGUL && token->kind == ES_TOKEN_WORD)
			add_syllables(counts, &before, word);
		else
			add_word(counts, &before, word);
	}
}

uint64_t es_simhash(const struct es_analysis *title, const struct es_analysis *text)
{
	struct counts counts = { .n = 0 };
	const struct earshot_str none = { NULL, 0 };
	if (title && !es_title_covered(title->given, text ? text->given : none))
		add_field(&counts, title);
	if (text)
		add_field(&counts, text);
	if (counts.n < ES_SIMHASH_LEAST)
		return 0;
	count_waiting(&counts);
	uint64_t hash = majority(&counts);
	return hash ? hash : 1;
}
