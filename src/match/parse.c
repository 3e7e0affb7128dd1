/* SPDX-License-Identifier: MIT
 *
 * Recursive descent: or -> and -> near -> operand -> ( or ). NEAR binds tighter than
 * NOT, NOT tighter than AND, AND tighter than OR. After a mistake the parser goes on
 * with the next item, so that one look shows all of them; a limit ends it at once.
 */
#include "match/parser.h"
#include "match/pattern.h"
#include "text/text.h"

#define SHORT_WILDCARDS 150 /* Brandwatch Consumer Research, help on wildcards */

/* What joins the operands of one level: for the rules against mixing. */
struct level {
	bool and, or, not, near, told, near_told, implicit;
};

static struct es_node *parse_or(struct es_parser *p);
static struct es_node *group(struct es_parser *p);

void es_parse_advance(struct es_parser *p)
{
	if (p->notes->code == EARSHOT_LIMIT || p->notes->code == EARSHOT_NOMEM)
		p->stop = true;
	if (p->stop)
		p->item.kind = ES_ITEM_END;
	else
		es_lex_next(&p->lex, &p->item);
}

struct es_node *es_parse_node(struct es_parser *p, enum es_node_kind kind, size_t start, size_t end)
{
	struct es_node *node = es_arena_zalloc(p->arena, 1, sizeof(*node));
	if (!node) {
		p->notes->code = EARSHOT_NOMEM;
		p->stop = true;
		return NULL;
	}
	node->kind = kind;
	node->start = (uint32_t)start;
	node->end = (uint32_t)end;
	return node;
}

void es_node_add(struct es_node *parent, struct es_node *child)
{
	if (!parent || !child)
		return;
	if (parent->last)
		parent->last->next = child;
	else
		parent->first = child;
	parent->last = child;
	parent->end = child->end;
}

struct es_node *es_node_list(struct es_node *node)
{
	return node && node->first && !node->first->next ? node->first : node;
}

struct es_node *es_parse_leaf(struct es_parser *p, enum es_node_kind kind, size_t start, size_t end)
{
	if (++p->leaves > EARSHOT_QUERY_LEAVES) {
		es_note_limit(p->notes, "too-many-leaves", start, end, "divide the query",
			      "the query has more than %d terms", EARSHOT_QUERY_LEAVES);
		p->stop = true;
		return NULL;
	}
	return es_parse_node(p, kind, start, end);
}

struct es_node *es_parse_term(struct es_parser *p, enum es_term_form form, struct earshot_str text,
			      size_t start, size_t end)
{
	struct es_node *node = es_parse_leaf(p, ES_NODE_TERM, start, end);
	if (!node)
		return NULL;
	node->form = form;
	node->scope = p->scope;
	node->text = text;
	es_pattern_build(p->arena, p->source, node, p->notes);
	p->wildcards += node->wildcards;
	p->short_wildcards += node->short_wildcard;
	if (p->source->strict && p->short_wildcards == SHORT_WILDCARDS + 1 && node->short_wildcard)
		es_note_error(p->notes, "wildcard-many", node->start, node->end,
			      "write more letters before the *",
			      "more than %d wildcards have only two letters", SHORT_WILDCARDS);
	if (p->wildcards > EARSHOT_QUERY_WILDCARDS) {
		es_note_limit(p->notes, "too-many-wildcards", node->start, node->end,
			      "divide the query", "the query has more than %d wildcards",
			      EARSHOT_QUERY_WILDCARDS);
		p->stop = true;
	}
	return node;
}

static struct es_node *term(struct es_parser *p)
{
	struct es_item item = p->item;
	enum es_term_form form = item.kind == ES_ITEM_WORD     ? ES_TERM_WORD
				 : item.kind == ES_ITEM_PHRASE ? ES_TERM_PHRASE
							       : ES_TERM_CASE;
	struct es_node *node = es_parse_term(p, form, item.text, item.start, item.end);
	return item.tilde && node ? es_parse_tilde_phrase(p, node, &item) : node;
}

static struct es_node *regex(struct es_parser *p)
{
	const struct es_item *item = &p->item;
	struct es_node *node = es_parse_leaf(p, ES_NODE_REGEX, item->start, item->end);
	if (!node)
		return NULL;
	if (++p->regexes > ES_QUERY_REGEXES) {
		es_note_limit(p->notes, "too-many-regexes", item->start, item->end,
			      "divide the query", "the query has more than %d regular expressions",
			      ES_QUERY_REGEXES);
		p->stop = true;
		return NULL;
	}
	node->scope = p->scope;
	node->text = item->text;
	node->nocase = item->flag;
	es_regex_build(p->arena, p->source, node, p->notes);
	return node;
}

