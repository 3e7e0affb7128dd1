/* SPDX-License-Identifier: MIT
 *
 * params.c - the query of a request -> a filter. Everything that is not understood is
 * refused by name: a filter that is silently ignored gives a wrong number.
 */
#include "desk/inside.h"
#include <stdio.h>

#define NAMES_MAX 24
#define VALUE_MAX 1024 /* bytes of a parameter; a query has a limit of its own */

void es_desk_bad(struct es_http_request *request, const char *name, struct earshot_str value,
		 const char *want)
{
	size_t len = value.len < 60 ? value.len : 60;
	es_http_error(request, 400, "bad_parameter", NULL, "%s: %s, not \"%.*s\"", name, want,
		      (int)len, value.ptr ? value.ptr : "");
}

bool es_desk_time(struct earshot_str text, int64_t now, int64_t *ms)
{
	int64_t ago;
	if (es_time_parse(text.ptr, text.len, ms))
		return true;
	if (!es_duration_parse(text.ptr, text.len, &ago))
		return false;
	*ms = now - ago;
	return true;
}

static size_t split(const char *names, char (*text)[16], const char **list)
{
	size_t n = 0;
	while (*names && n < NAMES_MAX) {
		size_t len = strcspn(names, ",");
		snprintf(text[n], sizeof(text[n]), "%.*s", (int)len, names);
		list[n] = text[n];
		n++;
		names += len + (names[len] == ',');
	}
	return n;
}

static bool read_times(struct es_http_request *request, struct es_view_filter *filter)
{
	static const char want[] = "a time such as 2026-11-24T09:00:00Z or 7d is needed";
	struct earshot_str since = es_http_param(request, "since");
	struct earshot_str until = es_http_param(request, "until");
	int64_t now = es_now_ms();
	filter->since = filter->until = EARSHOT_NONE;
	if (since.ptr && !es_desk_time(since, now, &filter->since)) {
		es_desk_bad(request, "since", since, want);
		return false;
	}
	if (until.ptr && !es_desk_time(until, now, &filter->until)) {
		es_desk_bad(request, "until", until, want);
		return false;
	}
	return true;
}

bool es_desk_filter(struct es_http_request *request, const char *names,
		    struct es_view_filter *filter)
{
	char text[NAMES_MAX][16];
	const char *list[NAMES_MAX];
	size_t n = split(names, text, list);
	memset(filter, 0, sizeof(*filter));
	struct earshot_str unknown = es_http_param_unknown(request, list, n);
	if (unknown.ptr) {
		es_http_error(request, 400, "bad_parameter", NULL,
			      "%.*s: this parameter is not known here, or stands twice",
			      (int)(unknown.len < 60 ? unknown.len : 60), unknown.ptr);
		return false;
	}
	struct {
		const char *name;
		struct earshot_str *to;
	} texts[] = { { "q", &filter->q },
		      { "topic", &filter->topic },
		      { "brand", &filter->brand },
		      { "lang", &filter->lang },
		      { "channel", &filter->channel },
		      { "voice", &filter->voice },
		      { "source", &filter->source },
		      { "with", &filter->with },
		      { "cursor", &filter->cursor },
		      { "rule", &filter->rule },
		      { "priority", &filter->priority },
		      { "route", &filter->route } };
	for (size_t i = 0; i < ES_COUNT(texts); i++) {
		*texts[i].to = es_http_param(request, texts[i].name);
		if (texts[i].to != &filter->q && texts[i].to->len > VALUE_MAX) {
			es_desk_bad(request, texts[i].name, *texts[i].to,
				    "at most 1024 bytes are taken");
			return false;
		}
	}
	if (filter->topic.ptr && filter->brand.ptr) {
		es_desk_bad(request, "brand", filter->brand, "give it or topic, not both");
		return false;
	}
	struct earshot_str label = es_http_param(request, "label");
	filter->label = earshot_label_of(label.ptr, label.len);
	if (label.ptr && !filter->label) {
		es_desk_bad(request, "label", label, "positive, neutral or negative is needed");
		return false;
	}
	struct earshot_str limit = es_http_param(request, "limit");
	int64_t number = 0;
	if (limit.ptr &&
	    (!es_json_integer(limit, &number) || number < 1 || number > ES_VIEW_PAGE_MAX)) {
		es_desk_bad(request, "limit", limit, "a whole number from 1 to 200 is needed");
		return false;
	}
	filter->limit = (size_t)number;
	return read_times(request, filter);
}
