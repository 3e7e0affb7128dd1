/* SPDX-License-Identifier: MIT */
#include "collect/push.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/http.h"
#include "net/net.h"

#define PATH       "/websub/"
#define LEASE_LONG 1000000000 /* seconds: longer ones are cut anyway */

/* What is let in for a source, as the server's thread needs it. */
struct entry {
	char token[ES_PUSH_KEY + 1], secret[ES_PUSH_KEY + 1]; /* of its subscription */
	char *topic;                                          /* NULL = it has none */
	bool door;                                            /* it is sent to, and ours */
	int64_t minute; /* that is counted: monotonic, of es_push_may() */
	int64_t taken;  /* in it */
};

struct es_push {
	pthread_mutex_t lock;
	char *base;            /* public_url, without a slash at its end */
	struct entry *entries; /* one a source */
	const struct es_source *sources;
	size_t n;
	bool open;
	void (*wake)(void *ctx);
	void *wake_ctx;
	struct es_push_message *first, **last;
	size_t waiting;
	struct es_metrics *metrics;
};

void es_push_count(struct es_push *push, const char *outcome)
{
	char labels[48];
	snprintf(labels, sizeof(labels), "outcome=\"%s\"", outcome);
	atomic_fetch_add(es_metric(push->metrics, ES_METRIC_COUNTER, "earshot_collect_pushes_total",
				   "What hubs and others sent, by what became of it.", labels),
			 1);
}

/* ---- the server's thread ---- */

/* The source of the token in the path; n = none. Under the lock. */
static size_t find(const struct es_push *push, const char *path)
{
	const char *token = path + sizeof(PATH) - 1;
	for (size_t i = 0; i < push->n && strlen(token) == ES_PUSH_KEY; i++)
		if (push->entries[i].topic && strcmp(push->entries[i].token, token) == 0)
			return i;
	return push->n;
}

/* Under the lock. */
static bool has_room(const struct es_push *push)
{
	return push->open && push->waiting < ES_PUSH_QUEUE;
}

/* Under the lock, where there is room; takes the message over. */
static void append(struct es_push *push, struct es_push_message *message)
{
	*push->last = message;
	push->last = &message->next;
	push->waiting++;
	push->wake(push->wake_ctx);
}

bool es_push_append(struct es_push *push, struct es_push_message *message,
		    struct es_http_request *request)
{
	bool taken = false;
	pthread_mutex_lock(&push->lock);
	if (es_buf_ok(&message->body) && has_room(push)) {
		/* asleep before anybody can wake it */
		message->later = es_http_later(request);
		taken = message->later != NULL;
	}
	if (taken)
		append(push, message);
	pthread_mutex_unlock(&push->lock);
	return taken;
}

int es_push_find_door(struct es_push *push, struct earshot_str id, bool form, size_t *place,
		      const struct es_source **out)
{
	int rc = EARSHOT_NOTFOUND;
	*out = NULL;
	pthread_mutex_lock(&push->lock);
	for (size_t i = 0; i < push->n; i++) {
		const struct es_source *source = &push->sources[i];
		if (!source->ingest || (source->form != NULL) != form || !es_str_is(id, source->id))
			continue;
		rc = push->entries[i].door ? EARSHOT_OK : EARSHOT_UNAVAILABLE;
		*place = i;
		*out = source;
	}
	if (!push->open)
		rc = EARSHOT_UNAVAILABLE;
	pthread_mutex_unlock(&push->lock);
	return rc;
}

bool es_push_may(struct es_push *push, size_t source, int64_t per_minute)
{
	int64_t minute = es_monotonic_ms() / ES_MINUTE;
	bool may = false;
	pthread_mutex_lock(&push->lock);
	if (source < push->n) {
		struct entry *entry = &push->entries[source];
		if (entry->minute != minute)
			entry->taken = 0;
		entry->minute = minute;
		may = entry->taken < per_minute;
		entry->taken += may;
	}
	pthread_mutex_unlock(&push->lock);
	return may;
}

static void unknown(struct es_http_request *request)
{
	es_http_error(request, 404, "not_found", NULL, "there is no such subscription here");
}

