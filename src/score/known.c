/* SPDX-License-Identifier: MIT */
#include "score/known.h"

#include "score/hits.h"
#include "score/learnt_walk.h"

struct meeting {
	struct known_word *word;
	const struct es_learnt *learnt;
	const char *ptr;
};

static inline void note(void *ctx, const struct es_feature *feature)
{
	const struct meeting *meeting = ctx;
	struct known_word *word = meeting->word;
	const struct es_learnt_slot *slot = es_learnt_find(meeting->learnt, feature->key);
	if (!slot)
		return;
	if (word->n < KNOWN_LEARNT) {
		word->learnt[word->n].slot = (uint32_t)(slot - meeting->learnt->slots) & 0x3fffff;
		word->learnt[word->n].from = (uint32_t)(feature->a.ptr - meeting->ptr) & 31;
		word->learnt[word->n].size = (uint32_t)feature->a.len & 31;
		word->learnt[word->n].polarity = slot->polarity;
		word->learnt[word->n].neutrality = slot->neutrality;
	}
	word->n += word->n <= KNOWN_LEARNT;
}

void es_known_meet(const struct known_words *words, struct known_word *word, const char *ptr,
		   size_t len)
{
	struct meeting meeting = { word, es_pack_learnt(words->pack), ptr };
	struct learnt_to to = { .ctx = &meeting, .learnt = meeting.learnt };
	struct learnt_word letters = { 0 };
	word->len = (uint8_t)len;
	word->n = 0;
	uint32_t entry;
	word->hand = (uint8_t)es_hits_alone(words->pack, es_str(ptr, len), &entry,
					    &words->seconds[word - words->at]);
	word->entry = entry & 0xffffff;
	word->stop = es_stops(es_pack_stops(words->pack), ptr, len);
	if (meeting.learnt && !word->stop) {
		const struct es_learnt_shape *shape = &meeting.learnt->shape;
		/* no word of so few bytes has too many letters */
		(void)learnt_letters(es_str(ptr, len), shape, note, &to, &letters);
		if (shape->word)
			learnt_emit(note, &to, ES_LEARNT_WORD, letters.whole, letters.text,
				    es_str(NULL, 0));
	}
	word->whole = letters.whole;
	word->stem = letters.stem;
	word->stem_len = (uint8_t)letters.stem_text.len;
}
