/* SPDX-License-Identifier: MIT
 *
 * forget.c - an author or a post leaves the log.
 *
 *   1. opt-out -> settings                       collectors drop what comes from now on
 *   2. read the topics keyed by post -> what is there of it
 *   3. nulls, and an entry in `audit`            compaction does the rest
 *   2. and 3. once more after a while: a collector may have had a post in its hands at 1.
 *
 * A worker that is behind meets the null in `posts` behind the post, and takes back what it
 * wrote. The last record of a key decides: one that is somebody else's is left.
 */
#include "collect/inside.h"
#include "post/post.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LOOKS       2    /* readings of the topics */
#define BETWEEN_MS  1000 /* collectors look at `settings` every 250 ms and commit after 50 */
#define SLICE       1000 /* nulls of one transaction */
#define NAME_MIN    4    /* bytes: shorter names are not looked for inside of dead letters */
#define MESSAGE_MAX 1024 /* of an audit entry */

/* What is there under a key, of one topic. */
struct live {
	struct earshot_str key, post;
	int partition;
};

struct forget {
	const struct es_forget_options *options;
	struct es_privacy privacy;
	struct es_forget_result *result;
	struct es_session *session;
	struct es_arena arena;   /* of the whole run: grows with what is of the author */
	struct es_arena scratch; /* of one record */
	struct earshot_str handle, subject;
	struct es_map posts;           /* ids that are of it */
	struct es_map handles;         /* of the author, as its posts have them */
	struct es_map live[ES_TOPICS]; /* key -> struct live */
	/* hash of the author on the platform of the last record that had one */
	struct earshot_str platform, hash[2];
	enum es_topic_id topic; /* that is being read */
};

/* ---- whose is it? ---- */

/* With hash_authors a record holds no name: what its key would be. */
static int is_hash(struct forget *forget, const struct earshot_post *post, bool *yes)
{
	const struct es_source source = {
		.id = es_arena_str(&forget->scratch, post->source.ptr, post->source.len).ptr
	};
	struct earshot_str platform = es_privacy_platform(&source, post);
	*yes = false;
	if (post->author.key.len != ES_AUTHOR_HASH_LEN || !source.id)
		return source.id ? EARSHOT_OK : EARSHOT_NOMEM;
	if (!forget->platform.ptr || !es_str_eq(platform, forget->platform)) {
		const struct earshot_str who[] = { forget->options->author, forget->handle };
		forget->platform = es_arena_str(&forget->arena, platform.ptr, platform.len);
		for (int i = 0; i < 2; i++) {
			forget->hash[i] = es_privacy_author(&forget->privacy, &forget->arena,
							    platform, who[i]);
			if (!forget->hash[i].ptr || !forget->platform.ptr)
				return EARSHOT_NOMEM;
		}
	}
	*yes = es_str_eq(post->author.key, forget->hash[0]) ||
	       es_str_eq(post->author.key, forget->hash[1]);
	return EARSHOT_OK;
}

static int is_author(struct forget *forget, const struct earshot_post *post, bool *yes)
{
	const struct es_forget_options *options = forget->options;
	const struct earshot_author *author = &post->author;
	struct earshot_str handle = es_privacy_bare(author->handle);
	*yes = false;
	if (options->channel.ptr && !es_str_eq(options->channel, post->channel))
		return EARSHOT_OK;
	*yes = es_str_eq_nocase(author->key, options->author) ||
	       es_str_eq_nocase(handle, forget->handle) ||
	       (!author->key.len && !handle.len && es_str_eq_nocase(author->name, options->author));
	if (!*yes)
		return is_hash(forget, post, yes);
	/* a dead letter may hold the handle alone */
	struct earshot_str kept = es_arena_str(&forget->arena, handle.ptr, handle.len);
	if (!handle.len || es_map_get(&forget->handles, handle.ptr, handle.len))
		return EARSHOT_OK;
	return kept.ptr ? es_map_put(&forget->handles, kept.ptr, kept.len, forget) : EARSHOT_NOMEM;
}

/* The name in bytes that nobody could read, in any case, not as a part of another one. */
static bool holds(struct earshot_str text, struct earshot_str name)
{
	if (name.len < NAME_MIN)
		return false;
	for (size_t at = 0; at + name.len <= text.len; at++) {
		if (!es_str_eq_nocase(es_str(text.ptr + at, name.len), name))
			continue;
		char before = at > 0 ? text.ptr[at - 1] : ' ';
		char after = at + name.len < text.len ? text.ptr[at + name.len] : ' ';
		if (!es_plain_alpha(before) && !es_plain_digit(before) && !es_plain_alpha(after) &&
		    !es_plain_digit(after))
			return true;
	}
	return false;
}

