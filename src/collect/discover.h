/* SPDX-License-Identifier: MIT
 *
 * discover.h - the feed that a page names. Inside header of the room `collect`.
 */
#ifndef ES_COLLECT_DISCOVER_H
#define ES_COLLECT_DISCOVER_H

#include "base/base.h"

/* Appends the address of the feed, http or https, against the page's own `base`. NOINPUT
 * where the page names none, NOMEM. */
int es_discover(struct es_buf *out, struct earshot_str page, const char *base) EARSHOT_MUST_USE;

#endif
