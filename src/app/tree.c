/* SPDX-License-Identifier: MIT */
#include "app/tree.h"

struct es_node *es_node_child(const struct es_node *map, const char *key)
{
	for (struct es_node *child = map->first; child; child = child->next)
		if (es_str_is(child->key, key))
			return child;
	return NULL;
}

static struct es_node *find_child(struct es_node *parent, struct earshot_str name)
{
	size_t index = 0;
	if (parent->type == ES_NODE_MAP) {
		for (struct es_node *child = parent->first; child; child = child->next)
			if (es_str_eq_nocase(child->key, name))
				return child;
		return NULL;
	}
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] < '0' || name.ptr[i] > '9' || index > 1000000)
			return NULL;
		index = index * 10 + (size_t)(name.ptr[i] - '0');
	}
	for (struct es_node *child = parent->first; child; child = child->next)
		if (index-- == 0)
			return child;
	return NULL;
}

static struct es_node *add_child(struct es_arena *arena, struct es_node *map, const char *origin,
				 struct earshot_str name)
{
	struct es_node *child = es_arena_zalloc(arena, 1, sizeof(*child));
	struct es_node **last = &map->first;
	if (!child)
		return NULL;
	child->type = ES_NODE_MAP;
	child->file = origin;
	child->key = es_arena_str(arena, name.ptr, name.len);
	while (*last)
		last = &(*last)->next;
	*last = child;
	map->n++;
	return child->key.ptr ? child : NULL;
}

int es_tree_set(struct es_arena *arena, struct es_node *root, const char *origin, const char *path,
		size_t path_len, const char *value, size_t value_len, struct earshot_error *error)
{
	struct es_node *at = root, *parsed;
	struct earshot_str rest = es_str(path, path_len);
	int rc = es_tree_parse(arena, origin, value, value_len, &parsed, error);
	if (rc)
		return rc;
	while (rest.len) {
		const char *dot = memchr(rest.ptr, '.', rest.len);
		/* a key may have full stops itself: kafka: {ssl.ca.location: ...} */
		bool whole = at->type == ES_NODE_MAP && find_child(at, rest);
		struct earshot_str name =
			es_str(rest.ptr, dot && !whole ? (size_t)(dot - rest.ptr) : rest.len);
		if (whole)
			dot = NULL;
		rest = es_str(rest.ptr + name.len + (dot != NULL),
			      rest.len - name.len - (dot != NULL));
		struct es_node *child =
			name.len && at->type != ES_NODE_SCALAR ? find_child(at, name) : NULL;
		if (!child && name.len && at->type == ES_NODE_MAP) {
			child = add_child(arena, at, origin, name);
			if (!child)
				return es_err_nomem(error);
		}
		if (!child) {
			rc = es_err(error, EARSHOT_CONFIG, "there is no \"%.*s\" in \"%.*s\"",
				    ES_FMT(name), (int)path_len, path);
			es_err_at(error, origin, 0, 0);
			es_err_hint(error, "a path is key.key or list.0.key");
			return rc;
		}
		at = child;
	}
	/* the place in the parent stays, the content is the new one */
	struct es_node *next = at->next;
	struct earshot_str key = at->key;
	*at = *parsed;
	at->next = next;
	at->key = key;
	at->line = at->column = 0;
	/* an empty value is an empty text, not an empty map */
	if (at->type == ES_NODE_MAP && at->n == 0 && value_len == 0) {
		at->type = ES_NODE_SCALAR;
		at->text = ES_STR("");
	}
	return EARSHOT_OK;
}