static bool record_holds(const struct es_record *record, struct earshot_str name)
{
	bool yes = holds(es_str(record->value, record->value_len), name);
	for (size_t i = 0; i < record->n_headers && !yes; i++)
		yes = holds(es_str(record->headers[i].value, record->headers[i].len), name);
	return yes;
}

static bool letter_holds(const struct forget *forget, const struct es_record *record)
{
	const struct es_map_slot *slot;
	size_t at = 0;
	bool yes = record_holds(record, forget->options->post) ||
		   record_holds(record, forget->options->author) ||
		   record_holds(record, forget->handle);
	while (!yes && (slot = es_map_next(&forget->handles, &at)))
		yes = record_holds(record, slot->key);
	return yes;
}

static int is_of(struct forget *forget, const struct es_record *record, struct earshot_str key,
		 struct earshot_str *post, bool *yes)
{
	static const struct es_slice_options lenient = { .lenient = true };
	struct earshot_str agent;
	struct es_slice slice;
	*post = key;
	*yes = false;
	if (forget->topic == ES_TOPIC_REVIEWS) {
		*yes = es_review_key_parse(key, post, &agent) &&
		       es_map_get(&forget->posts, post->ptr, post->len);
		return EARSHOT_OK;
	}
	*yes = es_map_get(&forget->posts, key.ptr, key.len) != NULL;
	if (forget->topic == ES_TOPIC_DEADLETTER && !*yes)
		*yes = letter_holds(forget, record);
	if (*yes || !forget->options->author.ptr ||
	    es_post_slice(&forget->scratch, record->value, record->value_len, &lenient, &slice,
			  NULL) != EARSHOT_OK)
		return EARSHOT_OK;
	return is_author(forget, &slice.post, yes);
}

/* ---- reading ---- */

static int keep(struct forget *forget, const struct es_record *record, struct earshot_str key,
		struct earshot_str post)
{
	struct live *live = es_arena_zalloc(&forget->arena, 1, sizeof(*live));
	if (!live)
		return EARSHOT_NOMEM;
	live->key = es_arena_str(&forget->arena, key.ptr, key.len);
	live->post = es_arena_str(&forget->arena, post.ptr, post.len);
	live->partition = record->partition;
	if (!live->key.ptr || !live->post.ptr ||
	    es_map_put(&forget->live[forget->topic], live->key.ptr, live->key.len, live))
		return EARSHOT_NOMEM;
	/* an author's post: its reviews and its dead letters are found by its id */
	if (forget->topic != ES_TOPIC_REVIEWS && es_post_id_valid(live->post) &&
	    forget->topic != ES_TOPIC_DEADLETTER)
		return es_map_put(&forget->posts, live->post.ptr, live->post.len, live);
	return EARSHOT_OK;
}

static int take(void *ctx, const struct es_record *record, struct earshot_error *error)
{
	struct forget *forget = ctx;
	struct earshot_str key = es_str(record->key, record->key_len), post;
	struct es_map *live = &forget->live[forget->topic];
	bool yes = false;
	if (!key.ptr)
		return EARSHOT_OK;
	es_arena_reset(&forget->scratch);
	if (record->value && is_of(forget, record, key, &post, &yes) != EARSHOT_OK)
		return es_err_nomem(error);
	if (!yes)
		(void)es_map_remove(live, key.ptr, key.len);
	else if (!es_map_get(live, key.ptr, key.len) && keep(forget, record, key, post))
		return es_err_nomem(error);
	return EARSHOT_OK;
}

/* In this order: posts and mentions say which ids are the author's. */
static const struct {
	enum es_topic_id id;
	const char *type; /* of its records */
} topics[] = { { ES_TOPIC_POSTS, "post" },           { ES_TOPIC_POSITIVE, "mention" },
	       { ES_TOPIC_NEUTRAL, "mention" },      { ES_TOPIC_NEGATIVE, "mention" },
	       { ES_TOPIC_FLAGGED, "mention" },      { ES_TOPIC_REVIEWS, "review" },
	       { ES_TOPIC_DEADLETTER, ES_DEAD_TYPE } };

static int look(struct forget *forget, struct earshot_error *error)
{
	int rc = EARSHOT_OK;
	for (size_t i = 0; i < ES_COUNT(topics) && rc == EARSHOT_OK; i++) {
		const struct es_reading load = { .bus = forget->options->bus,
						 .role = "forget",
						 .instance = forget->options->instance,
						 .topic = es_topics[topics[i].id].name };
		forget->topic = topics[i].id;
		es_map_clear(&forget->live[topics[i].id]);
		rc = es_bus_read(&load, take, forget, error);
	}
	return rc;
}

