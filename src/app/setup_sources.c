/* SPDX-License-Identifier: MIT
 *
 * setup_sources.c - a source of the config becomes one that a collector hears.
 */
#include "app/app.h"
#include "app/connectors.h"

/* By what a source is known: with its secrets left out, so that a new key makes no new source. */
static const char *address_of(struct es_setup *setup, const struct es_config_connector *connector,
			      const struct es_source *source)
{
	struct es_source shown = *source;
	struct es_named *values =
		es_arena_zalloc(&setup->arena, source->n_values + 1, sizeof(*values));
	shown.values = values;
	shown.n_values = 0;
	if (!values)
		return NULL;
	for (size_t i = 0; i < source->n_values; i++) {
		struct es_named value = source->values[i];
		if (es_str_ends(value.name, ES_STR(ES_VALUE_FILE))) {
			value.name.len -= sizeof(ES_VALUE_FILE) - 1;
			value.value = ES_STR("-");
		}
		ES_EACH (struct es_config_param, param, connector->params)
			if (param->secret && es_str_eq(param->name, value.name))
				value.value = ES_STR("-");
		values[shown.n_values++] = value;
	}
	return es_connector_address(&setup->arena, &shown);
}

/* What it says of its posts, where the source does not. */
static void read_defaults(const struct es_config_connector *connector, struct es_source *to)
{
	to->scope = es_text_or_null(connector->scope);
	if (!to->channel)
		to->channel = connector->channel.ptr;
	if (!to->lang)
		to->lang = es_text_or_null(connector->lang);
	if (!to->voice)
		to->voice = earshot_voice_of(connector->voice.ptr, connector->voice.len);
	if (!to->post_kind)
		to->post_kind = earshot_kind_of(connector->post_kind.ptr, connector->post_kind.len);
}

/* Files whose columns the connector knows; a field of the source's own map goes before. */
static int read_columns(struct es_setup *setup, const struct es_config_source *from,
			struct es_source *to)
{
	struct es_list columns = from->connector->map;
	struct earshot_feed_map *map =
		es_arena_zalloc(&setup->arena, from->map.n + columns.n + 1, sizeof(*map));
	if (!map)
		return EARSHOT_NOMEM;
	to->n_map = 0;
	ES_EACH (struct es_config_pair, pair, columns) {
		bool own = false;
		ES_EACH (struct es_config_pair, other, from->map)
			own |= es_str_eq(other->key, pair->key);
		if (!own)
			map[to->n_map++] =
				(struct earshot_feed_map){ pair->key.ptr, pair->value.ptr };
	}
	ES_EACH (struct es_config_pair, pair, from->map)
		map[to->n_map++] = (struct earshot_feed_map){ pair->key.ptr, pair->value.ptr };
	to->map = map;
	to->kind = ES_SOURCE_CSV;
	read_defaults(from->connector, to);
	return EARSHOT_OK;
}

/* What a source of a connector takes from the file, and gives it. */
static int read_connector(struct es_setup *setup, const struct es_config_source *from,
			  struct es_source *to)
{
	const struct es_config_connector *connector = from->connector;
	size_t n = 0;
	struct es_named *values = es_arena_zalloc(
		&setup->arena, connector->params.n + from->params.n + 1, sizeof(*values));
	if (!values)
		return EARSHOT_NOMEM;
	ES_EACH (struct es_config_param, param, connector->params) {
		struct earshot_str value = param->value;
		if (es_str_is(param->name, "query") && from->query.len)
			value = from->query;
		ES_EACH (struct es_config_pair, pair, from->params)
			if (es_str_eq(pair->key, param->name))
				value = pair->value;
		if (value.len)
			values[n++] = (struct es_named){ param->name, value };
	}
	ES_EACH (struct es_config_pair, pair, from->params)
		if (es_str_ends(pair->key, ES_STR(ES_VALUE_FILE)))
			values[n++] = (struct es_named){ pair->key, pair->value };
	values[n++] = (struct es_named){ ES_STR(ES_VALUE_BASE),
					 from->base.len ? from->base : connector->base };
	to->kind = es_str_is(connector->format, "telegram") ? ES_SOURCE_TELEGRAM
		   : connector->made.feed                   ? ES_SOURCE_FEED
							    : ES_SOURCE_JSONL;
	to->connector = &connector->made;
	to->values = values;
	to->n_values = n;
	to->base = NULL;
	to->url = address_of(setup, connector, to);
	if (!to->url)
		return EARSHOT_NOMEM;
	to->every_ms = from->every != EARSHOT_NONE ? from->every : connector->every;
	if (!es_budget_is_set(&to->budget))
		to->budget = (struct es_budget){ connector->budget.per_minute,
						 connector->budget.per_day };
	read_defaults(connector, to);
	return EARSHOT_OK;
}

/* It has no address of its own: it is sent to. */
static int read_ingest(struct es_setup *setup, const struct es_config_source *from,
		       struct es_source *to)
{
	struct es_buf url;
	es_buf_init(&url, 256);
	es_buf_puts(&url, "ingest:");
	es_buf_add_str(&url, from->id);
	to->kind = ES_SOURCE_JSONL;
	to->ingest = true;
	to->secret = from->secret.ptr;
	to->url = es_buf_ok(&url) ? es_arena_str(&setup->arena, url.ptr, url.len).ptr : NULL;
	es_buf_release(&url);
	return to->url ? EARSHOT_OK : EARSHOT_NOMEM;
}

int es_setup_source_read(struct es_setup *setup, const struct es_config_source *from,
			 struct es_source *to)
{
	struct earshot_feed_map *map =
		es_arena_zalloc(&setup->arena, from->map.n + 1, sizeof(*map));
	if (!map)
		return EARSHOT_NOMEM;
	to->map = map;
	ES_EACH (struct es_config_pair, pair, from->map)
		map[to->n_map++] = (struct earshot_feed_map){ pair->key.ptr, pair->value.ptr };
	to->id = from->id.ptr;
	to->kind = es_source_kind_of(from->kind.ptr, from->kind.len);
	to->url = from->url.ptr;
	to->every_ms = from->every != EARSHOT_NONE ? from->every : 5 * ES_MINUTE;
	to->revisit = from->revisit.at;
	to->n_revisit = from->revisit.n;
	to->budget = (struct es_budget){ from->budget.per_minute, from->budget.per_day };
	to->robots_ignored = es_str_is(from->robots, "ignore");
	to->base = es_text_or_null(from->base);
	to->voice = earshot_voice_of(from->voice.ptr, from->voice.len);
	to->post_kind = earshot_kind_of(from->post_kind.ptr, from->post_kind.len);
	to->brand = es_text_or_null(from->brand);
	to->channel = es_text_or_null(from->channel);
	to->lang = es_text_or_null(from->lang);
	to->touchpoint = es_text_or_null(from->touchpoint);
	to->unit = es_text_or_null(from->unit);
	to->charset = es_text_or_null(from->charset);
	to->user = es_text_or_null(from->user);
	to->bare = es_str_is(from->tls, "none");
	to->secret = es_text_or_null(from->secret);
	const char **own = es_arena_zalloc(&setup->arena, from->own.n + 1, sizeof(*own));
	if (!own)
		return EARSHOT_NOMEM;
	to->own = own;
	ES_EACH (struct earshot_str, name, from->own)
		own[to->n_own++] = name->ptr;
	return from->connector && from->connector->columns ? read_columns(setup, from, to)
	       : from->connector                           ? read_connector(setup, from, to)
	       : es_str_is(from->kind, "ingest")           ? read_ingest(setup, from, to)
							   : EARSHOT_OK;
}
