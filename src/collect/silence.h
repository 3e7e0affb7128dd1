/* SPDX-License-Identifier: MIT
 *
 * silence.h - how long a source may say nothing before that is news. Pure: numbers in,
 * a time out. Inside header of the room `collect`.
 *
 * The rule. A source's own days say how much it usually brings: mean m items a day, and how
 * unevenly, dispersion F = variance / mean, at least 1. Items come in clumps of F, clumps as
 * a Poisson process (the quasi-Poisson model: McCullagh and Nelder, Generalized Linear
 * Models, 2nd ed. 1989, 6.2; F is what Fano, Phys. Rev. 72 (1947) 26, measured). Nothing at
 * all in T days then has the probability exp(-T m / F); it is news where that is below
 * 1 in 1,000, so after T = 6.9 F / m days. A source that rests at weekends has uneven days and
 * so a longer T; below a day nothing is news, because days have nights.
 */
#ifndef ES_COLLECT_SILENCE_H
#define ES_COLLECT_SILENCE_H

#include "base/base.h"

#define ES_USUAL_DAYS        28u /* that are kept */
#define ES_USUAL_DAYS_LEAST  7u
#define ES_USUAL_ITEMS_LEAST 10
#define ES_SILENCE_LEAST     ES_DAY

/* Items of the last days, the oldest first; the running day is not among them. */
struct es_usual {
	int64_t days[ES_USUAL_DAYS];
	size_t n;
};

/* The day is over; `days` of nothing lay behind it. */
void es_usual_add(struct es_usual *usual, int64_t items, int64_t days_of_nothing);
/* Milliseconds without an item that are news; EARSHOT_NONE where too little is known. */
int64_t es_silence_after(const struct es_usual *usual);

#endif
