/* SPDX-License-Identifier: MIT
 *
 * connector_read.c - the file of a connector (config/connectors/README.md) -> struct es_connector.
 */
#include "app/making.h"

#include <stdio.h>
#include <stdlib.h>

/* Names that a param cannot have: requests know them as something else. */
static const char *const own_names[] = { ES_VALUE_BASE,  ES_VALUE_CURSOR, ES_VALUE_SINCE,
					 ES_VALUE_LOGIN, ES_VALUE_BEGIN,  ES_VALUE_END };

static bool is_own_name(struct earshot_str name)
{
	for (size_t i = 0; i < ES_COUNT(own_names); i++)
		if (es_str_is(name, own_names[i]))
			return true;
	return false;
}

/* ---- texts to expressions ---- */

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
		       "name it under params:, or write {base}, {cursor}, {since}, {login}, "
		       "{begin} or {end}",
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

const struct es_node *es_making_node(const struct es_node *root, const char *path)
{
	const char *dot = strchr(path, '.');
	char head[32];
	snprintf(head, sizeof(head), "%.*s", dot ? (int)(dot - path) : (int)strlen(path), path);
	const struct es_node *child = root ? es_node_child(root, head) : NULL;
	return dot && child ? es_making_node(child, dot + 1) : child;
}

const struct es_expr *es_making_one(struct making *making, const char *path,
				    struct earshot_str text, bool template)
{
	return compile(making, es_making_node(making->root, path), text, template);
}

/* A number, true, false or null as YAML has them, without quotes. */
static bool is_bare(const struct es_node *node)
{
	struct earshot_str text = node ? node->text : ES_STR("");
	size_t i = es_str_starts(text, ES_STR("-")), digits = 0, points = 0;
	if (!node || !node->plain)
		return false;
	if (es_str_is(text, "true") || es_str_is(text, "false") || es_str_is(text, "null"))
		return true;
	bool zero = i + 1 < text.len && text.ptr[i] == '0' && text.ptr[i + 1] != '.';
	for (; i < text.len; i++) {
		bool digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';
		digits += digit;
		points += text.ptr[i] == '.' && digits > 0 && i + 1 < text.len;
		if (!digit && text.ptr[i] != '.')
			return false;
	}
	return digits > 0 && points <= 1 && !zero && text.ptr[text.len - 1] != '.';
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
			at[(*n)++] = (struct es_connector_pair){
				pair->key, compile(making, pair->node, pair->value, true),
				is_bare(pair->node)
			};
}

