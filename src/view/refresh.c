/* SPDX-License-Identifier: MIT
 *
 * refresh.c - the rows of an id follow from what is held of it and what people
 * decided: made anew each time, so that neither the order in which the topics are
 * read nor a repetition can alter the result.
 *
 *   held (up to 3 live) --reader rule--> the record --+
 *   reviews --------------the newest that stands------+--> mentions, mention_topic,
 *   held (flagged) ------------------------------------+    rollup, queue
 */
#include "view/inside.h"
#include <math.h>

#define DIMENSIONS_MAX (2 * ES_VIEW_TOPICS_MAX + 1)
#define TOPIC_LEN_MAX  200

/* What a mention counts under. */
struct facts {
	bool visible;
	int64_t event_at;
	int day; /* only the day is known */
	struct earshot_str channel, lang, voice;
	int label;
	struct earshot_str topics; /* LF between them: topic ids and @brands */
	uint64_t simhash;          /* 0 = none */
};

/* ---- counts ---- */

static int count_span(struct es_view *view, int span, struct earshot_str topic,
		      const struct facts *facts, int by, struct earshot_error *error)
{
	static const enum es_stmt ids[] = { ES_STMT_ROLLUP_ADD, ES_STMT_ROLLUP_SWEEP };
	int64_t minute = es_minute_of(facts->event_at);
	int rc = 0;
	if (span)
		minute -= (minute % ES_DAY_MINUTES + ES_DAY_MINUTES) % ES_DAY_MINUTES;
	for (int i = 0; i < (by < 0 ? 2 : 1) && !rc; i++) {
		sqlite3_stmt *stmt = view->stmts[ids[i]];
		es_bind_int(stmt, 1, span);
		es_bind_str(stmt, 2, topic);
		es_bind_int(stmt, 3, minute);
		es_bind_int(stmt, 4, facts->day);
		es_bind_int(stmt, 5, facts->label);
		es_bind_str(stmt, 6, facts->channel);
		es_bind_str(stmt, 7, facts->lang);
		es_bind_str(stmt, 8, facts->voice);
		if (i == 0)
			es_bind_int(stmt, 9, by);
		rc = es_run(view, ids[i], error);
	}
	return rc;
}

static int count(struct es_view *view, struct earshot_str topic, const struct facts *facts, int by,
		 struct earshot_error *error)
{
	int rc = count_span(view, 0, topic, facts, by, error);
	return rc ? rc : count_span(view, 1, topic, facts, by, error);
}

static int link_topic(struct es_view *view, struct earshot_str topic, const struct facts *facts,
		      struct earshot_str id, int by, struct earshot_error *error)
{
	enum es_stmt which = by < 0 ? ES_STMT_TOPIC_DROP : ES_STMT_TOPIC_PUT;
	es_bind_str(view->stmts[which], 1, topic);
	es_bind_int(view->stmts[which], 2, facts->event_at);
	es_bind_str(view->stmts[which], 3, id);
	return es_run(view, which, error);
}

/* Adds (by 1) or takes away (by -1) a mention everywhere where it counts. */
static int apply(struct es_view *view, struct earshot_str id, const struct facts *facts, int by,
		 struct earshot_error *error)
{
	struct earshot_str rest = facts->topics;
	int rc = count(view, ES_STR(""), facts, by, error);
	while (rest.len && !rc) {
		const char *end = memchr(rest.ptr, '\n', rest.len);
		struct earshot_str topic =
			es_str(rest.ptr, end ? (size_t)(end - rest.ptr) : rest.len);
		size_t used = topic.len + (end != NULL);
		rest = es_str(rest.ptr + used, rest.len - used);
		rc = count(view, topic, facts, by, error);
		if (!rc)
			rc = link_topic(view, topic, facts, id, by, error);
	}
	return rc;
}

/* ---- a record's dimensions ---- */

static bool topic_fits(struct earshot_str topic)
{
	if (topic.len == 0 || topic.len > TOPIC_LEN_MAX || topic.ptr[0] == '@')
		return false;
	for (size_t i = 0; i < topic.len; i++)
		if ((unsigned char)topic.ptr[i] < 0x20)
			return false;
	return true;
}

