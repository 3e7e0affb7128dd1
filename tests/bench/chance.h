/* SPDX-License-Identifier: MIT
 *
 * chance.h - the same numbers in every run, for who makes posts.
 */
#ifndef BENCH_CHANCE_H
#define BENCH_CHANCE_H

#include <stddef.h>

/* 0 to n - 1, n at most 65,536. */
static size_t chance(size_t n)
{
	static unsigned seed = 20261124;
	seed = seed * 1103515245u + 12345u;
	return (seed >> 16) % n;
}

#endif
