/* SPDX-License-Identifier: MIT
 *
 * check_learnt.c - each row of learnt.tsv: its form, its numbers, and that no two have one key.
 */
#include "lexicon/learnt_load.h"

#include <math.h>

static enum es_learnt_kind kind_of(struct earshot_str name)
{
	int kind = 0;
	while (kind < ES_LEARNT_N_KINDS &&
	       !es_str_is(name, es_learnt_kind_name((enum es_learnt_kind)kind)))
		kind++;
	return (enum es_learnt_kind)kind;
}

struct keyed {
	struct es_arena *arena;
	struct es_map lines; /* key -> the line that has it */
};

static int check_key(struct keyed *keyed, struct tsv *tsv, struct tsv_row *row,
		     enum es_learnt_kind kind, struct earshot_error *error)
{
	struct earshot_str first = row->fields[0], second = { NULL, 0 };
	const char *space = memchr(first.ptr, ' ', first.len);
	bool two = kind == ES_LEARNT_PAIR || kind == ES_LEARNT_STEMS;
	if (two != (space != NULL))
		return es_tsv_err(tsv, row, 0, error, "this kind has %s",
				  two ? "two pieces" : "one");
	if (space) {
		second = es_str(space + 1, first.len - (size_t)(space + 1 - first.ptr));
		first.len = (size_t)(space - first.ptr);
	}
	uint64_t key = es_learnt_key_of(kind, first, second);
	uintptr_t line = (uintptr_t)es_map_get(&keyed->lines, (const char *)&key, sizeof(key));
	if (line)
		return es_tsv_err(tsv, row, 0, error, "\"%.*s\" has the key of line %u",
				  ES_FMT(row->fields[0]), (unsigned)line);
	struct earshot_str kept = es_arena_str(keyed->arena, (const char *)&key, sizeof(key));
	if (!kept.ptr ||
	    es_map_put(&keyed->lines, kept.ptr, kept.len, (void *)(uintptr_t)row->line))
		return es_err_nomem(error);
	return EARSHOT_OK;
}

static int check_row(struct keyed *keyed, struct tsv *tsv, struct tsv_row *row,
		     struct earshot_error *error)
{
	double value;
	if (row->n != 4 || row->fields[0].len == 0)
		return es_tsv_err(tsv, row, 0, error,
				  "a learnt row is: entry, polarity, neutrality, kind");
	for (size_t i = 1; i < 3; i++)
		if (!es_tsv_number(row->fields[i], ES_LEARNT_WEIGHT_MAX, &value) ||
		    value < -ES_LEARNT_WEIGHT_MAX || value != floor(value))
			return es_tsv_err(tsv, row, i, error,
					  "\"%.*s\" is no whole number of 1/1024 up to %d",
					  ES_FMT(row->fields[i]), ES_LEARNT_WEIGHT_MAX);
	if (es_str_is(row->fields[3], "constant"))
		return EARSHOT_OK;
	enum es_learnt_kind kind = kind_of(row->fields[3]);
	if (kind == ES_LEARNT_N_KINDS)
		return es_tsv_err(tsv, row, 3, error, "\"%.*s\" is no kind of learnt entry",
				  ES_FMT(row->fields[3]));
	return check_key(keyed, tsv, row, kind, error);
}

int es_check_learnt(struct es_arena *arena, struct tsv *tsv, const struct tsv_tell *tell,
		    size_t *entries, struct earshot_error *error)
{
	struct keyed keyed = { .arena = arena };
	struct tsv_row row;
	int rc;
	es_map_init(&keyed.lines);
	while ((rc = es_tsv_next(tsv, &row, error)) != 0) {
		*entries += rc == 1;
		if (rc == 1)
			rc = check_row(&keyed, tsv, &row, error);
		if (rc && !es_tsv_told(tell, rc, error))
			break;
	}
	es_map_release(&keyed.lines);
	return rc;
}
