/* SPDX-License-Identifier: MIT
 *
 * json.c - JSON Feed 1.x. The document is cut into its items on the way, so
 * that only one of them is ever in memory; jansson reads each.
 *
 *   {"version": .., "title": .., "items": [ {..}, {..} ], ..}
 *               ^ depth 1: members  ^ depth 2: items
 */
#include "feed/json.h"

#include <stdio.h>
#include "feed/reader.h"
#include "feed/url.h"

#define HEAD_MAX (64u * 1024u) /* bytes of one member beside `items` */
#define KEY_MAX  16

enum take { NOTHING, HEAD, ITEM };

struct state {
	struct es_buf value; /* the item or member that is being read */
	struct es_buf scratch;
	char key[KEY_MAX];
	size_t n_key;
	int depth, base; /* base: depth of the items' list, 0 = not in it */
	enum take take;
	bool string, escape, in_key, after_colon, too_long;
	bool opened, has_items, closed;
	int64_t line, item_line;
};

/* ---- one JSON text ---- */

json_t *es_json_load(struct es_buf *scratch, const char *ptr, size_t len,
		     struct earshot_error *error)
{
	json_error_t bad;
	if (memmem(ptr, len, "\\u", 2)) {
		es_buf_clear(scratch);
		es_buf_add(scratch, ptr, len);
		if (!es_buf_ok(scratch)) {
			es_err(error, EARSHOT_LIMIT, "a JSON text of more than %zu bytes",
			       scratch->limit);
			return NULL;
		}
		es_json_mend(scratch->ptr, len);
		ptr = scratch->ptr;
	}
	json_t *value = json_loadb(ptr, len, 0, &bad);
	if (!value) {
		es_err(error, EARSHOT_DATA, "bad JSON: %s", bad.text);
		es_err_at(error, NULL, bad.line, bad.column);
	}
	return value;
}

struct earshot_str es_json_text(const json_t *value, char out[32])
{
	if (json_is_string(value))
		return es_str(json_string_value(value), json_string_length(value));
	if (json_is_integer(value))
		return es_str(out, (size_t)snprintf(out, 32, "%lld",
						    (long long)json_integer_value(value)));
	if (json_is_real(value))
		return es_str(out, (size_t)snprintf(out, 32, "%.15g", json_real_value(value)));
	return (struct earshot_str){ NULL, 0 };
}

/* ---- an item ---- */

static struct earshot_str member(const json_t *object, const char *key, char out[32])
{
	return es_json_text(json_object_get(object, key), out);
}

static int url(struct earshot_feed *feed, struct es_entry *entry, uint8_t rank,
	       struct earshot_str ref)
{
	struct es_buf out;
	if (!ref.len)
		return 0;
	es_buf_init(&out, 4 * ES_URL_MAX + ES_LIMIT_RECORD);
	es_url_resolve(&out, es_str_of(feed->options.base_url), ref);
	int rc = es_entry_set(entry, ES_F_URL, rank, es_buf_view(&out), false);
	es_buf_release(&out);
	return rc;
}

static int author(struct es_entry *entry, const json_t *object)
{
	char text[32];
	const json_t *one = json_array_get(json_object_get(object, "authors"), 0);
	int rc = es_entry_set(entry, ES_F_AUTHOR, 3, member(one, "name", text), false);
	one = json_object_get(object, "author"); /* version 1.0 */
	return rc ? rc : es_entry_set(entry, ES_F_AUTHOR, 2, member(one, "name", text), false);
}

