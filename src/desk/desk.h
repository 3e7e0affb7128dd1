/* SPDX-License-Identifier: MIT
 *
 * desk.h - the outside header of the room `desk`: the API, live events, pages.
 *
 * Answers from the read model (view) and writes what people decide to the log, in
 * one transaction with a session of its own. API.md beside this file is the
 * contract. May use base, post, bus, http and view.
 *
 * Life: after es_http_new and es_view_new, before es_http_start and es_view_run;
 * free after es_http_free and after es_view_run has returned.
 */
#ifndef ES_DESK_H
#define ES_DESK_H

#include "http/http.h"
#include "view/view.h"

struct es_desk;

struct es_desk_options {
	struct es_bus *bus;
	struct es_view *view;
	struct es_http *http;
	const char *instance; /* stable name of this process */
	const char *user;     /* who decides while there is no login; NULL = "desk" */
	/* Fills `out` with the page of a path ("/", "/app.js"); false = there is
	 * none. NULL = API only. */
	bool (*find_page)(const char *path, struct es_http_file *out);
	struct es_metrics *metrics; /* may be NULL */
};

/* Registers routes, live events and the view's readiness check. CONFIG where the
 * server can be reached from other machines: the desk has no login yet. */
int es_desk_new(struct es_desk **out, const struct es_desk_options *options,
		struct earshot_error *error) EARSHOT_MUST_USE;
void es_desk_free(struct es_desk *desk);

#endif
