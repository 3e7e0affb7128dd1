/* SPDX-License-Identifier: MIT
 *
 * pack_table.c - checked entries -> a hash table over folded text, and looking things up in it.
 *
 * An entry is found by its key: the whole folded text without spaces (Korean), else its first
 * word.
 */
#include "lexicon/pack.h"

#include <stdlib.h>

/* endings, and what stands beside a number or a name: compared, not looked up */
bool es_pack_compared(size_t kind)
{
	return kind == ES_ENTRY_NEG_SUFFIX || kind == ES_ENTRY_VOICE || kind == ES_ENTRY_RATING ||
	       kind == ES_ENTRY_OUT_OF || kind == ES_ENTRY_NO_RATING || kind == ES_ENTRY_JOIN ||
	       kind == ES_ENTRY_THAN;
}

static uint32_t hash_of(struct earshot_str text)
{
	uint32_t hash = ES_PACK_START;
	for (size_t i = 0; i < text.len; i++)
		hash = es_pack_hash(hash, (unsigned char)text.ptr[i]);
	return hash;
}

static struct earshot_str key_of(const struct es_pack *pack, const struct es_entry *entry)
{
	return pack->language == ES_LANG_KO ? entry->fold
					    : es_str(entry->fold.ptr, entry->tokens[0].len);
}

/* Of which overlay the entry is; 0 = of none. */
static uint32_t overlay_of(const struct es_entry *entry)
{
	return entry->file / PACK_FILES;
}

/* Is a to be tried before b? More words, then of a later overlay, then more insistent. */
static bool before(const struct es_entry *a, const struct es_entry *b)
{
	if (a->n_tokens != b->n_tokens)
		return a->n_tokens > b->n_tokens;
	if (a->fold.len != b->fold.len)
		return a->fold.len > b->fold.len;
	if (a->tokens[0].prefix != b->tokens[0].prefix)
		return !a->tokens[0].prefix;
	if (overlay_of(a) != overlay_of(b))
		return overlay_of(a) > overlay_of(b);
	return (a->insist != 0) > (b->insist != 0);
}

int es_pack_list_kinds(struct es_pack *pack, struct es_arena *arena, struct earshot_error *error)
{
	memset(pack->n_kinds, 0, sizeof(pack->n_kinds));
	for (size_t i = 1; i < pack->n; i++)
		pack->n_kinds[pack->entries[i].kind]++;
	for (size_t k = 0; k < PACK_KINDS; k++) {
		pack->kinds[k] =
			es_arena_alloc(arena, (pack->n_kinds[k] + 1) * sizeof(**pack->kinds));
		if (!pack->kinds[k])
			return es_err_nomem(error);
		pack->n_kinds[k] = 0;
	}
	for (size_t i = 1; i < pack->n; i++) {
		size_t kind = pack->entries[i].kind;
		pack->kinds[kind][pack->n_kinds[kind]++] = &pack->entries[i];
	}
	return EARSHOT_OK;
}

static void leave_out_dropped(struct es_pack *pack)
{
	size_t n = 1;
	for (size_t i = 1; i < pack->n; i++)
		if (pack->entries[i].n_tokens)
			pack->entries[n++] = pack->entries[i];
	pack->n = n;
}

static void add_start(struct es_pack_starts *starts, struct earshot_str key)
{
	const char *ptr = key.ptr, *end = ptr + key.len;
	uint32_t first = es_utf8_next(&ptr, end) - ES_SYLLABLE;
	uint32_t second = ptr < end ? es_utf8_next(&ptr, end) - ES_SYLLABLE : UINT32_MAX;
	if (first >= ES_SYLLABLES)
		return;
	if (second >= ES_SYLLABLES) {
		starts->one[first / 64] |= 1ull << first % 64;
		return;
	}
	uint32_t bit = es_pack_two(first, second);
	starts->two[bit / 64] |= 1ull << bit % 64;
}

