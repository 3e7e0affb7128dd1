/* SPDX-License-Identifier: MIT
 *
 * alike.c - clusters of near duplicates.
 *
 *   mentions --simhash--> alike (a row a simhash: its cluster, its mentions in sight)
 *                           |
 *                           +--> alike_band (four rows: each 16 bits of it, with their place)
 *
 * Two simhashes are near where at most 3 of the 64 bits differ; then one of the four bands is the
 * same (pigeonhole), so the rows of four bands hold every near one (Manku et al. 2007). A cluster
 * is what hangs together by nearness. Its name is its least simhash, so neither the order in which
 * mentions come nor a repetition alters a cluster: made again, the read model has the same.
 *
 * Work is bounded: copies of a text are one row; of each band at most BAND_MAX rows are looked at;
 * a cluster that would have more than CLUSTER_MAX rows is not joined with another (beyond these two
 * limits, which only floods reach, the order counts). When a text has no mention left the rest of
 * its cluster, all in memory, is parted anew.
 */
#include "view/inside.h"

#define BANDS       4
#define BAND_BITS   16
#define BAND_MAX    256 /* rows of a band that are looked at */
#define CLUSTER_MAX 256 /* different texts of a cluster */
_Static_assert(ES_SIMHASH_NEAR < BANDS, "the pigeonhole");

/* The rows of one or more clusters. */
struct rows {
	uint64_t at[CLUSTER_MAX];
	size_t n;
	bool full; /* there are more */
};

static int64_t band_of(uint64_t simhash, int k)
{
	return (int64_t)k << BAND_BITS | (int64_t)(simhash >> (BAND_BITS * k) & 0xffff);
}

/* The order of SQLite. */
static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int read_failed(struct es_view *view, int step, struct earshot_error *error)
{
	return step == SQLITE_ROW || step == SQLITE_DONE
		       ? 0
		       : es_view_fail(view->db, error, "cannot be read");
}

/* Adds the rows of a cluster, none where they do not all fit. */
static int add_cluster(struct es_view *view, int64_t cluster, struct rows *rows,
		       struct earshot_error *error)
{
	sqlite3_stmt *stmt = view->stmts[ES_STMT_ALIKE_OF];
	size_t n = rows->n;
	int step;
	es_bind_int(stmt, 1, cluster);
	while ((step = sqlite3_step(stmt)) == SQLITE_ROW && n < CLUSTER_MAX)
		rows->at[n++] = (uint64_t)sqlite3_column_int64(stmt, 0);
	if (step == SQLITE_ROW)
		rows->full = true;
	else
		rows->n = n;
	(void)sqlite3_reset(stmt);
	return read_failed(view, step, error);
}

static int move(struct es_view *view, int64_t cluster, uint64_t simhash,
		struct earshot_error *error)
{
	es_bind_int(view->stmts[ES_STMT_ALIKE_MOVE], 1, cluster);
	es_bind_int(view->stmts[ES_STMT_ALIKE_MOVE], 2, (int64_t)simhash);
	return es_run(view, ES_STMT_ALIKE_MOVE, error);
}

/* The clusters with a row near `simhash`, each once, in `out`. */
static int find_near(struct es_view *view, uint64_t simhash, int64_t out[CLUSTER_MAX], size_t *n,
		     struct earshot_error *error)
{
	sqlite3_stmt *stmt = view->stmts[ES_STMT_ALIKE_NEAR];
	int rc = 0;
	*n = 0;
	for (int k = 0; k < BANDS && !rc; k++) {
		int step;
		es_bind_int(stmt, 1, band_of(simhash, k));
		es_bind_int(stmt, 2, BAND_MAX);
		while ((step = sqlite3_step(stmt)) == SQLITE_ROW) {
			uint64_t other = (uint64_t)sqlite3_column_int64(stmt, 0);
			int64_t cluster = sqlite3_column_int64(stmt, 1);
			size_t i = 0;
			if (other == simhash ||
			    es_simhash_distance(simhash, other) > ES_SIMHASH_NEAR)
				continue;
			while (i < *n && out[i] != cluster)
				i++;
			if (i == *n && *n < CLUSTER_MAX)
				out[(*n)++] = cluster;
		}
		(void)sqlite3_reset(stmt);
		rc = read_failed(view, step, error);
	}
	return rc;
}

