/* SPDX-License-Identifier: MIT
 *
 * learnt_field.c - what was learnt of a field: sums by zone or, for reasons, each hit. In the way
 * of learnt_walk.h, which has it letter by letter for learning.
 *
 *   tokens      [good] [phone] [배송도] [빨라요] [!]
 *   known word   sum                                    as it stands, once a post
 *   keys               pair    word    word      sign   those that pass the filter wait
 *   syllables                  배송도빨라요             two to four that end at each
 *
 *   waiting   [ key | key | key ... ]  then, together: slots to the cache, sums or hits
 *
 * The walk is made twice of one function. For sums all that a key is is 64 bits and its zone, so
 * that the loops keep in registers; syllables go a run at a time, and where a word or a syllable
 * stands is looked up only if the rules have made zones. For hits a key waits with its place, and
 * all is in the order of the tokens: es_learnt_hold() goes by it.
 */
#include "score/learnt.h"

#include "score/learnt_walk.h"

/* Keys that wait. Never passed out of line itself. */
struct adding {
	struct learnt_hits *hits;
	struct known_word *const *known;
	uint64_t *keys;
	uint16_t *marks;
	struct learnt_place *places; /* for hits; NULL = sums are enough */
	size_t n;
	uint32_t token; /* the number of the one that is read */
	struct es_learnt_filter filter;
	const uint16_t *zones; /* for sums */
	const uint32_t *origin;
};

/* In line with zones and without: then all that there is stays in registers. */
WALK_INLINE void sum_keys(struct learnt_hits *hits, const uint64_t *keys, const uint16_t *marks,
			  size_t n, bool zoned)
{
	const struct es_learnt *learnt = hits->learnt;
	struct learnt_sum all = { 0, 0 };
	for (size_t i = 0; i < n; i++)
		__builtin_prefetch(&learnt->slots[es_learnt_group(learnt, keys[i])]);
	for (size_t i = 0; i < n; i++) {
		const struct es_learnt_slot *slot = es_learnt_find(learnt, keys[i]);
		if (!slot || (!(marks[i] & LEARNT_OF_WORD) && learnt_again(hits, keys[i])))
			continue;
		struct learnt_sum *sum = zoned ? &hits->sums[marks[i] & ~LEARNT_OF_WORD] : &all;
		sum->polarity += slot->polarity;
		sum->neutrality += slot->neutrality;
	}
	hits->sums[0].polarity += all.polarity;
	hits->sums[0].neutrality += all.neutrality;
}

static __attribute__((noinline)) void add_keys(struct learnt_hits *hits, const uint64_t *keys,
					       const uint16_t *marks, size_t n)
{
	if (hits->zones)
		sum_keys(hits, keys, marks, n, true);
	else
		sum_keys(hits, keys, marks, n, false);
}

WALK_INLINE void go_on(struct adding *adding)
{
	if (adding->n == 0)
		return;
	if (adding->places)
		es_learnt_hold(adding->hits, adding->known, adding->keys, adding->marks,
			       adding->places, adding->n);
	else
		add_keys(adding->hits, adding->keys, adding->marks, adding->n);
	adding->n = 0;
}

/* A key of the folded bytes from `begin` to `end`. Whether it may be an entry is chance: no branch
 * hangs on it. */
WALK_INLINE void wait_for(struct adding *adding, uint64_t key, bool may, uint16_t mark,
			  uint32_t begin, uint32_t end)
{
	adding->keys[adding->n] = key;
	adding->marks[adding->n] = mark;
	if (adding->places)
		adding->places[adding->n] = (struct learnt_place){ adding->token, begin, end };
	adding->n += may;
	if (adding->n == LEARNT_WAITING)
		go_on(adding);
}

static inline uint16_t zone_of_token(const uint16_t *zones, const struct es_token *token)
{
	return learnt_zone(zones, token->from, token->from + token->len);
}

