/* SPDX-License-Identifier: MIT
 *
 * links.h - <link> of pages and feeds, and Link of HTTP (RFC 8288), by their rel. All of it is
 * views into the text. Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_LINKS_H
#define ES_COLLECT_LINKS_H

#include "base/base.h"

#define ES_LINK_MAX   4096        /* bytes of an address */
#define ES_LINKS_MAX  64          /* of a document that are looked at */
#define ES_LINKS_TEXT (64 * 1024) /* bytes of a feed that are searched */

/* The next <link ...>, <atom:link ...> behind *at, which goes behind it: what stands between the
 * name and the ">". Comments are passed over. */
bool es_links_next(struct earshot_str text, size_t *at, struct earshot_str *tag);
/* An attribute of it; entities as they are. */
bool es_link_attribute(struct earshot_str tag, const char *name, struct earshot_str *value);
/* Is `word` one of the words of a rel? */
bool es_link_is(struct earshot_str rel, const char *word);
/* Appends it, http or https, against `base`. NOINPUT where it is empty
 * or nothing of that kind, NOMEM. */
int es_link_join(struct es_buf *out, const char *base, struct earshot_str href) EARSHOT_MUST_USE;
/* Appends the address of the first <link> with this rel that es_link_join() takes, of those in the
 * first ES_LINKS_TEXT of a feed. NOINPUT where there is none, NOMEM. */
int es_links_find(struct es_buf *out, const char *base, struct earshot_str feed,
		  const char *rel) EARSHOT_MUST_USE;
/* The first target in the values of Link that has this rel. */
bool es_link_header(struct earshot_str value, const char *rel, struct earshot_str *href);

#endif
