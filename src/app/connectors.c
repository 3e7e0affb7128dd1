/* SPDX-License-Identifier: MIT
 *
 * connectors.c - finds the connectors that the sources of a config name, and checks what
 * the sources give them.
 */
#include "app/connectors.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "app/app.h"
#include "net/net.h"

/* Kinds that are no file and have no reader: they are sent to, or hold numbers. */
static const char *const kinds[] = { "ingest", "form", "series" };

static bool is_own_kind(struct earshot_str kind)
{
	for (size_t i = 0; i < ES_COUNT(kinds); i++)
		if (es_str_is(kind, kinds[i]))
			return true;
	return es_source_kind_of(kind.ptr, kind.len);
}

/* The folders in their order: those of the config, then the one that comes with earshot. */
static size_t folders(const struct es_config *config, const char *out[ES_CONNECTOR_FOLDERS],
		      char *shipped, size_t size)
{
	size_t n = 0;
	ES_EACH (struct earshot_str, folder, config->connectors)
		if (n + 1 < ES_CONNECTOR_FOLDERS)
			out[n++] = folder->ptr;
	if (es_program_folder("config/connectors", shipped, size))
		out[n++] = shipped;
	return n;
}

/* A kind is the name of a file, and no way to one. */
static bool is_name(struct earshot_str kind)
{
	for (size_t i = 0; i < kind.len; i++)
		if (!memchr("abcdefghijklmnopqrstuvwxyz0123456789_-", kind.ptr[i], 38))
			return false;
	return kind.len > 0 && kind.len <= ES_CONNECTOR_NAME_MAX;
}

static bool find(const struct es_config *config, struct earshot_str kind, char *path, size_t size)
{
	const char *list[ES_CONNECTOR_FOLDERS];
	char shipped[4096];
	size_t n = is_name(kind) ? folders(config, list, shipped, sizeof(shipped)) : 0;
	for (size_t i = 0; i < n; i++) {
		snprintf(path, size, "%s/%.*s.yaml", list[i], ES_FMT(kind));
		if (access(path, R_OK) == 0)
			return true;
	}
	return false;
}

/* "feed|jsonl|csv|bluesky|...": what a kind can be. */
static void name_kinds(const struct es_config *config, struct es_buf *out)
{
	const char *list[ES_CONNECTOR_FOLDERS];
	char shipped[4096];
	size_t n = folders(config, list, shipped, sizeof(shipped));
	for (enum es_source_kind kind = 1; es_source_kind_name(kind); kind++)
		es_buf_printf(out, "%s|", es_source_kind_name(kind));
	for (size_t i = 0; i < ES_COUNT(kinds); i++)
		es_buf_printf(out, "%s|", kinds[i]);
	for (size_t i = 0; i < n; i++) {
		DIR *folder = opendir(list[i]);
		for (struct dirent *entry; folder && (entry = readdir(folder));) {
			struct earshot_str name = es_str_of(entry->d_name);
			if (es_str_ends(name, ES_STR(".yaml")) &&
			    is_name(es_str(name.ptr, name.len - 5)))
				es_buf_printf(out, "%.*s|", (int)name.len - 5, name.ptr);
		}
		if (folder)
			closedir(folder);
	}
}

static void no_kind(const struct es_config *config, struct es_reader *reader,
		    const struct es_config_source *source)
{
	char near[ES_CONNECTOR_NAME_MAX] = "", hint[192];
	struct es_buf known;
	es_buf_init(&known, 1 << 16);
	name_kinds(config, &known);
	if (es_buf_ok(&known))
		es_option_nearest(source->kind, known.ptr, near, sizeof(near));
	es_buf_release(&known);
	snprintf(hint, sizeof(hint), "did you mean \"%s\"?", near);
	es_reader_note(reader, false, source->kind_node,
		       *near ? hint
			     : "config/connectors/README.md has the list; a file of that name in "
			       "`connectors:` makes it one",
		       "no kind is called \"%.*s\"", ES_FMT(source->kind));
}

