/* SPDX-License-Identifier: MIT
 *
 * inside.h - what the files of this room share. Inside `desk` only.
 */
#ifndef ES_DESK_INSIDE_H
#define ES_DESK_INSIDE_H

#include <pthread.h>
#include "desk/desk.h"

#define NEW_IDS 100 /* named in one event */
#define RECENT  256 /* decisions that the read model may not have seen yet */

struct es_desk {
	struct es_desk_options options;
	struct es_session *session; /* NULL = to be opened; the server's thread */

	/* what has changed since the last event; the view's thread adds, the ticker sends */
	pthread_mutex_t lock;
	bool changed, queue, sources;
	size_t new_mentions, n_ids;
	char ids[NEW_IDS][EARSHOT_ID_LEN + 1]; /* a ring: the newest */

	struct {
		char id[EARSHOT_ID_LEN + 1];
		int64_t rev;
	} recent[RECENT]; /* a ring; the server's thread */
	size_t next_recent;
};

/* params.c: fills the filter from the query; false = answered with 400. `names` is a
 * comma-separated list of the parameters that the endpoint takes. */
bool es_desk_filter(struct es_http_request *request, const char *names,
		    struct es_view_filter *filter);
/* RFC 3339, or a duration ago. */
bool es_desk_time(struct earshot_str text, int64_t now, int64_t *ms);
void es_desk_bad(struct es_http_request *request, const char *name, struct earshot_str value,
		 const char *want);

/* read.c */
extern const struct es_http_route es_desk_routes[];
extern const size_t es_desk_n_routes;
/* One `change` event of now. `first`: for a client that has just come. */
void es_desk_event(struct es_desk *desk, bool first, struct es_buf *out);

/* decide.c */
void es_desk_decide(void *ctx, struct es_http_request *request);
void es_desk_undo(void *ctx, struct es_http_request *request);

/* write.c: one decision, in one transaction. */
struct es_change {
	struct earshot_str id;
	int64_t rev, now;
	const struct es_view_mention *was;
	enum es_decision decision; /* for `reviews`; UNSET = it stays as it is */
	enum earshot_label decided;
	struct earshot_str note;
	enum { ES_RECORD_KEEP, ES_RECORD_LABEL, ES_RECORD_HIDE } record;
	enum earshot_label label, machine; /* RECORD_LABEL; machine UNLABELLED = no member */
	const char *hides;                 /* RECORD_HIDE: why */
	bool flag;                         /* back into `flagged`; else out of it */
};
int es_desk_write(struct es_desk *desk, struct es_arena *arena, const struct es_change *change,
		  struct earshot_error *error);

#endif
