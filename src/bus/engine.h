/* SPDX-License-Identifier: MIT
 *
 * engine.h - what an engine of the log fills in; seen inside this room only.
 *
 * bus.c checks the arguments that are the same for every engine (limits, names,
 * NULL) and calls through this table. An engine is one const struct, one line in
 * the table of bus.c, and its own structs that begin with the two below.
 */
#ifndef ES_BUS_ENGINE_H
#define ES_BUS_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>
#include "bus/bus.h"

struct es_engine {
	const char *scheme; /* "kafka://"; "" = a path, stands last in the table */
	int (*open)(struct es_bus **, const struct es_bus_options *, struct earshot_error *);
	void (*close)(struct es_bus *);
	int (*ensure)(struct es_bus *, const struct es_topic *, size_t, struct earshot_error *);
	/* NULL = nothing to ask */
	int (*check)(struct es_bus *, const struct es_topic *, size_t, struct es_bus_report *,
		     struct earshot_error *);
	int (*partitions)(struct es_bus *, const char *topic, struct earshot_error *);
	int (*offsets)(struct es_bus *, const char *topic, int partition, int64_t *first,
		       int64_t *end, struct earshot_error *);
	int (*begun)(struct es_bus *, const char *topic, int partition, int64_t *offset,
		     struct earshot_error *);
	int (*offset_at)(struct es_bus *, const char *topic, int partition, int64_t time_ms,
			 int64_t *offset, struct earshot_error *);
	int (*committed)(struct es_bus *, const char *group, const char *topic, int partition,
			 int64_t *offset, struct earshot_error *);
	int (*clean)(struct es_bus *, int64_t now_ms, struct earshot_error *);
	/* These four NULL = nothing of it is on this machine */
	int (*disk)(struct es_bus *, struct es_bus_disk *, struct earshot_error *);
	int (*identity)(struct es_bus *, int64_t *id, struct earshot_error *);
	int (*backup)(const struct es_bus_options *, const struct es_bus_copy *,
		      struct earshot_error *);
	int (*restore)(const struct es_bus_options *, const struct es_bus_copy *,
		       struct earshot_error *);
	int (*session_open)(struct es_bus *, const struct es_session_options *,
			    struct es_session **, struct earshot_error *);
	void (*session_close)(struct es_session *);
	int (*poll)(struct es_session *, int timeout_ms, struct es_batch *, struct earshot_error *);
	void (*wake)(struct es_session *);
	int (*seek)(struct es_session *, const char *topic, int partition, int64_t offset,
		    struct earshot_error *);
	int (*position)(struct es_session *, const char *topic, int partition, int64_t *offset,
			struct earshot_error *);
	int (*pause)(struct es_session *, const char *topic, int partition, bool,
		     struct earshot_error *);
	/* Records that are there and not read yet, from what is known without asking:
	 * es_role_lag() for every partition of the session. */
	void (*lag)(struct es_session *);
	int (*begin)(struct es_session *, struct earshot_error *);
	int (*put)(struct es_session *, const struct es_record *, struct earshot_error *);
	int (*commit)(struct es_session *, bool offsets, struct earshot_error *);
	int (*abort)(struct es_session *, struct earshot_error *);
};

/* figures.c: what one role did. Engines add to renewed and gone. */
struct es_role {
	char name[64];
	_Atomic int64_t read_records, read_bytes, written_records, written_bytes, committed,
		aborted, failed, assigned, renewed, gone, gone_unread;
	struct es_histogram poll_records, commit_records, commit_bytes, commit_time;
	struct es_lag *lags; /* under roles_mutex; for the life of the bus */
};

/* One partition that a role reads. */
struct es_lag {
	struct es_lag *next;
	const struct es_session *owner; /* who told it last; NULL = it left */
	int64_t lag, turn;              /* turn: of the owner, when it told it */
	int partition;
	char topic[];
};

/* The first members of an engine's own structs; bus.c fills them after open. */
struct es_bus {
	const struct es_engine *engine;
	bool read_only;
	pthread_mutex_t roles_mutex; /* guards n_roles, the names and the lags */
	struct es_role roles[ES_BUS_ROLES_MAX];
	size_t n_roles;
};
struct es_session {
	struct es_bus *bus;
	bool open;                      /* a transaction is open */
	struct es_role *role;           /* NULL while it is being opened */
	int64_t put_records, put_bytes; /* of the open transaction */
	int64_t lag_at, lag_turn;       /* when lags were told, monotonic; how often */
};

void es_roles_init(struct es_bus *bus);
void es_roles_release(struct es_bus *bus);
struct es_role *es_role_of(struct es_bus *bus, const char *name);
void es_role_count_poll(struct es_session *session, const struct es_batch *batch);
void es_role_count_commit(struct es_session *session, int rc, int64_t us);
/* For es_engine.lag, under roles_mutex. */
void es_role_lag(struct es_session *session, const char *topic, int partition, int64_t lag);
void es_role_leave(struct es_session *session);

/* As pthread_create. */
int es_thread_start(pthread_t *thread, void *(*run)(void *), void *ctx);

extern const struct es_engine es_engine_embedded, es_engine_kafka;

#endif