void es_parse_close(struct es_parser *p, size_t open)
{
	if (p->item.kind == ES_ITEM_CLOSE)
		es_parse_advance(p);
	else if (!p->stop)
		es_note_error(p->notes, "paren-open", open, open + 1,
			      "write ) where the group ends", "the parenthesis is not closed");
}

/* raw:x stem:x infix:x - the item at hand is x */
static struct es_node *form(struct es_parser *p, const struct es_field *field, size_t start)
{
	static const enum es_term_form forms[] = { ES_TERM_RAW, ES_TERM_STEM, ES_TERM_INFIX };
	struct es_item item = p->item;
	if ((item.kind == ES_ITEM_WORD || item.kind == ES_ITEM_PHRASE) && !item.tilde)
		return es_parse_term(p, forms[field->id - ES_F_RAW], item.text, start, item.end);
	es_note_error(p->notes, "field-value", item.start, item.end,
		      field->id == ES_F_RAW ? "write raw:word or raw:\"some words\""
					    : "write one word",
		      "%s: takes %s", field->name,
		      field->id == ES_F_RAW ? "a word or a phrase" : "a word");
	return NULL;
}

/* A term that must stand in one stream, or a group of them. */
static struct es_node *scoped(struct es_parser *p, const struct es_field *field, size_t start)
{
	uint8_t outside = p->scope;
	struct es_node *node = NULL;
	p->scope = field->id == ES_F_TITLE ? ES_SCOPE_TITLE : ES_SCOPE_TEXT;
	if (p->item.kind == ES_ITEM_OPEN) {
		node = group(p);
		p->scope = outside;
		return node;
	}
	if (p->item.kind == ES_ITEM_RANGE)
		es_note_error(p->notes, "field-value", p->item.start, p->item.end,
			      "write a word or a phrase", "%s: takes no range", field->name);
	else
		node = p->item.kind == ES_ITEM_REGEX ? regex(p) : term(p);
	if (node)
		node->start = (uint32_t)start;
	p->scope = outside;
	es_parse_advance(p);
	return node;
}

static struct es_node *field(struct es_parser *p)
{
	const struct es_field *field = p->item.field;
	struct es_item name = p->item;
	es_parse_advance(p);
	(void)es_parse_layer(p, field, NULL, name.start,
			     name.end); /* its value is looked at all the same */
	if (!es_item_operand(&p->item) || p->item.kind == ES_ITEM_FIELD ||
	    p->item.kind == ES_ITEM_BAD) {
		if (!p->stop && p->item.kind != ES_ITEM_BAD)
			es_note_error(p->notes, "field-empty", name.start, name.end,
				      "write a value behind the colon", "%.*s: has no value",
				      (int)name.text.len, name.text.ptr);
		if (p->item.kind == ES_ITEM_BAD)
			es_parse_advance(p);
		return NULL;
	}
	if (field->type == ES_FIELD_TERM)
		return scoped(p, field, name.start);
	struct es_node *node = NULL;
	if (field->type == ES_FIELD_FORM)
		node = form(p, field, name.start);
	else if (p->item.kind == ES_ITEM_OPEN && field->type != ES_FIELD_WITHIN)
		return es_parse_value_group(p, field, name.start);
	else
		node = es_parse_value(p, field, name.start);
	if (p->item.kind == ES_ITEM_OPEN) /* refused above: what is in it is no value */
		return node;
	es_parse_advance(p);
	return node;
}

static struct es_node *group(struct es_parser *p)
{
	size_t open = p->item.start, outside = p->deepest, layers;
	if (++p->depth > EARSHOT_QUERY_DEPTH) {
		es_note_limit(p->notes, "too-deep", open, open + 1, "take parentheses away",
			      "the query is nested deeper than %d", EARSHOT_QUERY_DEPTH);
		p->stop = true;
		p->item.kind = ES_ITEM_END; /* nothing more is said of this one */
		p->depth--;
		return NULL;
	}
	p->deepest = p->depth;
	es_parse_advance(p);
	struct es_node *node = NULL;
	struct es_item close = p->item;
	if (p->item.kind == ES_ITEM_CLOSE) {
		es_note_error(p->notes, "empty-group", open, p->item.end, "take it away",
			      "there is nothing between the parentheses");
		es_parse_advance(p);
	} else {
		node = parse_or(p);
		close = p->item;
		es_parse_close(p, open);
	}
	layers = p->deepest - p->depth;
	p->deepest = p->deepest > outside ? p->deepest : outside;
	p->depth--;
	if (node && close.kind == ES_ITEM_CLOSE && close.tilde)
		node = es_parse_tilde_group(p, node, layers, &close);
	return node;
}

