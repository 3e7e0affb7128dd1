/* SPDX-License-Identifier: MIT
 *
 * match_made.h - made-up posts and queries for the speed of match: the same on every
 * machine, our syntax beside that of Lucene's StandardQueryParser.
 *
 * Words: a vocabulary of 200,000, the word of rank r drawn like 1/r, short words
 * frequent ones; two in five are an earlier word with an ending. Behind every sixth
 * word comes its companion, so that phrases are found. Posts: 12 to 28 words, sentences,
 * capitals, now and then a tag, a name, a face or an address behind the words.
 *
 * Families of queries: "common", whose matches a post grow with their number (about 36 at
 * 10,000), and "rare", as rare as brands: every number of queries has 0.4 matches a post.
 */
#ifndef MATCH_MADE_H
#define MATCH_MADE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MADE_WORDS 200000u
#define MADE_WORD  32
#define MADE_POST  1024
#define MADE_QUERY 512

enum made_family { MADE_COMMON, MADE_RARE };

/* By what it asks for; those of a kind mean the same in both syntaxes or do not. */
enum made_kind {
	MADE_BOOLEAN,
	MADE_PHRASE,
	MADE_NEAR,
	MADE_SLOPPY,
	MADE_WILDCARD,
	MADE_NOT,
	MADE_KINDS
};

struct made_query {
	enum made_kind kind;
	char ours[MADE_QUERY], lucene[MADE_QUERY];
};

static uint64_t made_seed;
static char made_letters[MADE_WORDS][MADE_WORD];
static const char *made_vocabulary[MADE_WORDS];

static uint32_t made_below(uint32_t n)
{
	made_seed = made_seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((made_seed >> 33) * n >> 31);
}

static void made_begin(void)
{
	static const char *const parts[] = { "ba", "ke",  "mi",  "lor", "tan", "su", "ver", "do",
					     "ri", "pon", "shi", "gal", "ne",  "tu", "kar", "el" };
	static const char *const endings[] = { "s", "ed", "ing", "er", "ly", "est" };
	/* by the number of syllables, so that no short word begins a long one */
	static const char *const ends[] = { "", "", "m", "n", "x", "th" };
	made_seed = 7;
	for (uint32_t i = 0; i < MADE_WORDS; i++) {
		char *word = made_letters[i];
		made_vocabulary[i] = word;
		if (i >= 20 && made_below(5) < 2) {
			snprintf(word, MADE_WORD, "%.20s%s", made_letters[made_below(i)],
				 endings[made_below(6)]);
			continue;
		}
		/* an odd factor shuffles the numbers of as many bits: no word twice */
		uint32_t syllables = i < 16 ? 1 : i < 256 ? 2 : i < 4096 ? 3 : i < 65536 ? 4 : 5;
		uint32_t code = i * 0x9e3779b1u & ((1u << 4 * syllables) - 1);
		word[0] = '\0';
		for (uint32_t k = 0; k < syllables; k++, code >>= 4)
			strcat(word, parts[code & 15]);
		strcat(word, ends[syllables]);
	}
}

/* A word of rank lo..hi-1, the frequent ones more often. */
static uint32_t made_rank(uint32_t lo, uint32_t hi)
{
	double u = (made_below(1u << 30) + 0.5) / (double)(1u << 30);
	uint32_t rank = (uint32_t)(lo * pow((double)hi / lo, u));
	return rank < hi ? rank : hi - 1;
}

static const char *made_word(uint32_t lo, uint32_t hi)
{
	return made_vocabulary[made_rank(lo, hi)];
}

static uint32_t made_companion(uint32_t rank)
{
	return (uint32_t)(rank * 2654435761u) % (rank < 1000 ? 1000 : MADE_WORDS / 8) + 1;
}

static size_t made_post(char *out)
{
	static const char *const behind[] = { " #%s", " @%s", " \xf0\x9f\x98\x8d",
					      " https://t.example/7%s" };
	uint32_t words = 12 + made_below(17), rank = 1;
	size_t len = 0;
	bool capital = true;
	for (uint32_t i = 0; i < words; i++) {
		rank = i && made_below(6) == 0 ? made_companion(rank) : made_rank(1, MADE_WORDS);
		len += (size_t)snprintf(out + len, MADE_POST - len, "%s%s", i ? " " : "",
					made_vocabulary[rank]);
		if (capital)
			out[len - strlen(made_vocabulary[rank])] -= 'a' - 'A';
		capital = made_below(10) == 0;
		if (capital && i + 1 < words)
			out[len++] = ".!?"[made_below(3)];
		else if (made_below(12) == 0)
			out[len++] = ',';
	}
	if (made_below(2))
		len += (size_t)snprintf(out + len, MADE_POST - len, behind[made_below(4)],
					made_word(1, MADE_WORDS));
	out[len] = '\0';
	return len;
}

/* Ranks of the words that a query cannot do without, by family and log10 of the number of
 * queries; tuned until the matches a post are those that are promised. */