static void add_dimension(struct earshot_str *list, size_t *n, struct earshot_str name)
{
	for (size_t i = 0; i < *n; i++)
		if (es_str_eq(list[i], name))
			return;
	if (*n < DIMENSIONS_MAX)
		list[(*n)++] = name;
}

/* Topic ids, then @brands, each once. */
static bool dimensions(struct es_view *view, const struct es_mention *mention, struct es_buf *out)
{
	struct earshot_str list[DIMENSIONS_MAX];
	size_t n = 0;
	for (size_t i = 0; i < mention->n_topics && n < ES_VIEW_TOPICS_MAX; i++)
		if (topic_fits(mention->topics[i].id))
			add_dimension(list, &n, mention->topics[i].id);
	size_t topics = n;
	for (size_t i = 0; i < topics; i++) {
		const struct es_view_brand *brand =
			es_map_get(&view->brand_of, list[i].ptr, list[i].len);
		if (!brand)
			continue;
		size_t len = strlen(brand->id);
		char *name = es_arena_alloc(&view->scratch, len + 2);
		if (!name)
			return false;
		name[0] = '@';
		memcpy(name + 1, brand->id, len);
		add_dimension(list, &n, es_str(name, len + 1));
	}
	for (size_t i = 0; i < n; i++) {
		if (i)
			es_buf_putc(out, '\n');
		es_buf_add_str(out, list[i]);
	}
	return es_buf_ok(out);
}

/* ---- what is held and decided ---- */

struct decision {
	enum es_decision kind;
	enum earshot_label label;
	struct earshot_str agent;
	int64_t at;
};

static struct earshot_str copy(struct es_view *view, sqlite3_stmt *stmt, int at)
{
	struct earshot_str text = es_column(stmt, at);
	return es_arena_str(&view->scratch, text.ptr ? text.ptr : "", text.len);
}

static int read_old(struct es_view *view, struct earshot_str id, bool *there, struct facts *old,
		    struct earshot_error *error)
{
	sqlite3_stmt *stmt = view->stmts[ES_STMT_OLD];
	es_bind_str(stmt, 1, id);
	int rc = sqlite3_step(stmt);
	*there = rc == SQLITE_ROW;
	if (*there)
		*old = (struct facts){
			.event_at = sqlite3_column_int64(stmt, 0),
			.day = sqlite3_column_int(stmt, 1),
			.channel = copy(view, stmt, 2),
			.lang = copy(view, stmt, 3),
			.voice = copy(view, stmt, 4),
			.label = sqlite3_column_int(stmt, 5),
			.visible = sqlite3_column_int(stmt, 6) == 0,
			.topics = copy(view, stmt, 7),
			.simhash = (uint64_t)sqlite3_column_int64(stmt, 8),
		};
	else if (rc != SQLITE_DONE)
		es_view_fail(view->db, error, "cannot be read");
	(void)sqlite3_reset(stmt);
	if (*there && (!old->channel.ptr || !old->lang.ptr || !old->voice.ptr || !old->topics.ptr))
		return es_err_nomem(error);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : EARSHOT_IO;
}

static int read_decision(struct es_view *view, struct earshot_str id, struct decision *out,
			 struct earshot_error *error)
{
	sqlite3_stmt *stmt = view->stmts[ES_STMT_REVIEW_STANDS];
	memset(out, 0, sizeof(*out));
	es_bind_str(stmt, 1, id);
	int rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		struct earshot_str kind = es_column(stmt, 0);
		out->kind = es_decision_of(kind.ptr, kind.len);
		if (out->kind == ES_DECISION_DONE)
			out->kind = ES_DECISION_LABEL; /* done, with the label that stands */
		out->label = (enum earshot_label)sqlite3_column_int(stmt, 1);
		out->agent = copy(view, stmt, 2);
		out->at = sqlite3_column_int64(stmt, 3);
	} else if (rc != SQLITE_DONE) {
		es_view_fail(view->db, error, "cannot be read");
	}
	(void)sqlite3_reset(stmt);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : EARSHOT_IO;
}