int es_pack_build(struct es_pack *pack, struct es_arena *arena, struct earshot_error *error)
{
	size_t cap = 16;
	leave_out_dropped(pack);
	while (cap < 2 * pack->n)
		cap *= 2;
	pack->slots = es_arena_zalloc(arena, cap, sizeof(*pack->slots));
	if (!pack->slots)
		return es_err_nomem(error);
	pack->mask = (uint32_t)cap - 1;
	for (size_t i = 1; i < pack->n; i++) {
		struct es_entry *entry = &pack->entries[i];
		if (es_pack_compared(entry->kind))
			continue;
		struct earshot_str key = key_of(pack, entry);
		uint32_t hash = hash_of(key), at = hash & pack->mask;
		if (key.len > pack->longest)
			pack->longest = key.len;
		uint32_t part = ES_PACK_START;
		for (size_t k = 0; k < key.len; k++) {
			part = es_pack_hash(part, (unsigned char)key.ptr[k]);
			pack->filter[es_pack_bit(part) / 64] |= 1ull << es_pack_bit(part) % 64;
		}
		pack->filter[es_pack_key_bit(hash) / 64] |= 1ull << es_pack_key_bit(hash) % 64;
		if (pack->language == ES_LANG_KO)
			add_start(&pack->starts, key);
		while (pack->slots[at].entry &&
		       (pack->slots[at].hash != hash ||
			!es_str_eq(key_of(pack, &pack->entries[pack->slots[at].entry]), key)))
			at = (at + 1) & pack->mask;
		uint32_t *link = &pack->slots[at].entry;
		pack->slots[at].hash = hash;
		while (*link && !before(entry, &pack->entries[*link]))
			link = &pack->entries[*link].next;
		entry->next = *link;
		*link = (uint32_t)i;
	}
	return es_pack_list_kinds(pack, arena, error);
}

void es_pack_release(struct es_pack *pack)
{
	if (!pack->mapped)
		free(pack->entries);
	pack->entries = NULL;
}

const struct es_entry *es_pack_find(const struct es_pack *pack, uint32_t hash, const char *ptr,
				    size_t len)
{
	for (uint32_t at = hash & pack->mask; pack->slots[at].entry; at = (at + 1) & pack->mask)
		if (pack->slots[at].hash == hash) {
			const struct es_entry *entry = &pack->entries[pack->slots[at].entry];
			struct earshot_str key = key_of(pack, entry);
			if (key.len == len && memcmp(key.ptr, ptr, len) == 0)
				return entry;
		}
	return NULL;
}

const struct es_entry *es_pack_next(const struct es_pack *pack, const struct es_entry *entry)
{
	return entry->next ? &pack->entries[entry->next] : NULL;
}

const struct es_entry *es_pack_entry(const struct es_pack *pack, uint32_t number)
{
	return &pack->entries[number];
}

uint32_t es_pack_number(const struct es_pack *pack, const struct es_entry *entry)
{
	return (uint32_t)(entry - pack->entries);
}

uint32_t es_pack_last(const struct es_pack *pack)
{
	return pack->n ? (uint32_t)pack->n - 1 : 0;
}

const uint64_t *es_pack_filter(const struct es_pack *pack)
{
	return pack->filter;
}

const struct es_pack_starts *es_pack_starts(const struct es_pack *pack)
{
	return &pack->starts;
}

size_t es_pack_longest(const struct es_pack *pack)
{
	return pack->longest;
}

const struct es_entry *const *es_pack_kind(const struct es_pack *pack, enum es_entry_kind kind,
					   size_t *n)
{
	*n = pack->n_kinds[kind];
	return pack->kinds[kind];
}

const struct es_stops *es_pack_stops(const struct es_pack *pack)
{
	return &pack->stops;
}

const struct es_grammar *es_pack_grammar(const struct es_pack *pack)
{
	return &pack->grammar;
}

const struct es_learnt *es_pack_learnt(const struct es_pack *pack)
{
	return pack->learnt.n ? &pack->learnt : NULL;
}
