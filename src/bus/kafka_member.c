/* SPDX-License-Identifier: MIT
 *
 * Membership: a session joins its group, is put out of it, and finds out who has its name.
 *
 * "Fenced" is said too often. A producer is fenced by whoever took its name, but also by
 * the time-out of its own transaction. A static consumer that heard nothing of its group
 * for session.timeout.ms (brokers away, a process that was paused) forgets its member id
 * in librdkafka 2.0.2 and goes on with heartbeats: the coordinator, which still knows the
 * instance under that id, answers FENCED_INSTANCE_ID, a fatal error. So the group is
 * asked who the instance is, and only another member that stays alive is a successor.
 *
 * A group may give nobody anything: its leader asks for the topics once, and where one is
 * being made again in that moment it has no partitions. Nobody mends that: the leader's own
 * list of topics has not changed, and a static member that joins again is given what it had
 * (KIP-345). So who has nothing asks whether anybody has, and where not it subscribes anew:
 * when the leader does so the group is shared out again. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "bus/kafka.h"

#define HEARTBEAT_MS  1000
#define SESSION_MS    10000 /* unless `kafka:` says otherwise */
#define LOOK_AGAIN_MS 250

static void on_rebalance(rd_kafka_t *rk, rd_kafka_resp_err_t why,
			 rd_kafka_topic_partition_list_t *list, void *opaque)
{
	struct kafka_session *session = opaque;
	if (session->closing) {
		rd_kafka_assign(rk, NULL);
		return;
	}
	if (session->given)
		rd_kafka_topic_partition_list_destroy(session->given);
	session->given = NULL;
	session->pending = KAFKA_TAKEN;
	if (why == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
		session->given = rd_kafka_topic_partition_list_copy(list);
		session->pending = KAFKA_GIVEN;
	}
}

static int subscribe(struct kafka_session *session, struct earshot_error *error)
{
	struct kafka *bus = session->bus;
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)session->n_topics);
	const struct kafka_topic *topic;
	int rc = EARSHOT_OK;
	for (size_t i = 0; i < session->n_topics && rc == EARSHOT_OK; i++) {
		rc = es_kafka_topic(bus, session->topics[i], &topic, error);
		if (rc == EARSHOT_OK)
			rd_kafka_topic_partition_list_add(list, topic->full, RD_KAFKA_PARTITION_UA);
	}
	if (rc == EARSHOT_OK) {
		rd_kafka_resp_err_t why = rd_kafka_subscribe(session->consumer, list);
		if (why)
			rc = es_kafka_fail(bus, why, "joining group", session->group, error);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}

static int open_consumer(struct kafka_session *session, struct earshot_error *error)
{
	static const uint64_t one = 1;
	char gather[24];
	const char *set[] = {
		"isolation.level", "read_committed", "enable.auto.commit", "false",
		"enable.auto.offset.store", "false", "auto.offset.reset", "error",
		"enable.partition.eof", "true", "allow.auto.create.topics", "false",
		/* the first 100,000 stall the fetcher of 2.0.2; bytes bound the memory */
		"queued.min.messages", "1000000", "queued.max.messages.kbytes", "65536",
		"max.partition.fetch.bytes", "4194304",
		/* how soon the end of a partition is told */
		"fetch.wait.max.ms", "100", "fetch.min.bytes", gather, "fetch.error.backoff.ms",
		"100",
		/* eager: the cooperative one loses assignments before 2.3 */
		"partition.assignment.strategy", "range", "heartbeat.interval.ms", "1000",
		/* librdkafka assigns nothing without a group; one that is never joined
		 * and commits nothing leaves no trace in the cluster */
		"group.id", session->group ? session->group : session->id,
		session->group ? "group.instance.id" : NULL, session->id, NULL
	};
	rd_kafka_conf_t *conf;
	snprintf(gather, sizeof(gather), "%zu", session->gather_bytes);
	int rc = es_kafka_conf(session->bus, set, &conf, error);
	if (rc != EARSHOT_OK)
		return rc;
	rd_kafka_conf_set_opaque(conf, session);
	rd_kafka_conf_set_error_cb(conf, es_kafka_on_error);
	if (session->group)
		rd_kafka_conf_set_rebalance_cb(conf, on_rebalance);
	rc = es_kafka_new(session->bus, RD_KAFKA_CONSUMER, conf, &session->consumer, error);
	if (rc != EARSHOT_OK)
		return rc;
	rd_kafka_resp_err_t why = rd_kafka_poll_set_consumer(session->consumer);
	if (why)
		return es_kafka_fail(session->bus, why, "reading", NULL, error);
	session->queue = rd_kafka_queue_get_consumer(session->consumer);
	rd_kafka_queue_io_event_enable(session->queue, session->wake, &one, sizeof(one));
	return EARSHOT_OK;
}

int es_kafka_join(struct kafka_session *session, struct earshot_error *error)
{
	int rc = open_consumer(session, error);
	return rc == EARSHOT_OK && session->group ? subscribe(session, error) : rc;
}

void es_kafka_leave(struct kafka_session *session)
{
	es_kafka_drop_batch(session);
	if (session->queue) {
		rd_kafka_queue_io_event_enable(session->queue, -1, NULL, 0);
		rd_kafka_queue_destroy(session->queue);
		session->queue = NULL;
	}
	/* a static member does not leave: its next start, or its time-out, ends this;
	 * so there is nothing that a close of the consumer would do but wait */
	if (session->consumer)
		es_kafka_end_consumer(session);
	if (session->given)
		rd_kafka_topic_partition_list_destroy(session->given);
	session->given = NULL;
}

