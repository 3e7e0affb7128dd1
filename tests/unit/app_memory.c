/* SPDX-License-Identifier: MIT
 *
 * What is resident follows what is used. */
#include "test.h"
#include <unistd.h>
#include "app/app.h"

#if ES_SANITIZED || !defined(__GLIBC__)

TEST("what was freed below a block that is still used is given back")
{
	SKIP("a sanitizer has its own heap: the plain build tries it, with glibc");
}

#else

#define BLOCKS 1000        /* that are freed; one more stays */
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
	static void *blocks[BLOCKS + 1];
	es_memory_begin();
	for (int i = 0; i <= BLOCKS; i++) {
		blocks[i] = malloc(BLOCK);
		REQUIRE(blocks[i]);
		memset(blocks[i], 1, BLOCK);
	}
	long most = resident();
	for (int i = 0; i < BLOCKS; i++)
		free(blocks[i]);
	CHECK(resident() > most - BLOCKS * BLOCK / 10); /* so it would stay */
	es_memory_give_back();
	CHECK(resident() < most - BLOCKS * BLOCK / 10 * 9);
	free(blocks[BLOCKS]);
}

#endif