static struct es_node *operand(struct es_parser *p)
{
	struct es_node *node = NULL;
	if (p->item.kind == ES_ITEM_OPEN)
		return group(p);
	if (p->item.kind == ES_ITEM_FIELD)
		return field(p);
	if (p->item.kind == ES_ITEM_RANGE)
		es_note_error(p->notes, "bracket", p->item.start, p->item.end,
			      "write the field before it: rating:[1 TO 5]",
			      "a range stands without a field");
	else if (p->item.kind == ES_ITEM_REGEX)
		node = regex(p);
	else if (p->item.kind != ES_ITEM_BAD)
		node = term(p);
	es_parse_advance(p);
	return node;
}

/* Two kinds of operators meet at one level: told once a level. */
static void mixed(struct es_parser *p, struct level *level, const struct es_item *at)
{
	static const char mend[] = "write parentheses: (a OR b) AND c";
	static const char near_mend[] = "write parentheses: (a NEAR/5 b) AND c";
	if (level->and &&level->or &&!level->told) {
		level->told = true;
		if (p->source->strict)
			es_note_error(p->notes, "mixed", at->start, at->end, mend,
				      "AND and OR cannot be mixed without parentheses");
		else
			es_note_warning(p->notes, "mixed", at->start, at->end, mend,
					"AND and OR are mixed: AND binds tighter than OR");
	}
	if (level->near && (level->and || level->or || level->not ) && !level->near_told) {
		level->near_told = true;
		const char *with = level->or ? "OR" : level->and ? "AND" : "NOT";
		if (p->source->strict)
			es_note_error(p->notes, "near-mixed", at->start, at->end, near_mend,
				      "%s and NEAR cannot be mixed without parentheses", with);
		else
			es_note_warning(p->notes, "near-mixed", at->start, at->end, near_mend,
					"%s and NEAR are mixed: NEAR binds tighter", with);
	}
}

static void missing(struct es_parser *p, const struct es_item *operator, const char * side)
{
	if (!p->stop)
		es_note_error(p->notes, "operand", operator->start, operator->end,
			      "write a word, or take the operator away",
			      "there is nothing to the %s of %.*s", side,
			      (int)(operator->end - operator->start),
			      p->source->text.ptr + operator->start);
}

static bool is_operator(const struct es_item *item)
{
	return item->kind >= ES_ITEM_AND && item->kind <= ES_ITEM_NEAR;
}

/* a, or a NEAR/n b */
static struct es_node *parse_near(struct es_parser *p, struct level *level)
{
	struct es_node *node = operand(p);
	if (p->item.kind != ES_ITEM_NEAR)
		return node;
	level->near = true;
	mixed(p, level, &p->item);
	for (bool first = true; p->item.kind == ES_ITEM_NEAR; first = false) {
		struct es_item at = p->item;
		if (!first)
			es_note_error(p->notes, "near-chain", at.start, at.end,
				      "write parentheses: (a NEAR/5 b) NEAR/5 c",
				      "NEAR cannot follow NEAR without parentheses");
		es_parse_advance(p);
		if (!es_item_operand(&p->item)) {
			missing(p, &at, "right");
			return node;
		}
		struct es_node *right = operand(p);
		if (first)
			node = es_parse_near(p, &at, node, right);
	}
	return node;
}

/* a AND b NOT c d ; before: the operator that calls for an operand here, if any */
static struct es_node *parse_and(struct es_parser *p, struct level *level, struct es_item before)
{
	struct es_node *list = es_parse_node(p, ES_NODE_AND, p->item.start, p->item.start);
	while (!p->stop) {
		struct es_item at = p->item;
		bool negated = at.kind == ES_ITEM_NOT;
		if (negated) {
			before = at;
			level->not = true;
			mixed(p, level, &at);
			es_parse_advance(p);
		}
		if (!es_item_operand(&p->item)) {
			if (is_operator(&p->item) && is_operator(&before))
				missing(p, &before, "right");
			else if (is_operator(&p->item))
				missing(p, &p->item, "left");
			else if (is_operator(&before))
				missing(p, &before, "right");
			if (p->item.kind == ES_ITEM_NOT || p->item.kind == ES_ITEM_AND ||
			    p->item.kind == ES_ITEM_NEAR) {
				before = (struct es_item){ .kind = ES_ITEM_END };
				es_parse_advance(p);
				if (es_item_operand(&p->item))
					continue;
			}
			break;
		}
		struct es_node *node = parse_near(p, level);
		if (negated && node && node->kind == ES_NODE_WITHIN) {
			es_parse_within_misplaced(p, node);
			node = NULL;
		}
		if (negated && node) {
			struct es_node *not = es_parse_node(p, ES_NODE_NOT, at.start, node->end);
			es_node_add(not, node);
			node = not ;
		}
		es_node_add(list, node);
		before = p->item;
		if (p->item.kind == ES_ITEM_AND) {
			level->and = true;
			mixed(p, level, &p->item);
			es_parse_advance(p);
		} else if (es_item_operand(&p->item)) {
			level->and = true;
			mixed(p, level, &p->item);
			if (!level->implicit)
				es_note_warning(p->notes, "implicit-and", p->item.start,
						p->item.end, "write AND between them, or quotes",
						"words side by side are read as joined by AND");
			level->implicit = true;
		} else if (p->item.kind != ES_ITEM_NOT) {
			break;
		}
	}
	return es_parse_within(p, list);
}

