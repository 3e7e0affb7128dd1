/* SPDX-License-Identifier: MIT
 *
 * What librdkafka says, in our words: the code, what is to be done, and the right that
 * is missing. Read kafka.h first. */
#include <stdio.h>
#include <stdlib.h>
#include <syslog.h> /* the levels of librdkafka's log */
#include "bus/kafka.h"

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

/* ---- rights ---- */

/* What a topic must allow for it, by the first word of what was being done; all of them
 * bring Describe with them. */
static const char *topic_right(const char *doing)
{
	static const struct {
		const char *word, *right;
	} rights[] = { { "making", "Create" },           { "setting", "AlterConfigs" },
		       { "looking", "DescribeConfigs" }, { "writing", "Write" },
		       { "committing", "Write" },        { "reading", "Read" } };
	for (size_t i = 0; i < ES_COUNT(rights); i++)
		if (strncmp(doing, rights[i].word, strlen(rights[i].word)) == 0)
			return rights[i].right;
	return "Describe";
}

void es_kafka_grant(const struct kafka *bus, rd_kafka_resp_err_t why, const char *doing, char *out,
		    size_t size)
{
	const char *right, *kind;
	switch (why) {
	case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
		right = topic_right(doing);
		kind = "topic";
		break;
	case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
		right = "Read";
		kind = "group";
		break;
	case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
		right = "Write";
		kind = "transactional-id";
		break;
	case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
		snprintf(out, size,
			 "grant it: kafka-acls.sh --add --allow-principal User:%.64s "
			 "--operation IdempotentWrite --cluster",
			 es_kafka_user(bus));
		return;
	default: /* a policy of the brokers */
		snprintf(out, size, "the brokers do not allow it");
		return;
	}
	snprintf(out, size,
		 "grant it: kafka-acls.sh --add --allow-principal User:%.64s --operation %s --%s "
		 "%.64s --resource-pattern-type %s",
		 es_kafka_user(bus), right, kind, *bus->prefix ? bus->prefix : "'*'",
		 *bus->prefix ? "prefixed" : "literal");
}

int es_kafka_fail(const struct kafka *bus, rd_kafka_resp_err_t why, const char *doing,
		  const char *what, struct earshot_error *error)
{
	int code = es_kafka_code(why);
	es_err(error, code, "Kafka at %.128s: %s%s%s: %s", bus->servers, doing, what ? " " : "",
	       what ? what : "", rd_kafka_err2str(why));
	es_kafka_hint(bus, why, doing, error);
	return code;
}

int es_kafka_gone(const struct kafka *bus, const char *topic, struct earshot_error *error)
{
	es_err(error, EARSHOT_UNAVAILABLE, "Kafka at %.128s: topic %s is gone", bus->servers,
	       topic);
	es_err_hint(error, "make it again; `earshot check` prints the command");
	return EARSHOT_UNAVAILABLE;
}

void es_kafka_hint(const struct kafka *bus, rd_kafka_resp_err_t why, const char *doing,
		   struct earshot_error *error)
{
	char text[EARSHOT_ERROR_HINT];
	int code = es_kafka_code(why);
	if (code == EARSHOT_UNAVAILABLE)
		es_err_hint(error, "check that the brokers of `bus:` run and can be reached");
	if (code != EARSHOT_REFUSED)
		return;
	es_kafka_grant(bus, why, doing, text, sizeof(text));
	es_err_hint(error, "%s", text);
}

/* ---- brokers that do not answer ---- */

/* SCRAM of librdkafka before 2.6.1 sends a nonce that Kafka 4 refuses (librdkafka #4895). */
#define SCRAM_MENDED 0x02060100

enum kind { DEFINITE, PASSING, SCRAM };

#define OUR_CERTIFICATE \
	"the brokers want a certificate from us that they trust: ssl.certificate.location and " \
	"ssl.key.location"
#define NO_TLS \
	"this port seems to take no TLS: use another one, or leave ssl out of security.protocol"
#define WANTS_TLS "this port seems to want TLS: kafka: {security.protocol: ssl} or sasl_ssl"
#define WANTS_USER \
	"this port seems to want a user: kafka: {security.protocol: sasl_ssl, sasl.mechanism: " \
	"..., " \
	"sasl.username: ..., sasl.password: ...}"

