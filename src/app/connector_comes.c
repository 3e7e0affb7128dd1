/* SPDX-License-Identifier: MIT
 *
 * connector_comes.c - of the file of a connector what says how posts come by themselves: streams,
 * and what is pushed.
 */
#include "app/making.h"

static void events(struct making *making)
{
	struct es_list list = making->from->stream_events;
	struct es_connector_stream *to = &making->to->stream;
	struct es_connector_event *at =
		es_arena_zalloc(making->reader->arena, list.n + 1, sizeof(*at));
	to->events = at;
	if (at && !list.n)
		at[to->n_events++] = (struct es_connector_event){ ES_STR("message"), false };
	ES_EACH (struct es_config_pair, pair, list) {
		bool gone = es_str_is(pair->value, "gone");
		if (!gone && !es_str_is(pair->value, "post"))
			es_reader_note(making->reader, false, pair->node,
				       "write update: post, or delete: gone",
				       "\"%.*s: %.*s\" is nothing that an event can be",
				       ES_FMT(pair->key), ES_FMT(pair->value));
		else if (at)
			at[to->n_events++] = (struct es_connector_event){ pair->key, gone };
	}
}

void es_making_stream(struct making *making)
{
	const struct es_config_connector *from = making->from;
	struct es_connector *to = making->to;
	const struct es_node *node = es_making_node(making->root, "stream");
	struct es_page_field *since = es_arena_zalloc(making->reader->arena, 1, sizeof(*since));
	to->streams = true;
	es_making_call(making, "stream", &from->stream, &to->stream.call);
	events(making);
	to->stream.quiet_ms = from->stream_quiet;
	to->stream.websocket = es_str_is(from->stream_by, "websocket");
	to->stream.page = to->page;
	to->stream.page.items = es_making_one(making, "stream.items", from->stream_items, false);
	to->stream.page.asks = since;
	to->stream.page.n_asks = since && from->stream_since.len;
	if (since)
		*since = (struct es_page_field){
			ES_STR(ES_ASK_SINCE),
			es_making_one(making, "stream.since", from->stream_since, false), ES_STR("")
		};
	if (to->stream.quiet_ms < ES_SECOND || to->stream.quiet_ms > ES_HOUR)
		es_reader_note(making->reader, false, es_making_node(making->root, "stream.quiet"),
			       "write quiet: 90s",
			       "stream.quiet is less than 1 s or more than 1 h");
	if (to->stream.websocket && !to->only_streams)
		es_reader_note(making->reader, false, node, "leave request away",
			       "a WebSocket has no pages beside it");
	if (to->logs_in || to->feed)
		es_reader_note(making->reader, false, node, "leave one of them away",
			       "a connector with a stream has no login, and its format is json");
}

void es_making_receive(struct making *making)
{
	const struct es_config_connector *from = making->from;
	struct es_receive *to = &making->to->receive;
	const struct es_node *node = es_making_node(making->root, "receive");
	struct earshot_str *events =
		es_arena_zalloc(making->reader->arena, from->receive.events.n + 1, sizeof(*events));
	making->to->receives = true;
	*to = (struct es_receive){
		.header = es_text_or_null(from->receive.header),
		.key = es_making_one(making, "receive.signature.key", from->receive.key, true),
		.how = { .sha1 = es_str_is(from->receive.hmac, "sha1"),
			 .base64 = es_str_is(from->receive.digits, "base64") },
		.prefix = from->receive.prefix,
		.text = from->receive.text,
		.time_header = es_text_or_null(from->receive.time_header),
		.within_ms = from->receive.within,
		.events = events,
		.challenge = es_text_or_null(from->receive.challenge),
		.token_param = es_text_or_null(from->receive.token_param),
		.token =
			es_making_one(making, "receive.challenge.token", from->receive.token, true),
	};
	ES_EACH (struct earshot_str, event, from->receive.events)
		if (events)
			events[to->n_events++] = *event;
	if (!to->header || !to->key)
		es_reader_note(making->reader, false, node,
			       "write signature: {header: X-Signature, key: \"{secret}\"}",
			       "receive does not say how the service proves itself");
	if (to->n_events && !from->receive.event.len)
		es_reader_note(making->reader, false, node, "write event: topic",
			       "receive.event does not say where the name of an event stands");
	if ((to->token_param != NULL) != (to->token != NULL))
		es_reader_note(making->reader, false, node, "write both, or neither",
			       "receive.challenge has a token_param without a token, or a token "
			       "without it");
	if (from->request.url.len || from->login.url.len || from->stream.url.len ||
	    from->newest.url.len)
		es_reader_note(making->reader, false, node,
			       "leave request, login, newest and stream away",
			       "a connector that is sent to asks for nothing");
}
