/* SPDX-License-Identifier: MIT
 *
 * health.c - what every role answers: is it alive, is it ready, what does it count.
 */
#include "http/server.h"

static void healthz(void *ctx, struct es_http_request *request)
{
	(void)ctx;
	struct es_buf body;
	es_buf_init(&body, 64);
	es_buf_puts(&body, "{\"ok\":true}\n");
	es_http_json(request, 200, &body);
}

static void readyz(void *ctx, struct es_http_request *request)
{
	const struct es_http *server = ctx;
	bool ready = true;
	struct es_buf checks, body;
	es_buf_init(&checks, 64 * 1024);
	es_buf_init(&body, 64 * 1024);
	for (size_t i = 0; i < server->n_checks; i++) {
		struct earshot_error error = { 0 };
		bool good = server->checks[i].check(server->checks[i].ctx, &error) == 0;
		ready &= good;
		es_buf_printf(&checks, "%s{\"name\":\"%s\",\"ready\":%s", i ? "," : "",
			      server->checks[i].name, good ? "true" : "false");
		if (!good) {
			es_buf_puts(&checks, ",\"message\":");
			es_buf_json_str(&checks, error.text, strlen(error.text));
		}
		es_buf_putc(&checks, '}');
	}
	es_buf_printf(&body, "{\"ready\":%s,\"checks\":[", ready ? "true" : "false");
	es_buf_add_str(&body, es_buf_view(&checks));
	es_buf_puts(&body, "]}\n");
	es_buf_release(&checks);
	es_http_json(request, ready ? 200 : 503, &body);
}

static void metrics(void *ctx, struct es_http_request *request)
{
	const struct es_http *server = ctx;
	struct es_buf body;
	es_buf_init(&body, ES_LIMIT_RESPONSE);
	es_metrics_write(server->metrics, &body);
	es_http_text(request, 200, "text/plain; version=0.0.4; charset=utf-8", &body);
}

const struct es_http_route es_http_own_routes[3] = {
	{ "GET", "/healthz", healthz },
	{ "GET", "/readyz", readyz },
	{ "GET", "/metrics", metrics },
};
