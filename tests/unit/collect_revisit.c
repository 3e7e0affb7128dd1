/* SPDX-License-Identifier: MIT
 *
 * Posts looked at again, on clocks of the test's own: gone, changed, still there.
 */
#include "collect_site.h"
#include "collect_time.h"
#include "collect/inside.h"
#include "collect/revisit.h"
#include "http/http.h"

static const int64_t ages[] = { ES_HOUR, 6 * ES_HOUR, ES_DAY, 7 * ES_DAY };

static char feed_text[2048], entry_text[1024];

static struct es_source feed_source(void)
{
	return (struct es_source){ .id = "web",
				   .kind = ES_SOURCE_FEED,
				   .url = site_url("/feed"),
				   .every_ms = 30 * ES_DAY,
				   .revisit = ages,
				   .n_revisit = ES_COUNT(ages) };
}

/* After so much time a new process looks; how many visits of posts that was. */
static int look_after(const struct es_collect_options *options, int64_t ms)
{
	int before = atomic_load(&visits);
	pass(ms);
	kit_once(options);
	return atomic_load(&visits) - before;
}

static void serve_page(const char *items)
{
	snprintf(feed_text, sizeof(feed_text),
		 "<rss version=\"2.0\"><channel><title>T</title>%s<item><guid>1</guid>"
		 "<title>one</title><link>http://127.0.0.1:%d/page</link></item></channel></rss>",
		 items, port);
	atomic_store(&document, feed_text);
}

TEST("a post is looked at again at its ages, and no more after the last; that it is there is no "
     "news")
{
	struct es_bus *bus = kit_start();
	struct es_source source = feed_source();
	struct es_collect_options options = timed_options(bus, &source);
	atomic_store(&page_status, 200);
	serve_page("");
	CHECK_INT(look_after(&options, 0), 0);
	CHECK_INT(look_after(&options, 50 * ES_MINUTE), 0);
	CHECK_INT(look_after(&options, 11 * ES_MINUTE), 1); /* 1h */
	CHECK_INT(look_after(&options, ES_HOUR), 0);
	CHECK_INT(look_after(&options, 4 * ES_HOUR), 1);  /* 6h */
	CHECK_INT(look_after(&options, 3 * ES_DAY), 1);   /* 24h */
	CHECK_INT(look_after(&options, 30 * ES_DAY), 1);  /* 7d */
	CHECK_INT(look_after(&options, 300 * ES_DAY), 0); /* never again */
	CHECK_INT(kit_count(bus), 1);
	kit_end(bus);
}

TEST("a post that is gone is deleted: at once by 410, by 404 when it is said again an hour later")
{
	for (int status = 404; status <= 410; status += 6) {
		struct es_bus *bus = kit_start();
		struct es_source source = feed_source();
		struct es_collect_options options = timed_options(bus, &source);
		atomic_store(&page_status, 200);
		serve_page("");
		CHECK_INT(look_after(&options, 0), 0);
		CHECK_INT(look_after(&options, 61 * ES_MINUTE), 1);
		atomic_store(&page_status, status);
		CHECK_INT(look_after(&options, 5 * ES_HOUR), 1);
		if (status == 404) {
			CHECK_INT(kit_count(bus), 1);
			CHECK_INT(look_after(&options, 59 * ES_MINUTE), 0);
			CHECK_INT(look_after(&options, ES_MINUTE), 1);
		}
		struct kit_posts posts = kit_posts(bus);
		CHECK_INT(posts.n, 2);
		if (posts.n == 2) {
			const struct kit_post *gone = &posts.at[1];
			CHECK_STR(gone->id, EARSHOT_ID_LEN, posts.at[0].id);
			CHECK_INT(gone->post.op, EARSHOT_OP_DELETE);
			CHECK(gone->post.rev > ES_DAY && gone->post.rev <= wall(NULL));
		}
		free(posts.at);
		/* once: though it stays in its feed, and the feed changes */
		serve_page("<item><guid>2</guid><title>two</title></item>");
		CHECK_INT(look_after(&options, ES_DAY), 0);
		CHECK_INT(kit_count(bus), 3);
		kit_end(bus);
	}
}

TEST("a site in trouble, or back after one 404, deletes nothing")
{
	struct es_bus *bus = kit_start();
	struct es_source source = feed_source();
	struct es_collect_options options = timed_options(bus, &source);
	serve_page("");
	CHECK_INT(look_after(&options, 0), 0);
	atomic_store(&page_status, 404);
	CHECK_INT(look_after(&options, 61 * ES_MINUTE), 1);
	atomic_store(&page_status, 200);
	CHECK_INT(look_after(&options, 61 * ES_MINUTE), 1);
	atomic_store(&page_status, 404);
	CHECK_INT(look_after(&options, 6 * ES_HOUR), 1);
	atomic_store(&page_status, 503);
	CHECK_INT(look_after(&options, 2 * ES_HOUR), 1);
	CHECK_INT(look_after(&options, 30 * ES_DAY), 1);
	CHECK_INT(kit_count(bus), 1);
	kit_end(bus);
}

