/* SPDX-License-Identifier: MIT
 *
 * reread.h - one post read again from a document of its own. Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_REREAD_H
#define ES_COLLECT_REREAD_H

#include "collect/intake.h"
#include "net/net.h"

/* Inside of on_post, for a post that goes out: it is looked at again later, where its source says
 * so; one that is deleted is not any more. NOMEM. */
int es_plan_visits(struct es_state *state, const struct earshot_feed *feed,
		   const struct earshot_post *post, uint32_t content, int64_t now) EARSHOT_MUST_USE;
/* Looks for the post of `visit` in the document. Where it says something else than before, counts
 * of likes and replies too, it goes out as an update and *news is set: the caller puts the state.
 * What is no document, or one without the post, says nothing. As the outbox fails, NOMEM. */
int es_reread(struct es_intake *intake, struct es_state *state, struct es_revisit *visit,
	      struct earshot_str body, const struct es_net_result *result, bool *news,
	      struct earshot_error *error) EARSHOT_MUST_USE;

#endif
