/* SPDX-License-Identifier: MIT
 *
 * latency.c - how long a post takes to its label topic, from when it was seen at its source
 * and from when it was appended to `posts`, as of the commit that makes the mention visible.
 */
#include "work/inside.h"

#include <stdlib.h>
#include "http/http.h"

void es_work_waited_metrics(struct es_worker *worker)
{
	static const char name[] = "earshot_label_latency_seconds";
	static const char help[] = "Age of a post when its mention is in its label topic, since it "
				   "was observed, or appended to posts.";
	struct es_metrics *metrics = worker->options.metrics;
	worker->from_observed =
		es_metric_histogram(metrics, name, help, "since=\"observed\"", &es_bounds_latency);
	worker->from_append =
		es_metric_histogram(metrics, name, help, "since=\"append\"", &es_bounds_latency);
}

void es_work_waited_note(struct es_worker *worker, const struct es_record *record,
			 const struct earshot_post *post)
{
	int64_t observed = post->observed_at, appended = record->time_ms;
	struct es_waited *last = worker->n_waited ? &worker->waited[worker->n_waited - 1] : NULL;
	if (post->op == EARSHOT_OP_RESCORE) /* it was heard long ago */
		return;
	/* one transaction of a collector: the same times */
	if (last && last->observed == observed && last->appended == appended) {
		last->n++;
		return;
	}
	if (worker->n_waited == worker->cap_waited) {
		size_t cap = worker->cap_waited ? 2 * worker->cap_waited : 256;
		struct es_waited *grown = realloc(worker->waited, cap * sizeof(*grown));
		if (!grown) /* a figure less; the post goes its way */
			return;
		worker->waited = grown;
		worker->cap_waited = cap;
	}
	worker->waited[worker->n_waited++] = (struct es_waited){ observed, appended, 1 };
}

void es_work_waited_count(struct es_worker *worker)
{
	int64_t now = es_now_ms();
	for (size_t i = 0; i < worker->n_waited; i++) {
		const struct es_waited *one = &worker->waited[i];
		if (one->observed != EARSHOT_NONE)
			es_histogram_add(worker->from_observed, (now - one->observed) * 1000,
					 one->n);
		es_histogram_add(worker->from_append, (now - one->appended) * 1000, one->n);
	}
}
