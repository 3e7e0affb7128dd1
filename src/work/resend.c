/* SPDX-License-Identifier: MIT
 *
 * resend.c - dead letters back to where they came from, each once.
 *
 *   begin  ------> the name of this session is taken: another replay can no longer commit
 *   read audit --> what was put back before
 *   read letters > the record to its topic and partition, and a record to `audit`
 *   commit ------> both or neither
 */
#include "work/inside.h"

#include <stdio.h>

/* A transaction is ended after so many letters or bytes. */
#define LETTERS_MAX 1000
#define BYTES_MAX   (16u * 1024 * 1024)

struct resend {
	const struct es_dead_replay *replay;
	struct es_dead_counts *counts;
	struct es_replayed replayed;
	struct es_session *session;
	struct es_arena arena; /* of one letter */
	struct es_buf value;   /* of its record in `audit` */
	int partitions;        /* of `posts` */
	size_t letters, bytes; /* in the open transaction */
	int64_t put;           /* counted when it is committed */
};

/* A record without a key got one from dead.c: where it stood. */
static bool is_made(const struct es_dead_letter *letter)
{
	char key[ES_DEAD_KEY_MAX];
	snprintf(key, sizeof(key), ES_DEAD_KEY, es_topics[ES_TOPIC_POSTS].name, letter->partition,
		 (long long)letter->offset);
	return es_str_is(es_str(letter->record->key, letter->record->key_len), key);
}

/* Why a letter cannot go back; 0 = it can. */
static int check(const struct resend *resend, const struct es_dead_letter *letter,
		 struct earshot_error *why)
{
	const char *posts = es_topics[ES_TOPIC_POSTS].name;
	if (!letter->topic.ptr && letter->source.ptr) {
		es_err(why, EARSHOT_REFUSED,
		       "it came from source %.*s, not from a topic, and is no record",
		       ES_FMT(letter->source));
		es_err_hint(why, "mend the source: what can be read then is collected");
		return why->code;
	}
	if (!es_str_is(letter->topic, posts) || letter->partition < 0)
		return es_err(why, EARSHOT_REFUSED,
			      "its headers do not say where in topic %s it stood", posts);
	if (letter->partition >= resend->partitions)
		return es_err(why, EARSHOT_REFUSED, "topic %s has no partition %d", posts,
			      letter->partition);
	if (!letter->record->key || is_made(letter))
		return es_err(why, EARSHOT_REFUSED,
			      "it has no key, and without one nothing can be made of a record "
			      "(a key over 1 KiB is not kept)");
	if (letter->cut) {
		es_err(why, EARSHOT_REFUSED,
		       "only the first %zu of its %lld bytes were kept (its SHA-256 is in the "
		       "headers)",
		       letter->record->value_len, (long long)letter->size);
		es_err_hint(why, "bring the post again from where it came from");
		return why->code;
	}
	return 0;
}

static bool is_ours(const struct es_record *record, const char *name)
{
	const struct es_header *type = es_record_header(record, "ce_type");
	bool made =
		type && es_str_is(es_str(type->value, type->len), "io.earshot." ES_DEAD_TYPE ".v1");
	return strncmp(name, ES_DEAD_PREFIX, sizeof(ES_DEAD_PREFIX) - 1) == 0 ||
	       (made && strncmp(name, "ce_", 3) == 0);
}

static struct es_header text_header(struct es_arena *arena, const char *name, const char *value)
{
	struct earshot_str copy = es_arena_str(arena, value, strlen(value));
	return (struct es_header){ name, copy.ptr, copy.len };
}

/* The record's own headers, and what a second letter of it has to say: since when, how
 * often, and which was the first. */
static size_t headers_of(struct resend *resend, const struct es_record *record,
			 struct es_header headers[ES_BUS_HEADERS_MAX])
{
	const struct es_header *seen = es_record_header(record, ES_DEAD_SEEN);
	const struct es_header *tried = es_record_header(record, ES_DEAD_ATTEMPTS);
	char place[40], attempts[24];
	size_t count = 0;
	int64_t n = tried ? es_letter_number(es_str(tried->value, tried->len)) : 1;
	snprintf(attempts, sizeof(attempts), "%lld", (long long)(n > 0 ? n + 1 : 2));
	snprintf(place, sizeof(place), "%d:%lld", record->partition, (long long)record->offset);
	for (size_t i = 0; i < record->n_headers && count < ES_BUS_HEADERS_MAX - 3; i++)
		if (!is_ours(record, record->headers[i].name))
			headers[count++] = record->headers[i];
	if (seen)
		headers[count++] = *seen;
	headers[count++] = text_header(&resend->arena, ES_DEAD_ATTEMPTS, attempts);
	headers[count++] = text_header(&resend->arena, ES_DEAD_REPLAYED, place);
	return headers[count - 1].value && headers[count - 2].value ? count : 0;
}