/* Of the folded bytes from `begin` to `end`. */
static inline uint16_t zone_of(const struct adding *adding, uint32_t begin, uint32_t end)
{
	return learnt_zone(adding->zones, adding->origin[begin], adding->origin[end]);
}

/* ---- words that nothing is known of, signs and faces ---- */

WALK_INLINE bool first_to_add(void *ctx, uint64_t whole)
{
	const struct adding *adding = ctx;
	return learnt_first(adding->hits, whole);
}

WALK_INLINE void add_feature(void *ctx, const struct es_feature *feature)
{
	struct adding *adding = ctx;
	bool of_word = learnt_of_word(feature);
	uint16_t mark = of_word ? LEARNT_OF_WORD : 0;
	uint32_t begin = (uint32_t)(feature->a.ptr - adding->hits->text->folded.ptr);
	uint32_t end = begin + (uint32_t)feature->a.len;
	if (adding->zones)
		mark |= of_word ? zone_of_token(adding->zones, feature->token)
				: zone_of(adding, begin, end);
	wait_for(adding, feature->key, feature->may, mark, begin, end);
}

/* ---- syllables ---- */

/* Of a run of n: all keys that end with a syllable from number `from` on, two to four of them. */
WALK_INLINE void add_grams(struct adding *adding, size_t most, const struct syllable *at,
			   size_t from, size_t n)
{
	for (size_t i = from; i < n; i++) {
		uint64_t hash = es_learnt_step(0, syllable_code(&at[i]));
		uint32_t end = at[i].fold + syllable_len(&at[i]);
#pragma GCC unroll 3
		for (size_t k = 1; k <= 3; k++) {
			if (k > i || k >= most)
				break;
			hash = es_learnt_step(hash, syllable_code(&at[i - k]));
			uint64_t key = es_learnt_key(ES_LEARNT_GRAM, hash);
			uint32_t begin = at[i - k].fold;
			uint16_t mark = adding->zones ? zone_of(adding, begin, end) : 0;
			wait_for(adding, key, es_learnt_passes(adding->filter, key), mark, begin,
				 end);
		}
	}
}

WALK_INLINE void sum_run(struct learnt_hits *hits, const struct syllable *at, size_t n,
			 const uint16_t *zones)
{
	uint64_t keys[LEARNT_WAITING];
	uint16_t marks[LEARNT_WAITING];
	struct adding adding = { .hits = hits,
				 .keys = keys,
				 .marks = marks,
				 .filter = es_learnt_filter(hits->learnt),
				 .zones = zones,
				 .origin = hits->text->origin };
	add_grams(&adding, hits->learnt->shape.gram_max, at, 1, n);
	go_on(&adding);
}

static __attribute__((noinline)) void add_run(struct learnt_hits *hits, const struct syllable *at,
					      size_t n)
{
	if (hits->zones)
		sum_run(hits, at, n, hits->zones);
	else
		sum_run(hits, at, n, NULL);
}

/* The syllables of a field as the walk goes: a run ends at a word of the stop list. */
struct run {
	const struct syllables *syllables;
	size_t from, next; /* its first one; the first one of the next Hangul word */
};

/* Before syllable `end`; the next one begins behind the word that is read. */
static inline void run_ends(const struct adding *adding, struct run *run, size_t end)
{
	if (!adding->places && end > run->from + 1 && adding->hits->learnt->shape.gram_max)
		add_run(adding->hits, run->syllables->at + run->from, end - run->from);
	run->from = run->next;
}

/* A word of n plain syllables, of which a pack has no endings and no stems: the keys of its
 * beginnings and of itself, where it is the first of the post. How long a word is is chance: as
 * many beginnings are made of each. Its hash. */
