/* SPDX-License-Identifier: MIT
 *
 * fetch.c - one try of one source, what came of it, and when the next one is.
 */
#include "collect/inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/file.h"

#define EVERY_HTTP    (5 * ES_MINUTE)
#define EVERY_FILE    (10 * ES_SECOND)
#define BACKOFF_FIRST (30 * ES_SECOND)
#define BACKOFF_MOST  ES_HOUR
/* Health without any news is written so often (DESIGN: at most once a minute). */
#define WRITE_FAILING ES_MINUTE
#define WRITE_HEARING (10 * ES_MINUTE)

int64_t es_source_every(const struct es_source *source)
{
	if (source->every_ms > 0)
		return source->every_ms;
	return es_url_is_http(source->url) ? EVERY_HTTP : EVERY_FILE;
}

uint64_t es_url_hash(const struct es_source *source)
{
	return es_fnv1a(ES_FNV_START, source->url, strlen(source->url));
}

/* 0 to most - 1; xorshift64* (Vigna 2016): spreads tries, keeps no secret. */
static int64_t draw(struct es_collector *collector, int64_t most)
{
	collector->random ^= collector->random >> 12;
	collector->random ^= collector->random << 25;
	collector->random ^= collector->random >> 27;
	uint64_t value = (collector->random * 0x2545f4914f6cdd1du) >> 33;
	return most > 0 ? (int64_t)(value % (uint64_t)most) : 0;
}

int64_t es_collector_due(const struct es_collector *collector, const struct es_state *state,
			 int64_t now)
{
	if (state->health == ES_HEALTH_STOPPED)
		return INT64_MAX;
	bool asked_to_wait = state->status == 429 || state->status == 503;
	bool polite = state->health == ES_HEALTH_OK || asked_to_wait;
	if (collector->options.once || !es_url_is_http(state->source->url) || !polite ||
	    state->next_try == EARSHOT_NONE || state->next_try < now)
		return now;
	/* a clock that jumped back must not keep a source quiet for longer than this */
	int64_t most = now + (asked_to_wait ? ES_RETRY_AFTER_MAX
					    : es_source_every(state->source) * 11 / 10);
	return state->next_try < most ? state->next_try : most;
}

static int64_t backoff(struct es_collector *collector, const struct es_state *state,
		       int64_t retry_after)
{
	int64_t every = es_source_every(state->source);
	int64_t most = every > BACKOFF_MOST ? every : BACKOFF_MOST;
	int64_t wait = every < BACKOFF_FIRST ? every : BACKOFF_FIRST;
	for (int64_t i = 1; i < state->failures && wait < most; i++)
		wait *= 2;
	wait = wait < most ? wait : most;
	wait += draw(collector, wait / 5);
	if (retry_after > wait)
		wait = retry_after < ES_RETRY_AFTER_MAX ? retry_after : ES_RETRY_AFTER_MAX;
	return wait;
}

/* What a try came to. */
struct outcome {
	const char *error; /* "" = it went well */
	int status;
	const char *message;
	int64_t retry_after;
	bool changed;   /* the cursor moved */
	bool refreshed; /* only the validators did */
	bool more;      /* there is more to be read now */
};

static int conclude(struct es_collector *collector, struct es_state *state,
		    const struct outcome *outcome, struct earshot_error *error)
{
	int64_t now = es_now_ms();
	enum es_health before = state->health;
	char error_before[sizeof(state->error)];
	memcpy(error_before, state->error, sizeof(error_before));
	es_state_result(state, now, outcome->error, outcome->status, outcome->message);
	bool failed = *outcome->error != '\0';
	atomic_fetch_add(&collector->stats.fetches, 1);
	es_histogram_add(collector->fetch_time, es_monotonic_us() - state->tried_at, 1);
	if (failed)
		atomic_fetch_add(&collector->stats.failures, 1);

	int64_t every = es_source_every(state->source);
	if (state->health == ES_HEALTH_STOPPED)
		state->due = INT64_MAX;
	else if (failed)
		state->due = now + backoff(collector, state, outcome->retry_after);
	else
		state->due = outcome->more ? now : now + every - draw(collector, every / 10);
	if (state->hold_until != EARSHOT_NONE && state->hold_until < state->due)
		state->due = state->hold_until;
	state->next_try = state->due == INT64_MAX ? EARSHOT_NONE : state->due;
	if (state->due < collector->next_due)
		collector->next_due = state->due;
	state->tried = state->tried || !outcome->more;
	state->running = false;

	bool news = state->health != before || strcmp(error_before, state->error) != 0;
	if (news)
		es_log(failed ? ES_WARN : ES_INFO, failed ? "source.cannot_hear" : "source.hears",
		       ES_LOG_S("source", state->source->id), ES_LOG_S("error", state->error),
		       ES_LOG_S("message", state->message),
		       ES_LOG_I("next_try_ms", state->due - now));
	int64_t quiet = now - state->written_at;
	bool old = quiet < 0 ||
		   quiet >= (failed || outcome->refreshed ? WRITE_FAILING : WRITE_HEARING);
	if (outcome->changed || news || !state->has_record || state->dirty ||
	    (old && !collector->options.once))
		return es_outbox_state(&collector->outbox, state, now, error);
	return EARSHOT_OK;
}

