/* SPDX-License-Identifier: MIT
 *
 * import.c - one file into `posts`, by the same way as a file source.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/file.h"
#include "collect/inside.h"
#include "collect/unpack.h"

struct import {
	const struct es_import_options *options;
	struct es_collect_stats stats;
	struct es_import_progress progress;
	int64_t before; /* posts of the file that an earlier import took */
	int fd;         /* of the file, unpacked where it was packed */
	struct es_file now;
	char name[64]; /* of standard input, in the state */
};

static int tell(struct import *import)
{
	const struct es_import_options *options = import->options;
	return options->on_progress ? options->on_progress(options->ctx, &import->progress) : 0;
}

static int on_unpack(void *ctx, int64_t bytes, int64_t size)
{
	struct import *import = ctx;
	import->progress.unpacking = true;
	import->progress.bytes = bytes;
	import->progress.size = size;
	return tell(import);
}

static void count(struct import *import)
{
	import->progress.posts = import->stats.posts + import->stats.updates;
	import->progress.duplicates = import->before + import->stats.duplicates;
	import->progress.bad = import->stats.bad;
}

static int on_slice(void *ctx, const struct es_file *file, const struct earshot_error *bad)
{
	struct import *import = ctx;
	count(import);
	import->progress.unpacking = false;
	import->progress.bytes = file ? file->position : 0;
	import->progress.size = file ? file->size : 0;
	import->progress.error = bad;
	return tell(import);
}

/* The file, ready to be read, and of which kind it is. */
static int open_file(struct import *import, struct es_source *source, struct earshot_error *error)
{
	const struct es_import_options *options = import->options;
	bool standard = strcmp(options->path, "-") == 0;
	const char *name = standard ? "standard input" : options->path;
	const struct es_unpack how = { .path = options->path,
				       .max_size = options->max_size ? options->max_size
								     : ES_IMPORT_SIZE,
				       .on_progress = on_unpack,
				       .ctx = import };
	int rc = es_unpack_open(&how, &import->now, &import->fd, error);
	if (rc != EARSHOT_OK)
		return rc;
	if (!source->kind)
		source->kind = es_unpack_kind(import->fd);
	if (!source->kind)
		return es_err(error, EARSHOT_DATA, "%s is empty", name);
	if (standard) { /* it has no name that says what it is: by what came in */
		uint64_t hash;
		rc = es_file_hash(import->fd, name, import->now.size, &hash, error);
		snprintf(import->name, sizeof(import->name), "%s %016llx", name,
			 (unsigned long long)hash);
	}
	return rc;
}

struct last {
	struct earshot_str key;
	struct es_buf value;
};

static int keep_last(void *ctx, const struct es_record *record, struct earshot_error *error)
{
	struct last *last = ctx;
	if (!es_str_eq(last->key, es_str(record->key, record->key_len)))
		return EARSHOT_OK;
	es_buf_clear(&last->value);
	es_buf_add(&last->value, record->value, record->value_len);
	return es_buf_ok(&last->value) ? EARSHOT_OK : es_err_nomem(error);
}

/* The cursor of earlier imports under this source. */
static int load(const struct es_import_options *options, struct es_state *state,
		struct earshot_error *error)
{
	struct last last = { .key = state->key };
	const char *topic = es_topics[ES_TOPIC_SOURCES].name;
	int n = es_bus_partitions(options->bus, topic, error);
	if (n < 0)
		return n;
	bool *wanted = calloc((size_t)n, sizeof(*wanted));
	if (!wanted)
		return es_err_nomem(error);
	state->partition = es_bus_partition_of(state->key.ptr, state->key.len, n);
	wanted[state->partition] = true;
	es_buf_init(&last.value, ES_LIMIT_RECORD);
	const struct es_reading cursors = { .bus = options->bus,
					    .role = ES_COLLECT_LOAD,
					    .instance = options->instance,
					    .topic = topic,
					    .wanted = wanted };
	int rc = es_bus_read(&cursors, keep_last, &last, error);
	if (rc == EARSHOT_OK && last.value.len)
		rc = es_state_decode(state, last.value.ptr, last.value.len, error);
	es_buf_release(&last.value);
	free(wanted);
	return rc;
}

int es_collect_import(const struct es_import_options *options, struct es_import_progress *total,
		      struct earshot_error *error)
{
	struct import import = { .options = options,
				 .progress = { .path = options->path },
				 .fd = -1 };
	struct es_source source = *options->source;
	struct es_session *session = NULL;
	struct es_outbox outbox = { 0 };
	struct es_intake intake;
	struct es_privacy privacy;
	struct es_optouts optouts = { 0 };
	struct es_state state;
	struct es_reading_result result;
	char key[256];
	snprintf(key, sizeof(key), "import:%s", options->source->id);
	es_state_init(&state, &source);
	state.key = es_str_of(key);
	es_intake_init(&intake, &outbox);
	intake.privacy = &privacy;
	intake.optouts = &optouts;
	intake.whole = true;
	intake.stats = &import.stats;
	intake.on_slice = on_slice;
	intake.ctx = &import;
	int rc = es_privacy_init(&privacy, &options->privacy, error);
	if (rc == EARSHOT_OK)
		rc = open_file(&import, &source, error);
	if (rc == EARSHOT_OK)
		rc = es_optouts_open(&optouts, &privacy, options->bus, options->instance, NULL,
				     error);
	if (rc == EARSHOT_OK)
		rc = load(options, &state, error);
	if (rc != EARSHOT_OK)
		goto out;
	const struct es_session_options session_options = { .role = "import",
							    .instance = options->instance,
							    .threads = 1 };
	rc = es_session_open(options->bus, &session_options, &session, error);
	if (rc != EARSHOT_OK)
		goto out;
	es_outbox_init(&outbox, session, options->instance, false);
	rc = es_intake_opened(&intake, &state, *import.name ? import.name : options->path,
			      import.fd, &import.now, &result, error);
	if (rc != EARSHOT_OK)
		goto out;
	import.before = result.before;
	import.progress.note = result.note;
	if (result.data_error.code && result.posts == 0) {
		/* nothing of it can be read: no cursor, so that it may be tried again */
		rc = result.data_error.code;
		if (error)
			*error = result.data_error;
		goto out;
	}
	if (!result.unchanged) {
		int64_t now = es_now_ms();
		es_state_result(&state, now, result.data_error.code ? "data" : "", 0,
				result.data_error.text);
		rc = es_outbox_state(&outbox, &state, now, error);
	}
	if (rc == EARSHOT_OK)
		rc = es_outbox_commit(&outbox, error);
	if (rc == EARSHOT_OK && result.data_error.code) {
		rc = result.data_error.code;
		if (error)
			*error = result.data_error;
	}
out:
	import.progress.error = NULL;
	import.progress.bytes = import.progress.size = import.now.size;
	count(&import);
	if (rc == EARSHOT_OK)
		(void)tell(&import);
	if (total)
		*total = import.progress;
	es_outbox_release(&outbox);
	if (session)
		es_session_close(session);
	es_intake_release(&intake);
	es_optouts_release(&optouts);
	es_privacy_release(&privacy);
	es_state_release(&state);
	if (import.fd >= 0)
		close(import.fd);
	return rc;
}
