/* SPDX-License-Identifier: MIT
 *
 * hints.c - what a feed says of itself about when to ask: <ttl>, <skipHours> and <skipDays>
 * of RSS 2.0, <sy:updatePeriod> and <sy:updateFrequency> of RSS 1.0 (and of most blogs).
 *
 * They stand before the first entry, so the head of the document is enough; no parser is
 * needed for elements that hold a word, and what is no such word counts as not said.
 */
#include "collect/schedule.h"

#define HEAD_MAX (64 * 1024) /* of a document that is searched */

/* The words inside of the next <NAME ...>...</, in any namespace prefix; *at goes behind. */
static bool next_element(struct earshot_str text, const char *name, size_t *at,
			 struct earshot_str *inside)
{
	struct earshot_str wanted = es_str_of(name);
	for (size_t i = *at; i + wanted.len + 1 < text.len; i++) {
		const char *open = memchr(text.ptr + i, '<', text.len - i);
		if (!open)
			return false;
		i = (size_t)(open - text.ptr);
		size_t from = i + 1, end = from;
		while (end < text.len && !strchr(" \t\r\n/>", text.ptr[end]))
			end++;
		const char *colon = memchr(text.ptr + from, ':', end - from);
		if (colon)
			from = (size_t)(colon - text.ptr) + 1;
		if (!es_str_eq_nocase(es_str(text.ptr + from, end - from), wanted))
			continue;
		const char *close = memchr(text.ptr + end, '>', text.len - end);
		if (!close || close[-1] == '/')
			continue;
		from = (size_t)(close - text.ptr) + 1;
		const char *stop = memchr(text.ptr + from, '<', text.len - from);
		end = stop ? (size_t)(stop - text.ptr) : text.len;
		*inside = es_str_trim(es_str(text.ptr + from, end - from));
		*at = end;
		return true;
	}
	return false;
}

/* -1 where it is no number. */
static int64_t number_of(struct earshot_str word)
{
	int64_t value = word.len ? 0 : -1;
	for (size_t i = 0; i < word.len; i++) {
		if (word.ptr[i] < '0' || word.ptr[i] > '9' || value > 1000000)
			return -1;
		value = 10 * value + (word.ptr[i] - '0');
	}
	return value;
}

static int64_t first_number(struct earshot_str head, const char *name)
{
	struct earshot_str word;
	size_t at = 0;
	return next_element(head, name, &at, &word) ? number_of(word) : -1;
}

static int64_t period_of(struct earshot_str head)
{
	static const struct {
		const char *name;
		int64_t ms;
	} periods[] = { { "hourly", ES_HOUR },
			{ "daily", ES_DAY },
			{ "weekly", 7 * ES_DAY },
			{ "monthly", 30 * ES_DAY },
			{ "yearly", 365 * ES_DAY } };
	struct earshot_str word;
	size_t at = 0;
	int64_t times = first_number(head, "updateFrequency");
	if (!next_element(head, "updatePeriod", &at, &word))
		return 0;
	for (size_t i = 0; i < ES_COUNT(periods); i++)
		if (es_str_eq_nocase(word, es_str_of(periods[i].name)))
			return periods[i].ms / (times > 0 ? times : 1);
	return 0;
}

static uint32_t hours_of(struct earshot_str head)
{
	struct earshot_str word;
	uint32_t hours = 0;
	size_t at = 0;
	if (!next_element(head, "skipHours", &at, &word))
		return 0;
	while (next_element(head, "hour", &at, &word)) {
		int64_t hour = number_of(word);
		if (hour >= 0 && hour <= 24) /* 24 is midnight to some */
			hours |= 1u << (hour % 24);
	}
	return hours == 0xffffff ? 0 : hours; /* never: nobody means that */
}

static uint32_t days_of(struct earshot_str head)
{
	static const char *const names[] = { "Monday", "Tuesday",  "Wednesday", "Thursday",
					     "Friday", "Saturday", "Sunday" };
	struct earshot_str word;
	uint32_t days = 0;
	size_t at = 0;
	if (!next_element(head, "skipDays", &at, &word))
		return 0;
	while (next_element(head, "day", &at, &word))
		for (size_t i = 0; i < ES_COUNT(names); i++)
			if (es_str_eq_nocase(word, es_str_of(names[i])))
				days |= 1u << i;
	return days == 0x7f ? 0 : days;
}

/* Up to the first entry. */
static struct earshot_str head_of(const char *ptr, size_t len)
{
	static const char *const entries[] = { "<item>", "<item ", "<entry>", "<entry " };
	struct earshot_str head = es_str(ptr, len < HEAD_MAX ? len : HEAD_MAX);
	for (size_t i = 0; i < ES_COUNT(entries); i++) {
		const char *at = memmem(head.ptr, head.len, entries[i], strlen(entries[i]));
		if (at)
			head.len = (size_t)(at - head.ptr);
	}
	return head;
}

void es_hints_read(struct es_hints *hints, const char *ptr, size_t len)
{
	*hints = (struct es_hints){ 0 };
	if (len == 0)
		return;
	struct earshot_str head = head_of(ptr, len);
	int64_t minutes = first_number(head, "ttl");
	hints->ttl_ms = minutes > 0 ? minutes * ES_MINUTE : 0;
	hints->period_ms = period_of(head);
	hints->skip_hours = hours_of(head);
	hints->skip_days = days_of(head);
}
