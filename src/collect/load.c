/* SPDX-License-Identifier: MIT
 *
 * load.c - reading back what the log says of the sources, and of the demo.
 */
#include "collect/inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "http/http.h"
#include "post/post.h"

/* What others have begun ends within the time-out of their transactions (15 s) and the
 * broker's look after those (10 s); a log that is silent for longer is away. */
#define SILENCE_MS 40000
#define POLL_MS    250
#define EPOCH_KEY  "demo/epoch"

/* Where reading ends, EARSHOT_NONE = nowhere; sets the session to the first offset. */
static int seek_partitions(struct es_bus *bus, struct es_session *session, const char *topic,
			   const bool *wanted, int n, int64_t *ends, struct earshot_error *error)
{
	for (int p = 0; p < n; p++) {
		int64_t first, end, begun;
		int rc = es_bus_offsets(bus, topic, p, &first, &end, error);
		if (rc == EARSHOT_OK)
			rc = es_bus_begun(bus, topic, p, &begun, error);
		if (rc != EARSHOT_OK)
			return rc;
		bool skip = (wanted && !wanted[p]) || first >= begun;
		ends[p] = skip ? EARSHOT_NONE : begun;
		rc = es_session_seek(session, topic, p, skip ? end : first, error);
		if (rc == EARSHOT_OK && skip)
			rc = es_session_pause(session, topic, p, true, error);
		if (rc != EARSHOT_OK)
			return rc;
	}
	return EARSHOT_OK;
}

/* How many partitions are still to be read to their ends. */
static int look_behind(struct es_session *session, const char *topic, int n, int64_t *ends,
		       int *behind, struct earshot_error *error)
{
	*behind = 0;
	for (int p = 0; p < n; p++) {
		int64_t next;
		if (ends[p] == EARSHOT_NONE)
			continue;
		int rc = es_session_position(session, topic, p, &next, error);
		if (rc != EARSHOT_OK)
			return rc;
		if (next >= ends[p])
			ends[p] = EARSHOT_NONE;
		else
			++*behind;
	}
	return EARSHOT_OK;
}

int es_load(const struct es_load *load, es_load_fn *fn, void *ctx, struct earshot_error *error)
{
	const char *topic = load->topic;
	struct es_session *session = NULL;
	int64_t *ends = NULL, heard = es_monotonic_ms();
	int behind = 0, n = es_bus_partitions(load->bus, topic, error);
	if (n < 0)
		return n;
	const struct es_session_options options = { .role = "collect.load",
						    .instance = load->instance,
						    .threads = 1,
						    .topics = &topic,
						    .n_topics = 1 };
	int rc = es_session_open(load->bus, &options, &session, error);
	if (rc != EARSHOT_OK)
		return rc;
	ends = calloc((size_t)n, sizeof(*ends));
	rc = ends ? seek_partitions(load->bus, session, topic, load->wanted, n, ends, error)
		  : es_err_nomem(error);
	if (rc == EARSHOT_OK)
		rc = look_behind(session, topic, n, ends, &behind, error);
	while (rc == EARSHOT_OK && behind) {
		struct es_batch batch;
		rc = es_session_poll(session, POLL_MS, &batch, error);
		if (rc == EARSHOT_OK && batch.event == ES_EVENT_RECORDS)
			heard = es_monotonic_ms();
		else if (rc == EARSHOT_OK && load->stop && atomic_load(load->stop))
			rc = es_err(error, EARSHOT_CLOSED, "told to stop");
		else if (rc == EARSHOT_OK && es_monotonic_ms() - heard > SILENCE_MS)
			rc = es_err(error, EARSHOT_UNAVAILABLE,
				    "topic %s cannot be read to its end", topic);
		for (size_t i = 0; rc == EARSHOT_OK && i < batch.n; i++)
			rc = fn(ctx, &batch.records[i], error);
		if (rc == EARSHOT_OK)
			rc = look_behind(session, topic, n, ends, &behind, error);
	}
	free(ends);
	es_session_close(session);
	return rc;
}

static int load_topic(struct es_collector *collector, enum es_topic_id topic, const bool *wanted,
		      es_load_fn *fn, void *ctx, struct earshot_error *error)
{
	const struct es_load load = { .bus = collector->options.bus,
				      .instance = collector->options.instance,
				      .topic = es_topics[topic].name,
				      .wanted = wanted,
				      .stop = &collector->stop };
	return es_load(&load, fn, ctx, error);
}

/* ---- sources ---- */

/* Only the last record of a source is taken apart. */
static int keep_last(void *ctx, const struct es_record *record, struct earshot_error *error)
{
	struct es_map *last = ctx;
	struct earshot_str *held = es_map_get(last, record->key, record->key_len);
	if (!held)
		return EARSHOT_OK; /* a source that is not ours */
	char *copy = record->value_len ? malloc(record->value_len) : NULL;
	if (record->value_len && !copy)
		return es_err_nomem(error);
	if (copy)
		memcpy(copy, record->value, record->value_len);
	free((char *)held->ptr);
	*held = es_str(copy, record->value_len);
	return EARSHOT_OK;
}

