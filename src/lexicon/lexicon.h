/* SPDX-License-Identifier: MIT
 *
 * lexicon.h - the outside header of the room `lexicon` for other rooms; the
 * public side is <earshot/lexicon.h>. May use base and text.
 *
 * A lexicon is read-only once open: any number of threads may look things up at
 * the same time. What a look-up returns lives as long as the lexicon.
 *
 *   lexicons/{en,ko,tr}/NAME.tsv --> es_entry[] --> one hash table a pack
 *   lexicons/shared/NAME.tsv (emoji, emoticons: every language) --> the same
 *   lexicons/en/vader*.tsv --> the vader profile's own tables
 */
#ifndef ES_LEXICON_H
#define ES_LEXICON_H

#include "base/base.h"
#include "lexicon/check.h"
#include "lexicon/grammar.h"
#include "lexicon/learnt.h"
#include "lexicon/stop.h"
#include "text/text.h"
#include <earshot/lexicon.h>

/* ---- entries of the default profile ---- */

/* X(enumerator, name in the packs, polarity column says) */
#define ES_ENTRY_KINDS(X) \
	X(WORD, "word", "what it adds") \
	X(NEGATE, "negate", "nothing: turns what follows") \
	X(NEGATE_AFTER, "negate-after", "what it adds where it turns nothing before it") \
	X(BOOST, "boost", "the factor for what follows, 1 = none") \
	X(CONTRAST, "contrast", "nothing: what stands before weighs half") \
	X(MOOD, "mood", "what it adds in company that does not contradict") \
	X(EITHER, "either", "what it adds; the sign turns in happy company") \
	X(LIGHT, "light", "nothing: a light verb, negated it turns what is before it") \
	X(NEG_SUFFIX, "neg-suffix", "nothing: a negative ending behind a verb's stem") \
	X(VOICE, "voice", "nothing: may stand between a stem and its negative ending") \
	X(WISH, "wish", "what it adds; praise behind it is missed") \
	X(WISH_AFTER, "wish-after", "what it adds; praise before it is missed") \
	X(IRONY, "irony", "what it adds; praise in its sentence is none") \
	X(POLITE, "polite", "what it adds where nothing is asked for and nobody complains") \
	X(REQUEST, "request", "what it adds; something is asked for") \
	X(CONCEDE, "concede", "nothing: what stands behind it in its clause weighs half") \
	X(RATING, "rating", "the most that a number before it can be; minus: behind it") \
	X(OUT_OF, "out-of", "1: rating, entry, most; -1: most, entry, rating") \
	X(NO_RATING, "no-rating", "nothing: 9/10 behind it, or before it, is none") \
	X(JOIN, "join", "nothing: parts what is said of two names; joins names in a list") \
	X(THAN, "than", "-1: before a name that another is compared with; 1: behind it")

enum es_entry_kind {
#define X(name, text, says) ES_ENTRY_##name,
	ES_ENTRY_KINDS(X)
#undef X
};
/* Its name in the packs, static. */
const char *es_entry_kind_name(enum es_entry_kind kind);

/* What an entry insists on, checked after the loose hit. */
enum es_insist {
	ES_INSIST_EXACT = 1, /* accents as written, case apart: öldü is not oldu */
	ES_INSIST_CASE = 2,  /* letters as written, case too */
	ES_INSIST_START = 4, /* Korean: at the beginning of an eojeol only */
	ES_INSIST_IN = 8,    /* Korean: one syllable, yet anywhere in an eojeol */
	ES_INSIST_WORD = 16, /* Korean: the whole eojeol */
};

#define ES_ENTRY_TOKENS 8  /* words of a phrase */
#define ES_ENTRY_BYTES  96 /* bytes of a folded entry */

struct es_entry_token {
	uint16_t start, len; /* in `fold` */
	bool prefix;         /* stem*: the word may go on */
};

struct es_entry {
	struct earshot_str text;      /* as in the pack */
	struct earshot_str fold;      /* Korean: without spaces */
	uint64_t spaces;              /* Korean: bit n = a space may stand before syllable n */
	int32_t polarity, neutrality; /* 1/1024; boost: the factor */
	uint8_t kind, insist, n_tokens;
	struct es_entry_token tokens[ES_ENTRY_TOKENS];
	uint32_t next;       /* entry under the same key, more words first; 0 = none */
	uint32_t file, line; /* where it was read, for conflicts */
};

struct es_pack;

/* The pack of a language, NULL where there is none. */
const struct es_pack *es_lexicon_pack(const struct earshot_lexicon *lexicon,
				      enum es_language language);
/* Emoji and emoticons, for every language; NULL where there is none. */
const struct es_pack *es_lexicon_shared(const struct earshot_lexicon *lexicon);

/* The numbers of a pack's rules, as its grammar.tsv says. */
const struct es_grammar *es_pack_grammar(const struct es_pack *pack);