/* ---- writing ---- */

static int put(struct forget *forget, enum es_topic_id topic, const struct live *live,
	       struct earshot_str key, struct es_buf *value, const char *type,
	       struct earshot_error *error)
{
	struct es_header headers[ES_CLOUDEVENT_HEADERS];
	es_arena_reset(&forget->scratch);
	const struct es_cloudevent event = { .type = type,
					     .source = ES_STR("/earshot/forget"),
					     .id = key,
					     .rev = EARSHOT_NONE, /* an erasure: view.h */
					     .time_ms = es_now_ms(),
					     .null = !value };
	const struct es_record record = { .topic = es_topics[topic].name,
					  .partition = live ? live->partition : -1,
					  .key = topic == ES_TOPIC_AUDIT ? NULL : key.ptr,
					  .key_len = topic == ES_TOPIC_AUDIT ? 0 : key.len,
					  .value = value ? value->ptr : NULL,
					  .value_len = value ? value->len : 0,
					  .headers = headers,
					  .n_headers = es_cloudevent_headers(&forget->scratch,
									     &event, headers) };
	if (record.n_headers == 0 || (value && !es_buf_ok(value)))
		return es_err_nomem(error);
	return es_session_put(forget->session, &record, error);
}

/* What this transaction does, for those who have to prove it: whoever knows the author and
 * the key can make the subject again, nobody else can read it. */
static int put_ledger(struct forget *forget, bool optout, const int64_t removed[ES_TOPICS],
		      struct earshot_error *error)
{
	const struct es_forget_options *options = forget->options;
	char at[ES_TIME_LEN], by[ES_TIME_LEN];
	int64_t now = es_now_ms();
	struct es_buf value;
	es_buf_init(&value, MESSAGE_MAX);
	es_time_format(now, at);
	es_time_format(now + ES_DAY, by);
	es_buf_printf(&value, "{\"at\":\"%s\",\"who\":", at);
	es_buf_json_str(&value, options->who, strlen(options->who));
	es_buf_printf(&value, ",\"what\":\"forget\",\"of\":\"%s\",\"subject\":\"%s\",\"optout\":%s",
		      options->post.ptr ? "post" : "author", forget->result->subject,
		      optout ? "true" : "false");
	es_buf_puts(&value, ",\"removed\":{");
	for (size_t i = 0, n = 0; i < ES_COUNT(topics); i++)
		if (removed[topics[i].id])
			es_buf_printf(&value, "%s\"%s\":%lld", n++ ? "," : "",
				      es_topics[topics[i].id].name,
				      (long long)removed[topics[i].id]);
	es_buf_printf(&value, "},\"gone_by\":\"%s\"}", by);
	int rc = put(forget, ES_TOPIC_AUDIT, NULL, es_str_of(forget->result->subject), &value,
		     "audit", error);
	es_buf_release(&value);
	return rc;
}

static int write_nulls(struct forget *forget, struct earshot_error *error)
{
	int64_t removed[ES_TOPICS] = { 0 };
	size_t n = 0;
	int rc = EARSHOT_OK;
	for (size_t i = 0; i < ES_COUNT(topics) && rc == EARSHOT_OK; i++) {
		enum es_topic_id topic = topics[i].id;
		const struct es_map_slot *slot;
		size_t at = 0;
		while (rc == EARSHOT_OK && (slot = es_map_next(&forget->live[topic], &at))) {
			const struct live *live = slot->value;
			if (n == 0)
				rc = es_session_begin(forget->session, error);
			if (rc == EARSHOT_OK)
				rc = put(forget, topic, live, live->key, NULL, topics[i].type,
					 error);
			removed[topic]++;
			forget->result->removed[topic]++;
			if (rc != EARSHOT_OK || ++n < SLICE)
				continue;
			rc = put_ledger(forget, false, removed, error);
			if (rc == EARSHOT_OK)
				rc = es_session_commit(forget->session, false, error);
			memset(removed, 0, sizeof(removed));
			n = 0;
		}
	}
	if (rc == EARSHOT_OK && n)
		rc = put_ledger(forget, false, removed, error);
	if (rc == EARSHOT_OK && n)
		rc = es_session_commit(forget->session, false, error);
	return rc;
}

