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

/* The last record of a key in one partition; ptr NULL = none, or one that says that it is
 * elsewhere. */
struct last {
	int partition;
	struct earshot_str value;
	struct last *next;
};

/* Of a source, or of a shared budget: `here` is where it belongs; others are there where its
 * source has joined a shared budget, or left it. */
struct lasts {
	struct last here;
};

static bool is_elsewhere(struct earshot_str value)
{
	return es_str_is(es_json_get(value.ptr, value.len, "elsewhere"), "true");
}

static struct last *last_in(struct lasts *lasts, int partition)
{
	struct last *last = &lasts->here;
	while (last && last->partition != partition)
		last = last->next;
	if (last || !(last = calloc(1, sizeof(*last))))
		return last;
	last->partition = partition;
	last->next = lasts->here.next;
	lasts->here.next = last;
	return last;
}

/* Where it lies though it belongs elsewhere; NULL = nowhere. */
static const struct last *astray(const struct lasts *lasts)
{
	const struct last *last = lasts->here.next;
	while (last && !last->value.ptr)
		last = last->next;
	return lasts->here.value.ptr ? NULL : last;
}

static void release_lasts(struct lasts *lasts)
{
	free((char *)lasts->here.value.ptr);
	while (lasts->here.next) {
		struct last *last = lasts->here.next;
		lasts->here.next = last->next;
		free((char *)last->value.ptr);
		free(last);
	}
}

/* Only the last one is taken apart. */
static int keep_last(void *ctx, const struct es_record *record, struct earshot_error *error)
{
	struct es_map *by_key = ctx;
	struct lasts *lasts = es_map_get(by_key, record->key, record->key_len);
	struct earshot_str value = es_str(record->value, record->value_len);
	if (!lasts)
		return EARSHOT_OK; /* a source that is not ours */
	bool none = !value.len || is_elsewhere(value);
	struct last *last = last_in(lasts, record->partition);
	char *copy = none || !last ? NULL : malloc(value.len);
	if (!last || (!none && !copy))
		return es_err_nomem(error);
	if (copy)
		memcpy(copy, value.ptr, value.len);
	free((char *)last->value.ptr);
	last->value = es_str(copy, none ? 0 : value.len);
	return EARSHOT_OK;
}

/* What a record says; one that nobody can read: as if the source were new. */
static int take_state(struct es_collector *collector, struct es_state *state,
		      struct earshot_str value, struct earshot_error *error)
{
	struct earshot_error own;
	int rc = EARSHOT_OK;
	es_state_clear(state);
	if (value.ptr) {
		int read = es_state_decode(state, value.ptr, value.len, &own);
		if (read == EARSHOT_NOMEM)
			return es_err_nomem(error);
		if (read != EARSHOT_OK)
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
	return rc;
}

/* Its record goes where it belongs now, in one transaction with what is left in its old place. */
static int bring_home(struct es_collector *collector, struct es_state *state, int from,
		      struct earshot_error *error)
{
	int64_t wall = es_collector_wall(collector);
	int rc = es_outbox_state(&collector->outbox, state, wall, error);
	if (rc == EARSHOT_OK)
		rc = es_outbox_moved(&collector->outbox, state, from, wall, error);
	return rc;
}

/* The records of `wanted`, and where one is not where it belongs those of all partitions. */
static int read_last(struct es_collector *collector, const bool *wanted, struct es_map *by_key,
		     const struct lasts *lasts, size_t n, struct earshot_error *error)
{
	bool missing = false;
	int rc = load_topic(collector, ES_TOPIC_SOURCES, wanted, keep_last, by_key, error);
	for (size_t i = 0; i < n; i++)
		missing |= wanted[lasts[i].here.partition] && !lasts[i].here.value.ptr;
	bool *others = missing ? calloc((size_t)collector->partitions, sizeof(*others)) : NULL;
	if (rc != EARSHOT_OK || !missing) {
		free(others);
		return rc;
	}
	if (!others)
		return es_err_nomem(error);
	for (int p = 0; p < collector->partitions; p++)
		others[p] = !wanted[p];
	rc = load_topic(collector, ES_TOPIC_SOURCES, others, keep_last, by_key, error);
	free(others);
	return rc;
}

static int put_key(struct es_map *by_key, struct earshot_str key, struct lasts *lasts, int home,
		   const bool *wanted, struct earshot_error *error)
{
	lasts->here.partition = home;
	if (!wanted[home] || es_map_put(by_key, key.ptr, key.len, lasts) == EARSHOT_OK)
		return EARSHOT_OK;
	return es_err_nomem(error);
}

int es_collector_load(struct es_collector *collector, const bool *wanted,
		      struct earshot_error *error)
{
	struct es_map by_key;
	size_t n = collector->n, all = n + collector->n_purses;
	struct lasts *lasts = calloc(all ? all : 1, sizeof(*lasts));
	int rc = lasts ? EARSHOT_OK : es_err_nomem(error);
	es_map_init(&by_key);
	for (size_t i = 0; i < all && rc == EARSHOT_OK; i++)
		rc = i < n ? put_key(&by_key, collector->states[i].key, &lasts[i],
				     collector->states[i].partition, wanted, error)
			   : put_key(&by_key, collector->purses[i - n].key, &lasts[i],
				     collector->purses[i - n].partition, wanted, error);
	if (rc == EARSHOT_OK)
		rc = read_last(collector, wanted, &by_key, lasts, n, error);
	for (size_t i = n; i < all && rc == EARSHOT_OK; i++)
		if (wanted[lasts[i].here.partition])
			es_purse_decode(&collector->purses[i - n], lasts[i].here.value);
	for (size_t i = 0; i < n && rc == EARSHOT_OK; i++) {
		struct es_state *state = &collector->states[i];
		const struct last *away = astray(&lasts[i]);
		if (!wanted[state->partition])
			continue;
		rc = take_state(collector, state, away ? away->value : lasts[i].here.value, error);
		if (rc == EARSHOT_OK && away)
			rc = bring_home(collector, state, away->partition, error);
	}
	if (rc == EARSHOT_OK)
		rc = es_outbox_commit(&collector->outbox, error);
	for (size_t i = 0; lasts && i < all; i++)
		release_lasts(&lasts[i]);
	free(lasts);
	es_map_release(&by_key);
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
