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
	bool bounded = (field->lo < field->hi) &&
		       (p->source->strict || !(field->flags & ES_FIELD_STRICT_BOUNDS));
	if (!range && field->type != ES_FIELD_NUMBER) {
		es_note_error(notes, "field-range", node->start, p->item.end, "write [10 TO 50]",
			      "%s: takes a range", field->name);
		return;
	}
	bool ok = range ? range_ends(p, p->item.text, &node->lo, &node->hi)
			: p->item.kind == ES_ITEM_WORD && es_field_number(p->item.text, &node->lo);
	if (!range)
		node->hi = node->lo;
	if (!ok)
		es_note_error(notes, "field-range", p->item.start, p->item.end,
			      "write [1 TO 5], with TO in capitals", "%s: takes %s", field->name,
			      field->type == ES_FIELD_NUMBER ? "a number or a range" : "a range");
	else if (node->lo > node->hi)
		es_note_error(notes, "field-range", p->item.start, p->item.end,
			      "write the smaller number first", "this range is empty");
	else if (field->type == ES_FIELD_RANGE &&
		 !(whole_number(node->lo) && whole_number(node->hi)))
		es_note_error(notes, "field-range", p->item.start, p->item.end,
			      "write whole numbers of at most 10 digits",
			      "%s: counts things: no fractions, nothing below 0", field->name);
	else if (bounded && (node->lo < field->lo || node->hi > field->hi))
		es_note_error(notes, "field-range", p->item.start, p->item.end,
			      "write numbers between these", "%s: goes from %g to %g", field->name,
			      field->lo, field->hi);
}

/* ISO 639-1, as of 2024. */
static const char languages[] =
	"aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv "
	"cy da de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr "
	"ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw "
	"ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv "
	"ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr "
	"ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi "
	"yo za zh zu ";

static void language(struct es_parser *p, const struct es_node *node)
{
	bool known = false;
	for (const char *at = languages; node->text.len == 2 && *at && !known; at += 3)
		known = es_str_eq_nocase(es_str(at, 2), node->text);
	if (!known)
		es_note_warning(p->notes, "language-code", p->item.start, p->item.end,
				"write a code of two letters: en, ko, tr",
				"\"%.*s\" is no ISO 639-1 code", (int)node->text.len,
				node->text.ptr);
}

static size_t digits(struct earshot_str text)
{
	size_t n = 0;
	while (n < text.len && text.ptr[n] >= '0' && text.ptr[n] <= '9')
		n++;
	return n;
}

/* 57305 */
static bool is_entity(struct earshot_str text)
{
	return text.len && text.ptr[0] != '0' && digits(text) == text.len;
}

/* 123 or 123_456 */
static bool is_guid(struct earshot_str text)
{
	size_t n = digits(text);
	if (!n || n == text.len)
		return n;
	struct earshot_str rest = es_str(text.ptr + n + 1, text.len - n - 1);
	return text.ptr[n] == '_' && rest.len && digits(rest) == rest.len;
}

static void value_is(struct es_parser *p, const struct es_node *node, bool ok, const char *mend)
{
	if (!ok)
		es_note_error(p->notes, "field-value", p->item.start, p->item.end, mend,
			      "%s: has no value \"%.*s\"", node->field->name, (int)node->text.len,
			      node->text.ptr);
}

bool es_parse_layer(struct es_parser *p, const struct es_field *field,
		    const struct es_choice *choice, size_t start, size_t end)
{
	static const char *const where[] = { "a topic", "a theme", "a flag rule" };
	static const char *const mends[] = { "", "use it in a theme, a flag rule or a search",
					     "use it in a flag rule or a search",
					     "use it in a search" };
	enum earshot_layer layer = choice ? choice->layer : field->layer;
	if (layer <= p->source->layer)
		return true;
	es_note_error(p->notes, "field-layer", start, end, mends[layer],
		      "%s:%s is not known yet where %s is matched", field->name,
		      choice ? choice->name : "", where[p->source->layer]);
	return false;
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
	else if (es_parse_layer(p, node->field, found, node->start, p->item.end))
		node->choice = found;
}

struct es_node *es_parse_value(struct es_parser *p, const struct es_field *field, size_t start)
{
	struct es_node *node = es_parse_leaf(p, ES_NODE_COND, start, p->item.end);
	if (!node)
		return NULL;
	node->field = field;
	node->text = p->item.text;
	node->quoted = p->item.kind != ES_ITEM_WORD;
	if (p->item.kind == ES_ITEM_REGEX) /* url:/news/ is a word */
		node->text =
			es_str(p->source->text.ptr + p->item.start, p->item.end - p->item.start);
	if (field->flags & ES_FIELD_ABSENT)
		es_note_own(p->notes, "field-absent", start, p->item.end,
			    "leave it out, or wait for a source that has it",
			    "no post has %s: the condition is false", field->name);
	if (p->item.tilde)
		es_note_error(p->notes, "tilde-place", p->item.tilde, p->item.end, "take it away",
			      "~ stands behind words of the text, not behind a value of %s:",
			      field->name);
	if (field->type == ES_FIELD_NUMBER || field->type == ES_FIELD_RANGE ||
	    field->type == ES_FIELD_DEGREES) {
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
	else if (field->type == ES_FIELD_CHOICE || field->type == ES_FIELD_WITHIN)
		choice(p, node);
	else if (field->type == ES_FIELD_ENTITY)
		value_is(p, node, is_entity(node->text), "write the number without leading zeros");
	else if (field->type == ES_FIELD_GUID)
		value_is(p, node, is_guid(node->text), "write digits: 123 or 123_456");
	if (field->type == ES_FIELD_WITHIN)
		node->kind = ES_NODE_WITHIN;
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
	if (p->item.kind == ES_ITEM_CLOSE && p->item.tilde)
		es_note_error(
			p->notes, "tilde-place", p->item.tilde, p->item.end, "take it away",
			"~ stands behind words of the text, not behind values of %s:", field->name);
	es_parse_close(p, open);
	return es_node_list(node);
}
