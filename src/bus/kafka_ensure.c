/* SPDX-License-Identifier: MIT
 *
 * Topics made as earshot wants them, and what is there already brought to it. */
#include <stdio.h>
#include <stdlib.h>
#include "bus/kafka.h"

#define CONFIGS  5     /* that we set on a topic */
#define MADE_MS  10000 /* until a new topic is known and led */
#define TEXT_MAX 32

struct wanted {
	const struct es_topic *topic;
	char *full;
	int partitions;
	bool there;
	const char *name[CONFIGS];
	char value[CONFIGS][TEXT_MAX];
	size_t n;
};

static void add_config(struct wanted *wanted, const char *name, const char *value)
{
	wanted->name[wanted->n] = name;
	snprintf(wanted->value[wanted->n++], TEXT_MAX, "%s", value);
}

static int want(const struct kafka *bus, const struct es_topic *topic, struct wanted *wanted,
		struct earshot_error *error)
{
	char number[TEXT_MAX];
	bool compact = topic->cleanup & ES_CLEANUP_COMPACT;
	wanted->topic = topic;
	wanted->partitions = topic->partitions ? topic->partitions : bus->partitions;
	if (asprintf(&wanted->full, "%s%s", bus->prefix, topic->name) < 0) {
		wanted->full = NULL;
		return es_err_nomem(error);
	}
	add_config(wanted, "cleanup.policy",
		   !compact                             ? "delete"
		   : topic->cleanup & ES_CLEANUP_DELETE ? "compact,delete"
							: "compact");
	add_config(wanted, "message.timestamp.type", "LogAppendTime");
	snprintf(number, sizeof(number), "%u", ES_BUS_RECORD_MAX);
	add_config(wanted, "max.message.bytes", number);
	snprintf(number, sizeof(number), "%lld",
		 topic->retention_ms < 0 ? -1LL : (long long)topic->retention_ms);
	add_config(wanted, "retention.ms", number);
	if (topic->max_compaction_lag_ms > 0) {
		snprintf(number, sizeof(number), "%lld", (long long)topic->max_compaction_lag_ms);
		add_config(wanted, "max.compaction.lag.ms", number);
	}
	return EARSHOT_OK;
}

/* What an operator with the rights has to type. */
static void hint_commands(const struct kafka *bus, const struct wanted *wanted,
			  struct earshot_error *error)
{
	char line[EARSHOT_ERROR_HINT];
	int n = wanted->there
			? snprintf(line, sizeof(line),
				   "kafka-configs.sh --bootstrap-server %.64s --alter --topic %s "
				   "--add-config ",
				   bus->servers, wanted->full)
			: snprintf(line, sizeof(line),
				   "kafka-topics.sh --bootstrap-server %.64s --create --topic %s "
				   "--partitions %d --config ",
				   bus->servers, wanted->full, wanted->partitions);
	for (size_t i = 0; i < wanted->n && n > 0 && (size_t)n < sizeof(line); i++)
		n += snprintf(line + n, sizeof(line) - (size_t)n,
			      wanted->there ? "%s%s=[%s]" : "%s%s=%s",
			      i == 0          ? ""
			      : wanted->there ? ","
					      : " --config ",
			      wanted->name[i], wanted->value[i]);
	es_err_hint(error, "%s", line);
}

static int check_partitions(struct kafka *bus, struct wanted *wanted, struct earshot_error *error)
{
	const struct kafka_topic *found;
	struct earshot_error own;
	int rc = es_kafka_topic(bus, wanted->topic->name, &found, &own);
	if (rc == EARSHOT_NOTFOUND)
		return EARSHOT_OK;
	if (rc != EARSHOT_OK) {
		if (error)
			*error = own;
		return rc;
	}
	wanted->there = true;
	if (found->partitions == wanted->partitions)
		return EARSHOT_OK;
	es_err(error, EARSHOT_REFUSED, "topic %s has %d partitions, not %d", wanted->topic->name,
	       found->partitions, wanted->partitions);
	es_err_hint(error, "set topics.partitions to %d, or use another topic_prefix",
		    found->partitions);
	return EARSHOT_REFUSED;
}

static int create(struct kafka *bus, const struct wanted *wanted, struct earshot_error *error)
{
	char text[128];
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(wanted->full, wanted->partitions,
							   bus->replication, text, sizeof(text));
	if (!topic)
		return es_err(error, EARSHOT_CONFIG, "topic %s: %s", wanted->topic->name, text);
	rd_kafka_resp_err_t why = RD_KAFKA_RESP_ERR_NO_ERROR;
	for (size_t i = 0; i < wanted->n && !why; i++)
		why = rd_kafka_NewTopic_set_config(topic, wanted->name[i], wanted->value[i]);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(bus->client);
	rd_kafka_AdminOptions_t *options = es_kafka_admin(bus, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	rd_kafka_event_t *event = NULL;
	int rc = EARSHOT_OK;
	if (!why) {
		rd_kafka_CreateTopics(bus->client, &topic, 1, options, queue);
		rc = es_kafka_answer(bus, queue, "making a topic", &event, error);
	}
	if (event) {
		size_t n = 0;
		const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(
			rd_kafka_event_CreateTopics_result(event), &n);
		why = n ? rd_kafka_topic_result_error(results[0]) : why;
	}
	/* another process was faster */
	if (why && why != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
		rc = es_kafka_fail(bus, why, "making topic", wanted->topic->name, error);
		if (rc == EARSHOT_REFUSED)
			hint_commands(bus, wanted, error);
	}
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_NewTopic_destroy(topic);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_queue_destroy(queue);
	return rc;
}

static int wait_made(struct kafka *bus, struct wanted *wanted, struct earshot_error *error)
{
	int64_t until = es_monotonic_ms() + MADE_MS;
	int rc;
	while ((rc = check_partitions(bus, wanted, error)) == EARSHOT_OK && !wanted->there) {
		if (es_monotonic_ms() > until)
			return es_err(error, EARSHOT_UNAVAILABLE,
				      "topic %s was made and is not there after %d s",
				      wanted->topic->name, MADE_MS / 1000);
		nanosleep(&(struct timespec){ 0, 20 * 1000000L }, NULL);
	}
	return rc;
}

/* The protocol's AlterConfigs sets all of a topic's configs: those that somebody
 * else has set there are sent along. Returns whether one of ours differs. */
static bool merge(const struct wanted *wanted, const rd_kafka_ConfigEntry_t **entries, size_t n,
		  rd_kafka_ConfigResource_t *out)
{
	bool differs = false;
	for (size_t i = 0; i < n; i++) {
		const char *name = rd_kafka_ConfigEntry_name(entries[i]);
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);
		size_t own = 0;
		while (own < wanted->n && strcmp(wanted->name[own], name) != 0)
			own++;
		if (own < wanted->n)
			differs |= !value || strcmp(value, wanted->value[own]) != 0;
		else if (value && rd_kafka_ConfigEntry_source(entries[i]) ==
					  RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG)
			rd_kafka_ConfigResource_set_config(out, name, value);
	}
	for (size_t i = 0; i < wanted->n; i++)
		rd_kafka_ConfigResource_set_config(out, wanted->name[i], wanted->value[i]);
	return differs;
}

