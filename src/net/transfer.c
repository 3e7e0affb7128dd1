/* SPDX-License-Identifier: MIT */
#include "net/transfer.h"

#include <stdlib.h>
#include <strings.h>

#define ACCEPT \
	"application/atom+xml, application/rss+xml, application/feed+json, " \
	"application/xml;q=0.9, " \
	"text/xml;q=0.9, application/json;q=0.8, */*;q=0.5"

#define STREAM_BUFFER 65536L /* bytes read of a stream at once */

const char *es_net_outcome_name(enum es_net_outcome outcome)
{
	static const char *const names[] = {
#define X(name, text) text,
		ES_NET_OUTCOMES(X)
#undef X
	};
	return (size_t)outcome < ES_COUNT(names) ? names[outcome] : "unknown";
}

bool es_net_has_websocket(const char **version)
{
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
	*version = info->version;
	if (info->version_num < CURL_VERSION_BITS(8, 11, 0))
		return false;
	for (const char *const *name = info->protocols; *name; name++)
		if (strcmp(*name, "wss") == 0)
			return true;
	return false;
}

void es_net_url_safe(struct es_buf *out, const char *ptr, size_t len)
{
	/* authority = what stands between "//" and the next "/", "?" or "#" */
	size_t from = 0;
	for (size_t i = 0; i + 1 < len && i < 32; i++) {
		if (ptr[i] == '/' && ptr[i + 1] == '/') {
			from = i + 2;
			break;
		}
	}
	size_t end = from, at = from;
	while (end < len && ptr[end] != '/' && ptr[end] != '?' && ptr[end] != '#')
		end++;
	for (size_t i = from; from && i < end; i++)
		if (ptr[i] == '@')
			at = i + 1;
	es_buf_add(out, ptr, from);
	es_buf_add(out, ptr + at, len - at);
}

/* ---- what curl calls ---- */

/* What is known of the answer so far. */
static void fill_head(struct es_transfer *transfer, struct es_net_result *result)
{
	long status = 0, redirects = 0;
	curl_off_t retry = 0;
	char *url = NULL;
	*result = (struct es_net_result){ .fresh_ms = es_head_fresh(transfer),
					  .retry_after_ms = EARSHOT_NONE,
					  .size = transfer->size,
					  .took_ms = es_monotonic_ms() - transfer->started };
	curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(transfer->easy, CURLINFO_REDIRECT_COUNT, &redirects);
	curl_easy_getinfo(transfer->easy, CURLINFO_RETRY_AFTER, &retry);
	curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
	result->status = (int)status;
	result->redirects = (int)redirects;
	result->permanent = redirects > 0 && !transfer->temporary;
	result->reserved = transfer->reserved;
	if (retry > 0)
		result->retry_after_ms = retry * ES_SECOND;
	es_buf_clear(&transfer->effective);
	if (url)
		es_net_url_safe(&transfer->effective, url, strlen(url));
	const struct {
		struct earshot_str *to;
		const struct es_buf *from;
	} views[] = {
		{ &result->url, &transfer->effective },
		{ &result->etag, &transfer->etag },
		{ &result->last_modified, &transfer->last_modified },
		{ &result->content_type, &transfer->content_type },
		{ &result->charset, &transfer->charset },
		{ &result->link, &transfer->link },
		{ &result->robots, &transfer->robots },
	};
	for (size_t i = 0; i < ES_COUNT(views); i++)
		if (views[i].from->len)
			*views[i].to = es_buf_view(views[i].from);
}

bool es_transfer_headed(struct es_transfer *transfer)
{
	struct es_net_result head;
	if (!transfer->head_done && transfer->on_head) {
		fill_head(transfer, &head);
		transfer->stopped = transfer->on_head(transfer->ctx, &head) != 0;
	}
	transfer->head_done = true;
	return !transfer->stopped;
}

/* Is this the last piece of the last frame of a message? */
static bool ends_message(CURL *easy)
{
	const struct curl_ws_frame *frame = curl_ws_meta(easy);
	return frame && frame->bytesleft == 0 && !(frame->flags & CURLWS_CONT);
}

