/* SPDX-License-Identifier: MIT
 *
 * members.h - members of the record of a source, written and read: what its parts (websub.h,
 * alert.h, archive.h, pages.h, revisit.h, budget.h) and state.c have in common. Inside header of
 * the room `collect`.
 */
#ifndef ES_COLLECT_MEMBERS_H
#define ES_COLLECT_MEMBERS_H

#include "base/base.h"

/* Append ,"NAME":VALUE; nothing for a text that is empty or NULL and for EARSHOT_NONE. */
void es_member_put_text(struct es_buf *out, const char *name, const char *value);
void es_member_put_int(struct es_buf *out, const char *name, int64_t value);
void es_member_put_time(struct es_buf *out, const char *name, int64_t ms);

/* An object whose members are read; a value of another type counts as absent. */
struct es_members {
	struct es_arena *arena; /* for strings */
	struct earshot_str raw; /* ptr NULL = it has none */
};
struct earshot_str es_member_raw(const struct es_members *object, const char *name);
/* ptr NULL = absent. */
struct earshot_str es_member_text(const struct es_members *object, const char *name);
/* 0 where it is absent, or below 0. */
int64_t es_member_int(const struct es_members *object, const char *name);
/* EARSHOT_NONE where it is absent. */
int64_t es_member_time(const struct es_members *object, const char *name);
bool es_member_is_true(const struct es_members *object, const char *name);
/* The next number of a list of counts behind *at, which begins at 0; false = no more. */
bool es_member_next(struct earshot_str list, size_t *at, int64_t *value);

#endif
