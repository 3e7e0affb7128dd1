/* SPDX-License-Identifier: MIT
 *
 * learnt.h - what was learnt from labelled posts: keys -> two small weights. Part of the
 * room's outside header.
 *
 * A post is taken apart into keys in learning (src/score/learnt_walk.h) and in scoring
 * (src/score/learnt_field.c); a key is a kind and one or two pieces of folded text, and is looked
 * up by 64 bits:
 *
 *   word    the whole word                         hayal
 *   prefix  its first letters, more follow         hay
 *   tail    its last letters, more stand before    siz
 *   pair    two words one behind the other         hayal kirikligi
 *   stems   the first letters of two words         haya kiri
 *   gram    Korean syllables, spaces left out      너무좋
 *   sign    punctuation, a run as two              !!
 *   face    an emoji or emoticon, a run as two     :)
 *
 *   filter  one bit a key: most look-ups end here, in the cache
 *   slots   [ tag | polarity, neutrality ]  power of two, at most four fifths full, in groups
 *           of eight, a line of the cache each; one follows into the next only out of a full one
 *   terms   [ where its text begins | length, kind ]  by slot: for reasons only
 *
 * The tag is the key's upper half. What passes the filter and meets another entry's tag
 * would be taken for it: one look-up in 10^10.
 */
#ifndef ES_LEXICON_LEARNT_H
#define ES_LEXICON_LEARNT_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/base.h"
#include "text/text.h"

/* X(enumerator, name in learnt.tsv) */
#define ES_LEARNT_KINDS(X) \
	X(WORD, "word") \
	X(PREFIX, "prefix") \
	X(TAIL, "tail") \
	X(PAIR, "pair") \
	X(STEMS, "stems") \
	X(GRAM, "gram") \
	X(SIGN, "sign") \
	X(FACE, "face")

enum es_learnt_kind {
#define X(name, text) ES_LEARNT_##name,
	ES_LEARNT_KINDS(X)
#undef X
		ES_LEARNT_N_KINDS
};
const char *es_learnt_kind_name(enum es_learnt_kind kind);

#define ES_LEARNT_PREFIX_MAX 16 /* letters of the longest beginning */

/* What the walk has to look for; a pack's own says what it has. Lengths in letters, 0 = none. */
struct es_learnt_shape {
	uint8_t prefix_min, prefix_max, tail_min, tail_max, stem, gram_min, gram_max;
	bool word, pair, sign, face;
};

/* The hand lexicon's part beside the learnt weights: factors in 1/1024, by how a hit came
 * about. A hit of weight w adds polarity[] * w and mass[] * |w| (to neutrality). The shorter
 * a post, the fewer learnt entries speak: es_learnt_factor() mixes the factor with that of
 * ES_HAND_SHORT. */
enum es_hand_scale {
	ES_HAND_PLAIN, /* as it stands in the pack */
	ES_HAND_RULED, /* a rule has changed or made it */
	ES_HAND_ALONE, /* and what was learnt of its words disagrees, and is silent */
	ES_HAND_SHORT, /* what all of them come near to in short posts */
	ES_HAND_SCALES
};
struct es_learnt_scale {
	int32_t polarity[ES_HAND_SCALES], mass[ES_HAND_SCALES];
	int32_t neutrality;  /* factor of the hits' own neutrality */
	int32_t short_words; /* in a post of so many it is half ES_HAND_SHORT; 0 = never */
	int32_t bias_polarity, bias_neutrality;
};

/* The factor in a post of so many words, 1/1024. */
static inline int32_t es_learnt_factor(const struct es_learnt_scale *scale,
				       const int32_t of[ES_HAND_SCALES], enum es_hand_scale how,
				       uint32_t words)
{
	int64_t half = (int64_t)scale->short_words * scale->short_words, n = words;
	return of[how] +
	       (int32_t)((of[ES_HAND_SHORT] - of[how]) * half / (half + n * n + (half == 0)));
}

#define ES_LEARNT_GROUP     8u         /* slots; 64 bytes, aligned */
#define ES_LEARNT_SLOTS_MAX (1u << 22) /* so at most 3,355,000 entries */

struct es_learnt_slot {
	uint32_t tag;                 /* 0 = free */
	int16_t polarity, neutrality; /* 1/1024 */
};

/* An entry as in the file; pieces parted by a space. */
struct es_learnt_entry {
	struct earshot_str text;
	uint8_t kind;
};

struct es_learnt_term {
	uint32_t at; /* bytes in `texts` */
	uint16_t len;
	uint8_t kind;
};

