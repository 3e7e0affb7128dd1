/* SPDX-License-Identifier: MIT
 *
 * ingest.c - records of the topics -> held, reviews, sources; then the rows that
 * follow from them, and the offsets, in one transaction.
 */
#include "view/inside.h"
#include <stdlib.h>

static int touch(struct es_view *view, struct earshot_str id, struct earshot_error *error)
{
	if (es_map_get(&view->touched, id.ptr, id.len))
		return 0;
	struct touched *touched = es_arena_alloc(&view->batch, sizeof(*touched));
	if (!touched)
		return es_err_nomem(error);
	touched->id = es_arena_str(&view->batch, id.ptr, id.len);
	touched->next = NULL;
	if (!touched->id.ptr ||
	    es_map_put(&view->touched, touched->id.ptr, touched->id.len, touched))
		return es_err_nomem(error);
	*view->last = touched;
	view->last = &touched->next;
	return 0;
}

/* A record that is none of ours is passed over: it must not stop the rest. */
static int pass_over(struct es_view *view, const struct es_record *record,
		     const struct earshot_error *why)
{
	atomic_fetch_add(view->bad, 1);
	es_log(ES_WARN, "view.bad_record", ES_LOG_S("topic", record->topic),
	       ES_LOG_I("partition", record->partition), ES_LOG_I("offset", record->offset),
	       ES_LOG_S("why", why->text));
	return 0;
}

static bool header_rev(const struct es_record *record, int64_t *rev)
{
	const struct es_header *header = es_record_header(record, "rev");
	return header && es_json_integer(es_str(header->value, header->len), rev);
}

struct held {
	bool there, dead;
	int64_t rev, observed;
	struct earshot_str body; /* in the scratch arena */
};

static int get_held(struct es_view *view, struct earshot_str id, int topic, struct held *out,
		    struct earshot_error *error)
{
	sqlite3_stmt *stmt = view->stmts[ES_STMT_HELD_GET];
	memset(out, 0, sizeof(*out));
	es_bind_str(stmt, 1, id);
	es_bind_int(stmt, 2, topic);
	int step = sqlite3_step(stmt);
	if (step == SQLITE_ROW) {
		struct earshot_str body = es_column(stmt, 3);
		out->there = true;
		out->rev = sqlite3_column_int64(stmt, 0);
		out->observed = sqlite3_column_int64(stmt, 1);
		out->dead = sqlite3_column_int(stmt, 2) != 0;
		if (body.ptr)
			out->body = es_arena_str(&view->scratch, body.ptr, body.len);
	} else if (step != SQLITE_DONE) {
		es_view_fail(view->db, error, "cannot be read");
	}
	(void)sqlite3_reset(stmt);
	return step == SQLITE_ROW || step == SQLITE_DONE ? 0 : EARSHOT_IO;
}

static int put_held(struct es_view *view, struct earshot_str id, int topic, const struct held *held,
		    int64_t appended, struct earshot_error *error)
{
	sqlite3_stmt *stmt = view->stmts[ES_STMT_HELD_PUT];
	es_bind_str(stmt, 1, id);
	es_bind_int(stmt, 2, topic);
	es_bind_int(stmt, 3, held->rev);
	es_bind_int(stmt, 4, held->observed);
	es_bind_int(stmt, 5, appended);
	es_bind_int(stmt, 6, held->dead);
	if (held->body.ptr)
		es_bind_str(stmt, 7, held->body);
	else
		(void)sqlite3_bind_null(stmt, 7);
	return es_run(view, ES_STMT_HELD_PUT, error);
}

/* A null without `rev` is an erasure: nothing may stay. One with `rev` removes what
 * is not newer, and is remembered, so that an older record cannot come back. */
