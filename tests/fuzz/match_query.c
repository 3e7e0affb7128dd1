/* SPDX-License-Identifier: MIT
 *
 * match_query.c - any bytes as a query on any bytes as a post: no crash, no hang,
 * check and add agree, what strict accepts means the same in lenient mode; notes, spans and steps
 * lie inside of their texts, and an explanation says what the match said. The first byte chooses
 * layer and strictness, the first line is the query, the rest the post (its title the first half).
 */
#include <earshot/match.h>
#include <stdint.h>
#include <stdlib.h>
#include "base/base.h"
#include "match/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

struct notes {
	size_t len, last, errors;
};

static void on_note(void *ctx, const struct earshot_query_note *note)
{
	struct notes *notes = ctx;
	HOLDS(note->start <= note->end && note->end <= notes->len && note->start >= notes->last);
	HOLDS(note->message[0] && note->code[0]);
	notes->last = note->start;
	notes->errors += !note->warning;
}

static int check(struct earshot_str text, enum earshot_layer layer, bool strict)
{
	struct notes notes = { .len = text.len };
	int rc = earshot_query_check(text.ptr, text.len, layer, strict, on_note, &notes);
	HOLDS(rc == EARSHOT_OK ? notes.errors == 0 : notes.errors > 0);
	return rc;
}

struct explained {
	const struct earshot_post *post;
	size_t query_len, steps;
	bool yes;
};

static void check_spans(const struct earshot_post *post, const struct earshot_span *spans, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		size_t len = spans[k].in == EARSHOT_IN_TITLE ? post->title.len : post->text.len;
		HOLDS(spans[k].len > 0 && (uint64_t)spans[k].start + spans[k].len <= len);
	}
}

static void on_step(void *ctx, const struct earshot_step *step)
{
	struct explained *e = ctx;
	if (!e->steps++)
		e->yes = step->yes;
	HOLDS(step->start <= step->end && step->end <= e->query_len);
	check_spans(e->post, step->spans, step->n_spans);
}

/* May it have letters on which strict insists and lenient does not: Turkish ones, composed or as
 * a letter and a mark? */
static bool is_freer_in_lenient(struct earshot_str query)
{
	for (size_t i = 0; i < query.len; i++)
		if (strchr("\xc3\xc4\xc5\xcc\xcd", query.ptr[i]) && query.ptr[i])
			return true;
	return false;
}

static void check_same(const struct earshot_hit *a, const struct earshot_hit *b)
{
	HOLDS(a->n_spans == b->n_spans);
	for (size_t i = 0; i < a->n_spans; i++)
		HOLDS(a->spans[i].in == b->spans[i].in && a->spans[i].start == b->spans[i].start &&
		      a->spans[i].len == b->spans[i].len);
}

/* Number of hits; the set has one query, or the same in both modes. */
static size_t match(struct earshot_matcher *matcher, const struct earshot_queries *set,
		    const struct earshot_post *post)
{
	const struct earshot_query *query = es_queries_at(set, 0), *off;
	size_t n_hits = 0;
	const char *why;
	struct earshot_sentiment sentiment = { .size = sizeof(sentiment),
					       .label = EARSHOT_NEGATIVE };
	static const struct earshot_str marks[] = { { "spam", 4 } };
	const struct earshot_late late = { .size = sizeof(late),
					   .marks = { marks, 1 },
					   .cluster = ES_STR("c"),
					   .duplicate = true };
	for (int layer = EARSHOT_LAYER_TOPIC; layer <= EARSHOT_LAYER_SEARCH; layer++) {
		struct earshot_hits hits;
		struct earshot_error error;
		HOLDS(earshot_match(matcher, (enum earshot_layer)layer, post, &sentiment, &hits,
				    &error) == EARSHOT_OK);
		if (layer == EARSHOT_LAYER_TOPIC)
			earshot_match_late(matcher, &late);
		for (size_t i = 0; i < hits.n; i++)
			check_spans(post, hits.at[i].spans, hits.at[i].n_spans);
		if (!query || query->layer != (enum earshot_layer)layer)
			continue;
		n_hits = hits.n;
		size_t n = es_queries_count(set);
		HOLDS(n_hits == 0 || n_hits == n);
		if (n_hits == 2)
			check_same(&hits.at[0], &hits.at[1]);
		struct explained e = { post, query->query.len, 0, false };
		HOLDS(earshot_match_explain(matcher, query, on_step, &e, &error) == EARSHOT_OK);
		HOLDS(e.steps && (e.yes == (n_hits > 0) || es_match_off(matcher, &off, &why)));
	}
	return n_hits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	const char *bytes = (const char *)data + 1, *end = (const char *)data + size;
	const char *line = memchr(bytes, '\n', size - 1);
	struct earshot_str text = es_str(bytes, (size_t)((line ? line : end) - bytes));
	struct earshot_str rest = line ? es_str(line + 1, (size_t)(end - line - 1)) : es_str("", 0);
	struct earshot_query query = { .size = sizeof(query),
				       .layer = (enum earshot_layer)((data[0] & 0x7f) % 4),
				       .strict = data[0] & 0x80,
				       .id = ES_STR("q"),
				       .query = text };
	struct earshot_queries *set;
	struct earshot_matcher *matcher;
	struct earshot_error error;
	struct earshot_post post;
	int lenient = check(text, query.layer, false), strict = check(text, query.layer, true);
	HOLDS(strict != EARSHOT_OK || lenient == EARSHOT_OK);
	HOLDS(earshot_queries_new(&set, &error) == EARSHOT_OK);
	int rc = earshot_queries_add(set, &query, &error);
	HOLDS(rc == (query.strict ? strict : lenient));
	query.strict = !query.strict;
	if (strict == EARSHOT_OK && !is_freer_in_lenient(text))
		HOLDS(earshot_queries_add(set, &query, &error) == EARSHOT_OK);
	HOLDS(earshot_queries_compile(set, &error) == EARSHOT_OK);
	HOLDS(earshot_matcher_new(&matcher, set, &error) == EARSHOT_OK);
	earshot_post_init(&post);
	post.title = es_str(rest.ptr, rest.len / 2);
	post.text = es_str(rest.ptr + rest.len / 2, rest.len - rest.len / 2);
	size_t hits = match(matcher, set, &post);
	HOLDS(match(matcher, set, &post) == hits);
	earshot_matcher_free(matcher);
	earshot_queries_free(set);
	return 0;
}
