/* SPDX-License-Identifier: MIT
 *
 * page.c - a page of an API's answer -> lines of JSON with the members of a post.
 *
 *   {"hits": [{"objectID": "7", "comment_text": "a <b>b</b>"}]}
 *       items: hits[]    native_id: objectID    text: comment_text^html
 *   {"native_id":"7","text":"a b"}
 */
#include "post/expr.h"

#include <stdlib.h>
#include "text/text.h"

/* Texts by name as an object; NULL: no memory. */
static json_t *object_of(const struct es_named *values, size_t n)
{
	json_t *object = json_object();
	bool ok = object != NULL;
	for (size_t i = 0; ok && i < n; i++)
		if (values[i].value.ptr)
			ok = json_object_setn_new(
				     object, values[i].name.ptr, values[i].name.len,
				     json_stringn(values[i].value.ptr, values[i].value.len)) == 0;
	if (ok)
		return object;
	json_decref(object);
	return NULL;
}

bool es_expr_fill(const struct es_expr *expr, const struct es_named *values, size_t n,
		  struct es_buf *out)
{
	const struct es_expr_env env = { .item = object_of(values, n) };
	size_t before = out->len;
	if (env.item)
		es_expr_first(expr, &env, out);
	else
		out->failed = true;
	json_decref((json_t *)env.item);
	return out->len > before;
}

struct reading {
	const struct es_page *page;
	struct es_expr_env env; /* of the item at hand */
	struct es_buf *lines;
	struct es_page_result *result;
	struct earshot_error *error;
};

/* ---- one item ---- */

static int same(void *ctx, struct earshot_str value)
{
	const struct earshot_str *want = ctx;
	return es_str_is(*want, "*") || es_str_eq(*want, value);
}

static bool holds(const struct reading *reading, const struct es_page_field *field)
{
	struct earshot_str want = field->is;
	return es_expr_each(field->from, &reading->env, same, &want) == 1;
}

static bool is_wanted(const struct reading *reading)
{
	const struct es_page *page = reading->page;
	for (size_t i = 0; i < page->n_where; i++)
		if (!holds(reading, &page->where[i]))
			return false;
	for (size_t i = 0; i < page->n_skip; i++)
		if (holds(reading, &page->skip[i]))
			return false;
	return true;
}

static bool is_list(struct earshot_str name)
{
	return es_str_is(name, "tags") || es_str_is(name, "media");
}

struct putting {
	json_t *into; /* an object, or the list of a field */
	struct earshot_str key;
	bool any, failed;
};

/* json_stringn() refuses what is no UTF-8; jansson has checked it on the way in, and no filter
 * cuts within a character. */
static int put(void *ctx, struct earshot_str value)
{
	struct putting *putting = ctx;
	json_t *text = json_stringn(value.ptr, value.len);
	putting->any = true;
	if (json_is_array(putting->into)) {
		putting->failed |= json_array_append_new(putting->into, text) != 0;
		return 0;
	}
	putting->failed |=
		json_object_setn_new(putting->into, putting->key.ptr, putting->key.len, text) != 0;
	return 1;
}

/* "author.handle" -> {"author": {"handle": ...}} */
static int put_field(const struct reading *reading, json_t *line, const struct es_page_field *field)
{
	struct putting putting = { .into = line, .key = field->name };
	const char *dot = memchr(field->name.ptr, '.', field->name.len);
	json_t *inner = NULL;
	size_t head = dot ? (size_t)(dot - field->name.ptr) : field->name.len;
	if (is_list(field->name))
		inner = json_array();
	else if (dot)
		inner = json_incref(json_object_getn(line, field->name.ptr, head));
	if (dot && !inner)
		inner = json_object();
	if (inner) {
		putting.into = inner;
		putting.key = dot ? es_str(dot + 1, field->name.len - head - 1) : field->name;
	} else if (dot || is_list(field->name)) {
		return es_err_nomem(reading->error);
	}
	int rc = es_expr_each(field->from, &reading->env, put, &putting);
	if (inner && putting.any)
		putting.failed |= json_object_setn_new(line, field->name.ptr, head, inner) != 0;
	else
		json_decref(inner);
	if (rc == EARSHOT_NOMEM || putting.failed)
		return es_err_nomem(reading->error);
	return rc == EARSHOT_LIMIT ? rc : EARSHOT_OK;
}

