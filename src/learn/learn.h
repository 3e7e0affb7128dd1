/* SPDX-License-Identifier: MIT
 *
 * learn.h - the outside header of the room `learn`: labelled posts -> figures, and
 * labelled posts -> weights. May use base, text, lexicon, score and liblbfgs.
 *
 *   labelled row --> es_outcome (truth and guess) --> es_figures, es_difference
 *
 * Nothing here prints or keeps state; everything is deterministic.
 */
#ifndef ES_LEARN_H
#define ES_LEARN_H

#include "base/base.h"
#include "lexicon/lexicon.h"
#include <earshot/score.h>

/* ---- labelled rows ---- */

/* `id TAB label TAB text`, or `label TAB text`; views of the line. */
struct es_labelled {
	struct earshot_str id, text;
	enum earshot_label label;
};
/* DATA with a column where the row is of neither form. */
int es_labelled_read(struct earshot_str line, struct es_labelled *out,
		     struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- figures ---- */

/* What was true and what was said of one post. */
struct es_outcome {
	enum earshot_label truth, guess; /* guess UNLABELLED: neither side of two */
	double certainty;                /* probability of the guess; NaN = has none */
};
/* `classes` 3: the label. 2: the sign of the score, and the certainty of that side. */
struct es_outcome es_outcome_of(enum earshot_label truth, const struct earshot_sentiment *sentiment,
				int classes);

/* A value and its 95 % interval. */
struct es_figure {
	double value, lo, hi;
};

struct es_class_figures {
	size_t n; /* rows of this truth */
	struct es_figure precision, recall, f1;
};

/* Rates (accuracy, recall, precision, sign errors) have Wilson's interval, the others the
 * middle 95 % of ES_RESAMPLES resamples with a fixed seed. */
struct es_figures {
	size_t n;
	struct es_figure accuracy, macro_f1, macro_recall;
	struct es_figure sign_errors;         /* positive called negative or the reverse */
	struct es_figure ece;                 /* calibration error in ten bins; NaN = no probs */
	struct es_class_figures per_class[3]; /* negative, neutral, positive */
	uint32_t confusion[3][3];             /* rows = truth */
};

/* Two sets of guesses of the same posts. */
struct es_difference {
	struct es_figure accuracy, macro_f1; /* second minus first; resampled in pairs */
	size_t only_first, only_second;      /* posts that only one has right */
	double p;                            /* McNemar's exact test on those, two-sided */
};

#define ES_RESAMPLES 1000

/* With two classes rows that are neutral are to be left out by the caller. LIMIT where
 * there are no rows; NOMEM. */
int es_figures_of(const struct es_outcome *at, size_t n, int classes, struct es_figures *out,
		  struct earshot_error *error) EARSHOT_MUST_USE;
int es_difference_of(const struct es_outcome *first, const struct es_outcome *second, size_t n,
		     int classes, struct es_difference *out,
		     struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- learning ---- */

struct es_learn_options {
	enum es_language language;
	struct es_learnt_shape shape; /* es_learn_defaults() knows what suits a language */
	size_t size;                  /* entries kept at most */
	uint32_t least;               /* posts that an entry stands in */
	double c_full, c;             /* strength of the posts, before and after pruning */
	double c_neutrality;          /* times c: that against weights of neutrality */
	double balance;               /* of the classes in training: 0 as they come, 1 even */
	double also;                  /* weight of all posts of other kinds; the others' is 1 */
	double caution;               /* added to the neutrality: a wrong sign is worse than none */
	struct es_learnt_scale hand;  /* how much the hand-made entries weigh */
	const struct earshot_str *stop; /* words that nothing may be learnt of; "stem*" too */
	size_t n_stop;
};

struct es_labelled_set {
	const struct es_labelled *at;
	size_t n;
};

/* What is learnt from. `also` are posts of other kinds: they move the weights of the entries
 * that `train` has, but make no entries, which would know them by heart and no others. */
struct es_learn_posts {
	struct es_labelled_set train, also;
	const struct es_labelled_set *dev; /* to calibrate on; none = on those learnt from */
	size_t n_dev;
};

struct es_learn_report {
	size_t posts, keys, entries;
	double loss; /* of a dev post, classes balanced; of a training post without dev */
};

void es_learn_defaults(struct es_learn_options *options, enum es_language language);

/* Learns, calibrates and appends learnt.tsv to `out`. The hand-made entries of the lexicon
 * are the prior; what was learnt before is not looked at. Deterministic. */
int es_learn(const struct earshot_lexicon *lexicon, const struct es_learn_options *options,
	     const struct es_learn_posts *posts, struct es_buf *out, struct es_learn_report *report,
	     struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- learning an overlay ---- */

struct es_over_options {
	enum es_language language;
	size_t size;                    /* entries kept at most */
	uint32_t least;                 /* posts that an entry stands in */
	double c;                       /* strength of the posts against what lies below */
	double c_neutrality;            /* times c: that against weights of neutrality */
	double c_bias;                  /* as c, of the bias */
	double balance;                 /* of the classes: 0 as they come, 1 even */
	const struct earshot_str *stop; /* words that nothing may be learnt of; "stem*" too */
	size_t n_stop;
};

/* What to expect of the overlay for posts of this kind: found by holding out a fifth of the posts
 * five times, each time learning from the others. */
struct es_over_report {
	size_t posts, keys, entries;
	struct es_figures below, with; /* without and with it */
	struct es_difference gain;
};

/* The same for every language. */
void es_over_defaults(struct es_over_options *options, enum es_language language);

/* Learns what the posts say beyond the lexicon, and appends the learnt.tsv of an overlay to `out`:
 * weights that are added to those of the lexicon, small and few. Of the kinds that the lexicon's
 * own learnt entries have. Deterministic. DATA where there are fewer than ES_OVER_LEAST posts or
 * the lexicon has nothing learnt in this language. */
#define ES_OVER_LEAST 20
int es_learn_over(const struct earshot_lexicon *lexicon, const struct es_over_options *options,
		  struct es_labelled_set posts, struct es_buf *out, struct es_over_report *report,
		  struct earshot_error *error) EARSHOT_MUST_USE;

#endif
