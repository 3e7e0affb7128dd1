/* SPDX-License-Identifier: MIT
 *
 * guard.c - what a request must be before a handler sees it.
 */
#include "http/server.h"
#include <stdlib.h>

/* The host of "host:port" or "[::1]:port", without the port. */
static struct earshot_str host_only(struct earshot_str host)
{
	if (host.len && host.ptr[0] == '[') {
		for (size_t i = 0; i < host.len; i++)
			if (host.ptr[i] == ']')
				return es_str(host.ptr, i + 1);
		return host;
	}
	for (size_t i = 0; i < host.len; i++)
		if (host.ptr[i] == ':')
			return es_str(host.ptr, i);
	return host;
}

/* A page of a stranger whose name was made to point at 127.0.0.1 (DNS rebinding)
 * still says its own name in Host. Any port will do: tunnels have other ones. */
static bool host_is_ours(const struct es_http *server, struct earshot_str host)
{
	struct earshot_str name = host_only(host);
	if (es_str_eq_nocase(name, ES_STR("localhost")) || es_str_is(name, "127.0.0.1") ||
	    es_str_is(name, "[::1]"))
		return true;
	/* another address of 127.0.0.0/8, where that is what we listen on */
	struct earshot_str own = host_only(es_str_of(server->url + sizeof("http://") - 1));
	if (es_str_eq_nocase(name, own))
		return true;
	const char *public = strstr(server->public_origin, "://");
	return public && es_str_eq_nocase(host, es_str_of(public + 3));
}

static bool origin_is_ours(struct es_http_request *request)
{
	struct earshot_str origin = es_http_header(request, "Origin");
	struct earshot_str host = es_http_header(request, "Host");
	if (!origin.ptr) {
		/* no browser, or one that says in another way where it comes from */
		struct earshot_str site = es_http_header(request, "Sec-Fetch-Site");
		return !site.ptr || es_str_is(site, "same-origin") || es_str_is(site, "none");
	}
	if (*request->server->public_origin &&
	    es_str_eq_nocase(origin, es_str_of(request->server->public_origin)))
		return true;
	struct earshot_str scheme = ES_STR("http://");
	return es_str_starts(origin, scheme) &&
	       es_str_eq_nocase(es_str(origin.ptr + scheme.len, origin.len - scheme.len), host);
}

static bool type_is_json(struct es_http_request *request)
{
	struct earshot_str type = es_http_header(request, "Content-Type");
	for (size_t i = 0; i < type.len; i++)
		if (type.ptr[i] == ';')
			type.len = i;
	return es_str_eq_nocase(es_str_trim(type), ES_STR("application/json"));
}

bool es_http_guard(struct es_http_request *request)
{
	const struct es_http *server = request->server;
	if (server->loopback && !host_is_ours(server, es_http_header(request, "Host"))) {
		es_http_error(request, 421, "host", "set http.public_url to the name you use",
			      "this server does not answer to that host name");
		return false;
	}
	struct earshot_str length = es_http_header(request, "Content-Length");
	if (length.ptr && strtoull(length.ptr, NULL, 10) > ES_LIMIT_REQUEST) {
		if (!es_http_refused(request, 413))
			es_http_error(request, 413, "too_large", NULL, "the body is over %u bytes",
				      ES_LIMIT_REQUEST);
		return false;
	}
	if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0)
		return true;
	if (!origin_is_ours(request)) {
		if (!es_http_refused(request, 403))
			es_http_error(
				request, 403, "origin", NULL,
				"requests that change something must come from our own pages");
		return false;
	}
	if (!type_is_json(request) && strcmp(request->method, "POST") == 0 &&
	    !es_http_takes_any(request)) {
		es_http_error(request, 415, "type", "send Content-Type: application/json",
			      "the body must be JSON");
		return false;
	}
	return true;
}
