/* SPDX-License-Identifier: MIT
 *
 * lines.h - pieces in, whole lines out: without their line end, CR LF or LF. What is cut
 * between two pieces is put together; a line of more than the limit is told as one that is
 * too long, and its bytes are not kept.
 */
#ifndef ES_FEED_LINES_H
#define ES_FEED_LINES_H

#include "base/base.h"

struct es_lines {
	struct es_buf rest; /* the beginning of a line from earlier pieces */
	bool too_long;      /* and it went past the limit: what is kept is its beginning */
	int64_t number;     /* of the line in hand, from 1 */
};

/* A non-zero return stops and is returned. `too_long`: the text is only its beginning. */
typedef int es_line_fn(void *ctx, struct earshot_str line, bool too_long,
		       struct earshot_error *error);

/* first: the number of the first line. */
void es_lines_init(struct es_lines *lines, size_t limit, int64_t first);
void es_lines_release(struct es_lines *lines);
int es_lines_push(struct es_lines *lines, const char *ptr, size_t len, es_line_fn *fn, void *ctx,
		  struct earshot_error *error) EARSHOT_MUST_USE;
/* The last line, where it has no line end. */
int es_lines_end(struct es_lines *lines, es_line_fn *fn, void *ctx,
		 struct earshot_error *error) EARSHOT_MUST_USE;

#endif
