/* SPDX-License-Identifier: MIT
 *
 * writer.h - the open transaction: posts and the states of their sources.
 * Inside header of the room `collect`.
 *
 * Many small documents share one transaction, a big one is cut into several;
 * either way a state goes out together with the posts that it stands for. After
 * a failed commit the states in memory are ahead of the log: the collector reads
 * them again from there.
 */
#ifndef ES_COLLECT_WRITER_H
#define ES_COLLECT_WRITER_H

#include "collect/state.h"

/* Bytes of one transaction: far below ES_BUS_TXN_MAX, so that memory stays small. */
#define ES_WRITER_BYTES (16u * ES_MIB)

struct es_writer {
	struct es_session *session;
	const char *instance;
	bool offsets; /* the session is a member of the group */
	struct es_arena arena;
	struct es_buf value;
	size_t posts, bytes; /* of the open transaction */
	bool open;
};

void es_writer_init(struct es_writer *writer, struct es_session *session, const char *instance,
		    bool offsets);
void es_writer_release(struct es_writer *writer); /* aborts what is open */
int es_writer_post(struct es_writer *writer, const struct earshot_post *post,
		   struct earshot_error *error) EARSHOT_MUST_USE;
/* The state as it is now; not dirty any more. */
int es_writer_state(struct es_writer *writer, struct es_state *state, int64_t now,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* Any other record, in the same transaction. */
int es_writer_put(struct es_writer *writer, const struct es_record *record,
		  struct earshot_error *error) EARSHOT_MUST_USE;
bool es_writer_full(const struct es_writer *writer);
/* Nothing open: does nothing. */
int es_writer_commit(struct es_writer *writer, struct earshot_error *error) EARSHOT_MUST_USE;

#endif
