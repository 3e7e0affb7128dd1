/* SPDX-License-Identifier: MIT
 *
 * err.h - filling in a struct earshot_error.
 *
 * Every function here accepts a NULL error and returns the code that it was
 * given, so that `return es_err(error, EARSHOT_IO, "...");` is the whole path.
 */
#ifndef ES_ERR_H
#define ES_ERR_H

#include <earshot/error.h>

/* Sets code and text, clears the place and the hint. */
int es_err(struct earshot_error *error, int code, const char *format, ...) EARSHOT_PRINTF(3, 4);
/* The same with ": strerror(errno_value)" behind it; ENOSPC and EDQUOT turn the
 * code into EARSHOT_FULL. */
int es_err_errno(struct earshot_error *error, int code, int errno_value, const char *format, ...)
	EARSHOT_PRINTF(4, 5);
int es_err_nomem(struct earshot_error *error);
/* What to do next, a whole sentence without a full stop. */
void es_err_hint(struct earshot_error *error, const char *format, ...) EARSHOT_PRINTF(2, 3);
/* Where; line and column from 1, 0 = unknown; file NULL = leave as it is. */
void es_err_at(struct earshot_error *error, const char *file, int line, int column);
/* Writes "FILE:LINE:COLUMN: text (hint)" with what is known; returns out. */
const char *es_err_format(const struct earshot_error *error, char *out, size_t size);

#endif
