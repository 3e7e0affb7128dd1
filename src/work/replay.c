/* SPDX-License-Identifier: MIT
 *
 * replay.c - one partition of `posts` judged anew, and compared with what is published of it.
 *
 *            posts [from ... live)            label topics, same partition number
 *   POSTS    which record counts for an id
 *   LABELS                                    what readers hold of that id
 *   WORK     that record, judged; on_post()
 *
 * Post-keyed topics share their partitions, so that one number is enough. Whoever owns the
 * partition runs live too, in the same thread: between two steps nothing but live writes what
 * was read here, and it says so (es_replay_seen). More ids than the table holds are taken in
 * passes, by the high bits of their hash.
 */
#include <stdlib.h>

#include "work/inside.h"

#define LABELS 3
#define SKEW_MS \
	(10 * ES_MINUTE) /* between the clocks of brokers: topics are read from so long before */
#define LOOK_EVERY  64   /* records between two looks at the clock */
#define PASSES_MAX  65536
#define BATCH_BYTES (4u * ES_MIB) /* of one poll: some slices of work */

static const enum es_topic_id topics[] = { ES_TOPIC_NEGATIVE, ES_TOPIC_NEUTRAL, ES_TOPIC_POSITIVE,
					   ES_TOPIC_POSTS };
#define POSTS LABELS /* its place in topics */

static const char *name_of(int topic)
{
	return es_topics[topics[topic]].name;
}

/* ---- life ---- */

/* Everything but our partition stays unread. */
static int pause_others(struct es_replay *replay, struct earshot_error *error)
{
	int n = es_bus_partitions(replay->plan.worker->options.bus, name_of(POSTS), error);
	int rc = n < 0 ? n : 0;
	for (int topic = 0; topic <= POSTS && rc == 0; topic++)
		for (int p = 0; p < n && rc == 0; p++)
			if (p != replay->plan.partition)
				rc = es_session_pause(replay->session, name_of(topic), p, true,
						      error);
	return rc;
}

int es_replay_open(struct es_replay **out, const struct es_replay_plan *plan, unsigned passes,
		   unsigned pass, int64_t next, struct earshot_error *error)
{
	struct es_replay *replay = calloc(1, sizeof(*replay));
	const struct es_worker_options *worker = &plan->worker->options;
	const char *names[POSTS + 1];
	*out = NULL;
	if (!replay)
		return es_err_nomem(error);
	for (int topic = 0; topic <= POSTS; topic++)
		names[topic] = name_of(topic);
	const struct es_session_options options = { .role = "work-replay",
						    .instance = worker->instance,
						    .thread = worker->thread,
						    .threads = worker->threads,
						    .topics = names,
						    .n_topics = ES_COUNT(names),
						    .batch_bytes = BATCH_BYTES };
	replay->plan = *plan;
	replay->passes = passes ? passes : 1;
	replay->pass = pass;
	replay->next = next;
	es_table_init(&replay->table, plan->limit ? plan->limit : ES_REPLAY_IDS);
	es_arena_init(&replay->shapes, ES_REPLAY_SHAPES);
	int rc = es_session_open(worker->bus, &options, &replay->session, error);
	if (rc == 0)
		rc = pause_others(replay, error);
	if (rc)
		es_replay_free(replay);
	else
		*out = replay;
	return rc;
}

void es_replay_free(struct es_replay *replay)
{
	if (!replay)
		return;
	es_session_close(replay->session);
	es_table_release(&replay->table);
	es_arena_release(&replay->shapes);
	free(replay);
}

/* ---- from stage to stage ---- */

/* Reads posts, or the label topics, from now on. */
static int listen_to(struct es_replay *replay, bool posts, struct earshot_error *error)
{
	int rc = 0;
	replay->batch = (struct es_batch){ 0 };
	replay->at = 0;
	for (int topic = 0; topic <= POSTS && rc == 0; topic++)
		rc = es_session_pause(replay->session, name_of(topic), replay->plan.partition,
				      (topic == POSTS) != posts, error);
	return rc;
}