size_t es_transfer_piece(struct es_transfer *transfer, char *ptr, size_t len)
{
	/* counted here, behind the decoder: MAXFILESIZE sees neither chunked
	 * bodies nor what a compressed one becomes */
	transfer->size += (int64_t)len;
	if (transfer->size > transfer->max_size) {
		transfer->too_large = true;
		return 0;
	}
	if (!es_transfer_headed(transfer))
		return 0;
	int rc = transfer->on_data && len > 0 ? transfer->on_data(transfer->ctx, ptr, len) : 0;
	if (rc == ES_NET_WAIT && transfer->streams) {
		transfer->size -= (int64_t)len; /* it comes once more */
		return CURL_WRITEFUNC_PAUSE;
	}
	transfer->stopped = rc != 0;
	if (rc == 0 && transfer->websocket && ends_message(transfer->easy))
		transfer->on_message(transfer->ctx);
	return rc == 0 ? len : 0;
}

static size_t on_write(char *ptr, size_t size, size_t n, void *ctx)
{
	return es_transfer_piece(ctx, ptr, size * n);
}

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct es_transfer *transfer = ctx;
	char *url = NULL, *host = NULL;
	if (purpose != CURLSOCKTYPE_IPCXN)
		return CURL_SOCKET_BAD;
	/* the effective URL, because a redirect may have led to another host */
	CURLU *handle = transfer->allow->n ? curl_url() : NULL;
	curl_easy_getinfo(transfer->easy, CURLINFO_EFFECTIVE_URL, &url);
	if (handle && url && curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK &&
	    curl_url_get(handle, CURLUPART_HOST, &host, 0) != CURLUE_OK)
		host = NULL;
	bool may = es_net_may_reach(transfer->allow, &address->addr, address->addrlen, host);
	curl_free(host);
	curl_url_cleanup(handle);
	if (!may) {
		transfer->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- life ---- */

CURL *es_transfer_handle(const char *agent, const char *ca_file)
{
	CURL *easy = curl_easy_init();
	if (!easy)
		return NULL;
	curl_easy_setopt(easy, CURLOPT_USERAGENT, agent);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_UNRESTRICTED_AUTH, 0L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* looked up for every connection; and curl goes through all that it keeps of names
	 * whenever a transfer ends */
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
	if (ca_file) { /* the folder of the system stays: both are trusted */
		const char *path = curl_version_info(CURLVERSION_NOW)->capath;
		curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
		curl_easy_setopt(easy, CURLOPT_CAPATH, path ? path : "/etc/ssl/certs");
	}
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, es_head_line);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
	return easy;
}

void es_transfer_free(struct es_transfer *transfer)
{
	if (!transfer)
		return;
	curl_slist_free_all(transfer->headers);
	free(transfer->url);
	free(transfer->form);
	free(transfer->command);
	free(transfer->user);
	free(transfer->password);
	es_buf_release(&transfer->etag);
	es_buf_release(&transfer->link);
	es_buf_release(&transfer->last_modified);
	es_buf_release(&transfer->content_type);
	es_buf_release(&transfer->charset);
	es_buf_release(&transfer->robots);
	es_buf_release(&transfer->effective);
	free(transfer);
}

/* False where there is no memory. A value with a line break is left out: it
 * would become another header. */
static bool add_header(struct es_transfer *transfer, const char *name, const char *value)
{
	char line[ES_NET_VALIDATOR_MAX + 64];
	if (!value || !*value || strpbrk(value, "\r\n"))
		return true;
	if ((size_t)snprintf(line, sizeof(line), "%s: %s", name, value) >= sizeof(line))
		return true;
	struct curl_slist *list = curl_slist_append(transfer->headers, line);
	if (list)
		transfer->headers = list;
	return list != NULL;
}

/* Those of the caller; Accept where he has none. */
static bool add_headers(struct es_transfer *transfer, const struct es_net_request *request)
{
	const char *accept = request->accept ? request->accept : ACCEPT;
	for (size_t i = 0; i < request->n_headers; i++) {
		struct curl_slist *list = curl_slist_append(transfer->headers, request->headers[i]);
		if (!list)
			return false;
		transfer->headers = list;
		if (strncasecmp(request->headers[i], "Accept:", 7) == 0)
			accept = NULL;
	}
	transfer->stays = request->n_headers > 0;
	return add_header(transfer, "Accept", accept) &&
	       add_header(transfer, "If-None-Match", request->etag) &&
	       add_header(transfer, "If-Modified-Since", request->last_modified);
}

static long or_default(int value, long otherwise)
{
	return value > 0 ? value : otherwise;
}

