/* SPDX-License-Identifier: MIT
 *
 * intake_file.c - the way of one file: what of it was read before, and the rest.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/file.h"
#include "collect/reading.h"

#define PIECE (256 * 1024)
/* A last line without line end is taken when nobody wrote for so long. */
#define SETTLED_MS    (2 * ES_SECOND)
#define SHORTER_TRIES 32

/* Where the file stands in the record that goes out now. */
int es_reading_mark(struct reading *reading, bool complete)
{
	struct es_file *file = reading->file;
	if (!file)
		return EARSHOT_OK;
	file->complete = complete && reading->state->hold_until == EARSHOT_NONE;
	file->records = reading->grows               ? reading->records
			: complete || reading->lines ? 0
						     : reading->records;
	if (reading->state->hold_until != EARSHOT_NONE) {
		/* a held post lies before this point: the next look reads it all
		 * again, and the seen set tells what is out already */
		file->records = 0;
		file->position = 0;
	}
	return es_file_hash(reading->fd, file->path, file->position, &file->hash, reading->error);
}

/* What stands at the beginning of the file tells how wide its characters are. */
static struct es_cutter cutter_of(struct reading *reading)
{
	char head[4];
	ssize_t got;
	do
		got = pread(reading->fd, head, sizeof(head), 0);
	while (got < 0 && errno == EINTR);
	return es_cutter_of(reading->state->source, es_str(head, got > 0 ? (size_t)got : 0));
}

