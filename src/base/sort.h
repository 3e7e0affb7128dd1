/* SPDX-License-Identifier: MIT
 *
 * sort.h - qsort() that takes nothing from the heap: glibc's does from 1 KiB on.
 *
 * Heapsort: in place, never more than n log n, not stable. `compare` as for qsort().
 * Thread-safe.
 */
#ifndef ES_SORT_H
#define ES_SORT_H

#include <stddef.h>

void es_sort(void *array, size_t n, size_t size, int (*compare)(const void *, const void *));

#endif