static struct es_config_connector *load(struct es_config *config, struct es_reader *reader,
					const struct es_config_source *source)
{
	char path[8192];
	struct es_node *root;
	struct earshot_error error;
	const struct es_node *place = source->kind_node;
	if (!find(config, source->kind, path, sizeof(path))) {
		no_kind(config, reader, source);
		return NULL;
	}
	if (es_tree_load(reader->arena, path, &root, &error)) {
		reader->errors++;
		if (reader->note)
			reader->note(reader->ctx, false, &error);
		return NULL;
	}
	if (root->type != ES_NODE_MAP) {
		es_reader_note(reader, false, root, "write base: https://... and so on",
			       "%s: a connector is a map of settings", path);
		return NULL;
	}
	struct es_config_connector *out = es_arena_zalloc(reader->arena, 1, sizeof(*out));
	if (!out || es_connector_read(reader, source->kind.ptr, root, out))
		return NULL;
	const char *version;
	if (out->made.stream.websocket && !es_net_has_websocket(&version))
		es_reader_note(reader, false, place,
			       "Debian 13 has it, bookworm-backports has it for Debian 12",
			       "the kind \"%.*s\" needs libcurl %s or later with WebSockets, and "
			       "this is libcurl %s",
			       ES_FMT(source->kind), ES_NET_WEBSOCKET_LIBCURL, version);
	return out;
}

/* ---- what a source gives ---- */

static const struct es_config_param *param_of(const struct es_config_connector *connector,
					      struct earshot_str name)
{
	ES_EACH (struct es_config_param, param, connector->params)
		if (es_str_eq(param->name, name))
			return param;
	return NULL;
}

/* The param that "token_file" is the file of; else NULL. */
static const struct es_config_param *file_of(const struct es_config_connector *connector,
					     struct earshot_str name)
{
	struct earshot_str tail = ES_STR(ES_VALUE_FILE);
	return es_str_ends(name, tail) ? param_of(connector, es_str(name.ptr, name.len - tail.len))
				       : NULL;
}

static bool given(const struct es_config_source *source, struct earshot_str name)
{
	if (es_str_is(name, "query") && source->query.len)
		return true;
	ES_EACH (struct es_config_pair, pair, source->params) {
		const struct es_config_param *param = file_of(source->connector, pair->key);
		if (es_str_eq(param ? param->name : pair->key, name))
			return pair->value.len > 0;
	}
	return false;
}

static void check_params(struct es_reader *reader, const struct es_config_source *source)
{
	const struct es_config_connector *connector = source->connector;
	struct es_buf names;
	es_buf_init(&names, 4096);
	ES_EACH (struct es_config_param, param, connector->params)
		es_buf_printf(&names, "%s%.*s", names.len ? ", " : "", ES_FMT(param->name));
	if (source->query.len && !param_of(connector, ES_STR("query")))
		es_reader_note(reader, false, source->node, "leave query away",
			       "a source of kind %.*s has no query", ES_FMT(source->kind));
	ES_EACH (struct es_config_pair, pair, source->params)
		if (!param_of(connector, pair->key) && file_of(connector, pair->key) &&
		    !connector->made.receives) {
			pair->value = es_reader_path(reader, pair->value);
		} else if (!param_of(connector, pair->key)) {
			char hint[512];
			snprintf(hint, sizeof(hint), "it takes %.*s", ES_FMT(es_buf_view(&names)));
			es_reader_note(reader, false, pair->node, hint,
				       "a source of kind %.*s has no param \"%.*s\"",
				       ES_FMT(source->kind), ES_FMT(pair->key));
		}
	ES_EACH (struct es_config_param, param, connector->params)
		if (param->required && !given(source, param->name)) {
			bool query = es_str_is(param->name, "query");
			char hint[512];
			snprintf(hint, sizeof(hint),
				 query ? "write query: \"...\" (%.*s%.*s)"
				       : "write params: {%.*s: ...} (%.*s)",
				 ES_FMT(query ? ES_STR("") : param->name), ES_FMT(param->help));
			es_reader_note(reader, false, source->node, hint,
				       "the source \"%.*s\" does not say its %.*s",
				       ES_FMT(source->id), ES_FMT(param->name));
		}
	es_buf_release(&names);
}

