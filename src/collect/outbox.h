/* SPDX-License-Identifier: MIT
 *
 * outbox.h - the open transaction: posts and the states of their sources.
 * Inside header of the room `collect`.
 *
 * Many small documents share one transaction, a big one is cut into several;
 * either way a state goes out together with the posts that it stands for. After
 * a failed commit the states in memory are ahead of the log: the collector reads
 * them again from there.
 */
#ifndef ES_COLLECT_OUTBOX_H
#define ES_COLLECT_OUTBOX_H

#include "collect/state.h"

/* Bytes of one transaction: far below ES_BUS_TXN_MAX, so that memory stays small. */
#define ES_OUTBOX_BYTES (16u * ES_MIB)

struct es_outbox {
	struct es_session *session;
	const char *instance;
	bool offsets; /* the session is a member of the group */
	struct es_arena arena;
	struct es_buf value;
	size_t posts, bytes; /* of the open transaction */
	bool open;
};

void es_outbox_init(struct es_outbox *outbox, struct es_session *session, const char *instance,
		    bool offsets);
void es_outbox_release(struct es_outbox *outbox); /* aborts what is open */
int es_outbox_post(struct es_outbox *outbox, const struct earshot_post *post,
		   struct earshot_error *error) EARSHOT_MUST_USE;
/* The state as it is now; not dirty any more. */
int es_outbox_state(struct es_outbox *outbox, struct es_state *state, int64_t now,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* What a shared budget has spent; not dirty any more. */
int es_outbox_purse(struct es_outbox *outbox, struct es_purse *purse, int64_t now,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* In place of the state's record in another partition: it is not there any more. */
int es_outbox_moved(struct es_outbox *outbox, const struct es_state *state, int partition,
		    int64_t now, struct earshot_error *error) EARSHOT_MUST_USE;
/* A record of topic `alerts` about a source. */
int es_outbox_alert(struct es_outbox *outbox, const struct es_state *state, struct earshot_str key,
		    struct earshot_str value, int64_t now,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* A record of topic `metrics`; fills a slice as a post does. */
int es_outbox_metric(struct es_outbox *outbox, const struct es_state *state, struct earshot_str key,
		     struct earshot_str value, int64_t rev, int64_t now,
		     struct earshot_error *error) EARSHOT_MUST_USE;
/* Any other record, in the same transaction. */
int es_outbox_put(struct es_outbox *outbox, const struct es_record *record,
		  struct earshot_error *error) EARSHOT_MUST_USE;
/* "/earshot/INSTANCE/SOURCE", the ce_source of its records; in the arena, ptr NULL: no memory. */
struct earshot_str es_outbox_source(const struct es_outbox *outbox, struct es_arena *arena,
				    struct earshot_str source);
bool es_outbox_full(const struct es_outbox *outbox);
/* Nothing open: does nothing. */
int es_outbox_commit(struct es_outbox *outbox, struct earshot_error *error) EARSHOT_MUST_USE;

#endif
