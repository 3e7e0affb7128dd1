/* SPDX-License-Identifier: MIT */
#include "http/server.h"
#include <stdlib.h>
#include <unistd.h>

/* ---- what MHD calls ---- */

static void connection_changed(void *cls, struct MHD_Connection *mhd, void **context,
			       enum MHD_ConnectionNotificationCode code)
{
	struct es_http *server = cls;
	struct connection *connection = *context;
	pthread_mutex_lock(&server->lock);
	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
		connection = calloc(1, sizeof(*connection));
		if (connection && info) {
			connection->fd = info->connect_fd;
			connection->since = es_monotonic_ms();
			connection->next = server->connections;
			if (connection->next)
				connection->next->prev = connection;
			server->connections = connection;
			*context = connection;
		} else {
			free(connection);
		}
	} else if (connection) {
		if (connection->prev)
			connection->prev->next = connection->next;
		else
			server->connections = connection->next;
		if (connection->next)
			connection->next->prev = connection->prev;
		free(connection);
		*context = NULL;
	}
	pthread_mutex_unlock(&server->lock);
}

static void set_answering(struct es_http_request *request, bool answering)
{
	if (!request->connection)
		return;
	pthread_mutex_lock(&request->server->lock);
	request->connection->answering = answering;
	request->connection->since = es_monotonic_ms();
	pthread_mutex_unlock(&request->server->lock);
}

static void request_completed(void *cls, struct MHD_Connection *mhd, void **context,
			      enum MHD_RequestTerminationCode why)
{
	(void)cls, (void)mhd, (void)why;
	struct es_http_request *request = *context;
	if (!request)
		return;
	set_answering(request, false);
	es_buf_release(&request->body);
	es_buf_release(&request->sorry);
	es_http_later_free(request->later);
	free(request->location);
	free(request);
	*context = NULL;
}

static bool path_fits(const char *pattern, const char *path, size_t *weight)
{
	size_t len = strlen(pattern);
	if (pattern[len - 1] == '*') {
		*weight = len;
		return strncmp(pattern, path, len - 1) == 0;
	}
	*weight = SIZE_MAX;
	return strcmp(pattern, path) == 0;
}

static bool method_fits(const char *method, const char *asked)
{
	return strcmp(method, asked) == 0 ||
	       (strcmp(method, "GET") == 0 && strcmp(asked, "HEAD") == 0);
}

/* The route of a request, the longest that fits. NULL = none; *other is the method that its path
 * takes then, or NULL. */
static const struct route_set *route_of(const struct es_http_request *request, const char **other)
{
	const struct es_http *server = request->server;
	const struct route_set *best = NULL;
	size_t best_weight = 0, other_weight = 0;
	*other = NULL;
	for (size_t i = 0; i < server->n_routes; i++) {
		const struct es_http_route *route = server->routes[i].route;
		size_t weight;
		if (!path_fits(route->path, request->path, &weight))
			continue;
		if (!method_fits(route->method, request->method)) {
			if (weight > other_weight) {
				*other = route->method;
				other_weight = weight;
			}
		} else if (weight > best_weight) {
			best = &server->routes[i];
			best_weight = weight;
		}
	}
	/* a path that is there under another method is not what a prefix answers */
	return *other && other_weight > best_weight ? NULL : best;
}

bool es_http_takes_any(const struct es_http_request *request)
{
	const char *other;
	const struct route_set *found = route_of(request, &other);
	return found && found->route->any_type;
}

bool es_http_refused(struct es_http_request *request, int status)
{
	const char *other;
	const struct route_set *found = route_of(request, &other);
	if (!found || !found->route->refuse)
		return false;
	found->route->refuse(found->ctx, request, status);
	return true;
}

static void too_large(struct es_http_request *request)
{
	if (!es_http_refused(request, 413))
		es_http_error(request, 413, "too_large", NULL, "the body is over %u bytes",
			      ES_LIMIT_REQUEST);
}

