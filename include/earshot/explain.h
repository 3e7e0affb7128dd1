/* SPDX-License-Identifier: MIT
 *
 * explain.h - a sentiment in words for people.
 *
 * Writes the text with its deciding words marked, a line for each part and the
 * sums. `colour` uses ANSI colours (blue positive, vermillion negative) and
 * always a sign as well: colour is never the only signal.
 */
#ifndef EARSHOT_EXPLAIN_H
#define EARSHOT_EXPLAIN_H

#include <earshot/score.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Receives the explanation in pieces; a non-zero return stops it and is
 * returned. */
typedef int earshot_write_fn(void *ctx, const char *ptr, size_t len);

EARSHOT_API int earshot_explain(const struct earshot_sentiment *sentiment, struct earshot_str title,
				struct earshot_str text, bool colour, earshot_write_fn *write,
				void *ctx);

#ifdef __cplusplus
}
#endif
#endif
