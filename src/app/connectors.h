/* SPDX-License-Identifier: MIT
 *
 * connectors.h - kinds of sources that are files. Inside `app` only.
 */
#ifndef ES_APP_CONNECTORS_H
#define ES_APP_CONNECTORS_H

#include "app/options.h"
#include "collect/collect.h"

#define ES_CONNECTOR_FOLDERS  16 /* most folders, the one that ships among them */
#define ES_CONNECTOR_NAME_MAX 64 /* bytes of a kind: a to z, digits, _ and - */

struct es_config_param {
	struct earshot_str name;
	bool required, secret;
	struct earshot_str value, help;
};

struct es_config_call {
	struct earshot_str url, bearer, basic;
	struct es_list query, headers, form, json; /* struct es_config_pair: templates */
};

/* A file as it stands, and what was made of it. */
struct es_config_connector {
	const struct es_node *root; /* of the file */
	struct earshot_str about, docs, base, format, channel, scope, post_kind, voice, lang;
	int64_t every;
	struct {
		int64_t per_minute, per_day;
	} budget;              /* 0 = no limit */
	struct es_list params; /* struct es_config_param */
	struct es_config_call request, login;
	struct earshot_str login_token;
	int64_t login_lasts;
	struct earshot_str page_by, next, more;
	int64_t first, step, most;
	bool keep;
	struct earshot_str items, since, error, wait;
	struct es_list map, where, skip, status; /* struct es_config_pair */
	bool columns; /* format: csv: of files that a source names, map says field: column */
	struct es_connector made;
};

/* Everything lies in the reader's arena. CONFIG where something is wrong, which was told. */
int es_connector_read(struct es_reader *reader, const char *kind, const struct es_node *root,
		      struct es_config_connector *out) EARSHOT_MUST_USE;
/* Finds the files that the sources name, reads them, and checks what the sources give them. */
void es_connectors_load(struct es_config *config, struct es_reader *reader);

static inline const char *es_text_or_null(struct earshot_str text)
{
	return text.len ? text.ptr : NULL;
}

struct es_setup;
/* setup_sources.c: everything lies in the arenas of config and setup. NOMEM. */
int es_setup_source_read(struct es_setup *setup, const struct es_config_source *from,
			 struct es_source *to) EARSHOT_MUST_USE;

#endif
