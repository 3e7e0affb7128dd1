/* SPDX-License-Identifier: MIT
 *
 * call.c - templates to a request.
 */
#include "collect/pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/http.h"
#include "text/text.h"

/* Each param, the file of one that has a default too, and base, cursor, since, login, begin, end.
 */
#define VALUES_MAX        (2u * ES_CONNECTOR_PARAMS_MAX + 6u)
#define SECRET_MIN        4u     /* a shorter one stands in any word */
#define ES_VALUE_FILE_MAX 16384u /* bytes of a file that holds a value */

/* ---- a request ---- */

struct values {
	struct es_named at[VALUES_MAX];
	size_t n;
	char first[24], begin[24], end[24];
	struct es_arena arena; /* of what files say */
};

static void add_value(struct values *values, const char *name, const char *text)
{
	if (text && values->n < VALUES_MAX)
		values->at[values->n++] = (struct es_named){ es_str_of(name), es_str_of(text) };
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
	bool counts = es_pages_count(connector);
	snprintf(values->first, sizeof(values->first), "%lld", (long long)connector->first);
	values->n = 0;
	for (size_t i = 0; i < source->n_values && values->n < VALUES_MAX - 5; i++)
		if (rc == EARSHOT_OK && es_str_ends(source->values[i].name, ES_STR(ES_VALUE_FILE)))
			rc = add_file(values, source->values[i], error);
		else
			values->at[values->n++] = source->values[i];
	if (es_pages_are_windows(connector)) {
		snprintf(values->begin, sizeof(values->begin), "%lld", (long long)pages->begin);
		snprintf(values->end, sizeof(values->end), "%lld", (long long)pages->end);
		add_value(values, ES_VALUE_BEGIN, values->begin);
		add_value(values, ES_VALUE_END, values->end);
	} else {
		add_value(values, ES_VALUE_CURSOR,
			  pages->cursor ? pages->cursor
			  : counts      ? values->first
					: NULL);
	}
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

/* A value as JSON has it: of a param that is to be a number only what is one. */
static void add_json_value(struct es_buf *out, const struct es_connector_pair *pair,
			   struct earshot_str text)
{
	int64_t number;
	if (pair->bare || (es_expr_is_number(pair->value) && es_json_integer(text, &number)))
		es_buf_add_str(out, text);
	else
		es_buf_json_str(out, text.ptr, text.len);
}

/* The name up to its next dot, behind `skip` bytes. */
static struct earshot_str member_of(struct earshot_str name, size_t skip)
{
	const char *dot = memchr(name.ptr + skip, '.', name.len - skip);
	return es_str(name.ptr + skip, dot ? (size_t)(dot - name.ptr) - skip : name.len - skip);
}

/* The object of all that begins as `of` does up to `skip` bytes; where a member that is an object
 * stands first, all of it is written. */
static void add_json(struct es_buf *out, const struct es_connector_pair *pairs, size_t n,
		     struct earshot_str of, size_t skip, const struct values *values)
{
	struct es_buf value;
	const char *sep = "{";
	es_buf_init(&value, ES_CALL_TEXT_MAX);
	for (size_t i = 0; i < n; i++) {
		struct earshot_str name = pairs[i].name, head = es_str(of.ptr, skip);
		if (!es_str_starts(name, head))
			continue;
		struct earshot_str member = member_of(name, skip);
		size_t deep = skip + member.len + 1;
		bool object = deep < name.len, known = false;
		for (size_t k = 0; object && k < i && !known; k++)
			known = es_str_starts(pairs[k].name, es_str(name.ptr, deep));
		if (known || (!object && !fill(&value, pairs[i].value, values, out)))
			continue;
		es_buf_puts(out, sep);
		es_buf_json_str(out, member.ptr, member.len);
		es_buf_putc(out, ':');
		if (object)
			add_json(out, pairs, n, name, deep, values);
		else
			add_json_value(out, &pairs[i], es_buf_view(&value));
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

/* {NAME} -> its value. */
static void fill_link(struct es_buf *out, struct earshot_str link, const struct values *values)
{
	for (size_t i = 0; i < link.len; i++) {
		const char *end =
			link.ptr[i] == '{' ? memchr(link.ptr + i, '}', link.len - i) : NULL;
		if (!end) {
			es_buf_putc(out, link.ptr[i]);
			continue;
		}
		size_t len = (size_t)(end - link.ptr) - i - 1;
		struct earshot_str name = es_str(link.ptr + i + 1, len);
		for (size_t k = 0; k < values->n; k++)
			if (es_str_eq(values->at[k].name, name))
				es_buf_percent(out, values->at[k].value);
		i += len + 1;
	}
}

static int make(struct es_call *call, const struct es_connector_call *form,
		const struct es_source *source, const struct es_pages *pages, struct values *values,
		struct earshot_error *error)
{
	bool linked = source->connector->paging == ES_PAGING_LINK && pages->cursor &&
		      form == &source->connector->request;
	if (linked) {
		fill_link(&call->url, es_str_of(pages->cursor), values);
	} else if (!es_expr_fill(form->url, values->at, values->n, &call->url) &&
		   es_buf_ok(&call->url)) {
		return es_err(error, EARSHOT_CONFIG, "its address comes to nothing");
	} else {
		bool asks = es_buf_ok(&call->url) && memchr(call->url.ptr, '?', call->url.len);
		add_pairs(&call->url, form->query, form->n_query, values, asks ? "&" : "?");
	}
	if (form->n_json)
		add_json(&call->body, form->json, form->n_json, ES_STR(""), 0, values);
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
	const struct es_connector_call *form = logging_in ? &connector->login
					       : es_window_wants_newest(pages, connector)
						       ? &connector->newest
						       : &connector->request;
	struct es_call call;
	int rc = es_call_make(&call, form, source, pages, login, error);
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

static bool is_secret(const struct es_connector *connector, struct earshot_str name)
{
	for (size_t i = 0; i < connector->n_secrets; i++)
		if (es_str_eq(connector->secrets[i], name))
			return true;
	return false;
}

/* Without its %XX; 0 where it is longer than any value. */
static size_t decoded(char *out, size_t size, struct earshot_str part)
{
	size_t n = 0;
	for (size_t i = 0; i < part.len; i++) {
		int byte = es_percent_byte(part.ptr + i, part.len - i);
		if (n == size)
			return 0;
		out[n++] = byte >= 0 ? (char)byte : part.ptr[i];
		i += byte >= 0 ? 2 : 0;
	}
	return n;
}

/* The secret that a part of an address is, percent-encoded in whatever way; ptr NULL = none. */
static struct earshot_str secret_of(const struct es_connector *connector,
				    const struct values *values, struct earshot_str part)
{
	char text[ES_VALUE_FILE_MAX + 1];
	size_t len = decoded(text, sizeof(text), part);
	for (size_t i = 0; i < values->n; i++)
		if (len && is_secret(connector, values->at[i].name) &&
		    es_str_eq(values->at[i].value, es_str(text, len)))
			return values->at[i].name;
	return es_str(NULL, 0);
}

int es_link_keep(struct es_buf *out, const struct es_source *source, struct earshot_str link)
{
	const struct es_pages none = { 0 };
	struct values values = { .n = 0 };
	int rc = all_values(&values, source, &none, NULL, NULL);
	for (size_t i = 0, n; i < link.len && rc == EARSHOT_OK; i += n) {
		for (n = 0; i + n < link.len && !memchr("/?&=#;", link.ptr[i + n], 6);)
			n++;
		struct earshot_str part = es_str(link.ptr + i, n);
		struct earshot_str name = secret_of(source->connector, &values, part);
		if (name.ptr)
			es_buf_printf(out, "{%.*s}", ES_FMT(name));
		for (size_t k = 0; k < n && !name.ptr; k++)
			/* only what stands here for a value may stand in braces */
			es_buf_puts(out, part.ptr[k] == '{'   ? "%7B"
					 : part.ptr[k] == '}' ? "%7D"
							      : (char[]){ part.ptr[k], 0 });
		if (i + n < link.len)
			es_buf_putc(out, link.ptr[i + n++]);
	}
	es_arena_release(&values.arena);
	if (rc == EARSHOT_OK && !es_buf_ok(out))
		rc = EARSHOT_LIMIT;
	return rc == EARSHOT_CONFIG ? EARSHOT_OK : rc;
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
