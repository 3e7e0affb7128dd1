/* SPDX-License-Identifier: MIT
 *
 * record.c - what becomes of a record of `posts`, put into the label topics.
 */
#include "work/inside.h"

#define TRACE_MAX 512 /* bytes of a tracing header that is passed on (W3C asks for as many) */

static const enum es_topic_id topic_of[] = {
	[EARSHOT_NEGATIVE] = ES_TOPIC_NEGATIVE,
	[EARSHOT_NEUTRAL] = ES_TOPIC_NEUTRAL,
	[EARSHOT_POSITIVE] = ES_TOPIC_POSITIVE,
};
static const enum es_outcome outcome_of[] = {
	[EARSHOT_NEGATIVE] = ES_OUTCOME_NEGATIVE,
	[EARSHOT_NEUTRAL] = ES_OUTCOME_NEUTRAL,
	[EARSHOT_POSITIVE] = ES_OUTCOME_POSITIVE,
};

/* ---- publishing ---- */

static size_t headers_of(struct es_work *work, int64_t rev, bool null,
			 struct es_header headers[ES_BUS_HEADERS_MAX])
{
	struct es_worker *worker = work->worker;
	const struct es_cloudevent event = {
		.type = "mention",
		.source = es_str_of(worker->source),
		.id = es_str(work->record->key, work->record->key_len),
		.rev = rev,
		.subject = work->brand,
		.time_ms = worker->now,
		.null = null,
	};
	size_t n = es_cloudevent_headers(&worker->arena, &event, headers);
	static const char *const passed[] = { "traceparent", "tracestate" }; /* W3C tracing */
	for (size_t i = 0; n && i < ES_COUNT(passed); i++) {
		const struct es_header *trace = es_record_header(work->record, passed[i]);
		if (trace && trace->len <= TRACE_MAX)
			headers[n++] = *trace;
	}
	return n;
}

static int put(struct es_work *work, enum es_topic_id topic, int64_t rev, const char *value,
	       size_t len)
{
	struct es_header headers[ES_BUS_HEADERS_MAX];
	const struct es_record record = {
		.topic = es_topics[topic].name,
		.partition = -1,
		.key = work->record->key,
		.key_len = work->record->key_len,
		.value = value,
		.value_len = len,
		.headers = headers,
		.n_headers = headers_of(work, rev, value == NULL, headers),
	};
	if (record.n_headers == 0)
		return es_err_nomem(work->error);
	return es_session_put(atomic_load(&work->worker->session), &record, work->error);
}

/* Null values to every label topic but `keep`, and to `flagged`. */
static int put_nulls(struct es_work *work, int64_t rev, enum earshot_label keep, bool flagged)
{
	int rc = 0;
	for (int label = EARSHOT_NEGATIVE; label <= EARSHOT_POSITIVE && rc == 0; label++)
		if (label != (int)keep)
			rc = put(work, topic_of[label], rev, NULL, 0);
	if (rc == 0 && !flagged)
		rc = put(work, ES_TOPIC_FLAGGED, rev, NULL, 0);
	return rc;
}

int es_work_nulls(struct es_work *work, int64_t rev)
{
	return put_nulls(work, rev, EARSHOT_UNLABELLED, false);
}

int es_work_value(struct es_work *work, int64_t rev, enum earshot_op op,
		  struct earshot_error *cause)
{
	struct es_worker *worker = work->worker;
	const struct es_mention *mention = &work->mention;
	const struct earshot_post *post = &work->slice.post;
	struct earshot_post found; /* what the record does not say itself */
	earshot_post_init(&found);
	found.rev = EARSHOT_NONE;
	if (work->anew) {
		found.rev = rev;
		found.op = op;
	}
	if (!post->lang.ptr && !es_str_is(mention->post.lang, "other"))
		found.lang = mention->post.lang;
	if (post->voice == EARSHOT_VOICE_UNSET)
		found.voice = mention->post.voice;
	if (!work->slice.rated)
		found.rating = mention->post.rating;
	es_buf_clear(&worker->members);
	es_buf_clear(&worker->value);
	es_post_members(&worker->members, &found);
	if (worker->members.len)
		es_buf_putc(&worker->members, ',');
	es_mention_members(&worker->members, mention);
	es_post_splice(&worker->value, work->record->value, &work->slice,
		       es_buf_view(&worker->members));
	if (es_buf_ok(&worker->members) && es_buf_ok(&worker->value) &&
	    worker->value.len + work->record->key_len + ES_WORK_ROOM <= ES_BUS_RECORD_MAX)
		return 0;
	return es_err(cause, EARSHOT_LIMIT, "with its result the record is longer than %u bytes",
		      ES_BUS_RECORD_MAX);
}

/* By the revision rule (DESIGN, Revisions). */
int es_work_publish(struct es_work *work, int64_t rev, bool flagged)
{
	const struct earshot_str value = es_buf_view(&work->worker->value);
	enum earshot_label label = work->mention.label;
	int rc = put(work, topic_of[label], rev, value.ptr, value.len);
	if (rc == 0 && rev > 0)
		rc = put_nulls(work, rev, label, flagged);
	if (rc == 0 && flagged)
		rc = put(work, ES_TOPIC_FLAGGED, rev, value.ptr, value.len);
	return rc;
}

/* ---- live ---- */

static int dead(struct es_work *work, const struct earshot_error *cause)
{
	if (cause->code == EARSHOT_NOMEM) /* not the record's fault: it comes again */
		return es_err_nomem(work->error);
	return es_work_dead(work->worker, work->record, work->stage, cause, work->error);
}

/* The source tells when a post was edited; where that lies before the last re-scoring, which
 * had an older text, the record must count all the same. */
static int64_t live_rev(const struct es_work *work, int64_t floor)
{
	return work->rev > 0 && work->rev <= floor ? floor + 1 : work->rev;
}

static int put_live(struct es_work *work, int64_t rev, enum es_verdict verdict)
{
	int64_t *pending = work->worker->pending;
	struct earshot_error cause = { 0 };
	if (verdict == ES_VERDICT_DELETED) {
		pending[ES_OUTCOME_DELETED]++;
		return es_work_nulls(work, rev);
	}
	if (verdict != ES_VERDICT_MENTION) {
		pending[ES_OUTCOME_UNMATCHED]++;
		return rev > 0 ? es_work_nulls(work, rev) : 0;
	}
	if (es_work_value(work, rev, work->slice.post.op, &cause)) {
		work->stage = "publish";
		return dead(work, &cause);
	}
	int rc = es_work_publish(work, rev, work->mention.n_flags > 0);
	if (rc == 0) {
		pending[outcome_of[work->mention.label]]++;
		es_work_waited_note(work->worker, work->record, &work->slice.post);
	}
	return rc;
}

int es_work_record(struct es_worker *worker, const struct es_record *record,
		   struct earshot_error *error)
{
	int64_t floor = es_replays_floor(worker->replays, record->partition);
	struct es_work work = {
		.worker = worker, .record = record, .anew = floor > 0, .error = error
	};
	struct earshot_error cause = { 0 };
	enum es_verdict verdict = es_work_evaluate(&work, &cause);
	if (verdict == ES_VERDICT_DEAD)
		return dead(&work, &cause);
	int rc = put_live(&work, live_rev(&work, floor), verdict);
	if (rc == 0 && worker->replay)
		es_replay_seen(worker->replay, record, &work.slice.post, work.rev);
	return rc;
}
