/* SPDX-License-Identifier: MIT
 *
 * The collector over the embedded log: what goes out, once, whatever happens.
 */
#include "collect_kit.h"
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define RSS_HEAD "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>T</title>"
#define RSS_TAIL "</channel></rss>"
#define ITEM(id, text) \
	"<item><guid isPermaLink=\"false\">" id "</guid><title>t " id "</title><description>" text \
	"</description><pubDate>Mon, 23 Nov 2026 10:00:00 GMT</pubDate></item>"

TEST("a feed goes out once, with ids, defaults and times, and a second look changes nothing")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "news",
					  .kind = ES_SOURCE_FEED,
					  .url = kit_url("a.rss"),
					  .voice = EARSHOT_VOICE_PRESS,
					  .channel = "blog",
					  .lang = "en" };
	struct es_collect_options options = kit_options(bus, &source, 1);
	kit_write("a.rss", "w", RSS_HEAD ITEM("1", "one") ITEM("2", "two, mail a@b.com") RSS_TAIL);
	kit_once(&options);
	struct kit_posts posts = kit_posts(bus);
	CHECK_INT(posts.n, 2);
	const struct kit_post *post = kit_find(&posts, "2");
	REQUIRE(post);
	char id[EARSHOT_ID_LEN + 1];
	es_post_id_of(ES_STR("news"), ES_STR("2"), id);
	CHECK_STR(post->id, strlen(post->id), id);
	CHECK_STR(post->text, strlen(post->text), "two, mail [email]");
	CHECK_INT(post->n_redactions, 1);
	CHECK_STR(post->channel, strlen(post->channel), "blog");
	CHECK_INT(post->post.voice, EARSHOT_VOICE_PRESS);
	CHECK_INT(post->post.op, EARSHOT_OP_CREATE);
	CHECK_INT(post->post.rev, 0);
	CHECK_INT(post->post.event_at, post->post.published_at);
	CHECK(post->post.observed_at > 1700000000000);
	free(posts.at);
	int sources = kit_read(bus, "sources", NULL, NULL);
	CHECK_INT(sources, 1);
	kit_once(&options);
	CHECK_INT(kit_count(bus), 2);
	CHECK_INT(kit_read(bus, "sources", NULL, NULL), sources);
	kit_end(bus);
}

TEST("a changed document brings what is new, and what was edited as an update")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "news",
					  .kind = ES_SOURCE_FEED,
					  .url = kit_url("a.rss") };
	struct es_collect_options options = kit_options(bus, &source, 1);
	kit_write("a.rss", "w", RSS_HEAD ITEM("1", "one") ITEM("2", "two") RSS_TAIL);
	kit_once(&options);
	kit_write("a.rss", "w",
		  RSS_HEAD ITEM("3", "three") ITEM("1", "one, edited") ITEM("2", "two") RSS_TAIL);
	kit_once(&options);
	struct kit_posts posts = kit_posts(bus);
	CHECK_INT(posts.n, 4);
	const struct kit_post *post = kit_find(&posts, "1");
	REQUIRE(post);
	CHECK_INT(post->post.op, EARSHOT_OP_UPDATE);
	CHECK(post->post.rev > 0);
	CHECK_STR(post->text, strlen(post->text), "one, edited");
	free(posts.at);
	/* the same guid twice in one document: the first one counts, every time */
	for (int i = 0; i < 3; i++) {
		kit_write("a.rss", "w", RSS_HEAD ITEM("4", "four") ITEM("4", "another") RSS_TAIL);
		if (i > 0)
			kit_write("a.rss", "a", i == 1 ? "\n" : "\n\n");
		kit_once(&options);
		CHECK_INT(kit_count(bus), 5);
	}
	/* an entry that was gone for a while is not new */
	kit_write("a.rss", "w", RSS_HEAD ITEM("3", "three") ITEM("2", "two") RSS_TAIL);
	kit_once(&options);
	CHECK_INT(kit_count(bus), 5);
	kit_end(bus);
}

