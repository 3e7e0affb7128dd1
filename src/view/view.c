/* SPDX-License-Identifier: MIT
 *
 * view.c - the read model's life: made, run until it is stopped, freed.
 */
#include "view/inside.h"
#include <stdlib.h>
#include <time.h>

#define TRIES    6
#define WAIT_MS  200
#define PAUSE_MS 2000

static const enum es_topic_id read_topics[] = { ES_TOPIC_REVIEWS, ES_TOPIC_NEGATIVE,
						ES_TOPIC_NEUTRAL, ES_TOPIC_POSITIVE,
						ES_TOPIC_FLAGGED, ES_TOPIC_SOURCES };
#define N_TOPICS ES_COUNT(read_topics)

/* Which topics belong to which brand, as a number: counts by brand depend on it. */
static uint64_t brands_hash(const struct es_view_options *options)
{
	uint64_t hash = ES_FNV_START;
	for (size_t i = 0; i < options->n_brands; i++) {
		const struct es_view_brand *brand = &options->brands[i];
		hash = es_fnv1a(hash, brand->id, strlen(brand->id) + 1);
		for (size_t j = 0; j < brand->n_topics; j++)
			hash = es_fnv1a(hash, brand->topics[j].id, strlen(brand->topics[j].id) + 1);
		hash = es_fnv1a(hash, "\n", 1);
	}
	return hash & INT64_MAX;
}

static int map_brands(struct es_view *view, struct earshot_error *error)
{
	for (size_t i = 0; i < view->options.n_brands; i++) {
		const struct es_view_brand *brand = &view->options.brands[i];
		for (size_t j = 0; j < brand->n_topics; j++)
			if (es_map_put(&view->brand_of, brand->topics[j].id,
				       strlen(brand->topics[j].id), (void *)(uintptr_t)brand))
				return es_err_nomem(error);
	}
	return 0;
}

/* Other brands than those that the counts were made with: they are made again. */
static int check_brands(struct es_view *view, struct earshot_error *error)
{
	sqlite3_stmt *stmt = NULL;
	int64_t hash = (int64_t)brands_hash(&view->options), have = -1;
	if (sqlite3_prepare_v2(view->db, "SELECT value FROM meta WHERE name='brands'", -1, &stmt,
			       NULL) == SQLITE_OK &&
	    sqlite3_step(stmt) == SQLITE_ROW)
		have = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	if (have == hash)
		return 0;
	int rc = have == -1 ? 0 : es_view_refresh_all(view, error);
	if (rc)
		return rc;
	es_bind_text(view->stmts[ES_STMT_META], 1, "brands");
	es_bind_int(view->stmts[ES_STMT_META], 2, hash);
	return es_run(view, ES_STMT_META, error);
}

static int open_session(struct es_view *view, struct earshot_error *error)
{
	const char *names[N_TOPICS];
	size_t n = 0;
	for (size_t i = 0; i < N_TOPICS; i++)
		names[i] = es_topics[read_topics[i]].name;
	view->positions = calloc(ES_POSITIONS_MAX, sizeof(*view->positions));
	if (!view->positions)
		return es_err_nomem(error);
	for (size_t i = 0; i < N_TOPICS; i++) {
		int partitions = es_bus_partitions(view->options.bus, names[i], error);
		if (partitions < 0)
			return partitions;
		if ((size_t)partitions > ES_POSITIONS_MAX - n)
			return es_err(error, EARSHOT_LIMIT, "more than %d partitions",
				      ES_POSITIONS_MAX);
		for (int p = 0; p < partitions; p++)
			view->positions[n++] = (struct es_position){ names[i], p, 0, 0 };
	}
	view->n_positions = n;
	struct es_session_options options = { .role = "view",
					      .instance = view->options.instance,
					      .threads = 1,
					      .topics = names,
					      .n_topics = N_TOPICS };
	return es_session_open(view->options.bus, &options, &view->session, error);
}

int es_view_new(struct es_view **out, const struct es_view_options *options,
		struct earshot_error *error)
{
	*out = NULL;
	struct es_view *view = calloc(1, sizeof(*view));
	if (!view)
		return es_err_nomem(error);
	view->options = *options;
	view->lock_fd = -1;
	view->path = strdup(options->path);
	pthread_mutex_init(&view->lock, NULL);
	es_map_init(&view->brand_of);
	es_map_init(&view->touched);
	/* there from the start: what begins at 1 is no increase for those who watch */
	view->taken = es_metric(options->metrics, ES_METRIC_COUNTER, "earshot_view_records_total",
				"Records that the read model has taken in.", "");
	view->bad = es_metric(options->metrics, ES_METRIC_COUNTER, "earshot_view_bad_records_total",
			      "Records that the read model could not read.", "");
	view->since = es_now_ms();
	view->waited = es_metric_histogram(
		options->metrics, "earshot_view_latency_seconds",
		"Age of a record in its label topic when the read model has it.", "",
		&es_bounds_latency);
	view->spent =
		es_metric_histogram(options->metrics, "earshot_view_ingest_seconds",
				    "Time to take in what one poll gave.", "", &es_bounds_spent);
	int rc = view->path ? 0 : es_err_nomem(error);
	if (!rc)
		rc = es_zone_init(&view->zone, options->timezone, error);
	if (!rc)
		rc = map_brands(view, error);
	if (!rc)
		rc = es_view_open(view, error);
	if (!rc)
		rc = check_brands(view, error);
	if (!rc)
		rc = open_session(view, error);
	if (rc)
		es_view_free(view);
	else
		*out = view;
	return rc;
}

