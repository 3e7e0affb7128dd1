/* SPDX-License-Identifier: MIT
 *
 * optout.h - who was forgotten is not collected again. Inside header of the room `collect`.
 *
 * A record of topic `settings` under "optout/<keyed hash>" says so without naming anybody
 * (forget.c writes it). A collector holds all of them and follows the topic.
 */
#ifndef ES_COLLECT_OPTOUT_H
#define ES_COLLECT_OPTOUT_H

#include <stdatomic.h>

#include "collect/privacy.h"

#define ES_OPTOUT       "optout" /* kind of its settings */
#define ES_OPTOUT_CHECK 8        /* hex digits that tell one author_key from another */

struct es_optouts {
	struct es_map ids; /* hash -> itself */
	struct es_arena names;
	bool posts, authors;        /* were there ever any of these? */
	struct es_session *session; /* follows `settings`; NULL: not opened */
};

/* Zeroed is empty. */
void es_optouts_release(struct es_optouts *optouts);
/* Reads all of them, then follows. CONFIG where there are some and author_key is missing or
 * another one: forgotten authors would come back. */
int es_optouts_open(struct es_optouts *optouts, const struct es_privacy *privacy,
		    struct es_bus *bus, const char *instance, const atomic_bool *stop,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* What was written since; does not wait. */
int es_optouts_follow(struct es_optouts *optouts, const struct es_privacy *privacy,
		      struct earshot_error *error) EARSHOT_MUST_USE;
/* Is the post, as its source brought it, or its author among them? *yes; NOMEM. */
int es_optouts_look(const struct es_optouts *optouts, const struct es_privacy *privacy,
		    struct es_arena *arena, const struct es_source *source,
		    const struct earshot_post *post, bool *yes) EARSHOT_MUST_USE;

/* The id of an opt-out, "hash" or "hash/channel": of a post (its id), or of an author (key, handle
 * or name as es_privacy_handle() gives it; in one channel only, or in all: ""). ptr NULL: no
 * memory. */
struct earshot_str es_optout_id(const struct es_privacy *privacy, struct es_arena *arena,
				struct earshot_str channel, struct earshot_str who);
void es_optout_check(const struct es_privacy *privacy, char out[ES_OPTOUT_CHECK + 1]);

#endif
