/* SPDX-License-Identifier: MIT
 *
 * The cluster: reached, configured, its errors in our words. Read kafka.h first. */
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h> /* the levels of librdkafka's log */
#include "bus/kafka.h"

/* What the promises of bus.h stand on; whoever changes one of these breaks them. */
static const char *const ours[] = {
	"bootstrap.servers",        "metadata.broker.list",    "group.id",
	"group.instance.id",        "transactional.id",        "enable.idempotence",
	"isolation.level",          "enable.auto.commit",      "auto.commit.enable",
	"enable.auto.offset.store", "enable.partition.eof",    "partition.assignment.strategy",
	"auto.offset.reset",        "allow.auto.create.topics"
};

/* For every client; `kafka:` overrides what is not in the list above. */
static const char *const common[] = {
	"client.id", "earshot", "log.connection.close", "false", "log.thread.name", "false",
	/* a deleted and re-made topic, a new leader: known within this time */
	"topic.metadata.refresh.interval.ms", "10000", "reconnect.backoff.max.ms", "2000",
	"socket.keepalive.enable", "true", NULL
};

int es_kafka_code(rd_kafka_resp_err_t why)
{
	switch (why) {
	case RD_KAFKA_RESP_ERR_NO_ERROR:
		return EARSHOT_OK;
	case RD_KAFKA_RESP_ERR__FENCED:
	case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
	case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
	case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
	case RD_KAFKA_RESP_ERR_TRANSACTION_COORDINATOR_FENCED:
		return EARSHOT_FENCED;
	case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
	case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
	case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
		return EARSHOT_NOTFOUND;
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
	case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
		return EARSHOT_REFUSED;
	case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
		return EARSHOT_LIMIT;
	case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
	case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
	case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
	case RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT:
		return EARSHOT_CONFIG;
	case RD_KAFKA_RESP_ERR__BAD_MSG:
		return EARSHOT_DATA;
	default:
		return EARSHOT_UNAVAILABLE;
	}
}

int es_kafka_fail(const struct kafka *bus, rd_kafka_resp_err_t why, const char *doing,
		  const char *what, struct earshot_error *error)
{
	int code = es_kafka_code(why);
	es_err(error, code, "Kafka at %s: %s%s%s: %s", bus->servers, doing, what ? " " : "",
	       what ? what : "", rd_kafka_err2str(why));
	if (code == EARSHOT_UNAVAILABLE)
		es_err_hint(error, "check that the brokers of `bus:` run and can be reached");
	else if (code == EARSHOT_REFUSED)
		es_err_hint(error, "the user of `kafka:` lacks the right to do this");
	return code;
}

static void on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	/* what librdkafka cannot mend comes as an error
	 * of the call too, so that the rest is for whoever looks for it */
	es_log(level <= LOG_ERR ? ES_INFO : ES_DEBUG, "kafka.log", ES_LOG_S("facility", facility),
	       ES_LOG_S("text", text));
}

static void on_error(rd_kafka_t *rk, int why, const char *reason, void *opaque)
{
	(void)opaque;
	es_log(ES_DEBUG, "kafka.error", ES_LOG_S("client", rd_kafka_name(rk)),
	       ES_LOG_S("code", rd_kafka_err2name((rd_kafka_resp_err_t)why)),
	       ES_LOG_S("text", reason));
}

/* While the bus is opened its error says it all; later the sessions' clients speak. */
static void on_bus_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)level;
	on_log(rk, LOG_DEBUG, facility, text);
}

/* Of the bus's own client, served while it is opened: says why nobody answers. */
static void on_bus_error(rd_kafka_t *rk, int why, const char *reason, void *opaque)
{
	struct kafka *bus = opaque;
	const char *count = strstr(reason, " (after "); /* of milliseconds, of repetitions */
	on_error(rk, why, reason, NULL);
	if (why != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || !*bus->last)
		snprintf(bus->last, sizeof(bus->last), "%.*s",
			 count ? (int)(count - reason) : (int)sizeof(bus->last) - 1, reason);
}

