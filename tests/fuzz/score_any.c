/* SPDX-License-Identifier: MIT
 *
 * score_any.c - any bytes as title and text, in each language and profile: no
 * crash, no hang; the parts add up and lie inside of their fields; figures are
 * in range; the explanation can be written; a flip adds up and gives another
 * label. The first byte chooses language, profile and where the title ends. Runs
 * from the top of the repository.
 */
#include <earshot/explain.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include "base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOLDS(condition) \
	do { \
		if (!(condition)) \
			abort(); \
	} while (0)

static int swallow(void *ctx, const char *ptr, size_t len)
{
	(void)ptr;
	*(size_t *)ctx += len;
	return 0;
}

static void check(const struct earshot_sentiment *s, size_t title, size_t text)
{
	int64_t polarity = 0, neutrality = 0;
	for (size_t i = 0; i < s->n_why; i++) {
		const struct earshot_part *part = &s->why[i];
		size_t len = part->in == EARSHOT_IN_TITLE  ? title
			     : part->in == EARSHOT_IN_TEXT ? text
							   : 0;
		HOLDS(part->start <= len && part->len <= len - part->start);
		polarity += part->weight;
		neutrality += part->neutrality;
	}
	HOLDS(s->label >= EARSHOT_NEGATIVE && s->label <= EARSHOT_POSITIVE);
	HOLDS(fabs(s->score) <= 1);
	if (s->profile == EARSHOT_PROFILE_VADER) {
		HOLDS(s->pos >= 0 && s->neu >= 0 && s->neg >= 0);
		HOLDS(s->pos <= 1 && s->neu <= 1 && s->neg <= 1);
		return;
	}
	HOLDS(polarity == s->polarity && neutrality == s->neutrality);
	HOLDS(fabs(s->prob[0] + s->prob[1] + s->prob[2] - 1) < 1e-9);
	HOLDS(s->confidence >= 0 && s->confidence <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const langs[] = { NULL, "en", "ko", "tr" };
	static struct earshot_lexicon *lexicon;
	static struct earshot_scorer *scorers[2][4];
	struct earshot_error error;
	if (!lexicon) {
		HOLDS(earshot_lexicon_open(&lexicon, "lexicons", &error) == EARSHOT_OK);
		for (int p = 0; p < 2; p++)
			for (int l = 0; l < 4; l++) {
				struct earshot_score_options options = {
					.size = sizeof(options),
					.profile =
						p ? EARSHOT_PROFILE_VADER : EARSHOT_PROFILE_DEFAULT,
					.lang = langs[l],
					.max_why = 5
				};
				HOLDS(earshot_scorer_new(&scorers[p][l], lexicon, &options,
							 &error) == EARSHOT_OK);
			}
	}
	if (size < 1)
		return 0;
	unsigned choice = *data++;
	size--;
	struct earshot_scorer *scorer = scorers[choice & 1][choice >> 1 & 3];
	size_t cut = choice >> 3 < size ? choice >> 3 : 0;
	struct earshot_str title = es_str((const char *)data, cut);
	struct earshot_str text = es_str((const char *)data + cut, size - cut);
	struct earshot_sentiment s = { .size = sizeof(s) };
	HOLDS(earshot_score(scorer, title, text, es_str(NULL, 0), &s, &error) == EARSHOT_OK);
	check(&s, title.len, text.len);
	enum earshot_label label = s.label;
	int32_t polarity = s.polarity, neutrality = s.neutrality;
	size_t written = 0;
	HOLDS(earshot_explain(&s, title, text, choice & 128, swallow, &written) == 0 &&
	      written > 0);
	struct earshot_flip flip = { .size = sizeof(flip) };
	HOLDS(earshot_flip(scorer, title, text, es_str(NULL, 0), &flip, &error) == EARSHOT_OK);
	HOLDS(!flip.n_without == !flip.label && flip.n_without <= EARSHOT_FLIP_PARTS);
	if (!flip.n_without)
		return 0;
	HOLDS(flip.label != label);
	for (size_t i = 0; i < flip.n_without; i++) {
		flip.polarity += flip.without[i].weight;
		flip.neutrality += flip.without[i].neutrality;
	}
	HOLDS(flip.polarity == polarity && flip.neutrality == neutrality);
	HOLDS(earshot_explain_flip(&flip, title, text, swallow, &written) == 0);
	return 0;
}