static void dispatch(struct es_http_request *request)
{
	const char *other;
	const struct route_set *found = route_of(request, &other);
	if (found)
		found->route->handle(found->ctx, request);
	else if (other)
		es_http_error(request, 405, "method", NULL, "this takes %s only", other);
	else
		es_http_error(request, 404, "not_found", NULL, "there is no such page");
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *mhd, const char *path,
			      const char *method, const char *version, const char *upload,
			      size_t *upload_len, void **context)
{
	(void)version;
	struct es_http *server = cls;
	struct es_http_request *request = *context;
	if (!request) {
		request = calloc(1, sizeof(*request));
		if (!request)
			return MHD_NO;
		const union MHD_ConnectionInfo *info =
			MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
		request->server = server;
		request->mhd = mhd;
		request->since = es_monotonic_us();
		request->method = method;
		request->path = path;
		request->connection = info ? info->socket_context : NULL;
		es_buf_init(&request->body, ES_LIMIT_REQUEST);
		*context = request;
		if (es_http_guard(request))
			return MHD_YES;
		set_answering(request, true);
		return request->result;
	}
	if (request->answered)
		return MHD_YES;
	if (request->later)
		return es_http_later_wait(request) ? MHD_YES : request->result;
	if (*upload_len) {
		/* an answer can only be given at the end: until then it is dropped */
		es_buf_add(&request->body, upload, *upload_len);
		request->too_large |= !es_buf_ok(&request->body);
		*upload_len = 0;
		return MHD_YES;
	}
	set_answering(request, true);
	if (request->too_large)
		too_large(request);
	else
		dispatch(request);
	if (!request->answered && request->later)
		return MHD_YES;
	if (!request->answered)
		es_http_error(request, 500, "internal", NULL, "this request could not be answered");
	return request->answered ? request->result : MHD_NO;
}

/* ---- a request, for handlers ---- */

const char *es_http_method(const struct es_http_request *request)
{
	return request->method;
}

const char *es_http_path(const struct es_http_request *request)
{
	return request->path;
}

struct earshot_str es_http_body(const struct es_http_request *request)
{
	return es_buf_view(&request->body);
}

static struct earshot_str lookup(struct es_http_request *request, enum MHD_ValueKind kind,
				 const char *name)
{
	const char *value = NULL;
	size_t len = 0;
	if (MHD_lookup_connection_value_n(request->mhd, kind, name, strlen(name), &value, &len) !=
	    MHD_YES)
		return (struct earshot_str){ NULL, 0 };
	return es_str(value ? value : "", value ? len : 0);
}

struct earshot_str es_http_header(struct es_http_request *request, const char *name)
{
	return lookup(request, MHD_HEADER_KIND, name);
}

struct earshot_str es_http_param(struct es_http_request *request, const char *name)
{
	return lookup(request, MHD_GET_ARGUMENT_KIND, name);
}

struct known {
	const char *const *names;
	size_t n;
	uint64_t seen;
	struct earshot_str bad;
};

static enum MHD_Result check_param(void *cls, enum MHD_ValueKind kind, const char *key,
				   size_t key_len, const char *value, size_t value_len)
{
	(void)kind, (void)value, (void)value_len;
	struct known *known = cls;
	for (size_t i = 0; i < known->n; i++) {
		if (!es_str_is(es_str(key, key_len), known->names[i]))
			continue;
		if (known->seen >> i & 1)
			break;
		known->seen |= (uint64_t)1 << i;
		return MHD_YES;
	}
	known->bad = es_str(key ? key : "", key ? key_len : 0);
	return MHD_NO;
}

struct earshot_str es_http_param_unknown(struct es_http_request *request, const char *const *names,
					 size_t n)
{
	struct known known = { names, n < 64 ? n : 64, 0, { NULL, 0 } };
	(void)MHD_get_connection_values_n(request->mhd, MHD_GET_ARGUMENT_KIND, check_param, &known);
	return known.bad;
}

/* ---- life ---- */