int es_kafka_rejoin(struct kafka_session *session, struct earshot_error *error)
{
	es_log(ES_INFO, "kafka.rejoin", ES_LOG_S("session", session->id));
	es_kafka_leave(session);
	session->started = false;
	session->pending = session->assigned ? KAFKA_TAKEN : KAFKA_NOTHING;
	return es_kafka_join(session, error);
}

/* ---- what the group says of its members ---- */

enum holder { NOBODY, OURSELVES, SOMEBODY };

struct membership {
	enum holder holder; /* of our name */
	bool stable;        /* nobody joins or leaves */
	size_t partitions;  /* that members have, of all topics */
};

static enum holder holds(const struct kafka_session *session,
			 const rd_kafka_MemberDescription_t *member)
{
	const char *name = rd_kafka_MemberDescription_group_instance_id(member);
	const char *id = rd_kafka_MemberDescription_consumer_id(member);
	if (!name || strcmp(name, session->id) != 0)
		return NOBODY;
	return session->member && id && strcmp(id, session->member) == 0 ? OURSELVES : SOMEBODY;
}

static void read_members(const struct kafka_session *session,
			 const rd_kafka_ConsumerGroupDescription_t *group, struct membership *out)
{
	size_t n = rd_kafka_ConsumerGroupDescription_member_count(group);
	out->stable = rd_kafka_ConsumerGroupDescription_state(group) ==
		      RD_KAFKA_CONSUMER_GROUP_STATE_STABLE;
	for (size_t i = 0; i < n; i++) {
		const rd_kafka_MemberDescription_t *member =
			rd_kafka_ConsumerGroupDescription_member(group, i);
		const rd_kafka_MemberAssignment_t *given =
			rd_kafka_MemberDescription_assignment(member);
		const rd_kafka_topic_partition_list_t *list =
			given ? rd_kafka_MemberAssignment_partitions(given) : NULL;
		out->partitions += list ? (size_t)list->cnt : 0;
		if (out->holder == NOBODY)
			out->holder = holds(session, member);
	}
}

static int ask_members(const struct kafka_session *session, int within_ms, struct membership *out,
		       struct earshot_error *error)
{
	struct kafka *bus = session->bus;
	struct kafka_question question;
	rd_kafka_event_t *event = NULL;
	const char *group = session->group;
	*out = (struct membership){ .holder = NOBODY };
	int rc = es_kafka_question_open(&question, bus, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS,
					within_ms, error);
	if (rc != EARSHOT_OK)
		return rc;
	rd_kafka_DescribeConsumerGroups(question.client, &group, 1, question.options,
					question.queue);
	rc = es_kafka_answer(bus, question.queue, "asking for the members of a group", &event,
			     error);
	if (rc == EARSHOT_OK) {
		size_t n = 0;
		const rd_kafka_ConsumerGroupDescription_t **groups =
			rd_kafka_DescribeConsumerGroups_result_groups(
				rd_kafka_event_DescribeConsumerGroups_result(event), &n);
		const rd_kafka_error_t *failed =
			n ? rd_kafka_ConsumerGroupDescription_error(groups[0]) : NULL;
		if (failed)
			rc = es_kafka_fail(bus, rd_kafka_error_code(failed),
					   "asking for the members of group", group, error);
		else if (n)
			read_members(session, groups[0], out);
		rd_kafka_event_destroy(event);
	}
	es_kafka_question_close(&question);
	return rc;
}

static int64_t session_timeout(const struct kafka_session *session)
{
	char text[32];
	size_t size = sizeof(text);
	if (rd_kafka_conf_get(rd_kafka_conf(session->consumer), "session.timeout.ms", text, &size))
		return SESSION_MS;
	return atoll(text);
}

/* Another member id under our name may be our own: the answer to our last join was
 * lost. Nobody beats for that one, so it goes within the time-out of a session. */
int es_kafka_taken(struct kafka_session *session, struct earshot_error *error)
{
	struct membership now;
	if (!session->group || !session->consumer)
		return es_kafka_fenced(session, error);
	int64_t until = es_monotonic_ms() + session_timeout(session) + 2 * HEARTBEAT_MS;
	for (;;) {
		int rc = ask_members(session, ES_KAFKA_ASK_MS, &now, error);
		if (rc != EARSHOT_OK || now.holder != SOMEBODY)
			return rc;
		if (es_monotonic_ms() > until)
			return es_kafka_fenced(session, error);
		nanosleep(&(struct timespec){ 0, LOOK_AGAIN_MS * 1000000L }, NULL);
	}
}

int es_kafka_look_given(struct kafka_session *session, struct earshot_error *error)
{
	struct membership now;
	if (!session->nothing_next || es_monotonic_ms() < session->nothing_next)
		return EARSHOT_OK;
	/* a stop does not wait longer for brokers that are away; it is asked again */
	int rc = ask_members(session, ES_KAFKA_NOTHING_MS, &now, NULL);
	bool told = rc == EARSHOT_OK && now.stable;
	session->nothing_next =
		told && now.partitions ? 0 : es_monotonic_ms() + ES_KAFKA_NOTHING_MS;
	if (!told || now.partitions) /* more members than partitions; or it is asked again */
		return EARSHOT_OK;
	es_log(ES_INFO, "kafka.nothing_given", ES_LOG_S("session", session->id));
	return subscribe(session, error);
}
