/* SPDX-License-Identifier: MIT
 *
 * sentiment.h - reading the sentiment object, and the names of fields. Private
 * to the room.
 */
#ifndef ES_POST_SENTIMENT_H
#define ES_POST_SENTIMENT_H

#include <earshot/score.h>
#include "post/json.h"

/* "title", "text"; NULL for NOWHERE. */
const char *es_in_name(enum earshot_in in);
/* The member "in" of an object; NOWHERE where it is absent. */
enum earshot_in es_read_in(struct es_reader *reader, const json_t *object, const char *of);
/* An offset or length within a text. */
uint32_t es_read_offset(struct es_reader *reader, const json_t *object, const char *of,
			const char *name);
/* A number of -1 to 1, in millionths. */
void es_write_micro(struct es_buf *out, const char *name, double value, bool *first);
/* Member "sentiment" of a record; label UNLABELLED where it is absent. */
void es_read_sentiment(struct es_reader *reader, const json_t *record,
		       struct earshot_sentiment *out);

#endif
