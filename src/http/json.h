/* SPDX-License-Identifier: MIT
 *
 * json.h - the top level of one JSON object, member by member, without a tree.
 *
 * For small request bodies and for giving a record out with some members
 * replaced: what is not ours passes byte for byte. Thread-safe.
 *
 *   {"id":"ab","n":1,"why":[{...}]}
 *     ^name    ^value (raw bytes)
 */
#ifndef ES_JSON_H
#define ES_JSON_H

#include "base/base.h"

#define ES_JSON_DEPTH 256 /* nesting that is passed over; deeper is an error */

struct es_json_member {
	struct earshot_str name;  /* raw, between the quotes */
	struct earshot_str value; /* raw, without white space around it */
};

/* The next member; `at` starts at 0. 1 = a member, 0 = the end of the object,
 * negative = DATA: no JSON object (nothing but white space may follow it). */
int es_json_next(const char *ptr, size_t len, size_t *at, struct es_json_member *member);
/* The raw value of a member; ptr NULL where there is none. The last one wins. */
struct earshot_str es_json_get(const char *ptr, size_t len, const char *name);
/* A string value with its escapes resolved; false where it is no string. */
bool es_json_string(struct es_arena *arena, struct earshot_str value, struct earshot_str *out);
/* A whole number within 64 bits. */
bool es_json_integer(struct earshot_str value, int64_t *out);
/* The same of a member that is above 0; else 0. */
int64_t es_json_count(struct earshot_str object, const char *name);
/* The next whole number of a list; `at` starts at 0. False where there is none any more. */
bool es_json_next_count(struct earshot_str list, size_t *at, int64_t *value);
/* Appends the object without the members named in `drop` and with `members`
 * ("a":1,"b":2; may be empty) behind the others. False where it is no object
 * (nothing useful is then in `out`). */
bool es_json_replace(struct es_buf *out, const char *ptr, size_t len, const char *const *drop,
		     size_t n_drop, struct earshot_str members);

#endif
