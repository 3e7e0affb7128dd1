/* SPDX-License-Identifier: MIT
 *
 * pages.c - templates to a request; a page to the next one.
 */
#include "collect/pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/members.h"
#include "text/text.h"

/* Each param, the file of one that has a default too, and base, cursor, since, login. */
#define VALUES_MAX        (2u * ES_CONNECTOR_PARAMS_MAX + 4u)
#define SECRET_MIN        4u     /* a shorter one stands in any word */
#define ES_VALUE_FILE_MAX 16384u /* bytes of a file that holds a value */

/* ---- a request ---- */

struct values {
	struct es_named at[VALUES_MAX];
	size_t n;
	char first[24];
	struct es_arena arena; /* of what files say */
};

static void add_value(struct values *values, const char *name, const char *text)
{
	if (text && values->n < VALUES_MAX)
		values->at[values->n++] = (struct es_named){ es_str_of(name), es_str_of(text) };
}

static bool is_counted(const struct es_connector *connector)
{
	return connector->paging == ES_PAGING_PAGE || connector->paging == ES_PAGING_OFFSET;
}

/* The text of a file, trimmed, under the name without its tail. */
static int add_file(struct values *values, struct es_named named, struct earshot_error *error)
{
	char text[ES_VALUE_FILE_MAX + 1];
	size_t tail = sizeof(ES_VALUE_FILE) - 1;
	FILE *file = fopen(named.value.ptr, "re");
	size_t len = file ? fread(text, 1, sizeof(text), file) : 0;
	bool bad = !file || ferror(file) || len > ES_VALUE_FILE_MAX;
	if (file)
		fclose(file);
	if (bad)
		return es_err(error, EARSHOT_CONFIG, "%s cannot be read (%u bytes at most)",
			      named.value.ptr, ES_VALUE_FILE_MAX);
	if (!es_utf8_valid(text, len) || memchr(text, '\0', len))
		return es_err(error, EARSHOT_CONFIG, "%s is no text in UTF-8", named.value.ptr);
	struct earshot_str value = es_str_trim(es_str(text, len));
	value = es_arena_str(&values->arena, value.ptr, value.len);
	if (!value.ptr)
		return es_err_nomem(error);
	values->at[values->n++] =
		(struct es_named){ es_str(named.name.ptr, named.name.len - tail), value };
	return EARSHOT_OK;
}

static int all_values(struct values *values, const struct es_source *source,
		      const struct es_pages *pages, const char *login, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	const struct es_connector *connector = source->connector;
	bool counts = is_counted(connector);
	snprintf(values->first, sizeof(values->first), "%lld", (long long)connector->first);
	values->n = 0;
	for (size_t i = 0; i < source->n_values && values->n < VALUES_MAX - 3; i++)
		if (rc == EARSHOT_OK && es_str_ends(source->values[i].name, ES_STR(ES_VALUE_FILE)))
			rc = add_file(values, source->values[i], error);
		else
			values->at[values->n++] = source->values[i];
	add_value(values, ES_VALUE_CURSOR,
		  pages->cursor ? pages->cursor
		  : counts      ? values->first
				: NULL);
	add_value(values, ES_VALUE_SINCE, pages->since);
	add_value(values, ES_VALUE_LOGIN, login);
	return rc;
}

/* The text of a template in `value`; false where it comes to nothing and is left out. One that
 * fails is none that may be left out: `out` has failed, too. */
static bool fill(struct es_buf *value, const struct es_expr *from, const struct values *values,
		 struct es_buf *out)
{
	es_buf_clear(value);
	bool any = es_expr_fill(from, values->at, values->n, value);
	out->failed |= !es_buf_ok(value);
	return any;
}

/* name=value&name=value, encoded; what comes to nothing is left out. */
static void add_pairs(struct es_buf *out, const struct es_connector_pair *pairs, size_t n,
		      const struct values *values, const char *first)
{
	struct es_buf value;
	es_buf_init(&value, ES_CALL_TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		if (!fill(&value, pairs[i].value, values, out))
			continue;
		es_buf_puts(out, first);
		es_buf_percent(out, pairs[i].name);
		es_buf_putc(out, '=');
		es_buf_percent(out, es_buf_view(&value));
		first = "&";
	}
	es_buf_release(&value);
}

