/* SPDX-License-Identifier: MIT
 *
 * rss.h - between rss.c (tags) and rss_fields.c (what they bring to an entry).
 */
#ifndef ES_FEED_RSS_H
#define ES_FEED_RSS_H

#include "feed/elements.h"
#include "feed/reader.h"
#include "feed/xml.h"

#define ES_RSS_BINDS_MAX 256            /* prefixes in scope */
#define ES_RSS_SCOPE_MAX (256u * 1024u) /* bytes of bases, languages and prefixes */

enum es_place {
	ES_AT_SKIP,
	ES_AT_ROOT,
	ES_AT_FEED,
	ES_AT_ITEM,
	ES_AT_GROUP,
	ES_AT_PERSON,
	ES_AT_TEXT,
	ES_AT_INSIDE
};
/* How the text of an element is to be understood. */
enum es_form { ES_FORM_PLAIN, ES_FORM_HTML, ES_FORM_XHTML, ES_FORM_BASE64, ES_FORM_NOTHING };

struct es_rss_level {
	uint32_t hash; /* of the name, for end tags */
	uint8_t place;
	uint8_t ns;
	uint16_t n_binds;                        /* before this element */
	uint32_t scope;                          /* length before this element */
	uint32_t base, base_len, lang, lang_len; /* in scope */
};

struct es_rss_bind {
	uint32_t at, len; /* the prefix, in scope */
	uint8_t ns;
};

struct es_rss {
	struct earshot_feed *feed;
	struct es_xml xml;
	struct es_rss_level level[ES_FEED_DEPTH_MAX];
	int depth;
	struct es_rss_bind binds[ES_RSS_BINDS_MAX];
	int n_binds;
	struct es_buf scope;
	struct es_buf value; /* an attribute, or a resolved URL */
	struct es_buf text;  /* of the element that is being read */
	/* the element that is being read; level of it, 0 = none */
	int text_depth;
	const struct es_element *element;
	enum es_form form;
	bool full;      /* the text has reached its limit */
	bool permalink; /* guid */
	bool in_item;
	bool guid_is_url; /* of the entry */
	int item_depth;
	bool is_feed; /* anything of a feed was seen */
};

/* The attribute without regard to its prefix; raw. */
struct earshot_str es_rss_attr(struct earshot_str attrs, const char *want);
/* Where a link leads: href, or as it is written by mistake, url or uri; raw. */
struct earshot_str es_rss_href(struct earshot_str attrs);
/* Resolved and trimmed; may lie in s->value, until the next call. */
struct earshot_str es_rss_unescaped(struct es_rss *s, struct earshot_str raw);
/* The base of the innermost element; the language of the one at `depth`. */
struct earshot_str es_rss_base(const struct es_rss *s);
struct earshot_str es_rss_lang(const struct es_rss *s, int depth);
/* Sets a URL of the entry or the feed, resolved. 0 or NOMEM. */
int es_rss_set_url(struct es_rss *s, enum es_field field, uint8_t rank,
		   struct earshot_str url) EARSHOT_MUST_USE;
/* How an element's text is to be read, by its type and mode. */
enum es_form es_rss_form(struct es_rss *s, const struct es_element *element, bool atom,
			 struct earshot_str attrs);
/* Elements that say all in their attributes. 0 or NOMEM. */
int es_rss_by_attributes(struct es_rss *s, const struct es_element *element,
			 struct earshot_str attrs) EARSHOT_MUST_USE;
/* <at:deleted-entry>: handed over as an entry that is deleted. As es_entry_emit(). */
int es_rss_deleted(struct es_rss *s, struct earshot_str attrs,
		   struct earshot_error *error) EARSHOT_MUST_USE;
/* The text of an element is complete. 0 or NOMEM. */
int es_rss_store(struct es_rss *s) EARSHOT_MUST_USE;

#endif
