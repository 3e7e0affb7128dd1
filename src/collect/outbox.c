/* SPDX-License-Identifier: MIT */
#include "collect/outbox.h"

#include "post/post.h"

void es_outbox_init(struct es_outbox *outbox, struct es_session *session, const char *instance,
		    bool offsets)
{
	*outbox =
		(struct es_outbox){ .session = session, .instance = instance, .offsets = offsets };
	es_arena_init(&outbox->arena, ES_MIB);
	es_buf_init(&outbox->value, ES_LIMIT_RECORD);
}

void es_outbox_release(struct es_outbox *outbox)
{
	if (outbox->open)
		(void)!es_session_abort(outbox->session, NULL);
	es_arena_release(&outbox->arena);
	es_buf_release(&outbox->value);
	*outbox = (struct es_outbox){ 0 };
}

bool es_outbox_full(const struct es_outbox *outbox)
{
	return outbox->posts >= ES_COLLECT_SLICE || outbox->bytes >= ES_OUTBOX_BYTES;
}

int es_outbox_put(struct es_outbox *outbox, const struct es_record *record,
		  struct earshot_error *error)
{
	if (!outbox->open) {
		int rc = es_session_begin(outbox->session, error);
		if (rc != EARSHOT_OK)
			return rc;
		outbox->open = true;
		outbox->posts = outbox->bytes = 0;
	}
	outbox->bytes += record->key_len + record->value_len;
	return es_session_put(outbox->session, record, error);
}

/* `value` holds the record's value; partition -1 = by key. */
static int put_event(struct es_outbox *outbox, const char *topic, int partition,
		     struct earshot_str key, const struct es_cloudevent *event,
		     struct earshot_error *error)
{
	struct es_header headers[ES_CLOUDEVENT_HEADERS];
	size_t n = es_cloudevent_headers(&outbox->arena, event, headers);
	if (n == 0 || !es_buf_ok(&outbox->value))
		return es_err(error, n == 0 ? EARSHOT_NOMEM : EARSHOT_LIMIT,
			      "topic %s, key %.*s: the record is larger than %u bytes", topic,
			      ES_FMT(key), ES_LIMIT_RECORD);
	const struct es_record record = { .topic = topic,
					  .partition = partition,
					  .key = key.ptr,
					  .key_len = key.len,
					  .value = outbox->value.ptr,
					  .value_len = outbox->value.len,
					  .headers = headers,
					  .n_headers = n };
	return es_outbox_put(outbox, &record, error);
}

struct earshot_str es_outbox_source(const struct es_outbox *outbox, struct es_arena *arena,
				    struct earshot_str source)
{
	size_t instance = strlen(outbox->instance), len = 9 + instance + 1 + source.len;
	char *text = es_arena_alloc(arena, len);
	if (!text)
		return es_str(NULL, 0);
	memcpy(text, "/earshot/", 9);
	memcpy(text + 9, outbox->instance, instance);
	text[9 + instance] = '/';
	memcpy(text + 10 + instance, source.ptr, source.len);
	return es_str(text, len);
}

int es_outbox_post(struct es_outbox *outbox, const struct earshot_post *post,
		   struct earshot_error *error)
{
	int rc = es_post_check(post, error);
	if (rc != EARSHOT_OK)
		return rc;
	es_arena_reset(&outbox->arena);
	es_buf_clear(&outbox->value);
	es_post_encode(&outbox->value, post);
	const struct es_cloudevent event = { .type = "post",
					     .source = es_outbox_source(outbox, &outbox->arena,
									post->source),
					     .id = post->id,
					     .rev = post->rev,
					     .time_ms = post->observed_at };
	rc = put_event(outbox, es_topics[ES_TOPIC_POSTS].name, -1, post->id, &event, error);
	if (rc == EARSHOT_OK)
		outbox->posts++;
	return rc;
}

/* `value` holds the record's value. */
static int put_source(struct es_outbox *outbox, int partition, struct earshot_str key, int64_t now,
		      struct earshot_error *error)
{
	const struct es_cloudevent event = { .type = "source",
					     .source =
						     es_outbox_source(outbox, &outbox->arena, key),
					     .id = key,
					     .rev = EARSHOT_NONE,
					     .time_ms = now };
	return put_event(outbox, es_topics[ES_TOPIC_SOURCES].name, partition, key, &event, error);
}

int es_outbox_state(struct es_outbox *outbox, struct es_state *state, int64_t now,
		    struct earshot_error *error)
{
	es_arena_reset(&outbox->arena);
	es_buf_clear(&outbox->value);
	es_state_encode(&outbox->value, state);
	int rc = put_source(outbox, state->partition, state->key, now, error);
	if (rc != EARSHOT_OK)
		return rc;
	state->dirty = false;
	state->has_record = true;
	state->written_at = now;
	return EARSHOT_OK;
}

int es_outbox_purse(struct es_outbox *outbox, struct es_purse *purse, int64_t now,
		    struct earshot_error *error)
{
	es_arena_reset(&outbox->arena);
	es_buf_clear(&outbox->value);
	es_purse_encode(&outbox->value, purse);
	purse->dirty = false;
	return put_source(outbox, purse->partition, purse->key, now, error);
}

int es_outbox_moved(struct es_outbox *outbox, const struct es_state *state, int partition,
		    int64_t now, struct earshot_error *error)
{
	es_arena_reset(&outbox->arena);
	es_buf_clear(&outbox->value);
	es_state_head(&outbox->value, state->key, es_source_said_kind(state->source),
		      ES_HEALTH_NEW);
	es_buf_puts(&outbox->value,
		    ",\"elsewhere\":true,\"cursor\":{\"url\":\"0000000000000000\"}}");
	return put_source(outbox, partition, state->key, now, error);
}

int es_outbox_alert(struct es_outbox *outbox, const struct es_state *state, struct earshot_str key,
		    struct earshot_str value, int64_t now, struct earshot_error *error)
{
	es_arena_reset(&outbox->arena);
	es_buf_clear(&outbox->value);
	es_buf_add_str(&outbox->value, value);
	const struct es_cloudevent event = { .type = "alert",
					     .source = es_outbox_source(outbox, &outbox->arena,
									state->key),
					     .id = key,
					     .rev = EARSHOT_NONE,
					     .time_ms = now };
	return put_event(outbox, es_topics[ES_TOPIC_ALERTS].name, -1, key, &event, error);
}

int es_outbox_metric(struct es_outbox *outbox, const struct es_state *state, struct earshot_str key,
		     struct earshot_str value, int64_t rev, int64_t now,
		     struct earshot_error *error)
{
	es_arena_reset(&outbox->arena);
	es_buf_clear(&outbox->value);
	es_buf_add_str(&outbox->value, value);
	const struct es_cloudevent event = { .type = "metric",
					     .source = es_outbox_source(outbox, &outbox->arena,
									state->key),
					     .id = key,
					     .rev = rev,
					     .time_ms = now };
	int rc = put_event(outbox, es_topics[ES_TOPIC_METRICS].name, -1, key, &event, error);
	outbox->posts += rc == EARSHOT_OK;
	return rc;
}

int es_outbox_commit(struct es_outbox *outbox, struct earshot_error *error)
{
	if (!outbox->open)
		return EARSHOT_OK;
	/* whatever comes of it, nothing is open afterwards (bus.h) */
	outbox->open = false;
	outbox->posts = outbox->bytes = 0;
	return es_session_commit(outbox->session, outbox->offsets, error);
}