static bool is_carrier(struct earshot_str name)
{
	return es_str_is(name, "text") || es_str_is(name, "title") ||
	       es_str_is(name, "rating.value") || es_str_starts(name, ES_STR("survey."));
}

static bool is_deletion(const json_t *line)
{
	const char *op = json_string_value(json_object_get(line, "op"));
	return op && strcmp(op, "delete") == 0;
}

/* Of a post that is gone its name is left: what an API still says of it is nobody's business, and
 * would make two deletions of one. */
static void make_bare(json_t *line)
{
	static const char *const kept[] = { "op", "native_id", "url" };
	const char *key;
	json_t *value;
	void *next;
	json_object_foreach_safe(line, next, key, value)
	{
		size_t i = 0;
		while (i < ES_COUNT(kept) && strcmp(key, kept[i]) != 0)
			i++;
		if (i == ES_COUNT(kept))
			json_object_del(line, key);
	}
}

/* Whether a line says anything: a picture alone does not. *lost: where the map leads to no
 * member for the id, or for all that could carry something, an empty one being one: the API
 * has changed. Without its id an item would be another post every time. */
static bool says_something(const struct reading *reading, const json_t *line, bool *lost)
{
	const struct es_page *page = reading->page;
	bool says = is_deletion(line), led = says;
	for (size_t i = 0; i < page->n_map; i++) {
		const struct es_page_field *field = &page->map[i];
		if (es_str_is(field->name, "native_id") && !json_object_get(line, "native_id")) {
			*lost = true;
			return false;
		}
		if (is_carrier(field->name))
			led = led || es_expr_leads(field->from, &reading->env);
	}
	says |= json_object_get(line, "text") || json_object_get(line, "title") ||
		json_object_get(line, "survey") ||
		json_object_get(json_object_get(line, "rating"), "value");
	*lost = !led;
	return says;
}

static int add_line(const struct reading *reading, const char *text, size_t len)
{
	struct es_buf *lines = reading->lines;
	if (len + 1 > lines->limit - lines->len)
		return es_err(reading->error, EARSHOT_LIMIT,
			      "its items are longer than %zu bytes all together", lines->limit);
	es_buf_add(lines, text, len);
	es_buf_putc(lines, '\n');
	reading->result->lines++;
	return es_buf_ok(lines) ? EARSHOT_OK : es_err_nomem(reading->error);
}

static int on_item(void *ctx, const json_t *item)
{
	struct reading *reading = ctx;
	int rc = EARSHOT_OK;
	reading->result->items++;
	reading->env.item = item;
	if (!is_wanted(reading)) {
		reading->result->skipped++;
		return 0;
	}
	json_t *line = json_object();
	if (!line)
		return es_err_nomem(reading->error);
	for (size_t i = 0; i < reading->page->n_map && rc == EARSHOT_OK; i++)
		rc = put_field(reading, line, &reading->page->map[i]);
	bool lost = false, says = rc == EARSHOT_OK && says_something(reading, line, &lost);
	if (says && is_deletion(line))
		make_bare(line);
	char *text = says ? json_dumps(line, JSON_COMPACT) : NULL;
	json_decref(line);
	if (says && !text)
		rc = es_err_nomem(reading->error);
	size_t len = text ? strlen(text) : 0;
	if (rc == EARSHOT_LIMIT || len > ES_LIMIT_LINE) {
		reading->result->big++; /* the others are none the worse for it */
		rc = EARSHOT_OK;
	} else if (rc == EARSHOT_OK && says) {
		rc = add_line(reading, text, len);
	} else if (rc == EARSHOT_OK) {
		reading->result->empty += !lost;
		reading->result->lost += lost;
	}
	free(text);
	return rc;
}

/* ---- the page ---- */

struct asking {
	es_page_value_fn *fn;
	void *ctx;
	struct earshot_str name;
};

static int tell(void *ctx, struct earshot_str value)
{
	const struct asking *asking = ctx;
	asking->fn(asking->ctx, asking->name, value);
	return 1;
}

/* A tree of values takes a hundred times the room of `[[],[],...`: they are counted before it is
 * made. Signs within texts count for none. */
