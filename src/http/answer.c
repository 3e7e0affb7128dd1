/* SPDX-License-Identifier: MIT */
#include "http/server.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Pages take nothing from elsewhere, run nothing inline, sit in nobody's frame. */
static const char csp[] = "default-src 'self'; base-uri 'none'; form-action 'self'; "
			  "frame-ancestors 'none'; object-src 'none'";

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	/* fails only without memory; the answer goes out all the same */
	(void)MHD_add_response_header(response, name, value);
}

static void add_own_headers(struct MHD_Response *response)
{
	add_header(response, "Content-Security-Policy", csp);
	add_header(response, "X-Frame-Options", "DENY");
	add_header(response, "Referrer-Policy", "no-referrer");
	add_header(response, "Cross-Origin-Resource-Policy", "same-origin");
}

/* With `no-referrer` browsers would say `Origin: null` when the form is sent. */
static void add_page_headers(const struct es_http_request *request, struct MHD_Response *response)
{
	static const char takes[] = "default-src 'none'; style-src 'self'; base-uri 'none'; "
				    "form-action 'self'; frame-ancestors ";
	struct es_buf policy;
	es_buf_init(&policy, ES_HTTP_HEADER_MAX);
	es_buf_puts(&policy, takes);
	es_buf_puts(&policy, request->frames ? request->frames : "'none'");
	add_header(response, "Content-Security-Policy",
		   es_buf_ok(&policy) ? policy.ptr : "default-src 'none'");
	es_buf_release(&policy);
	if (!request->frames)
		add_header(response, "X-Frame-Options", "DENY");
	add_header(response, "Referrer-Policy", "same-origin");
	add_header(response, "Cross-Origin-Resource-Policy",
		   request->frames ? "cross-origin" : "same-origin");
}

void es_http_as_page(struct es_http_request *request, const char *frames)
{
	request->page = true;
	request->frames = frames;
}

void es_http_queue(struct es_http_request *request, int status, struct MHD_Response *response)
{
	if (!response || request->answered) {
		if (response)
			MHD_destroy_response(response);
		return;
	}
	char labels[32];
	snprintf(labels, sizeof(labels), "status=\"%d\"", status);
	atomic_fetch_add(es_metric(request->server->metrics, ES_METRIC_COUNTER,
				   "earshot_http_requests_total", "Requests answered.", labels),
			 1);
	es_histogram_add(request->server->spent, es_monotonic_us() - request->since, 1);
	add_header(response, "X-Content-Type-Options", "nosniff");
	if (request->page)
		add_page_headers(request, response);
	else
		add_own_headers(response);
	request->answered = true;
	request->result = MHD_queue_response(request->mhd, (unsigned)status, response);
	MHD_destroy_response(response);
}

void es_http_text(struct es_http_request *request, int status, const char *type,
		  struct es_buf *body)
{
	if (!es_buf_ok(body)) {
		es_buf_release(body);
		es_http_error(request, 500, "internal", "ask for less", "the answer does not fit");
		return;
	}
	size_t len = body->len;
	char *ptr = es_buf_take(body);
	struct MHD_Response *response =
		ptr ? MHD_create_response_from_buffer(len, ptr, MHD_RESPMEM_MUST_FREE)
		    : MHD_create_response_from_buffer(0, (void *)(uintptr_t) "",
						      MHD_RESPMEM_PERSISTENT);
	if (!response) {
		free(ptr);
		return;
	}
	add_header(response, "Content-Type", type);
	add_header(response, "Cache-Control", "no-store");
	es_http_queue(request, status, response);
}

void es_http_see_other(struct es_http_request *request, const char *location)
{
	struct MHD_Response *response =
		MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
	if (!response)
		return;
	add_header(response, "Location", location);
	add_header(response, "Cache-Control", "no-store");
	es_http_queue(request, 303, response);
}

void es_http_json(struct es_http_request *request, int status, struct es_buf *body)
{
	es_http_text(request, status, "application/json", body);
}

void es_http_error(struct es_http_request *request, int status, const char *code, const char *hint,
		   const char *format, ...)
{
	char message[EARSHOT_ERROR_TEXT];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	struct es_buf body;
	es_buf_init(&body, 16 * 1024);
	es_buf_printf(&body, "{\"error\":\"%s\",\"message\":", code);
	es_buf_json_str(&body, message, strlen(message));
	if (hint && *hint) {
		es_buf_puts(&body, ",\"hint\":");
		es_buf_json_str(&body, hint, strlen(hint));
	}
	es_buf_puts(&body, "}\n");
	if (es_buf_ok(&body))
		es_http_json(request, status, &body);
	else
		es_buf_release(&body);
}

void es_http_fail(struct es_http_request *request, const struct earshot_error *error)
{
	switch (error->code) {
	case EARSHOT_DATA:
	case EARSHOT_QUERY:
	case EARSHOT_LIMIT:
	case EARSHOT_USAGE:
		if (*error->file)
			es_http_error(request, 400, "bad_parameter", error->hint, "%s: %s",
				      error->file, error->text);
		else
			es_http_error(request, 400, "bad_parameter", error->hint, "%s",
				      error->text);
		return;
	case EARSHOT_NOTFOUND:
		es_http_error(request, 404, "not_found", error->hint, "%s", error->text);
		return;
	case EARSHOT_REFUSED:
		es_http_error(request, 403, "refused", error->hint, "%s", error->text);
		return;
	case EARSHOT_BUSY:
	case EARSHOT_UNAVAILABLE:
	case EARSHOT_FENCED:
	case EARSHOT_FULL:
		es_log_error(ES_WARN, "http.unavailable", error);
		es_http_error(request, 503, "unavailable", error->hint, "%s", error->text);
		return;
	default:
		es_log_error(ES_ERROR, "http.failed", error);
		es_http_error(request, 500, "internal", "the log of earshot says more",
			      "this request could not be answered");
	}
}

static bool has_etag(struct earshot_str header, const char *etag)
{
	return es_str_is(header, "*") ||
	       (header.ptr && memmem(header.ptr, header.len, etag, strlen(etag)));
}

void es_http_file(struct es_http_request *request, const struct es_http_file *file)
{
	char etag[96];
	if (file->etag)
		snprintf(etag, sizeof(etag), "\"%s\"", file->etag);
	else
		snprintf(etag, sizeof(etag), "\"%016llx\"",
			 (unsigned long long)es_fnv1a(ES_FNV_START, file->ptr, file->len));
	bool same = has_etag(es_http_header(request, "If-None-Match"), etag);
	struct MHD_Response *response = MHD_create_response_from_buffer(
		same ? 0 : file->len, (void *)(uintptr_t)file->ptr, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return;
	add_header(response, "ETag", etag);
	add_header(response, "Cache-Control",
		   file->immutable ? "public, max-age=31536000, immutable" : "no-cache");
	if (!same)
		add_header(response, "Content-Type", file->type);
	es_http_queue(request, same ? 304 : 200, response);
}