static int put_bands(struct es_view *view, enum es_stmt which, uint64_t simhash,
		     struct earshot_error *error)
{
	int rc = 0;
	for (int k = 0; k < BANDS && !rc; k++) {
		es_bind_int(view->stmts[which], 1, band_of(simhash, k));
		es_bind_int(view->stmts[which], 2, (int64_t)simhash);
		rc = es_run(view, which, error);
	}
	return rc;
}

/* A text that was not there: it and every cluster that it is near become one. */
static int add(struct es_view *view, uint64_t simhash, struct earshot_error *error)
{
	int64_t clusters[CLUSTER_MAX], name = (int64_t)simhash;
	struct rows rows = { .n = 0 };
	size_t n = 0;
	es_bind_int(view->stmts[ES_STMT_ALIKE_PUT], 1, (int64_t)simhash);
	int rc = es_run(view, ES_STMT_ALIKE_PUT, error);
	if (!rc)
		rc = put_bands(view, ES_STMT_BAND_PUT, simhash, error);
	if (!rc)
		rc = find_near(view, simhash, clusters, &n, error);
	if (rc || n == 0)
		return rc;
	rows.at[rows.n++] = simhash;
	for (size_t i = 0; i < n && !rc; i++) {
		size_t before = rows.n;
		rc = add_cluster(view, clusters[i], &rows, error);
		if (rows.n > before)
			name = least(name, clusters[i]);
	}
	for (size_t i = 0; i < rows.n && !rc; i++)
		rc = move(view, name, rows.at[i], error);
	return rc;
}

/* What is left of a cluster, parted by what is near what. */
static int part(struct es_view *view, const struct rows *rows, struct earshot_error *error)
{
	size_t queue[CLUSTER_MAX];
	bool done[CLUSTER_MAX] = { false };
	int rc = 0;
	for (size_t first = 0; first < rows->n && !rc; first++) {
		size_t n = 0;
		if (done[first])
			continue;
		int64_t name = (int64_t)rows->at[first];
		queue[n++] = first;
		done[first] = true;
		for (size_t i = 0; i < n; i++) {
			name = least(name, (int64_t)rows->at[queue[i]]);
			for (size_t k = 0; k < rows->n; k++)
				if (!done[k] &&
				    es_simhash_distance(rows->at[queue[i]], rows->at[k]) <=
					    ES_SIMHASH_NEAR) {
					done[k] = true;
					queue[n++] = k;
				}
		}
		for (size_t i = 0; i < n && !rc; i++)
			rc = move(view, name, rows->at[queue[i]], error);
	}
	return rc;
}

/* A text without a mention: it goes. */
static int drop(struct es_view *view, uint64_t simhash, struct earshot_error *error)
{
	sqlite3_stmt *stmt = view->stmts[ES_STMT_ALIKE_DROP];
	struct rows rows = { .n = 0 };
	es_bind_int(stmt, 1, (int64_t)simhash);
	int step = sqlite3_step(stmt);
	int64_t cluster = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_reset(stmt);
	int rc = read_failed(view, step, error);
	if (!rc)
		rc = put_bands(view, ES_STMT_BAND_DROP, simhash, error);
	if (!rc)
		rc = add_cluster(view, cluster, &rows, error);
	return rc ? rc : part(view, &rows, error);
}

int es_view_alike(struct es_view *view, uint64_t simhash, int by, struct earshot_error *error)
{
	sqlite3_stmt *stmt = view->stmts[ES_STMT_ALIKE_COUNT];
	es_bind_int(stmt, 1, (int64_t)simhash);
	es_bind_int(stmt, 2, by);
	int step = sqlite3_step(stmt);
	int64_t n = step == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : -1;
	(void)sqlite3_reset(stmt);
	int rc = read_failed(view, step, error);
	if (rc)
		return rc;
	if (n < 0 && by > 0)
		return add(view, simhash, error);
	return n == 0 ? drop(view, simhash, error) : 0;
}
