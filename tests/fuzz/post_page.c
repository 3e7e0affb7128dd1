/* SPDX-License-Identifier: MIT
 *
 * Expressions of connectors and the answers that they read. Up to the first line end the input is
 * an expression, behind it an answer: whatever both are, each line that comes is an object of
 * JSON with what the map names, items are counted once, and an expression that is refused says
 * where and what to do.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "post/post.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len);

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "not so: %s\n", #condition); \
			abort(); \
		} \
	} while (0)

static void on_value(void *ctx, struct earshot_str name, struct earshot_str value)
{
	(void)ctx;
	MUST(name.len && value.len);
}

static const struct es_expr *expr_of(struct es_arena *arena, const char *text)
{
	struct es_expr *expr = NULL;
	MUST(es_expr_compile(arena, es_str_of(text), &expr, NULL) == 0);
	return expr;
}

static void are_lines(struct earshot_str lines, int64_t n)
{
	while (lines.len) {
		const char *end = memchr(lines.ptr, '\n', lines.len);
		MUST(end);
		size_t line = (size_t)(end - lines.ptr);
		json_t *object = json_loadb(lines.ptr, line, JSON_REJECT_DUPLICATES, NULL);
		MUST(json_is_object(object) && json_object_get(object, "native_id"));
		json_decref(object);
		lines = es_str(end + 1, lines.len - line - 1);
		n--;
	}
	MUST(n == 0);
}

static void read_answer(struct es_arena *arena, const struct es_expr *expr, const char *ptr,
			size_t len)
{
	const struct es_named base = { ES_STR("base"), ES_STR("https://b.example") };
	const struct es_page_field map[] = {
		{ ES_STR("native_id"), expr_of(arena, "id | a"), ES_STR("") },
		{ ES_STR("text"), expr, ES_STR("") },
		{ ES_STR("author.handle"), expr, ES_STR("") },
		{ ES_STR("author.name"), expr_of(arena, "a^html"), ES_STR("") },
		{ ES_STR("tags"), expr, ES_STR("") },
	};
	const struct es_page_field test = { ES_STR(""), expr, ES_STR("no") };
	const struct es_page_field ask = { ES_STR("next"), expr, ES_STR("") };
	const struct es_page page = { .items = expr_of(arena, "i[]"),
				      .map = map,
				      .skip = &test,
				      .asks = &ask,
				      .n_map = ES_COUNT(map),
				      .n_skip = 1,
				      .n_asks = 1 };
	struct es_page_result result;
	struct earshot_error error = { 0 };
	struct es_buf lines;
	es_buf_init(&lines, 4 * ES_MIB);
	int rc = es_page_read(&page, &base, 1, ptr, len, &lines, on_value, NULL, &result, &error);
	MUST(rc == 0 || ((rc == EARSHOT_DATA || rc == EARSHOT_LIMIT) && *error.text));
	MUST(result.items >=
	     result.skipped + result.empty + result.big + result.lost + result.lines);
	are_lines(es_buf_view(&lines), result.lines);
	es_buf_release(&lines);
	/* the answer as one item, of which only what is looked at is read */
	const struct es_page alone = {
		.map = map, .skip = &test, .n_map = ES_COUNT(map), .n_skip = 1
	};
	es_buf_init(&lines, 4 * ES_MIB);
	rc = es_page_read(&alone, &base, 1, ptr, len, &lines, on_value, NULL, &result, &error);
	MUST(rc == 0 || rc == EARSHOT_DATA || rc == EARSHOT_LIMIT);
	are_lines(es_buf_view(&lines), rc == 0 ? result.lines : 0);
	/* ... is what it is as an item of which jansson has read everything */
	struct es_page whole = alone;
	struct es_buf same;
	whole.items = expr_of(arena, "$");
	es_buf_init(&same, 4 * ES_MIB);
	int again =
		es_page_read(&whole, &base, 1, ptr, len, &same, on_value, NULL, &result, &error);
	MUST(again == rc && (rc || es_str_eq(es_buf_view(&same), es_buf_view(&lines))));
	es_buf_release(&same);
	es_buf_release(&lines);
	const struct es_page itself = { .items = expr, .map = map, .n_map = 1 };
	es_buf_init(&lines, 4 * ES_MIB);
	rc = es_page_read(&itself, NULL, 0, ptr, len, &lines, NULL, NULL, &result, &error);
	MUST(rc == 0 || rc == EARSHOT_DATA || rc == EARSHOT_LIMIT);
	es_buf_release(&lines);
}

static void fill(const struct es_expr *expr)
{
	static const struct es_named known[] = { { ES_STR("id"), ES_STR("7") },
						 { ES_STR("a"), ES_STR("<b>\xc3\xa7</b>") } };
	struct es_buf out;
	es_buf_init(&out, 65536);
	es_expr_fill(expr, known, ES_COUNT(known), &out);
	es_buf_release(&out);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t len)
{
	const char *ptr = (const char *)data, *end = len ? memchr(ptr, '\n', len) : NULL;
	size_t n = end ? (size_t)(end - ptr) : len;
	struct es_expr *expr = NULL, *template = NULL;
	struct earshot_error error = { 0 };
	struct es_arena arena;
	es_arena_init(&arena, ES_LIMIT_ARENA);
	int rc = es_expr_compile(&arena, es_str(ptr, n), &expr, &error);
	MUST(rc == 0 || (rc == EARSHOT_CONFIG && *error.hint && error.column > 0));
	if (rc == 0)
		fill(expr);
	if (rc == 0 && end)
		read_answer(&arena, expr, end + 1, len - n - 1);
	if (es_expr_template(&arena, es_str(ptr, n), &template, NULL) == 0)
		fill(template);
	es_arena_release(&arena);
	return 0;
}
