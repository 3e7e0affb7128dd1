/* SPDX-License-Identifier: MIT
 *
 * archive.h - the older documents of a feed that is new to us (RFC 5005, 4: prev-archive), each
 * read once, as a try of its source. Inside header of the room `collect`.
 *
 *   the feed, first heard --prev-archive--> 2026-10 --prev-archive--> 2026-09 ... --> the end, or
 *                                                                     ES_ARCHIVE_MAX documents
 *
 * The address of the next one lies in the record of the source and goes out with the posts of the
 * one before it, so that a restart goes on there. Their posts are backlog: no rate, no lag, no
 * news.
 */
#ifndef ES_COLLECT_ARCHIVE_H
#define ES_COLLECT_ARCHIVE_H

#include "base/base.h"

#define ES_ARCHIVE_MAX   100 /* documents of one feed */
#define ES_ARCHIVE_TRIES 3   /* that may fail, over all of them */

struct es_archive {
	char *next; /* http or https */
	int64_t read, failures;
	bool rest; /* after a failure: the feed itself is looked at first */
};

struct es_fetch;
struct es_net_result;
struct es_outcome;
struct es_state;

void es_archive_free(struct es_archive *archive);
/* A member of the cursor; nothing where there is none. And back: NOMEM. */
void es_archive_encode(struct es_buf *out, const struct es_archive *archive);
int es_archive_decode(struct es_archive **out, struct earshot_str raw) EARSHOT_MUST_USE;

/* The address that is to be read instead of the feed itself; NULL = none. */
const char *es_archive_next(const struct es_state *state);
/* The feed itself was read, and no health noted yet: has it an archive, and is it new? *more: it is
 * to be read now. NOMEM. */
int es_archive_look(struct es_state *state, const struct es_net_result *result,
		    struct earshot_str body, bool *more) EARSHOT_MUST_USE;
/* A document of the archive came, or did not: takes it, and says what it came to. `message` is what
 * outcome->message points to. */
int es_archive_take(struct es_fetch *fetch, const struct es_net_result *result,
		    struct es_outcome *outcome, char *message, size_t size,
		    struct earshot_error *error) EARSHOT_MUST_USE;

#endif
