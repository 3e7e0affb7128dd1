/* SPDX-License-Identifier: MIT
 *
 * tree.h - a config file as nodes that know their place. Inside `app` only.
 *
 * Everything lies in the arena that the caller gives, and lives as long.
 */
#ifndef ES_TREE_H
#define ES_TREE_H

#include "base/base.h"

enum es_node_type { ES_NODE_SCALAR, ES_NODE_LIST, ES_NODE_MAP };

struct es_node {
	enum es_node_type type;
	const char *file;       /* or "--set", "environment" */
	int line, column;       /* from 1; 0 = none; of text in quotes: where the text begins */
	struct earshot_str key; /* in a map */
	int key_line, key_column;
	struct earshot_str text;      /* scalar; a NUL stands behind it */
	bool plain;                   /* scalar without quotes: null, true, 12 mean something */
	struct es_node *first, *next; /* children, in order; the next sibling */
	size_t n;                     /* children */
};

/* CONFIG with file, line and column where the text is no YAML. */
int es_tree_parse(struct es_arena *arena, const char *file, const char *ptr, size_t len,
		  struct es_node **out, struct earshot_error *error) EARSHOT_MUST_USE;
/* NOINPUT where the file cannot be opened. */
int es_tree_load(struct es_arena *arena, const char *path, struct es_node **out,
		 struct earshot_error *error) EARSHOT_MUST_USE;

struct es_node *es_node_child(const struct es_node *map, const char *key);
/* Puts `value` (YAML, a flow value or a plain word) at the dotted path, making maps
 * on the way; lists take an index. `origin` is named in errors. */
int es_tree_set(struct es_arena *arena, struct es_node *root, const char *origin, const char *path,
		size_t path_len, const char *value, size_t value_len,
		struct earshot_error *error) EARSHOT_MUST_USE;

#endif