static int item(struct earshot_feed *feed, struct state *s, struct earshot_error *error)
{
	struct es_entry *entry = &feed->entry;
	struct earshot_error bad;
	char text[32];
	memset(&bad, 0, sizeof(bad));
	json_t *object = es_json_load(&s->scratch, s->value.ptr, s->value.len, &bad);
	if (!object) {
		bad.line += (int)s->item_line - 1;
		return es_feed_bad(feed, &bad, error);
	}
	es_entry_clear(entry);
	int rc = es_entry_set(entry, ES_F_ID, 1, member(object, "id", text), false);
	if (!rc)
		rc = url(feed, entry, 2, member(object, "url", text));
	if (!rc)
		rc = url(feed, entry, 1, member(object, "external_url", text));
	if (!rc)
		rc = es_entry_set(entry, ES_F_TITLE, 1, member(object, "title", text), false);
	if (!rc)
		rc = es_entry_set(entry, ES_F_BODY, 3, member(object, "content_text", text), false);
	if (!rc)
		rc = es_entry_set(entry, ES_F_BODY, 2, member(object, "content_html", text), true);
	if (!rc)
		rc = es_entry_set(entry, ES_F_BODY, 1, member(object, "summary", text), false);
	if (!rc)
		rc = es_entry_set(entry, ES_F_LANG, 1, member(object, "language", text), false);
	if (!rc)
		rc = author(entry, object);
	es_entry_date(entry, 2, member(object, "date_published", text));
	es_entry_date(entry, 1, member(object, "date_modified", text));
	const json_t *tags = json_object_get(object, "tags");
	for (size_t i = 0; !rc && i < json_array_size(tags); i++)
		rc = es_entry_tag(entry, es_json_text(json_array_get(tags, i), text));
	json_decref(object);
	return rc ? es_err_nomem(error) : es_entry_emit(feed, entry, error);
}

/* A member of the feed itself; one that cannot be read is ignored. */
static int head(struct earshot_feed *feed, struct state *s, struct earshot_error *error)
{
	struct earshot_str key = es_str(s->key, s->n_key);
	char text[32];
	es_buf_putc(&s->value, ']');
	json_t *list = es_buf_ok(&s->value)
			       ? es_json_load(&s->scratch, s->value.ptr, s->value.len, NULL)
			       : NULL;
	const json_t *value = json_array_get(list, 0);
	struct earshot_str view = es_json_text(value, text);
	struct es_entry *entry = &feed->head;
	int rc = 0;
	if (es_str_is(key, "title"))
		rc = es_entry_set(entry, ES_F_TITLE, 1, view, false);
	else if (es_str_is(key, "feed_url"))
		rc = es_entry_set(entry, ES_F_URL, 1, view, false);
	else if (es_str_is(key, "language"))
		rc = es_entry_set(entry, ES_F_LANG, 1, view, false);
	else if (es_str_is(key, "author"))
		rc = es_entry_set(entry, ES_F_AUTHOR, 1, member(value, "name", text), false);
	else if (es_str_is(key, "authors"))
		rc = es_entry_set(entry, ES_F_AUTHOR, 2,
				  member(json_array_get(value, 0), "name", text), false);
	json_decref(list);
	return rc ? es_err_nomem(error) : 0;
}

/* ---- cutting ---- */

static int init(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	(void)error;
	es_buf_init(&s->value, ES_LIMIT_RECORD);
	es_buf_init(&s->scratch, ES_LIMIT_RECORD);
	s->line = feed->line;
	return 0;
}

static void release(void *ptr)
{
	struct state *s = ptr;
	es_buf_release(&s->value);
	es_buf_release(&s->scratch);
}

static void keep(struct state *s, const char *ptr, size_t len)
{
	size_t limit = s->take == HEAD ? HEAD_MAX : ES_LIMIT_RECORD - 8;
	if (s->take == NOTHING || s->too_long)
		return;
	if (len > limit - s->value.len)
		s->too_long = true;
	else
		es_buf_add(&s->value, ptr, len);
}

static int finish(struct earshot_feed *feed, struct state *s, struct earshot_error *error)
{
	enum take take = s->take;
	int rc = 0;
	s->take = NOTHING;
	if (take == NOTHING)
		return 0;
	if (!es_buf_ok(&s->value))
		return es_err_nomem(error);
	if (s->too_long && take == ITEM) {
		struct earshot_error bad;
		es_err(&bad, EARSHOT_LIMIT, "an item of more than %u bytes", ES_LIMIT_RECORD);
		es_err_at(&bad, NULL, (int)s->item_line, 0);
		rc = es_feed_bad(feed, &bad, error);
	} else if (!s->too_long) {
		rc = take == ITEM ? item(feed, s, error) : head(feed, s, error);
	}
	es_buf_clear(&s->value);
	s->too_long = false;
	return rc;
}

