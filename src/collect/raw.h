/* SPDX-License-Identifier: MIT
 *
 * raw.h - where the records of JSON lines and CSV end, and the one in hand.
 * Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_RAW_H
#define ES_COLLECT_RAW_H

#include "base/base.h"

/* One byte after the other. A line end inside of quotes does not end a CSV record
 * (RFC 4180); a quote opens a cell at its beginning only, as the reader has it: 5" is
 * text. */
struct es_cutter {
	bool csv, quoted;
	char before; /* the byte before; 0 = none */
};

/* Bytes up to and with the end of the first record; 0 = it does not end here. */
size_t es_record_end(struct es_cutter *cutter, const char *ptr, size_t len);

/* The record that the reader has in hand, as it came. */
struct es_raw {
	struct earshot_str text; /* lies in the input, or in `head` */
	struct es_buf head;      /* of a record that came in several pieces */
	struct es_sha256 sha;    /* the same */
	size_t size;             /* of the whole record, without its line end */
	int64_t at;              /* where it begins in the document */
	bool open;               /* more of it is to come */
	bool pieces;
};

void es_raw_init(struct es_raw *raw);
void es_raw_release(struct es_raw *raw);
/* The next bytes of the input; `ends`: a record ends with them. The text of a record
 * that came whole is borrowed. */
void es_raw_add(struct es_raw *raw, const char *ptr, size_t len, int64_t at, bool ends);

#endif
