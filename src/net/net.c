/* SPDX-License-Identifier: MIT
 *
 * net.c - the queue of requests and the curl multi handle behind it.
 *
 *   struct host --- waiting requests (first in, first out), how many are active
 *       |
 *   ready list: hosts that have a request waiting and are below per_host
 *
 * The queue is ours and not curl's, because a request that waits inside curl
 * already spends its total time.
 */
#include "net/net.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/address.h"
#include "net/transfer.h"

#define TOTAL_DEFAULT    256
#define PER_HOST_DEFAULT 2

struct host {
	struct earshot_str name; /* with port, lower case; owned */
	struct es_transfer *first, **last;
	int active;
	bool ready;
	struct host *next; /* in the ready list */
};

struct es_net {
	CURLM *multi;
	struct es_net_allow allow;
	struct es_map hosts;
	struct host *ready, **ready_last;
	struct es_transfer *idle;    /* kept with their curl handle for the next request */
	struct es_transfer *running; /* doubly linked */
	size_t n_running, n_waiting, max_total;
	int max_per_host;
	char *agent, *ca_file;
	bool global;
};

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
	net->max_total = (size_t)(options->max_total > 0 ? options->max_total : TOTAL_DEFAULT);
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
	net->multi = net->global ? curl_multi_init() : NULL;
	if (!net->multi) {
		es_err_nomem(error);
		goto out;
	}
	curl_multi_setopt(net->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)net->max_per_host);
	curl_multi_setopt(net->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)net->max_total);
	curl_multi_setopt(net->multi, CURLMOPT_MAXCONNECTS, (long)net->max_total);
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
		curl_multi_remove_handle(net->multi, transfer->easy);
		es_transfer_free(transfer);
	}
	for (struct es_transfer *transfer = net->idle, *next; transfer; transfer = next) {
		next = transfer->next;
		es_transfer_free(transfer);
	}
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
	if (net->multi)
		curl_multi_cleanup(net->multi);
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

/* "host:port" of an http or https URL, in lower case; the caller frees it. */
static int host_of(const char *url, char **out, struct earshot_error *error)
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
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)) {
		es_err(error, EARSHOT_DATA, "this is no http or https address");
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

int es_net_get(struct es_net *net, const struct es_net_request *request,
	       struct earshot_error *error)
{
	char *name = NULL;
	struct es_transfer *transfer = NULL;
	int rc = host_of(request->url, &name, error);
	if (rc != EARSHOT_OK)
		return rc;
	struct host *host = find_host(net, name);
	free(name);
	if (!host)
		return es_err_nomem(error);
	transfer = net->idle;
	if (transfer)
		net->idle = transfer->next;
	else
		transfer = es_transfer_new(net->agent, &net->allow, net->ca_file);
	if (!transfer || es_transfer_set(transfer, request) != EARSHOT_OK) {
		es_transfer_free(transfer);
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

static int start_ready(struct es_net *net, struct earshot_error *error)
{
	while (net->ready && net->n_running < net->max_total) {
		struct host *host = net->ready;
		net->ready = host->next;
		if (!net->ready)
			net->ready_last = &net->ready;
		host->ready = false;
		struct es_transfer *transfer = host->first;
		host->first = transfer->next;
		if (!host->first)
			host->last = &host->first;
		net->n_waiting--;
		host->active++;
		transfer->prev = NULL;
		transfer->next = net->running;
		if (net->running)
			net->running->prev = transfer;
		net->running = transfer;
		net->n_running++;
		transfer->started = es_monotonic_ms();
		CURLMcode code = curl_multi_add_handle(net->multi, transfer->easy);
		if (code != CURLM_OK)
			return es_err(error, EARSHOT_INTERNAL, "curl: %s",
				      curl_multi_strerror(code));
		make_ready(net, host);
	}
	return EARSHOT_OK;
}

static void finish(struct es_net *net, struct es_transfer *transfer, CURLcode code)
{
	struct es_net_result result;
	es_transfer_result(transfer, code, &result);
	curl_multi_remove_handle(net->multi, transfer->easy);
	if (transfer->prev)
		transfer->prev->next = transfer->next;
	else
		net->running = transfer->next;
	if (transfer->next)
		transfer->next->prev = transfer->prev;
	net->n_running--;
	struct host *host = transfer->host;
	host->active--;
	make_ready(net, host);
	transfer->on_done(transfer->ctx, &result); /* may ask for more of this host */
	if (host->active == 0 && !host->first && !host->ready) {
		es_map_remove(&net->hosts, host->name.ptr, host->name.len);
		free_host(host);
	}
	es_transfer_clear(transfer);
	transfer->next = net->idle;
	net->idle = transfer;
}

int es_net_poll(struct es_net *net, int timeout_ms, struct earshot_error *error)
{
	int running, left;
	CURLMcode code;
	int rc = start_ready(net, error);
	if (rc != EARSHOT_OK)
		return rc;
	code = curl_multi_perform(net->multi, &running);
	/* something may have ended at once: then there is nothing to wait for */
	if (code == CURLM_OK && (size_t)running == net->n_running)
		code = curl_multi_poll(net->multi, NULL, 0, timeout_ms, NULL);
	if (code == CURLM_OK)
		code = curl_multi_perform(net->multi, &running);
	if (code != CURLM_OK)
		return es_err(error, EARSHOT_INTERNAL, "curl: %s", curl_multi_strerror(code));
	for (CURLMsg *message; (message = curl_multi_info_read(net->multi, &left));) {
		if (message->msg != CURLMSG_DONE)
			continue;
		CURLcode result = message->data.result;
		char *transfer = NULL;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
		finish(net, (struct es_transfer *)(void *)transfer, result);
	}
	return start_ready(net, error);
}

size_t es_net_active(const struct es_net *net)
{
	return net->n_running + net->n_waiting;
}

void es_net_wake(struct es_net *net)
{
	curl_multi_wakeup(net->multi);
}
