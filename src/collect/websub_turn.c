/* SPDX-License-Identifier: MIT
 *
 * websub_turn.c - what the collector does about hubs in each turn: takes what they sent, and asks
 * those that are to be asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "collect/inside.h"
#include "collect/push.h"
#include "collect/words.h"
#include "http/http.h"

static size_t place_of(const struct es_collector *collector, const struct es_state *state)
{
	return (size_t)(state - collector->states);
}

static void set_due(struct es_collector *collector, struct es_websub *websub, int64_t wait)
{
	websub->ask_at = es_collector_wall(collector) + wait;
	websub->due = es_collector_monotonic(collector) + wait;
	if (websub->due < collector->ask_due)
		collector->ask_due = websub->due;
}

static void tell(const struct es_state *state, bool well)
{
	es_log(well ? ES_INFO : ES_WARN, "source.push", ES_LOG_S("source", state->source->id),
	       ES_LOG_S("state", es_push_name(state->websub->state)),
	       ES_LOG_S("message", state->websub->message));
}

static int put_state(struct es_collector *collector, struct es_state *state,
		     struct earshot_error *error)
{
	return es_outbox_state(&collector->outbox, state, es_collector_wall(collector), error);
}

/* ---- found ---- */

static bool make_key(char out[ES_PUSH_KEY + 1])
{
	unsigned char bytes[ES_PUSH_KEY / 2];
	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return false;
	es_hex(bytes, sizeof(bytes), out);
	return true;
}

static int make(struct es_collector *collector, struct es_state *state, struct earshot_str hub,
		struct earshot_str topic)
{
	struct es_websub *websub = calloc(1, sizeof(*websub));
	if (!websub)
		return EARSHOT_NOMEM;
	*websub = (struct es_websub){ .hub = strndup(hub.ptr, hub.len),
				      .topic = strndup(topic.ptr, topic.len),
				      .until = EARSHOT_NONE,
				      .last = EARSHOT_NONE };
	es_websub_free(state->websub);
	state->websub = websub;
	if (!websub->hub || !websub->topic || !make_key(websub->token) || !make_key(websub->secret))
		return EARSHOT_NOMEM;
	set_due(collector, websub, 0);
	return es_push_allow(collector->options.push, place_of(collector, state), websub);
}

static int forget(struct es_collector *collector, struct es_state *state)
{
	es_websub_free(state->websub);
	state->websub = NULL;
	return es_push_allow(collector->options.push, place_of(collector, state), NULL);
}

int es_websub_look(struct es_collector *collector, struct es_state *state,
		   const struct es_net_result *result, struct earshot_str body, bool *changed)
{
	const struct es_websub *has = state->websub;
	struct es_buf hub, topic;
	if (!es_push_has_address(collector->options.push) || state->source->kind != ES_SOURCE_FEED)
		return EARSHOT_OK;
	es_buf_init(&hub, 64 * 1024);
	es_buf_init(&topic, 64 * 1024);
	int rc = es_websub_find(&hub, &topic, result, body, es_net_base(result));
	if (rc == EARSHOT_OK && !hub.len && has) {
		*changed = true;
		rc = forget(collector, state);
	} else if (rc == EARSHOT_OK && hub.len &&
		   !(has && es_str_eq(es_str_of(has->hub), es_buf_view(&hub)) &&
		     es_str_eq(es_str_of(has->topic), es_buf_view(&topic)))) {
		*changed = true;
		rc = make(collector, state, es_buf_view(&hub), es_buf_view(&topic));
	}
	es_buf_release(&hub);
	es_buf_release(&topic);
	return rc;
}

/* ---- partitions come and go ---- */

