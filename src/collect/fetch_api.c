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

#include "collect/links.h"
#include "collect/words.h"
#include "text/text.h"

/* Lines of a page: its texts without HTML, so no longer than what came. */
#define LINES_MAX (2 * (size_t)ES_LIMIT_FEED)

static const char *login_of(const struct es_fetch *fetch)
{
	const struct es_state *state = fetch->state;
	return es_collector_monotonic(fetch->collector) < state->login_due ? state->login : NULL;
}

int es_api_ask(struct es_fetch *fetch, struct es_net_request *request, struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	const struct es_connector *connector = state->source->connector;
	struct es_call call;
	fetch->logging_in = connector->logs_in && !login_of(fetch);
	int rc = es_call_make(&call, fetch->logging_in ? &connector->login : &connector->request,
			      state->source, &state->pages, login_of(fetch), error);
	if (rc == EARSHOT_OK) {
		request->url = call.url.ptr;
		request->form = call.post ? es_buf_view(&call.body).ptr : NULL;
		request->headers = call.headers;
		request->n_headers = call.n_headers;
		if (!connector->feed || fetch->logging_in)
			request->accept = "application/json";
		/* pages are no document that stays the same */
		if (!connector->feed || fetch->logging_in || connector->paging != ES_PAGING_NONE)
			request->etag = request->last_modified = NULL;
		rc = es_net_get(fetch->collector->net, request, error);
	}
	es_call_release(&call);
	return rc;
}

/* ---- what an answer says beside its items ---- */

struct answer {
	struct es_arena *arena;
	struct earshot_str next, more, since, error, wait;
};

static void on_value(void *ctx, struct earshot_str name, struct earshot_str value)
{
	struct answer *answer = ctx;
	const struct {
		const char *name;
		struct earshot_str *to;
	} all[] = {
		{ ES_ASK_NEXT, &answer->next },	  { ES_ASK_MORE, &answer->more },
		{ ES_ASK_SINCE, &answer->since }, { ES_ASK_ERROR, &answer->error },
		{ ES_ASK_WAIT, &answer->wait },
	};
	for (size_t i = 0; i < ES_COUNT(all); i++)
		if (es_str_is(name, all[i].name))
			*all[i].to = es_arena_str(answer->arena, value.ptr, value.len);
}

static bool asks(const struct es_connector *connector, const char *name)
{
	for (size_t i = 0; i < connector->page.n_asks; i++)
		if (es_str_is(connector->page.asks[i].name, name))
			return true;
	return false;
}

/* Seconds as the answer says them; EARSHOT_NONE. */
static int64_t wait_of(const struct answer *answer)
{
	int64_t seconds = 0;
	for (size_t i = 0; i < answer->wait.len && i < 6; i++) {
		char c = answer->wait.ptr[i];
		if (c < '0' || c > '9')
			break;
		seconds = seconds * 10 + (c - '0');
	}
	return seconds ? seconds * ES_SECOND : EARSHOT_NONE;
}

/* What the API says is wrong, behind our own words. */
static void add_words(char *message, size_t size, const struct answer *answer)
{
	size_t len = strlen(message);
	if (answer->error.len)
		snprintf(message + len, size - len, ": %.*s", (int)es_utf8_cut(answer->error.ptr,
			 answer->error.len, 200), answer->error.ptr);
}

/* ---- answers ---- */

/* The token of a login goes into the state; the page is asked for then. */
static int take_login(struct es_fetch *fetch, const struct es_net_result *result,
		      struct es_outcome *outcome, char *message, size_t size, bool *asked,
		      struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	const struct es_connector *connector = state->source->connector;
	const struct es_page_field ask = { ES_STR(ES_ASK_NEXT), connector->login_token,
					   ES_STR("") };
	const struct es_page page = { .items = connector->login_token, .asks = &ask, .n_asks = 1 };
	struct es_page_result found;
	struct earshot_error own;
	struct es_arena arena = { 0 };
	struct es_buf lines;
	struct answer answer = { .arena = &arena };
	es_buf_init(&lines, ES_MIB);
	int rc = EARSHOT_DATA;
	if (result->status >= 200 && result->status < 300)
		rc = es_page_read(&page, NULL, 0, fetch->body.ptr, fetch->body.len, &lines,
				  on_value, &answer, &found, &own);
	es_buf_release(&lines);
	char *login = rc == EARSHOT_OK && answer.next.len
			      ? strndup(answer.next.ptr, answer.next.len)
			      : NULL;
	es_arena_release(&arena);
	if (rc == EARSHOT_NOMEM)
		return es_err_nomem(error);
	if (!login) {
		outcome->error = "http";
		snprintf(message, size, "the login is refused (the server answers %d)",
			 result->status);
		return EARSHOT_OK;
	}
	free(state->login);
	state->login = login;
	state->login_due = es_collector_monotonic(fetch->collector) + connector->login_ms;
	return es_fetch_again(fetch, asked, error);
}

static const struct es_connector_rule *rule_of(const struct es_connector *connector, int status)
{
	for (size_t i = 0; i < connector->n_rules; i++)
		if (connector->rules[i].status == status)
			return &connector->rules[i];
	return NULL;
}

/* Do both addresses lead to the same scheme, host and port? A next page somewhere else would
 * be asked with what only this one may see. */
