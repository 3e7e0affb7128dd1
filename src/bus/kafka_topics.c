/* SPDX-License-Identifier: MIT
 *
 * What the cluster knows of topics, offsets and groups. */
#include <stdio.h>
#include <stdlib.h>
#include "bus/kafka.h"

#define AGAIN_MS    100
#define UNSTABLE_MS 2000 /* a committed offset whose transaction is being ended */

static int no_topic(const char *name, struct earshot_error *error)
{
	es_err(error, EARSHOT_NOTFOUND, "there is no topic %s", name);
	es_err_hint(error, "`earshot run` makes the topics; check `topic_prefix:`");
	return EARSHOT_NOTFOUND;
}

/* Asks the cluster; *partitions = how many of them have a leader, or all. */
static int ask_partitions(struct kafka *bus, const char *full, const char *name, int *partitions,
			  struct earshot_error *error)
{
	const struct rd_kafka_metadata *metadata = NULL;
	rd_kafka_topic_t *handle = rd_kafka_topic_new(bus->client, full, NULL);
	if (!handle)
		return es_kafka_fail(bus, rd_kafka_last_error(), "topic", name, error);
	rd_kafka_resp_err_t why =
		rd_kafka_metadata(bus->client, 0, handle, &metadata, ES_KAFKA_ASK_MS);
	rd_kafka_topic_destroy(handle);
	if (why)
		return es_kafka_fail(bus, why, "asking for topic", name, error);
	int rc = EARSHOT_OK;
	why = metadata->topic_cnt == 1 ? metadata->topics[0].err
				       : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	if (why && why != RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART &&
	    why != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
		rc = es_kafka_fail(bus, why, "asking for topic", name, error);
	else if (why == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
		 metadata->topics[0].partition_cnt == 0)
		rc = no_topic(name, error);
	else
		*partitions = metadata->topics[0].partition_cnt;
	rd_kafka_metadata_destroy(metadata);
	return rc;
}

static const struct kafka_topic *known(struct kafka *bus, const char *name)
{
	const struct kafka_topic *topic = bus->topics;
	while (topic && strcmp(topic->name, name) != 0)
		topic = topic->next;
	return topic;
}

int es_kafka_topic(struct kafka *bus, const char *name, const struct kafka_topic **out,
		   struct earshot_error *error)
{
	int partitions = 0;
	size_t len = strlen(name);
	pthread_mutex_lock(&bus->mutex);
	*out = known(bus, name);
	pthread_mutex_unlock(&bus->mutex);
	if (*out)
		return EARSHOT_OK;
	struct kafka_topic *topic =
		malloc(sizeof(*topic) + len + 1 + strlen(bus->prefix) + len + 1);
	if (!topic)
		return es_err_nomem(error);
	char *full = topic->name + len + 1;
	memcpy(topic->name, name, len + 1);
	stpcpy(stpcpy(full, bus->prefix), name);
	topic->full = full;
	int rc = ask_partitions(bus, full, name, &partitions, error);
	if (rc != EARSHOT_OK) {
		free(topic);
		return rc;
	}
	topic->partitions = partitions;
	pthread_mutex_lock(&bus->mutex);
	*out = known(bus, name);
	if (*out) {
		free(topic);
	} else {
		topic->next = bus->topics;
		bus->topics = topic;
		*out = topic;
	}
	pthread_mutex_unlock(&bus->mutex);
	return EARSHOT_OK;
}

int es_kafka_partitions(struct es_bus *base, const char *topic, struct earshot_error *error)
{
	const struct kafka_topic *found;
	int rc = es_kafka_topic((struct kafka *)base, topic, &found, error);
	return rc == EARSHOT_OK ? found->partitions : rc;
}

static int look(struct kafka *bus, const char *topic, int partition,
		const struct kafka_topic **found, struct earshot_error *error)
{
	int rc = es_kafka_topic(bus, topic, found, error);
	if (rc == EARSHOT_OK && (partition < 0 || partition >= (*found)->partitions))
		rc = es_err(error, EARSHOT_NOTFOUND, "topic %s has no partition %d", topic,
			    partition);
	return rc;
}

/* The first offset and the end as `client` may see it. A partition whose leader is being
 * elected is asked again: that mends itself within a second or two. */
static int ask_offsets(struct kafka *bus, rd_kafka_t *client, const struct kafka_topic *topic,
		       int partition, int64_t *first, int64_t *end, struct earshot_error *error)
{
	int64_t until = es_monotonic_ms() + ES_KAFKA_ASK_MS;
	for (;;) {
		rd_kafka_resp_err_t why =
			rd_kafka_query_watermark_offsets(client, topic->full, partition, first, end,
							 (int)(until - es_monotonic_ms()));
		bool passes = why == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
			      why == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ||
			      why == RD_KAFKA_RESP_ERR__TRANSPORT;
		if (!why)
			return EARSHOT_OK;
		if (es_kafka_code(why) == EARSHOT_NOTFOUND) /* it is known, so it was there */
			return es_kafka_gone(bus, topic->name, error);
		if (!passes || es_monotonic_ms() + AGAIN_MS >= until)
			return es_kafka_fail(bus, why, "asking for the offsets of", topic->name,
					     error);
		nanosleep(&(struct timespec){ 0, AGAIN_MS * 1000000L }, NULL);
	}
}

int es_kafka_offsets(struct es_bus *base, const char *topic, int partition, int64_t *first,
		     int64_t *end, struct earshot_error *error)
{
	struct kafka *bus = (struct kafka *)base;
	const struct kafka_topic *found;
	int rc = look(bus, topic, partition, &found, error);
	if (rc != EARSHOT_OK)
		return rc;
	/* read_committed: the end is that of what is decided */
	return ask_offsets(bus, bus->client, found, partition, first, end, error);
}

/* The end is asked for with the isolation of the client, so this takes one of its own. */
static int reader_of_all(struct kafka *bus, rd_kafka_t **out, struct earshot_error *error)
{
	static const char *const set[] = { "isolation.level", "read_uncommitted",
					   "allow.auto.create.topics", "false", NULL };
	rd_kafka_conf_t *conf;
	pthread_mutex_lock(&bus->mutex);
	int rc = EARSHOT_OK;
	if (!bus->all) {
		rc = es_kafka_conf(bus, set, &conf, error);
		if (rc == EARSHOT_OK)
			rc = es_kafka_new(bus, RD_KAFKA_CONSUMER, conf, &bus->all, error);
	}
	*out = bus->all;
	pthread_mutex_unlock(&bus->mutex);
	return rc;
}

int es_kafka_begun(struct es_bus *base, const char *topic, int partition, int64_t *offset,
		   struct earshot_error *error)
{
	struct kafka *bus = (struct kafka *)base;
	const struct kafka_topic *found;
	rd_kafka_t *client = NULL;
	int64_t first;
	int rc = look(bus, topic, partition, &found, error);
	if (rc == EARSHOT_OK)
		rc = reader_of_all(bus, &client, error);
	if (rc != EARSHOT_OK)
		return rc;
	return ask_offsets(bus, client, found, partition, &first, offset, error);
}

int es_kafka_offset_at(struct es_bus *base, const char *topic, int partition, int64_t time_ms,
		       int64_t *offset, struct earshot_error *error)
{
	struct kafka *bus = (struct kafka *)base;
	const struct kafka_topic *found;
	int64_t first, end;
	int rc = look(bus, topic, partition, &found, error);
	if (rc == EARSHOT_OK)
		rc = es_kafka_offsets(base, topic, partition, &first, &end, error);
	if (rc != EARSHOT_OK)
		return rc;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	/* negative times mean something else to the protocol */
	rd_kafka_topic_partition_list_add(list, found->full, partition)->offset =
		time_ms < 0 ? 0 : time_ms;
	rd_kafka_resp_err_t why = rd_kafka_offsets_for_times(bus->client, list, ES_KAFKA_ASK_MS);
	if (!why)
		why = list->elems[0].err;
	*offset = list->elems[0].offset;
	rd_kafka_topic_partition_list_destroy(list);
	if (why)
		return es_kafka_fail(bus, why, "asking for a time in", topic, error);
	if (*offset < 0 || *offset > end)
		*offset = end;
	return EARSHOT_OK;
}

static rd_kafka_AdminOptions_t *options_for(rd_kafka_t *client, rd_kafka_admin_op_t op,
					    int within_ms)
{
	char text[128];
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, op);
	/* the only way to fail is a time out of range */
	(void)rd_kafka_AdminOptions_set_request_timeout(options, within_ms, text, sizeof(text));
	return options;
}

