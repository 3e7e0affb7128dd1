/* SPDX-License-Identifier: MIT
 *
 * vader_but.h - the vader profile's "but". Inside the room only.
 */
#ifndef ES_SCORE_VADER_BUT_H
#define ES_SCORE_VADER_BUT_H

#include "base/base.h"

/* Halves what stands before place `but`, raises what stands behind by half, as
 * the reference does it (see vader_but.c). Scratch in the arena. NOMEM. */
int es_vader_but(double *valences, size_t n, size_t but, struct es_arena *arena,
		 struct earshot_error *error) EARSHOT_MUST_USE;

#endif
