/* SPDX-License-Identifier: MIT
 *
 * stream.c - the life of a stream: opened, watched, opened again.
 */
#include "collect/stream.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/members.h"
#include "collect/stream_event.h"
#include "collect/words.h"
#include "http/http.h"

#define OWN_HEADERS 3 /* Accept, Cache-Control, Last-Event-ID */

/* ---- in the record ---- */

void es_listening_init(struct es_listening *listening)
{
	*listening = (struct es_listening){ .changed = EARSHOT_NONE,
					    .ask_at = EARSHOT_NONE,
					    .retry_ms = EARSHOT_NONE,
					    .due = INT64_MAX };
}

void es_listening_release(struct es_listening *listening)
{
	free(listening->id);
	free(listening->newest);
	es_listening_init(listening);
}

void es_listening_encode_health(struct es_buf *out, const struct es_listening *listening)
{
	if (listening->changed == EARSHOT_NONE)
		return;
	es_buf_printf(out, ",\"stream\":{\"state\":\"%s\"", listening->open ? "open" : "waiting");
	es_member_put_time(out, "since", listening->changed);
	es_member_put_text(out, "message", listening->message);
	es_buf_putc(out, '}');
}

void es_listening_encode(struct es_buf *out, const struct es_listening *listening)
{
	if (!listening->id && listening->ask_at == EARSHOT_NONE)
		return;
	const char *id = listening->id ? listening->id : "";
	es_buf_puts(out, ",\"stream\":{\"id\":");
	es_buf_json_str(out, id, strlen(id));
	es_member_put_time(out, "ask_at", listening->ask_at);
	es_buf_putc(out, '}');
}

int es_listening_decode(struct es_listening *listening, struct earshot_str health,
			struct earshot_str cursor)
{
	struct es_arena arena = { 0 };
	es_arena_init(&arena, ES_MIB);
	const struct es_members top = { &arena, health }, own = { &arena, cursor };
	es_listening_release(listening);
	listening->changed = es_member_time(&top, "since");
	struct earshot_str message = es_member_text(&top, "message");
	snprintf(listening->message, sizeof(listening->message), "%.*s", ES_FMT(message));
	listening->ask_at = es_member_time(&own, "ask_at");
	struct earshot_str id = es_member_text(&own, "id");
	int rc = id.len ? es_str_keep(&listening->id, id) : EARSHOT_OK;
	es_arena_release(&arena);
	return rc;
}

static bool is_number(struct earshot_str text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	return text.len > 0;
}

bool es_since_is_newer(struct earshot_str a, struct earshot_str b)
{
	if (is_number(a) && is_number(b)) {
		for (; a.len > 1 && *a.ptr == '0'; a.ptr++)
			a.len--;
		for (; b.len > 1 && *b.ptr == '0'; b.ptr++)
			b.len--;
		if (a.len != b.len)
			return a.len > b.len;
	}
	size_t least = a.len < b.len ? a.len : b.len;
	int order = least ? memcmp(a.ptr, b.ptr, least) : 0;
	return order ? order > 0 : a.len > b.len;
}

/* ---- with the pages ---- */

static bool asks(const struct es_state *state)
{
	return !state->source->connector->only_streams;
}

bool es_stream_is_open(const struct es_state *state)
{
	return state->listening.stream && state->listening.stream->open;
}

void es_stream_round_begins(struct es_state *state)
{
	state->listening.round = es_stream_is_open(state);
}

int es_stream_page_read(struct es_state *state, bool over, bool *more)
{
	struct es_listening *listening = &state->listening;
	if (!over || !es_stream_is_open(state))
		return EARSHOT_OK;
	if (!listening->round) { /* it had begun before */
		*more = *more || listening->behind;
		return EARSHOT_OK;
	}
	listening->behind = false;
	/* not past events that are not taken yet: who takes them moves on */
	if (listening->stream->n_lines == 0 && listening->newest &&
	    (!state->pages.since ||
	     es_since_is_newer(es_str_of(listening->newest), es_str_of(state->pages.since))))
		return es_str_keep(&state->pages.since, es_str_of(listening->newest));
	return EARSHOT_OK;
}

void es_stream_words(const struct es_state *state, char *out, size_t size)
{
	const struct es_listening *listening = &state->listening;
	*out = '\0';
	if (!listening->open && *listening->message)
		snprintf(out, size, "its stream is not there (%s); it is asked in its place",
			 listening->message);
}

