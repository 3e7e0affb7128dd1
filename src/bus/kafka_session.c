/* SPDX-License-Identifier: MIT
 *
 * Sessions: opened, given their partitions, moved, closed. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "bus/kafka.h"

int es_kafka_fenced(struct kafka_session *session, struct earshot_error *error)
{
	session->fenced = true;
	es_err(error, EARSHOT_FENCED, "another process or session has taken over \"%s\"",
	       session->id);
	es_err_hint(error, "give each process an instance name of its own; close this one");
	return EARSHOT_FENCED;
}

/* ---- positions ---- */

rd_kafka_topic_partition_list_t *es_kafka_list(const struct kafka_session *session, bool base)
{
	rd_kafka_topic_partition_list_t *list =
		rd_kafka_topic_partition_list_new((int)session->n_positions);
	for (size_t i = 0; i < session->n_positions; i++) {
		const struct kafka_position *position = &session->positions[i];
		rd_kafka_topic_partition_t *one = rd_kafka_topic_partition_list_add(
			list, position->topic->full, position->partition);
		one->offset = base ? position->base : position->next;
		es_kafka_anchor_put(position, one);
	}
	return list;
}

static int hold(struct kafka_session *session, size_t n, struct earshot_error *error)
{
	free(session->positions);
	free(session->partitions);
	session->n_positions = 0;
	session->positions = calloc(n + 1, sizeof(*session->positions));
	session->partitions = calloc(n + 1, sizeof(*session->partitions));
	return session->positions && session->partitions ? EARSHOT_OK : es_err_nomem(error);
}

static void add_position(struct kafka_session *session, const struct kafka_topic *topic,
			 int partition, int64_t next)
{
	size_t at = session->n_positions++;
	session->positions[at] = (struct kafka_position){
		.topic = topic,
		.partition = partition,
		.next = next,
		.base = next,
		.latest = EARSHOT_NONE,
	};
	session->partitions[at] = (struct es_partition){ topic->name, partition };
}

/* Where a partition without a committed offset begins. The end is that of what was begun:
 * a commit returns when it is decided, and its markers come a moment later, so that what
 * is committed already would still come. */
static int start_of(struct kafka_session *session, const struct kafka_topic *topic, int partition,
		    int64_t *next, struct earshot_error *error)
{
	int64_t end = 0;
	if (session->from_end)
		return es_kafka_begun(&session->bus->base, topic->name, partition, next, error);
	return es_kafka_offsets(&session->bus->base, topic->name, partition, next, &end, error);
}

static int all_partitions(struct kafka_session *session, struct earshot_error *error)
{
	size_t n = 0;
	const struct kafka_topic *topic;
	int rc = EARSHOT_OK;
	for (size_t i = 0; i < session->n_topics && rc == EARSHOT_OK; i++) {
		rc = es_kafka_topic(session->bus, session->topics[i], &topic, error);
		n += rc == EARSHOT_OK ? (size_t)topic->partitions : 0;
	}
	if (rc == EARSHOT_OK)
		rc = hold(session, n, error);
	for (size_t i = 0; i < session->n_topics && rc == EARSHOT_OK; i++) {
		rc = es_kafka_topic(session->bus, session->topics[i], &topic, error);
		for (int p = 0; rc == EARSHOT_OK && p < topic->partitions; p++) {
			int64_t next = RD_KAFKA_OFFSET_BEGINNING;
			if (session->from_end)
				rc = start_of(session, topic, p, &next, error);
			if (rc == EARSHOT_OK)
				add_position(session, topic, p, next);
		}
	}
	return rc;
}

