/* SPDX-License-Identifier: MIT
 *
 * The cases of tests/cases/score: label TAB text TAB why it is there. A language
 * expert adds rows; the figure below only ever rises.
 */
#include "test.h"
#include "base/base.h"
#include <earshot/score.h>

static void run(const char *lang, int least)
{
	struct earshot_score_options options = { .size = sizeof(options), .max_why = 0 };
	struct earshot_lexicon *lexicon = NULL;
	struct earshot_scorer *scorer = NULL;
	struct earshot_error error;
	char path[64], line[4096];
	int n = 0, right = 0, number = 0;
	CHECK_OK(earshot_lexicon_open(&lexicon, "lexicons", &error), error);
	REQUIRE(lexicon);
	CHECK_OK(earshot_scorer_new(&scorer, lexicon, &options, &error), error);
	snprintf(path, sizeof(path), "tests/cases/score/%s.tsv", lang);
	FILE *f = fopen(path, "r");
	REQUIRE(f);
	while (fgets(line, sizeof(line), f)) {
		char *text = strchr(line, '\t'), *why = text ? strchr(text + 1, '\t') : NULL;
		number++;
		if (line[0] == '#')
			continue;
		enum earshot_label want =
			text ? earshot_label_of(line, (size_t)(text - line)) : EARSHOT_UNLABELLED;
		if (!why || !want) {
			FAIL("%s:%d: a row is: label, TAB, text, TAB, why", path, number);
			continue;
		}
		struct earshot_sentiment got = { .size = sizeof(got) };
		CHECK_OK(earshot_score(scorer, es_str(NULL, 0),
				       es_str(text + 1, (size_t)(why - text - 1)), es_str(NULL, 0),
				       &got, &error),
			 error);
		n++;
		right += got.label == want;
		if (got.label != want)
			printf("# %s:%d: %s, wanted %.*s: %.*s\n", path, number,
			       earshot_label_name(got.label), (int)(text - line), line,
			       (int)(why - text - 1), text + 1);
	}
	fclose(f);
	printf("# %s: %d of %d right, at least %d wanted\n", lang, right, n, least);
	CHECK(right >= least);
	earshot_scorer_free(scorer);
	earshot_lexicon_close(lexicon);
}

TEST("English cases get their label")
{
	run("en", 268);
}

TEST("Korean cases get their label")
{
	run("ko", 240);
}

TEST("Turkish cases get their label")
{
	run("tr", 266);
}
