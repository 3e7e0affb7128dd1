/* SPDX-License-Identifier: MIT
 *
 * feed_parse.c - MB/s of feeds turned into posts by one thread. Makes its own
 * documents (RSS with HTML in description and content, Atom, RDF, JSON Feed),
 * each about 20 KB, 20 MB together; the best of five rounds counts.
 */
#include <earshot/feed.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/base.h"

#define DOCUMENTS 1000
#define ROUNDS    5

static const char *const sentences[] = {
	"The new kettle boils fast and looks good on the table. ",
	"Kargo üç günde geldi, kutu ezilmişti ama ürün sağlam çıktı. ",
	"배송은 빨랐는데 포장이 아쉬웠어요, 그래도 다시 살 것 같아요. ",
	"I &amp; my sister waited 40 minutes in the queue; nobody cared. ",
	"Support answered within an hour &#8211; that was a surprise. ",
};

static void words(struct es_buf *out, unsigned *seed, int n)
{
	while (n-- > 0) {
		*seed = *seed * 1103515245u + 12345u;
		es_buf_puts(out, sentences[(*seed >> 16) % ES_COUNT(sentences)]);
	}
}

static void rss(struct es_buf *out, unsigned *seed, int i)
{
	es_buf_printf(out, "<item>\n<title>Entry number %d</title>\n", i);
	es_buf_printf(out, "<link>https://example.org/2026/11/%d/?utm_source=rss</link>\n", i);
	es_buf_printf(out, "<guid isPermaLink=\"false\">https://example.org/?p=%d</guid>\n", i);
	es_buf_puts(out, "<pubDate>Tue, 24 Nov 2026 09:00:00 +0000</pubDate>\n"
			 "<dc:creator><![CDATA[Kim]]></dc:creator>\n"
			 "<category><![CDATA[kitchen]]></category>\n<description>&lt;p&gt;");
	words(out, seed, 3);
	es_buf_puts(out, "&lt;/p&gt;</description>\n<content:encoded><![CDATA[<p>");
	for (int n = 0; n < 4; n++) {
		words(out, seed, 5);
		es_buf_puts(out,
			    "</p>\n<p class=\"x\"><a href=\"https://example.org/a\">more</a> ");
	}
	es_buf_puts(out, "</p>]]></content:encoded>\n</item>\n");
}

static void atom(struct es_buf *out, unsigned *seed, int i)
{
	es_buf_printf(out,
		      "<entry><id>tag:example.org,2026:%d</id><title type=\"html\">Entry %d</title>"
		      "<link rel=\"alternate\" type=\"text/html\" href=\"/e/%d\"/>"
		      "<updated>2026-11-24T09:00:00Z</updated><author><name>Lee</name></author>"
		      "<content type=\"html\">&lt;p&gt;",
		      i, i, i);
	words(out, seed, 20);
	es_buf_puts(out, "&lt;/p&gt;</content></entry>\n");
}

static void json(struct es_buf *out, unsigned *seed, int i)
{
	es_buf_printf(out,
		      "%s{\"id\":\"%d\",\"url\":\"https://example.org/%d\",\"title\":\"Entry\","
		      "\"date_published\":\"2026-11-24T09:00:00Z\",\"content_html\":\"<p>",
		      i ? ",\n" : "", i, i);
	words(out, seed, 20);
	es_buf_puts(out, "</p>\"}");
}

static void document(struct es_buf *out, unsigned *seed, int kind)
{
	static const struct {
		const char *head, *tail;
		void (*entry)(struct es_buf *, unsigned *, int);
	} kinds[] = {
		{ "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" "
		  "xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" "
		  "xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel><title>Bench</title>\n",
		  "</channel></rss>\n", rss },
		{ "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"https://example.org/\">"
		  "<title>Bench</title>\n",
		  "</feed>\n", atom },
		{ "{\"version\":\"https://jsonfeed.org/version/"
		  "1.1\",\"title\":\"Bench\",\"items\":[",
		  "]}\n", json },
	};
	es_buf_puts(out, kinds[kind].head);
	for (int i = 0; i < 12; i++)
		kinds[kind].entry(out, seed, i);
	es_buf_puts(out, kinds[kind].tail);
}

static int on_post(void *ctx, const struct earshot_post *post)
{
	*(size_t *)ctx += post->text.len != 0;
	return 0;
}

int main(void)
{
	static struct es_buf docs[DOCUMENTS];
	static const char *const names[] = { "RSS", "Atom", "JSON Feed" };
	static const int mix[] = { 0, 0, 0, 0, 0, 0, 1, 1, 1, 2 }; /* of ten documents */
	unsigned seed = 1;
	size_t bytes[3] = { 0 }, all = 0, posts = 0;
	int64_t best[3] = { INT64_MAX, INT64_MAX, INT64_MAX };
	for (int i = 0; i < DOCUMENTS; i++) {
		es_buf_init(&docs[i], ES_LIMIT_FEED);
		document(&docs[i], &seed, mix[i % 10]);
		bytes[mix[i % 10]] += docs[i].len;
	}
	for (int round = 0; round < ROUNDS; round++)
		for (int kind = 0; kind < 3; kind++) {
			int64_t from = es_monotonic_us();
			posts = 0;
			for (int i = 0; i < DOCUMENTS; i++) {
				struct earshot_feed_options options = { .size = sizeof(options),
									.on_post = on_post,
									.ctx = &posts };
				struct earshot_feed *feed;
				struct earshot_error error;
				if (mix[i % 10] != kind)
					continue;
				if (earshot_feed_new(&feed, &options, &error) ||
				    earshot_feed_push(feed, docs[i].ptr, docs[i].len, &error) ||
				    earshot_feed_end(feed, &error)) {
					fprintf(stderr, "feed_parse: %s\n", error.text);
					return 1;
				}
				earshot_feed_free(feed);
			}
			int64_t us = es_monotonic_us() - from;
			best[kind] = us < best[kind] ? us : best[kind];
		}
	int64_t us = 0;
	for (int kind = 0; kind < 3; kind++) {
		printf("feed parse %s: %.0f MB/s\n", names[kind],
		       (double)bytes[kind] / (double)best[kind]);
		all += bytes[kind];
		us += best[kind];
	}
	printf("feed parse, mixed: %.0f MB/s (%.1f MB, one thread)\n", (double)all / (double)us,
	       (double)all / 1e6);
	for (int i = 0; i < DOCUMENTS; i++)
		es_buf_release(&docs[i]);
	return posts == 0;
}
