/* SPDX-License-Identifier: MIT
 *
 * worker.c - the loop: begin, poll, work, commit; and what happens when that fails.
 */
#include "work/inside.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http/http.h"
#include "match/match.h"

#define GROUP       "work"
#define POLL_MS     1000 /* a wake ends it sooner */
#define DRAINED_MS  250  /* `once`: one poll */
#define STARVED_MS  5    /* a replay waits for the log */
#define PAUSE_MS    100  /* after a failure; doubles */
#define PAUSE_MAX   2000
#define ONCE_TRIES  6
#define ALL_DRAINED (-1000000)     /* of options.undrained: for good */
#define KEEP_ARENA  (64u * ES_MIB) /* more is given back after a batch */
#define WHY_PARTS   12             /* DESIGN section 3 */

/* ---- life ---- */

static int fill_map(struct es_map *map, struct earshot_str key, const void *row,
		    struct earshot_error *error)
{
	if (es_map_get(map, key.ptr, key.len))
		return 0; /* the first one holds */
	return es_map_put(map, key.ptr, key.len, (void *)(uintptr_t)row) ? es_err_nomem(error) : 0;
}

static int fill_account(struct es_worker *worker, const struct es_own_account *account,
			struct earshot_error *error)
{
	struct earshot_str handle = es_str_of(account->handle);
	if (handle.len && *handle.ptr == '@')
		handle.ptr++, handle.len--;
	if (!handle.len)
		return 0;
	char *lower = es_arena_alloc(&worker->names, handle.len);
	if (!lower)
		return es_err_nomem(error);
	for (size_t i = 0; i < handle.len; i++)
		lower[i] = (char)(handle.ptr[i] >= 'A' && handle.ptr[i] <= 'Z'
					  ? handle.ptr[i] - 'A' + 'a'
					  : handle.ptr[i]);
	return fill_map(&worker->accounts, es_str(lower, handle.len), account, error);
}

static int fill_maps(struct es_worker *worker, struct earshot_error *error)
{
	const struct es_worker_options *options = &worker->options;
	int rc = 0;
	for (size_t i = 0; i < options->n_rules && rc == 0; i++)
		rc = fill_map(&worker->rules, es_str_of(options->rules[i].id), &options->rules[i],
			      error);
	for (size_t i = 0; i < options->n_accounts && rc == 0; i++)
		rc = fill_account(worker, &options->accounts[i], error);
	return rc;
}

static int set_up(struct es_worker *worker, struct earshot_error *error)
{
	const struct es_worker_options *options = &worker->options;
	const struct earshot_score_options scoring = { .size = sizeof(scoring),
						       .profile = EARSHOT_PROFILE_DEFAULT,
						       .max_why = WHY_PARTS };
	static const char *const outcomes[] = {
#define X(name, text) "outcome=\"" #text "\"",
		ES_OUTCOMES(X)
#undef X
	};
	static const char *const rescored[] = {
#define X(name, text) "result=\"" #text "\"",
		ES_RESCORED(X)
#undef X
	};
	worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (worker->wake < 0)
		return es_err_errno(error, EARSHOT_IO, errno, "the worker cannot be made");
	worker->reviews = es_reviews_new();
	worker->replays = es_replays_new();
	if (!worker->reviews || !worker->replays ||
	    asprintf(&worker->source, "/earshot/%s/work", options->instance) < 0) {
		worker->source = NULL;
		return es_err_nomem(error);
	}
	for (size_t i = 0; i < ES_OUTCOMES_N; i++)
		worker->cells[i] =
			es_metric(options->metrics, ES_METRIC_COUNTER, "earshot_posts_total",
				  "Records of posts handled, by what became of them.", outcomes[i]);
	for (size_t i = 0; i < ES_RESCORED_N; i++)
		worker->replay_cells[i] =
			es_metric(options->metrics, ES_METRIC_COUNTER, "earshot_replay_posts_total",
				  "Posts looked at by replays, by whether their result differs.",
				  rescored[i]);
	worker->off_cell =
		es_metric(options->metrics, ES_METRIC_COUNTER, "earshot_queries_off_total",
			  "Times that a query passed a limit and was off for a post.", NULL);
	es_work_waited_metrics(worker);
	int rc = fill_maps(worker, error);
	if (rc == 0)
		rc = earshot_scorer_new(&worker->scorer, options->lexicon, &scoring, error);
	if (rc == 0)
		rc = earshot_matcher_new(&worker->matcher, options->queries, error);
	return rc;
}

