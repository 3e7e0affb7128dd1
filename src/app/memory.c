/* SPDX-License-Identifier: MIT
 *
 * memory.c - what is resident follows what is used.
 *
 * By itself glibc gives up to eight arenas a core to our threads and librdkafka's, each with
 * holes of its own, and puts ever larger blocks (batches, the table of a cleaning) into them: a
 * worker at full rate grew for as long as it ran. With few arenas and large blocks mapped it
 * still kept what the worst moment had needed, a hole of 60 MB under what came later: glibc
 * looks at the top of its heap only, unless it is asked (malloc_trim(3)). */
#include <malloc.h>
#include "app/app.h"

#define ARENAS   2       /* of the allocator */
#define MAP_FROM 1048576 /* bytes: blocks that are mapped, and given back when freed */

void es_memory_begin(void)
{
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, ARENAS);
	mallopt(M_MMAP_THRESHOLD, MAP_FROM);
#endif
}

void es_memory_give_back(void)
{
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
