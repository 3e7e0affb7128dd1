/* SPDX-License-Identifier: MIT
 *
 * connector_read.c - the file of a connector (config/connectors/README.md) -> struct es_connector.
 */
#include "app/connectors.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#define AT(member) offsetof(struct es_config_connector, member)

static const struct es_option param_options[] = {
	{ "name", ES_OPT_STR, 0, offsetof(struct es_config_param, name), NULL, "" },
	{ "required", ES_OPT_BOOL, 0, offsetof(struct es_config_param, required), "false",
	  "a source has to give it" },
	{ "default", ES_OPT_STR, 0, offsetof(struct es_config_param, value), NULL,
	  "where a source does not" },
	{ "secret", ES_OPT_BOOL, 0, offsetof(struct es_config_param, secret), "false",
	  "never shown" },
	{ "help", ES_OPT_STR, 0, offsetof(struct es_config_param, help), NULL, "what it is" },
	{ 0 }
};

#define CALL(name, at) \
	static const struct es_option name[] = { \
		{ "url", ES_OPT_STR, 0, AT(at.url), NULL, "begins with {base}" }, \
		{ "query", ES_OPT_PAIRS, 0, AT(at.query), NULL, "behind the ?" }, \
		{ "headers", ES_OPT_PAIRS, 0, AT(at.headers), NULL, "" }, \
		{ "form", ES_OPT_PAIRS, 0, AT(at.form), NULL, "POST, as a form" }, \
		{ "json", ES_OPT_PAIRS, 0, AT(at.json), NULL, "POST, as an object of texts" }, \
		{ "bearer", ES_OPT_STR, 0, AT(at.bearer), NULL, "Authorization: Bearer" }, \
		{ "basic", ES_OPT_STR, 0, AT(at.basic), NULL, "user:password" }, \
		{ 0 } \
	}
CALL(request_options, request);

static const struct es_option login_options[] = {
	{ "url", ES_OPT_STR, 0, AT(login.url), NULL, "begins with {base}" },
	{ "query", ES_OPT_PAIRS, 0, AT(login.query), NULL, "" },
	{ "headers", ES_OPT_PAIRS, 0, AT(login.headers), NULL, "" },
	{ "form", ES_OPT_PAIRS, 0, AT(login.form), NULL, "" },
	{ "json", ES_OPT_PAIRS, 0, AT(login.json), NULL, "" },
	{ "bearer", ES_OPT_STR, 0, AT(login.bearer), NULL, "" },
	{ "basic", ES_OPT_STR, 0, AT(login.basic), NULL, "" },
	{ "token", ES_OPT_STR, 0, AT(login_token), NULL, "where the answer has {login}" },
	{ "lasts", ES_OPT_DURATION, 0, AT(login_lasts), "30m", "how long it holds" },
	{ 0 }
};

static const struct es_option page_options[] = {
	{ "by", ES_OPT_CHOICE, 0, AT(page_by), "none", "how the next page is asked for", NULL, 0,
	  "none|page|offset|cursor|link" },
	{ "first", ES_OPT_INT, 0, AT(first), "1", "page, offset: where a round begins", NULL, 0,
	  NULL, 0, 1000000 },
	{ "step", ES_OPT_INT, 0, AT(step), "1", "page, offset: how far it goes up", NULL, 0, NULL,
	  1, 100000 },
	{ "most", ES_OPT_INT, 0, AT(most), "10", "pages of a round", NULL, 0, NULL, 1,
	  ES_PAGES_MAX },
	{ "next", ES_OPT_STR, 0, AT(next), NULL, "cursor: where the answer has it" },
	{ "more", ES_OPT_STR, 0, AT(more), NULL,
	  "there is another page where this is there and neither false nor 0" },
	{ "keep", ES_OPT_BOOL, 0, AT(keep), "false", "the cursor goes on in the next round" },
	{ 0 }
};

static const struct es_option budget_options[] = {
	{ "per_minute", ES_OPT_INT, 0, AT(budget.per_minute), NULL, "most calls in any 60 seconds",
	  NULL, 0, NULL, 1, 1000000 },
	{ "per_day", ES_OPT_INT, 0, AT(budget.per_day), NULL, "most calls in any 24 hours", NULL, 0,
	  NULL, 1, 100000000 },
	{ 0 }
};

