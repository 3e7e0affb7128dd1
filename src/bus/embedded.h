/* SPDX-License-Identifier: MIT
 *
 * embedded.h - the log in one SQLite file; seen by embedded*.c only.
 *
 *   struct embedded (a bus)
 *     writer   one connection; whoever finds it idle leads and commits everything
 *              that waits in its queue in one SQLite transaction (group commit)
 *     look     one reading connection for offsets and the catalog
 *     sessions each with a reading connection and an eventfd of its own
 *     watcher  a thread: another process rang the bell -> wake waiting polls
 *     copier   a thread: the WAL, where it has grown, into the file
 *     cleaner  a thread, in the process that owns groups: retention, compaction
 *
 * The file (layout 2, application_id "EARS"; older ones are upgraded at the start):
 *   topics(id, name with prefix, partitions, cleanup, retention_ms, lag_ms)
 *   partitions(pid = id * 4096 + partition, next offset, last time,
 *              compacted up to, time of the oldest tombstone kept)
 *   offsets(grp, pid, next)       what groups have read
 *   owners(grp, token)            the bus that a group's sessions belong to
 *   fences(name, epoch)           the newest session of a name
 *   identity(id)                  random, another one after a restore
 *   log_ID_PARTITION(offset INTEGER PRIMARY KEY, time, key, headers, value)
 *
 * Locks, in the order in which they may be taken: cleaning, mutex, look_mutex;
 * the writer's mutex alone.
 */
#ifndef ES_BUS_EMBEDDED_H
#define ES_BUS_EMBEDDED_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include "bus/engine.h"

#define ES_LAYOUT         2
#define ES_APPLICATION_ID 0x45415253 /* "EARS" */
#define ES_PARTITION_BITS 12
#define ES_OPEN_WAIT_MS   3000  /* for a lock, while opening */
#define ES_WRITE_WAIT_MS  10000 /* for the lock of another process, while writing */

/* A connection; used by one thread at a time. */
struct es_conn {
	sqlite3 *db;
	const char *path;
	int64_t busy_since; /* monotonic ms */
	int wait_ms;
};

/* Never changes and never goes while the bus is open. */
struct es_log_topic {
	struct es_log_topic *next;
	int64_t id;
	int partitions;
	sqlite3_stmt **insert; /* one per partition, made when needed; the writer's */
	char name[];           /* without prefix */
};

static inline int64_t es_log_pid(const struct es_log_topic *topic, int partition)
{
	return topic->id << ES_PARTITION_BITS | partition;
}

struct embedded;

/* Something to do inside a write transaction. run may be called again after a
 * roll-back, so it changes nothing but the file. FENCED, REFUSED, NOTFOUND and
 * USAGE must be found out before anything is written: the others of the group
 * are committed all the same. */
struct es_job {
	int (*run)(struct embedded *, struct es_job *, struct earshot_error *);
	size_t bytes; /* about what it writes */
	struct earshot_error *error;
	int rc;
	bool done;
	struct es_job *next;
};

struct es_writer {
	struct es_conn conn;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct es_job *first, **last; /* the queue */
	bool led;                     /* somebody is writing */
	sqlite3_stmt *begin, *commit, *rollback, *owner, *epoch, *state, *advance, *offset;
};

struct embedded_session;

struct embedded {
	struct es_bus base;
	char *path, *prefix;
	int partitions;
	bool read_only;
	int64_t token; /* random: who owns a group */
	struct es_writer writer;

	pthread_mutex_t look_mutex;
	struct es_conn look;

	pthread_mutex_t mutex; /* topics, sessions, starting of threads */
	struct es_log_topic *topics;
	struct embedded_session *sessions;

	atomic_bool watching; /* the thread runs; else polls look for themselves */
	int bell, stop_watch;
	pthread_t watcher;

	int wal_pages; /* the leading writer's: in the WAL; */
	int wal_told;  /* and when the copier was last told of it */
	bool copying;  /* the thread runs */
	int wal_grown; /* eventfd: it has something to do */
	atomic_bool stop_copy;
	pthread_t copier;

