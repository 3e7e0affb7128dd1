/* SPDX-License-Identifier: MIT
 *
 * One walk over the tokens of a stream for all patterns of the set that are not lazy; the
 * lazy ones are looked up among the tokens when asked for.
 */
#include "match/eval.h"

#include <stdlib.h>

/* A key that may be in the table. */
struct probe {
	uint64_t key;
	uint32_t token, offset; /* offset: of an infix */
	uint32_t first, n;      /* entries, once the slot is found */
	bool body;
};

/* A pattern that may be where its probe is. */
struct trial {
	uint32_t pattern, probe;
};

/* The table of a large set lies in slow memory: what a probe or a trial needs next is asked
 * for while others are looked at. */
#define PROBES 32
#define TRIALS 32

struct walk {
	struct earshot_matcher *matcher;
	const struct earshot_queries *set;
	struct es_place place;
	enum earshot_in in;
	uint32_t base; /* number of the stream's first token */
	bool nomem;
	uint32_t n_probes;
	struct probe probes[PROBES];
	uint32_t n_trials;
	struct trial trials[TRIALS];
};

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
	const struct es_set_pattern *pattern = &w->set->patterns[index];
	for (uint32_t i = 0; i < pattern->n; i++)
		es_wake(&w->matcher->woken, w->set->postings[pattern->first + i]);
}