TEST("a JSON lines file that grows is read on from where it was; a rewritten one brings only news")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "log",
					  .kind = ES_SOURCE_JSONL,
					  .url = kit_url("a.jsonl") };
	struct es_collect_options options = kit_options(bus, &source, 1);
	kit_write("a.jsonl", "w",
		  "{\"native_id\":\"1\",\"text\":\"one\"}\nnot json\n\n"
		  "{\"native_id\":\"2\",\"text\":\"two\"}\n");
	kit_once(&options);
	CHECK_INT(kit_count(bus), 2);
	kit_write("a.jsonl", "a",
		  "{\"native_id\":\"3\",\"text\":\"three\"}\n"
		  "{\"native_id\":\"1\",\"text\":\"one again\",\"rev\":1700000000000}\n"
		  "{\"native_id\":\"2\",\"text\":\"two\",\"op\":\"delete\"}\n"
		  "{\"native_id\":\"4\",\"text\":\"no line end\"}");
	kit_once(&options);
	struct kit_posts posts = kit_posts(bus);
	CHECK_INT(posts.n, 6);
	const struct kit_post *one = kit_find(&posts, "1"), *two = kit_find(&posts, "2");
	REQUIRE(one && two);
	CHECK_INT(one->post.rev, 1700000000000);
	CHECK_INT(one->post.op, EARSHOT_OP_UPDATE);
	CHECK_INT(two->post.op, EARSHOT_OP_DELETE);
	CHECK(two->post.rev > 0);
	free(posts.at);
	kit_once(&options);
	CHECK_INT(kit_count(bus), 6);
	kit_write("a.jsonl", "w",
		  "{\"native_id\":\"5\",\"text\":\"five\"}\n"
		  "{\"native_id\":\"3\",\"text\":\"three\"}\n"
		  "{\"native_id\":\"4\",\"text\":\"no line end\"}\n");
	kit_once(&options);
	CHECK_INT(kit_count(bus), 7);
	kit_end(bus);
}

TEST("CSV is read by its map, quoted line ends included, and on from where it was")
{
	struct es_bus *bus = kit_start();
	const struct earshot_feed_map map[] = { { "text", "comment" },
						{ "survey.nps", "score" },
						{ "native_id", "no" } };
	const struct es_source source = { .id = "survey",
					  .kind = ES_SOURCE_CSV,
					  .url = kit_url("a.csv"),
					  .map = map,
					  .n_map = 3 };
	struct es_collect_options options = kit_options(bus, &source, 1);
	kit_write("a.csv", "w", "no,score,comment\r\n1,9,\"fine,\r\nreally\"\r\n2,3,bad\r\n");
	kit_once(&options);
	kit_write("a.csv", "a", "3,0,\"awful \"\"app\"\"\"\r\n");
	kit_once(&options);
	kit_once(&options);
	struct kit_posts posts = kit_posts(bus);
	CHECK_INT(posts.n, 3);
	const struct kit_post *post = kit_find(&posts, "3");
	REQUIRE(post);
	CHECK_STR(post->text, strlen(post->text), "awful \"app\"");
	CHECK(post->post.survey.nps == 0);
	free(posts.at);
	kit_end(bus);
}

TEST("a glob reads every file, and one that appears later")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "many",
					  .kind = ES_SOURCE_JSONL,
					  .url = kit_url("part-*.jsonl") };
	struct es_collect_options options = kit_options(bus, &source, 1);
	kit_write("part-1.jsonl", "w", "{\"native_id\":\"1\",\"text\":\"one\"}\n");
	kit_write("part-2.jsonl", "w", "{\"native_id\":\"2\",\"text\":\"two\"}\n");
	kit_once(&options);
	CHECK_INT(kit_count(bus), 2);
	kit_write("part-3.jsonl", "w", "{\"native_id\":\"3\",\"text\":\"three\"}\n");
	/* renamed: known by what it holds */
	REQUIRE(rename(kit_path("part-1.jsonl"), kit_path("part-9.jsonl")) == 0);
	kit_once(&options);
	CHECK_INT(kit_count(bus), 3);
	kit_end(bus);
}

