/* SPDX-License-Identifier: MIT */
#include "net/sse.h"

static const char mark[] = "\xef\xbb\xbf"; /* U+FEFF, at the very beginning only */
#define MARK_LEN 3u

void es_sse_init(struct es_sse *sse)
{
	*sse = (struct es_sse){ .retry_ms = EARSHOT_NONE };
	es_buf_init(&sse->line, ES_SSE_DATA_MAX);
	es_buf_init(&sse->data, ES_SSE_DATA_MAX);
	es_buf_init(&sse->type, ES_SSE_NAME_MAX);
	es_buf_init(&sse->id, ES_SSE_ID_MAX);
	es_buf_init(&sse->last_id, ES_SSE_ID_MAX);
}

void es_sse_release(struct es_sse *sse)
{
	es_buf_release(&sse->line);
	es_buf_release(&sse->data);
	es_buf_release(&sse->type);
	es_buf_release(&sse->id);
	es_buf_release(&sse->last_id);
}

static void clear_event(struct es_sse *sse)
{
	es_buf_clear(&sse->data);
	es_buf_clear(&sse->type);
	sse->long_event = sse->any_data = false;
}

void es_sse_again(struct es_sse *sse)
{
	clear_event(sse);
	es_buf_clear(&sse->line);
	es_buf_clear(&sse->id);
	es_buf_add_str(&sse->id, es_buf_view(&sse->last_id));
	sse->bom = 0;
	sse->begun = sse->after_cr = sse->long_line = false;
}

static void keep(struct es_buf *buf, struct earshot_str value)
{
	es_buf_clear(buf);
	es_buf_add_str(buf, value);
}

/* Milliseconds, digits only; anything else is none. */
static void set_retry(struct es_sse *sse, struct earshot_str value)
{
	int64_t ms = 0;
	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] < '0' || value.ptr[i] > '9')
			return;
		ms = ms < ES_DAY ? ms * 10 + (value.ptr[i] - '0') : ES_DAY;
	}
	if (value.len)
		sse->retry_ms = ms;
}

static void add_data(struct es_sse *sse, struct earshot_str value)
{
	size_t room = ES_SSE_DATA_MAX - sse->data.len;
	sse->any_data = true;
	if (sse->long_event || value.len + 1 > room) {
		sse->long_event = true;
		es_buf_clear(&sse->data);
		return;
	}
	es_buf_add_str(&sse->data, value);
	es_buf_putc(&sse->data, '\n');
}

static void set_field(struct es_sse *sse, struct earshot_str name, struct earshot_str value)
{
	if (es_str_is(name, "data")) {
		add_data(sse, value);
	} else if (es_str_is(name, "event")) {
		es_buf_clear(&sse->type);
		if (value.len <= ES_SSE_NAME_MAX)
			es_buf_add_str(&sse->type, value);
		else
			es_buf_puts(&sse->type, "?");
	} else if (es_str_is(name, "id")) {
		if (value.len <= ES_SSE_ID_MAX && !(value.len && memchr(value.ptr, 0, value.len)))
			keep(&sse->id, value);
	} else if (es_str_is(name, "retry")) {
		set_retry(sse, value);
	}
}

/* The id counts without data, too: the server says how far it is. */
static void end_event(struct es_sse *sse, es_sse_fn *fn, void *ctx)
{
	keep(&sse->last_id, es_buf_view(&sse->id));
	sse->failed |= !es_buf_ok(&sse->data) || !es_buf_ok(&sse->type);
	if (sse->any_data && !sse->failed) {
		struct es_sse_event event = { es_buf_view(&sse->type), es_buf_view(&sse->data),
					      sse->long_event };
		if (event.data.len)
			event.data.len--; /* the LF behind its last line */
		if (!event.type.len)
			event.type = ES_STR("message");
		fn(ctx, &event);
	}
	clear_event(sse);
}

static void end_line(struct es_sse *sse, struct earshot_str line, es_sse_fn *fn, void *ctx)
{
	if (!line.len) {
		end_event(sse, fn, ctx);
		return;
	}
	const char *colon = memchr(line.ptr, ':', line.len);
	size_t len = colon ? (size_t)(colon - line.ptr) : line.len;
	struct earshot_str name = es_str(line.ptr, len), value = ES_STR("");
	if (colon)
		value = es_str(colon + 1, line.len - len - 1);
	if (value.len && *value.ptr == ' ') {
		value.ptr++;
		value.len--;
	}
	if (sse->long_line && es_str_is(name, "data"))
		sse->any_data = sse->long_event = true;
	else if (!sse->long_line)
		set_field(sse, name, value);
}

/* A line that is not at its end yet. Of one that is too long the beginning tells what it was. */
static void hold(struct es_sse *sse, struct earshot_str part)
{
	if (sse->long_line)
		return;
	if (part.len > ES_SSE_DATA_MAX - sse->line.len) {
		sse->long_line = true;
		part.len = ES_SSE_DATA_MAX - sse->line.len;
	}
	es_buf_add_str(&sse->line, part);
}

/* How many bytes of the piece belong to the mark; less than a whole one is text. */
static size_t pass_mark(struct es_sse *sse, const char *ptr, size_t len)
{
	size_t n = 0;
	while (!sse->begun && n < len) {
		if (ptr[n] != mark[sse->bom]) {
			hold(sse, es_str(mark, sse->bom));
			sse->begun = true;
			break;
		}
		n++;
		sse->begun = ++sse->bom == MARK_LEN;
	}
	return n;
}

/* `lf`: the first LF behind `at` or before it, as found last; else the end. It is looked for once,
 * or a piece that is all CR would be looked through for each of them. */
static const char *end_of_line(const char *at, const char *end, const char **lf)
{
	if (!*lf || *lf < at)
		*lf = memchr(at, '\n', (size_t)(end - at));
	*lf = *lf ? *lf : end;
	const char *cr = memchr(at, '\r', (size_t)(*lf - at));
	return cr ? cr : *lf < end ? *lf : NULL;
}

int es_sse_push(struct es_sse *sse, const char *ptr, size_t len, es_sse_fn *fn, void *ctx)
{
	const char *end = ptr + len, *stop, *lf = NULL;
	const char *at = ptr + pass_mark(sse, ptr, len);
	if (sse->after_cr && at < end && *at == '\n')
		at++;
	if (len)
		sse->after_cr = false;
	while (at < end && (stop = end_of_line(at, end, &lf))) {
		struct earshot_str line = es_str(at, (size_t)(stop - at));
		if (sse->line.len || sse->long_line) {
			hold(sse, line);
			line = es_buf_view(&sse->line);
			sse->failed |= !es_buf_ok(&sse->line);
		}
		end_line(sse, line, fn, ctx);
		es_buf_clear(&sse->line);
		sse->long_line = false;
		at = stop + 1;
		if (*stop == '\r' && at == end)
			sse->after_cr = true;
		else if (*stop == '\r' && *at == '\n')
			at++;
	}
	if (at < end)
		hold(sse, es_str(at, (size_t)(end - at)));
	sse->failed |= !es_buf_ok(&sse->line) || !es_buf_ok(&sse->id) || !es_buf_ok(&sse->last_id);
	return sse->failed ? EARSHOT_NOMEM : EARSHOT_OK;
}
