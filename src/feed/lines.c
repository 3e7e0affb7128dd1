/* SPDX-License-Identifier: MIT */
#include "feed/lines.h"

void es_lines_init(struct es_lines *lines, size_t limit, int64_t first)
{
	es_buf_init(&lines->rest, limit);
	lines->too_long = false;
	lines->number = first;
}

void es_lines_release(struct es_lines *lines)
{
	es_buf_release(&lines->rest);
}

static void keep(struct es_lines *lines, const char *ptr, size_t len)
{
	size_t room = lines->rest.limit - lines->rest.len;
	lines->too_long |= len > room;
	es_buf_add(&lines->rest, ptr, len < room ? len : room);
}

static int hand_over(struct es_lines *lines, struct earshot_str line, es_line_fn *fn, void *ctx,
		     struct earshot_error *error)
{
	bool too_long = lines->too_long;
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	int rc = es_buf_ok(&lines->rest) ? fn(ctx, line, too_long, error) : es_err_nomem(error);
	es_buf_clear(&lines->rest);
	lines->too_long = false;
	lines->number++;
	return rc;
}

int es_lines_push(struct es_lines *lines, const char *ptr, size_t len, es_line_fn *fn, void *ctx,
		  struct earshot_error *error)
{
	const char *end = ptr + len, *stop;
	while (ptr < end && (stop = memchr(ptr, '\n', (size_t)(end - ptr)))) {
		struct earshot_str line = es_str(ptr, (size_t)(stop - ptr));
		if (lines->rest.len || line.len > lines->rest.limit) {
			keep(lines, line.ptr, line.len);
			line = es_buf_view(&lines->rest);
		}
		int rc = hand_over(lines, line, fn, ctx, error);
		if (rc)
			return rc;
		ptr = stop + 1;
	}
	keep(lines, ptr, (size_t)(end - ptr));
	return es_buf_ok(&lines->rest) ? 0 : es_err_nomem(error);
}

int es_lines_end(struct es_lines *lines, es_line_fn *fn, void *ctx, struct earshot_error *error)
{
	if (!lines->rest.len)
		return 0;
	return hand_over(lines, es_buf_view(&lines->rest), fn, ctx, error);
}
