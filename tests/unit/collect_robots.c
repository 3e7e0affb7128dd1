/* SPDX-License-Identifier: MIT
 *
 * Sites that ask programs not to read them are not read, and said to be so.
 */
#include "collect_site.h"

#define META \
	"<x:meta xmlns:x=\"http://www.w3.org/1999/xhtml\" name=\"robots\" content=\"noindex\"/>"
#define ASKING "<item><guid>2</guid><title>2</title>" META "<description>x</description></item>"

TEST("a site that asks not to be indexed, by header or in its feed, is not read: cannot_hear, "
     "robots, a day")
{
	struct es_bus *bus = kit_start();
	struct es_source source = { .id = "web", .kind = ES_SOURCE_FEED, .url = site_url("/feed") };
	struct es_collect_options options = options_for(bus, &source, 1);
	static const struct {
		const char *headers, *document, *words;
	} asking[] = {
		{ "X-Robots-Tag: noindex\r\n", FEED(ITEM("1")), "X-Robots-Tag" },
		{ "X-Robots-Tag: googlebot: follow\r\nX-Robots-Tag: none\r\n", FEED(ITEM("1")),
		  "X-Robots-Tag" },
		{ "TDM-Reservation: 1\r\n", FEED(ITEM("1")), "TDM-Reservation" },
		{ "", FEED(META ITEM("1")), "the feed asks" },
		{ "", FEED(META), "the feed asks" },
	};
	for (size_t i = 0; i < ES_COUNT(asking); i++) {
		atomic_store(&extra, asking[i].headers);
		atomic_store(&document, asking[i].document);
		int64_t now = es_now_ms();
		const char *value = kit_look(&options);
		CHECK(strstr(value, "\"state\":\"cannot_hear\"") &&
		      strstr(value, "\"error\":\"robots\"") && strstr(value, asking[i].words));
		CHECK(strstr(value, "\"waits_by\":\"robots\""));
		int64_t next = time_in(value, "next_try");
		CHECK(next >= now + ES_DAY && next <= es_now_ms() + ES_DAY);
		CHECK_INT(kit_count(bus), 0);
		kit_end(bus);
		options.bus = bus = kit_start();
	}
	/* what others are asked, and what blogs say of every feed, is no such wish */
	atomic_store(&extra, "X-Robots-Tag: noindex, follow\r\nX-Robots-Tag: googlebot: none\r\n"
			     "TDM-Reservation: 0\r\n");
	atomic_store(&document, FEED(ITEM("1")));
	CHECK(strstr(kit_look(&options), "\"state\":\"ok\""));
	CHECK_INT(kit_count(bus), 1);
	/* said with a 304, too */
	atomic_store(&extra, "X-Robots-Tag: none\r\n");
	CHECK(strstr(kit_look(&options), "\"error\":\"robots\""));
	/* the owner agrees */
	source.robots_ignored = true;
	atomic_store(&document, FEED(META ITEM("1") ITEM("3")));
	CHECK(strstr(kit_look(&options), "\"state\":\"ok\""));
	CHECK_INT(kit_count(bus), 2);
	atomic_store(&extra, "");
	kit_end(bus);
}

TEST("an entry that asks not to be indexed is not collected; what was known of it is deleted, once")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "web",
					  .kind = ES_SOURCE_FEED,
					  .url = site_url("/feed") };
	struct es_collect_options options = options_for(bus, &source, 1);
	atomic_store(&document, FEED(ITEM("1") ASKING));
	kit_once(&options);
	CHECK_INT(kit_count(bus), 1);
	atomic_store(&document, FEED(ITEM("1") ITEM("2")));
	kit_once(&options);
	CHECK_INT(kit_count(bus), 2);
	atomic_store(&document, FEED(ASKING ITEM("1")));
	kit_once(&options);
	atomic_store(&document, FEED(ASKING ITEM("1") ITEM("4")));
	kit_once(&options);
	struct kit_posts posts = kit_posts(bus);
	CHECK_INT(posts.n, 4);
	const struct kit_post *gone = kit_find(&posts, "2");
	CHECK(gone != NULL);
	if (gone) {
		CHECK_INT(gone->post.op, EARSHOT_OP_DELETE);
		CHECK(gone->post.rev > 0);
		CHECK_STR(gone->text, strlen(gone->text), "");
	}
	free(posts.at);
	kit_end(bus);
}

TEST("a file was handed over: nothing in it is a wish not to be read")
{
	struct es_bus *bus = kit_start();
	kit_write("a.xml", "w", FEED(META ITEM("1") ASKING));
	const struct es_source source = { .id = "old",
					  .kind = ES_SOURCE_FEED,
					  .url = kit_url("a.xml") };
	struct es_collect_options options = options_for(bus, &source, 1);
	kit_once(&options);
	CHECK_INT(kit_count(bus), 2);
	kit_end(bus);
}