static int take_null(struct es_view *view, int topic, const struct es_record *record,
		     struct earshot_str id, struct earshot_error *error)
{
	struct held old;
	int64_t rev;
	if (!header_rev(record, &rev)) {
		view->erased = true;
		es_bind_str(view->stmts[ES_STMT_HELD_DROP], 1, id);
		es_bind_int(view->stmts[ES_STMT_HELD_DROP], 2, topic);
		return es_run(view, ES_STMT_HELD_DROP, error);
	}
	int rc = get_held(view, id, topic, &old, error);
	if (rc || (old.there && old.rev > rev))
		return rc;
	bool keep = es_record_header(record, ES_VIEW_HIDES) != NULL;
	struct held dead = { .dead = true, .rev = rev, .observed = old.observed };
	if (keep)
		dead.body = old.body;
	return put_held(view, id, topic, &dead, record->time_ms, error);
}

static int take_mention(struct es_view *view, int topic, const struct es_record *record,
			struct earshot_error *error)
{
	struct earshot_str id = es_str(record->key, record->key_len);
	struct es_mention mention;
	struct earshot_error why = { 0 };
	struct held old;
	int rc;
	if (!es_post_id_valid(id)) {
		es_err(&why, EARSHOT_DATA, "the key is no post id");
		return pass_over(view, record, &why);
	}
	if (!record->value) {
		rc = take_null(view, topic, record, id, error);
		return rc ? rc : touch(view, id, error);
	}
	rc = es_mention_decode(&view->scratch, record->value, record->value_len, &mention, &why);
	if (!rc && !es_str_eq(mention.post.id, id))
		rc = es_err(&why, EARSHOT_DATA, "the record does not stand under its own key");
	if (!rc && mention.post.event_at == EARSHOT_NONE &&
	    mention.post.observed_at == EARSHOT_NONE)
		rc = es_err(&why, EARSHOT_DATA, "the record has no time");
	if (rc == EARSHOT_NOMEM)
		return es_err_nomem(error);
	if (rc)
		return pass_over(view, record, &why);
	rc = get_held(view, id, topic, &old, error);
	int64_t rev = mention.post.rev == EARSHOT_NONE ? 0 : mention.post.rev;
	if (rc || (old.there && (rev < old.rev || (rev == old.rev && !old.dead &&
						   mention.post.observed_at < old.observed))))
		return rc;
	struct held held = { .rev = rev,
			     .observed = mention.post.observed_at == EARSHOT_NONE
						 ? 0
						 : mention.post.observed_at,
			     .body = es_str(record->value, record->value_len) };
	rc = put_held(view, id, topic, &held, record->time_ms, error);
	return rc ? rc : touch(view, id, error);
}

static int take_review(struct es_view *view, const struct es_record *record,
		       struct earshot_error *error)
{
	struct earshot_str post, agent;
	struct es_review review = { 0 };
	struct earshot_error why = { 0 };
	int rc = 0;
	if (!es_review_key_parse(es_str(record->key, record->key_len), &post, &agent))
		rc = es_err(&why, EARSHOT_DATA, "the key is none of a review");
	else if (record->value)
		rc = es_review_decode(&view->scratch, record->value, record->value_len, &review,
				      &why);
	if (rc == EARSHOT_NOMEM)
		return es_err_nomem(error);
	if (rc)
		return pass_over(view, record, &why);
	enum es_stmt which = !record->value || review.decision == ES_DECISION_UNDO
				     ? ES_STMT_REVIEW_DROP
				     : ES_STMT_REVIEW_PUT;
	es_bind_str(view->stmts[which], 1, post);
	es_bind_str(view->stmts[which], 2, agent);
	if (which == ES_STMT_REVIEW_PUT) {
		es_bind_text(view->stmts[which], 3, es_decision_name(review.decision));
		es_bind_int(view->stmts[which], 4, review.label);
		es_bind_int(view->stmts[which], 5, review.at);
	}
	rc = es_run(view, which, error);
	view->queue_changed = true;
	return rc ? rc : touch(view, post, error);
}

static struct earshot_str member(struct es_view *view, struct earshot_str doc, const char *name)
{
	struct earshot_str out = { "", 0 };
	struct earshot_str value = es_json_get(doc.ptr, doc.len, name);
	if (value.ptr && !es_json_string(&view->scratch, value, &out))
		out = es_str("", 0);
	return out;
}

