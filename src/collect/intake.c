/* SPDX-License-Identifier: MIT
 *
 * intake.c - the way of one document into the open transaction.
 *
 *   bytes -> earshot_feed -> on_post -> normalise -> seen? -> outbox
 *                                                      |
 *                     ES_COLLECT_SLICE posts: state + commit, and on
 */
#include "collect/letter.h"
#include "collect/measure.h"
#include "collect/news.h"
#include "collect/normalise.h"
#include "collect/reading.h"
#include "collect/reread.h"
#include "text/text.h"

void es_intake_init(struct es_intake *intake, struct es_outbox *outbox)
{
	*intake = (struct es_intake){ .outbox = outbox };
	es_arena_init(&intake->arena, 64 * ES_MIB);
}

void es_intake_release(struct es_intake *intake)
{
	es_arena_release(&intake->arena);
}

static bool stopped(const struct es_intake *intake)
{
	return intake->stop && atomic_load(intake->stop);
}

static int commit_slice(struct reading *reading)
{
	struct es_intake *intake = reading->intake;
	int rc = es_reading_mark(reading, false);
	/* else a long file's state grows until it is no record any more */
	if (rc == EARSHOT_OK &&
	    es_seen_bound(&reading->state->seen, ES_COLLECT_SEEN_MAX) != EARSHOT_OK)
		rc = es_err_nomem(reading->error);
	if (rc == EARSHOT_OK)
		rc = es_outbox_state(intake->outbox, reading->state, reading->now, reading->error);
	if (rc == EARSHOT_OK)
		rc = es_outbox_commit(intake->outbox, reading->error);
	if (rc == EARSHOT_OK) {
		reading->result->written = true;
		reading->slices++;
		if (intake->on_slice && intake->on_slice(intake->ctx, reading->file, NULL) != 0)
			rc = es_err(reading->error, EARSHOT_CLOSED, "stopped");
	}
	return rc;
}

int es_reading_slice(struct reading *reading)
{
	return es_outbox_full(reading->intake->outbox) ? commit_slice(reading) : EARSHOT_OK;
}

/* ---- what the reader calls ---- */

int es_reading_fail(struct reading *reading, int code)
{
	reading->failed = code;
	return code;
}

/* Demo: its time has not come yet. */
static bool is_held(struct reading *reading, const struct earshot_post *post)
{
	int64_t at = post->rev > 0 ? post->rev : post->published_at;
	if (!reading->file || reading->intake->live_ms <= 0 || at == EARSHOT_NONE ||
	    at <= reading->now || at > reading->now + reading->intake->live_ms)
		return false;
	if (reading->state->hold_until == EARSHOT_NONE || at < reading->state->hold_until)
		reading->state->hold_until = at;
	return true;
}

/* To `deadletter`, where it is a record that was not understood (a feed that ends in
 * the middle is none). */
static int put_letter(struct reading *reading, const struct earshot_error *cause)
{
	struct es_intake *intake = reading->intake;
	const struct es_letter letter = { .state = reading->state,
					  .raw = reading->raw_known ? &reading->raw : NULL,
					  .cause = cause,
					  .path = reading->file ? reading->file->path : NULL,
					  .now = reading->now,
					  .redactor = intake->privacy->redactor };
	bool put = false;
	if (!reading->lines)
		return EARSHOT_OK;
	int rc = es_letter_put(intake->outbox, &intake->arena, &letter, &put, reading->error);
	reading->result->letters += put;
	return rc == EARSHOT_OK ? es_reading_slice(reading) : rc;
}

/* With its place: a file that is read on is not known by lines any more. */
static void keep_first(struct reading *reading, const struct earshot_error *cause)
{
	struct earshot_error *first = &reading->result->bad_error;
	*first = *cause;
	if (reading->file)
		es_err_at(first, reading->file->path, reading->continued ? 0 : cause->line, 0);
}

void es_reading_bad(struct reading *reading, const struct earshot_error *error)
{
	struct es_intake *intake = reading->intake;
	struct earshot_error cause = *error;
	if (!reading->failed && stopped(intake))
		es_reading_fail(reading, es_err(reading->error, EARSHOT_CLOSED, "stopped"));
	if (reading->failed || reading->records < reading->told)
		return;
	if (!es_letter_redact(intake->privacy->redactor, &intake->arena, &cause)) {
		es_reading_fail(reading, es_err_nomem(reading->error));
		return;
	}
	error = &cause;
	reading->result->bad++;
	if (reading->result->bad == 1)
		keep_first(reading, &cause);
	reading->state->bad++;
	atomic_fetch_add(&intake->stats->bad, 1);
	int rc = put_letter(reading, &cause);
	if (rc != EARSHOT_OK) {
		es_reading_fail(reading, rc);
		return;
	}
	if (intake->on_slice && intake->on_slice(intake->ctx, reading->file, error) != 0 &&
	    !reading->failed)
		reading->failed = es_err(reading->error, EARSHOT_CLOSED, "stopped");
}

