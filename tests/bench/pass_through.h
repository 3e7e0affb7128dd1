/* SPDX-License-Identifier: MIT
 *
 * pass_through.h - the yardstick: what librdkafka and the broker can do at best,
 * written directly against them. Reads the same `posts` as the worker and writes
 * for each of them records that a worker has written, with their headers, under
 * the key that it read, in transactions with the offsets.
 *
 * Nothing is computed and no value copied: values are handed to librdkafka as they
 * lie in memory. The queues, the compression, the linger and the number of threads
 * are those of src/bus/kafka*.c; partitions are dealt out by hand (no group to wait
 * for).
 */
#ifndef ES_BENCH_PASS_THROUGH_H
#define ES_BENCH_PASS_THROUGH_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include "work_bench.h"

#define PARTITIONS 8
#define TARGETS    4
#define OUTPUTS    2                 /* of one post: label topic, flagged */
#define COMMIT_MS  ES_WORK_COMMIT_MS /* a transaction is as long as the workers' */
#define CHUNK      4096

static const char *const targets[TARGETS] = { "mentions.positive", "mentions.neutral",
					      "mentions.negative", "flagged" };

struct output {
	int target;
	void *value;
	size_t len;
	rd_kafka_headers_t *headers;
};

/* What the worker made of one post. */
struct sample {
	struct output outputs[OUTPUTS];
	int n;
};

struct pass {
	const char *servers, *from, *to; /* prefixes of the topics read and written */
	const int64_t *starts;           /* per partition of posts: the first to read */
	const struct sample *samples;
	size_t n_samples;
	int thread, threads;
	int64_t total; /* of all threads */
	_Atomic int64_t *done;

	pthread_t id;
	rd_kafka_t *consumer, *producer;
	rd_kafka_queue_t *queue;
	rd_kafka_topic_t *handles[TARGETS];
};

static void need_kafka(rd_kafka_error_t *failed)
{
	if (failed) {
		fprintf(stderr, "pass-through: %s\n", rd_kafka_error_string(failed));
		exit(1);
	}
}

static void need_code(rd_kafka_resp_err_t why)
{
	if (why) {
		fprintf(stderr, "pass-through: %s\n", rd_kafka_err2str(why));
		exit(1);
	}
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *const (*set)[2])
{
	char text[256];
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	rd_kafka_t *out = NULL;
	for (; **set; set++)
		if (rd_kafka_conf_set(conf, (*set)[0], (*set)[1], text, sizeof(text)))
			break;
	if (!**set)
		out = rd_kafka_new(type, conf, text, sizeof(text));
	if (!out) {
		fprintf(stderr, "pass-through: %s\n", text);
		exit(1);
	}
	return out;
}

static void pass_open(struct pass *pass)
{
	char name[300];
	snprintf(name, sizeof(name), "%spass-%d", pass->to, pass->thread);
	const char *const reader[][2] = {
		{ "bootstrap.servers", pass->servers },  { "group.id", pass->to },
		{ "isolation.level", "read_committed" }, { "enable.auto.commit", "false" },
		{ "queued.min.messages", "1000000" },    { "queued.max.messages.kbytes", "65536" },
		{ "fetch.max.bytes", "16777216" },       { "max.partition.fetch.bytes", "4194304" },
		{ "fetch.wait.max.ms", "100" },          { NULL, NULL },
	};
	const char *const writer[][2] = {
		{ "bootstrap.servers", pass->servers },
		{ "transactional.id", name },
		{ "linger.ms", "20" },
		{ "compression.type", "lz4" },
		{ "queue.buffering.max.kbytes", "65536" },
		{ "queue.buffering.max.messages", "500000" },
		{ "message.max.bytes", "4194304" },
		{ NULL, NULL },
	};
	pass->producer = client(RD_KAFKA_PRODUCER, writer);
	need_kafka(rd_kafka_init_transactions(pass->producer, 10000));
	for (int i = 0; i < TARGETS; i++) {
		snprintf(name, sizeof(name), "%s%s", pass->to, targets[i]);
		pass->handles[i] = rd_kafka_topic_new(pass->producer, name, NULL);
	}
	pass->consumer = client(RD_KAFKA_CONSUMER, reader);
	need_code(rd_kafka_poll_set_consumer(pass->consumer));
	pass->queue = rd_kafka_queue_get_consumer(pass->consumer);
	snprintf(name, sizeof(name), "%sposts", pass->from);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
	for (int p = pass->thread; p < PARTITIONS; p += pass->threads)
		rd_kafka_topic_partition_list_add(list, name, p)->offset = pass->starts[p];
	need_code(rd_kafka_assign(pass->consumer, list));
	rd_kafka_topic_partition_list_destroy(list);
}