static int put_back(struct resend *resend, const struct es_dead_letter *letter,
		    struct earshot_error *error)
{
	struct es_header headers[ES_BUS_HEADERS_MAX];
	struct es_record record = *letter->record;
	record.topic = es_topics[ES_TOPIC_POSTS].name;
	record.partition = letter->partition;
	record.headers = headers;
	record.n_headers = headers_of(resend, letter->record, headers);
	return record.n_headers ? es_session_put(resend->session, &record, error)
				: es_err_nomem(error);
}

static int put_audit(struct resend *resend, const struct es_dead_letter *letter, const char *name,
		     struct earshot_error *error)
{
	const struct es_record *record = letter->record;
	struct es_header headers[ES_CLOUDEVENT_HEADERS];
	struct es_buf *value = &resend->value;
	char at[ES_TIME_LEN], time[ES_TIME_LEN];
	int64_t now = es_now_ms();
	const struct es_cloudevent event = { .type = "audit",
					     .source = ES_STR("/earshot/deadletter"),
					     .id = es_str_of(name),
					     .rev = EARSHOT_NONE,
					     .time_ms = now };
	es_time_format(now, at);
	es_time_format(record->time_ms, time);
	es_buf_clear(value);
	es_buf_printf(value, "{\"at\":\"%s\",\"who\":", at);
	es_buf_json_str(value, resend->replay->who, strlen(resend->replay->who));
	es_buf_puts(value, ",\"what\":\"deadletter.replay\"");
	if (record->key && es_post_id_valid(es_str(record->key, record->key_len)))
		es_buf_printf(value, ",\"post\":\"%.*s\"", (int)record->key_len,
			      (const char *)record->key);
	es_buf_printf(value,
		      ",\"letter\":{\"partition\":%d,\"offset\":%lld,\"time\":\"%s\"},"
		      "\"topic\":\"%s\",\"partition\":%d}",
		      record->partition, (long long)record->offset, time,
		      es_topics[ES_TOPIC_POSTS].name, letter->partition);
	const struct es_record audit = {
		.topic = es_topics[ES_TOPIC_AUDIT].name,
		.partition = 0,
		.value = value->ptr,
		.value_len = value->len,
		.headers = headers,
		.n_headers = es_cloudevent_headers(&resend->arena, &event, headers),
	};
	return audit.n_headers && es_buf_ok(value) ? es_session_put(resend->session, &audit, error)
						   : es_err_nomem(error);
}

static int commit(struct resend *resend, struct earshot_error *error)
{
	int rc = es_session_commit(resend->session, false, error);
	if (rc == 0)
		resend->counts->replayed += resend->put;
	resend->letters = resend->bytes = 0;
	resend->put = 0;
	return rc;
}

static int on_letter(void *ctx, const struct es_dead_letter *letter, struct earshot_error *error)
{
	struct resend *resend = ctx;
	struct earshot_error why = { 0 };
	char name[ES_LETTER_NAME_MAX];
	es_letter_name(letter->record, name);
	if (letter->replayed) {
		resend->counts->known++;
		return 0;
	}
	if (check(resend, letter, &why)) {
		resend->counts->refused++;
		resend->replay->refused(resend->replay->ctx, letter, &why);
		return 0;
	}
	es_arena_reset(&resend->arena);
	int rc = put_back(resend, letter, error);
	if (rc == 0)
		rc = put_audit(resend, letter, name, error);
	if (rc == 0)
		rc = es_replayed_add(&resend->replayed, name, error);
	if (rc)
		return rc;
	resend->put++;
	resend->letters++;
	resend->bytes += letter->record->value_len;
	if (resend->letters < LETTERS_MAX && resend->bytes < BYTES_MAX)
		return 0;
	rc = commit(resend, error);
	return rc ? rc : es_session_begin(resend->session, error);
}

int es_dead_replay(const struct es_dead_replay *replay, struct es_dead_counts *counts,
		   struct earshot_error *error)
{
	struct resend resend = { .replay = replay, .counts = counts };
	const struct es_session_options options = { .role = "deadletter",
						    .instance = "replay",
						    .threads = 1 };
	*counts = (struct es_dead_counts){ 0 };
	es_replayed_init(&resend.replayed);
	es_buf_init(&resend.value, 16 * 1024);
	int rc = resend.partitions =
		es_bus_partitions(replay->bus, es_topics[ES_TOPIC_POSTS].name, error);
	if (rc > 0)
		rc = es_session_open(replay->bus, &options, &resend.session, error);
	if (rc == 0)
		rc = es_session_begin(resend.session, error);
	if (rc == 0)
		rc = es_replayed_load(&resend.replayed, replay->bus, error);
	if (rc == 0)
		rc = es_letters_read(replay->bus, replay->filter, &resend.replayed, on_letter,
				     &resend, error);
	if (rc == 0)
		rc = commit(&resend, error);
	if (rc == EARSHOT_FENCED) { /* told by whatever it does next */
		es_err(error, rc, "another replay of dead letters has begun; this one is over");
		es_err_hint(error, "what it has not put back stays to be replayed");
	}
	es_session_close(resend.session);
	es_buf_release(&resend.value);
	es_arena_release(&resend.arena);
	es_replayed_release(&resend.replayed);
	return rc;
}
