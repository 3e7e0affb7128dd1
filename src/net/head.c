/* SPDX-License-Identifier: MIT
 *
 * head.c - the headers of an answer, line by line: what is kept of them.
 */
#include "net/transfer.h"

#include <strings.h>

/* All headers of all answers of one transfer; real feeds stay below 16 KiB. */
#define HEADER_BYTES_MAX (256 * 1024)

#define SECONDS_MAX 1000000000 /* of a header: enough for 31 years */

/* Keeps `value` where it is short enough to be what it claims to be. */
static void keep(struct es_buf *buf, struct earshot_str value)
{
	es_buf_clear(buf);
	if (value.len < ES_NET_VALIDATOR_MAX)
		es_buf_add_str(buf, value);
}

static void keep_lower(struct es_buf *buf, struct earshot_str value)
{
	keep(buf, value);
	for (size_t i = 0; i < buf->len; i++)
		if (buf->ptr[i] >= 'A' && buf->ptr[i] <= 'Z')
			buf->ptr[i] = (char)(buf->ptr[i] - 'A' + 'a');
}

struct earshot_str es_net_charset(struct earshot_str type)
{
	struct earshot_str found = es_str(NULL, 0);
	for (size_t from = 0, end; from < type.len; from = end + 1) {
		const char *semicolon = memchr(type.ptr + from, ';', type.len - from);
		end = semicolon ? (size_t)(semicolon - type.ptr) : type.len;
		struct earshot_str part = es_str_trim(es_str(type.ptr + from, end - from));
		if (from == 0 || part.len <= 8 || strncasecmp(part.ptr, "charset=", 8) != 0)
			continue;
		found = es_str_trim(es_str(part.ptr + 8, part.len - 8));
		if (found.len >= 2 && (*found.ptr == '"' || *found.ptr == '\''))
			found = es_str(found.ptr + 1, found.len - 2);
	}
	return found;
}

static void read_content_type(struct es_transfer *transfer, struct earshot_str value)
{
	struct earshot_str charset = es_net_charset(value);
	const char *semicolon = memchr(value.ptr, ';', value.len);
	size_t len = semicolon ? (size_t)(semicolon - value.ptr) : value.len;
	keep_lower(&transfer->content_type, es_str_trim(es_str(value.ptr, len)));
	if (charset.ptr)
		keep(&transfer->charset, charset);
}

static int64_t seconds_of(struct earshot_str value)
{
	int64_t seconds = 0;
	for (size_t i = 0;
	     i < value.len && value.ptr[i] >= '0' && value.ptr[i] <= '9' && seconds < SECONDS_MAX;
	     i++)
		seconds = seconds * 10 + (value.ptr[i] - '0');
	return seconds * ES_SECOND;
}

/* no-store and no-cache say that nothing is known of the next answer, as max-age=0 does. */
static void read_cache_control(struct es_transfer *transfer, struct earshot_str value)
{
	static const char name[] = "max-age=";
	for (size_t from = 0, end; from < value.len; from = end + 1) {
		const char *comma = memchr(value.ptr + from, ',', value.len - from);
		end = comma ? (size_t)(comma - value.ptr) : value.len;
		struct earshot_str word = es_str_trim(es_str(value.ptr + from, end - from));
		if (word.len >= 8 && (strncasecmp(word.ptr, "no-store", 8) == 0 ||
				      strncasecmp(word.ptr, "no-cache", 8) == 0)) {
			transfer->max_age_ms = 0;
			return;
		}
		if (word.len >= sizeof(name) && strncasecmp(word.ptr, name, sizeof(name) - 1) == 0)
			transfer->max_age_ms = seconds_of(
				es_str(word.ptr + sizeof(name) - 1, word.len - sizeof(name) + 1));
	}
}

/* A date of HTTP; 1970 where it is none ("0", "-1"): then it is over. */
static int64_t date_of(struct earshot_str value)
{
	char text[64] = "";
	if (value.len >= sizeof(text))
		return 0;
	memcpy(text, value.ptr, value.len);
	time_t at = curl_getdate(text, NULL);
	return at > 0 ? at * ES_SECOND : 0;
}