static int seek(struct es_replay *replay, int topic, int64_t offset, struct earshot_error *error)
{
	return es_session_seek(replay->session, name_of(topic), replay->plan.partition, offset,
			       error);
}

static int position(const struct es_replay *replay, int topic, int64_t *next,
		    struct earshot_error *error)
{
	return es_session_position(replay->session, name_of(topic), replay->plan.partition, next,
				   error);
}

/* The offset of a time, of the beginning where it is none. */
static int offset_at(const struct es_replay *replay, int topic, int64_t ms, int64_t *offset,
		     struct earshot_error *error)
{
	struct es_bus *bus = replay->plan.worker->options.bus;
	int64_t end;
	if (ms == EARSHOT_NONE)
		return es_bus_offsets(bus, name_of(topic), replay->plan.partition, offset, &end,
				      error);
	return es_bus_offset_at(bus, name_of(topic), replay->plan.partition, ms, offset, error);
}

static int begin_pass(struct es_replay *replay, struct earshot_error *error)
{
	replay->to = INT64_MAX;
	es_table_clear(&replay->table);
	es_arena_reset(&replay->shapes);
	if (replay->plan.shapes)
		es_map_clear(replay->plan.shapes);
	int rc = offset_at(replay, POSTS, replay->plan.from_ms, &replay->from, error);
	if (rc == 0 && replay->plan.to_ms != EARSHOT_NONE)
		rc = offset_at(replay, POSTS, replay->plan.to_ms, &replay->to, error);
	if (rc == 0)
		rc = listen_to(replay, true, error);
	if (rc == 0)
		rc = seek(replay, POSTS, replay->from, error);
	replay->stage = ES_REPLAY_POSTS;
	return rc;
}

static int begin_labels(struct es_replay *replay, int64_t live, struct earshot_error *error)
{
	struct es_bus *bus = replay->plan.worker->options.bus;
	int64_t from_ms = replay->plan.from_ms;
	replay->end = live < replay->to ? live : replay->to;
	replay->stage = ES_REPLAY_LABELS;
	if (from_ms != EARSHOT_NONE)
		from_ms -= SKEW_MS;
	int rc = listen_to(replay, false, error);
	for (int topic = 0; topic < LABELS && rc == 0; topic++) {
		int64_t from = 0;
		rc = es_bus_begun(bus, name_of(topic), replay->plan.partition, &replay->ends[topic],
				  error);
		if (rc == 0)
			rc = offset_at(replay, topic, from_ms, &from, error);
		if (rc == 0)
			rc = seek(replay, topic, from, error);
	}
	return rc;
}

static int begin_work(struct es_replay *replay, struct earshot_error *error)
{
	if (replay->next < replay->from)
		replay->next = replay->from;
	replay->stage = ES_REPLAY_WORK;
	int rc = listen_to(replay, true, error);
	return rc ? rc : seek(replay, POSTS, replay->next, error);
}

/* The next one, as coarse as it can be: behind pass 1 of 4 comes pass 1 of 2. */
static void end_pass(struct es_replay *replay)
{
	replay->pass++;
	while (replay->passes > 1 && replay->pass % 2 == 0) {
		replay->passes /= 2;
		replay->pass /= 2;
	}
	replay->next = 0;
	replay->stage = replay->pass < replay->passes ? ES_REPLAY_BEGIN : ES_REPLAY_DONE;
	replay->batch = (struct es_batch){ 0 };
}

/* The pass has more ids than the table holds: two halves of it. */
static int split(struct es_replay *replay, struct earshot_error *error)
{
	if (replay->passes >= PASSES_MAX)
		return es_err(error, EARSHOT_LIMIT, "a replay takes at most %d passes", PASSES_MAX);
	replay->passes *= 2;
	replay->pass *= 2;
	replay->next = 0;
	replay->stage = ES_REPLAY_BEGIN;
	replay->batch = (struct es_batch){ 0 };
	return 0;
}

