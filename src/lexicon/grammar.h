/* SPDX-License-Identifier: MIT
 *
 * grammar.h - how far and how strongly words act on each other, in numbers. Part of the room's
 * outside header.
 *
 * A pack's grammar.tsv sets them by name; what it leaves out is as ES_GRAMMAR says here, the only
 * place that has defaults. Rules read the struct: no name is looked up while a post is scored.
 */
#ifndef ES_LEXICON_GRAMMAR_H
#define ES_LEXICON_GRAMMAR_H

#include <stdint.h>

/* X(member, name in grammar.tsv, type, least, most, default): COUNT is a whole number, SHARE a
 * fraction kept as 1/1024. lexicons/README.md says what each means.
 *
 * A turned word weighs -0.74 (VADER), a contrast halves (VADER's "but"); 0.733 for capitals and
 * 0.292 for "!" are VADER's on a scale where a plain word is about 2. Neutral is what is left
 * when nothing speaks: 0.45 is less than one plain word of praise and more than a crumb. */
#define ES_GRAMMAR(X) \
	X(reach_negate, "reach-negate", COUNT, 0, 64, 4) \
	X(reach_negate_after, "reach-negate-after", COUNT, 0, 64, 3) \
	X(reach_light, "reach-light", COUNT, 0, 64, 2) \
	X(reach_boost, "reach-boost", COUNT, 0, 64, 3) \
	X(turned, "turned", SHARE, -2, 2, -0.74) \
	X(turned_twice, "turned-twice", SHARE, -2, 2, 0.801) \
	X(before_contrast, "before-contrast", SHARE, -2, 2, 0.5) \
	X(contrast_decides, "contrast-decides", COUNT, 0, 1, 0) \
	X(in_question, "in-question", SHARE, -2, 2, 0.6) \
	X(irony, "irony", SHARE, -2, 2, -0.74) \
	X(quoted, "quoted", SHARE, -2, 2, 1) \
	X(opening, "opening", SHARE, -2, 2, 1) \
	X(reach_wish, "reach-wish", COUNT, 0, 64, 6) \
	X(wished, "wished", SHARE, -2, 2, -0.5) \
	X(rating, "rating", SHARE, 0, 8, 2) \
	X(drawn_out, "drawn-out", SHARE, 0, 4, 1.25) \
	X(capitals, "capitals", SHARE, 0, 4, 0.733) \
	X(exclamation, "exclamation", SHARE, 0, 4, 0.292) \
	X(exclamations, "exclamations", COUNT, 0, 64, 4) \
	X(mood_derides, "mood-derides", SHARE, 0, 2, 0.3) \
	X(mood_sentence, "mood-sentence", COUNT, 0, 1, 1) \
	X(neutrality, "neutrality", SHARE, -8, 8, 0.45) \
	X(question_neutrality, "question-neutrality", SHARE, -8, 8, 0.4)

struct es_grammar {
#define X(member, name, type, least, most, value) int32_t member;
	ES_GRAMMAR(X)
#undef X
};

extern const struct es_grammar es_grammar_default;

#endif
