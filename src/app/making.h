/* SPDX-License-Identifier: MIT
 *
 * making.h - the file of a connector becomes a struct es_connector: what the files that do it
 * share. Inside `app` only (connector_read.c, connector_comes.c). Everything lies in the reader's
 * arena.
 */
#ifndef ES_APP_MAKING_H
#define ES_APP_MAKING_H

#include "app/connectors.h"

struct making {
	struct es_reader *reader; /* is told what is wrong */
	struct es_config_connector *from;
	struct es_connector *to;
	const struct es_node *root; /* of the file */
};

/* "page.next" -> its node; NULL = the file does not say it. */
const struct es_node *es_making_node(const struct es_node *root, const char *path);
/* The text at that path as an expression, or a template; NULL = it is empty, or wrong. */
const struct es_expr *es_making_one(struct making *making, const char *path,
				    struct earshot_str text, bool template);
/* A request; `name` is its section. */
void es_making_call(struct making *making, const char *name, const struct es_config_call *from,
		    struct es_connector_call *to);

/* connector_comes.c: sections `stream` and `receive` */
void es_making_stream(struct making *making);
void es_making_receive(struct making *making);

#endif