/* Everything of the stage has been read: the next one. */
static int look_further(struct es_replay *replay, int64_t live, struct earshot_error *error)
{
	int64_t next = 0;
	int rc = 0, behind = 0;
	switch (replay->stage) {
	case ES_REPLAY_BEGIN:
		return begin_pass(replay, error);
	case ES_REPLAY_POSTS:
		rc = position(replay, POSTS, &next, error);
		return rc || (next < live && replay->from < live)
			       ? rc
			       : begin_labels(replay, live, error);
	case ES_REPLAY_LABELS:
		for (int topic = 0; topic < LABELS && rc == 0; topic++) {
			rc = position(replay, topic, &next, error);
			behind += next < replay->ends[topic];
		}
		return rc || (behind && replay->table.n) ? rc : begin_work(replay, error);
	case ES_REPLAY_WORK:
		rc = position(replay, POSTS, &next, error);
		if (rc == 0 && (next >= replay->end || replay->table.n == 0))
			end_pass(replay);
		return rc;
	default:
		return 0;
	}
}

/* ---- records ---- */

static bool in_pass(const struct es_replay *replay, struct earshot_str id)
{
	/* the same in every process: another one may go on with it */
	uint64_t hash = es_fnv1a(ES_FNV_START, id.ptr, id.len);
	return replay->passes == 1 || ((hash >> 32) * replay->passes) >> 32 == replay->pass;
}

/* The reader rule: the highest rev, then the latest observation, then the later record. */
static void take_post(struct es_row *row, int64_t rev, int64_t observed, int64_t offset)
{
	if (row->offset >= 0 && (rev < row->rev || (rev == row->rev && observed < row->observed)))
		return;
	row->rev = rev;
	row->observed = observed;
	row->offset = offset;
}

/* Read as live reads it: what was dead to that changed nothing. */
static int on_post(struct es_replay *replay, const struct es_record *record)
{
	static const struct es_slice_options options = { .cut = 0 };
	const struct earshot_str id = es_str(record->key, record->key_len);
	struct es_arena *arena = &replay->plan.worker->arena;
	struct es_slice slice;
	int64_t rev = 0, observed = record->time_ms;
	int rc = 0;
	if (!record->key || !es_post_id_valid(id) || !in_pass(replay, id))
		return 0;
	if (record->value) {
		es_arena_reset(arena);
		if (es_post_slice(arena, record->value, record->value_len, &options, &slice,
				  NULL) ||
		    es_post_check(&slice.post, NULL) || !es_str_eq(slice.post.id, id))
			return 0;
		rev = slice.post.rev;
		observed = slice.post.observed_at;
	} else {
		rev = es_work_null_rev(record);
	}
	/* behind the range it only says that what stands in it does not count */
	struct es_row *row = es_table_find(&replay->table, id, record->offset < replay->to, &rc);
	if (row)
		take_post(row, rev, observed, record->offset);
	return rc;
}

void es_replay_seen(struct es_replay *replay, const struct es_record *record,
		    const struct earshot_post *post, int64_t rev)
{
	const struct earshot_str id = es_str(record->key, record->key_len);
	int ignored = 0;
	if (record->partition != replay->plan.partition || replay->stage == ES_REPLAY_BEGIN ||
	    replay->stage == ES_REPLAY_DONE || !es_post_id_valid(id))
		return;
	struct es_row *row = es_table_find(&replay->table, id, false, &ignored);
	if (row)
		take_post(row, rev, record->value ? post->observed_at : record->time_ms,
			  record->offset);
}

