/* SPDX-License-Identifier: MIT
 *
 * score_any.c - any bytes as language, title and text, in each profile: no crash,
 * no hang; the parts add up and lie inside of their fields; figures are in range;
 * reasons change nothing; the explanation can be written, whatever is explained; a flip
 * adds up and gives another label.
 *
 * The first byte chooses the profile, the language of the options and of the post,
 * how many reasons and the colour; the second where the title ends; 8 bytes are the
 * language where the post says one. Runs from the top of the repository, on the
 * shipped packs, learnt weights and all.
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

static const char *const langs[] = { NULL, "en", "ko", "tr" };
/* none, one, some, more than there is room for */
static const size_t reasons[] = { 0, 1, 5, 100000 };
#define LANG_MAX 8

static struct earshot_lexicon *lexicon;
static struct earshot_scorer *scorers[2][ES_COUNT(langs)][ES_COUNT(reasons)];

static void open_all(void)
{
	struct earshot_error error;
	HOLDS(earshot_lexicon_open(&lexicon, "lexicons", &error) == EARSHOT_OK);
	for (size_t p = 0; p < 2; p++)
		for (size_t l = 0; l < ES_COUNT(langs); l++)
			for (size_t r = 0; r < ES_COUNT(reasons); r++) {
				struct earshot_score_options options = {
					.size = sizeof(options),
					.profile =
						p ? EARSHOT_PROFILE_VADER : EARSHOT_PROFILE_DEFAULT,
					.lang = langs[l],
					.max_why = reasons[r],
				};
				HOLDS(earshot_scorer_new(&scorers[p][l][r], lexicon, &options,
							 &error) == EARSHOT_OK);
			}
}

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
		HOLDS(part->rule);
		polarity += part->weight;
		neutrality += part->neutrality;
	}
	HOLDS(s->label >= EARSHOT_NEGATIVE && s->label <= EARSHOT_POSITIVE);
	HOLDS(fabs(s->score) <= 1);
	HOLDS(memchr(s->lang, '\0', sizeof(s->lang)));
	if (s->profile == EARSHOT_PROFILE_VADER) {
		HOLDS(s->pos >= 0 && s->neu >= 0 && s->neg >= 0);
		HOLDS(s->pos <= 1 && s->neu <= 1 && s->neg <= 1);
		return;
	}
	if (s->n_why)
		HOLDS(polarity == s->polarity && neutrality == s->neutrality);
	HOLDS(fabs(s->prob[0] + s->prob[1] + s->prob[2] - 1) < 1e-9);
	HOLDS(s->confidence >= 0 && s->confidence <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct earshot_error error;
	if (!lexicon)
		open_all();
	if (size < 2)
		return 0;
	unsigned choice = data[0];
	size_t cut = data[1];
	data += 2, size -= 2;
	struct earshot_str lang = es_str(NULL, 0);
	if (choice & 64 && size >= LANG_MAX) {
		lang = es_str((const char *)data, LANG_MAX);
		data += LANG_MAX, size -= LANG_MAX;
	}
	cut = cut < size ? cut : 0;
	struct earshot_str title = es_str((const char *)data, cut);
	struct earshot_str text = es_str((const char *)data + cut, size - cut);

	struct earshot_scorer **row = scorers[choice & 1][choice >> 1 & 3];
	struct earshot_scorer *scorer = row[choice >> 3 & 3];
	struct earshot_sentiment s = { .size = sizeof(s) }, quiet = { .size = sizeof(quiet) };
	HOLDS(earshot_score(scorer, title, text, lang, &s, &error) == EARSHOT_OK);
	check(&s, title.len, text.len);
	enum earshot_label label = s.label;
	int32_t polarity = s.polarity, neutrality = s.neutrality;
	size_t written = 0;
	HOLDS(earshot_explain(&s, title, text, choice & 128, swallow, &written) == 0);
	HOLDS(written > 0);
	/* a sentiment beside a text that is not its own: cut short where it likes */
	HOLDS(earshot_explain(&s, es_str(title.ptr, title.len / 2), es_str(text.ptr, text.len / 2),
			      choice & 128, swallow, &written) == 0);

	HOLDS(earshot_score(row[choice >> 3 & 3 ? 0 : 2], title, text, lang, &quiet, &error) ==
	      EARSHOT_OK);
	HOLDS(quiet.label == s.label && quiet.polarity == s.polarity &&
	      quiet.neutrality == s.neutrality && memcmp(&quiet.score, &s.score, 8) == 0 &&
	      strcmp(quiet.lang, s.lang) == 0);

	struct earshot_flip flip = { .size = sizeof(flip) };
	HOLDS(earshot_flip(scorer, title, text, lang, &flip, &error) == EARSHOT_OK);
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
