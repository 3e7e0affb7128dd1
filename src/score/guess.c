/* SPDX-License-Identifier: MIT
 *
 * guess.c - "ugh" has no function word, but one pack knows it.
 *
 * Each word that an entry of a pack takes counts 2 where it is written as in the pack, else
 * 1: a stem with an ending, or marks left out. The second kind is weak, since names often
 * begin with a stem: alone it decides nothing.
 */
#include "score/guess.h"

#define ENOUGH 2 /* one word as it is written */
#define SHARE  3 /* at least one word in so many is known */

static size_t characters(struct earshot_str text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++)
		n += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
	return n;
}

static bool ascii(struct earshot_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] >= 0x80)
			return false;
	return true;
}

/* Letters with marks; U+00C0 to U+1FFF holds those of Latin. Apostrophes lie above. */
static bool marked(struct earshot_str text)
{
	const char *ptr = text.ptr, *end = ptr + text.len;
	while (ptr < end) {
		uint32_t c = es_utf8_next(&ptr, end);
		if (c >= 0xc0 && c < 0x2000)
			return true;
	}
	return false;
}

static bool as_written(const struct es_entry *entry, struct earshot_str text)
{
	struct es_entry exact = *entry;
	bool stem = entry->tokens[entry->n_tokens - 1].prefix;
	exact.insist = ES_INSIST_EXACT;
	/* drawn out and in capitals too: ughhh, SICK */
	if (!stem && ascii(entry->text) && ascii(text))
		return true;
	return es_hits_strict(&exact, text.ptr, text.len) &&
	       characters(text) + stem == characters(entry->text);
}

/* How well the pack knows the words; 0 = too little. */
static uint64_t points(struct es_arena *arena, const struct es_pack *pack,
		       enum es_language language, const struct es_analysis *const fields[2])
{
	static const enum earshot_in in[2] = { EARSHOT_IN_TITLE, EARSHOT_IN_TEXT };
	struct hits hits = { .arena = arena };
	uint64_t sum = 0, known = 0;
	for (int i = 0; i < 2; i++)
		if (fields[i])
			es_hits_find(&hits, pack, NULL, language, in[i], fields[i]);
	for (size_t i = 0; i < hits.n; i++) {
		const struct hit *hit = &hits.at[i];
		if (hit->entry->kind == ES_ENTRY_RATING || hit->entry->kind == ES_ENTRY_OUT_OF) {
			/* 10/10 is no word; the unit of "5 stars" is one of this language */
			known += hit->entry->text.len != 0;
			sum += hit->entry->text.len ? 2u : 0u;
			continue;
		}
		const struct es_analysis *field = fields[hit->in == EARSHOT_IN_TEXT];
		struct earshot_str text = es_str(field->original.ptr + hit->start, hit->len);
		if (text.len > 1 && text.ptr[0] == '#')
			text.ptr++, text.len--;
		/* English writes no marks: "süper" is not its "super" */
		if (language == ES_LANG_EN && marked(text))
			continue;
		known += hit->entry->n_tokens;
		sum += hit->entry->n_tokens * (as_written(hit->entry, text) ? 2u : 1u);
	}
	return sum >= ENOUGH && known * SHARE >= hits.words && !hits.failed ? sum : 0;
}

enum es_language es_guess_language(struct es_arena *arena, const struct earshot_lexicon *lexicon,
				   const struct es_analysis *title, const struct es_analysis *text)
{
	static const enum es_language latin[] = { ES_LANG_EN, ES_LANG_TR };
	const struct es_analysis *const fields[2] = { title, text };
	enum es_language best = ES_LANG_UNKNOWN;
	uint64_t most = 0;
	for (size_t i = 0; i < ES_COUNT(latin); i++) {
		const struct es_pack *pack = es_lexicon_pack(lexicon, latin[i]);
		uint64_t sum = pack ? points(arena, pack, latin[i], fields) : 0;
		if (sum >= most)
			best = sum > most ? latin[i] : ES_LANG_UNKNOWN;
		if (sum > most)
			most = sum;
	}
	return best;
}
