/* SPDX-License-Identifier: MIT
 *
 * fetch_api.c - a page of a connector: asked for, and what the answer means.
 *
 *   log in, where it has to ---> ask for the page ---> lines of JSON ---> intake
 *        ^__ 401, once ________________/                 cursor of the next page
 */
#include "collect/inside.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/answer.h"
#include "collect/links.h"
#include "collect/words.h"

/* So often an id is asked for whose item cannot be mapped; then it is passed over. */
#define ITEM_TRIES 3

static const char *login_of(const struct es_fetch *fetch)
{
	const struct es_state *state = fetch->state;
	return es_collector_monotonic(fetch->collector) < state->login_due ? state->login : NULL;
}

int es_api_ask(struct es_fetch *fetch, struct es_net_request *request, struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	const struct es_connector *connector = state->source->connector;
	const char *login = login_of(fetch);
	fetch->logging_in = connector->logs_in && !login;
	fetch->asking_newest =
		!fetch->logging_in && es_window_wants_newest(&state->pages, connector);
	if (es_pages_are_windows(connector))
		(void)es_window_set(&state->pages, connector, es_collector_wall(fetch->collector));
	/* pages are no document that stays the same */
	if (!connector->feed || fetch->logging_in || connector->paging != ES_PAGING_NONE)
		request->etag = request->last_modified = NULL;
	if (connector->streams && !fetch->logging_in && state->pages.n == 0)
		es_stream_round_begins(state);
	int rc = es_call_send(fetch->collector->net, state->source, &state->pages, login, request,
			      error);
	/* with the API's own cursor it grew too long: else that would be asked for ever */
	if (rc == EARSHOT_LIMIT)
		es_pages_fail(&state->pages, connector, true);
	/* it is this source that cannot ask: that is no failure of the collector */
	return rc == EARSHOT_CONFIG || rc == EARSHOT_LIMIT ? EARSHOT_DATA : rc;
}

/* ---- answers ---- */

/* The token of a login goes into the state; *in says that it did. */
static int take_login(struct es_fetch *fetch, const struct es_net_result *result,
		      struct es_outcome *outcome, char *message, size_t size, bool *in,
		      struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	const struct es_connector *connector = state->source->connector;
	struct es_answer answer;
	int rc = es_answer_read_login(&answer, connector, result->status, es_buf_view(&fetch->body),
				      error);
	*in = rc == EARSHOT_OK && !*answer.error;
	if (*in) {
		state->login_due = es_collector_monotonic(fetch->collector) + connector->login_ms;
		if (es_str_keep(&state->login, answer.next) != EARSHOT_OK)
			rc = es_err_nomem(error);
	} else if (rc == EARSHOT_OK) {
		outcome->error = answer.error;
		snprintf(message, size, "%s", answer.message);
	}
	es_answer_release(&answer);
	return rc;
}

/* The newest id goes into the state; *in says that it did, and that there are new ones. */
static int take_newest(struct es_fetch *fetch, const struct es_net_result *result,
		       struct es_outcome *outcome, char *message, size_t size, bool *in,
		       struct earshot_error *error)
{
	struct es_answer answer;
	struct es_state *state = fetch->state;
	int rc = es_answer_read_newest(&answer, state->source, result->status,
				       es_buf_view(&fetch->body), error);
	*in = rc == EARSHOT_OK && !*answer.error && es_window_newest(&state->pages, answer.next);
	if (rc == EARSHOT_OK && !*in) {
		outcome->error = *answer.error ? answer.error : "data";
		snprintf(message, size, "%s",
			 *answer.message ? answer.message : "the newest id is no number");
	}
	es_answer_release(&answer);
	if (*in && !es_window_set(&state->pages, state->source->connector, 0)) {
		es_window_end(&state->pages);
		*in = false;
	}
	return rc;
}

/* Scheme, host and port of an address. */
static struct earshot_str origin(struct earshot_str url)
{
	size_t n = sizeof("https://") - 1;
	while (n < url.len && !memchr("/?#\\", url.ptr[n], 4))
		n++;
	return es_str(url.ptr, n < url.len ? n : url.len);
}

/* Do both addresses lead to the same place? A next page somewhere else would be asked with what
 * only this one may see. */
static bool same_origin(struct earshot_str a, struct earshot_str b)
{
	struct earshot_str ours = origin(a), theirs = origin(b);
	return ours.len == theirs.len && es_str_starts_nocase(theirs, ours);
}

