/* SPDX-License-Identifier: MIT */
#include "http/metrics.h"
#include <pthread.h>
#include <stdlib.h>

/* Families in the order of their first use, each with its cells:
 *
 *   family(name, help, type) -> family -> ...
 *      |
 *      +-> cell(labels, value) -> cell -> ...
 *
 * Nothing is ever removed, so a cell's address is good for the process's life.
 */
struct cell {
	struct cell *next;
	_Atomic int64_t value;
	char labels[];
};

struct family {
	struct family *next;
	const char *name, *help;
	enum es_metric_type type;
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
			free(cell);
		}
		free(family);
	}
	pthread_mutex_destroy(&metrics->lock);
	free(metrics);
}

static struct family *find_family(struct es_metrics *metrics, enum es_metric_type type,
				  const char *name, const char *help)
{
	struct family **at = &metrics->first;
	for (; *at; at = &(*at)->next)
		if (strcmp((*at)->name, name) == 0)
			return *at;
	*at = calloc(1, sizeof(**at));
	if (*at)
		**at = (struct family){ .name = name, .help = help, .type = type };
	return *at;
}

static struct cell *find_cell(struct family *family, const char *labels)
{
	struct cell **at = &family->cells;
	for (; *at; at = &(*at)->next)
		if (strcmp((*at)->labels, labels) == 0)
			return *at;
	if (family->n == CELLS_MAX)
		return NULL;
	*at = calloc(1, sizeof(**at) + strlen(labels) + 1);
	if (*at) {
		strcpy((*at)->labels, labels);
		family->n++;
	}
	return *at;
}

_Atomic int64_t *es_metric(struct es_metrics *metrics, enum es_metric_type type, const char *name,
			   const char *help, const char *labels)
{
	if (!metrics)
		return &nowhere;
	pthread_mutex_lock(&metrics->lock);
	struct family *family = find_family(metrics, type, name, help);
	struct cell *cell = family ? find_cell(family, labels ? labels : "") : NULL;
	pthread_mutex_unlock(&metrics->lock);
	return cell ? &cell->value : &nowhere;
}

void es_metrics_on_write(struct es_metrics *metrics, void (*hook)(void *ctx), void *ctx)
{
	metrics->hook = hook;
	metrics->ctx = ctx;
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
			      family->name, family->type == ES_METRIC_GAUGE ? "gauge" : "counter");
		for (const struct cell *cell = family->cells; cell; cell = cell->next) {
			es_buf_puts(out, family->name);
			if (*cell->labels) {
				es_buf_putc(out, '{');
				es_buf_puts(out, cell->labels);
				es_buf_putc(out, '}');
			}
			es_buf_putc(out, ' ');
			int64_t value = atomic_load(&cell->value);
			if (family->type == ES_METRIC_SECONDS)
				es_buf_printf(out, "%lld.%06d", (long long)(value / 1000000),
					      (int)(value % 1000000));
			else
				es_buf_int(out, value);
			es_buf_putc(out, '\n');
		}
	}
	pthread_mutex_unlock(&metrics->lock);
}