static int64_t member_time(struct es_view *view, struct earshot_str doc, const char *name)
{
	struct earshot_str text = member(view, doc, name);
	int64_t ms;
	return es_time_parse(text.ptr, text.len, &ms) ? ms : EARSHOT_NONE;
}

/* The health that collect writes (topic `sources`). Cursors of imports are none, nor is what a
 * shared budget has spent, nor a record that says that its source's is elsewhere. */
static int take_source(struct es_view *view, const struct es_record *record,
		       struct earshot_error *error)
{
	struct earshot_str id = es_str(record->key, record->key_len);
	struct earshot_str doc = es_str(record->value, record->value_len);
	if (!id.ptr || es_str_starts(id, ES_STR("import:")) ||
	    es_str_starts(id, ES_STR("budget:")) ||
	    (doc.ptr && es_json_get(doc.ptr, doc.len, "elsewhere").ptr))
		return 0;
	view->sources_changed = true;
	if (!doc.ptr) {
		es_bind_str(view->stmts[ES_STMT_SOURCE_DROP], 1, id);
		return es_run(view, ES_STMT_SOURCE_DROP, error);
	}
	sqlite3_stmt *stmt = view->stmts[ES_STMT_SOURCE_PUT];
	struct earshot_str rate = es_json_get(doc.ptr, doc.len, "items_per_day");
	char number[32] = "";
	if (rate.len < sizeof(number))
		memcpy(number, rate.ptr ? rate.ptr : "", rate.len);
	es_bind_str(stmt, 1, id);
	es_bind_str(stmt, 2, member(view, doc, "kind"));
	es_bind_str(stmt, 3, member(view, doc, "channel"));
	es_bind_str(stmt, 4, member(view, doc, "state"));
	es_bind_str(stmt, 5, member(view, doc, "error"));
	es_bind_str(stmt, 6, member(view, doc, "message"));
	es_bind_int(stmt, 7, member_time(view, doc, "last_ok"));
	es_bind_int(stmt, 8, member_time(view, doc, "last_try"));
	es_bind_int(stmt, 9, member_time(view, doc, "next_try"));
	if (*number)
		(void)sqlite3_bind_double(stmt, 10, strtod(number, NULL));
	es_bind_int(stmt, 11, member_time(view, doc, "last_item"));
	es_bind_int(stmt, 12, member_time(view, doc, "silent_at"));
	int64_t lag;
	if (es_json_integer(es_json_get(doc.ptr, doc.len, "lag_ms"), &lag))
		es_bind_int(stmt, 13, lag);
	es_bind_str(stmt, 14, member(view, doc, "moved_to"));
	es_bind_str(stmt, 15, member(view, doc, "waits_by"));
	return es_run(view, ES_STMT_SOURCE_PUT, error);
}

static int take(struct es_view *view, const struct es_record *record, struct earshot_error *error)
{
	static const struct {
		enum es_topic_id topic;
		int held;
	} kinds[] = { { ES_TOPIC_NEGATIVE, ES_HELD_NEGATIVE },
		      { ES_TOPIC_NEUTRAL, ES_HELD_NEUTRAL },
		      { ES_TOPIC_POSITIVE, ES_HELD_POSITIVE },
		      { ES_TOPIC_FLAGGED, ES_HELD_FLAGGED } };
	es_arena_reset(&view->scratch);
	for (size_t i = 0; i < ES_COUNT(kinds); i++)
		if (strcmp(record->topic, es_topics[kinds[i].topic].name) == 0)
			return take_mention(view, kinds[i].held, record, error);
	if (strcmp(record->topic, es_topics[ES_TOPIC_REVIEWS].name) == 0)
		return take_review(view, record, error);
	return take_source(view, record, error);
}

static struct es_position *position_of(struct es_view *view, const struct es_record *record)
{
	for (size_t i = 0; i < view->n_positions; i++)
		if (view->positions[i].partition == record->partition &&
		    strcmp(view->positions[i].topic, record->topic) == 0)
			return &view->positions[i];
	return NULL;
}