static int write_optout(struct forget *forget, struct earshot_error *error)
{
	static const int64_t none[ES_TOPICS];
	char members[64], check[ES_OPTOUT_CHECK + 1];
	int64_t now = es_now_ms();
	const struct es_setting setting = { .kind = ES_STR(ES_OPTOUT),
					    .id = forget->subject,
					    .rev = now,
					    .at = now,
					    .by = ES_STR("forget") };
	struct earshot_str key = es_setting_key(&forget->arena, &setting);
	struct es_buf value;
	if (!key.ptr)
		return es_err_nomem(error);
	es_optout_check(&forget->privacy, check);
	snprintf(members, sizeof(members), "\"of\":\"%s\",\"check\":\"%s\"",
		 forget->options->post.ptr ? "post" : "author", check);
	es_buf_init(&value, MESSAGE_MAX);
	es_setting_encode(&value, &setting, es_str_of(members));
	int rc = es_session_begin(forget->session, error);
	if (rc == EARSHOT_OK)
		rc = put(forget, ES_TOPIC_SETTINGS, NULL, key, &value, "setting", error);
	if (rc == EARSHOT_OK)
		rc = put_ledger(forget, true, none, error);
	if (rc == EARSHOT_OK)
		rc = es_session_commit(forget->session, false, error);
	es_buf_release(&value);
	return rc;
}

/* ---- all of it ---- */

static int begin(struct forget *forget, struct earshot_error *error)
{
	const struct es_forget_options *options = forget->options;
	struct es_optouts optouts = { 0 };
	struct earshot_str none = ES_STR("");
	if (!options->privacy.author_key.len) {
		es_err(error, EARSHOT_CONFIG,
		       "privacy.author_key is not set: what is forgotten is "
		       "kept out by a hash with this key");
		es_err_hint(error, ES_AUTHOR_KEY_HINT);
		return EARSHOT_CONFIG;
	}
	int rc = es_privacy_init(&forget->privacy, &options->privacy, error);
	if (rc == EARSHOT_OK && options->post.ptr && !es_post_id_valid(options->post))
		rc = es_err(error, EARSHOT_DATA, "%.*s is no id of a post: it has %d hex digits",
			    ES_FMT(options->post), EARSHOT_ID_LEN);
	if (rc == EARSHOT_OK && !options->post.ptr && !options->author.len)
		rc = es_err(error, EARSHOT_DATA, "the author is empty");
	if (rc != EARSHOT_OK)
		return rc;
	if (options->post.ptr) {
		if (es_map_put(&forget->posts, options->post.ptr, options->post.len, forget))
			return es_err_nomem(error);
	} else if (!(forget->handle = es_privacy_handle(&forget->arena, options->author)).ptr) {
		return es_err_nomem(error);
	}
	struct earshot_str who = options->post.ptr ? options->post : forget->handle;
	forget->subject = es_optout_id(&forget->privacy, &forget->arena,
				       options->channel.ptr ? options->channel : none, who);
	if (!forget->subject.ptr)
		return es_err_nomem(error);
	memcpy(forget->result->subject, forget->subject.ptr, ES_AUTHOR_HASH_LEN);
	rc = es_optouts_open(&optouts, &forget->privacy, options->bus, options->instance, NULL,
			     error);
	forget->result->known =
		es_map_get(&optouts.ids, forget->subject.ptr, forget->subject.len) != NULL;
	es_optouts_release(&optouts);
	const struct es_session_options session = { .role = "forget",
						    .instance = options->instance,
						    .threads = 1 };
	return rc == EARSHOT_OK ? es_session_open(options->bus, &session, &forget->session, error)
				: rc;
}

int es_collect_forget(const struct es_forget_options *options, struct es_forget_result *result,
		      struct earshot_error *error)
{
	struct forget forget = { .options = options, .result = result };
	*result = (struct es_forget_result){ 0 };
	es_map_init(&forget.posts);
	es_map_init(&forget.handles);
	for (int i = 0; i < ES_TOPICS; i++)
		es_map_init(&forget.live[i]);
	int rc = begin(&forget, error);
	if (rc == EARSHOT_OK && !result->known)
		rc = write_optout(&forget, error);
	for (int i = 0; i < LOOKS && rc == EARSHOT_OK; i++) {
		if (i > 0)
			nanosleep(&(struct timespec){ BETWEEN_MS / 1000, 0 }, NULL);
		rc = look(&forget, error);
		if (rc == EARSHOT_OK)
			rc = write_nulls(&forget, error);
	}
	if (forget.session)
		es_session_close(forget.session);
	if (rc == EARSHOT_OK)
		rc = es_bus_clean(options->bus, es_now_ms(), error);
	es_privacy_release(&forget.privacy);
	es_map_release(&forget.posts);
	es_map_release(&forget.handles);
	for (int i = 0; i < ES_TOPICS; i++)
		es_map_release(&forget.live[i]);
	es_arena_release(&forget.arena);
	es_arena_release(&forget.scratch);
	return rc;
}
