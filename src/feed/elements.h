/* SPDX-License-Identifier: MIT
 *
 * elements.h - what the elements of RSS, RDF, Atom, CDF and their modules mean.
 *
 * A new element or module is a row in a table of elements.c.
 */
#ifndef ES_FEED_ELEMENTS_H
#define ES_FEED_ELEMENTS_H

#include "base/base.h"

enum es_ns {
	ES_NS_CORE,   /* none, RSS in all its namespaces, CDF */
	ES_NS_ACCESS, /* Bloglines */
	ES_NS_ATOM,
	ES_NS_CONTENT,
	ES_NS_DC,
	ES_NS_GOOGLEPLAY,
	ES_NS_IM, /* the app store's */
	ES_NS_ITUNES,
	ES_NS_MEDIA,
	ES_NS_PODCAST, /* Podcasting 2.0 */
	ES_NS_RDF,
	ES_NS_SLASH,
	ES_NS_TERMS,      /* dcterms */
	ES_NS_THR,        /* RFC 4685 */
	ES_NS_TOMBSTONES, /* RFC 6721 */
	ES_NS_XHTML,
	ES_NS_XML,
	ES_NS_OTHER,
};

enum es_means {
	ES_M_NOTHING,
	ES_M_ROOT, /* rss, RDF */
	ES_M_FEED, /* feed, channel */
	ES_M_ITEM,
	ES_M_DELETED, /* an entry that is no more */
	ES_M_GROUP,   /* its children count as the item's */
	ES_M_PERSON,  /* name inside, or text */
	ES_M_NAME,
	ES_M_EMAIL,
	ES_M_TITLE,
	ES_M_BODY,
	ES_M_LINK,
	ES_M_ID,
	ES_M_DATE,
	ES_M_TAG,
	ES_M_KEYWORDS, /* tags with commas between */
	ES_M_LANG,
	ES_M_REPLIES,
	ES_M_REPLY_TO,
	ES_M_VIEWS,
	ES_M_RATING,
	ES_M_VERSION,
	ES_M_ROBOTS, /* asks programs not to index, by attributes */
	ES_M_BLOCK,  /* the same, "yes" inside */
};

struct es_element {
	const char *name; /* lower case */
	uint8_t ns, means;
	uint8_t rank; /* the highest rank of one meaning wins */
};

/* NULL where it means nothing. ATOM is looked up as CORE. */
const struct es_element *es_element_find(enum es_ns ns, struct earshot_str local);
/* OTHER where the URI is unknown. */
enum es_ns es_ns_of_uri(struct earshot_str uri);
/* For prefixes that nobody declared, or with an address that nobody knows, as many
 * feeds do; OTHER where unknown. */
enum es_ns es_ns_of_prefix(struct earshot_str prefix);

#endif
