/* SPDX-License-Identifier: MIT
 *
 * walk_trie.h - a plain walk over a learnt pack as it is mostly written: one double array (J.
 * Aoe, "An efficient digital search algorithm by using a double-array structure", IEEE Trans.
 * Software Engineering 15, 1989) for words, beginnings, ends and pairs, and a hash of up to four
 * syllables for what ignores spaces.
 *
 *   word    word1          prefix  begin2       pair  one word1
 *   stems   firs3secon1    tail    5gni2        sign  6!1
 *
 * where digits are bytes 1 to 6, which no text has. node[s].base + byte is the child of s where
 * its check says s; a child under byte 1 or 2 is an end, its base the number of the weights.
 */
#ifndef WALK_TRIE_H
#define WALK_TRIE_H

#include "walk_letters.h"

enum { END = 1, BEGINS = 2, STEMS = 3, TAIL = 5, SIGN = 6 };

struct trie_node {
	int32_t base;
	uint32_t check; /* its parent + 1; 0 = free */
};

struct trie_gram {
	uint64_t key; /* 16 bits a syllable; 0 = free */
	int16_t polarity, neutrality;
};

struct trie {
	const struct es_learnt *learnt;
	struct trie_node *nodes;
	struct trie_gram *grams;
	size_t n_nodes, gram_mask;
	int64_t polarity, neutrality;
};

/* ---- building ---- */

struct trie_key {
	char bytes[3 * ES_LEARNT_LETTERS * 2 + 8];
	size_t len;
	uint32_t slot;
};

static int trie_order(const void *a, const void *b)
{
	const struct trie_key *x = a, *y = b;
	int order = memcmp(x->bytes, y->bytes, x->len < y->len ? x->len : y->len);
	return order ? order : (x->len > y->len) - (x->len < y->len);
}

static void trie_need(struct trie *trie, size_t n)
{
	if (n <= trie->n_nodes)
		return;
	size_t more = 2 * n;
	trie->nodes = realloc(trie->nodes, more * sizeof(*trie->nodes));
	if (!trie->nodes)
		exit(1);
	memset(trie->nodes + trie->n_nodes, 0, (more - trie->n_nodes) * sizeof(*trie->nodes));
	trie->n_nodes = more;
}

/* Places the children of `node`: the keys from `from` to `to`, which share `depth` bytes. */
static void trie_place(struct trie *trie, const struct trie_key *keys, size_t from, size_t to,
		       size_t depth, uint32_t node, size_t *free_from)
{
	unsigned char children[256];
	size_t n = 0, base;
	if (keys[from].len == depth) {
		trie->nodes[node].base = (int32_t)keys[from].slot;
		return;
	}
	for (size_t i = from; i < to; i++) {
		unsigned char byte = (unsigned char)keys[i].bytes[depth];
		if (n == 0 || children[n - 1] != byte)
			children[n++] = byte;
	}
	for (base = *free_from;; base++) {
		size_t k = 0;
		trie_need(trie, base + 257);
		while (k < n && !trie->nodes[base + children[k]].check)
			k++;
		if (k == n)
			break;
	}
	for (size_t k = 0; k < n; k++)
		trie->nodes[base + children[k]].check = node + 1;
	while (trie->nodes[*free_from + 256].check && *free_from + 256 < trie->n_nodes - 1)
		(*free_from)++;
	trie->nodes[node].base = (int32_t)base;
	for (size_t i = from; i < to;) {
		size_t next = i + 1;
		unsigned char byte = (unsigned char)keys[i].bytes[depth];
		while (next < to && (unsigned char)keys[next].bytes[depth] == byte)
			next++;
		trie_place(trie, keys, i, next, depth + 1, (uint32_t)(base + byte), free_from);
		i = next;
	}
}

static inline uint64_t trie_gram_hash(uint64_t key)
{
	return (key * 0x9e3779b97f4a7c15u) >> 32;
}

static void trie_gram_put(struct trie *trie, struct earshot_str text,
			  const struct es_learnt_slot *slot)
{
	uint64_t key = 0;
	const char *ptr = text.ptr, *end = ptr + text.len;
	while (ptr < end)
		key = key << 16 | (es_utf8_next(&ptr, end) & 0xffff);
	size_t at = trie_gram_hash(key) & trie->gram_mask;
	while (trie->grams[at].key)
		at = (at + 1) & trie->gram_mask;
	trie->grams[at] = (struct trie_gram){ key, slot->polarity, slot->neutrality };
}

/* The key of an entry; len 0 where it is none of the double array's. */
static void trie_key_of(struct trie_key *key, enum es_learnt_kind kind, struct earshot_str text)
{
	size_t n = 0;
	key->len = 0;
	if (kind == ES_LEARNT_GRAM || kind == ES_LEARNT_FACE || text.len + 2 > sizeof(key->bytes))
		return;
	if (kind == ES_LEARNT_TAIL || kind == ES_LEARNT_SIGN)
		key->bytes[n++] = kind == ES_LEARNT_TAIL ? TAIL : SIGN;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[kind == ES_LEARNT_TAIL ? text.len - 1 - i : i];
		key->bytes[n++] = c == ' ' && kind == ES_LEARNT_STEMS ? STEMS : c;
	}
	key->bytes[n++] = kind == ES_LEARNT_PREFIX || kind == ES_LEARNT_TAIL ? BEGINS : END;
	key->len = n;
}