int es_kafka_given(struct kafka_session *session, struct earshot_error *error)
{
	struct kafka *bus = session->bus;
	rd_kafka_topic_partition_list_t *given = session->given;
	char *member = rd_kafka_memberid(session->consumer);
	if (member && *member) { /* empty while it joins again */
		free(session->member);
		session->member = strdup(member);
	}
	rd_kafka_mem_free(session->consumer, member);
	/* a transaction that is being ended by its time-out makes this wait; the caller
	 * polls again then, the group waits for us */
	rd_kafka_resp_err_t why =
		given->cnt ? rd_kafka_committed(session->consumer, given, ES_KAFKA_ASK_MS / 2)
			   : RD_KAFKA_RESP_ERR_NO_ERROR;
	if (why)
		return es_kafka_fail(bus, why, "asking for the offsets of group", session->group,
				     error);
	int rc = hold(session, (size_t)given->cnt, error);
	for (int i = 0; i < given->cnt && rc == EARSHOT_OK; i++) {
		const rd_kafka_topic_partition_t *one = &given->elems[i];
		const struct kafka_topic *topic;
		int64_t next = one->offset;
		if (one->err)
			return es_kafka_fail(bus, one->err, "asking for the offsets of group",
					     session->group, error);
		rc = es_kafka_topic(bus, one->topic + strlen(bus->prefix), &topic, error);
		if (rc == EARSHOT_OK && next < 0)
			rc = start_of(session, topic, one->partition, &next, error);
		if (rc == EARSHOT_OK) {
			add_position(session, topic, one->partition, next);
			es_kafka_anchor_get(&session->positions[session->n_positions - 1], one);
		}
	}
	return rc;
}

int es_kafka_restore(struct kafka_session *session, struct earshot_error *error)
{
	if (!session->group || session->n_positions == 0)
		return EARSHOT_OK;
	rd_kafka_topic_partition_list_t *list = es_kafka_list(session, true);
	rd_kafka_resp_err_t why = rd_kafka_committed(session->consumer, list, ES_KAFKA_ASK_MS / 2);
	for (int i = 0; i < list->cnt && !why; i++)
		why = list->elems[i].err;
	for (int i = 0; i < list->cnt && !why; i++) {
		struct kafka_position *position = &session->positions[i];
		/* not behind what this session has committed itself, or where it began: a
		 * coordinator that fails over may have lost it (Kafka's KAFKA-20634) */
		if (list->elems[i].offset > position->base)
			position->base = list->elems[i].offset;
		position->next = position->base;
		position->moved = true;
	}
	rd_kafka_topic_partition_list_destroy(list);
	return why ? es_kafka_fail(session->bus, why, "asking for the offsets of group",
				   session->group, error)
		   : EARSHOT_OK;
}

static int find_position(struct kafka_session *session, const char *topic, int partition,
			 struct kafka_position **out, struct earshot_error *error)
{
	bool ready = !session->group || session->assigned;
	for (size_t i = 0; ready && i < session->n_positions; i++)
		if (session->positions[i].partition == partition &&
		    strcmp(session->positions[i].topic->name, topic) == 0) {
			*out = &session->positions[i];
			return EARSHOT_OK;
		}
	return es_err(error, EARSHOT_NOTFOUND, "partition %d of %s is not read by this session",
		      partition, topic);
}

int es_kafka_seek(struct es_session *base, const char *topic, int partition, int64_t offset,
		  struct earshot_error *error)
{
	struct kafka_session *session = (struct kafka_session *)base;
	struct kafka_position *position;
	int64_t first, end;
	int rc = find_position(session, topic, partition, &position, error);
	if (rc == EARSHOT_OK)
		rc = es_kafka_offsets(&session->bus->base, topic, partition, &first, &end, error);
	if (rc != EARSHOT_OK)
		return rc;
	position->next = offset < first ? first : offset > end ? end : offset;
	position->base = position->next;
	position->moved = true;
	return EARSHOT_OK;
}

int es_kafka_position(struct es_session *base, const char *topic, int partition, int64_t *offset,
		      struct earshot_error *error)
{
	struct kafka_position *position;
	int rc = find_position((struct kafka_session *)base, topic, partition, &position, error);
	if (rc == EARSHOT_OK)
		*offset = position->next < 0 ? 0 : position->next;
	return rc;
}

/* From what the last answers to fetches said; markers count as records. */
void es_kafka_lag(struct es_session *base)
{
	const struct kafka_session *session = (const struct kafka_session *)base;
	for (size_t i = 0; session->consumer && i < session->n_positions; i++) {
		const struct kafka_position *position = &session->positions[i];
		int64_t low, high, lag = 0;
		if (position->paused) /* it is not meant to be read */
			continue;
		if (!rd_kafka_get_watermark_offsets(session->consumer, position->topic->full,
						    position->partition, &low, &high) &&
		    high > position->next && position->next >= 0)
			lag = high - position->next;
		es_role_lag(base, position->topic->name, position->partition, lag);
	}
}