static int alter(struct kafka *bus, const struct wanted *wanted, rd_kafka_queue_t *queue,
		 rd_kafka_ConfigResource_t *resource, struct earshot_error *error)
{
	rd_kafka_AdminOptions_t *options = es_kafka_admin(bus, RD_KAFKA_ADMIN_OP_ALTERCONFIGS);
	rd_kafka_event_t *event = NULL;
	size_t n = 0;
	rd_kafka_AlterConfigs(bus->client, &resource, 1, options, queue);
	int rc = es_kafka_answer(bus, queue, "setting up a topic", &event, error);
	if (rc == EARSHOT_OK) {
		const rd_kafka_ConfigResource_t **results = rd_kafka_AlterConfigs_result_resources(
			rd_kafka_event_AlterConfigs_result(event), &n);
		rd_kafka_resp_err_t why =
			n ? rd_kafka_ConfigResource_error(results[0]) : RD_KAFKA_RESP_ERR_NO_ERROR;
		if (why)
			rc = es_kafka_fail(bus, why, "setting up topic", wanted->topic->name,
					   error);
		if (rc == EARSHOT_REFUSED)
			hint_commands(bus, wanted, error);
		rd_kafka_event_destroy(event);
	}
	rd_kafka_AdminOptions_destroy(options);
	return rc;
}

static int set_up(struct kafka *bus, const struct wanted *wanted, struct earshot_error *error)
{
	rd_kafka_ConfigResource_t *ask =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, wanted->full);
	rd_kafka_ConfigResource_t *change =
		rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, wanted->full);
	rd_kafka_AdminOptions_t *options = es_kafka_admin(bus, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(bus->client);
	rd_kafka_event_t *event = NULL;
	bool differs = false;
	rd_kafka_DescribeConfigs(bus->client, &ask, 1, options, queue);
	int rc = es_kafka_answer(bus, queue, "looking at a topic", &event, error);
	if (rc == EARSHOT_OK) {
		size_t n = 0, entries_n = 0;
		const rd_kafka_ConfigResource_t **results =
			rd_kafka_DescribeConfigs_result_resources(
				rd_kafka_event_DescribeConfigs_result(event), &n);
		rd_kafka_resp_err_t why =
			n ? rd_kafka_ConfigResource_error(results[0]) : RD_KAFKA_RESP_ERR_NO_ERROR;
		if (why == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
			/* may be used, not looked at: whoever made it has set it up */
			es_log(ES_WARN, "kafka.topic_unseen", ES_LOG_S("topic", wanted->full));
		} else if (why) {
			rc = es_kafka_fail(bus, why, "looking at topic", wanted->topic->name,
					   error);
		} else if (n) {
			const rd_kafka_ConfigEntry_t **entries =
				rd_kafka_ConfigResource_configs(results[0], &entries_n);
			differs = merge(wanted, entries, entries_n, change);
		}
		rd_kafka_event_destroy(event);
	}
	if (rc == EARSHOT_OK && differs)
		rc = alter(bus, wanted, queue, change, error);
	rd_kafka_ConfigResource_destroy(ask);
	rd_kafka_ConfigResource_destroy(change);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_queue_destroy(queue);
	return rc;
}

int es_kafka_ensure(struct es_bus *base, const struct es_topic *topics, size_t n,
		    struct earshot_error *error)
{
	struct kafka *bus = (struct kafka *)base;
	struct wanted *wanted = calloc(n + 1, sizeof(*wanted));
	int rc = wanted ? EARSHOT_OK : es_err_nomem(error);
	for (size_t i = 0; i < n && rc == EARSHOT_OK; i++) {
		rc = want(bus, &topics[i], &wanted[i], error);
		if (rc == EARSHOT_OK)
			rc = check_partitions(bus, &wanted[i], error);
	}
	for (size_t i = 0; i < n && rc == EARSHOT_OK; i++)
		rc = wanted[i].there ? set_up(bus, &wanted[i], error)
				     : create(bus, &wanted[i], error);
	for (size_t i = 0; i < n && rc == EARSHOT_OK; i++)
		if (!wanted[i].there)
			rc = wait_made(bus, &wanted[i], error);
	for (size_t i = 0; wanted && i < n; i++)
		free(wanted[i].full);
	free(wanted);
	return rc;
}