int es_worker_new(struct es_worker **out, const struct es_worker_options *options,
		  struct earshot_error *error)
{
	struct es_worker *worker = calloc(1, sizeof(*worker));
	*out = NULL;
	if (!worker)
		return es_err_nomem(error);
	worker->options = *options;
	worker->wake = -1;
	atomic_init(&worker->session, NULL);
	es_arena_init(&worker->arena, ES_LIMIT_ARENA);
	es_arena_init(&worker->names, ES_LIMIT_ARENA);
	es_buf_init(&worker->members, ES_BUS_RECORD_MAX);
	es_buf_init(&worker->value, 2 * ES_BUS_RECORD_MAX);
	es_map_init(&worker->rules);
	es_map_init(&worker->accounts);
	int rc = set_up(worker, error);
	if (rc)
		es_worker_free(worker);
	else
		*out = worker;
	return rc;
}

void es_worker_free(struct es_worker *worker)
{
	if (!worker)
		return;
	es_work_rescore_drop(worker);
	struct es_session *session = atomic_load(&worker->session);
	if (session)
		es_session_close(session);
	if (worker->follower)
		es_session_close(worker->follower);
	if (worker->wake >= 0)
		close(worker->wake);
	earshot_scorer_free(worker->scorer);
	earshot_matcher_free(worker->matcher);
	es_reviews_free(worker->reviews);
	es_replays_free(worker->replays);
	es_map_release(&worker->rules);
	es_map_release(&worker->accounts);
	es_buf_release(&worker->members);
	es_buf_release(&worker->value);
	es_arena_release(&worker->arena);
	es_arena_release(&worker->names);
	free(worker->waited);
	free(worker->owned);
	free(worker->source);
	free(worker);
}

void es_worker_stop(struct es_worker *worker)
{
	uint64_t one = 1;
	atomic_store(&worker->stop, true);
	ssize_t ignored = write(worker->wake, &one, sizeof(one)); /* full = awake anyway */
	(void)ignored;
	struct es_session *session = atomic_load(&worker->session);
	if (session)
		es_session_wake(session);
}

void es_worker_counts(const struct es_worker *worker, struct es_worker_counts *out)
{
	*out = (struct es_worker_counts){ .read = atomic_load(&worker->read) };
#define X(name, text) out->text = atomic_load(&worker->outcomes[ES_OUTCOME_##name]);
	ES_OUTCOMES(X)
#undef X
}

int es_worker_ready(const struct es_worker *worker, struct earshot_error *error)
{
	return atomic_load(&worker->ready)
		       ? 0
		       : es_err(error, EARSHOT_UNAVAILABLE,
				"worker %d waits for its partitions, or for the log",
				worker->options.thread);
}

/* ---- partitions ---- */

static int note_assigned(struct es_worker *worker, const struct es_batch *batch,
			 struct earshot_error *error)
{
	struct es_owned *owned = calloc(batch->n_partitions + 1, sizeof(*owned));
	if (!owned)
		return es_err_nomem(error);
	for (size_t i = 0; i < batch->n_partitions; i++)
		owned[i].partition = batch->partitions[i].partition;
	free(worker->owned);
	worker->owned = owned;
	worker->n_owned = batch->n_partitions;
	worker->fresh = worker->assigned = true;
	return 0;
}

/* Before the first record of an assignment: the human labels, what is to be replayed, and for
 * `once` where the partitions end. A transaction of ours whose end is not known is ended first. */
static int prepare(struct es_worker *worker, struct earshot_error *error)
{
	const char *posts = es_topics[ES_TOPIC_POSTS].name;
	int rc = es_work_begin(worker, error);
	if (rc == 0)
		rc = es_work_catch_up(worker, error);
	for (size_t i = 0; i < worker->n_owned && rc == 0 && worker->options.once; i++) {
		int64_t first;
		rc = es_bus_offsets(worker->options.bus, posts, worker->owned[i].partition, &first,
				    &worker->owned[i].end, error);
	}
	worker->fresh = rc != 0;
	return rc;
}

/* With `once`: everything that was there has been worked through and committed. */
static int look_drained(const struct es_worker *worker, bool *drained, struct earshot_error *error)
{
	*drained = worker->assigned && !worker->fresh && !worker->records && !worker->replaying;
	for (size_t i = 0; i < worker->n_owned && *drained; i++) {
		int64_t next;
		int rc = es_session_position(atomic_load(&worker->session),
					     es_topics[ES_TOPIC_POSTS].name,
					     worker->owned[i].partition, &next, error);
		if (rc)
			return rc;
		*drained = next >= worker->owned[i].end;
	}
	return 0;
}

