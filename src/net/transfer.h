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
	CURL *easy;
	struct curl_slist *headers;
	const struct es_net_allow *allow; /* borrowed from the client */
	void *host;                       /* the client's */
	struct es_transfer *next, *prev;
	int64_t started; /* monotonic ms */

	es_net_head_fn *on_head;
	es_net_data_fn *on_data;
	es_net_done_fn *on_done;
	void *ctx;
	int64_t max_size;
	char *url; /* as asked for */

	/* what came */
	int64_t size, header_bytes;
	bool head_done, too_large, header_flood, refused, stopped, temporary;
	int redirects;
	int64_t max_age_ms, age_ms;  /* EARSHOT_NONE, 0 */
	int64_t expires_ms, date_ms; /* wall clock; EARSHOT_NONE */
	struct es_buf etag, last_modified, content_type, charset, effective;
	char message[CURL_ERROR_SIZE];
};

/* NULL where there is no memory. What is given must outlive it; ca_file may be NULL. */
struct es_transfer *es_transfer_new(const char *agent, const struct es_net_allow *allow,
				    const char *ca_file);
void es_transfer_free(struct es_transfer *transfer);
/* Ready for a request; 0 or NOMEM. */
int es_transfer_set(struct es_transfer *transfer, const struct es_net_request *request);
void es_transfer_clear(struct es_transfer *transfer);
/* Call before the handle leaves the multi handle. */
void es_transfer_result(struct es_transfer *transfer, CURLcode code, struct es_net_result *result);

#endif