TEST("what cannot be heard is a state with a reason, and comes back by itself")
{
	struct es_bus *bus = kit_start();
	struct es_source source = { .id = "gone",
				    .kind = ES_SOURCE_FEED,
				    .url = kit_url("missing.rss") };
	struct es_collect_options options = kit_options(bus, &source, 1);
	const char *value = kit_look(&options);
	CHECK(strstr(value, "\"state\":\"cannot_hear\"") && strstr(value, "\"error\":\"file\"") &&
	      strstr(value, "\"next_try\""));
	kit_write("missing.rss", "w", "<html><body>no feed</body></html>");
	value = kit_look(&options);
	CHECK(strstr(value, "\"error\":\"data\"") != NULL);
	kit_write("missing.rss", "w", RSS_HEAD ITEM("1", "one") RSS_TAIL);
	value = kit_look(&options);
	CHECK(strstr(value, "\"state\":\"ok\"") && !strstr(value, "\"error\""));
	CHECK_INT(kit_count(bus), 1);
	source.url = "http://127.0.0.1:1/rss"; /* private */
	value = kit_look(&options);
	CHECK(strstr(value, "\"error\":\"private\"") != NULL);
	source.url = "ftp:nothing"; /* a file of that name */
	value = kit_look(&options);
	CHECK(strstr(value, "\"error\":\"file\"") != NULL);
	kit_end(bus);
}

TEST("sources that cannot be are errors of the config")
{
	struct es_bus *bus = kit_start();
	struct es_source twice[] = { { .id = "a", .kind = ES_SOURCE_FEED, .url = "file:/x" },
				     { .id = "a", .kind = ES_SOURCE_CSV, .url = "file:/y" } };
	struct es_collect_options options = kit_options(bus, twice, 2);
	struct es_collector *collector = NULL;
	struct earshot_error error = { 0 };
	CHECK_INT(es_collector_new(&collector, &options, &error), EARSHOT_CONFIG);
	CHECK(strstr(error.text, "two sources") != NULL);
	twice[1].id = "";
	CHECK_INT(es_collector_new(&collector, &options, &error), EARSHOT_CONFIG);
	twice[1].id = "b";
	twice[1].url = NULL;
	CHECK_INT(es_collector_new(&collector, &options, &error), EARSHOT_CONFIG);
	CHECK(collector == NULL);
	kit_end(bus);
}

/* ---- exactly once ---- */

static void write_many(const char *name, const char *mode, int from, int n)
{
	FILE *file = fopen(kit_path(name), mode);
	for (int i = from; file && i < from + n; i++)
		fprintf(file, "{\"native_id\":\"%d\",\"text\":\"post number %d\"}\n", i, i);
	if (!file || fclose(file) != 0)
		exit(1);
}

static void write_feed(const char *name, int n)
{
	FILE *file = fopen(kit_path(name), "w");
	if (!file)
		exit(1);
	fputs(RSS_HEAD, file);
	for (int i = 0; i < n; i++)
		fprintf(file,
			"<item><guid isPermaLink=\"false\">f%d</guid><title>post %d</title></item>",
			i, i);
	fputs(RSS_TAIL, file);
	if (fclose(file) != 0)
		exit(1);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct kit_post *)a)->id, ((const struct kit_post *)b)->id);
}

/* Every post once, none twice. */
static void check_once(struct es_bus *bus, size_t want)
{
	struct kit_posts posts = kit_posts(bus);
	size_t twice = 0;
	CHECK_INT(posts.n, want);
	qsort(posts.at, posts.n, sizeof(*posts.at), by_id);
	for (size_t i = 1; i < posts.n; i++)
		twice += strcmp(posts.at[i].id, posts.at[i - 1].id) == 0;
	CHECK_INT(twice, 0);
	free(posts.at);
}

TEST("a document of more than one slice goes out whole, and once")
{
	struct es_bus *bus = kit_start();
	const struct es_source sources[] = {
		{ .id = "lines", .kind = ES_SOURCE_JSONL, .url = kit_url("a.jsonl") },
		{ .id = "feed", .kind = ES_SOURCE_FEED, .url = kit_url("a.rss") }
	};
	struct es_collect_options options = kit_options(bus, sources, 2);
	write_many("a.jsonl", "w", 0, 7001);
	write_feed("a.rss", 4500);
	kit_once(&options);
	check_once(bus, 11501);
	kit_once(&options);
	CHECK_INT(kit_count(bus), 11501);
	kit_end(bus);
}

/* In another process: collects until it is killed. */
static void collect_until_killed(const struct es_source *sources, size_t n)
{
	struct earshot_error error = { 0 };
	struct es_collector *collector = NULL;
	struct es_bus *bus = kit_open();
	struct es_collect_options options = kit_options(bus, sources, n);
	options.once = false;
	if (es_collector_new(&collector, &options, &error) != EARSHOT_OK ||
	    es_collector_run(collector, &error) != EARSHOT_OK) {
		fprintf(stderr, "# %s\n", error.text);
		_exit(1);
	}
	_exit(0);
}

