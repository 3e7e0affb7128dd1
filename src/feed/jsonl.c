/* SPDX-License-Identifier: MIT
 *
 * jsonl.c - one JSON object a line. The smallest reader: read it first.
 */
#include "feed/json.h"
#include "feed/reader.h"
#include "feed/record.h"

#define CELLS_MAX     1024u /* with on_row: members of a line */
#define CELL_NAME_MAX 256u  /* bytes of the name of one; a longer one is passed over */

struct state {
	struct es_record record;
	struct es_buf line; /* the beginning of a line from earlier pieces */
	struct es_buf scratch;
	bool too_long;         /* the rest of this line is passed over */
	struct es_arena cells; /* with on_row: the members of a line */
	int64_t number;
};

static int init(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	struct state *s = ptr;
	es_buf_init(&s->line, ES_LIMIT_LINE);
	es_buf_init(&s->scratch, ES_LIMIT_LINE);
	es_arena_init(&s->cells, 2 * ES_LIMIT_LINE);
	s->number = feed->line;
	return es_record_init(&s->record, &feed->options, error);
}

static void release(void *ptr)
{
	struct state *s = ptr;
	es_buf_release(&s->line);
	es_buf_release(&s->scratch);
	es_arena_release(&s->cells);
	es_record_release(&s->record);
}

static int bad_line(struct earshot_feed *feed, const struct state *s, struct earshot_error *bad,
		    struct earshot_error *error)
{
	bad->line = s->number < INT32_MAX ? (int)s->number : INT32_MAX;
	bad->record = s->number;
	return es_feed_bad(feed, bad, error);
}

/* "author.name": the member of that very name, else the way down. */
static const json_t *find(const json_t *object, const char *path)
{
	const json_t *value = json_object_get(object, path);
	const char *dot = strchr(path, '.');
	if (value || !dot)
		return value;
	char key[64];
	if ((size_t)(dot - path) >= sizeof(key))
		return NULL;
	memcpy(key, path, (size_t)(dot - path));
	key[dot - path] = '\0';
	return find(json_object_get(object, key), dot + 1);
}

/* A member as a cell; false without memory. Of a list, an object or a long name: none. */
static bool add_cell(struct state *s, struct earshot_feed_cell *cells, size_t *n, const char *outer,
		     const char *name, const json_t *value)
{
	char out[32];
	struct earshot_str text = es_json_text(value, out);
	size_t head = outer ? strlen(outer) + 1 : 0, len = strlen(name);
	if (json_is_array(value) || json_is_object(value) || !text.ptr ||
	    head + len > CELL_NAME_MAX)
		return true;
	char *whole = es_arena_alloc(&s->cells, head + len + 1);
	text = es_str_trim(es_arena_str(&s->cells, text.ptr, text.len));
	if (!whole || !text.ptr)
		return false;
	if (outer) {
		memcpy(whole, outer, head - 1);
		whole[head - 1] = '.';
	}
	memcpy(whole + head, name, len);
	cells[(*n)++] = (struct earshot_feed_cell){ es_str(whole, head + len), text };
	return true;
}

static int hand_over(struct earshot_feed *feed, struct state *s, json_t *object,
		     struct earshot_error *error)
{
	const char *name, *inner;
	json_t *value, *member;
	size_t n = 0, most = json_object_size(object);
	bool good = true;
	json_object_foreach(object, name, value) most +=
		json_is_object(value) ? json_object_size(value) : 0;
	if (most > CELLS_MAX) {
		struct earshot_error bad;
		es_err(&bad, EARSHOT_LIMIT, "a row of more than %u members", CELLS_MAX);
		return bad_line(feed, s, &bad, error);
	}
	es_arena_reset(&s->cells);
	struct earshot_feed_cell *cells = es_arena_zalloc(&s->cells, most + 1, sizeof(*cells));
	if (!cells)
		return es_err_nomem(error);
	json_object_foreach(object, name, value)
	{
		good &= add_cell(s, cells, &n, NULL, name, value);
		if (json_is_object(value))
			json_object_foreach(value, inner, member) good &=
				add_cell(s, cells, &n, name, inner, member);
	}
	if (!good)
		return es_err_nomem(error);
	return feed->options.on_row(feed->options.ctx, cells, n, s->number);
}

