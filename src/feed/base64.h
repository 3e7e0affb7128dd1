/* SPDX-License-Identifier: MIT
 *
 * base64.h - RFC 4648 in place, for Atom 0.3 (mode="base64").
 */
#ifndef ES_FEED_BASE64_H
#define ES_FEED_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* Nothing but whole groups of base64 and white space. */
bool es_base64_is(const char *ptr, size_t len);
/* Decodes into the same bytes, returns their number. Signs that are none of
 * base64 are passed over, as in MIME. */
size_t es_base64(char *ptr, size_t len);

#endif