int es_websub_resume(struct es_collector *collector, struct es_state *state)
{
	struct es_websub *websub = state->websub;
	if (!collector->options.push)
		return EARSHOT_OK;
	if (websub) {
		int64_t wait = websub->ask_at == EARSHOT_NONE
				       ? 0
				       : websub->ask_at - es_collector_wall(collector);
		wait = wait < 0 ? 0 : wait;
		set_due(collector, websub, wait < ES_PUSH_LEASE_MOST ? wait : ES_PUSH_LEASE_MOST);
	}
	es_push_door(collector->options.push, place_of(collector, state), true);
	return es_push_allow(collector->options.push, place_of(collector, state), websub);
}

void es_websub_drop(struct es_collector *collector, const bool *partitions)
{
	if (!collector->options.push)
		return;
	for (size_t i = 0; i < collector->n; i++)
		if (partitions[collector->states[i].partition]) { /* none there: needs no memory */
			es_push_door(collector->options.push, i, false);
			(void)!es_push_allow(collector->options.push, i, NULL);
		}
}

/* ---- asking ---- */

/* It is asked again later; while the lease lasts the subscription does. */
static void fail(struct es_collector *collector, struct es_state *state, bool refused,
		 const char *message)
{
	struct es_websub *websub = state->websub;
	int64_t wait = refused ? ES_PUSH_RETRY_MOST : ES_PUSH_RETRY;
	for (int64_t i = 0; i < websub->failures && wait < ES_PUSH_RETRY_MOST; i++)
		wait *= 2;
	websub->failures++;
	websub->asking = false;
	if (websub->state != ES_PUSH_SUBSCRIBED)
		websub->state = refused ? ES_PUSH_REFUSED : ES_PUSH_WANTED;
	snprintf(websub->message, sizeof(websub->message), "%s", message);
	set_due(collector, websub, wait < ES_PUSH_RETRY_MOST ? wait : ES_PUSH_RETRY_MOST);
	tell(state, false);
}

static void on_done(void *ctx, const struct es_net_result *result)
{
	struct es_fetch *fetch = ctx;
	struct es_collector *collector = fetch->collector;
	struct es_state *state = fetch->state;
	struct es_websub *websub = state ? state->websub : NULL;
	/* meanwhile another one was found, or the hub was quicker than its answer */
	bool old = !websub || strcmp(websub->token, fetch->token) != 0 || !websub->asking;
	char words[96], message[128];
	es_fetch_free(fetch);
	if (old || collector->failed)
		return;
	if (result->outcome != ES_NET_OK) {
		snprintf(message, sizeof(message), "the hub: %.100s", result->text);
		fail(collector, state, false, message);
	} else if (result->status / 100 != 2) {
		es_status_words(result->status, words, sizeof(words));
		snprintf(message, sizeof(message), "the hub: %s", words);
		fail(collector, state, result->status / 100 == 4, message);
	} else {
		websub->asking = false;
		if (websub->state != ES_PUSH_SUBSCRIBED)
			websub->state = ES_PUSH_ASKED;
		set_due(collector, websub, ES_PUSH_VERIFY);
	}
	int rc = put_state(collector, state, &collector->error);
	if (rc != EARSHOT_OK)
		collector->failed = rc;
}

static void put_form(struct es_buf *out, const char *name, const char *value)
{
	es_buf_printf(out, "%shub.%s=", out->len ? "&" : "", name);
	es_buf_percent(out, es_str_of(value));
}

