/* SPDX-License-Identifier: MIT
 *
 * receive.c - what a service pushes to a source whose connector says `receive`: is it signed as the
 * service signs, which of its events is it, what does the map find in it. Runs on the server's
 * thread, as ingest.c, whose routes lead here.
 *
 *   signature of text = {time}.{body}  -->  401      not JSON  -->  400
 *   an event that is not listed        -->  202, passed over
 *   items                              -->  box, commit, 202
 *   no items mapped                    -->  box (the source cannot be heard), commit, 422
 */
#include "collect/receive.h"

#include <earshot/feed.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/answer.h"
#include "http/http.h"
#include "text/text.h"

#define TEXT_MAX (2 * (size_t)ES_LIMIT_REQUEST) /* what is signed: the body and a few signs */
#define KEY_MAX  4096

/* ---- the signature ---- */

/* "v0:{time}:{body}" with what stands for both. */
static void fill(struct es_buf *out, struct earshot_str text, struct earshot_str time,
		 struct earshot_str body)
{
	const struct earshot_str names[] = { ES_STR("{time}"), ES_STR("{body}") };
	for (size_t i = 0; i < text.len;) {
		struct earshot_str rest = es_str(text.ptr + i, text.len - i);
		bool is_time = es_str_starts(rest, names[0]);
		if (is_time || es_str_starts(rest, names[1])) {
			es_buf_add_str(out, is_time ? time : body);
			i += names[0].len; /* both are as long */
		} else {
			es_buf_putc(out, text.ptr[i++]);
		}
	}
}

static bool is_now(struct earshot_str time, int64_t within)
{
	enum earshot_precision precision;
	int64_t at, off;
	if (!time.len || earshot_feed_time(time.ptr, time.len, &at, &precision) != 0)
		return false;
	off = es_now_ms() - at;
	return off <= within && off >= -within;
}

/* A key of the source; in `out`, with a NUL. False where it comes to nothing. */
static bool key_of(struct es_buf *out, const struct es_source *source, const struct es_expr *key)
{
	es_buf_init(out, KEY_MAX);
	bool some = es_expr_fill(key, source->values, source->n_values, out);
	return some && es_buf_ok(out) && !memchr(out->ptr, '\0', out->len);
}

static bool is_signed(const struct es_source *source, struct es_http_request *request)
{
	const struct es_receive *receive = &source->connector->receive;
	struct earshot_str given = es_http_header(request, receive->header), time = { NULL, 0 };
	struct es_buf key, text;
	if (receive->time_header) {
		time = es_http_header(request, receive->time_header);
		if (!is_now(time, receive->within_ms))
			return false;
	}
	if (!es_str_starts(given, receive->prefix))
		return false;
	given = es_str(given.ptr + receive->prefix.len, given.len - receive->prefix.len);
	es_buf_init(&text, TEXT_MAX);
	fill(&text, receive->text, time, es_http_body(request));
	bool good = key_of(&key, source, receive->key) && es_buf_ok(&text) &&
		    es_push_proves(given, &receive->how, key.ptr, es_buf_view(&text));
	es_buf_release(&key);
	es_buf_release(&text);
	return good;
}

/* ---- what it brings ---- */

static bool is_listed(const struct es_receive *receive, struct earshot_str event)
{
	for (size_t i = 0; i < receive->n_events; i++)
		if (es_str_eq(receive->events[i], event))
			return true;
	return receive->n_events == 0;
}

static bool hand_over(struct es_push *push, size_t place, struct es_http_request *request,
		      struct es_answer *answer)
{
	struct es_push_message *message = calloc(1, sizeof(*message));
	if (!message)
		return false;
	message->kind = ES_PUSH_INGEST;
	message->source = place;
	message->body = answer->lines;
	es_buf_init(&answer->lines, 1);
	message->error = answer->error;
	snprintf(message->problem, sizeof(message->problem), "%.250s", answer->message);
	if (es_push_append(push, message, request))
		return true;
	es_push_message_free(message);
	return false;
}

void es_receive_take(struct es_push *push, size_t place, const struct es_source *source,
		     struct es_http_request *request)
{
	struct es_answer answer;
	struct es_buf nothing;
	if (!is_signed(source, request)) {
		es_push_count(push, "forged");
		es_http_error(request, 401, "unauthorized",
			      "give the service and the source the same secret",
			      "this is not signed as the connector says, or over");
		return;
	}
	struct earshot_str body = es_http_body(request);
	int rc = es_answer_read(&answer, source, 200, body, NULL);
	/* what is asked for is read with patience; who sends is told */
	if (rc == EARSHOT_OK && (!answer.read || !es_utf8_valid(body.ptr, body.len))) {
		es_push_count(push, "bad");
		es_http_error(request, 400, "bad_body", "send JSON in UTF-8", "%s",
			      *answer.message ? answer.message : "it is no UTF-8");
	} else if (rc == EARSHOT_OK && !is_listed(&source->connector->receive, answer.event)) {
		es_buf_init(&nothing, 1);
		es_push_count(push, "known");
		es_http_text(request, 202, "text/plain; charset=utf-8", &nothing);
	} else if (rc != EARSHOT_OK || !hand_over(push, place, request, &answer)) {
		es_push_count(push, "busy");
		es_http_error(request, 503, "unavailable", "send it again",
			      "nobody can take it now");
	}
	es_answer_release(&answer);
}

/* ---- is anybody there? ---- */

void es_receive_greet(const struct es_source *source, struct es_http_request *request)
{
	const struct es_receive *receive = &source->connector->receive;
	struct earshot_str challenge = { NULL, 0 };
	struct es_buf key, out;
	if (receive->challenge)
		challenge = es_http_param(request, receive->challenge);
	if (challenge.len && receive->token_param) {
		bool good = key_of(&key, source, receive->token) &&
			    es_push_same(es_http_param(request, receive->token_param),
					 es_buf_view(&key));
		es_buf_release(&key);
		if (!good) {
			es_http_error(request, 403, "refused", NULL,
				      "this is not the token that was agreed on");
			return;
		}
	}
	es_buf_init(&out, ES_HTTP_HEADER_MAX);
	es_buf_add_str(&out, challenge);
	/* bytes of a stranger: nothing that a browser would run */
	es_http_text(request, 200, "text/plain; charset=utf-8", &out);
}
