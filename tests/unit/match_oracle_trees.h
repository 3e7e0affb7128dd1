/* SPDX-License-Identifier: MIT
 *
 * match_oracle_trees.h - random queries as trees, and written down as a user would.
 */
#ifndef MATCH_ORACLE_TREES_H
#define MATCH_ORACLE_TREES_H

#include "match_oracle.h"

/* ---- trees ---- */

enum tree_kind {
	TERM,
	AND,
	OR,
	NOT,
	LANG_TR,
	REVIEW,
	LATE, /* a field of searches alone */
	REGEX,
	/* these have places, as TERM has and OR of them */
	NEAR,
	ORDERED,
	TILDE_PHRASE, /* "a b c"~n */
	TILDE,        /* (a AND b AND c)~n */
	SENTENCE
};

struct tree {
	enum tree_kind kind;
	struct one_term term;
	struct tree *child[3], *others; /* others: what is not in the sentence, or NULL */
	int n;
	uint32_t distance, regex, late;
};

/* Written down; match_oracle.c says of each when it is true. */
static const char *const late_fields[] = {
	"is:spam",
	"is:bot",
	"is:mismatch",
	"is:duplicate",
	"cluster:c1",
	"cluster:c*",
	"likes:[3 TO 9]",
	"engagement:[5 TO 12]",
	"sentiment:negative",
	"score:[-1 TO -0.25]",
	"theme:exit",
	"topic:acme-*",
	"brand:acme",
	"stage:use",
};

/* An expression and the texts that it finds in the posts below. */
static const struct {
	const char *text, *finds[2];
	bool nocase;
} regexes[] = {
	{ "/acme/", { "acme" }, false },
	{ "/ACME/i", { "acme" }, true },
	{ "/ab[cd]/", { "abc" }, false },
	{ "/모루바(앱)?/", { "모루바앱", "모루바" }, false },
	{ "/acme!+/", { "acme!!!", "acme!" }, false },
};

static struct tree *new_tree(struct es_arena *arena, enum tree_kind kind)
{
	struct tree *tree = es_arena_zalloc(arena, 1, sizeof(*tree));
	if (!tree)
		abort();
	tree->kind = kind;
	tree->distance = below(5);
	return tree;
}

/* What may stand beside NEAR; `only_terms`: what may stand in (...)~n. */
static struct tree *make_near(struct es_arena *arena, int depth, bool only_terms)
{
	uint32_t dice = depth ? below(10) : 0;
	struct tree *tree = new_tree(arena, TERM);
	make_term(&tree->term);
	if (dice < 5)
		return tree;
	if (dice < 8 && !only_terms)
		tree->kind = dice == 7 ? ORDERED : NEAR;
	else if (dice == 8 && !only_terms)
		tree->kind = TILDE_PHRASE;
	else
		tree->kind = OR;
	if (tree->kind == TILDE_PHRASE) {
		tree->term = (struct one_term){ .form = LATIN_PHRASE, .n = 2 + (int)below(2) };
		for (int i = 0; i < tree->term.n; i++)
			tree->term.word[i] = PICK(latin);
		return tree;
	}
	tree->n = 2;
	for (int i = 0; i < 2; i++)
		tree->child[i] = make_near(arena, only_terms ? 0 : depth - 1, only_terms);
	return tree;
}

static struct tree *make_tree(struct es_arena *arena, int depth);

static struct tree *make_leaf(struct es_arena *arena, uint32_t dice)
{
	struct tree *tree = new_tree(arena, TERM);
	if (searching && dice < 7 && below(4) == 0) {
		tree->kind = LATE;
		tree->late = below(ES_COUNT(late_fields));
	} else if (dice < 3) {
		tree->kind = dice == 0 ? LANG_TR : dice == 1 ? REVIEW : REGEX;
		tree->regex = below(ES_COUNT(regexes));
		make_term(&tree->term);
	} else if (dice < 7) {
		make_term(&tree->term);
	} else if (dice < 9) {
		do
			tree = make_near(arena, 3, false);
		while (tree->kind == OR || tree->kind == TERM);
	} else {
		tree->kind = below(2) ? TILDE : SENTENCE;
		tree->n = 2 + (int)below(2);
		for (int i = 0; i < tree->n; i++)
			tree->child[i] = make_near(arena, 2, tree->kind == TILDE);
		if (tree->kind == SENTENCE && below(3) == 0)
			tree->others = make_leaf(arena, below(7));
	}
	return tree;
}

