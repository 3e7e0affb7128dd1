/* SPDX-License-Identifier: MIT
 *
 * websub_find.c - which hub a feed has, and under which address the hub knows the feed
 * (4 of the recommendation): Link of HTTP, else <link> before the first entry, else the members
 * `hubs` and `feed_url` of a JSON Feed.
 */
#include "collect/links.h"
#include "collect/websub.h"
#include "http/http.h"
#include "net/net.h"

#define HEAD_MAX  (64 * 1024) /* of a document that is searched */
#define LINKS_MAX 64

static int take(struct es_buf *out, const char *base, struct earshot_str href)
{
	if (out->len || !href.len)
		return EARSHOT_OK;
	int rc = es_link_join(out, base, href);
	return rc == EARSHOT_NOINPUT ? EARSHOT_OK : rc;
}

static int of_header(struct es_buf *hub, struct es_buf *topic, struct earshot_str link,
		     const char *base)
{
	struct earshot_str href;
	int rc = EARSHOT_OK;
	if (es_link_header(link, "hub", &href))
		rc = take(hub, base, href);
	if (rc == EARSHOT_OK && hub->len && es_link_header(link, "self", &href))
		rc = take(topic, base, href);
	return rc;
}

/* Up to the first entry: what is said in one is not said of the feed. */
static struct earshot_str head_of(struct earshot_str body)
{
	static const char *const entries[] = { "<item>", "<item ", "<entry>", "<entry " };
	if (body.len > HEAD_MAX)
		body.len = HEAD_MAX;
	for (size_t i = 0; i < ES_COUNT(entries); i++) {
		const char *at =
			body.len ? memmem(body.ptr, body.len, entries[i], strlen(entries[i]))
				 : NULL;
		if (at)
			body.len = (size_t)(at - body.ptr);
	}
	return body;
}

static int of_feed(struct es_buf *hub, struct es_buf *topic, struct earshot_str body,
		   const char *base)
{
	struct earshot_str head = head_of(body), tag, rel, href;
	size_t at = 0;
	int rc = EARSHOT_OK;
	for (int i = 0; rc == EARSHOT_OK && i < LINKS_MAX && es_links_next(head, &at, &tag); i++) {
		if (!es_link_attribute(tag, "rel", &rel) || !es_link_attribute(tag, "href", &href))
			continue;
		if (es_link_is(rel, "hub"))
			rc = take(hub, base, href);
		if (rc == EARSHOT_OK && es_link_is(rel, "self"))
			rc = take(topic, base, href);
	}
	return rc;
}

static struct earshot_str text_of(struct earshot_str raw)
{
	bool plain = raw.len > 2 && *raw.ptr == '"' && !memchr(raw.ptr, '\\', raw.len);
	return plain ? es_str(raw.ptr + 1, raw.len - 2) : es_str(NULL, 0);
}

static int of_json(struct es_buf *hub, struct es_buf *topic, struct earshot_str body,
		   const char *base)
{
	struct earshot_str hubs = es_json_get(body.ptr, body.len, "hubs");
	const char *first = hubs.ptr ? memchr(hubs.ptr, '{', hubs.len) : NULL;
	if (!first)
		return EARSHOT_OK;
	const char *end = memchr(first, '}', hubs.len - (size_t)(first - hubs.ptr));
	if (!end)
		return EARSHOT_OK;
	int rc = take(hub, base, text_of(es_json_get(first, (size_t)(end - first) + 1, "url")));
	return rc == EARSHOT_OK
		       ? take(topic, base, text_of(es_json_get(body.ptr, body.len, "feed_url")))
		       : rc;
}

int es_websub_find(struct es_buf *hub, struct es_buf *topic, const struct es_net_result *result,
		   struct earshot_str body, const char *base)
{
	int rc = of_header(hub, topic, result->link, base);
	if (rc == EARSHOT_OK && !hub->len) {
		struct earshot_str text = es_str_trim(body);
		bool json = text.len && *text.ptr == '{';
		rc = json ? of_json(hub, topic, text, base) : of_feed(hub, topic, body, base);
	}
	if (rc == EARSHOT_OK && hub->len && !topic->len) /* it says nowhere who it is */
		es_buf_puts(topic, base);
	if (!hub->len)
		es_buf_clear(topic);
	return rc == EARSHOT_OK && (!es_buf_ok(hub) || !es_buf_ok(topic)) ? EARSHOT_NOMEM : rc;
}
