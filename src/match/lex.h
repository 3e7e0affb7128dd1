/* SPDX-License-Identifier: MIT
 *
 * lex.h - the bytes of a query as items. Inside of the room only.
 *
 * The lexer knows what a thing is, not whether it may stand where it stands. It
 * reports what is wrong inside an item (an open quote, a missing number behind
 * `~`); such an item is still handed out, so that the parser can go on to the next
 * mistake.
 */
#ifndef ES_MATCH_LEX_H
#define ES_MATCH_LEX_H

#include "match/query.h"

enum es_item_kind {
	ES_ITEM_END,
	ES_ITEM_OPEN,
	ES_ITEM_CLOSE,
	ES_ITEM_AND,
	ES_ITEM_OR,
	ES_ITEM_NOT,
	ES_ITEM_NEAR, /* NEAR/n, NEAR/nf, ONEAR/n */
	ES_ITEM_WORD,
	ES_ITEM_PHRASE,
	ES_ITEM_CASE,
	ES_ITEM_REGEX, /* /between slashes/ */
	ES_ITEM_FIELD, /* name and colon; the value is the next item */
	ES_ITEM_RANGE, /* [ ... ] */
	ES_ITEM_BAD,   /* reported: stands for an operand */
};

struct es_item {
	enum es_item_kind kind;
	uint32_t start, end;
	struct earshot_str text; /* without quotes, braces, brackets, slashes, ~n */
	const struct es_field *field;
	uint32_t distance; /* of NEAR, or of the ~ behind a phrase or a ) */
	uint32_t tilde;    /* where that ~ stands; 0 = there is none */
	bool flag;         /* NEAR: the left one first; REGEX: in any case */
};

struct es_lex {
	const struct es_query_source *source;
	struct es_notes *notes;
	size_t pos;
};

void es_lex_next(struct es_lex *lex, struct es_item *item);
/* May item begin an operand? */
bool es_item_operand(const struct es_item *item);

#endif
