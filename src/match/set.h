/* SPDX-License-Identifier: MIT
 *
 * set.h - the compiled set of queries. Inside of the room only.
 *
 *   token "moruva"                                     a post's tokens, one walk
 *      | key: hash of the token, of its beginnings
 *   slots  [ key | first, n ] -> entries [ pattern | tail ]
 *      | es_pattern_at
 *   patterns [ pattern | postings ]                    each different term once
 *      | postings: queries that cannot be true without this pattern
 *   queries  [ layer | ops ]                           evaluated only then
 *
 * A pattern that no query waits for and that is found by a whole token is `lazy`: not in
 * the table, but looked up among the post's tokens when a query that is evaluated asks.
 *
 *   ops: AND end=5  LEAF 7  OR end=5  LEAF 9  COND 2   a tree in prefix order;
 *   `end` is the index behind the last op of the node. The ops of a query are the
 *   nodes of its tree, one for one (explain.c relies on it). `yes` and `no` lead on behind
 *   a node that is true or false, to the next op that asks something: from LEAF 7 to LEAF 9
 *   or out of the query, from LEAF 9 out of it or to COND 2. Always forwards, out of the node.
 *
 * Everything lies in the set's arenas. Immutable after compile.
 */
#ifndef ES_MATCH_SET_H
#define ES_MATCH_SET_H

#include <endian.h>
#include "match/match.h"
#include "match/pattern.h"
#include "match/query.h"
#include "match/regex.h"

#define ES_NOWHERE UINT32_MAX
#define ES_LAYERS  4

/* Limits of one set. Source: 100,000 queries of 20 terms, far over the 10,000
 * that the issue asks for. */
#define ES_SET_QUERIES 100000
#define ES_SET_MEMORY  (1024u * ES_MIB)

/* Queries whose regular expression has no literal to wait for. */
#define ES_SET_OPEN_REGEXES 16

enum es_op_kind {
	ES_OP_AND,
	ES_OP_OR,
	ES_OP_NOT,
	/* from here on an op asks something of the post: es_first_asked() */
	ES_OP_LEAF,
	ES_OP_COND,
	/* these look at the places of their operands: near.c */
	ES_OP_NEAR,     /* two, in any order, at most arg words in between */
	ES_OP_ORDERED,  /* the same, the left one first */
	ES_OP_WINDOW,   /* all in a stretch of arg words */
	ES_OP_SENTENCE, /* all in one sentence */
	ES_OP_REGEX,
};

/* The query is decided. */
#define ES_OP_TRUE  (UINT32_MAX - 1)
#define ES_OP_FALSE UINT32_MAX

struct es_op {
	uint8_t kind, scope;
	uint32_t arg; /* LEAF: pattern; COND: condition; REGEX: expression; see above */
	uint32_t end;
	uint32_t yes, no; /* the next op: see above */
};

/* The first op of a node that asks something. */
static inline uint32_t es_first_asked(const struct es_op *ops, uint32_t at)
{
	while (ops[at].kind < ES_OP_LEAF)
		at++;
	return at;
}

struct es_cond {
	const struct es_field *field;
	struct earshot_str value; /* ready for comparing: see cond.c */
	bool glob;                /* value has ES_GLOB_* in it */
	int choice;
	double lo, hi;
};

/* Bytes of the end of a token that an entry tells. */
#define ES_TAIL_MAX 8

/* A pattern, and what a token that it is found by ends with: its last n_tail bytes are the
 * highest of `tail`, the others are 0. */
struct es_entry {
	uint64_t tail;
	uint32_t pattern;
	uint8_t n_tail;
};

/* The last eight bytes of a text, as far as it has them, as an entry has them. */
static inline uint64_t es_tail(const char *ptr, size_t len)
{
	uint64_t tail = 0;
	if (len >= ES_TAIL_MAX)
		memcpy(&tail, ptr + len - ES_TAIL_MAX, ES_TAIL_MAX);
	else
		memcpy((char *)&tail + ES_TAIL_MAX - len, ptr, len);
	return le64toh(tail);
}