/* ---- a transaction ---- */

/* Queries that passed a limit (a regular expression, mostly) and so did not match. */
static void count_off(struct es_worker *worker)
{
	const struct earshot_query *query;
	const char *why;
	uint64_t off = es_match_off(worker->matcher, &query, &why);
	if (off == worker->off_told)
		return;
	es_log(ES_WARN, "work.query_off", ES_LOG_I("times", (int64_t)(off - worker->off_told)),
	       ES_LOG_V("query", query->id), ES_LOG_S("why", why));
	atomic_fetch_add(worker->off_cell, (int64_t)(off - worker->off_told));
	worker->off_told = off;
}

static void count(struct es_worker *worker)
{
	count_off(worker);
	es_work_waited_count(worker);
	atomic_fetch_add(&worker->read, (int64_t)worker->records);
	for (size_t i = 0; i < ES_OUTCOMES_N; i++) {
		atomic_fetch_add(&worker->outcomes[i], worker->pending[i]);
		atomic_fetch_add(worker->cells[i], worker->pending[i]);
	}
	if (worker->pending[ES_OUTCOME_DEADLETTER]) {
		es_log(ES_WARN, "work.deadletter",
		       ES_LOG_I("records", worker->pending[ES_OUTCOME_DEADLETTER]),
		       ES_LOG_I("first_offset", worker->first_dead.record),
		       ES_LOG_S("cause", worker->first_dead.text));
	}
}

/* What was worked is over, one way or the other. */
static void clear(struct es_worker *worker)
{
	worker->open = false;
	worker->records = worker->bytes = worker->n_waited = 0;
	memset(worker->pending, 0, sizeof(worker->pending));
}

int es_work_begin(struct es_worker *worker, struct earshot_error *error)
{
	if (worker->open)
		return 0;
	int rc = es_session_begin(atomic_load(&worker->session), error);
	worker->open = rc == 0;
	return rc;
}

static void give_back(struct es_worker *worker)
{
	if (worker->open) {
		int ignored = es_session_abort(atomic_load(&worker->session), NULL);
		(void)ignored; /* what led here is what counts */
	}
	clear(worker);
}

static int commit(struct es_worker *worker, struct earshot_error *error)
{
	worker->before = es_monotonic_ms();
	int rc = es_session_commit(atomic_load(&worker->session), true, error);
	if (rc == 0)
		count(worker);
	clear(worker);
	return rc;
}

/* When the transaction is to be committed; `more` waits already. */
static int64_t due(const struct es_worker *worker, bool more)
{
	int64_t pace = worker->records < ES_WORK_IDLE  ? ES_WORK_PACE_IDLE_MS
		       : worker->records < ES_WORK_FEW ? ES_WORK_PACE_FEW_MS
						       : ES_WORK_PACE_MS;
	return more ? worker->since + ES_WORK_COMMIT_MS : worker->before + pace;
}

static int work_batch(struct es_worker *worker, const struct es_batch *batch,
		      struct earshot_error *error)
{
	int rc = 0;
	if (!worker->records) {
		worker->since = es_monotonic_ms();
		rc = es_work_follow(worker, error);
	}
	if (worker->arena.total > KEEP_ARENA)
		es_arena_release(&worker->arena);
	worker->now = es_now_ms();
	for (size_t i = 0; i < batch->n && rc == 0; i++) {
		es_arena_reset(&worker->arena); /* put has copied: the memory is that of one post */
		rc = es_work_record(worker, &batch->records[i], error);
		worker->bytes += es_record_bytes(&batch->records[i]);
	}
	if (rc)
		return rc;
	worker->records += batch->n;
	return worker->bytes >= ES_WORK_COMMIT_BYTES ||
			       es_monotonic_ms() >= due(worker, batch->n == ES_WORK_BATCH)
		       ? commit(worker, error)
		       : 0;
}

/* How long a poll may wait; with records in hand until they are due, and with
 * `once` not at all; no longer than a replay does. */
static int patience(const struct es_worker *worker)
{
	if (!worker->records && worker->replaying)
		return worker->starved ? STARVED_MS : 0;
	if (!worker->records)
		return worker->options.once ? DRAINED_MS : POLL_MS;
	int64_t left = worker->options.once ? 0 : due(worker, false) - es_monotonic_ms();
	return left > 0 ? (int)left : 0;
}

