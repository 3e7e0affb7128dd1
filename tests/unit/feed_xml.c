/* SPDX-License-Identifier: MIT
 *
 * feed_xml.c - hostile and broken feeds: limits, errors, memory.
 */
#include "test.h"

#include <earshot/feed.h>
#include <sys/resource.h>
#include "base/base.h"

struct run {
	size_t posts, longest;
	int bad, stop_after;
	struct earshot_error last;
};

static int on_post(void *ctx, const struct earshot_post *post)
{
	struct run *run = ctx;
	run->posts++;
	if (post->text.len > run->longest)
		run->longest = post->text.len;
	if (post->title.len > run->longest)
		run->longest = post->title.len;
	return run->stop_after && run->posts == (size_t)run->stop_after ? 42 : 0;
}

static void on_bad(void *ctx, const struct earshot_error *error)
{
	struct run *run = ctx;
	run->bad++;
	run->last = *error;
}

static struct earshot_feed_options options_of(struct run *run)
{
	return (struct earshot_feed_options){ .size = sizeof(struct earshot_feed_options),
					      .on_post = on_post,
					      .on_bad = on_bad,
					      .ctx = run };
}

static struct earshot_feed *reader(const struct earshot_feed_options *options)
{
	struct earshot_feed *feed = NULL;
	struct earshot_error error;
	CHECK_OK(earshot_feed_new(&feed, options, &error), error);
	return feed;
}

static int push(struct earshot_feed *feed, const char *text, struct earshot_error *error)
{
	return earshot_feed_push(feed, text, strlen(text), error);
}

static int repeat(struct earshot_feed *feed, const char *text, size_t n,
		  struct earshot_error *error)
{
	struct es_buf buf;
	int rc = 0;
	es_buf_init(&buf, 1 << 20);
	while (n && !rc) {
		es_buf_clear(&buf);
		for (; n && buf.len < 60000; n--)
			es_buf_puts(&buf, text);
		rc = earshot_feed_push(feed, buf.ptr, buf.len, error);
	}
	es_buf_release(&buf);
	return rc;
}

#define HEAD "<rss version=\"2.0\"><channel><title>t</title>\n"
#define ITEM "<item><title>one</title></item>\n"
#define TAIL "</channel></rss>"

TEST("a million nested elements are stopped, with the line and what came before")
{
	struct run run = { 0 };
	struct earshot_feed_options options = options_of(&run);
	struct earshot_feed *feed = reader(&options);
	struct earshot_error error;
	CHECK_OK(push(feed, HEAD ITEM, &error), error);
	CHECK_INT(repeat(feed, "<a>", 1000000, &error), EARSHOT_LIMIT);
	CHECK_INT(error.line, 3);
	CHECK_INT(run.posts, 1);
	CHECK_INT(push(feed, "x", &error), EARSHOT_USAGE);
	earshot_feed_free(feed);
}

TEST("nested JSON is stopped, too")
{
	struct run run = { 0 };
	struct earshot_feed_options options = options_of(&run);
	struct earshot_feed *feed = reader(&options);
	struct earshot_error error;
	CHECK_OK(push(feed, "{\"items\":[{\"id\":", &error), error);
	CHECK_INT(repeat(feed, "[", 1000000, &error), EARSHOT_LIMIT);
	CHECK_INT(error.line, 1);
	earshot_feed_free(feed);
}

TEST("240 KB of quadratic entities stay 240 KB")
{
	struct run run = { 0 };
	struct earshot_feed_options options = options_of(&run);
	struct earshot_feed *feed = reader(&options);
	struct earshot_error error;
	CHECK_OK(push(feed, "<!DOCTYPE rss [<!ENTITY a \"", &error), error);
	CHECK_OK(repeat(feed, "aaaaaaaaaa", 12000, &error), error);
	CHECK_OK(push(feed, "\">]>" HEAD "<item><title>", &error), error);
	CHECK_OK(repeat(feed, "&a;", 40000, &error), error);
	CHECK_OK(push(feed, "</title></item>" TAIL, &error), error);
	CHECK_OK(earshot_feed_end(feed, &error), error);
	CHECK_INT(run.posts, 1);
	CHECK_INT(run.longest, 120000);
	earshot_feed_free(feed);
}

TEST("a giant attribute and too many attributes are stopped")
{
	static const char *const parts[] = { "x=\"1\" ", "aaaaaaaaaaaaaaaa" };
	for (size_t i = 0; i < 2; i++) {
		struct run run = { 0 };
		struct earshot_feed_options options = options_of(&run);
		struct earshot_feed *feed = reader(&options);
		struct earshot_error error;
		CHECK_OK(push(feed, HEAD ITEM "<item a=\"", &error), error);
		if (i == 0)
			CHECK_OK(push(feed, "\" ", &error), error);
		int rc = repeat(feed, parts[i], i ? 200000 : 300, &error);
		if (!rc)
			rc = push(feed, i ? "\">" : ">", &error);
		CHECK_INT(rc, EARSHOT_LIMIT);
		CHECK_INT(error.line, 3);
		CHECK_INT(run.posts, 1);
		earshot_feed_free(feed);
	}
}

