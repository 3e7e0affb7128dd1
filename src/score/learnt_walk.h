/* SPDX-License-Identifier: MIT
 *
 * learnt_walk.h - folded tokens -> keys of learnt entries, in one pass. Inside the room only.
 *
 * `sink` is known where a function is made an instance, so that the compiler puts it in line. A
 * word's letters are hashed once; its beginnings fall out on the way. Scoring takes words and signs
 * from here and has a walk of its own (learnt_field.c).
 */
#ifndef ES_SCORE_LEARNT_WALK_H
#define ES_SCORE_LEARNT_WALK_H

#include "score/known.h"
#include "score/score.h"

/* A word of a pair: its hash, and that of its first letters. */
struct learnt_word {
	uint64_t whole, stem;
	struct earshot_str text, stem_text;
	const char *as;
};

/* Where keys go, and the token that is read. Never passed out of line: so it lies in registers,
 * whatever the sink writes to. */
struct learnt_to {
	void *ctx;
	struct es_learnt_filter filter; /* keys that it has not may not be; no bits = all may */
	const struct es_token *token;
};

#define WALK_INLINE static inline __attribute__((always_inline))

WALK_INLINE void learnt_emit(es_feature_fn *sink, const struct learnt_to *to,
			     enum es_learnt_kind kind, uint64_t hash, struct earshot_str a,
			     struct earshot_str b)
{
	uint64_t number = es_learnt_key(kind, hash);
	bool may = !to->filter.bits || es_learnt_passes(to->filter, number);
	struct es_feature key = { kind, number, a, b, may, { NULL, NULL }, to->token };
	sink(to->ctx, &key);
}

WALK_INLINE void learnt_two(es_feature_fn *sink, const struct learnt_to *to,
			    enum es_learnt_kind kind, const struct learnt_word *a,
			    const struct learnt_word *b)
{
	bool stems = kind == ES_LEARNT_STEMS;
	uint64_t hash =
		stems ? es_learnt_join(a->stem, b->stem) : es_learnt_join(a->whole, b->whole);
	uint64_t number = es_learnt_key(kind, hash);
	bool may = !to->filter.bits || es_learnt_passes(to->filter, number);
	struct es_feature feature = { kind,
				      number,
				      stems ? a->stem_text : a->text,
				      stems ? b->stem_text : b->text,
				      may,
				      { a->as, b->as },
				      to->token };
	sink(to->ctx, &feature);
}

/* Is it the first time that the post has this word? A word says what it says once. */
typedef bool learnt_first_fn(void *ctx, uint64_t whole);

/* Reads the word's letters (runs as two) into hashes; false where it is none. */
WALK_INLINE bool learnt_letters(struct earshot_str word, const struct es_learnt_shape *shape,
				learnt_first_fn *first, es_feature_fn *sink,
				const struct learnt_to *to, struct learnt_word *out)
{
	const char *ptr = word.ptr, *end = ptr + word.len;
	/* of a run of three and more the second letter begins at the last one */
	const char *starts[ES_LEARNT_LETTERS], *ends[ES_LEARNT_LETTERS];
	uint32_t letters[ES_LEARNT_LETTERS], last = 0, before = 0;
	uint64_t hash = 0, prefix[ES_LEARNT_PREFIX_MAX + 1];
	out->stem = 0;
	out->as = NULL;
	size_t n = 0, most = shape->prefix_max;
	out->stem_text = word;
	while (ptr < end) {
		const char *from = ptr;
		unsigned len;
		uint32_t c = es_code_at(ptr, &len);
		ptr += len;
		if (c == last && c == before) {
			starts[n - 1] = from;
			continue;
		}
		if (n == ES_LEARNT_LETTERS)
			return false;
		before = last;
		last = c;
		starts[n] = from;
		ends[n] = ptr;
		letters[n++] = c;
		hash = es_learnt_step(hash, c);
		if (n == shape->stem) {
			out->stem = hash;
			out->stem_text.len = (size_t)(ptr - word.ptr);
		}
		if (n <= most)
			prefix[n] = hash;
	}
	if (n < shape->stem)
		out->stem = hash;
	out->whole = hash;
	out->text = word;
	if (n == 0 || !first(to->ctx, hash))
		return n > 0;
	if (most >= n)
		most = n ? n - 1 : 0;
	if (shape->prefix_max)
		for (size_t k = shape->prefix_min; k <= most; k++)
			learnt_emit(sink, to, ES_LEARNT_PREFIX, prefix[k],
				    es_str(word.ptr, (size_t)(ends[k - 1] - word.ptr)),
				    es_str(NULL, 0));
	hash = 0;
	for (size_t k = 1; k <= shape->tail_max && k < n; k++) {
		hash = es_learnt_step(hash, letters[n - k]);
		if (k >= shape->tail_min)
			learnt_emit(sink, to, ES_LEARNT_TAIL, hash,
				    es_str(starts[n - k], (size_t)(end - starts[n - k])),
				    es_str(NULL, 0));
	}
	if (shape->word)
		learnt_emit(sink, to, ES_LEARNT_WORD, out->whole, word, es_str(NULL, 0));
	return true;
}

