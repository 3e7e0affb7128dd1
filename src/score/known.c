/* SPDX-License-Identifier: MIT */
#include "score/known.h"

#include <endian.h>
#include <stdlib.h>

#include "score/hits.h"
#include "score/learnt_walk.h"

#define ONES 255, 255, 255, 255, 255, 255, 255, 255
/* KNOWN_BYTES of ones, then as many of zeroes. */
static const unsigned char ones_first[2 * KNOWN_BYTES] = { ONES, ONES, ONES };

/* The bytes of a word of up to KNOWN_BYTES, the rest 0. Of folded text, whose slack is read. How
 * long words are is chance: no branch hangs on it. */
static inline void bytes_of(const char *ptr, size_t len, uint64_t bytes[3])
{
	uint64_t ones[3]; /* what stands behind the word is not of it */
	memcpy(bytes, ptr, KNOWN_BYTES);
	memcpy(ones, ones_first + KNOWN_BYTES - len, KNOWN_BYTES);
	for (int i = 0; i < 3; i++)
		bytes[i] = le64toh(bytes[i] & ones[i]);
}

static inline bool is(const struct known_word *word, const uint64_t bytes[3], size_t len)
{
	uint64_t other = (word->bytes[0] ^ bytes[0]) | (word->bytes[1] ^ bytes[1]) |
			 (word->bytes[2] ^ bytes[2]) | (word->len ^ len);
	return other == 0;
}

static inline uint64_t hash_of(const uint64_t bytes[3], size_t len)
{
	uint64_t hash = (bytes[0] ^ len) * 0x9e3779b97f4a7c15u;
	hash = (hash ^ hash >> 29 ^ bytes[1]) * 0xd6e8feb86659fd93u;
	return (hash ^ hash >> 32 ^ bytes[2]) * 0xa0761d6478bd642fu;
}

/* Its bit among the pairs. What is written with a star goes by its first two letters. */
static inline uint32_t pair_of(uint64_t first, const uint64_t bytes[3], size_t len, bool star)
{
	uint64_t second = star ? (bytes[0] & 0xffff) * 0x9e3779b97f4a7c15u : hash_of(bytes, len);
	return (uint32_t)((first ^ second >> 7) * 0xd6e8feb86659fd93u >> (64 - KNOWN_PAIR_BITS));
}

static inline bool has(const struct known_words *words, uint32_t pair)
{
	return words->pairs[pair / 64] >> pair % 64 & 1;
}

/* The bit of a phrase of three words and more. */
static inline uint32_t three_of(uint64_t first, uint32_t second, uint32_t third)
{
	uint64_t letters = ((uint64_t)third << 16 | second) * 0x9e3779b97f4a7c15u;
	return (uint32_t)((first ^ letters >> 3) * 0xa0761d6478bd642fu >> (64 - KNOWN_PAIR_BITS));
}

bool es_known_phrase(const struct known_words *words, const struct known_word *word,
		     const struct known_word *known, struct earshot_str next,
		     struct earshot_str third)
{
	if (!known)
		return true;
	uint64_t first = hash_of(word->bytes, word->len);
	return has(words, pair_of(first, known->bytes, known->len, false)) ||
	       has(words, pair_of(first, known->bytes, known->len, true)) ||
	       has(words, three_of(first, es_known_letters(next), es_known_letters(third)));
}

/* A token of an entry: its text has no slack. */
static void entry_bytes(const struct es_entry *entry, size_t i, uint64_t bytes[3])
{
	char text[KNOWN_BYTES] = { 0 };
	const struct es_entry_token *token = &entry->tokens[i];
	memcpy(text, entry->fold.ptr + token->start,
	       token->len < KNOWN_BYTES ? token->len : KNOWN_BYTES);
	bytes_of(text, KNOWN_BYTES, bytes);
}

static uint32_t letters_of(const struct es_entry *entry, size_t i)
{
	const struct es_entry_token *token = &entry->tokens[i];
	return es_known_letters(es_str(entry->fold.ptr + token->start, token->len));
}

