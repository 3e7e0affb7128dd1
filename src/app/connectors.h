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
	struct earshot_str touchpoint, unit, app_version;
	int64_t every;
	struct es_config_limits limits; /* of a source, unless it says its own */
	int64_t units;
	struct es_config_price price;
	struct es_list params; /* struct es_config_param */
	struct es_config_call request, login, newest, stream;
	struct earshot_str login_token, newest_id;
	struct {
		struct earshot_str header, hmac, key, digits, prefix, text, time_header;
		struct earshot_str event, challenge, token_param, token;
		int64_t within;
		struct es_list events; /* struct earshot_str */
	} receive;
	struct earshot_str stream_by, stream_items, stream_since;
	struct es_list stream_events; /* struct es_config_pair */
	int64_t stream_quiet;
	int64_t login_lasts;
	struct earshot_str page_by, next, more;
	int64_t first, step, most;
	struct earshot_str width, least, back, overlap, lag; /* spans of time, or numbers of ids */
	int64_t full;
	bool keep, bare;
	struct earshot_str items, since, error, wait;
	struct es_list map, where, skip, status; /* struct es_config_pair */
	bool columns; /* format: csv: of files that a source names, map says field: column */
	struct es_connector made;
};

extern const struct es_option es_connector_options[]; /* connector_table.c */

/* Everything lies in the reader's arena. CONFIG where something is wrong, which was told. */
int es_connector_read(struct es_reader *reader, const char *kind, const struct es_node *root,
		      struct es_config_connector *out) EARSHOT_MUST_USE;
/* Finds the files that the sources name, reads them, and checks what the sources give them. */
void es_connectors_load(struct es_config *config, struct es_reader *reader);

/* budgets.c: what a source may spend, and with whom (share NULL = with nobody). */
struct es_budget es_config_budget(const struct es_config *config,
				  const struct es_config_source *source, const char **share);
/* Tells what of it cannot be. */
void es_config_check_budget(const struct es_config *config, const struct es_config_source *source,
			    struct es_reader *reader);

static inline const char *es_text_or_null(struct earshot_str text)
{
	return text.len ? text.ptr : NULL;
}

struct es_setup;
/* setup_sources.c: everything lies in the arenas of config and setup. NOMEM. */
int es_setup_source_read(struct es_setup *setup, const struct es_config_source *from,
			 struct es_source *to) EARSHOT_MUST_USE;

#endif