int es_kafka_pause(struct es_session *base, const char *topic, int partition, bool pause,
		   struct earshot_error *error)
{
	struct kafka_session *session = (struct kafka_session *)base;
	struct kafka_position *position;
	int rc = find_position(session, topic, partition, &position, error);
	if (rc != EARSHOT_OK || position->paused == pause)
		return rc;
	position->paused = pause;
	if (!session->started)
		return EARSHOT_OK; /* poll pauses it when it starts */
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, position->topic->full, partition);
	rd_kafka_resp_err_t why = pause ? rd_kafka_pause_partitions(session->consumer, list)
					: rd_kafka_resume_partitions(session->consumer, list);
	rd_kafka_topic_partition_list_destroy(list);
	/* what lay in the queue meanwhile was dropped */
	position->moved = position->moved || !pause;
	return why ? es_kafka_fail(session->bus, why, "pausing", topic, error) : EARSHOT_OK;
}

/* ---- open and close ---- */

static int copy_options(struct kafka_session *session, const struct es_session_options *options,
			struct earshot_error *error)
{
	const struct kafka *bus = session->bus;
	session->from_end = options->from_end;
	session->batch_records = options->batch_records;
	session->batch_bytes = options->batch_bytes;
	session->gather_bytes = options->gather_bytes;
	if (options->group && asprintf(&session->group, "%s%s", bus->prefix, options->group) < 0) {
		session->group = NULL;
		return es_err_nomem(error);
	}
	if (asprintf(&session->id, "%s%s-%s-%d", bus->prefix, options->role, options->instance,
		     options->thread) < 0) {
		session->id = NULL;
		return es_err_nomem(error);
	}
	/* the broker takes the letters of topic names only (group.instance.id) */
	for (char *at = session->id; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("._-", *at))
			*at = '_';
	session->topics = calloc(options->n_topics + 1, sizeof(char *));
	if (!session->topics)
		return es_err_nomem(error);
	for (size_t i = 0; i < options->n_topics; i++) {
		session->topics[i] = strdup(options->topics[i]);
		if (!session->topics[i])
			return es_err_nomem(error);
		session->n_topics++;
	}
	return EARSHOT_OK;
}

int es_kafka_session_open(struct es_bus *base, const struct es_session_options *options,
			  struct es_session **out, struct earshot_error *error)
{
	struct kafka_session *session = calloc(1, sizeof(*session));
	if (!session)
		return es_err_nomem(error);
	session->base.bus = base;
	session->bus = (struct kafka *)base;
	es_arena_init(&session->batch, ES_LIMIT_ARENA);
	session->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	int rc = session->wake < 0 ? es_err_errno(error, EARSHOT_IO, errno, "no event descriptor")
				   : copy_options(session, options, error);
	/* the predecessor's transaction is ended before its offsets are asked for */
	if (rc == EARSHOT_OK && session->group)
		rc = es_kafka_producer(session, error);
	if (rc == EARSHOT_OK && session->n_topics)
		rc = es_kafka_join(session, error);
	if (rc == EARSHOT_OK && session->n_topics && !session->group)
		rc = all_partitions(session, error);
	if (rc == EARSHOT_OK)
		*out = &session->base;
	else
		es_kafka_session_close(&session->base);
	return rc;
}

void es_kafka_session_close(struct es_session *base)
{
	struct kafka_session *session = (struct kafka_session *)base;
	session->closing = true;
	es_kafka_close_producer(session);
	es_kafka_leave(session);
	if (session->wake >= 0)
		close(session->wake);
	for (size_t i = 0; i < session->n_topics; i++)
		free(session->topics[i]);
	free(session->topics);
	free(session->positions);
	free(session->partitions);
	free(session->messages);
	free(session->owners);
	free(session->records);
	free(session->id);
	free(session->group);
	free(session->member);
	es_arena_release(&session->batch);
	free(session);
}
