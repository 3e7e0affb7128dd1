/* SPDX-License-Identifier: MIT
 *
 * fetch.c - one try of one source, what came of it, and when the next one is.
 */
#include "collect/inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/file.h"

#define EVERY_HTTP (5 * ES_MINUTE)
#define EVERY_FILE (10 * ES_SECOND)
/* Health without any news is written so often (DESIGN: at most once a minute). */
#define WRITE_FAILING ES_MINUTE
#define WRITE_HEARING (10 * ES_MINUTE)

int64_t es_source_every(const struct es_source *source)
{
	if (source->every_ms > 0)
		return source->every_ms;
	return es_source_is_remote(source) ? EVERY_HTTP : EVERY_FILE;
}

uint64_t es_url_hash(const struct es_source *source)
{
	return es_fnv1a(ES_FNV_START, source->url, strlen(source->url));
}

/* It is sent to, or streams: there is nothing to be asked for. */
static bool is_heard_only(const struct es_source *source)
{
	return source->ingest || (source->connector && source->connector->only_streams);
}

/* In [0, 1); xorshift64* (Vigna 2016): spreads tries, keeps no secret. */
double es_collector_chance(struct es_collector *collector)
{
	collector->random ^= collector->random >> 12;
	collector->random ^= collector->random << 25;
	collector->random ^= collector->random >> 27;
	uint64_t value = (collector->random * 0x2545f4914f6cdd1du) >> 33;
	return (double)value / (double)(1u << 31);
}

int64_t es_collector_wall(const struct es_collector *collector)
{
	return es_clock_wall(collector->options.clock);
}

int64_t es_collector_monotonic(const struct es_collector *collector)
{
	return es_clock_monotonic(collector->options.clock);
}

void es_collector_resume(struct es_collector *collector, struct es_state *state)
{
	int64_t wall = es_collector_wall(collector), now = es_collector_monotonic(collector);
	bool fails = state->health == ES_HEALTH_CANNOT_HEAR;
	enum es_wait why =
		fails && state->why != ES_WAIT_RETRY_AFTER ? ES_WAIT_BACKOFF : state->why;
	state->look_due = now;
	if (state->health == ES_HEALTH_STOPPED || is_heard_only(state->source))
		state->look_due = INT64_MAX;
	else if (!collector->options.once && es_source_is_remote(state->source))
		state->look_due +=
			es_wait_loaded(es_source_every(state->source), state->next_try, wall, why);
	es_alerts_resume(&state->alerts, wall, now);
	es_stream_resume(collector, state);
	state->visit_from = 0;
	es_collector_set_due(collector, state);
	state->silent_due =
		state->silent_at == EARSHOT_NONE ? INT64_MAX : now + (state->silent_at - wall);
}

/* ---- what a try came to ---- */

/* A source that nobody asks: what it waits for is its stream. */
static void wait_for_stream(struct es_state *state, int64_t wall, int64_t now)
{
	int64_t due = state->listening.due;
	state->look_due = INT64_MAX;
	state->why = ES_WAIT_STREAM;
	state->next_try = due == INT64_MAX ? EARSHOT_NONE : wall + (due - now);
}

/* Sets when the next one is, on both clocks. */
static void schedule(struct es_collector *collector, struct es_state *state,
		     const struct es_outcome *outcome, int64_t wall, int64_t now)
{
	int64_t every = es_source_every(state->source), wait = 0;
	enum es_wait before = state->why;
	state->why = ES_WAIT_EVERY;
	if (*outcome->error)
		wait = es_wait_failed(every, state->failures, outcome->retry_after,
				      es_collector_chance(collector), &state->why);
	else if (outcome->more)
		wait = outcome->pause;
	else
		wait = es_wait_heard(every, outcome->fresh, &state->hints, wall,
				     es_collector_chance(collector), &state->why);
	if (!*outcome->error && !outcome->more && collector->options.push && wait < ES_PUSH_POLL &&
	    es_websub_comes(state, wall)) {
		wait = ES_PUSH_POLL +
		       (int64_t)(es_collector_chance(collector) * (double)(ES_PUSH_POLL / 10));
		state->why = ES_WAIT_PUSH;
	}
	if (!*outcome->error && !outcome->more && es_stream_is_open(state) &&
	    wait < ES_STREAM_POLL) {
		wait = ES_STREAM_POLL +
		       (int64_t)(es_collector_chance(collector) * (double)(ES_STREAM_POLL / 10));
		state->why = ES_WAIT_STREAM;
	}
	if (strcmp(outcome->error, "robots") == 0) {
		wait = ES_WAIT_MAX; /* who asks that does not want to be asked often */
		state->why = ES_WAIT_ROBOTS;
	}
	enum es_wait used_up = ES_WAIT_BUDGET;
	int64_t budget = es_collector_budget_wait(state, wall, &used_up);
	if (budget > wait && !is_heard_only(state->source) &&
	    !(state->purse && state->purse->open > 0)) {
		wait = budget;
		state->why = used_up;
		es_collector_tell_budget(state, before, wait, wall);
	}
	if (state->hold_until != EARSHOT_NONE && state->hold_until - wall < wait)
		wait = state->hold_until - wall > 0 ? state->hold_until - wall : 0;
	bool stopped = state->health == ES_HEALTH_STOPPED || state->source->ingest;
	state->look_due = stopped ? INT64_MAX : now + wait;
	state->next_try = stopped ? EARSHOT_NONE : wall + wait;
	if (state->health == ES_HEALTH_STOPPED)
		state->listening.due = INT64_MAX;
	else if (is_heard_only(state->source) && !state->source->ingest)
		wait_for_stream(state, wall, now);
	es_collector_set_due(collector, state);
}

