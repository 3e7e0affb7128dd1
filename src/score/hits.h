/* SPDX-License-Identifier: MIT
 *
 * hits.h - folded tokens -> hits of lexicon entries. Inside the room only.
 *
 *   tokens  [the] [support] [was] [not] [bad] [at] [all]
 *   hits                          negate word(-2.5)
 *
 * `at` and `end` of a hit count in units: tokens in English and Turkish,
 * syllables in Korean, where a word's own length says nothing. Rules measure
 * their scopes in them. `clause` and `sentence` are numbers that grow.
 */
#ifndef ES_SCORE_HITS_H
#define ES_SCORE_HITS_H

#include "score/known.h"
#include "score/syllables.h"
#include <earshot/score.h>

/* The rule of a hit that no rule has changed: told by its address. */
extern const char es_rule_word[];

struct hit {
	const struct es_entry *entry;
	enum earshot_in in;
	uint32_t start, len; /* bytes in the original field */
	uint32_t at, end;    /* units */
	uint32_t clause, sentence;
	bool caps;     /* every word of it in capitals */
	bool drawn;    /* letters drawn out: soooo */
	bool negative; /* a Turkish verb with a negative ending */
	/* what the rules make of it */
	uint8_t turned;
	bool used; /* a negator or booster that found its word */
	bool mute; /* what was learnt of its words is silent too */
	/* where the rule alone speaks, bytes in the original: from the negator to the word,
	 * or the phrase; zone_len 0 = nowhere */
	uint32_t zone, zone_len;
	uint16_t zone_number; /* among the field's; 0 = none */
	bool alone;           /* what was learnt of the words there is silent */
	int32_t weight, neutrality;
	int32_t rated, most; /* a rating in tenths and the most it could be; most 0 = none */
	const char *rule;
};

struct hits {
	struct es_arena *arena;
	/* of the tokens of each field: es_known_find(); NULL = nothing is known */
	struct known_word *const *known[EARSHOT_IN_TEXT + 1];
	const struct known_words *words_known;
	struct syllables
		syllables[EARSHOT_IN_TEXT + 1]; /* of each field, where the pack wants them */
	size_t syllable;                        /* the next one that is looked at */
	struct known_new *fresh; /* words that nothing was known of before this post */
	struct hit *at;
	size_t n, cap;
	bool failed; /* no memory */
	uint32_t unit, clause, sentence;
	uint32_t kinds; /* bit of each kind of entry that was hit; set when the rules begin */
	bool rated;     /* a hit is a rating */
	struct earshot_str original[3]; /* the fields, by enum earshot_in */
	const uint32_t *given_at[3];    /* of each: struct es_analysis */
	/* marks of the whole post */
	uint32_t words, caps; /* words, and those in capitals */
	uint32_t exclamations;
	struct hit exclamation; /* where the last one stands */
	uint64_t questions[4];  /* sentences 0 to 255 that ask */
	uint64_t irony[4];      /* and those with the mark (!) */
};

/* Adds the hits of one field. `pack` NULL: emoji and emoticons only. */
void es_hits_find(struct hits *hits, const struct es_pack *pack, const struct es_pack *shared,
		  enum es_language language, enum earshot_in in, const struct es_analysis *text);

/* A hit at the present unit, clause and sentence; NULL (and failed) without memory. */
struct hit *es_hits_add(struct hits *hits, const struct es_entry *entry, enum earshot_in in,
			uint32_t from, uint32_t to);

/* Korean: a run of Hangul words from token *i on; moves *i behind it. The field's syllables are
 * read. */
void es_hits_korean(struct hits *hits, const struct es_pack *pack, enum earshot_in in,
		    const struct es_analysis *text, size_t *i);

/* What the pack has for a word as far as its own letters tell; Korean words are told
 * syllable by syllable. */
enum known_hand es_hits_alone(const struct es_pack *pack, struct earshot_str word, uint32_t *entry,
			      uint32_t *seconds);

/* A rating at token i (a number or a star): adds it, with its share of the most from -1 to 1 as
 * its weight; returns how many tokens it took, 0 where there is none. `pack` may be NULL. */
size_t es_hits_rating(struct hits *hits, const struct es_pack *pack, enum earshot_in in,
		      const struct es_analysis *text, size_t i);

/* 9점: what a Korean counts in, behind the number at token i, makes the hit a rating of ten where
 * the number is above five; below, of how many is not said. */
void es_hits_points(struct hits *hits, struct hit *hit, const struct es_analysis *text, size_t i);

/* The one rating of the post (score.h, rating); before the rules or behind them. */
struct earshot_rating es_hits_rating_of(const struct hits *hits);

/* The place of a part, in the original so far, in the text as given. */
static inline void es_hits_given(const struct hits *hits, struct earshot_part *part)
{
	const uint32_t *at = hits->given_at[part->in];
	uint32_t end = es_given(at, part->start + part->len);
	part->start = es_given(at, part->start);
	part->len = end - part->start;
}

/* Does the original text of the hit satisfy what the entry insists on? */
bool es_hits_strict(const struct es_entry *entry, const char *ptr, size_t len);

/* Has a Turkish word's rest behind its stem a negative ending? */
bool es_hits_negative(const struct es_pack *pack, struct earshot_str rest);

#endif
