/* SPDX-License-Identifier: MIT
 *
 * query.h - a query as a tree, and what there is to say about it. Inside of the
 * room only.
 *
 *   'acme AND (title:refund OR "para iade") NOT lang:en'
 *
 *   AND -+- TERM acme
 *        +- OR -+- TERM refund (title)
 *        |      +- TERM "para iade"
 *        +- NOT --- COND lang = en
 *
 * Every node lies in the arena that was given to es_query_parse. A node's texts
 * are views of the query; they live as long as its bytes.
 */
#ifndef ES_MATCH_QUERY_H
#define ES_MATCH_QUERY_H

#include <earshot/match.h>
#include "base/base.h"
#include "match/field.h"

/* Notes kept for one query; a query with more mistakes is told the first of
 * them. Source: a page of an editor shows no more. */
#define ES_NOTES_MAX 100

/* Heap for the tree of one query: 4,096 leaves of 64 KiB take under 8 MiB. */
#define ES_QUERY_MEMORY (64u * ES_MIB)

struct es_notes {
	struct es_arena *arena;
	struct earshot_query_note *at;
	size_t n, cap;
	int code; /* 0, QUERY, LIMIT or NOMEM: the first error decides */
};

/* Adds a note; an error also sets notes->code where it is 0. */
void es_note_error(struct es_notes *notes, const char *code, size_t start, size_t end,
		   const char *mend, const char *format, ...) EARSHOT_PRINTF(6, 7);
void es_note_limit(struct es_notes *notes, const char *code, size_t start, size_t end,
		   const char *mend, const char *format, ...) EARSHOT_PRINTF(6, 7);
void es_note_warning(struct es_notes *notes, const char *code, size_t start, size_t end,
		     const char *mend, const char *format, ...) EARSHOT_PRINTF(6, 7);
/* A warning that Brandwatch's validator does not give: strict queries have it too, told apart. */
void es_note_own(struct es_notes *notes, const char *code, size_t start, size_t end,
		 const char *mend, const char *format, ...) EARSHOT_PRINTF(6, 7);
/* By position, errors before warnings at the same place. */
void es_notes_sort(struct es_notes *notes);

/* Words between two places that NEAR/n and ~n may ask for; more is read as this.
 * Source: a text of 256 KiB has fewer words. */
#define ES_DISTANCE_MAX 200000
/* Operands of one ~n or within:sentence: each is looked at for every place. */
#define ES_NEAR_OPERANDS 32
/* Regular expressions of one query: to read one takes up to a millisecond. */
#define ES_QUERY_REGEXES 16

enum es_node_kind {
	ES_NODE_AND,
	ES_NODE_OR,
	ES_NODE_NOT,
	ES_NODE_TERM,
	ES_NODE_COND,
	ES_NODE_NEAR,     /* two places, at most `distance` words in between */
	ES_NODE_WINDOW,   /* places of all children in one stretch: "a b c"~5 */
	ES_NODE_SENTENCE, /* places of all children in one sentence */
	ES_NODE_REGEX,
	ES_NODE_WITHIN, /* within:sentence as it was written; gone after parsing */
};

enum es_term_form {
	ES_TERM_WORD,   /* as it stands */
	ES_TERM_PHRASE, /* "in quotes" */
	ES_TERM_CASE,   /* {In Braces} */
	ES_TERM_RAW,    /* raw: letter by letter, sign by sign */
	ES_TERM_STEM,   /* stem: with the endings of the language */
	ES_TERM_INFIX,  /* infix: anywhere in a word */
};

enum { ES_SCOPE_TITLE = 1, ES_SCOPE_TEXT = 2, ES_SCOPE_BOTH = 3 };

static inline uint8_t es_scope_of(enum earshot_in in)
{
	return in == EARSHOT_IN_TITLE ? ES_SCOPE_TITLE : ES_SCOPE_TEXT;
}

struct es_pattern;

struct es_node {
	enum es_node_kind kind;
	uint32_t start, end; /* bytes of the query */
	struct es_node *first, *last, *next;
	/* TERM */
	enum es_term_form form;
	uint8_t scope;              /* ES_SCOPE_* */
	struct earshot_str text;    /* without quotes or braces; COND: the value; REGEX: it */
	struct es_pattern *pattern; /* REGEX: of a literal that it requires, or NULL */
	uint32_t wildcards;         /* signs */
	bool short_wildcard;        /* two letters before the * */
	/* COND */
	const struct es_field *field;
	bool quoted;
	const struct es_choice *choice; /* of a CHOICE field */
	double lo, hi;                  /* of a number or range, both ends included */
	/* NEAR, WINDOW */
	uint32_t distance;
	bool ordered;
	bool tilde, grouped; /* written with ~, behind a group */
	bool nocase;         /* REGEX */
};

struct es_query_source {
	struct earshot_str text;
	enum earshot_layer layer;
	bool strict;
};

/* Parses; *root is NULL on error. Returns 0, QUERY, LIMIT or NOMEM; the notes say
 * why and where. */
int es_query_parse(struct es_arena *arena, const struct es_query_source *source,
		   struct es_notes *notes, struct es_node **root);

/* Is there something that must be found before the node can be true? Without it a
 * query is evaluated on every post. */
bool es_node_waits(const struct es_node *node);
/* Is there a regular expression without a literal to wait for in the tree? */
bool es_node_has_open_regex(const struct es_node *node);

#endif