static void on_bad(void *ctx, const struct earshot_error *error)
{
	es_reading_bad(ctx, error);
}

/* Files were handed over to us; over HTTP the site's wish counts. */
static enum earshot_feed_asks asks_of(const struct reading *reading)
{
	return reading->file || reading->state->source->robots_ignored
		       ? EARSHOT_FEED_ASKS_NOTHING
		       : earshot_feed_asks(reading->feed);
}

/* es_news_tell(), with what is so of APIs alone. */
static int tell_news(struct reading *reading, const struct earshot_post *post, uint32_t content,
		     enum es_news *news)
{
	struct es_seen *seen = &reading->state->seen;
	const struct es_connector *connector = reading->state->source->connector;
	bool deletes = post->op == EARSHOT_OP_DELETE, all_known = seen->n < ES_COLLECT_SEEN_MAX;
	*news = ES_NEWS_KNOWN;
	/* of a stream each event counts, one behind the other */
	if (connector && connector->streams && reading->intake->part)
		es_seen_begin(seen);
	/* what a stream deletes stays so: a page that was asked for before may still have it */
	if (connector && es_news_is_past(seen, post, connector->streams))
		return EARSHOT_OK;
	int rc = es_news_tell(seen, post, content, reading->lines, news);
	if (rc == EARSHOT_OK && connector && *news != ES_NEWS_KNOWN)
		rc = es_news_note(seen, post);
	/* what never went out needs no deletion */
	if (connector && deletes && *news == ES_NEWS_CREATED && all_known)
		*news = ES_NEWS_KNOWN;
	return rc;
}

static int on_post(void *ctx, const struct earshot_post *in)
{
	struct reading *reading = ctx;
	struct es_intake *intake = reading->intake;
	struct es_state *state = reading->state;
	struct earshot_post post, withdrawn;
	struct earshot_error error;
	uint32_t content;
	enum es_news news;
	enum earshot_feed_asks asks = asks_of(reading);
	if (reading->failed)
		return reading->failed;
	reading->asked = asks == EARSHOT_FEED_ASKS_ALL;
	if (reading->asked)
		return EARSHOT_REFUSED;
	if (asks == EARSHOT_FEED_ASKS_ENTRY) {
		es_news_withdraw(in, &withdrawn);
		in = &withdrawn;
	}
	if (stopped(intake))
		return es_reading_fail(reading, es_err(reading->error, EARSHOT_CLOSED, "stopped"));
	reading->records++;
	es_arena_reset(&intake->arena);
	const struct es_normalise how = { state->source, reading->now,
					  reading->file ? intake->shift_ms : 0 };
	int rc = es_normalise(&how, &intake->arena, in, &post, &content, &error);
	if (rc == EARSHOT_DATA) {
		error.record = reading->records;
		es_reading_bad(reading, &error);
		return reading->failed;
	}
	if (rc != EARSHOT_OK) {
		if (reading->error)
			*reading->error = error;
		return es_reading_fail(reading, rc);
	}
	if (reading->file)
		reading->file->posts++;
	/* a feed's edit time is no rev of its own: the first sight is unedited */
	int64_t edited = post.rev;
	if (!reading->lines)
		post.rev = 0;
	if (is_held(reading, &post))
		return 0;
	if (tell_news(reading, &post, content, &news) != EARSHOT_OK)
		return es_reading_fail(reading, es_err_nomem(reading->error));
	if (asks == EARSHOT_FEED_ASKS_ENTRY && news == ES_NEWS_CREATED)
		return 0;
	if (news == ES_NEWS_KNOWN || reading->records <= reading->skip) {
		reading->result->duplicates++;
		atomic_fetch_add(&intake->stats->duplicates, 1);
		return 0;
	}
	bool forgotten;
	if (es_optouts_look(intake->optouts, intake->privacy, &intake->arena, state->source, &post,
			    &forgotten) != EARSHOT_OK)
		return es_reading_fail(reading, es_err_nomem(reading->error));
	if (forgotten) {
		atomic_fetch_add(&intake->stats->forgotten, 1);
		return 0;
	}
	es_news_rev(&post, news, edited, state->last_ok, reading->now);
	if (post.op != EARSHOT_OP_DELETE)
		post.op = post.rev > 0 ? EARSHOT_OP_UPDATE : EARSHOT_OP_CREATE;
	if (!reading->file &&
	    es_plan_visits(state, reading->feed, &post, content, reading->now) != EARSHOT_OK)
		return es_reading_fail(reading, es_err_nomem(reading->error));
	rc = es_privacy_post(intake->privacy, &intake->arena, state->source, &post, reading->error);
	if (rc == EARSHOT_OK)
		rc = es_outbox_post(intake->outbox, &post, reading->error);
	if (rc != EARSHOT_OK)
		return es_reading_fail(reading, rc);
	reading->result->posts++;
	int64_t lag = es_lag_of(&post, reading->now), *least = &reading->result->lag;
	if (lag != EARSHOT_NONE && (*least == EARSHOT_NONE || lag < *least))
		*least = lag;
	if (intake->backlog)
		state->posts++;
	else
		es_state_count(state, reading->now, 1);
	atomic_fetch_add(news == ES_NEWS_CHANGED ? &intake->stats->updates : &intake->stats->posts,
			 1);
	rc = es_reading_slice(reading);
	return rc == EARSHOT_OK ? 0 : es_reading_fail(reading, rc);
}