static void check_ingest(struct es_reader *reader, const struct es_config_source *source)
{
	if (source->secret.len < ES_INGEST_SECRET_MIN || source->secret.len > ES_INGEST_SECRET_MAX)
		es_reader_note(reader, false, source->node,
			       "make one with `openssl rand -hex 32` and write secret: \"${NAME}\"",
			       "the source \"%.*s\" needs a secret of %u to %u bytes",
			       ES_FMT(source->id), ES_INGEST_SECRET_MIN, ES_INGEST_SECRET_MAX);
	if (source->url.len)
		es_reader_note(reader, false, source->url_node,
			       "leave url away; it is sent to, at /ingest/ID or /form/ID",
			       "a source of kind %.*s has no address", ES_FMT(source->kind));
}

static void check_imap(struct es_reader *reader, const struct es_config_source *source)
{
	bool plain = es_str_starts(source->url, ES_STR("imap://"));
	if (!plain && !es_str_starts(source->url, ES_STR("imaps://")))
		es_reader_note(reader, false, source->url.len ? source->url_node : source->node,
			       "write url: imaps://HOST/INBOX",
			       "the source \"%.*s\" has no address of a mailbox",
			       ES_FMT(source->id));
	if (source->url.len && memchr(source->url.ptr, '@', source->url.len))
		es_reader_note(reader, false, source->url_node,
			       "write user: NAME and secret: \"${NAME}\" instead",
			       "the address of a mailbox holds no user and no password");
	if (!source->user.len || !source->secret.len)
		es_reader_note(reader, false, source->node,
			       "write user: NAME and secret: \"${NAME}\" or \"${file:PATH}\"",
			       "the source \"%.*s\" does not say user and secret",
			       ES_FMT(source->id));
}

/* "https://shop.example:8443": what a policy of frames may name. */
static bool is_origin(struct earshot_str text)
{
	size_t head = es_str_starts(text, ES_STR("https://"))  ? 8
		      : es_str_starts(text, ES_STR("http://")) ? 7
							       : text.len;
	for (size_t i = head; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool word = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z');
		if (!word && c != '.' && c != '-' && c != ':')
			return false;
	}
	return head < text.len;
}

static bool is_form_lang(struct earshot_str code)
{
#define X(name, text, own) || es_str_is(code, text)
	return false ES_FORM_LANGS(X);
#undef X
}

static void check_form(struct es_reader *reader, const struct es_config_source *source)
{
	const struct es_node *about = source->form.about;
	ES_EACH (struct earshot_str, origin, source->form.embed)
		if (!is_origin(*origin))
			es_reader_note(reader, false, source->form_node,
				       "write it as https://shop.example, without a path",
				       "form.embed: \"%.*s\" is no origin", ES_FMT(*origin));
	if (about && about->type == ES_NODE_LIST)
		es_reader_note(reader, false, about,
			       "write one text, or {en: ..., ko: ..., tr: ...}",
			       "form.about is a list");
	for (const struct es_node *node = about ? about->first : NULL; node; node = node->next)
		if (node->type != ES_NODE_SCALAR || !is_form_lang(node->key))
			es_reader_note(reader, false, node, "its languages are en, ko and tr",
				       "form.about: \"%.*s\" is no language of a form",
				       ES_FMT(node->key));
}

/* By url, or sent to /ingest/ID. */
static void check_series(struct es_reader *reader, const struct es_config_source *source)
{
	ES_EACH (struct es_config_pair, pair, source->map)
		if (!es_series_knows(pair->key))
			es_reader_note(reader, false, pair->node,
				       "metric, time, value, n, interval.lo, interval.hi, method, "
				       "dimensions.NAME",
				       "a series has no field \"%.*s\"", ES_FMT(pair->key));
	if (!source->url.len)
		check_ingest(reader, source);
	else if (source->secret.len)
		es_reader_note(reader, false, source->node, "leave one of them away",
			       "a series is read from url, or sent to with a secret");
}

