/* SPDX-License-Identifier: MIT
 *
 * score.h - text in, sentiment out, with the reasons.
 *
 * The scored text of a post is title LF text, unless the text begins with the
 * title; offsets in `why` are bytes of the UTF-8 field that `in` names.
 *
 * Default profile: weights are fixed point, 1/1024. The parts of `why`
 * (`bias` and `rest` are parts too) add up exactly to `raw`; `prob` is a
 * documented function of `raw` (src/score/README.md); score = prob[positive] -
 * prob[negative]; label = the most probable; confidence = that probability
 * scaled so that a three-way tie is 0 and certainty is 1.
 * A language without a pack: neutral, confidence 0, one part with rule
 * "no pack".
 *
 * Vader profile: the method and word values of Hutto and Gilbert (2014) as
 * published in vaderSentiment 3.3.2 (MIT), exact: compound, pos, neu, neg.
 */
#ifndef EARSHOT_SCORE_H
#define EARSHOT_SCORE_H

#include <earshot/lexicon.h>

#ifdef __cplusplus
extern "C" {
#endif

#define EARSHOT_WEIGHT_ONE 1024 /* fixed point of weights and raw */

enum earshot_profile { EARSHOT_PROFILE_DEFAULT, EARSHOT_PROFILE_VADER };

enum earshot_in { EARSHOT_IN_NOWHERE, EARSHOT_IN_TITLE, EARSHOT_IN_TEXT };

struct earshot_part {
	enum earshot_in in;      /* NOWHERE for bias and rest */
	uint32_t start, len;     /* bytes in the field */
	struct earshot_str term; /* the entry that was hit, as in the lexicon */
	const char *rule;        /* static: "word", "negation", "bias", ... */
	int32_t weight;          /* what it adds to raw.polarity, 1/1024 */
	int32_t neutrality;      /* what it adds to raw.neutrality, 1/1024 */
};

struct earshot_sentiment {
	size_t size;
	enum earshot_label label;
	enum earshot_profile profile;
	double score;                   /* -1..1; the vader profile: compound */
	double prob[3];                 /* negative, neutral, positive; vader: NaN */
	double confidence;              /* 0..1; vader: NaN */
	int32_t polarity, neutrality;   /* raw, 1/1024 */
	double compound, pos, neu, neg; /* vader profile only, else NaN */
	char lang[8];        /* detected or given: "en", "ko", "tr", "other", "unknown" */
	const char *lexicon; /* version; lives as long as the lexicon */
	const struct earshot_part *why; /* heaviest first, then bias, then rest */
	size_t n_why;
	/* The one rating that the text names (4/5, 5 üzerinden 4, 별 4개, ★★★★☆); value NaN where
	 * there is none, two that differ, or one that is asked for, wished or denied. min is 1, or
	 * 0 where the value is below it or max is above 10. Default profile only, else NaN. */
	struct earshot_rating rating;
};

struct earshot_score_options {
	size_t size;
	enum earshot_profile profile;
	const char *lang; /* NULL or "auto": use the post's, else detect */
	size_t max_why;   /* parts kept, the rest summed; 0 = no explanation, default 12 */
};

/* A scorer is scratch memory around a lexicon: one per thread. */
struct earshot_scorer;

EARSHOT_API int earshot_scorer_new(struct earshot_scorer **out,
				   const struct earshot_lexicon *lexicon,
				   const struct earshot_score_options *options,
				   struct earshot_error *error) EARSHOT_MUST_USE;
EARSHOT_API void earshot_scorer_free(struct earshot_scorer *scorer);

/* Scores title and text (either may be {NULL, 0}); `lang` may be {NULL, 0}.
 * `out` (its `size` set by the caller) and what it points to is valid until the
 * next call with this scorer. Bad UTF-8 is read as U+FFFD. Fails with NOMEM, and
 * with USAGE where a `size` is not set. */
EARSHOT_API int earshot_score(struct earshot_scorer *scorer, struct earshot_str title,
			      struct earshot_str text, struct earshot_str lang,
			      struct earshot_sentiment *out,
			      struct earshot_error *error) EARSHOT_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
