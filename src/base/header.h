/* SPDX-License-Identifier: MIT
 *
 * header.h - one header of a record in the log.
 *
 * Stands here because both the room that names the headers (post) and the one
 * that stores them (bus) need it, and neither may depend on the other.
 */
#ifndef ES_HEADER_H
#define ES_HEADER_H

#include <stddef.h>

/* Names are NUL-terminated, values are bytes. */
struct es_header {
	const char *name;
	const void *value;
	size_t len;
};

#endif
