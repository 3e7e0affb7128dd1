/* SPDX-License-Identifier: MIT
 *
 * arena.h - memory for a batch: taken in pieces, given back all at once.
 *
 *   es_arena -> [block: used |          free          ] -> [older block] -> ...
 *
 * Nothing is freed singly. reset keeps the largest block, so that a warmed-up
 * arena takes nothing more from the heap. Not thread-safe.
 */
#ifndef ES_ARENA_H
#define ES_ARENA_H

#include <earshot/post.h>

struct es_arena_block;

struct es_arena {
	struct es_arena_block *block; /* the newest; NULL in a fresh arena */
	size_t total;                 /* bytes taken from the heap */
	size_t limit;                 /* alloc returns NULL above it */
};

/* A zeroed arena is valid too and has limit ES_LIMIT_ARENA. */
void es_arena_init(struct es_arena *arena, size_t limit);
void es_arena_release(struct es_arena *arena);
void es_arena_reset(struct es_arena *arena);

/* Aligned to 16; not cleared; NULL where the heap or the limit says no. size 0
 * gives a valid pointer. */
void *es_arena_alloc(struct es_arena *arena, size_t size) EARSHOT_MUST_USE;
/* Cleared; NULL also where n * size overflows. */
void *es_arena_zalloc(struct es_arena *arena, size_t n, size_t size) EARSHOT_MUST_USE;
/* A copy with a NUL behind it (not counted); ptr NULL where there is no memory. */
struct earshot_str es_arena_str(struct es_arena *arena, const char *ptr, size_t len);

#endif
