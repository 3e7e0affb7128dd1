/* SPDX-License-Identifier: MIT
 *
 * The engine on Kafka where no broker is: what it says of addresses and properties.
 * With one: tests/kafka/. */
#include "test.h"
#include "bus/bus.h"

static struct earshot_error error;

static int open_with(const char *url, const char *const *properties, size_t n)
{
	const struct es_bus_options options = { .url = url,
						.properties = properties,
						.n_properties = n };
	struct es_bus *bus = NULL;
	error = (struct earshot_error){ 0 };
	int rc = es_bus_open(&bus, &options, &error);
	es_bus_close(bus);
	return rc;
}

/* A property that is right stands before it. */
static int try_open(const char *url, const char *name, const char *value)
{
	const char *const properties[] = { "client.rack", "here", name, value };
	return open_with(url, properties, name ? 4 : 2);
}

TEST("brokers that are away are named, with what to do")
{
	CHECK_INT(try_open("kafka://127.0.0.1:1", NULL, NULL), EARSHOT_UNAVAILABLE);
	CHECK(strstr(error.text, "127.0.0.1:1") && *error.hint);
	CHECK(strstr(error.text, "refused"));
}

TEST("an address without a broker is an error of the config")
{
	CHECK_INT(try_open("kafka://", NULL, NULL), EARSHOT_CONFIG);
	CHECK_INT(try_open("kafka:///", NULL, NULL), EARSHOT_CONFIG);
	CHECK_INT(try_open("kafka://host:9092/topic", NULL, NULL), EARSHOT_CONFIG);
	CHECK(strstr(error.text, "host:9092/topic"));
}

TEST("a property that librdkafka does not know is named, so is one of a wrong value")
{
	static const char *const wrong[][2] = {
		{ "no.such.thing", "1" },
		{ "compression.codec", "zip" },
		{ "linger.ms", "soon" },
		/* these are known only when a client is made of them */
		{ "max.in.flight", "10" },         /* a producer, for transactions */
		{ "acks", "1" },                   /* of its topics */
		{ "max.poll.interval.ms", "5000" } /* a consumer */
	};
	for (size_t i = 0; i < ES_COUNT(wrong); i++) {
		CHECK_INT(try_open("kafka://127.0.0.1:1", wrong[i][0], wrong[i][1]),
			  EARSHOT_CONFIG);
		CHECK(strstr(error.text, wrong[i][0]));
		CHECK_INT(error.record, 1);
	}
	CHECK_INT(open_with("kafka://", NULL, 0), EARSHOT_CONFIG);
	CHECK_INT(error.record, -1);
}

TEST("a file that cannot be read is named with the reason")
{
	CHECK_INT(try_open("kafka://127.0.0.1:1", "security.protocol", "ssl"), EARSHOT_UNAVAILABLE);
	static const char *const tls[] = { "security.protocol", "ssl", "ssl.ca.location",
					   "/no/such/ca.pem" };
	CHECK_INT(open_with("kafka://127.0.0.1:1", tls, 4), EARSHOT_CONFIG);
	CHECK(strstr(error.text,
		     "kafka.ssl.ca.location: cannot read /no/such/ca.pem: No such file"));
	CHECK_INT(error.record, 1);
}

TEST("a property on which the promises stand cannot be set")
{
	CHECK_INT(try_open("kafka://127.0.0.1:1", "isolation.level", "read_uncommitted"),
		  EARSHOT_CONFIG);
	CHECK(strstr(error.text, "isolation.level"));
	CHECK_INT(error.record, 1);
	CHECK_INT(try_open("kafka://127.0.0.1:1", "group.id", "mine"), EARSHOT_CONFIG);
}

TEST("OAUTHBEARER without a place that its token comes from never gets one: an error of the config")
{
	CHECK_INT(try_open("kafka://127.0.0.1:1", "sasl.mechanism", "OAUTHBEARER"), EARSHOT_CONFIG);
	CHECK_INT(error.record, 1);
	CHECK(strstr(error.text, "token") && strstr(error.hint, "oidc"));
}

TEST("a check of brokers that are away says so, and asks for no topic")
{
	const struct es_bus_options options = { .url = "kafka://127.0.0.1:1" };
	struct es_bus_report report = { 0 };
	CHECK_INT(es_bus_check(&options, es_topics, ES_TOPICS, &report, &error),
		  EARSHOT_UNAVAILABLE);
	CHECK_INT(report.topics, 0);
	CHECK_INT(*report.where, 0);
}

TEST("a file has nothing to check")
{
	const struct es_bus_options options = { .url = "/no/such/folder/log.db" };
	struct es_bus_report report = { 0 };
	CHECK_INT(es_bus_check(&options, es_topics, ES_TOPICS, &report, &error), EARSHOT_OK);
	CHECK_INT(*report.where, 0);
}
