/* SPDX-License-Identifier: MIT
 *
 * Topics made as earshot wants them, and what is there already brought to it. For
 * `earshot check` the same is asked without changing anything:
 *
 *   look -> create what is missing -> describe -> alter what differs
 *
 * Each is one request for all topics (look: one a topic), and topics that fail in the
 * same way are told in one error. */
#include <stdio.h>
#include <stdlib.h>
#include "bus/kafka_plan.h"

#define MADE_MS  10000 /* until a new topic is known and led */
#define PAUSE_MS 20    /* between two questions for that */

static void note_result(struct kafka_plan *plan, const char *full, rd_kafka_resp_err_t why,
			const char *text)
{
	struct kafka_wanted *wanted = es_kafka_plan_find(plan, full);
	if (!wanted)
		return;
	wanted->why = why;
	/* of a missing right the broker says no more than librdkafka */
	bool says = text && why != RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
	snprintf(wanted->text, sizeof(wanted->text), "%s", says ? text : "");
}

/* ---- look ---- */

static void look(struct kafka *bus, struct kafka_wanted *wanted)
{
	const struct rd_kafka_metadata *metadata = NULL;
	rd_kafka_topic_t *handle = rd_kafka_topic_new(bus->client, wanted->full, NULL);
	rd_kafka_resp_err_t why =
		handle ? rd_kafka_metadata(bus->client, 0, handle, &metadata, ES_KAFKA_ASK_MS)
		       : rd_kafka_last_error();
	if (handle)
		rd_kafka_topic_destroy(handle);
	if (metadata && metadata->topic_cnt == 1) {
		const struct rd_kafka_metadata_topic *topic = &metadata->topics[0];
		why = topic->err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE ? why : topic->err;
		wanted->found = topic->partition_cnt;
		for (int i = 0; i < topic->partition_cnt; i++) {
			int copies = topic->partitions[i].replica_cnt;
			if (i == 0 || copies < wanted->copies)
				wanted->copies = copies;
		}
	}
	if (metadata)
		rd_kafka_metadata_destroy(metadata);
	wanted->why =
		why == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ? RD_KAFKA_RESP_ERR_NO_ERROR : why;
	wanted->there = !why && wanted->found > 0;
}

static int look_at_all(struct kafka_plan *plan, struct earshot_error *error)
{
	for (size_t i = 0; i < plan->n; i++)
		look(plan->bus, &plan->topics[i]);
	int rc = es_kafka_plan_failures(plan, "asking for", error);
	return rc ? rc : es_kafka_plan_partitions(plan, error);
}

/* ---- create ---- */

static rd_kafka_AdminOptions_t *options_of(const struct kafka_plan *plan, rd_kafka_admin_op_t op)
{
	char text[128];
	rd_kafka_AdminOptions_t *options = es_kafka_admin(plan->bus, op);
	if (plan->report) /* can fail for other requests only */
		(void)rd_kafka_AdminOptions_set_validate_only(options, 1, text, sizeof(text));
	return options;
}

static rd_kafka_NewTopic_t *new_topic(const struct kafka_plan *plan, struct kafka_wanted *wanted)
{
	rd_kafka_NewTopic_t *topic =
		rd_kafka_NewTopic_new(wanted->full, wanted->partitions, plan->bus->replication,
				      wanted->text, sizeof(wanted->text));
	if (!topic)
		wanted->why = RD_KAFKA_RESP_ERR_INVALID_CONFIG;
	for (size_t i = 0; topic && i < wanted->n; i++)
		(void)rd_kafka_NewTopic_set_config(topic, wanted->key[i], wanted->value[i]);
	return topic;
}

