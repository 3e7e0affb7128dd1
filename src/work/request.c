/* SPDX-License-Identifier: MIT
 *
 * request.c - replays in the topic `settings`: who asked for what, and how far each partition is.
 *
 *   replay/ID        the request, written by the command line
 *   replay/ID/3      its progress on partition 3 of `posts`, written by the worker that owns it
 *
 * A request stands before its progress, for both lie in partition 0.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "http/http.h"
#include "work/inside.h"

#define KIND      "replay"
#define VALUE_MAX 4096
#define PARTS_MAX 1024 /* as many as a topic may have */

struct known {
	struct es_replay_request request;
	struct es_replay_progress *parts; /* by partition */
	int n_parts;
};

struct es_replays {
	struct known *at[ES_REPLAY_REQUESTS]; /* in the order of `settings` */
	size_t n;
	int64_t *floors; /* by partition */
	int n_floors;
};

struct es_replays *es_replays_new(void)
{
	return calloc(1, sizeof(struct es_replays));
}

static void known_free(struct known *known)
{
	free(known->parts);
	free(known);
}

void es_replays_free(struct es_replays *replays)
{
	if (!replays)
		return;
	for (size_t i = 0; i < replays->n; i++)
		known_free(replays->at[i]);
	free(replays->floors);
	free(replays);
}

/* ---- one record ---- */

/* A short string without escapes, as everything here is; false where it is none. */
static bool get_text(struct earshot_str doc, const char *name, char *out, size_t size)
{
	struct earshot_str value = es_json_get(doc.ptr, doc.len, name);
	if (value.len < 2 || value.ptr[0] != '"' || value.len - 2 >= size ||
	    memchr(value.ptr, '\\', value.len))
		return false;
	memcpy(out, value.ptr + 1, value.len - 2);
	out[value.len - 2] = '\0';
	return true;
}

static int64_t get_int(struct earshot_str doc, const char *name)
{
	struct earshot_str value = es_json_get(doc.ptr, doc.len, name);
	int64_t out;
	return value.ptr && es_json_integer(value, &out) ? out : 0;
}

static int64_t get_time(struct earshot_str doc, const char *name)
{
	char text[48];
	int64_t ms;
	return get_text(doc, name, text, sizeof(text)) && es_time_parse(text, strlen(text), &ms)
		       ? ms
		       : EARSHOT_NONE;
}

static void put_time(struct es_buf *out, const char *name, int64_t ms)
{
	char text[ES_TIME_LEN];
	if (ms == EARSHOT_NONE)
		return;
	es_time_format(ms, text);
	es_buf_printf(out, ",\"%s\":\"%s\"", name, text);
}

static const char *const states[] = { [ES_REPLAY_STATE_UNSET] = "",
#define X(name, text) [ES_REPLAY_STATE_##name] = (text),
				      ES_REPLAY_STATES(X)
#undef X
};

/* What a progress adds to the members of a setting; its reader is read_progress(). */
static void write_progress(struct es_buf *out, const struct es_replay_progress *progress)
{
	es_buf_printf(out,
		      "\"replay\":\"%s\",\"partition\":%d,\"state\":\"%s\","
		      "\"passes\":%u,\"pass\":%u,\"from\":%lld,\"next\":%lld,\"end\":%lld,"
		      "\"changed\":%lld,\"same\":%lld,\"failed\":%lld",
		      progress->id, progress->partition, states[progress->state], progress->passes,
		      progress->pass, (long long)progress->from, (long long)progress->next,
		      (long long)progress->end, (long long)progress->changed,
		      (long long)progress->same, (long long)progress->failed);
}

static bool is_ours(const struct es_record *record)
{
	struct earshot_str kind, id;
	return record->value &&
	       es_setting_key_parse(es_str(record->key, record->key_len), &kind, &id) &&
	       es_str_is(kind, KIND);
}

/* One of ours, as far as every setting is alike. DATA, NOMEM. */
static int read_setting(struct es_arena *arena, const struct es_record *record,
			struct es_setting *out, struct earshot_error *error)
{
	int rc = es_setting_decode(arena, record->value, record->value_len, out, error);
	if (rc == 0 && !es_str_is(out->kind, KIND))
		rc = es_err(error, EARSHOT_DATA, "member \"kind\" is not that of the key");
	return rc;
}