static const struct kafka_cause {
	const char *says; /* librdkafka, OpenSSL or the broker; the first row that fits */
	enum kind kind;
	const char *hint;
} causes[] = {
	/* as when a broker is just being started */
	{ "Failed to resolve", PASSING, "correct the host names in `bus:`" },
	{ "Local: Broker", PASSING, "start the brokers or correct `bus:`" },
	{ "certificate verify failed", DEFINITE,
	  "ssl.ca.location must name who signed the brokers' certificate, and that must be for the "
	  "host in `bus:`" },
	{ "alert certificate", DEFINITE, OUR_CERTIFICATE },
	{ "alert bad certificate", DEFINITE, OUR_CERTIFICATE },
	{ "alert unknown ca", DEFINITE, OUR_CERTIFICATE },
	{ "SSL alert number", DEFINITE, "the log of the broker says more" },
	{ "unexpected eof", DEFINITE, NO_TLS },
	{ "SSL connection closed by peer", DEFINITE, NO_TLS },
	{ "wrong version number", DEFINITE, NO_TLS },
	{ "connecting to a SSL listener", DEFINITE,
	  "this port seems to want TLS: kafka: {security.protocol: ssl} or sasl_ssl" },
	{ "might require SASL", DEFINITE,
	  "this port seems to want a user: kafka: {security.protocol: sasl_ssl, sasl.mechanism: "
	  "..., "
	  "sasl.username: ..., sasl.password: ...}" },
	{ "Unsupported SASL mechanism", DEFINITE,
	  "set sasl.mechanism to one that the brokers have" },
	{ "SASL state", DEFINITE,
	  "this port takes no SASL: use another one, or leave sasl out of security.protocol" },
	{ "OAUTHBEARER", DEFINITE, "correct sasl.oauthbearer.* under `kafka:`" },
	{ "invalid_token", DEFINITE,
	  "the brokers do not accept the token that sasl.oauthbearer.* under `kafka:` gives" },
	{ "mechanism SCRAM", SCRAM, "correct sasl.username and sasl.password" },
	{ "SASL authentication", DEFINITE,
	  "correct sasl.username and sasl.password; the brokers must know this user" },
	/* later versions say no more than where they were when the broker hung up */
	{ "in state APIVERSION_QUERY", DEFINITE, WANTS_TLS },
	{ "in state UP", PASSING, WANTS_USER },
};

static const struct kafka_cause *cause_of(const char *text)
{
	for (size_t i = 0; i < ES_COUNT(causes); i++)
		if (strstr(text, causes[i].says))
			return &causes[i];
	return NULL;
}

/* Keeps the first complaint that says what to do: what follows from it says less. */
static void complain(struct kafka *bus, const char *reason)
{
	const char *count = strstr(reason, " (after "); /* of milliseconds, of repetitions */
	const struct kafka_cause *cause = cause_of(reason);
	pthread_mutex_lock(&bus->mutex);
	if (!*bus->last || (cause && !bus->cause)) {
		bus->cause = cause;
		snprintf(bus->last, sizeof(bus->last), "%.*s",
			 count ? (int)(count - reason) : (int)sizeof(bus->last) - 1, reason);
	}
	pthread_mutex_unlock(&bus->mutex);
}

bool es_kafka_refused(struct kafka *bus)
{
	pthread_mutex_lock(&bus->mutex);
	bool refused = bus->cause && bus->cause->kind != PASSING;
	pthread_mutex_unlock(&bus->mutex);
	return refused;
}

int es_kafka_away(struct kafka *bus, rd_kafka_resp_err_t why, struct earshot_error *error)
{
	bool refused = es_kafka_refused(bus);
	pthread_mutex_lock(&bus->mutex);
	const struct kafka_cause *cause = bus->cause;
	es_err(error, EARSHOT_UNAVAILABLE, "Kafka at %.128s %s: %s", bus->servers,
	       refused ? "does not let us in" : "cannot be reached",
	       *bus->last ? bus->last : rd_kafka_err2str(why));
	pthread_mutex_unlock(&bus->mutex);
	if (cause && cause->kind == SCRAM && rd_kafka_version() < SCRAM_MENDED)
		es_err_hint(error,
			    "%s; librdkafka %s cannot do SCRAM with Kafka 4 (2.6.1 and later can): "
			    "PLAIN over TLS can",
			    cause->hint, rd_kafka_version_str());
	else
		es_err_hint(error, "%s",
			    cause ? cause->hint : "start the brokers or correct `bus:`");
	return EARSHOT_UNAVAILABLE;
}

/* ---- what librdkafka says by itself ---- */

void es_kafka_on_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)rk;
	/* what is wrong with a transaction is told by the call that meets it */
	static const char *const of_calls[] = { "TXNERR", "ADDPARTS", "ADDOFFSETS", "FATAL" };
	/* requests that are given up when a connection ends: its end was told */
	bool told = strstr(text, "in state DOWN") != NULL;
	for (size_t i = 0; i < ES_COUNT(of_calls); i++)
		told |= strcmp(facility, of_calls[i]) == 0;
	es_log(level <= LOG_ERR && !told ? ES_INFO : ES_DEBUG, "kafka.log",
	       ES_LOG_S("facility", facility), ES_LOG_S("text", text));
}

void es_kafka_log_error(rd_kafka_t *rk, int why, const char *reason, void *opaque)
{
	(void)opaque;
	es_log(ES_DEBUG, "kafka.error", ES_LOG_S("client", rd_kafka_name(rk)),
	       ES_LOG_S("code", rd_kafka_err2name((rd_kafka_resp_err_t)why)),
	       ES_LOG_S("text", reason));
}

/* While the bus is opened its error says it all; later the sessions' clients speak. */
void es_kafka_on_bus_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
	(void)level;
	es_kafka_on_log(rk, LOG_DEBUG, facility, text);
	if (strcmp(facility, "FAIL") == 0)
		complain(rd_kafka_opaque(rk), text);
}

void es_kafka_on_bus_error(rd_kafka_t *rk, int why, const char *reason, void *opaque)
{
	es_kafka_log_error(rk, why, reason, NULL);
	if (why != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) /* tells what, not why */
		complain(opaque, reason);
}