TEST("SIGKILL at random moments: nothing is lost and nothing is there twice")
{
	enum { KILLS = 25, LINES = 15000, ENTRIES = 5000 };
	es_bus_close(kit_start());
	const struct es_source sources[] = {
		{ .id = "lines",
		  .kind = ES_SOURCE_JSONL,
		  .url = kit_url("a.jsonl"),
		  .every_ms = 20 },
		{ .id = "feed", .kind = ES_SOURCE_FEED, .url = kit_url("a.rss"), .every_ms = 20 }
	};
	int failed = 0;
	write_many("a.jsonl", "w", 0, LINES / 2);
	write_feed("a.rss", ENTRIES);
	srand(7);
	for (int i = 0; i < KILLS; i++) {
		pid_t child = fork();
		if (child == 0)
			collect_until_killed(sources, 2);
		REQUIRE(child > 0);
		/* the moment is random on purpose: the kill is the event */
		usleep((useconds_t)(rand() % 60000));
		if (i < LINES / 2 / 500) /* the file grows meanwhile */
			write_many("a.jsonl", "a", LINES / 2 + i * 500, 500);
		usleep((useconds_t)(rand() % 60000));
		kill(child, SIGKILL);
		int status = 0;
		waitpid(child, &status, 0);
		failed += !WIFSIGNALED(status);
	}
	CHECK_INT(failed, 0);
	struct es_bus *bus = kit_open();
	struct es_collect_options options = kit_options(bus, sources, 2);
	kit_once(&options);
	check_once(bus, LINES + ENTRIES);
	kit_end(bus);
}

static void *stop_later(void *ctx)
{
	struct es_collector *collector = ctx;
	const struct es_collect_stats *stats = es_collector_stats(collector);
	int64_t end = es_monotonic_ms() + 60 * ES_SECOND;
	while ((stats->posts < 10 || stats->fetches <= 2) && es_monotonic_ms() < end)
		usleep(10000);
	es_collector_stop(collector);
	return NULL;
}

TEST("a collector leaves the retention of the topics as it was set")
{
	struct es_bus *bus = kit_start();
	struct earshot_error error = { 0 };
	const struct es_source source = { .id = "s",
					  .kind = ES_SOURCE_JSONL,
					  .url = kit_url("a.jsonl") };
	struct es_topic posts = es_topics[ES_TOPIC_POSTS];
	posts.retention_ms = ES_HOUR;
	CHECK_OK(es_bus_ensure(bus, &posts, 1, &error), error);
	write_many("a.jsonl", "w", 0, 100);
	const struct es_collect_options options = kit_options(bus, &source, 1);
	kit_once(&options);
	CHECK_INT(kit_count(bus), 100);
	CHECK_OK(es_bus_clean(bus, es_now_ms() + 3 * ES_HOUR, &error), error);
	CHECK_INT(kit_count(bus), 0);
	kit_end(bus);
}

TEST("a collector stops when it is told to, from another thread")
{
	struct es_bus *bus = kit_start();
	struct es_source source = {
		.id = "a", .kind = ES_SOURCE_JSONL, .url = kit_url("a.jsonl"), .every_ms = 10
	};
	struct es_collect_options options = kit_options(bus, &source, 1);
	struct earshot_error error = { 0 };
	struct es_collector *collector = NULL;
	pthread_t thread;
	options.once = false;
	write_many("a.jsonl", "w", 0, 10);
	CHECK_OK(es_collector_new(&collector, &options, &error), error);
	REQUIRE(collector);
	REQUIRE(pthread_create(&thread, NULL, stop_later, collector) == 0);
	CHECK_OK(es_collector_run(collector, &error), error);
	pthread_join(thread, NULL);
	CHECK_INT(es_collector_stats(collector)->posts, 10);
	CHECK(es_collector_stats(collector)->fetches > 2);
	es_collector_free(collector);
	CHECK_INT(kit_read(bus, "sources", NULL, NULL), 1);
	kit_end(bus);
}

struct repair {
	const struct es_collector *collector;
	struct rlimit before;
	atomic_bool over;
};

/* Makes room when the posts have been read a second time. */
static void *repair_later(void *arg)
{
	struct repair *repair = arg;
	while (!atomic_load(&repair->over) && es_collector_stats(repair->collector)->posts < 2000)
		nanosleep(&(struct timespec){ 0, 2000000 }, NULL);
	setrlimit(RLIMIT_FSIZE, &repair->before);
	return NULL;
}

