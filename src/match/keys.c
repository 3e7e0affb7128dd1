/* SPDX-License-Identifier: MIT
 *
 * The table of keys that walk.c looks into, and the keys of lazy patterns.
 */
#include "match/set.h"

/* Lists of lengths by the first four bytes. Source: 32 KiB, the nearest cache. */
#define LISTS_MAX 4096u

struct key {
	struct earshot_str text;
	enum es_key_kind kind;
	int initial;
};

/* The beginning that is hashed: before the first wildcard, not too long. */
static struct earshot_str beginning(struct earshot_str text, size_t most)
{
	size_t len = 0;
	while (len < text.len && text.ptr[len] != ES_GLOB_STAR && text.ptr[len] != ES_GLOB_ONE)
		len++;
	return es_str(text.ptr, es_utf8_cut(text.ptr, len, most));
}

static struct key key_of(const struct es_pattern *pattern)
{
	const struct es_elem *elem = &pattern->elems[pattern->key];
	struct earshot_str text = elem->fold;
	if (elem->kind == ES_ELEM_WORD && text.len <= ES_KEY_MAX)
		return (struct key){ text, ES_KEY_WORD, -1 };
	if (elem->kind == ES_ELEM_INFIX)
		return (struct key){ beginning(text, ES_INFIX_KEY_MAX), ES_KEY_INFIX, -1 };
	if (elem->kind == ES_ELEM_HANGUL && elem->n_breaks)
		text.len = elem->breaks[0];
	else if (elem->kind == ES_ELEM_HANGUL && elem->end == ES_END_STEM && text.len >= 3 &&
		 text.len <= ES_KEY_MAX) {
		const char *last = text.ptr + text.len - 3;
		int initial = es_initial(last, last + 3);
		if (initial >= 0)
			return (struct key){ es_str(text.ptr, text.len - 3), ES_KEY_STEM, initial };
	}
	if (elem->kind == ES_ELEM_STEM) /* its last letter may change */
		text.len = es_utf8_cut(text.ptr, text.len, text.len - 1);
	return (struct key){ beginning(text, ES_KEY_MAX), ES_KEY_PREFIX, -1 };
}

static void set_entry(struct es_entry *entry, const struct earshot_queries *set, uint32_t index)
{
	const struct es_pattern *pattern = &set->patterns[index].pattern;
	const struct es_elem *elem = &pattern->elems[pattern->key];
	*entry = (struct es_entry){ .pattern = index };
	if (elem->kind != ES_ELEM_GLOB)
		return;
	/* what stands behind the last wildcard */
	const char *end = elem->fold.ptr + elem->fold.len;
	while (entry->n_tail < ES_TAIL_MAX && end[-1 - entry->n_tail] != ES_GLOB_STAR &&
	       end[-1 - entry->n_tail] != ES_GLOB_ONE)
		entry->n_tail++;
	entry->tail = es_tail(end - entry->n_tail, entry->n_tail);
}

/* So that the walk tries the lengths at which some key ends, and no others. */
static void set_length(struct earshot_queries *set, const struct key *key)
{
	uint64_t bit = 1ull << key->text.len;
	if (key->kind == ES_KEY_INFIX)
		set->infix_lengths |= bit;
	else if (key->kind != ES_KEY_WORD && key->text.len < 4)
		set->short_lengths |= bit;
	else if (key->kind != ES_KEY_WORD)
		*es_long_lengths(set, key->text.ptr) |= bit;
	set->stems |= key->kind == ES_KEY_STEM;
}

static struct es_slot *slot_of(struct earshot_queries *set, uint64_t key)
{
	uint64_t at = (key >> 20) & set->slot_mask;
	while (set->slots[at].key && set->slots[at].key != key)
		at = (at + 1) & set->slot_mask;
	return &set->slots[at];
}

/* Entries of one key side by side, in the order of the patterns: counted, then placed. */
static void fill(struct earshot_queries *set)
{
	uint32_t total = 0;
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		uint64_t key = set->patterns[i].key, bit = key & set->filter_mask;
		if (set->patterns[i].lazy)
			continue;
		set->filter[bit / 64] |= 1ull << (bit % 64);
		struct es_slot *slot = slot_of(set, key);
		slot->key = key;
		slot->n++;
	}
	for (uint64_t at = 0; at <= set->slot_mask; at++) {
		set->slots[at].first = total;
		total += set->slots[at].n;
		set->slots[at].n = 0;
	}
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		if (set->patterns[i].lazy)
			continue;
		struct es_slot *slot = slot_of(set, set->patterns[i].key);
		set_entry(&set->entries[slot->first + slot->n++], set, i);
	}
}

static uint64_t room_for(uint64_t n)
{
	uint64_t size = 64;
	while (size < n * 2)
		size *= 2;
	return size;
}

bool es_set_keys(struct earshot_queries *set)
{
	uint32_t n_walked = 0, n_long = 0;
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		struct es_set_pattern *pattern = &set->patterns[i];
		struct key key = key_of(&pattern->pattern);
		pattern->key = es_key(key.text.ptr, key.text.len, key.kind, key.initial);
		pattern->lazy = !pattern->n && key.kind == ES_KEY_WORD;
		n_walked += !pattern->lazy;
		n_long += key.kind != ES_KEY_WORD;
	}
	uint64_t size = room_for(n_walked), n_lengths = room_for(n_long);
	if (n_lengths > LISTS_MAX)
		n_lengths = LISTS_MAX;
	set->slot_mask = size - 1;
	set->filter_mask = size * 8 - 1;
	set->long_mask = n_lengths - 1;
	set->slots = es_arena_zalloc(&set->arena, size, sizeof(*set->slots));
	set->filter = es_arena_zalloc(&set->arena, size / 8, sizeof(*set->filter));
	set->long_lengths = es_arena_zalloc(&set->arena, n_lengths, sizeof(*set->long_lengths));
	set->entries = es_arena_zalloc(&set->arena, n_walked, sizeof(*set->entries));
	if (!set->slots || !set->filter || !set->long_lengths || !set->entries)
		return false;
	for (uint32_t i = 0; i < set->n_patterns; i++) {
		struct key key = key_of(&set->patterns[i].pattern);
		if (!set->patterns[i].lazy)
			set_length(set, &key);
	}
	fill(set);
	return true;
}
