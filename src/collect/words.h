/* SPDX-License-Identifier: MIT
 *
 * words.h - what an answer means, and what can be done about it, in words for people.
 * Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_WORDS_H
#define ES_COLLECT_WORDS_H

#include "collect/collect.h"
#include "net/net.h"

/* Error code of a source that cannot make its request. */
#define ES_ERROR_CONFIG "config"

/* Is there a whole document behind this status of HTTP? */
bool es_status_is_document(int status);
void es_status_words(int status, char *out, size_t size);
/* What to do about the error code of a source; "" where there is none. */
const char *es_source_mend(const char *error, int status);
/* True where the headers of an answer that went well ask programs not to read it, and which
 * does. */
bool es_robots_words(const struct es_net_result *result, char *out, size_t size);
/* Do they count? Of an API, which was made for programs, they do not. */
static inline bool es_robots_count(const struct es_source *source)
{
	return !source->connector || source->kind == ES_SOURCE_TELEGRAM;
}

#endif
