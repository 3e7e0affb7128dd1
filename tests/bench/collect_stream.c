/* SPDX-License-Identifier: MIT
 *
 * collect_stream [EVENTS]: events/s of an event stream, in the shape of Mastodon's (1.4 KB each),
 * that are committed to the embedded log as posts, each once; the same posts as a file of JSON
 * lines, for a ratio; and what a stream costs in memory whose other end sends faster than it can be
 * committed. The server is a process of its own, which sends as fast as it can.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/collect.h"

#define EVENT_MAX 4096

static double cpu_seconds(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static long peak_kb(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss;
}

static int event_of(char *out, long n)
{
	return snprintf(
		out, EVENT_MAX,
		"id: %ld\nevent: update\ndata: "
		"{\"id\":\"%ld\",\"uri\":\"https://mstdn.example/users/"
		"ayse/statuses/%ld\",\"created_at\":\"2026-11-23T09:12:44.102Z\","
		"\"in_reply_to_id\":null,\"in_reply_to_account_id\":null,\"sensitive\":false,"
		"\"spoiler_text\":\"\",\"visibility\":\"public\",\"language\":\"tr\",\"url\":"
		"\"https://"
		"mstdn.example/@ayse/%ld\",\"replies_count\":0,\"reblogs_count\":0,"
		"\"favourites_count\":0,\"quotes_count\":0,\"edited_at\":null,\"content\":\"<p>"
		"Nordwind "
		"kargo %ld gündür gelmedi, arıyorum açan yok 😡 <a "
		"href=\\\"https://mstdn.example/tags/"
		"nordwind\\\" class=\\\"mention hashtag\\\" "
		"rel=\\\"tag\\\">#<span>nordwind</span></a></"
		"p>\",\"reblog\":null,\"application\":{\"name\":\"Web\",\"website\":null},"
		"\"account\":{"
		"\"id\":\"901\",\"username\":\"ayse\",\"acct\":\"ayse\",\"display_name\":\"Ayşe\","
		"\"locked\":false,\"bot\":false,\"discoverable\":true,\"indexable\":true,\"group\":"
		"false,"
		"\"created_at\":\"2022-11-05T00:00:00.000Z\",\"note\":\"<p>kahve</"
		"p>\",\"url\":\"https://"
		"mstdn.example/@ayse\",\"avatar\":\"https://files.mstdn.example/"
		"a.png\",\"header\":\"https:/"
		"/files.mstdn.example/h.png\",\"followers_count\":112,\"following_count\":93,"
		"\"statuses_count\":1201,\"emojis\":[],\"fields\":[]},\"media_attachments\":[],"
		"\"mentions\":[],\"tags\":[{\"name\":\"nordwind\",\"url\":\"https://mstdn.example/"
		"tags/"
		"nordwind\"}],\"emojis\":[],\"card\":null,\"poll\":null}\n\n",
		n, 115500000000000000 + n, 115500000000000000 + n, 115500000000000000 + n, n);
}

/* ---- the server ---- */

static void say(int fd, const char *ptr, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, ptr, len, MSG_NOSIGNAL);
		if (n <= 0)
			_exit(0);
		ptr += n;
		len -= (size_t)n;
	}
}

static void serve(int listener, long events)
{
	static const char head[] =
		"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nretry: 100\n\n";
	char *all = malloc((size_t)events * EVENT_MAX), *at = all, byte[4096];
	for (long n = 1; all && n <= events; n++)
		at += event_of(at, n);
	int fd = accept(listener, NULL, NULL);
	if (!all || fd < 0 || recv(fd, byte, sizeof(byte), 0) <= 0)
		_exit(1);
	say(fd, head, sizeof(head) - 1);
	say(fd, all, (size_t)(at - all));
	while (recv(fd, byte, sizeof(byte), 0) > 0)
		;
	_exit(0);
}

static pid_t start_server(long events, int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, len) != 0 ||
	    listen(listener, 4) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) != 0)
		exit(1);
	*port = ntohs(address.sin_port);
	pid_t pid = fork();
	if (pid == 0)
		serve(listener, events);
	close(listener);
	return pid;
}

/* ---- the connector, as config/connectors/mastodon_stream.yaml has it ---- */

static struct es_arena arena;

