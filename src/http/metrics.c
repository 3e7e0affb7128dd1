/* SPDX-License-Identifier: MIT */
#include "http/metrics.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* Families in the order of their first use, each with its cells:
 *
 *   family(name, help, type) -> family -> ...
 *      |
 *      +-> cell(labels, value or histogram) -> cell -> ...
 *
 * Nothing is ever removed, so a cell's address is good for the process's life.
 */
struct cell {
	struct cell *next;
	_Atomic int64_t value;
	struct es_histogram *histogram; /* NULL = it has a value */
	char labels[];
};

struct family {
	struct family *next;
	const char *name, *help;
	enum es_metric_type type;
	const struct es_bounds *bounds; /* of histograms; else NULL */
	struct cell *cells;
	size_t n;
};

struct es_metrics {
	pthread_mutex_t lock;
	struct family *first;
	void (*hook)(void *ctx);
	void *ctx;
};

/* Labels are of low cardinality by contract; this holds it. */
#define CELLS_MAX 4096

/* Where values go that nobody prints. */
static _Atomic int64_t nowhere;
static struct es_histogram nowhere_histogram = { .bounds = &es_bounds_records };

struct es_metrics *es_metrics_new(void)
{
	struct es_metrics *metrics = calloc(1, sizeof(*metrics));
	if (metrics)
		pthread_mutex_init(&metrics->lock, NULL);
	return metrics;
}

void es_metrics_free(struct es_metrics *metrics)
{
	if (!metrics)
		return;
	while (metrics->first) {
		struct family *family = metrics->first;
		metrics->first = family->next;
		while (family->cells) {
			struct cell *cell = family->cells;
			family->cells = cell->next;
			free(cell->histogram);
			free(cell);
		}
		free(family);
	}
	pthread_mutex_destroy(&metrics->lock);
	free(metrics);
}

static struct family *find_family(struct es_metrics *metrics, const struct family *wanted)
{
	struct family **at = &metrics->first;
	for (; *at; at = &(*at)->next)
		if (strcmp((*at)->name, wanted->name) == 0)
			return *at;
	*at = calloc(1, sizeof(**at));
	if (*at)
		**at = *wanted;
	return *at;
}

static struct cell *make_cell(const struct family *family, const char *labels)
{
	struct cell *cell = calloc(1, sizeof(*cell) + strlen(labels) + 1);
	if (!cell)
		return NULL;
	strcpy(cell->labels, labels);
	if (family->bounds) {
		cell->histogram = malloc(sizeof(*cell->histogram));
		if (!cell->histogram) {
			free(cell);
			return NULL;
		}
		es_histogram_init(cell->histogram, family->bounds);
	}
	return cell;
}

/* Made where it is missing; NULL where there is no memory or no room. */
static struct cell *find_cell(struct es_metrics *metrics, const struct family *wanted,
			      const char *labels)
{
	struct cell *found = NULL;
	labels = labels ? labels : "";
	pthread_mutex_lock(&metrics->lock);
	struct family *family = find_family(metrics, wanted);
	if (family) {
		struct cell **at = &family->cells;
		while (*at && strcmp((*at)->labels, labels) != 0)
			at = &(*at)->next;
		if (!*at && family->n < CELLS_MAX) {
			*at = make_cell(family, labels);
			family->n += *at != NULL;
		}
		found = *at;
	}
	pthread_mutex_unlock(&metrics->lock);
	return found;
}

_Atomic int64_t *es_metric(struct es_metrics *metrics, enum es_metric_type type, const char *name,
			   const char *help, const char *labels)
{
	const struct family wanted = { .name = name, .help = help, .type = type };
	struct cell *cell = metrics ? find_cell(metrics, &wanted, labels) : NULL;
	return cell ? &cell->value : &nowhere;
}

struct es_histogram *es_metric_histogram(struct es_metrics *metrics, const char *name,
					 const char *help, const char *labels,
					 const struct es_bounds *bounds)
{
	const struct family wanted = { .name = name, .help = help, .bounds = bounds };
	struct cell *cell = metrics ? find_cell(metrics, &wanted, labels) : NULL;
	return cell ? cell->histogram : &nowhere_histogram;
}

void es_metrics_on_write(struct es_metrics *metrics, void (*hook)(void *ctx), void *ctx)
{
	metrics->hook = hook;
	metrics->ctx = ctx;
}

/* name_part{labels,le="bound"} */
static void write_name(struct es_buf *out, const struct family *family, const struct cell *cell,
		       const char *part, const char *le)
{
	es_buf_puts(out, family->name);
	es_buf_puts(out, part);
	if (*cell->labels || le) {
		es_buf_putc(out, '{');
		es_buf_puts(out, cell->labels);
		if (le)
			es_buf_printf(out, "%sle=\"%s\"", *cell->labels ? "," : "", le);
		es_buf_putc(out, '}');
	}
	es_buf_putc(out, ' ');
}

static void write_value(struct es_buf *out, bool seconds, int64_t value)
{
	if (seconds)
		es_buf_printf(out, "%lld.%06d\n", (long long)(value / 1000000),
			      (int)(value % 1000000));
	else
		es_buf_printf(out, "%lld\n", (long long)value);
}

static void write_histogram(struct es_buf *out, const struct family *family,
			    const struct cell *cell)
{
	const struct es_bounds *bounds = family->bounds;
	int64_t so_far = 0;
	for (size_t i = 0; i <= bounds->n; i++) {
		char le[32] = "+Inf";
		if (i < bounds->n && bounds->seconds)
			snprintf(le, sizeof(le), "%g", (double)bounds->at[i] / 1e6);
		else if (i < bounds->n)
			snprintf(le, sizeof(le), "%lld", (long long)bounds->at[i]);
		so_far += atomic_load(&cell->histogram->n[i]);
		write_name(out, family, cell, "_bucket", le);
		write_value(out, false, so_far);
	}
	write_name(out, family, cell, "_sum", NULL);
	write_value(out, bounds->seconds, atomic_load(&cell->histogram->sum));
	write_name(out, family, cell, "_count", NULL);
	write_value(out, false, so_far);
}

static const char *type_of(const struct family *family)
{
	if (family->bounds)
		return "histogram";
	return family->type == ES_METRIC_GAUGE ? "gauge" : "counter";
}

void es_metrics_write(struct es_metrics *metrics, struct es_buf *out)
{
	if (!metrics)
		return;
	if (metrics->hook)
		metrics->hook(metrics->ctx);
	pthread_mutex_lock(&metrics->lock);
	for (const struct family *family = metrics->first; family; family = family->next) {
		es_buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help,
			      family->name, type_of(family));
		for (const struct cell *cell = family->cells; cell; cell = cell->next) {
			if (family->bounds) {
				write_histogram(out, family, cell);
				continue;
			}
			write_name(out, family, cell, "", NULL);
			write_value(out, false, atomic_load(&cell->value));
		}
	}
	pthread_mutex_unlock(&metrics->lock);
}
