/* SPDX-License-Identifier: MIT
 *
 * bus.h - the only door to the log.
 *
 * Topics, partitions, offsets, groups and transactions. Nothing outside this
 * room knows which engine stands behind it: `embedded` (SQLite in one file) or
 * `kafka` (librdkafka). Both pass tests/unit/bus_contract.c unchanged.
 *
 * What is promised
 * - Records of one partition are read in the order in which they were committed.
 * - A transaction (begin ... put ... commit) over any topics, together with the
 *   consumed offsets of its session, becomes visible as a whole or not at all.
 * - A session that has lost its partitions, or whose name another session has
 *   taken (same group, role, instance and thread), can not commit: FENCED. A
 *   session with a group takes its name when it is opened, one without at its
 *   first begin: readers without a group never fence anybody. Embedded: one bus
 *   owns a whole group; a session of it opened through another bus fences all.
 * - What commit returned 0 for survives SIGKILL and loss of power.
 * - Readers see committed records only.
 * What is not promised: order between partitions; dense offsets (compaction and
 * transaction markers leave gaps: never count messages by offsets). Positions
 * pass over gaps when they are polled, so that a drained session stands at the end.
 *
 * Threads: a struct es_bus may be shared. A session belongs to one thread; only
 * es_session_wake may be called from others. Do not fork with an open bus.
 *
 *        struct es_bus ---- one log (a file, a cluster)
 *           |
 *           +-- struct es_session ---- one thread of one role: at most one
 *           |        transaction open; a member of a group, or of none
 *           |        (then it reads the partitions that it asks for)
 *           +-- struct es_session ...
 */
#ifndef ES_BUS_H
#define ES_BUS_H

#include <earshot/error.h>
#include <earshot/post.h>
#include <stdatomic.h>
#include "base/base.h" /* struct es_header */

struct es_bus;
struct es_session;

/* Limits. */
#define ES_BUS_RECORD_MAX  (4u * 1024 * 1024) /* key + value + headers of one record */
#define ES_BUS_HEADERS_MAX 64
#define ES_BUS_TXN_MAX     (256u * 1024 * 1024) /* bytes put in one open transaction: LIMIT */

enum es_cleanup { ES_CLEANUP_DELETE = 1, ES_CLEANUP_COMPACT = 2 };

/* A topic as earshot wants it. Names stand without the prefix everywhere in
 * this header; the engine adds and strips it. */
struct es_topic {
	const char *name;
	unsigned cleanup;              /* enum es_cleanup, or-ed */
	int partitions;                /* 0 = the bus's default */
	int64_t retention_ms;          /* -1 = for ever */
	int64_t max_compaction_lag_ms; /* 0 = the engine's own choice */
};

struct es_bus_options {
	const char *url;    /* "./var/earshot.db" or "kafka://host:port,..." */
	const char *prefix; /* "earshot." */
	int partitions;     /* of post-keyed topics; default 8 */
	int replication;
	bool read_only; /* tail, report: create nothing */
	/* engine properties (`kafka:` in the config), name and value in turn */
	const char *const *properties;
	size_t n_properties;
};

/* UNAVAILABLE where the broker cannot be reached or does not let us in (a wrong
 * password: the brokers may learn it yet), CONFIG for a property that the engine does
 * not know (embedded has none and reads none; error.record is its number, -1 where it
 * is about none of them) or a URL of no engine.
 * For the file: CANTCREATE (folder or file cannot be made or written), CONFIG (it
 * is no earshot log, a folder, or of a newer layout), BUSY (locked), NOINPUT
 * (read_only and nothing there), FULL, IO. */
int es_bus_open(struct es_bus **out, const struct es_bus_options *options,
		struct earshot_error *error) EARSHOT_MUST_USE;
void es_bus_close(struct es_bus *bus); /* after its last session */

/* Creates what is missing and sets cleanup and retention; where one topic has
 * another number of partitions it is REFUSED and nothing is changed. */
int es_bus_ensure(struct es_bus *bus, const struct es_topic *topics, size_t n,
		  struct earshot_error *error) EARSHOT_MUST_USE;
/* What es_bus_open and es_bus_ensure would meet, with nothing made or changed, for
 * `earshot check`. Every error about topics goes to `note`; what es_bus_open would
 * return comes back. On an engine that has nothing to ask, `where` stays empty. */