TEST("a post that was pushed is looked at again at its age, however far the next look at the feed "
     "is")
{
	struct es_bus *bus = kit_start();
	struct es_source source = feed_source();
	struct es_collect_options options = options_for(bus, &source, 1);
	struct es_collector *collector = NULL;
	struct earshot_error error;
	struct es_reading_result read;
	const struct es_session_options session = { .role = "collect",
						    .instance = "test",
						    .threads = 1 };
	options.clock = &test_clock;
	CHECK_OK(es_collector_new(&collector, &options, &error), error);
	CHECK_OK(es_session_open(bus, &session, &collector->session, &error), error);
	es_outbox_init(&collector->outbox, collector->session, "test", false);
	struct es_state *state = &collector->states[0];
	int64_t now = monotonic(NULL);
	collector->next_due = state->due = state->look_due = now + 30 * ES_DAY;
	serve_page("");
	CHECK_OK(es_intake_body(&collector->intake, state, es_str_of(feed_text), NULL, NULL, &read,
				&error),
		 error);
	const struct es_outcome outcome = {
		.error = "", .message = "", .posts = read.posts, .lag = read.lag
	};
	CHECK_OK(es_collector_pushed(collector, state, &outcome, &error), error);
	CHECK_INT(read.posts, 1);
	CHECK(state->due >= now + ES_HOUR && state->due < now + 2 * ES_HOUR);
	CHECK_INT(collector->next_due, state->due);
	es_outbox_release(&collector->outbox);
	es_session_close(collector->session);
	es_collector_free(collector);
	kit_end(bus);
}

static void serve_entry(const char *text, int replies)
{
	snprintf(entry_text, sizeof(entry_text),
		 "<entry xmlns=\"http://www.w3.org/2005/Atom\" "
		 "xmlns:thr=\"http://purl.org/syndication/thread/1.0\"><id>urn:1</id>"
		 "<title>%s</title><thr:total>%d</thr:total></entry>",
		 text, replies);
	snprintf(feed_text, sizeof(feed_text),
		 "<feed xmlns=\"http://www.w3.org/2005/Atom\" "
		 "xmlns:thr=\"http://purl.org/syndication/thread/1.0\"><title>T</title><entry>"
		 "<id>urn:1</id><link rel=\"self\" type=\"application/atom+xml\" "
		 "href=\"http://127.0.0.1:%d/entry\"/>"
		 "<title>one</title><thr:total>0</thr:total></entry></feed>",
		 port);
	atomic_store(&entry, entry_text);
	atomic_store(&document, feed_text);
}

TEST("an entry with a document of its own is read again there: edits and counts are updates, each "
     "once")
{
	struct es_bus *bus = kit_start();
	struct es_source source = feed_source();
	struct es_collect_options options = timed_options(bus, &source);
	serve_entry("one", 0);
	CHECK_INT(look_after(&options, 0), 0);
	CHECK_INT(look_after(&options, 61 * ES_MINUTE), 1);
	CHECK_INT(kit_count(bus), 1); /* the same */
	serve_entry("one", 7);
	CHECK_INT(look_after(&options, 5 * ES_HOUR), 1);
	struct kit_posts posts = kit_posts(bus);
	CHECK_INT(posts.n, 2);
	CHECK_INT(kit_find(&posts, "urn:1")->post.engagement.replies, 7);
	CHECK_INT(kit_find(&posts, "urn:1")->post.op, EARSHOT_OP_UPDATE);
	free(posts.at);
	serve_entry("better", 7);
	CHECK_INT(look_after(&options, ES_DAY), 1);
	posts = kit_posts(bus);
	CHECK_INT(posts.n, 3);
	CHECK_STR(kit_find(&posts, "urn:1")->title, 6, "better");
	CHECK_STR(kit_find(&posts, "urn:1")->id, EARSHOT_ID_LEN, posts.at[0].id);
	free(posts.at);
	/* neither the document nor the feed has said anything new since */
	CHECK_INT(look_after(&options, 7 * ES_DAY), 1);
	CHECK_INT(kit_count(bus), 3);
	kit_end(bus);
}

TEST("what lies at the address of an entry may be another one, a page or nothing: no news")
{
	static const char *const others[] = {
		"<entry "
		"xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:2</id><title>x</title></entry>",
		"<html><body>sign in</body></html>", "", "\xff\xfe rubbish"
	};
	struct es_bus *bus = kit_start();
	struct es_source source = feed_source();
	struct es_collect_options options = timed_options(bus, &source);
	serve_entry("one", 0);
	CHECK_INT(look_after(&options, 0), 0);
	for (size_t i = 0; i < ES_COUNT(others); i++) {
		atomic_store(&entry, others[i]);
		CHECK_INT(look_after(&options, ages[i]), 1);
		CHECK_INT(kit_count(bus), 1);
	}
	kit_end(bus);
}