/* The last Hangul syllables of a run of words, across spaces; [0] is the last one. */
struct learnt_grams {
	uint32_t syllables[3];
	const char *starts[3];
	size_t n;
};

WALK_INLINE void learnt_syllables(struct learnt_grams *grams, struct earshot_str word,
				  const struct es_learnt_shape *shape, es_feature_fn *sink,
				  const struct learnt_to *to)
{
	const char *ptr = word.ptr, *end = ptr + word.len;
	while (ptr < end) {
		const char *from = ptr;
		unsigned len;
		uint32_t c = es_code_at(ptr, &len);
		ptr += len;
		uint64_t hash = es_learnt_step(0, c);
#pragma GCC unroll 3
		for (size_t k = 0; k < 3; k++) {
			if (k >= grams->n || k + 1 >= shape->gram_max)
				break;
			hash = es_learnt_step(hash, grams->syllables[k]);
			learnt_emit(sink, to, ES_LEARNT_GRAM, hash,
				    es_str(grams->starts[k], (size_t)(ptr - grams->starts[k])),
				    es_str(NULL, 0));
		}
		for (size_t k = 2; k > 0; k--) {
			grams->syllables[k] = grams->syllables[k - 1];
			grams->starts[k] = grams->starts[k - 1];
		}
		grams->syllables[0] = c;
		grams->starts[0] = from;
		grams->n += grams->n < 3;
	}
}

/* Which one says nothing: 12, 1st, 3d */
static inline bool learnt_number(const struct es_token *token, struct earshot_str fold)
{
	return token->kind == ES_TOKEN_NUMBER || (*fold.ptr >= '0' && *fold.ptr <= '9');
}

/* A run of one sign counts as one or as two. */
WALK_INLINE void learnt_sign(enum es_learnt_kind kind, struct earshot_str sign, es_feature_fn *sink,
			     const struct learnt_to *to)
{
	const char *ptr = sign.ptr, *end = ptr + sign.len;
	uint64_t hash = 0;
	for (int k = 0; k < 2 && ptr < end; k++) {
		unsigned len;
		hash = es_learnt_step(hash, es_code_at(ptr, &len));
		ptr += len;
	}
	learnt_emit(sink, to, kind, hash, es_str(sign.ptr, (size_t)(ptr - sign.ptr)),
		    es_str(NULL, 0));
}

WALK_INLINE void learnt_walk(const struct es_analysis *text,
			     const struct es_learnt_shape *looked_for, const struct es_stops *stops,
			     learnt_first_fn *first, es_feature_fn *sink, void *ctx)
{
	struct learnt_to out = { ctx, { NULL, 0 }, NULL };
	const struct learnt_to *to = &out;
	const struct es_learnt_shape own = *looked_for, *shape = &own;
	struct learnt_word before = { 0 }, word;
	struct learnt_grams grams = { .n = 0 };
	bool pair = false;
	for (size_t i = 0; i < text->n; i++) {
		const struct es_token *token = &text->tokens[i];
		struct earshot_str fold = es_token_fold(text, i);
		out.token = token;
		switch (token->kind) {
		case ES_TOKEN_HASHTAG: /* what is talked about, not how */
			pair = false;
			continue;
		case ES_TOKEN_WORD:
		case ES_TOKEN_JAMO:
			break;
		case ES_TOKEN_NUMBER:
			break;
		case ES_TOKEN_EMOJI:
		case ES_TOKEN_EMOTICON:
			if (shape->face)
				learnt_sign(ES_LEARNT_FACE, fold, sink, to);
			continue;
		case ES_TOKEN_PUNCT:
			if (shape->sign)
				learnt_sign(ES_LEARNT_SIGN, fold, sink, to);
			continue;
		default:
			continue;
		}
		bool number = learnt_number(token, fold);
		if (!number && es_stops(stops, fold.ptr, fold.len)) {
			grams.n = 0;
			pair = false;
			continue;
		}
		if (shape->gram_max && token->kind == ES_TOKEN_WORD &&
		    token->script == ES_SCRIPT_HANGUL)
			learnt_syllables(&grams, fold, shape, sink, to);
		if (number)
			word = (struct learnt_word){ es_learnt_step(0, '0'), es_learnt_step(0, '0'),
						     fold, fold, "0" };
		else if (!learnt_letters(fold, shape, first, sink, to, &word)) {
			pair = false;
			continue;
		}
		if (pair && shape->pair)
			learnt_two(sink, to, ES_LEARNT_PAIR, &before, &word);
		if (pair && shape->stem)
			learnt_two(sink, to, ES_LEARNT_STEMS, &before, &word);
		before = word;
		pair = true;
	}
}

#endif
