/* SPDX-License-Identifier: MIT
 *
 * fetch_imap.c - a look at a mailbox on a server: what is new, then the first mails of that. Each
 * batch is committed with the cursor, and the next look is at once while there are more.
 */
#include "collect/inside.h"

#include <stdio.h>

static void on_done(void *ctx, const struct es_net_result *result);

struct es_net_request es_imap_request(const struct es_source *source, const char *command)
{
	return (struct es_net_request){ .url = source->url,
					.command = command,
					.user = source->user ? source->user : "",
					.password = source->secret ? source->secret : "",
					.bare = source->bare,
					.max_size = ES_LIMIT_FEED };
}

static int ask(struct es_fetch *fetch, const char *command, struct earshot_error *error)
{
	struct es_net_request request = es_imap_request(fetch->state->source, command);
	request.on_data = es_fetch_data;
	request.on_done = on_done;
	request.ctx = fetch;
	fetch->collector->buffered -= (int64_t)fetch->body.len;
	es_buf_clear(&fetch->body);
	return es_net_get(fetch->collector->net, &request, error);
}

/* The mails that came, and where to go on. */
static int take_mails(struct es_fetch *fetch, struct es_outcome *outcome, char *message,
		      size_t size, struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	const struct es_imap_found *found = &fetch->found;
	struct es_reading_result read = { .lag = EARSHOT_NONE };
	struct es_imap_found now;
	struct es_buf mbox;
	char cursor[32];
	int rc = EARSHOT_OK;
	es_imap_search_read(es_buf_view(&fetch->body), UINT32_MAX, false, &now);
	if (now.validity != found->validity) { /* made anew between the two: again */
		outcome->more = outcome->changed = true;
		return EARSHOT_OK;
	}
	es_buf_init(&mbox, 2 * ES_LIMIT_FEED);
	uint32_t last = es_imap_fetch_read(es_buf_view(&fetch->body), found, &mbox);
	if (!es_buf_ok(&mbox))
		rc = es_err_nomem(error);
	if (rc == EARSHOT_OK && mbox.len)
		rc = es_intake_body(&fetch->collector->intake, state, es_buf_view(&mbox), NULL,
				    NULL, &read, error);
	es_buf_release(&mbox);
	if (rc != EARSHOT_OK)
		return rc;
	if (last == 0) {
		last = found->uids[0];
		snprintf(message, size, "the mail with UID %u cannot be read and is passed over",
			 last);
		es_log(ES_WARN, "source.bad", ES_LOG_S("code", "DATA"), ES_LOG_S("error", message));
	} else if (read.bad > 0) {
		es_log_error(ES_WARN, "source.bad", &read.bad_error);
		snprintf(message, size, "%lld mails cannot be read: %s", (long long)read.bad,
			 read.bad_error.text);
	}
	outcome->posts = read.posts;
	outcome->lag = read.lag;
	outcome->changed = true;
	outcome->more = found->all > found->n || last < found->uids[found->n - 1];
	es_imap_cursor_write((struct es_imap_cursor){ found->validity, last + (last < UINT32_MAX) },
			     cursor);
	return es_state_set_validators(state, es_str_of(cursor), ES_STR("")) == EARSHOT_OK
		       ? EARSHOT_OK
		       : es_err_nomem(error);
}

/* What is new. *asked says that the fetch goes on. */
static int take_search(struct es_fetch *fetch, struct es_outcome *outcome, char *message,
		       size_t size, bool *asked, struct earshot_error *error)
{
	struct es_state *state = fetch->state;
	struct es_imap_cursor cursor = es_imap_cursor_read(state->etag);
	struct earshot_error own;
	char command[ES_IMAP_COMMAND];
	es_imap_search_read(es_buf_view(&fetch->body), cursor.next, false, &fetch->found);
	if (fetch->found.validity == 0) {
		outcome->error = "data";
		snprintf(message, size, "the mail server does not say its UIDVALIDITY");
		return EARSHOT_OK;
	}
	if (cursor.validity && cursor.validity != fetch->found.validity) {
		/* it was made anew: its numbers mean other mails */
		outcome->changed = outcome->more = true;
		return es_state_set_validators(state, ES_STR(""), ES_STR("")) == EARSHOT_OK
			       ? EARSHOT_OK
			       : es_err_nomem(error);
	}
	if (fetch->found.n == 0) {
		atomic_fetch_add(&fetch->collector->stats.unchanged, 1);
		return EARSHOT_OK;
	}
	es_imap_fetch_command(&fetch->found, command);
	int rc = ask(fetch, command, &own);
	*asked = rc == EARSHOT_OK;
	if (rc == EARSHOT_NOMEM)
		return es_err_nomem(error);
	if (rc != EARSHOT_OK) {
		outcome->error = es_net_outcome_name(ES_NET_URL);
		snprintf(message, size, "%s", own.text);
	}
	return EARSHOT_OK;
}

static void on_done(void *ctx, const struct es_net_result *result)
{
	struct es_fetch *fetch = ctx;
	struct es_collector *collector = fetch->collector;
	struct es_outcome outcome = { .error = "",
				      .message = "",
				      .retry_after = EARSHOT_NONE,
				      .fresh = EARSHOT_NONE,
				      .lag = EARSHOT_NONE };
	char message[EARSHOT_ERROR_TEXT + 64] = "";
	bool asked = false;
	int rc = EARSHOT_OK;
	if (!fetch->state || collector->failed)
		goto out;
	outcome.message = message;
	if (fetch->crowded) {
		outcome.error = "busy";
		outcome.message = "too many large documents at once";
	} else if (result->outcome != ES_NET_OK) {
		outcome.error = es_net_outcome_name(result->outcome);
		outcome.message = result->text;
	} else if (fetch->found.n > 0) {
		rc = take_mails(fetch, &outcome, message, sizeof(message), &collector->error);
	} else {
		rc = take_search(fetch, &outcome, message, sizeof(message), &asked,
				 &collector->error);
	}
	if (rc == EARSHOT_OK && asked)
		return;
	if (rc == EARSHOT_OK)
		rc = es_collector_conclude(collector, fetch->state, &outcome, &collector->error);
	if (rc != EARSHOT_OK)
		collector->failed = rc;
out:
	es_fetch_free(fetch);
}

int es_collector_try_imap(struct es_collector *collector, struct es_state *state,
			  struct earshot_error *error)
{
	struct earshot_error own;
	char command[ES_IMAP_COMMAND];
	struct es_fetch *fetch = es_fetch_new(collector, state);
	if (!fetch)
		return es_err_nomem(error);
	es_imap_search_command(es_imap_cursor_read(state->etag), command);
	int rc = ask(fetch, command, &own);
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
	const struct es_outcome outcome = { .error = es_net_outcome_name(ES_NET_URL),
					    .message = own.text,
					    .retry_after = EARSHOT_NONE,
					    .fresh = EARSHOT_NONE,
					    .lag = EARSHOT_NONE };
	return es_collector_conclude(collector, state, &outcome, error);
}
