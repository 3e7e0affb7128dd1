/* SPDX-License-Identifier: MIT
 *
 * read.c - the GET endpoints: parameters in, one question to the read model, out.
 */
#include "desk/inside.h"

#define COUNTING "topic,brand,label,lang,channel,voice,since,until"
#define BRANDS   "lang,channel,voice,since,until"

static void answer(struct es_http_request *request, int rc, struct es_buf *body,
		   const struct earshot_error *error)
{
	if (rc == 0 && es_buf_ok(body)) {
		es_http_json(request, 200, body);
		return;
	}
	if (rc)
		es_http_fail(request, error);
	else
		es_http_error(request, 500, "internal", "ask for less", "the answer does not fit");
	es_buf_release(body);
}

typedef int query(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		  struct earshot_error *error);

static void ask(void *ctx, struct es_http_request *request, const char *names, query *what)
{
	const struct es_desk *desk = ctx;
	struct es_view_filter filter;
	struct earshot_error error = { 0 };
	struct es_buf body;
	if (!es_desk_filter(request, names, &filter))
		return;
	es_buf_init(&body, ES_LIMIT_RESPONSE);
	int rc = what(desk->options.view, &filter, &body, &error);
	answer(request, rc, &body, &error);
}

static void mentions(void *ctx, struct es_http_request *request)
{
	ask(ctx, request, COUNTING ",source,with,q,limit,cursor", es_view_mentions);
}

/* What is wrong with a search, or odd, place by place. */
static void check(void *ctx, struct es_http_request *request)
{
	struct es_view_filter filter;
	struct es_buf body;
	(void)ctx;
	if (!es_desk_filter(request, "q", &filter))
		return;
	if (!filter.q.ptr) {
		es_http_error(request, 400, "bad_parameter", NULL, "q: a query is needed");
		return;
	}
	es_buf_init(&body, ES_LIMIT_RESPONSE);
	(void)es_query_check(filter.q, EARSHOT_LAYER_SEARCH, false, &body);
	answer(request, 0, &body, NULL);
}

static void summary(void *ctx, struct es_http_request *request)
{
	ask(ctx, request, COUNTING, es_view_summary);
}

static void channels(void *ctx, struct es_http_request *request)
{
	ask(ctx, request, COUNTING, es_view_channels);
}

static void sov(void *ctx, struct es_http_request *request)
{
	ask(ctx, request, BRANDS, es_view_sov);
}

static void topics(void *ctx, struct es_http_request *request)
{
	ask(ctx, request, BRANDS, es_view_topics);
}

static int queue_now(struct es_view *view, const struct es_view_filter *filter, struct es_buf *out,
		     struct earshot_error *error)
{
	return es_view_queue(view, filter, es_now_ms(), out, error);
}

static void queue(void *ctx, struct es_http_request *request)
{
	ask(ctx, request, "topic,brand,label,lang,channel,rule,priority,route,limit,cursor",
	    queue_now);
}

static int sources_now(struct es_view *view, const struct es_view_filter *filter,
		       struct es_buf *out, struct earshot_error *error)
{
	(void)filter;
	return es_view_sources(view, es_now_ms(), out, error);
}

static void sources(void *ctx, struct es_http_request *request)
{
	ask(ctx, request, "", sources_now);
}

static void series(void *ctx, struct es_http_request *request)
{
	static const char *const steps[] = { "hour", "day", "week" };
	const struct es_desk *desk = ctx;
	struct es_view_filter filter;
	struct earshot_error error = { 0 };
	struct es_buf body;
	struct earshot_str step = es_http_param(request, "step");
	struct earshot_str by = es_http_param(request, "by");
	int which = step.ptr ? -1 : ES_VIEW_DAY;
	if (!es_desk_filter(request, COUNTING ",step,by", &filter))
		return;
	for (int i = 0; i < 3; i++)
		if (step.ptr && es_str_is(step, steps[i]))
			which = i;
	if (which < 0) {
		es_desk_bad(request, "step", step, "hour, day or week is needed");
		return;
	}
	if (by.ptr && !es_str_is(by, "label")) {
		es_desk_bad(request, "by", by, "label is needed");
		return;
	}
	es_buf_init(&body, ES_LIMIT_RESPONSE);
	int rc = es_view_series(desk->options.view, &filter, (enum es_view_step)which, &body,
				&error);
	answer(request, rc, &body, &error);
}

static void changes(void *ctx, struct es_http_request *request)
{
	const struct es_desk *desk = ctx;
	struct es_view_filter filter;
	struct earshot_error error = { 0 };
	struct es_buf body;
	struct earshot_str window = es_http_param(request, "window");
	int64_t length = 7 * ES_DAY;
	if (!es_desk_filter(request, "window", &filter))
		return;
	if (window.ptr && (!es_duration_parse(window.ptr, window.len, &length) ||
			   length < ES_HOUR || length > 366 * ES_DAY)) {
		es_desk_bad(request, "window", window, "a duration from 1h to 366d is needed");
		return;
	}
	es_buf_init(&body, ES_LIMIT_RESPONSE);
	int rc = es_view_changes(desk->options.view, es_now_ms(), length, &body, &error);
	answer(request, rc, &body, &error);
}

