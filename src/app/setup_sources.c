/* SPDX-License-Identifier: MIT
 *
 * setup_sources.c - a source of the config becomes one that a collector hears.
 */
#include "app/app.h"
#include "app/connectors.h"

#define IS_BASE "{base}" /* a scope, or the default of a param, that is the source's base */

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

/* Of what is sent to, "ingest:ID": it has no address of its own. */
static int make_url(struct es_setup *setup, const struct es_config_source *from,
		    struct es_source *to)
{
	struct es_buf url;
	es_buf_init(&url, 256);
	es_buf_printf(&url, "%.*s:%.*s", ES_FMT(from->kind), ES_FMT(from->id));
	to->ingest = true;
	to->url = es_buf_ok(&url) ? es_arena_str(&setup->arena, url.ptr, url.len).ptr : NULL;
	es_buf_release(&url);
	return to->url ? EARSHOT_OK : EARSHOT_NOMEM;
}

/* What it says of its posts, where the source does not. */
static void read_defaults(const struct es_config_connector *connector, struct es_source *to)
{
	to->scope = es_text_or_null(connector->scope);
	if (!to->channel)
		to->channel = connector->channel.ptr;
	if (!to->lang)
		to->lang = es_text_or_null(connector->lang);
	if (!to->touchpoint)
		to->touchpoint = es_text_or_null(connector->touchpoint);
	if (!to->unit)
		to->unit = es_text_or_null(connector->unit);
	if (!to->app_version)
		to->app_version = es_text_or_null(connector->app_version);
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
	to->columns = from->kind.ptr;
	if (from->every == EARSHOT_NONE)
		to->every_ms = from->connector->every;
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
	struct earshot_str base = from->base.len ? from->base : connector->base;
	ES_EACH (struct es_config_param, param, connector->params) {
		struct earshot_str value = es_str_is(param->value, IS_BASE) ? base : param->value;
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
	values[n++] = (struct es_named){ ES_STR(ES_VALUE_BASE), base };
	to->kind = es_str_is(connector->format, "telegram") ? ES_SOURCE_TELEGRAM
		   : connector->made.feed                   ? ES_SOURCE_FEED
							    : ES_SOURCE_JSONL;
	to->connector = &connector->made;
	to->values = values;
	to->n_values = n;
	to->base = NULL;
	if (connector->made.receives && make_url(setup, from, to) != EARSHOT_OK)
		return EARSHOT_NOMEM;
	if (!to->ingest)
		to->url = address_of(setup, connector, to);
	if (!to->url)
		return EARSHOT_NOMEM;
	to->every_ms = from->every != EARSHOT_NONE ? from->every : connector->every;
	read_defaults(connector, to);
	if (es_str_is(connector->scope, IS_BASE))
		to->scope = base.ptr;
	return EARSHOT_OK;
}

/* The page of a source of kind form. */
static int read_form(struct es_setup *setup, const struct es_config_source *from,
		     struct es_source *to)
{
	static const char *const asks[] = {
#define X(name, text, least, most) text,
		ES_FORM_ASKS(X)
#undef X
	};
	static const char *const langs[] = {
#define X(name, code, own) code,
		ES_FORM_LANGS(X)
#undef X
	};
	const struct es_node *about = from->form.about;
	struct es_form *form = es_arena_zalloc(&setup->arena, 1, sizeof(*form));
	struct es_buf frames;
	if (!form)
		return EARSHOT_NOMEM;
	for (size_t i = 0; i < ES_COUNT(asks); i++)
		if (es_str_is(from->form.ask, asks[i]))
			form->ask = (enum es_form_ask)i;
	for (size_t i = 0; about && i < ES_COUNT(langs); i++) {
		const struct es_node *child = es_node_child(about, langs[i]);
		form->about[i] = child ? child->text : about->text;
	}
	form->expectation = from->form.expectation;
	form->per_minute = from->form.per_minute;
	es_buf_init(&frames, 64 * 1024);
	ES_EACH (struct earshot_str, origin, from->form.embed)
		es_buf_printf(&frames, "%s%.*s", frames.len ? " " : "", ES_FMT(*origin));
	bool good = es_buf_ok(&frames);
	if (good && frames.len) {
		form->frames = es_arena_str(&setup->arena, frames.ptr, frames.len).ptr;
		good = form->frames != NULL;
	}
	es_buf_release(&frames);
	to->form = form;
	if (!to->channel)
		to->channel = "survey";
	if (!to->post_kind)
		to->post_kind = earshot_kind_of("survey", 6);
	if (!to->voice)
		to->voice = EARSHOT_VOICE_CUSTOMER;
	return good ? EARSHOT_OK : EARSHOT_NOMEM;
}

/* It is sent to: POST /ingest/ID, /form/ID. */
static int read_ingest(struct es_setup *setup, const struct es_config_source *from,
		       struct es_source *to)
{
	to->kind = ES_SOURCE_JSONL;
	to->secret = from->secret.ptr;
	if (make_url(setup, from, to) != EARSHOT_OK)
		return EARSHOT_NOMEM;
	return es_str_is(from->kind, "form") ? read_form(setup, from, to) : EARSHOT_OK;
}

/* Numbers: of a document, or sent to us. */
static int read_series(struct es_setup *setup, const struct es_config_source *from,
		       struct es_source *to)
{
	struct es_series *series = es_arena_zalloc(&setup->arena, 1, sizeof(*series));
	struct earshot_str url = from->url;
	if (!series)
		return EARSHOT_NOMEM;
	*series = (struct es_series){ .metric = es_text_or_null(from->series.metric),
				      .period_ms = from->series.period,
				      .method = es_text_or_null(from->series.method) };
	to->series = series;
	if (!url.len)
		return read_ingest(setup, from, to);
	bool lines = from->series.format.len ? es_str_is(from->series.format, "jsonl")
					     : es_str_ends(url, ES_STR(".jsonl")) ||
						       es_str_ends(url, ES_STR(".ndjson"));
	to->kind = lines ? ES_SOURCE_JSONL : ES_SOURCE_CSV;
	return EARSHOT_OK;
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
	to->budget = es_config_budget(setup->config, from, &to->share);
	to->robots_ignored = es_str_is(from->robots, "ignore");
	to->base = es_text_or_null(from->base);
	to->voice = earshot_voice_of(from->voice.ptr, from->voice.len);
	to->post_kind = earshot_kind_of(from->post_kind.ptr, from->post_kind.len);
	to->brand = es_text_or_null(from->brand);
	to->channel = es_text_or_null(from->channel);
	to->lang = es_text_or_null(from->lang);
	to->touchpoint = es_text_or_null(from->touchpoint);
	to->unit = es_text_or_null(from->unit);
	to->app_version = es_text_or_null(from->app_version);
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
	if (es_str_is(from->kind, "series"))
		return read_series(setup, from, to);
	if (es_str_is(from->kind, "ingest") || es_str_is(from->kind, "form"))
		return read_ingest(setup, from, to);
	return !from->connector           ? EARSHOT_OK
	       : from->connector->columns ? read_columns(setup, from, to)
					  : read_connector(setup, from, to);
}