static const struct es_option connector_options[] = {
	{ "about", ES_OPT_STR, 0, AT(about), NULL, "one line for people" },
	{ "docs", ES_OPT_STR, 0, AT(docs), NULL, "address of the API's documentation" },
	{ "base", ES_OPT_STR, 0, AT(base), NULL,
	  "https://host, for {base}; a source may name another" },
	{ "format", ES_OPT_CHOICE, 0, AT(format), "json",
	  "of its answers; csv: of the files that a source names", NULL, 0,
	  "json|feed|telegram|csv" },
	{ "every", ES_OPT_DURATION, 0, AT(every), "5m", "how often it is asked" },
	{ "budget", ES_OPT_MAP, 0, 0, NULL, "calls of a source, unless it says its own",
	  budget_options },
	{ "channel", ES_OPT_STR, ES_OPT_REQUIRED, AT(channel), NULL, "of its posts" },
	{ "scope", ES_OPT_STR, 0, AT(scope), NULL, "the platform on which its ids are unique" },
	{ "post_kind", ES_OPT_CHOICE, 0, AT(post_kind), NULL, "what its posts are", NULL, 0,
	  "post|reply|repost|quote|review|article|survey|ticket|message" },
	{ "voice", ES_OPT_CHOICE, 0, AT(voice), NULL, "who speaks there", NULL, 0,
	  "customer|brand|employee|competitor|press" },
	{ "lang", ES_OPT_STR, 0, AT(lang), NULL, "of its posts" },
	{ "params", ES_OPT_NAMED, 0, AT(params), NULL, "what a source gives", param_options,
	  sizeof(struct es_config_param) },
	{ "request", ES_OPT_MAP, 0, 0, NULL, "", request_options },
	{ "login", ES_OPT_MAP, 0, 0, NULL, "asked first", login_options },
	{ "page", ES_OPT_MAP, 0, 0, NULL, "", page_options },
	{ "items", ES_OPT_STR, 0, AT(items), NULL, "path to the list of posts: hits[]" },
	{ "map", ES_OPT_PAIRS, 0, AT(map), NULL, "field of the post: where an item has it" },
	{ "where", ES_OPT_PAIRS, 0, AT(where), NULL, "only items of which this is so" },
	{ "skip", ES_OPT_PAIRS, 0, AT(skip), NULL, "no items of which this is so" },
	{ "since", ES_OPT_STR, 0, AT(since), NULL,
	  "where the answer has {since} of the next round" },
	{ "error", ES_OPT_STR, 0, AT(error), NULL, "where an answer says what is wrong" },
	{ "wait", ES_OPT_STR, 0, AT(wait), NULL, "where it says for how many seconds to go away" },
	{ "status", ES_OPT_PAIRS, 0, AT(status), NULL, "HTTP status: stop, empty or retry" },
	{ 0 }
};

/* Names that a param cannot have: requests know them as something else. */
static const char *const own_names[] = { ES_VALUE_BASE, ES_VALUE_CURSOR, ES_VALUE_SINCE,
					 ES_VALUE_LOGIN };

static bool is_own_name(struct earshot_str name)
{
	for (size_t i = 0; i < ES_COUNT(own_names); i++)
		if (es_str_is(name, own_names[i]))
			return true;
	return false;
}

/* ---- texts to expressions ---- */

struct making {
	struct es_reader *reader;
	struct es_config_connector *from;
	struct es_connector *to;
	const struct es_node *root;
};

/* Is it something that a template may name? */
struct naming {
	struct making *making;
	const struct es_node *node;
	struct earshot_str text;
};

static void check_name(void *ctx, struct earshot_str name)
{
	const struct naming *naming = ctx;
	if (is_own_name(name))
		return;
	ES_EACH (struct es_config_param, param, naming->making->from->params)
		if (es_str_eq(param->name, name))
			return;
	es_reader_note(naming->making->reader, false, naming->node,
		       "name it under params:, or write {base}, {cursor}, {since} or {login}",
		       "\"%.*s\" names {%.*s}, which nobody gives", ES_FMT(naming->text),
		       ES_FMT(name));
}

static const struct es_expr *compile(struct making *making, const struct es_node *node,
				     struct earshot_str text, bool template)
{
	struct earshot_error error;
	struct es_expr *expr = NULL;
	struct es_arena *arena = making->reader->arena;
	if (!text.len)
		return NULL;
	int rc = template ? es_expr_template(arena, text, &expr, &error)
			  : es_expr_compile(arena, text, &expr, &error);
	struct es_node place = node ? *node : *making->root;
	if (rc == EARSHOT_OK) {
		struct naming naming = { making, &place, text };
		if (template)
			es_expr_names(expr, check_name, &naming);
		return expr;
	}
	if (node && error.column)
		place.column += error.column - 1;
	es_reader_note(making->reader, false, &place, error.hint, "\"%.*s\": %s", ES_FMT(text),
		       error.text);
	return NULL;
}

