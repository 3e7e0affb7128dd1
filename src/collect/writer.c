/* SPDX-License-Identifier: MIT */
#include "collect/writer.h"

#include "post/post.h"

void es_writer_init(struct es_writer *writer, struct es_session *session, const char *instance,
		    bool offsets)
{
	*writer =
		(struct es_writer){ .session = session, .instance = instance, .offsets = offsets };
	es_arena_init(&writer->arena, ES_MIB);
	es_buf_init(&writer->value, ES_LIMIT_RECORD);
}

void es_writer_release(struct es_writer *writer)
{
	if (writer->open)
		(void)!es_session_abort(writer->session, NULL);
	es_arena_release(&writer->arena);
	es_buf_release(&writer->value);
	*writer = (struct es_writer){ 0 };
}

bool es_writer_full(const struct es_writer *writer)
{
	return writer->posts >= ES_COLLECT_SLICE || writer->bytes >= ES_WRITER_BYTES;
}

int es_writer_put(struct es_writer *writer, const struct es_record *record,
		  struct earshot_error *error)
{
	if (!writer->open) {
		int rc = es_session_begin(writer->session, error);
		if (rc != EARSHOT_OK)
			return rc;
		writer->open = true;
		writer->posts = writer->bytes = 0;
	}
	writer->bytes += record->key_len + record->value_len;
	return es_session_put(writer->session, record, error);
}

/* `value` holds the record's value. */
static int put_event(struct es_writer *writer, const char *topic, struct earshot_str key,
		     const struct es_cloudevent *event, struct earshot_error *error)
{
	struct es_header headers[ES_CLOUDEVENT_HEADERS];
	size_t n = es_cloudevent_headers(&writer->arena, event, headers);
	if (n == 0 || !es_buf_ok(&writer->value))
		return es_err(error, n == 0 ? EARSHOT_NOMEM : EARSHOT_LIMIT,
			      "topic %s, key %.*s: the record is larger than %u bytes", topic,
			      ES_FMT(key), ES_LIMIT_RECORD);
	const struct es_record record = { .topic = topic,
					  .partition = -1,
					  .key = key.ptr,
					  .key_len = key.len,
					  .value = writer->value.ptr,
					  .value_len = writer->value.len,
					  .headers = headers,
					  .n_headers = n };
	return es_writer_put(writer, &record, error);
}

/* "/earshot/INSTANCE/SOURCE" */
static struct earshot_str event_source(struct es_writer *writer, struct earshot_str source)
{
	size_t instance = strlen(writer->instance), len = 9 + instance + 1 + source.len;
	char *text = es_arena_alloc(&writer->arena, len);
	if (!text)
		return ES_STR("/earshot");
	memcpy(text, "/earshot/", 9);
	memcpy(text + 9, writer->instance, instance);
	text[9 + instance] = '/';
	memcpy(text + 10 + instance, source.ptr, source.len);
	return es_str(text, len);
}

int es_writer_post(struct es_writer *writer, const struct earshot_post *post,
		   struct earshot_error *error)
{
	int rc = es_post_check(post, error);
	if (rc != EARSHOT_OK)
		return rc;
	es_arena_reset(&writer->arena);
	es_buf_clear(&writer->value);
	es_post_encode(&writer->value, post);
	const struct es_cloudevent event = { .type = "post",
					     .source = event_source(writer, post->source),
					     .id = post->id,
					     .rev = post->rev,
					     .time_ms = post->observed_at };
	rc = put_event(writer, es_topics[ES_TOPIC_POSTS].name, post->id, &event, error);
	if (rc == EARSHOT_OK)
		writer->posts++;
	return rc;
}

int es_writer_state(struct es_writer *writer, struct es_state *state, int64_t now,
		    struct earshot_error *error)
{
	es_arena_reset(&writer->arena);
	es_buf_clear(&writer->value);
	es_state_encode(&writer->value, state);
	const struct es_cloudevent event = { .type = "source",
					     .source = event_source(writer, state->key),
					     .id = state->key,
					     .rev = EARSHOT_NONE,
					     .time_ms = now };
	int rc = put_event(writer, es_topics[ES_TOPIC_SOURCES].name, state->key, &event, error);
	if (rc != EARSHOT_OK)
		return rc;
	state->dirty = false;
	state->has_record = true;
	state->written_at = now;
	return EARSHOT_OK;
}

int es_writer_commit(struct es_writer *writer, struct earshot_error *error)
{
	if (!writer->open)
		return EARSHOT_OK;
	/* whatever comes of it, nothing is open afterwards (bus.h) */
	writer->open = false;
	writer->posts = writer->bytes = 0;
	return es_session_commit(writer->session, writer->offsets, error);
}
