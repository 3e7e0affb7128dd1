/* SPDX-License-Identifier: MIT
 *
 * transfer.h - one GET: a curl handle, its options, what its headers said.
 * Inside header of the room `net`.
 */
#ifndef ES_NET_TRANSFER_H
#define ES_NET_TRANSFER_H

#include <curl/curl.h>

#include "net/address.h"
#include "net/net.h"

struct es_transfer {
	CURL *easy; /* lent while it runs; NULL while it waits */
	struct curl_slist *headers;
	const struct es_net_allow *allow; /* borrowed from the client */
	void *host;                       /* the client's; NULL: it has no place in the queue */
	struct es_transfer *next, *prev;
	int64_t started; /* monotonic ms */
	bool slow;       /* it has given its place to another */
	bool again;      /* asked a second time, on a connection of its own */
	bool stays;      /* it follows no redirect */
	bool streams;    /* es_net_open() */
	bool websocket;
	void (*on_message)(void *ctx);
	int max_requests; /* 0 = as many as needed */

	es_net_head_fn *on_head;
	es_net_data_fn *on_data;
	es_net_done_fn *on_done;
	void *ctx;
	int64_t max_size;
	char *url;                       /* as asked for */
	char *form;                      /* NULL = GET */
	char *command, *user, *password; /* of mail; command NULL = HTTP */
	bool bare;
	long connect_ms, total_ms, low_speed_bytes, low_speed_s;

	/* what came */
	int64_t size, header_bytes;
	bool head_done, too_large, header_flood, refused, stopped, temporary;
	int redirects;
	int64_t max_age_ms, age_ms;  /* EARSHOT_NONE, 0 */
	int64_t expires_ms, date_ms; /* wall clock; EARSHOT_NONE */
	struct es_buf etag, last_modified, content_type, charset, robots, effective, link;
	bool reserved;
};

/* A handle with what all transfers have in common; NULL where there is no memory. The texts
 * must outlive it; ca_file may be NULL. */
CURL *es_transfer_handle(const char *agent, const char *ca_file);

/* A request that waits, with copies of its texts: NULL where there is no memory. `allow`
 * must outlive it. */
struct es_transfer *es_transfer_new(const struct es_net_request *request,
				    const struct es_net_allow *allow);
void es_transfer_free(struct es_transfer *transfer);
/* Lends it the handle; it is ready for the multi handle. NOMEM. */
int es_transfer_start(struct es_transfer *transfer, CURL *easy) EARSHOT_MUST_USE;
/* Takes the handle back, ready for another transfer. */
CURL *es_transfer_end(struct es_transfer *transfer);
/* The connection was gone before a byte of the body came: an old one, perhaps, that the server
 * had closed meanwhile without saying so. True the first time: it is ready to be asked again, on
 * connections of its own. */
bool es_transfer_again(struct es_transfer *transfer, CURLcode code);
/* Call before the handle leaves the multi handle. */
void es_transfer_result(struct es_transfer *transfer, CURLcode code, struct es_net_result *result);

/* The headers of the answer are there: false where on_head wants no more of it. */
bool es_transfer_headed(struct es_transfer *transfer);
/* A piece of what came: counted, and handed on. Returns len, or 0 to stop. */
size_t es_transfer_piece(struct es_transfer *transfer, char *ptr, size_t len);

/* ---- mail.c: IMAP ---- */

/* Makes the handle, which is new, one for the transfer's command. */
void es_mail_start(struct es_transfer *transfer, CURL *easy);
/* What an error means that HTTP does not know; NULL = nothing of its own. */
const char *es_mail_words(CURLcode code);

/* ---- head.c ---- */

/* A CURLOPT_HEADERFUNCTION with a transfer as its context. */
size_t es_head_line(char *ptr, size_t size, size_t n, void *ctx);
/* What an earlier answer said is forgotten. */
void es_head_forget(struct es_transfer *transfer);
/* ms for which the answer stays the same, as it says; EARSHOT_NONE. */
int64_t es_head_fresh(const struct es_transfer *transfer);

#endif