/* ---- what curl calls ---- */

static int on_head(void *ctx, const struct es_net_result *head)
{
	struct es_stream *stream = ctx;
	bool websocket = stream->state->source->connector->stream.websocket;
	stream->status = head->status;
	stream->retry_after = head->retry_after_ms;
	stream->heard_at = es_collector_monotonic(stream->collector);
	stream->open = websocket ? head->status == 101
				 : head->status == 200 &&
					   es_str_is(head->content_type, "text/event-stream");
	if (head->status == 204) {
		snprintf(stream->words, sizeof(stream->words),
			 "the server has no stream there (204)");
	} else if (!stream->open && !es_status_is_document(head->status)) {
		snprintf(stream->error, sizeof(stream->error), "http");
		es_status_words(head->status, stream->words, sizeof(stream->words));
	} else if (!stream->open) {
		snprintf(stream->error, sizeof(stream->error), "data");
		snprintf(stream->words, sizeof(stream->words),
			 websocket ? "the answer is %.60s, and no WebSocket"
				   : "the answer is %.60s, and no event stream (text/event-stream)",
			 head->content_type.len ? head->content_type.ptr : "of no type");
	}
	return !stream->open;
}

static int on_data(void *ctx, const char *ptr, size_t len)
{
	struct es_stream *stream = ctx;
	stream->heard_at = es_collector_monotonic(stream->collector);
	if (stream->full)
		return ES_NET_WAIT;
	if (stream->collector->buffered + (int64_t)len > ES_COLLECT_BUFFERED) {
		stream->end = ES_STREAM_CROWDED;
		return 1;
	}
	if (stream->state->source->connector->stream.websocket)
		es_stream_piece(stream, ptr, len);
	else
		es_stream_push(stream, ptr, len);
	return stream->nomem;
}

static void on_message(void *ctx)
{
	es_stream_message(ctx);
}

static void on_done(void *ctx, const struct es_net_result *result)
{
	struct es_stream *stream = ctx;
	stream->transfer = NULL;
	if (stream->end == ES_STREAM_RUNS)
		stream->end = stream->status == 204 ? ES_STREAM_NONE
			      : stream->open        ? ES_STREAM_CUT
						    : ES_STREAM_REFUSED;
	if (*stream->words)
		return;
	if (result->outcome != ES_NET_OK)
		snprintf(stream->error, sizeof(stream->error), "%s",
			 es_net_outcome_name(result->outcome));
	snprintf(stream->words, sizeof(stream->words), "%.120s",
		 *result->text ? result->text : "the server ended it");
}

/* ---- life ---- */

static void close_stream(struct es_stream *stream)
{
	struct es_collector *collector = stream->collector;
	if (stream->transfer)
		es_net_close(collector->net, stream->transfer);
	if (stream->prev)
		stream->prev->next = stream->next;
	else
		collector->streams = stream->next;
	if (stream->next)
		stream->next->prev = stream->prev;
	collector->buffered -= (int64_t)stream->held;
	stream->state->listening.stream = NULL;
	es_sse_release(&stream->sse);
	es_buf_release(&stream->lines);
	free(stream);
}

void es_streams_drop(struct es_collector *collector, const bool *partitions)
{
	for (struct es_stream *stream = collector->streams, *next; stream; stream = next) {
		next = stream->next;
		if (!partitions || partitions[stream->state->partition])
			close_stream(stream);
	}
}

void es_stream_resume(struct es_collector *collector, struct es_state *state)
{
	struct es_listening *listening = &state->listening;
	const struct es_connector *connector = state->source->connector;
	listening->due = INT64_MAX;
	if (!connector || !connector->streams || collector->options.once ||
	    state->health == ES_HEALTH_STOPPED)
		return;
	int64_t now = es_collector_monotonic(collector);
	int64_t wait = listening->ask_at == EARSHOT_NONE
			       ? 0
			       : listening->ask_at - es_collector_wall(collector);
	listening->due = now + (wait < 0 ? 0 : wait < ES_WAIT_MAX ? wait : ES_WAIT_MAX);
}