/* The offsets behind the batch; in memory only once they are committed. */
static int put_offsets(struct es_view *view, const struct es_batch *batch, bool committed,
		       struct earshot_error *error)
{
	int rc = 0;
	for (size_t i = 0; i < batch->n && !rc; i++) {
		const struct es_record *record = &batch->records[i];
		if (i + 1 < batch->n && batch->records[i + 1].partition == record->partition &&
		    strcmp(batch->records[i + 1].topic, record->topic) == 0)
			continue; /* not the last of its partition */
		if (committed) {
			struct es_position *position = position_of(view, record);
			if (position)
				position->next = record->offset + 1;
			continue;
		}
		es_bind_text(view->stmts[ES_STMT_OFFSET], 1, record->topic);
		es_bind_int(view->stmts[ES_STMT_OFFSET], 2, record->partition);
		es_bind_int(view->stmts[ES_STMT_OFFSET], 3, record->offset + 1);
		rc = es_run(view, ES_STMT_OFFSET, error);
	}
	return rc;
}

/* From the label topic to the pages. What lay there before this process began is history
 * that a new read model takes in, no delay. */
static void count_waited(struct es_view *view, const struct es_batch *batch)
{
	int64_t now = es_now_ms();
	for (size_t i = 0; i < batch->n; i++) {
		const struct es_record *record = &batch->records[i];
		if (record->value && record->time_ms >= view->since &&
		    es_str_starts(es_str_of(record->topic), ES_STR("mentions.")))
			es_histogram_add(view->waited, (now - record->time_ms) * 1000, 1);
	}
}

static void tell(struct es_view *view, int64_t seq)
{
	struct earshot_str ids[ES_COUNT(view->ids)];
	size_t n = view->new_mentions < ES_COUNT(ids) ? view->new_mentions : ES_COUNT(ids);
	for (size_t i = 0; i < n; i++)
		ids[i] = view->ids[(view->new_mentions - n + i) % ES_COUNT(ids)];
	struct es_view_change change = { seq, view->new_mentions,  ids,
					 n,   view->queue_changed, view->sources_changed };
	if (view->listener)
		view->listener(view->listener_ctx, &change);
}

int es_view_ingest(struct es_view *view, const struct es_batch *batch, struct earshot_error *error)
{
	int64_t start = es_monotonic_us();
	view->first = NULL;
	view->last = &view->first;
	view->new_mentions = 0;
	view->queue_changed = view->sources_changed = view->mentions_changed = false;
	es_map_clear(&view->touched);
	int rc = es_run(view, ES_STMT_BEGIN, error);
	if (rc)
		return rc;
	for (size_t i = 0; i < batch->n && !rc; i++)
		rc = take(view, &batch->records[i], error);
	for (struct touched *at = view->first; at && !rc; at = at->next)
		rc = es_view_refresh(view, at->id, error);
	if (!rc)
		rc = put_offsets(view, batch, false, error);
	bool changed = view->mentions_changed || view->queue_changed || view->sources_changed;
	int64_t seq = atomic_load(&view->seq) + changed;
	if (!rc) {
		es_bind_text(view->stmts[ES_STMT_META], 1, "seq");
		es_bind_int(view->stmts[ES_STMT_META], 2, seq);
		rc = es_run(view, ES_STMT_META, error);
	}
	if (!rc)
		rc = es_run(view, ES_STMT_COMMIT, error);
	if (rc) {
		(void)sqlite3_exec(view->db, "ROLLBACK", NULL, NULL, NULL);
	} else {
		(void)put_offsets(view, batch, true, error);
		atomic_store(&view->seq, seq);
		atomic_fetch_add(view->taken, (int64_t)batch->n);
		es_histogram_add(view->spent, es_monotonic_us() - start, 1);
		count_waited(view, batch);
		if (changed)
			tell(view, seq);
	}
	es_map_clear(&view->touched);
	es_arena_reset(&view->batch);
	return rc;
}
