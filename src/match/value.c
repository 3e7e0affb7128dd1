/* SPDX-License-Identifier: MIT
 *
 * What stands behind the colon of a field that is no term: a word, a number, a
 * range, or a group of them joined by OR.
 */
#include "match/parser.h"

#include <stdio.h>

static bool range_ends(struct es_parser *p, struct earshot_str text, double *lo, double *hi)
{
	text = es_str_trim(text);
	const char *to = memmem(text.ptr, text.len, " TO ", 4);
	if (!to)
		return false;
	struct earshot_str a = es_str_trim(es_str(text.ptr, (size_t)(to - text.ptr)));
	struct earshot_str b =
		es_str_trim(es_str(to + 4, (size_t)(text.ptr + text.len - (to + 4))));
	*lo = -1e300;
	*hi = 1e300;
	if (!p->source->strict && es_str_is(a, "*") != es_str_is(b, "*"))
		return es_str_is(a, "*") ? es_field_number(b, hi) : es_field_number(a, lo);
	return es_field_number(a, lo) && es_field_number(b, hi);
}

static bool whole_number(double value)
{
	return value <= -1e299 || value >= 1e299 ||
	       (value >= 0 && value < 1e10 && value == (double)(int64_t)value);
}

/* The value of a number or range field. */
static void number(struct es_parser *p, struct es_node *node)
{
	const struct es_field *field = node->field;
	struct es_notes *notes = p->notes;
	bool range = p->item.kind == ES_ITEM_RANGE;
	if (!range && field->type == ES_FIELD_RANGE) {
		es_note_error(notes, "field-range", node->start, p->item.end,
			      "write [1000 TO 5000]", "%s: takes a range", field->name);
		return;
	}
	bool ok = range ? range_ends(p, p->item.text, &node->lo, &node->hi)
			: p->item.kind == ES_ITEM_WORD && es_field_number(p->item.text, &node->lo);
	if (!range)
		node->hi = node->lo;
	if (!ok)
		es_note_error(notes, "field-range", p->item.start, p->item.end,
			      "write [1 TO 5], with TO in capitals", "%s: takes %s", field->name,
			      field->type == ES_FIELD_RANGE ? "a range" : "a number or a range");
	else if (node->lo > node->hi)
		es_note_error(notes, "field-range", p->item.start, p->item.end,
			      "write the smaller number first", "this range is empty");
	else if (field->type == ES_FIELD_RANGE &&
		 !(whole_number(node->lo) && whole_number(node->hi)))
		es_note_error(notes, "field-range", p->item.start, p->item.end,
			      "write whole numbers of at most 10 digits",
			      "%s: counts things: no fractions, nothing below 0", field->name);
}

static void language(struct es_parser *p, const struct es_node *node)
{
	bool two = node->text.len == 2;
	for (size_t i = 0; i < node->text.len; i++)
		two &= (node->text.ptr[i] | 32) >= 'a' && (node->text.ptr[i] | 32) <= 'z';
	if (!two)
		es_note_warning(p->notes, "language-code", p->item.start, p->item.end,
				"write a code of two letters: en, ko, tr",
				"\"%.*s\" is no ISO 639-1 code", (int)node->text.len,
				node->text.ptr);
}

static void choice(struct es_parser *p, struct es_node *node)
{
	char list[EARSHOT_ERROR_HINT - 16], mend[EARSHOT_ERROR_HINT];
	const struct es_choice *found = es_field_choice(node->field, node->text);
	snprintf(mend, sizeof(mend), "write one of: %s",
		 es_field_choices(node->field, list, sizeof(list)));
	if (!found)
		es_note_error(p->notes, "field-value", p->item.start, p->item.end, mend,
			      "%s: has no value \"%.*s\"", node->field->name, (int)node->text.len,
			      node->text.ptr);
	else if (!found->value)
		es_note_error(p->notes, "not-yet", node->start, p->item.end, mend,
			      "%s:%s is not built yet", node->field->name, found->name);
	else
		node->choice = found->value;
}

struct es_node *es_parse_value(struct es_parser *p, const struct es_field *field, size_t start)
{
	struct es_node *node = es_parse_leaf(p, ES_NODE_COND, start, p->item.end);
	if (!node)
		return NULL;
	node->field = field;
	node->text = p->item.text;
	node->quoted = p->item.kind != ES_ITEM_WORD;
	if (field->type == ES_FIELD_NOT_YET)
		return node;
	if (field->type == ES_FIELD_NUMBER || field->type == ES_FIELD_RANGE) {
		number(p, node);
		return node;
	}
	if (p->item.kind == ES_ITEM_RANGE)
		es_note_error(p->notes, "field-value", p->item.start, p->item.end,
			      "write a word or a phrase", "%s: takes no range", field->name);
	else if (!es_str_trim(node->text).len)
		es_note_error(p->notes, "field-empty", node->start, node->end, "write a value",
			      "%s: has no value", field->name);
	else if (field->type == ES_FIELD_CODE)
		language(p, node);
	else if (field->type == ES_FIELD_CHOICE)
		choice(p, node);
	return node;
}

struct es_node *es_parse_value_group(struct es_parser *p, const struct es_field *field,
				     size_t start)
{
	size_t open = p->item.start;
	struct es_node *node = es_parse_node(p, ES_NODE_OR, start, p->item.end);
	bool want = true, told = false;
	for (es_parse_advance(p); !p->stop; es_parse_advance(p)) {
		const struct es_item *item = &p->item;
		if (item->kind == ES_ITEM_END || item->kind == ES_ITEM_CLOSE)
			break;
		if (want && item->kind >= ES_ITEM_WORD && item->kind != ES_ITEM_FIELD &&
		    item->kind != ES_ITEM_BAD) {
			es_node_add(node, es_parse_value(p, field, item->start));
			want = false;
		} else if (!want && item->kind == ES_ITEM_OR) {
			want = true;
		} else if (!told) {
			told = true;
			es_note_error(p->notes, "field-group", item->start, item->end,
				      "join the values with OR: (a OR b)",
				      "%s:( ) takes values joined by OR only", field->name);
		}
	}
	if (want && !told && !p->stop)
		es_note_error(p->notes, node && node->first ? "operand" : "empty-group", open,
			      p->item.end, "write a value", "a value of %s: is missing",
			      field->name);
	es_parse_close(p, open);
	return es_node_list(node);
}
