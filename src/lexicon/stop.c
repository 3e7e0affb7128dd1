/* SPDX-License-Identifier: MIT */
#include "lexicon/lexicon.h"
#include "lexicon/stop_load.h"

#define WORDS_MAX 100000u

static uint32_t bit_of(uint32_t hash)
{
	return hash * 0x9e3779b1u / (UINT32_MAX / ES_STOP_FILTER + 1);
}

static bool has(const uint64_t *filter, uint32_t hash)
{
	return filter[bit_of(hash) / 64] >> bit_of(hash) % 64 & 1;
}

static bool is(const struct es_stops *stops, uint32_t hash, const char *ptr, size_t len, bool whole)
{
	for (uint32_t at = hash & stops->mask;; at = (at + 1) & stops->mask) {
		const struct es_stop *stop = &stops->slots[at];
		if (stop->len == 0)
			return false;
		if (stop->hash == hash && stop->len == len && (whole || stop->stem) &&
		    memcmp(stops->texts + stop->at, ptr, len) == 0)
			return true;
	}
}

bool es_stops(const struct es_stops *stops, const char *ptr, size_t len)
{
	uint32_t hash = ES_PACK_START;
	if (stops->n == 0)
		return false;
	for (size_t n = 0; n < len && n < ES_STOP_BYTES;) {
		unsigned char lead = (unsigned char)ptr[n];
		hash = es_pack_hash(hash, (unsigned char)ptr[n++]);
		if (lead >= 0xe0 && len - n >= 2) { /* a word ends behind whole characters */
			hash = es_pack_hash(hash, (unsigned char)ptr[n++]);
			hash = es_pack_hash(hash, (unsigned char)ptr[n++]);
		}
		if (!has(stops->begins, hash))
			return false;
		if (has(stops->whole, hash) && is(stops, hash, ptr, n, n == len || ptr[n] == '\''))
			return true;
	}
	return false;
}

/* ---- loading ---- */

static void put(struct es_stops *stops, struct es_stop *slots, uint32_t at, size_t len, bool stem)
{
	uint32_t hash = ES_PACK_START;
	for (size_t i = 0; i < len; i++) {
		hash = es_pack_hash(hash, (unsigned char)stops->texts[at + i]);
		stops->begins[bit_of(hash) / 64] |= 1ull << bit_of(hash) % 64;
	}
	uint32_t slot = hash & stops->mask;
	while (slots[slot].len)
		slot = (slot + 1) & stops->mask;
	slots[slot] = (struct es_stop){ hash, at, (uint8_t)len, stem };
	stops->whole[bit_of(hash) / 64] |= 1ull << bit_of(hash) % 64;
	stops->n++;
}

/* The next word of the list; false at its end. */
static bool next(struct earshot_str *rest, struct earshot_str *word, int *line)
{
	while (rest->len) {
		const char *end = memchr(rest->ptr, '\n', rest->len);
		size_t len = end ? (size_t)(end - rest->ptr) : rest->len;
		*word = es_str(rest->ptr, len);
		*rest = es_str(rest->ptr + len + (end != NULL), rest->len - len - (end != NULL));
		(*line)++;
		if (word->len && word->ptr[word->len - 1] == '\r')
			word->len--;
		if (word->len && *word->ptr != '#')
			return true;
	}
	return false;
}

static int add_words(struct es_stops *stops, struct es_stop *table, char *texts, uint32_t *at,
		     const struct tsv *list, struct es_arena *arena, struct earshot_error *error)
{
	struct earshot_str rest = list->rest, word;
	int line = 0;
	while (next(&rest, &word, &line)) {
		bool stem = word.ptr[word.len - 1] == '*';
		struct earshot_str fold = es_fold(arena, word.ptr, word.len - stem);
		if (!fold.ptr)
			return es_err_nomem(error);
		if (fold.len == 0 || fold.len > ES_STOP_BYTES || stops->n == WORDS_MAX) {
			int rc = es_err(error, EARSHOT_CONFIG,
					"a word of 1 to %u bytes, or stem*; at most %u of them",
					ES_STOP_BYTES, WORDS_MAX);
			es_err_at(error, list->path, line, 1);
			return rc;
		}
		memcpy(texts + *at, fold.ptr, fold.len);
		put(stops, table, *at, fold.len, stem);
		*at += (uint32_t)fold.len;
	}
	return EARSHOT_OK;
}

int es_stops_load(struct es_stops *stops, struct es_arena *arena, const struct tsv *lists,
		  size_t n_lists, struct earshot_error *error)
{
	struct earshot_str rest, word;
	size_t n = 0, slots = 16, bytes = 1;
	uint32_t at = 0;
	int rc = EARSHOT_OK, line = 0;
	if (n_lists == 0)
		return EARSHOT_OK;
	for (size_t i = 0; i < n_lists; i++) {
		/* no fold is longer than three times its text */
		bytes += 3 * lists[i].rest.len;
		for (rest = lists[i].rest; next(&rest, &word, &line);)
			n++;
	}
	while (slots < 2 * n)
		slots *= 2;
	struct es_stop *table = es_arena_zalloc(arena, slots, sizeof(*table));
	char *texts = es_arena_alloc(arena, bytes);
	if (!table || !texts)
		return es_err_nomem(error);
	*stops = (struct es_stops){ .slots = table, .texts = texts, .mask = (uint32_t)slots - 1 };
	for (size_t i = 0; rc == 0 && i < n_lists; i++)
		rc = add_words(stops, table, texts, &at, &lists[i], arena, error);
	return rc;
}
