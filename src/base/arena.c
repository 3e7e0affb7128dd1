/* SPDX-License-Identifier: MIT */
#include "base/arena.h"

#include <stdlib.h>
#include <string.h>
#include "base/limits.h"

#define ALIGN       16u
#define FIRST_BLOCK (16u * 1024u)

struct es_arena_block {
	struct es_arena_block *older;
	size_t used, size;
	_Alignas(ALIGN) char bytes[];
};

void es_arena_init(struct es_arena *arena, size_t limit)
{
	*arena = (struct es_arena){ .limit = limit };
}

static void free_blocks(struct es_arena_block *block)
{
	while (block) {
		struct es_arena_block *older = block->older;
		free(block);
		block = older;
	}
}

void es_arena_release(struct es_arena *arena)
{
	free_blocks(arena->block);
	arena->block = NULL;
	arena->total = 0;
}

void es_arena_reset(struct es_arena *arena)
{
	struct es_arena_block *largest = arena->block;
	if (!largest)
		return;
	/* blocks double in size, so the newest is the largest */
	free_blocks(largest->older);
	largest->older = NULL;
	largest->used = 0;
	arena->total = largest->size;
}

static struct es_arena_block *grow(struct es_arena *arena, size_t need)
{
	size_t limit = arena->limit ? arena->limit : ES_LIMIT_ARENA;
	size_t size = arena->block ? arena->block->size * 2 : FIRST_BLOCK;
	if (size < need)
		size = need;
	if (need > limit || arena->total > limit - need)
		return NULL;
	if (size > limit - arena->total)
		size = limit - arena->total;
	struct es_arena_block *block = malloc(sizeof(*block) + size);
	if (!block)
		return NULL;
	*block = (struct es_arena_block){ .older = arena->block, .size = size };
	arena->block = block;
	arena->total += size;
	return block;
}

void *es_arena_alloc(struct es_arena *arena, size_t size)
{
	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct es_arena_block *block = arena->block;
	if (!block || block->size - block->used < size) {
		block = grow(arena, size ? size : ALIGN);
		if (!block)
			return NULL;
	}
	void *ptr = block->bytes + block->used;
	block->used += size;
	return ptr;
}

void *es_arena_zalloc(struct es_arena *arena, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		return NULL;
	void *ptr = es_arena_alloc(arena, n * size);
	if (ptr)
		memset(ptr, 0, n * size);
	return ptr;
}

struct earshot_str es_arena_str(struct es_arena *arena, const char *ptr, size_t len)
{
	char *copy = len < SIZE_MAX ? es_arena_alloc(arena, len + 1) : NULL;
	if (!copy)
		return (struct earshot_str){ NULL, 0 };
	if (len)
		memcpy(copy, ptr, len);
	copy[len] = '\0';
	return (struct earshot_str){ copy, len };
}
