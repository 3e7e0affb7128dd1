/* SPDX-License-Identifier: MIT
 *
 * websub.c - what is known of a subscription, in the record of its source.
 */
#include "collect/websub.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/members.h"
#include "collect/state.h"

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

void es_websub_encode_health(struct es_buf *out, const struct es_websub *websub)
{
	struct es_buf url;
	if (!websub)
		return;
	es_buf_printf(out, ",\"push\":{\"state\":\"%s\"", names[websub->state]);
	es_member_put_text(out, "hub", es_url_shown(&url, websub->hub));
	es_buf_release(&url);
	es_member_put_time(out, "until", websub->until);
	es_member_put_time(out, "last", websub->last);
	if (websub->comes)
		es_buf_puts(out, ",\"comes\":true");
	if (websub->failures)
		es_buf_printf(out, ",\"failures\":%lld", (long long)websub->failures);
	es_member_put_text(out, "message", websub->message);
	es_buf_putc(out, '}');
}

void es_websub_encode(struct es_buf *out, const struct es_websub *websub)
{
	if (!websub)
		return;
	es_buf_printf(out, ",\"push\":{\"token\":\"%s\",\"secret\":\"%s\"", websub->token,
		      websub->secret);
	es_member_put_text(out, "hub", websub->hub);
	es_member_put_text(out, "topic", websub->topic);
	es_member_put_time(out, "ask_at", websub->ask_at);
	es_buf_putc(out, '}');
}

static void get_health(struct es_websub *websub, const struct es_members *health)
{
	struct earshot_str state = es_member_text(health, "state");
	for (size_t i = 0; i < ES_COUNT(names); i++)
		if (es_str_is(state, names[i]))
			websub->state = (enum es_push_state)i;
	snprintf(websub->message, sizeof(websub->message), "%.*s",
		 ES_FMT(es_member_text(health, "message")));
	websub->failures = es_member_int(health, "failures");
	websub->comes = es_member_is_true(health, "comes");
	websub->until = es_member_time(health, "until");
	websub->last = es_member_time(health, "last");
}

int es_websub_decode(struct es_websub **out, struct earshot_str health, struct earshot_str cursor)
{
	struct es_arena arena;
	int rc = EARSHOT_OK;
	*out = NULL;
	if (!health.ptr || !cursor.ptr)
		return rc;
	es_arena_init(&arena, 64 * 1024);
	const struct es_members shown = { &arena, health }, kept = { &arena, cursor };
	struct earshot_str hub = es_member_text(&kept, "hub"),
			   topic = es_member_text(&kept, "topic"),
			   token = es_member_text(&kept, "token"),
			   secret = es_member_text(&kept, "secret");
	/* one that cannot be read is found again */
	if (!hub.ptr || !topic.ptr || token.len != ES_PUSH_KEY || secret.len != ES_PUSH_KEY)
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
	websub->ask_at = es_member_time(&kept, "ask_at");
	get_health(websub, &shown);
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
