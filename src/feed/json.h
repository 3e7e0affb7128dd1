/* SPDX-License-Identifier: MIT
 *
 * json.h - one JSON text with jansson, forgiving what feeds get wrong.
 */
#ifndef ES_FEED_JSON_H
#define ES_FEED_JSON_H

#include <jansson.h>
#include "base/base.h"

/* NULL with *error filled (DATA; line and column inside the text). "\u0000"
 * becomes a blank and half a surrogate pair U+FFFD; both are errors to jansson.
 * scratch holds the text where something had to be changed. Release the result
 * by json_decref(). */
json_t *es_json_load(struct es_buf *scratch, const char *ptr, size_t len,
		     struct earshot_error *error);
/* A string, number or boolean as text: a view of the value or of `out`. */
struct earshot_str es_json_text(const json_t *value, char out[32]);

#endif