static const struct es_node *node_at(const struct es_node *root, const char *path)
{
	const char *dot = strchr(path, '.');
	char head[32];
	snprintf(head, sizeof(head), "%.*s", dot ? (int)(dot - path) : (int)strlen(path), path);
	const struct es_node *child = root ? es_node_child(root, head) : NULL;
	return dot && child ? node_at(child, dot + 1) : child;
}

static const struct es_expr *one(struct making *making, const char *path, struct earshot_str text,
				 bool template)
{
	return compile(making, node_at(making->root, path), text, template);
}

/* Templates by name. */
static void pairs(struct making *making, struct es_list list, const struct es_connector_pair **out,
		  size_t *n)
{
	struct es_connector_pair *at =
		es_arena_zalloc(making->reader->arena, list.n + 1, sizeof(*at));
	*out = at;
	*n = 0;
	ES_EACH (struct es_config_pair, pair, list)
		if (at)
			at[(*n)++] =
				(struct es_connector_pair){ pair->key, compile(making, pair->node,
									       pair->value, true) };
}

/* Expressions by name (of a field), or texts by expression (where, skip). */
static void fields(struct making *making, struct es_list list, bool tests,
		   const struct es_page_field **out, size_t *n)
{
	struct es_page_field *at = es_arena_zalloc(making->reader->arena, list.n + 1, sizeof(*at));
	*out = at;
	*n = 0;
	ES_EACH (struct es_config_pair, pair, list)
		if (at)
			at[(*n)++] = (struct es_page_field){
				tests ? ES_STR("") : pair->key,
				compile(making, pair->node, tests ? pair->key : pair->value, false),
				tests ? pair->value : ES_STR("")
			};
}

static void call(struct making *making, const char *name, const struct es_config_call *from,
		 struct es_connector_call *to)
{
	char path[32];
	snprintf(path, sizeof(path), "%s.url", name);
	to->url = one(making, path, from->url, true);
	snprintf(path, sizeof(path), "%s.bearer", name);
	to->bearer = one(making, path, from->bearer, true);
	snprintf(path, sizeof(path), "%s.basic", name);
	to->basic = one(making, path, from->basic, true);
	pairs(making, from->query, &to->query, &to->n_query);
	pairs(making, from->headers, &to->headers, &to->n_headers);
	pairs(making, from->form, &to->form, &to->n_form);
	pairs(making, from->json, &to->json, &to->n_json);
	if (to->n_form && to->n_json)
		es_reader_note(making->reader, false, node_at(making->root, name),
			       "leave one of them away", "%s has a form and json", name);
}

static void rules(struct making *making)
{
	static const char *const kinds[] = { "stop", "empty", "retry" };
	struct es_list list = making->from->status;
	struct es_connector_rule *at =
		es_arena_zalloc(making->reader->arena, list.n + 1, sizeof(*at));
	making->to->rules = at;
	ES_EACH (struct es_config_pair, pair, list) {
		size_t kind = 0;
		int status = atoi(pair->key.ptr);
		while (kind < ES_COUNT(kinds) && !es_str_is(pair->value, kinds[kind]))
			kind++;
		if (kind == ES_COUNT(kinds) || status < 200 || status > 599)
			es_reader_note(making->reader, false, pair->node,
				       "write 404: empty; stop, empty or retry",
				       "\"%.*s: %.*s\" is no rule for a status", ES_FMT(pair->key),
				       ES_FMT(pair->value));
		else if (at)
			at[making->to->n_rules++] =
				(struct es_connector_rule){ status,
							    (enum es_connector_rule_kind)kind };
	}
}

static void paging(struct making *making)
{
	static const char *const names[] = {
#define X(name, text) text,
		ES_PAGINGS(X)
#undef X
	};
	const struct es_config_connector *from = making->from;
	struct es_connector *to = making->to;
	for (size_t i = 0; i < ES_COUNT(names); i++)
		if (es_str_is(from->page_by, names[i]))
			to->paging = (enum es_paging)i;
	to->first = from->first;
	to->step = from->step;
	to->most = from->most;
	to->keeps = from->keep;
	const struct es_node *node = node_at(making->root, "page");
	if (to->paging == ES_PAGING_CURSOR && !from->next.len)
		es_reader_note(making->reader, false, node, "write next: meta.cursor",
			       "page.by is cursor, and page.next does not say where it is");
	if (to->paging != ES_PAGING_CURSOR && to->keeps)
		es_reader_note(making->reader, false, node, "leave keep away, or write by: cursor",
			       "only a cursor is kept over rounds");
}