static bool hides(enum es_decision kind)
{
	return kind == ES_DECISION_NOT_US || kind == ES_DECISION_SPAM;
}

/* The record that counts by the reader rule; `rev` the highest that is known. */
static int read_held(struct es_view *view, struct earshot_str id, const struct decision *decision,
		     int *topic, int64_t *rev, struct earshot_str *body,
		     struct earshot_error *error)
{
	sqlite3_stmt *stmt = view->stmts[ES_STMT_HELD_ALL];
	int step;
	*body = es_str(NULL, 0);
	*rev = 0;
	es_bind_str(stmt, 1, id);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
		bool dead = sqlite3_column_int(stmt, 2) != 0;
		int64_t row_rev = sqlite3_column_int64(stmt, 1);
		if (row_rev > *rev)
			*rev = row_rev;
		if (body->ptr || (dead && (!hides(decision->kind) ||
					   sqlite3_column_type(stmt, 3) == SQLITE_NULL)))
			continue;
		*topic = sqlite3_column_int(stmt, 0);
		*body = copy(view, stmt, 3);
		if (!body->ptr) {
			(void)sqlite3_reset(stmt);
			return es_err_nomem(error);
		}
	}
	if (step != SQLITE_DONE)
		es_view_fail(view->db, error, "cannot be read");
	(void)sqlite3_reset(stmt);
	return step == SQLITE_DONE ? 0 : EARSHOT_IO;
}

/* ---- writing ---- */

static int put_mention(struct es_view *view, struct earshot_str id, int held, int64_t rev,
		       const struct es_mention *m, const struct facts *facts,
		       enum earshot_label machine, const struct decision *decision,
		       struct earshot_error *error)
{
	sqlite3_stmt *stmt = view->stmts[ES_STMT_MENTION_PUT];
	const struct earshot_post *post = &m->post;
	struct earshot_str person = post->author.key.len      ? post->author.key
				    : post->author.handle.len ? post->author.handle
							      : post->author.name;
	const char *kind = earshot_kind_name(post->kind);
	es_bind_str(stmt, 1, id);
	es_bind_int(stmt, 2, rev);
	es_bind_int(stmt, 3, held);
	es_bind_int(stmt, 4, facts->event_at);
	es_bind_int(stmt, 5, post->observed_at);
	es_bind_int(stmt, 6, post->published_at);
	es_bind_int(stmt, 7, facts->day);
	es_bind_str(stmt, 8, facts->channel);
	es_bind_str(stmt, 9, facts->lang);
	es_bind_text(stmt, 10, kind ? kind : "");
	es_bind_str(stmt, 11, facts->voice);
	es_bind_str(stmt, 12, post->source);
	es_bind_str(stmt, 13, person);
	es_bind_str(stmt, 14, post->url);
	es_bind_int(stmt, 15, facts->label);
	es_bind_int(stmt, 16, decision->kind ? (int64_t)machine : 0);
	(void)sqlite3_bind_double(stmt, 17, m->sentiment.score);
	(void)sqlite3_bind_double(stmt, 18, m->sentiment.confidence);
	const char *name = es_decision_name(decision->kind);
	es_bind_text(stmt, 19, name ? name : "");
	es_bind_str(stmt, 20, decision->agent);
	es_bind_int(stmt, 21, decision->kind ? decision->at : EARSHOT_NONE);
	es_bind_int(stmt, 22, !facts->visible);
	es_bind_str(stmt, 23, facts->topics);
	es_bind_int(stmt, 24, m->simhash ? (int64_t)m->simhash : EARSHOT_NONE);
	return es_run(view, ES_STMT_MENTION_PUT, error);
}

static int priority_of(struct earshot_str name)
{
	static const char *const names[] = { "urgent", "high", "normal", "low" };
	for (int i = 0; i < 4; i++)
		if (es_str_is(name, names[i]))
			return i;
	return 2;
}

/* Distance of the two most probable labels, in millionths. */
static int64_t margin_of(const struct earshot_sentiment *sentiment)
{
	double first = 0, second = 0;
	for (int i = 0; i < 3; i++) {
		double p = sentiment->prob[i];
		if (isnan(p))
			return 1000000;
		if (p > first)
			second = first, first = p;
		else if (p > second)
			second = p;
	}
	return (int64_t)((first - second) * 1e6);
}

