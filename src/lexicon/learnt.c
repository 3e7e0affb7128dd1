/* SPDX-License-Identifier: MIT
 *
 * learnt.c - learnt.tsv -> keys of its entries -> their table.
 */
#include "lexicon/learnt_load.h"

#include <earshot/score.h>

#define WEIGHT_MAX 32767
#define WAITING    16
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

/* ---- loading ---- */

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

static void widen(uint8_t *least, uint8_t *most, size_t n)
{
	uint8_t letters = n > ES_LEARNT_LETTERS ? ES_LEARNT_LETTERS : (uint8_t)n;
	*least = *most == 0 || letters < *least ? letters : *least;
	*most = letters > *most ? letters : *most;
}

/* What the walk has to look for to find this entry. */
static void shape_of(struct es_learnt_shape *shape, enum es_learnt_kind kind, struct earshot_str a,
		     struct earshot_str b)
{
	size_t n = letters_of(a), m = letters_of(b);
	switch (kind) {
	case ES_LEARNT_WORD:
		shape->word = true;
		break;
	case ES_LEARNT_PREFIX:
		widen(&shape->prefix_min, &shape->prefix_max, n);
		break;
	case ES_LEARNT_TAIL:
		widen(&shape->tail_min, &shape->tail_max, n);
		break;
	case ES_LEARNT_PAIR:
		shape->pair = true;
		break;
	case ES_LEARNT_STEMS:
		n = n > m ? n : m;
		shape->stem = n > shape->stem ? (uint8_t)n : shape->stem;
		break;
	case ES_LEARNT_FACE:
		shape->face = true;
		break;
	case ES_LEARNT_GRAM:
		widen(&shape->gram_min, &shape->gram_max, n);
		break;
	default:
		shape->sign = true;
	}
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
	if (out->kind == ES_LEARNT_PREFIX && letters_of(out->first) > ES_LEARNT_PREFIX_MAX)
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

struct building {
	struct es_learnt *learnt;
	struct es_learnt_slot *slots;
	struct es_learnt_term *terms;
	uint64_t *filter;
	struct earshot_error *error;
	/* entries whose slots are on the way to the cache */
	struct waiting {
		uint64_t key;
		int16_t polarity, neutrality;
		struct es_learnt_term term;
		size_t line;
	} waiting[WAITING];
	size_t n_waiting;
};

/* Stores the entries that wait; the packs of a language are far larger than the cache. */
static int store(struct building *b, struct tsv *tsv)
{
	struct es_learnt *learnt = b->learnt;
	for (size_t i = 0; i < b->n_waiting; i++) {
		const struct waiting *new = &b->waiting[i];
		uint64_t at = new->key & learnt->mask, bit = new->key >> 20 & learnt->filter_mask;
		uint32_t tag = (uint32_t)(new->key >> 32);
		while (b->slots[at].tag && b->slots[at].tag != tag)
			at = (at + 1) & learnt->mask;
		if (b->slots[at].tag) {
			struct tsv_row row = { .line = new->line, .columns = { 1 } };
			return es_tsv_err(tsv, &row, 0, b->error,
					  "\"%.*s\" has the key of \"%.*s\"", (int)new->term.len,
					  learnt->texts + new->term.at,
					  ES_FMT(es_learnt_text(learnt, (uint32_t)at)));
		}
		b->slots[at] = (struct es_learnt_slot){ tag, new->polarity, new->neutrality };
		b->terms[at] = new->term;
		b->filter[bit / 64] |= 1ull << bit % 64;
	}
	b->n_waiting = 0;
	return EARSHOT_OK;
}

static int put(struct building *b, struct tsv *tsv, const struct tsv_row *row,
	       const struct learnt_row *new)
{
	struct es_learnt *learnt = b->learnt;
	__builtin_prefetch(&b->slots[new->key & learnt->mask], 1);
	b->waiting[b->n_waiting++] = (struct waiting){
		new->key,
		(int16_t) new->polarity,
		(int16_t) new->neutrality,
		{ (uint32_t)(row->fields[0].ptr - learnt->texts), (uint16_t)row->fields[0].len,
		  (uint8_t) new->kind },
		row->line,
	};
	learnt->n++;
	shape_of(&learnt->shape, new->kind, new->first, new->second);
	return b->n_waiting == WAITING ? store(b, tsv) : EARSHOT_OK;
}

int es_learnt_load(struct es_learnt *learnt, struct es_arena *arena, struct tsv *tsv,
		   struct earshot_error *error)
{
	struct building b = { .learnt = learnt, .error = error };
	struct tsv_row row;
	size_t lines = 1, slots = 64, bits = 1024;
	const char *at = tsv->rest.ptr, *stop = at + tsv->rest.len;
	while (at < stop && (at = memchr(at, '\n', (size_t)(stop - at))) != NULL) {
		lines++;
		at++;
	}
	while (4 * slots < 5 * lines)
		slots *= 2;
	while (bits < 16 * lines)
		bits *= 2;
	if (slots > ES_LEARNT_SLOTS_MAX)
		return es_err(error, EARSHOT_LIMIT, "%s: at most %u rows", tsv->path,
			      ES_LEARNT_SLOTS_MAX / 5 * 4);
	b.slots = es_arena_zalloc(arena, slots, sizeof(*b.slots));
	b.terms = es_arena_zalloc(arena, slots, sizeof(*b.terms));
	b.filter = es_arena_zalloc(arena, bits / 64, sizeof(*b.filter));
	if (!b.slots || !b.terms || !b.filter)
		return es_err_nomem(error);
	*learnt = (struct es_learnt){
		.scale = { .polarity = { EARSHOT_WEIGHT_ONE, EARSHOT_WEIGHT_ONE, EARSHOT_WEIGHT_ONE,
					 EARSHOT_WEIGHT_ONE },
			   .neutrality = EARSHOT_WEIGHT_ONE },
		.mask = slots - 1,
		.filter_mask = bits - 1,
		.slots = b.slots,
		.terms = b.terms,
		.texts = tsv->rest.ptr,
		.filter = b.filter
	};
	struct learnt_row read = { .kind = ES_LEARNT_N_KINDS };
	int rc;
	while ((rc = es_tsv_next(tsv, &row, error)) == 1) {
		rc = es_learnt_row(tsv, &row, &read, &learnt->scale, error);
		if (rc == EARSHOT_OK && read.kind != ES_LEARNT_N_KINDS)
			rc = put(&b, tsv, &row, &read);
		if (rc)
			return rc;
	}
	return rc ? rc : store(&b, tsv);
}