static int64_t lease_of(struct earshot_str text)
{
	int64_t seconds = 0;
	for (size_t i = 0;
	     i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && seconds < LEASE_LONG; i++)
		seconds = seconds * 10 + (text.ptr[i] - '0');
	return text.len ? seconds * ES_SECOND : ES_PUSH_LEASE;
}

/* A hub asks whether it was us who asked (5.3 of the recommendation), or says that it will not
 * (5.2). An end of a subscription is never asked for by us, and never confirmed. */
static void on_verify(void *ctx, struct es_http_request *request)
{
	struct es_push *push = ctx;
	struct earshot_str mode = es_http_param(request, "hub.mode"),
			   topic = es_http_param(request, "hub.topic"),
			   challenge = es_http_param(request, "hub.challenge"),
			   reason = es_http_param(request, "hub.reason");
	bool denied = es_str_is(mode, "denied"), subscribes = es_str_is(mode, "subscribe");
	struct es_push_message *message = calloc(1, sizeof(*message));
	struct es_buf body;
	bool open = false, ours = false, taken = false;
	if (message) {
		message->kind = denied ? ES_PUSH_DENIED : ES_PUSH_VERIFIED;
		message->lease_ms = lease_of(es_http_param(request, "hub.lease_seconds"));
		snprintf(message->reason, sizeof(message->reason), "%.*s", ES_FMT(reason));
		pthread_mutex_lock(&push->lock);
		message->source = find(push, es_http_path(request));
		open = push->open;
		ours = message->source < push->n && topic.ptr &&
		       es_str_eq(topic, es_str_of(push->entries[message->source].topic)) &&
		       (denied || (subscribes && challenge.len));
		taken = ours && has_room(push);
		if (taken)
			append(push, message);
		pthread_mutex_unlock(&push->lock);
	}
	if (!taken)
		free(message);
	if (open && !ours) {
		unknown(request);
		return;
	}
	if (!taken) {
		es_http_error(request, 503, "unavailable", "ask again", "nobody can note it now");
		return;
	}
	es_buf_init(&body, ES_HTTP_HEADER_MAX);
	if (subscribes)
		es_buf_add_str(&body, challenge);
	/* bytes of a stranger: nothing that a browser would run */
	es_http_text(request, 200, "text/plain; charset=utf-8", &body);
}

/* What a hub pushes. Without the right signature it is passed over, with the answer that the right
 * one would have had: a guess learns nothing (8 of the recommendation). */
static void on_push(void *ctx, struct es_http_request *request)
{
	struct es_push *push = ctx;
	struct earshot_str body = es_http_body(request),
			   charset = es_net_charset(es_http_header(request, "Content-Type")),
			   signature = es_http_header(request, "X-Hub-Signature-256");
	char secret[ES_PUSH_KEY + 1];
	if (!signature.ptr)
		signature = es_http_header(request, "X-Hub-Signature");
	pthread_mutex_lock(&push->lock);
	bool open = push->open;
	size_t source = find(push, es_http_path(request)), n = push->n;
	if (source < n)
		memcpy(secret, push->entries[source].secret, sizeof(secret));
	pthread_mutex_unlock(&push->lock);
	if (open && source == n) {
		unknown(request);
		return;
	}
	if (open && !es_push_signed(signature, secret, body)) {
		struct es_buf nothing;
		es_buf_init(&nothing, 1);
		es_push_count(push, "forged");
		es_http_text(request, 202, "text/plain; charset=utf-8", &nothing);
		return;
	}
	struct es_push_message *message = open ? calloc(1, sizeof(*message)) : NULL;
	bool taken = false;
	if (message) {
		message->kind = ES_PUSH_CONTENT;
		message->source = source;
		snprintf(message->charset, sizeof(message->charset), "%.*s", ES_FMT(charset));
		es_buf_init(&message->body, ES_LIMIT_REQUEST);
		es_buf_add_str(&message->body, body);
		taken = es_push_append(push, message, request);
	}
	if (taken)
		return;
	es_push_message_free(message);
	es_push_count(push, "busy");
	es_http_error(request, 503, "unavailable", "send it again", "nobody can take it now");
}

static const struct es_http_route routes[] = {
	{ "GET", "/websub/*", on_verify },
	{ "POST", "/websub/*", on_push, .any_type = true },
};

/* ---- life ---- */