/* Does the entry say what the first two letters of this word are? One letter and a star does not.
 */
static bool two_letters(const struct es_entry *entry, size_t i)
{
	return entry->tokens[i].len > 1 || !entry->tokens[i].prefix;
}

static void set(struct known_words *words, uint32_t bit)
{
	words->pairs[bit / 64] |= 1ull << bit % 64;
}

static void add_pairs(struct known_words *words)
{
	uint32_t last = es_pack_last(words->pack);
	for (uint32_t i = 1; i <= last; i++) {
		const struct es_entry *entry = es_pack_entry(words->pack, i);
		uint64_t one[3], two[3];
		if (entry->n_tokens < 2 || entry->tokens[0].len > KNOWN_BYTES)
			continue; /* no longer word is known */
		entry_bytes(entry, 0, one);
		entry_bytes(entry, 1, two);
		uint64_t first = hash_of(one, entry->tokens[0].len);
		size_t len = entry->tokens[1].len;
		if (entry->n_tokens > 2 && two_letters(entry, 1) && two_letters(entry, 2)) {
			set(words, three_of(first, letters_of(entry, 1), letters_of(entry, 2)));
			continue;
		}
		bool star = entry->tokens[1].prefix;
		/* one letter and a star: whatever the second letter is */
		for (unsigned any = 0; any < (star && len < 2 ? 256u : 1u); any++) {
			uint64_t with[3] = { two[0] | any << 8, two[1], two[2] };
			set(words, pair_of(first, with, len, star));
		}
	}
}

bool es_known_open(struct known_words *words, const struct es_pack *pack)
{
	size_t bytes = sizeof(*words->at) << KNOWN_BITS;
	words->pack = pack;
	if (words->at)
		return true;
	words->at = aligned_alloc(sizeof(*words->at), bytes);
	if (!words->at)
		return false;
	memset(words->at, 0, bytes);
	add_pairs(words);
	return true;
}

struct meeting {
	struct known_word *word;
	const struct es_learnt *learnt;
	const char *ptr;
};

static inline bool always(void *ctx, uint64_t whole)
{
	(void)ctx;
	(void)whole;
	return true;
}

/* As es_learnt_hold() makes one hit of the keys of a token. */
static inline void note(void *ctx, const struct es_feature *feature)
{
	const struct meeting *meeting = ctx;
	struct known_word *word = meeting->word;
	const struct es_learnt_slot *slot =
		feature->may ? es_learnt_find(meeting->learnt, feature->key) : NULL;
	if (!slot)
		return;
	word->polarity += slot->polarity;
	word->neutrality += slot->neutrality;
	if (feature->a.len <= word->size)
		return;
	word->slot = (uint32_t)(slot - meeting->learnt->slots) & 0x3fffff;
	word->from = (uint32_t)(feature->a.ptr - meeting->ptr) & 31;
	word->size = (uint32_t)feature->a.len & 31;
}

/* Reads the word's letters. It comes cleared but for its bytes. */
static void meet(const struct known_words *words, struct known_word *word, const char *ptr,
		 size_t len)
{
	const struct es_learnt *learnt = es_pack_learnt(words->pack);
	struct meeting meeting = { word, learnt, ptr };
	struct learnt_to to = { .ctx = &meeting };
	struct learnt_word letters = { 0 };
	uint32_t entry;
	word->len = (uint8_t)len;
	word->hand =
		(uint32_t)es_hits_alone(words->pack, es_str(ptr, len), &entry, &word->seconds) &
		0x7f;
	word->entry = entry & 0xffffff;
	word->number = *ptr >= '0' && *ptr <= '9';
	word->by_key = true;
	word->stop = es_stops(es_pack_stops(words->pack), ptr, len);
	if (learnt)
		to.filter = es_learnt_filter(learnt);
	if (learnt && !word->stop) /* no word of so few bytes has too many letters */
		(void)learnt_letters(es_str(ptr, len), &learnt->shape, always, note, &to, &letters);
	word->whole = letters.whole;
	word->stem = letters.stem;
	word->stem_len = (uint8_t)letters.stem_text.len;
}

