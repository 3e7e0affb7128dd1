/* SPDX-License-Identifier: MIT
 *
 * normalise.h - what a feed says -> the post as the log holds it.
 * Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_NORMALISE_H
#define ES_COLLECT_NORMALISE_H

#include "collect/collect.h"

/* Bytes; longer is cut (titles, names) or left out (ids, URLs: a cut one lies). */
#define ES_TITLE_MAX (16u * 1024)
#define ES_NAME_MAX  1024u
#define ES_URL_MAX   (8u * 1024)
#define ES_LIST_MAX  256u /* tags, media */

struct es_normalise {
	const struct es_source *source;
	int64_t observed_at;
	int64_t shift_ms;
};

/* Fills id, defaults, times, op; cuts. Everything lies in the arena or is borrowed
 * from `in`. *content is a hash of what may be edited. DATA where the record holds
 * nothing to say; NOMEM. */
int es_normalise(const struct es_normalise *how, struct es_arena *arena,
		 const struct earshot_post *in, struct earshot_post *out, uint32_t *content,
		 struct earshot_error *error) EARSHOT_MUST_USE;

/* The content of every deletion that says no more than what it deletes. */
uint32_t es_content_of_deletion(void);

/* A hash of `content` and of what is counted at a post: likes, replies, ... */
uint32_t es_said_of(const struct earshot_post *post, uint32_t content);

/* ms from its publication to `now`; EARSHOT_NONE where that is not known to a minute, for
 * edits, and where it lies in the future. */
int64_t es_lag_of(const struct earshot_post *post, int64_t now);

#endif
