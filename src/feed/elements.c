/* SPDX-License-Identifier: MIT */
#include "feed/elements.h"

/* Sorted by name. Ranks of a body: the whole text over the summary. */
static const struct es_element elements[] = {
	{ "abstract", ES_NS_CORE, ES_M_BODY, 4 },
	{ "author", ES_NS_CORE, ES_M_PERSON, 3 },
	{ "author", ES_NS_DC, ES_M_PERSON, 4 },
	{ "author", ES_NS_ITUNES, ES_M_PERSON, 2 },
	{ "block", ES_NS_GOOGLEPLAY, ES_M_BLOCK, 0 },
	{ "block", ES_NS_ITUNES, ES_M_BLOCK, 0 },
	{ "block", ES_NS_PODCAST, ES_M_BLOCK, 0 },
	{ "body", ES_NS_XHTML, ES_M_BODY, 7 },
	{ "category", ES_NS_CORE, ES_M_TAG, 1 },
	{ "category", ES_NS_ITUNES, ES_M_TAG, 1 },
	{ "category", ES_NS_MEDIA, ES_M_TAG, 1 },
	{ "channel", ES_NS_CORE, ES_M_FEED, 0 },
	{ "comments", ES_NS_SLASH, ES_M_REPLIES, 1 },
	{ "community", ES_NS_MEDIA, ES_M_GROUP, 0 },
	{ "content", ES_NS_CORE, ES_M_BODY, 6 },
	{ "content", ES_NS_MEDIA, ES_M_GROUP, 0 },
	{ "created", ES_NS_CORE, ES_M_DATE, 2 },
	{ "created", ES_NS_TERMS, ES_M_DATE, 2 },
	{ "creator", ES_NS_DC, ES_M_PERSON, 4 },
	{ "date", ES_NS_DC, ES_M_DATE, 4 },
	{ "deleted-entry", ES_NS_TOMBSTONES, ES_M_DELETED, 0 },
	{ "description", ES_NS_CORE, ES_M_BODY, 5 },
	{ "description", ES_NS_DC, ES_M_BODY, 3 },
	{ "description", ES_NS_MEDIA, ES_M_BODY, 2 },
	{ "div", ES_NS_XHTML, ES_M_BODY, 7 },
	{ "email", ES_NS_CORE, ES_M_EMAIL, 1 },
	{ "encoded", ES_NS_CONTENT, ES_M_BODY, 8 },
	{ "entry", ES_NS_CORE, ES_M_ITEM, 0 },
	{ "feed", ES_NS_CORE, ES_M_FEED, 0 },
	{ "fullitem", ES_NS_CORE, ES_M_BODY, 7 },
	{ "group", ES_NS_MEDIA, ES_M_GROUP, 0 },
	{ "guid", ES_NS_CORE, ES_M_ID, 3 },
	{ "id", ES_NS_CORE, ES_M_ID, 3 },
	{ "in-reply-to", ES_NS_THR, ES_M_REPLY_TO, 1 },
	{ "issued", ES_NS_CORE, ES_M_DATE, 5 },
	{ "issued", ES_NS_TERMS, ES_M_DATE, 5 },
	{ "item", ES_NS_CORE, ES_M_ITEM, 0 },
	{ "keywords", ES_NS_ITUNES, ES_M_KEYWORDS, 1 },
	{ "keywords", ES_NS_MEDIA, ES_M_KEYWORDS, 1 },
	{ "language", ES_NS_CORE, ES_M_LANG, 2 },
	{ "language", ES_NS_DC, ES_M_LANG, 3 },
	{ "lastbuilddate", ES_NS_CORE, ES_M_DATE, 3 },
	{ "link", ES_NS_CORE, ES_M_LINK, 0 },
	{ "managingeditor", ES_NS_CORE, ES_M_PERSON, 1 },
	{ "meta", ES_NS_XHTML, ES_M_ROBOTS, 0 },
	{ "modified", ES_NS_CORE, ES_M_DATE, 3 },
	{ "modified", ES_NS_TERMS, ES_M_DATE, 3 },
	{ "name", ES_NS_CORE, ES_M_NAME, 2 },
	{ "pubdate", ES_NS_CORE, ES_M_DATE, 5 },
	{ "published", ES_NS_CORE, ES_M_DATE, 5 },
	{ "rating", ES_NS_IM, ES_M_RATING, 1 },
	{ "rdf", ES_NS_RDF, ES_M_ROOT, 0 },
	{ "restriction", ES_NS_ACCESS, ES_M_ROBOTS, 0 },
	{ "rss", ES_NS_CORE, ES_M_ROOT, 0 },
	{ "statistics", ES_NS_MEDIA, ES_M_VIEWS, 1 },
	{ "subject", ES_NS_DC, ES_M_TAG, 1 },
	{ "subtitle", ES_NS_ITUNES, ES_M_BODY, 1 },
	{ "summary", ES_NS_CORE, ES_M_BODY, 4 },
	{ "summary", ES_NS_ITUNES, ES_M_BODY, 2 },
	{ "title", ES_NS_CORE, ES_M_TITLE, 4 },
	{ "title", ES_NS_DC, ES_M_TITLE, 3 },
	{ "title", ES_NS_ITUNES, ES_M_TITLE, 2 },
	{ "title", ES_NS_MEDIA, ES_M_TITLE, 1 },
	{ "total", ES_NS_THR, ES_M_REPLIES, 1 },
	{ "updated", ES_NS_CORE, ES_M_DATE, 3 },
	{ "version", ES_NS_IM, ES_M_VERSION, 1 },
};

