/* SPDX-License-Identifier: MIT
 *
 * tsv.h - rows of a pack file, with the place of each field for error messages.
 *
 * UTF-8, LF or CRLF, fields parted by TAB. A line that is empty, is "#" or
 * begins with "# " is a remark ("#fail" is an entry).
 */
#ifndef ES_LEXICON_TSV_H
#define ES_LEXICON_TSV_H

#include "base/base.h"

#define TSV_FIELDS 8

struct tsv {
	const char *path;        /* borrowed */
	struct earshot_str rest; /* what is not read yet */
	int line;
};

struct tsv_row {
	struct earshot_str fields[TSV_FIELDS]; /* absent: {"", 0} */
	int columns[TSV_FIELDS];               /* from 1, in bytes */
	size_t n;
	int line;
};

/* Reads a whole file into the arena. NOINPUT, IO, LIMIT (ES_LIMIT_LEXICON) or
 * NOMEM, with the path. */
int es_tsv_load(struct es_arena *arena, const char *path, struct earshot_str *out,
		struct earshot_error *error) EARSHOT_MUST_USE;

/* The next row: 1, 0 at the end, or CONFIG (bad UTF-8, too many fields). */
int es_tsv_next(struct tsv *tsv, struct tsv_row *row, struct earshot_error *error) EARSHOT_MUST_USE;

/* Where errors of rows go when all of them are wanted; NULL = the first one ends the reading. */
struct tsv_tell {
	void (*fn)(void *ctx, const struct earshot_error *error);
	void *ctx;
};

/* Tells an error of a row (CONFIG) and is true: read on. */
bool es_tsv_told(const struct tsv_tell *tell, int rc, const struct earshot_error *error);

/* CONFIG with the place of a field. */
int es_tsv_err(const struct tsv *tsv, const struct tsv_row *row, size_t field,
	       struct earshot_error *error, const char *format, ...) EARSHOT_PRINTF(5, 6);

/* A decimal fraction like -1.5 that fills the field; false where it is none or
 * beyond +-limit. */
bool es_tsv_number(struct earshot_str field, double limit, double *out);

#endif
