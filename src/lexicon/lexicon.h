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
	X(NO_RATING, "no-rating", "nothing: 9/10 behind it, or before it, is none")

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
/* May some key begin with bytes of this hash? (False = certainly none.) */
bool es_pack_may(const struct es_pack *pack, uint32_t hash);
/* Bytes of the longest key: no look-up beyond it is of use. */
size_t es_pack_longest(const struct es_pack *pack);
/* Entries of a kind that is compared, not looked up (neg-suffix, voice, rating, out-of,
 * no-rating), in
 * the order of the pack. */
const struct es_entry *const *es_pack_kind(const struct es_pack *pack, enum es_entry_kind kind,
					   size_t *n);

/* ---- the vader profile ---- */

enum es_vader_flag {
	ES_VADER_WORD = 1,    /* in the word list, `value` holds */
	ES_VADER_BOOSTER = 2, /* `boost` holds */
	ES_VADER_NEGATOR = 4,
	ES_VADER_SEQUENCE = 8, /* first word of a sequence */
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

struct es_vader_word {
	struct earshot_str text;
	uint32_t hash;
	uint8_t flags, name;
	double value, boost;
};

/* Two or three words: an idiom (value replaces) or a booster (value adds). */
struct es_vader_sequence {
	const struct es_vader_word *words[3];
	size_t n;
	bool booster;
	double value;
};

struct es_vader {
	const struct es_vader_word *slots; /* open addressing; text.ptr NULL = free */
	uint32_t mask;
	const struct es_vader_sequence *sequences;
	size_t n_sequences;
	const struct es_vader_emoji *emoji;
	uint32_t emoji_mask;
	size_t n; /* words and emoji */
};

struct es_vader_emoji {
	uint32_t code; /* 0 = free */
	struct earshot_str description;
};

/* NULL where the packs have no vader tables. */
const struct es_vader *es_lexicon_vader(const struct earshot_lexicon *lexicon);

static inline const struct es_vader_word *es_vader_find(const struct es_vader *vader, uint32_t hash,
							const char *ptr, size_t len)
{
	for (uint32_t at = hash & vader->mask;; at = (at + 1) & vader->mask) {
		const struct es_vader_word *word = &vader->slots[at];
		if (!word->text.ptr)
			return NULL;
		if (word->hash == hash && word->text.len == len &&
		    memcmp(word->text.ptr, ptr, len) == 0)
			return word;
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

/* The hash of a word as the tables use it: es_pack_hash() over its bytes, then
 * this once. */
static inline uint32_t es_vader_mix(uint32_t hash)
{
	return (hash ^ hash >> 15) * 0x2c1b3c6du ^ hash >> 13;
}

#endif