static const struct es_expr *expr(const char *text, bool template)
{
	struct es_expr *out = NULL;
	struct earshot_error error;
	int rc = template ? es_expr_template(&arena, es_str_of(text), &out, &error)
			  : es_expr_compile(&arena, es_str_of(text), &out, &error);
	if (rc != EARSHOT_OK)
		exit(1);
	return out;
}

static const char *const mapped[][2] = {
	{ "native_id", "id" },
	{ "url", "url" },
	{ "author.key", "account.id" },
	{ "author.handle", "account.acct" },
	{ "author.name", "account.display_name" },
	{ "author.followers", "account.followers_count" },
	{ "text", "spoiler_text + '\\n' + content^html" },
	{ "lang", "language" },
	{ "published_at", "created_at" },
	{ "edited_at", "edited_at" },
	{ "reply_to", "in_reply_to_id" },
	{ "engagement.likes", "favourites_count" },
	{ "engagement.reposts", "reblogs_count" },
	{ "engagement.replies", "replies_count" },
	{ "engagement.quotes", "quotes_count" },
	{ "tags", "tags[].name" },
};

static void make_connector(struct es_connector *connector, struct es_page_field *map,
			   struct es_page_field *skip, struct es_page_field *since)
{
	const struct es_connector_event update = { ES_STR("update"), false };
	static struct es_connector_event events[1];
	events[0] = update;
	for (size_t i = 0; i < ES_COUNT(mapped); i++)
		map[i] = (struct es_page_field){ es_str_of(mapped[i][0]), expr(mapped[i][1], false),
						 ES_STR("") };
	*skip = (struct es_page_field){ ES_STR(""), expr("reblog.uri", false), ES_STR("*") };
	*since = (struct es_page_field){ ES_STR(ES_ASK_SINCE), expr("id", false), ES_STR("") };
	*connector = (struct es_connector){
		.kind = "stream",
		.streams = true,
		.only_streams = true,
		.stream = { .call = { .url = expr("{base}/api/v1/streaming/hashtag", true) },
			    .events = events,
			    .n_events = ES_COUNT(events),
			    .page = { .map = map,
				      .skip = skip,
				      .asks = since,
				      .n_map = ES_COUNT(mapped),
				      .n_skip = 1,
				      .n_asks = 1 },
			    .quiet_ms = 90 * ES_SECOND },
	};
}

/* ---- a trial ---- */

static void fail(const struct earshot_error *error)
{
	fprintf(stderr, "%s\n", error->text);
	exit(1);
}

static void *run(void *ctx)
{
	struct earshot_error error = { 0 };
	if (es_collector_run(ctx, &error) != EARSHOT_OK)
		fail(&error);
	return NULL;
}

static int count_one(void *ctx, const struct es_record *record, struct earshot_error *error)
{
	(void)record;
	(void)error;
	++*(int64_t *)ctx;
	return 0;
}

/* Seconds until all of them are in the log, each once. */
static double trial(const struct es_source *source, long events, double *cpu)
{
	static const char *const allowed[] = { "127.0.0.0/8" };
	struct earshot_error error = { 0 };
	char folder[] = "/tmp/earshot-bench-XXXXXX", path[64], command[64];
	struct es_bus *bus = NULL;
	struct es_collector *collector = NULL;
	pthread_t thread;
	if (!mkdtemp(folder))
		exit(1);
	snprintf(path, sizeof(path), "%s/log.db", folder);
	const struct es_bus_options options = {
		.url = path, .prefix = "earshot.", .partitions = 8, .replication = 1
	};
	if (es_bus_open(&bus, &options, &error) != EARSHOT_OK ||
	    es_bus_ensure(bus, es_topics, ES_TOPICS, &error) != EARSHOT_OK)
		fail(&error);
	const struct es_collect_options how = { .bus = bus,
						.instance = "bench",
						.sources = source,
						.n_sources = 1,
						.allow_private = allowed,
						.n_allow_private = 1,
						.privacy = { .redact = true } };
	if (es_collector_new(&collector, &how, &error) != EARSHOT_OK ||
	    pthread_create(&thread, NULL, run, collector) != 0)
		fail(&error);
	const struct es_collect_stats *stats = es_collector_stats(collector);
	while (atomic_load(&stats->posts) == 0)
		usleep(5000);
	int64_t begin = es_monotonic_us(), n = 0;
	*cpu = cpu_seconds();
	while (atomic_load(&stats->posts) < events)
		usleep(5000);
	double seconds = (double)(es_monotonic_us() - begin) / 1e6;
	*cpu = cpu_seconds() - *cpu;
	const struct es_reading reading = { .bus = bus,
					    .role = "bench.count",
					    .instance = "bench",
					    .topic = es_topics[ES_TOPIC_POSTS].name };
	while (n < events) { /* the last transaction may be open */
		n = 0;
		if (es_bus_read(&reading, count_one, &n, &error) != EARSHOT_OK)
			fail(&error);
	}
	if (n != events)
		fprintf(stderr, "%lld posts of %ld events\n", (long long)n, events), exit(1);
	es_collector_stop(collector);
	pthread_join(thread, NULL);
	es_collector_free(collector);
	es_bus_close(bus);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	if (system(command) != 0)
		perror(folder);
	return seconds;
}

