/* SPDX-License-Identifier: MIT */
#include "learn/stop.h"

static bool word_stops(struct earshot_str stop, struct earshot_str word, bool prefix)
{
	bool stem = stop.len && stop.ptr[stop.len - 1] == '*';
	const char *apostrophe = word.len ? memchr(word.ptr, '\'', word.len) : NULL;
	if (apostrophe) /* moruva's */
		word.len = (size_t)(apostrophe - word.ptr);
	if (stem)
		stop.len--;
	if (es_str_eq(stop, word) || (stem && es_str_starts(word, stop)))
		return true;
	return prefix && es_str_starts(stop, word) && stop.len - word.len <= 2;
}

static bool holds(struct earshot_str text, struct earshot_str stop)
{
	if (stop.len && stop.ptr[stop.len - 1] == '*')
		stop.len--;
	return stop.len >= 6 && memmem(text.ptr, text.len, stop.ptr, stop.len) != NULL;
}

bool stop_has(const struct earshot_str *stop, size_t n, const struct es_learnt_entry *entry)
{
	struct earshot_str a = entry->text, b = { NULL, 0 };
	const char *space = a.len ? memchr(a.ptr, ' ', a.len) : NULL;
	bool prefix = entry->kind == ES_LEARNT_PREFIX || entry->kind == ES_LEARNT_STEMS;
	if (space) {
		b = es_str(space + 1, a.len - (size_t)(space + 1 - a.ptr));
		a.len = (size_t)(space - a.ptr);
	}
	for (size_t i = 0; i < n; i++)
		if (word_stops(stop[i], a, prefix) || (b.len && word_stops(stop[i], b, prefix)) ||
		    (entry->kind == ES_LEARNT_GRAM && holds(a, stop[i])))
			return true;
	return false;
}
