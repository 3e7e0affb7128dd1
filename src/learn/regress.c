/* SPDX-License-Identifier: MIT */
#include "learn/regress.h"

#include <lbfgs.h>
#include <math.h>

void regress_prob(double polarity, double neutrality, double prob[3])
{
	double top = fmax(fabs(polarity), neutrality);
	prob[0] = exp(-polarity - top);
	prob[1] = exp(neutrality - top);
	prob[2] = exp(polarity - top);
	double sum = prob[0] + prob[1] + prob[2];
	for (int i = 0; i < 3; i++)
		prob[i] /= sum;
}

/* x: P and N of each feature, then the bias, then the dense columns */
static lbfgsfloatval_t evaluate(void *ctx, const lbfgsfloatval_t *x, lbfgsfloatval_t *g,
				const int n, const lbfgsfloatval_t step)
{
	const struct regression *r = ctx;
	const lbfgsfloatval_t *bias = x + 2 * r->n_features, *dense = bias + 2;
	lbfgsfloatval_t *g_bias = g + 2 * r->n_features, *g_dense = g_bias + 2;
	double loss = 0;
	(void)step;
	for (int i = 0; i < n; i++)
		g[i] = 0;
	for (size_t i = 0; i < r->n; i++) {
		double p = bias[0], q = bias[1], prob[3];
		if (r->offset) {
			p += r->offset[i][0];
			q += r->offset[i][1];
		}
		for (size_t k = r->row[i]; k < r->row[i + 1]; k++) {
			uint32_t f = r->of[k];
			double value = r->scale ? r->scale[f] : 1;
			p += value * x[2 * f];
			q += value * x[2 * f + 1];
		}
		for (int d = 0; r->dense && d < DENSE; d++)
			*(r->dense_to[d] ? &q : &p) += r->dense[i][d] * dense[d];
		regress_prob(p, q, prob);
		int label = r->label[i];
		double weight = r->weight[i];
		loss -= weight * log(fmax(prob[label], 1e-300));
		double dp = weight * (prob[2] - prob[0] - (label == 2) + (label == 0));
		double dq = weight * (prob[1] - (label == 1));
		g_bias[0] += dp;
		g_bias[1] += dq;
		for (size_t k = r->row[i]; k < r->row[i + 1]; k++) {
			uint32_t f = r->of[k];
			double value = r->scale ? r->scale[f] : 1;
			g[2 * f] += value * dp;
			g[2 * f + 1] += value * dq;
		}
		for (int d = 0; r->dense && d < DENSE; d++)
			g_dense[d] += r->dense[i][d] * (r->dense_to[d] ? dq : dp);
	}
	for (size_t f = 0; f < r->n_features; f++) {
		double p = x[2 * f], q = x[2 * f + 1];
		loss += p * p / r->c + q * q / (3 * r->c_neutrality);
		g[2 * f] += 2 * p / r->c;
		g[2 * f + 1] += 2 * q / (3 * r->c_neutrality);
	}
	for (int i = 0; i < 2 && r->c_bias > 0; i++) {
		double c = i ? 3 * r->c_bias : r->c_bias;
		loss += bias[i] * bias[i] / c;
		g_bias[i] += 2 * bias[i] / c;
	}
	return loss;
}

int regress(struct regression *r, struct earshot_error *error)
{
	size_t n = 2 * r->n_features + 2 + DENSE;
	lbfgs_parameter_t parameters;
	lbfgsfloatval_t *x = n < INT32_MAX ? lbfgs_malloc((int)n) : NULL, loss;
	if (!x)
		return es_err_nomem(error);
	for (size_t i = 0; i < n; i++)
		x[i] = 0;
	lbfgs_parameter_init(&parameters);
	parameters.max_iterations = r->rounds ? r->rounds : 300;
	parameters.epsilon = r->tolerance > 0 ? r->tolerance : 1e-4;
	parameters.past = 5;
	parameters.delta = parameters.epsilon / 10;
	int rc = lbfgs((int)n, x, &loss, evaluate, NULL, r, &parameters);
	/* out of rounds or of digits: where it stands is as good as it gets */
	if (rc != LBFGS_SUCCESS && rc != LBFGS_STOP && rc != LBFGS_ALREADY_MINIMIZED &&
	    rc != LBFGSERR_MAXIMUMITERATION && rc != LBFGSERR_MAXIMUMLINESEARCH &&
	    rc != LBFGSERR_ROUNDING_ERROR) {
		lbfgs_free(x);
		return es_err(error, EARSHOT_INTERNAL, "the solver gave up with %d", rc);
	}
	for (size_t f = 0; f < r->n_features; f++) {
		double value = r->scale ? r->scale[f] : 1;
		r->out[2 * f] = x[2 * f] * value;
		r->out[2 * f + 1] = x[2 * f + 1] * value;
	}
	memcpy(r->bias, x + 2 * r->n_features, sizeof(r->bias));
	memcpy(r->dense_out, x + 2 * r->n_features + 2, sizeof(r->dense_out));
	r->loss = loss;
	lbfgs_free(x);
	return EARSHOT_OK;
}
