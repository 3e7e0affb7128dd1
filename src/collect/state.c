/* SPDX-License-Identifier: MIT */
#include "collect/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/kinds.h"
#include "collect/members.h"
#include "http/http.h"
#include "net/net.h"

static const char *const health_names[] = { "new", "ok", "cannot_hear", "stopped" };

const char *es_health_name(enum es_health health)
{
	return health_names[health];
}

static void forget(struct es_state *state)
{
	for (size_t i = 0; i < state->n_files; i++)
		free(state->files[i].path);
	free(state->files);
	free(state->etag);
	free(state->last_modified);
	es_moved_clear(&state->moved);
	es_alerts_clear(&state->alerts);
	es_pages_release(&state->pages);
	es_listening_release(&state->listening);
	free(state->login);
	state->login = NULL;
	es_revisits_clear(&state->revisits);
	es_websub_free(state->websub);
	state->websub = NULL;
	es_archive_free(state->archive);
	state->archive = NULL;
	state->hints = (struct es_hints){ 0 };
	state->files = NULL;
	state->n_files = 0;
	state->etag = state->last_modified = NULL;
	state->url_hash = 0;
	state->health = ES_HEALTH_NEW;
	state->error[0] = state->message[0] = '\0';
	state->status = 0;
	state->last_ok = state->last_try = state->next_try = EARSHOT_NONE;
	state->failures = state->posts = state->bad = 0;
	state->items_per_day = NAN;
	state->day = state->day_posts = 0;
	state->usual = (struct es_usual){ 0 };
	state->why = ES_WAIT_EVERY;
	state->last_item = state->silent_at = state->lag = EARSHOT_NONE;
	state->silent = false;
	state->silent_due = INT64_MAX;
	state->dirty = state->has_record = state->counting = false;
	state->taken = state->taken_at = 0;
	state->own_spent = (struct es_spent){ 0 };
	state->written_at = 0;
	state->hold_until = EARSHOT_NONE;
}

void es_state_init(struct es_state *state, const struct es_source *source)
{
	*state = (struct es_state){ .source = source, .key = es_str_of(source->id) };
	es_seen_init(&state->seen);
	forget(state);
}

void es_state_release(struct es_state *state)
{
	forget(state);
	es_seen_release(&state->seen);
}

void es_state_clear(struct es_state *state)
{
	forget(state);
	es_seen_clear(&state->seen);
}

struct es_file *es_state_file(struct es_state *state, const char *path)
{
	for (size_t i = 0; i < state->n_files; i++)
		if (strcmp(state->files[i].path, path) == 0)
			return &state->files[i];
	return NULL;
}

static void drop_file(struct es_state *state, size_t i)
{
	free(state->files[i].path);
	state->n_files--;
	memmove(&state->files[i], &state->files[i + 1],
		(state->n_files - i) * sizeof(*state->files));
}

