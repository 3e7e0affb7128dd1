/* SPDX-License-Identifier: MIT
 *
 * kafka.h - the log on Kafka, over librdkafka; seen by kafka*.c only.
 *
 *   struct kafka (a bus)
 *     client    a consumer without a group: metadata, administration, offsets
 *     topics    what the cluster said of the topics that were asked for
 *   struct kafka_session
 *     consumer  where it reads; a static member of its group, or of none
 *     producer  transactional; made at open (with a group: that ends what its
 *               predecessor left open) or at the first begin. Destroyed and made
 *               again after any error that leaves the outcome open: see `unsure`
 *     positions one per partition that it reads
 *
 * The state of reading:
 *
 *   rebalance callback -> pending -> poll: ASSIGNED or REVOKED -> next poll: assign
 *   seek, abort        -> position.moved                       -> next poll: seek
 *
 * so that every change of position happens in poll, between two reads of the queue,
 * and a caller that seeks after ASSIGNED starts where it said.
 *
 * Every function here belongs to the thread of its session, except wake. The mutex
 * of the bus guards its topics and its complaints.
 */
#ifndef ES_BUS_KAFKA_H
#define ES_BUS_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include "bus/engine.h"

#define ES_KAFKA_OPEN_MS    4000  /* for the first answer of a broker */
#define ES_KAFKA_ASK_MS     10000 /* for an answer about topics and offsets */
#define ES_KAFKA_TXN_MS     10000 /* for commit, abort; under the time-out of a transaction */
#define ES_KAFKA_INIT_MS    10000 /* a predecessor's transaction is ended in it */
#define ES_KAFKA_SETTLE_MS  3000  /* a poll waits that long to hear where partitions end */
#define ES_KAFKA_NOTHING_MS 3000  /* without a partition, until the group is asked, and again */
#define ES_KAFKA_CHUNK      256   /* messages taken from the queue at once */
#define ES_KAFKA_HOLD       (4 * ES_MIB) /* of a transaction are held until they are given together */
#define ES_KAFKA_TXN_LIFE   "15000"      /* transaction.timeout.ms */
/* What a record batch adds to key, value and headers (KIP-98): 61 bytes, then at most
 * 10 a header and 40 a record; max.message.bytes counts it. */
#define ES_KAFKA_FRAME 1024

struct kafka_topic {
	struct kafka_topic *next;
	int partitions;
	const char *full; /* with prefix */
	char name[];      /* without; full lies behind it */
};

struct kafka_cause;

struct kafka {
	struct es_bus base;
	char *servers, *prefix;
	int partitions, replication;
	char **properties; /* name, value in turn */
	size_t n_properties;
	rd_kafka_t *client, *all; /* all: sees what is not committed; made when needed */
	pthread_mutex_t mutex;
	struct kafka_topic *topics;
	/* what the client complained of while it was opened, and what that comes from
	 * (kafka_error.c); the mutex guards both */
	char last[320];
	const struct kafka_cause *cause;
	atomic_bool left_behind; /* a consumer did not end */
};

struct kafka_position {
	const struct kafka_topic *topic;
	int partition;
	int64_t next; /* to deliver; or RD_KAFKA_OFFSET_BEGINNING before the first */
	int64_t base; /* where abort goes back to */
	bool moved;   /* next is not where the consumer reads */
	bool paused;
	bool at_end;    /* the end was told and nothing came since */
	int64_t seen;   /* the last offset that was delivered, and the latest time of all; */
	int64_t latest; /* EARSHOT_NONE = nothing was, or its times are not LogAppendTime */
	int64_t held;   /* where its topic ended when it was said to be gone */
};

struct kafka_target {
	const struct kafka_topic *topic;
	rd_kafka_topic_t *handle; /* of the producer */
	bool *met;                /* by partition: the transaction holds a record for it */
};

enum kafka_pending { KAFKA_NOTHING, KAFKA_GIVEN, KAFKA_TAKEN };