static void found(struct walk *w, uint32_t index)
{
	struct earshot_matcher *matcher = w->matcher;
	struct es_seen *seen = &matcher->seen[index];
	if (seen->stamp != matcher->stamp) {
		es_seen_begin(seen, matcher->stamp);
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

/* Does the token end as the entry tells? With a suffix behind it nobody knows here. */
static inline bool ends_so(const struct es_entry *entry, uint64_t tail, bool suffix)
{
	unsigned untold = 8u * (ES_TAIL_MAX - entry->n_tail); /* bits */
	return suffix || !entry->n_tail || (tail ^ entry->tail) >> untold == 0;
}

static void try_trials(struct walk *w)
{
	const struct es_set_pattern *patterns = w->set->patterns;
	for (uint32_t i = 0; i < w->n_trials; i++) {
		__builtin_prefetch(patterns[w->trials[i].pattern].pattern.elems);
		__builtin_prefetch(&w->matcher->seen[w->trials[i].pattern]);
	}
	for (uint32_t i = 0; i < w->n_trials; i++) {
		const struct trial *trial = &w->trials[i];
		const struct probe *probe = &w->probes[trial->probe];
		w->place.offset = probe->offset;
		if (es_pattern_at(&patterns[trial->pattern].pattern, &w->place, probe->token,
				  probe->body))
			found(w, trial->pattern);
	}
	w->n_trials = 0;
}

/* The entries whose tails agree. */
static void make_trials(struct walk *w, uint32_t at)
{
	const struct es_analysis *text = w->place.text;
	const struct probe *probe = &w->probes[at];
	const struct es_token *token = &text->tokens[probe->token];
	uint64_t tail = es_tail(text->folded.ptr + token->fold, token->fold_len);
	bool suffix = token->stem != token->fold_len;
	for (uint32_t i = probe->first; i < probe->first + probe->n; i++) {
		const struct es_entry *entry = &w->set->entries[i];
		if (!ends_so(entry, tail, suffix))
			continue;
		__builtin_prefetch(&w->set->patterns[entry->pattern]);
		w->trials[w->n_trials++] = (struct trial){ entry->pattern, at };
		if (w->n_trials == TRIALS)
			try_trials(w);
	}
}

static void try_probes(struct walk *w)
{
	const struct earshot_queries *set = w->set;
	uint32_t n = 0;
	for (uint32_t i = 0; i < w->n_probes; i++) {
		struct probe *probe = &w->probes[i];
		uint64_t slot = (probe->key >> 20) & set->slot_mask;
		while (set->slots[slot].key && set->slots[slot].key != probe->key)
			slot = (slot + 1) & set->slot_mask;
		if (!set->slots[slot].key)
			continue;
		probe->first = set->slots[slot].first;
		probe->n = set->slots[slot].n;
		__builtin_prefetch(&set->entries[probe->first]);
		w->probes[n++] = *probe;
	}
	w->n_probes = 0;
	if (!n)
		return;
	w->place.language = es_post_language(w->matcher);
	for (uint32_t i = 0; i < n; i++)
		make_trials(w, i);
	try_trials(w);
}

static inline void look(struct walk *w, uint64_t key, uint32_t at, uint32_t offset, bool body)
{
	const struct earshot_queries *set = w->set;
	uint64_t bit = key & set->filter_mask;
	if (!(set->filter[bit / 64] >> (bit % 64) & 1))
		return;
	__builtin_prefetch(&set->slots[(key >> 20) & set->slot_mask]);
	w->probes[w->n_probes++] = (struct probe){ key, at, offset, 0, 0, body };
	if (w->n_probes == PROBES)
		try_probes(w);
}

/* Infixes, at every letter of the token. */
static void inside(struct walk *w, uint32_t at)
{
	const struct es_token *token = &w->place.text->tokens[at];
	const char *ptr = w->place.text->folded.ptr + token->fold;
	for (uint32_t from = 0; from < token->fold_len; from++) {
		if (((unsigned char)ptr[from] & 0xc0) == 0x80)
			continue;
		for (unsigned len = 1; len <= ES_INFIX_KEY_MAX && from + len <= token->fold_len;
		     len++)
			if (w->set->infix_lengths >> len & 1)
				look(w, es_key(ptr + from, len, ES_KEY_INFIX, -1), at, from, false);
	}
}

/* The keys of a whole token: with and without its suffix. Returns how many. */
static int word_keys(const struct es_analysis *text, const struct es_token *token, bool body,
		     uint64_t keys[2])
{
	const char *ptr = text->folded.ptr + token->fold + body;
	size_t len = token->fold_len - body;
	int n = 0;
	if (len <= ES_KEY_MAX)
		keys[n++] = es_key(ptr, len, ES_KEY_WORD, -1);
	if (token->stem < token->fold_len && token->stem > body && token->stem - body <= ES_KEY_MAX)
		keys[n++] = es_key(ptr, token->stem - body, ES_KEY_WORD, -1);
	return n;
}

static void beginnings(struct walk *w, uint32_t at, bool body)
{
	const struct earshot_queries *set = w->set;
	const struct es_token *token = &w->place.text->tokens[at];
	const char *ptr = w->place.text->folded.ptr + token->fold + body;
	size_t len = token->fold_len - body, most = len < ES_KEY_MAX ? len : ES_KEY_MAX;
	uint64_t lengths = set->short_lengths | (len >= 4 ? *es_long_lengths(set, ptr) : 0);
	for (lengths &= (2ull << most) - 1; lengths; lengths &= lengths - 1) {
		size_t i = (size_t)__builtin_ctzll(lengths);
		look(w, es_key(ptr, i, ES_KEY_PREFIX, -1), at, 0, body);
		if (set->stems && i + 3 <= len) {
			int initial = es_initial(ptr + i, ptr + len);
			if (initial >= 0)
				look(w, es_key(ptr, i, ES_KEY_STEM, initial), at, 0, body);
		}
	}
}

static void token(struct walk *w, uint32_t at, bool body)
{
	uint64_t keys[2];
	int n = word_keys(w->place.text, &w->place.text->tokens[at], body, keys);
	for (int i = 0; i < n; i++)
		look(w, keys[i], at, 0, body);
	beginnings(w, at, body);
}

static bool is_tag(const struct es_token *token)
{
	return token->kind == ES_TOKEN_HASHTAG || token->kind == ES_TOKEN_MENTION ||
	       token->kind == ES_TOKEN_CASHTAG;
}

static void walk_in(struct walk *w, struct earshot_matcher *matcher, enum earshot_in in)
{
	const struct es_analysis *title = matcher->title;
	w->matcher = matcher;
	w->set = matcher->set;
	w->place = (struct es_place){ .text = in == EARSHOT_IN_TITLE ? title : matcher->text,
				      .scratch = &matcher->arena };
	w->in = in;
	/* as es_words_ready() counts, also where there is no title */
	w->base = in == EARSHOT_IN_TITLE ? 0 : (title ? (uint32_t)title->n : 0) + 1;
	w->nomem = false;
	w->n_probes = w->n_trials = 0;
}

int es_walk(struct earshot_matcher *matcher, enum earshot_in in)
{
	struct walk w;
	walk_in(&w, matcher, in);
	const struct es_analysis *text = w.place.text;
	if (!text)
		return EARSHOT_OK;
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
	try_probes(&w);
	return w.nomem ? EARSHOT_NOMEM : EARSHOT_OK;
}

/* ---- lazy patterns ---- */

/* Adds the keys of a stream from its end, so that every chain begins with the first token. */
static void index_stream(struct earshot_matcher *matcher, enum earshot_in in)
{
	struct es_index *index = &matcher->index;
	const struct es_analysis *text = in == EARSHOT_IN_TITLE ? matcher->title : matcher->text;
	for (uint32_t at = text ? (uint32_t)text->n : 0; at-- > 0;) {
		for (int body = is_tag(&text->tokens[at]); body >= 0; body--) {
			uint64_t keys[2];
			int n = word_keys(text, &text->tokens[at], body, keys);
			for (int i = 0; i < n; i++) {
				uint32_t *head = &index->heads[keys[i] & index->mask];
				index->words[index->n] = (struct es_indexed){ keys[i], at, *head,
									      (uint8_t)in, body };
				*head = index->n++;
			}
		}
	}
}

static bool index_words(struct earshot_matcher *matcher)
{
	struct es_index *index = &matcher->index;
	size_t n =
		(matcher->title ? matcher->title->n : 0) + (matcher->text ? matcher->text->n : 0);
	size_t size = 64;
	while (size < n * 2)
		size *= 2;
	/* two for a token, two more for the name of a tag */
	index->words = es_arena_alloc(&matcher->arena, n * 4 * sizeof(*index->words));
	index->heads = es_arena_alloc(&matcher->arena, size * sizeof(*index->heads));
	if (!index->words || !index->heads)
		return false;
	memset(index->heads, 0xff, size * sizeof(*index->heads)); /* ES_NOWHERE */
	index->mask = size - 1;
	index->n = 0;
	index_stream(matcher, EARSHOT_IN_TEXT);
	index_stream(matcher, EARSHOT_IN_TITLE);
	index->ready = true;
	return true;
}

static void look_up(struct earshot_matcher *matcher, uint32_t pattern)
{
	const struct es_set_pattern *entry = &matcher->set->patterns[pattern];
	const struct es_index *index = &matcher->index;
	struct walk w;
	int in = -1; /* the stream that it is in */
	if (!index->ready && !index_words(matcher)) {
		matcher->nomem = true;
		return;
	}
	for (uint32_t i = index->heads[entry->key & index->mask]; i != ES_NOWHERE;
	     i = index->words[i].next) {
		const struct es_indexed *word = &index->words[i];
		if (word->key != entry->key)
			continue;
		if (in != word->in) {
			in = word->in;
			walk_in(&w, matcher, word->in);
			w.place.language = es_post_language(matcher);
		}
		if (es_pattern_at(&entry->pattern, &w.place, word->token, word->body))
			found(&w, pattern);
		matcher->nomem |= w.nomem;
	}
}

const struct es_seen es_seen_nowhere = { .last = ES_NOWHERE };

const struct es_seen *es_seen_lazy(struct earshot_matcher *matcher, uint32_t pattern)
{
	es_seen_begin(&matcher->seen[pattern], matcher->stamp);
	look_up(matcher, pattern);
	return &matcher->seen[pattern];
}