static int create_missing(struct kafka_plan *plan, struct earshot_error *error)
{
	rd_kafka_NewTopic_t **topics = calloc(plan->n + 1, sizeof(*topics));
	rd_kafka_event_t *event = NULL;
	size_t n = 0;
	if (!topics)
		return es_err_nomem(error);
	for (size_t i = 0; i < plan->n; i++)
		if (!plan->topics[i].there && !plan->topics[i].failed &&
		    (topics[n] = new_topic(plan, &plan->topics[i])))
			n++;
	int rc = EARSHOT_OK;
	if (n) {
		rd_kafka_queue_t *queue = rd_kafka_queue_new(plan->bus->client);
		rd_kafka_AdminOptions_t *options = options_of(plan, RD_KAFKA_ADMIN_OP_CREATETOPICS);
		rd_kafka_CreateTopics(plan->bus->client, topics, n, options, queue);
		rc = es_kafka_answer(plan->bus, queue, "making topics", &event, error);
		rd_kafka_AdminOptions_destroy(options);
		rd_kafka_queue_destroy(queue);
	}
	if (event) {
		size_t answers = 0;
		const rd_kafka_topic_result_t **results = rd_kafka_CreateTopics_result_topics(
			rd_kafka_event_CreateTopics_result(event), &answers);
		for (size_t i = 0; i < answers; i++) {
			rd_kafka_resp_err_t why = rd_kafka_topic_result_error(results[i]);
			/* another process was faster */
			if (why != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
				note_result(plan, rd_kafka_topic_result_name(results[i]), why,
					    rd_kafka_topic_result_error_string(results[i]));
		}
		rd_kafka_event_destroy(event);
	}
	rd_kafka_NewTopic_destroy_array(topics, n);
	free(topics);
	return rc ? rc : es_kafka_plan_failures(plan, "making", error);
}

/* Metadata names a leader before that knows that it leads: it is asked for an offset of
 * each partition. False where one does not answer yet. */
static bool led(const struct kafka *bus, rd_kafka_topic_partition_list_t *list)
{
	for (int i = 0; i < list->cnt; i++)
		list->elems[i].offset = 0; /* the first record of any time */
	bool all = rd_kafka_offsets_for_times(bus->client, list, ES_KAFKA_ASK_MS) ==
		   RD_KAFKA_RESP_ERR_NO_ERROR;
	for (int i = 0; i < list->cnt; i++)
		all = all && !list->elems[i].err;
	return all;
}

static int wait_led(struct kafka_plan *plan, const bool *made, struct earshot_error *error)
{
	int64_t until = es_monotonic_ms() + MADE_MS;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(128);
	int rc = EARSHOT_OK;
	for (size_t i = 0; i < plan->n; i++)
		for (int p = 0; made[i] && p < plan->topics[i].found; p++)
			rd_kafka_topic_partition_list_add(list, plan->topics[i].full, p);
	while (list->cnt && !led(plan->bus, list)) {
		if (es_monotonic_ms() > until) {
			rc = es_err(error, EARSHOT_UNAVAILABLE,
				    "topics were made and have no leader after %d s",
				    MADE_MS / 1000);
			break;
		}
		nanosleep(&(struct timespec){ 0, PAUSE_MS * 1000000L }, NULL);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}

static int wait_made(struct kafka_plan *plan, struct earshot_error *error)
{
	int64_t until = es_monotonic_ms() + MADE_MS;
	bool *made = calloc(plan->n + 1, sizeof(*made));
	int rc = made ? EARSHOT_OK : es_err_nomem(error);
	for (size_t i = 0; i < plan->n && rc == EARSHOT_OK; i++) {
		struct kafka_wanted *wanted = &plan->topics[i];
		made[i] = !wanted->there;
		for (; !wanted->there && !wanted->why && rc == EARSHOT_OK;
		     look(plan->bus, wanted)) {
			if (es_monotonic_ms() > until)
				rc = es_err(error, EARSHOT_UNAVAILABLE,
					    "topic %s was made and is not there after %d s",
					    wanted->name, MADE_MS / 1000);
			nanosleep(&(struct timespec){ 0, PAUSE_MS * 1000000L }, NULL);
		}
	}
	if (rc == EARSHOT_OK)
		rc = es_kafka_plan_failures(plan, "asking for", error);
	if (rc == EARSHOT_OK)
		rc = es_kafka_plan_partitions(plan, error);
	if (rc == EARSHOT_OK)
		rc = wait_led(plan, made, error);
	free(made);
	return rc;
}

/* ---- describe and alter ---- */

/* The protocol's AlterConfigs sets all of a topic's configs: those that somebody
 * else has set there are sent along. */
static void merge(struct kafka_wanted *wanted, const rd_kafka_ConfigEntry_t **entries, size_t n,
		  rd_kafka_ConfigResource_t *out)
{
	for (size_t i = 0; i < n; i++) {
		const char *key = rd_kafka_ConfigEntry_name(entries[i]);
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);
		size_t own = 0;
		while (own < wanted->n && strcmp(wanted->key[own], key) != 0)
			own++;
		if (own < wanted->n && (!value || strcmp(value, wanted->value[own]) != 0))
			wanted->differs |= 1u << own;
		else if (own == wanted->n && value &&
			 rd_kafka_ConfigEntry_source(entries[i]) ==
				 RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG)
			rd_kafka_ConfigResource_set_config(out, key, value);
		if (value && strcmp(key, "min.insync.replicas") == 0)
			wanted->insync = (int)strtol(value, NULL, 10);
	}
	for (size_t i = 0; i < wanted->n; i++)
		rd_kafka_ConfigResource_set_config(out, wanted->key[i], wanted->value[i]);
}

/* What is wanted and what the topic has, of the first that differs. */
static void say_difference(struct kafka_wanted *wanted, const rd_kafka_ConfigEntry_t **entries,
			   size_t n)
{
	for (size_t own = 0; own < wanted->n; own++)
		for (size_t i = 0; i < n && wanted->differs & 1u << own; i++)
			if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), wanted->key[own]) == 0) {
				const char *value = rd_kafka_ConfigEntry_value(entries[i]);
				snprintf(wanted->text, sizeof(wanted->text), "%s is %.64s, not %s",
					 wanted->key[own], value ? value : "unset",
					 wanted->value[own]);
				return;
			}
}

