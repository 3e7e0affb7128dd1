/* SPDX-License-Identifier: MIT
 *
 * pages.c - from a page to the next one.
 */
#include "collect/pages.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/members.h"

bool es_pages_count(const struct es_connector *connector)
{
	return connector->paging == ES_PAGING_PAGE || connector->paging == ES_PAGING_OFFSET;
}

void es_pages_release(struct es_pages *pages)
{
	free(pages->since);
	free(pages->since_next);
	free(pages->cursor);
	*pages = (struct es_pages){ 0 };
}

/* The number of the next page, as text. */
static struct earshot_str counted(const struct es_pages *pages,
				  const struct es_connector *connector, char room[24])
{
	int64_t at = connector->first + pages->n * connector->step;
	return es_str(room, (size_t)snprintf(room, 24, "%lld", (long long)at));
}

/* What was read of the running round is met again. */
static void begin_again(struct es_pages *pages)
{
	free(pages->cursor);
	free(pages->since_next);
	pages->cursor = pages->since_next = NULL;
	pages->n = pages->passed = 0;
	pages->before = pages->read;
}

void es_pages_fail(struct es_pages *pages, const struct es_connector *connector, bool refused)
{
	if (connector->keeps || es_pages_are_windows(connector))
		return;
	if (pages->n > 0) {
		begin_again(pages);
	} else if (refused) {
		free(pages->since);
		pages->since = NULL;
	}
}

int es_pages_turn(struct es_pages *pages, const struct es_connector *connector,
		  const struct es_page_outcome *outcome, bool *round_over, bool *gap)
{
	char room[24];
	struct earshot_str next = { NULL, 0 };
	int rc = EARSHOT_OK;
	*gap = false;
	if (es_pages_are_windows(connector))
		return es_window_turn(pages, connector, outcome->items, round_over);
	if (pages->n++ == 0)
		rc = es_str_keep(&pages->since_next, outcome->since);
	if (es_pages_count(connector))
		next = counted(pages, connector, room);
	else if (connector->paging == ES_PAGING_CURSOR)
		next = outcome->next;
	else if (connector->paging == ES_PAGING_LINK)
		next = outcome->link;
	bool same = pages->cursor && es_str_is(next, pages->cursor);
	bool more = !outcome->more.ptr ||
		    (!es_str_is(outcome->more, "false") && !es_str_is(outcome->more, "0"));
	/* behind a page without news all is known; not where the cursor leads on through time, and
	 * not where it holds nothing that could be known */
	pages->read += outcome->news;
	pages->passed += outcome->posts - outcome->news;
	bool known = outcome->news == 0 && pages->passed > pages->before && !connector->keeps;
	/* nor where it may be known by a stream, which began behind what is looked for */
	known = known && !connector->streams;
	bool end = !next.len || same || !more || known || outcome->items == 0;
	*round_over = end || pages->n >= connector->most;
	/* the first round goes back as far as it is told to */
	*gap = *round_over && !end && pages->whole && !connector->keeps;
	if (rc == EARSHOT_OK && (!*round_over || connector->keeps))
		rc = next.len ? es_str_keep(&pages->cursor, next) : EARSHOT_OK;
	if (rc != EARSHOT_OK || !*round_over)
		return rc;
	pages->n = pages->read = pages->before = pages->passed = 0;
	pages->whole = true;
	if (!connector->keeps)
		rc = es_str_keep(&pages->cursor, (struct earshot_str){ NULL, 0 });
	if (rc == EARSHOT_OK && pages->since_next) {
		free(pages->since);
		pages->since = pages->since_next;
		pages->since_next = NULL;
	}
	return rc;
}

/* ---- in the record of the source ---- */

void es_pages_encode(struct es_buf *out, const struct es_pages *pages)
{
	if (!pages->since && !pages->cursor && !pages->whole && !pages->n && !pages->read)
		return;
	es_buf_printf(out, ",\"pages\":{\"n\":%lld,\"read\":%lld,\"whole\":%s", (long long)pages->n,
		      (long long)pages->read, pages->whole ? "true" : "false");
	if (pages->width > 0)
		es_member_put_int(out, "width", pages->width);
	/* of a round that is cut off the beginning is behind it */
	int64_t settled = pages->n > 0 ? pages->settling : pages->settled;
	if (settled > 0)
		es_member_put_time(out, "settled", settled);
	es_member_put_text(out, "since", pages->since);
	es_member_put_text(out, "since_next", pages->since_next);
	es_member_put_text(out, "cursor", pages->cursor);
	es_buf_putc(out, '}');
}

int es_pages_decode(struct es_pages *pages, const struct es_connector *connector,
		    struct es_arena *arena, struct earshot_str raw)
{
	const struct es_members object = { arena, raw };
	es_pages_release(pages);
	if (!raw.ptr || !connector)
		return EARSHOT_OK;
	pages->n = es_member_int(&object, "n");
	pages->read = es_member_int(&object, "read");
	pages->whole = es_member_is_true(&object, "whole");
	pages->width = es_member_int(&object, "width");
	int64_t settled = es_member_time(&object, "settled");
	pages->settled = pages->settling = settled == EARSHOT_NONE ? 0 : settled;
	int rc = es_str_keep(&pages->since, es_member_text(&object, "since"));
	if (rc == EARSHOT_OK)
		rc = es_str_keep(&pages->since_next, es_member_text(&object, "since_next"));
	if (rc == EARSHOT_OK)
		rc = es_str_keep(&pages->cursor, es_member_text(&object, "cursor"));
	if (es_pages_count(connector) || !pages->cursor)
		begin_again(pages);
	return rc;
}
