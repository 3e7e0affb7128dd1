/* SPDX-License-Identifier: MIT
 *
 * later.c - an answer that another thread gives: the connection sleeps meanwhile.
 *
 *   handler: es_http_later()    suspends; hands it to the other thread
 *   other:   es_http_later_end  says the status, resumes
 *   server:  handle()           is called again by libmicrohttpd, and answers
 */
#include "http/server.h"

#include <stdatomic.h>
#include <stdlib.h>

struct es_http_later {
	struct MHD_Connection *mhd;
	atomic_int status; /* 0 = not yet */
};

struct es_http_later *es_http_later(struct es_http_request *request)
{
	struct es_http_later *later = calloc(1, sizeof(*later));
	if (!later)
		return NULL;
	later->mhd = request->mhd;
	request->later = later;
	MHD_suspend_connection(request->mhd);
	return later;
}

void es_http_later_end(struct es_http_later *later, int status)
{
	struct MHD_Connection *mhd = later->mhd;
	atomic_store(&later->status, status); /* the server may free it from here on */
	MHD_resume_connection(mhd);
}

/* Read by the server's thread alone, which is the handler's, so that it is in time. */
void es_http_later_says(struct es_http_request *request, const char *location, struct es_buf *sorry)
{
	request->sorry = *sorry;
	es_buf_init(sorry, 1);
	request->location = strdup(location);
}

bool es_http_later_wait(struct es_http_request *request)
{
	struct es_buf body;
	int status = atomic_load(&request->later->status);
	if (status == 0)
		return true;
	es_buf_init(&body, 1);
	if (status >= 400 && request->sorry.len)
		es_http_text(request, status, "text/html; charset=utf-8", &request->sorry);
	else if (status < 400 && request->location)
		es_http_see_other(request, request->location);
	else if (status == 422)
		es_http_error(request, status, "not_understood",
			      "the state of the source says more",
			      "it is not what the source takes");
	else if (status >= 400)
		es_http_error(request, status, "unavailable", "send it again", "it was not taken");
	else
		es_http_text(request, status, "text/plain; charset=utf-8", &body);
	return false;
}

void es_http_later_free(struct es_http_later *later)
{
	free(later);
}
