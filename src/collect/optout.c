/* SPDX-License-Identifier: MIT */
#include "collect/optout.h"

#include "collect/inside.h"
#include "http/http.h"

#define BATCHES 64 /* most polls of one look */

void es_optouts_release(struct es_optouts *optouts)
{
	if (optouts->session)
		es_session_close(optouts->session);
	es_map_release(&optouts->ids);
	es_arena_release(&optouts->names);
	*optouts = (struct es_optouts){ 0 };
}

struct earshot_str es_optout_id(const struct es_privacy *privacy, struct es_arena *arena,
				struct earshot_str channel, struct earshot_str who)
{
	size_t len = ES_AUTHOR_HASH_LEN + (channel.len ? 1 + channel.len : 0);
	char *out = es_arena_alloc(arena, len + 1);
	if (!out)
		return es_str(NULL, 0);
	es_privacy_hash(privacy, ES_OPTOUT, ES_STR(""), who, out);
	if (channel.len) {
		out[ES_AUTHOR_HASH_LEN] = '/';
		memcpy(out + ES_AUTHOR_HASH_LEN + 1, channel.ptr, channel.len);
	}
	return es_str(out, len);
}

void es_optout_check(const struct es_privacy *privacy, char out[ES_OPTOUT_CHECK + 1])
{
	char hash[ES_AUTHOR_HASH_LEN + 1];
	es_privacy_hash(privacy, "check", ES_STR(""), ES_STR(""), hash);
	memcpy(out, hash, ES_OPTOUT_CHECK);
	out[ES_OPTOUT_CHECK] = '\0';
}

struct reading {
	struct es_optouts *optouts;
	const struct es_privacy *privacy;
};

static int same_key(const struct es_privacy *privacy, const struct es_record *record,
		    struct earshot_error *error)
{
	struct earshot_str said = es_json_get(record->value, record->value_len, "check");
	char check[ES_OPTOUT_CHECK + 1];
	bool have = privacy->options.author_key.len > 0;
	if (have)
		es_optout_check(privacy, check);
	if (have && said.len == ES_OPTOUT_CHECK + 2 &&
	    memcmp(said.ptr + 1, check, ES_OPTOUT_CHECK) == 0)
		return EARSHOT_OK;
	es_err(error, EARSHOT_CONFIG, "privacy.author_key is %s `earshot forget` was run with",
	       have ? "another than" : "not set, and there are opt-outs that");
	es_err_hint(error, "set that key again: without it those who were forgotten would be "
			   "collected");
	return EARSHOT_CONFIG;
}

static int take(void *ctx, const struct es_record *record, struct earshot_error *error)
{
	struct reading *reading = ctx;
	struct es_optouts *optouts = reading->optouts;
	struct earshot_str kind, id, key = es_str(record->key, record->key_len);
	if (!es_setting_key_parse(key, &kind, &id) || !es_str_is(kind, ES_OPTOUT))
		return EARSHOT_OK;
	if (!record->value) {
		(void)es_map_remove(&optouts->ids, id.ptr, id.len);
		return EARSHOT_OK;
	}
	bool post = es_str_is(es_json_get(record->value, record->value_len, "of"), "\"post\"");
	*(post ? &optouts->posts : &optouts->authors) = true;
	int rc = same_key(reading->privacy, record, error);
	if (rc != EARSHOT_OK || es_map_get(&optouts->ids, id.ptr, id.len))
		return rc;
	struct earshot_str copy = es_arena_str(&optouts->names, id.ptr, id.len);
	if (!copy.ptr || es_map_put(&optouts->ids, copy.ptr, copy.len, (void *)(uintptr_t)copy.ptr))
		return es_err_nomem(error);
	return EARSHOT_OK;
}

int es_optouts_open(struct es_optouts *optouts, const struct es_privacy *privacy,
		    struct es_bus *bus, const char *instance, const atomic_bool *stop,
		    struct earshot_error *error)
{
	struct reading reading = { optouts, privacy };
	const char *topic = es_topics[ES_TOPIC_SETTINGS].name;
	const struct es_session_options options = { .role = "collect.settings",
						    .instance = instance,
						    .threads = 1,
						    .topics = &topic,
						    .n_topics = 1,
						    .from_end = true };
	const struct es_reading load = { .bus = bus,
					 .role = ES_COLLECT_LOAD,
					 .instance = instance,
					 .topic = topic,
					 .stop = stop };
	/* first the one that follows: what is written meanwhile is met twice, not missed */
	int rc = EARSHOT_OK;
	if (!optouts->session) {
		es_map_init(&optouts->ids);
		rc = es_session_open(bus, &options, &optouts->session, error);
	}
	return rc == EARSHOT_OK ? es_bus_read(&load, take, &reading, error) : rc;
}

int es_optouts_follow(struct es_optouts *optouts, const struct es_privacy *privacy,
		      struct earshot_error *error)
{
	struct reading reading = { optouts, privacy };
	for (int i = 0; i < BATCHES; i++) {
		struct es_batch batch = { 0 };
		int rc = es_session_poll(optouts->session, 0, &batch, error);
		for (size_t k = 0; k < batch.n && rc == EARSHOT_OK; k++)
			rc = take(&reading, &batch.records[k], error);
		if (rc != EARSHOT_OK || batch.event == ES_EVENT_NONE)
			return rc;
	}
	return EARSHOT_OK;
}

int es_optouts_look(const struct es_optouts *optouts, const struct es_privacy *privacy,
		    struct es_arena *arena, const struct es_source *source,
		    const struct earshot_post *post, bool *yes)
{
	const struct earshot_author *author = &post->author;
	*yes = false;
	if (optouts->ids.n == 0)
		return EARSHOT_OK;
	struct earshot_str hashed = { NULL, 0 };
	if (optouts->authors && es_privacy_key(privacy, arena, source, post, &hashed) != EARSHOT_OK)
		return EARSHOT_NOMEM;
	const struct {
		struct earshot_str name;
		bool wanted;
	} names[] = { { post->id, optouts->posts },
		      { author->key, optouts->authors },
		      { author->handle, optouts->authors },
		      { hashed, optouts->authors },
		      { author->name,
			optouts->authors && !author->key.len && !author->handle.len } };
	for (size_t i = 0; i < ES_COUNT(names) && !*yes; i++) {
		if (!names[i].wanted || !names[i].name.len)
			continue;
		struct earshot_str who = es_privacy_handle(arena, names[i].name);
		struct earshot_str id =
			who.ptr ? es_optout_id(privacy, arena, post->channel, who) : who;
		if (!id.ptr)
			return EARSHOT_NOMEM;
		*yes = es_map_get(&optouts->ids, id.ptr, id.len) ||
		       es_map_get(&optouts->ids, id.ptr, ES_AUTHOR_HASH_LEN);
	}
	return EARSHOT_OK;
}
