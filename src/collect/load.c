/* SPDX-License-Identifier: MIT
 *
 * load.c - reading back what the log says of the sources, and of the demo.
 */
#include "collect/inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/push.h"
#include "http/http.h"
#include "post/post.h"

#define EPOCH_KEY "demo/epoch"

static int load_topic(struct es_collector *collector, enum es_topic_id topic, const bool *wanted,
		      es_reading_fn *fn, void *ctx, struct earshot_error *error)
{
	const struct es_reading reading = { .bus = collector->options.bus,
					    .role = ES_COLLECT_LOAD,
					    .instance = collector->options.instance,
					    .topic = es_topics[topic].name,
					    .wanted = wanted,
					    .stop = &collector->stop };
	return es_bus_read(&reading, fn, ctx, error);
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
			state->hints = (struct es_hints){ 0 };
			es_moved_clear(&state->moved);
			state->next_try = EARSHOT_NONE;
			state->status = 0;
			if (es_state_set_validators(state, ES_STR(""), ES_STR("")) != EARSHOT_OK)
				rc = es_err_nomem(error);
		}
		if (state->source->n_revisit == 0)
			es_revisits_clear(&state->revisits);
		state->url_hash = es_url_hash(state->source);
		state->mine = true;
		state->running = state->tried = false;
		es_collector_resume(collector, state);
		if (rc == EARSHOT_OK && es_websub_resume(collector, state) != EARSHOT_OK)
			rc = es_err_nomem(error);
	}
	for (size_t i = 0; values && i < collector->n; i++)
		free((char *)values[i].ptr);
	free(values);
	es_map_release(&last);
	collector->next_due = es_collector_monotonic(collector);
	if (collector->options.push)
		es_push_ready(collector->options.push);
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