struct es_slot {
	uint64_t key; /* 0 = empty */
	uint32_t first, n;
};

struct es_set_pattern {
	struct es_pattern pattern;
	uint32_t first, n; /* postings */
	bool lazy;
	uint64_t key;
};

struct es_set_query {
	struct earshot_query query;
	struct es_node *root; /* until compiled */
	uint32_t ops, end;
};

struct earshot_queries {
	struct es_arena arena; /* texts, patterns, programs */
	struct es_arena trees; /* until compiled */
	struct es_set_query *queries;
	size_t n_queries, cap_queries;
	bool compiled;

	uint32_t *programs; /* of each query: its first op */
	struct es_op *ops;
	struct es_cond *conds;
	struct es_set_pattern *patterns;
	struct es_regex *regexes;
	uint32_t n_ops, n_conds, n_patterns, n_regexes, n_open_regexes;
	uint32_t *postings;
	/* without a pattern to wait for: evaluated on every post */
	uint32_t *always;
	uint32_t n_always;

	struct es_slot *slots;
	uint64_t *filter; /* one bit for each of 8 * slots: is it worth looking? */
	uint64_t slot_mask, filter_mask;
	struct es_entry *entries;
	/* bit n: some key has n bytes of a token's beginning; those of 4 bytes and more by a
	 * hash of the first four */
	uint64_t short_lengths, *long_lengths;
	uint64_t long_mask;
	bool stems;
	uint64_t infix_lengths;      /* bit n: a key has n bytes */
	uint64_t *layers[ES_LAYERS]; /* a bit a query: is it of that layer? */
};

/* ---- keys: what a pattern is found by ---- */

enum es_key_kind { ES_KEY_WORD, ES_KEY_PREFIX, ES_KEY_STEM, ES_KEY_INFIX };

static inline uint64_t es_key_mix(uint64_t hash)
{
	hash *= 0xff51afd7ed558ccdu; /* of MurmurHash3's finaliser */
	return hash ^ hash >> 32;
}

/* The first 8 bytes and fewer, as a number. */
static inline uint64_t es_key_bytes(const char *ptr, size_t len)
{
	uint64_t whole;
	uint32_t head, tail;
	if (len >= 8) {
		memcpy(&whole, ptr, 8);
		return whole;
	}
	if (len >= 4) {
		memcpy(&head, ptr, 4);
		memcpy(&tail, ptr + len - 4, 4);
		return head | (uint64_t)tail << 32;
	}
	return len ? (unsigned char)ptr[0] | (unsigned)(unsigned char)ptr[len / 2] << 8 |
			       (unsigned)(unsigned char)ptr[len - 1] << 16
		   : 0;
}

/* The key of a token or its beginning; STEM adds the initial of the syllable behind it.
 * Never 0. */
static inline uint64_t es_key(const char *ptr, size_t len, enum es_key_kind kind, int initial)
{
	uint64_t hash = (uint64_t)len << 16 | (uint64_t)kind << 8 | (uint64_t)(initial + 1);
	hash *= 0x9e3779b97f4a7c15u;
	for (; len > 8; ptr += 8, len -= 8)
		hash = es_key_mix(hash ^ es_key_bytes(ptr, 8));
	hash = es_key_mix(hash ^ es_key_bytes(ptr, len));
	return hash ? hash : 1;
}

/* Where the lengths of keys that begin with these four bytes stand. */
static inline uint64_t *es_long_lengths(const struct earshot_queries *set, const char *ptr)
{
	return &set->long_lengths[es_key_mix(es_key_bytes(ptr, 4) + 1) & set->long_mask];
}

/* compile.c */
int es_set_compile(struct earshot_queries *set, struct earshot_error *error);
/* keys.c: the table, and which patterns are lazy; the postings must be there. False where
 * there is no memory. */
bool es_set_keys(struct earshot_queries *set);
/* cond.c: makes the value of a condition ready. False where there is no memory. */
bool es_cond_prepare(struct es_arena *arena, const struct es_node *node, struct es_cond *cond);

#endif