static int read_line(struct earshot_feed *feed, struct state *s, struct earshot_str text,
		     struct earshot_error *error)
{
	struct earshot_error bad;
	char out[32];
	bool empty = false;
	memset(&bad, 0, sizeof(bad));
	if (s->number == feed->line && es_str_starts(text, ES_STR("\xef\xbb\xbf")))
		text = es_str(text.ptr + 3, text.len - 3); /* a BOM */
	text = es_str_trim(text);
	if (!text.len)
		return 0;
	json_t *object = es_json_load(&s->scratch, text.ptr, text.len, &bad);
	if (object && !json_is_object(object)) {
		json_decref(object);
		object = NULL;
		es_err(&bad, EARSHOT_DATA, "not a JSON object");
	}
	if (!object)
		return bad_line(feed, s, &bad, error);
	int rc = 0;
	if (feed->options.on_row) {
		rc = hand_over(feed, s, object, error);
		json_decref(object);
		return rc;
	}
	for (int i = 0; i < es_record_fields() && !rc; i++) {
		const json_t *value = find(object, es_record_from(&s->record, i));
		if (!value)
			continue;
		if (es_record_is_list(i) && json_is_array(value))
			for (size_t n = 0; n < json_array_size(value) && !rc; n++)
				rc = es_record_add(&s->record, i,
						   es_json_text(json_array_get(value, n), out));
		else
			rc = es_record_set(&s->record, i, es_json_text(value, out));
	}
	json_decref(object);
	if (rc)
		return es_err_nomem(error);
	rc = es_record_emit(&s->record, &feed->options, &empty);
	if (empty) {
		es_err(&bad, EARSHOT_DATA, "a record without text, title, rating or survey");
		es_err_hint(&bad, "name the member that holds the text: map {text: ...}");
		rc = bad_line(feed, s, &bad, error);
	}
	return rc;
}

/* A whole line, with what lay in earlier pieces in front of it. */
static int end_line(struct earshot_feed *feed, struct state *s, struct earshot_str text,
		    struct earshot_error *error)
{
	int rc;
	if (text.len > ES_LIMIT_LINE - s->line.len || s->too_long) {
		struct earshot_error bad;
		es_err(&bad, EARSHOT_LIMIT, "a line of more than %u bytes", ES_LIMIT_LINE);
		rc = bad_line(feed, s, &bad, error);
	} else if (s->line.len) {
		es_buf_add_str(&s->line, text);
		rc = es_buf_ok(&s->line) ? read_line(feed, s, es_buf_view(&s->line), error)
					 : es_err_nomem(error);
	} else {
		rc = read_line(feed, s, text, error);
	}
	es_buf_clear(&s->line);
	s->too_long = false;
	return rc;
}

static int push(struct earshot_feed *feed, void *ptr, const char *text, size_t len,
		struct earshot_error *error)
{
	struct state *s = ptr;
	const char *end = text + len, *stop;
	while (text < end && (stop = memchr(text, '\n', (size_t)(end - text)))) {
		int rc = end_line(feed, s, es_str(text, (size_t)(stop - text)), error);
		if (rc)
			return rc;
		s->number++;
		text = stop + 1;
	}
	if ((size_t)(end - text) > ES_LIMIT_LINE - s->line.len)
		s->too_long = true;
	else if (!s->too_long)
		es_buf_add(&s->line, text, (size_t)(end - text));
	return es_buf_ok(&s->line) ? 0 : es_err_nomem(error);
}

static int end(struct earshot_feed *feed, void *ptr, struct earshot_error *error)
{
	return end_line(feed, ptr, es_str("", 0), error);
}

const struct es_reader es_jsonl_reader = {
	EARSHOT_FEED_JSONL, NULL, sizeof(struct state), init, push, end, release, NULL, false,
};