static int compare_path(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void es_state_files_keep(struct es_state *state, char **paths, size_t n)
{
	if (state->n_files + n <= ES_COLLECT_FILES_MAX)
		return;
	qsort(paths, n, sizeof(*paths), compare_path);
	for (size_t i = state->n_files; i-- > 0;)
		if (!bsearch(&state->files[i].path, paths, n, sizeof(*paths), compare_path))
			drop_file(state, i);
}

struct es_file *es_state_file_add(struct es_state *state, const char *path)
{
	struct es_file *file = es_state_file(state, path);
	if (file)
		return file;
	if (state->n_files == ES_COLLECT_FILES_MAX) /* imports of years: the oldest goes */
		drop_file(state, 0);
	/* grown by doubling: n is a power of two when there is no room left */
	size_t n = state->n_files;
	if ((n & (n - 1)) == 0) {
		file = realloc(state->files, (n ? 2 * n : 1) * sizeof(*file));
		if (!file)
			return NULL;
		state->files = file;
	}
	char *copy = strdup(path);
	if (!copy)
		return NULL;
	file = &state->files[state->n_files++];
	*file = (struct es_file){ .path = copy };
	return file;
}

int es_state_set_validators(struct es_state *state, struct earshot_str etag,
			    struct earshot_str last_modified)
{
	int rc = es_str_keep(&state->etag, etag);
	return rc == EARSHOT_OK ? es_str_keep(&state->last_modified, last_modified) : rc;
}

void es_state_count(struct es_state *state, int64_t now, int64_t posts)
{
	int64_t day = now / ES_DAY;
	if (state->day != day) {
		/* an average in which a week weighs as much as all before it */
		if (state->day != 0 && day > state->day) {
			double rate = (double)state->day_posts / (double)(day - state->day);
			state->items_per_day = isnan(state->items_per_day)
						       ? rate
						       : (6 * state->items_per_day + rate) / 7;
			es_usual_add(&state->usual, state->day_posts, day - state->day - 1);
		}
		state->day = day;
		state->day_posts = 0;
	}
	if (state->last_ok != EARSHOT_NONE) /* else it is the backlog and no rate */
		state->day_posts += posts;
	state->posts += posts;
}

struct earshot_feed_options es_source_reader(const struct es_source *source, const char *base,
					     const char *charset)
{
	return (struct earshot_feed_options){
		.size = sizeof(struct earshot_feed_options),
		.format = es_kind_of(source)->format,
		.base_url = source->base ? source->base : base,
		.charset = source->charset ? source->charset : charset,
		.map = source->map,
		.n_map = source->series ? 0 : source->n_map, /* rows come as they are */
		.lang = source->lang,
	};
}

const char *es_state_url(const struct es_state *state)
{
	return state->moved.to ? state->moved.to : state->source->url;
}

void es_state_result(struct es_state *state, int64_t now, const char *error, int status,
		     const char *message)
{
	state->last_try = now;
	state->status = status;
	snprintf(state->error, sizeof(state->error), "%s", error);
	snprintf(state->message, sizeof(state->message), "%s", message);
	if (*error == '\0') {
		state->health = ES_HEALTH_OK;
		state->last_ok = now;
		state->failures = 0;
	} else {
		state->health =
			strcmp(error, "gone") == 0 ? ES_HEALTH_STOPPED : ES_HEALTH_CANNOT_HEAR;
		state->failures++;
	}
}

/* ---- the record ---- */

const char *es_url_shown(struct es_buf *url, const char *value)
{
	es_buf_init(url, 64 * 1024);
	es_net_url_safe(url, value, strcspn(value, "?"));
	return es_buf_ok(url) && url->len ? url->ptr : "";
}

static void put_url(struct es_buf *out, const char *name, const char *value)
{
	struct es_buf url;
	if (!value)
		return;
	es_member_put_text(out, name, es_url_shown(&url, value));
	es_buf_release(&url);
}

static void put_usual(struct es_buf *out, const struct es_usual *usual)
{
	if (!usual->n)
		return;
	es_buf_puts(out, ",\"days\":[");
	for (size_t i = 0; i < usual->n; i++) {
		if (i > 0)
			es_buf_putc(out, ',');
		es_buf_int(out, usual->days[i]);
	}
	es_buf_putc(out, ']');
}

static void put_file(struct es_buf *out, const struct es_file *file)
{
	es_buf_json_str(out, file->path, strlen(file->path));
	es_buf_puts(out, ":{\"size\":");
	es_buf_int(out, file->size);
	es_member_put_int(out, "mtime_ns", file->mtime_ns);
	es_member_put_int(out, "inode", file->inode);
	es_member_put_int(out, "position", file->position);
	es_member_put_int(out, "records", file->records);
	es_member_put_int(out, "posts", file->posts);
	es_buf_printf(out, ",\"hash\":\"%016llx\"", (unsigned long long)file->hash);
	es_buf_printf(out, ",\"complete\":%s}", file->complete ? "true" : "false");
}

static void put_moved(struct es_buf *out, const struct es_moved *moved)
{
	es_member_put_text(out, "moved_to", moved->to);
	if (moved->found)
		es_buf_puts(out, ",\"found\":true");
	if (!moved->toward)
		return;
	es_member_put_text(out, "moving_to", moved->toward);
	es_member_put_time(out, "moving_since", moved->since);
	es_member_put_int(out, "moving_answers", moved->answers);
}

static void put_hints(struct es_buf *out, const struct es_hints *hints)
{
	const struct {
		const char *name;
		int64_t value;
	} all[] = { { "ttl_ms", hints->ttl_ms },
		    { "period_ms", hints->period_ms },
		    { "skip_hours", hints->skip_hours },
		    { "skip_days", hints->skip_days } };
	for (size_t i = 0; i < ES_COUNT(all); i++)
		if (all[i].value)
			es_member_put_int(out, all[i].name, all[i].value);
}

const char *es_source_said_kind(const struct es_source *source)
{
	return source->connector ? source->connector->kind
	       : source->columns ? source->columns
	       : source->form    ? "form"
	       : source->series  ? "series"
	       : source->ingest  ? "ingest"
				 : es_source_kind_name(source->kind);
}

void es_state_head(struct es_buf *out, struct earshot_str key, const char *kind,
		   enum es_health health)
{
	es_buf_puts(out, "{\"id\":");
	es_buf_json_str(out, key.ptr, key.len);
	es_member_put_text(out, "kind", kind);
	es_member_put_text(out, "state", es_health_name(health));
	es_buf_puts(out, ",\"failures\":0,\"posts\":0,\"bad\":0");
}

void es_state_encode(struct es_buf *out, const struct es_state *state)
{
	const struct es_source *source = state->source;
	es_buf_puts(out, "{\"id\":");
	es_buf_json_str(out, state->key.ptr, state->key.len);
	es_member_put_text(out, "kind", es_source_said_kind(source));
	put_url(out, "url", source->url);
	put_url(out, "moved_to", state->moved.to);
	es_member_put_text(out, "channel", source->channel);
	es_member_put_text(out, "brand", source->brand);
	es_member_put_text(out, "voice", earshot_voice_name(source->voice));
	es_member_put_text(out, "state", es_health_name(state->health));
	es_member_put_text(out, "error", state->error);
	es_member_put_text(out, "message", state->message);
	if (state->status)
		es_member_put_int(out, "status", state->status);
	es_member_put_time(out, "last_ok", state->last_ok);
	es_member_put_time(out, "last_try", state->last_try);
	es_member_put_time(out, "next_try", state->next_try);
	if (state->next_try != EARSHOT_NONE)
		es_member_put_text(out, "waits_by", es_wait_name(state->why));
	es_member_put_time(out, "last_item", state->last_item);
	es_member_put_time(out, "silent_at", state->silent_at);
	if (state->silent && state->health == ES_HEALTH_OK)
		es_buf_puts(out, ",\"silent\":true");
	if (state->lag != EARSHOT_NONE)
		es_member_put_int(out, "lag_ms", state->lag);
	es_member_put_text(out, "shares", source->share);
	es_budget_put(out, &source->budget,
		      state->purse ? &state->purse->spent : &state->own_spent);
	es_alerts_encode(out, &state->alerts);
	es_websub_encode_health(out, state->websub);
	es_listening_encode_health(out, &state->listening);
	es_member_put_int(out, "failures", state->failures);
	es_member_put_int(out, "posts", state->posts);
	es_member_put_int(out, "bad", state->bad);
	if (!isnan(state->items_per_day)) {
		es_buf_puts(out, ",\"items_per_day\":");
		es_buf_json_num(out, state->items_per_day, 6);
	}
	es_member_put_int(out, "day", state->day);
	es_member_put_int(out, "day_posts", state->day_posts);
	put_usual(out, &state->usual);
	es_buf_printf(out, ",\"cursor\":{\"url\":\"%016llx\"", (unsigned long long)state->url_hash);
	es_budget_put_spent(out, &state->own_spent);
	es_revisits_put(out, &state->revisits);
	es_member_put_text(out, "etag", state->etag);
	es_member_put_text(out, "last_modified", state->last_modified);
	put_moved(out, &state->moved);
	put_hints(out, &state->hints);
	es_pages_encode(out, &state->pages);
	es_listening_encode(out, &state->listening);
	es_websub_encode(out, state->websub);
	es_archive_encode(out, state->archive);
	if (state->seen.n) {
		es_buf_puts(out, ",\"seen\":\"");
		es_seen_encode(out, &state->seen);
		es_buf_putc(out, '"');
	}
	if (state->n_files) {
		es_buf_puts(out, ",\"files\":{");
		for (size_t i = 0; i < state->n_files; i++) {
			if (i > 0)
				es_buf_putc(out, ',');
			put_file(out, &state->files[i]);
		}
		es_buf_putc(out, '}');
	}
	es_buf_puts(out, "}}");
}

static uint64_t get_hash(const struct es_members *object, const char *name)
{
	struct earshot_str text = es_member_text(object, name);
	char digits[17];
	if (text.len != 16)
		return 0;
	memcpy(digits, text.ptr, 16);
	digits[16] = '\0';
	return strtoull(digits, NULL, 16);
}

static void get_text(const struct es_members *object, const char *name, char *out, size_t size)
{
	struct earshot_str text = es_member_text(object, name);
	snprintf(out, size, "%.*s", ES_FMT(text));
}

static void get_usual(struct es_usual *usual, struct earshot_str raw)
{
	size_t at = 0;
	int64_t items;
	while (es_member_next(raw, &at, &items))
		es_usual_add(usual, items, 0);
}

static int get_moved(const struct es_members *cursor, struct es_state *state)
{
	struct es_moved *moved = &state->moved;
	int rc = es_str_keep(&moved->to, es_member_text(cursor, "moved_to"));
	if (rc == EARSHOT_OK)
		rc = es_str_keep(&moved->toward, es_member_text(cursor, "moving_to"));
	moved->found = es_member_is_true(cursor, "found");
	if (moved->toward) {
		moved->since = es_member_time(cursor, "moving_since");
		moved->answers = es_member_int(cursor, "moving_answers");
	}
	state->hints = (struct es_hints){ es_member_int(cursor, "ttl_ms"),
					  es_member_int(cursor, "period_ms"),
					  (uint32_t)es_member_int(cursor, "skip_hours"),
					  (uint32_t)es_member_int(cursor, "skip_days") };
	return rc;
}

static int get_files(struct es_state *state, struct es_arena *arena, struct earshot_str raw)
{
	struct es_json_member member;
	size_t at = 0;
	int rc = 0;
	while (raw.ptr && (rc = es_json_next(raw.ptr, raw.len, &at, &member)) > 0) {
		/* with its quotes, so that it can be read as a string value */
		struct earshot_str quoted = es_str(member.name.ptr - 1, member.name.len + 2), path;
		struct es_members object = { arena, member.value };
		if (!es_json_string(arena, quoted, &path) || !path.len)
			return EARSHOT_DATA;
		path = es_arena_str(arena, path.ptr, path.len);
		struct es_file *file = path.ptr ? es_state_file_add(state, path.ptr) : NULL;
		if (!file)
			return EARSHOT_NOMEM;
		file->size = es_member_int(&object, "size");
		file->mtime_ns = es_member_int(&object, "mtime_ns");
		file->inode = es_member_int(&object, "inode");
		file->position = es_member_int(&object, "position");
		file->records = es_member_int(&object, "records");
		file->posts = es_member_int(&object, "posts");
		file->hash = get_hash(&object, "hash");
		file->complete = es_member_is_true(&object, "complete");
	}
	return rc < 0 ? EARSHOT_DATA : EARSHOT_OK;
}

int es_state_decode(struct es_state *state, const char *ptr, size_t len,
		    struct earshot_error *error)
{
	int rc;
	struct es_arena arena;
	es_arena_init(&arena, 8 * ES_STATE_RECORD_MAX);
	es_state_clear(state);
	struct es_members top = { &arena, es_str(ptr, len) };
	struct es_members cursor = { &arena, es_json_get(ptr, len, "cursor") };
	struct earshot_str health = es_member_text(&top, "state");
	struct es_json_member member;
	size_t at = 0;
	do /* to the end: the getters below stop at what they look for */
		rc = es_json_next(ptr, len, &at, &member);
	while (rc > 0);
	if (rc < 0 || !health.ptr || !cursor.raw.ptr) {
		rc = es_err(error, EARSHOT_DATA,
			    "topic sources, key %.*s: the record holds no state and cursor",
			    ES_FMT(state->key));
		goto out;
	}
	for (size_t i = 0; i < ES_COUNT(health_names); i++)
		if (es_str_is(health, health_names[i]))
			state->health = (enum es_health)i;
	get_text(&top, "error", state->error, sizeof(state->error));
	get_text(&top, "message", state->message, sizeof(state->message));
	state->status = (int)es_member_int(&top, "status");
	state->last_ok = es_member_time(&top, "last_ok");
	state->last_try = es_member_time(&top, "last_try");
	state->next_try = es_member_time(&top, "next_try");
	struct earshot_str waits_by = es_member_text(&top, "waits_by");
	for (enum es_wait why = ES_WAIT_EVERY; why <= ES_WAIT_ROBOTS; why++)
		if (es_str_is(waits_by, es_wait_name(why)))
			state->why = why;
	state->last_item = es_member_time(&top, "last_item");
	state->silent_at = es_member_time(&top, "silent_at");
	state->silent = es_member_is_true(&top, "silent");
	if (es_member_raw(&top, "lag_ms").ptr)
		state->lag = es_member_int(&top, "lag_ms");
	get_usual(&state->usual, es_member_raw(&top, "days"));
	state->failures = es_member_int(&top, "failures");
	state->posts = es_member_int(&top, "posts");
	state->bad = es_member_int(&top, "bad");
	state->day = es_member_int(&top, "day");
	state->day_posts = es_member_int(&top, "day_posts");
	struct earshot_str rate = es_member_raw(&top, "items_per_day");
	if (rate.ptr && rate.len < 32) {
		char text[32];
		memcpy(text, rate.ptr, rate.len);
		text[rate.len] = '\0';
		state->items_per_day = strtod(text, NULL);
	}
	state->url_hash = get_hash(&cursor, "url");
	struct earshot_str seen = es_member_text(&cursor, "seen");
	rc = es_state_set_validators(state, es_member_text(&cursor, "etag"),
				     es_member_text(&cursor, "last_modified"));
	es_budget_get_spent(&state->own_spent, es_member_raw(&cursor, "spent"));
	if (rc == EARSHOT_OK)
		rc = es_alerts_decode(&state->alerts, es_member_raw(&top, "alerts"),
				      es_member_time(&top, "failing_since"));
	if (rc == EARSHOT_OK)
		rc = es_revisits_get(&state->revisits, &arena, es_member_raw(&cursor, "revisits"));
	if (rc == EARSHOT_OK)
		rc = es_websub_decode(&state->websub, es_member_raw(&top, "push"),
				      es_member_raw(&cursor, "push"));
	if (rc == EARSHOT_OK)
		rc = es_archive_decode(&state->archive, es_member_raw(&cursor, "archive"));
	if (rc == EARSHOT_OK)
		rc = get_moved(&cursor, state);
	if (rc == EARSHOT_OK)
		rc = es_pages_decode(&state->pages, state->source->connector, &arena,
				     es_member_raw(&cursor, "pages"));
	if (rc == EARSHOT_OK)
		rc = es_listening_decode(&state->listening, es_member_raw(&top, "stream"),
					 es_member_raw(&cursor, "stream"));
	if (rc == EARSHOT_OK)
		rc = get_files(state, &arena, es_member_raw(&cursor, "files"));
	if (rc == EARSHOT_OK && seen.ptr && !es_seen_decode(&state->seen, seen.ptr, seen.len))
		rc = EARSHOT_DATA;
	if (rc != EARSHOT_OK)
		es_err(error, rc, "topic sources, key %.*s: the cursor cannot be read",
		       ES_FMT(state->key));
	state->has_record = true;
	state->written_at = state->last_try != EARSHOT_NONE ? state->last_try : 0;
out:
	es_arena_release(&arena);
	if (rc != EARSHOT_OK)
		es_state_clear(state);
	return rc;
}
