/* SPDX-License-Identifier: MIT
 *
 * flip.h - a post scored as if one of its words did not act. Inside the room only.
 */
#ifndef ES_SCORE_FLIP_H
#define ES_SCORE_FLIP_H

#include "score/hits.h"

enum es_without {
	ES_WITHOUT_HIT,       /* a negator, a booster, a contrast, ... */
	ES_WITHOUT_ENDING,    /* the negative ending of a Turkish verb */
	ES_WITHOUT_QUESTIONS, /* all question marks */
	ES_WITHOUT_IRONY,     /* all marks of irony */
	ES_WITHOUT_N
};

struct es_trial {
	enum es_without what;
	size_t at;                /* the how-manieth of its kind, from 0 */
	bool found;               /* there was one */
	struct earshot_part part; /* where, and what it does; no weights */
};

/* Takes the word away from hits that no rule has seen yet. */
void es_trial_apply(struct es_trial *trial, struct hits *hits);

/* Scores with the trial, and with no reasons where `max_why` is 0; trial NULL = as it is. */
int es_score_trial(struct earshot_scorer *scorer, struct earshot_str title, struct earshot_str text,
		   struct earshot_str lang, struct es_trial *trial, size_t max_why,
		   struct earshot_sentiment *out, struct earshot_error *error) EARSHOT_MUST_USE;

#endif