/* ---- files ---- */

static int try_file(struct es_collector *collector, struct es_state *state,
		    struct earshot_error *error)
{
	struct es_paths paths;
	struct earshot_error own = { 0 };
	struct outcome outcome = { .error = "", .message = "" };
	char message[EARSHOT_ERROR_TEXT + EARSHOT_ERROR_FILE + 64] = "";
	state->hold_until = EARSHOT_NONE;
	int rc = es_paths_init(&paths, state->source->url, &own);
	if (rc == EARSHOT_NOMEM)
		return es_err_nomem(error);
	bool unchanged = true;
	es_state_files_keep(state, paths.at, paths.n);
	for (size_t i = 0; i < paths.n; i++) {
		struct es_reading_result result;
		rc = es_intake_file(&collector->intake, state, paths.at[i], &result, error);
		if (rc != EARSHOT_OK)
			goto out;
		unchanged &= result.unchanged;
		outcome.more |= result.more && result.written;
		/* a held post alone moves nothing */
		outcome.changed |= result.posts > 0 || result.letters > 0 ||
				   (!result.unchanged && !result.data_error.code && !result.more &&
				    state->hold_until == EARSHOT_NONE);
		if (result.data_error.code)
			own = result.data_error;
		else if (result.bad > 0 && !own.code)
			snprintf(message, sizeof(message), "%lld records cannot be read: %s",
				 (long long)result.bad, result.bad_error.text);
		if (result.bad > 0)
			es_log_error(ES_WARN, "source.bad", &result.bad_error);
	}
	if (unchanged && !own.code) {
		atomic_fetch_add(&collector->stats.unchanged, 1);
		if (state->health == ES_HEALTH_OK) /* still what the last reading said */
			snprintf(message, sizeof(message), "%s", state->message);
	}
	if (own.code) {
		outcome.error =
			own.code == EARSHOT_DATA || own.code == EARSHOT_LIMIT ? "data" : "file";
		snprintf(message, sizeof(message), "%s", own.text);
	}
	outcome.message = message;
	rc = conclude(collector, state, &outcome, error);
out:
	es_paths_release(&paths);
	return rc;
}

/* ---- http ---- */

static void unlink_fetch(struct es_fetch *fetch)
{
	if (fetch->prev)
		fetch->prev->next = fetch->next;
	else
		fetch->collector->fetches = fetch->next;
	if (fetch->next)
		fetch->next->prev = fetch->prev;
}

void es_fetch_free(struct es_fetch *fetch)
{
	fetch->collector->buffered -= (int64_t)fetch->body.len;
	unlink_fetch(fetch);
	es_buf_release(&fetch->body);
	free(fetch);
}

void es_collector_drop(struct es_collector *collector, const bool *partitions)
{
	for (struct es_fetch *fetch = collector->fetches; fetch; fetch = fetch->next) {
		if (!fetch->state || !partitions[fetch->state->partition])
			continue;
		fetch->state->running = false;
		fetch->state = NULL; /* on_done frees it */
	}
}

static int on_data(void *ctx, const char *ptr, size_t len)
{
	struct es_fetch *fetch = ctx;
	if (!fetch->state)
		return 1;
	if (fetch->collector->buffered + (int64_t)len > ES_COLLECT_BUFFERED) {
		fetch->crowded = true;
		return 1;
	}
	es_buf_add(&fetch->body, ptr, len);
	if (!es_buf_ok(&fetch->body))
		return 1;
	fetch->collector->buffered += (int64_t)len;
	return 0;
}

static bool same_text(const char *a, struct earshot_str b)
{
	return es_str_eq(es_str_of(a), b);
}