static int describe(struct kafka_plan *plan, rd_kafka_ConfigResource_t **changes, size_t n,
		    struct earshot_error *error)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(plan->bus->client);
	rd_kafka_AdminOptions_t *options =
		es_kafka_admin(plan->bus, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_event_t *event = NULL;
	rd_kafka_DescribeConfigs(plan->bus->client, changes, n, options, queue);
	int rc = es_kafka_answer(plan->bus, queue, "looking at topics", &event, error);
	size_t answers = 0, unseen = 0;
	const rd_kafka_ConfigResource_t **results =
		event ? rd_kafka_DescribeConfigs_result_resources(
				rd_kafka_event_DescribeConfigs_result(event), &answers)
		      : NULL;
	for (size_t i = 0; i < answers; i++) {
		rd_kafka_resp_err_t why = rd_kafka_ConfigResource_error(results[i]);
		struct kafka_wanted *wanted =
			es_kafka_plan_find(plan, rd_kafka_ConfigResource_name(results[i]));
		size_t entries_n = 0, at = 0;
		while (at < n && wanted &&
		       strcmp(rd_kafka_ConfigResource_name(changes[at]), wanted->full) != 0)
			at++;
		if (!wanted || at == n)
			continue;
		wanted->unseen = why == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
		unseen += wanted->unseen;
		wanted->why = wanted->unseen ? RD_KAFKA_RESP_ERR_NO_ERROR : why;
		if (why)
			continue;
		const rd_kafka_ConfigEntry_t **entries =
			rd_kafka_ConfigResource_configs(results[i], &entries_n);
		merge(wanted, entries, entries_n, changes[at]);
		say_difference(wanted, entries, entries_n);
	}
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_queue_destroy(queue);
	/* may be used, not looked at: whoever made them has set them up */
	if (unseen && !plan->report)
		es_log(ES_INFO, "kafka.topics_unseen", ES_LOG_I("topics", unseen));
	return rc ? rc : es_kafka_plan_failures(plan, "looking at", error);
}

static int alter(struct kafka_plan *plan, rd_kafka_ConfigResource_t **changes, size_t n,
		 struct earshot_error *error)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(plan->bus->client);
	rd_kafka_AdminOptions_t *options = options_of(plan, RD_KAFKA_ADMIN_OP_ALTERCONFIGS);
	rd_kafka_event_t *event = NULL;
	rd_kafka_AlterConfigs(plan->bus->client, changes, n, options, queue);
	int rc = es_kafka_answer(plan->bus, queue, "setting up topics", &event, error);
	if (event) {
		size_t answers = 0;
		const rd_kafka_ConfigResource_t **results = rd_kafka_AlterConfigs_result_resources(
			rd_kafka_event_AlterConfigs_result(event), &answers);
		for (size_t i = 0; i < answers; i++) {
			const char *full = rd_kafka_ConfigResource_name(results[i]);
			struct kafka_wanted *wanted = es_kafka_plan_find(plan, full);
			rd_kafka_resp_err_t why = rd_kafka_ConfigResource_error(results[i]);
			if (wanted && why == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
				wanted->why = why; /* its text is the difference */
			else
				note_result(plan, full, why,
					    rd_kafka_ConfigResource_error_string(results[i]));
		}
		rd_kafka_event_destroy(event);
	}
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_queue_destroy(queue);
	return rc ? rc : es_kafka_plan_failures(plan, "setting up", error);
}