static int ask_hub(struct es_collector *collector, struct es_state *state,
		   struct earshot_error *error)
{
	struct es_websub *websub = state->websub;
	struct earshot_error own;
	struct es_buf callback, form;
	char lease[32];
	es_buf_init(&callback, 64 * 1024);
	es_buf_init(&form, 256 * 1024);
	es_push_callback(&callback, collector->options.push, websub->token);
	es_buf_putc(&callback, '\0');
	snprintf(lease, sizeof(lease), "%lld", (long long)(ES_PUSH_LEASE / ES_SECOND));
	if (es_buf_ok(&callback)) {
		put_form(&form, "mode", "subscribe");
		put_form(&form, "topic", websub->topic);
		put_form(&form, "callback", callback.ptr);
		put_form(&form, "secret", websub->secret);
		put_form(&form, "lease_seconds", lease);
		es_buf_putc(&form, '\0');
	}
	bool made = es_buf_ok(&callback) && es_buf_ok(&form);
	struct es_fetch *fetch = made ? es_fetch_new(collector, state) : NULL;
	int rc = fetch ? EARSHOT_OK : es_err_nomem(error);
	if (rc != EARSHOT_OK)
		goto out;
	memcpy(fetch->token, websub->token, sizeof(fetch->token));
	const struct es_net_request request = { .url = websub->hub,
						.form = form.ptr,
						.accept = "*/*",
						.max_size = 64 * 1024,
						.on_done = on_done,
						.ctx = fetch };
	rc = es_net_get(collector->net, &request, &own);
	websub->asking = rc == EARSHOT_OK;
	if (rc != EARSHOT_OK)
		es_fetch_free(fetch);
	if (rc == EARSHOT_DATA) {
		fail(collector, state, true, "the address of the hub is none");
		rc = put_state(collector, state, error);
	} else if (rc != EARSHOT_OK && error) {
		*error = own;
	}
out:
	es_buf_release(&callback);
	es_buf_release(&form);
	return rc;
}

static int ask_due(struct es_collector *collector, struct earshot_error *error)
{
	int64_t now = es_collector_monotonic(collector), wall = es_collector_wall(collector);
	int64_t next = INT64_MAX;
	int rc = EARSHOT_OK;
	if (now < collector->ask_due || collector->options.once)
		return EARSHOT_OK;
	collector->ask_due = INT64_MAX; /* lowered by what is asked */
	for (size_t i = 0; i < collector->n && rc == EARSHOT_OK; i++) {
		struct es_state *state = &collector->states[i];
		struct es_websub *websub = state->websub;
		if (!state->mine || !websub || websub->asking)
			continue;
		if (websub->due <= now && websub->state == ES_PUSH_ASKED) {
			fail(collector, state, false, "the hub took it, and never verified it");
			rc = put_state(collector, state, error);
		} else if (websub->due <= now) {
			if (websub->state == ES_PUSH_SUBSCRIBED && websub->until <= wall) {
				websub->state = ES_PUSH_WANTED;
				websub->comes = false;
				tell(state, false);
			}
			rc = ask_hub(collector, state, error);
		}
		if (!websub->asking && websub->due < next)
			next = websub->due;
	}
	if (next < collector->ask_due)
		collector->ask_due = next;
	return rc;
}

/* ---- taking ---- */

/* What was sent is a part of what the source has. */
static int read_pushed(struct es_collector *collector, struct es_state *state,
		       const struct es_push_message *message, const char *base,
		       struct es_reading_result *read, struct earshot_error *error)
{
	struct es_intake *intake = &collector->intake;
	intake->part = true;
	int rc = es_intake_body(intake, state, es_buf_view(&message->body), base,
				*message->charset ? message->charset : NULL, read, error);
	intake->part = false;
	if (rc == EARSHOT_OK)
		es_push_count(collector->options.push, read->data_error.code ? "bad"
						       : read->posts         ? "taken"
									     : "known");
	return rc;
}

static struct es_outcome outcome_of(const struct es_reading_result *read, const char *message)
{
	return (struct es_outcome){ .error = "",
				    .message = message,
				    .retry_after = EARSHOT_NONE,
				    .fresh = EARSHOT_NONE,
				    .posts = read->posts,
				    .lag = read->lag,
				    .changed = true };
}

static int take_content(struct es_collector *collector, struct es_state *state,
			const struct es_push_message *message, struct earshot_error *error)
{
	struct es_websub *websub = state->websub;
	struct es_reading_result read;
	int rc = read_pushed(collector, state, message, websub->topic, &read, error);
	if (rc != EARSHOT_OK)
		return rc;
	if (read.data_error.code) {
		snprintf(websub->message, sizeof(websub->message),
			 "what was pushed is no feed: %.90s", read.data_error.text);
		return put_state(collector, state, error);
	}
	websub->last = es_collector_wall(collector);
	websub->comes = true;
	websub->message[0] = '\0';
	const struct es_outcome outcome = outcome_of(&read, "");
	return es_collector_pushed(collector, state, &outcome, error);
}