/* The words of its stop.txt. */
const struct es_stops *es_pack_stops(const struct es_pack *pack);

/* What was learnt for the pack's language; NULL where nothing was. */
const struct es_learnt *es_pack_learnt(const struct es_pack *pack);

/* Walking the keys of a pack that a text begins with: feed it bytes, ask at each
 * place where an entry may end. */
static inline uint32_t es_pack_hash(uint32_t hash, unsigned char byte)
{
	return (hash ^ byte) * 0x01000193u; /* FNV-1a 32 */
}
#define ES_PACK_START 0x811c9dc5u
/* The first entry under the key (ptr, len) with that hash; NULL where none. */
const struct es_entry *es_pack_find(const struct es_pack *pack, uint32_t hash, const char *ptr,
				    size_t len);
const struct es_entry *es_pack_next(const struct es_pack *pack, const struct es_entry *entry);
/* Entries by their number, from 1. */
const struct es_entry *es_pack_entry(const struct es_pack *pack, uint32_t number);
uint32_t es_pack_number(const struct es_pack *pack, const struct es_entry *entry);
uint32_t es_pack_last(const struct es_pack *pack); /* the greatest number; 0 = no entry */
/* One bit a beginning of a key and one a key, by its hash. */
#define ES_PACK_FILTER 262144u /* bits; 32 KiB: stays in the cache */
const uint64_t *es_pack_filter(const struct es_pack *pack);
/* The low bits of FNV-1a are weak on short keys: the high ones are folded in. */
static inline uint32_t es_pack_bit(uint32_t hash)
{
	return (hash ^ hash >> 14) % ES_PACK_FILTER;
}
/* May some key begin with bytes of this hash? (False = certainly none.) */
static inline bool es_pack_may(const uint64_t *filter, uint32_t hash)
{
	return filter[es_pack_bit(hash) / 64] >> es_pack_bit(hash) % 64 & 1;
}
static inline uint32_t es_pack_key_bit(uint32_t hash)
{
	return hash * 0x9e3779b1u / (UINT32_MAX / ES_PACK_FILTER + 1);
}
/* May these bytes be a key? Ask before es_pack_find(), which goes far. */
static inline bool es_pack_is(const uint64_t *filter, uint32_t hash)
{
	return filter[es_pack_key_bit(hash) / 64] >> es_pack_key_bit(hash) % 64 & 1;
}

/* How Korean keys begin, in syllables: few places of a text may be the beginning of one. */
#define ES_STARTS_TWO 32768u /* bits */
struct es_pack_starts {
	/* the key ends behind this syllable, or goes on with what is none */
	uint64_t one[ES_SYLLABLES / 64 + 1];
	/* the first two; of the second without its last letter, for 느리다 is looked for as 느린 */
	uint64_t two[ES_STARTS_TWO / 64];
};
const struct es_pack_starts *es_pack_starts(const struct es_pack *pack);
/* Numbers of syllables, code - ES_SYLLABLE. */
static inline uint32_t es_pack_two(uint32_t first, uint32_t second)
{
	return (first * (ES_SYLLABLES / ES_FINALS) + second / ES_FINALS) * 0x9e3779b1u /
	       (UINT32_MAX / ES_STARTS_TWO + 1);
}
/* May a key begin with these two? A number from ES_SYLLABLES on is no syllable. */
static inline bool es_pack_may_start(const struct es_pack_starts *starts, uint32_t first,
				     uint32_t second)
{
	if (first >= ES_SYLLABLES)
		return true;
	uint32_t bit = es_pack_two(first, second);
	bool two = second < ES_SYLLABLES && starts->two[bit / 64] >> bit % 64 & 1;
	return two || (starts->one[first / 64] >> first % 64 & 1);
}

/* Bytes of the longest key: no look-up beyond it is of use. */
size_t es_pack_longest(const struct es_pack *pack);
/* Entries of a kind that is compared, not looked up (neg-suffix, voice, rating, out-of,
 * no-rating, join, than), in the order of the pack. */
const struct es_entry *const *es_pack_kind(const struct es_pack *pack, enum es_entry_kind kind,
					   size_t *n);

/* ---- the vader profile ---- */

enum es_vader_flag {
	ES_VADER_WORD = 1,    /* in the word list */
	ES_VADER_BOOSTER = 2, /* adds to a listed word behind it */
	ES_VADER_NEGATOR = 4, /* turns one */
	ES_VADER_FIRST = 8,   /* begins a sequence */
	ES_VADER_SECOND = 16, /* stands second in one */
};

/* Words that the method names; 0 for all others. */
enum es_vader_name {
	ES_VADER_OTHER,
	ES_VADER_NO,
	ES_VADER_OR,
	ES_VADER_NOR,
	ES_VADER_KIND,
	ES_VADER_OF,
	ES_VADER_LEAST,
	ES_VADER_AT,
	ES_VADER_VERY,
	ES_VADER_BUT,
	ES_VADER_NEVER,
	ES_VADER_SO,
	ES_VADER_THIS,
	ES_VADER_WITHOUT,
	ES_VADER_DOUBT,
};

