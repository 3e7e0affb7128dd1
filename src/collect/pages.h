/* SPDX-License-Identifier: MIT
 *
 * pages.h - requests of a connector made ready, and where a source stands with its pages.
 * Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_PAGES_H
#define ES_COLLECT_PAGES_H

#include "collect/collect.h"
#include "net/net.h"

#define ES_CALL_HEADERS  32u          /* of one request */
#define ES_CALL_TEXT_MAX (64u * 1024) /* its address, its headers, its body */

/* A request made ready. */
struct es_call {
	struct es_buf url, body, text; /* text: where the headers lie */
	const char *headers[ES_CALL_HEADERS];
	size_t n_headers;
	bool post;
};

/* The zeroed struct is at the beginning. Texts are owned.
 *
 * Where a round that was cut off goes on: a cursor leads back to where it was. Pages that are
 * counted have moved on meanwhile, so that round begins again, and knows by `read` how much of
 * what it meets is known from before:
 *
 *   newest  [ new ][ read, then cut off ][ not read ][ read by a whole round ]  oldest
 *                    `read` items                      a page of these ends it
 */
struct es_pages {
	char *since;      /* {since}: what the last whole round began with; NULL = none yet */
	char *since_next; /* of the running round, from its first page */
	char *cursor;     /* of the next request, or its whole address (ES_PAGING_LINK); NULL =
			     that begins a round */
	int64_t n;        /* pages of the running round */
	int64_t read;     /* new items since the last whole round, of all rounds */
	int64_t before;   /* of them those of earlier rounds; not in the record */
	int64_t passed;   /* known posts that the running round met; not in the record */
	bool whole;       /* a round was read to its end */
	/* of windows, whose cursor is where the next one begins */
	int64_t width;      /* of it; 0 = the widest */
	int64_t settled;    /* wall ms: nothing comes late before it, or 0; a round begins there */
	int64_t settling;   /* ... so will the next one */
	int64_t top;        /* the newest id, of the running round; 0 = not known; not in the
			       record */
	int64_t begin, end; /* of the window that is asked for; not in the record */
	bool last;          /* it reaches to now, or to the newest id; not in the record */
};
void es_pages_release(struct es_pages *pages);
/* Its pages are counted: {cursor} is a number that goes up. */
bool es_pages_count(const struct es_connector *connector);
/* In the cursor of the source's record, where there is anything to say. Failure is es_buf_ok(). */
void es_pages_encode(struct es_buf *out, const struct es_pages *pages);
/* `raw`: the member "pages" of a cursor, ptr NULL = none; `connector` may be NULL. NOMEM. */
int es_pages_decode(struct es_pages *pages, const struct es_connector *connector,
		    struct es_arena *arena, struct earshot_str raw) EARSHOT_MUST_USE;

/* `login` may be NULL. LIMIT, NOMEM; CONFIG where the address comes to nothing, or a file of a
 * value cannot be read. What was made is released by es_call_release() in any case. */
int es_call_make(struct es_call *call, const struct es_connector_call *form,
		 const struct es_source *source, const struct es_pages *pages, const char *login,
		 struct earshot_error *error) EARSHOT_MUST_USE;
void es_call_release(struct es_call *call);
/* Completes `request` with what a source asks next (the login, where its connector logs in and
 * `login` is NULL) and sends it. As es_call_make() and es_net_get(). */
int es_call_send(struct es_net *net, const struct es_source *source, const struct es_pages *pages,
		 const char *login, struct es_net_request *request,
		 struct earshot_error *error) EARSHOT_MUST_USE;
/* Stars for each secret of the source that stands in `text`: some APIs repeat a key in what they
 * say is wrong with it. */
void es_call_hide(const struct es_source *source, char *text, size_t len);

/* The address of a next page as it is kept: where one of its params is a secret of the source,
 * {NAME} stands in its place, which es_call_make() fills again. LIMIT, NOMEM. */
int es_link_keep(struct es_buf *out, const struct es_source *source,
		 struct earshot_str link) EARSHOT_MUST_USE;

/* ---- window.c: pages that are windows of time or of ids ----
 *
 *   |--- back ---|                                      now, or the newest id
 *   [  width  ][  width  ][ half, for the whole one was full ] ...
 *
 * A window that is full is not taken in: half of it is asked for. What is late by no more than
 * `overlap` was there when a round began, if it lies before that moment less `overlap`; whatever
 * lies behind is read again by the next round:
 *
 *   round 1   |--------------------------------------->|
 *                                |<---- overlap ---->| it began here
 *   round 2                      |------------------------------>|     `settled`: its beginning
 */
static inline bool es_pages_are_windows(const struct es_connector *connector)
{
	return connector->paging == ES_PAGING_TIME || connector->paging == ES_PAGING_ID;
}
/* Before a request: which window is asked for. False where there is nothing new to ask for. */
bool es_window_set(struct es_pages *pages, const struct es_connector *connector, int64_t wall);
/* The round is over without a page. */
void es_window_end(struct es_pages *pages);
/* Does its round begin, so that the newest id has to be asked for first? */
bool es_window_wants_newest(const struct es_pages *pages, const struct es_connector *connector);
/* The newest id, as the answer has it; false where it has none. */
bool es_window_newest(struct es_pages *pages, struct earshot_str id);
/* It had so many items: true = there may be more, and half of it is to be asked for. */
bool es_window_is_full(struct es_pages *pages, const struct es_connector *connector, int64_t items);
/* The window was taken in; *round_over as of es_pages_turn(). NOMEM. */
int es_window_turn(struct es_pages *pages, const struct es_connector *connector, int64_t items,
		   bool *round_over) EARSHOT_MUST_USE;

/* What a page came to, for where to go on. */
struct es_page_outcome {
	int64_t items;                        /* that it had */
	int64_t posts;                        /* of them those that say something */
	int64_t news;                         /* of these new or changed */
	struct earshot_str next, more, since; /* as the answer says; ptr NULL = it does not */
	struct earshot_str link;              /* absolute address of the next request */
};
/* A page was refused or is no page, though the ones before it were: its cursor has expired, or it
 * stays as it is. The round begins again; at its first page, where `refused`, without {since}. A
 * cursor that is kept stays, for what lies behind it was read by nobody. */
void es_pages_fail(struct es_pages *pages, const struct es_connector *connector, bool refused);
/* Moves on; *round_over: the next request begins a round; *gap: it has ended at `most` pages,
 * and what lies behind them and before the last round was not read. NOMEM. */
int es_pages_turn(struct es_pages *pages, const struct es_connector *connector,
		  const struct es_page_outcome *outcome, bool *round_over,
		  bool *gap) EARSHOT_MUST_USE;

#endif