static void answer(struct making *making)
{
	const struct es_config_connector *from = making->from;
	struct es_connector *to = making->to;
	const struct {
		const char *name, *path;
		struct earshot_str text;
	} asks[] = {
		{ ES_ASK_NEXT, "page.next", from->next }, { ES_ASK_MORE, "page.more", from->more },
		{ ES_ASK_SINCE, "since", from->since },   { ES_ASK_ERROR, "error", from->error },
		{ ES_ASK_WAIT, "wait", from->wait },
	};
	struct es_page_field *at =
		es_arena_zalloc(making->reader->arena, ES_COUNT(asks), sizeof(*at));
	to->page.asks = at;
	for (size_t i = 0; at && i < ES_COUNT(asks); i++)
		if (asks[i].text.len)
			at[to->page.n_asks++] = (struct es_page_field){
				es_str_of(asks[i].name),
				one(making, asks[i].path, asks[i].text, false), ES_STR("")
			};
	to->page.items = one(making, "items", from->items, false);
	fields(making, from->map, false, &to->page.map, &to->page.n_map);
	fields(making, from->where, true, &to->page.where, &to->page.n_where);
	fields(making, from->skip, true, &to->page.skip, &to->page.n_skip);
	to->feed = !es_str_is(from->format, "json");
	if (!to->feed && (!from->items.len || !from->map.n))
		es_reader_note(making->reader, false, making->root,
			       "write items: hits[] and map: {native_id: id, text: body}",
			       "\"items\" and \"map\" are needed to find posts in JSON");
	if (to->feed && (from->items.len || from->map.n))
		es_reader_note(making->reader, false, making->root, "leave format away, or these",
			       "%.*s says itself where its posts are", ES_FMT(from->format));
}

/* Files with columns: there is nothing to be asked. */
static void columns(struct making *making)
{
	const struct es_config_connector *from = making->from;
	if (!from->map.n)
		es_reader_note(making->reader, false, making->root, "write map: {text: COLUMN}",
			       "\"map\" is needed to find posts in columns");
	if (from->base.len || from->request.url.len || from->login.url.len || from->items.len ||
	    from->params.n)
		es_reader_note(making->reader, false, making->root,
			       "leave base, params, request, login and items away",
			       "format: csv reads files, and asks nobody");
}

static void require(struct making *making, struct earshot_str value, const char *name,
		    const char *mend)
{
	if (!value.len)
		es_reader_note(making->reader, false, making->root, mend, "\"%s\" is missing here",
			       name);
}

static void check_params(struct making *making)
{
	struct es_list params = making->from->params;
	const struct es_node *place = node_at(making->root, "params");
	if (params.n > ES_CONNECTOR_PARAMS_MAX)
		es_reader_note(making->reader, false, place, "leave out what nobody gives",
			       "more than %d params", ES_CONNECTOR_PARAMS_MAX);
	ES_EACH (struct es_config_param, param, params)
		if (is_own_name(param->name) || es_str_ends(param->name, ES_STR(ES_VALUE_FILE)))
			es_reader_note(making->reader, false, place,
				       "not base, cursor, since, login, nor NAME_file, which is "
				       "the file of NAME",
				       "a param cannot be called \"%.*s\"", ES_FMT(param->name));
}

static void secrets(struct making *making)
{
	struct es_list params = making->from->params;
	struct earshot_str *at = es_arena_zalloc(making->reader->arena, params.n + 1, sizeof(*at));
	making->to->secrets = at;
	ES_EACH (struct es_config_param, param, params)
		if (at && param->secret)
			at[making->to->n_secrets++] = param->name;
}

int es_connector_read(struct es_reader *reader, const char *kind, const struct es_node *root,
		      struct es_config_connector *out)
{
	struct making making = { reader, out, &out->made, root };
	int before = reader->errors;
	es_options_read(reader, connector_options, root, out);
	out->root = root;
	if (reader->errors > before)
		return EARSHOT_CONFIG;
	out->made.kind = kind;
	out->columns = es_str_is(out->format, "csv");
	if (out->columns) {
		columns(&making);
		return reader->errors > before ? EARSHOT_CONFIG : EARSHOT_OK;
	}
	require(&making, out->base, "base", "write base: https://HOST");
	require(&making, out->request.url, "request.url", "write request: {url: \"{base}/...\"}");
	check_params(&making);
	secrets(&making);
	call(&making, "request", &out->request, &out->made.request);
	out->made.logs_in = out->login.url.len > 0;
	if (out->made.logs_in) {
		call(&making, "login", &out->login, &out->made.login);
		out->made.login_token = one(&making, "login.token", out->login_token, false);
		out->made.login_ms = out->login_lasts;
		if (!out->login_token.len)
			es_reader_note(reader, false, node_at(root, "login"),
				       "write token: access_token",
				       "login.token does not say where the answer has it");
	}
	paging(&making);
	answer(&making);
	rules(&making);
	return reader->errors > before ? EARSHOT_CONFIG : EARSHOT_OK;
}