/* ---- reading ---- */

int es_reading_feed(struct reading *reading, const char *base, const char *charset,
		    struct earshot_feed **feed, struct earshot_feed_options *options,
		    struct earshot_error *error)
{
	*options = es_source_reader(reading->state->source, base, charset);
	/* positions and slices bound the memory: a log file may be of any size */
	options->max_size = reading->file && (reading->lines || reading->grows) ? SIZE_MAX / 2 : 0;
	options->name = reading->file ? reading->file->path : NULL;
	options->on_post = on_post;
	options->on_row = reading->state->source->series ? es_measure_row : NULL;
	options->on_bad = on_bad;
	options->ctx = reading;
	int rc = earshot_feed_new(feed, options, error);
	reading->feed = *feed;
	return rc;
}

int es_reading_settle(struct reading *reading, int rc, const struct earshot_error *error)
{
	if (reading->failed)
		return reading->failed;
	reading->result->asked = reading->asked;
	if (reading->asked)
		return EARSHOT_OK;
	if (rc == EARSHOT_NOMEM)
		return es_err_nomem(reading->error);
	if (rc != EARSHOT_OK) {
		reading->result->data_error = *error;
		reading->result->data_error.code = rc;
		if (!es_letter_redact(reading->intake->privacy->redactor, &reading->intake->arena,
				      &reading->result->data_error))
			return es_err_nomem(reading->error);
	}
	return EARSHOT_OK;
}

/* Record by record, so that a bad one can be shown; but whole where the reader must
 * see more of it to find out the charset. */
static int read_body(struct reading *reading, struct earshot_feed *feed, struct earshot_str body,
		     struct earshot_error *error)
{
	struct es_cutter cutter = es_cutter_of(reading->state->source, body);
	size_t from = 0;
	bool mails = es_kind_of(reading->state->source)->format == EARSHOT_FEED_MBOX;
	if (!reading->lines || mails || !es_utf8_valid(body.ptr, body.len) ||
	    memchr(body.ptr, '\0', body.len))
		return earshot_feed_push(feed, body.ptr, body.len, error);
	reading->raw_known = true;
	while (from < body.len && !reading->failed) {
		size_t len = es_record_end(&cutter, body.ptr + from, body.len - from);
		bool ends = len > 0;
		len = ends ? len : body.len - from;
		es_raw_add(&reading->raw, body.ptr + from, len, (int64_t)from, ends);
		int rc = earshot_feed_push(feed, body.ptr + from, len, error);
		if (rc == EARSHOT_OK && ends)
			rc = earshot_feed_flush(feed, error);
		if (rc != EARSHOT_OK)
			return rc;
		from += len;
	}
	return EARSHOT_OK;
}

int es_intake_body(struct es_intake *intake, struct es_state *state, struct earshot_str body,
		   const char *base, const char *charset, struct es_reading_result *result,
		   struct earshot_error *error)
{
	struct earshot_error own = { 0 };
	struct earshot_feed *feed = NULL;
	struct earshot_feed_options options;
	struct reading reading = { .intake = intake,
				   .state = state,
				   .fd = -1,
				   .lines = es_kind_of(state->source)->way == ES_RECORDS,
				   .now = es_clock_wall(intake->clock),
				   .error = error,
				   .result = result };
	*result = (struct es_reading_result){ .lag = EARSHOT_NONE };
	es_raw_init(&reading.raw);
	es_seen_begin(&state->seen);
	int rc = es_reading_feed(&reading, base, charset, &feed, &options, &own);
	if (rc == EARSHOT_OK)
		rc = read_body(&reading, feed, body, &own);
	if (rc == EARSHOT_OK && !reading.failed)
		rc = earshot_feed_end(feed, &own);
	if (rc == EARSHOT_OK) /* a feed without entries, too */
		reading.asked |= asks_of(&reading) == EARSHOT_FEED_ASKS_ALL;
	earshot_feed_free(feed);
	es_raw_release(&reading.raw);
	rc = es_reading_settle(&reading, rc, &own);
	if (rc != EARSHOT_OK)
		return rc;
	/* an entry may leave the document and come back: some older ones are kept */
	size_t others = (size_t)reading.records;
	others = others < 50 ? 50 : others > 2000 ? 2000 : others;
	/* the document is a page of many */
	if (intake->part || state->source->connector || state->source->kind == ES_SOURCE_IMAP)
		others = ES_COLLECT_SEEN_MAX;
	if (es_seen_trim(&state->seen, others, ES_COLLECT_SEEN_MAX) != EARSHOT_OK)
		return es_err_nomem(error);
	return EARSHOT_OK;
}