/* Where to go on, from what the page held and said. */
static int turn(struct es_fetch *fetch, const struct es_net_result *result,
		const struct es_answer *answer, int64_t news, struct es_outcome *outcome,
		char *message, size_t size, struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	const struct es_connector *connector = state->source->connector;
	struct es_buf link, kept;
	bool over = true, gap = false;
	es_buf_init(&link, ES_CALL_TEXT_MAX);
	es_buf_init(&kept, ES_CALL_TEXT_MAX);
	struct earshot_str href;
	int rc = EARSHOT_OK;
	bool named = answer->next.ptr != NULL;
	if (named)
		href = answer->next;
	if (connector->paging == ES_PAGING_LINK &&
	    (named || es_link_header(result->link, "next", &href)))
		rc = es_link_join(&link, es_net_base(result), href);
	if (rc == EARSHOT_OK && same_origin(result->url, es_buf_view(&link)))
		rc = es_link_keep(&kept, state->source, es_buf_view(&link));
	if (rc == EARSHOT_NOMEM) {
		es_buf_release(&link);
		es_buf_release(&kept);
		return es_err_nomem(error);
	}
	const struct es_page_outcome page = {
		.items = answer->items,
		.posts = answer->posts,
		.news = news,
		.next = answer->next,
		.more = answer->more,
		.since = answer->since,
		.link = rc == EARSHOT_OK ? es_buf_view(&kept) : ES_STR(""),
	};
	rc = es_pages_turn(&state->pages, connector, &page, &over, &gap);
	es_buf_release(&link);
	es_buf_release(&kept);
	if (rc != EARSHOT_OK)
		return es_err_nomem(error);
	outcome->more = !over;
	if (connector->streams && es_stream_page_read(state, over, &outcome->more) != EARSHOT_OK)
		return es_err_nomem(error);
	outcome->changed = true;
	outcome->fresh = answer->wait_ms;
	outcome->pause = answer->wait_ms == EARSHOT_NONE ? 0 : answer->wait_ms;
	if (gap && !*message)
		snprintf(message, size,
			 "more than %lld pages were new; what lies behind them was "
			 "not read: ask more often, or raise page.most",
			 (long long)connector->most);
	if (connector->streams && !*message)
		es_stream_words(state, message, size);
	return EARSHOT_OK;
}

/* It is what was asked for that is wrong, not who asks or how often. */
static bool is_refusal(int status)
{
	return status >= 400 && status < 500 && status != 401 && status != 403 && status != 407 &&
	       status != 408 && status != 425 && status != 429;
}

static int take_page(struct es_fetch *fetch, const struct es_net_result *result,
		     struct es_outcome *outcome, char *message, size_t size,
		     struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	struct es_reading_result read;
	struct es_answer answer;
	int rc = es_answer_read(&answer, state->source, result->status, es_buf_view(&fetch->body),
				error);
	if (rc != EARSHOT_OK)
		goto out;
	if (answer.read)
		fetch->items = answer.items;
	/* behind the last page some have no list at all */
	if (!answer.no_list || state->pages.n == 0) {
		outcome->error = answer.error;
		snprintf(message, size, "%s", answer.message);
	}
	/* one id among many must not stop the walk for ever */
	bool passed = answer.read && state->failures + 1 >= ITEM_TRIES &&
		      state->source->connector->paging == ES_PAGING_ID;
	if (*outcome->error && !passed) {
		if (outcome->retry_after == EARSHOT_NONE)
			outcome->retry_after = answer.wait_ms;
		if (is_refusal(result->status) || strcmp(outcome->error, "data") == 0)
			es_pages_fail(&state->pages, state->source->connector,
				      is_refusal(result->status));
		goto out;
	}
	if (es_pages_are_windows(state->source->connector)) {
		if (es_window_is_full(&state->pages, state->source->connector, answer.items)) {
			outcome->more = outcome->changed = true;
			goto out;
		}
		if (state->source->connector->full &&
		    answer.items >= state->source->connector->full)
			snprintf(message, size,
				 "a window of page.least had %lld items, and may have more: what "
				 "was left out is not read",
				 (long long)answer.items);
	}
	rc = es_intake_body(&fetch->collector->intake, state, es_buf_view(&answer.lines), NULL,
			    NULL, &read, error);
	if (rc != EARSHOT_OK)
		goto out;
	outcome->posts = read.posts;
	if (state->pages.whole) /* what the first round brings is the backlog */
		outcome->lag = read.lag;
	rc = turn(fetch, result, &answer, read.posts, outcome, message, size, error);
out:
	es_answer_release(&answer);
	return rc;
}

/* The next request of the same try. */
static int ask_again(struct es_fetch *fetch, struct es_outcome *outcome, char *message, size_t size,
		     bool *asked, struct earshot_error *error)
{
	struct earshot_error own;
	/* with a budget it may be the next try's */
	if (es_budget_is_set(&fetch->state->source->budget) &&
	    fetch->calls >= fetch->state->taken) {
		outcome->more = true;
		return EARSHOT_OK;
	}
	int rc = es_fetch_again(fetch, asked, &own);
	if (rc == EARSHOT_DATA) {
		outcome->error = ES_ERROR_CONFIG;
		snprintf(message, size, "%s", own.text);
		return EARSHOT_OK;
	}
	if (rc != EARSHOT_OK && error)
		*error = own;
	return rc;
}

int es_api_answer(struct es_fetch *fetch, const struct es_net_result *result,
		  struct es_outcome *outcome, char *message, size_t size, bool *asked,
		  struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	outcome->message = message;
	if (fetch->logging_in) {
		bool in = false;
		int rc = take_login(fetch, result, outcome, message, size, &in, error);
		return rc == EARSHOT_OK && in
			       ? ask_again(fetch, outcome, message, size, asked, error)
			       : rc;
	}
	if (fetch->asking_newest && result->status != 401) {
		bool in = false;
		int rc = take_newest(fetch, result, outcome, message, size, &in, error);
		return rc == EARSHOT_OK && in
			       ? ask_again(fetch, outcome, message, size, asked, error)
			       : rc;
	}
	bool refused = result->status == 401 && state->login;
	if (refused && !state->login_again) {
		/* it was taken back before its time */
		state->login_again = true;
		state->login_due = INT64_MIN;
		return ask_again(fetch, outcome, message, size, asked, error);
	}
	/* with a budget the next login is another try, which says nothing about the source: it
	 * waits until this one is over */
	state->login_again = refused && es_budget_is_set(&state->source->budget);
	return take_page(fetch, result, outcome, message, size, error);
}