struct es_transfer *es_transfer_new(const struct es_net_request *request,
				    const struct es_net_allow *allow)
{
	struct es_transfer *transfer = calloc(1, sizeof(*transfer));
	if (!transfer)
		return NULL;
	transfer->allow = allow;
	es_buf_init(&transfer->etag, ES_NET_VALIDATOR_MAX);
	es_buf_init(&transfer->last_modified, ES_NET_VALIDATOR_MAX);
	es_buf_init(&transfer->content_type, ES_NET_VALIDATOR_MAX);
	es_buf_init(&transfer->charset, ES_NET_VALIDATOR_MAX);
	es_buf_init(&transfer->robots, ES_NET_VALIDATOR_MAX);
	es_buf_init(&transfer->effective, 64 * 1024);
	es_buf_init(&transfer->link, ES_NET_LINK_MAX);
	es_head_forget(transfer);
	transfer->url = strdup(request->url);
	if (request->form)
		transfer->form = strdup(request->form);
	if (request->command) {
		transfer->command = strdup(request->command);
		transfer->user = strdup(request->user);
		transfer->password = strdup(request->password);
		transfer->bare = request->bare;
	}
	if (!transfer->url || (request->form && !transfer->form) ||
	    (request->command && (!transfer->command || !transfer->user || !transfer->password)) ||
	    !add_headers(transfer, request)) {
		es_transfer_free(transfer);
		return NULL;
	}
	transfer->connect_ms = or_default(request->connect_ms, 15000);
	transfer->total_ms = or_default(request->total_ms, 120000);
	transfer->low_speed_bytes = or_default(request->low_speed_bytes, 200);
	transfer->low_speed_s = or_default(request->low_speed_s, 20);
	transfer->max_requests = request->max_requests;
	transfer->websocket = request->websocket;
	transfer->on_message = request->on_message;
	transfer->on_head = request->on_head;
	transfer->on_data = request->on_data;
	transfer->on_done = request->on_done;
	transfer->ctx = request->ctx;
	transfer->max_size = request->max_size > 0 ? request->max_size : ES_LIMIT_FEED;
	return transfer;
}

int es_transfer_start(struct es_transfer *transfer, CURL *easy)
{
	transfer->easy = easy;
	transfer->started = es_monotonic_ms();
	if (curl_easy_setopt(easy, CURLOPT_URL, transfer->url) != CURLE_OK)
		return EARSHOT_NOMEM;
	int redirects = ES_NET_REDIRECTS_MAX;
	if (transfer->max_requests > 0 && transfer->max_requests <= redirects)
		redirects = transfer->max_requests - 1;
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)redirects);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, transfer->stays ? 0L : 1L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 0L);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 0L);
	/* over TLS the second to a host waits until it is known whether both fit on one connection
	 * (HTTP/2); without TLS they never do, and nothing is waited for */
	bool tls = strncasecmp(transfer->url, "https:", 6) == 0;
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, tls ? 1L : 0L);
	/* a handle is lent again and again: each says which of both it is */
	if (transfer->command) {
		es_mail_start(transfer, easy);
	} else if (transfer->form) {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)strlen(transfer->form));
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, transfer->form);
	} else {
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
	}
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, transfer->connect_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, transfer->total_ms);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, transfer->low_speed_bytes);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, transfer->low_speed_s);
	if (transfer->streams) { /* its handle is lent once */
		transfer->again = true;
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
		curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
		curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, NULL);
		curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, STREAM_BUFFER);
		curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 0L);
		curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, 0L);
		if (transfer->websocket)
			curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "ws,wss");
	}
	curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
	return EARSHOT_OK;
}

bool es_transfer_again(struct es_transfer *transfer, CURLcode code)
{
	bool gone =
		code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR;
	if (!gone || transfer->again || transfer->max_requests > 0 || transfer->head_done ||
	    transfer->header_flood)
		return false;
	transfer->again = true;
	transfer->temporary = false;
	transfer->header_bytes = 0;
	es_head_forget(transfer);
	curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 1L); /* after a redirect, too */
	return true;
}

CURL *es_transfer_end(struct es_transfer *transfer)
{
	CURL *easy = transfer->easy;
	transfer->easy = NULL;
	if (easy) { /* else it points to what is freed */
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, NULL);
	}
	return easy;
}

/* ---- what it came to ---- */