const struct es_element *es_element_find(enum es_ns ns, struct earshot_str local)
{
	char key[16];
	if (ns == ES_NS_OTHER || local.len >= sizeof(key))
		return NULL;
	for (size_t i = 0; i < local.len; i++) {
		char c = local.ptr[i];
		key[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	key[local.len] = '\0';
	if (ns == ES_NS_ATOM)
		ns = ES_NS_CORE;
	size_t from = 0, to = ES_COUNT(elements);
	while (from < to) {
		size_t mid = (from + to) / 2;
		int order = strcmp(key, elements[mid].name);
		if (order == 0)
			order = (int)ns - (int)elements[mid].ns;
		if (order == 0)
			return &elements[mid];
		if (order < 0)
			to = mid;
		else
			from = mid + 1;
	}
	return NULL;
}

/* Compared without case, without a '/' or '#' at the end, https as http. */
static const struct {
	const char *uri, *prefix;
	enum es_ns ns;
} spaces[] = {
	{ "http://www.w3.org/2005/Atom", "atom", ES_NS_ATOM },
	{ "http://purl.org/atom/ns", "atom03", ES_NS_ATOM },
	{ "http://purl.org/dc/elements/1.1", "dc", ES_NS_DC },
	{ "http://purl.org/rss/1.0/modules/content", "content", ES_NS_CONTENT },
	{ "http://search.yahoo.com/mrss", "media", ES_NS_MEDIA },
	{ "http://www.itunes.com/dtds/podcast-1.0.dtd", "itunes", ES_NS_ITUNES },
	{ "http://www.google.com/schemas/play-podcasts/1.0", "googleplay", ES_NS_GOOGLEPLAY },
	{ "https://podcastindex.org/namespace/1.0", "podcast", ES_NS_PODCAST },
	{ "http://www.bloglines.com/about/specs/fac-1.0", "access", ES_NS_ACCESS },
	{ "http://purl.org/rss/1.0/modules/slash", "slash", ES_NS_SLASH },
	{ "http://purl.org/syndication/thread/1.0", "thr", ES_NS_THR },
	{ "http://purl.org/atompub/tombstones/1.0", "at", ES_NS_TOMBSTONES },
	{ "http://www.w3.org/1999/02/22-rdf-syntax-ns", "rdf", ES_NS_RDF },
	{ "http://www.w3.org/1999/xhtml", "xhtml", ES_NS_XHTML },
	{ "http://purl.org/dc/terms", "dcterms", ES_NS_TERMS },
	{ "http://itunes.apple.com/rss", "im", ES_NS_IM },
	{ "http://www.w3.org/XML/1998/namespace", "xml", ES_NS_XML },
	{ "http://purl.org/rss/1.0", "rss", ES_NS_CORE },
	{ "http://purl.org/net/rss1.1", "rss11", ES_NS_CORE },
	{ "http://my.netscape.com/rdf/simple/0.9", "rss09", ES_NS_CORE },
	{ "http://channel.netscape.com/rdf/simple/0.9", "rss09", ES_NS_CORE },
	{ "http://my.netscape.com/publish/formats/rss-0.91.dtd", "rss091", ES_NS_CORE },
	{ "http://backend.userland.com/rss", "rss2", ES_NS_CORE },
	{ "http://backend.userland.com/rss2", "rss2", ES_NS_CORE },
	{ "http://blogs.law.harvard.edu/tech/rss", "rss2", ES_NS_CORE },
	{ "http://purl.org/rss/1.0/modules/rss091", "rss091", ES_NS_CORE },
	{ "http://purl.org/echo", "echo", ES_NS_ATOM },
	{ "http://purl.org/pie", "pie", ES_NS_ATOM },
	{ "http://www.rssboard.org/media-rss", "media", ES_NS_MEDIA },
	{ "http://purl.org/dc/elements/1.0", "dc", ES_NS_DC },
	{ "http://video.search.yahoo.com/mrss", "media", ES_NS_MEDIA },
};

enum es_ns es_ns_of_uri(struct earshot_str uri)
{
	uri = es_str_trim(uri);
	while (uri.len && (uri.ptr[uri.len - 1] == '/' || uri.ptr[uri.len - 1] == '#'))
		uri.len--;
	if (!uri.len)
		return ES_NS_CORE;
	bool https = es_str_starts_nocase(uri, ES_STR("https://"));
	for (size_t i = 0; i < ES_COUNT(spaces); i++) {
		struct earshot_str known = es_str_of(spaces[i].uri), given = uri;
		if (https) { /* from "://" on */
			known = es_str(known.ptr + 4, known.len - 4);
			given = es_str(given.ptr + 5, given.len - 5);
		}
		if (es_str_eq_nocase(given, known))
			return spaces[i].ns;
	}
	return ES_NS_OTHER;
}

enum es_ns es_ns_of_prefix(struct earshot_str prefix)
{
	for (size_t i = 0; i < ES_COUNT(spaces); i++)
		if (es_str_eq_nocase(prefix, es_str_of(spaces[i].prefix)))
			return spaces[i].ns;
	return ES_NS_OTHER;
}