static void add_json(struct es_buf *out, const struct es_connector_pair *pairs, size_t n,
		     const struct values *values)
{
	struct es_buf value;
	const char *sep = "{";
	es_buf_init(&value, ES_CALL_TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		if (!fill(&value, pairs[i].value, values, out))
			continue;
		es_buf_puts(out, sep);
		es_buf_json_str(out, pairs[i].name.ptr, pairs[i].name.len);
		es_buf_putc(out, ':');
		es_buf_json_str(out, es_buf_view(&value).ptr, value.len);
		sep = ",";
	}
	es_buf_puts(out, *sep == '{' ? "{}" : "}");
	es_buf_release(&value);
}

/* "Name: value" with a NUL behind it; a line end in a value would be another header. */
static void begin_header(struct es_call *call, struct earshot_str name)
{
	es_buf_add_str(&call->text, name);
	es_buf_puts(&call->text, ": ");
}

static void end_header(struct es_call *call)
{
	if (es_buf_ok(&call->text))
		for (size_t i = 0; i < call->text.len; i++)
			if (call->text.ptr[i] == '\r' || call->text.ptr[i] == '\n')
				call->text.ptr[i] = ' ';
	es_buf_putc(&call->text, '\0');
	call->n_headers++;
}

static void add_headers(struct es_call *call, const struct es_connector_call *form,
			const struct values *values)
{
	struct es_buf value;
	es_buf_init(&value, ES_CALL_TEXT_MAX);
	for (size_t i = 0; i < form->n_headers && call->n_headers < ES_CALL_HEADERS - 2; i++) {
		if (!fill(&value, form->headers[i].value, values, &call->text))
			continue;
		begin_header(call, form->headers[i].name);
		es_buf_add_str(&call->text, es_buf_view(&value));
		end_header(call);
	}
	if (form->bearer && fill(&value, form->bearer, values, &call->text)) {
		begin_header(call, ES_STR("Authorization"));
		es_buf_puts(&call->text, "Bearer ");
		es_buf_add_str(&call->text, es_buf_view(&value));
		end_header(call);
	} else if (form->basic && fill(&value, form->basic, values, &call->text)) {
		begin_header(call, ES_STR("Authorization"));
		es_buf_puts(&call->text, "Basic ");
		es_buf_base64(&call->text, value.ptr, value.len);
		end_header(call);
	}
	if (call->post) {
		begin_header(call, ES_STR("Content-Type"));
		es_buf_puts(&call->text, form->n_json ? "application/json"
						      : "application/x-www-form-urlencoded");
		end_header(call);
	}
	es_buf_release(&value);
}

static int make(struct es_call *call, const struct es_connector_call *form,
		const struct es_source *source, const struct es_pages *pages, struct values *values,
		struct earshot_error *error)
{
	bool linked = source->connector->paging == ES_PAGING_LINK && pages->cursor &&
		      form == &source->connector->request;
	if (linked) {
		es_buf_puts(&call->url, pages->cursor);
	} else if (!es_expr_fill(form->url, values->at, values->n, &call->url) &&
		   es_buf_ok(&call->url)) {
		return es_err(error, EARSHOT_CONFIG, "its address comes to nothing");
	} else {
		bool asks = es_buf_ok(&call->url) && memchr(call->url.ptr, '?', call->url.len);
		add_pairs(&call->url, form->query, form->n_query, values, asks ? "&" : "?");
	}
	if (form->n_json)
		add_json(&call->body, form->json, form->n_json, values);
	else
		add_pairs(&call->body, form->form, form->n_form, values, "");
	add_headers(call, form, values);
	if (!es_buf_ok(&call->url) || !es_buf_ok(&call->body) || !es_buf_ok(&call->text))
		return es_err(error, EARSHOT_LIMIT, "a request of more than %u bytes",
			      ES_CALL_TEXT_MAX);
	const char *at = call->text.ptr;
	for (size_t i = 0; i < call->n_headers; i++, at += strlen(at) + 1)
		call->headers[i] = at;
	return EARSHOT_OK;
}

