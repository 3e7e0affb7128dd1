/* SPDX-License-Identifier: MIT
 *
 * One walk over the tokens of a stream for all patterns of the set.
 */
#include "match/eval.h"

#include <stdlib.h>

struct walk {
	struct earshot_matcher *matcher;
	const struct earshot_queries *set;
	struct es_place place;
	enum earshot_in in;
	uint32_t base; /* number of the stream's first token */
	bool nomem;
};

bool es_list_add(struct es_list *list, uint32_t value)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? list->cap * 2 : 64;
		uint32_t *at = realloc(list->at, cap * sizeof(*at));
		if (!at)
			return false;
		list->at = at;
		list->cap = cap;
	}
	list->at[list->n++] = value;
	return true;
}

enum es_language es_post_language(struct earshot_matcher *matcher)
{
	const struct earshot_post *post = matcher->post;
	if (!matcher->language_known) {
		matcher->language_known = true;
		matcher->language = ES_LANG_UNKNOWN;
		if (post->lang.len)
			matcher->language = es_language_of(post->lang.ptr, post->lang.len);
		else if (matcher->text && matcher->text->n)
			matcher->language = es_language_detect(matcher->text);
		else if (matcher->title)
			matcher->language = es_language_detect(matcher->title);
	}
	return matcher->language;
}

/* The first place of a pattern wakes the queries that wait for it. */
static void wake(struct walk *w, uint32_t index)
{
	const struct earshot_queries *set = w->set;
	const struct es_set_pattern *pattern = &set->patterns[index];
	struct earshot_matcher *matcher = w->matcher;
	for (uint32_t i = 0; i < pattern->n; i++) {
		uint32_t query = set->postings[pattern->first + i];
		if (matcher->query_stamps[query] == matcher->stamp)
			continue;
		matcher->query_stamps[query] = matcher->stamp;
		if (!es_list_add(&matcher->candidates[set->queries[query].query.layer], query))
			w->nomem = true;
	}
}

static void found(struct walk *w, uint32_t index)
{
	struct earshot_matcher *matcher = w->matcher;
	struct es_seen *seen = &matcher->seen[index];
	if (seen->stamp != matcher->stamp) {
		*seen = (struct es_seen){ .stamp = matcher->stamp, .last = ES_NOWHERE };
		wake(w, index);
	}
	seen->scopes |= es_scope_of(w->in);
	if (seen->n >= ES_PLACES_MAX &&
	    (!w->set->patterns[index].pattern.every || matcher->n_found >= ES_FOUND_MAX))
		return;
	if (matcher->n_found == matcher->cap_found) {
		size_t cap = matcher->cap_found ? matcher->cap_found * 2 : 256;
		struct es_found *more = realloc(matcher->found, cap * sizeof(*more));
		if (!more) {
			w->nomem = true;
			return;
		}
		matcher->found = more;
		matcher->cap_found = cap;
	}
	uint32_t start = w->place.start;
	matcher->found[matcher->n_found] =
		(struct es_found){ index,
				   seen->last,
				   { w->in, start, w->place.end - start },
				   w->base + w->place.first,
				   w->base + w->place.last };
	seen->last = (uint32_t)matcher->n_found++;
	seen->n++;
}

static inline void look(struct walk *w, uint64_t key, uint32_t token, bool body)
{
	const struct earshot_queries *set = w->set;
	uint64_t bit = key & set->filter_mask, at = (key >> 20) & set->slot_mask;
	if (!(set->filter[bit / 64] >> (bit % 64) & 1))
		return;
	for (; set->slots[at].hash != key; at = (at + 1) & set->slot_mask)
		if (!set->slots[at].hash)
			return;
	for (uint32_t i = set->slots[at].first; i != ES_NOWHERE; i = set->entries[i].next)
		if (es_pattern_at(&set->patterns[i].pattern, &w->place, token, body))
			found(w, i);
}

/* Infixes, at every letter of the token. */
static void inside(struct walk *w, uint32_t at)
{
	const struct earshot_queries *set = w->set;
	const struct es_token *token = &w->place.text->tokens[at];
	const char *ptr = w->place.text->folded.ptr + token->fold;
	for (uint32_t from = 0; from < token->fold_len; from++) {
		if (((unsigned char)ptr[from] & 0xc0) == 0x80)
			continue;
		uint64_t hash = ES_HASH_START;
		size_t most = token->fold_len - from;
		w->place.offset = from;
		if (most > ES_INFIX_KEY_MAX)
			most = ES_INFIX_KEY_MAX;
		for (size_t i = 0; i < most; i++) {
			hash = es_hash_byte(hash, ptr[from + i]);
			if (set->infix_lengths >> (i + 1) & 1)
				look(w, es_key(hash, ES_KEY_INFIX, -1), at, false);
		}
	}
}

static void token(struct walk *w, uint32_t at, bool body)
{
	const struct earshot_queries *set = w->set;
	const struct es_token *token = &w->place.text->tokens[at];
	const char *ptr = w->place.text->folded.ptr + token->fold + body;
	size_t len = token->fold_len - body, stem = token->stem - body;
	size_t most = len < ES_KEY_MAX ? len : ES_KEY_MAX;
	uint64_t hash = ES_HASH_START;
	/* the lengths at which some key may end; most is at most ES_KEY_MAX */
	uint64_t ends = set->prefix_lengths | set->stem_lengths | (uint64_t)1 << (len & 63) |
			(uint64_t)1 << (stem & 63);
	for (size_t i = 0; i <= most; i++) {
		if (!(ends >> i & 1)) {
			hash = es_hash_byte(hash, ptr[i]);
			continue;
		}
		if (set->prefix_lengths >> i & 1)
			look(w, es_key(hash, ES_KEY_PREFIX, -1), at, body);
		if (set->stem_lengths >> i & 1 && i + 3 <= len) {
			int initial = es_initial(ptr + i, ptr + len);
			if (initial >= 0)
				look(w, es_key(hash, ES_KEY_STEM, initial), at, body);
		}
		if (i == len || (i == stem && i))
			look(w, es_key(hash, ES_KEY_WORD, -1), at, body);
		if (i < most)
			hash = es_hash_byte(hash, ptr[i]);
	}
}

static bool is_tag(const struct es_token *token)
{
	return token->kind == ES_TOKEN_HASHTAG || token->kind == ES_TOKEN_MENTION ||
	       token->kind == ES_TOKEN_CASHTAG;
}

int es_walk(struct earshot_matcher *matcher, const struct es_analysis *text, enum earshot_in in)
{
	struct walk w = { .matcher = matcher,
			  .set = matcher->set,
			  .place = { .text = text, .scratch = &matcher->arena },
			  .in = in };
	if (!text)
		return EARSHOT_OK;
	w.place.language = es_post_language(matcher);
	if (in == EARSHOT_IN_TEXT) /* as es_words_ready() counts, also where there is no title */
		w.base = (matcher->title ? (uint32_t)matcher->title->n : 0) + 1;
	for (uint32_t i = 0; i < text->n; i++) {
		token(&w, i, false);
		if (is_tag(&text->tokens[i]))
			token(&w, i, true);
		else if (text->tokens[i].kind == ES_TOKEN_URL)
			matcher->has_link = true;
		else if (text->tokens[i].kind == ES_TOKEN_PUNCT &&
			 text->folded.ptr[text->tokens[i].fold] == '?')
			matcher->has_question = true;
	}
	for (uint32_t i = 0; w.set->infix_lengths && i < text->n; i++)
		inside(&w, i);
	return w.nomem ? EARSHOT_NOMEM : EARSHOT_OK;
}