	bool cleaning; /* the thread runs */
	atomic_bool stop_clean;
	pthread_cond_t clean_changed;
	pthread_t cleaner;
	pthread_mutex_t clean_mutex; /* one pass at a time */
	bool stale_wal;              /* under clean_mutex: deleted records lie in the WAL yet */
};

/* One partition that a session reads. */
struct es_position {
	const struct es_log_topic *topic;
	int partition;
	int64_t next;   /* to deliver */
	int64_t base;   /* where abort goes back to */
	int64_t stored; /* committed in the file; EARSHOT_NONE = never */
	int64_t end;    /* as of session->version */
	bool paused;
	sqlite3_stmt *select;
};

struct es_put; /* one record of the open transaction */

/* Records of the open transaction, by partition. */
struct es_slot {
	const struct es_log_topic *topic;
	int partition;
	struct es_put *first, *last;
	struct es_slot *next_dirty;
};

struct es_target {
	const struct es_log_topic *topic;
	struct es_slot *slots; /* one per partition */
};

struct embedded_session {
	struct es_session base;
	struct embedded *bus;
	struct embedded_session *next;
	char *name, *group; /* of the fence; group may be NULL */
	char **topics;
	size_t n_topics;
	int thread, threads;
	bool from_end;
	size_t batch_records, batch_bytes;
	int64_t epoch; /* 0 = the name was not taken yet */
	atomic_bool fenced;

	struct es_conn conn;
	sqlite3_stmt *version_of, *begin, *end, *end_of, *owner, *epoch_of;
	int64_t version; /* PRAGMA data_version of the last look */
	bool drained;    /* nothing to deliver as of version */
	bool assigned;
	struct es_position *positions;
	size_t n_positions, turn;
	struct es_partition *partitions;

	struct es_arena batch;
	struct es_record *records;
	size_t cap_records;

	int wake; /* eventfd */
	atomic_bool woken, waiting;

	struct es_arena txn;
	size_t txn_bytes, dealt; /* records without a key: to which partition next */
	struct es_target *targets;
	size_t n_targets;
	struct es_slot *dirty;
};

/* embedded_sql.c: connections and errors */
int es_conn_open(struct es_conn *conn, const char *path, int flags, int wait_ms,
		 struct earshot_error *error);
void es_conn_close(struct es_conn *conn);
int es_conn_fail(struct es_conn *conn, int sqlite_rc, const char *doing,
		 struct earshot_error *error);
int es_conn_exec(struct es_conn *conn, const char *sql, const char *doing,
		 struct earshot_error *error);
/* Prepares where *stmt is NULL. */
int es_conn_stmt(struct es_conn *conn, sqlite3_stmt **stmt, struct earshot_error *error,
		 const char *format, ...) EARSHOT_PRINTF(4, 5);
/* One row's integers into out[0..n); NOTFOUND without an error text where there
 * is no row. Resets the statement. */
int es_conn_ints(struct es_conn *conn, sqlite3_stmt *stmt, int64_t *out, int n,
		 struct earshot_error *error);

/* The same for a statement that is used once. */
int es_conn_int(struct es_conn *conn, const char *sql, int64_t *value, struct earshot_error *error);

/* embedded.c */
enum { ES_LOG_FRESH = 1, ES_LOG_OLD = 2 };
/* 0 = a log of this layout, FRESH = an empty file, OLD = to be upgraded, else an error. */
int es_log_check(struct es_conn *conn, struct earshot_error *error);
/* To this layout, in one transaction. */
int es_log_upgrade(struct es_conn *conn, struct earshot_error *error);
int es_log_parents(const char *path, struct earshot_error *error); /* makes its folders */
int es_log_path(const char *url, char **out, struct earshot_error *error);

/* embedded_copy.c; RESTORING ends the name of what a restore writes until it is whole */
#define ES_LOG_RESTORING ".restoring"
int es_embedded_backup(const struct es_bus_options *, const struct es_bus_copy *,
		       struct earshot_error *);