static struct es_node *parse_or(struct es_parser *p)
{
	struct level level = { 0 };
	struct es_node *list = es_parse_node(p, ES_NODE_OR, p->item.start, p->item.start);
	struct es_item before = { .kind = ES_ITEM_END };
	for (;;) {
		es_node_add(list, parse_and(p, &level, before));
		if (p->stop || p->item.kind != ES_ITEM_OR)
			break;
		level.or = true;
		mixed(p, &level, &p->item);
		before = p->item;
		es_parse_advance(p);
	}
	return es_node_list(list);
}

/* Does the node say of anything that it is wanted? */
static bool positive(const struct es_node *node)
{
	bool any = false;
	if (node->kind == ES_NODE_NOT)
		return false;
	if (node->kind != ES_NODE_AND && node->kind != ES_NODE_OR)
		return true;
	for (const struct es_node *child = node->first; child && !any; child = child->next)
		any = positive(child);
	return any;
}

/* a OR NOT b means nearly every post, which is seldom meant. */
static void warn_or_not(struct es_notes *notes, const struct es_node *node)
{
	for (const struct es_node *child = node->first; child; child = child->next) {
		if (node->kind == ES_NODE_OR && !positive(child))
			es_note_own(notes, "or-not", child->start, child->end,
				    "write a NOT b where that is meant",
				    "this branch finds every post that does not have the words");
		else
			warn_or_not(notes, child);
	}
}

int es_query_parse(struct es_arena *arena, const struct es_query_source *source,
		   struct es_notes *notes, struct es_node **root)
{
	struct es_parser p = { .arena = arena,
			       .source = source,
			       .notes = notes,
			       .lex = { source, notes, 0 },
			       .scope = ES_SCOPE_BOTH };
	struct es_node *node = NULL;
	size_t len = source->text.len, bad;
	*root = NULL;
	if (len > EARSHOT_QUERY_MAX) {
		es_note_limit(notes, "too-long", EARSHOT_QUERY_MAX, len, "divide the query",
			      "the query has %zu bytes, more than %d", len, EARSHOT_QUERY_MAX);
		goto out;
	}
	bad = es_utf8_good(source->text.ptr, len);
	if (bad < len) {
		es_note_error(notes, "utf8", bad, bad + 1, "save the query as UTF-8",
			      "byte %zu is not UTF-8", bad + 1);
		goto out;
	}
	es_parse_advance(&p);
	if (p.item.kind == ES_ITEM_END && !p.stop) {
		if (!notes->code)
			es_note_error(notes, "empty", 0, len, "write a word", "the query is empty");
		goto out;
	}
	node = parse_or(&p);
	while (!p.stop && p.item.kind != ES_ITEM_END) {
		es_note_error(notes, "paren-close", p.item.start, p.item.end, "take it away",
			      "the parenthesis closes nothing");
		es_parse_advance(&p);
		if (p.item.kind != ES_ITEM_END && p.item.kind != ES_ITEM_CLOSE)
			(void)parse_or(&p);
	}
	if (notes->code || !node)
		goto out;
	if (!positive(node))
		es_note_error(notes, "only-negative", node->start, node->end,
			      "write what must be there before NOT",
			      "the query says only what must not be there");
	else
		warn_or_not(notes, node);
	if (!notes->code && es_node_has_open_regex(node) && !es_node_waits(node))
		es_note_own(notes, "regex-everywhere", node->start, node->end,
			    "join it with a word by AND",
			    "no word of two letters must be there for the regular expression: "
			    "it runs on every post");
out:
	es_notes_sort(notes);
	if (!notes->code)
		*root = node;
	return notes->code;
}

int earshot_query_check(const char *ptr, size_t len, enum earshot_layer layer, bool strict,
			earshot_query_note_fn *note, void *ctx)
{
	struct es_arena arena;
	es_arena_init(&arena, ES_QUERY_MEMORY);
	struct es_query_source source = { es_str(ptr, len), layer, strict };
	struct es_notes notes = { .arena = &arena };
	struct es_node *root;
	int rc = es_query_parse(&arena, &source, &notes, &root);
	for (size_t i = 0; note && i < notes.n; i++)
		note(ctx, &notes.at[i]);
	es_arena_release(&arena);
	return rc;
}
