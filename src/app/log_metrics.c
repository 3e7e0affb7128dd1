/* SPDX-License-Identifier: MIT
 *
 * log_metrics.c - what the roles do on the log, as metrics.
 */
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
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

/* The same for its histograms. */
static const struct {
	const char *name, *help;
	const struct es_bounds *bounds;
	size_t at;
} spreads[] = {
#define SPREAD(name, help, bounds, member) \
	{ \
		"earshot_bus_" name, help, bounds, offsetof(struct es_bus_figures, member) \
	}
	SPREAD("poll_records", "Records of a poll that found some.", &es_bounds_records,
	       poll_records),
	SPREAD("commit_records", "Records of a transaction that was committed.", &es_bounds_records,
	       commit_records),
	SPREAD("commit_bytes", "Keys, values and headers of a transaction that was committed.",
	       &es_bounds_bytes, commit_bytes),
	SPREAD("commit_seconds", "Time of a commit.", &es_bounds_spent, commit_time),
#undef SPREAD
};

static void write_lag(void *ctx, const struct es_bus_lag *lag)
{
	char labels[256];
	snprintf(labels, sizeof(labels), "role=\"%s\",topic=\"%s\",partition=\"%d\"", lag->role,
		 lag->topic, lag->partition);
	atomic_store(es_metric(ctx, ES_METRIC_GAUGE, "earshot_bus_partition_lag_records",
			       "Records of a partition that are not read yet, about.", labels),
		     lag->lag);
}

static void write_file(struct es_metrics *metrics, const char *file, int64_t used, int64_t left)
{
	char labels[32];
	snprintf(labels, sizeof(labels), "file=\"%s\"", file);
	atomic_store(es_metric(metrics, ES_METRIC_GAUGE, "earshot_file_bytes",
			       "What a file takes on the disk, with what lies beside it.", labels),
		     used);
	atomic_store(es_metric(metrics, ES_METRIC_GAUGE, "earshot_disk_left_bytes",
			       "What is left on the disk of a file.", labels),
		     left);
}

static void write_disks(const struct es_log_metrics *figures)
{
	struct es_bus_disk disk;
	struct statvfs fs;
	struct stat st, wal;
	char path[PATH_MAX];
	if (es_bus_disk(figures->bus, &disk, NULL) == EARSHOT_OK)
		write_file(figures->metrics, "log", disk.used, disk.left);
	if (!figures->view || statvfs(figures->view, &fs) != 0 || stat(figures->view, &st) != 0)
		return;
	snprintf(path, sizeof(path), "%s-wal", figures->view);
	if (stat(path, &wal) != 0)
		wal.st_blocks = 0;
	write_file(figures->metrics, "view", (int64_t)(st.st_blocks + wal.st_blocks) * 512,
		   (int64_t)fs.f_bavail * (int64_t)fs.f_frsize);
}

void es_log_metrics_write(void *ctx)
{
	const struct es_log_metrics *figures = ctx;
	struct es_bus_figures all[ES_BUS_ROLES_MAX];
	size_t n = es_bus_figures(figures->bus, all);
	for (size_t i = 0; i < n; i++) {
		char labels[128];
		for (size_t k = 0; k < ES_COUNT(rows); k++) {
			snprintf(labels, sizeof(labels), "role=\"%s\"%s", all[i].role,
				 rows[k].more);
			atomic_store(es_metric(figures->metrics, rows[k].type, rows[k].name,
					       rows[k].help, labels),
				     *(const int64_t *)((const char *)&all[i] + rows[k].at));
		}
		snprintf(labels, sizeof(labels), "role=\"%s\"", all[i].role);
		for (size_t k = 0; k < ES_COUNT(spreads); k++)
			es_histogram_copy(
				es_metric_histogram(figures->metrics, spreads[k].name,
						    spreads[k].help, labels, spreads[k].bounds),
				*(const struct es_histogram *const *)((const char *)&all[i] +
								      spreads[k].at));
	}
	es_bus_lags(figures->bus, write_lag, figures->metrics);
	write_disks(figures);
}