static void mention(void *ctx, struct es_http_request *request)
{
	const struct es_desk *desk = ctx;
	struct es_view_mention mention;
	struct earshot_error error = { 0 };
	struct es_arena arena = { 0 };
	struct es_buf body;
	struct es_view_filter filter;
	struct earshot_str id = es_str_of(es_http_path(request) + sizeof("/api/v1/mentions/") - 1);
	if (!es_desk_filter(request, "", &filter))
		return;
	if (!es_post_id_valid(id)) {
		es_http_error(request, 404, "not_found", NULL, "there is no mention of this id");
		return;
	}
	es_buf_init(&body, ES_LIMIT_RESPONSE);
	int rc = es_view_mention(desk->options.view, &arena, id, es_str(NULL, 0), &mention, &error);
	if (!rc)
		es_buf_add_str(&body, mention.item);
	answer(request, rc, &body, &error);
	es_arena_release(&arena);
}

void es_desk_event(struct es_desk *desk, bool first, struct es_buf *out)
{
	struct earshot_error error = { 0 };
	struct es_buf counts, data;
	es_buf_init(&counts, 4096);
	es_buf_init(&data, 16 * 1024);
	int64_t seq = es_view_seq(desk->options.view);
	if (es_view_counts(desk->options.view, es_now_ms(), &counts, &error) || !counts.len) {
		es_log_error(ES_WARN, "desk.event_failed", &error);
		goto out;
	}
	es_buf_printf(&data, "{\"seq\":%lld,%.*s", (long long)seq, (int)counts.len - 2,
		      counts.ptr + 1);
	pthread_mutex_lock(&desk->lock);
	size_t n = first ? 0 : desk->n_ids < NEW_IDS ? desk->n_ids : NEW_IDS;
	es_buf_printf(&data, ",\"new\":%zu,\"ids\":[", first ? (size_t)0 : desk->new_mentions);
	for (size_t i = 0; i < n; i++)
		es_buf_printf(&data, "%s\"%s\"", i ? "," : "",
			      desk->ids[(desk->n_ids - n + i) % NEW_IDS]);
	es_buf_printf(&data, "],\"queue\":%s,\"sources\":%s}",
		      first || desk->queue ? "true" : "false",
		      first || desk->sources ? "true" : "false");
	if (!first) {
		desk->changed = desk->queue = desk->sources = false;
		desk->new_mentions = desk->n_ids = 0;
	}
	pthread_mutex_unlock(&desk->lock);
	if (es_buf_ok(&data))
		es_http_event(out, seq, "change", es_buf_view(&data));
out:
	es_buf_release(&counts);
	es_buf_release(&data);
}

static void events(void *ctx, struct es_http_request *request)
{
	struct es_buf first;
	struct es_view_filter filter;
	if (!es_desk_filter(request, "", &filter))
		return;
	es_buf_init(&first, 64 * 1024);
	es_desk_event(ctx, true, &first);
	es_http_stream(request, es_buf_view(&first));
	es_buf_release(&first);
}

static void no_api(void *ctx, struct es_http_request *request)
{
	(void)ctx;
	es_http_error(request, 404, "not_found", "src/desk/API.md says what there is",
		      "there is no such endpoint");
}

/* A path that names no file is a view of the one page: its links can be shared. */
static void page(void *ctx, struct es_http_request *request)
{
	const struct es_desk *desk = ctx;
	struct es_http_file file = { 0 };
	const char *path = es_http_path(request);
	bool found = desk->options.find_page && desk->options.find_page(path, &file);
	if (!found && desk->options.find_page && !strchr(path, '.'))
		found = desk->options.find_page("/", &file);
	if (found)
		es_http_file(request, &file);
	else
		es_http_error(request, 404, "not_found", NULL, "there is no such page");
}

const struct es_http_route es_desk_routes[] = {
	{ "GET", "/api/v1/mentions", mentions },
	{ "GET", "/api/v1/mentions/*", mention },
	{ "GET", "/api/v1/check", check },
	{ "GET", "/api/v1/summary", summary },
	{ "GET", "/api/v1/series", series },
	{ "GET", "/api/v1/sov", sov },
	{ "GET", "/api/v1/channels", channels },
	{ "GET", "/api/v1/topics", topics },
	{ "GET", "/api/v1/changes", changes },
	{ "GET", "/api/v1/sources", sources },
	{ "GET", "/api/v1/queue", queue },
	{ "GET", "/api/v1/events", events },
	{ "GET", "/api/*", no_api },
	{ "GET", "/*", page },
	{ "POST", "/api/v1/reviews", es_desk_decide },
	{ "POST", "/api/v1/reviews/undo", es_desk_undo },
};
const size_t es_desk_n_routes = ES_COUNT(es_desk_routes);
