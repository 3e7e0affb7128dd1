/* SPDX-License-Identifier: MIT
 *
 * url.h - references against a base (RFC 3986, section 5). The canonical form
 * for ids is in <earshot/feed.h>.
 */
#ifndef ES_FEED_URL_H
#define ES_FEED_URL_H

#include "base/base.h"

/* Bytes of a URL; longer ones pass unresolved (RFC 9110 asks for 8,000). */
#define ES_URL_MAX 8192u

/* Appends `ref` resolved against `base`; `ref` itself where the base is empty or
 * not absolute, or either is too long. White space around it is cut off. */
void es_url_resolve(struct es_buf *out, struct earshot_str base, struct earshot_str ref);
/* "scheme:" at the beginning. */
bool es_url_absolute(struct earshot_str url);

#endif