static int take_document(struct es_fetch *fetch, const struct es_net_result *result,
			 struct outcome *outcome, char *message, size_t size,
			 struct earshot_error *error)
{
	struct es_collector *collector = fetch->collector;
	struct es_state *state = fetch->state;
	struct es_reading_result read;
	char charset[64] = "", *base = NULL;
	if (state->source->kind == ES_SOURCE_FEED && fetch->body.len == 0) {
		outcome->error = "data";
		snprintf(message, size, "the answer is empty");
		return EARSHOT_OK;
	}
	if (result->charset.len < sizeof(charset) && result->charset.len)
		memcpy(charset, result->charset.ptr, result->charset.len);
	base = strndup(result->url.ptr ? result->url.ptr : "", result->url.len);
	if (!base)
		return es_err_nomem(error);
	int rc = es_intake_body(&collector->intake, state, es_buf_view(&fetch->body), base,
				*charset ? charset : NULL, &read, error);
	free(base);
	if (rc != EARSHOT_OK)
		return rc;
	outcome->changed = read.posts > 0 || read.letters > 0 || read.written;
	if (read.data_error.code) {
		outcome->error = "data";
		snprintf(message, size, "%s", read.data_error.text);
		return EARSHOT_OK;
	}
	if (read.bad > 0) {
		es_log_error(ES_WARN, "source.bad", &read.bad_error);
		snprintf(message, size, "%lld records cannot be read: %s", (long long)read.bad,
			 read.bad_error.text);
	}
	outcome->refreshed = !same_text(state->etag, result->etag) ||
			     !same_text(state->last_modified, result->last_modified);
	if (outcome->refreshed &&
	    es_state_set_validators(state, result->etag, result->last_modified) != EARSHOT_OK)
		return es_err_nomem(error);
	return EARSHOT_OK;
}

/* Is there a whole document behind this status? */
static bool is_document(int status)
{
	return status >= 200 && status < 300 && status != 204 && status != 205 && status != 206;
}

static void words_of_status(int status, char *out, size_t size)
{
	const char *why = "";
	switch (status) {
	case 204:
	case 205:
		why = ": it has no document";
		break;
	case 206:
		why = ": a part of a document, which nobody asked for";
		break;
	case 401:
	case 403:
	case 407:
		why = ": it wants to know who asks, or lets nobody in";
		break;
	case 404:
		why = ": there is nothing at this address";
		break;
	case 410:
		why = ": it is gone for good";
		break;
	case 429:
		why = ": it is asked too often";
		break;
	default:
		if (status >= 300 && status < 400)
			why = ", without saying where to go";
		else if (status >= 500)
			why = ": it has trouble of its own";
	}
	snprintf(out, size, "the server answers %d%s", status, why);
}

static void on_done(void *ctx, const struct es_net_result *result)
{
	struct es_fetch *fetch = ctx;
	struct es_collector *collector = fetch->collector;
	struct es_state *state = fetch->state;
	struct outcome outcome = { .error = "",
				   .status = result->status,
				   .message = "",
				   .retry_after = result->retry_after_ms };
	char message[EARSHOT_ERROR_TEXT + 64] = "";
	int rc = EARSHOT_OK;
	if (!state || collector->failed) /* dropped, or the turn is lost already */
		goto out;
	if (fetch->crowded) {
		outcome.error = "busy";
		outcome.message = "too many large documents at once";
	} else if (result->outcome != ES_NET_OK) {
		outcome.error = es_net_outcome_name(result->outcome);
		outcome.message = result->text;
	} else if (result->status == 304) {
		atomic_fetch_add(&collector->stats.unchanged, 1);
	} else if (is_document(result->status)) {
		outcome.message = message;
		rc = take_document(fetch, result, &outcome, message, sizeof(message),
				   &collector->error);
	} else {
		outcome.error = result->status == 410 ? "gone" : "http";
		outcome.message = message;
		words_of_status(result->status, message, sizeof(message));
	}
	if (rc == EARSHOT_OK)
		rc = conclude(collector, state, &outcome, &collector->error);
	if (rc != EARSHOT_OK)
		collector->failed = rc;
out:
	es_fetch_free(fetch);
}

static int try_http(struct es_collector *collector, struct es_state *state,
		    struct earshot_error *error)
{
	struct earshot_error own;
	struct es_fetch *fetch = calloc(1, sizeof(*fetch));
	if (!fetch)
		return es_err_nomem(error);
	*fetch = (struct es_fetch){ .collector = collector,
				    .state = state,
				    .next = collector->fetches };
	es_buf_init(&fetch->body, ES_LIMIT_FEED);
	if (collector->fetches)
		collector->fetches->prev = fetch;
	collector->fetches = fetch;
	const struct es_net_request request = { .url = state->source->url,
						.etag = state->etag,
						.last_modified = state->last_modified,
						.max_size = ES_LIMIT_FEED,
						.on_data = on_data,
						.on_done = on_done,
						.ctx = fetch };
	int rc = es_net_get(collector->net, &request, &own);
	if (rc == EARSHOT_OK) {
		state->running = true;
		return rc;
	}
	es_fetch_free(fetch);
	if (rc != EARSHOT_DATA) {
		if (error)
			*error = own;
		return rc;
	}
	const struct outcome outcome = { .error = es_net_outcome_name(ES_NET_URL),
					 .message = own.text };
	return conclude(collector, state, &outcome, error);
}

int es_collector_try(struct es_collector *collector, struct es_state *state,
		     struct earshot_error *error)
{
	state->tried_at = es_monotonic_us();
	return es_url_is_http(state->source->url) ? try_http(collector, state, error)
						  : try_file(collector, state, error);
}
