/* SPDX-License-Identifier: MIT */
#include "match/eval.h"

#include <stdlib.h>

/* Scratch of one post: 256 KiB of text take about 6 MiB. */
#define POST_MEMORY (256u * ES_MIB)

_Static_assert(ES_LAYERS == EARSHOT_LAYER_SEARCH + 1, "a list and results for each layer");

int earshot_matcher_new(struct earshot_matcher **out, const struct earshot_queries *set,
			struct earshot_error *error)
{
	*out = NULL;
	if (!set->compiled) {
		es_err(error, EARSHOT_USAGE, "the set of queries is not compiled");
		es_err_hint(error, "call earshot_queries_compile first");
		return EARSHOT_USAGE;
	}
	struct earshot_matcher *matcher = calloc(1, sizeof(*matcher));
	if (!matcher)
		return es_err_nomem(error);
	matcher->set = set;
	es_arena_init(&matcher->arena, POST_MEMORY);
	es_arena_init(&matcher->near, POST_MEMORY);
	matcher->regex_stamps = calloc(set->n_regexes + 1, sizeof(*matcher->regex_stamps));
	matcher->regex_truths = calloc(set->n_regexes + 1, sizeof(*matcher->regex_truths));
	matcher->seen = calloc(set->n_patterns + 1, sizeof(*matcher->seen));
	matcher->woken.queries = calloc(set->n_queries / 64 + 1, sizeof(*matcher->woken.queries));
	matcher->woken.n_groups = set->n_queries / 4096 + 1;
	matcher->woken.groups = calloc(matcher->woken.n_groups, sizeof(*matcher->woken.groups));
	if (!matcher->seen || !matcher->woken.queries || !matcher->woken.groups ||
	    !matcher->regex_stamps || !matcher->regex_truths) {
		earshot_matcher_free(matcher);
		return es_err_nomem(error);
	}
	for (uint32_t i = 0; i < set->n_patterns; i++)
		matcher->seen[i].lazy = set->patterns[i].lazy;
	*out = matcher;
	return EARSHOT_OK;
}

void earshot_matcher_free(struct earshot_matcher *matcher)
{
	if (!matcher)
		return;
	es_arena_release(&matcher->arena);
	es_arena_release(&matcher->near);
	es_regex_run_release(&matcher->regex);
	free(matcher->regex_stamps);
	free(matcher->regex_truths);
	free(matcher->seen);
	free(matcher->woken.queries);
	free(matcher->woken.groups);
	free(matcher->found);
	for (int i = 0; i < ES_LAYERS; i++) {
		free(matcher->results[i].hits);
		free(matcher->results[i].spans);
	}
	free(matcher);
}

void earshot_matcher_spans(struct earshot_matcher *matcher, bool wanted)
{
	matcher->no_spans = !wanted;
}

/* Forgets the post before. */
static void begin(struct earshot_matcher *matcher)
{
	struct es_woken *woken = &matcher->woken;
	if (++matcher->stamp == 0) {
		/* after 4 billion posts: old stamps would count again */
		for (uint32_t i = 0; i < matcher->set->n_patterns; i++)
			matcher->seen[i].stamp = 0;
		memset(matcher->regex_stamps, 0,
		       matcher->set->n_regexes * sizeof(*matcher->regex_stamps));
		matcher->stamp = 1;
	}
	matcher->n_found = 0;
	matcher->language_known = matcher->has_link = matcher->has_question = false;
	matcher->stage = es_str(NULL, 0);
	matcher->late = NULL;
	matcher->words = NULL;
	matcher->spots = NULL;
	matcher->nfc[0] = matcher->nfc[1] = (struct es_nfc){ 0 };
	matcher->index.ready = false;
	for (size_t i = 0; i < woken->n_groups; woken->groups[i++] = 0)
		for (uint64_t left = woken->groups[i]; left; left &= left - 1)
			woken->queries[i * 64 + (size_t)__builtin_ctzll(left)] = 0;
	for (int i = 0; i < ES_LAYERS; i++)
		matcher->results[i].n_hits = matcher->results[i].n_spans = 0;
}

static int walk(struct earshot_matcher *matcher)
{
	const struct earshot_queries *set = matcher->set;
	for (uint32_t i = 0; i < set->n_always; i++)
		es_wake(&matcher->woken, set->always[i]);
	int rc = es_walk(matcher, EARSHOT_IN_TITLE);
	return rc == EARSHOT_OK ? es_walk(matcher, EARSHOT_IN_TEXT) : rc;
}

static int evaluate(struct earshot_matcher *matcher, enum earshot_layer layer,
		    const struct earshot_sentiment *sentiment, struct earshot_hits *out,
		    struct earshot_error *error)
{
	struct es_results *results = &matcher->results[layer];
	results->n_hits = results->n_spans = 0;
	matcher->sentiment = sentiment;
	if (es_evaluate(matcher, layer) != EARSHOT_OK) {
		results->n_hits = results->n_spans = 0;
		return es_err_nomem(error);
	}
	*out = (struct earshot_hits){ results->hits, results->n_hits };
	return EARSHOT_OK;
}

int es_match_analysed(struct earshot_matcher *matcher, enum earshot_layer layer,
		      const struct earshot_post *post, const struct es_analysis *title,
		      const struct es_analysis *text, const struct earshot_sentiment *sentiment,
		      struct earshot_hits *out, struct earshot_error *error)
{
	*out = (struct earshot_hits){ 0 };
	matcher->post = post;
	if (layer == EARSHOT_LAYER_TOPIC) {
		es_arena_reset(&matcher->arena);
		begin(matcher);
		matcher->title = title;
		matcher->text = text;
		if (walk(matcher) != EARSHOT_OK)
			return es_err_nomem(error);
	}
	return evaluate(matcher, layer, sentiment, out, error);
}

int earshot_match(struct earshot_matcher *matcher, enum earshot_layer layer,
		  const struct earshot_post *post, const struct earshot_sentiment *sentiment,
		  struct earshot_hits *out, struct earshot_error *error)
{
	*out = (struct earshot_hits){ 0 };
	matcher->post = post;
	if (layer == EARSHOT_LAYER_TOPIC) {
		struct es_analysis *analyses;
		es_arena_reset(&matcher->arena);
		begin(matcher);
		analyses = es_arena_zalloc(&matcher->arena, 2, sizeof(*analyses));
		if (!analyses ||
		    es_analyse(&matcher->arena, post->title.ptr, post->title.len, &analyses[0],
			       error) != EARSHOT_OK ||
		    es_analyse(&matcher->arena, post->text.ptr, post->text.len, &analyses[1],
			       error) != EARSHOT_OK)
			return es_err_nomem(error);
		matcher->title = &analyses[0];
		matcher->text = &analyses[1];
		if (walk(matcher) != EARSHOT_OK)
			return es_err_nomem(error);
	}
	return evaluate(matcher, layer, sentiment, out, error);
}

uint64_t es_match_off(const struct earshot_matcher *matcher, const struct earshot_query **last,
		      const char **why)
{
	*last = matcher->last_off;
	*why = matcher->last_off_why == ES_OFF_REGEX ? "its regular expression took too many steps"
						     : "NEAR had too many places to compare";
	return matcher->n_off;
}

void earshot_match_late(struct earshot_matcher *matcher, const struct earshot_late *late)
{
	matcher->late = late;
}

void es_match_stage(struct earshot_matcher *matcher, struct earshot_str stage)
{
	matcher->stage = stage;
}
