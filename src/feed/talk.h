/* SPDX-License-Identifier: MIT
 *
 * talk.h - a conversation that is over (a call, a chat with an agent) -> posts.
 *
 * One post for what the customer said, all turns of it, and one for what the employees said:
 * the label is that of a whole call and of the customer's words alone, a call counts once and
 * waits once for an agent, and who reads one side finds the other by `thread`.
 *
 *   turns -> side[CUSTOMER] -> post: native_id ID/customer, voice customer, thread ID
 *         -> side[EMPLOYEE] -> post: native_id ID/employee, voice employee, thread ID
 */
#ifndef ES_FEED_TALK_H
#define ES_FEED_TALK_H

#include "feed/reader.h"

#define ES_TALK_NAMES 8 /* employees that a talk may name */

enum es_side { ES_SIDE_CUSTOMER, ES_SIDE_EMPLOYEE, ES_SIDES, ES_SIDE_NONE };

struct es_talk {
	struct es_arena arena; /* of the texts below */
	struct earshot_str id, url, channel, lang, customer, touchpoint, unit;
	int64_t started;
	enum earshot_precision precision;
	int64_t hold_seconds, transfers; /* -1 = not said */
	struct earshot_str employees[ES_TALK_NAMES];
	size_t n_employees;
	struct {
		struct es_buf text;
		struct earshot_str name; /* of who spoke first */
	} side[ES_SIDES];
};

void es_talk_init(struct es_talk *talk);
void es_talk_release(struct es_talk *talk);
void es_talk_clear(struct es_talk *talk);
/* A copy; ptr NULL: no memory. */
struct earshot_str es_talk_keep(struct es_talk *talk, struct earshot_str text);
/* Adds the words of a turn. `role` goes over the name of the speaker; who is neither known by the
 * one nor by the other is a customer. NOMEM. */
int es_talk_turn(struct es_talk *talk, struct earshot_str role, struct earshot_str speaker,
		 struct earshot_str text) EARSHOT_MUST_USE;
/* Hands over what was said; *empty: nothing was. */
int es_talk_emit(struct earshot_feed *feed, struct es_talk *talk, bool *empty,
		 struct earshot_error *error) EARSHOT_MUST_USE;
/* "95", "1:35", "95.4 s"; -1 where it is none, or more than a day. */
int64_t es_talk_seconds(struct earshot_str text);

#endif
