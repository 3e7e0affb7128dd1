/* SPDX-License-Identifier: MIT
 *
 * net.c - the queue of requests before curl.
 *
 *   struct host --- waiting requests (first in, first out), how many are active
 *       |
 *   ready list: hosts that have a request waiting and are below per_host
 *       |
 *   running, by their start:  [ slow ... slow | brisk ... brisk ]
 *                                              ^ first_brisk
 *
 * The queue is ours and not curl's, because a request that waits inside curl
 * already spends its total time. A transfer that has run for SLOW_MS gives its place
 * to another, so that hosts that dribble hold nobody up; all together are at most
 * OPEN_MAX.
 */
#include "net/net.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "net/address.h"
#include "net/loop.h"
#include "net/transfer.h"

#define TOTAL_DEFAULT    256
#define PER_HOST_DEFAULT 2
#define SLOW_MS          20
#define OPEN_MAX         2048
#define FILES_LEFT       256 /* descriptors that others need */

struct host {
	struct earshot_str name; /* with port, lower case; owned */
	struct es_transfer *first, **last;
	int active;
	bool ready;
	struct host *next; /* in the ready list */
};

struct es_net {
	struct es_net_loop loop;
	struct es_net_allow allow;
	struct es_map hosts;
	struct host *ready, **ready_last;
	CURL **idle; /* handles that no transfer has; room for max_open */
	size_t n_idle;
	struct es_transfer *running, *last, *first_brisk; /* doubly linked */
	size_t n_running, n_brisk, n_waiting, n_streams, max_brisk, max_open;
	int max_per_host;
	char *agent, *ca_file;
	bool global;
};

/* As many as descriptors allow. */
static size_t open_max(size_t brisk)
{
	struct rlimit limit;
	size_t most = OPEN_MAX > 2 * brisk ? OPEN_MAX : 2 * brisk;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < most + FILES_LEFT)
		most = limit.rlim_cur > 2 * FILES_LEFT ? limit.rlim_cur - FILES_LEFT : FILES_LEFT;
	return most;
}

int es_net_new(struct es_net **out, const struct es_net_options *options,
	       struct earshot_error *error)
{
	int rc = EARSHOT_NOMEM;
	*out = NULL;
	struct es_net *net = calloc(1, sizeof(*net));
	if (!net)
		return es_err_nomem(error);
	es_map_init(&net->hosts);
	net->ready_last = &net->ready;
	net->max_brisk = (size_t)(options->max_total > 0 ? options->max_total : TOTAL_DEFAULT);
	net->max_open = open_max(net->max_brisk);
	net->max_per_host = options->max_per_host > 0 ? options->max_per_host : PER_HOST_DEFAULT;
	rc = es_net_allow_init(&net->allow, options->allow, options->n_allow, error);
	if (rc != EARSHOT_OK)
		goto out;
	rc = EARSHOT_NOMEM;
	bool contact = options->contact && *options->contact;
	if (asprintf(&net->agent, contact ? "earshot/%s (+%s)" : "earshot/%s", EARSHOT_VERSION,
		     contact ? options->contact : "") < 0) {
		net->agent = NULL;
		es_err_nomem(error);
		goto out;
	}
	if (options->ca_file) {
		if (access(options->ca_file, R_OK) != 0) {
			rc = es_err_errno(error, EARSHOT_CONFIG, errno, "ca_file: %s",
					  options->ca_file);
			goto out;
		}
		net->ca_file = strdup(options->ca_file);
		if (!net->ca_file) {
			es_err_nomem(error);
			goto out;
		}
	}
	net->global = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
	net->idle = calloc(net->max_open, sizeof(CURL *));
	if (!net->global || !net->idle) {
		es_err_nomem(error);
		goto out;
	}
	rc = es_net_loop_init(&net->loop, error);
	if (rc != EARSHOT_OK)
		goto out;
	curl_multi_setopt(net->loop.multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)net->max_per_host);
	curl_multi_setopt(net->loop.multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)net->max_open);
	/* not fewer: with every answer past it curl would look through all of them for the
	 * oldest that is idle, and close that */
	curl_multi_setopt(net->loop.multi, CURLMOPT_MAXCONNECTS, (long)net->max_open);
	*out = net;
	net = NULL;
	rc = EARSHOT_OK;
