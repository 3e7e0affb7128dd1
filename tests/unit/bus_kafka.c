/* SPDX-License-Identifier: MIT
 *
 * The engine on Kafka where no broker is: what it says of addresses and properties.
 * With one: tests/kafka/. */
#include "test.h"
#include "bus/bus.h"

static struct earshot_error error;

static int try_open(const char *url, const char *name, const char *value)
{
	const char *const properties[] = { name, value };
	const struct es_bus_options options = { .url = url,
						.properties = properties,
						.n_properties = name ? 2 : 0 };
	struct es_bus *bus = NULL;
	error = (struct earshot_error){ 0 };
	int rc = es_bus_open(&bus, &options, &error);
	es_bus_close(bus);
	return rc;
}

TEST("brokers that are away are named, with what to do")
{
	CHECK_INT(try_open("kafka://127.0.0.1:1", NULL, NULL), EARSHOT_UNAVAILABLE);
	CHECK(strstr(error.text, "127.0.0.1:1") && *error.hint);
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
	CHECK_INT(try_open("kafka://127.0.0.1:1", "no.such.thing", "1"), EARSHOT_CONFIG);
	CHECK(strstr(error.text, "kafka.no.such.thing"));
	CHECK_INT(try_open("kafka://127.0.0.1:1", "compression.codec", "zip"), EARSHOT_CONFIG);
	CHECK(strstr(error.text, "kafka.compression.codec"));
}

TEST("a property on which the promises stand cannot be set")
{
	CHECK_INT(try_open("kafka://127.0.0.1:1", "isolation.level", "read_uncommitted"),
		  EARSHOT_CONFIG);
	CHECK(strstr(error.text, "isolation.level"));
	CHECK_INT(try_open("kafka://127.0.0.1:1", "group.id", "mine"), EARSHOT_CONFIG);
}