int es_call_make(struct es_call *call, const struct es_connector_call *form,
		 const struct es_source *source, const struct es_pages *pages, const char *login,
		 struct earshot_error *error)
{
	struct values values = { .n = 0 };
	*call = (struct es_call){ .post = form->n_form || form->n_json };
	es_buf_init(&call->url, ES_CALL_TEXT_MAX);
	es_buf_init(&call->body, ES_CALL_TEXT_MAX);
	es_buf_init(&call->text, ES_CALL_TEXT_MAX);
	int rc = all_values(&values, source, pages, login, error);
	if (rc == EARSHOT_OK)
		rc = make(call, form, source, pages, &values, error);
	es_arena_release(&values.arena);
	return rc;
}

void es_call_release(struct es_call *call)
{
	es_buf_release(&call->url);
	es_buf_release(&call->body);
	es_buf_release(&call->text);
}

int es_call_send(struct es_net *net, const struct es_source *source, const struct es_pages *pages,
		 const char *login, struct es_net_request *request, struct earshot_error *error)
{
	const struct es_connector *connector = source->connector;
	bool logging_in = connector->logs_in && !login;
	struct es_call call;
	int rc = es_call_make(&call, logging_in ? &connector->login : &connector->request, source,
			      pages, login, error);
	if (rc == EARSHOT_OK) {
		request->url = call.url.ptr;
		request->form = call.post ? es_buf_view(&call.body).ptr : NULL;
		request->headers = call.headers;
		request->n_headers = call.n_headers;
		if (!connector->feed || logging_in)
			request->accept = "application/json";
		rc = es_net_get(net, request, error);
	}
	es_call_release(&call);
	return rc;
}

static void hide(char *text, size_t len, struct earshot_str secret)
{
	char *end = text + len;
	for (char *at = text; (at = memmem(at, (size_t)(end - at), secret.ptr, secret.len));
	     at += secret.len)
		memset(at, '*', secret.len);
}

void es_call_hide(const struct es_source *source, char *text, size_t len)
{
	const struct es_connector *connector = source->connector;
	const struct es_pages none = { 0 };
	struct values values = { .n = 0 };
	/* a file that cannot be read now has no value that could have been sent */
	(void)all_values(&values, source, &none, NULL, NULL);
	for (size_t i = 0; i < values.n; i++)
		for (size_t k = 0; k < connector->n_secrets; k++) {
			struct earshot_str value = values.at[i].value;
			if (value.len >= SECRET_MIN &&
			    es_str_eq(values.at[i].name, connector->secrets[k]))
				hide(text, len, value);
		}
	es_arena_release(&values.arena);
}

const char *es_connector_address(struct es_arena *arena, const struct es_source *source)
{
	const struct es_pages none = { 0 };
	struct es_call call;
	const struct es_connector *connector = source->connector;
	int rc = es_call_make(
		&call, connector->only_streams ? &connector->stream.call : &connector->request,
		source, &none, NULL, NULL);
	const char *out = es_arena_str(arena, call.url.ptr ? call.url.ptr : "",
				       rc == EARSHOT_OK ? call.url.len : 0)
				  .ptr;
	es_call_release(&call);
	return out;
}

/* ---- from page to page ---- */

void es_pages_release(struct es_pages *pages)
{
	free(pages->since);
	free(pages->since_next);
	free(pages->cursor);
	*pages = (struct es_pages){ 0 };
}

/* The number of the next page, as text. */
static struct earshot_str counted(const struct es_pages *pages,
				  const struct es_connector *connector, char room[24])
{
	int64_t at = connector->first + pages->n * connector->step;
	return es_str(room, (size_t)snprintf(room, 24, "%lld", (long long)at));
}

