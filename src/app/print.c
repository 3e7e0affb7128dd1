/* SPDX-License-Identifier: MIT
 *
 * print.c - the config as it stands, with where each value comes from.
 */
#include "app/options.h"

#include <stdio.h>

static void print_node(struct es_buf *out, const struct es_node *node)
{
	if (node->type == ES_NODE_SCALAR) {
		es_buf_json_str(out, node->text.ptr, node->text.len);
		return;
	}
	es_buf_putc(out, node->type == ES_NODE_MAP ? '{' : '[');
	for (const struct es_node *child = node->first; child; child = child->next) {
		es_buf_puts(out, child == node->first ? "" : ", ");
		if (node->type == ES_NODE_MAP) {
			es_buf_add_str(out, child->key);
			es_buf_puts(out, ": ");
		}
		/* a list of sources or brands is told by its ids, not at full length */
		const struct es_node *id =
			child->type == ES_NODE_MAP ? es_node_child(child, "id") : NULL;
		print_node(out, id ? id : child);
	}
	es_buf_putc(out, node->type == ES_NODE_MAP ? '}' : ']');
}

static void print_origin(struct es_buf *out, const struct es_node *node)
{
	es_buf_printf(out, "  # %s", node ? node->file : "default");
	if (node && node->line)
		es_buf_printf(out, ":%d", node->line);
	es_buf_putc(out, '\n');
}

/* Which there are, and from where, each; what they say is hidden. */
static void print_secrets(struct es_buf *out, const struct es_node *map, const char *head)
{
	for (const struct es_node *child = map->first; child; child = child->next) {
		char path[256];
		snprintf(path, sizeof(path), "%s.%.*s", head, ES_FMT(child->key));
		if (child->type == ES_NODE_MAP) {
			print_secrets(out, child, path);
			continue;
		}
		es_buf_printf(out, "%s: ***", path);
		print_origin(out, child);
	}
}

static void print_table(struct es_buf *out, const struct es_option *table,
			const struct es_node *node, const char *head)
{
	for (const struct es_option *o = table; o->name; o++) {
		const struct es_node *child = node ? es_node_child(node, o->name) : NULL;
		char path[256];
		snprintf(path, sizeof(path), "%s%s%s", head, *head ? "." : "", o->name);
		if (o->type == ES_OPT_MAP) {
			print_table(out, o->child, child, path);
			continue;
		}
		if (child && child->type == ES_NODE_MAP && (o->flags & ES_OPT_SECRET)) {
			print_secrets(out, child, path);
			continue;
		}
		if (!child && !o->value)
			continue;
		es_buf_printf(out, "%s: ", path);
		if (child && (o->flags & ES_OPT_SECRET))
			es_buf_puts(out, "***");
		else if (child)
			print_node(out, child);
		else
			es_buf_json_str(out, o->value, strlen(o->value));
		print_origin(out, child);
	}
}

void es_config_print(const struct es_config *config, struct es_buf *out)
{
	print_table(out, es_config_options, config->root, "");
}
