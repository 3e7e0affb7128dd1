/* SPDX-License-Identifier: MIT
 *
 * entities.h - the named character references of HTML. Inside the room only.
 *
 * Rows are sorted by name as bytes. entities.c is made by entities.py. Read-only:
 * thread-safe.
 */
#ifndef ES_TEXT_ENTITIES_H
#define ES_TEXT_ENTITIES_H

#include <stddef.h>
#include <stdint.h>

struct es_entity_row {
	char name[32];    /* NUL-terminated */
	uint8_t bare;     /* valid without its semicolon too */
	uint32_t code[2]; /* second 0 = only one */
};

extern const size_t es_entity_n;
extern const struct es_entity_row es_entity_rows[];

#endif
