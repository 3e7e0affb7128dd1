/* SPDX-License-Identifier: MIT
 *
 * rescore.c - a replay in the worker that owns the partition: a slice of it between two
 * transactions of live.
 *
 *   begin -> follow reviews -> judge for 50 ms, put what differs -> progress -> commit
 *
 * What is put and how far it came are one transaction, so that who goes on after a SIGKILL, here or
 * elsewhere, neither leaves out nor repeats. It commits the position in `posts` too, which has not
 * moved.
 */
#include "work/inside.h"

#define TELL_MS  2000         /* how often a replay that only reads says that it lives */
#define TURN_US  (100 * 1000) /* a slice and its commit are to take no longer */
#define LEAST_US (5 * 1000)
#define MOST_US  (ES_REPLAY_SLICE_MS * 1000)

/* ---- a post ---- */

/* Does it stem from another version of the post than the one that counts here? Two sources
 * may bring the same, and one that counts by its rev may stand before the range. */
static bool is_of_another(const struct es_row *row, const struct es_work *work)
{
	return row->state == ES_ROW_LIVE && row->out_observed != work->slice.post.observed_at;
}

/* Above everything that was ever said of it, also where clocks differ. */
static int64_t rev_of(const struct es_work *work, const struct es_row *row)
{
	int64_t rev = work->worker->now;
	if (rev <= row->out_rev)
		rev = row->out_rev + 1;
	return rev > work->rev ? rev : work->rev + 1;
}

enum es_rescored es_work_compare(struct es_work *work, const struct es_row *row,
				 enum es_verdict verdict, const uint64_t key[2], int64_t *rev)
{
	struct es_brief brief;
	*rev = rev_of(work, row);
	if (verdict == ES_VERDICT_DEAD)
		return ES_RESCORED_FAILED;
	if (verdict == ES_VERDICT_DELETED || verdict == ES_VERDICT_HIDDEN ||
	    is_of_another(row, work))
		return ES_RESCORED_SAME;
	if (verdict == ES_VERDICT_UNMATCHED)
		return row->state == ES_ROW_LIVE ? ES_RESCORED_CHANGED : ES_RESCORED_SAME;
	if (es_work_value(work, *rev, EARSHOT_OP_RESCORE, NULL) ||
	    !es_brief_read(&brief, es_buf_view(&work->worker->value), key))
		return ES_RESCORED_FAILED;
	return row->state == ES_ROW_LIVE && row->digest == brief.digest ? ES_RESCORED_SAME
									: ES_RESCORED_CHANGED;
}

static int on_post(void *ctx, struct es_work *work, const struct es_row *row,
		   enum es_verdict verdict, const struct earshot_error *cause)
{
	struct es_worker *worker = work->worker;
	struct es_replay_progress *progress = ctx;
	int64_t rev;
	switch (es_work_compare(work, row, verdict, worker->replay->table.key, &rev)) {
	case ES_RESCORED_SAME:
		progress->same++;
		return 0;
	case ES_RESCORED_FAILED: /* live told of it, or will: what is published stays */
		progress->failed++;
		es_log(ES_DEBUG, "replay.failed", ES_LOG_I("offset", work->record->offset),
		       ES_LOG_S("cause", cause->text));
		return 0;
	default:
		break;
	}
	progress->changed++;
	progress->rev = rev > progress->rev ? rev : progress->rev;
	if (verdict == ES_VERDICT_UNMATCHED)
		return es_work_nulls(work, rev);
	/* what somebody has handled does not wait again because it was scored anew */
	bool flagged = work->mention.n_flags > 0 &&
		       !es_reviews_handled(worker->reviews, work->mention.post.id);
	return es_work_publish(work, rev, flagged);
}

/* ---- a slice ---- */

/* Commits what was put, and how far that is. */
static int tell(struct es_worker *worker, struct es_replay_progress *progress,
		struct earshot_error *error)
{
	struct es_session *session = atomic_load(&worker->session);
	const struct es_replay_progress before = worker->progress;
	progress->at = worker->now;
	int rc = es_work_begin(worker, error);
	if (rc == 0)
		rc = es_replay_progress_put(session, progress, error);
	if (rc)
		return rc;
	worker->open = false;
	rc = es_session_commit(session, true, error);
	if (rc)
		return rc;
	worker->told = es_monotonic_ms();
	worker->progress = *progress;
	atomic_fetch_add(worker->replay_cells[ES_RESCORED_CHANGED],
			 progress->changed - before.changed);
	atomic_fetch_add(worker->replay_cells[ES_RESCORED_SAME], progress->same - before.same);
	atomic_fetch_add(worker->replay_cells[ES_RESCORED_FAILED],
			 progress->failed - before.failed);
	return es_replays_note(worker->replays, progress, error);
}

static const char *settings_of(const struct es_worker *worker)
{
	return worker->options.settings ? worker->options.settings : "";
}