struct es_bus_report {
	void (*note)(void *ctx, const struct earshot_error *error);
	void *ctx;
	struct es_buf *commands; /* what somebody with more rights has to type, a line each */
	char where[256];         /* "Kafka at host:9092: 3 brokers, cluster ..." */
	size_t topics, missing;  /* missing: ensure makes them */
	size_t differing;        /* ensure sets them up */
	size_t unseen;           /* may not be looked at, only used */
};
int es_bus_check(const struct es_bus_options *options, const struct es_topic *topics, size_t n,
		 struct es_bus_report *report, struct earshot_error *error) EARSHOT_MUST_USE;
/* Number of partitions of a topic, or NOTFOUND. */
int es_bus_partitions(struct es_bus *bus, const char *topic,
		      struct earshot_error *error) EARSHOT_MUST_USE;
/* The first offset that is still there, and one past the last committed one. */
int es_bus_offsets(struct es_bus *bus, const char *topic, int partition, int64_t *first,
		   int64_t *end, struct earshot_error *error) EARSHOT_MUST_USE;
/* What a reader has to reach to have seen all that was begun until now: the end, or
 * past it where transactions of others are still open (they end within seconds). */
int es_bus_begun(struct es_bus *bus, const char *topic, int partition, int64_t *offset,
		 struct earshot_error *error) EARSHOT_MUST_USE;
/* The first offset whose record's time is >= time_ms; the end offset where none is. */
int es_bus_offset_at(struct es_bus *bus, const char *topic, int partition, int64_t time_ms,
		     int64_t *offset, struct earshot_error *error) EARSHOT_MUST_USE;
/* The committed offset of a group: the next one to read; EARSHOT_NONE = never. */
int es_bus_committed(struct es_bus *bus, const char *group, const char *topic, int partition,
		     int64_t *offset, struct earshot_error *error) EARSHOT_MUST_USE;
/* The partition of a key: murmur2 of Kafka's default partitioner, masked to 31
 * bits, modulo (org.apache.kafka.common.utils.Utils.murmur2). */
int es_bus_partition_of(const void *key, size_t len, int partitions);
/* Retention and compaction now instead of in the background (tests, `forget`).
 * On Kafka the broker does this by itself and the call does nothing. */
int es_bus_clean(struct es_bus *bus, int64_t now_ms, struct earshot_error *error) EARSHOT_MUST_USE;

struct es_record {
	const char *topic; /* without prefix */
	int partition;     /* put: -1 = by partition_key, else by key */
	int64_t offset;    /* read only */
	int64_t time_ms;   /* read only: when it was appended (LogAppendTime) */
	const void *key;   /* NULL = no key */
	size_t key_len;
	const void *partition_key; /* put only; NULL = the record key */
	size_t partition_key_len;
	const void *value; /* NULL = null, a tombstone */
	size_t value_len;
	const struct es_header *headers;
	size_t n_headers;
};

/* The header `name` of a record, NULL where it has none. */
const struct es_header *es_record_header(const struct es_record *record, const char *name);

struct es_session_options {
	const char *role;          /* "work" */
	const char *instance;      /* stable name of this process, e.g. the host */
	int thread, threads;       /* this session is number `thread` of `threads` */
	const char *group;         /* NULL = no group: positions are the caller's */
	const char *const *topics; /* what it reads; may be none for a writer */
	size_t n_topics;
	bool from_end;        /* without a committed offset: end instead of beginning */
	size_t batch_records; /* most records of a poll; 0 = 4,096 */
	size_t batch_bytes;   /* most bytes of a poll; 0 = 16 MiB */
	/* Over the network: so many bytes are fetched together, if they come within 100 ms; 0 =
	 * 1, what comes is fetched at once. Each fetch costs both sides as much as some posts. */
	size_t gather_bytes;
};

int es_session_open(struct es_bus *bus, const struct es_session_options *options,
		    struct es_session **out, struct earshot_error *error) EARSHOT_MUST_USE;
void es_session_close(struct es_session *session); /* aborts what is open */

enum es_event {
	ES_EVENT_NONE,     /* the time-out passed */
	ES_EVENT_RECORDS,  /* batch holds records */
	ES_EVENT_ASSIGNED, /* batch.partitions were given to this session; their
			      records come from the next poll on */
	ES_EVENT_REVOKED,  /* batch.partitions are being taken away: the open
			      transaction was aborted; drop what belongs to them */
};