TEST("a source whose posts could not be committed is tried again in the same run")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "a",
					  .kind = ES_SOURCE_JSONL,
					  .url = kit_url("again.jsonl") };
	const struct es_collect_options options = kit_options(bus, &source, 1);
	struct earshot_error error = { 0 };
	struct repair repair = { 0 };
	struct es_collector *collector = NULL;
	pthread_t thread;
	struct stat wal;
	write_many("again.jsonl", "w", 0, 1000);
	CHECK_OK(es_collector_new(&collector, &options, &error), error);
	REQUIRE(collector);
	getrlimit(RLIMIT_FSIZE, &repair.before);
	struct rlimit small = repair.before;
	/* room to take the name in the group, and for none of the posts */
	REQUIRE(stat(kit_path("log.db-wal"), &wal) == 0);
	small.rlim_cur = (rlim_t)wal.st_size + 128 * 1024;
	signal(SIGXFSZ, SIG_IGN);
	repair.collector = collector;
	REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
	int made = pthread_create(&thread, NULL, repair_later, &repair);
	int rc = made ? EARSHOT_NOMEM : es_collector_run(collector, &error);
	atomic_store(&repair.over, true);
	if (made == 0)
		pthread_join(thread, NULL);
	setrlimit(RLIMIT_FSIZE, &repair.before);
	CHECK_OK(rc, error);
	es_collector_free(collector);
	CHECK_INT(kit_count(bus), 1000);
	kit_end(bus);
}

/* ---- the demo's clock ---- */

#define AT(id, time) "{\"native_id\":\"" id "\",\"text\":\"x\",\"published_at\":\"" time "\"}\n"

TEST("the demo's times are shifted so that the newest is now, and the same at the next start")
{
	struct es_bus *bus = kit_start();
	struct es_source source = { .id = "d", .kind = ES_SOURCE_JSONL, .url = kit_url("d.jsonl") };
	struct es_collect_options options = kit_options(bus, &source, 1);
	int64_t anchor = 0;
	es_time_parse("2026-03-31T12:00:00Z", 20, &anchor);
	options.demo = (struct es_collect_demo){ true, anchor, 90 * ES_SECOND };
	kit_write("d.jsonl", "w",
		  AT("old", "2026-03-01T12:00:00Z") AT("live", "2026-03-31T12:01:30Z"));
	int64_t now = es_now_ms();
	kit_once(&options);
	struct kit_posts posts = kit_posts(bus);
	const struct kit_post *old = kit_find(&posts, "old"), *live = kit_find(&posts, "live");
	REQUIRE(posts.n == 2 && old && live);
	CHECK(live->post.published_at >= now && live->post.published_at <= es_now_ms());
	CHECK_INT(live->post.published_at - old->post.published_at, 30 * ES_DAY + 90 * ES_SECOND);
	int64_t first = old->post.published_at;
	free(posts.at);
	kit_write("d.jsonl", "a", AT("next", "2026-03-01T12:00:01Z"));
	kit_once(&options);
	posts = kit_posts(bus);
	const struct kit_post *next = kit_find(&posts, "next");
	REQUIRE(posts.n == 3 && next);
	CHECK_INT(next->post.published_at - first, ES_SECOND);
	free(posts.at);
	kit_end(bus);
}

static void *stop_after_two(void *ctx)
{
	struct es_collector *collector = ctx;
	int64_t end = es_monotonic_ms() + 60 * ES_SECOND;
	while (es_collector_stats(collector)->posts < 3 && es_monotonic_ms() < end)
		usleep(10000);
	es_collector_stop(collector);
	return NULL;
}

