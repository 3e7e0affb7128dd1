/* SPDX-License-Identifier: MIT
 *
 * print.c - the config as it stands, with where each value comes from.
 */
#include "app/options.h"

#include <stdio.h>

static const char *origin(const struct es_node *node)
{
	return node ? node->file : "default";
}

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
		if (!child && !o->value)
			continue;
		es_buf_printf(out, "%s: ", path);
		if (child && (o->flags & ES_OPT_SECRET))
			es_buf_puts(out, "***");
		else if (child)
			print_node(out, child);
		else
			es_buf_json_str(out, o->value, strlen(o->value));
		es_buf_printf(out, "  # %s", origin(child));
		if (child && child->line)
			es_buf_printf(out, ":%d", child->line);
		es_buf_putc(out, '\n');
	}
}

void es_config_print(const struct es_config *config, struct es_buf *out)
{
	print_table(out, es_config_options, config->root, "");
}
