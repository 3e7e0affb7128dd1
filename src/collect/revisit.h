/* SPDX-License-Identifier: MIT
 *
 * revisit.h - the posts of a source that are to be looked at again, and when. Part of its state:
 * the list lies in its record and survives a restart. Inside header of the room `collect`.
 *
 *   on_post ---> es_revisits_add: due = seen + revisit[0] ---> visit ---> seen + revisit[1] ...
 *                                                                \__ gone, or the last: forgotten
 *
 * What is asked is an address: `document` says that the source's own reader can read what lies
 * there (an entry as a document, an item of an API); else it is a page for people, of which only
 * its absence is news.
 */
#ifndef ES_COLLECT_REVISIT_H
#define ES_COLLECT_REVISIT_H

#include <earshot/post.h>
#include "base/base.h"

#define ES_REVISITS_MAX    500u    /* of one source; further ones take the places of the oldest */
#define ES_REVISIT_URL_MAX 1000u   /* bytes; posts with longer ones are not looked at again */
#define ES_REVISIT_AGAIN   ES_HOUR /* "not there" is believed the second time, after so long */

struct es_revisit {
	char id[EARSHOT_ID_LEN + 1]; /* of the post */
	char *url;                   /* owned */
	int64_t seen, due;           /* wall clock, ms */
	uint32_t said;               /* hash of what it said last, counts too */
	size_t step;                 /* visits done */
	bool document;
	bool missing; /* not there at the last visit */
};

/* Zeroed: none. */
struct es_revisits {
	struct es_revisit *at; /* by `seen` */
	size_t n;
};

/* What a visit came to. */
enum es_visit {
	ES_VISIT_THERE,
	ES_VISIT_MISSING, /* 404 */
	ES_VISIT_GONE,    /* 410 */
	ES_VISIT_UNKNOWN, /* nobody said anything of it */
};

void es_revisits_clear(struct es_revisits *revisits);
/* The address is looked at `after`[0] from now; one that is no http(s), is too long or holds a
 * password is left out. A post that is there already stays. NOMEM. */
int es_revisits_add(struct es_revisits *revisits, const struct es_revisit *visit,
		    struct earshot_str url, const int64_t *after, size_t n_after) EARSHOT_MUST_USE;
/* The one that is due first; NULL where there is none. */
struct es_revisit *es_revisits_next(const struct es_revisits *revisits);
/* NULL where it is not there. */
struct es_revisit *es_revisits_find(const struct es_revisits *revisits, const char *id);
/* The visit is done: the next age, or the post is forgotten (pointers are void then). True where
 * it is gone: 410, or twice 404. */
bool es_revisits_done(struct es_revisits *revisits, struct es_revisit *visit, enum es_visit came,
		      const int64_t *after, size_t n_after, int64_t now);
void es_revisits_drop(struct es_revisits *revisits, struct es_revisit *visit);

/* A member of the cursor, with a comma before it; and back: DATA, NOMEM. */
void es_revisits_put(struct es_buf *out, const struct es_revisits *revisits);
int es_revisits_get(struct es_revisits *revisits, struct es_arena *arena,
		    struct earshot_str raw) EARSHOT_MUST_USE;

#endif
