/* SPDX-License-Identifier: MIT
 *
 * difference.c - what another config has that this one has not, as events: one for every
 * topic, theme, mark, flag, source and pack that came, went or is another one now.
 */
#include <stdlib.h>
#include "app/app.h"

/* One thing of a config: what it is called, and a hash of all that it says. */
struct item {
	const char *kind;
	struct earshot_str id;
	uint64_t hash;
};

struct items {
	struct item *at;
	size_t n, cap;
	bool failed; /* no memory */
};

static uint64_t hash_str(uint64_t hash, struct earshot_str text)
{
	hash = es_fnv1a(hash, text.ptr ? text.ptr : "", text.len);
	return es_fnv1a(hash, "\n", 1);
}

static uint64_t hash_int(uint64_t hash, int64_t n)
{
	return es_fnv1a(hash, &n, sizeof(n));
}

/* A value as it is written, without its place. */
static uint64_t hash_node(uint64_t hash, const struct es_node *node)
{
	if (!node)
		return es_fnv1a(hash, "-", 1);
	hash = hash_int(hash, (int64_t)node->type);
	hash = hash_str(hash, node->key);
	hash = hash_str(hash, node->text);
	for (const struct es_node *child = node->first; child; child = child->next)
		hash = hash_node(hash, child);
	return es_fnv1a(hash, ";", 1);
}

static uint64_t hash_pairs(uint64_t hash, struct es_list pairs)
{
	ES_EACH (struct es_config_pair, pair, pairs)
		hash = hash_str(hash_str(hash, pair->key), pair->value);
	return hash;
}
