/* SPDX-License-Identifier: MIT
 *
 * unpack.h - a file of an import, ready to be read from any place: as it lies there, or
 * unpacked. Inside header of the room `collect`; unpack.c is the only file that knows zlib.
 *
 * A packed file and standard input are written to a file without a name first (in $TMPDIR,
 * else /var/tmp, else /tmp), because an import goes on from a position, and a position is
 * believed after what lies before it was read again. Nothing of a file that is cut short or
 * damaged is taken.
 */
#ifndef ES_COLLECT_UNPACK_H
#define ES_COLLECT_UNPACK_H

#include "collect/state.h"

struct es_unpack {
	const char *path; /* "-" = standard input */
	int64_t max_size; /* bytes of what is unpacked; LIMIT behind it */
	/* now and then, with packed bytes read; `size` of all of them, 0 = unknown. Non-zero
	 * stops: CLOSED. May be NULL */
	int (*on_progress)(void *ctx, int64_t bytes, int64_t size);
	void *ctx;
};

/* As es_file_open(): `now` has the size of what is unpacked, the time and inode of the file. DATA
 * for what is cut short, damaged or packed in another way than gzip; LIMIT; NOINPUT; IO or FULL
 * of the file without a name. */
int es_unpack_open(const struct es_unpack *how, struct es_file *now, int *fd,
		   struct earshot_error *error) EARSHOT_MUST_USE;

/* What it looks like: `<` or a JSON Feed, JSON lines, or a first line with separators (CSV);
 * anything else is a feed, whose reader says what is wrong. Never fails: 0 for an empty file. */
enum es_source_kind es_unpack_kind(int fd);

#endif