/* The request with what an event stream is asked with; NULL in *out where it could not be sent. */
static int send(struct es_stream *stream, struct earshot_error *error)
{
	const struct es_state *state = stream->state;
	const struct es_source *source = state->source;
	const struct es_pages at = { .since = state->pages.since };
	const char *headers[ES_CALL_HEADERS + OWN_HEADERS];
	char last[ES_SSE_ID_MAX + sizeof("Last-Event-ID: ")];
	struct es_call call;
	int rc = es_call_make(&call, &source->connector->stream.call, source, &at, NULL, error);
	if (rc == EARSHOT_OK) {
		size_t n = call.n_headers;
		memcpy(headers, call.headers, n * sizeof(*headers));
		bool websocket = source->connector->stream.websocket;
		snprintf(last, sizeof(last), "Last-Event-ID: %s", stream->id);
		if (!websocket) {
			headers[n++] = "Accept: text/event-stream";
			headers[n++] = "Cache-Control: no-store";
		}
		if (*stream->id)
			headers[n++] = last;
		const struct es_net_request request = { .url = call.url.ptr,
							.headers = headers,
							.n_headers = n,
							.websocket = websocket,
							.on_message = on_message,
							.on_head = on_head,
							.on_data = on_data,
							.on_done = on_done,
							.ctx = stream };
		rc = es_net_open(stream->collector->net, &request, &stream->transfer, error);
	}
	es_call_release(&call);
	return rc;
}

static struct es_stream *new_stream(struct es_collector *collector, struct es_state *state)
{
	struct es_stream *stream = calloc(1, sizeof(*stream));
	if (!stream)
		return NULL;
	stream->collector = collector;
	stream->state = state;
	stream->retry_after = EARSHOT_NONE;
	stream->begun_at = stream->heard_at = es_collector_monotonic(collector);
	es_sse_init(&stream->sse);
	stream->sse.retry_ms = state->listening.retry_ms;
	es_buf_init(&stream->lines, 2 * ES_STREAM_BYTES + 2 * ES_LIMIT_LINE);
	if (state->listening.id) {
		snprintf(stream->id, sizeof(stream->id), "%s", state->listening.id);
		es_buf_puts(&stream->sse.last_id, stream->id);
		es_buf_puts(&stream->sse.id, stream->id);
	}
	stream->next = collector->streams;
	if (collector->streams)
		collector->streams->prev = stream;
	collector->streams = stream;
	state->listening.stream = stream;
	state->listening.due = INT64_MAX;
	return stream;
}

int es_stream_open(struct es_collector *collector, struct es_state *state,
		   struct earshot_error *error)
{
	struct earshot_error own;
	int64_t look = state->look_due;
	bool may;
	int rc = es_collector_may_call(collector, state, &may, error);
	if (rc != EARSHOT_OK)
		return rc;
	if (!may) {
		if (!state->counting) { /* its calls are used up */
			state->listening.due = state->look_due;
			/* it is the stream that waits: what is not asked for stays unasked */
			if (look > es_collector_monotonic(collector))
				state->look_due = look;
		}
		es_collector_set_due(collector, state);
		return EARSHOT_OK;
	}
	struct es_stream *stream = new_stream(collector, state);
	if (!stream)
		return es_err_nomem(error);
	rc = send(stream, &own);
	es_collector_called(collector, state, rc == EARSHOT_OK, 0);
	es_collector_set_due(collector, state);
	if (rc == EARSHOT_NOMEM)
		return es_err_nomem(error);
	if (rc != EARSHOT_OK) { /* it is this source that cannot ask: told in the next turn */
		stream->end = ES_STREAM_REFUSED;
		snprintf(stream->error, sizeof(stream->error), "%s",
			 rc == EARSHOT_BUSY ? "busy" : ES_ERROR_CONFIG);
		snprintf(stream->words, sizeof(stream->words), "%.120s", own.text);
	}
	return EARSHOT_OK;
}

/* ---- a turn ---- */

static void tell(const struct es_state *state, bool well, int64_t wait)
{
	const struct es_listening *listening = &state->listening;
	es_log(well ? ES_INFO : ES_WARN, "source.stream", ES_LOG_S("source", state->source->id),
	       ES_LOG_S("state", listening->open ? "open" : "waiting"),
	       ES_LOG_S("message", listening->message), ES_LOG_I("next_try_ms", wait));
}

