/* SPDX-License-Identifier: MIT
 *
 * decide.c - POST /api/v1/reviews and /undo: what a person decided -> what to write.
 */
#include "desk/inside.h"
#include <stdio.h>
#include <time.h>
#include "text/text.h"

#define NOTE_MAX 2000
/* How long a decision waits for the read model to see the one before it. */
#define CATCH_UP_MS 2000

/* ---- the body ---- */

struct body {
	struct earshot_str id, note;
	enum es_decision decision;
	enum earshot_label label;
	int64_t base_rev;
	bool has_rev;
};

static bool bad(struct es_http_request *request, const char *name, const char *want)
{
	es_http_error(request, 400, "bad_body", "src/desk/API.md says what the body holds",
		      "%s: %s", name, want);
	return false;
}

static bool read_member(struct es_http_request *request, struct es_arena *arena,
			const struct es_json_member *member, struct body *body)
{
	struct earshot_str text = { NULL, 0 };
	if (es_str_is(member->name, "base_rev")) {
		body->has_rev = es_json_integer(member->value, &body->base_rev);
		return body->has_rev || bad(request, "base_rev", "a whole number is needed");
	}
	bool string = es_json_string(arena, member->value, &text);
	if (es_str_is(member->name, "id")) {
		body->id = text;
		return (string && es_post_id_valid(text)) ||
		       bad(request, "id", "the id of a post is needed");
	}
	if (es_str_is(member->name, "decision")) {
		body->decision = es_decision_of(text.ptr, text.len);
		return (body->decision && body->decision != ES_DECISION_UNDO) ||
		       bad(request, "decision", "label, not_us, spam or done is needed");
	}
	if (es_str_is(member->name, "label")) {
		body->label = earshot_label_of(text.ptr, text.len);
		return body->label ||
		       bad(request, "label", "positive, neutral or negative is needed");
	}
	if (es_str_is(member->name, "note")) {
		body->note = text;
		return (string && text.len <= NOTE_MAX) ||
		       bad(request, "note", "text of at most 2000 bytes is needed");
	}
	char name[48];
	snprintf(name, sizeof(name), "%.*s", (int)(member->name.len < 40 ? member->name.len : 40),
		 member->name.ptr);
	return bad(request, name, "this member is not known");
}

static bool read_body(struct es_http_request *request, struct es_arena *arena, struct body *body)
{
	struct earshot_str text = es_http_body(request);
	struct es_json_member member;
	struct earshot_str seen[8];
	size_t n = 0;
	int got;
	memset(body, 0, sizeof(*body));
	if (!es_utf8_valid(text.ptr, text.len))
		return bad(request, "body", "it is not UTF-8");
	for (size_t at = 0; (got = es_json_next(text.ptr, text.len, &at, &member)) == 1;) {
		for (size_t i = 0; i < n; i++)
			if (es_str_eq(seen[i], member.name))
				return bad(request, "body", "a member stands twice");
		if (n == ES_COUNT(seen))
			return bad(request, "body", "it has too many members");
		seen[n++] = member.name;
		if (!read_member(request, arena, &member, body))
			return false;
	}
	if (got < 0)
		return bad(request, "body", "it is no JSON object");
	return body->id.ptr || bad(request, "id", "it is missing");
}

/* ---- what is known of the mention ---- */

static int64_t recent_rev(const struct es_desk *desk, struct earshot_str id)
{
	int64_t rev = -1;
	for (size_t i = 0; i < RECENT; i++)
		if (es_str_is(id, desk->recent[i].id) && desk->recent[i].rev > rev)
			rev = desk->recent[i].rev;
	return rev;
}

/* The mention as it stands with all decisions of this desk: one that was written a
 * moment ago may not have reached the read model. `arena` is emptied first. */