/* Only what is heard can be silent; what came first is the backlog, and no lag. True where that
 * is another answer than before. */
static bool listen_for_silence(struct es_state *state, const struct es_outcome *outcome,
			       bool heard_before, int64_t wall, int64_t now)
{
	bool before = state->silent;
	es_state_count(state, wall, 0);
	if (outcome->posts > 0) {
		int64_t after = es_silence_after(&state->usual);
		state->last_item = wall;
		state->silent_at = after == EARSHOT_NONE ? EARSHOT_NONE : wall + after;
		state->silent_due = after == EARSHOT_NONE ? INT64_MAX : now + after;
		if (outcome->lag != EARSHOT_NONE && heard_before)
			state->lag = outcome->lag;
	}
	state->silent = now > state->silent_due;
	return state->silent != before;
}

static void tell(const struct es_state *state, bool failed, bool news, bool silence, int64_t now)
{
	if (news)
		es_log(failed ? ES_WARN : ES_INFO, failed ? "source.cannot_hear" : "source.hears",
		       ES_LOG_S("source", state->source->id), ES_LOG_S("error", state->error),
		       ES_LOG_S("message", state->message),
		       ES_LOG_I("next_try_ms",
				state->look_due == INT64_MAX ? 0 : state->look_due - now));
	if (silence && state->silent)
		es_log(ES_WARN, "source.silent", ES_LOG_S("source", state->source->id),
		       ES_LOG_F("items_per_day", state->items_per_day),
		       ES_LOG_I("silent_ms", state->last_try - state->last_item));
	else if (silence)
		es_log(ES_INFO, "source.speaks", ES_LOG_S("source", state->source->id));
}

int es_collector_conclude(struct es_collector *collector, struct es_state *state,
			  const struct es_outcome *outcome, struct earshot_error *error)
{
	int64_t wall = es_collector_wall(collector), now = es_collector_monotonic(collector);
	enum es_health before = state->health;
	bool heard_before = state->last_ok != EARSHOT_NONE;
	int status_before = state->status;
	char error_before[sizeof(state->error)];
	memcpy(error_before, state->error, sizeof(error_before));
	es_state_result(state, wall, outcome->error, outcome->status, outcome->message);
	bool failed = *outcome->error != '\0';
	atomic_fetch_add(&collector->stats.fetches, 1);
	es_histogram_add(collector->fetch_time, es_monotonic_us() - state->tried_at, 1);
	if (failed)
		atomic_fetch_add(&collector->stats.failures, 1);
	bool silence = !failed && listen_for_silence(state, outcome, heard_before, wall, now);
	schedule(collector, state, outcome, wall, now);
	/* without calls there is nothing more to be had now */
	state->tried = state->tried || state->why == ES_WAIT_BUDGET || state->why == ES_WAIT_COST ||
		       (!outcome->more && !es_collector_visit_due(collector, state));
	state->running = false;

	bool news = state->health != before || strcmp(error_before, state->error) != 0 ||
		    (failed && state->status != status_before);
	tell(state, failed, news, silence, now);
	int rc = es_alerts_follow(&collector->outbox, state, wall, now, &news, error);
	if (rc == EARSHOT_OK)
		rc = es_collector_put_purse(collector, state, error);
	if (rc != EARSHOT_OK)
		return rc;
	int64_t quiet = wall - state->written_at;
	bool old = quiet < 0 ||
		   quiet >= (failed || outcome->refreshed ? WRITE_FAILING : WRITE_HEARING);
	if (outcome->changed || news || silence || !state->has_record || state->dirty ||
	    (old && !collector->options.once))
		return es_outbox_state(&collector->outbox, state, wall, error);
	return EARSHOT_OK;
}

int es_collector_pushed(struct es_collector *collector, struct es_state *state,
			const struct es_outcome *outcome, struct earshot_error *error)
{
	int64_t wall = es_collector_wall(collector), now = es_collector_monotonic(collector);
	bool silence = listen_for_silence(state, outcome, true, wall, now), changed = false;
	tell(state, false, false, silence, now);
	es_collector_set_due(collector, state); /* its posts are visited, too */
	int rc = es_alerts_follow(&collector->outbox, state, wall, now, &changed, error);
	return rc == EARSHOT_OK ? es_outbox_state(&collector->outbox, state, wall, error) : rc;
}

/* ---- files ---- */

static int try_file(struct es_collector *collector, struct es_state *state,
		    struct earshot_error *error)
{
	struct es_paths paths;
	struct earshot_error own = { 0 };
	struct es_outcome outcome = { .error = "",
				      .message = "",
				      .retry_after = EARSHOT_NONE,
				      .fresh = EARSHOT_NONE,
				      .lag = EARSHOT_NONE };
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
		outcome.posts += result.posts;
		if (result.lag != EARSHOT_NONE)
			outcome.lag = result.lag;
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
		else if (result.note && !own.code && !*message)
			snprintf(message, sizeof(message), "%s", result.note);
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
	rc = es_collector_conclude(collector, state, &outcome, error);
out:
	es_paths_release(&paths);
	return rc;
}

int es_collector_try(struct es_collector *collector, struct es_state *state,
		     struct earshot_error *error)
{
	state->tried_at = es_monotonic_us();
	if (state->listening.due <= es_collector_monotonic(collector))
		return es_stream_open(collector, state, error);
	if (state->look_due > es_collector_monotonic(collector) &&
	    es_collector_visit_due(collector, state))
		return es_collector_visit(collector, state, error);
	if (state->source->kind == ES_SOURCE_IMAP)
		return es_collector_try_imap(collector, state, error);
	return es_url_is_http(state->source->url) ? es_collector_try_http(collector, state, error)
						  : try_file(collector, state, error);
}