static void made_window(enum made_family family, uint32_t n, uint32_t *lo, uint32_t *hi)
{
	*lo = 120;
	*hi = 12000;
	if (family == MADE_RARE) {
		*lo = n <= 10 ? 19 : n <= 100 ? 230 : n <= 1000 ? 2200 : 26000;
		*hi = *lo * 4;
	}
}

static void made_query(struct made_query *q, enum made_family family, uint32_t n, uint32_t i)
{
	uint32_t lo, hi, k = 3 + made_below(6);
	made_window(family, n, &lo, &hi);
	uint32_t ra = made_rank(lo, hi), rb = made_rank(lo, hi);
	const char *a = made_vocabulary[ra], *b = made_vocabulary[rb];
	const char *ac = made_vocabulary[made_companion(ra)],
		   *bc = made_vocabulary[made_companion(rb)];
	const char *f = made_word(1, 8), *g = made_word(8, 40), *h = made_word(40, 200);
	const char *u = made_word(200, 4000), *v = made_word(200, 4000);
	int cut = (int)strlen(a) / 2;
	char *ours = q->ours, *lucene = q->lucene;
	static const uint8_t kinds[] = { MADE_BOOLEAN, MADE_PHRASE, MADE_NEAR,     MADE_BOOLEAN,
					 MADE_SLOPPY,  MADE_NOT,    MADE_WILDCARD, MADE_BOOLEAN,
					 MADE_NOT,     MADE_PHRASE, MADE_NEAR,     MADE_WILDCARD };
	q->kind = kinds[i % 12];
	switch (i % 12) {
	case 0:
		snprintf(ours, MADE_QUERY, "(%s OR %s) AND (%s OR %s OR %s)", a, b, f, g, u);
		snprintf(lucene, MADE_QUERY, "+(%s %s) +(%s %s %s)", a, b, f, g, u);
		break;
	case 1:
		snprintf(ours, MADE_QUERY, "\"%s %s\" OR \"%s %s\"", a, ac, b, bc);
		snprintf(lucene, MADE_QUERY, "\"%s %s\" \"%s %s\"", a, ac, b, bc);
		break;
	case 2:
		snprintf(ours, MADE_QUERY, "(%s OR %s) NEAR/%u (%s OR %s)", a, b, k, f, h);
		snprintf(lucene, MADE_QUERY,
			 "fn:maxgaps(%u fn:unorderedNoOverlaps(fn:or(%s %s) fn:or(%s %s)))", k, a,
			 b, f, h);
		break;
	case 3:
		snprintf(ours, MADE_QUERY, "%s OR (%s AND %s)", a, b, g);
		snprintf(lucene, MADE_QUERY, "%s (+%s +%s)", a, b, g);
		break;
	case 4:
		snprintf(ours, MADE_QUERY, "\"%s %s\"~%u OR \"%s %s\"~%u", a, f, k, b, g, k);
		snprintf(lucene, MADE_QUERY, "\"%s %s\"~%u \"%s %s\"~%u", a, f, k, b, g, k);
		break;
	case 5:
		snprintf(ours, MADE_QUERY, "(%s OR %s) NOT (%s OR %s)", a, b, g, h);
		snprintf(lucene, MADE_QUERY, "+(%s %s) -(%s %s)", a, b, g, h);
		break;
	case 6:
		snprintf(ours, MADE_QUERY, "%s* AND (%s OR %s OR %s)", a, f, g, u);
		snprintf(lucene, MADE_QUERY, "+%s* +(%s %s %s)", a, f, g, u);
		break;
	case 7:
		snprintf(ours, MADE_QUERY, "(%s OR %s) AND %s", a, b, f);
		snprintf(lucene, MADE_QUERY, "+(%s %s) +%s", a, b, f);
		break;
	case 8:
		snprintf(ours, MADE_QUERY, "%s NOT (\"%s %s\" OR %s* OR %s)", a, u, v, v, f);
		snprintf(lucene, MADE_QUERY, "+%s -(\"%s %s\" %s* %s)", a, u, v, v, f);
		break;
	case 9:
		snprintf(ours, MADE_QUERY, "(\"%s %s\" OR %s) AND (%s OR %s)", a, ac, b, f, g);
		snprintf(lucene, MADE_QUERY, "+(\"%s %s\" %s) +(%s %s)", a, ac, b, f, g);
		break;
	case 10:
		snprintf(ours, MADE_QUERY, "(%s NEAR/%uf %s) AND (%s OR %s)", a, k, f, g, h);
		snprintf(lucene, MADE_QUERY, "+fn:maxgaps(%u fn:ordered(%s %s)) +(%s %s)", k, a, f,
			 g, h);
		break;
	default:
		snprintf(ours, MADE_QUERY, "%.*s?%s OR %s*", cut, a, a + cut + 1, b);
		snprintf(lucene, MADE_QUERY, "%.*s?%s %s*", cut, a, a + cut + 1, b);
	}
}

#endif
