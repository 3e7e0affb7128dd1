/* SPDX-License-Identifier: MIT */
#include "learn/corpus.h"

#include <stdlib.h>

void corpus_keys_release(struct corpus_keys *keys)
{
	free(keys->slots);
	free(keys->entries);
	es_arena_release(&keys->arena);
	*keys = (struct corpus_keys){ 0 };
}

void corpus_release(struct corpus *corpus)
{
	free(corpus->hand);
	free(corpus->label);
	free(corpus->row);
	free(corpus->of);
	corpus->hand = NULL;
	corpus->label = NULL;
	corpus->row = NULL;
	corpus->of = NULL;
	corpus->n = corpus->cap = corpus->n_of = corpus->cap_of = 0;
}

static struct corpus_key *find(const struct corpus_keys *keys, uint64_t key)
{
	size_t at = key & keys->mask;
	while (keys->slots[at].key && keys->slots[at].key != key)
		at = (at + 1) & keys->mask;
	return &keys->slots[at];
}

static bool grow_keys(struct corpus_keys *keys)
{
	struct corpus_keys more = { .mask = keys->slots ? 2 * keys->mask + 1 : (1u << 16) - 1 };
	more.slots = calloc(more.mask + 1, sizeof(*more.slots));
	if (!more.slots)
		return false;
	for (size_t i = 0; keys->slots && i <= keys->mask; i++)
		if (keys->slots[i].key)
			*find(&more, keys->slots[i].key) = keys->slots[i];
	free(keys->slots);
	keys->slots = more.slots;
	keys->mask = more.mask;
	return true;
}

static void count(void *ctx, const struct es_feature *feature)
{
	struct corpus *corpus = ctx;
	struct corpus_keys *keys = corpus->keys;
	if (2 * keys->n >= keys->mask && !grow_keys(keys)) {
		corpus->failed = true;
		return;
	}
	struct corpus_key *slot = find(keys, feature->key);
	if (!slot->key) {
		slot->key = feature->key;
		keys->n++;
	}
	slot->n += slot->last != corpus->seen + 1;
	slot->last = corpus->seen + 1;
}

int corpus_count(struct corpus *corpus, struct earshot_str text, struct earshot_error *error)
{
	struct es_hand hand;
	if (!corpus->keys->slots && !grow_keys(corpus->keys))
		return es_err_nomem(error);
	int rc = es_score_features(corpus->scorer, corpus->language, &corpus->shape, text, count,
				   corpus, &hand, error);
	corpus->seen++;
	return rc ? rc : corpus->failed ? es_err_nomem(error) : EARSHOT_OK;
}

int corpus_freeze(struct corpus_keys *keys, uint32_t least, struct earshot_error *error)
{
	keys->numbered = 0;
	for (size_t i = 0; keys->slots && i <= keys->mask; i++) {
		struct corpus_key *slot = &keys->slots[i];
		slot->number = UINT32_MAX;
		if (slot->key && slot->n >= least)
			slot->number = (uint32_t)keys->numbered++;
	}
	keys->entries = calloc(keys->numbered + 1, sizeof(*keys->entries));
	keys->frozen = true;
	return keys->entries ? EARSHOT_OK : es_err_nomem(error);
}

/* The key as learnt.tsv has it: pieces squeezed, a gram without its spaces. */
static struct earshot_str text_of(struct es_arena *arena, const struct es_feature *feature)
{
	char out[1024];
	size_t n = 0;
	if (feature->kind == ES_LEARNT_GRAM) {
		const char *ptr = feature->a.ptr, *end = ptr + feature->a.len;
		while (ptr < end && n < 64) {
			uint32_t c = es_utf8_next(&ptr, end);
			if (es_is_syllable(c))
				n += es_utf8_put(out + n, c);
		}
	} else {
		const size_t half = sizeof(out) / 2 - 1;
		n = es_learnt_squeeze(feature->as[0] ? es_str_of(feature->as[0]) : feature->a, out,
				      half);
		if (feature->b.ptr) {
			out[n++] = ' ';
			n += es_learnt_squeeze(feature->as[1] ? es_str_of(feature->as[1])
							      : feature->b,
					       out + n, half);
		}
	}
	return es_arena_str(arena, out, n);
}

static void write_row(void *ctx, const struct es_feature *feature)
{
	struct corpus *corpus = ctx;
	struct corpus_keys *keys = corpus->keys;
	struct corpus_key *slot = find(keys, feature->key);
	if (!slot->key || slot->number == UINT32_MAX)
		return;
	struct es_learnt_entry *entry = &keys->entries[slot->number];
	if (!entry->text.ptr) {
		entry->text = text_of(&keys->arena, feature);
		entry->kind = (uint8_t)feature->kind;
		corpus->failed |= !entry->text.ptr;
	}
	if (corpus->n_of == corpus->cap_of) {
		size_t cap = corpus->cap_of ? 2 * corpus->cap_of : 1u << 16;
		uint32_t *more = realloc(corpus->of, cap * sizeof(*more));
		if (!more) {
			corpus->failed = true;
			return;
		}
		corpus->of = more;
		corpus->cap_of = cap;
	}
	corpus->of[corpus->n_of++] = slot->number;
}

static bool grow_rows(struct corpus *corpus)
{
	size_t cap = corpus->cap ? 2 * corpus->cap : 4096;
	struct es_hand *hand = realloc(corpus->hand, cap * sizeof(*hand));
	if (!hand)
		return false;
	corpus->hand = hand;
	uint8_t *label = realloc(corpus->label, cap * sizeof(*label));
	if (!label)
		return false;
	corpus->label = label;
	size_t *row = realloc(corpus->row, (cap + 1) * sizeof(*row));
	if (!row)
		return false;
	corpus->row = row;
	corpus->cap = cap;
	return true;
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

int corpus_add(struct corpus *corpus, struct earshot_str text, enum earshot_label label,
	       struct earshot_error *error)
{
	if (corpus->n == corpus->cap && !grow_rows(corpus))
		return es_err_nomem(error);
	size_t from = corpus->n_of;
	corpus->row[corpus->n] = from;
	int rc = es_score_features(corpus->scorer, corpus->language, &corpus->shape, text,
				   write_row, corpus, &corpus->hand[corpus->n], error);
	if (rc || corpus->failed)
		return rc ? rc : es_err_nomem(error);
	qsort(corpus->of + from, corpus->n_of - from, sizeof(*corpus->of), by_number);
	corpus->label[corpus->n] = (uint8_t)(label - EARSHOT_NEGATIVE);
	corpus->row[++corpus->n] = corpus->n_of;
	return EARSHOT_OK;
}
