/* SPDX-License-Identifier: MIT
 *
 * kinds.h - what a kind of source is read by, and how a file of it is gone on with. Inside
 * header of the room `collect`.
 */
#ifndef ES_COLLECT_KINDS_H
#define ES_COLLECT_KINDS_H

#include "collect/collect.h"

enum es_reading_way {
	ES_WHOLE,   /* a document that is read again when it changed */
	ES_RECORDS, /* records that stand alone: it is gone on behind the last one, by its byte */
	/* what is new stands behind what was there, and needs what stands before it to be
	 * understood: read from its beginning, the posts that are done with are passed over */
	ES_GROWING
};

struct es_kind {
	const char *name; /* in the config */
	enum earshot_feed_format format;
	enum es_reading_way way;
	const char *channel;         /* of its posts, unless the source says; NULL = import */
	enum earshot_kind post_kind; /* the same; unset: what the reader says, else post */
};

const struct es_kind *es_kind_of(const struct es_source *source);

#endif
