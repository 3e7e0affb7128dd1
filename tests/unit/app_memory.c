/* SPDX-License-Identifier: MIT
 *
 * What is resident follows what is used. */
#include "test.h"
#include <unistd.h>
#include "app/app.h"

#define BLOCKS 1000
#define BLOCK  (64 * 1024) /* bytes: not mapped by itself */

static long resident(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	CHECK(f && fscanf(f, "%*s %ld", &pages) == 1);
	if (f)
		fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

TEST("what was freed below a block that is still used is given back")
{
#if ES_SANITIZED
	SKIP("a sanitizer has its own heap");
#elif !defined(__GLIBC__)
	SKIP("this is of glibc's allocator");
#else
	static void *blocks[BLOCKS];
	es_memory_begin();
	for (int i = 0; i < BLOCKS; i++) {
		blocks[i] = malloc(BLOCK);
		REQUIRE(blocks[i]);
		memset(blocks[i], 1, BLOCK);
	}
	void *last = malloc(BLOCK);
	long most = resident();
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	CHECK(last && resident() > most - BLOCKS * BLOCK / 10); /* so it would stay */
	es_memory_give_back();
	CHECK(resident() < most - BLOCKS * BLOCK / 10 * 9);
	free(last);
#endif
}