static int open_replay(struct es_worker *worker, const struct es_replay_request *request,
		       struct earshot_error *error)
{
	const struct es_replay_progress *progress = &worker->progress;
	const struct es_replay_plan plan = { .worker = worker,
					     .partition = progress->partition,
					     .from_ms = request->from,
					     .to_ms = request->to,
					     .limit = worker->options.replay_ids,
					     .on_post = on_post };
	worker->slice_us = MOST_US;
	es_log(ES_INFO, "replay.begun", ES_LOG_S("id", request->id),
	       ES_LOG_I("partition", progress->partition), ES_LOG_I("next", progress->next));
	return es_replay_open(&worker->replay, &plan, progress->passes, progress->pass,
			      progress->next, error);
}

/* The first partition of ours that a request is not done on. One for other settings waits
 * until this worker has them, and says so. */
static int choose(struct es_worker *worker, struct earshot_error *error)
{
	int rc = 0;
	for (size_t i = 0; i < worker->n_owned && rc == 0 && !worker->replay; i++) {
		struct es_replay_progress progress;
		const struct es_replay_request *request =
			es_replays_next(worker->replays, worker->owned[i].partition, &progress);
		if (!request)
			continue;
		bool ours = strcmp(request->settings, settings_of(worker)) == 0;
		if (!ours && progress.state == ES_REPLAY_STATE_WAITING)
			continue;
		progress.state = ours ? ES_REPLAY_STATE_RUNNING : ES_REPLAY_STATE_WAITING;
		worker->progress = progress;
		rc = tell(worker, &progress, error);
		if (rc == 0 && ours)
			rc = open_replay(worker, request, error);
		else if (rc == 0)
			es_log(ES_WARN, "replay.waits", ES_LOG_S("id", request->id),
			       ES_LOG_I("partition", progress.partition),
			       ES_LOG_S("why", "it is for other settings than this worker has"));
	}
	return rc;
}

/* How long the next slice may be: short ones where a commit takes long. */
static void pace(struct es_worker *worker, int64_t took_us)
{
	worker->slice_us = took_us > TURN_US ? worker->slice_us / 2 : worker->slice_us * 5 / 4;
	if (worker->slice_us < LEAST_US)
		worker->slice_us = LEAST_US;
	if (worker->slice_us > MOST_US)
		worker->slice_us = MOST_US;
}

static int step(struct es_worker *worker, struct earshot_error *error)
{
	struct es_replay *replay = worker->replay;
	struct es_replay_progress progress = worker->progress;
	int64_t live = 0, start = es_monotonic_us();
	int rc = es_session_position(atomic_load(&worker->session), es_topics[ES_TOPIC_POSTS].name,
				     progress.partition, &live, error);
	if (rc == 0 && replay->stage == ES_REPLAY_WORK)
		rc = es_work_begin(worker, error);
	if (rc)
		return rc;
	replay->plan.ctx = &progress;
	rc = es_replay_step(replay, live, start + worker->slice_us, error);
	if (rc)
		return rc;
	bool done = replay->stage == ES_REPLAY_DONE;
	bool moved = done || replay->next != progress.next || replay->pass != progress.pass ||
		     replay->passes != progress.passes;
	worker->starved = replay->idle;
	progress.state = done ? ES_REPLAY_STATE_DONE : ES_REPLAY_STATE_RUNNING;
	progress.passes = replay->passes;
	progress.pass = replay->pass;
	progress.from = replay->from;
	progress.next = replay->next;
	progress.end = replay->end;
	if (moved || es_monotonic_ms() - worker->told > TELL_MS)
		rc = tell(worker, &progress, error);
	pace(worker, es_monotonic_us() - start);
	if (rc == 0 && done) {
		es_log(ES_INFO, "replay.done", ES_LOG_S("id", progress.id),
		       ES_LOG_I("partition", progress.partition),
		       ES_LOG_I("changed", progress.changed), ES_LOG_I("same", progress.same),
		       ES_LOG_I("failed", progress.failed));
		es_work_rescore_drop(worker);
	}
	return rc;
}

int es_work_rescore(struct es_worker *worker, struct earshot_error *error)
{
	worker->starved = false;
	worker->now = es_now_ms(); /* before reviews are read: a decision that is made now stands
				      over it */
	int rc = es_work_follow(worker, error);
	if (rc == 0 && !worker->replay)
		rc = choose(worker, error);
	worker->replaying = worker->replay != NULL;
	if (rc == 0 && worker->replay)
		rc = step(worker, error);
	if (rc && worker->replay) {
		es_work_rescore_drop(worker);
		worker->fresh = true; /* the log says how far it came */
	}
	return rc;
}

void es_work_rescore_drop(struct es_worker *worker)
{
	es_replay_free(worker->replay);
	worker->replay = NULL;
}