static enum es_net_outcome outcome_of(const struct es_transfer *transfer, CURLcode code,
				      bool answered)
{
	if (transfer->too_large)
		return ES_NET_TOO_LARGE;
	if (transfer->stopped)
		return ES_NET_STOPPED;
	switch (code) {
	case CURLE_OK:
		return ES_NET_OK;
	case CURLE_URL_MALFORMAT:
		return answered ? ES_NET_REDIRECTS : ES_NET_URL;
	case CURLE_UNSUPPORTED_PROTOCOL: /* a redirect; or HTTP/0.9, as curl calls any rubbish */
		return answered ? ES_NET_REDIRECTS : ES_NET_BROKEN;
	case CURLE_TOO_MANY_REDIRECTS:
		return ES_NET_REDIRECTS;
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return ES_NET_DNS;
	case CURLE_COULDNT_CONNECT:
		return transfer->refused ? ES_NET_PRIVATE : ES_NET_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return ES_NET_TIMEOUT;
	case CURLE_OUT_OF_MEMORY: /* so says libcurl of a header without an end, too */
		return answered && !transfer->head_done ? ES_NET_BROKEN : ES_NET_NOMEM;
	case CURLE_LOGIN_DENIED:
	case CURLE_REMOTE_ACCESS_DENIED:
	case CURLE_REMOTE_FILE_NOT_FOUND:
	case CURLE_QUOTE_ERROR:
		return ES_NET_DENIED;
	case CURLE_USE_SSL_FAILED:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_PEER_FAILED_VERIFICATION:
		return ES_NET_TLS;
	default:
		return ES_NET_BROKEN;
	}
}

/* The codes of OpenSSL (verify(1)), which libcurl hands on. */
static const char *words_of_tls(const struct es_transfer *transfer, CURLcode code)
{
	long verify = 0;
	curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT, &verify);
	if (code == CURLE_USE_SSL_FAILED)
		return "the mail server offers no secure connection; imaps:// may be another port";
	if (code != CURLE_PEER_FAILED_VERIFICATION)
		return "no secure connection: the handshake fails";
	switch (verify) {
	case 1:  /* as libcurl leaves it where its own look at the name fails */
	case 62: /* host name mismatch */
	case 64: /* IP address mismatch */
		return "no secure connection: the certificate is for another name";
	case 9: /* not yet valid */
		return "no secure connection: the certificate is not valid yet";
	case 10: /* has expired */
		return "no secure connection: the certificate has expired";
	case 18: /* self-signed */
	case 19: /* self-signed in chain */
	case 20: /* no issuer's certificate */
	case 21:
		return "no secure connection: nobody who is trusted has signed the certificate";
	default:
		return "no secure connection: the certificate is not accepted";
	}
}

static const char *words_of(const struct es_transfer *transfer, enum es_net_outcome outcome,
			    CURLcode code)
{
	switch (outcome) {
	case ES_NET_URL:
		return "this is no http or https address";
	case ES_NET_DNS:
		return "the name of the host has no address";
	case ES_NET_CONNECT:
		return "the host refuses the connection or cannot be reached";
	case ES_NET_TLS:
		return words_of_tls(transfer, code);
	case ES_NET_TIMEOUT:
		return "no answer in time, or too slow";
	case ES_NET_TOO_LARGE:
		return "the document is larger than the limit";
	case ES_NET_PRIVATE:
		return "the address is private; allow_private does not name it";
	case ES_NET_REDIRECTS:
		return "too many redirects, or one to something that is not http";
	case ES_NET_DENIED:
		return es_mail_words(code);
	case ES_NET_BROKEN:
		if (transfer->command)
			return "the answer is no proper IMAP, or the connection broke";
		if (transfer->header_flood || code == CURLE_OUT_OF_MEMORY)
			return "the answer has too many headers";
		if (code == CURLE_PARTIAL_FILE)
			return "the answer was cut short";
		/* our own write callback is told apart before: the decoder's */
		if (code == CURLE_BAD_CONTENT_ENCODING || code == CURLE_WRITE_ERROR)
			return "the compressed answer cannot be read";
		return "the answer is no proper HTTP, or the connection broke";
	case ES_NET_STOPPED:
		return "stopped";
	case ES_NET_NOMEM:
		return "out of memory";
	case ES_NET_OK:
		break;
	}
	return "";
}

void es_transfer_result(struct es_transfer *transfer, CURLcode code, struct es_net_result *result)
{
	fill_head(transfer, result);
	result->outcome = outcome_of(transfer, code, result->status != 0);
	/* curl's own words may hold the URL with a password: ours never do */
	snprintf(result->text, sizeof(result->text), "%s",
		 words_of(transfer, result->outcome, code));
}