int64_t es_head_fresh(const struct es_transfer *transfer)
{
	int64_t fresh = transfer->max_age_ms;
	if (fresh != EARSHOT_NONE)
		fresh -= transfer->age_ms;
	else if (transfer->expires_ms != EARSHOT_NONE)
		/* by the server's own clock, which may be wrong */
		fresh = transfer->expires_ms -
			(transfer->date_ms > 0 ? transfer->date_ms : es_now_ms());
	else
		return EARSHOT_NONE;
	return fresh > 0 ? fresh : 0;
}

void es_head_forget(struct es_transfer *transfer)
{
	es_buf_clear(&transfer->etag);
	es_buf_clear(&transfer->last_modified);
	es_buf_clear(&transfer->content_type);
	es_buf_clear(&transfer->charset);
	es_buf_clear(&transfer->link);
	es_buf_clear(&transfer->robots);
	transfer->reserved = false;
	transfer->max_age_ms = transfer->expires_ms = transfer->date_ms = EARSHOT_NONE;
	transfer->age_ms = 0;
}

/* A flood of them is cut between two. */
static void read_link(struct es_transfer *transfer, struct earshot_str value)
{
	struct es_buf *link = &transfer->link;
	if (link->len + 2 + value.len >= ES_NET_LINK_MAX)
		return;
	if (link->len)
		es_buf_puts(link, ", ");
	es_buf_add_str(link, value);
}

static bool value_of(struct earshot_str line, const char *name, struct earshot_str *value)
{
	size_t len = strlen(name);
	if (line.len <= len || line.ptr[len] != ':' || strncasecmp(line.ptr, name, len) != 0)
		return false;
	*value = es_str_trim(es_str(line.ptr + len + 1, line.len - len - 1));
	return true;
}

size_t es_head_line(char *ptr, size_t size, size_t n, void *ctx)
{
	struct es_transfer *transfer = ctx;
	size_t len = size * n;
	struct earshot_str line = es_str(ptr, len), value;
	transfer->header_bytes += (int64_t)len;
	if (transfer->header_bytes > HEADER_BYTES_MAX) {
		transfer->header_flood = true;
		return 0;
	}
	if (es_str_starts(line, ES_STR("HTTP/"))) { /* the next answer: of a redirect */
		es_head_forget(transfer);
		long status = 0;
		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
		transfer->temporary |= status == 302 || status == 303 || status == 307;
	} else if (value_of(line, "etag", &value)) {
		keep(&transfer->etag, value);
	} else if (value_of(line, "last-modified", &value)) {
		keep(&transfer->last_modified, value);
	} else if (value_of(line, "content-type", &value)) {
		read_content_type(transfer, value);
	} else if (value_of(line, "cache-control", &value)) {
		read_cache_control(transfer, value);
	} else if (value_of(line, "expires", &value)) {
		transfer->expires_ms = date_of(value);
	} else if (value_of(line, "date", &value)) {
		transfer->date_ms = date_of(value);
	} else if (value_of(line, "link", &value)) {
		read_link(transfer, value);
	} else if (value_of(line, "age", &value)) {
		transfer->age_ms = seconds_of(value);
	} else if (value_of(line, "x-robots-tag", &value)) {
		if (transfer->robots.len + value.len + 1 < ES_NET_VALIDATOR_MAX) {
			es_buf_add_str(&transfer->robots, value);
			es_buf_putc(&transfer->robots, '\n');
		}
	} else if (value_of(line, "tdm-reservation", &value)) {
		transfer->reserved = es_str_is(value, "1");
	} else if (transfer->streams && es_str_trim(line).len == 0) {
		/* who waits for its first byte of data may wait for long */
		long status = 0;
		curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
		if ((status >= 200 || (status == 101 && transfer->websocket)) &&
		    !es_transfer_headed(transfer))
			return 0;
	}
	return len;
}
