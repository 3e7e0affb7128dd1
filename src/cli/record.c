/* SPDX-License-Identifier: MIT
 *
 * record.c - a record of the log on standard output.
 */
#include "cli/cli.h"

/* JSON as it is; what ends a line in it stands between members and is no text. */
static void add_line(struct es_buf *out, const char *ptr, size_t len)
{
	size_t from = out->len;
	es_buf_add(out, ptr, len);
	for (; from < out->len; from++)
		if (out->ptr[from] == '\n' || out->ptr[from] == '\r')
			out->ptr[from] = ' ';
}

void es_cli_record(struct es_buf *out, struct earshot_str prefix, const struct es_record *record,
		   bool json)
{
	char time[ES_TIME_LEN];
	es_time_format(record->time_ms, time);
	es_buf_printf(out, "{\"topic\":\"%.*s%s\",\"partition\":%d,\"offset\":%lld,\"key\":",
		      ES_FMT(prefix), record->topic, record->partition, (long long)record->offset);
	if (record->key)
		es_buf_json_str(out, record->key, record->key_len);
	else
		es_buf_puts(out, "null");
	es_buf_printf(out, ",\"time\":\"%s\",\"headers\":{", time);
	for (size_t i = 0; i < record->n_headers; i++) {
		es_buf_puts(out, i ? "," : "");
		es_buf_json_str(out, record->headers[i].name, strlen(record->headers[i].name));
		es_buf_putc(out, ':');
		if (record->headers[i].value)
			es_buf_json_str(out, record->headers[i].value, record->headers[i].len);
		else
			es_buf_puts(out, "null");
	}
	es_buf_puts(out, "},");
	if (!record->value)
		es_buf_puts(out, "\"value\":null");
	else if (json) {
		es_buf_puts(out, "\"value\":");
		add_line(out, record->value, record->value_len);
	} else {
		es_buf_puts(out, "\"value_base64\":\"");
		es_buf_base64(out, record->value, record->value_len);
		es_buf_putc(out, '"');
	}
	es_buf_puts(out, "}\n");
}

/* Controls of C0 and C1, what ends a line, and the marks that turn the direction of text. */
static bool is_unsafe(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void es_cli_safe(struct es_buf *out, const char *ptr, size_t len)
{
	const char *end = ptr + len;
	while (len && ptr < end) {
		size_t n =
			(unsigned char)*ptr < 0x80 ? 1 : es_utf8_sequence(ptr, (size_t)(end - ptr));
		const char *from = ptr;
		uint32_t c = n ? es_utf8_next(&ptr, end) : (unsigned char)*ptr++;
		if (n && c == '\\')
			es_buf_puts(out, "\\\\");
		else if (n && !is_unsafe(c))
			es_buf_add(out, from, n);
		else if (c == '\n' || c == '\t' || c == '\r')
			es_buf_puts(out, c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r");
		else
			es_buf_printf(out, n && c > 0xff ? "\\u%04x" : "\\x%02x", c);
	}
}
