/* SPDX-License-Identifier: MIT
 *
 * learnt.c - keys of learnt entries, and the rows of learnt.tsv; learnt_table.c makes the table.
 */
#include "lexicon/learnt_load.h"

#include <earshot/score.h>

#define WEIGHT_MAX 32767
#define TEXT_MAX   1024 /* bytes of an entry */

static const char *const kind_names[] = {
#define X(name, text) text,
	ES_LEARNT_KINDS(X)
#undef X
};

const char *es_learnt_kind_name(enum es_learnt_kind kind)
{
	return kind_names[kind];
}

/* Hash of the letters, runs as two; tails and grams from the end, as the walk meets them. */
static uint64_t hash_of(struct earshot_str word, bool backwards, bool squeeze)
{
	uint32_t letters[ES_LEARNT_LETTERS], last = 0, before = 0;
	const char *ptr = word.ptr, *end = ptr + word.len;
	uint64_t hash = 0;
	size_t n = 0;
	while (ptr < end && n < ES_LEARNT_LETTERS) {
		uint32_t c = es_utf8_next(&ptr, end);
		if (squeeze && c == last && c == before)
			continue;
		before = last;
		last = c;
		letters[n++] = c;
	}
	for (size_t i = 0; i < n; i++)
		hash = es_learnt_step(hash, letters[backwards ? n - 1 - i : i]);
	return hash;
}

uint64_t es_learnt_key_of(enum es_learnt_kind kind, struct earshot_str a, struct earshot_str b)
{
	uint64_t hash = hash_of(a, kind == ES_LEARNT_TAIL || kind == ES_LEARNT_GRAM,
				kind != ES_LEARNT_GRAM);
	if (kind == ES_LEARNT_PAIR || kind == ES_LEARNT_STEMS)
		hash = es_learnt_join(hash, hash_of(b, false, true));
	return es_learnt_key(kind, hash);
}

size_t es_learnt_squeeze(struct earshot_str word, char *out, size_t max)
{
	const char *ptr = word.ptr, *end = ptr + word.len;
	uint32_t last = 0, before = 0;
	size_t n = 0;
	while (ptr < end && n + 4 <= max) {
		uint32_t c = es_utf8_next(&ptr, end);
		if (c == last && c == before)
			continue;
		before = last;
		last = c;
		n += es_utf8_put(out + n, c);
	}
	return n;
}

/* ---- rows ---- */

static bool whole(struct earshot_str field, int32_t *out)
{
	double value;
	if (!es_tsv_number(field, WEIGHT_MAX, &value) || value < -WEIGHT_MAX ||
	    value != (double)(int32_t)value)
		return false;
	*out = (int32_t)value;
	return true;
}

static enum es_hand_scale scale_of(struct earshot_str name)
{
	static const char *const names[ES_HAND_SCALES] = { "hand", "ruled", "alone", "short" };
	int i = 0;
	while (i < ES_HAND_SCALES && !es_str_is(name, names[i]))
		i++;
	return (enum es_hand_scale)i;
}

/* What the file says of the language as a whole. */
static bool constant(struct es_learnt_scale *scale, struct earshot_str name, int32_t polarity,
		     int32_t neutrality)
{
	if (es_str_is(name, "bias")) {
		scale->bias_polarity = polarity;
		scale->bias_neutrality = neutrality;
	} else if (scale_of(name) < ES_HAND_SCALES) {
		scale->polarity[scale_of(name)] = polarity;
		scale->mass[scale_of(name)] = neutrality;
	} else if (es_str_is(name, "short-words")) {
		scale->short_words = polarity;
	} else if (es_str_is(name, "neutrality")) {
		scale->neutrality = neutrality;
	} else {
		return false;
	}
	return true;
}

static size_t letters_of(struct earshot_str word)
{
	size_t n = 0;
	for (size_t i = 0; i < word.len; i++)
		n += ((unsigned char)word.ptr[i] & 0xc0) != 0x80;
	return n;
}

/* Rows of one kind stand together: `guess` is that of the row before. */
static enum es_learnt_kind kind_of(struct earshot_str name, enum es_learnt_kind guess)
{
	int kind = 0;
	if (guess < ES_LEARNT_N_KINDS && es_str_is(name, kind_names[guess]))
		return guess;
	while (kind < ES_LEARNT_N_KINDS && !es_str_is(name, kind_names[kind]))
		kind++;
	return (enum es_learnt_kind)kind;
}

/* The pieces of an entry and its key. */
static int split(struct tsv *tsv, struct tsv_row *row, struct learnt_row *out,
		 struct earshot_error *error)
{
	const char *space = memchr(row->fields[0].ptr, ' ', row->fields[0].len);
	bool two = out->kind == ES_LEARNT_PAIR || out->kind == ES_LEARNT_STEMS;
	if (two != (space != NULL))
		return es_tsv_err(tsv, row, 0, error, "this kind has %s",
				  two ? "two pieces" : "one");
	out->first = row->fields[0];
	out->second = es_str(NULL, 0);
	if (space) {
		out->first.len = (size_t)(space - out->first.ptr);
		out->second = es_str(space + 1, row->fields[0].len - out->first.len - 1);
	}
	out->letters = letters_of(out->first);
	if (letters_of(out->second) > out->letters)
		out->letters = letters_of(out->second);
	if (out->kind == ES_LEARNT_PREFIX && out->letters > ES_LEARNT_PREFIX_MAX)
		return es_tsv_err(tsv, row, 0, error, "a beginning has at most %d letters",
				  ES_LEARNT_PREFIX_MAX);
	out->key = es_learnt_key_of(out->kind, out->first, out->second);
	return EARSHOT_OK;
}

int es_learnt_row(struct tsv *tsv, struct tsv_row *row, struct learnt_row *out,
		  struct es_learnt_scale *scale, struct earshot_error *error)
{
	if (row->n != 4 || row->fields[0].len == 0 || row->fields[0].len > TEXT_MAX)
		return es_tsv_err(tsv, row, 0, error,
				  "a learnt row is: entry, polarity, neutrality, kind");
	for (size_t i = 1; i < 3; i++)
		if (!whole(row->fields[i], i == 1 ? &out->polarity : &out->neutrality))
			return es_tsv_err(tsv, row, i, error,
					  "\"%.*s\" is no whole number of 1/1024 up to %d",
					  ES_FMT(row->fields[i]), WEIGHT_MAX);
	out->kind = kind_of(row->fields[3], out->kind);
	if (out->kind != ES_LEARNT_N_KINDS)
		return split(tsv, row, out, error);
	if (!es_str_is(row->fields[3], "constant"))
		return es_tsv_err(tsv, row, 3, error, "\"%.*s\" is no kind of learnt entry",
				  ES_FMT(row->fields[3]));
	return constant(scale, row->fields[0], out->polarity, out->neutrality)
		       ? EARSHOT_OK
		       : es_tsv_err(tsv, row, 0, error, "\"%.*s\" is no constant",
				    ES_FMT(row->fields[0]));
}