/* How a stream without pages is: as it is heard. */
static int conclude(struct es_stream *stream, const char *error_code, const char *message,
		    struct earshot_error *error)
{
	const struct es_outcome outcome = { .error = error_code,
					    .status = stream->status,
					    .message = message,
					    .retry_after = stream->retry_after,
					    .fresh = EARSHOT_NONE,
					    .lag = EARSHOT_NONE,
					    .changed = true };
	stream->state->tried_at = es_monotonic_us();
	return es_collector_conclude(stream->collector, stream->state, &outcome, error);
}

/* From here on nothing new is missed: what came before is asked for. */
static int opened(struct es_stream *stream, struct earshot_error *error)
{
	struct es_collector *collector = stream->collector;
	struct es_state *state = stream->state;
	struct es_listening *listening = &state->listening;
	bool news = !listening->open;
	stream->told_open = true;
	listening->open = true;
	listening->message[0] = '\0';
	listening->ask_at = EARSHOT_NONE;
	if (news)
		listening->changed = es_collector_wall(collector);
	if (news)
		tell(state, true, 0);
	if (!asks(state))
		return conclude(stream, "", "", error);
	listening->behind = true;
	listening->round = false;
	if (!state->running) {
		state->look_due = es_collector_monotonic(collector);
		es_collector_set_due(collector, state);
	}
	return EARSHOT_OK;
}

static int64_t bounded(int64_t ms)
{
	return ms == EARSHOT_NONE         ? ES_STREAM_RETRY
	       : ms < ES_STREAM_RETRY_MIN ? ES_STREAM_RETRY_MIN
	       : ms > ES_STREAM_RETRY_MAX ? ES_STREAM_RETRY_MAX
					  : ms;
}

/* ms until the next connection. One that brought something, or was open for as long as it may be
 * quiet, has failed nobody; else it takes twice as long each time. */
static int64_t next_wait(struct es_stream *stream, enum es_wait *why)
{
	struct es_state *state = stream->state;
	struct es_listening *listening = &state->listening;
	int64_t lasted = es_collector_monotonic(stream->collector) - stream->begun_at;
	bool good = stream->open &&
		    (stream->events > 0 || lasted >= state->source->connector->stream.quiet_ms);
	int64_t wait = bounded(stream->sse.retry_ms);
	listening->retry_ms = stream->sse.retry_ms;
	listening->failures = good ? 0 : listening->failures + 1;
	*why = ES_WAIT_BACKOFF;
	if (!stream->open && (stream->status || listening->failures > 1))
		return es_wait_failed(es_source_every(state->source), listening->failures,
				      stream->retry_after, es_collector_chance(stream->collector),
				      why);
	for (int64_t i = 1; i < listening->failures && wait < ES_STREAM_RETRY_MAX; i++)
		wait *= 2;
	return wait + (int64_t)(es_collector_chance(stream->collector) * (double)(wait / 5));
}

static int ended(struct es_stream *stream, struct earshot_error *error)
{
	struct es_collector *collector = stream->collector;
	struct es_state *state = stream->state;
	struct es_listening *listening = &state->listening;
	int64_t wall = es_collector_wall(collector), now = es_collector_monotonic(collector);
	int64_t quiet = state->source->connector->stream.quiet_ms;
	if (stream->end == ES_STREAM_QUIET) {
		snprintf(stream->error, sizeof(stream->error), "stalled");
		snprintf(stream->words, sizeof(stream->words),
			 "it has stalled: no byte came for %lld s", (long long)(quiet / ES_SECOND));
	} else if (stream->end == ES_STREAM_CROWDED) {
		snprintf(stream->error, sizeof(stream->error), "busy");
		snprintf(stream->words, sizeof(stream->words), "too much comes at once");
	}
	atomic_fetch_add(&collector->stats.ends, 1);
	enum es_wait why;
	int64_t wait = next_wait(stream, &why);
	bool well = stream->end == ES_STREAM_CUT && listening->failures == 0;
	bool over = stream->end == ES_STREAM_NONE;
	listening->open = false;
	listening->changed = wall;
	listening->due = over ? INT64_MAX : now + wait;
	listening->ask_at = why == ES_WAIT_RETRY_AFTER ? wall + wait : EARSHOT_NONE;
	snprintf(listening->message, sizeof(listening->message), "%s", stream->words);
	tell(state, well, over ? 0 : wait);
	int rc;
	if (asks(state)) {
		/* until it is there again the pages are asked for as if there were none */
		int64_t look = now + es_source_every(state->source);
		if (!state->running && look < state->look_due)
			state->look_due = look;
		if (!well)
			es_stream_words(state, state->message, sizeof(state->message));
		rc = es_outbox_state(&collector->outbox, state, wall, error);
	} else if (well) {
		rc = es_outbox_state(&collector->outbox, state, wall, error);
	} else {
		rc = conclude(stream, over ? "gone" : stream->error, stream->words, error);
	}
	es_collector_set_due(collector, state);
	close_stream(stream);
	return rc;
}