/* What a word is looked up by: its first 8 bytes and, where it is longer, its last 8 (the
 * two may overlap), each a little-endian number, the rest 0. Up to 16 bytes, with the
 * length, that is the word itself. */
struct es_vader_key {
	uint64_t head, tail;
};

struct es_vader_word {
	struct es_vader_key key;
	double value; /* what a booster adds, else what the list says */
	struct earshot_str text;
	uint8_t flags, name;
};

/* Two or three words: an idiom (value replaces) or a booster (value adds). */
struct es_vader_sequence {
	const struct es_vader_word *words[3];
	size_t n;
	bool booster;
	double value;
};

struct es_vader_emoji {
	uint32_t code; /* 0 = free */
	struct earshot_str description;
};

/* hash -> group -> 8 tags of a byte, asked at once; a tag that fits leads to the word.
 *
 *   tags[group]     ab 9c e1 00 00 00 00 00      0 = free, filled from the low end
 *   numbers[group]  17  4 9c  0 ...              in words[]
 *
 * Most words are not listed, and that is known here without a look at words[], nearly
 * always in the first group: one follows into the next only out of a full one. */
struct es_vader {
	const uint64_t *tags;
	const uint16_t (*numbers)[8];
	const struct es_vader_word *words; /* [0] = any word that is not here: no flags, no name */
	size_t n_words;                    /* [0] too */
	const struct es_vader_sequence *sequences;
	size_t n_sequences;
	const struct es_vader_emoji *emoji;
	uint32_t emoji_mask;
	size_t n; /* words and emoji */
};

/* NULL where the packs have no vader tables. */
const struct es_vader *es_lexicon_vader(const struct earshot_lexicon *lexicon);

#define ES_VADER_GROUPS  4096u               /* for 3.3.2 two words a group */
#define ES_VADER_LONGEST 64                  /* bytes of a word */
#define ES_VADER_EACH    0x0101010101010101u /* times a byte: that byte eight times */

static inline uint32_t es_vader_hash(struct es_vader_key key)
{
	uint64_t hash = key.head ^ key.tail * 0x9e3779b97f4a7c15u;
	hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93u;
	return (uint32_t)(hash >> 32);
}

static inline uint32_t es_vader_group(uint32_t hash)
{
	return hash >> 8 & (ES_VADER_GROUPS - 1);
}

static inline uint64_t es_vader_tag(uint32_t hash)
{
	return (hash & 0x7f) | 0x80;
}

/* The word (ptr, len) with that key; ptr is asked only where len > 16. words[0] where the
 * tables do not have it. */
static inline const struct es_vader_word *es_vader_find(const struct es_vader *vader,
							struct es_vader_key key, const char *ptr,
							size_t len)
{
	uint32_t hash = es_vader_hash(key);
	uint64_t wanted = ES_VADER_EACH * es_vader_tag(hash), tags;
	uint32_t group = es_vader_group(hash);
	for (;; group = (group + 1) & (ES_VADER_GROUPS - 1)) {
		tags = vader->tags[group];
		/* the zero bytes, and perhaps some behind one: the word is compared anyway */
		uint64_t other = tags ^ wanted;
		uint64_t hits = (other - ES_VADER_EACH) & ~other & ES_VADER_EACH * 0x80;
		for (; hits; hits &= hits - 1) {
			unsigned at = (unsigned)__builtin_ctzll(hits) >> 3;
			const struct es_vader_word *word = &vader->words[vader->numbers[group][at]];
			if (word->key.head == key.head && word->key.tail == key.tail &&
			    word->text.len == len &&
			    (len <= 16 || memcmp(word->text.ptr, ptr, len) == 0))
				return word;
		}
		if (!(tags >> 63)) /* not full */
			return vader->words;
	}
}

static inline const struct es_vader_emoji *es_vader_emoji_find(const struct es_vader *vader,
							       uint32_t code)
{
	for (uint32_t at = (code * 0x9e3779b1u) >> 7 & vader->emoji_mask;;
	     at = (at + 1) & vader->emoji_mask) {
		const struct es_vader_emoji *emoji = &vader->emoji[at];
		if (emoji->code == code)
			return emoji;
		if (!emoji->code)
			return NULL;
	}
}

/* 8 bytes as a little-endian number. */
static inline uint64_t es_vader_read(const char *ptr)
{
	uint64_t word;
	memcpy(&word, ptr, sizeof(word));
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	return word;
}

/* The same of the first `len` bytes at most, the rest 0. */
static inline uint64_t es_vader_read_some(const char *ptr, size_t len)
{
	char bytes[8] = { 0 };
	memcpy(bytes, ptr, len < 8 ? len : 8);
	return es_vader_read(bytes);
}

#endif
