/* SPDX-License-Identifier: MIT
 *
 * Words near each other, as they are parsed: NEAR/n, "..."~n, (...)~n and
 * within:sentence. What stands beside such an operator must have a place in the text:
 * a term, a choice of terms, or words near each other again; never AND, NOT or a
 * condition. How places are compared is told in near.c.
 */
#include "match/parser.h"
#include "match/pattern.h"

#include <stdio.h>

/* Is it made of terms only, so that it has places? */
static bool has_places(const struct es_node *node)
{
	if (node->kind == ES_NODE_TERM || node->kind == ES_NODE_NEAR ||
	    node->kind == ES_NODE_WINDOW)
		return true;
	for (const struct es_node *child = node->first; child; child = child->next)
		if (!has_places(child))
			return false;
	return node->kind == ES_NODE_OR;
}

static bool any_places(const struct es_node *node)
{
	bool any = node->kind == ES_NODE_TERM;
	for (const struct es_node *child = node->first; child && !any; child = child->next)
		any = any_places(child);
	return any;
}

static bool has_tilde(const struct es_node *node)
{
	bool any = node->tilde;
	for (const struct es_node *child = node->first; child && !any; child = child->next)
		any = has_tilde(child);
	return any;
}

/* a NOT b NOT c */
static bool all_but_one_negated(const struct es_node *list)
{
	size_t n = 0;
	for (const struct es_node *child = list->first; child; child = child->next)
		n += child->kind != ES_NODE_NOT;
	return n == 1;
}

/* May the node stand beside `what`? Says why not. */
static bool operand(struct es_parser *p, const struct es_node *node, const char *what)
{
	switch (node->kind) {
	case ES_NODE_TERM:
		return true;
	case ES_NODE_NEAR:
	case ES_NODE_WINDOW:
		if (!node->grouped)
			return true;
		es_note_error(p->notes, "near-and", node->start, node->end,
			      "write (a NEAR/5 b) NEAR/5 c", "(a AND b)~n cannot be used within %s",
			      what);
		return false;
	case ES_NODE_OR:
		for (const struct es_node *child = node->first; child; child = child->next)
			if (!operand(p, child, what))
				return false;
		return true;
	case ES_NODE_AND:
		if (!node->first) /* a mistake, or a limit, that was told */
			return false;
		if (node->first == node->last || all_but_one_negated(node))
			return operand(p, node->last, what) && operand(p, node->first, what);
		es_note_error(p->notes, "near-and", node->start, node->end,
			      "write (a NEAR/5 b) AND (a NEAR/5 c)", "AND cannot be used within %s",
			      what);
		return false;
	case ES_NODE_NOT:
		es_note_error(p->notes, "near-not", node->start, node->end,
			      "write (a NEAR/5 b) NOT c", "NOT cannot be used within %s", what);
		return false;
	case ES_NODE_WITHIN:
		es_parse_within_misplaced(p, node);
		return false;
	default:
		es_note_error(p->notes, "near-operand", node->start, node->end,
			      "write a word, a phrase or (a OR b); conditions outside: "
			      "(a NEAR/5 b) AND lang:en",
			      "this has no place in the text and cannot stand within %s", what);
		return false;
	}
}

/* Words that a place of the node takes, at most. */
static uint32_t words_of(const struct es_node *node)
{
	uint32_t sum = 0, most = 0;
	if (node->kind == ES_NODE_TERM)
		return node->pattern ? es_pattern_words(node->pattern) : 1;
	for (const struct es_node *child = node->first; child; child = child->next) {
		uint32_t n = words_of(child);
		sum += n;
		most = n > most ? n : most;
	}
	return node->kind == ES_NODE_OR ? most : sum;
}

/* The operands hang on `node` already: two are NEAR, more are WINDOW, whose stretch
 * has room for the words themselves and `distance` others. */
static struct es_node *near_each_other(struct es_parser *p, struct es_node *node, uint32_t distance)
{
	size_t n = 0;
	for (const struct es_node *child = node->first; child; child = child->next)
		n++;
	if (n > ES_NEAR_OPERANDS) {
		es_note_limit(p->notes, "too-many-words", node->start, node->end,
			      "take fewer words", "~ takes at most %d words", ES_NEAR_OPERANDS);
		return NULL;
	}
	node->kind = n == 2 ? ES_NODE_NEAR : ES_NODE_WINDOW;
	node->tilde = true;
	node->distance = n == 2 ? distance : distance + words_of(node);
	return node;
}

struct es_node *es_parse_near(struct es_parser *p, const struct es_item *at, struct es_node *left,
			      struct es_node *right)
{
	char what[32];
	if (!left || !right)
		return NULL;
	snprintf(what, sizeof(what), "%.*s", (int)(at->text.len < 24 ? at->text.len : 24),
		 at->text.ptr);
	bool ok = operand(p, left, what), ok_too = operand(p, right, what);
	struct es_node *node = es_parse_node(p, ES_NODE_NEAR, left->start, right->end);
	if (!ok || !ok_too || !node)
		return NULL;
	es_node_add(node, left);
	es_node_add(node, right);
	node->distance = at->distance;
	node->ordered = at->flag;
	return node;
}

static bool is_space(char c)
{
	return (unsigned char)c <= ' ';
}

