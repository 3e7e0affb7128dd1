/* SPDX-License-Identifier: MIT
 *
 * log_metrics.c - what the roles do on the log, as metrics.
 */
#include <stddef.h>
#include <stdio.h>
#include "app/app.h"
#include "http/http.h"

/* One a member of struct es_bus_figures; `more` is a label beside the role's. */
static const struct {
	enum es_metric_type type;
	const char *name, *help, *more;
	size_t at;
} rows[] = {
#define ROW(type, name, help, more, member) \
	{ \
		type, "earshot_bus_" name, help, more, offsetof(struct es_bus_figures, member) \
	}
	ROW(ES_METRIC_COUNTER, "read_records_total", "Records read from the log.", "",
	    read_records),
	ROW(ES_METRIC_COUNTER, "read_bytes_total", "Keys and values read from the log.", "",
	    read_bytes),
	ROW(ES_METRIC_COUNTER, "written_records_total", "Records committed to the log.", "",
	    written_records),
	ROW(ES_METRIC_COUNTER, "written_bytes_total", "Keys, values and headers committed.", "",
	    written_bytes),
	ROW(ES_METRIC_COUNTER, "transactions_total", "Transactions, by their end.",
	    ",outcome=\"committed\"", committed),
	ROW(ES_METRIC_COUNTER, "transactions_total", "Transactions, by their end.",
	    ",outcome=\"aborted\"", aborted),
	ROW(ES_METRIC_COUNTER, "transactions_total", "Transactions, by their end.",
	    ",outcome=\"failed\"", failed),
	ROW(ES_METRIC_SECONDS, "commit_seconds_total", "Time spent in commits.", "", commit_us),
	ROW(ES_METRIC_COUNTER, "assignments_total", "Times that partitions were given.", "",
	    assigned),
	ROW(ES_METRIC_GAUGE, "lag_records", "Records that are not read yet, about.", "", lag),
	ROW(ES_METRIC_COUNTER, "renewals_total", "Producers made anew after trouble (Kafka).", "",
	    renewed),
	ROW(ES_METRIC_COUNTER, "gone_offsets_total",
	    "Offsets of topics that were deleted and made again (Kafka).", "", gone),
	ROW(ES_METRIC_COUNTER, "gone_unread_offsets_total", "Those of them that nobody had read.",
	    "", gone_unread),
#undef ROW
};

void es_log_metrics_write(void *ctx)
{
	const struct es_log_metrics *figures = ctx;
	struct es_bus_figures all[ES_BUS_ROLES_MAX];
	size_t n = es_bus_figures(figures->bus, all);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < ES_COUNT(rows); k++) {
			char labels[128];
			snprintf(labels, sizeof(labels), "role=\"%s\"%s", all[i].role,
				 rows[k].more);
			atomic_store(es_metric(figures->metrics, rows[k].type, rows[k].name,
					       rows[k].help, labels),
				     *(const int64_t *)((const char *)&all[i] + rows[k].at));
		}
}
