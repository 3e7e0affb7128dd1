/* SPDX-License-Identifier: MIT
 *
 * learnt_table.c - rows of learnt.tsv, and of those of the overlays -> one table of keys.
 */
#include "lexicon/learnt_load.h"

#include <earshot/score.h>

#define WAITING     16
#define GROUP_BYTES (uintptr_t)(ES_LEARNT_GROUP * sizeof(struct es_learnt_slot))

struct building {
	struct es_learnt *learnt;
	struct es_learnt_slot *slots;
	struct es_learnt_term *terms;
	uint64_t *filter;
	struct earshot_error *error;
	bool over;      /* the rows are those of an overlay */
	uint32_t begin; /* of their texts */
	/* entries whose slots are on the way to the cache */
	struct waiting {
		uint64_t key;
		int16_t polarity, neutrality;
		struct es_learnt_term term;
		size_t line;
	} waiting[WAITING];
	size_t n_waiting;
};

static void widen(uint8_t *least, uint8_t *most, size_t n)
{
	uint8_t letters = n > ES_LEARNT_LETTERS ? ES_LEARNT_LETTERS : (uint8_t)n;
	*least = *most == 0 || letters < *least ? letters : *least;
	*most = letters > *most ? letters : *most;
}

/* What the walk has to look for to find this entry. */
static void widen_shape(struct es_learnt_shape *shape, const struct learnt_row *row)
{
	size_t n = row->letters;
	switch (row->kind) {
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

/* Is this entry found by a walk that looks for `shape`? */
static bool within(const struct es_learnt_shape *shape, const struct learnt_row *row)
{
	struct es_learnt_shape wider = *shape;
	widen_shape(&wider, row);
	return memcmp(&wider, shape, sizeof(wider)) == 0;
}

/* The slot has a row already: of this file, or of a folder below, whose weights these are
 * added to. */
static int add_to(struct building *b, uint32_t at, const struct waiting *more, struct tsv *tsv)
{
	struct es_learnt *learnt = b->learnt;
	struct tsv_row row = { .line = (int)more->line, .columns = { 1 } };
	struct earshot_str old = es_learnt_text(learnt, at),
			   new = es_str(learnt->texts + more->term.at, more->term.len);
	int polarity = b->slots[at].polarity + more->polarity;
	int neutrality = b->slots[at].neutrality + more->neutrality;
	if (b->terms[at].at >= b->begin || b->terms[at].kind != more->term.kind ||
	    !es_str_eq(old, new))
		return es_tsv_err(tsv, &row, 0, b->error, "\"%.*s\" has the key of \"%.*s\"",
				  ES_FMT(new), ES_FMT(old));
	if (polarity != (int16_t)polarity || neutrality != (int16_t)neutrality)
		return es_tsv_err(tsv, &row, 0, b->error,
				  "\"%.*s\" weighs more than %d with what lies below", ES_FMT(new),
				  INT16_MAX);
	b->slots[at].polarity = (int16_t)polarity;
	b->slots[at].neutrality = (int16_t)neutrality;
	b->terms[at] = more->term; /* the next row of this file that comes here is one too many */
	return EARSHOT_OK;
}

/* Stores the entries that wait; the packs of a language are far larger than the cache. */
static int store(struct building *b, struct tsv *tsv)
{
	struct es_learnt *learnt = b->learnt;
	int rc = EARSHOT_OK;
	for (size_t i = 0; rc == EARSHOT_OK && i < b->n_waiting; i++) {
		const struct waiting *new = &b->waiting[i];
		uint64_t at = es_learnt_group(learnt, new->key),
			 bit = new->key & learnt->filter_mask;
		uint32_t tag = (uint32_t)(new->key >> 32);
		while (b->slots[at].tag && b->slots[at].tag != tag)
			at = (at + 1) & learnt->mask;
		if (b->slots[at].tag) {
			rc = add_to(b, (uint32_t)at, new, tsv);
			continue;
		}
		b->slots[at] = (struct es_learnt_slot){ tag, new->polarity, new->neutrality };
		b->terms[at] = new->term;
		b->filter[bit / 64] |= 1ull << bit % 64;
		learnt->n++;
	}
	b->n_waiting = 0;
	return rc;
}

static int put(struct building *b, struct tsv *tsv, const struct tsv_row *row,
	       const struct learnt_row *new)
{
	struct es_learnt *learnt = b->learnt;
	if (!b->over)
		widen_shape(&learnt->shape, new);
	else if (!within(&learnt->shape, new))
		return es_tsv_err(tsv, row, 3, b->error,
				  "no entry below this overlay is a %s of %zu letters: it would "
				  "never be found",
				  es_learnt_kind_name(new->kind), new->letters);
	__builtin_prefetch(&b->slots[es_learnt_group(learnt, new->key)], 1);
	b->waiting[b->n_waiting++] = (struct waiting){
		new->key,
		(int16_t) new->polarity,
		(int16_t) new->neutrality,
		{ (uint32_t)(row->fields[0].ptr - learnt->texts), (uint16_t)row->fields[0].len,
		  (uint8_t) new->kind },
		(size_t)row->line,
	};
	return b->n_waiting == WAITING ? store(b, tsv) : EARSHOT_OK;
}

/* An overlay says how much more to expect of each label; how much the hand-made entries weigh
 * beside what was learnt below is not its matter. */
static int add_bias(struct building *b, struct tsv *tsv, const struct tsv_row *row,
		    const struct learnt_row *new)
{
	struct es_learnt_scale *scale = &b->learnt->scale;
	if (!es_str_is(row->fields[0], "bias"))
		return es_tsv_err(tsv, row, 0, b->error,
				  "an overlay has no constant but bias, which is added");
	scale->bias_polarity += new->polarity;
	scale->bias_neutrality += new->neutrality;
	return EARSHOT_OK;
}

static int read_rows(struct building *b, struct tsv *tsv)
{
	struct learnt_row read = { .kind = ES_LEARNT_N_KINDS };
	struct es_learnt_scale ignored;
	struct tsv_row row;
	int rc;
	b->begin = (uint32_t)(tsv->rest.ptr - b->learnt->texts);
	while ((rc = es_tsv_next(tsv, &row, b->error)) == 1) {
		rc = es_learnt_row(tsv, &row, &read, b->over ? &ignored : &b->learnt->scale,
				   b->error);
		if (rc == EARSHOT_OK && read.kind != ES_LEARNT_N_KINDS)
			rc = put(b, tsv, &row, &read);
		else if (rc == EARSHOT_OK && b->over)
			rc = add_bias(b, tsv, &row, &read);
		if (rc)
			return rc;
	}
	return rc ? rc : store(b, tsv);
}

/* Texts are numbered from one beginning: those of several files are put behind each other. */
static int join(struct learnt_layers *layers, struct es_arena *arena, const char **texts,
		struct earshot_error *error)
{
	size_t len = layers->base.rest.len;
	*texts = layers->base.rest.ptr;
	if (layers->n_over == 0)
		return EARSHOT_OK;
	for (size_t i = 0; i < layers->n_over; i++)
		len += layers->over[i].rest.len;
	char *all = len < UINT32_MAX ? es_arena_alloc(arena, len + 1) : NULL, *at = all;
	if (!all)
		return len < UINT32_MAX ? es_err_nomem(error)
					: es_err(error, EARSHOT_LIMIT,
						 "%s and what lies over it: at most 4 GiB",
						 layers->base.path);
	for (size_t i = 0; i <= layers->n_over; i++) {
		struct earshot_str *text = i ? &layers->over[i - 1].rest : &layers->base.rest;
		if (text->len)
			memcpy(at, text->ptr, text->len);
		text->ptr = at;
		at += text->len;
	}
	*texts = all;
	return EARSHOT_OK;
}

static size_t lines_of(struct earshot_str text)
{
	const char *at = text.ptr, *stop = at + text.len;
	size_t lines = 1;
	while (at < stop && (at = memchr(at, '\n', (size_t)(stop - at))) != NULL) {
		lines++;
		at++;
	}
	return lines;
}

/* Rows that would add to nothing. */
static int nothing_below(struct tsv *over, struct earshot_error *error)
{
	struct tsv_row row;
	int rc = es_tsv_next(over, &row, error);
	if (rc != 1)
		return rc;
	rc = es_tsv_err(over, &row, 0, error,
			"this overlay adds to learnt weights, and there are none below it");
	es_err_hint(error, "learn it over packs that have learnt.tsv for this language");
	return rc;
}

int es_learnt_load(struct es_learnt *learnt, struct es_arena *arena, struct learnt_layers *layers,
		   struct earshot_error *error)
{
	struct building b = { .learnt = learnt, .error = error };
	size_t slots = 64, bits = 1024;
	const char *texts;
	if (!layers->base.path)
		return layers->n_over ? nothing_below(&layers->over[0], error) : EARSHOT_OK;
	int rc = join(layers, arena, &texts, error);
	if (rc)
		return rc;
	size_t lines = lines_of(layers->base.rest);
	for (size_t i = 0; i < layers->n_over; i++)
		lines += lines_of(layers->over[i].rest);
	while (4 * slots < 5 * lines)
		slots *= 2;
	while (bits < 16 * lines)
		bits *= 2;
	if (slots > ES_LEARNT_SLOTS_MAX)
		return es_err(error, EARSHOT_LIMIT, "%s: at most %u rows", layers->base.path,
			      ES_LEARNT_SLOTS_MAX / 5 * 4);
	/* an arena knows nothing of lines of the cache: room for one group more */
	b.slots = es_arena_zalloc(arena, slots + ES_LEARNT_GROUP, sizeof(*b.slots));
	if (b.slots)
		b.slots = (void *)(((uintptr_t)b.slots + GROUP_BYTES - 1) & ~(GROUP_BYTES - 1));
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
		.texts = texts,
		.filter = b.filter
	};
	rc = read_rows(&b, &layers->base);
	b.over = true;
	for (size_t i = 0; rc == EARSHOT_OK && i < layers->n_over; i++)
		rc = read_rows(&b, &layers->over[i]);
	return rc;
}