void es_view_free(struct es_view *view)
{
	if (!view)
		return;
	if (view->session)
		es_session_close(view->session);
	es_view_close(view);
	free(view->positions);
	es_map_release(&view->brand_of);
	es_map_release(&view->touched);
	es_arena_release(&view->batch);
	es_arena_release(&view->scratch);
	es_zone_release(&view->zone);
	pthread_mutex_destroy(&view->lock);
	free(view->path);
	free(view);
}

static int64_t stored_offset(struct es_view *view, const struct es_position *position)
{
	sqlite3_stmt *stmt = NULL;
	int64_t next = 0;
	if (sqlite3_prepare_v2(view->db, "SELECT next FROM offsets WHERE topic=? AND part=?", -1,
			       &stmt, NULL) == SQLITE_OK) {
		es_bind_text(stmt, 1, position->topic);
		es_bind_int(stmt, 2, position->partition);
		if (sqlite3_step(stmt) == SQLITE_ROW)
			next = sqlite3_column_int64(stmt, 0);
	}
	sqlite3_finalize(stmt);
	return next;
}

/* Every partition back to where the file stands. Offsets past the end are of
 * another log: the file is emptied. */
static int seek_all(struct es_view *view, struct earshot_error *error)
{
	if (!view->db) { /* it could not be emptied before: no room, perhaps */
		int rc = es_view_wipe(view, error);
		if (!rc)
			rc = check_brands(view, error);
		if (rc)
			return rc;
	}
	for (size_t i = 0; i < view->n_positions; i++) {
		struct es_position *position = &view->positions[i];
		int64_t first;
		int rc = es_bus_offsets(view->options.bus, position->topic, position->partition,
					&first, &position->end, error);
		if (rc)
			return rc;
		position->next = stored_offset(view, position);
		if (position->next > position->end) {
			es_log(ES_WARN, "view.rebuild", ES_LOG_S("path", view->path));
			rc = es_view_wipe(view, error);
			if (!rc)
				rc = check_brands(view, error);
			return rc ? rc : seek_all(view, error);
		}
		if (position->next < first)
			position->next = first;
		rc = es_session_seek(view->session, position->topic, position->partition,
				     position->next, error);
		if (rc)
			return rc;
	}
	return 0;
}

/* Everything that was there at the start has been read in. */
static int look_caught_up(struct es_view *view, bool *yes, struct earshot_error *error)
{
	*yes = true;
	for (size_t i = 0; i < view->n_positions && *yes; i++) {
		const struct es_position *position = &view->positions[i];
		int64_t next;
		int rc = es_session_position(view->session, position->topic, position->partition,
					     &next, error);
		if (rc)
			return rc;
		*yes = next >= position->end;
	}
	return 0;
}

/* Waits, and looks up now and then whether it shall stop. */
static void pause_ms(struct es_view *view, int64_t ms)
{
	struct es_batch batch;
	int64_t until = es_monotonic_ms() + ms;
	while (!atomic_load(&view->stop) && es_monotonic_ms() < until)
		if (es_session_poll(view->session, 50, &batch, NULL) != 0)
			nanosleep(&(struct timespec){ 0, 50 * 1000000L }, NULL);
}

int es_view_run(struct es_view *view, struct earshot_error *error)
{
	struct earshot_error own = { 0 };
	struct es_batch batch;
	int tries = 0, rc;
	bool sought = false, all;
	error = error ? error : &own;
	while (!atomic_load(&view->stop)) {
		rc = sought ? 0 : seek_all(view, error);
		if (!rc) {
			sought = true;
			rc = es_session_poll(view->session, WAIT_MS, &batch, error);
		}
		if (!rc && batch.event == ES_EVENT_RECORDS)
			rc = es_view_ingest(view, &batch, error);
		if (!rc && !atomic_load(&view->ready)) {
			rc = look_caught_up(view, &all, error);
			if (!rc && all)
				atomic_store(&view->ready, true);
		}
		if (rc) {
			es_log_error(ES_WARN, "view.failed", error);
			if (rc == EARSHOT_FENCED || (view->options.once && ++tries == TRIES))
				return rc;
			sought = false;
			pause_ms(view, view->options.once ? WAIT_MS : PAUSE_MS);
			continue;
		}
		tries = 0;
		if (view->erased)
			es_view_cut(view);
		if (view->options.once && atomic_load(&view->ready))
			break;
	}
	return 0;
}

void es_view_stop(struct es_view *view)
{
	atomic_store(&view->stop, true);
	es_session_wake(view->session);
}

int es_view_ready(void *ctx, struct earshot_error *error)
{
	const struct es_view *view = ctx;
	if (atomic_load(&view->ready))
		return 0;
	return es_err(error, EARSHOT_UNAVAILABLE, "the read model is still being read in");
}

const struct es_view_options *es_view_options(const struct es_view *view)
{
	return &view->options;
}

void es_view_subscribe(struct es_view *view, es_view_listener *listener, void *ctx)
{
	view->listener = listener;
	view->listener_ctx = ctx;
}

int64_t es_view_seq(struct es_view *view)
{
	return atomic_load(&view->seq);
}