static int set_one(rd_kafka_conf_t *conf, const char *name, const char *value,
		   struct earshot_error *error)
{
	char text[256];
	if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) == RD_KAFKA_CONF_OK)
		return EARSHOT_OK;
	/* librdkafka's text quotes the value only where it is no secret of ours: a bad
	 * enum; still the name alone is enough to find it */
	es_err(error, EARSHOT_CONFIG, "kafka.%s: %s", name, text);
	es_err_hint(error, "the names are those of librdkafka's CONFIGURATION.md");
	return EARSHOT_CONFIG;
}

int es_kafka_conf(const struct kafka *bus, const char *const *set, rd_kafka_conf_t **out,
		  struct earshot_error *error)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int rc = set_one(conf, "bootstrap.servers", bus->servers, error);
	for (size_t i = 0; common[i] && rc == EARSHOT_OK; i += 2)
		rc = set_one(conf, common[i], common[i + 1], error);
	for (size_t i = 0; set[i] && rc == EARSHOT_OK; i += 2)
		rc = set_one(conf, set[i], set[i + 1], error);
	for (size_t i = 0; i < bus->n_properties && rc == EARSHOT_OK; i += 2)
		rc = set_one(conf, bus->properties[i], bus->properties[i + 1], error);
	if (rc != EARSHOT_OK) {
		rd_kafka_conf_destroy(conf);
		return rc;
	}
	rd_kafka_conf_set_log_cb(conf, on_log);
	rd_kafka_conf_set_error_cb(conf, on_error);
	*out = conf;
	return EARSHOT_OK;
}

int es_kafka_new(const struct kafka *bus, rd_kafka_type_t type, rd_kafka_conf_t *conf,
		 rd_kafka_t **out, struct earshot_error *error)
{
	char text[256], method[32] = "";
	size_t size = sizeof(method);
	bool bearer =
		(rd_kafka_conf_get(conf, "sasl.mechanisms", method, &size) == RD_KAFKA_CONF_OK) &&
		strcmp(method, "OAUTHBEARER") == 0;
	*out = rd_kafka_new(type, conf, text, sizeof(text));
	if (!*out) {
		rd_kafka_conf_destroy(conf);
		es_err(error, EARSHOT_CONFIG, "Kafka at %s: %s", bus->servers, text);
		es_err_hint(error, "check the properties under `kafka:`");
		return EARSHOT_CONFIG;
	}
	/* tokens are renewed although this client may not be polled for hours */
	if (bearer)
		rd_kafka_error_destroy(rd_kafka_sasl_background_callbacks_enable(*out));
	return EARSHOT_OK;
}

static int copy_properties(struct kafka *bus, const struct es_bus_options *options,
			   struct earshot_error *error)
{
	bus->properties = calloc(options->n_properties + 1, sizeof(char *));
	if (!bus->properties)
		return es_err_nomem(error);
	for (size_t i = 0; i < options->n_properties; i++) {
		const char *text = options->properties[i];
		for (size_t k = 0; i % 2 == 0 && k < ES_COUNT(ours); k++)
			if (strcmp(text, ours[k]) == 0) {
				es_err(error, EARSHOT_CONFIG, "kafka.%s is set by earshot itself",
				       text);
				es_err_hint(error, "remove it; the brokers stand in `bus:`");
				return EARSHOT_CONFIG;
			}
		bus->properties[i] = strdup(text);
		if (!bus->properties[i])
			return es_err_nomem(error);
		bus->n_properties++;
	}
	bus->n_properties &= ~(size_t)1;
	return EARSHOT_OK;
}

