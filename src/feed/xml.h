/* SPDX-License-Identifier: MIT
 *
 * xml.h - a tolerant, streaming XML tokenizer: no tree, no DTD, no namespaces.
 *
 * Clean UTF-8 comes in pieces of any size; tags and text go out as (ptr, len)
 * views that live until the callback returns. Text may come in any number of
 * pieces. It never fails for bad form: `<` that begins no tag and `&` that
 * begins no reference are text; DOCTYPE, comments and instructions are skipped
 * whole, so that no entity of a document is ever expanded. Linear in the input;
 * holds at most one tag.
 */
#ifndef ES_FEED_XML_H
#define ES_FEED_XML_H

#include "base/base.h"

/* Bytes of one tag with its attributes: room for an image in a data: URL. */
#define ES_XML_TAG_MAX (1024u * 1024u)
/* Attributes of one element. */
#define ES_XML_ATTRS_MAX 256
/* Bytes between '&' and ';': the longest name of HTML is
 * CounterClockwiseContourIntegral, 31 (WHATWG HTML, 13.5). */
#define ES_XML_REF_MAX 32

/* A non-zero return stops the reading; es_xml_push() returns it. */
struct es_xml_events {
	/* attrs: the raw text behind the name, for es_xml_attr() */
	int (*start)(void *ctx, struct earshot_str name, struct earshot_str attrs,
		     struct earshot_error *error);
	/* for <a/> too */
	int (*end)(void *ctx, struct earshot_str name, struct earshot_error *error);
	/* references resolved; cdata: it stood in a CDATA section */
	int (*text)(void *ctx, const char *ptr, size_t len, bool cdata,
		    struct earshot_error *error);
};

struct es_xml {
	const struct es_xml_events *events;
	void *ctx;
	int state;
	char quote;        /* inside a tag: the quote that is open */
	char last;         /* inside a tag: the byte before, white space aside */
	int subset;        /* inside a DOCTYPE: 1 in [], 2 in a comment there */
	int matched;       /* bytes of the end mark seen: "]]", "--", "?" */
	size_t tag_len;    /* bytes of the tag so far */
	struct es_buf tag; /* what lay in earlier pieces */
	char ref[ES_XML_REF_MAX + 2];
	size_t n_ref;
	int64_t line; /* of the beginning of the next piece, from 1 */
};

void es_xml_init(struct es_xml *xml, const struct es_xml_events *events, void *ctx);
void es_xml_release(struct es_xml *xml);
/* LIMIT for a tag that is too long; else what a callback returned. The error
 * gets the line where it has none. */
int es_xml_push(struct es_xml *xml, const char *ptr, size_t len,
		struct earshot_error *error) EARSHOT_MUST_USE;
/* Hands out text that was held back. *open: the end lies inside markup. */
int es_xml_end(struct es_xml *xml, bool *open, struct earshot_error *error) EARSHOT_MUST_USE;

/* The next attribute of `attrs`, which moves on; the value is raw. False at the
 * end. Missing quotes and values are accepted. */
bool es_xml_attr(struct earshot_str *attrs, struct earshot_str *name, struct earshot_str *value);
/* Appends a raw attribute value with its references resolved. */
void es_xml_unescape(struct es_buf *out, struct earshot_str raw);

#endif
