/* SPDX-License-Identifier: MIT
 *
 * stream_event.c - events of a stream -> lines of JSON -> the open transaction.
 */
#include "collect/stream_event.h"

#include <stdio.h>
#include <stdlib.h>

static const struct es_connector_event *event_of(const struct es_connector *connector,
						 struct earshot_str type)
{
	for (size_t i = 0; i < connector->stream.n_events; i++)
		if (es_str_eq(connector->stream.events[i].type, type))
			return &connector->stream.events[i];
	return NULL;
}

static void note_bad(struct es_stream *stream, const char *text)
{
	stream->bad++;
	snprintf(stream->bad_text, sizeof(stream->bad_text), "%.120s", text);
}

/* The data is the id of a post that is gone: bare, or a text of JSON. */
static bool put_deletion(struct es_stream *stream, struct earshot_str id)
{
	struct es_buf *lines = &stream->lines;
	id = es_str_trim(id);
	if (id.len >= 2 && *id.ptr == '"' && id.ptr[id.len - 1] == '"')
		id = es_str(id.ptr + 1, id.len - 2);
	if (id.len > ES_STREAM_GONE_MAX)
		note_bad(stream, "the id of a post that is gone is too long to be one");
	if (!id.len || id.len > ES_STREAM_GONE_MAX)
		return false;
	es_buf_puts(lines, "{\"op\":\"delete\",\"native_id\":");
	es_buf_json_str(lines, id.ptr, id.len);
	es_buf_puts(lines, "}\n");
	return true;
}

static void on_value(void *ctx, struct earshot_str name, struct earshot_str value)
{
	struct es_stream *stream = ctx;
	struct es_listening *listening = &stream->state->listening;
	(void)name;
	if (value.len > ES_CALL_TEXT_MAX)
		note_bad(stream, "stream.since is too long for a request");
	else if (!listening->newest || es_since_is_newer(value, es_str_of(listening->newest)))
		stream->nomem |= es_str_keep(&listening->newest, value) != EARSHOT_OK;
}

static int64_t put_post(struct es_stream *stream, struct earshot_str data)
{
	const struct es_source *source = stream->state->source;
	struct es_page_result found;
	struct earshot_error error;
	int rc = es_page_read(&source->connector->stream.page, source->values, source->n_values,
			      data.ptr, data.len, &stream->lines, on_value, stream, &found, &error);
	if (rc == EARSHOT_NOMEM)
		stream->nomem = true;
	else if (rc != EARSHOT_OK)
		note_bad(stream, error.text);
	if (rc != EARSHOT_OK)
		return 0;
	stream->lost += found.lost;
	stream->big += found.big;
	return found.lines;
}

static void on_event(void *ctx, const struct es_sse_event *event)
{
	struct es_stream *stream = ctx;
	const struct es_connector_event *known =
		event_of(stream->state->source->connector, event->type);
	int64_t n = 0;
	if (!known)
		return;
	if (event->big)
		stream->big++;
	else if (known->gone)
		n = put_deletion(stream, event->data);
	else
		n = put_post(stream, event->data);
	if (n > 0 && stream->n_lines == 0)
		stream->first_at = es_collector_monotonic(stream->collector);
	stream->n_lines += n;
	stream->events += n;
	atomic_fetch_add(&stream->collector->stats.events, n);
	stream->full |= stream->n_lines >= ES_STREAM_LINES || stream->lines.len >= ES_STREAM_BYTES;
}

/* What it holds counts as other bodies on their way do. */
static void count_held(struct es_stream *stream)
{
	size_t held = stream->lines.len + stream->sse.line.len + stream->sse.data.len;
	stream->collector->buffered += (int64_t)held - (int64_t)stream->held;
	stream->held = held;
}

void es_stream_push(struct es_stream *stream, const char *ptr, size_t len)
{
	stream->nomem |= es_sse_push(&stream->sse, ptr, len, on_event, stream) != EARSHOT_OK;
	stream->nomem |= !es_buf_ok(&stream->lines);
	count_held(stream);
}

