/* SPDX-License-Identifier: MIT
 *
 * ingest.c - what is sent to a source of kind ingest: who may, and is it what it has to be. Runs on
 * the server's thread; what is good goes through the box to the collector, and is answered after
 * the commit (push.h).
 *
 *   Authorization: Bearer SECRET
 *   or  X-Earshot-Signature: t=SECONDS,sha256=HEX     HMAC of "SECONDS.BODY"; what is older or
 * newer than ES_INGEST_WINDOW is nobody's
 */
#include <stdio.h>
#include <stdlib.h>

#include "collect/push.h"
#include "collect/receive.h"
#include "http/http.h"

#define ES_INGEST_WINDOW (5 * ES_MINUTE)

/* ---- who may ---- */

/* The value behind `name` in "t=1,sha256=ab". */
static struct earshot_str part_of(struct earshot_str header, const char *name)
{
	size_t len = strlen(name);
	for (size_t from = 0; from < header.len;) {
		const char *comma = memchr(header.ptr + from, ',', header.len - from);
		size_t end = comma ? (size_t)(comma - header.ptr) : header.len;
		struct earshot_str part = es_str_trim(es_str(header.ptr + from, end - from));
		if (es_str_starts(part, es_str_of(name)))
			return es_str(part.ptr + len, part.len - len);
		from = end + 1;
	}
	return es_str(NULL, 0);
}

static bool is_signed(struct earshot_str header, const char *secret, struct earshot_str body)
{
	struct earshot_str time = part_of(header, "t="), digits = part_of(header, "sha256=");
	struct es_buf text;
	int64_t seconds = 0;
	for (size_t i = 0; i < time.len; i++) {
		if (time.ptr[i] < '0' || time.ptr[i] > '9' || i == 12)
			return false;
		seconds = seconds * 10 + (time.ptr[i] - '0');
	}
	int64_t off = es_now_ms() - seconds * ES_SECOND;
	if (!time.len || off > ES_INGEST_WINDOW || off < -ES_INGEST_WINDOW)
		return false;
	es_buf_init(&text, 2 * (size_t)ES_LIMIT_REQUEST);
	es_buf_add_str(&text, time);
	es_buf_putc(&text, '.');
	es_buf_add_str(&text, body);
	bool good = es_buf_ok(&text) && es_push_is_sha256(digits, secret, es_buf_view(&text));
	es_buf_release(&text);
	return good;
}

static bool may_send(struct es_http_request *request, const char *secret)
{
	struct earshot_str bearer = es_http_header(request, "Authorization"),
			   signature = es_http_header(request, "X-Earshot-Signature");
	if (signature.ptr)
		return is_signed(signature, secret, es_http_body(request));
	return es_str_starts_nocase(bearer, ES_STR("Bearer ")) &&
	       es_push_same(es_str_trim(es_str(bearer.ptr + 7, bearer.len - 7)), es_str_of(secret));
}

/* ---- the route ---- */

static void on_ingest(void *ctx, struct es_http_request *request)
{
	struct es_push *push = ctx;
	const char *id = es_http_path(request) + strlen("/ingest/");
	const struct es_source *source;
	struct earshot_error bad;
	size_t place = 0;
	int rc = es_push_find_door(push, es_str_of(id), false, &place, &source);
	if (rc == EARSHOT_NOTFOUND) {
		es_http_error(request, 404, "not_found", "a source of kind ingest has this address",
			      "no source takes what is sent here");
		return;
	}
	if (rc == EARSHOT_OK && source->connector) {
		es_receive_take(push, place, source, request);
		return;
	}
	if (rc == EARSHOT_OK && !may_send(request, source->secret)) {
		es_push_count(push, "forged");
		es_http_error(request, 401, "unauthorized",
			      "send Authorization: Bearer SECRET, or X-Earshot-Signature",
			      "this is not the source's secret, or a signature that is over");
		return;
	}
	struct es_push_message *message = rc == EARSHOT_OK ? calloc(1, sizeof(*message)) : NULL;
	if (message) {
		message->kind = ES_PUSH_INGEST;
		message->source = place;
		es_buf_init(&message->body, 4 * (size_t)ES_LIMIT_REQUEST);
		rc = es_lines_read(es_http_body(request), &message->body, &bad);
		if (rc == EARSHOT_DATA || rc == EARSHOT_LIMIT) {
			es_push_count(push, "bad");
			es_http_error(request, 400, "bad_body", bad.hint, "%s", bad.text);
			es_push_message_free(message);
			return;
		}
		if (rc == EARSHOT_OK && es_push_append(push, message, request))
			return;
		es_push_message_free(message);
	}
	es_push_count(push, "busy");
	es_http_error(request, 503, "unavailable", "send it again", "nobody can take it now");
}

static void on_greet(void *ctx, struct es_http_request *request)
{
	const char *id = es_http_path(request) + strlen("/ingest/");
	const struct es_source *source;
	size_t place;
	(void)es_push_find_door(ctx, es_str_of(id), false, &place, &source);
	if (source && source->connector)
		es_receive_greet(source, request);
	else
		es_http_error(request, 405, "method", NULL, "this takes POST only");
}

static const struct es_http_route routes[] = {
	{ "GET", "/ingest/*", on_greet },
	{ "POST", "/ingest/*", on_ingest, .any_type = true },
};

int es_ingest_add(struct es_http *http, struct es_push *push, struct earshot_error *error)
{
	return es_http_add(http, routes, ES_COUNT(routes), push, error);
}
