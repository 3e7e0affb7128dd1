/* SPDX-License-Identifier: MIT
 *
 * raw.h - where the records of JSON lines, CSV and mboxes end, and the one in hand.
 * Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_RAW_H
#define ES_COLLECT_RAW_H

#include "collect/collect.h"

/* One character after the other. A line end inside of quotes does not end a CSV record
 * (RFC 4180); a quote opens a cell at its beginning only, as the reader has it: 5" is
 * text. A mail of an mbox ends where a line "From " begins the next one. */
struct es_cutter {
	bool csv, mbox, quoted;
	char before; /* the byte before; 0 = none */
	bool blank;  /* mbox: so is the line before */
	/* bytes of a character, 0 = 1: 2 in UTF-16, 4 in UTF-32; which of them is its ASCII */
	unsigned width, ascii;
};

/* `head`: the first bytes of the document, which say whether it is UTF-16 or UTF-32. */
struct es_cutter es_cutter_of(const struct es_source *source, struct earshot_str head);
/* Bytes up to and with the end of the first record; 0 = it does not end here. */
size_t es_record_end(struct es_cutter *cutter, const char *ptr, size_t len);
/* So many bytes of a piece may be looked at by es_record_end(): whole characters; of an mbox
 * lines whose next one is there too, for it says whether a mail ends. `last`: nothing follows. */
size_t es_record_safe(const struct es_cutter *cutter, const char *ptr, size_t len, bool last);

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
