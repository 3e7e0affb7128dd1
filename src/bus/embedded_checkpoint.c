/* SPDX-License-Identifier: MIT
 *
 * From the WAL into the file, on a thread, so that commits do not wait for it: what is
 * committed lies synced in the WAL, and while the thread copies it over others go on
 * writing behind. A WAL begins anew only when all of it was copied, which the thread alone
 * does not reach while writers are quick: at WAL_MOST the writer copies the rest itself. */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "bus/embedded.h"

#define WAL_PAGES 2048            /* 32 MiB more, and they are copied */
#define WAL_MOST  (3 * WAL_PAGES) /* and what comes while the thread is at it */

/* As much as can be had at once; what fails, or is done by somebody else just now, is done
 * by the next one. */
static void copy_over(sqlite3 *db)
{
	sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
}

static void *copy_thread(void *ctx)
{
	struct embedded *bus = ctx;
	struct es_conn conn = { 0 };
	uint64_t told;
	int rc = es_conn_open(&conn, bus->path, SQLITE_OPEN_READWRITE, ES_WRITE_WAIT_MS, NULL);
	if (rc == EARSHOT_OK)
		rc = es_conn_exec(&conn, "PRAGMA synchronous=FULL", "cannot open", NULL);
	while (read(bus->wal_grown, &told, sizeof(told)) > 0 && !atomic_load(&bus->stop_copy))
		if (rc == EARSHOT_OK)
			copy_over(conn.db);
	es_conn_close(&conn);
	return NULL;
}

static void tell(struct embedded *bus)
{
	uint64_t one = 1;
	ssize_t ignored = write(bus->wal_grown, &one, sizeof(one)); /* full = told already */
	(void)ignored;
}

/* SQLite calls it after a commit of the writer. */
static int on_commit(void *ctx, sqlite3 *db, const char *name, int pages)
{
	struct embedded *bus = ctx;
	(void)db;
	(void)name;
	bus->wal_pages = pages;
	return SQLITE_OK;
}

int es_checkpoint_init(struct embedded *bus, struct earshot_error *error)
{
	bus->wal_grown = eventfd(0, EFD_CLOEXEC);
	if (bus->wal_grown < 0)
		return es_err_errno(error, EARSHOT_IO, errno, "no event descriptor");
	sqlite3_wal_hook(bus->writer.conn.db, on_commit, bus);
	return EARSHOT_OK;
}

void es_checkpoint_after(struct embedded *bus)
{
	if (bus->wal_pages < bus->wal_told) /* it began anew */
		bus->wal_told = 0;
	if (bus->wal_pages < bus->wal_told + WAL_PAGES)
		return;
	if (!bus->copying)
		bus->copying = es_thread_start(&bus->copier, copy_thread, bus) == 0;
	if (bus->copying && bus->wal_pages < WAL_MOST) {
		bus->wal_told = bus->wal_pages;
		tell(bus);
	} else {
		copy_over(bus->writer.conn.db);
	}
}

void es_checkpoint_stop(struct embedded *bus)
{
	if (bus->copying) {
		atomic_store(&bus->stop_copy, true);
		tell(bus);
		pthread_join(bus->copier, NULL);
	}
	bus->copying = false;
	if (bus->wal_grown >= 0)
		close(bus->wal_grown);
	bus->wal_grown = -1;
}