TEST("end tags without a beginning, prefixes and quotes cost what they are long")
{
	static const char *const parts[] = {
		"</x>", "<a xmlns:p=\"u\"/>", "<![CDATA[]]]]]]>", "<!-->", "&amp", "<\"'", "<item>",
		"]]&<"
	};
	for (size_t i = 0; i < ES_COUNT(parts); i++) {
		struct run run = { 0 };
		struct earshot_feed_options options = options_of(&run);
		struct earshot_feed *feed = reader(&options);
		struct earshot_error error;
		double from = es_test_cpu_ns();
		CHECK_OK(push(feed, HEAD, &error), error);
		CHECK_OK(repeat(feed, "<a>", 250, &error), error);
		CHECK_OK(repeat(feed, parts[i], 1000000 / strlen(parts[i]), &error), error);
		CHECK_OK(earshot_feed_end(feed, &error), error);
		CHECK(es_test_cpu_ns() - from < 5e9);
		earshot_feed_free(feed);
	}
}

TEST("a feed of 200 MB passes in the memory of one entry")
{
	struct run run = { 0 };
	struct earshot_feed_options options = options_of(&run);
	options.max_size = (size_t)1 << 30;
	struct earshot_feed *feed = reader(&options);
	struct earshot_error error;
	struct rusage before, after;
	struct es_buf item;
	es_buf_init(&item, 1 << 20);
	es_buf_puts(&item, "<item><title>t</title><description>");
	for (int i = 0; i < 1000; i++)
		es_buf_puts(&item, "many &lt;b&gt;words&lt;/b&gt; ");
	es_buf_puts(&item, "</description></item>");
	CHECK_OK(push(feed, HEAD, &error), error);
	CHECK_OK(repeat(feed, item.ptr, 20, &error), error);
	getrusage(RUSAGE_SELF, &before);
	size_t n = ((size_t)200 << 20) / item.len;
	CHECK_OK(repeat(feed, item.ptr, n, &error), error);
	getrusage(RUSAGE_SELF, &after);
	CHECK_OK(push(feed, TAIL, &error), error);
	CHECK_OK(earshot_feed_end(feed, &error), error);
	CHECK_INT(run.posts, n + 20);
	CHECK(after.ru_maxrss - before.ru_maxrss < 16 * 1024);
	es_buf_release(&item);
	earshot_feed_free(feed);
}

TEST("a text is cut at its limit, at a whole character")
{
	struct run run = { 0 };
	struct earshot_feed_options options = options_of(&run);
	struct earshot_feed *feed = reader(&options);
	struct earshot_error error;
	CHECK_OK(push(feed, HEAD "<item><description>", &error), error);
	CHECK_OK(repeat(feed, "좋아요", 2000000, &error), error);
	CHECK_OK(push(feed, "</description></item>" ITEM TAIL, &error), error);
	CHECK_OK(earshot_feed_end(feed, &error), error);
	CHECK_INT(run.posts, 2);
	CHECK(run.longest <= EARSHOT_TEXT_MAX && run.longest > EARSHOT_TEXT_MAX - 4);
	earshot_feed_free(feed);
}

TEST("a truncated feed keeps its entries and says one thing, with the line")
{
	struct run run = { 0 };
	struct earshot_feed_options options = options_of(&run);
	struct earshot_feed *feed = reader(&options);
	struct earshot_error error;
	CHECK_OK(push(feed, HEAD ITEM ITEM "<item><title>thr", &error), error);
	CHECK_OK(earshot_feed_end(feed, &error), error);
	CHECK_INT(run.posts, 2);
	CHECK_INT(run.bad, 1);
	CHECK_INT(run.last.code, EARSHOT_DATA);
	CHECK_INT(run.last.line, 4);
	earshot_feed_free(feed);
	options.on_bad = NULL;
	feed = reader(&options);
	CHECK_OK(push(feed, HEAD ITEM "<item", &error), error);
	CHECK_INT(earshot_feed_end(feed, &error), EARSHOT_DATA);
	CHECK_INT(error.line, 3);
	CHECK(error.hint[0]);
	earshot_feed_free(feed);
}

TEST("what is no feed is refused with a word on what it is")
{
	static const char *const documents[] = { "<!DOCTYPE html>\n<html><body>", "hello",
						 "%PDF-1.7", "\xff\xd8\xff\xe0\0" };
	for (size_t i = 0; i < ES_COUNT(documents); i++) {
		struct run run = { 0 };
		struct earshot_feed_options options = options_of(&run);
		struct earshot_feed *feed = reader(&options);
		struct earshot_error error;
		int rc = push(feed, documents[i], &error);
		if (!rc)
			rc = earshot_feed_end(feed, &error);
		CHECK_INT(rc, EARSHOT_DATA);
		CHECK(error.text[0] && error.line);
		earshot_feed_free(feed);
	}
}

TEST("a document larger than max_size stops there")
{
	struct run run = { 0 };
	struct earshot_feed_options options = options_of(&run);
	options.max_size = strlen(HEAD ITEM) + 3;
	struct earshot_feed *feed = reader(&options);
	struct earshot_error error;
	CHECK_INT(push(feed, HEAD ITEM ITEM, &error), EARSHOT_LIMIT);
	CHECK_INT(run.posts, 1);
	earshot_feed_free(feed);
}

TEST("a callback's result stops the reading and comes back")
{
	struct run run = { .stop_after = 2 };
	struct earshot_feed_options options = options_of(&run);
	struct earshot_feed *feed = reader(&options);
	struct earshot_error error;
	CHECK_INT(push(feed, HEAD ITEM ITEM ITEM TAIL, &error), 42);
	CHECK_INT(run.posts, 2);
	earshot_feed_free(feed);
}
