/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/hash.h"

void es_map_init(struct es_map *map)
{
	*map = (struct es_map){ 0 };
	/* cannot fail for 16 bytes once the kernel has booted: random(7) */
	if (getrandom(map->key, sizeof(map->key), 0) != sizeof(map->key))
		map->key[0] = (uint64_t)(uintptr_t)map;
}

void es_map_release(struct es_map *map)
{
	free(map->slots);
	map->slots = NULL;
	map->n = map->cap = 0;
}

void es_map_clear(struct es_map *map)
{
	if (map->cap)
		memset(map->slots, 0, map->cap * sizeof(*map->slots));
	map->n = 0;
}

static uint64_t hash_of(const struct es_map *map, const char *ptr, size_t len)
{
	uint64_t hash = es_siphash(ptr, len, map->key);
	return hash ? hash : 1;
}

/* The slot that holds the key, or the empty slot where it would go. */
static struct es_map_slot *find(const struct es_map *map, uint64_t hash, const char *ptr,
				size_t len)
{
	size_t mask = map->cap - 1;
	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct es_map_slot *slot = &map->slots[i];
		if (slot->hash == 0)
			return slot;
		if (slot->hash == hash && slot->key.len == len &&
		    (len == 0 || memcmp(slot->key.ptr, ptr, len) == 0))
			return slot;
	}
}

void *es_map_get(const struct es_map *map, const char *ptr, size_t len)
{
	if (map->n == 0)
		return NULL;
	return find(map, hash_of(map, ptr, len), ptr, len)->value;
}

static int grow(struct es_map *map)
{
	struct es_map larger = *map;
	larger.cap = map->cap ? map->cap * 2 : 16;
	larger.slots = calloc(larger.cap, sizeof(*larger.slots));
	if (!larger.slots)
		return EARSHOT_NOMEM;
	for (size_t i = 0; i < map->cap; i++) {
		const struct es_map_slot *slot = &map->slots[i];
		if (slot->hash)
			*find(&larger, slot->hash, slot->key.ptr, slot->key.len) = *slot;
	}
	free(map->slots);
	*map = larger;
	return EARSHOT_OK;
}

int es_map_put(struct es_map *map, const char *ptr, size_t len, void *value)
{
	if (map->n * 4 >= map->cap * 3) {
		int rc = grow(map);
		if (rc)
			return rc;
	}
	uint64_t hash = hash_of(map, ptr, len);
	struct es_map_slot *slot = find(map, hash, ptr, len);
	if (slot->hash == 0)
		map->n++;
	*slot = (struct es_map_slot){ hash, { ptr, len }, value };
	return EARSHOT_OK;
}

void *es_map_remove(struct es_map *map, const char *ptr, size_t len)
{
	if (map->n == 0)
		return NULL;
	struct es_map_slot *slot = find(map, hash_of(map, ptr, len), ptr, len);
	void *value = slot->value;
	if (slot->hash == 0)
		return NULL;
	size_t mask = map->cap - 1, hole = (size_t)(slot - map->slots);
	for (size_t i = (hole + 1) & mask; map->slots[i].hash; i = (i + 1) & mask) {
		size_t home = map->slots[i].hash & mask;
		/* may the entry at i move back into the hole? only if its home
		 * does not lie behind the hole (cyclically) */
		if (((i - home) & mask) >= ((i - hole) & mask)) {
			map->slots[hole] = map->slots[i];
			hole = i;
		}
	}
	map->slots[hole] = (struct es_map_slot){ 0 };
	map->n--;
	return value;
}

const struct es_map_slot *es_map_next(const struct es_map *map, size_t *at)
{
	while (*at < map->cap) {
		const struct es_map_slot *slot = &map->slots[(*at)++];
		if (slot->hash)
			return slot;
	}
	return NULL;
}
