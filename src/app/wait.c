/* SPDX-License-Identifier: MIT
 *
 * Brokers that are away at the start: waits for them, says so, and answers
 * /healthz with yes and /readyz with no meanwhile. */
#include <errno.h>
#include <signal.h>
#include <time.h>
#include "app/app.h"
#include "http/http.h"

#define WAIT_S 2 /* between two tries */

static int not_ready(void *ctx, struct earshot_error *error)
{
	const char *const *url = ctx;
	return es_err(error, EARSHOT_UNAVAILABLE, "waiting for %s", *url);
}

/* The real server needs the bus, so this one stands in its place until then. A port
 * that is taken is told when the real one asks for it. */
static struct es_http *stand_in(const struct es_config *config, const char **url)
{
	const struct es_http_options options = { .listen = config->http.listen.ptr,
						 .public_url = config->http.public_url.ptr,
						 .remote = true };
	struct es_http *http = NULL;
	if (es_http_new(&http, &options, NULL) != EARSHOT_OK)
		return NULL;
	if (es_http_add_check(http, "bus", not_ready, url, NULL) != EARSHOT_OK ||
	    es_http_start(http, NULL) != EARSHOT_OK) {
		es_http_free(http);
		return NULL;
	}
	es_log(ES_INFO, "http.waiting", ES_LOG_S("url", es_http_url(http)));
	return http;
}

int es_wait_bus(const struct es_config *config, const sigset_t *signals, struct es_bus **out,
		struct earshot_error *error)
{
	struct es_http *http = NULL;
	const char *url = config->bus.ptr;
	struct earshot_error own;
	int rc;
	for (bool waits = false;; waits = true) {
		rc = es_setup_bus(config, false, out, &own);
		if (rc != EARSHOT_UNAVAILABLE)
			break;
		es_log_error(waits ? ES_DEBUG : ES_WARN, "bus.waiting", &own);
		if (!http)
			http = stand_in(config, &url);
		const struct timespec pause = { WAIT_S, 0 };
		int caught = sigtimedwait(signals, NULL, &pause);
		if (caught == SIGTERM || caught == SIGINT) {
			rc = EARSHOT_CLOSED;
			break;
		}
	}
	es_http_free(http);
	if (rc != EARSHOT_OK && error)
		*error = own;
	return rc;
}