/* The same posts, one a line. */
static void write_lines(const char *path, long events)
{
	FILE *file = fopen(path, "w");
	for (long n = 1; file && n <= events; n++)
		fprintf(file,
			"{\"native_id\":\"%ld\",\"url\":\"https://mstdn.example/@ayse/"
			"%ld\",\"author\":{"
			"\"key\":\"901\",\"handle\":\"ayse\",\"name\":\"Ayşe\",\"followers\":"
			"\"112\"},"
			"\"text\":\"Nordwind kargo %ld gündür gelmedi, arıyorum açan yok 😡 "
			"#nordwind\","
			"\"lang\":\"tr\",\"published_at\":\"2026-11-23T09:12:44.102Z\","
			"\"engagement\":{"
			"\"likes\":\"0\",\"reposts\":\"0\",\"replies\":\"0\",\"quotes\":\"0\"},"
			"\"tags\":["
			"\"nordwind\"]}\n",
			115500000000000000 + n, 115500000000000000 + n, n);
	if (!file || fclose(file) != 0)
		exit(1);
}

int main(int argc, char **argv)
{
	long events = argc > 1 ? atol(argv[1]) : 200000;
	struct es_connector connector;
	struct es_page_field map[ES_COUNT(mapped)], skip, since;
	char base[64], lines[] = "/tmp/earshot-bench-lines-XXXXXX", url[64];
	double best[2] = { 0, 0 }, cpu, least[2] = { 0, 0 };
	es_log_level(ES_ERROR);
	es_arena_init(&arena, ES_MIB);
	make_connector(&connector, map, &skip, &since);
	int fd = mkstemp(lines);
	if (events < 1 || fd < 0)
		return 1;
	close(fd);
	write_lines(lines, events);
	snprintf(url, sizeof(url), "file:%s", lines);
	for (int i = 0; i < 4; i++) {
		int port;
		pid_t pid = i % 2 ? 0 : start_server(events, &port);
		snprintf(base, sizeof(base), "http://127.0.0.1:%d", i % 2 ? 1 : port);
		const struct es_named values[] = { { ES_STR("base"), es_str_of(base) } };
		const struct es_source stream = { .id = "s",
						  .kind = ES_SOURCE_JSONL,
						  .url = "http://127.0.0.1/stream",
						  .scope = base,
						  .channel = "mastodon",
						  .connector = &connector,
						  .values = values,
						  .n_values = 1 };
		const struct es_source file = {
			.id = "f", .kind = ES_SOURCE_JSONL, .url = url, .channel = "mastodon"
		};
		double seconds = trial(i % 2 ? &file : &stream, events, &cpu);
		double rate = (double)events / seconds, of_cpu = (double)events / cpu;
		best[i % 2] = rate > best[i % 2] ? rate : best[i % 2];
		least[i % 2] = of_cpu > least[i % 2] ? of_cpu : least[i % 2];
		if (pid)
			waitpid(pid, NULL, 0);
		if (i == 0)
			printf("# %.1f MiB resident at most, %.0f MiB of events\n",
			       (double)peak_kb() / 1024,
			       (double)events * event_of((char[EVENT_MAX]){ 0 }, 1) / 1048576);
	}
	printf("event stream   %8.0f posts/s   %8.0f a CPU second\n", best[0], least[0]);
	printf("JSON lines     %8.0f posts/s   %8.0f a CPU second   the stream: %.2f of it\n",
	       best[1], least[1], best[0] / best[1]);
	unlink(lines);
	es_arena_release(&arena);
	return 0;
}