static bool read_progress(const struct es_setting *setting, struct earshot_str doc,
			  struct es_replay_progress *out)
{
	char state[16];
	*out = (struct es_replay_progress){ .rev = setting->rev, .at = setting->at };
	if (!get_text(doc, "replay", out->id, sizeof(out->id)) ||
	    !get_text(doc, "state", state, sizeof(state)))
		return false;
	for (size_t i = 1; i < ES_COUNT(states); i++)
		if (strcmp(states[i], state) == 0)
			out->state = (enum es_replay_state)i;
	int64_t partition = get_int(doc, "partition");
	int64_t passes = get_int(doc, "passes"), pass = get_int(doc, "pass");
	if (!out->state || partition < 0 || partition >= PARTS_MAX || passes < 0 ||
	    passes > 65536 || pass < 0 || pass > passes)
		return false;
	out->partition = (int)partition;
	out->passes = (unsigned)passes;
	out->pass = (unsigned)pass;
	out->from = get_int(doc, "from");
	out->next = get_int(doc, "next");
	out->end = get_int(doc, "end");
	out->changed = get_int(doc, "changed");
	out->same = get_int(doc, "same");
	out->failed = get_int(doc, "failed");
	return true;
}

int es_replay_progress_read(const struct es_record *record, struct es_replay_progress *out)
{
	struct es_arena arena = { 0 };
	struct es_setting setting;
	bool yes = is_ours(record) && read_setting(&arena, record, &setting, NULL) == 0 &&
		   read_progress(&setting, es_str(record->value, record->value_len), out);
	es_arena_release(&arena);
	return yes;
}

static bool read_request(const struct es_setting *setting, struct earshot_str doc,
			 struct es_replay_request *out)
{
	*out = (struct es_replay_request){ .at = setting->at };
	if (!get_text(doc, "id", out->id, sizeof(out->id)) ||
	    !get_text(doc, "settings", out->settings, sizeof(out->settings)))
		return false;
	out->from = get_time(doc, "from");
	out->to = get_time(doc, "to");
	return true;
}

/* ---- the table ---- */

static int note_floor(struct es_replays *replays, int partition, int64_t rev)
{
	if (partition >= replays->n_floors) {
		int64_t *floors =
			realloc(replays->floors, ((size_t)partition + 1) * sizeof(*floors));
		if (!floors)
			return EARSHOT_NOMEM;
		while (replays->n_floors <= partition)
			floors[replays->n_floors++] = 0;
		replays->floors = floors;
	}
	if (rev > replays->floors[partition])
		replays->floors[partition] = rev;
	return 0;
}

static struct known *find(const struct es_replays *replays, const char *id)
{
	for (size_t i = 0; i < replays->n; i++)
		if (strcmp(replays->at[i]->request.id, id) == 0)
			return replays->at[i];
	return NULL;
}

/* A further request; the oldest makes room for it. */
static int note_request(struct es_replays *replays, const struct es_replay_request *request)
{
	struct known *known = find(replays, request->id);
	if (known) {
		known->request = *request;
		return 0;
	}
	known = calloc(1, sizeof(*known));
	if (!known)
		return EARSHOT_NOMEM;
	known->request = *request;
	if (replays->n == ES_REPLAY_REQUESTS) {
		known_free(replays->at[0]);
		memmove(replays->at, replays->at + 1, --replays->n * sizeof(struct known *));
	}
	replays->at[replays->n++] = known;
	return 0;
}

int es_replays_note(struct es_replays *replays, const struct es_replay_progress *progress,
		    struct earshot_error *error)
{
	struct known *known = find(replays, progress->id);
	if (note_floor(replays, progress->partition, progress->rev))
		return es_err_nomem(error);
	if (!known)
		return 0;
	if (progress->partition >= known->n_parts) {
		int n = progress->partition + 1;
		struct es_replay_progress *parts =
			realloc(known->parts, (size_t)n * sizeof(*parts));
		if (!parts)
			return es_err_nomem(error);
		while (known->n_parts < n)
			parts[known->n_parts++] = (struct es_replay_progress){ .at = EARSHOT_NONE };
		known->parts = parts;
	}
	known->parts[progress->partition] = *progress;
	return 0;
}

int es_replays_put(struct es_replays *replays, const struct es_record *record,
		   struct earshot_error *error)
{
	const struct earshot_str doc = es_str(record->value, record->value_len);
	struct es_arena arena = { 0 };
	struct es_setting setting;
	struct es_replay_progress progress;
	struct es_replay_request request;
	if (!is_ours(record))
		return 0; /* another kind of setting */
	int rc = read_setting(&arena, record, &setting, error);
	if (rc == 0 && read_progress(&setting, doc, &progress))
		rc = es_replays_note(replays, &progress, error);
	else if (rc == 0 && read_request(&setting, doc, &request))
		rc = note_request(replays, &request) ? es_err_nomem(error) : 0;
	else if (rc != EARSHOT_NOMEM) {
		es_log(ES_WARN, "replay.bad_record", ES_LOG_I("offset", record->offset));
		rc = 0;
	}
	es_arena_release(&arena);
	return rc;
}

