/* SPDX-License-Identifier: MIT
 *
 * The cluster: configured and reached. Read kafka.h first. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
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
	"socket.keepalive.enable", "true",
	/* every consumer has these, so that what the user sets fits to them in all of them
	 * or in none */
	"session.timeout.ms", "10000", "fetch.max.bytes", "16777216", NULL
};

#define TOKEN_FILE "file:" /* sasl.oauthbearer.token.endpoint.url */

/* ---- properties ---- */

static int set_one(rd_kafka_conf_t *conf, const char *name, const char *value,
		   struct earshot_error *error)
{
	char text[256];
	if (rd_kafka_conf_set(conf, name, value, text, sizeof(text)) == RD_KAFKA_CONF_OK)
		return EARSHOT_OK;
	/* librdkafka's text quotes the value only where it is no secret of ours: a bad
	 * enum; still the name alone is enough to find it */
	text[strcspn(text, "\n")] = '\0';
	es_err(error, EARSHOT_CONFIG, "kafka.%.128s: %s", name, text);
	es_err_hint(error, "the names are those of librdkafka's CONFIGURATION.md");
	return EARSHOT_CONFIG;
}

/* Those that only the other kind of client minds are ignored by librdkafka. */
int es_kafka_conf(const struct kafka *bus, const char *const *set, rd_kafka_conf_t **out,
		  struct earshot_error *error)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	int rc = set_one(conf, "bootstrap.servers", bus->servers, error);
	for (size_t i = 0; common[i] && rc == EARSHOT_OK; i += 2)
		rc = set_one(conf, common[i], common[i + 1], error);
	for (size_t i = 0; set[i] && rc == EARSHOT_OK; i += 2)
		rc = set_one(conf, set[i], set[i + 1], error);
	for (size_t i = 0; i < bus->n_properties && rc == EARSHOT_OK; i += 2) {
		const char *name = bus->properties[i], *value = bus->properties[i + 1];
		/* as in Kafka's Java clients; librdkafka has no such thing */
		bool file = strcmp(name, "sasl.oauthbearer.token.endpoint.url") == 0 &&
			    strncmp(value, TOKEN_FILE, strlen(TOKEN_FILE)) == 0;
		rc = set_one(conf, file ? "sasl.oauthbearer.config" : name, value, error);
		if (rc != EARSHOT_OK && error)
			error->record = (int64_t)(i / 2);
	}
	if (rc != EARSHOT_OK) {
		rd_kafka_conf_destroy(conf);
		return rc;
	}
	rd_kafka_conf_set_log_cb(conf, es_kafka_on_log);
	rd_kafka_conf_set_error_cb(conf, es_kafka_log_error);
	*out = conf;
	return EARSHOT_OK;
}

/* Which of the user's properties a text of librdkafka names; -1 = none. */
static int64_t named(const struct kafka *bus, const char *text)
{
	int64_t found = -1;
	size_t longest = 0;
	for (size_t i = 0; i < bus->n_properties; i += 2) {
		size_t len = strlen(bus->properties[i]);
		if (len > longest && strstr(text, bus->properties[i])) {
			longest = len;
			found = (int64_t)(i / 2);
		}
	}
	return found;
}

static bool is_set_to(const rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char text[32] = "";
	size_t size = sizeof(text);
	return rd_kafka_conf_get(conf, name, text, &size) == RD_KAFKA_CONF_OK &&
	       strcmp(text, value) == 0;
}

/* OAUTHBEARER: our callback gives tokens, on the background thread, so that they are
 * renewed although this client may not be polled for hours. */
static int give_tokens(const struct kafka *bus, rd_kafka_conf_t *conf, struct earshot_error *error)
{
	static const char unsecure[] = "enable.sasl.oauthbearer.unsecure.jwt";
	static const char from[] = "sasl.oauthbearer.config";
	char config[1024] = "", text[128];
	size_t size = sizeof(config);
	bool minted = is_set_to(conf, unsecure, "true");
	rd_kafka_conf_enable_sasl_queue(conf, 1);
	if (rd_kafka_conf_get(conf, from, config, &size) != RD_KAFKA_CONF_OK)
		*config = '\0';
	if (!minted && strncmp(config, TOKEN_FILE, strlen(TOKEN_FILE)) != 0) {
		es_err(error, EARSHOT_CONFIG, "kafka.sasl.mechanism: OAUTHBEARER without a token");
		es_err_hint(error, "set sasl.oauthbearer.token.endpoint.url: file:PATH, or "
				   "sasl.oauthbearer.method: oidc with the client's id, secret and "
				   "token.endpoint.url");
		if (error)
			error->record = named(bus, "sasl.mechanism sasl.mechanisms");
		return EARSHOT_CONFIG;
	}
	int rc = es_kafka_token_check(config, error);
	if (rc != EARSHOT_OK) {
		if (error)
			error->record = named(bus, from);
		return rc;
	}
	(void)rd_kafka_conf_set(conf, unsecure, "false", text, sizeof(text));
	rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf, es_kafka_token_refresh);
	return EARSHOT_OK;
}