/* A member cannot be a text and an object. */
static void check_json(struct making *making, struct es_list list)
{
	ES_EACH (struct es_config_pair, pair, list)
		ES_EACH (struct es_config_pair, other, list)
			if (other != pair && es_str_starts(other->key, pair->key) &&
			    (other->key.len == pair->key.len ||
			     other->key.ptr[pair->key.len] == '.') &&
			    (other->key.len > pair->key.len || other > pair))
				es_reader_note(making->reader, false, other->node,
					       "leave one of them away", "json says \"%.*s\" twice",
					       ES_FMT(pair->key));
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

void es_making_call(struct making *making, const char *name, const struct es_config_call *from,
		    struct es_connector_call *to)
{
	char path[32];
	snprintf(path, sizeof(path), "%s.url", name);
	to->url = es_making_one(making, path, from->url, true);
	snprintf(path, sizeof(path), "%s.bearer", name);
	to->bearer = es_making_one(making, path, from->bearer, true);
	snprintf(path, sizeof(path), "%s.basic", name);
	to->basic = es_making_one(making, path, from->basic, true);
	pairs(making, from->query, &to->query, &to->n_query);
	pairs(making, from->headers, &to->headers, &to->n_headers);
	pairs(making, from->form, &to->form, &to->n_form);
	pairs(making, from->json, &to->json, &to->n_json);
	check_json(making, from->json);
	if (to->n_form && to->n_json)
		es_reader_note(making->reader, false, es_making_node(making->root, name),
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

/* ---- which names a request has ---- */

struct looking {
	const char *name;
	bool found;
};

static void on_name(void *ctx, struct earshot_str name)
{
	struct looking *looking = ctx;
	looking->found |= es_str_is(name, looking->name);
}

static bool has_name(const struct es_expr *expr, const char *name)
{
	struct looking looking = { name, false };
	if (expr)
		es_expr_names(expr, on_name, &looking);
	return looking.found;
}

static bool pairs_have(const struct es_connector_pair *pairs_of, size_t n, const char *name)
{
	bool found = false;
	for (size_t i = 0; i < n; i++)
		found |= has_name(pairs_of[i].value, name);
	return found;
}

static bool call_has(const struct es_connector_call *call_of, const char *name)
{
	return has_name(call_of->url, name) || has_name(call_of->bearer, name) ||
	       has_name(call_of->basic, name) ||
	       pairs_have(call_of->query, call_of->n_query, name) ||
	       pairs_have(call_of->headers, call_of->n_headers, name) ||
	       pairs_have(call_of->form, call_of->n_form, name) ||
	       pairs_have(call_of->json, call_of->n_json, name);
}

/* ---- pages ---- */

/* A span of time, or a number of ids; `otherwise` where nothing is said. */
static int64_t extent(struct making *making, const char *key, struct earshot_str text,
		      int64_t otherwise)
{
	char path[32];
	int64_t n = 0;
	size_t i = 0;
	bool time = making->to->paging == ES_PAGING_TIME;
	snprintf(path, sizeof(path), "page.%s", key);
	if (!text.len)
		return otherwise;
	if (time && es_duration_parse(text.ptr, text.len, &n))
		return n;
	for (; !time && i < text.len && i < 9 && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
		n = n * 10 + (text.ptr[i] - '0');
	if (!time && i && i == text.len)
		return n;
	es_reader_note(making->reader, false, es_making_node(making->root, path),
		       time ? "write 90s, 15m, 12h or 7d" : "write a whole number, as 100",
		       "page.%s is \"%.*s\", which is %s", key, ES_FMT(text),
		       time ? "no span of time" : "no number of ids");
	return otherwise;
}

static void windows(struct making *making)
{
	const struct es_config_connector *from = making->from;
	struct es_connector *to = making->to;
	const struct es_node *node = es_making_node(making->root, "page");
	bool time = to->paging == ES_PAGING_TIME;
	to->width = extent(making, "width", from->width, time ? ES_DAY : 1);
	to->least = extent(making, "least", from->least, time ? ES_MINUTE : 1);
	to->back = extent(making, "back", from->back, to->width);
	to->overlap = extent(making, "overlap", from->overlap, 0);
	to->lag = extent(making, "lag", from->lag, 0);
	to->full = from->full;
	if (to->width < 1 || to->least < 1)
		es_reader_note(making->reader, false, node, "write width: 1d, or width: 1",
			       "a window of nothing");
	if (to->least > to->width)
		es_reader_note(making->reader, false, node, "make least the smaller one",
			       "page.least is more than page.width");
	if (!time && to->overlap)
		es_reader_note(making->reader, false, node, "write lag: 5 for ids that come late",
			       "ids have no overlap");
	if (!call_has(&to->request, ES_VALUE_BEGIN))
		es_reader_note(making->reader, false, es_making_node(making->root, "request"),
			       time ? "write query: {from: \"{begin^time:'%s'}\", to: "
				      "\"{end^time:'%s'}\"}"
				    : "write url: \"{base}/item/{begin}\"",
			       "page.by is %s, and the request does not say {begin}",
			       time ? "time" : "id");
	if (!time && !from->newest.url.len)
		es_reader_note(making->reader, false, node,
			       "write newest: {url: \"{base}/newest\", id: last_id}",
			       "page.by is id, and nothing says what the newest id is");
	if (!time && from->newest.url.len && !from->newest_id.len)
		es_reader_note(making->reader, false, es_making_node(making->root, "newest"),
			       "write id: last_id, or id: $ where it is the whole answer",
			       "newest.id does not say where the answer has it");
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
	const struct es_node *node = es_making_node(making->root, "page");
	bool walks = to->paging == ES_PAGING_TIME || to->paging == ES_PAGING_ID;
	if (to->paging == ES_PAGING_CURSOR && !from->next.len)
		es_reader_note(making->reader, false, node, "write next: meta.cursor",
			       "page.by is cursor, and page.next does not say where it is");
	if (to->paging != ES_PAGING_CURSOR && to->keeps)
		es_reader_note(making->reader, false, node, "leave keep away, or write by: cursor",
			       "only a cursor is kept over rounds");
	if ((to->paging == ES_PAGING_PAGE || to->paging == ES_PAGING_OFFSET ||
	     to->paging == ES_PAGING_CURSOR) &&
	    !call_has(&to->request, ES_VALUE_CURSOR))
		es_reader_note(making->reader, false, es_making_node(making->root, "request"),
			       "write query: {page: \"{cursor}\"}",
			       "page.by is %.*s, and the request does not say {cursor}",
			       ES_FMT(from->page_by));
	if (walks)
		windows(making);
	else if (from->width.len || from->least.len || from->back.len || from->overlap.len ||
		 from->lag.len || from->full)
		es_reader_note(making->reader, false, node,
			       "leave width, least, back, overlap, lag and full away, or write by: "
			       "time",
			       "page.by is %.*s, which has no windows", ES_FMT(from->page_by));
	if (from->newest.url.len && to->paging != ES_PAGING_ID)
		es_reader_note(making->reader, false, es_making_node(making->root, "newest"),
			       "leave newest away, or write page: {by: id}",
			       "the newest id is asked for where page.by is id alone");
	if (to->paging != ES_PAGING_CURSOR && to->paging != ES_PAGING_LINK && from->next.len)
		es_reader_note(making->reader, false, es_making_node(making->root, "page.next"),
			       "leave next away, or write by: cursor or by: link",
			       "page.by is %.*s, which does not ask the answer for the next page",
			       ES_FMT(from->page_by));
	if (walks && (from->more.len || from->since.len))
		es_reader_note(making->reader, false, node, "leave more and since away",
			       "windows end by themselves: page.more and since say nothing here");
}

/* Has a post a field of that name? The reader of its lines knows. */
static bool is_field(struct earshot_str name)
{
	struct earshot_error error;
	struct earshot_feed *feed = NULL;
	const struct earshot_feed_map map = { name.ptr, "x" };
	const struct earshot_feed_options options = {
		.size = sizeof(options), .format = EARSHOT_FEED_JSONL, .map = &map, .n_map = 1
	};
	int rc = earshot_feed_new(&feed, &options, &error);
	earshot_feed_free(feed);
	return rc != EARSHOT_USAGE;
}

static void check_map(struct making *making)
{
	bool id = false, says = false;
	struct es_list map = making->from->map;
	ES_EACH (struct es_config_pair, pair, map) {
		id |= es_str_is(pair->key, "native_id");
		says |= es_str_is(pair->key, "text") || es_str_is(pair->key, "title") ||
			es_str_is(pair->key, "rating.value") ||
			es_str_starts(pair->key, ES_STR("survey."));
		if (!is_field(pair->key))
			es_reader_note(making->reader, false, pair->node,
				       "fields are native_id, url, title, text, author.name, "
				       "published_at, rating.value, survey.nps and the like "
				       "(config/connectors/README.md)",
				       "a post has no field \"%.*s\"", ES_FMT(pair->key));
	}
	const struct es_node *place = es_making_node(making->root, "map");
	if (map.n && !id)
		es_reader_note(
			making->reader, false, place, "write native_id: id",
			"map has no native_id, by which a post is known when it comes again");
	if (map.n && !says)
		es_reader_note(
			making->reader, false, place, "write text: body",
			"map has nothing that a post could say: no text, title, rating.value "
			"or survey");
}

static void answer(struct making *making)
{
	const struct es_config_connector *from = making->from;
	struct es_connector *to = making->to;
	const struct {
		const char *name, *path;
		struct earshot_str text;
	} asks[] = {
		{ ES_ASK_NEXT, "page.next", from->next },
		{ ES_ASK_MORE, "page.more", from->more },
		{ ES_ASK_SINCE, "since", from->since },
		{ ES_ASK_ERROR, "error", from->error },
		{ ES_ASK_WAIT, "wait", from->wait },
		{ ES_ASK_EVENT, "receive.event", from->receive.event },
	};
	struct es_page_field *at =
		es_arena_zalloc(making->reader->arena, ES_COUNT(asks), sizeof(*at));
	to->page.asks = at;
	for (size_t i = 0; at && i < ES_COUNT(asks); i++)
		if (asks[i].text.len)
			at[to->page.n_asks++] = (struct es_page_field){
				es_str_of(asks[i].name),
				es_making_one(making, asks[i].path, asks[i].text, false), ES_STR("")
			};
	to->page.items = es_making_one(making, "items", from->items, false);
	check_map(making);
	fields(making, from->map, false, &to->page.map, &to->page.n_map);
	fields(making, from->where, true, &to->page.where, &to->page.n_where);
	fields(making, from->skip, true, &to->page.skip, &to->page.n_skip);
	to->feed = !es_str_is(from->format, "json");
	to->bare = from->bare;
	if (!to->feed && ((!from->items.len && !to->only_streams) || !from->map.n))
		es_reader_note(making->reader, false, making->root,
			       "write items: hits[] and map: {native_id: id, text: body}",
			       "\"items\" and \"map\" are needed to find posts in JSON");
	if (to->feed && (from->items.len || from->map.n))
		es_reader_note(making->reader, false,
			       es_making_node(making->root, from->items.len ? "items" : "map"),
			       "leave format away, or these",
			       "format %.*s says itself where its posts are", ES_FMT(from->format));
}

/* Files with columns: there is nothing to be asked. */
static void columns(struct making *making)
{
	static const char *const unheard[] = { "newest", "stream", "receive", "page",
					       "where",  "skip",   "since",   "status" };
	const struct es_config_connector *from = making->from;
	if (!from->map.n)
		es_reader_note(making->reader, false, making->root, "write map: {text: COLUMN}",
			       "\"map\" is needed to find posts in columns");
	if (from->base.len || from->request.url.len || from->login.url.len || from->items.len ||
	    from->params.n)
		es_reader_note(making->reader, false, making->root,
			       "leave base, params, request, login and items away",
			       "format: csv reads files, and asks nobody");
	for (size_t i = 0; i < ES_COUNT(unheard); i++) {
		const struct es_node *node = es_making_node(making->root, unheard[i]);
		if (node)
			es_reader_note(making->reader, false, node, "leave it away",
				       "format: csv has no \"%s\": all lines of its files are read",
				       unheard[i]);
	}
}

/* What has to be there to ask for something. */
static void check_request(struct making *making)
{
	const struct es_node *request = es_making_node(making->root, "request");
	struct earshot_str base = making->from->base;
	if (!base.len)
		es_reader_note(making->reader, false, making->root, "write base: https://HOST",
			       "\"base\" is missing here");
	else if (!es_str_starts(base, ES_STR("https://")) &&
		 !es_str_starts(base, ES_STR("http://")) &&
		 !(es_str_is(making->from->stream_by, "websocket") &&
		   es_str_starts(base, ES_STR("wss://"))) &&
		 !es_str_starts(base, ES_STR("{")))
		es_reader_note(making->reader, false, es_making_node(making->root, "base"),
			       "write base: https://HOST", "the base \"%.*s\" is no http address",
			       ES_FMT(base));
	if (!making->from->request.url.len && (!making->from->stream.url.len || request))
		es_reader_note(making->reader, false, request ? request : making->root,
			       "write request: {url: \"{base}/...\"}", "\"url\" is missing here");
}

static void check_params(struct making *making)
{
	struct es_list params = making->from->params;
	const struct es_node *place = es_making_node(making->root, "params");
	if (params.n > ES_CONNECTOR_PARAMS_MAX)
		es_reader_note(making->reader, false, place, "leave out what nobody gives",
			       "more than %d params", ES_CONNECTOR_PARAMS_MAX);
	ES_EACH (struct es_config_param, param, params)
		if (is_own_name(param->name) || es_str_ends(param->name, ES_STR(ES_VALUE_FILE)))
			es_reader_note(making->reader, false, place,
				       "not base, cursor, since, login, begin, end, nor NAME_file, "
				       "which is the file of NAME",
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
	es_options_read(reader, es_connector_options, root, out);
	out->root = root;
	out->made.kind = kind;
	out->columns = es_str_is(out->format, "csv");
	if (out->columns)
		columns(&making);
	else if (es_node_child(root, "receive"))
		es_making_receive(&making);
	else
		check_request(&making);
	if (reader->errors > before)
		return EARSHOT_CONFIG;
	if (out->columns)
		return EARSHOT_OK;
	check_params(&making);
	secrets(&making);
	es_making_call(&making, "request", &out->request, &out->made.request);
	out->made.logs_in = out->login.url.len > 0;
	if (out->login.url.len) {
		es_making_call(&making, "login", &out->login, &out->made.login);
		out->made.login_token =
			es_making_one(&making, "login.token", out->login_token, false);
		out->made.login_ms = out->login_lasts;
		if (!out->login_token.len)
			es_reader_note(reader, false, es_making_node(root, "login"),
				       "write token: access_token",
				       "login.token does not say where the answer has it");
	}
	if (out->newest.url.len) {
		es_making_call(&making, "newest", &out->newest, &out->made.newest);
		out->made.newest_id = es_making_one(&making, "newest.id", out->newest_id, false);
	}
	out->made.only_streams = out->stream.url.len && !out->request.url.len;
	paging(&making);
	answer(&making);
	if (out->stream.url.len)
		es_making_stream(&making);
	else if (es_making_node(root, "stream"))
		es_reader_note(reader, false, es_making_node(root, "stream"),
			       "write stream: {url: \"{base}/...\"}", "\"url\" is missing here");
	rules(&making);
	return reader->errors > before ? EARSHOT_CONFIG : EARSHOT_OK;
}
