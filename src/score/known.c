/* SPDX-License-Identifier: MIT */
#include "score/known.h"

#include "score/hits.h"
#include "score/learnt_walk.h"

#define ONES 255, 255, 255, 255, 255, 255, 255, 255
const unsigned char es_known_ones[2 * KNOWN_BYTES] = { ONES, ONES, ONES };

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

/* As es_learnt_merge() makes one hit of the keys of a token. */
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

void es_known_meet(const struct known_words *words, struct known_word *word, const char *ptr,
		   size_t len)
{
	const struct es_learnt *learnt = es_pack_learnt(words->pack);
	struct meeting meeting = { word, learnt, ptr };
	struct learnt_to to = { .ctx = &meeting, .learnt = learnt };
	struct learnt_word letters = { 0 };
	uint32_t entry;
	word->len = (uint8_t)len;
	word->size = 0;
	word->polarity = word->neutrality = 0;
	word->hand =
		(uint32_t)es_hits_alone(words->pack, es_str(ptr, len), &entry, &word->seconds) &
		0x7f;
	word->entry = entry & 0xffffff;
	word->stop = es_stops(es_pack_stops(words->pack), ptr, len);
	if (learnt && !word->stop) /* no word of so few bytes has too many letters */
		(void)learnt_letters(es_str(ptr, len), &learnt->shape, always, note, &to, &letters);
	word->whole = letters.whole;
	word->stem = letters.stem;
	word->stem_len = (uint8_t)letters.stem_text.len;
}

uint32_t *es_known_places(const struct known_words *words, struct es_arena *arena,
			  const struct es_analysis *text)
{
	uint32_t *places = es_arena_alloc(arena, (text->n + 1) * sizeof(*places));
	for (size_t i = 0; places && i < text->n; i++) {
		const struct es_token *token = &text->tokens[i];
		bool is = token->kind == ES_TOKEN_WORD && token->script != ES_SCRIPT_HANGUL &&
			  token->fold_len <= KNOWN_BYTES;
		size_t len = is ? token->fold_len : 0; /* a place for every token: no branch */
		uint64_t bytes[3];
		es_known_bytes(text->folded.ptr + token->fold, len, bytes);
		uint64_t hash = (bytes[0] ^ len) * 0x9e3779b97f4a7c15u;
		hash = (hash ^ hash >> 29 ^ bytes[1]) * 0xd6e8feb86659fd93u;
		hash = (hash ^ hash >> 32 ^ bytes[2]) * 0xa0761d6478bd642fu;
		hash >>= 64 - KNOWN_BITS;
		__builtin_prefetch(&words->at[hash]);
		places[i] = is ? (uint32_t)hash : KNOWN_NOWHERE;
	}
	return places;
}