/* Is there something to be taken, and is it time? */
static bool is_ready(const struct es_stream *stream, int64_t now)
{
	bool any = stream->n_lines + stream->lost + stream->bad + stream->big > 0;
	return any && (stream->full || stream->end != ES_STREAM_RUNS || stream->n_lines == 0 ||
		       now - stream->first_at >= ES_STREAM_GATHER);
}

static int look_after(struct es_stream *stream, struct earshot_error *error)
{
	struct es_collector *collector = stream->collector;
	int64_t now = es_collector_monotonic(collector);
	int rc = stream->nomem ? es_err_nomem(error) : EARSHOT_OK;
	if (rc == EARSHOT_OK && stream->open && !stream->told_open)
		rc = opened(stream, error);
	if (rc == EARSHOT_OK && is_ready(stream, now)) {
		bool waits = stream->full && stream->transfer;
		rc = es_stream_take(stream, error);
		if (rc == EARSHOT_OK && waits) {
			stream->heard_at = now; /* it was us who did not listen */
			es_net_resume(stream->transfer);
		}
		return rc;
	}
	if (rc != EARSHOT_OK || stream->n_lines > 0)
		return rc;
	if (stream->end == ES_STREAM_RUNS &&
	    now - stream->heard_at > stream->state->source->connector->stream.quiet_ms)
		stream->end = ES_STREAM_QUIET;
	return stream->end == ES_STREAM_RUNS ? EARSHOT_OK : ended(stream, error);
}

int es_streams_turn(struct es_collector *collector, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	for (struct es_stream *stream = collector->streams, *next;
	     stream && rc == EARSHOT_OK && !es_outbox_full(&collector->outbox); stream = next) {
		next = stream->next;
		rc = look_after(stream, error);
	}
	return rc;
}

int64_t es_streams_wait(const struct es_collector *collector)
{
	int64_t least = INT64_MAX, now = es_collector_monotonic(collector);
	for (const struct es_stream *stream = collector->streams; stream; stream = stream->next) {
		int64_t left = INT64_MAX;
		if ((stream->open && !stream->told_open) || stream->end != ES_STREAM_RUNS ||
		    stream->full)
			left = 0;
		else if (stream->n_lines > 0)
			left = stream->first_at + ES_STREAM_GATHER - now;
		least = left < least ? left : least;
	}
	return least < 0 ? 0 : least;
}

void es_streams_publish(const struct es_collector *collector)
{
	struct es_metrics *metrics = collector->options.metrics;
	int64_t n = 0, open = 0;
	for (size_t i = 0; i < collector->n; i++) {
		const struct es_state *state = &collector->states[i];
		const struct es_connector *connector = state->source->connector;
		n += state->mine && connector && connector->streams;
		open += es_stream_is_open(state);
	}
	const struct {
		enum es_metric_type type;
		const char *name, *help, *labels;
		int64_t value;
	} all[] = {
		{ ES_METRIC_GAUGE, "earshot_collect_streams", "Sources with a stream, by state.",
		  "state=\"open\"", open },
		{ ES_METRIC_GAUGE, "earshot_collect_streams", "Sources with a stream, by state.",
		  "state=\"waiting\"", n - open },
		{ ES_METRIC_COUNTER, "earshot_collect_stream_events_total",
		  "Events of streams that held a post or a deletion.", "",
		  atomic_load(&collector->stats.events) },
		{ ES_METRIC_COUNTER, "earshot_collect_stream_ends_total",
		  "Connections of streams that ended.", "", atomic_load(&collector->stats.ends) },
	};
	for (size_t i = 0; i < ES_COUNT(all); i++)
		atomic_store(
			es_metric(metrics, all[i].type, all[i].name, all[i].help, all[i].labels),
			all[i].value);
}