/* A sign outside of strings. */
static int sign(struct earshot_feed *feed, struct state *s, char c, struct earshot_error *error)
{
	int rc = 0;
	bool opens = c == '{' || c == '[', closes = c == '}' || c == ']';
	if (c == '\n')
		s->line++;
	if (s->depth == 0 && !s->opened) {
		s->opened = true;
		s->base = c == '[' ? 1 : 0;
		s->has_items = c == '[';
		s->depth = 1;
		return 0;
	}
	if (s->depth == 0)
		return 0;
	if (s->depth == 1 && !s->base && (c == ',' || closes)) {
		rc = finish(feed, s, error); /* a member ends */
		s->after_colon = false;
	}
	if (s->depth == 1 && !s->base && c == ':' && !s->after_colon) {
		s->after_colon = true;
		s->take = HEAD;
		es_buf_clear(&s->value);
		s->too_long = false;
		es_buf_putc(&s->value, '['); /* any value is a document then */
		return 0;
	}
	if (c == '[' && s->depth == 1 && !s->base && s->after_colon &&
	    es_str_is(es_str(s->key, s->n_key), "items")) {
		s->take = NOTHING;
		s->base = 2;
		s->depth = 2;
		s->has_items = true;
		return 0;
	}
	if (opens && s->base && s->depth == s->base && c == '{') {
		s->take = ITEM;
		s->item_line = s->line;
		es_buf_clear(&s->value);
		s->too_long = false;
	}
	keep(s, &c, 1);
	if (opens && ++s->depth > ES_FEED_DEPTH_MAX) {
		rc = es_err(error, EARSHOT_LIMIT, "more than %d nested values", ES_FEED_DEPTH_MAX);
		es_err_at(error, NULL, (int)s->line, 0);
	}
	if (closes) {
		s->depth--;
		if (s->base && s->depth == s->base && s->take == ITEM)
			rc = finish(feed, s, error);
		if (s->base && s->depth < s->base) {
			s->base = 0;
			s->after_colon = false;
		}
		s->closed = s->depth == 0;
	}
	return rc;
}

static bool is_sign(char c)
{
	return c == ',' || c == ':' || c == '{' || c == '}' || c == '[' || c == ']' || c == '\n';
}

static int push(struct earshot_feed *feed, void *ptr, const char *text, size_t len,
		struct earshot_error *error)
{
	struct state *s = ptr;
	const char *at = text, *end = text + len;
	while (at < end) {
		const char *from = at;
		if (s->string) {
			if (s->escape) {
				s->escape = false;
				at++;
			}
			while (at < end && *at != '"' && *at != '\\')
				at++;
			if (at < end) {
				s->escape = *at == '\\';
				s->string = *at == '\\';
				at++;
			}
			size_t n = (size_t)(at - from) - (s->in_key && !s->string);
			if (s->in_key) {
				for (size_t i = 0; i < n; i++, s->n_key += s->n_key < KEY_MAX)
					if (s->n_key < KEY_MAX)
						s->key[s->n_key] = from[i];
				s->in_key = s->string;
			} else {
				keep(s, from, (size_t)(at - from));
			}
			continue;
		}
		if (*at == '"') {
			s->string = true;
			s->in_key = s->depth == 1 && !s->base && !s->after_colon;
			if (s->in_key)
				s->n_key = 0;
			else
				keep(s, at, 1);
			at++;
			continue;
		}
		if (is_sign(*at)) {
			int rc = sign(feed, s, *at++, error);
			if (rc)
				return rc;
			continue;
		}
		while (at < end && !is_sign(*at) && *at != '"')
			at++;
		keep(s, from, (size_t)(at - from));
	}
	return 0;
}

static int end(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	struct earshot_error bad;
	if (s->has_items && s->closed)
		return 0;
	if (s->closed) {
		es_err(&bad, EARSHOT_DATA, "no JSON Feed: it has no member \"items\"");
		es_err_hint(&bad, "for lines of JSON name the format");
	} else {
		es_err(&bad, EARSHOT_DATA, "the feed ends in the middle");
		es_err_hint(&bad, "its %lld complete entries are kept; fetch it again",
			    (long long)feed->n_items);
	}
	es_err_at(&bad, NULL, (int)s->line, 0);
	return es_feed_bad(feed, &bad, error);
}

static bool takes(char first)
{
	return first == '{' || first == '[';
}

const struct es_reader es_json_reader = {
	EARSHOT_FEED_JSON, takes, sizeof(struct state), init, push, end, release,
};