/* A word that is looked for: its place is on the way to the cache. */
struct wanted {
	uint64_t bytes[KNOWN_BYTES / 8];
	uint32_t token, place;
};

/* The words of the text that may be known. */
static size_t wanted_of(const struct known_words *words, const struct es_analysis *text,
			struct wanted *wanted)
{
	size_t n = 0;
	for (size_t i = 0; i < text->n; i++) {
		const struct es_token *token = &text->tokens[i];
		if (token->kind != ES_TOKEN_WORD || token->script == ES_SCRIPT_HANGUL ||
		    token->fold_len > KNOWN_BYTES)
			continue;
		struct wanted *want = &wanted[n++];
		bytes_of(text->folded.ptr + token->fold, token->fold_len, want->bytes);
		want->place =
			(uint32_t)(hash_of(want->bytes, token->fold_len) >> (64 - KNOWN_BITS));
		want->token = (uint32_t)i;
		__builtin_prefetch(&words->at[want->place]);
	}
	return n;
}

static struct known_word *met(const struct known_words *words, struct es_arena *arena,
			      const struct wanted *wanted, struct earshot_str fold,
			      struct known_new **fresh)
{
	struct known_new *new = es_arena_zalloc(arena, 1, sizeof(*new));
	if (!new)
		return NULL;
	memcpy(new->word.bytes, wanted->bytes, KNOWN_BYTES);
	meet(words, &new->word, fold.ptr, fold.len);
	new->place = wanted->place;
	new->next = *fresh;
	*fresh = new;
	return &new->word;
}

struct known_word **es_known_find(const struct known_words *words, struct es_arena *arena,
				  const struct es_analysis *text, struct known_new **fresh)
{
	struct known_word **out = es_arena_zalloc(arena, text->n + 1, sizeof(*out));
	struct wanted *wanted = es_arena_alloc(arena, (text->n + 1) * sizeof(*wanted));
	size_t n = out && wanted ? wanted_of(words, text, wanted) : 0;
	for (size_t i = 0; i < n; i++) {
		const struct wanted *want = &wanted[i];
		struct known_word *first = &words->at[want->place],
				  *second = &words->at[want->place ^ 1];
		struct earshot_str fold = es_token_fold(text, want->token);
		struct known_word *word = is(first, want->bytes, fold.len) ? first
					  : is(second, want->bytes, fold.len)
						  ? second
						  : met(words, arena, want, fold, fresh);
		if (!word)
			return NULL;
		out[want->token] = word;
	}
	return wanted ? out : NULL;
}

void es_known_forget(const struct known_words *words)
{
	for (size_t i = 0; words->at && i < (size_t)1 << KNOWN_BITS; i++)
		words->at[i].post = 0;
}

/* May another word have the key of this one? Of three and more of a letter its key has two; which
 * bytes are a letter beyond ASCII is not asked. */
static bool shares_key(const struct known_word *word)
{
	const unsigned char *bytes = (const unsigned char *)word->bytes;
	for (size_t i = 0; i < KNOWN_BYTES; i++)
		if (bytes[i] >= 0x80 || (i && bytes[i] && bytes[i] == bytes[i - 1]))
			return true;
	return false;
}

void es_known_keep(const struct known_words *words, const struct known_new *fresh)
{
	for (; fresh; fresh = fresh->next) {
		struct known_word *first = &words->at[fresh->place];
		if (is(first, fresh->word.bytes, fresh->word.len))
			continue; /* the post has it twice */
		if (first->len)   /* a free place would push out its neighbour for nothing */
			words->at[fresh->place ^ 1] = *first;
		*first = fresh->word;
		first->by_key = shares_key(first);
	}
}