void es_stream_piece(struct es_stream *stream, const char *ptr, size_t len)
{
	struct es_buf *data = &stream->sse.data;
	stream->sse.long_event |= len > ES_SSE_DATA_MAX - data->len;
	if (!stream->sse.long_event)
		es_buf_add(data, ptr, len);
	stream->nomem |= !es_buf_ok(data);
	count_held(stream);
}

void es_stream_message(struct es_stream *stream)
{
	const struct es_sse_event event = { ES_STR("message"), es_buf_view(&stream->sse.data),
					    stream->sse.long_event };
	on_event(stream, &event);
	es_buf_clear(&stream->sse.data);
	stream->sse.long_event = false;
	stream->nomem |= !es_buf_ok(&stream->lines);
	count_held(stream);
}

/* What an API says has changed, where nothing of what came could be mapped. */
static void words_of(const struct es_stream *stream, char *out, size_t size)
{
	const char *none = stream->n_lines == 0 ? "no items mapped: " : "";
	*out = '\0';
	if (stream->lost > 0)
		snprintf(out, size, "%s%lld events have no id or no text where the connector looks",
			 none, (long long)stream->lost);
	else if (stream->bad > 0)
		snprintf(out, size, "%s%lld events cannot be read: %s", none,
			 (long long)stream->bad, stream->bad_text);
	else if (stream->big > 0)
		snprintf(out, size, "%lld events are longer than %u bytes", (long long)stream->big,
			 ES_SSE_DATA_MAX);
}

/* A gap that is still to be read keeps {since} where it is. */
static int move_on(struct es_stream *stream, struct earshot_error *error)
{
	struct es_state *state = stream->state;
	struct es_listening *listening = &state->listening;
	struct earshot_str id = es_buf_view(&stream->sse.last_id);
	int rc = es_str_keep(&listening->id, id.len ? id : es_str(NULL, 0));
	bool newer = listening->newest && !listening->behind &&
		     (!state->pages.since || es_since_is_newer(es_str_of(listening->newest),
							       es_str_of(state->pages.since)));
	if (rc == EARSHOT_OK && newer)
		rc = es_str_keep(&state->pages.since, es_str_of(listening->newest));
	return rc == EARSHOT_OK ? rc : es_err_nomem(error);
}

int es_stream_take(struct es_stream *stream, struct earshot_error *error)
{
	struct es_collector *collector = stream->collector;
	struct es_state *state = stream->state;
	struct es_intake *intake = &collector->intake;
	struct es_reading_result read = { .lag = EARSHOT_NONE };
	char message[ES_MESSAGE_MAX];
	int rc = EARSHOT_OK;
	bool nothing = stream->n_lines == 0, odd = stream->lost + stream->bad > 0;
	words_of(stream, message, sizeof(message));
	state->tried_at = es_monotonic_us();
	intake->part = true;
	if (!nothing)
		rc = es_intake_body(intake, state, es_buf_view(&stream->lines), NULL, NULL, &read,
				    error);
	intake->part = false;
	if (rc == EARSHOT_OK)
		rc = move_on(stream, error);
	es_buf_clear(&stream->lines);
	stream->n_lines = stream->lost = stream->bad = stream->big = 0;
	stream->full = false;
	count_held(stream);
	if (rc != EARSHOT_OK)
		return rc;
	const struct es_outcome outcome = { .error = nothing && odd ? "data" : "",
					    .status = 200,
					    .message = message,
					    .retry_after = EARSHOT_NONE,
					    .fresh = EARSHOT_NONE,
					    .posts = read.posts,
					    .lag = read.lag,
					    .changed = true };
	/* its health changes where nothing can be mapped any more, or can again */
	bool deaf = strcmp(state->error, "data") == 0;
	state->last_try = es_collector_wall(collector);
	if (!*outcome.error && state->health == ES_HEALTH_OK)
		state->last_ok = state->last_try;
	if (!state->running && (*outcome.error ? !deaf : deaf))
		return es_collector_conclude(collector, state, &outcome, error);
	return es_collector_pushed(collector, state, &outcome, error);
}
