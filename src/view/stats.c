/* SPDX-License-Identifier: MIT */
#include "view/inside.h"
#include <math.h>

#define Z 1.959963984540054 /* the 0.975 quantile of the normal distribution */

struct es_share es_share_of(int64_t k, int64_t n)
{
	struct es_share share = { k, n, NAN, NAN, NAN };
	if (n <= 0)
		return share;
	double p = (double)k / (double)n, zz = Z * Z, m = (double)n;
	double middle = (p + zz / (2 * m)) / (1 + zz / m);
	double half = Z * sqrt(p * (1 - p) / m + zz / (4 * m * m)) / (1 + zz / m);
	share.value = p;
	/* at the ends the interval holds 0 or 1 exactly; rounding must not say otherwise */
	share.lo = k == 0 ? 0 : middle - half;
	share.hi = k == n ? 1 : middle + half;
	return share;
}

struct es_diff es_diff_of(const struct es_share *a, const struct es_share *b)
{
	double d = a->value - b->value;
	return (struct es_diff){
		d,
		d - sqrt((a->value - a->lo) * (a->value - a->lo) +
			 (b->hi - b->value) * (b->hi - b->value)),
		d + sqrt((a->hi - a->value) * (a->hi - a->value) +
			 (b->value - b->lo) * (b->value - b->lo)),
	};
}