WALK_INLINE uint64_t add_word(struct adding *adding, const struct es_learnt_shape *shape,
			      const struct syllable *at, size_t n, uint16_t zone)
{
	uint64_t hash = 0, beginning[ES_LEARNT_PREFIX_MAX + 1];
	const size_t most = shape->prefix_max;
	beginning[0] = 0; /* of no letter: none is */
	for (size_t k = 1; k <= most; k++)
		beginning[k] = hash = es_learnt_step(hash, syllable_code(&at[k - 1]));
	if (n <= most)
		hash = beginning[n];
	for (size_t k = most; k < n; k++)
		hash = es_learnt_step(hash, syllable_code(&at[k]));
	if (!learnt_first(adding->hits, hash))
		return hash;
	for (size_t k = shape->prefix_min; most && k <= most; k++) {
		uint64_t key = es_learnt_key(ES_LEARNT_PREFIX, beginning[k]);
		bool may = es_learnt_passes(adding->filter, key) & (k < n);
		wait_for(adding, key, may, LEARNT_OF_WORD | zone, at->fold,
			 at->fold + 3 * (uint32_t)k);
	}
	if (shape->word) {
		uint64_t key = es_learnt_key(ES_LEARNT_WORD, hash);
		wait_for(adding, key, es_learnt_passes(adding->filter, key), LEARNT_OF_WORD | zone,
			 at->fold, at->fold + 3 * (uint32_t)n);
	}
	return hash;
}

/* ---- the walk ---- */

/* What stands before the word that is read. */
struct before {
	uint64_t whole, stem;
	uint32_t fold;
	bool is; /* anything that makes a pair */
};

WALK_INLINE void add_pair(struct adding *adding, const struct es_learnt_shape *shape,
			  const struct before *before, uint64_t whole, uint64_t stem,
			  uint32_t whole_end, uint32_t stem_end)
{
	uint64_t key;
	uint16_t mark = 0;
	if (shape->pair) {
		key = es_learnt_key(ES_LEARNT_PAIR, es_learnt_join(before->whole, whole));
		if (adding->zones)
			mark = zone_of(adding, before->fold, whole_end);
		wait_for(adding, key, es_learnt_passes(adding->filter, key), mark, before->fold,
			 whole_end);
	}
	if (shape->stem) {
		key = es_learnt_key(ES_LEARNT_STEMS, es_learnt_join(before->stem, stem));
		if (adding->zones)
			mark = zone_of(adding, before->fold, stem_end);
		wait_for(adding, key, es_learnt_passes(adding->filter, key), mark, before->fold,
			 stem_end);
	}
}

/* A word that is known whole: is it the first of the post? */
static inline bool first_of_known(struct learnt_hits *hits, struct known_word *word)
{
	if (word->by_key)
		return learnt_first(hits, word->whole);
	bool first = word->post != hits->post;
	word->post = (uint16_t)hits->post;
	return first;
}

WALK_INLINE void add_known(struct adding *adding, const struct es_token *token,
			   struct known_word *word)
{
	if (!first_of_known(adding->hits, word))
		return;
	if (adding->places) {
		uint32_t begin = token->fold + word->from;
		wait_for(adding, 0, word->size > 0, LEARNT_OF_WORD | LEARNT_KNOWN, begin,
			 begin + word->size);
		return;
	}
	struct learnt_sum *sum =
		&adding->hits->sums[adding->zones ? zone_of_token(adding->zones, token) : 0];
	sum->polarity += word->polarity;
	sum->neutrality += word->neutrality;
}