static int put_queue(struct es_view *view, struct earshot_str id, const struct es_mention *flagged,
		     struct earshot_error *error)
{
	sqlite3_stmt *stmt = view->stmts[ES_STMT_QUEUE_PUT];
	struct es_buf rules;
	const struct es_flag *best = &flagged->flags[0];
	int64_t due = INT64_MAX;
	es_buf_init(&rules, 64 * 1024);
	for (size_t i = 0; i < flagged->n_flags; i++) {
		const struct es_flag *flag = &flagged->flags[i];
		es_buf_putc(&rules, i ? ',' : '[');
		es_buf_json_str(&rules, flag->rule.ptr, flag->rule.len);
		if (flag->due != EARSHOT_NONE && flag->due < due)
			due = flag->due;
		if (priority_of(flag->priority) < priority_of(best->priority))
			best = flag;
	}
	es_buf_putc(&rules, ']');
	es_bind_str(stmt, 1, id);
	es_bind_str(stmt, 2, es_buf_view(&rules));
	es_bind_int(stmt, 3, priority_of(best->priority));
	es_bind_str(stmt, 4, best->priority.len ? best->priority : ES_STR("normal"));
	es_bind_str(stmt, 5, best->route);
	es_bind_int(stmt, 6, due);
	es_bind_int(stmt, 7, margin_of(&flagged->sentiment));
	int rc = es_buf_ok(&rules) ? es_run(view, ES_STMT_QUEUE_PUT, error) : es_err_nomem(error);
	es_buf_release(&rules);
	return rc;
}

/* Open: `flagged` holds it, and nobody decided since that record was made. */
static int refresh_queue(struct es_view *view, struct earshot_str id, struct earshot_error *error)
{
	sqlite3_stmt *held = view->stmts[ES_STMT_HELD_GET];
	sqlite3_stmt *last = view->stmts[ES_STMT_REVIEW_LAST];
	struct es_mention flagged;
	bool open = false;
	struct earshot_str body = { NULL, 0 };
	es_bind_str(held, 1, id);
	es_bind_int(held, 2, ES_HELD_FLAGGED);
	int step = sqlite3_step(held);
	if (step == SQLITE_ROW && sqlite3_column_int(held, 2) == 0) {
		es_bind_str(last, 1, id);
		open = sqlite3_step(last) != SQLITE_ROW ||
		       sqlite3_column_type(last, 0) == SQLITE_NULL ||
		       sqlite3_column_int64(last, 0) < sqlite3_column_int64(held, 0);
		(void)sqlite3_reset(last);
		body = copy(view, held, 3);
	}
	(void)sqlite3_reset(held);
	if (step != SQLITE_ROW && step != SQLITE_DONE)
		return es_view_fail(view->db, error, "cannot be read");
	if (open && es_mention_decode(&view->scratch, body.ptr, body.len, &flagged, NULL) == 0 &&
	    flagged.n_flags > 0) {
		view->queue_changed = true;
		return put_queue(view, id, &flagged, error);
	}
	es_bind_str(view->stmts[ES_STMT_QUEUE_DROP], 1, id);
	int rc = es_run(view, ES_STMT_QUEUE_DROP, error);
	view->queue_changed |= sqlite3_changes(view->db) > 0;
	return rc;
}

static int drop_mention(struct es_view *view, struct earshot_str id, struct earshot_error *error)
{
	es_bind_str(view->stmts[ES_STMT_MENTION_DROP], 1, id);
	return es_run(view, ES_STMT_MENTION_DROP, error);
}

static int recount(struct es_view *view, uint64_t old, uint64_t now, struct earshot_error *error)
{
	int rc = 0;
	if (old == now)
		return 0;
	if (now)
		rc = es_view_alike(view, now, 1, error);
	if (old && !rc)
		rc = es_view_alike(view, old, -1, error);
	return rc;
}

