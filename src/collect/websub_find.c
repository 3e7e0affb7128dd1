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

/* The three below: NOINPUT where there is no hub, or one that does not say who the feed is; NOMEM.
 */
static int of_header(struct es_buf *hub, struct es_buf *topic, struct earshot_str link,
		     const char *base)
{
	struct earshot_str href;
	int rc = es_link_header(link, "hub", &href) ? es_link_join(hub, base, href)
						    : EARSHOT_NOINPUT;
	if (rc == EARSHOT_OK && es_link_header(link, "self", &href))
		rc = es_link_join(topic, base, href);
	return rc;
}

/* Up to the first entry: what is said in one is not said of the feed. */
static struct earshot_str head_of(struct earshot_str body)
{
	static const char *const entries[] = { "<item>", "<item ", "<entry>", "<entry " };
	if (body.len > ES_LINKS_TEXT)
		body.len = ES_LINKS_TEXT;
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
	struct earshot_str head = head_of(body);
	int rc = es_links_find(hub, base, head, "hub");
	return rc == EARSHOT_OK ? es_links_find(topic, base, head, "self") : rc;
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
	const char *end = first ? memchr(first, '}', hubs.len - (size_t)(first - hubs.ptr)) : NULL;
	if (!end)
		return EARSHOT_NOINPUT;
	struct earshot_str url = es_json_get(first, (size_t)(end - first) + 1, "url"),
			   self = es_json_get(body.ptr, body.len, "feed_url");
	int rc = es_link_join(hub, base, text_of(url));
	return rc == EARSHOT_OK ? es_link_join(topic, base, text_of(self)) : rc;
}

int es_websub_find(struct es_buf *hub, struct es_buf *topic, const struct es_net_result *result,
		   struct earshot_str body, const char *base)
{
	int rc = of_header(hub, topic, result->link, base);
	if (rc == EARSHOT_NOINPUT && !hub->len) {
		struct earshot_str text = es_str_trim(body);
		bool json = text.len && *text.ptr == '{';
		rc = json ? of_json(hub, topic, text, base) : of_feed(hub, topic, body, base);
	}
	if (rc == EARSHOT_NOMEM)
		return rc;
	if (hub->len && !topic->len) /* it says nowhere who it is */
		es_buf_puts(topic, base);
	return es_buf_ok(topic) ? EARSHOT_OK : EARSHOT_NOMEM;
}
