/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

#define EVENT_MAX (64u * 1024u)

static atomic_int threshold = ES_INFO;
static atomic_bool as_json;

void es_log_level(enum es_level level)
{
	atomic_store(&threshold, (int)level);
}

void es_log_json(bool json)
{
	atomic_store(&as_json, json);
}

bool es_log_on(enum es_level level)
{
	return (int)level >= atomic_load_explicit(&threshold, memory_order_relaxed);
}

/* A bare word needs no quotes in logfmt. */
static bool bare(struct earshot_str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f)
			return false;
	}
	return text.len > 0;
}

static void add_pair(struct es_buf *line, bool json, const char *key, struct es_log_value value)
{
	if (json) {
		es_buf_puts(line, line->len > 1 ? "," : "");
		es_buf_json_str(line, key, strlen(key));
		es_buf_putc(line, ':');
	} else {
		es_buf_puts(line, line->len ? " " : "");
		es_buf_puts(line, key);
		es_buf_putc(line, '=');
	}
	if (value.type == ES_LOG_INT)
		es_buf_int(line, value.i);
	else if (value.type == ES_LOG_NUM)
		es_buf_json_num(line, value.num, 6);
	else if (!json && bare(value.str))
		es_buf_add_str(line, value.str);
	else
		es_buf_json_str(line, value.str.ptr, value.str.len);
}

void es_log_event(enum es_level level, const char *event, const struct es_log_pair *pairs, size_t n)
{
	static const char *const names[] = { "trace", "debug", "info", "warn", "error" };
	bool json = atomic_load(&as_json);
	char time[ES_TIME_LEN];
	struct es_buf line;
	es_time_format(es_now_ms(), time);
	es_buf_init(&line, EVENT_MAX);
	es_buf_puts(&line, json ? "{" : "");
	add_pair(&line, json, "time", (struct es_log_value){ .str = es_str_of(time) });
	add_pair(&line, json, "level", (struct es_log_value){ .str = es_str_of(names[level]) });
	add_pair(&line, json, "event", (struct es_log_value){ .str = es_str_of(event) });
	for (size_t i = 0; i < n; i++)
		add_pair(&line, json, pairs[i].key, pairs[i].value);
	es_buf_puts(&line, json ? "}\n" : "\n");
	/* an event that does not fit or cannot be written is dropped: logging
	 * never stops the work */
	const char *at = line.ptr;
	size_t left = es_buf_ok(&line) ? line.len : 0;
	while (left) {
		ssize_t done = write(STDERR_FILENO, at, left);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			break;
		at += done;
		left -= (size_t)done;
	}
	es_buf_release(&line);
}

void es_log_error(enum es_level level, const char *event, const struct earshot_error *error)
{
	char text[EARSHOT_ERROR_TEXT + EARSHOT_ERROR_HINT + EARSHOT_ERROR_FILE + 64];
	es_log(level, event, ES_LOG_S("code", earshot_code_name(error->code)),
	       ES_LOG_S("error", es_err_format(error, text, sizeof(text))));
}