static int set_up(struct kafka_plan *plan, struct earshot_error *error)
{
	rd_kafka_ConfigResource_t **changes = calloc(plan->n + 1, sizeof(*changes));
	size_t n = 0, altered = 0;
	if (!changes)
		return es_err_nomem(error);
	for (size_t i = 0; i < plan->n; i++)
		if (plan->topics[i].there)
			changes[n++] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC,
								   plan->topics[i].full);
	int rc = n ? describe(plan, changes, n, error) : EARSHOT_OK;
	if (rc == EARSHOT_OK)
		rc = es_kafka_plan_copies(plan, error);
	/* those that differ come to the front */
	for (size_t i = 0; i < n; i++) {
		rd_kafka_ConfigResource_t *change = changes[i];
		if (!es_kafka_plan_find(plan, rd_kafka_ConfigResource_name(change))->differs)
			continue;
		changes[i] = changes[altered];
		changes[altered++] = change;
	}
	if (rc == EARSHOT_OK && altered)
		rc = alter(plan, changes, altered, error);
	rd_kafka_ConfigResource_destroy_array(changes, n);
	free(changes);
	return rc;
}

/* ---- the whole ---- */

static int run(struct kafka_plan *plan, struct earshot_error *error)
{
	struct es_bus_report *report = plan->report;
	int rc = look_at_all(plan, error);
	for (size_t i = 0; report && rc == EARSHOT_OK && i < plan->n; i++)
		report->missing += !plan->topics[i].there && !plan->topics[i].failed;
	if (rc == EARSHOT_OK)
		rc = create_missing(plan, error);
	if (rc == EARSHOT_OK && !report)
		rc = wait_made(plan, error);
	if (rc == EARSHOT_OK)
		rc = set_up(plan, error);
	for (size_t i = 0; report && rc == EARSHOT_OK && i < plan->n; i++) {
		report->differing += plan->topics[i].differs != 0;
		report->unseen += plan->topics[i].unseen;
	}
	return rc;
}

int es_kafka_ensure(struct es_bus *base, const struct es_topic *topics, size_t n,
		    struct earshot_error *error)
{
	struct kafka_plan plan = { 0 };
	int rc = es_kafka_plan_init(&plan, (struct kafka *)base, topics, n, error);
	if (rc == EARSHOT_OK)
		rc = run(&plan, error);
	es_kafka_plan_release(&plan);
	return rc;
}

int es_kafka_check(struct es_bus *base, const struct es_topic *topics, size_t n,
		   struct es_bus_report *report, struct earshot_error *error)
{
	struct kafka *bus = (struct kafka *)base;
	const struct rd_kafka_metadata *metadata = NULL;
	rd_kafka_resp_err_t why =
		rd_kafka_metadata(bus->client, 0, NULL, &metadata, ES_KAFKA_ASK_MS);
	if (why)
		return es_kafka_fail(bus, why, "asking for the brokers", NULL, error);
	char *cluster = rd_kafka_clusterid(bus->client, ES_KAFKA_ASK_MS);
	snprintf(report->where, sizeof(report->where),
		 "Kafka at %.128s: %d broker%s, cluster %.64s", bus->servers, metadata->broker_cnt,
		 metadata->broker_cnt == 1 ? "" : "s", cluster ? cluster : "unnamed");
	rd_kafka_mem_free(bus->client, cluster);
	rd_kafka_metadata_destroy(metadata);
	report->topics = n;
	struct kafka_plan plan = { .report = report };
	int rc = es_kafka_plan_init(&plan, bus, topics, n, error);
	if (rc == EARSHOT_OK)
		rc = run(&plan, error);
	es_kafka_plan_release(&plan);
	return rc;
}