/* What was read of the running round is met again. */
static void begin_again(struct es_pages *pages)
{
	free(pages->cursor);
	free(pages->since_next);
	pages->cursor = pages->since_next = NULL;
	pages->n = pages->passed = 0;
	pages->before = pages->read;
}

void es_pages_fail(struct es_pages *pages, const struct es_connector *connector, bool refused)
{
	if (connector->keeps)
		return;
	if (pages->n > 0) {
		begin_again(pages);
	} else if (refused) {
		free(pages->since);
		pages->since = NULL;
	}
}

int es_pages_turn(struct es_pages *pages, const struct es_connector *connector,
		  const struct es_page_outcome *outcome, bool *round_over, bool *gap)
{
	char room[24];
	struct earshot_str next = { NULL, 0 };
	int rc = EARSHOT_OK;
	if (pages->n++ == 0)
		rc = es_str_keep(&pages->since_next, outcome->since);
	if (is_counted(connector))
		next = counted(pages, connector, room);
	else if (connector->paging == ES_PAGING_CURSOR)
		next = outcome->next;
	else if (connector->paging == ES_PAGING_LINK)
		next = outcome->link;
	bool same = pages->cursor && es_str_is(next, pages->cursor);
	bool more = !outcome->more.ptr ||
		    (!es_str_is(outcome->more, "false") && !es_str_is(outcome->more, "0"));
	/* behind a page without news all is known; not where the cursor leads on through time, and
	 * not where it holds nothing that could be known */
	pages->read += outcome->news;
	pages->passed += outcome->posts - outcome->news;
	bool known = outcome->news == 0 && pages->passed > pages->before && !connector->keeps;
	/* nor where it may be known by a stream, which began behind what is looked for */
	known = known && !connector->streams;
	bool end = !next.len || same || !more || known || outcome->items == 0;
	*round_over = end || pages->n >= connector->most;
	/* the first round goes back as far as it is told to */
	*gap = *round_over && !end && pages->whole && !connector->keeps;
	if (rc == EARSHOT_OK && (!*round_over || connector->keeps))
		rc = next.len ? es_str_keep(&pages->cursor, next) : EARSHOT_OK;
	if (rc != EARSHOT_OK || !*round_over)
		return rc;
	pages->n = pages->read = pages->before = pages->passed = 0;
	pages->whole = true;
	if (!connector->keeps)
		rc = es_str_keep(&pages->cursor, (struct earshot_str){ NULL, 0 });
	if (rc == EARSHOT_OK && pages->since_next) {
		free(pages->since);
		pages->since = pages->since_next;
		pages->since_next = NULL;
	}
	return rc;
}

/* ---- in the record of the source ---- */

void es_pages_encode(struct es_buf *out, const struct es_pages *pages)
{
	if (!pages->since && !pages->cursor && !pages->whole && !pages->n && !pages->read)
		return;
	es_buf_printf(out, ",\"pages\":{\"n\":%lld,\"read\":%lld,\"whole\":%s", (long long)pages->n,
		      (long long)pages->read, pages->whole ? "true" : "false");
	es_member_put_text(out, "since", pages->since);
	es_member_put_text(out, "since_next", pages->since_next);
	es_member_put_text(out, "cursor", pages->cursor);
	es_buf_putc(out, '}');
}

int es_pages_decode(struct es_pages *pages, const struct es_connector *connector,
		    struct es_arena *arena, struct earshot_str raw)
{
	const struct es_members object = { arena, raw };
	es_pages_release(pages);
	if (!raw.ptr || !connector)
		return EARSHOT_OK;
	pages->n = es_member_int(&object, "n");
	pages->read = es_member_int(&object, "read");
	pages->whole = es_member_is_true(&object, "whole");
	int rc = es_str_keep(&pages->since, es_member_text(&object, "since"));
	if (rc == EARSHOT_OK)
		rc = es_str_keep(&pages->since_next, es_member_text(&object, "since_next"));
	if (rc == EARSHOT_OK)
		rc = es_str_keep(&pages->cursor, es_member_text(&object, "cursor"));
	if (is_counted(connector) || !pages->cursor)
		begin_again(pages);
	return rc;
}
