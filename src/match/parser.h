/* SPDX-License-Identifier: MIT
 *
 * parser.h - what parse.c (operators, groups, terms), proximity.c (words near each
 * other) and value.c (values of fields) share. Inside of the room only.
 */
#ifndef ES_MATCH_PARSER_H
#define ES_MATCH_PARSER_H

#include "match/lex.h"

struct es_parser {
	struct es_arena *arena;
	const struct es_query_source *source;
	struct es_notes *notes;
	struct es_lex lex;
	struct es_item item; /* the next one */
	size_t depth, leaves, wildcards, short_wildcards, regexes;
	size_t deepest; /* depth that was reached since it was set */
	uint8_t scope;  /* of terms here */
	bool stop;      /* a limit is passed */
};

/* parse.c. Functions that give a node give NULL after a mistake that leaves none;
 * es_node_add takes that. */
void es_parse_advance(struct es_parser *p);
struct es_node *es_parse_node(struct es_parser *p, enum es_node_kind kind, size_t start,
			      size_t end);
/* A node that counts as a term of the query. */
struct es_node *es_parse_leaf(struct es_parser *p, enum es_node_kind kind, size_t start,
			      size_t end);
void es_node_add(struct es_node *parent, struct es_node *child);
/* A list of one is that one. */
struct es_node *es_node_list(struct es_node *node);
/* Takes the ) of the group that was opened at `open`, or says that it is missing. */
void es_parse_close(struct es_parser *p, size_t open);
/* The term in `text`, which is a view of the query. */
struct es_node *es_parse_term(struct es_parser *p, enum es_term_form form, struct earshot_str text,
			      size_t start, size_t end);

/* proximity.c */

/* left NEAR/n right; `at` is the operator. NULL where one side may not stand there. */
struct es_node *es_parse_near(struct es_parser *p, const struct es_item *at, struct es_node *left,
			      struct es_node *right);
/* "a phrase"~n: that phrase, or its words near each other. */
struct es_node *es_parse_tilde_phrase(struct es_parser *p, struct es_node *phrase,
				      const struct es_item *item);
/* (a group)~n; `layers` of parentheses inside of it, `close` its ). */
struct es_node *es_parse_tilde_group(struct es_parser *p, struct es_node *group, size_t layers,
				     const struct es_item *close);
/* a AND b AND within:sentence -> the words of the AND in one sentence. */
struct es_node *es_parse_within(struct es_parser *p, struct es_node *list);
/* Says that within:sentence may not stand where `node` is. */
void es_parse_within_misplaced(struct es_parser *p, const struct es_node *node);

/* value.c: is the field, or the choice of it, known in the layer of the query? Says so where it
 * is not. choice may be NULL. */
bool es_parse_layer(struct es_parser *p, const struct es_field *field,
		    const struct es_choice *choice, size_t start, size_t end);

/* value.c: the item at hand is the value; it is not taken. `start` is the place
 * of the field's name. */
struct es_node *es_parse_value(struct es_parser *p, const struct es_field *field, size_t start);
/* field:(a OR b): the item at hand is the (; taken up to and with the ). */
struct es_node *es_parse_value_group(struct es_parser *p, const struct es_field *field,
				     size_t start);

#endif