static bool same_origin(struct earshot_str a, struct earshot_str b)
{
	const char *start = a.len > 8 ? memchr(a.ptr + 8, '/', a.len - 8) : NULL;
	size_t len = start ? (size_t)(start - a.ptr) + 1 : a.len;
	return es_str_starts_nocase(b, es_str(a.ptr, len));
}

/* Where to go on, from what the page held and said. */
static int turn(struct es_fetch *fetch, const struct es_net_result *result,
		const struct answer *answer, struct es_page_outcome *page,
		struct es_outcome *outcome, char *message, size_t size,
		struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	const struct es_connector *connector = state->source->connector;
	struct es_buf link;
	bool over = true, gap = false;
	es_buf_init(&link, ES_CALL_TEXT_MAX);
	struct earshot_str href;
	char *base = strndup(result->url.ptr ? result->url.ptr : "", result->url.len);
	int rc = base ? EARSHOT_OK : EARSHOT_NOMEM;
	if (connector->paging == ES_PAGING_LINK && base &&
	    es_link_header(result->link, "next", &href))
		rc = es_link_join(&link, base, href);
	free(base);
	if (rc == EARSHOT_NOMEM) {
		es_buf_release(&link);
		return es_err_nomem(error);
	}
	page->next = answer->next;
	/* where a connector asks for it, none is no */
	page->more = asks(connector, ES_ASK_MORE) && !answer->more.ptr ? ES_STR("false")
									: answer->more;
	page->since = answer->since;
	page->link = same_origin(result->url, es_buf_view(&link)) ? es_buf_view(&link)
								   : ES_STR("");
	rc = es_pages_turn(&state->pages, connector, page, &over, &gap);
	es_buf_release(&link);
	if (rc != EARSHOT_OK)
		return es_err_nomem(error);
	outcome->more = !over;
	outcome->changed = true;
	outcome->fresh = wait_of(answer);
	if (gap && !*message)
		snprintf(message, size, "more than %lld pages were new; what lies behind them was "
			 "not read: ask more often, or raise page.most", (long long)connector->most);
	return EARSHOT_OK;
}

static int take_page(struct es_fetch *fetch, const struct es_net_result *result,
		     struct es_outcome *outcome, char *message, size_t size,
		     struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	const struct es_source *source = state->source;
	const struct es_connector_rule *rule = rule_of(source->connector, result->status);
	struct es_page_result found = { 0 };
	struct es_reading_result read = { .lag = EARSHOT_NONE };
	struct earshot_error own = { 0 };
	struct es_arena arena = { 0 };
	struct es_buf lines;
	struct answer answer = { .arena = &arena };
	bool is_page = es_status_is_document(result->status);
	es_buf_init(&lines, LINES_MAX);
	int rc = es_page_read(&source->connector->page, source->values, source->n_values,
			      es_buf_view(&fetch->body).ptr, fetch->body.len, &lines, on_value,
			      &answer, &found, &own);
	if (rc == EARSHOT_NOMEM) {
		rc = es_err_nomem(error);
		goto out;
	}
	int bad = rc;
	rc = EARSHOT_OK;
	if (rule && rule->kind == ES_RULE_EMPTY) {
		found = (struct es_page_result){ .there = true };
		es_buf_clear(&lines);
	} else if (!is_page || (rule && rule->kind != ES_RULE_EMPTY)) {
		outcome->error = rule && rule->kind == ES_RULE_STOP ? "gone" : "http";
		if (outcome->retry_after == EARSHOT_NONE)
			outcome->retry_after = wait_of(&answer);
		es_status_words(result->status, message, size);
		add_words(message, size, &answer);
		goto out;
	} else if (bad) {
		outcome->error = "data";
		snprintf(message, size, "%s", own.text);
		goto out;
	} else if (!found.there) {
		outcome->error = "data";
		snprintf(message, size, "no items mapped: the answer has no list where the "
			 "connector looks for it");
		add_words(message, size, &answer);
		goto out;
	} else if (found.lost > 0 && found.lines == 0) {
		outcome->error = "data";
		snprintf(message, size, "no items mapped: the answer has %lld, and none has its id "
			 "or its text where the connector looks", (long long)found.items);
		goto out;
	}
	if (found.lost > 0)
		snprintf(message, size, "%lld of %lld items have no id or text where the connector "
			 "looks", (long long)found.lost, (long long)found.items);
	rc = es_intake_body(&fetch->collector->intake, state, es_buf_view(&lines), NULL, NULL,
			    &read, error);
	if (rc != EARSHOT_OK)
		goto out;
	outcome->posts = read.posts;
	if (state->pages.whole) /* what the first round brings is the backlog */
		outcome->lag = read.lag;
	struct es_page_outcome page = { .items = found.items, .news = read.posts };
	rc = turn(fetch, result, &answer, &page, outcome, message, size, error);
out:
	es_buf_release(&lines);
	es_arena_release(&arena);
	return rc;
}

int es_api_answer(struct es_fetch *fetch, const struct es_net_result *result,
		  struct es_outcome *outcome, char *message, size_t size, bool *asked,
		  struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	outcome->message = message;
	if (fetch->logging_in)
		return take_login(fetch, result, outcome, message, size, asked, error);
	if (result->status == 401 && state->login && !fetch->again) {
		/* it was taken back before its time */
		fetch->again = true;
		state->login_due = INT64_MIN;
		return es_fetch_again(fetch, asked, error);
	}
	return take_page(fetch, result, outcome, message, size, error);
}