static bool is_host(struct earshot_str base, bool websocket)
{
	if (websocket)
		return es_str_starts(base, ES_STR("wss://")) ||
		       es_str_starts(base, ES_STR("ws://"));
	return es_str_starts(base, ES_STR("https://")) || es_str_starts(base, ES_STR("http://"));
}

static void check_base(struct es_reader *reader, const struct es_config_source *source)
{
	struct earshot_str base = source->base.len ? source->base : source->connector->base;
	bool websocket = source->connector->made.stream.websocket;
	if (!is_host(base, websocket))
		es_reader_note(reader, false, source->node,
			       websocket ? "write base: wss://HOST" : "write base: https://HOST",
			       "the base \"%.*s\" of the source \"%.*s\" is no %s address",
			       ES_FMT(base), ES_FMT(source->id), websocket ? "wss" : "http");
}

void es_connectors_load(struct es_config *config, struct es_reader *reader)
{
	if (config->connectors.n >= ES_CONNECTOR_FOLDERS)
		es_reader_note(reader, false, es_node_child(config->root, "connectors"),
			       "put them into fewer folders", "more than %d folders of connectors",
			       ES_CONNECTOR_FOLDERS - 1);
	ES_EACH (struct es_config_source, source, config->sources) {
		if (!source->kind.len) {
			if (source->kind_node)
				es_reader_note(reader, false, source->kind_node,
					       "write kind: feed, or another",
					       "the source \"%.*s\" has an empty kind",
					       ES_FMT(source->id));
			continue;
		}
		if (is_own_kind(source->kind)) {
			if (source->params.n)
				es_reader_note(reader, false, source->node, "leave params away",
					       "a source of kind %.*s has no params",
					       ES_FMT(source->kind));
			bool form = es_str_is(source->kind, "form");
			if (source->form_node && !form)
				es_reader_note(reader, false, source->form_node,
					       "write kind: form, or leave form away",
					       "a source of kind %.*s has no form",
					       ES_FMT(source->kind));
			if (form)
				check_form(reader, source);
			bool series = es_str_is(source->kind, "series");
			if (source->series_node && !series)
				es_reader_note(reader, false, source->series_node,
					       "write kind: series, or leave series away",
					       "a source of kind %.*s is no series",
					       ES_FMT(source->kind));
			if (series)
				check_series(reader, source);
			else if (form || es_str_is(source->kind, "ingest"))
				check_ingest(reader, source);
			else if (es_str_is(source->kind, "imap"))
				check_imap(reader, source);
			else if (!source->url.len)
				es_reader_note(reader, false, source->node, NULL,
					       "\"url\" is missing here");
			continue;
		}
		/* one file, read once, serves all sources of its kind */
		bool seen = false;
		ES_EACH (struct es_config_source, other, config->sources) {
			seen = other < source && es_str_eq(other->kind, source->kind);
			if (other == source || seen) {
				source->connector = other->connector;
				break;
			}
		}
		if (!seen)
			source->connector = load(config, reader, source);
		if (!source->connector)
			continue;
		if (source->connector->columns) {
			if (!source->url.len)
				es_reader_note(reader, false, source->node,
					       "write url: file:..., where the files are",
					       "\"url\" is missing here");
			if (source->params.n || source->query.len)
				es_reader_note(reader, false, source->node, "leave them away",
					       "a source of kind %.*s has no params and no query",
					       ES_FMT(source->kind));
			continue;
		}
		if (source->url.len)
			es_reader_note(reader, false, source->url_node,
				       "leave url away; base: names another host",
				       "a source of kind %.*s knows its address",
				       ES_FMT(source->kind));
		check_params(reader, source);
		if (!source->connector->made.receives)
			check_base(reader, source);
	}
}
