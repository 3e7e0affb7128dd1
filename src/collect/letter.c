/* SPDX-License-Identifier: MIT */
#include "collect/letter.h"

#include <stdio.h>

#include "post/post.h"
#include "text/text.h"

/* The longest that is redacted (an address of mail, RFC 5321: 64 + 1 + 255 bytes):
 * so much is left out where a record is cut, for half of a number is one too. */
#define SEAM 320u

bool es_letter_redact(struct es_redactor *redactor, struct es_arena *arena,
		      struct earshot_error *cause)
{
	if (!redactor)
		return true;
	es_arena_reset(arena);
	struct earshot_str text = es_redact(redactor, arena, es_str_of(cause->text), NULL, NULL);
	if (!text.ptr || text.ptr == cause->text)
		return text.ptr != NULL;
	text.len = es_utf8_cut(text.ptr, text.len, sizeof(cause->text) - 1);
	memcpy(cause->text, text.ptr, text.len);
	cause->text[text.len] = '\0';
	return true;
}

static void digest_of(const struct es_letter *letter, unsigned char digest[ES_SHA256_LEN])
{
	struct es_sha256 sha;
	const struct es_raw *raw = letter->raw;
	es_sha256_init(&sha);
	if (raw && raw->pieces) {
		sha = raw->sha;
	} else if (raw) {
		if (raw->text.len)
			es_sha256_add(&sha, raw->text.ptr, raw->text.len);
	} else { /* the same record again is the same complaint at the same place */
		const int64_t place[] = { letter->cause->line, letter->cause->record };
		es_sha256_add(&sha, place, sizeof(place));
		es_sha256_add(&sha, letter->cause->text, strlen(letter->cause->text));
	}
	es_sha256_end(&sha, digest);
}

/* Valid UTF-8, without what identifies a person, at most ES_DEAD_HEAD bytes. Bytes of
 * another charset may hide a number from the redaction: then there is no text. */
static int make_text(const struct es_letter *letter, struct es_arena *arena,
		     struct earshot_str *out)
{
	struct earshot_str text = letter->raw ? letter->raw->text : ES_STR("");
	*out = ES_STR("");
	if (text.len == 0 || memchr(text.ptr, '\0', text.len))
		return EARSHOT_OK;
	bool cut = letter->raw->size > ES_DEAD_HEAD;
	while (!cut && text.len > 0 && text.ptr[text.len - 1] == '\n')
		text.len--; /* of a record that nothing closed */
	if (text.len > ES_DEAD_HEAD)
		text.len = ES_DEAD_HEAD;
	if (!es_utf8_valid(text.ptr, text.len)) {
		struct es_buf clean;
		es_buf_init(&clean, 4 * ES_DEAD_HEAD);
		es_utf8_clean(&clean, text.ptr, text.len);
		text = es_arena_str(arena, clean.ptr, clean.len);
		bool ok = es_buf_ok(&clean) && text.ptr;
		es_buf_release(&clean);
		if (!ok)
			return EARSHOT_NOMEM;
	}
	if (letter->redactor)
		text = es_redact(letter->redactor, arena, text, NULL, NULL);
	if (!text.ptr)
		return EARSHOT_NOMEM;
	if (cut)
		text.len = text.len > SEAM ? text.len - SEAM : 0;
	text.len = es_utf8_cut(text.ptr, text.len, ES_DEAD_HEAD);
	*out = text;
	return EARSHOT_OK;
}

struct headers {
	struct es_header at[12 + ES_CLOUDEVENT_HEADERS];
	size_t n;
};

static int add_event(struct headers *headers, struct es_arena *arena,
		     const struct es_outbox *outbox, const struct es_letter *letter,
		     const char *digest, struct earshot_error *error)
{
	struct earshot_str source = es_str_of(letter->state->source->id);
	const struct es_cloudevent event = { .type = ES_DEAD_TYPE,
					     .source = es_outbox_source(outbox, arena, source),
					     .id = es_str(digest, EARSHOT_ID_LEN),
					     .rev = EARSHOT_NONE,
					     .time_ms = letter->now,
					     .null = true }; /* content of no known type */
	size_t n = es_cloudevent_headers(arena, &event, headers->at + headers->n);
	headers->n += n;
	return n ? EARSHOT_OK : es_err_nomem(error);
}

static void add(struct headers *headers, const char *name, const char *value)
{
	headers->at[headers->n++] = (struct es_header){ name, value, strlen(value) };
}

int es_letter_put(struct es_outbox *outbox, struct es_arena *arena, const struct es_letter *letter,
		  bool *put, struct earshot_error *error)
{
	const struct es_raw *raw = letter->raw;
	struct es_seen *seen = &letter->state->seen;
	unsigned char digest[ES_SHA256_LEN];
	char message[EARSHOT_ERROR_TEXT + EARSHOT_ERROR_FILE + 32], offset[24], time[ES_TIME_LEN],
		size[24], sha[2 * ES_SHA256_LEN + 1];
	struct headers headers = { .n = 0 };
	struct earshot_str text;
	digest_of(letter, digest);
	*put = es_seen_get(seen, digest) == NULL;
	if (es_seen_put(seen, digest, 0) != EARSHOT_OK)
		return es_err_nomem(error);
	if (!*put)
		return EARSHOT_OK;
	es_arena_reset(arena);
	if (make_text(letter, arena, &text) != EARSHOT_OK)
		return es_err_nomem(error);
	snprintf(message, sizeof(message), "%s%s%s", letter->path ? letter->path : "",
		 letter->path ? ": " : "", letter->cause->text);
	es_time_format(letter->now, time);
	es_hex(digest, sizeof(digest), sha);
	int rc = add_event(&headers, arena, outbox, letter, sha, error);
	if (rc != EARSHOT_OK)
		return rc;
	add(&headers, ES_DEAD_STAGE, "collect");
	add(&headers, ES_DEAD_CODE, earshot_code_name(letter->cause->code));
	add(&headers, ES_DEAD_MESSAGE, message);
	add(&headers, ES_DEAD_SOURCE, letter->state->source->id);
	if (raw && raw->at >= 0) {
		snprintf(offset, sizeof(offset), "%lld", (long long)raw->at);
		add(&headers, ES_DEAD_OFFSET, offset);
	}
	add(&headers, ES_DEAD_SEEN, time);
	add(&headers, ES_DEAD_ATTEMPTS, "1");
	if (raw && raw->size > ES_DEAD_HEAD) {
		snprintf(size, sizeof(size), "%zu", raw->size);
		add(&headers, ES_DEAD_SIZE, size);
		add(&headers, ES_DEAD_SHA256, sha);
	}
	/* nobody's key, but one by which the letter can be taken back (forget.c) */
	const struct es_record record = { .topic = es_topics[ES_TOPIC_DEADLETTER].name,
					  .partition = -1,
					  .key = sha,
					  .key_len = EARSHOT_ID_LEN,
					  .partition_key = letter->state->key.ptr,
					  .partition_key_len = letter->state->key.len,
					  .value = text.ptr,
					  .value_len = text.len,
					  .headers = headers.at,
					  .n_headers = headers.n };
	rc = es_outbox_put(outbox, &record, error);
	if (rc == EARSHOT_OK)
		outbox->posts++; /* it fills a slice as a post does */
	return rc;
}
