/* SPDX-License-Identifier: MIT */
#include "collect/reread.h"

#include <stdio.h>
#include <stdlib.h>

#include "collect/normalise.h"

int es_plan_visits(struct es_state *state, const struct earshot_feed *feed,
		   const struct earshot_post *post, uint32_t content, int64_t now)
{
	const struct es_source *source = state->source;
	struct earshot_str self = earshot_feed_self(feed);
	struct es_revisit visit = { .seen = now,
				    .said = es_said_of(post, content),
				    .document = self.len > 0 };
	if (source->n_revisit == 0)
		return EARSHOT_OK;
	memcpy(visit.id, post->id.ptr, EARSHOT_ID_LEN);
	struct es_revisit *planned = es_revisits_find(&state->revisits, visit.id);
	if (post->op == EARSHOT_OP_DELETE && planned)
		es_revisits_drop(&state->revisits, planned);
	if (post->op != EARSHOT_OP_CREATE)
		return EARSHOT_OK;
	return es_revisits_add(&state->revisits, &visit, self.len ? self : post->url,
			       source->revisit, source->n_revisit);
}

struct reread {
	struct es_intake *intake;
	struct es_state *state;
	struct es_revisit *visit;
	const struct earshot_feed *feed;
	int64_t now;
	bool *news;
	int failed; /* not the document's fault */
	struct earshot_error *error;
};

static int put_update(struct reread *reread, struct earshot_post *post)
{
	struct es_intake *intake = reread->intake;
	const struct es_source *source = reread->state->source;
	bool forgotten;
	if (es_optouts_look(intake->optouts, intake->privacy, &intake->arena, source, post,
			    &forgotten) != EARSHOT_OK)
		return es_err_nomem(reread->error);
	if (forgotten)
		return EARSHOT_OK;
	post->op = EARSHOT_OP_UPDATE;
	post->rev = reread->now;
	int rc = es_privacy_post(intake->privacy, &intake->arena, source, post, reread->error);
	if (rc == EARSHOT_OK)
		rc = es_outbox_post(intake->outbox, post, reread->error);
	if (rc == EARSHOT_OK) {
		*reread->news = true;
		atomic_fetch_add(&intake->stats->updates, 1);
	}
	return rc;
}

static int on_post(void *ctx, const struct earshot_post *in)
{
	struct reread *reread = ctx;
	const struct es_normalise how = { reread->state->source, reread->now, 0 };
	struct earshot_post said = *in, post;
	struct earshot_error own;
	uint32_t content;
	if (earshot_feed_asks(reread->feed) != EARSHOT_FEED_ASKS_NOTHING &&
	    !reread->state->source->robots_ignored)
		return 0;
	said.feed_url = es_str(NULL, 0); /* the feed's, not that of this document */
	es_arena_reset(&reread->intake->arena);
	int rc = es_normalise(&how, &reread->intake->arena, &said, &post, &content, &own);
	if (rc == EARSHOT_NOMEM)
		return reread->failed = es_err_nomem(reread->error);
	if (rc != EARSHOT_OK || post.op == EARSHOT_OP_DELETE ||
	    !es_str_is(post.id, reread->visit->id))
		return 0;
	uint32_t now = es_said_of(&post, content);
	if (now == reread->visit->said)
		return 0;
	reread->visit->said = now;
	return reread->failed = put_update(reread, &post);
}

static void on_bad(void *ctx, const struct earshot_error *error)
{
	(void)ctx;
	(void)error;
}

int es_reread(struct es_intake *intake, struct es_state *state, struct es_revisit *visit,
	      struct earshot_str body, const struct es_net_result *result, bool *news,
	      struct earshot_error *error)
{
	struct reread reread = { .intake = intake,
				 .state = state,
				 .visit = visit,
				 .now = es_clock_wall(intake->clock),
				 .news = news,
				 .error = error };
	struct earshot_feed *feed = NULL;
	struct earshot_error own;
	char charset[64] = "";
	char *base = es_str_dup(result->url);
	if (!base)
		return es_err_nomem(error);
	if (result->charset.len < sizeof(charset))
		snprintf(charset, sizeof(charset), "%.*s", ES_FMT(result->charset));
	struct earshot_feed_options options =
		es_source_reader(state->source, base, *charset ? charset : NULL);
	options.on_post = on_post;
	options.on_bad = on_bad;
	options.ctx = &reread;
	int rc = earshot_feed_new(&feed, &options, &own);
	reread.feed = feed;
	if (rc == EARSHOT_OK)
		rc = earshot_feed_push(feed, body.ptr, body.len, &own);
	if (rc == EARSHOT_OK)
		rc = earshot_feed_end(feed, &own);
	earshot_feed_free(feed);
	free(base);
	if (reread.failed)
		return reread.failed;
	return rc == EARSHOT_NOMEM ? es_err_nomem(error) : EARSHOT_OK;
}
