/* SPDX-License-Identifier: MIT
 *
 * corpus.h - labelled posts as rows of features. Inside the room only.
 *
 *   add ... add  counts in how many posts each key stands; freeze  numbers those in enough
 *   add ... add  writes each post as its numbers
 *
 *   rows   row[i] .. row[i + 1] in `of`: numbers of the keys of post i, as often as it has them
 *   hand   what the hand lexicon says of post i
 */
#ifndef ES_LEARN_CORPUS_H
#define ES_LEARN_CORPUS_H

#include "learn/learn.h"
#include "score/score.h"

struct corpus_key {
	uint64_t key;    /* 0 = free */
	uint32_t n;      /* posts that have it */
	uint32_t last;   /* the last of them + 1 */
	uint32_t number; /* from 0; UINT32_MAX = in too few */
};

/* The keys of the training posts; other corpora share them. */
struct corpus_keys {
	struct corpus_key *slots;
	size_t n, mask;
	size_t numbered;
	struct es_learnt_entry *entries; /* by number */
	struct es_arena arena;           /* their texts */
	bool frozen;
};

struct corpus {
	struct corpus_keys *keys;
	struct earshot_scorer *scorer;
	enum es_language language;
	struct es_learnt_shape shape;
	struct es_hand *hand;
	uint8_t *label; /* 0 negative, 1 neutral, 2 positive */
	size_t *row;
	uint32_t *of;
	size_t n, cap, n_of, cap_of;
	uint32_t seen; /* posts counted */
	bool failed;
};

void corpus_keys_release(struct corpus_keys *keys);
void corpus_release(struct corpus *corpus);
/* First round: counts. */
int corpus_count(struct corpus *corpus, struct earshot_str text,
		 struct earshot_error *error) EARSHOT_MUST_USE;
/* Numbers the keys that at least `least` posts have. */
int corpus_freeze(struct corpus_keys *keys, uint32_t least,
		  struct earshot_error *error) EARSHOT_MUST_USE;
/* Second round: writes the row. */
int corpus_add(struct corpus *corpus, struct earshot_str text, enum earshot_label label,
	       struct earshot_error *error) EARSHOT_MUST_USE;

#endif