/* Lines of JSON, which the server's thread has read once already. */
static int take_ingest(struct es_collector *collector, struct es_state *state,
		       const struct es_push_message *message, struct earshot_error *error)
{
	struct es_reading_result read;
	char text[ES_MESSAGE_MAX] = "";
	state->tried_at = es_monotonic_us();
	int rc = read_pushed(collector, state, message, NULL, &read, error);
	if (rc != EARSHOT_OK)
		return rc;
	if (read.bad > 0)
		snprintf(text, sizeof(text), "%lld records cannot be read: %.200s",
			 (long long)read.bad, read.bad_error.text);
	else if (*message->problem)
		snprintf(text, sizeof(text), "%s", message->problem);
	struct es_outcome outcome = outcome_of(&read, text);
	if (message->error)
		outcome.error = message->error;
	return es_collector_conclude(collector, state, &outcome, error);
}

static int take_word(struct es_collector *collector, struct es_state *state,
		     const struct es_push_message *message, struct earshot_error *error)
{
	struct es_websub *websub = state->websub;
	if (message->kind == ES_PUSH_DENIED) {
		char words[128];
		snprintf(words, sizeof(words), "the hub refuses: %.100s", message->reason);
		websub->state = ES_PUSH_REFUSED;
		websub->comes = false;
		websub->until = EARSHOT_NONE;
		fail(collector, state, true, words);
		return put_state(collector, state, error);
	}
	int64_t lease = message->lease_ms;
	lease = lease < ES_PUSH_LEASE_LEAST  ? ES_PUSH_LEASE_LEAST
		: lease > ES_PUSH_LEASE_MOST ? ES_PUSH_LEASE_MOST
					     : lease;
	websub->asking = false;
	websub->state = ES_PUSH_SUBSCRIBED;
	websub->failures = 0;
	websub->message[0] = '\0';
	websub->until = es_collector_wall(collector) + lease;
	set_due(collector, websub, lease / 5 * 4);
	tell(state, true);
	return put_state(collector, state, error);
}

static int take(struct es_collector *collector, struct earshot_error *error)
{
	struct es_push_message *message;
	int rc = EARSHOT_OK;
	while (rc == EARSHOT_OK && !es_outbox_full(&collector->outbox) &&
	       (message = es_push_take(collector->options.push))) {
		struct es_state *state = &collector->states[message->source];
		bool ingest = message->kind == ES_PUSH_INGEST;
		bool ours = state->mine && (ingest || state->websub);
		if (ours && ingest)
			rc = take_ingest(collector, state, message, error);
		else if (ours && message->kind == ES_PUSH_CONTENT)
			rc = take_content(collector, state, message, error);
		else if (ours)
			rc = take_word(collector, state, message, error);
		if (ours && message->later) { /* answered after the commit */
			es_buf_release(&message->body);
			message->next = collector->pushed;
			collector->pushed = message;
			continue;
		}
		if (message->later)
			es_http_later_end(message->later, 503);
		es_push_message_free(message);
	}
	return rc;
}

int es_websub_turn(struct es_collector *collector, struct earshot_error *error)
{
	if (!collector->options.push)
		return EARSHOT_OK;
	int rc = take(collector, error);
	return rc == EARSHOT_OK ? ask_due(collector, error) : rc;
}

void es_websub_settle(struct es_collector *collector, bool committed)
{
	for (struct es_push_message *message; (message = collector->pushed);) {
		collector->pushed = message->next;
		bool lost = message->error && *message->error;
		es_http_later_end(message->later, !committed ? 503 : lost ? 422 : 202);
		es_push_message_free(message);
	}
}
