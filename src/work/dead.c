/* SPDX-License-Identifier: MIT
 *
 * dead.c - what could not be handled: kept whole, with the reason beside it.
 */
#include "work/inside.h"

#include <stdio.h>

#define OWN_HEADERS  (12 + ES_CLOUDEVENT_HEADERS) /* all that are added here */
#define KEY_MAX      1024                         /* of a stranger's key; ids are 32 bytes */
#define HEADERS_KEPT ES_DEAD_HEAD                 /* bytes of the record's own headers */

size_t es_record_bytes(const struct es_record *record)
{
	size_t bytes = record->key_len + (record->value ? record->value_len : 0);
	for (size_t i = 0; i < record->n_headers; i++)
		bytes += strlen(record->headers[i].name) + record->headers[i].len;
	return bytes;
}

struct letter {
	struct es_record record;
	struct es_header headers[ES_BUS_HEADERS_MAX];
	char id[320]; /* ce_id: topic/partition/offset of the record */
};

static void add(struct letter *letter, const char *name, const char *value)
{
	if (!es_record_header(&letter->record, name))
		letter->headers[letter->record.n_headers++] =
			(struct es_header){ name, value, strlen(value) };
}

/* What was said of an earlier failure is not true of this one; what a replay has handed
 * on is: when it was first seen, how often it was tried, where the letter before stands. */
static bool is_stale(const char *name)
{
	return strncmp(name, ES_DEAD_PREFIX, sizeof(ES_DEAD_PREFIX) - 1) == 0 &&
	       strcmp(name, ES_DEAD_SEEN) != 0 && strcmp(name, ES_DEAD_ATTEMPTS) != 0 &&
	       strcmp(name, ES_DEAD_REPLAYED) != 0;
}

/* The record's own headers, as long as there is room for them and for ours. */
static void keep_headers(struct letter *letter, const struct es_record *record)
{
	size_t bytes = 0;
	letter->record.headers = letter->headers;
	letter->record.n_headers = 0;
	for (size_t i = 0; i < record->n_headers; i++) {
		const struct es_header *header = &record->headers[i];
		if (is_stale(header->name))
			continue;
		bytes += strlen(header->name) + header->len;
		if (bytes > HEADERS_KEPT ||
		    letter->record.n_headers == ES_BUS_HEADERS_MAX - OWN_HEADERS)
			return;
		letter->headers[letter->record.n_headers++] = *header;
	}
}

/* Who reads the topic finds CloudEvents headers in every record: those of the record where
 * it had them, for then they are as it came, else ours. */
static int add_event(struct es_worker *worker, struct letter *letter,
		     const struct es_record *record, struct earshot_error *error)
{
	struct es_header headers[ES_CLOUDEVENT_HEADERS];
	if (es_record_header(&letter->record, "ce_specversion"))
		return 0;
	snprintf(letter->id, sizeof(letter->id), "%s/%d/%lld", record->topic, record->partition,
		 (long long)record->offset);
	const struct es_cloudevent event = {
		.type = ES_DEAD_TYPE,
		.source = es_str_of(worker->source),
		.id = es_str_of(letter->id),
		.rev = EARSHOT_NONE,
		.time_ms = worker->now,
		.null = true, /* of what type its content is, nobody knows */
	};
	size_t n = es_cloudevent_headers(&worker->arena, &event, headers);
	for (size_t i = 0; i < n; i++)
		if (!es_record_header(&letter->record, headers[i].name))
			letter->headers[letter->record.n_headers++] = headers[i];
	return n ? 0 : es_err_nomem(error);
}

int es_work_dead(struct es_worker *worker, const struct es_record *record, const char *stage,
		 const struct earshot_error *cause, struct earshot_error *error)
{
	struct letter letter = { .record = *record };
	char partition[16], offset[24], key[ES_DEAD_KEY_MAX], seen[ES_TIME_LEN], size[24],
		sha[2 * ES_SHA256_LEN + 1];
	letter.record.topic = es_topics[ES_TOPIC_DEADLETTER].name;
	letter.record.partition = -1;
	if (record->key_len > KEY_MAX) {
		letter.record.key = NULL;
		letter.record.key_len = 0;
	}
	keep_headers(&letter, record);
	int rc = add_event(worker, &letter, record, error);
	if (rc)
		return rc;
	snprintf(partition, sizeof(partition), "%d", record->partition);
	snprintf(offset, sizeof(offset), "%lld", (long long)record->offset);
	es_time_format(record->time_ms, seen);
	add(&letter, ES_DEAD_STAGE, stage);
	add(&letter, ES_DEAD_CODE, earshot_code_name(cause->code));
	add(&letter, ES_DEAD_MESSAGE, cause->text);
	add(&letter, ES_DEAD_TOPIC, record->topic);
	add(&letter, ES_DEAD_PARTITION, partition);
	add(&letter, ES_DEAD_OFFSET, offset);
	add(&letter, ES_DEAD_SEEN, seen);
	add(&letter, ES_DEAD_ATTEMPTS, "1");
	if (!letter.record.key) { /* one by which the letter can be taken back (`forget`) */
		snprintf(key, sizeof(key), ES_DEAD_KEY, record->topic, record->partition,
			 (long long)record->offset);
		letter.record.key = key;
		letter.record.key_len = strlen(key);
	}
	if (es_record_bytes(&letter.record) + ES_WORK_ROOM > ES_BUS_RECORD_MAX) {
		struct es_sha256 hash;
		unsigned char digest[ES_SHA256_LEN];
		es_sha256_init(&hash);
		if (record->value_len)
			es_sha256_add(&hash, record->value, record->value_len);
		es_sha256_end(&hash, digest);
		es_hex(digest, sizeof(digest), sha);
		snprintf(size, sizeof(size), "%zu", record->value_len);
		add(&letter, ES_DEAD_SIZE, size);
		add(&letter, ES_DEAD_SHA256, sha);
		if (letter.record.value_len > ES_DEAD_HEAD)
			letter.record.value_len = ES_DEAD_HEAD;
	}
	rc = es_session_put(atomic_load(&worker->session), &letter.record, error);
	if (rc)
		return rc;
	if (worker->pending[ES_OUTCOME_DEADLETTER]++ == 0) {
		worker->first_dead = *cause;
		worker->first_dead.record = record->offset;
	}
	return 0;
}
