/* SPDX-License-Identifier: MIT */
#include "base/sort.h"

static void swap(char *a, char *b, size_t size)
{
	for (; size; size--, a++, b++) {
		char byte = *a;
		*a = *b;
		*b = byte;
	}
}

/* Lets the item at `at` sink below every greater one. */
static void sink(char *array, size_t at, size_t n, size_t size,
		 int (*compare)(const void *, const void *))
{
	for (size_t child; (child = 2 * at + 1) < n; at = child) {
		if (child + 1 < n && compare(array + child * size, array + (child + 1) * size) < 0)
			child++;
		if (compare(array + at * size, array + child * size) >= 0)
			return;
		swap(array + at * size, array + child * size, size);
	}
}

void es_sort(void *array, size_t n, size_t size, int (*compare)(const void *, const void *))
{
	for (size_t at = n / 2; at-- > 0;)
		sink(array, at, n, size, compare);
	while (n > 1) {
		n--;
		swap(array, (char *)array + n * size, size);
		sink(array, 0, n, size, compare);
	}
}