/* librdkafka makes no client of these properties. */
static int refused_conf(const struct kafka *bus, const char *text, struct earshot_error *error)
{
	static const char tail[] = ".location";
	int64_t at = named(bus, text);
	const char *name = at < 0 ? "" : bus->properties[2 * at];
	const char *value = at < 0 ? "" : bus->properties[2 * at + 1];
	size_t len = strlen(name);
	/* it says no more of a file than that OpenSSL could not read it */
	bool file = len > sizeof(tail) && strcmp(name + len + 1 - sizeof(tail), tail) == 0;
	if (file && access(value, R_OK))
		es_err_errno(error, EARSHOT_CONFIG, errno, "kafka.%s: cannot read %s", name, value);
	else
		es_err(error, EARSHOT_CONFIG, "Kafka at %.128s: %s", bus->servers, text);
	es_err_hint(error, "correct the properties under `kafka:`");
	if (error)
		error->record = at;
	return EARSHOT_CONFIG;
}

int es_kafka_new(const struct kafka *bus, rd_kafka_type_t type, rd_kafka_conf_t *conf,
		 rd_kafka_t **out, struct earshot_error *error)
{
	char text[256];
	bool bearer = is_set_to(conf, "sasl.mechanisms", "OAUTHBEARER") &&
		      !is_set_to(conf, "sasl.oauthbearer.method", "oidc"); /* its own business */
	int rc = bearer ? give_tokens(bus, conf, error) : EARSHOT_OK;
	if (rc != EARSHOT_OK) {
		rd_kafka_conf_destroy(conf);
		return rc;
	}
	*out = rd_kafka_new(type, conf, text, sizeof(text));
	if (!*out) {
		rd_kafka_conf_destroy(conf);
		return refused_conf(bus, text, error);
	}
	if (bearer)
		rd_kafka_error_destroy(rd_kafka_sasl_background_callbacks_enable(*out));
	return EARSHOT_OK;
}

const char *es_kafka_user(const struct kafka *bus)
{
	for (size_t i = 0; i < bus->n_properties; i += 2)
		if (strcmp(bus->properties[i], "sasl.username") == 0)
			return bus->properties[i + 1];
	return "NAME";
}

bool es_kafka_secured(const struct kafka *bus)
{
	for (size_t i = 0; i < bus->n_properties; i += 2)
		if (strcmp(bus->properties[i], "security.protocol") == 0)
			return strcasecmp(bus->properties[i + 1], "plaintext") != 0;
	return false;
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
				if (error)
					error->record = (int64_t)(i / 2);
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

/* What only the sessions' producers mind is told at once, with its place. This one
 * knows no broker, so that nothing is waited for. */
static int try_producer(struct kafka *bus, struct earshot_error *error)
{
	char text[128];
	static const char *const set[] = { "transactional.id", "earshot", "transaction.timeout.ms",
					   ES_KAFKA_TXN_LIFE, NULL };
	rd_kafka_conf_t *conf;
	rd_kafka_t *producer;
	int rc = es_kafka_conf(bus, set, &conf, error);
	if (rc == EARSHOT_OK) {
		(void)rd_kafka_conf_set(conf, "bootstrap.servers", "", text, sizeof(text));
		rd_kafka_conf_set_opaque(conf, bus);
		rd_kafka_conf_set_log_cb(conf, es_kafka_on_bus_log);
		rc = es_kafka_new(bus, RD_KAFKA_PRODUCER, conf, &producer, error);
	}
	if (rc == EARSHOT_OK)
		rd_kafka_destroy(producer);
	return rc;
}

/* ---- the bus ---- */

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

/* Somebody answers at the address. Asks again and again, each time for longer, so that
 * what time does not mend (a wrong password) is told soon. */
static int reach(struct kafka *bus, struct earshot_error *error)
{
	int64_t until = es_monotonic_ms() + ES_KAFKA_OPEN_MS;
	for (int64_t step = 250;; step *= 2) {
		const struct rd_kafka_metadata *metadata = NULL;
		int64_t left = until - es_monotonic_ms();
		rd_kafka_resp_err_t why = rd_kafka_metadata(bus->client, 0, NULL, &metadata,
							    (int)(left < 2 * step ? left : step));
		if (metadata)
			rd_kafka_metadata_destroy(metadata);
		if (why == RD_KAFKA_RESP_ERR_NO_ERROR)
			return EARSHOT_OK;
		rd_kafka_poll(bus->client, 0); /* serves es_kafka_on_bus_error */
		if (es_kafka_refused(bus) || es_monotonic_ms() >= until)
			return es_kafka_away(bus, why, error);
	}
}

static int open_bus(struct es_bus **out, const struct es_bus_options *options,
		    struct earshot_error *error)
{
	static const char *const set[] = { "isolation.level", "read_committed",
					   "allow.auto.create.topics", "false",
					   "enable.auto.commit", "false",
					   /* says why a port hangs up on us */
					   "log.connection.close", "true", NULL };
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
		rd_kafka_conf_set_error_cb(conf, es_kafka_on_bus_error);
		rd_kafka_conf_set_log_cb(conf, es_kafka_on_bus_log);
		rc = es_kafka_new(bus, RD_KAFKA_CONSUMER, conf, &bus->client, error);
	}
	if (rc == EARSHOT_OK && !options->read_only)
		rc = try_producer(bus, error);
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
	.check = es_kafka_check,
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
