/* SPDX-License-Identifier: MIT
 *
 * map.h - bytes -> pointer, open addressing, safe against chosen keys.
 *
 *   slots: [ hash | key ptr, len | value ] ... power of two, linear probing,
 *   grown at 3/4 full. Removed slots are closed by shifting back: no tombstones.
 *
 * Keys are borrowed: they must outlive the map (put them in an arena). Not
 * thread-safe for writers; any number of readers while nobody writes.
 */
#ifndef ES_MAP_H
#define ES_MAP_H

#include <earshot/post.h>

struct es_map_slot {
	uint64_t hash; /* 0 = empty */
	struct earshot_str key;
	void *value;
};

struct es_map {
	struct es_map_slot *slots;
	size_t n, cap;
	uint64_t key[2]; /* of SipHash, from the kernel */
};

void es_map_init(struct es_map *map);
void es_map_release(struct es_map *map);
void es_map_clear(struct es_map *map); /* keeps the memory */

/* NULL where there is no such key. */
void *es_map_get(const struct es_map *map, const char *ptr, size_t len);
/* Stores value (not NULL) under key, replacing; 0 or NOMEM (map unaltered). */
int es_map_put(struct es_map *map, const char *ptr, size_t len, void *value) EARSHOT_MUST_USE;
/* Removes; returns the old value or NULL. */
void *es_map_remove(struct es_map *map, const char *ptr, size_t len);
/* Visits every slot: `size_t at = 0; while ((slot = es_map_next(&map, &at)))`.
 * The order is random; do not change the map meanwhile. */
const struct es_map_slot *es_map_next(const struct es_map *map, size_t *at);

#endif
