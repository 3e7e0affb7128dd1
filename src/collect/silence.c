/* SPDX-License-Identifier: MIT */
#include "collect/silence.h"

#define LN_1000 6.907755278982137

static void push(struct es_usual *usual, int64_t items)
{
	if (usual->n == ES_USUAL_DAYS)
		memmove(usual->days, usual->days + 1, --usual->n * sizeof(*usual->days));
	usual->days[usual->n++] = items;
}

void es_usual_add(struct es_usual *usual, int64_t items, int64_t days_of_nothing)
{
	push(usual, items);
	for (int64_t i = 0; i < days_of_nothing && i < ES_USUAL_DAYS; i++)
		push(usual, 0);
}

int64_t es_silence_after(const struct es_usual *usual)
{
	double sum = 0, squares = 0, n = (double)usual->n;
	for (size_t i = 0; i < usual->n; i++) {
		double items = (double)usual->days[i];
		sum += items;
		squares += items * items;
	}
	if (usual->n < ES_USUAL_DAYS_LEAST || sum < ES_USUAL_ITEMS_LEAST)
		return EARSHOT_NONE;
	double mean = sum / n, variance = (squares - sum * mean) / (n - 1);
	double clump = variance > mean ? variance / mean : 1;
	double after = LN_1000 * clump / mean * (double)ES_DAY;
	return after > (double)ES_SILENCE_LEAST ? (int64_t)after : ES_SILENCE_LEAST;
}