static ssize_t read_at(struct reading *reading, char *piece, int64_t at)
{
	ssize_t got;
	do
		got = pread(reading->fd, piece, PIECE, at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		es_reading_fail(reading, es_err_errno(reading->error, EARSHOT_IO, errno, "%s",
						      reading->file->path));
	return got;
}

/* The names of the columns, for a CSV file that is read on from its middle. */
static int push_header(struct reading *reading, struct earshot_feed *feed, char *piece,
		       struct earshot_error *error)
{
	struct es_cutter cutter = cutter_of(reading);
	int rc = EARSHOT_OK;
	size_t end = 0;
	for (int64_t at = 0; end == 0 && rc == EARSHOT_OK; at += PIECE) {
		ssize_t got = read_at(reading, piece, at);
		if (got <= 0)
			return reading->failed;
		end = es_record_end(&cutter, piece, (size_t)got);
		rc = earshot_feed_push(feed, piece, end ? end : (size_t)got, error);
	}
	if (rc == EARSHOT_OK)
		rc = earshot_feed_flush(feed, error);
	return rc;
}

/* Record by record, so that the position is always known. */
static int read_lines(struct reading *reading, struct earshot_feed *feed, char *piece,
		      struct earshot_error *error)
{
	struct es_file *file = reading->file;
	struct es_cutter cutter = cutter_of(reading);
	int rc = EARSHOT_OK;
	int64_t at = file->position;
	bool inside = false; /* of a record */
	if (cutter.csv && at > 0)
		rc = push_header(reading, feed, piece, error);
	reading->raw_known = true;
	while (rc == EARSHOT_OK && !reading->failed) {
		ssize_t got = read_at(reading, piece, at);
		if (got <= 0)
			break;
		size_t from = 0;
		got = (ssize_t)es_record_safe(&cutter, piece, (size_t)got, got < PIECE);
		while (rc == EARSHOT_OK && !reading->failed && from < (size_t)got) {
			size_t len = es_record_end(&cutter, piece + from, (size_t)got - from);
			inside = len == 0;
			if (inside)
				len = (size_t)got - from;
			else /* before the push: a slice may be committed inside of it */
				file->position = at + (int64_t)(from + len);
			es_raw_add(&reading->raw, piece + from, len, at + (int64_t)from, !inside);
			rc = earshot_feed_push(feed, piece + from, len, error);
			if (rc == EARSHOT_OK && !inside) /* the position says: delivered */
				rc = earshot_feed_flush(feed, error);
			from += len;
			if (!inside && reading->slices >= ES_INTAKE_TURN &&
			    !reading->intake->whole) {
				reading->result->more = true;
				return rc;
			}
		}
		at += got;
	}
	if (rc != EARSHOT_OK || reading->failed || !inside)
		return rc;
	/* the rest has no line end: still being written, or the last line */
	if (reading->intake->whole || es_file_settled(reading->fd, at, SETTLED_MS)) {
		file->position = at;
		return earshot_feed_end(feed, error);
	}
	reading->result->more = true;
	return EARSHOT_OK;
}

static int read_feed(struct reading *reading, struct earshot_feed *feed, char *piece,
		     struct earshot_error *error)
{
	int64_t at = 0;
	for (;;) {
		ssize_t got = read_at(reading, piece, at);
		if (got < 0)
			return reading->failed;
		reading->file->position = reading->grows ? at + got : at;
		/* its last message may still be being written */
		if (got == 0 && reading->grows && !reading->intake->whole &&
		    !es_file_settled(reading->fd, at, SETTLED_MS)) {
			reading->result->more = true;
			return EARSHOT_OK;
		}
		if (got == 0)
			return earshot_feed_end(feed, error);
		int rc = earshot_feed_push(feed, piece, (size_t)got, error);
		if (rc != EARSHOT_OK)
			return rc;
		at += got;
	}
}

/* A chat that begins as one that was read: it goes on behind that one. Of the files of the
 * source the longest ones are looked at. */
static int find_shorter(struct reading *reading, const struct es_file *now)
{
	struct es_state *state = reading->state;
	struct es_file *file = reading->file;
	int64_t below = INT64_MAX;
	for (int tries = 0; tries < SHORTER_TRIES; tries++) {
		const struct es_file *best = NULL;
		uint64_t hash;
		for (size_t i = 0; i < state->n_files; i++) {
			const struct es_file *other = &state->files[i];
			if (other != file && other->complete && other->records > 0 &&
			    other->position < now->size && other->position < below &&
			    (!best || other->position > best->position))
				best = other;
		}
		if (!best)
			return EARSHOT_OK;
		below = best->position;
		int rc = es_file_hash(reading->fd, file->path, below, &hash, reading->error);
		if (rc != EARSHOT_OK)
			return rc;
		if (hash == best->hash) {
			file->records = best->records;
			file->complete = true;
			return EARSHOT_OK;
		}
	}
	return EARSHOT_OK;
}

/* Was [0, end) read before, here or under another name? */
static int find_read(struct reading *reading, const struct es_file *now, bool *done)
{
	struct es_state *state = reading->state;
	struct es_file *file = reading->file;
	uint64_t hash;
	*done = false;
	/* records > 0: a feed that was not read to its end */
	if (file->position > 0 && file->position <= now->size &&
	    (file->records == 0 || reading->grows)) {
		int rc = es_file_hash(reading->fd, file->path, file->position, &hash,
				      reading->error);
		if (rc != EARSHOT_OK)
			return rc;
		if (hash == file->hash &&
		    (reading->lines || reading->grows || file->position == now->size)) {
			*done = file->position == now->size && (file->complete || !reading->grows);
			return EARSHOT_OK;
		}
	}
	file->position = 0;
	if (reading->grows)
		file->records = 0;
	for (size_t i = 0; i < state->n_files; i++) {
		const struct es_file *other = &state->files[i];
		if (other == file || !other->complete || other->position != now->size)
			continue;
		int rc = es_file_hash(reading->fd, file->path, now->size, &hash, reading->error);
		if (rc != EARSHOT_OK)
			return rc;
		if (hash == other->hash) {
			file->position = now->size;
			file->hash = hash;
			file->posts = other->posts;
			file->records = other->records;
			*done = true;
			return EARSHOT_OK;
		}
	}
	return reading->grows ? find_shorter(reading, now) : EARSHOT_OK;
}

int es_intake_opened(struct es_intake *intake, struct es_state *state, const char *path, int fd,
		     const struct es_file *now, struct es_reading_result *result,
		     struct earshot_error *error)
{
	struct earshot_error own = { 0 };
	struct earshot_feed *feed = NULL;
	struct earshot_feed_options options;
	char *piece = NULL;
	bool done = false;
	enum es_reading_way way = es_kind_of(state->source)->way;
	struct reading reading = { .intake = intake,
				   .state = state,
				   .fd = fd,
				   .lines = way == ES_RECORDS,
				   .grows = way == ES_GROWING,
				   .now = es_clock_wall(intake->clock),
				   .error = error,
				   .result = result };
	*result = (struct es_reading_result){ .lag = EARSHOT_NONE };
	es_raw_init(&reading.raw);
	int rc = EARSHOT_OK;
	struct es_file *file = reading.file = es_state_file_add(state, path);
	if (!file) {
		rc = es_err_nomem(error);
		goto out;
	}
	bool same = file->size == now->size && file->mtime_ns == now->mtime_ns &&
		    file->inode == now->inode;
	result->unchanged = same && file->complete;
	if (result->unchanged)
		goto out;
	if (same && file->records > 0 && !reading.grows)
		reading.skip = file->records; /* on where the last slice ended */
	else if (!reading.grows)
		file->records = 0;
	rc = find_read(&reading, now, &done);
	if (rc != EARSHOT_OK)
		goto out;
	/* the last message of a chat that was read to its end may have become longer since */
	if (reading.grows && !done) {
		reading.skip = file->records - (file->records > 0 && file->complete);
		reading.told = file->records;
	}
	file->size = now->size;
	file->mtime_ns = now->mtime_ns;
	file->inode = now->inode;
	if (done) { /* touched, copied or renamed only */
		result->unchanged = true;
		file->complete = true;
		goto out;
	}
	if (!reading.lines || file->position == 0)
		file->posts = 0;
	reading.continued = reading.lines && file->position > 0;
	result->before = file->posts;
	es_seen_begin(&state->seen);
	piece = malloc(PIECE);
	rc = piece ? es_reading_feed(&reading, NULL, NULL, &feed, &options, &own) : EARSHOT_NOMEM;
	if (rc == EARSHOT_OK)
		rc = reading.lines ? read_lines(&reading, feed, piece, &own)
				   : read_feed(&reading, feed, piece, &own);
	result->note = feed ? earshot_feed_note(feed) : NULL;
	rc = es_reading_settle(&reading, rc, &own);
	if (rc == EARSHOT_OK && result->data_error.code)
		file->position = now->size; /* not again before it changes */
	if (rc == EARSHOT_OK)
		rc = es_reading_mark(&reading, !result->more);
	if (rc == EARSHOT_OK &&
	    es_seen_trim(&state->seen, ES_COLLECT_SEEN_MAX, ES_COLLECT_SEEN_MAX) != EARSHOT_OK)
		rc = es_err_nomem(error);
out:
	earshot_feed_free(feed);
	es_raw_release(&reading.raw);
	free(piece);
	if (result->unchanged)
		result->before = file->posts;
	return rc;
}

int es_intake_file(struct es_intake *intake, struct es_state *state, const char *path,
		   struct es_reading_result *result, struct earshot_error *error)
{
	struct earshot_error own;
	struct es_file now;
	int fd;
	*result = (struct es_reading_result){ .lag = EARSHOT_NONE };
	if (es_file_open(path, &now, &fd, &own) != EARSHOT_OK) {
		result->data_error = own;
		return EARSHOT_OK;
	}
	int rc = es_intake_opened(intake, state, path, fd, &now, result, error);
	close(fd);
	return rc;
}