static int on_label(struct es_replay *replay, const struct es_record *record,
		    struct earshot_error *error)
{
	const struct earshot_str id = es_str(record->key, record->key_len);
	struct es_brief brief;
	int topic = 0, ignored = 0;
	while (topic < LABELS && strcmp(record->topic, name_of(topic)) != 0)
		topic++;
	if (!record->key || !es_post_id_valid(id))
		return 0;
	struct es_row *row = es_table_find(&replay->table, id, false, &ignored);
	if (!row)
		return 0;
	if (!record->value) { /* it removes what its own topic brought, unless that is newer */
		bool erased = !es_record_header(record, "rev");
		int64_t rev = erased ? row->out_rev : es_work_null_rev(record);
		if (row->state == ES_ROW_LIVE && (row->topic != topic || rev < row->out_rev))
			return 0;
		row->state = ES_ROW_NULL;
		row->topic = topic;
		row->out_rev = rev > row->out_rev ? rev : row->out_rev;
		return 0;
	}
	if (!es_brief_read(&brief, es_str(record->value, record->value_len), replay->table.key))
		return 0;
	if (row->state != ES_ROW_NONE &&
	    (brief.rev < row->out_rev || (brief.rev == row->out_rev && row->state == ES_ROW_LIVE &&
					  brief.observed < row->out_observed)))
		return 0;
	row->state = ES_ROW_LIVE;
	row->topic = topic;
	row->out_rev = brief.rev;
	row->out_observed = brief.observed;
	row->digest = brief.digest;
	return replay->plan.shapes ? es_shape_read(replay, row, record, error) : 0;
}

static int on_work(struct es_replay *replay, const struct es_record *record,
		   struct earshot_error *error)
{
	const struct earshot_str id = es_str(record->key, record->key_len);
	struct es_worker *worker = replay->plan.worker;
	struct earshot_error cause = { 0 };
	int ignored = 0;
	if (!record->key || !es_post_id_valid(id))
		return 0;
	const struct es_row *row = es_table_find(&replay->table, id, false, &ignored);
	if (!row || row->offset != record->offset)
		return 0;
	struct es_work work = { .worker = worker, .record = record, .anew = true, .error = error };
	es_arena_reset(&worker->arena);
	enum es_verdict verdict = es_work_evaluate(&work, &cause);
	if (verdict == ES_VERDICT_DEAD && cause.code == EARSHOT_NOMEM)
		return es_err_nomem(error);
	return replay->plan.on_post(replay->plan.ctx, &work, row, verdict, &cause);
}

static int on_record(struct es_replay *replay, const struct es_record *record,
		     struct earshot_error *error)
{
	int rc;
	switch (replay->stage) {
	case ES_REPLAY_POSTS:
		rc = on_post(replay, record);
		break;
	case ES_REPLAY_LABELS:
		rc = on_label(replay, record, error);
		break;
	default:
		if (record->offset >= replay->end)
			return 0;
		rc = on_work(replay, record, error);
		replay->next = rc ? replay->next : record->offset + 1;
		return rc;
	}
	if (rc == EARSHOT_LIMIT)
		return split(replay, error);
	return rc == EARSHOT_NOMEM ? es_err_nomem(error) : rc;
}

static int work_batch(struct es_replay *replay, int64_t until_us, bool *late,
		      struct earshot_error *error)
{
	bool judging = replay->stage == ES_REPLAY_WORK;
	int rc = 0;
	while (replay->at < replay->batch.n && rc == 0 && !*late) {
		rc = on_record(replay, &replay->batch.records[replay->at++], error);
		if (judging || replay->at % LOOK_EVERY == 0)
			*late = es_monotonic_us() >= until_us;
	}
	return rc;
}

int es_replay_step(struct es_replay *replay, int64_t live, int64_t until_us,
		   struct earshot_error *error)
{
	bool late = false;
	int rc = 0;
	replay->idle = false;
	while (rc == 0 && !late && replay->stage != ES_REPLAY_DONE) {
		if (replay->at < replay->batch.n) {
			rc = work_batch(replay, until_us, &late, error);
			continue;
		}
		enum es_replay_stage before = replay->stage;
		rc = look_further(replay, live, error);
		if (rc || replay->stage != before)
			return rc;
		rc = es_session_poll(replay->session, replay->plan.wait_ms, &replay->batch, error);
		replay->at = 0;
		if (rc == 0 && replay->batch.event != ES_EVENT_RECORDS) {
			/* it may have heard that the end is reached */
			rc = look_further(replay, live, error);
			replay->idle = replay->stage == before;
			return rc;
		}
		late = es_monotonic_us() >= until_us;
	}
	return rc;
}
