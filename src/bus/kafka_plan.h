/* SPDX-License-Identifier: MIT
 *
 * kafka_plan.h - topics as earshot wants them beside what the cluster has; seen by
 * kafka_plan.c (what is wanted, what is told of it) and kafka_ensure.c (what is asked
 * and done). */
#ifndef ES_BUS_KAFKA_PLAN_H
#define ES_BUS_KAFKA_PLAN_H

#include "bus/kafka.h"

#define ES_KAFKA_CONFIGS 5 /* that we set on a topic */

struct kafka_wanted {
	const char *name; /* without prefix */
	char *full;
	int partitions;
	bool fixed; /* it has this number, whatever the config says */
	const char *key[ES_KAFKA_CONFIGS];
	char value[ES_KAFKA_CONFIGS][32];
	size_t n;
	/* what the cluster has */
	bool there, unseen;
	unsigned differs; /* a bit for each config */
	int found, copies, insync;
	/* what came of the last request; failed = it was told, nothing more is asked */
	rd_kafka_resp_err_t why;
	bool failed;
	char text[160]; /* in the broker's words */
};

struct kafka_plan {
	struct kafka *bus;
	struct kafka_wanted *topics;
	size_t n;
	struct es_bus_report *report; /* check: nothing is changed, no error ends it */
};

int es_kafka_plan_init(struct kafka_plan *plan, struct kafka *bus, const struct es_topic *topics,
		       size_t n, struct earshot_error *error);
void es_kafka_plan_release(struct kafka_plan *plan);
struct kafka_wanted *es_kafka_plan_find(const struct kafka_plan *plan, const char *full);

/* Each of these returns the code of the first error to ensure; to check it tells all
 * of them and returns 0. */

/* Topics with a `why`: one error for all that have the same. */
int es_kafka_plan_failures(struct kafka_plan *plan, const char *doing, struct earshot_error *error);
int es_kafka_plan_partitions(const struct kafka_plan *plan, struct earshot_error *error);
int es_kafka_plan_copies(const struct kafka_plan *plan, struct earshot_error *error);

#endif
