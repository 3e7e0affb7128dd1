/* SPDX-License-Identifier: MIT
 *
 * grammar.c - grammar.tsv -> the numbers of the rules, checked.
 */
#include "lexicon/grammar_load.h"

#include <math.h>
#include <stddef.h>

#include <earshot/score.h>

enum { COUNT = 1, SHARE = EARSHOT_WEIGHT_ONE };

/* rounded half away from zero, as lrint() does where it is no constant */
#define FIXED(value, one) ((int32_t)((value) * (one) + ((value) < 0 ? -0.5 : 0.5)))

const struct es_grammar es_grammar_default = {
#define X(member, name, type, least, most, value) .member = FIXED(value, type),
	ES_GRAMMAR(X)
#undef X
};

static const struct number {
	const char *name;
	int one; /* COUNT or SHARE */
	int least, most;
	size_t at;
} numbers[] = {
#define X(member, name, type, least, most, value) \
	{ name, type, least, most, offsetof(struct es_grammar, member) },
	ES_GRAMMAR(X)
#undef X
};
_Static_assert(ES_COUNT(numbers) <= 64, "what is set is kept in 64 bits");

int es_grammar_row(struct es_grammar *grammar, uint64_t *set, struct tsv *tsv, struct tsv_row *row,
		   struct earshot_error *error)
{
	size_t i = 0;
	double value;
	while (i < ES_COUNT(numbers) && !es_str_is(row->fields[0], numbers[i].name))
		i++;
	if (i == ES_COUNT(numbers)) {
		int rc = es_tsv_err(tsv, row, 0, error, "\"%.*s\" is no number of the rules",
				    ES_FMT(row->fields[0]));
		es_err_hint(error, "lexicons/README.md lists them");
		return rc;
	}
	const struct number *number = &numbers[i];
	if (*set >> i & 1)
		return es_tsv_err(tsv, row, 0, error, "\"%s\" is set already in this pack",
				  number->name);
	if (row->n > 3)
		return es_tsv_err(tsv, row, 3, error, "a row is: name, value, source");
	if (!es_tsv_number(row->fields[1], 1000, &value) || value < number->least ||
	    value > number->most || (number->one == COUNT && value != floor(value)))
		return es_tsv_err(tsv, row, 1, error, "\"%.*s\" is no %s from %d to %d",
				  ES_FMT(row->fields[1]),
				  number->one == COUNT ? "whole number" : "number", number->least,
				  number->most);
	*set |= 1ull << i;
	*(int32_t *)(void *)((char *)grammar + number->at) = (int32_t)lrint(value * number->one);
	return EARSHOT_OK;
}
