/* SPDX-License-Identifier: MIT
 *
 * moved.h - sources that say they have moved for good. Inside header of the room `collect`.
 *
 *   301 or 308, every redirect of the answer ---> 3 equal answers, the first and the last
 *   24 h apart ---> asked there from now on ---> 3 failures there, or one 410: the address
 *   of the config again. Another url in the config ends all of it.
 *
 * Not adopted: an address with user or password, or a query where the config's has one (it
 * may hold a key); nor one whose configured address has a user: they belong to its host.
 */
#ifndef ES_COLLECT_MOVED_H
#define ES_COLLECT_MOVED_H

#include "base/base.h"

#define ES_MOVED_ANSWERS  3
#define ES_MOVED_AFTER    ES_DAY
#define ES_MOVED_FAILURES 3

/* Part of a state. Zeroed: it is where the config says. Texts are owned. */
struct es_moved {
	char *to;     /* asked there; NULL = the config's url */
	char *toward; /* said so far; NULL = nothing */
	int64_t since, answers;
	int64_t failures; /* one after the other, at `to` */
	bool found;       /* `to` is the feed that the page at the config's url names */
};

enum es_move { ES_MOVE_NONE, ES_MOVE_ADOPTED, ES_MOVE_LEFT };

void es_moved_clear(struct es_moved *moved);
/* An answer that went well came from `url`, over permanent redirects only. *move says
 * whether the address is another one from now on; *changed, whether anything is. NOMEM. */
int es_moved_heard(struct es_moved *moved, const char *configured, struct earshot_str url,
		   bool permanent, int64_t wall, enum es_move *move,
		   bool *changed) EARSHOT_MUST_USE;
/* The page at the config's url names a feed. DATA where that may not be taken over. */
int es_moved_found(struct es_moved *moved, const char *configured,
		   struct earshot_str url) EARSHOT_MUST_USE;
/* A look failed; gone = 410. ES_MOVE_LEFT: the config's address next time. */
enum es_move es_moved_failed(struct es_moved *moved, bool gone);

#endif