static void close_bus(struct es_bus *base)
{
	struct kafka *bus = (struct kafka *)base;
	if (bus->client)
		rd_kafka_destroy_flags(bus->client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	if (bus->all)
		rd_kafka_destroy_flags(bus->all, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
	while (bus->topics) {
		struct kafka_topic *topic = bus->topics;
		bus->topics = topic->next;
		free(topic);
	}
	for (size_t i = 0; bus->properties && bus->properties[i]; i++)
		free(bus->properties[i]);
	free(bus->properties);
	free(bus->servers);
	free(bus->prefix);
	pthread_mutex_destroy(&bus->mutex);
	free(bus);
}

/* Somebody answers at the address. */
static int reach(struct kafka *bus, struct earshot_error *error)
{
	const struct rd_kafka_metadata *metadata = NULL;
	rd_kafka_resp_err_t why =
		rd_kafka_metadata(bus->client, 0, NULL, &metadata, ES_KAFKA_OPEN_MS);
	if (metadata)
		rd_kafka_metadata_destroy(metadata);
	if (why == RD_KAFKA_RESP_ERR_NO_ERROR)
		return EARSHOT_OK;
	rd_kafka_poll(bus->client, 0); /* serves on_bus_error */
	es_err(error, EARSHOT_UNAVAILABLE, "Kafka at %s cannot be reached: %s", bus->servers,
	       *bus->last ? bus->last : rd_kafka_err2str(why));
	es_err_hint(error, "start the brokers or correct `bus:` (and `kafka:` for TLS and SASL)");
	return EARSHOT_UNAVAILABLE;
}

static int open_bus(struct es_bus **out, const struct es_bus_options *options,
		    struct earshot_error *error)
{
	static const char *const set[] = { "isolation.level",
					   "read_committed",
					   "allow.auto.create.topics",
					   "false",
					   "enable.auto.commit",
					   "false",
					   NULL };
	rd_kafka_conf_t *conf;
	struct kafka *bus = calloc(1, sizeof(*bus));
	if (!bus)
		return es_err_nomem(error);
	pthread_mutex_init(&bus->mutex, NULL);
	bus->servers = strdup(options->url + strlen("kafka://"));
	bus->prefix = strdup(options->prefix);
	bus->partitions = options->partitions;
	bus->replication = options->replication;
	int rc = bus->servers && bus->prefix ? EARSHOT_OK : es_err_nomem(error);
	if (rc == EARSHOT_OK) {
		size_t len = strlen(bus->servers);
		if (len && bus->servers[len - 1] == '/')
			bus->servers[--len] = '\0';
		if (len == 0 || strpbrk(bus->servers, "/ ")) {
			rc = es_err(error, EARSHOT_CONFIG, "bus: \"%.128s\" names no broker",
				    options->url);
			es_err_hint(error, "write bus: kafka://host:9092,host2:9092");
		}
	}
	if (rc == EARSHOT_OK)
		rc = copy_properties(bus, options, error);
	if (rc == EARSHOT_OK)
		rc = es_kafka_conf(bus, set, &conf, error);
	if (rc == EARSHOT_OK) {
		rd_kafka_conf_set_opaque(conf, bus);
		rd_kafka_conf_set_error_cb(conf, on_bus_error);
		rd_kafka_conf_set_log_cb(conf, on_bus_log);
		rc = es_kafka_new(bus, RD_KAFKA_CONSUMER, conf, &bus->client, error);
	}
	if (rc == EARSHOT_OK)
		rc = reach(bus, error);
	if (rc != EARSHOT_OK) {
		close_bus(&bus->base);
		return rc;
	}
	*out = &bus->base;
	return EARSHOT_OK;
}

/* The brokers clean by themselves. */
static int clean(struct es_bus *bus, int64_t now_ms, struct earshot_error *error)
{
	(void)bus;
	(void)now_ms;
	(void)error;
	return EARSHOT_OK;
}

const struct es_engine es_engine_kafka = {
	.scheme = "kafka://",
	.open = open_bus,
	.close = close_bus,
	.ensure = es_kafka_ensure,
	.partitions = es_kafka_partitions,
	.offsets = es_kafka_offsets,
	.begun = es_kafka_begun,
	.offset_at = es_kafka_offset_at,
	.committed = es_kafka_committed,
	.clean = clean,
	.session_open = es_kafka_session_open,
	.session_close = es_kafka_session_close,
	.poll = es_kafka_poll,
	.wake = es_kafka_wake,
	.seek = es_kafka_seek,
	.position = es_kafka_position,
	.pause = es_kafka_pause,
	.lag = es_kafka_lag,
	.begin = es_kafka_begin,
	.put = es_kafka_put,
	.commit = es_kafka_commit,
	.abort = es_kafka_abort,
};