static int look_up(struct es_desk *desk, struct es_arena *arena, struct earshot_str id,
		   struct es_view_mention *out, struct earshot_error *error)
{
	struct earshot_str agent = es_str_of(desk->options.user);
	int64_t until = es_monotonic_ms() + CATCH_UP_MS, recent = recent_rev(desk, id);
	for (;;) {
		es_arena_reset(arena);
		int rc = es_view_mention(desk->options.view, arena, id, agent, out, error);
		if (rc || out->newest >= recent || es_monotonic_ms() > until)
			return rc;
		nanosleep(&(struct timespec){ 0, 10 * 1000000L }, NULL);
	}
}

static bool is_stale(struct es_http_request *request, const struct body *body,
		     const struct es_view_mention *mention)
{
	if (!body->has_rev || body->base_rev == mention->rev)
		return false;
	struct es_buf answer;
	es_buf_init(&answer, 1024);
	es_buf_printf(
		&answer,
		"{\"error\":\"stale\",\"message\":\"the post or its label has changed since\","
		"\"hint\":\"show it again and decide anew\",\"rev\":%lld}",
		(long long)mention->rev);
	es_http_json(request, 409, &answer);
	return true;
}

/* ---- the answer ---- */

static void done(struct es_desk *desk, struct es_http_request *request,
		 const struct es_change *change, const char *decision, enum earshot_label label,
		 enum earshot_label machine, bool hidden)
{
	struct es_buf body;
	size_t at = desk->next_recent++ % RECENT;
	snprintf(desk->recent[at].id, sizeof(desk->recent[at].id), "%.*s", ES_FMT(change->id));
	desk->recent[at].rev = change->rev;
	char labels[64];
	snprintf(labels, sizeof(labels), "decision=\"%s\"", decision);
	atomic_fetch_add(es_metric(desk->options.metrics, ES_METRIC_COUNTER,
				   "earshot_reviews_total", "Decisions of people.", labels),
			 1);
	/* KEEP leaves the mention's rev as it is: that is what the next base_rev means */
	int64_t rev = change->record == ES_RECORD_KEEP ? change->was->rev : change->rev;
	es_buf_init(&body, 4096);
	es_buf_printf(&body, "{\"ok\":true,\"id\":\"%.*s\",\"rev\":%lld,\"decision\":\"%s\"",
		      ES_FMT(change->id), (long long)rev, decision);
	if (label)
		es_buf_printf(&body, ",\"label\":\"%s\"", earshot_label_name(label));
	if (machine)
		es_buf_printf(&body, ",\"machine\":\"%s\"", earshot_label_name(machine));
	es_buf_printf(&body, ",\"hidden\":%s}", hidden ? "true" : "false");
	es_http_json(request, 200, &body);
}

static enum earshot_label machine_of(const struct es_view_mention *mention)
{
	return mention->machine ? mention->machine : mention->label;
}

static struct es_change begin(const struct body *body, const struct es_view_mention *mention)
{
	struct es_change change = { .id = body->id, .now = es_now_ms(), .was = mention };
	/* over everything that was ever said of it, also where clocks differ */
	change.rev = change.now > mention->newest ? change.now : mention->newest + 1;
	change.note = body->note;
	return change;
}

static bool hides(enum es_decision decision)
{
	return decision == ES_DECISION_NOT_US || decision == ES_DECISION_SPAM;
}