static void trie_build(struct trie *trie, const struct es_learnt *learnt)
{
	struct trie_key *keys = calloc(learnt->n, sizeof(*keys));
	size_t n = 0, free_from = 0;
	*trie = (struct trie){ .learnt = learnt, .gram_mask = 1 };
	while (trie->gram_mask < 2 * learnt->n)
		trie->gram_mask *= 2;
	trie->grams = calloc(trie->gram_mask--, sizeof(*trie->grams));
	if (!keys || !trie->grams)
		exit(1);
	for (uint32_t i = 0; i <= learnt->mask; i++) {
		if (!learnt->slots[i].tag)
			continue;
		trie_key_of(&keys[n], (enum es_learnt_kind)learnt->terms[i].kind,
			    es_learnt_text(learnt, i));
		keys[n].slot = i;
		if (learnt->terms[i].kind == ES_LEARNT_GRAM)
			trie_gram_put(trie, es_learnt_text(learnt, i), &learnt->slots[i]);
		n += keys[n].len > 0;
	}
	qsort(keys, n, sizeof(*keys), trie_order);
	trie_need(trie, 512);
	trie->nodes[0].check = UINT32_MAX; /* the root is nobody's child */
	trie_place(trie, keys, 0, n, 0, 0, &free_from);
	free(keys);
}

static void trie_release(struct trie *trie)
{
	free(trie->nodes);
	free(trie->grams);
}

/* ---- the walk ---- */

#define NOWHERE UINT32_MAX

static inline uint32_t trie_step(const struct trie *trie, uint32_t node, unsigned char byte)
{
	uint32_t to = (uint32_t)trie->nodes[node].base + byte;
	return trie->nodes[to].check == node + 1 ? to : NOWHERE;
}

static inline void trie_add(struct trie *trie, uint32_t node, unsigned char end)
{
	uint32_t at = node == NOWHERE ? NOWHERE : trie_step(trie, node, end);
	if (at == NOWHERE)
		return;
	const struct es_learnt_slot *slot = &trie->learnt->slots[trie->nodes[at].base];
	trie->polarity += slot->polarity;
	trie->neutrality += slot->neutrality;
}

static inline uint32_t trie_follow(const struct trie *trie, uint32_t node, const char *ptr,
				   size_t len)
{
	for (size_t i = 0; i < len && node != NOWHERE; i++)
		node = trie_step(trie, node, (unsigned char)ptr[i]);
	return node;
}

static inline void trie_grams(struct trie *trie, uint64_t *run, size_t *n, uint32_t c, size_t most)
{
	*run = *run << 16 | c;
	*n += *n < 4;
	for (size_t k = 2; k <= *n && k <= most; k++) {
		uint64_t key = k == 4 ? *run : *run & ((1ull << 16 * k) - 1);
		for (size_t at = trie_gram_hash(key) & trie->gram_mask; trie->grams[at].key;
		     at = (at + 1) & trie->gram_mask)
			if (trie->grams[at].key == key) {
				trie->polarity += trie->grams[at].polarity;
				trie->neutrality += trie->grams[at].neutrality;
				break;
			}
	}
}

static void trie_walk(struct trie *trie, struct earshot_str text)
{
	const struct es_learnt_shape *shape = &trie->learnt->shape;
	const char *ptr = text.ptr, *end = ptr + text.len;
	uint32_t whole = NOWHERE, stem = NOWHERE; /* of the word before */
	uint64_t run = 0;
	size_t n_run = 0;
	while (ptr < end) {
		char word[3 * ES_LEARNT_LETTERS];
		size_t len = 0, n = 0, stem_len = 0;
		uint32_t node = 0, first = NOWHERE;
		const char *from = ptr;
		for (; ptr < end; n++) {
			from = ptr;
			uint32_t c = walk_letter(es_utf8_next(&ptr, end));
			if (!c || n == ES_LEARNT_LETTERS)
				break;
			from = ptr;
			if (n >= shape->prefix_min && n <= shape->prefix_max && n)
				trie_add(trie, node, BEGINS);
			size_t before = len;
			if (c < 0x80) {
				word[len++] = (char)c;
			} else {
				word[len++] = (char)(0xe0 | c >> 12);
				word[len++] = (char)(0x80 | (c >> 6 & 0x3f));
				word[len++] = (char)(0x80 | (c & 0x3f));
				if (shape->gram_max)
					trie_grams(trie, &run, &n_run, c, shape->gram_max);
			}
			if (node != NOWHERE)
				node = trie_follow(trie, node, word + before, len - before);
			if (n + 1 == shape->stem) {
				first = node;
				stem_len = len;
			}
		}
		if (n == 0) {
			if (*from > ' ' && shape->sign) {
				char sign[2] = { SIGN, *from };
				trie_add(trie, trie_follow(trie, 0, sign, 2), END);
			}
			continue;
		}
		if (n < shape->stem) {
			first = node;
			stem_len = len;
		}
		trie_add(trie, node, END);
		uint32_t tail = shape->tail_max ? trie_step(trie, 0, TAIL) : NOWHERE;
		for (size_t k = 1; k < len && tail != NOWHERE; k++) {
			tail = trie_step(trie, tail, (unsigned char)word[len - k]);
			trie_add(trie, tail, BEGINS);
		}
		if (whole != NOWHERE && shape->pair)
			trie_add(trie,
				 trie_follow(trie, trie_follow(trie, whole, " ", 1), word, len),
				 END);
		if (stem != NOWHERE && shape->stem) {
			const char sep[1] = { STEMS };
			trie_add(trie,
				 trie_follow(trie, trie_follow(trie, stem, sep, 1), word, stem_len),
				 END);
		}
		whole = node;
		stem = first;
	}
}

#endif
