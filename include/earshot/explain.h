/* SPDX-License-Identifier: MIT
 *
 * explain.h - a sentiment in words for people, and what would flip it.
 *
 * Writes the text with its deciding words marked, a line for each part and the
 * sums. `colour` uses ANSI colours (blue positive, vermillion negative) and
 * always a sign as well: colour is never the only signal.
 */
#ifndef EARSHOT_EXPLAIN_H
#define EARSHOT_EXPLAIN_H

#include <earshot/score.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Receives the explanation in pieces; a non-zero return stops it and is
 * returned. */
typedef int earshot_write_fn(void *ctx, const char *ptr, size_t len);

EARSHOT_API int earshot_explain(const struct earshot_sentiment *sentiment, struct earshot_str title,
				struct earshot_str text, bool colour, earshot_write_fn *write,
				void *ctx);

/* ---- what would flip the label: the fewest of the post's own words ----
 *
 * Two kinds of word are tried. One that weighs is taken away with every part of `why` that touches
 * it: what is left is the sum of the other parts, exactly. One that acts on others (a negator, a
 * booster, a contrast, a negative ending, question marks, marks of irony) is taken away, the rules
 * run again, and the learnt parts that touch it go too; it comes first where a single one that
 * weighs would do as well. One and two words are the fewest there are; of three and more that is
 * likely, not certain. */

#define EARSHOT_FLIP_PARTS 8 /* more than that is no small change */

struct earshot_flip {
	size_t size;
	enum earshot_label label;     /* what it would be; UNLABELLED = no small change flips it */
	int32_t polarity, neutrality; /* raw of the post without them, 1/1024 */
	/* what goes: weight and neutrality are what it takes from raw; rule is that of the part,
	 * or what the word does ("negate", "contrast", ...) */
	struct earshot_part without[EARSHOT_FLIP_PARTS];
	size_t n_without;
};

/* As earshot_score(); `out` (its `size` set by the caller) borrows terms from the lexicon only.
 * The vader profile, and a post that nothing is known of, have no flip. Costs a scoring for each
 * word that acts, at most 64. */
EARSHOT_API int earshot_flip(struct earshot_scorer *scorer, struct earshot_str title,
			     struct earshot_str text, struct earshot_str lang,
			     struct earshot_flip *out,
			     struct earshot_error *error) EARSHOT_MUST_USE;

/* One line for people: would be positive without "not". Nothing where there is no flip. */
EARSHOT_API int earshot_explain_flip(const struct earshot_flip *flip, struct earshot_str title,
				     struct earshot_str text, earshot_write_fn *write, void *ctx);

#ifdef __cplusplus
}
#endif
#endif
