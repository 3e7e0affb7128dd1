/* SPDX-License-Identifier: MIT
 *
 * search.c - one query over records, posts and mentions alike.
 */
#include "post/post.h"

int es_search_init(struct es_search *search, struct earshot_str text, bool strict,
		   struct earshot_error *error)
{
	const struct earshot_query query = { .size = sizeof(query),
					     .layer = EARSHOT_LAYER_SEARCH,
					     .strict = strict,
					     .id = ES_STR("q"),
					     .query = text };
	*search = (struct es_search){ 0 };
	int rc = earshot_queries_new(&search->set, error);
	if (rc == EARSHOT_OK)
		rc = earshot_queries_add(search->set, &query, error);
	if (rc == EARSHOT_OK)
		rc = earshot_queries_compile(search->set, error);
	if (rc == EARSHOT_OK)
		rc = earshot_matcher_new(&search->matcher, search->set, error);
	if (rc) {
		es_search_release(search);
		return rc;
	}
	/* a query that a topic may ask too asks for the post alone */
	search->beside = earshot_query_check(text.ptr, text.len, EARSHOT_LAYER_TOPIC, strict, NULL,
					     NULL) != EARSHOT_OK;
	return EARSHOT_OK;
}

void es_search_release(struct es_search *search)
{
	earshot_matcher_free(search->matcher);
	earshot_queries_free(search->set);
	*search = (struct es_search){ 0 };
}

/* What is said of the mention beside its post. */
static int read_beside(struct es_search *search, struct es_arena *arena, struct earshot_str record,
		       const struct es_search_over *over, struct earshot_error *error)
{
	struct earshot_late *late = &search->late;
	int rc = es_late_read(arena, record.ptr, record.len, late, &search->sentiment, error);
	if (over) {
		search->sentiment.label = over->label;
		late->cluster = over->cluster;
		late->duplicate = over->duplicate;
	}
	earshot_match_late(search->matcher, late);
	return rc;
}

int es_search_match(struct es_search *search, struct es_arena *arena,
		    const struct earshot_post *post, struct earshot_str record,
		    const struct es_search_over *over, struct earshot_hits *hits,
		    struct earshot_error *error)
{
	struct earshot_matcher *matcher = search->matcher;
	int rc = earshot_match(matcher, EARSHOT_LAYER_TOPIC, post, NULL, hits, error);
	if (rc == EARSHOT_OK && search->beside)
		rc = read_beside(search, arena, record, over, error);
	if (rc == EARSHOT_OK)
		rc = earshot_match(matcher, EARSHOT_LAYER_SEARCH, post,
				   search->beside ? &search->sentiment : NULL, hits, error);
	return rc;
}
