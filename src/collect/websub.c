/* SPDX-License-Identifier: MIT
 *
 * websub.c - what is known of a subscription, in the record of its source.
 */
#include "collect/websub.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/state.h"
#include "http/http.h"
#include "post/post.h"

static const char *const names[] = { "wanted", "asked", "subscribed", "refused" };

const char *es_push_name(enum es_push_state state)
{
	return names[state];
}

void es_websub_free(struct es_websub *websub)
{
	if (!websub)
		return;
	free(websub->hub);
	free(websub->topic);
	free(websub);
}

static void put_text(struct es_buf *out, const char *name, const char *value)
{
	if (!*value)
		return;
	es_buf_printf(out, ",\"%s\":", name);
	es_buf_json_str(out, value, strlen(value));
}

static void put_time(struct es_buf *out, const char *name, int64_t ms)
{
	char text[ES_TIME_LEN];
	if (ms != EARSHOT_NONE && es_time_format(ms, text) > 0)
		put_text(out, name, text);
}

void es_websub_encode_health(struct es_buf *out, const struct es_websub *websub)
{
	struct es_buf url;
	if (!websub)
		return;
	es_buf_printf(out, ",\"push\":{\"state\":\"%s\"", names[websub->state]);
	put_text(out, "hub", es_url_shown(&url, websub->hub));
	es_buf_release(&url);
	put_time(out, "until", websub->until);
	put_time(out, "last", websub->last);
	if (websub->comes)
		es_buf_puts(out, ",\"comes\":true");
	if (websub->failures)
		es_buf_printf(out, ",\"failures\":%lld", (long long)websub->failures);
	put_text(out, "message", websub->message);
	es_buf_putc(out, '}');
}

void es_websub_encode(struct es_buf *out, const struct es_websub *websub)
{
	if (!websub)
		return;
	es_buf_printf(out, ",\"push\":{\"token\":\"%s\",\"secret\":\"%s\"", websub->token,
		      websub->secret);
	put_text(out, "hub", websub->hub);
	put_text(out, "topic", websub->topic);
	put_time(out, "ask_at", websub->ask_at);
	es_buf_putc(out, '}');
}

/* A member that is a string; false where it is none. */
static bool get_text(struct es_arena *arena, struct earshot_str object, const char *name,
		     struct earshot_str *out)
{
	struct earshot_str raw = es_json_get(object.ptr, object.len, name);
	return raw.ptr && es_json_string(arena, raw, out);
}

static int64_t get_time(struct es_arena *arena, struct earshot_str object, const char *name)
{
	struct earshot_str text;
	int64_t ms;
	return get_text(arena, object, name, &text) && es_time_parse(text.ptr, text.len, &ms)
		       ? ms
		       : EARSHOT_NONE;
}

static void get_health(struct es_websub *websub, struct es_arena *arena, struct earshot_str health)
{
	struct earshot_str text;
	int64_t failures;
	if (get_text(arena, health, "state", &text))
		for (size_t i = 0; i < ES_COUNT(names); i++)
			if (es_str_is(text, names[i]))
				websub->state = (enum es_push_state)i;
	if (get_text(arena, health, "message", &text))
		snprintf(websub->message, sizeof(websub->message), "%.*s", ES_FMT(text));
	struct earshot_str raw = es_json_get(health.ptr, health.len, "failures");
	if (raw.ptr && es_json_integer(raw, &failures) && failures > 0)
		websub->failures = failures;
	websub->comes = es_str_is(es_json_get(health.ptr, health.len, "comes"), "true");
	websub->until = get_time(arena, health, "until");
	websub->last = get_time(arena, health, "last");
}

int es_websub_decode(struct es_websub **out, struct earshot_str health, struct earshot_str cursor)
{
	struct earshot_str hub, topic, token, secret;
	struct es_arena arena;
	int rc = EARSHOT_OK;
	*out = NULL;
	if (!health.ptr || !cursor.ptr)
		return rc;
	es_arena_init(&arena, 64 * 1024);
	/* one that cannot be read is found again */
	if (!get_text(&arena, cursor, "hub", &hub) || !get_text(&arena, cursor, "topic", &topic) ||
	    !get_text(&arena, cursor, "token", &token) || token.len != ES_PUSH_KEY ||
	    !get_text(&arena, cursor, "secret", &secret) || secret.len != ES_PUSH_KEY)
		goto out;
	struct es_websub *websub = calloc(1, sizeof(*websub));
	if (websub) {
		websub->hub = strndup(hub.ptr, hub.len);
		websub->topic = strndup(topic.ptr, topic.len);
	}
	if (!websub || !websub->hub || !websub->topic) {
		es_websub_free(websub);
		rc = EARSHOT_NOMEM;
		goto out;
	}
	memcpy(websub->token, token.ptr, ES_PUSH_KEY);
	memcpy(websub->secret, secret.ptr, ES_PUSH_KEY);
	websub->ask_at = get_time(&arena, cursor, "ask_at");
	get_health(websub, &arena, health);
	*out = websub;
out:
	es_arena_release(&arena);
	return rc;
}

bool es_websub_comes(const struct es_state *state, int64_t wall)
{
	const struct es_websub *websub = state->websub;
	return websub && websub->state == ES_PUSH_SUBSCRIBED && websub->comes &&
	       websub->until != EARSHOT_NONE && websub->until > wall;
}