int es_http_new(struct es_http **out, const struct es_http_options *options,
		struct earshot_error *error)
{
	*out = NULL;
	struct es_http *server = calloc(1, sizeof(*server));
	if (!server)
		return es_err_nomem(error);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&server->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	pthread_mutex_init(&server->lock, NULL);
	server->fd = -1;
	server->metrics = options->metrics;
	server->spent = es_metric_histogram(options->metrics, "earshot_http_request_seconds",
					    "Time from the header of a request to its answer.", "",
					    &es_bounds_spent);
	server->request_ms = options->request_ms ? options->request_ms : 30 * ES_SECOND;
	server->idle_ms = options->idle_ms ? options->idle_ms : 60 * ES_SECOND;
	server->comment_ms = options->comment_ms ? options->comment_ms : 15 * ES_SECOND;
	int rc = 0;
	if (options->public_url && *options->public_url &&
	    !es_http_origin_of(options->public_url, server->public_origin,
			       sizeof(server->public_origin))) {
		rc = es_err(error, EARSHOT_CONFIG, "http.public_url: \"%s\" is no URL",
			    options->public_url);
		es_err_hint(error, "write it whole, such as https://earshot.example");
	}
	if (!rc)
		rc = es_http_bind(server, options->listen, options->remote, error);
	if (!rc)
		rc = es_http_add(server, es_http_own_routes, ES_COUNT(es_http_own_routes), server,
				 error);
	if (rc) {
		es_http_free(server);
		return rc;
	}
	*out = server;
	return 0;
}

int es_http_add(struct es_http *server, const struct es_http_route *routes, size_t n, void *ctx,
		struct earshot_error *error)
{
	if (n > ES_HTTP_ROUTES - server->n_routes)
		return es_err(error, EARSHOT_LIMIT, "more than %d routes", ES_HTTP_ROUTES);
	for (size_t i = 0; i < n; i++)
		server->routes[server->n_routes++] = (struct route_set){ &routes[i], ctx };
	return 0;
}

int es_http_add_check(struct es_http *server, const char *name, es_http_check *check, void *ctx,
		      struct earshot_error *error)
{
	if (server->n_checks == ES_HTTP_CHECKS)
		return es_err(error, EARSHOT_LIMIT, "more than %d checks", ES_HTTP_CHECKS);
	server->checks[server->n_checks].name = name;
	server->checks[server->n_checks].check = check;
	server->checks[server->n_checks++].ctx = ctx;
	return 0;
}

void es_http_on_tick(struct es_http *server, void (*tick)(void *ctx), void *ctx)
{
	server->tick = tick;
	server->tick_ctx = ctx;
}

int es_http_start(struct es_http *server, struct earshot_error *error)
{
	unsigned idle = (unsigned)((server->idle_ms + 999) / 1000);
	server->daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME |
			(*server->url && server->url[7] == '[' ? MHD_USE_IPv6 : 0),
		0, NULL, NULL, handle, server, MHD_OPTION_LISTEN_SOCKET, server->fd,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)ES_HTTP_CONNECTIONS,
		MHD_OPTION_CONNECTION_TIMEOUT, idle, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
		(size_t)ES_HTTP_HEADER_MAX, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_NOTIFY_COMPLETED, request_completed, NULL, MHD_OPTION_NOTIFY_CONNECTION,
		connection_changed, server, MHD_OPTION_END);
	if (!server->daemon)
		return es_err(error, EARSHOT_UNAVAILABLE, "the HTTP server does not start");
	server->fd = -1; /* the daemon's from now on */
	if (pthread_create(&server->ticker, NULL, es_http_ticker, server) != 0)
		return es_err(error, EARSHOT_NOMEM, "no thread for the HTTP server");
	server->ticking = true;
	return 0;
}

void es_http_free(struct es_http *server)
{
	if (!server)
		return;
	es_http_end_streams(server);
	if (server->ticking)
		pthread_join(server->ticker, NULL);
	if (server->daemon)
		MHD_stop_daemon(server->daemon);
	if (server->fd >= 0)
		close(server->fd);
	pthread_mutex_destroy(&server->lock);
	pthread_cond_destroy(&server->wake);
	free(server);
}

const char *es_http_url(const struct es_http *server)
{
	return server->url;
}

bool es_http_is_loopback(const struct es_http *server)
{
	return server->loopback;
}
