/* SPDX-License-Identifier: MIT */
#include "desk/inside.h"
#include <stdio.h>
#include <stdlib.h>

/* In the view's thread: remembered until the ticker tells it. Clients hear of it at
 * most twice a second, whatever the rate of posts. */
static void hear(void *ctx, const struct es_view_change *change)
{
	struct es_desk *desk = ctx;
	pthread_mutex_lock(&desk->lock);
	desk->changed = true;
	desk->queue |= change->queue;
	desk->sources |= change->sources;
	desk->new_mentions += change->new_mentions;
	for (size_t i = 0; i < change->n_ids; i++)
		snprintf(desk->ids[desk->n_ids++ % NEW_IDS], sizeof(desk->ids[0]), "%.*s",
			 ES_FMT(change->ids[i]));
	pthread_mutex_unlock(&desk->lock);
}

static void tick(void *ctx)
{
	struct es_desk *desk = ctx;
	bool heard = es_http_streams(desk->options.http) > 0;
	pthread_mutex_lock(&desk->lock);
	bool changed = desk->changed;
	if (!heard) /* what came while nobody looked is not new to who comes next */
		desk->new_mentions = desk->n_ids = 0;
	pthread_mutex_unlock(&desk->lock);
	if (!changed || !heard)
		return;
	struct es_buf event;
	es_buf_init(&event, 64 * 1024);
	es_desk_event(desk, false, &event);
	if (es_buf_ok(&event) && event.len)
		es_http_send(desk->options.http, es_buf_view(&event));
	es_buf_release(&event);
}

int es_desk_new(struct es_desk **out, const struct es_desk_options *options,
		struct earshot_error *error)
{
	*out = NULL;
	if (!es_http_is_loopback(options->http)) {
		es_err(error, EARSHOT_CONFIG,
		       "the desk has no login yet: it is not shown to other machines");
		es_err_hint(error, "listen on 127.0.0.1, and put a proxy with a login before it");
		return EARSHOT_CONFIG;
	}
	struct es_desk *desk = calloc(1, sizeof(*desk));
	if (!desk)
		return es_err_nomem(error);
	desk->options = *options;
	if (!desk->options.user || !*desk->options.user)
		desk->options.user = "desk";
	pthread_mutex_init(&desk->lock, NULL);
	int rc = es_http_add(options->http, es_desk_routes, es_desk_n_routes, desk, error);
	if (!rc)
		rc = es_http_add_check(options->http, "view", es_view_ready, options->view, error);
	if (rc) {
		es_desk_free(desk);
		return rc;
	}
	es_view_subscribe(options->view, hear, desk);
	es_http_on_tick(options->http, tick, desk);
	*out = desk;
	return 0;
}

void es_desk_free(struct es_desk *desk)
{
	if (!desk)
		return;
	if (desk->session)
		es_session_close(desk->session);
	pthread_mutex_destroy(&desk->lock);
	free(desk);
}
