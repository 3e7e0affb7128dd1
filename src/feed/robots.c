/* SPDX-License-Identifier: MIT
 *
 * robots.c - the words with which sites ask programs not to index.
 */
#include <earshot/feed.h>

#include "feed/reader.h"

enum earshot_feed_asks earshot_feed_asks(const struct earshot_feed *feed)
{
	return feed->head.noindex    ? EARSHOT_FEED_ASKS_ALL
	       : feed->entry.noindex ? EARSHOT_FEED_ASKS_ENTRY
				     : EARSHOT_FEED_ASKS_NOTHING;
}

/* The name before a colon where the word names a program, and takes it off; else empty. What
 * has a value of its own behind the colon, and the time of day in a date, name nobody. */
static struct earshot_str agent_of(struct earshot_str *word)
{
	static const char *const valued[] = { "unavailable_after", "max-snippet",
					      "max-image-preview", "max-video-preview" };
	const char *colon = word->len ? memchr(word->ptr, ':', word->len) : NULL;
	struct earshot_str name = es_str(word->ptr, colon ? (size_t)(colon - word->ptr) : 0);
	if (!name.len || memchr(name.ptr, ' ', name.len))
		return es_str(NULL, 0);
	for (size_t i = 0; i < ES_COUNT(valued); i++)
		if (es_str_eq_nocase(name, es_str_of(valued[i])))
			return es_str(NULL, 0);
	*word = es_str_trim(es_str(colon + 1, word->len - name.len - 1));
	return name;
}

bool earshot_feed_robots(const char *ptr, size_t len)
{
	bool refused = false, noindex = false, follow = false;
	bool another = false; /* the rest of the line is for another program */
	for (size_t from = 0, end; from < len; from = end + 1) {
		for (end = from; end < len && ptr[end] != ',' && ptr[end] != '\n'; end++)
			;
		struct earshot_str word = es_str_trim(es_str(ptr + from, end - from));
		struct earshot_str agent = agent_of(&word);
		if (agent.len)
			another = !es_str_is(agent, "*") &&
				  !es_str_eq_nocase(agent, ES_STR("earshot"));
		if (!another) {
			refused |= es_str_eq_nocase(word, ES_STR("none")) ||
				   es_str_eq_nocase(word, ES_STR("noai"));
			noindex |= es_str_eq_nocase(word, ES_STR("noindex"));
			follow |= es_str_eq_nocase(word, ES_STR("follow"));
		}
		if (end < len && ptr[end] == '\n')
			another = false;
	}
	return refused || (noindex && !follow);
}
