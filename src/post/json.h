/* SPDX-License-Identifier: MIT
 *
 * json.h - jansson with earshot's errors and arenas. Private to the room.
 *
 * A reader asks for members one after the other; the first that is wrong sets
 * `rc` and fills the error, every later call does nothing, and the caller looks
 * at `rc` once.
 */
#ifndef ES_POST_JSON_H
#define ES_POST_JSON_H

#include <jansson.h>
#include "base/base.h"

struct es_reader {
	struct es_arena *arena;
	struct earshot_error *error;
	int rc;
};

/* One JSON object; NULL and the error where it is none. Give it back with
 * json_decref(). */
json_t *es_reader_load(struct es_reader *reader, const char *ptr, size_t len);
/* "member NAME[.SUB] COMPLAINT"; sets rc. */
void es_reader_fail(struct es_reader *reader, const char *name, const char *sub,
		    const char *complaint);

/* Members of an object: absent and null give the absent value. `in` is for the
 * error only and may be NULL. */
struct earshot_str es_read_str(struct es_reader *reader, const json_t *object, const char *in,
			       const char *name);
int64_t es_read_int(struct es_reader *reader, const json_t *object, const char *in,
		    const char *name);
double es_read_num(struct es_reader *reader, const json_t *object, const char *in,
		   const char *name);
int64_t es_read_time(struct es_reader *reader, const json_t *object, const char *in,
		     const char *name);
enum earshot_label es_read_label(struct es_reader *reader, const json_t *object, const char *in,
				 const char *name);
/* An object or a list of n elements (NULL and 0 where absent). */
const json_t *es_read_object(struct es_reader *reader, const json_t *object, const char *name);
const json_t *es_read_list(struct es_reader *reader, const json_t *object, const char *name,
			   size_t *n);
struct earshot_strs es_read_strs(struct es_reader *reader, const json_t *object, const char *name);
/* A copy in the arena; fails the reader where there is no memory. */
struct earshot_str es_read_copy(struct es_reader *reader, const json_t *string);
void *es_read_alloc(struct es_reader *reader, size_t n, size_t size); /* cleared */

/* Fills a post from an object by the table of fields. */
struct earshot_post;
void es_read_post(struct es_reader *reader, const json_t *object, struct earshot_post *post);

/* ---- writing ---- */

/* `{` or `,` and "name":. In line, for names whose length the compiler knows. */
static inline void es_write_name(struct es_buf *out, const char *name, bool *first)
{
	size_t len = strlen(name);
	char *to = es_buf_room(out, len + 4);
	if (to) {
		if (!*first)
			*to++ = ',';
		*to++ = '"';
		to = es_put(to, name, len);
		es_buf_end(out, ES_PUT(to, "\":"));
	}
	*first = false;
}
/* Members of a post without the braces; *first says whether a comma is due. */
void es_write_post(struct es_buf *out, const struct earshot_post *post, bool *first);
static inline void es_write_str(struct es_buf *out, const char *name, struct earshot_str value,
				bool *first)
{
	if (!value.ptr)
		return;
	es_write_name(out, name, first);
	es_buf_json_str(out, value.ptr, value.len);
}
static inline void es_write_text(struct es_buf *out, const char *name, const char *value,
				 bool *first)
{
	es_write_str(out, name, es_str_of(value), first);
}
static inline void es_write_int(struct es_buf *out, const char *name, int64_t value, bool *first)
{
	if (value == EARSHOT_NONE)
		return;
	es_write_name(out, name, first);
	es_buf_int(out, value);
}
void es_write_time(struct es_buf *out, const char *name, int64_t value, bool *first);
/* A list of strings; nothing where it is empty. */
void es_write_strs(struct es_buf *out, const char *name, const struct earshot_strs *list,
		   bool *first);

#endif
