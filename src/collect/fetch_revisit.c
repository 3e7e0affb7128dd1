/* SPDX-License-Identifier: MIT
 *
 * fetch_revisit.c - posts looked at again: one at a time a source, between its looks. Of a page
 * only its head is taken; a document is read (reread.h). What is news goes out with the state.
 */
#include "collect/inside.h"

#include <stdio.h>

#include "collect/reread.h"
#include "collect/words.h"

#define PACE ES_SECOND /* between two visits of a source */

void es_collector_set_due(struct es_collector *collector, struct es_state *state)
{
	const struct es_revisit *visit = es_revisits_next(&state->revisits);
	state->due =
		state->look_due < state->listening.due ? state->look_due : state->listening.due;
	if (visit) {
		int64_t now = es_collector_monotonic(collector);
		int64_t wait = visit->due - es_collector_wall(collector);
		int64_t at =
			wait > 0 ? now + (wait < ES_REVISIT_LAST ? wait : ES_REVISIT_LAST) : now;
		at = at > state->visit_from ? at : state->visit_from;
		state->due = at < state->due ? at : state->due;
	}
	if (state->due < collector->next_due)
		collector->next_due = state->due;
}

bool es_collector_visit_due(const struct es_collector *collector, const struct es_state *state)
{
	const struct es_revisit *visit = es_revisits_next(&state->revisits);
	return visit && visit->due <= es_collector_wall(collector) &&
	       state->visit_from <= es_collector_monotonic(collector);
}

/* No visit before `wait` is over. */
static void pause_visits(struct es_collector *collector, struct es_state *state, int64_t wait)
{
	state->visit_from = es_collector_monotonic(collector) + wait;
	state->tried = !es_collector_visit_due(collector, state);
	es_collector_set_due(collector, state);
}

/* ---- what came ---- */

static enum es_visit came_of(const struct es_net_result *result)
{
	bool answered = result->outcome == ES_NET_OK || result->outcome == ES_NET_STOPPED;
	if (!answered || result->status == 0)
		return ES_VISIT_UNKNOWN;
	if (result->status == 404)
		return ES_VISIT_MISSING;
	if (result->status == 410)
		return ES_VISIT_GONE;
	return result->status < 400 ? ES_VISIT_THERE : ES_VISIT_UNKNOWN;
}

/* The post as deleted; its id is known, not what it was made of. */
static int put_deletion(struct es_collector *collector, const struct es_state *state,
			const struct es_revisit *visit, struct earshot_error *error)
{
	const struct es_source *source = state->source;
	struct earshot_post post;
	int64_t now = es_collector_wall(collector);
	earshot_post_init(&post);
	post.id = es_str_of(visit->id);
	post.op = EARSHOT_OP_DELETE;
	post.rev = post.observed_at = post.event_at = now;
	post.source = es_str_of(source->id);
	post.channel = es_str_of(source->channel ? source->channel : "feed");
	post.kind = source->post_kind ? source->post_kind : EARSHOT_KIND_ARTICLE;
	atomic_fetch_add(&collector->stats.gone, 1);
	return es_outbox_post(&collector->outbox, &post, error);
}

static int read_document(struct es_fetch *fetch, struct es_revisit *visit,
			 const struct es_net_result *result, bool *news,
			 struct earshot_error *error)
{
	char words[ES_MESSAGE_MAX];
	struct es_state *state = fetch->state;
	bool readable = visit->document && result->outcome == ES_NET_OK && !fetch->crowded &&
			es_status_is_document(result->status);
	if (!readable ||
	    (!state->source->robots_ignored && es_robots_words(result, words, sizeof(words))))
		return EARSHOT_OK;
	return es_reread(&fetch->collector->intake, state, visit, es_buf_view(&fetch->body), result,
			 news, error);
}

static int conclude(struct es_fetch *fetch, const struct es_net_result *result,
		    struct earshot_error *error)
{
	struct es_collector *collector = fetch->collector;
	struct es_state *state = fetch->state;
	const struct es_source *source = state->source;
	struct es_revisit *visit = es_revisits_find(&state->revisits, fetch->visit);
	int64_t wall = es_collector_wall(collector);
	int64_t pace = collector->options.once ? 0 : PACE;
	enum es_visit came = came_of(result);
	bool news = false;
	state->running = false;
	state->dirty = true; /* without news it goes out with the next look; `once` has none */
	int rc = EARSHOT_OK;
	atomic_fetch_add(&collector->stats.visits, 1);
	if (visit && came == ES_VISIT_THERE)
		rc = read_document(fetch, visit, result, &news, error);
	if (visit && rc == EARSHOT_OK) {
		struct es_revisit gone = *visit;
		news |= came == ES_VISIT_MISSING;
		if (es_revisits_done(&state->revisits, visit, came, source->revisit,
				     source->n_revisit, wall)) {
			news = true;
			rc = put_deletion(collector, state, &gone, error);
		}
	}
	if (rc == EARSHOT_OK && (news || collector->options.once))
		rc = es_outbox_state(&collector->outbox, state, wall, error);
	if (result->retry_after_ms > pace)
		pace = result->retry_after_ms < ES_WAIT_MAX ? result->retry_after_ms : ES_WAIT_MAX;
	pause_visits(collector, state, pace);
	return rc;
}

/* ---- the transfer ---- */

/* Of a page nothing more is wanted. */
static int on_page(void *ctx, const struct es_net_result *head)
{
	(void)ctx;
	(void)head;
	return 1;
}

static void on_done(void *ctx, const struct es_net_result *result)
{
	struct es_fetch *fetch = ctx;
	struct es_collector *collector = fetch->collector;
	if (fetch->state && !collector->failed) {
		es_collector_called(collector, fetch->state, 1 + result->redirects, 0);
		collector->failed = conclude(fetch, result, &collector->error);
	}
	es_fetch_free(fetch);
}

static int ask(struct es_fetch *fetch, const struct es_revisit *visit, struct earshot_error *error)
{
	const struct es_net_request request = { .url = visit->url,
						.max_size = ES_LIMIT_FEED,
						.max_requests = (int)fetch->state->taken,
						.on_head = visit->document ? NULL : on_page,
						.on_data = es_fetch_data,
						.on_done = on_done,
						.ctx = fetch };
	return es_net_get(fetch->collector->net, &request, error);
}

int es_collector_visit(struct es_collector *collector, struct es_state *state,
		       struct earshot_error *error)
{
	struct es_revisit *visit = es_revisits_next(&state->revisits);
	const struct es_budget *budget = &state->source->budget;
	struct earshot_error own;
	bool may;
	if (state->taken == 0 &&
	    es_budget_is_scarce(budget, es_state_spent(state), es_collector_wall(collector))) {
		pause_visits(collector, state, ES_HOUR); /* the source itself comes first */
		return EARSHOT_OK;
	}
	int rc = es_collector_may_call(collector, state, &may, error);
	if (rc != EARSHOT_OK || !may)
		return rc;
	struct es_fetch *fetch = es_fetch_new(collector, state);
	if (!fetch)
		return es_err_nomem(error);
	memcpy(fetch->visit, visit->id, sizeof(fetch->visit));
	rc = ask(fetch, visit, &own);
	if (rc == EARSHOT_OK) {
		state->running = true;
		return rc;
	}
	es_fetch_free(fetch);
	if (rc == EARSHOT_DATA) { /* no address after all */
		es_collector_called(collector, state, 0, 0);
		es_revisits_drop(&state->revisits, visit);
		pause_visits(collector, state, 0);
		return EARSHOT_OK;
	}
	if (error)
		*error = own;
	return rc;
}
