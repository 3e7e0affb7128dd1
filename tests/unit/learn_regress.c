/* SPDX-License-Identifier: MIT
 *
 * The regression on made data. Prints "# weight FEATURE P N" and "# bias P N": tests/cli/learn.py
 * makes the same data (the generator below is written down twice) and holds these against
 * scikit-learn's.
 */
#include "test.h"
#include <math.h>
#include "learn/regress.h"

#define ROWS     300
#define FEATURES 12

static size_t row[ROWS + 1];
static uint32_t of[ROWS * FEATURES];
static uint8_t label[ROWS];
static double weight[ROWS], out[2 * FEATURES];

/* A linear congruential generator; feature f stands in a row by chance, and pulls the label. */
static void make(void)
{
	uint32_t state = 1;
	size_t n = 0;
	for (int i = 0; i < ROWS; i++) {
		int pull = 0;
		row[i] = n;
		for (uint32_t f = 0; f < FEATURES; f++) {
			state = state * 1664525u + 1013904223u;
			if (state >> 29 != 0)
				continue;
			of[n++] = f;
			pull += (int)(f % 3) - 1;
		}
		state = state * 1664525u + 1013904223u;
		pull += (int)(state >> 16) % 3 - 1;
		label[i] = pull < 0 ? 0 : pull > 0 ? 2 : 1;
		weight[i] = 1 + i % 2;
	}
	row[ROWS] = n;
}

TEST("the regression of made data is at its minimum, twice the same")
{
	struct regression r = { .n = ROWS,
				.n_features = FEATURES,
				.row = row,
				.of = of,
				.label = label,
				.weight = weight,
				.c = 0.5,
				.c_neutrality = 0.5,
				.rounds = 1000,
				.tolerance = 1e-8,
				.out = out };
	struct earshot_error error;
	double first[2 * FEATURES];
	make();
	CHECK_OK(regress(&r, &error), error);
	for (int f = 0; f < FEATURES; f++)
		printf("# weight %d %.6f %.6f\n", f, out[2 * f], out[2 * f + 1]);
	printf("# bias %.6f %.6f\n", r.bias[0], r.bias[1]);
	/* features 0, 3 .. pull down, 2, 5 .. pull up */
	for (int f = 0; f < FEATURES; f++)
		CHECK(f % 3 == 0 ? out[2 * f] < 0 : f % 3 == 2 ? out[2 * f] > 0 : true);
	double loss = r.loss;
	memcpy(first, out, sizeof(first));
	CHECK_OK(regress(&r, &error), error);
	CHECK(memcmp(first, out, sizeof(first)) == 0 && loss == r.loss);
}

TEST("given parts of a post are counted, and what is given needs no weight")
{
	static double offset[ROWS][2];
	struct regression r = { .n = ROWS,
				.row = row,
				.label = label,
				.weight = weight,
				.offset = (const double(*)[2])offset,
				.c = 1,
				.c_neutrality = 1,
				.tolerance = 1e-8,
				.out = out };
	struct earshot_error error;
	make();
	memset(row, 0, sizeof(row));
	for (int i = 0; i < ROWS; i++) {
		offset[i][0] = 3 * (label[i] - 1);
		offset[i][1] = label[i] == 1 ? 3 : 0;
	}
	CHECK_OK(regress(&r, &error), error);
	CHECK(r.loss < 0.2 * ROWS);
	CHECK(fabs(r.bias[0]) < 0.5 && fabs(r.bias[1]) < 1.5);
}

TEST("probabilities add up and never overflow")
{
	double prob[3];
	regress_prob(1e4, -1e4, prob);
	CHECK(prob[2] == 1 && prob[0] == 0);
	regress_prob(0, 0, prob);
	CHECK(fabs(prob[0] - 1.0 / 3) < 1e-12 && fabs(prob[0] + prob[1] + prob[2] - 1) < 1e-12);
}
