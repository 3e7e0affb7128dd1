/* SPDX-License-Identifier: MIT
 *
 * Topics as earshot wants them; what is told where the cluster has them otherwise, and
 * the commands for somebody who may change it. */
#include <stdio.h>
#include <stdlib.h>
#include "bus/kafka_plan.h"

#define NAMED     3   /* topics in one error; the rest is counted */
#define NAMES_MAX 160 /* bytes of them */

static void add_config(struct kafka_wanted *wanted, const char *key, const char *value)
{
	wanted->key[wanted->n] = key;
	snprintf(wanted->value[wanted->n++], sizeof(wanted->value[0]), "%s", value);
}

static int want(const struct kafka *bus, const struct es_topic *topic, struct kafka_wanted *wanted,
		struct earshot_error *error)
{
	char number[sizeof(wanted->value[0])];
	bool compact = topic->cleanup & ES_CLEANUP_COMPACT;
	wanted->name = topic->name;
	wanted->fixed = topic->partitions != 0;
	wanted->partitions = wanted->fixed ? topic->partitions : bus->partitions;
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

struct kafka_wanted *es_kafka_plan_find(const struct kafka_plan *plan, const char *full)
{
	for (size_t i = 0; i < plan->n; i++)
		if (strcmp(plan->topics[i].full, full) == 0)
			return &plan->topics[i];
	return NULL;
}

int es_kafka_plan_init(struct kafka_plan *plan, struct kafka *bus, const struct es_topic *topics,
		       size_t n, struct earshot_error *error)
{
	plan->bus = bus;
	plan->topics = calloc(n + 1, sizeof(*plan->topics));
	int rc = plan->topics ? EARSHOT_OK : es_err_nomem(error);
	for (size_t i = 0; i < n && rc == EARSHOT_OK; i++) {
		rc = want(bus, &topics[i], &plan->topics[i], error);
		plan->n++;
	}
	return rc;
}

void es_kafka_plan_release(struct kafka_plan *plan)
{
	for (size_t i = 0; i < plan->n; i++)
		free(plan->topics[i].full);
	free(plan->topics);
}

/* ---- what somebody with the rights has to type ---- */

static void add_quoted(struct es_buf *out, const char *text)
{
	es_buf_putc(out, '\'');
	for (; *text; text++)
		if (*text == '\'')
			es_buf_puts(out, "'\\''");
		else
			es_buf_putc(out, *text);
	es_buf_putc(out, '\'');
}

static void add_start(const struct kafka_plan *plan, const char *program)
{
	struct es_buf *out = plan->report->commands;
	es_buf_printf(out, "%s --bootstrap-server ", program);
	add_quoted(out, plan->bus->servers);
	if (es_kafka_secured(plan->bus))
		es_buf_puts(out, " --command-config admin.properties");
}

/* All the rights that a user needs where the topics are there, as comments: whom they
 * are given is for the reader to decide. */
static void add_rights(const struct kafka_plan *plan)
{
	static const char *const rights[] = { "Read --operation Write --topic", "Read --group",
					      "Write --transactional-id" };
	struct es_buf *out = plan->report->commands;
	if (es_kafka_secured(plan->bus))
		es_buf_puts(out, "# admin.properties: how somebody with the rights connects "
				 "(security.protocol, sasl.jaas.config, ...)\n");
	es_buf_puts(out, "# the rights that earshot needs where the topics are there:\n");
	for (size_t i = 0; i < ES_COUNT(rights); i++) {
		bool all = !*plan->bus->prefix;
		add_start(plan, "# kafka-acls.sh");
		es_buf_puts(out, " --add --allow-principal User:");
		add_quoted(out, es_kafka_user(plan->bus));
		es_buf_printf(out, " --operation %s %s --resource-pattern-type %s\n", rights[i],
			      all ? "'*'" : plan->bus->prefix, all ? "literal" : "prefixed");
	}
}

/* Names and values of ours need no quotes. */
static void add_command(const struct kafka_plan *plan, const struct kafka_wanted *wanted)
{
	struct es_buf *out = plan->report->commands;
	bool make = !wanted->there, first = true;
	if (out->len == 0)
		add_rights(plan);
	add_start(plan, make ? "kafka-topics.sh" : "kafka-configs.sh");
	if (make)
		es_buf_printf(out,
			      " --create --if-not-exists --topic %s --partitions %d "
			      "--replication-factor %d",
			      wanted->full, wanted->partitions, plan->bus->replication);
	else
		es_buf_printf(out, " --alter --entity-type topics --entity-name %s --add-config '",
			      wanted->full);
	for (size_t i = 0; i < wanted->n; i++) {
		if (make)
			es_buf_printf(out, " --config %s=%s", wanted->key[i], wanted->value[i]);
		else if (wanted->differs & 1u << i) {
			es_buf_printf(out, "%s%s=[%s]", first ? "" : ",", wanted->key[i],
				      wanted->value[i]);
			first = false;
		}
	}
	es_buf_puts(out, make ? "\n" : "'\n");
}

/* ---- errors ---- */

/* Ensure ends with an error; check tells it and goes on. */
static int tell(const struct kafka_plan *plan, const struct earshot_error *own,
		struct earshot_error *error)
{
	if (plan->report) {
		plan->report->note(plan->report->ctx, own);
		return EARSHOT_OK;
	}
	if (error)
		*error = *own;
	return own->code;
}

/* "posts", "posts, flagged and 3 more" */
static void name_topics(const struct kafka_plan *plan,
			bool (*is)(const struct kafka_wanted *, const void *), const void *ctx,
			char *out, size_t size)
{
	size_t n = 0, len = 0;
	*out = '\0';
	for (size_t i = 0; i < plan->n; i++)
		if (is(&plan->topics[i], ctx) && ++n <= NAMED && len < size)
			len += (size_t)snprintf(out + len, size - len, "%s%s", n > 1 ? ", " : "",
						plan->topics[i].name);
	if (n > NAMED && len < size)
		snprintf(out + len, size - len, " and %zu more", n - NAMED);
}

static bool same_failure(const struct kafka_wanted *wanted, const void *why)
{
	return wanted->why == *(const rd_kafka_resp_err_t *)why;
}

static void hint_failure(const struct kafka_plan *plan, rd_kafka_resp_err_t why, const char *doing,
			 struct earshot_error *error)
{
	char grant[EARSHOT_ERROR_HINT];
	if (why == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR)
		es_err_hint(error, "set topics.replication to at most the number of brokers");
	else if (why == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
		es_kafka_grant(plan->bus, why, doing, grant, sizeof(grant));
		es_err_hint(error, "%s, or %s",
			    plan->report ? "give the commands to somebody who may"
					 : "`earshot check` prints commands for somebody who may",
			    grant);
	} else
		es_kafka_hint(plan->bus, why, doing, error);
}

/* Topics whose last request failed: one error for all of a kind. */
int es_kafka_plan_failures(struct kafka_plan *plan, const char *doing, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	for (size_t i = 0; i < plan->n && rc == EARSHOT_OK; i++) {
		struct kafka_wanted *first = &plan->topics[i];
		rd_kafka_resp_err_t why = first->why;
		char names[NAMES_MAX];
		struct earshot_error own;
		if (!why)
			continue;
		bool missing = why == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
		for (size_t k = i; plan->report && missing && k < plan->n; k++)
			if (plan->topics[k].why == why)
				add_command(plan, &plan->topics[k]);
		name_topics(plan, same_failure, &why, names, sizeof(names));
		es_err(&own, es_kafka_code(why), "Kafka at %.128s: %s %s: %s", plan->bus->servers,
		       doing, names, *first->text ? first->text : rd_kafka_err2str(why));
		hint_failure(plan, why, doing, &own);
		for (size_t k = i; k < plan->n; k++)
			if (plan->topics[k].why == why) {
				plan->topics[k].why = RD_KAFKA_RESP_ERR_NO_ERROR;
				plan->topics[k].failed = true;
			}
		rc = tell(plan, &own, error);
	}
	return rc;
}

static bool other_number(const struct kafka_wanted *wanted)
{
	return wanted->there && wanted->found != wanted->partitions;
}

static bool same_number(const struct kafka_wanted *wanted, const void *ctx)
{
	const struct kafka_wanted *first = ctx;
	return other_number(wanted) && wanted->found == first->found &&
	       wanted->partitions == first->partitions;
}

int es_kafka_plan_partitions(const struct kafka_plan *plan, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	for (size_t i = 0; i < plan->n && rc == EARSHOT_OK; i++) {
		const struct kafka_wanted *first = &plan->topics[i];
		char names[NAMES_MAX];
		struct earshot_error own;
		size_t before = 0;
		while (before < i && !same_number(&plan->topics[before], first))
			before++;
		if (!other_number(first) || before < i)
			continue;
		name_topics(plan, same_number, first, names, sizeof(names));
		es_err(&own, EARSHOT_REFUSED, "Kafka at %.128s: %s: %d partitions, not %d",
		       plan->bus->servers, names, first->found, first->partitions);
		if (first->fixed)
			es_err_hint(&own, "delete it, or use another topic_prefix");
		else
			es_err_hint(&own,
				    "set topics.partitions to %d, or use another topic_prefix",
				    first->found);
		rc = tell(plan, &own, error);
	}
	return rc;
}

static bool starved(const struct kafka_wanted *wanted, const void *ctx)
{
	(void)ctx;
	return wanted->there && wanted->copies > 0 && wanted->insync > wanted->copies;
}

int es_kafka_plan_copies(const struct kafka_plan *plan, struct earshot_error *error)
{
	char names[NAMES_MAX];
	struct earshot_error own;
	const struct kafka_wanted *first = plan->topics, *end = first + plan->n;
	while (first < end && !starved(first, NULL))
		first++;
	if (first == end)
		return EARSHOT_OK;
	name_topics(plan, starved, NULL, names, sizeof(names));
	es_err(&own, EARSHOT_CONFIG,
	       "Kafka at %.128s: %s: %d copies where min.insync.replicas is %d, so nothing could "
	       "be written",
	       plan->bus->servers, names, first->copies, first->insync);
	es_err_hint(&own,
		    "lower min.insync.replicas at the brokers or topics, or make the topics anew "
		    "with topics.replication: %d",
		    first->insync);
	return tell(plan, &own, error);
}