/* A producer, and what librdkafka's threads write to: it may outlive its session. */
struct kafka_producer {
	rd_kafka_t *rk;
	atomic_uint closed; /* connections that have ended */
};

struct kafka_session {
	struct es_session base;
	struct kafka *bus;
	char *id;     /* prefix, role, instance, thread */
	char *group;  /* with prefix; may be NULL */
	char *member; /* the id that the group gave us last; NULL = none yet */
	char **topics;
	size_t n_topics;
	bool from_end;
	size_t batch_records, batch_bytes, gather_bytes;

	rd_kafka_t *consumer;
	rd_kafka_queue_t *queue;
	int wake; /* eventfd: es_session_wake and librdkafka ring it */
	atomic_bool woken;
	bool fenced, closing;
	bool unsure;          /* how the last transaction ended is to be asked for */
	bool assigned;        /* ASSIGNED was told */
	bool started;         /* the consumer reads the positions */
	bool suspect;         /* a topic was gone for a moment */
	int64_t suspect_next; /* monotonic: when to look again */
	int64_t handed;       /* monotonic: when partitions were last given to the consumer */
	int64_t anew;         /* monotonic: assigned anew after a topic was made again, and not
			       * heard of since; 0 = heard */
	int64_t nothing_next; /* monotonic: when to ask whether the group gave anybody anything;
			       * 0 = it has */
	enum kafka_pending pending;
	rd_kafka_topic_partition_list_t *given;
	struct kafka_position *positions;
	size_t n_positions;
	struct es_partition *partitions;

	rd_kafka_message_t **messages; /* of the last batch */
	size_t *owners;                /* positions[owners[i]] is that of messages[i] */
	size_t n_messages, cap_messages;
	struct es_record *records;
	struct es_arena batch; /* headers */

	struct kafka_producer *producer;
	struct kafka_target *targets;
	size_t n_targets, txn_bytes, dealt;
	struct kafka_held *held; /* what the transaction put, not given to the producer yet */
	size_t n_held, cap_held, held_bytes;
	bool flows; /* what is put now goes to the producer at once */
	unsigned closed_at_begin;
};

/* kafka.c: configuration */
/* A client of one kind; `set` holds name and value in turn, NULL at its end; the
 * user's properties come after ours of the same name. The conf is the callee's. On
 * CONFIG error.record is the number of the user's property, -1 = none of them. */
int es_kafka_conf(const struct kafka *bus, const char *const *set, rd_kafka_conf_t **out,
		  struct earshot_error *error);
int es_kafka_new(const struct kafka *bus, rd_kafka_type_t type, rd_kafka_conf_t *conf,
		 rd_kafka_t **out, struct earshot_error *error);
/* sasl.username, or NAME */
const char *es_kafka_user(const struct kafka *bus);
/* Do clients need more than an address? */
bool es_kafka_secured(const struct kafka *bus);

/* kafka_token.c: tokens for OAUTHBEARER. The value of sasl.oauthbearer.config says where
 * from: CONFIG where it is not of the right form. */
int es_kafka_token_check(const char *config, struct earshot_error *error);
void es_kafka_token_refresh(rd_kafka_t *rk, const char *config, void *opaque);

/* kafka_error.c: librdkafka's words in ours */
int es_kafka_code(rd_kafka_resp_err_t why);
/* `what` is a topic, a group or NULL. Where a right is missing the first word of `doing`
 * says which: making, setting, looking, writing, committing, reading. */
int es_kafka_fail(const struct kafka *bus, rd_kafka_resp_err_t why, const char *doing,
		  const char *what, struct earshot_error *error);
/* UNAVAILABLE: somebody deleted a topic that was there. */
int es_kafka_gone(const struct kafka *bus, const char *topic, struct earshot_error *error);
/* The hint of es_kafka_fail() alone, for an error with another text. */
void es_kafka_hint(const struct kafka *bus, rd_kafka_resp_err_t why, const char *doing,
		   struct earshot_error *error);