/* ---- the loop ---- */

static int open_session(struct es_worker *worker, struct earshot_error *error)
{
	const char *topic = es_topics[ES_TOPIC_POSTS].name;
	const struct es_session_options options = {
		.role = "work",
		.instance = worker->options.instance,
		.thread = worker->options.thread,
		.threads = worker->options.threads ? worker->options.threads : 1,
		.group = GROUP,
		.topics = &topic,
		.n_topics = 1,
		.batch_records = ES_WORK_BATCH,
		.gather_bytes = ES_WORK_GATHER_BYTES,
	};
	struct es_session *session;
	int rc = es_session_open(worker->options.bus, &options, &session, error);
	if (rc == 0)
		atomic_store(&worker->session, session);
	return rc;
}

/* Once all have been drained at the same time nobody takes it back. */
static bool all_drained(struct es_worker *worker, bool drained)
{
	atomic_int *undrained = worker->options.undrained;
	int none = 0;
	if (!undrained)
		return drained;
	if (drained != worker->drained)
		atomic_fetch_add(undrained, drained ? -1 : 1);
	worker->drained = drained;
	return atomic_load(undrained) < 0 ||
	       atomic_compare_exchange_strong(undrained, &none, ALL_DRAINED);
}

/* One turn of the loop; *done with `once`. */
static int turn(struct es_worker *worker, bool *done, struct earshot_error *error)
{
	struct es_batch batch = { 0 };
	bool once = worker->options.once;
	int rc = atomic_load(&worker->session) ? 0 : open_session(worker, error);
	if (rc == 0 && worker->fresh)
		rc = prepare(worker, error);
	if (atomic_load(&worker->stop)) /* what it follows may not be whole */
		return rc;
	if (rc == 0 && worker->assigned && !worker->records)
		rc = es_work_rescore(worker, error);
	if (rc == 0 && once)
		rc = look_drained(worker, done, error);
	if (rc == 0 && once)
		*done = all_drained(worker, *done);
	if (rc || *done)
		return rc;
	rc = es_work_begin(worker, error);
	if (rc == 0)
		rc = es_session_poll(atomic_load(&worker->session), patience(worker), &batch,
				     error);
	if (rc)
		return rc;
	switch (batch.event) {
	case ES_EVENT_ASSIGNED:
		if (worker->records) /* worked under what it had before */
			give_back(worker);
		es_work_rescore_drop(worker);
		return note_assigned(worker, &batch, error);
	case ES_EVENT_REVOKED: /* the transaction was aborted */
		clear(worker);
		es_work_rescore_drop(worker);
		worker->replaying = false;
		worker->n_owned = 0; /* the rest comes again with the next assignment */
		worker->assigned = false;
		return 0;
	case ES_EVENT_RECORDS:
		return work_batch(worker, &batch, error);
	default:
		if (worker->records)
			return commit(worker, error);
		return 0;
	}
}

static bool passes(int rc)
{
	return rc == EARSHOT_UNAVAILABLE || rc == EARSHOT_BUSY || rc == EARSHOT_IO ||
	       rc == EARSHOT_FULL || rc == EARSHOT_NOMEM;
}

/* Waits; es_worker_stop ends it. */
static void pause_for(struct es_worker *worker, int ms)
{
	struct pollfd fd = { worker->wake, POLLIN, 0 };
	if (!atomic_load(&worker->stop))
		poll(&fd, 1, ms);
}

int es_worker_run(struct es_worker *worker, struct earshot_error *error)
{
	struct earshot_error own;
	int tries = 0, pause = PAUSE_MS;
	bool done = false;
	if (!error)
		error = &own;
	while (!done && !atomic_load(&worker->stop)) {
		int rc = turn(worker, &done, error);
		atomic_store(&worker->ready, rc == 0 && worker->assigned);
		if (rc == 0) {
			tries = 0;
			pause = PAUSE_MS;
			continue;
		}
		give_back(worker);
		if (!passes(rc) || (worker->options.once && ++tries >= ONCE_TRIES)) {
			(void)all_drained(worker, true); /* nobody waits for it */
			return rc;
		}
		es_log_error(ES_WARN, "work.retry", error);
		pause_for(worker, pause);
		pause = pause * 2 > PAUSE_MAX ? PAUSE_MAX : pause * 2;
	}
	return worker->records ? commit(worker, error) : 0;
}
