/* SPDX-License-Identifier: MIT
 *
 * window.c - windows of time or of ids: which is asked for, and what comes behind it.
 */
#include <stdio.h>

#include "collect/pages.h"

static int64_t width_of(const struct es_pages *pages, const struct es_connector *connector)
{
	bool narrow = pages->width > 0 && pages->width < connector->width;
	return narrow ? pages->width : connector->width;
}

/* Where the next window begins; false where nobody has said it yet. The first of a round goes back
 * to where something may have come late. */
static bool place_of(const struct es_pages *pages, int64_t *at)
{
	*at = 0;
	for (const char *c = pages->cursor; c && *c; c++) {
		if (*c < '0' || *c > '9' || c - pages->cursor > 17)
			return false;
		*at = *at * 10 + (*c - '0');
	}
	if (!pages->cursor || !*pages->cursor)
		return false;
	if (pages->n == 0 && pages->settled > 0 && pages->settled < *at)
		*at = pages->settled;
	return true;
}

bool es_window_set(struct es_pages *pages, const struct es_connector *connector, int64_t wall)
{
	bool ids = connector->paging == ES_PAGING_ID;
	int64_t width = width_of(pages, connector), at;
	/* the first that is not there yet */
	int64_t stop = (ids ? pages->top + 1 : wall) - connector->lag;
	if (!place_of(pages, &at))
		at = stop > connector->back ? stop - connector->back : 0;
	bool any = at < stop;
	at = any ? at : stop; /* a clock that went back */
	pages->begin = at;
	pages->last = stop - at <= width;
	pages->end = (pages->last ? stop : at + width) - ids;
	if (pages->n == 0 && !ids && stop - connector->overlap > pages->settling)
		pages->settling = stop - connector->overlap;
	return any || !ids;
}

void es_window_end(struct es_pages *pages)
{
	pages->whole |= pages->last;
	pages->n = pages->top = 0;
}

bool es_window_wants_newest(const struct es_pages *pages, const struct es_connector *connector)
{
	return connector->paging == ES_PAGING_ID && pages->top == 0;
}

bool es_window_newest(struct es_pages *pages, struct earshot_str id)
{
	int64_t top = 0;
	for (size_t i = 0; i < id.len; i++) {
		if (id.ptr[i] < '0' || id.ptr[i] > '9' || i == 17)
			return false;
		top = top * 10 + (id.ptr[i] - '0');
	}
	pages->top = top;
	return top > 0;
}

bool es_window_is_full(struct es_pages *pages, const struct es_connector *connector, int64_t items)
{
	int64_t width = width_of(pages, connector);
	if (connector->full == 0 || items < connector->full || width <= connector->least)
		return false;
	pages->width = width / 2 > connector->least ? width / 2 : connector->least;
	return true;
}

int es_window_turn(struct es_pages *pages, const struct es_connector *connector, int64_t items,
		   bool *round_over)
{
	char next[24];
	int64_t width = width_of(pages, connector), at = 0;
	int64_t behind = pages->end + (connector->paging == ES_PAGING_ID);
	bool placed = place_of(pages, &at);
	int n = snprintf(next, sizeof(next), "%lld",
			 (long long)(placed && at > behind ? at : behind));
	if (3 * items < connector->full) /* twice as wide will not be full, either */
		pages->width = 2 * width < connector->width ? 2 * width : 0;
	pages->n++;
	*round_over = pages->last || pages->n >= connector->most;
	if (*round_over) {
		pages->settled = pages->settling;
		es_window_end(pages);
	}
	return es_str_keep(&pages->cursor, es_str(next, (size_t)n));
}