WALK_INLINE void walk(struct learnt_hits *hits, struct known_word *const *known,
		      const struct syllables *syllables, struct learnt_place *places)
{
	const struct es_analysis *text = hits->text;
	const struct es_learnt_shape own = hits->learnt->shape, *shape = &own;
	uint64_t keys[LEARNT_WAITING];
	uint16_t marks[LEARNT_WAITING];
	const uint16_t *zones = places ? NULL : hits->zones;
	struct adding adding = { .hits = hits,
				 .known = known,
				 .keys = keys,
				 .marks = marks,
				 .places = places,
				 .filter = es_learnt_filter(hits->learnt),
				 .zones = zones,
				 .origin = text->origin };
	struct learnt_to to = { &adding, adding.filter, NULL };
	struct run run = { .syllables = syllables };
	const bool by_syllables = syllables->at && syllables->plain && !own.tail_max && !own.stem;
	struct before before = { .is = false };
	for (size_t i = 0; i < text->n; i++) {
		const struct es_token *token = &text->tokens[i];
		struct known_word *met = known ? known[i] : NULL;
		uint64_t whole, stem;
		uint32_t stem_len;
		adding.token = (uint32_t)i;
		if (met && !met->number) {
			if (met->stop) {
				run_ends(&adding, &run, run.next);
				before.is = false;
				continue;
			}
			add_known(&adding, token, met);
			whole = met->whole;
			stem = met->stem;
			stem_len = met->stem_len;
		} else {
			struct earshot_str fold = es_token_fold(text, i);
			to.token = token;
			switch (token->kind) {
			case ES_TOKEN_HASHTAG: /* what is talked about, not how */
				before.is = false;
				continue;
			case ES_TOKEN_WORD:
			case ES_TOKEN_JAMO:
			case ES_TOKEN_NUMBER:
				break;
			case ES_TOKEN_EMOJI:
			case ES_TOKEN_EMOTICON:
				if (shape->face)
					learnt_sign(ES_LEARNT_FACE, fold, add_feature, &to);
				continue;
			case ES_TOKEN_PUNCT:
				if (shape->sign)
					learnt_sign(ES_LEARNT_SIGN, fold, add_feature, &to);
				continue;
			default:
				continue;
			}
			const size_t first = run.next;
			if (syllables->at && syllables_of(token))
				run.next += syllables_in(syllables, first, token);
			bool number = learnt_number(token, fold);
			if (!number && es_stops(hits->stops, fold.ptr, fold.len)) {
				run_ends(&adding, &run, first);
				before.is = false;
				continue;
			}
			if (places && own.gram_max && run.next > first)
				add_grams(&adding, own.gram_max, syllables->at + run.from,
					  first - run.from, run.next - run.from);
			if (number) {
				whole = stem = es_learnt_step(0, '0');
				stem_len = token->fold_len;
			} else if (by_syllables && run.next > first &&
				   token->fold_len <= 3 * ES_LEARNT_LETTERS) {
				whole = add_word(&adding, shape, syllables->at + first,
						 run.next - first,
						 zones ? zone_of_token(zones, token) : 0);
				stem = 0;
				stem_len = token->fold_len;
			} else {
				struct learnt_word word;
				if (!learnt_letters(fold, shape, first_to_add, add_feature, &to,
						    &word)) {
					before.is = false;
					continue;
				}
				whole = word.whole;
				stem = word.stem;
				stem_len = (uint32_t)word.stem_text.len;
			}
		}
		if (before.is)
			add_pair(&adding, shape, &before, whole, stem,
				 token->fold + token->fold_len, token->fold + stem_len);
		before = (struct before){ whole, stem, token->fold, true };
	}
	go_on(&adding);
	run_ends(&adding, &run, run.next);
}

static __attribute__((noinline)) void find_sums(struct learnt_hits *hits,
						struct known_word *const *known,
						const struct syllables *syllables)
{
	walk(hits, known, syllables, NULL);
}

static __attribute__((noinline)) void find_hits(struct learnt_hits *hits,
						struct known_word *const *known,
						const struct syllables *syllables)
{
	struct learnt_place places[LEARNT_WAITING];
	walk(hits, known, syllables, places);
}

void es_learnt_field(struct learnt_hits *hits, struct known_word *const *known,
		     const struct syllables *syllables)
{
	if (hits->keep)
		find_hits(hits, known, syllables);
	else
		find_sums(hits, known, syllables);
}