/* How the missing right is given. */
void es_kafka_grant(const struct kafka *bus, rd_kafka_resp_err_t why, const char *doing, char *out,
		    size_t size);
/* Do the brokers refuse us, for a reason that a second more does not mend? */
bool es_kafka_refused(struct kafka *bus);
/* Nobody answers, or not to us: bus->last says why. */
int es_kafka_away(struct kafka *bus, rd_kafka_resp_err_t why, struct earshot_error *error);
void es_kafka_on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text);
void es_kafka_on_error(rd_kafka_t *rk, int why, const char *reason, void *opaque);
/* Of the bus's own client; its opaque is the bus. They may run on any thread. */
void es_kafka_on_bus_log(const rd_kafka_t *rk, int level, const char *facility, const char *text);
void es_kafka_on_bus_error(rd_kafka_t *rk, int why, const char *reason, void *opaque);

/* kafka_topics.c */
int es_kafka_topic(struct kafka *bus, const char *name, const struct kafka_topic **out,
		   struct earshot_error *error);
int es_kafka_partitions(struct es_bus *, const char *topic, struct earshot_error *);
int es_kafka_offsets(struct es_bus *, const char *topic, int partition, int64_t *first,
		     int64_t *end, struct earshot_error *);
int es_kafka_begun(struct es_bus *, const char *topic, int partition, int64_t *offset,
		   struct earshot_error *);
int es_kafka_offset_at(struct es_bus *, const char *topic, int partition, int64_t time_ms,
		       int64_t *offset, struct earshot_error *);
int es_kafka_committed(struct es_bus *, const char *group, const char *topic, int partition,
		       int64_t *offset, struct earshot_error *);
/* Sends an administrative request and gives its answer; the caller destroys it. */
int es_kafka_answer(const struct kafka *bus, rd_kafka_queue_t *queue, const char *doing,
		    rd_kafka_event_t **out, struct earshot_error *error);
rd_kafka_AdminOptions_t *es_kafka_admin(const struct kafka *bus, rd_kafka_admin_op_t op);
/* A question to the coordinator of a group: librdkafka 2.0.2 remembers who that was for
 * five minutes, whatever it is answered, so each question has a client of its own. It is answered
 * within `within_ms`, or has failed. */
struct kafka_question {
	rd_kafka_t *client;
	rd_kafka_queue_t *queue;
	rd_kafka_AdminOptions_t *options;
};
int es_kafka_question_open(struct kafka_question *question, const struct kafka *bus,
			   rd_kafka_admin_op_t op, int within_ms, struct earshot_error *error);
void es_kafka_question_close(struct kafka_question *question);

/* kafka_ensure.c */
int es_kafka_ensure(struct es_bus *, const struct es_topic *, size_t, struct earshot_error *);
int es_kafka_check(struct es_bus *, const struct es_topic *, size_t, struct es_bus_report *,
		   struct earshot_error *);

/* kafka_session.c */
int es_kafka_session_open(struct es_bus *, const struct es_session_options *, struct es_session **,
			  struct earshot_error *);
void es_kafka_session_close(struct es_session *);
int es_kafka_seek(struct es_session *, const char *topic, int partition, int64_t offset,
		  struct earshot_error *);
int es_kafka_position(struct es_session *, const char *topic, int partition, int64_t *offset,
		      struct earshot_error *);
void es_kafka_lag(struct es_session *);
int es_kafka_pause(struct es_session *, const char *topic, int partition, bool,
		   struct earshot_error *);
int es_kafka_fenced(struct kafka_session *session, struct earshot_error *error);
/* The list of our positions; offsets are those of next, or of base. */
rd_kafka_topic_partition_list_t *es_kafka_list(const struct kafka_session *session, bool base);
/* Takes what the group was given over into positions. */
int es_kafka_given(struct kafka_session *session, struct earshot_error *error);
/* Positions go back to what the group has committed. */
int es_kafka_restore(struct kafka_session *session, struct earshot_error *error);

