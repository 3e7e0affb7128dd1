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
#include "net/net.h"

#define PAGE_MAX  (256 * 1024) /* of it that is searched: the head stands at its beginning */
#define LINKS_MAX 64           /* that are looked at */
#define HREF_MAX  4096

/* One tag's attribute; views into the page, entities as they are. */
static bool attribute(struct earshot_str tag, const char *name, struct earshot_str *value)
{
	size_t i = 0;
	while (i < tag.len) {
		while (i < tag.len && strchr(" \t\r\n\f/", tag.ptr[i]))
			i++;
		size_t from = i;
		while (i < tag.len && !strchr(" \t\r\n\f/=", tag.ptr[i]))
			i++;
		struct earshot_str found = es_str(tag.ptr + from, i - from);
		while (i < tag.len && strchr(" \t\r\n\f", tag.ptr[i]))
			i++;
		*value = es_str(NULL, 0);
		if (i < tag.len && tag.ptr[i] == '=') {
			i++;
			while (i < tag.len && strchr(" \t\r\n\f", tag.ptr[i]))
				i++;
			char quote = i < tag.len ? tag.ptr[i] : '\0';
			bool quoted = quote == '"' || quote == '\'';
			size_t begin = i += quoted;
			while (i < tag.len &&
			       (quoted ? tag.ptr[i] != quote : !strchr(" \t\r\n\f", tag.ptr[i])))
				i++;
			*value = es_str(tag.ptr + begin, i - begin);
			i += quoted;
		}
		if (es_str_eq_nocase(found, es_str_of(name)))
			return true;
		if (found.len == 0 && i < tag.len && tag.ptr[i] != '=')
			i++; /* rubbish: on */
	}
	return false;
}

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
	return attribute(tag, "rel", &rel) && has_word(rel, "alternate") &&
	       attribute(tag, "type", &type) &&
	       (has_word(type, "rss+xml") || has_word(type, "atom+xml") ||
		has_word(type, "feed+json")) &&
	       attribute(tag, "href", href) && href->len > 0 && href->len < HREF_MAX;
}

/* The end of a tag: the ">" that stands in no quotes; at most what is there. */
static size_t tag_end(const char *ptr, size_t len)
{
	char quote = '\0';
	for (size_t i = 0; i < len; i++) {
		if (quote)
			quote = ptr[i] == quote ? '\0' : quote;
		else if (ptr[i] == '"' || ptr[i] == '\'')
			quote = ptr[i];
		else if (ptr[i] == '>')
			return i;
	}
	return len;
}

int es_discover(struct es_buf *out, struct earshot_str page, const char *base)
{
	struct earshot_str best = { 0 };
	size_t links = 0;
	if (page.len > PAGE_MAX)
		page.len = PAGE_MAX;
	for (size_t i = 0; i + 6 < page.len && links < LINKS_MAX;) {
		const char *open = memchr(page.ptr + i, '<', page.len - i);
		if (!open)
			break;
		i = (size_t)(open - page.ptr) + 1;
		if (page.len - i >= 3 && strncmp(page.ptr + i, "!--", 3) == 0) {
			const char *end = memmem(page.ptr + i, page.len - i, "-->", 3);
			i = end ? (size_t)(end - page.ptr) + 3 : page.len;
			continue;
		}
		if (page.len - i < 5 || strncasecmp(page.ptr + i, "link", 4) != 0 ||
		    !strchr(" \t\r\n\f/", page.ptr[i + 4]))
			continue;
		size_t len = tag_end(page.ptr + i, page.len - i);
		struct earshot_str tag = es_str(page.ptr + i + 4, len > 4 ? len - 4 : 0), href,
				   title;
		i += len;
		links++;
		if (!is_feed_link(tag, &href))
			continue;
		bool comments = has_word(href, "comment") ||
				(attribute(tag, "title", &title) && has_word(title, "comment"));
		if (!best.len || !comments) {
			best = href;
			if (!comments)
				break;
		}
	}
	if (!best.len)
		return EARSHOT_NOINPUT;
	/* the one entity that addresses have */
	char text[HREF_MAX];
	size_t n = 0;
	for (size_t i = 0; i < best.len; i++) {
		text[n++] = best.ptr[i];
		if (best.len - i >= 5 && strncasecmp(best.ptr + i, "&amp;", 5) == 0)
			i += 4;
	}
	text[n] = '\0';
	if (memchr(text, '\0', n))
		return EARSHOT_NOINPUT;
	return es_net_url_join(out, base, text);
}
