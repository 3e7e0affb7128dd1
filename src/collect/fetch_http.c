/* SPDX-License-Identifier: MIT
 *
 * fetch_http.c - one try of one URL: the body as it comes, and what the answer means.
 */
#include "collect/inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/discover.h"
#include "collect/words.h"

int es_collector_client(struct es_net **out, const struct es_collect_options *options,
			struct earshot_error *error)
{
	const struct es_net_options net = { .contact = options->contact,
					    .ca_file = options->ca_file,
					    .max_total = options->max_transfers,
					    .allow = options->allow_private,
					    .n_allow = options->n_allow_private };
	return es_net_new(out, &net, error);
}

static void unlink_fetch(struct es_fetch *fetch)
{
	if (fetch->prev)
		fetch->prev->next = fetch->next;
	else
		fetch->collector->fetches = fetch->next;
	if (fetch->next)
		fetch->next->prev = fetch->prev;
}

struct es_fetch *es_fetch_new(struct es_collector *collector, struct es_state *state)
{
	struct es_fetch *fetch = calloc(1, sizeof(*fetch));
	if (!fetch)
		return NULL;
	*fetch = (struct es_fetch){
		.collector = collector, .state = state, .items = -1, .next = collector->fetches
	};
	es_buf_init(&fetch->body, ES_LIMIT_FEED);
	if (collector->fetches)
		collector->fetches->prev = fetch;
	collector->fetches = fetch;
	return fetch;
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

int es_fetch_data(void *ctx, const char *ptr, size_t len)
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
			 struct es_outcome *outcome, char *message, size_t size,
			 struct earshot_error *error)
{
	struct es_collector *collector = fetch->collector;
	struct es_state *state = fetch->state;
	struct es_reading_result read;
	if (state->source->kind == ES_SOURCE_FEED && fetch->body.len == 0) {
		outcome->error = "data";
		snprintf(message, size, "the answer is empty");
		return EARSHOT_OK;
	}
	int rc = es_intake_body(&collector->intake, state, es_buf_view(&fetch->body),
				es_net_base(result), result->charset.ptr, &read, error);
	if (rc != EARSHOT_OK)
		return rc;
	if (read.asked) {
		outcome->error = "robots";
		snprintf(message, size, "the feed asks programs not to index it");
		return es_state_set_validators(state, ES_STR(""), ES_STR("")) == EARSHOT_OK
			       ? EARSHOT_OK
			       : es_err_nomem(error);
	}
	outcome->posts = read.posts;
	outcome->lag = read.lag;
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
	if (state->source->kind == ES_SOURCE_FEED)
		es_hints_read(&state->hints, fetch->body.ptr, fetch->body.len);
	if (read.posts > 0 && state->websub) /* which nobody had pushed */
		state->websub->comes = false;
	if (es_websub_look(collector, state, result, es_buf_view(&fetch->body),
			   &outcome->changed) != EARSHOT_OK ||
	    es_archive_look(state, result, es_buf_view(&fetch->body), &outcome->more) != EARSHOT_OK)
		return es_err_nomem(error);
	outcome->refreshed = !same_text(state->etag, result->etag) ||
			     !same_text(state->last_modified, result->last_modified);
	if (outcome->refreshed &&
	    es_state_set_validators(state, result->etag, result->last_modified) != EARSHOT_OK)
		return es_err_nomem(error);
	return EARSHOT_OK;
}

static void tell_move(const struct es_state *state, const char *why)
{
	struct es_buf url;
	es_log(ES_WARN, "source.moved", ES_LOG_S("source", state->source->id),
	       ES_LOG_S("to", es_url_shown(&url, es_state_url(state))), ES_LOG_S("why", why));
	es_buf_release(&url);
}

