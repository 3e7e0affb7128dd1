/* SPDX-License-Identifier: MIT
 *
 * check_learnt.c - each row of learnt.tsv: its form, its numbers, and that no two have one key.
 */
#include "lexicon/learnt_load.h"

struct keyed {
	struct es_arena *arena;
	struct es_map lines; /* key -> the line that has it */
};

static int check_key(struct keyed *keyed, struct tsv *tsv, struct tsv_row *row, uint64_t key,
		     struct earshot_error *error)
{
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

int es_check_learnt(struct es_arena *arena, struct tsv *tsv, const struct tsv_tell *tell,
		    size_t *entries, struct earshot_error *error)
{
	struct keyed keyed = { .arena = arena };
	struct learnt_row read = { .kind = ES_LEARNT_N_KINDS };
	struct es_learnt_scale scale;
	struct tsv_row row;
	int rc;
	es_map_init(&keyed.lines);
	while ((rc = es_tsv_next(tsv, &row, error)) != 0) {
		*entries += rc == 1;
		if (rc == 1)
			rc = es_learnt_row(tsv, &row, &read, &scale, error);
		if (rc == EARSHOT_OK && read.kind != ES_LEARNT_N_KINDS)
			rc = check_key(&keyed, tsv, &row, read.key, error);
		if (rc && !es_tsv_told(tell, rc, error))
			break;
	}
	es_map_release(&keyed.lines);
	return rc;
}
