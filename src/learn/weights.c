/* SPDX-License-Identifier: MIT */
#include "learn/weights.h"

#include <math.h>
#include <stdlib.h>

enum { LABELS = 3 };

void weigh_posts(const uint8_t *label, size_t n, double power, double total, double *weight)
{
	double of[LABELS] = { 0 }, sum = 0;
	for (size_t i = 0; i < n; i++)
		of[label[i]]++;
	for (size_t i = 0; i < n; i++)
		sum += weight[i] = pow(of[label[i]], -power);
	for (size_t i = 0; i < n; i++)
		weight[i] *= total / sum;
}

int log_counts(const struct corpus *corpus, size_t posts, const double *weight, double *scale,
	       struct earshot_error *error)
{
	size_t n = corpus->keys->numbered;
	double *of = calloc(n * LABELS + 1, sizeof(*of)), all[LABELS] = { 0 };
	if (!of)
		return es_err_nomem(error);
	for (size_t i = 0; i < posts; i++)
		for (size_t k = corpus->row[i]; k < corpus->row[i + 1]; k++)
			of[LABELS * corpus->of[k] + corpus->label[i]] += !weight || weight[i] > 0;
	for (size_t f = 0; f < n; f++)
		for (int c = 0; c < LABELS; c++)
			all[c] += of[LABELS * f + c] + 1;
	double sum = all[0] + all[1] + all[2];
	for (size_t f = 0; f < n; f++) {
		const double *x = &of[LABELS * f];
		double total = x[0] + x[1] + x[2];
		scale[f] = 0;
		for (int c = 0; c < LABELS; c++) {
			double in = (x[c] + 1) / all[c];
			double out = (total - x[c] + 1) / (sum - all[c] - (double)n);
			scale[f] = fmax(scale[f], fabs(log(in) - log(out)));
		}
	}
	free(of);
	return EARSHOT_OK;
}

double weight_size(const double weight[2])
{
	return fmax(fabs(weight[1]) * 2 / 3, fabs(weight[0]) + fabs(weight[1]) / 3);
}

int rank_by_worth(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;
	if (x->worth != y->worth)
		return x->worth < y->worth ? 1 : -1;
	return (x->number > y->number) - (x->number < y->number);
}

/* ---- learnt.tsv ---- */

static int32_t round_to(double value)
{
	return (int32_t)lrint(value * EARSHOT_WEIGHT_ONE);
}

void write_head(struct es_buf *out, const char *how)
{
	es_buf_printf(out,
		      "# learnt by %s; do not edit\n"
		      "# entry	polarity	neutrality	kind; weights in 1/1024\n",
		      how);
}

void write_constant(struct es_buf *out, const char *name, double polarity, double neutrality)
{
	es_buf_printf(out, "%s\t%d\t%d\tconstant\n", name, round_to(polarity),
		      round_to(neutrality));
}

struct line {
	const struct es_learnt_entry *entry;
	int32_t polarity, neutrality;
};

static int by_text(const void *a, const void *b)
{
	const struct es_learnt_entry *x = ((const struct line *)a)->entry,
				     *y = ((const struct line *)b)->entry;
	return x->kind != y->kind ? x->kind - y->kind : es_str_cmp(x->text, y->text);
}

int write_entries(struct es_buf *out, const struct es_learnt_entry *entries,
		  const uint32_t *numbers, const double *weights, size_t n, size_t *written,
		  struct earshot_error *error)
{
	struct line *lines = malloc((n + 1) * sizeof(*lines));
	if (!lines)
		return es_err_nomem(error);
	*written = 0;
	for (size_t i = 0; i < n; i++) {
		int32_t p = round_to(weights[2 * i]), q = round_to(weights[2 * i + 1]);
		if (p || q)
			lines[(*written)++] = (struct line){ &entries[numbers[i]], p, q };
	}
	qsort(lines, *written, sizeof(*lines), by_text);
	for (size_t i = 0; i < *written; i++) {
		es_buf_add_str(out, lines[i].entry->text);
		es_buf_printf(out, "\t%d\t%d\t%s\n", lines[i].polarity, lines[i].neutrality,
			      es_learnt_kind_name(lines[i].entry->kind));
	}
	free(lines);
	return es_buf_ok(out) ? EARSHOT_OK : es_err_nomem(error);
}