rd_kafka_AdminOptions_t *es_kafka_admin(const struct kafka *bus, rd_kafka_admin_op_t op)
{
	return options_for(bus->client, op, ES_KAFKA_ASK_MS);
}

int es_kafka_question_open(struct kafka_question *question, const struct kafka *bus,
			   rd_kafka_admin_op_t op, int within_ms, struct earshot_error *error)
{
	static const char *const set[] = { "allow.auto.create.topics", "false", NULL };
	rd_kafka_conf_t *conf;
	int rc = es_kafka_conf(bus, set, &conf, error);
	if (rc == EARSHOT_OK)
		rc = es_kafka_new(bus, RD_KAFKA_CONSUMER, conf, &question->client, error);
	if (rc != EARSHOT_OK)
		return rc;
	question->queue = rd_kafka_queue_new(question->client);
	question->options = options_for(question->client, op, within_ms);
	return EARSHOT_OK;
}

void es_kafka_question_close(struct kafka_question *question)
{
	rd_kafka_AdminOptions_destroy(question->options);
	rd_kafka_queue_destroy(question->queue);
	rd_kafka_destroy(question->client);
}

int es_kafka_answer(const struct kafka *bus, rd_kafka_queue_t *queue, const char *doing,
		    rd_kafka_event_t **out, struct earshot_error *error)
{
	rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 2 * ES_KAFKA_ASK_MS);
	rd_kafka_resp_err_t why =
		event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
	*out = event;
	if (!why)
		return EARSHOT_OK;
	if (event)
		rd_kafka_event_destroy(event);
	*out = NULL;
	return es_kafka_fail(bus, why, doing, NULL, error);
}

