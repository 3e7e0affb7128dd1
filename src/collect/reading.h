/* SPDX-License-Identifier: MIT
 *
 * reading.h - the reading of one document, while it lasts: what intake.c (posts, news,
 * slices) and intake_file.c (files, from where they were left) share. Inside header of the
 * room `collect`.
 */
#ifndef ES_COLLECT_READING_H
#define ES_COLLECT_READING_H

#include "collect/intake.h"
#include "collect/kinds.h"
#include "collect/raw.h"

struct reading {
	struct es_intake *intake;
	struct es_state *state;
	const struct earshot_feed *feed;
	struct es_file *file; /* NULL: a document in memory */
	int fd;
	bool lines;     /* records that stand alone (ES_RECORDS): has byte positions */
	bool grows;     /* ES_GROWING */
	bool continued; /* lines: from the middle of the file on */
	int64_t records, skip;
	int64_t told; /* of what grows: what is bad before this record was told then */
	int slices;
	struct es_raw raw; /* of lines: the record in hand */
	bool raw_known;
	bool asked; /* the feed asks not to be read */
	int64_t now;
	int failed; /* code of the outbox: not the document's fault */
	struct earshot_error *error;
	struct es_reading_result *result;
};

/* The outbox or the user ends it: `code` is what the reading returns. Returns it. */
int es_reading_fail(struct reading *reading, int code);
/* A record that cannot be read: counted, told, and to `deadletter`. */
void es_reading_bad(struct reading *reading, const struct earshot_error *error);
/* Where the transaction is full: state and commit, and on. */
int es_reading_slice(struct reading *reading) EARSHOT_MUST_USE;
/* A reader that hands its posts to this reading; `options` must outlive it. */
int es_reading_feed(struct reading *reading, const char *base, const char *charset,
		    struct earshot_feed **feed, struct earshot_feed_options *options,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* The document's own error goes to its result, unless the outbox (or the user) stopped the
 * reading: that is returned. */
int es_reading_settle(struct reading *reading, int rc,
		      const struct earshot_error *error) EARSHOT_MUST_USE;
/* intake_file.c: where the file stands in the record that goes out now. */
int es_reading_mark(struct reading *reading, bool complete) EARSHOT_MUST_USE;

#endif
