/* SPDX-License-Identifier: MIT
 *
 * discover.c - a page instead of a feed: which feed does it name?
 *
 *   <link rel="alternate" type="application/atom+xml" href="/feed.atom">
 *
 * (RSS Advisory Board, "RSS Autodiscovery", 2006; HTML, 4.6.7.1.) The first that is no
 * feed of comments; else the first.
 */
#include <strings.h>

#include "collect/discover.h"
#include "collect/links.h"

#define PAGE_MAX (256 * 1024) /* of it that is searched: the head stands at its beginning */

static bool has_word(struct earshot_str text, const char *word)
{
	size_t len = strlen(word);
	for (size_t i = 0; i + len <= text.len; i++)
		if (strncasecmp(text.ptr + i, word, len) == 0)
			return true;
	return false;
}

static bool is_feed_link(struct earshot_str tag, struct earshot_str *href)
{
	struct earshot_str rel, type;
	return es_link_attribute(tag, "rel", &rel) && has_word(rel, "alternate") &&
	       es_link_attribute(tag, "type", &type) &&
	       (has_word(type, "rss+xml") || has_word(type, "atom+xml") ||
		has_word(type, "feed+json")) &&
	       es_link_attribute(tag, "href", href) && href->len > 0 && href->len < ES_LINK_MAX;
}

int es_discover(struct es_buf *out, struct earshot_str page, const char *base)
{
	struct earshot_str best = { 0 }, tag, href, title;
	size_t at = 0;
	if (page.len > PAGE_MAX)
		page.len = PAGE_MAX;
	for (size_t links = 0; links < ES_LINKS_MAX && es_links_next(page, &at, &tag); links++) {
		if (!is_feed_link(tag, &href))
			continue;
		bool comments =
			has_word(href, "comment") ||
			(es_link_attribute(tag, "title", &title) && has_word(title, "comment"));
		if (!best.len || !comments) {
			best = href;
			if (!comments)
				break;
		}
	}
	return best.len ? es_link_join(out, base, best) : EARSHOT_NOINPUT;
}