int es_embedded_restore(const struct es_bus_options *, const struct es_bus_copy *,
			struct earshot_error *);

/* embedded_topics.c: the catalog */
int es_embedded_ensure(struct es_bus *, const struct es_topic *, size_t, struct earshot_error *);
int es_embedded_partitions(struct es_bus *, const char *topic, struct earshot_error *);
int es_embedded_offsets(struct es_bus *, const char *topic, int partition, int64_t *first,
			int64_t *end, struct earshot_error *);
int es_embedded_begun(struct es_bus *, const char *topic, int partition, int64_t *offset,
		      struct earshot_error *);
int es_embedded_offset_at(struct es_bus *, const char *topic, int partition, int64_t time_ms,
			  int64_t *offset, struct earshot_error *);
int es_embedded_committed(struct es_bus *, const char *group, const char *topic, int partition,
			  int64_t *offset, struct earshot_error *);
int es_log_topic(struct embedded *bus, const char *name, struct es_log_topic **out,
		 struct earshot_error *error);
/* First offset with a record whose time is >= time_ms, by bisection; else end. */
int es_log_offset_at(struct es_conn *conn, const char *table, int64_t end, int64_t time_ms,
		     int64_t *offset, struct earshot_error *error);

/* embedded_write.c */
int es_writer_init(struct embedded *bus, struct earshot_error *error);
void es_writer_release(struct embedded *bus);
int es_writer_run(struct embedded *bus, struct es_job *job, struct earshot_error *error);
int es_embedded_begin(struct es_session *, struct earshot_error *);
int es_embedded_put(struct es_session *, const struct es_record *, struct earshot_error *);
int es_embedded_commit(struct es_session *, bool offsets, struct earshot_error *);
int es_embedded_abort(struct es_session *, struct earshot_error *);
void es_session_drop(struct embedded_session *session); /* the open transaction */
int es_session_take_name(struct embedded_session *session, struct earshot_error *error);
int es_session_fenced(struct embedded_session *session, struct earshot_error *error);

/* embedded_session.c, embedded_poll.c */
int es_embedded_session_open(struct es_bus *, const struct es_session_options *,
			     struct es_session **, struct earshot_error *);
void es_embedded_session_close(struct es_session *);
int es_embedded_seek(struct es_session *, const char *topic, int partition, int64_t offset,
		     struct earshot_error *);
int es_embedded_position(struct es_session *, const char *topic, int partition, int64_t *offset,
			 struct earshot_error *);
void es_embedded_lag(struct es_session *);
int es_embedded_pause(struct es_session *, const char *topic, int partition, bool,
		      struct earshot_error *);
int es_session_assign(struct embedded_session *session, struct earshot_error *error);
int es_embedded_poll(struct es_session *, int timeout_ms, struct es_batch *,
		     struct earshot_error *);
void es_embedded_wake(struct es_session *);

/* embedded_watch.c: the bell between processes. Without inotify polls look for
 * themselves every ES_LOOK_MS; with it every ES_LOOK_WATCHED_MS, to be sure. */
#define ES_LOOK_MS         50
#define ES_LOOK_WATCHED_MS 1000
void es_watch_start(struct embedded *bus); /* under mutex */
void es_watch_stop(struct embedded *bus);
void es_watch_ring(struct embedded *bus); /* after a commit */
void es_watch_wake(struct embedded *bus); /* the waiting polls of this process */

/* embedded_checkpoint.c */
int es_checkpoint_init(struct embedded *bus, struct earshot_error *error);
void es_checkpoint_after(struct embedded *bus); /* a commit; by who leads */
void es_checkpoint_stop(struct embedded *bus);

/* embedded_clean.c */
void es_clean_start(struct embedded *bus); /* under mutex */
void es_clean_stop(struct embedded *bus);
int es_embedded_clean(struct es_bus *, int64_t now_ms, struct earshot_error *);

#endif