TEST("a live post of the demo is held until its time comes, what stands behind it is not")
{
	struct es_bus *bus = kit_start();
	struct es_source source = {
		.id = "d", .kind = ES_SOURCE_JSONL, .url = kit_url("d.jsonl"), .every_ms = 60000
	};
	struct es_collect_options options = kit_options(bus, &source, 1);
	struct earshot_error error = { 0 };
	struct es_collector *collector = NULL;
	int64_t anchor = 0;
	pthread_t thread;
	es_time_parse("2026-03-31T12:00:00Z", 20, &anchor);
	options.demo = (struct es_collect_demo){ true, anchor, 90 * ES_SECOND };
	options.once = false;
	kit_write("d.jsonl", "w",
		  AT("live", "2026-03-31T12:00:05Z") AT("old", "2026-03-01T12:00:00Z")
			  AT("older", "2026-03-01T12:00:00Z"));
	CHECK_OK(es_collector_new(&collector, &options, &error), error);
	REQUIRE(collector);
	REQUIRE(pthread_create(&thread, NULL, stop_after_two, collector) == 0);
	CHECK_OK(es_collector_run(collector, &error), error);
	pthread_join(thread, NULL);
	es_collector_free(collector);
	struct kit_posts posts = kit_posts(bus);
	CHECK_INT(posts.n, 3);
	const struct kit_post *live = kit_find(&posts, "live"), *old = kit_find(&posts, "old");
	REQUIRE(live && old);
	CHECK(live->post.observed_at >= live->post.published_at);
	CHECK(old->post.observed_at < live->post.published_at);
	free(posts.at);
	kit_end(bus);
}

/* ---- import ---- */

static int stop_at_bad(void *ctx, const struct es_import_progress *progress)
{
	int *bad = ctx;
	*bad += progress->error != NULL;
	return 0;
}

static void keep_largest(void *ctx, const struct es_record *record)
{
	size_t *largest = ctx;
	if (record->value_len > *largest)
		*largest = record->value_len;
}

TEST("the state of a long file stays small, and what stood at its end is known when it is "
     "rewritten")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "archive", .kind = ES_SOURCE_JSONL };
	const int n = ES_COLLECT_SEEN_MAX * 2 + 5000;
	struct es_import_options options = { .bus = bus,
					     .instance = "test",
					     .source = &source,
					     .path = kit_path("a.jsonl"),
					     .privacy = { .redact = true } };
	struct es_import_progress total = { 0 };
	struct earshot_error error = { 0 };
	size_t largest = 0;
	write_many("a.jsonl", "w", 0, n);
	CHECK_OK(es_collect_import(&options, &total, &error), error);
	CHECK_INT(total.posts, n);
	kit_read(bus, "sources", keep_largest, &largest);
	CHECK(largest > 0 && largest < ES_COLLECT_SEEN_MAX * 22 + 4096);
	write_many("a.jsonl", "w", n, 1);
	write_many("a.jsonl", "a", n - (int)ES_COLLECT_SEEN_MAX, (int)ES_COLLECT_SEEN_MAX);
	CHECK_OK(es_collect_import(&options, &total, &error), error);
	CHECK_INT(total.posts, 1);
	CHECK_INT(total.duplicates, ES_COLLECT_SEEN_MAX);
	kit_end(bus);
}

TEST("an import adds a file once, says what it could not read, and goes on with what is new")
{
	struct es_bus *bus = kit_start();
	const struct es_source source = { .id = "archive", .kind = ES_SOURCE_JSONL };
	int bad = 0;
	struct es_import_options options = { .bus = bus,
					     .instance = "test",
					     .source = &source,
					     .path = kit_path("a.jsonl"),
					     .privacy = { .redact = true },
					     .on_progress = stop_at_bad,
					     .ctx = &bad };
	struct es_import_progress total = { 0 };
	struct earshot_error error = { 0 };
	write_many("a.jsonl", "w", 0, 4500);
	kit_write("a.jsonl", "a", "{broken\n");
	CHECK_OK(es_collect_import(&options, &total, &error), error);
	CHECK_INT(total.posts, 4500);
	CHECK_INT(total.bad, 1);
	CHECK_INT(bad, 1);
	CHECK_OK(es_collect_import(&options, &total, &error), error);
	CHECK_INT(total.posts, 0);
	write_many("a.jsonl", "a", 4500, 5);
	CHECK_OK(es_collect_import(&options, &total, &error), error);
	CHECK_INT(total.posts, 5);
	/* the same under another name */
	REQUIRE(rename(kit_path("a.jsonl"), kit_path("b.jsonl")) == 0);
	options.path = kit_path("b.jsonl");
	CHECK_OK(es_collect_import(&options, &total, &error), error);
	CHECK_INT(total.posts, 0);
	check_once(bus, 4505);
	options.path = kit_path("none.jsonl");
	CHECK_INT(es_collect_import(&options, &total, &error), EARSHOT_NOINPUT);
	CHECK(strstr(error.text, "none.jsonl") != NULL);
	kit_end(bus);
}