void es_desk_decide(void *ctx, struct es_http_request *request)
{
	struct es_desk *desk = ctx;
	struct es_arena arena = { 0 }, found = { 0 };
	struct es_view_mention mention;
	struct earshot_error error = { 0 };
	struct body body;
	if (!read_body(request, &arena, &body))
		goto out;
	if (!body.decision) {
		bad(request, "decision", "it is missing");
		goto out;
	}
	if (!body.has_rev) {
		bad(request, "base_rev", "it is missing: the rev of the mention that was seen");
		goto out;
	}
	if ((body.decision == ES_DECISION_LABEL) != (body.label != EARSHOT_UNLABELLED)) {
		bad(request, "label", "it goes with the decision \"label\", and only with it");
		goto out;
	}
	int rc = look_up(desk, &found, body.id, &mention, &error);
	if (rc) {
		es_http_fail(request, &error);
		goto out;
	}
	if (is_stale(request, &body, &mention))
		goto out;
	struct es_change change = begin(&body, &mention);
	enum earshot_label machine = machine_of(&mention), label = mention.label;
	bool hidden = hides(body.decision);
	change.decision = body.decision;
	change.decided = body.label;
	if (body.decision == ES_DECISION_LABEL) {
		change.record = ES_RECORD_LABEL;
		change.label = label = body.label;
		change.machine = machine;
	} else if (hidden) {
		change.record = ES_RECORD_HIDE;
		change.hides = es_decision_name(body.decision);
	} else {
		/* `reviews` keeps one record per agent: what was decided before must stay in it */
		hidden = hides(mention.decision);
		if (hides(mention.own))
			change.decision = ES_DECISION_UNSET;
		else
			change.decided = mention.own_label;
	}
	rc = es_desk_write(desk, &arena, &change, &error);
	if (rc)
		es_http_fail(request, &error);
	else
		done(desk, request, &change, es_decision_name(body.decision), label, machine,
		     hidden);
out:
	es_arena_release(&found);
	es_arena_release(&arena);
}

/* Back to what stands without the caller: another's decision, or the scorer's label. */
static void restore(struct es_change *change, const struct es_view_mention *mention)
{
	if (hides(mention->rest)) {
		change->record = ES_RECORD_HIDE;
		change->hides = es_decision_name(mention->rest);
	} else {
		change->record = ES_RECORD_LABEL;
		change->label = mention->rest == ES_DECISION_LABEL ? mention->rest_label
								   : machine_of(mention);
		change->machine = mention->rest == ES_DECISION_LABEL ? machine_of(mention)
								     : EARSHOT_UNLABELLED;
	}
}

void es_desk_undo(void *ctx, struct es_http_request *request)
{
	struct es_desk *desk = ctx;
	struct es_arena arena = { 0 }, found = { 0 };
	struct es_view_mention mention;
	struct es_mention record;
	struct earshot_error error = { 0 };
	struct body body;
	if (!read_body(request, &arena, &body))
		goto out;
	if (body.decision || body.label || body.note.ptr) {
		bad(request, "body", "id and base_rev are all that it takes");
		goto out;
	}
	int rc = look_up(desk, &found, body.id, &mention, &error);
	if (rc && rc != EARSHOT_NOTFOUND) {
		es_http_fail(request, &error);
		goto out;
	}
	if (!mention.own) {
		es_http_error(request, 404, "not_found", NULL,
			      "there is no decision of yours on this post");
		goto out;
	}
	if (rc) {
		es_http_error(request, 410, "gone", "it comes back when it is collected again",
			      "the post was hidden and its text is no longer kept");
		goto out;
	}
	if (is_stale(request, &body, &mention))
		goto out;
	rc = es_mention_decode(&arena, mention.record.ptr, mention.record.len, &record, &error);
	if (rc) {
		es_http_fail(request, &error);
		goto out;
	}
	struct es_change change = begin(&body, &mention);
	change.decision = ES_DECISION_UNDO;
	restore(&change, &mention);
	/* `flagged` takes the mention as it now is: with the label that counts again */
	bool hidden = change.record == ES_RECORD_HIDE;
	change.flag = !hidden && mention.rest == ES_DECISION_UNSET && record.n_flags > 0;
	rc = es_desk_write(desk, &arena, &change, &error);
	if (rc)
		es_http_fail(request, &error);
	else
		done(desk, request, &change, "undo", hidden ? mention.label : change.label,
		     change.machine, hidden);
out:
	es_arena_release(&found);
	es_arena_release(&arena);
}