/* kafka_member.c */
/* Makes the consumer and subscribes it; 0 = it will be given partitions in poll. */
int es_kafka_join(struct kafka_session *session, struct earshot_error *error);
void es_kafka_leave(struct kafka_session *session);
/* With a new consumer, after its predecessor was put out; REVOKED is told by poll. */
int es_kafka_rejoin(struct kafka_session *session, struct earshot_error *error);
/* Somebody says that this session is fenced: FENCED where another process has its name
 * and is alive, 0 where not, UNAVAILABLE where nobody can say. May take as long as a
 * session's time-out. */
int es_kafka_taken(struct kafka_session *session, struct earshot_error *error);
/* In every poll: where nobody in the group has a partition it is shared out anew. */
int es_kafka_look_given(struct kafka_session *session, struct earshot_error *error);

/* kafka_remade.c */
/* Of consumers: what librdkafka says of topics that are gone is noted. */
void es_kafka_log_error(rd_kafka_t *rk, int why, const char *reason, void *opaque);
/* What a position knows of its topic goes with the group's offset, as its metadata. */
void es_kafka_anchor_put(const struct kafka_position *position, rd_kafka_topic_partition_t *out);
void es_kafka_anchor_get(struct kafka_position *position, const rd_kafka_topic_partition_t *from);
/* False = what was read, grouped by position, may be of a topic that was made again. */
bool es_kafka_same_topics(struct kafka_session *session);
/* Looks at partitions of topics that were gone and at positions that lie outside, and
 * sets those to their beginning. True = nothing may be delivered yet. */
bool es_kafka_look_remade(struct kafka_session *session);
/* kafka_poll.c */
int es_kafka_poll(struct es_session *, int timeout_ms, struct es_batch *, struct earshot_error *);
void es_kafka_wake(struct es_session *);
void es_kafka_drop_batch(struct kafka_session *session);

/* kafka_guard.c: calls that may not come back */
struct kafka_offsets {
	rd_kafka_topic_partition_list_t *list;
	rd_kafka_consumer_group_metadata_t *membership;
};
/* A transactional call; offsets are those of the one that sends some. */
typedef rd_kafka_error_t *kafka_call(rd_kafka_t *producer, const struct kafka_offsets *offsets,
				     int timeout_ms);
/* Its answer; _TIMED_OUT where it does not come back even after its time-out: then the session
 * has lost its producer. The offsets are the callee's. */
rd_kafka_error_t *es_kafka_guarded(struct kafka_session *session, kafka_call *call,
				   struct kafka_offsets offsets, int timeout_ms);
void es_kafka_end_consumer(struct kafka_session *session);
void es_kafka_end_producer(struct kafka_session *session);

/* kafka_put.c */
int es_kafka_put(struct es_session *, const struct es_record *, struct earshot_error *);
int es_kafka_give_held(struct kafka_session *session, struct earshot_error *error);
void es_kafka_drop_held(struct kafka_session *session);

/* kafka_produce.c */
int es_kafka_producer(struct kafka_session *session, struct earshot_error *error);
void es_kafka_drop_producer(struct kafka_session *session);
/* The producer was refused as fenced: FENCED where another process has the name; where nobody has,
 * the transaction ran out of its time (kafka_member.c): UNAVAILABLE. */
int es_kafka_fenced_or_late(struct kafka_session *session, struct earshot_error *error);
int es_kafka_begin(struct es_session *, struct earshot_error *);
int es_kafka_commit(struct es_session *, bool offsets, struct earshot_error *);
int es_kafka_abort(struct es_session *, struct earshot_error *);
/* Of a session that is closed: what it has open is ended, if that can be had soon. */
void es_kafka_close_producer(struct kafka_session *session);

#endif