/* The words of a phrase, each as a term of its own. */
static struct es_node *words(struct es_parser *p, const struct es_node *phrase)
{
	struct es_node *list = es_parse_node(p, ES_NODE_WINDOW, phrase->start, phrase->end);
	struct earshot_str text = phrase->text;
	size_t told = p->notes->n, wildcards = p->wildcards, shorts = p->short_wildcards;
	for (size_t i = 0; i < text.len && list && !p->stop; i++) {
		size_t from = i;
		while (i < text.len && !is_space(text.ptr[i]))
			i++;
		if (i == from)
			continue;
		struct earshot_str word = es_str(text.ptr + from, i - from);
		size_t at = (size_t)(word.ptr - p->source->text.ptr);
		es_node_add(list, es_parse_term(p, ES_TERM_PHRASE, word, at, at + word.len));
	}
	/* all was said, and counted, of the phrase */
	if (!p->notes->code) {
		p->notes->n = told;
		p->wildcards = wildcards;
		p->short_wildcards = shorts;
	}
	return list;
}

struct es_node *es_parse_tilde_phrase(struct es_parser *p, struct es_node *phrase,
				      const struct es_item *item)
{
	if (p->notes->code || !phrase->pattern)
		return phrase;
	struct es_node *list = words(p, phrase);
	if (!list || p->notes->code)
		return NULL;
	struct es_node *node = es_parse_node(p, ES_NODE_OR, item->start, item->end);
	list = near_each_other(p, list, item->distance);
	if (!node || !list)
		return NULL;
	phrase->next = NULL;
	es_node_add(node, phrase);
	es_node_add(node, list);
	node->end = item->end;
	node->tilde = true;
	return node;
}

/* a AND (b AND c) is a AND b AND c */
static bool flatten(struct es_parser *p, struct es_node *to, struct es_node *list)
{
	bool ok = true;
	for (struct es_node *child = list->first, *next; child; child = next) {
		next = child->next;
		child->next = NULL;
		if (child->kind == ES_NODE_AND) {
			ok &= flatten(p, to, child);
		} else {
			ok &= operand(p, child, "~");
			es_node_add(to, child);
		}
	}
	return ok;
}

struct es_node *es_parse_tilde_group(struct es_parser *p, struct es_node *group, size_t layers,
				     const struct es_item *close)
{
	size_t at = close->tilde, end = close->end;
	if (has_tilde(group) || group->kind == ES_NODE_NEAR) {
		es_note_error(p->notes, "tilde-nested", at, end, "write (a NEAR/5 b) NEAR/5 c",
			      "~ cannot stand around NEAR or another ~");
		return NULL;
	}
	if (layers > 1 && p->source->strict) {
		es_note_error(p->notes, "tilde-nested", at, end, "write ((a OR b) AND (c OR d))~5",
			      "~ takes one layer of parentheses inside of its own");
		return NULL;
	}
	if (layers > 1)
		es_note_warning(p->notes, "tilde-nested", at, end,
				"write ((a OR b) AND (c OR d))~5",
				"other suites take one layer of parentheses inside of those of ~");
	if (group->kind != ES_NODE_AND) {
		es_note_warning(p->notes, "tilde-word", at, end, "join the words with AND",
				"~ has no effect without two words joined by AND");
		return group;
	}
	struct es_node *node = es_parse_node(p, ES_NODE_WINDOW, group->start, group->end);
	if (!node || !flatten(p, node, group))
		return NULL;
	node = near_each_other(p, node, close->distance);
	if (node) {
		node->end = close->end;
		node->grouped = true;
	}
	return node;
}

void es_parse_within_misplaced(struct es_parser *p, const struct es_node *node)
{
	es_note_error(p->notes, "within-place", node->start, node->end,
		      "write (a AND b AND within:sentence)",
		      "within:sentence stands beside two words or more that are joined by AND");
}

struct es_node *es_parse_within(struct es_parser *p, struct es_node *list)
{
	const struct es_node *within = NULL;
	size_t n = 0;
	bool ok = true;
	for (const struct es_node *child = list ? list->first : NULL; child; child = child->next)
		if (child->kind == ES_NODE_WITHIN)
			within = child;
	if (!within)
		return es_node_list(list);
	struct es_node *words = es_parse_node(p, ES_NODE_SENTENCE, within->start, within->end);
	struct es_node *all = es_parse_node(p, ES_NODE_AND, list->start, list->end);
	for (struct es_node *child = list->first, *next; child && words && all; child = next) {
		next = child->next;
		child->next = NULL;
		if (child->kind == ES_NODE_WITHIN)
			continue;
		if (child->kind == ES_NODE_NOT || !any_places(child)) {
			es_node_add(all, child);
			continue;
		}
		ok &= has_places(child) || operand(p, child, "within:sentence");
		es_node_add(words, child);
		n++;
	}
	if (!words || !all)
		return NULL;
	words->start = list->start;
	words->end = list->end;
	if (n < 2)
		es_parse_within_misplaced(p, within);
	if (n > ES_NEAR_OPERANDS)
		es_note_limit(p->notes, "too-many-words", within->start, within->end,
			      "take fewer words", "within:sentence takes at most %d words",
			      ES_NEAR_OPERANDS);
	if (!ok || n < 2 || n > ES_NEAR_OPERANDS)
		return NULL;
	words->next = all->first;
	all->first = words;
	if (!all->last)
		all->last = words;
	return es_node_list(all);
}

bool es_node_waits(const struct es_node *node)
{
	bool all = true, any = false;
	if (node->kind == ES_NODE_NOT || node->kind == ES_NODE_COND)
		return false;
	if (node->kind == ES_NODE_REGEX)
		return node->pattern != NULL;
	for (const struct es_node *child = node->first; child; child = child->next) {
		bool yes = es_node_waits(child);
		all &= yes;
		any |= yes;
	}
	return node->kind == ES_NODE_AND ? any : node->kind == ES_NODE_OR ? all : true;
}

bool es_node_has_open_regex(const struct es_node *node)
{
	bool any = node->kind == ES_NODE_REGEX && !node->pattern;
	for (const struct es_node *child = node->first; child && !any; child = child->next)
		any = es_node_has_open_regex(child);
	return any;
}