/* Has it moved for good, and is it heard there? */
static int look_where(struct es_state *state, const struct es_net_result *result,
		      struct es_outcome *outcome, char *message, size_t size, int64_t wall,
		      struct earshot_error *error)
{
	enum es_move move = ES_MOVE_NONE;
	bool changed = false;
	if (*outcome->error) {
		bool gone = strcmp(outcome->error, "gone") == 0;
		move = es_moved_failed(&state->moved, gone);
		if (move == ES_MOVE_LEFT && gone) { /* there, and not at the config's address */
			outcome->error = "http";
			outcome->status = 0;
		}
	} else if (es_moved_heard(&state->moved, state->source->url, result->url, result->permanent,
				  wall, &move, &changed) != EARSHOT_OK) {
		return es_err_nomem(error);
	}
	outcome->changed |= changed || move != ES_MOVE_NONE;
	if (move != ES_MOVE_NONE)
		tell_move(state,
			  move == ES_MOVE_ADOPTED
				  ? "it says so for a day; write the new address into the config"
				  : "nothing is heard at the new address; the config's again");
	/* what was noted at another address says nothing about this one */
	if (move == ES_MOVE_LEFT &&
	    es_state_set_validators(state, ES_STR(""), ES_STR("")) != EARSHOT_OK)
		return es_err_nomem(error);
	if (!*outcome->error && state->moved.to && !*message) {
		snprintf(message, size, "%s: write the new address into the config",
			 state->moved.found ? "the address is a page, which names its feed"
					    : "it has moved for good");
		outcome->message = message;
	}
	return EARSHOT_OK;
}

static void on_done(void *ctx, const struct es_net_result *result);

static int ask(struct es_fetch *fetch, struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	const char *archive = es_archive_next(state);
	int left = (int)(state->taken - fetch->calls); /* a login was a call, too */
	fetch->archive = archive != NULL;
	struct es_net_request request = { .url = archive ? archive : es_state_url(state),
					  .etag = archive ? NULL : state->etag,
					  .last_modified = archive ? NULL : state->last_modified,
					  .max_size = ES_LIMIT_FEED,
					  .max_requests = state->taken ? left : 0,
					  .on_data = es_fetch_data,
					  .on_done = on_done,
					  .ctx = fetch };
	return state->source->connector && !archive
		       ? es_api_ask(fetch, &request, error)
		       : es_net_get(fetch->collector->net, &request, error);
}

int es_fetch_again(struct es_fetch *fetch, bool *asked, struct earshot_error *error)
{
	fetch->collector->buffered -= (int64_t)fetch->body.len;
	es_buf_clear(&fetch->body);
	int rc = ask(fetch, error);
	*asked = rc == EARSHOT_OK;
	return rc;
}

/* A page instead of a feed, which names one: that is asked in its place, now. *asked says
 * that the fetch goes on. */
static int ask_what_it_names(struct es_fetch *fetch, const struct es_net_result *result,
			     bool *asked, struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	struct earshot_error own;
	struct es_buf url;
	*asked = false;
	if (state->source->kind != ES_SOURCE_FEED || state->source->connector || state->moved.to)
		return EARSHOT_OK;
	es_buf_init(&url, 64 * 1024);
	int rc = es_discover(&url, es_buf_view(&fetch->body), es_net_base(result));
	if (rc == EARSHOT_OK)
		rc = es_moved_found(&state->moved, state->source->url, es_buf_view(&url));
	if (rc == EARSHOT_OK)
		rc = es_state_set_validators(state, ES_STR(""), ES_STR(""));
	/* with a budget it is the next call */
	if (rc == EARSHOT_OK && !es_budget_is_set(&state->source->budget)) {
		rc = es_fetch_again(fetch, asked, &own);
		if (*asked)
			tell_move(state, "a page, which names this feed; write it into the config");
		else if (rc == EARSHOT_DATA)
			es_moved_clear(&state->moved);
	}
	es_buf_release(&url);
	return rc == EARSHOT_NOMEM ? es_err_nomem(error) : EARSHOT_OK;
}

/* It came to no request that anybody could have answered. */
static bool was_not_sent(enum es_net_outcome outcome)
{
	return outcome == ES_NET_URL || outcome == ES_NET_DNS || outcome == ES_NET_CONNECT ||
	       outcome == ES_NET_TLS;
}