static bool has_too_many_values(struct earshot_str text)
{
	size_t n = 0;
	bool quoted = false;
	if (text.len <= ES_PAGE_VALUES_MAX) /* each has a byte of its own at least */
		return false;
	for (size_t i = 0; i < text.len && n <= ES_PAGE_VALUES_MAX; i++) {
		char c = text.ptr[i];
		if (c == '"')
			quoted = !quoted;
		else if (quoted)
			i += c == '\\';
		else
			n += c == ',' || c == '[' || c == '{';
	}
	return n > ES_PAGE_VALUES_MAX;
}

/* What jansson would refuse a whole page for: bytes that are no UTF-8, \u0000, half a pair.
 * Copied to `out` where there may be any. */
static struct earshot_str clean(struct es_buf *out, const char *ptr, size_t len)
{
	if (es_utf8_valid(ptr, len) && !memmem(ptr, len, "\\u", 2))
		return es_str(ptr, len);
	for (size_t n = 0, step; n < len; n += step ? step : 1) {
		step = (unsigned char)ptr[n] < 0x80 ? 1 : es_utf8_sequence(ptr + n, len - n);
		es_buf_add(out, step ? ptr + n : "\xef\xbf\xbd", step ? step : 3);
	}
	if (es_buf_ok(out) && out->len)
		es_json_mend(out->ptr, out->len);
	return es_buf_view(out);
}

int es_page_read(const struct es_page *page, const struct es_named *values, size_t n_values,
		 const char *ptr, size_t len, struct es_buf *lines, es_page_value_fn *fn, void *ctx,
		 struct es_page_result *result, struct earshot_error *error)
{
	json_error_t bad;
	struct es_buf copy, counted;
	json_t *root = NULL;
	int64_t looks = ES_PAGE_LOOKS_MAX;
	*result = (struct es_page_result){ 0 };
	if (es_str_starts(es_str(ptr, len), ES_STR("\xef\xbb\xbf"))) {
		ptr += 3;
		len -= 3;
	}
	if (len == 0)
		return es_err(error, EARSHOT_DATA, "the answer is empty");
	es_buf_init(&copy, 3 * len + 1);
	struct earshot_str text = clean(&copy, ptr, len);
	bool ok = es_buf_ok(&copy), many = has_too_many_values(text);
	if (ok && !many && !page->items)
		root = es_page_narrow(page, text);
	es_buf_init(&counted, 2 * text.len + 1);
	if (ok && !many && !root)
		text = es_page_numbers(&counted, text);
	ok = ok && es_buf_ok(&counted);
	if (ok && !many && !root)
		root = json_loadb(text.ptr, text.len, JSON_DECODE_ANY, &bad);
	es_buf_release(&copy);
	es_buf_release(&counted);
	if (!ok)
		return es_err_nomem(error);
	if (many)
		return es_err(error, EARSHOT_LIMIT, "an answer of more than %u values",
			      ES_PAGE_VALUES_MAX);
	if (!root) {
		int rc = es_err(error, EARSHOT_DATA, "no JSON: %s", bad.text);
		es_err_at(error, NULL, bad.line, bad.column);
		return rc;
	}
	result->bare = json_is_null(root) || (json_is_object(root) && json_object_size(root) == 0);
	json_t *source = object_of(values, n_values);
	const struct es_expr_env env = { root, root, source, &looks };
	struct reading reading = { page, env, lines, result, error };
	int rc = source ? EARSHOT_OK : es_err_nomem(error);
	result->there = !page->items;
	if (rc == EARSHOT_OK && !page->items)
		rc = on_item(&reading, root);
	else if (rc == EARSHOT_OK)
		rc = es_expr_nodes(page->items, &env, &result->there, on_item, &reading);
	for (size_t i = 0; i < page->n_asks && rc == EARSHOT_OK && fn; i++) {
		struct asking asking = { fn, ctx, page->asks[i].name };
		if (es_expr_each(page->asks[i].from, &env, tell, &asking) == EARSHOT_NOMEM)
			rc = es_err_nomem(error);
	}
	if (rc == EARSHOT_OK && looks < 0)
		rc = es_err(error, EARSHOT_LIMIT,
			    "its items and lists are too long to be gone through (%d elements)",
			    ES_PAGE_LOOKS_MAX);
	json_decref(source);
	json_decref(root);
	return rc;
}
