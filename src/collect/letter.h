/* SPDX-License-Identifier: MIT
 *
 * letter.h - a record that cannot be read goes to `deadletter`, with why.
 * Inside header of the room `collect`.
 *
 *   bytes of the source --- es_raw_add ---> es_raw: the record in hand
 *   reader: "bad" -------------------------> es_letter_put -> seen? -> outbox
 *
 * In the transaction of the cursor, and once: the seen set knows it by its SHA-256.
 */
#ifndef ES_COLLECT_LETTER_H
#define ES_COLLECT_LETTER_H

#include "collect/outbox.h"
#include "collect/raw.h"
#include "collect/redact.h"

struct es_letter {
	struct es_state *state;
	const struct es_raw *raw;          /* NULL: not known */
	const struct earshot_error *cause; /* its text names nobody */
	const char *path;                  /* NULL: not from a file */
	int64_t now;
	struct es_redactor *redactor; /* NULL: nothing is taken out */
};
/* *put: it was not known yet. As the outbox fails. `arena` is emptied. */
int es_letter_put(struct es_outbox *outbox, struct es_arena *arena, const struct es_letter *letter,
		  bool *put, struct earshot_error *error) EARSHOT_MUST_USE;
/* A reader's complaint may quote the record: what identifies a person leaves it before
 * a log, a page or a topic sees it. false: no memory. `arena` is emptied. */
bool es_letter_redact(struct es_redactor *redactor, struct es_arena *arena,
		      struct earshot_error *cause) EARSHOT_MUST_USE;

#endif
