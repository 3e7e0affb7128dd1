/* SPDX-License-Identifier: MIT
 *
 * wait.c - what the main thread waits for: signals, and brokers that are away at the
 * start. Meanwhile it says so, answers /healthz with yes and /readyz with no.
 *
 * The service manager is told READY=1 as soon as the waiting begins, and STATUS= says what
 * for. A unit is active when this machine has done its part: the config is read, the
 * address is bound. Brokers are another machine's: they may be away for hours, and they may
 * go away later as well, when no unit turns inactive for it. Otherwise a boot, a
 * `systemctl start` or a reload would hang on them, or be killed by TimeoutStartSec= in
 * the midst of the right thing to do. */
#include <errno.h>
#include <signal.h>
#include <time.h>
#include "app/app.h"
#include "http/http.h"

#define WAIT_MS 2000    /* between two tries */
#define TURN_MS 3600000 /* of waiting for good */

int es_wait_signal(const sigset_t *signals, int64_t ms)
{
	int64_t every = es_notify_every_ms();
	int64_t end = ms < 0 ? INT64_MAX : es_monotonic_ms() + ms;
	for (;;) {
		int64_t turn = end - es_monotonic_ms();
		if (turn <= 0)
			return 0;
		turn = turn < TURN_MS ? turn : TURN_MS;
		if (every) {
			es_notify(ES_NOTIFY_ALIVE, NULL);
			turn = turn < every ? turn : every;
		}
		const struct timespec pause = { turn / 1000, turn % 1000 * 1000000 };
		int caught = sigtimedwait(signals, NULL, &pause);
		if (caught > 0)
			return caught;
	}
}

bool es_wait_reload(const struct es_roles_options *options, const char *status)
{
	if (!options->reload)
		return false;
	es_notify(ES_NOTIFY_RELOADING, "reading the config again");
	bool ready = options->reload(options->ctx);
	if (!ready)
		es_notify(ES_NOTIFY_READY, "the new config is wrong, the old one goes on: %s",
			  status);
	return ready;
}

static int not_ready(void *ctx, struct earshot_error *error)
{
	const char *const *url = ctx;
	return es_err(error, EARSHOT_UNAVAILABLE, "waiting for %s", *url);
}

/* The real server needs the bus, so this one stands in its place until then. What is wrong
 * with the address is told now (CONFIG); a port that is taken when the real one asks for
 * it. */
static int stand_in(const struct es_roles_options *options, const char **url, struct es_http **out,
		    struct earshot_error *error)
{
	const struct es_config *config = options->setup->config;
	const struct es_http_options http = { .listen = config->http.listen.ptr,
					      .public_url = config->http.public_url.ptr,
					      .remote = !(options->roles & ES_ROLE_DESK) };
	int rc = es_http_new(out, &http, error);
	if (rc == EARSHOT_OK)
		rc = es_http_add_check(*out, "bus", not_ready, url, error);
	if (rc == EARSHOT_OK)
		rc = es_http_start(*out, error);
	if (rc == EARSHOT_OK)
		es_log(ES_INFO, "http.waiting", ES_LOG_S("url", es_http_url(*out)));
	else {
		es_http_free(*out);
		*out = NULL;
	}
	return rc == EARSHOT_CONFIG ? rc : EARSHOT_OK;
}

int es_wait_bus(const struct es_roles_options *options, const sigset_t *signals,
		struct es_bus **out, struct earshot_error *error)
{
	const struct es_config *config = options->setup->config;
	struct es_http *http = NULL;
	const char *url = config->bus.ptr;
	struct earshot_error own;
	int rc;
	for (bool waits = false;; waits = true) {
		rc = es_setup_bus(config, false, out, &own);
		if (rc != EARSHOT_UNAVAILABLE)
			break;
		es_log_error(waits ? ES_DEBUG : ES_WARN, "bus.waiting", &own);
		if (!http && stand_in(options, &url, &http, &own) != EARSHOT_OK) {
			rc = EARSHOT_CONFIG;
			break;
		}
		if (!waits)
			es_notify(ES_NOTIFY_READY, "waiting for %s", url);
		int caught = es_wait_signal(signals, WAIT_MS);
		if (caught == SIGTERM || caught == SIGINT) {
			es_notify(ES_NOTIFY_STOPPING, "no longer waiting for %s", url);
			rc = EARSHOT_CLOSED;
			break;
		}
		if (caught == SIGHUP && es_wait_reload(options, own.text)) {
			rc = ES_ROLES_RELOAD;
			break;
		}
	}
	es_http_free(http);
	if (rc != EARSHOT_OK && error)
		*error = own;
	return rc;
}