TEST("visits leave half of a budget to the source itself")
{
	struct es_bus *bus = kit_start();
	struct es_source source = feed_source();
	struct es_collect_options options = timed_options(bus, &source);
	char items[1024] = "";
	source.budget.per_day = 10;
	for (int i = 0; i < 8; i++)
		snprintf(items + strlen(items), sizeof(items) - strlen(items),
			 "<item><guid>x%d</guid><title>x</title><link>http://127.0.0.1:%d/page</"
			 "link>"
			 "</item>",
			 i, port);
	atomic_store(&page_status, 200);
	serve_page(items);
	CHECK_INT(look_after(&options, 0), 0);
	/* one look each day, and visits down to less than half of what is left */
	int first = look_after(&options, 90 * ES_MINUTE);
	CHECK(first >= 3 && first <= 5);
	int second = look_after(&options, 2 * ES_DAY);
	CHECK(second >= 4 && second <= 6);
	kit_end(bus);
}

TEST("the list is bounded, keeps the newest, comes back from the record, and takes no odd address")
{
	struct es_revisits list = { 0 }, back = { 0 };
	struct es_arena arena = { 0 };
	struct es_buf out;
	es_buf_init(&out, ES_MIB);
	for (int i = 0; i < 700; i++) {
		struct es_revisit visit = { .seen = 1000 + i, .said = (uint32_t)i };
		char address[64];
		snprintf(visit.id, sizeof(visit.id), "%032x", i);
		visit.document = i % 2;
		visit.missing = i % 3 == 0;
		snprintf(address, sizeof(address), "https://e.org/\"%d", i);
		CHECK_INT(es_revisits_add(&list, &visit, es_str_of(address), ages, 4), EARSHOT_OK);
		CHECK_INT(es_revisits_add(&list, &visit, es_str_of(address), ages, 4), EARSHOT_OK);
	}
	CHECK_INT(list.n, ES_REVISITS_MAX);
	CHECK_INT(list.at[0].seen, 1200);
	CHECK(es_revisits_next(&list) == &list.at[0]);
	es_buf_puts(&out, "{\"a\":1");
	es_revisits_put(&out, &list);
	es_buf_puts(&out, "}");
	CHECK_INT(es_revisits_get(&back, &arena, es_json_get(out.ptr, out.len, "revisits")),
		  EARSHOT_OK);
	CHECK_INT(back.n, list.n);
	for (size_t i = 0; i < back.n && i < list.n; i++) {
		struct es_revisit *a = &list.at[i], *b = &back.at[i];
		CHECK(strcmp(a->id, b->id) == 0 && strcmp(a->url, b->url) == 0);
		CHECK(a->seen == b->seen && a->due == b->due && a->said == b->said &&
		      a->step == b->step && a->document == b->document && a->missing == b->missing);
	}
	es_revisits_clear(&list);
	static const char *const odd[] = { "",
					   "http://",
					   "ftp://e.org/",
					   "http://user:secret@e.org/",
					   "https://me@e.org",
					   "javascript:alert(1)",
					   "mailto:a@b" };
	const struct es_revisit one = { .id = "0123456789abcdef0123456789abcdef" };
	for (size_t i = 0; i < ES_COUNT(odd); i++)
		CHECK_INT(es_revisits_add(&list, &one, es_str_of(odd[i]), ages, 4), EARSHOT_OK);
	CHECK_INT(list.n, 0);
	CHECK_INT(es_revisits_get(&back, &arena, es_str_of("[1]")), EARSHOT_DATA);
	CHECK_INT(es_revisits_get(&back, &arena, es_str_of("{\"x\":{}}")), EARSHOT_DATA);
	es_revisits_clear(&list);
	es_revisits_clear(&back);
	es_arena_release(&arena);
	es_buf_release(&out);
}

TEST("SIGKILL at random moments of visits: every post that is gone is deleted once")
{
	struct es_bus *bus = kit_start();
	struct es_source source = feed_source();
	struct es_collect_options options = timed_options(bus, &source);
	struct es_buf items;
	es_buf_init(&items, ES_MIB);
	es_buf_puts(&items, "<rss version=\"2.0\"><channel><title>T</title>");
	for (int i = 0; i < 40; i++)
		es_buf_printf(&items,
			      "<item><guid>%d</guid><title>x</title>"
			      "<link>http://127.0.0.1:%d/page</link></item>",
			      i, port);
	es_buf_puts(&items, "</channel></rss>");
	atomic_store(&document, items.ptr);
	CHECK_INT(look_after(&options, 0), 0);
	CHECK_INT(kit_count(bus), 40);
	es_bus_close(bus);
	atomic_store(&page_status, 410);
	pass(2 * ES_HOUR);
	for (useconds_t i = 0; i < 25; i++)
		(void)kit_kill_amid(&options, &visits, 0, 2000 + i * 7919 % 40000);
	options.bus = bus = kit_open();
	(void)look_after(&options, 0);
	struct kit_posts posts = kit_posts(bus);
	size_t deletions = 0;
	for (size_t i = 0; i < posts.n; i++)
		deletions += posts.at[i].post.op == EARSHOT_OP_DELETE;
	CHECK_INT(posts.n, 80);
	CHECK_INT(deletions, 40);
	CHECK_INT(look_after(&options, 30 * ES_DAY), 0);
	free(posts.at);
	es_buf_release(&items);
	kit_end(bus);
}