static struct tree *make_tree(struct es_arena *arena, int depth)
{
	uint32_t dice = below(10);
	if (depth == 0 || dice < 4)
		return make_leaf(arena, below(10));
	struct tree *tree = new_tree(arena, dice < 7 ? AND : OR);
	tree->n = 2 + (int)below(2);
	for (int i = 0; i < tree->n; i++) {
		struct tree *child = make_tree(arena, depth - 1);
		if (i > 0 && below(tree->kind == AND ? 3 : 12) == 0) {
			struct tree *not = new_tree(arena, NOT);
			not ->child[0] = child;
			child = not ;
		}
		tree->child[i] = child;
	}
	return tree;
}

static void write_tree(struct es_buf *out, const struct tree *tree);

static void write_child(struct es_buf *out, const struct tree *parent, const struct tree *child)
{
	bool list = child->kind == AND || child->kind == OR;
	bool plain = !list || (parent->kind == OR && child->kind == AND && below(2));
	es_buf_puts(out, plain ? "" : "(");
	write_tree(out, child);
	es_buf_puts(out, plain ? "" : ")");
}

static void write_list(struct es_buf *out, const struct tree *tree, const char *between)
{
	for (int i = 0; i < tree->n; i++) {
		es_buf_puts(out, i ? between : "");
		write_child(out, tree, tree->child[i]);
	}
}

static void write_near(struct es_buf *out, const struct tree *tree)
{
	char between[32];
	bool f = tree->kind == ORDERED && below(2);
	snprintf(between, sizeof(between), " %sNEAR/%u%s ", tree->kind == ORDERED && !f ? "O" : "",
		 tree->distance, f ? "f" : "");
	es_buf_puts(out, "(");
	write_list(out, tree, between);
	es_buf_puts(out, ")");
}

static void write_tree(struct es_buf *out, const struct tree *tree)
{
	switch (tree->kind) {
	case TERM:
		write_term(out, &tree->term);
		break;
	case TILDE_PHRASE:
		write_term(out, &tree->term);
		es_buf_printf(out, "~%u", tree->distance);
		break;
	case LANG_TR:
		es_buf_puts(out, "lang:tr");
		break;
	case REVIEW:
		es_buf_puts(out, "kind:review");
		break;
	case LATE:
		es_buf_puts(out, late_fields[tree->late]);
		break;
	case REGEX:
		es_buf_puts(out, tree->term.title ? "title:" : "");
		es_buf_puts(out, regexes[tree->regex].text);
		es_buf_puts(out, regexes[tree->regex].nocase ? "" : " ");
		break;
	case NEAR:
	case ORDERED:
		write_near(out, tree);
		break;
	case TILDE:
		es_buf_puts(out, "(");
		write_list(out, tree, " AND ");
		es_buf_printf(out, ")~%u", tree->distance);
		break;
	case SENTENCE:
		es_buf_puts(out, "(");
		write_list(out, tree, " AND ");
		if (tree->others) {
			es_buf_puts(out, " NOT ");
			write_tree(out, tree->others);
		}
		es_buf_puts(out, " AND within:sentence)");
		break;
	case NOT:
		es_buf_puts(out, "NOT ");
		write_child(out, tree, tree->child[0]);
		break;
	default:
		for (int i = 0; i < tree->n; i++) {
			bool not = tree->child[i]->kind == NOT;
			if (i)
				es_buf_puts(out, tree->kind == OR       ? " OR "
						 : not || below(3) == 0 ? " "
									: " AND ");
			write_child(out, tree, tree->child[i]);
		}
	}
}

#endif
