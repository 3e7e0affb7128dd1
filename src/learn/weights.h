/* SPDX-License-Identifier: MIT
 *
 * weights.h - what learning packs and learning overlays share: how much a post and a key count,
 * and writing learnt.tsv. Inside the room only.
 */
#ifndef ES_LEARN_WEIGHTS_H
#define ES_LEARN_WEIGHTS_H

#include "learn/corpus.h"

/* Weights of posts that sum up to `total`; `power` 0: all the same, 1: each class the same. */
void weigh_posts(const uint8_t *label, size_t n, double power, double total, double *weight);

/* The greatest |log ratio| of a key's share in a class to that in the others, over the first n
 * posts; those without `weight` (NULL = all have one) have no say in it. */
int log_counts(const struct corpus *corpus, size_t n, const double *weight, double *scale,
	       struct earshot_error *error) EARSHOT_MUST_USE;

/* The most that polarity and neutrality move one of the three classes. */
double weight_size(const double weight[2]);

/* For qsort(): the worthiest first. */
struct rank {
	double worth;
	uint32_t number;
};
int rank_by_worth(const void *a, const void *b);

/* "# learnt by HOW; do not edit" and the columns. */
void write_head(struct es_buf *out, const char *how);
void write_constant(struct es_buf *out, const char *name, double polarity, double neutrality);
/* The entries of these numbers by kind and text, with their weights (polarity, neutrality by
 * place in `numbers`); those that round to 0 are left out. */
int write_entries(struct es_buf *out, const struct es_learnt_entry *entries,
		  const uint32_t *numbers, const double *weights, size_t n, size_t *written,
		  struct earshot_error *error) EARSHOT_MUST_USE;

#endif