struct es_partition {
	const char *topic;
	int partition;
};

/* Valid until the next poll or close of the session. */
struct es_batch {
	enum es_event event;
	const struct es_record *records; /* grouped by partition, in offset order */
	size_t n;
	const struct es_partition *partitions;
	size_t n_partitions;
};

/* Waits up to timeout_ms (0 = do not wait) for the next event. FENCED where
 * another process has taken this session's name: close it. A session with a group
 * gets ASSIGNED first (embedded: from its first poll, once; partition % threads
 * == thread of every topic) and can seek and pause from then on. A wake ends the
 * poll with NONE. DATA: a damaged record, error.record is its offset; nothing is
 * skipped, what precedes it was delivered; seek past it to go on. */
int es_session_poll(struct es_session *session, int timeout_ms, struct es_batch *batch,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* Wakes a poll of another thread (also from a signal handler). Where nobody
 * waits the next poll that has no records returns at once. */
void es_session_wake(struct es_session *session);

/* Read position of a partition of this session: the next offset to deliver.
 * A session without a group starts at the first offset of every partition of
 * its topics (from_end: at their ends) until it seeks. An offset outside of the
 * partition becomes the nearest that is in it. */
int es_session_seek(struct es_session *session, const char *topic, int partition, int64_t offset,
		    struct earshot_error *error) EARSHOT_MUST_USE;
/* Where it reads: the next offset to deliver. A poll that found nothing more stands
 * at the end, also where the last offsets are no records (markers, what was
 * aborted or compacted away). */
int es_session_position(struct es_session *session, const char *topic, int partition,
			int64_t *offset, struct earshot_error *error) EARSHOT_MUST_USE;
int es_session_pause(struct es_session *session, const char *topic, int partition, bool pause,
		     struct earshot_error *error) EARSHOT_MUST_USE;

/* One transaction. begin, any number of puts, then commit or abort. put copies;
 * where it fails (LIMIT, NOTFOUND) the record is not in, the transaction is still
 * open. commit with `offsets` also commits, for the session's group, the position
 * after everything that polls have delivered so far. Offsets and times are given
 * at commit.
 * Whatever commit returns, the transaction is over. On FENCED: close the session.
 * On UNAVAILABLE or IO: the transaction is aborted, try again. On FULL: the disk
 * is full; the same, nothing is half-written.
 * After abort and after a failed commit the read positions of a session with a
 * group go back to where its last commit with offsets, its last seek or its
 * assignment left them: the records come again. Without a group they stay. */
int es_session_begin(struct es_session *session, struct earshot_error *error) EARSHOT_MUST_USE;
int es_session_put(struct es_session *session, const struct es_record *record,
		   struct earshot_error *error) EARSHOT_MUST_USE;
int es_session_commit(struct es_session *session, bool offsets,
		      struct earshot_error *error) EARSHOT_MUST_USE;
int es_session_abort(struct es_session *session, struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- topics, read back (read.c) ---- */

/* Not 0 ends the reading, and es_bus_read returns it. */
typedef int es_reading_fn(void *ctx, const struct es_record *record, struct earshot_error *error);
struct es_reading {
	struct es_bus *bus;
	const char *role, *instance, *topic;
	const bool *wanted;      /* per partition; NULL = all */
	int64_t from_offset;     /* of every partition; 0 = from the first */
	int64_t from_ms;         /* records from this time on; 0 = all */
	const atomic_bool *stop; /* may be NULL */
};
/* Every record of the wanted partitions up to what was begun when this was called (a
 * few that came since may be among them): a predecessor that was killed between its
 * commit and the markers is waited for, or what it wrote last would be missed.
 * CLOSED on stop. */
int es_bus_read(const struct es_reading *reading, es_reading_fn *fn, void *ctx,
		struct earshot_error *error) EARSHOT_MUST_USE;

/* To which offset each partition of a topic is to be read; EARSHOT_NONE = it was, or is not
 * meant to be. */
struct es_ends {
	const char *topic;
	int64_t *at;
	int n;
};
/* The same with a session of the caller's, without a group, from where it stands; `ends`, one a
 * topic, are NONE afterwards. `stop` may be NULL. UNAVAILABLE where nothing comes for longer than
 * what others have begun can take. */
int es_session_read(struct es_session *session, struct es_ends *ends, size_t n,
		    const atomic_bool *stop, es_reading_fn *fn, void *ctx,
		    struct earshot_error *error) EARSHOT_MUST_USE;

/* What the sessions of one role have done since the bus was opened. */
struct es_bus_figures {
	const char *role; /* borrowed from the bus */
	int64_t read_records, read_bytes;
	int64_t written_records, written_bytes; /* committed */
	int64_t committed, aborted, failed;     /* transactions; failed = commit said no */
	int64_t assigned;                       /* times that partitions were given */
	int64_t lag;               /* records not read yet, about: now, of all sessions */
	int64_t renewed;           /* Kafka: producers made anew after trouble */
	int64_t gone, gone_unread; /* Kafka: offsets of topics that were made again */
	/* borrowed from the bus, counted on: records of a poll that found some; records and
	 * bytes of a transaction that was committed; the time of a commit */
	const struct es_histogram *poll_records, *commit_records, *commit_bytes, *commit_time;
};
#define ES_BUS_ROLES_MAX 32 /* names of roles; the others count under the last */
/* Fills `out` (ES_BUS_ROLES_MAX), a row a role; returns how many. Any thread. */
size_t es_bus_figures(struct es_bus *bus, struct es_bus_figures *out);

/* How far behind the sessions of a role are in one partition, as of a second ago: 0 where it
 * is read to its end or no session of this bus has it any more. Calls `each` for every
 * partition that was ever read; it must not call the bus. Any thread. */
struct es_bus_lag {
	const char *role, *topic;
	int partition;
	int64_t lag;
};
void es_bus_lags(struct es_bus *bus, void (*each)(void *ctx, const struct es_bus_lag *lag),
		 void *ctx);
/* What the log takes on this machine's disk, and what is left there. NOTFOUND where it lies
 * on others (Kafka). Any thread. */
struct es_bus_disk {
	int64_t used, left; /* bytes */
};
int es_bus_disk(struct es_bus *bus, struct es_bus_disk *out,
		struct earshot_error *error) EARSHOT_MUST_USE;
/* A number that tells this log from any other one and from itself before a restore, for
 * whoever keeps offsets elsewhere; 0 where the engine has none (Kafka). */
int es_bus_identity(struct es_bus *bus, int64_t *id, struct earshot_error *error) EARSHOT_MUST_USE;

/* ---- copies ---- */

struct es_bus_copy {
	const char *path;                                         /* to (backup), from (restore) */
	void (*progress)(void *ctx, int64_t done, int64_t total); /* bytes; may be NULL */
	void *ctx;
};
/* The log as of now, with offsets, in one file; processes may go on writing to it. The file
 * is there when it is whole and on the disk, not before. CANTCREATE where there is one of
 * this name already, BUSY where another backup is writing it, NOINPUT where there is no log.
 * USAGE for brokers, which have tools of their own. */
int es_bus_backup(const struct es_bus_options *options, const struct es_bus_copy *copy,
		  struct earshot_error *error) EARSHOT_MUST_USE;
/* The reverse: makes the log that `options` name out of a backup, checked and upgraded.
 * CANTCREATE where that log is there already. While it was not brought to its end
 * es_bus_open refuses the log (CONFIG). NOINPUT, DATA and CONFIG are about the backup. */
int es_bus_restore(const struct es_bus_options *options, const struct es_bus_copy *copy,
		   struct earshot_error *error) EARSHOT_MUST_USE;

/* The topics that earshot uses (DESIGN section 2), one table for every role. */
enum es_topic_id {
	ES_TOPIC_SOURCES,
	ES_TOPIC_POSTS,
	ES_TOPIC_POSITIVE,
	ES_TOPIC_NEUTRAL,
	ES_TOPIC_NEGATIVE,
	ES_TOPIC_FLAGGED,
	ES_TOPIC_REVIEWS,
	ES_TOPIC_SETTINGS,
	ES_TOPIC_ROLLUPS,
	ES_TOPIC_METRICS,
	ES_TOPIC_ALERTS,
	ES_TOPIC_AUDIT,
	ES_TOPIC_DEADLETTER,
	ES_TOPICS
};
extern const struct es_topic es_topics[ES_TOPICS];

#endif
