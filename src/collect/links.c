/* SPDX-License-Identifier: MIT
 *
 * links.c - <link> of pages and feeds, and Link of HTTP (RFC 8288), by their rel.
 */
#include "collect/links.h"

#include <strings.h>

#include "net/net.h"

bool es_link_attribute(struct earshot_str tag, const char *name, struct earshot_str *value)
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

/* "link", or "atom:link": behind the name, or 0. */
static size_t link_name(struct earshot_str text)
{
	size_t end = 0;
	while (end < text.len && end < 64 && !strchr(" \t\r\n\f/>", text.ptr[end]))
		end++;
	const char *colon = memchr(text.ptr, ':', end);
	size_t from = colon ? (size_t)(colon - text.ptr) + 1 : 0;
	return es_str_eq_nocase(es_str(text.ptr + from, end - from), ES_STR("link")) ? end : 0;
}

bool es_links_next(struct earshot_str text, size_t *at, struct earshot_str *tag)
{
	for (size_t i = *at; i + 6 < text.len;) {
		const char *open = memchr(text.ptr + i, '<', text.len - i);
		if (!open)
			break;
		i = (size_t)(open - text.ptr) + 1;
		struct earshot_str rest = es_str(text.ptr + i, text.len - i);
		if (es_str_starts(rest, ES_STR("!--"))) {
			const char *end = memmem(rest.ptr, rest.len, "-->", 3);
			i = end ? (size_t)(end - text.ptr) + 3 : text.len;
			continue;
		}
		size_t name = link_name(rest);
		if (!name)
			continue;
		size_t len = tag_end(rest.ptr, rest.len);
		*tag = es_str(rest.ptr + name, len > name ? len - name : 0);
		*at = i + len;
		return true;
	}
	*at = text.len;
	return false;
}

bool es_link_is(struct earshot_str rel, const char *word)
{
	for (size_t i = 0, end; i < rel.len; i = end + 1) {
		for (end = i; end < rel.len && !strchr(" \t\r\n\f", rel.ptr[end]);)
			end++;
		if (es_str_eq_nocase(es_str(rel.ptr + i, end - i), es_str_of(word)))
			return true;
	}
	return false;
}

int es_link_join(struct es_buf *out, const char *base, struct earshot_str href)
{
	/* the one entity that addresses have */
	char text[ES_LINK_MAX];
	size_t n = 0;
	if (!href.len || href.len >= sizeof(text)) /* empty: the folder of `base` */
		return EARSHOT_NOINPUT;
	for (size_t i = 0; i < href.len; i++) {
		text[n++] = href.ptr[i];
		if (href.len - i >= 5 && strncasecmp(href.ptr + i, "&amp;", 5) == 0)
			i += 4;
	}
	text[n] = '\0';
	if (memchr(text, '\0', n))
		return EARSHOT_NOINPUT;
	return es_net_url_join(out, base, text);
}

int es_links_find(struct es_buf *out, const char *base, struct earshot_str feed, const char *rel)
{
	struct earshot_str tag, said, href;
	size_t at = 0;
	int rc = EARSHOT_NOINPUT;
	feed.len = feed.len < ES_LINKS_TEXT ? feed.len : ES_LINKS_TEXT;
	for (int i = 0; rc == EARSHOT_NOINPUT && i < ES_LINKS_MAX && es_links_next(feed, &at, &tag);
	     i++)
		if (es_link_attribute(tag, "rel", &said) && es_link_is(said, rel) &&
		    es_link_attribute(tag, "href", &href))
			rc = es_link_join(out, base, href);
	return rc;
}

bool es_link_header(struct earshot_str value, const char *rel, struct earshot_str *href)
{
	size_t i = 0;
	while (i < value.len) {
		const char *open = memchr(value.ptr + i, '<', value.len - i);
		const char *close =
			open ? memchr(open, '>', value.len - (size_t)(open - value.ptr)) : NULL;
		if (!close)
			return false;
		*href = es_str(open + 1, (size_t)(close - open) - 1);
		/* its parameters: to the comma that stands in no quotes */
		char words[512];
		size_t n = 0;
		bool quoted = false;
		for (i = (size_t)(close - value.ptr) + 1;
		     i < value.len && (quoted || value.ptr[i] != ','); i++) {
			quoted ^= value.ptr[i] == '"';
			if (n < sizeof(words))
				words[n++] = !quoted && value.ptr[i] == ';' ? ' ' : value.ptr[i];
		}
		struct earshot_str said;
		if (es_link_attribute(es_str(words, n), "rel", &said) && es_link_is(said, rel))
			return true;
	}
	return false;
}