int es_view_refresh(struct es_view *view, struct earshot_str id, struct earshot_error *error)
{
	struct facts old, facts;
	struct decision decision;
	struct es_mention m;
	struct earshot_str body;
	struct es_buf topics;
	bool there;
	int held = 0, rc;
	int64_t rev;
	uint64_t counted = 0, counts = 0; /* under which simhash: so far, from now on */
	es_arena_reset(&view->scratch);
	es_buf_init(&topics, 64 * 1024);
	if ((rc = read_old(view, id, &there, &old, error)) ||
	    (there && old.visible && (rc = apply(view, id, &old, -1, error))) ||
	    (rc = read_decision(view, id, &decision, error)) ||
	    (rc = read_held(view, id, &decision, &held, &rev, &body, error)))
		goto out;
	/* it was decoded when it came in: only memory can be missing here */
	if (body.ptr)
		rc = es_mention_decode(&view->scratch, body.ptr, body.len, &m, error);
	if (!rc && body.ptr && !dimensions(view, &m, &topics))
		rc = es_err_nomem(error);
	if (rc)
		goto out;
	view->mentions_changed = true;
	if (there && old.visible)
		counted = old.simhash;
	if (!body.ptr) {
		rc = there ? drop_mention(view, id, error) : 0;
	} else {
		enum earshot_label scored = m.machine ? m.machine
					    : m.label ? m.label
						      : (enum earshot_label)(held + 1);
		const char *voice = earshot_voice_name(m.post.voice);
		facts = (struct facts){
			.visible = !hides(decision.kind),
			.event_at = m.post.event_at != EARSHOT_NONE ? m.post.event_at
								    : m.post.observed_at,
			.day = m.post.published_precision == EARSHOT_PRECISION_DAY,
			.channel = m.post.channel,
			.lang = m.post.lang,
			.voice = es_str_of(voice ? voice : ""),
			/* a label of a decision that was withdrawn counts no more */
			.label = decision.kind == ES_DECISION_LABEL ? decision.label : scored,
			.topics = es_buf_view(&topics),
			.simhash = m.simhash,
		};
		if (facts.visible) {
			rc = apply(view, id, &facts, 1, error);
			counts = facts.simhash;
		}
		if (!rc)
			rc = put_mention(view, id, held, rev, &m, &facts, scored, &decision, error);
		if (!rc && facts.visible && !there) {
			/* newest last: of more than fit the oldest give way */
			view->ids[view->new_mentions++ % ES_COUNT(view->ids)] = id;
		}
	}
	if (!rc)
		rc = recount(view, counted, counts, error);
	if (!rc)
		rc = refresh_queue(view, id, error);
out:
	es_buf_release(&topics);
	return rc;
}

int es_view_refresh_all(struct es_view *view, struct earshot_error *error)
{
	sqlite3_stmt *all = NULL;
	int step = SQLITE_DONE, rc = 0;
	if (sqlite3_exec(view->db,
			 "BEGIN IMMEDIATE; DELETE FROM rollup; DELETE FROM mention_topic;"
			 "DELETE FROM mentions; DELETE FROM alike; DELETE FROM alike_band;",
			 NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(view->db, "SELECT DISTINCT id FROM held", -1, &all, NULL) !=
		    SQLITE_OK)
		rc = es_view_fail(view->db, error, "cannot be made again");
	while (!rc && (step = sqlite3_step(all)) == SQLITE_ROW) {
		struct earshot_str id = es_column(all, 0);
		char copy_of[EARSHOT_ID_LEN + 1] = "";
		memcpy(copy_of, id.ptr, id.len <= EARSHOT_ID_LEN ? id.len : EARSHOT_ID_LEN);
		rc = es_view_refresh(view, es_str(copy_of, id.len), error);
	}
	if (!rc && step != SQLITE_DONE)
		rc = es_view_fail(view->db, error, "cannot be made again");
	sqlite3_finalize(all);
	view->new_mentions = 0;
	if (!rc && sqlite3_exec(view->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		rc = es_view_fail(view->db, error, "cannot be made again");
	if (rc)
		(void)sqlite3_exec(view->db, "ROLLBACK", NULL, NULL, NULL);
	return rc;
}