static void pass_close(struct pass *pass)
{
	for (int i = 0; i < TARGETS; i++)
		rd_kafka_topic_destroy(pass->handles[i]);
	rd_kafka_destroy(pass->producer);
	rd_kafka_queue_destroy(pass->queue);
	rd_kafka_destroy(pass->consumer);
}

static void hand_on(struct pass *pass, const rd_kafka_message_t *message)
{
	const struct sample *sample = &pass->samples[(size_t)message->offset % pass->n_samples];
	for (int i = 0; i < sample->n; i++) {
		const struct output *output = &sample->outputs[i];
		rd_kafka_resp_err_t why;
		rd_kafka_headers_t *headers = rd_kafka_headers_copy(output->headers);
		for (;;) {
			why = rd_kafka_producev(
				pass->producer, RD_KAFKA_V_RKT(pass->handles[output->target]),
				RD_KAFKA_V_PARTITION(message->partition), RD_KAFKA_V_MSGFLAGS(0),
				RD_KAFKA_V_KEY(message->key, message->key_len),
				RD_KAFKA_V_VALUE(output->value, output->len),
				RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_END);
			if (why != RD_KAFKA_RESP_ERR__QUEUE_FULL)
				break;
			rd_kafka_poll(pass->producer, 10);
		}
		need_code(why);
	}
}

static void pass_commit(struct pass *pass, const int64_t *next)
{
	char name[300];
	snprintf(name, sizeof(name), "%sposts", pass->from);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(PARTITIONS);
	for (int p = pass->thread; p < PARTITIONS; p += pass->threads)
		rd_kafka_topic_partition_list_add(list, name, p)->offset = next[p];
	rd_kafka_consumer_group_metadata_t *group =
		rd_kafka_consumer_group_metadata(pass->consumer);
	need_kafka(rd_kafka_send_offsets_to_transaction(pass->producer, list, group, 10000));
	need_kafka(rd_kafka_commit_transaction(pass->producer, 10000));
	rd_kafka_consumer_group_metadata_destroy(group);
	rd_kafka_topic_partition_list_destroy(list);
}

static void *run_pass(void *ctx)
{
	struct pass *pass = ctx;
	rd_kafka_message_t *messages[CHUNK];
	int64_t next[PARTITIONS];
	memcpy(next, pass->starts, sizeof(next));
	while (atomic_load(pass->done) < pass->total) {
		int64_t in = 0, until = 0;
		do {
			int64_t wait = in ? until - es_monotonic_ms() : COMMIT_MS;
			ssize_t n = rd_kafka_consume_batch_queue(
				pass->queue, wait > 0 ? (int)wait : 0, messages, CHUNK);
			if (n > 0 && in == 0) {
				need_kafka(rd_kafka_begin_transaction(pass->producer));
				until = es_monotonic_ms() + COMMIT_MS;
			}
			for (ssize_t i = 0; i < n; i++) {
				need_code(messages[i]->err);
				hand_on(pass, messages[i]);
				next[messages[i]->partition] = messages[i]->offset + 1;
				rd_kafka_message_destroy(messages[i]);
			}
			in += n > 0 ? n : 0;
		} while (in && es_monotonic_ms() < until);
		if (in)
			pass_commit(pass, next);
		atomic_fetch_add(pass->done, in);
	}
	return NULL;
}

#endif
