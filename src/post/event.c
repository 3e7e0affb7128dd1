/* SPDX-License-Identifier: MIT
 *
 * event.c - the headers of a record: CloudEvents 1.0, Kafka protocol binding,
 * binary content mode (3.2), plus `rev`.
 */
#include "post/post.h"

#define HEADER_TEXT_MAX 4096 /* ids, types and sources are short; more is a fault */

static bool add(struct es_header *headers, size_t *n, const char *name, struct earshot_str value)
{
	if (!value.ptr)
		return false;
	headers[(*n)++] = (struct es_header){ name, value.ptr, value.len };
	return true;
}

/* head + body + tail, in the arena. */
static struct earshot_str join(struct es_arena *arena, struct earshot_str head,
			       struct earshot_str body, struct earshot_str tail)
{
	size_t len = head.len + body.len + tail.len;
	char *out = len <= HEADER_TEXT_MAX ? es_arena_alloc(arena, len + 1) : NULL, *to = out;
	if (!out)
		return es_str(NULL, 0);
	const struct earshot_str parts[] = { head, body, tail };
	for (size_t i = 0; i < ES_COUNT(parts); i++) {
		if (parts[i].len)
			memcpy(to, parts[i].ptr, parts[i].len);
		to += parts[i].len;
	}
	*to = '\0';
	return es_str(out, len);
}

static struct earshot_str decimal(struct es_arena *arena, int64_t value)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	do
		digits[--at] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		digits[--at] = '-';
	return es_arena_str(arena, digits + at, sizeof(digits) - at);
}

size_t es_cloudevent_headers(struct es_arena *arena, const struct es_cloudevent *event,
			     struct es_header headers[ES_CLOUDEVENT_HEADERS])
{
	size_t n = 0;
	char *time = es_arena_alloc(arena, ES_TIME_LEN);
	struct earshot_str rev = { NULL, 0 }, id = event->id;
	if (!time)
		return 0;
	if (event->rev != EARSHOT_NONE) {
		rev = decimal(arena, event->rev);
		if (!rev.ptr)
			return 0;
		id = join(arena, event->id, ES_STR("/"), rev);
	}
	struct earshot_str type =
		join(arena, ES_STR("io.earshot."), es_str_of(event->type), ES_STR(".v1"));
	struct earshot_str when = es_str(time, es_time_format(event->time_ms, time));
	if (!add(headers, &n, "ce_specversion", ES_STR("1.0")) ||
	    !add(headers, &n, "ce_type", type) || !add(headers, &n, "ce_source", event->source) ||
	    !add(headers, &n, "ce_id", id))
		return 0;
	if (when.len)
		add(headers, &n, "ce_time", when);
	if (event->subject.len)
		add(headers, &n, "ce_subject", event->subject);
	if (!event->null)
		add(headers, &n, "content-type", ES_STR("application/json"));
	if (rev.ptr)
		add(headers, &n, "rev", rev);
	return n;
}
