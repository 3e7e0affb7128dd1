/* SPDX-License-Identifier: MIT
 *
 * set.h - the compiled set of queries. Inside of the room only.
 *
 *   token "moruva"                                     a post's tokens, one walk
 *      | hash of the token, of its beginnings
 *   slots  [ hash | first ] -> entries [ pattern | next ]
 *      | es_pattern_at
 *   patterns [ pattern | postings ]                    each different term once
 *      | postings: queries that cannot be true without this pattern
 *   queries  [ layer | ops ]                           evaluated only then
 *
 *   ops: AND end=5  LEAF 7  OR end=5  LEAF 9  COND 2   a tree in prefix order;
 *   `end` is the index behind the last op of the node. The ops of a query are the
 *   nodes of its tree, one for one (explain.c relies on it).
 *
 * Everything lies in the set's arenas. Immutable after compile.
 */
#ifndef ES_MATCH_SET_H
#define ES_MATCH_SET_H

#include "match/match.h"
#include "match/pattern.h"
#include "match/query.h"
#include "match/regex.h"

#define ES_NOWHERE UINT32_MAX

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
	ES_OP_LEAF,
	ES_OP_COND,
	/* these look at the places of their operands: near.c */
	ES_OP_NEAR,     /* two, in any order, at most arg words in between */
	ES_OP_ORDERED,  /* the same, the left one first */
	ES_OP_WINDOW,   /* all in a stretch of arg words */
	ES_OP_SENTENCE, /* all in one sentence */
	ES_OP_REGEX,
};

struct es_op {
	uint8_t kind, scope;
	uint32_t arg; /* LEAF: pattern; COND: condition; REGEX: expression; see above */
	uint32_t end;
};

struct es_cond {
	const struct es_field *field;
	struct earshot_str value; /* ready for comparing: see cond.c */
	bool glob;                /* value has ES_GLOB_* in it */
	int choice;
	double lo, hi;
};

struct es_entry {
	uint32_t pattern, next;
};

struct es_slot {
	uint64_t hash; /* 0 = empty */
	uint32_t first;
};

struct es_set_pattern {
	struct es_pattern pattern;
	uint32_t first, n; /* postings */
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
	uint64_t prefix_lengths, stem_lengths, infix_lengths; /* bit n: a key has n bytes */
};

/* ---- keys: what a pattern is found by ---- */

enum es_key_kind { ES_KEY_WORD, ES_KEY_PREFIX, ES_KEY_STEM, ES_KEY_INFIX };

#define ES_HASH_START 0xcbf29ce484222325u /* FNV-1a */

static inline uint64_t es_hash_byte(uint64_t hash, char c)
{
	return (hash ^ (unsigned char)c) * 0x100000001b3u;
}

/* The key of a hashed token or beginning; STEM adds the initial of the syllable
 * behind it. Never 0. The constants are those of MurmurHash3's finaliser. */
static inline uint64_t es_key(uint64_t hash, enum es_key_kind kind, int initial)
{
	hash ^= (uint64_t)kind * 0x9e3779b97f4a7c15u + (uint64_t)(initial + 1);
	hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
	hash ^= hash >> 33;
	return hash ? hash : 1;
}

/* compile.c */
int es_set_compile(struct earshot_queries *set, struct earshot_error *error);
/* cond.c: makes the value of a condition ready. False where there is no memory. */
bool es_cond_prepare(struct es_arena *arena, const struct es_node *node, struct es_cond *cond);

#endif
