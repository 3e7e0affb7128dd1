/* SPDX-License-Identifier: MIT
 *
 * regress.h - multinomial logistic regression with two weights a feature. Inside the room only.
 *
 * A post has polarity P and neutrality N, sums over its features; its classes have the
 * logits (negative -P, neutral N, positive P). Three weights that add up to 0 are the same
 * thing: positive P - N/3, neutral 2N/3, negative -P - N/3. Minimised is
 *
 *   sum over posts of weight * -log prob(truth)  +  sum over features of P^2 / c + N^2 / (3
 * c_neutrality)
 *
 * which is what scikit-learn's LogisticRegression minimises with C = c = c_neutrality.
 */
#ifndef ES_LEARN_REGRESS_H
#define ES_LEARN_REGRESS_H

#include "base/base.h"

#define DENSE 3 /* columns that are numbers, without penalty */

struct regression {
	size_t n, n_features;
	const size_t *row;
	const uint32_t *of;
	const uint8_t *label;
	const double *weight;         /* of a post */
	const double *scale;          /* of a feature's value where it stands; NULL = 1 */
	const double (*offset)[2];    /* given parts of P and N; NULL = none */
	const double (*dense)[DENSE]; /* values; NULL = none */
	const uint8_t *dense_to;      /* DENSE: 0 adds to P, 1 adds to N */
	double c, c_neutrality;       /* strength of the posts against the penalties */
	double c_bias;                /* the same for the bias; 0 = it has no penalty */
	int rounds;                   /* at most; 0 = 300 */
	double tolerance;             /* 0 = 1e-4 */
	/* out, by feature: 2 * n_features, P then N; scaled back (times `scale`) */
	double *out;
	double bias[2];
	double dense_out[DENSE];
	double loss;
};

/* Deterministic. NOMEM; INTERNAL where the solver gives up. */
int regress(struct regression *r, struct earshot_error *error) EARSHOT_MUST_USE;

/* Probabilities of a post's P and N. */
void regress_prob(double polarity, double neutrality, double prob[3]);

#endif