struct es_learnt {
	struct es_learnt_shape shape;
	struct es_learnt_scale scale;
	const uint64_t *filter;
	const struct es_learnt_slot *slots;
	const struct es_learnt_term *terms;
	const char *texts;
	uint64_t filter_mask, mask; /* bits, slots; minus one */
	size_t n;
};

/* The text of the entry in the slot of this number. */
static inline struct earshot_str es_learnt_text(const struct es_learnt *learnt, uint32_t slot)
{
	return es_str(learnt->texts + learnt->terms[slot].at, learnt->terms[slot].len);
}

/* ---- keys ---- */

#define ES_LEARNT_LETTERS 64 /* of a word; longer ones are no words */

static inline uint64_t es_learnt_step(uint64_t hash, uint32_t letter)
{
	return (hash + letter) * 0x9e3779b97f4a7c15u;
}

/* Two words' hashes make one. */
static inline uint64_t es_learnt_join(uint64_t a, uint64_t b)
{
	return (a ^ a >> 31) * 0xd6e8feb86659fd93u + b;
}

static inline uint64_t es_learnt_key(enum es_learnt_kind kind, uint64_t hash)
{
	uint64_t key = hash + ((uint64_t)kind + 1) * 0xa0761d6478bd642fu;
	key = (key ^ key >> 32) * 0xe7037ed1a0b428dbu;
	key ^= key >> 29;
	return key | 1ull << 32; /* no tag is 0 */
}

/* The key of pieces of folded text; `b` empty where the kind has one. The walk makes the
 * same from its own hashes. */
uint64_t es_learnt_key_of(enum es_learnt_kind kind, struct earshot_str a, struct earshot_str b);

/* Runs of three and more of one letter are two: writes the word as its key has it, at most
 * `max` bytes; returns their number. */
size_t es_learnt_squeeze(struct earshot_str word, char *out, size_t max);

/* One bit a key. */
struct es_learnt_filter {
	const uint64_t *bits;
	uint64_t mask; /* number of bits, minus one */
};

/* False = the key is certainly none of the entries. */
static inline bool es_learnt_passes(struct es_learnt_filter filter, uint64_t key)
{
	uint64_t bit = key & filter.mask; /* below bit 32, which all keys have */
	return filter.bits[bit / 64] >> bit % 64 & 1;
}

static inline struct es_learnt_filter es_learnt_filter(const struct es_learnt *learnt)
{
	return (struct es_learnt_filter){ learnt->filter, learnt->filter_mask };
}

static inline bool es_learnt_may(const struct es_learnt *learnt, uint64_t key)
{
	return es_learnt_passes(es_learnt_filter(learnt), key);
}

/* The first slot of the group where the key is looked for first. */
static inline uint64_t es_learnt_group(const struct es_learnt *learnt, uint64_t key)
{
	return key & learnt->mask & ~(uint64_t)(ES_LEARNT_GROUP - 1);
}

/* A bit a slot of the group: has it this tag? Where in its group a key lies is chance, so all of it
 * is compared, without a branch. */
static inline unsigned es_learnt_tagged(const struct es_learnt_slot *group, uint32_t tag)
{
#ifdef __SSE2__
	const __m128 *two = (const __m128 *)group; /* slots; a group is a line of the cache */
	__m128i wanted = _mm_set1_epi32((int)tag);
	__m128i low = _mm_castps_si128(_mm_shuffle_ps(two[0], two[1], _MM_SHUFFLE(2, 0, 2, 0)));
	__m128i high = _mm_castps_si128(_mm_shuffle_ps(two[2], two[3], _MM_SHUFFLE(2, 0, 2, 0)));
	low = _mm_cmpeq_epi32(low, wanted);
	high = _mm_cmpeq_epi32(high, wanted);
	return (unsigned)_mm_movemask_ps(_mm_castsi128_ps(low)) |
	       (unsigned)_mm_movemask_ps(_mm_castsi128_ps(high)) << 4;
#else
	unsigned found = 0;
	for (unsigned k = 0; k < ES_LEARNT_GROUP; k++)
		found |= (unsigned)(group[k].tag == tag) << k;
	return found;
#endif
}

/* NULL where the key is none of the entries; ask es_learnt_may() first. */
static inline const struct es_learnt_slot *es_learnt_find(const struct es_learnt *learnt,
							  uint64_t key)
{
	uint32_t tag = (uint32_t)(key >> 32);
	for (uint64_t at = es_learnt_group(learnt, key);;
	     at = (at + ES_LEARNT_GROUP) & learnt->mask) {
		const struct es_learnt_slot *group = &learnt->slots[at];
		unsigned found = es_learnt_tagged(group, tag);
		if (found)
			return &group[__builtin_ctz(found)];
		if (group[ES_LEARNT_GROUP - 1].tag == 0) /* filled from the low end */
			return NULL;
	}
}

#endif