/* One question for the offset of a group; *why = what the broker said of it. */
static int ask_committed(struct kafka *bus, const char *group, const struct kafka_topic *topic,
			 int partition, bool stable, int64_t *offset, rd_kafka_resp_err_t *why,
			 struct earshot_error *error)
{
	struct kafka_question question;
	rd_kafka_event_t *event = NULL;
	int rc = es_kafka_question_open(&question, bus, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS,
					ES_KAFKA_ASK_MS, error);
	if (rc != EARSHOT_OK)
		return rc;
	rd_kafka_error_destroy(
		rd_kafka_AdminOptions_set_require_stable_offsets(question.options, stable ? 1 : 0));
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(1);
	rd_kafka_topic_partition_list_add(list, topic->full, partition);
	rd_kafka_ListConsumerGroupOffsets_t *offsets =
		rd_kafka_ListConsumerGroupOffsets_new(group, list);
	rd_kafka_ListConsumerGroupOffsets(question.client, &offsets, 1, question.options,
					  question.queue);
	rc = es_kafka_answer(bus, question.queue, "asking for the offsets of a group", &event,
			     error);
	*offset = EARSHOT_NONE;
	*why = RD_KAFKA_RESP_ERR_NO_ERROR;
	if (rc == EARSHOT_OK) {
		size_t n = 0;
		const rd_kafka_group_result_t **groups =
			rd_kafka_ListConsumerGroupOffsets_result_groups(
				rd_kafka_event_ListConsumerGroupOffsets_result(event), &n);
		const rd_kafka_error_t *of_group =
			n ? rd_kafka_group_result_error(groups[0]) : NULL;
		const rd_kafka_topic_partition_list_t *answer =
			n ? rd_kafka_group_result_partitions(groups[0]) : NULL;
		if (of_group)
			*why = rd_kafka_error_code(of_group);
		else if (answer && answer->cnt == 1) {
			*why = answer->elems[0].err;
			if (!*why && answer->elems[0].offset >= 0)
				*offset = answer->elems[0].offset;
		}
	}
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_ListConsumerGroupOffsets_destroy(offsets);
	rd_kafka_topic_partition_list_destroy(list);
	es_kafka_question_close(&question);
	return rc;
}

/* A commit returns when it is decided; its markers come a moment later. So the
 * stable offset is asked for first, and what stood before where a transaction
 * stays open. */
int es_kafka_committed(struct es_bus *base, const char *group, const char *topic, int partition,
		       int64_t *offset, struct earshot_error *error)
{
	struct kafka *bus = (struct kafka *)base;
	const struct kafka_topic *found;
	rd_kafka_resp_err_t why = RD_KAFKA_RESP_ERR_NO_ERROR;
	int64_t until = es_monotonic_ms() + UNSTABLE_MS;
	char *full = NULL;
	int rc = look(bus, topic, partition, &found, error);
	if (rc != EARSHOT_OK)
		return rc;
	if (asprintf(&full, "%s%s", bus->prefix, group) < 0)
		return es_err_nomem(error);
	for (bool stable = true;; stable = es_monotonic_ms() < until) {
		rc = ask_committed(bus, full, found, partition, stable, offset, &why, error);
		if (rc != EARSHOT_OK || why != RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT || !stable)
			break;
		nanosleep(&(struct timespec){ 0, 10 * 1000000L }, NULL);
	}
	free(full);
	if (rc == EARSHOT_OK && why && why != RD_KAFKA_RESP_ERR_GROUP_ID_NOT_FOUND)
		rc = es_kafka_fail(bus, why, "asking for the offsets of group", group, error);
	return rc;
}
