/* SPDX-License-Identifier: MIT
 *
 * lines.c - posts that somebody sends -> a line of JSON each, or nothing of them.
 */
#include <jansson.h>
#include <stdlib.h>
#include "post/post.h"

static int add_line(struct es_buf *lines, const json_t *object, int64_t n,
		    struct earshot_error *error)
{
	if (!json_is_object(object)) {
		int rc = es_err(error, EARSHOT_DATA, "record %lld is no JSON object", (long long)n);
		es_err_hint(error, "send an object, a list of objects, or one on each line");
		return rc;
	}
	char *text = json_dumps(object, JSON_COMPACT);
	if (!text)
		return es_err_nomem(error);
	es_buf_puts(lines, text);
	es_buf_putc(lines, '\n');
	free(text);
	if (es_buf_ok(lines))
		return EARSHOT_OK;
	return es_err(error, EARSHOT_LIMIT, "more than %zu bytes of posts", lines->limit);
}

/* One value, or the next of several. *used: bytes. */
static json_t *load(struct earshot_str text, size_t *used, struct earshot_error *error)
{
	json_error_t bad;
	json_t *value = json_loadb(text.ptr, text.len, JSON_DISABLE_EOF_CHECK, &bad);
	*used = bad.position > 0 ? (size_t)bad.position : 0;
	if (!value) {
		es_err(error, EARSHOT_DATA, "bad JSON: %s", bad.text);
		es_err_at(error, NULL, bad.line, bad.column);
		es_err_hint(error,
			    "send an object, a list of objects, or one on each line, in UTF-8");
	}
	return value;
}

int es_lines_read(struct earshot_str text, struct es_buf *lines, struct earshot_error *error)
{
	int64_t n = 0;
	int rc = EARSHOT_OK;
	text = es_str_trim(text);
	do {
		size_t used;
		json_t *value = load(text, &used, error);
		if (!value)
			return EARSHOT_DATA;
		if (json_is_array(value))
			for (size_t i = 0; i < json_array_size(value) && rc == EARSHOT_OK; i++)
				rc = add_line(lines, json_array_get(value, i), ++n, error);
		else
			rc = add_line(lines, value, ++n, error);
		json_decref(value);
		text = es_str_trim(es_str(text.ptr + used, text.len - used));
	} while (rc == EARSHOT_OK && text.len);
	return rc;
}