out:
	es_net_free(net);
	return rc;
}

static void free_host(struct host *host)
{
	free((char *)host->name.ptr);
	free(host);
}

void es_net_free(struct es_net *net)
{
	if (!net)
		return;
	for (struct es_transfer *transfer = net->running, *next; transfer; transfer = next) {
		next = transfer->next;
		curl_multi_remove_handle(net->loop.multi, transfer->easy);
		curl_easy_cleanup(es_transfer_end(transfer));
		es_transfer_free(transfer);
	}
	while (net->n_idle > 0)
		curl_easy_cleanup(net->idle[--net->n_idle]);
	free(net->idle);
	size_t at = 0;
	for (const struct es_map_slot *slot; (slot = es_map_next(&net->hosts, &at));) {
		struct host *host = slot->value;
		for (struct es_transfer *transfer = host->first, *next; transfer; transfer = next) {
			next = transfer->next;
			es_transfer_free(transfer);
		}
		free_host(host);
	}
	es_map_release(&net->hosts);
	es_net_loop_release(&net->loop);
	if (net->global)
		curl_global_cleanup();
	es_net_allow_release(&net->allow);
	free(net->agent);
	free(net->ca_file);
	free(net);
}

int es_net_url_join(struct es_buf *out, const char *base, const char *reference)
{
	int rc = EARSHOT_NOINPUT;
	char *url = NULL, *scheme = NULL;
	CURLU *handle = curl_url();
	if (!handle)
		return EARSHOT_NOMEM;
	if (curl_url_set(handle, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl_url_set(handle, CURLUPART_URL, reference, CURLU_URLENCODE) == CURLUE_OK &&
	    curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	    (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0) &&
	    curl_url_get(handle, CURLUPART_URL, &url, 0) == CURLUE_OK) {
		es_buf_puts(out, url);
		rc = es_buf_ok(out) ? EARSHOT_OK : EARSHOT_NOMEM;
	}
	curl_free(url);
	curl_free(scheme);
	curl_url_cleanup(handle);
	return rc;
}

enum family { WEB, SOCKETS, MAIL };

static bool is_scheme(const char *scheme, enum family family)
{
	static const char *const schemes[][2] = { [WEB] = { "http", "https" },
						  [SOCKETS] = { "ws", "wss" },
						  [MAIL] = { "imap", "imaps" } };
	return strcmp(scheme, schemes[family][0]) == 0 || strcmp(scheme, schemes[family][1]) == 0;
}

/* "host:port" of a URL of that family, in lower case; the caller frees it. */
static int host_of(const char *url, enum family family, char **out, struct earshot_error *error)
{
	int rc = EARSHOT_DATA;
	char *host = NULL, *port = NULL, *scheme = NULL;
	*out = NULL;
	CURLU *handle = curl_url();
	if (!handle)
		return es_err_nomem(error);
	if (curl_url_set(handle, CURLUPART_URL, url, 0) != CURLUE_OK ||
	    curl_url_get(handle, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(handle, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(handle, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
	    !is_scheme(scheme, family)) {
		es_err(error, EARSHOT_DATA, "this is no %s address",
		       family == WEB       ? "http or https"
		       : family == SOCKETS ? "ws or wss"
					   : "imaps or imap");
		goto out;
	}
	if (asprintf(out, "%s:%s", host, port) < 0) {
		*out = NULL;
		rc = es_err_nomem(error);
		goto out;
	}
	for (char *c = *out; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	rc = EARSHOT_OK;
out:
	curl_free(host);
	curl_free(port);
	curl_free(scheme);
	curl_url_cleanup(handle);
	return rc;
}

static struct host *find_host(struct es_net *net, const char *name)
{
	struct host *host = es_map_get(&net->hosts, name, strlen(name));
	if (host)
		return host;
	host = calloc(1, sizeof(*host));
	char *copy = strdup(name);
	if (!host || !copy || es_map_put(&net->hosts, copy, strlen(copy), host) != EARSHOT_OK) {
		free(copy);
		free(host);
		return NULL;
	}
	host->name = es_str_of(copy);
	host->last = &host->first;
	return host;
}

static void make_ready(struct es_net *net, struct host *host)
{
	if (host->ready || !host->first || host->active >= net->max_per_host)
		return;
	host->ready = true;
	host->next = NULL;
	*net->ready_last = host;
	net->ready_last = &host->next;
}

static void drop_unused(struct es_net *net, struct host *host)
{
	if (host->active > 0 || host->first || host->ready)
		return;
	es_map_remove(&net->hosts, host->name.ptr, host->name.len);
	free_host(host);
}

int es_net_get(struct es_net *net, const struct es_net_request *request,
	       struct earshot_error *error)
{
	char *name = NULL;
	struct es_transfer *transfer = NULL;
	int rc = host_of(request->url, request->command ? MAIL : WEB, &name, error);
	if (rc != EARSHOT_OK)
		return rc;
	struct host *host = find_host(net, name);
	free(name);
	if (!host)
		return es_err_nomem(error);
	transfer = es_transfer_new(request, &net->allow);
	if (!transfer) {
		drop_unused(net, host);
		return es_err_nomem(error);
	}
	transfer->host = host;
	transfer->next = NULL;
	*host->last = transfer;
	host->last = &transfer->next;
	net->n_waiting++;
	make_ready(net, host);
	return EARSHOT_OK;
}

/* Those that have run for long give their places up. */
static void pass_slow(struct es_net *net)
{
	int64_t before = es_monotonic_ms() - SLOW_MS;
	for (; net->first_brisk && net->first_brisk->started <= before;
	     net->first_brisk = net->first_brisk->next) {
		net->first_brisk->slow = true;
		net->n_brisk--;
	}
}

static void link_running(struct es_net *net, struct es_transfer *transfer)
{
	transfer->next = NULL;
	transfer->prev = net->last;
	if (net->last)
		net->last->next = transfer;
	else
		net->running = transfer;
	net->last = transfer;
	if (!net->first_brisk)
		net->first_brisk = transfer;
	net->n_running++;
	net->n_brisk++;
}

static void unlink_running(struct es_net *net, struct es_transfer *transfer)
{
	if (net->first_brisk == transfer)
		net->first_brisk = transfer->next;
	if (transfer->prev)
		transfer->prev->next = transfer->next;
	else
		net->running = transfer->next;
	if (transfer->next)
		transfer->next->prev = transfer->prev;
	else
		net->last = transfer->prev;
	net->n_running--;
	net->n_brisk -= !transfer->slow;
}

static struct es_transfer *take_ready(struct es_net *net)
{
	struct host *host = net->ready;
	struct es_transfer *transfer = host->first;
	net->ready = host->next;
	if (!net->ready)
		net->ready_last = &net->ready;
	host->ready = false;
	host->first = transfer->next;
	if (!host->first)
		host->last = &host->first;
	host->active++;
	net->n_waiting--;
	make_ready(net, host);
	return transfer;
}

static int start_ready(struct es_net *net, struct earshot_error *error)
{
	if (net->ready)
		pass_slow(net);
	while (net->ready && net->n_brisk < net->max_brisk && net->n_running < net->max_open) {
		/* one for mail is made for it, and thrown away */
		bool idle = net->n_idle > 0 && !net->ready->first->command;
		CURL *easy = idle ? net->idle[--net->n_idle]
				  : es_transfer_handle(net->agent, net->ca_file);
		if (!easy)
			return es_err_nomem(error);
		struct es_transfer *transfer = take_ready(net);
		link_running(net, transfer);
		if (es_transfer_start(transfer, easy) != EARSHOT_OK)
			return es_err_nomem(error);
		CURLMcode code = curl_multi_add_handle(net->loop.multi, easy);
		if (code != CURLM_OK)
			return es_err(error, EARSHOT_INTERNAL, "curl: %s",
				      curl_multi_strerror(code));
	}
	return EARSHOT_OK;
}

/* ---- streams: beside the queue, and beside what curl allows a host ---- */

static void count_streams(struct es_net *net, size_t n)
{
	net->n_streams = n;
	curl_multi_setopt(net->loop.multi, CURLMOPT_MAX_HOST_CONNECTIONS,
			  (long)net->max_per_host + (long)n);
}

int es_net_open(struct es_net *net, const struct es_net_request *request, struct es_transfer **out,
		struct earshot_error *error)
{
	char *name = NULL;
	int rc = host_of(request->url, request->websocket ? SOCKETS : WEB, &name, error);
	free(name);
	if (rc != EARSHOT_OK)
		return rc;
	/* one that stays may not take the place of those that come and go */
	if (net->n_streams >= net->max_open / 2 || net->n_running >= net->max_open)
		return es_err(error, EARSHOT_BUSY, "more than %zu streams at once",
			      net->max_open / 2);
	struct es_transfer *transfer = es_transfer_new(request, &net->allow);
	CURL *easy = transfer ? es_transfer_handle(net->agent, net->ca_file) : NULL;
	if (!easy) {
		es_transfer_free(transfer);
		return es_err_nomem(error);
	}
	transfer->streams = true;
	transfer->max_size = INT64_MAX;
	count_streams(net, net->n_streams + 1);
	link_running(net, transfer);
	if (es_transfer_start(transfer, easy) != EARSHOT_OK ||
	    curl_multi_add_handle(net->loop.multi, easy) != CURLM_OK) {
		es_net_close(net, transfer);
		return es_err_nomem(error);
	}
	*out = transfer;
	return EARSHOT_OK;
}

void es_net_resume(struct es_transfer *stream)
{
	curl_easy_pause(stream->easy, CURLPAUSE_CONT);
}

void es_net_close(struct es_net *net, struct es_transfer *stream)
{
	curl_multi_remove_handle(net->loop.multi, stream->easy);
	unlink_running(net, stream);
	curl_easy_cleanup(es_transfer_end(stream));
	es_transfer_free(stream);
	count_streams(net, net->n_streams - 1);
}

static void finish(struct es_net *net, struct es_transfer *transfer, CURLcode code)
{
	struct es_net_result result;
	struct host *host = transfer->host;
	if (es_transfer_again(transfer, code)) {
		curl_multi_remove_handle(net->loop.multi, transfer->easy);
		if (curl_multi_add_handle(net->loop.multi, transfer->easy) == CURLM_OK)
			return;
	}
	es_transfer_result(transfer, code, &result);
	if (transfer->streams) {
		transfer->on_done(transfer->ctx, &result);
		es_net_close(net, transfer);
		return;
	}
	curl_multi_remove_handle(net->loop.multi, transfer->easy);
	unlink_running(net, transfer);
	host->active--;
	make_ready(net, host);
	transfer->on_done(transfer->ctx, &result); /* may ask for more of this host */
	CURL *easy = es_transfer_end(transfer);
	if (transfer->command || net->n_idle == net->max_open)
		curl_easy_cleanup(easy);
	else
		net->idle[net->n_idle++] = easy;
	es_transfer_free(transfer);
	drop_unused(net, host);
}

/* True where a transfer ended. */
static bool finish_all(struct es_net *net)
{
	bool any = false;
	int left;
	for (CURLMsg *message; (message = curl_multi_info_read(net->loop.multi, &left));) {
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode result = message->data.result;
		char *transfer = NULL;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		finish(net, (struct es_transfer *)(void *)transfer, result);
		any = true;
	}
	return any;
}

int es_net_poll(struct es_net *net, int timeout_ms, struct earshot_error *error)
{
	bool ran = false;
	int rc = start_ready(net, error);
	if (rc == EARSHOT_OK)
		rc = es_net_loop_timer(&net->loop, &ran, error);
	if (rc != EARSHOT_OK)
		return rc;
	/* what ended, or came of a stream that was resumed, is news: nothing to wait for */
	if (finish_all(net) || ran)
		timeout_ms = 0;
	/* who waits for a place gets it when another has become slow */
	if (net->ready && timeout_ms > SLOW_MS / 2)
		timeout_ms = SLOW_MS / 2;
	rc = es_net_loop_wait(&net->loop, timeout_ms, error);
	if (rc != EARSHOT_OK)
		return rc;
	finish_all(net);
	return start_ready(net, error);
}

size_t es_net_active(const struct es_net *net)
{
	return net->n_running + net->n_waiting;
}

void es_net_wake(struct es_net *net)
{
	es_net_loop_wake(&net->loop);
}