int es_collector_load(struct es_collector *collector, const bool *wanted,
		      struct earshot_error *error)
{
	struct es_map last;
	struct earshot_error own;
	int64_t now = es_now_ms();
	es_map_init(&last);
	struct earshot_str *values = calloc(collector->n ? collector->n : 1, sizeof(*values));
	int rc = values ? EARSHOT_OK : es_err_nomem(error);
	for (size_t i = 0; i < collector->n && rc == EARSHOT_OK; i++) {
		struct es_state *state = &collector->states[i];
		if (wanted[state->partition] &&
		    es_map_put(&last, state->key.ptr, state->key.len, &values[i]) != EARSHOT_OK)
			rc = es_err_nomem(error);
	}
	if (rc == EARSHOT_OK)
		rc = load_topic(collector, ES_TOPIC_SOURCES, wanted, keep_last, &last, error);
	for (size_t i = 0; i < collector->n && rc == EARSHOT_OK; i++) {
		struct es_state *state = &collector->states[i];
		if (!wanted[state->partition])
			continue;
		es_state_clear(state);
		if (values[i].ptr) {
			/* a record that nobody can read: as if the source were new */
			int read = es_state_decode(state, values[i].ptr, values[i].len, &own);
			if (read == EARSHOT_NOMEM)
				rc = es_err_nomem(error);
			else if (read != EARSHOT_OK)
				es_log_error(ES_WARN, "source.state", &own);
		}
		if (state->has_record && state->url_hash != es_url_hash(state->source)) {
			/* the config names another address: what was heard stays known */
			state->health = ES_HEALTH_NEW;
			state->next_try = EARSHOT_NONE;
			state->status = 0;
			if (es_state_set_validators(state, ES_STR(""), ES_STR("")) != EARSHOT_OK)
				rc = es_err_nomem(error);
		}
		state->url_hash = es_url_hash(state->source);
		state->mine = true;
		state->running = state->tried = false;
		state->due = es_collector_due(collector, state, now);
	}
	for (size_t i = 0; values && i < collector->n; i++)
		free((char *)values[i].ptr);
	free(values);
	es_map_release(&last);
	collector->next_due = now;
	return rc;
}

/* ---- the demo's epoch ---- */

static int find_epoch(void *ctx, const struct es_record *record, struct earshot_error *error)
{
	int64_t *epoch = ctx, ms;
	(void)error;
	if (!es_str_is(es_str(record->key, record->key_len), EPOCH_KEY))
		return EARSHOT_OK;
	struct earshot_str value = es_json_get(record->value, record->value_len, "epoch");
	if (value.len > 2 && es_time_parse(value.ptr + 1, value.len - 2, &ms))
		*epoch = ms;
	return EARSHOT_OK;
}

int es_collector_epoch(struct es_collector *collector, struct earshot_error *error)
{
	const struct es_collect_demo *demo = &collector->options.demo;
	const char *topic = es_topics[ES_TOPIC_SETTINGS].name;
	int64_t epoch = EARSHOT_NONE;
	if (!demo->enabled || collector->epoch_known)
		return EARSHOT_OK;
	int rc = load_topic(collector, ES_TOPIC_SETTINGS, NULL, find_epoch, &epoch, error);
	if (rc != EARSHOT_OK)
		return rc;
	if (epoch == EARSHOT_NONE) {
		char time[ES_TIME_LEN], epoch_of[ES_TIME_LEN + 16];
		struct es_arena arena = { 0 };
		struct es_buf value;
		struct es_header headers[ES_CLOUDEVENT_HEADERS];
		int64_t now = es_now_ms();
		epoch = collector->options.once ? now - demo->live_ms : now;
		es_time_format(epoch, time);
		snprintf(epoch_of, sizeof(epoch_of), "\"epoch\":\"%s\"", time);
		const struct es_setting setting = { .kind = ES_STR("demo"),
						    .id = ES_STR("epoch"),
						    .rev = 1,
						    .at = now,
						    .by = ES_STR("collect") };
		es_buf_init(&value, ES_LIMIT_RECORD);
		es_setting_encode(&value, &setting, es_str_of(epoch_of));
		const struct es_cloudevent event = { .type = "setting",
						     .source = ES_STR("/earshot/collect"),
						     .id = ES_STR(EPOCH_KEY),
						     .rev = EARSHOT_NONE,
						     .time_ms = now };
		const struct es_record record = { .topic = topic,
						  .partition = -1,
						  .key = EPOCH_KEY,
						  .key_len = sizeof(EPOCH_KEY) - 1,
						  .value = value.ptr,
						  .value_len = value.len,
						  .headers = headers,
						  .n_headers = es_cloudevent_headers(&arena, &event,
										     headers) };
		rc = es_buf_ok(&value) ? es_outbox_put(&collector->outbox, &record, error)
				       : es_err_nomem(error);
		if (rc == EARSHOT_OK)
			rc = es_outbox_commit(&collector->outbox, error);
		es_buf_release(&value);
		es_arena_release(&arena);
		if (rc != EARSHOT_OK)
			return rc;
	}
	collector->epoch_known = true;
	collector->intake.shift_ms = epoch - demo->anchor_ms;
	collector->intake.live_ms = demo->live_ms;
	return EARSHOT_OK;
}
