/* SPDX-License-Identifier: MIT */
#include "match/set.h"

#include <stdlib.h>

int earshot_queries_new(struct earshot_queries **out, struct earshot_error *error)
{
	struct earshot_queries *set = calloc(1, sizeof(*set));
	*out = set;
	if (!set)
		return es_err_nomem(error);
	es_arena_init(&set->arena, ES_SET_MEMORY);
	es_arena_init(&set->trees, ES_SET_MEMORY);
	return EARSHOT_OK;
}

void earshot_queries_free(struct earshot_queries *set)
{
	if (!set)
		return;
	for (uint32_t i = 0; i < set->n_regexes; i++)
		es_regex_release(&set->regexes[i]);
	es_arena_release(&set->arena);
	es_arena_release(&set->trees);
	free(set->queries);
	free(set);
}

/* The first error of the notes as an error with its place. */
static int rejected(const struct es_notes *notes, const struct earshot_query *query, int rc,
		    struct earshot_error *error)
{
	for (size_t i = 0; i < notes->n; i++) {
		const struct earshot_query_note *note = &notes->at[i];
		if (note->warning)
			continue;
		es_err(error, rc, "query %.*s, byte %zu: %s", ES_FMT(query->id), note->start + 1,
		       note->message);
		es_err_at(error, NULL, 0, (int)note->start + 1);
		if (note->mend[0])
			es_err_hint(error, "%s", note->mend);
		return rc;
	}
	return rc == EARSHOT_NOMEM ? es_err_nomem(error)
				   : es_err(error, rc, "query %.*s is rejected", ES_FMT(query->id));
}

static bool copy(struct es_arena *arena, struct earshot_str *text)
{
	if (!text->ptr)
		return true;
	*text = es_arena_str(arena, text->ptr, text->len);
	return text->ptr != NULL;
}

int earshot_queries_add(struct earshot_queries *set, const struct earshot_query *query,
			struct earshot_error *error)
{
	struct es_arena scratch;
	es_arena_init(&scratch, ES_QUERY_MEMORY);
	struct es_notes notes = { .arena = &scratch };
	struct es_set_query entry = { .query = *query };
	struct es_query_source source;
	bool open = false;
	int rc = EARSHOT_OK;
	if (set->compiled || set->n_queries == ES_SET_QUERIES) {
		rc = set->compiled ? es_err(error, EARSHOT_USAGE,
					    "the set of queries is compiled already")
				   : es_err(error, EARSHOT_LIMIT, "more than %d queries in one set",
					    ES_SET_QUERIES);
		goto out;
	}
	if (set->n_queries == set->cap_queries) {
		size_t cap = set->cap_queries ? set->cap_queries * 2 : 16;
		struct es_set_query *queries = realloc(set->queries, cap * sizeof(*queries));
		if (!queries) {
			rc = es_err_nomem(error);
			goto out;
		}
		set->queries = queries;
		set->cap_queries = cap;
	}
	/* parsed once into memory that goes again, so that a rejected query leaves
	 * nothing behind in the set */
	source = (struct es_query_source){ query->query, query->layer, query->strict };
	rc = es_query_parse(&scratch, &source, &notes, &entry.root);
	if (rc != EARSHOT_OK) {
		rc = rejected(&notes, query, rc, error);
		goto out;
	}
	open = es_node_has_open_regex(entry.root) && !es_node_waits(entry.root);
	if (open && set->n_open_regexes == ES_SET_OPEN_REGEXES) {
		rc = es_err(error, EARSHOT_LIMIT,
			    "query %.*s: more than %d queries of one set have a regular expression "
			    "that runs on every post",
			    ES_FMT(query->id), ES_SET_OPEN_REGEXES);
		es_err_hint(error, "join it with a word by AND");
		goto out;
	}
	if (!copy(&set->arena, &entry.query.id) || !copy(&set->arena, &entry.query.brand) ||
	    !copy(&set->arena, &entry.query.query)) {
		rc = es_err_nomem(error);
		goto out;
	}
	source.text = entry.query.query;
	notes = (struct es_notes){ .arena = &scratch };
	rc = es_query_parse(&set->trees, &source, &notes, &entry.root);
	if (rc != EARSHOT_OK) {
		rc = rejected(&notes, query, rc, error);
		goto out;
	}
	set->n_open_regexes += open;
	set->queries[set->n_queries++] = entry;
out:
	es_arena_release(&scratch);
	return rc;
}

int earshot_queries_compile(struct earshot_queries *set, struct earshot_error *error)
{
	if (set->compiled)
		return EARSHOT_OK;
	int rc = es_set_compile(set, error);
	if (rc != EARSHOT_OK)
		return rc;
	es_arena_release(&set->trees);
	set->compiled = true;
	return EARSHOT_OK;
}

size_t es_queries_count(const struct earshot_queries *set)
{
	return set->n_queries;
}

const struct earshot_query *es_queries_at(const struct earshot_queries *set, size_t i)
{
	return i < set->n_queries ? &set->queries[i].query : NULL;
}