static void on_done(void *ctx, const struct es_net_result *result)
{
	struct es_fetch *fetch = ctx;
	struct es_collector *collector = fetch->collector;
	struct es_state *state = fetch->state;
	struct es_outcome outcome = { .error = "",
				      .status = result->status,
				      .message = "",
				      .retry_after = result->retry_after_ms,
				      .fresh = result->fresh_ms,
				      .lag = EARSHOT_NONE };
	char message[EARSHOT_ERROR_TEXT + 64] = "";
	int rc = EARSHOT_OK;
	if (!state || collector->failed) /* dropped, or the turn is lost already */
		goto out;
	fetch->calls += 1 + result->redirects;
	bool asked = false;
	if (fetch->archive) {
		rc = es_archive_take(fetch, result, &outcome, message, sizeof(message),
				     &collector->error);
	} else if (fetch->crowded) {
		outcome.error = "busy";
		outcome.message = "too many large documents at once";
	} else if (result->outcome != ES_NET_OK) {
		outcome.error = es_net_outcome_name(result->outcome);
		outcome.message = result->text;
	} else if (!state->source->robots_ignored && es_robots_count(state->source) &&
		   es_robots_words(result, message, sizeof(message))) {
		outcome.error = "robots";
		outcome.message = message;
	} else if (result->status == 304) {
		atomic_fetch_add(&collector->stats.unchanged, 1);
		outcome.message = message;
		if (state->archive) { /* which rested */
			state->archive->rest = false;
			outcome.more = true;
		}
	} else if (state->source->connector &&
		   (!state->source->connector->feed || fetch->logging_in)) {
		rc = es_api_answer(fetch, result, &outcome, message, sizeof(message), &asked,
				   &collector->error);
		if (rc == EARSHOT_OK && asked)
			return;
	} else if (es_status_is_document(result->status)) {
		outcome.message = message;
		rc = take_document(fetch, result, &outcome, message, sizeof(message),
				   &collector->error);
		if (rc == EARSHOT_OK && strcmp(outcome.error, "data") == 0)
			rc = ask_what_it_names(fetch, result, &asked, &collector->error);
		if (rc == EARSHOT_OK && asked)
			return;
	} else {
		outcome.error = result->status == 410 ? "gone" : "http";
		outcome.message = message;
		es_status_words(result->status, message, sizeof(message));
	}
	if (fetch->archive || was_not_sent(result->outcome) ||
	    (result->outcome == ES_NET_OK && !es_status_is_document(result->status)))
		fetch->items = 0; /* such an answer is not paid for */
	es_collector_called(collector, state, fetch->calls, fetch->items);
	if (rc == EARSHOT_OK && !state->source->connector && !fetch->archive)
		rc = look_where(state, result, &outcome, message, sizeof(message),
				es_collector_wall(collector), &collector->error);
	if (rc == EARSHOT_OK)
		rc = es_collector_conclude(collector, state, &outcome, &collector->error);
	if (rc != EARSHOT_OK)
		collector->failed = rc;
out:
	es_fetch_free(fetch);
}

int es_collector_try_http(struct es_collector *collector, struct es_state *state,
			  struct earshot_error *error)
{
	struct earshot_error own;
	bool may;
	int rc = es_collector_may_call(collector, state, &may, error);
	if (rc != EARSHOT_OK || !may)
		return rc;
	struct es_fetch *fetch = es_fetch_new(collector, state);
	if (!fetch)
		return es_err_nomem(error);
	rc = ask(fetch, &own);
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
	es_collector_called(collector, state, 0, 0);
	const struct es_outcome outcome = { .error = state->source->connector
							     ? ES_ERROR_CONFIG
							     : es_net_outcome_name(ES_NET_URL),
					    .message = own.text,
					    .retry_after = EARSHOT_NONE };
	return es_collector_conclude(collector, state, &outcome, error);
}
