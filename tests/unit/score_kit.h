/* SPDX-License-Identifier: MIT
 *
 * score_kit.h - a scorer over the shipped packs, which are opened once a program.
 */
#ifndef SCORE_KIT_H
#define SCORE_KIT_H

#include "test.h"
#include <earshot/score.h>

static struct earshot_lexicon *lexicon;

/* NULL (and a failure) where the packs or the scorer cannot be had. */
static struct earshot_scorer *kit_scorer(struct earshot_score_options options)
{
	struct earshot_error error;
	struct earshot_scorer *scorer = NULL;
	options.size = sizeof(options);
	if (!lexicon && earshot_lexicon_open(&lexicon, "lexicons", &error)) {
		FAIL("%s", error.text);
		return NULL;
	}
	CHECK_OK(earshot_scorer_new(&scorer, lexicon, &options, &error), error);
	return scorer;
}

static void kit_release(void)
{
	earshot_lexicon_close(lexicon);
	lexicon = NULL;
}

#endif
