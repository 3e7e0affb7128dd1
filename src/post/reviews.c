/* SPDX-License-Identifier: MIT
 *
 * reviews.c - the table of human decisions.
 *
 *   map: post id -> [decision of agent b] -> [decision of agent a] -> NULL
 *
 * A post has as many entries as people decided on it: one, rarely two. What is
 * withdrawn is freed; a post without entries leaves the map.
 */
#include <stdlib.h>

#include "post/post.h"

struct entry {
	struct entry *next;
	int64_t at;
	enum es_decision decision;
	enum earshot_label label;
	size_t agent_len;
	char agent[]; /* not NUL-terminated */
};

struct row {
	struct entry *first; /* never NULL while the row is in the map */
	char post[EARSHOT_ID_LEN];
};

struct es_reviews {
	struct es_map map; /* post id -> struct row */
	struct es_arena scratch;
	size_t n;
};

struct es_reviews *es_reviews_new(void)
{
	struct es_reviews *reviews = calloc(1, sizeof(*reviews));
	if (!reviews)
		return NULL;
	es_map_init(&reviews->map);
	es_arena_init(&reviews->scratch, ES_LIMIT_ARENA);
	return reviews;
}

static void row_free(struct row *row)
{
	while (row->first) {
		struct entry *entry = row->first;
		row->first = entry->next;
		free(entry);
	}
	free(row);
}

void es_reviews_free(struct es_reviews *reviews)
{
	const struct es_map_slot *slot;
	size_t at = 0;
	if (!reviews)
		return;
	while ((slot = es_map_next(&reviews->map, &at)))
		row_free(slot->value);
	es_map_release(&reviews->map);
	es_arena_release(&reviews->scratch);
	free(reviews);
}

/* DONE without a label is kept for es_reviews_handled() alone. */
static bool stands(const struct entry *entry)
{
	return entry->decision != ES_DECISION_DONE;
}

/* Where the agent's entry hangs, or would. */
static struct entry **find(struct row *row, struct earshot_str agent)
{
	struct entry **at = &row->first;
	while (*at && !es_str_eq(es_str((*at)->agent, (*at)->agent_len), agent))
		at = &(*at)->next;
	return at;
}

static void withdraw(struct es_reviews *reviews, struct earshot_str post, struct earshot_str agent)
{
	struct row *row = es_map_get(&reviews->map, post.ptr, post.len);
	struct entry **at = row ? find(row, agent) : NULL;
	if (!at || !*at)
		return;
	struct entry *gone = *at;
	*at = gone->next;
	reviews->n -= stands(gone);
	free(gone);
	if (!row->first) {
		es_map_remove(&reviews->map, post.ptr, post.len);
		row_free(row);
	}
}

static int store(struct es_reviews *reviews, struct earshot_str post, struct earshot_str agent,
		 const struct es_review *review)
{
	struct row *row = es_map_get(&reviews->map, post.ptr, post.len), *fresh = NULL;
	struct entry **at = row ? find(row, agent) : NULL;
	struct entry *entry = at ? *at : NULL;
	if (!entry) {
		entry = calloc(1, sizeof(*entry) + agent.len);
		if (!entry)
			return EARSHOT_NOMEM;
		entry->agent_len = agent.len;
		memcpy(entry->agent, agent.ptr, agent.len);
		if (!row) {
			row = fresh = calloc(1, sizeof(*fresh));
			if (!fresh) {
				free(entry);
				return EARSHOT_NOMEM;
			}
			memcpy(fresh->post, post.ptr, EARSHOT_ID_LEN);
			if (es_map_put(&reviews->map, fresh->post, EARSHOT_ID_LEN, fresh)) {
				free(entry);
				free(fresh);
				return EARSHOT_NOMEM;
			}
		}
		entry->next = row->first;
		row->first = entry;
	} else {
		reviews->n -= stands(entry);
	}
	entry->at = review->at;
	entry->decision = review->decision;
	entry->label = review->label;
	reviews->n += stands(entry);
	return 0;
}

int es_reviews_put(struct es_reviews *reviews, struct earshot_str key, const char *value,
		   size_t len, struct earshot_error *error)
{
	struct earshot_str post, agent;
	struct es_review review;
	if (!es_review_key_parse(key, &post, &agent))
		return es_err(error, EARSHOT_DATA, "the key of a review is no POST/AGENT");
	if (!value) {
		withdraw(reviews, post, agent);
		return 0;
	}
	es_arena_reset(&reviews->scratch);
	int rc = es_review_decode(&reviews->scratch, value, len, &review, error);
	if (rc)
		return rc;
	if (!es_str_eq(review.post, post) || !es_str_eq(review.agent, agent))
		return es_err(error, EARSHOT_DATA, "a review does not stand under its own key");
	/* compaction keeps only this record of the agent: it alone must say what stands */
	if (review.decision == ES_DECISION_DONE && review.label)
		review.decision = ES_DECISION_LABEL;
	if (review.decision == ES_DECISION_UNDO) {
		withdraw(reviews, post, agent);
		return 0;
	}
	rc = store(reviews, post, agent, &review);
	return rc ? es_err_nomem(error) : 0;
}

static bool newer(const struct entry *a, const struct entry *b)
{
	if (a->at != b->at)
		return a->at > b->at;
	return es_str_cmp(es_str(a->agent, a->agent_len), es_str(b->agent, b->agent_len)) > 0;
}

enum es_decision es_reviews_get(const struct es_reviews *reviews, struct earshot_str post,
				enum earshot_label *label)
{
	const struct row *row = es_map_get(&reviews->map, post.ptr, post.len);
	const struct entry *best = NULL;
	for (const struct entry *at = row ? row->first : NULL; at; at = at->next)
		if (stands(at) && (!best || newer(at, best)))
			best = at;
	if (label)
		*label = best ? best->label : EARSHOT_UNLABELLED;
	return best ? best->decision : ES_DECISION_UNSET;
}

bool es_reviews_handled(const struct es_reviews *reviews, struct earshot_str post)
{
	return es_map_get(&reviews->map, post.ptr, post.len) != NULL;
}

size_t es_reviews_size(const struct es_reviews *reviews)
{
	return reviews->n;
}