int es_push_new(struct es_push **out, struct es_http *http, const char *public_url,
		struct es_metrics *metrics, struct earshot_error *error)
{
	struct es_push *push = *out = calloc(1, sizeof(*push));
	size_t len = strlen(public_url);
	if (!push)
		return es_err_nomem(error);
	while (len && public_url[len - 1] == '/')
		len--;
	push->base = strndup(public_url, len);
	push->metrics = metrics;
	push->last = &push->first;
	pthread_mutex_init(&push->lock, NULL);
	int rc = push->base ? EARSHOT_OK : es_err_nomem(error);
	if (rc == EARSHOT_OK && len)
		rc = es_http_add(http, routes, ES_COUNT(routes), push, error);
	if (rc == EARSHOT_OK)
		rc = es_ingest_add(http, push, error);
	if (rc == EARSHOT_OK)
		rc = es_form_add(http, push, error);
	if (rc != EARSHOT_OK) {
		es_push_free(push);
		*out = NULL;
	}
	return rc;
}

void es_push_free(struct es_push *push)
{
	if (!push)
		return;
	es_push_close(push);
	pthread_mutex_destroy(&push->lock);
	free(push->base);
	free(push);
}

void es_push_callback(struct es_buf *out, const struct es_push *push, const char *token)
{
	es_push_address(out, push, PATH);
	es_buf_puts(out, token);
}

void es_push_address(struct es_buf *out, const struct es_push *push, const char *path)
{
	es_buf_puts(out, push->base);
	es_buf_puts(out, path);
}

bool es_push_has_address(const struct es_push *push)
{
	return push && *push->base;
}

int es_push_open(struct es_push *push, const struct es_source *sources, size_t n,
		 void (*wake)(void *ctx), void *ctx)
{
	struct entry *entries = calloc(n ? n : 1, sizeof(*entries));
	if (!entries)
		return EARSHOT_NOMEM;
	pthread_mutex_lock(&push->lock);
	push->entries = entries;
	push->sources = sources;
	push->n = n;
	push->wake = wake;
	push->wake_ctx = ctx;
	pthread_mutex_unlock(&push->lock);
	return EARSHOT_OK;
}

void es_push_ready(struct es_push *push)
{
	pthread_mutex_lock(&push->lock);
	push->open = true;
	pthread_mutex_unlock(&push->lock);
}

void es_push_close(struct es_push *push)
{
	pthread_mutex_lock(&push->lock);
	for (size_t i = 0; i < push->n; i++)
		free(push->entries[i].topic);
	free(push->entries);
	push->entries = NULL;
	push->n = 0;
	push->open = false;
	pthread_mutex_unlock(&push->lock);
	for (struct es_push_message *message; (message = es_push_take(push));) {
		if (message->later)
			es_http_later_end(message->later, 503);
		es_push_message_free(message);
	}
}

int es_push_allow(struct es_push *push, size_t source, const struct es_websub *websub)
{
	struct entry entry = { 0 };
	if (websub) {
		memcpy(entry.token, websub->token, sizeof(entry.token));
		memcpy(entry.secret, websub->secret, sizeof(entry.secret));
		entry.topic = strdup(websub->topic);
		if (!entry.topic)
			return EARSHOT_NOMEM;
	}
	pthread_mutex_lock(&push->lock);
	entry.door = push->entries[source].door;
	entry.minute = push->entries[source].minute;
	entry.taken = push->entries[source].taken;
	free(push->entries[source].topic);
	push->entries[source] = entry;
	pthread_mutex_unlock(&push->lock);
	return EARSHOT_OK;
}

void es_push_door(struct es_push *push, size_t source, bool ours)
{
	pthread_mutex_lock(&push->lock);
	push->entries[source].door = ours && push->sources[source].ingest;
	pthread_mutex_unlock(&push->lock);
}

struct es_push_message *es_push_take(struct es_push *push)
{
	pthread_mutex_lock(&push->lock);
	struct es_push_message *message = push->first;
	if (message) {
		push->first = message->next;
		if (!push->first)
			push->last = &push->first;
		push->waiting--;
	}
	pthread_mutex_unlock(&push->lock);
	return message;
}

void es_push_message_free(struct es_push_message *message)
{
	if (!message)
		return;
	es_buf_release(&message->body);
	free(message);
}