const struct es_replay_request *es_replays_next(const struct es_replays *replays, int partition,
						struct es_replay_progress *progress)
{
	const char *settings = replays->n ? replays->at[replays->n - 1]->request.settings : "";
	for (size_t i = 0; i < replays->n; i++) {
		const struct known *known = replays->at[i];
		*progress = (struct es_replay_progress){ .partition = partition,
							 .passes = 1,
							 .at = EARSHOT_NONE };
		if (partition < known->n_parts && known->parts[partition].state)
			*progress = known->parts[partition];
		snprintf(progress->id, sizeof(progress->id), "%s", known->request.id);
		/* one for settings that a later one replaces is of no use */
		if (progress->state != ES_REPLAY_STATE_DONE &&
		    strcmp(known->request.settings, settings) == 0)
			return &known->request;
	}
	return NULL;
}

int64_t es_replays_floor(const struct es_replays *replays, int partition)
{
	return partition < replays->n_floors ? replays->floors[partition] : 0;
}

/* ---- writing ---- */

/* `members`: what it says beside those of every setting. */
static int put(struct es_session *session, const struct es_setting *setting,
	       const struct es_buf *members, struct earshot_error *error)
{
	struct es_header headers[ES_CLOUDEVENT_HEADERS];
	struct es_arena arena = { 0 };
	struct es_buf value;
	struct earshot_str key = es_setting_key(&arena, setting);
	const struct es_cloudevent event = { .type = "setting",
					     .source = ES_STR("/earshot/replay"),
					     .id = key,
					     .rev = EARSHOT_NONE,
					     .time_ms = es_now_ms() };
	es_buf_init(&value, VALUE_MAX);
	es_setting_encode(&value, setting, es_buf_view(members));
	const struct es_record record = { .topic = es_topics[ES_TOPIC_SETTINGS].name,
					  .partition = 0,
					  .key = key.ptr,
					  .key_len = key.len,
					  .value = value.ptr,
					  .value_len = value.len,
					  .headers = headers,
					  .n_headers =
						  es_cloudevent_headers(&arena, &event, headers) };
	bool good = key.ptr && es_buf_ok(members) && es_buf_ok(&value) && record.n_headers;
	int rc = good ? es_session_put(session, &record, error) : es_err_nomem(error);
	es_buf_release(&value);
	es_arena_release(&arena);
	return rc;
}

int es_replay_progress_put(struct es_session *session, const struct es_replay_progress *progress,
			   struct earshot_error *error)
{
	char id[48];
	struct es_buf members;
	snprintf(id, sizeof(id), "%s/%d", progress->id, progress->partition);
	const struct es_setting setting = {
		.kind = ES_STR(KIND), .id = es_str_of(id), .rev = progress->rev, .at = progress->at
	};
	es_buf_init(&members, VALUE_MAX);
	write_progress(&members, progress);
	int rc = put(session, &setting, &members, error);
	es_buf_release(&members);
	return rc;
}

int es_replay_ask(struct es_bus *bus, struct es_replay_request *request, int64_t *offset,
		  struct earshot_error *error)
{
	static const struct es_session_options options = { .role = "replay",
							   .instance = "replay",
							   .threads = 1 };
	struct es_session *session = NULL;
	struct es_buf members;
	unsigned char random[6] = { 0 };
	int64_t first;
	/* as es_map_init(): cannot fail once the kernel has booted */
	ssize_t ignored = getrandom(random, sizeof(random), 0);
	(void)ignored;
	request->at = es_now_ms();
	int n = snprintf(request->id, sizeof(request->id), "%lld-", (long long)request->at);
	es_hex(random, sizeof(random), request->id + n);
	const struct es_setting setting = { .kind = ES_STR(KIND),
					    .id = es_str_of(request->id),
					    .rev = request->at,
					    .at = request->at,
					    .by = ES_STR("earshot replay") };
	es_buf_init(&members, VALUE_MAX);
	es_buf_printf(&members, "\"settings\":\"%s\"", request->settings);
	put_time(&members, "from", request->from);
	put_time(&members, "to", request->to);
	int rc = es_bus_offsets(bus, es_topics[ES_TOPIC_SETTINGS].name, 0, &first, offset, error);
	if (rc == 0)
		rc = es_session_open(bus, &options, &session, error);
	if (rc == 0)
		rc = es_session_begin(session, error);
	if (rc == 0)
		rc = put(session, &setting, &members, error);
	if (rc == 0)
		rc = es_session_commit(session, false, error);
	es_session_close(session);
	es_buf_release(&members);
	return rc;
}
