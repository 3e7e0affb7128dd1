/* SPDX-License-Identifier: MIT
 *
 * The collector over HTTP, against a server of the test's own on loopback.
 */
#include "collect_kit.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

static int listener = -1, port;
static atomic_int requests, unchanged;
static _Atomic(const char *) document; /* of /feed; NULL = 503 */

static void answer(int fd, const char *path, const char *request)
{
	char out[8192];
	const char *body = atomic_load(&document);
	int len = 0, n = 0;
	if (strcmp(path, "/feed") == 0 && !body) {
		len = snprintf(out, sizeof(out),
			       "HTTP/1.1 503 No\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n");
	} else if (strcmp(path, "/feed") == 0) {
		char etag[64];
		snprintf(etag, sizeof(etag), "\"%zu\"", strlen(body));
		bool same = strstr(request, etag) != NULL;
		atomic_fetch_add(&unchanged, same);
		if (same)
			len = snprintf(out, sizeof(out), "HTTP/1.1 304 Same\r\nETag: %s\r\n\r\n",
				       etag);
		else
			len = snprintf(
				out, sizeof(out),
				"HTTP/1.1 200 OK\r\nETag: %s\r\nContent-Length: %zu\r\n\r\n%s",
				etag, strlen(body), body);
	} else if (sscanf(path, "/n/%d", &n) == 1) {
		char item[512];
		int size = snprintf(item, sizeof(item),
				    "<rss version=\"2.0\"><channel><title>n</title><item>"
				    "<guid>http://x.example/%d</guid><title>post %d</title>"
				    "</item></channel></rss>",
				    n, n);
		len = snprintf(out, sizeof(out),
			       "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: %d\r\n\r\n%s",
			       size, item);
	} else {
		len = snprintf(out, sizeof(out), "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
	}
	send(fd, out, (size_t)len, MSG_NOSIGNAL);
}

static void *serve_one(void *ctx)
{
	int fd = (int)(intptr_t)ctx;
	char request[8192];
	for (;;) { /* keep-alive */
		char path[256];
		size_t len = 0;
		do {
			ssize_t n = recv(fd, request + len, sizeof(request) - 1 - len, 0);
			if (n <= 0) {
				close(fd);
				return NULL;
			}
			len += (size_t)n;
			request[len] = '\0';
		} while (!strstr(request, "\r\n\r\n") && len < sizeof(request) - 1);
		atomic_fetch_add(&requests, 1);
		if (sscanf(request, "GET %255s", path) == 1)
			answer(fd, path, request);
	}
}

static void *serve(void *ctx)
{
	(void)ctx;
	for (;;) {
		pthread_t thread;
		int fd = accept(listener, NULL, NULL);
		if (fd < 0)
			return NULL;
		if (pthread_create(&thread, NULL, serve_one, (void *)(intptr_t)fd) != 0)
			close(fd);
		else
			pthread_detach(thread);
	}
}

__attribute__((constructor)) static void start_server(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	pthread_t thread;
	signal(SIGPIPE, SIG_IGN);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 512) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) != 0 ||
	    pthread_create(&thread, NULL, serve, NULL) != 0) {
		perror("the test's server");
		exit(1);
	}
	port = ntohs(address.sin_port);
}

static const char *const allowed[] = { "127.0.0.0/8" };

static struct es_collect_options options_for(struct es_bus *bus, const struct es_source *sources,
					     size_t n)
{
	struct es_collect_options options = kit_options(bus, sources, n);
	options.allow_private = allowed;
	options.n_allow_private = 1;
	return options;
}

static void keep_value(void *ctx, const struct es_record *record)
{
	snprintf(ctx, 8192, "%.*s", (int)record->value_len, (const char *)record->value);
}

static int64_t time_in(const char *value, const char *name)
{
	const char *at = strstr(value, name);
	int64_t ms = 0;
	if (at) {
		at += strlen(name) + 3;
		CHECK(es_time_parse(at, strcspn(at, "\""), &ms));
	}
	return ms;
}

#define FEED(items) "<rss version=\"2.0\"><channel><title>T</title>" items "</channel></rss>"
#define ITEM(id)    "<item><guid>" id "</guid><title>title " id "</title></item>"

TEST("validators go back with the next try, and a 304 writes nothing")
{
	struct es_bus *bus = kit_start();
	char url[128], value[8192] = "";
	snprintf(url, sizeof(url), "http://user:secret@127.0.0.1:%d/feed", port);
	const struct es_source source = { .id = "web", .kind = ES_SOURCE_FEED, .url = url };
	struct es_collect_options options = options_for(bus, &source, 1);
	atomic_store(&document, FEED(ITEM("1") ITEM("2")));
	kit_once(&options);
	CHECK_INT(kit_count(bus), 2);
	kit_read(bus, "sources", keep_value, value);
	CHECK(strstr(value, "\"etag\":\"\\\"") && strstr(value, "\"status\":200"));
	CHECK(!strstr(value, "secret"));
	int records = kit_read(bus, "sources", NULL, NULL);
	kit_once(&options);
	CHECK_INT(atomic_load(&unchanged), 1);
	CHECK_INT(kit_count(bus), 2);
	CHECK_INT(kit_read(bus, "sources", NULL, NULL), records);
	atomic_store(&document, FEED(ITEM("3") ITEM("1") ITEM("2")));
	kit_once(&options);
	CHECK_INT(kit_count(bus), 3);
	kit_end(bus);
}

TEST("a document that is none keeps the old validators, so that it is asked for again")
{
	struct es_bus *bus = kit_start();
	char url[128], value[8192] = "";
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/feed", port);
	const struct es_source source = { .id = "web", .kind = ES_SOURCE_FEED, .url = url };
	struct es_collect_options options = options_for(bus, &source, 1);
	atomic_store(&document, "<html><body>maintenance</body></html>");
	kit_once(&options);
	kit_read(bus, "sources", keep_value, value);
	CHECK(strstr(value, "\"error\":\"data\"") && !strstr(value, "\"etag\""));
	atomic_store(&document, FEED(ITEM("1")));
	kit_once(&options);
	CHECK_INT(kit_count(bus), 1);
	kit_end(bus);
}

TEST("Retry-After sets the next try, and 410 is the last question")
{
	struct es_bus *bus = kit_start();
	char url[128], gone[128], value[8192] = "";
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/feed", port);
	snprintf(gone, sizeof(gone), "http://127.0.0.1:%d/gone", port);
	struct es_source source = { .id = "web", .kind = ES_SOURCE_FEED, .url = url };
	struct es_collect_options options = options_for(bus, &source, 1);
	atomic_store(&document, NULL);
	int64_t now = es_now_ms();
	kit_once(&options);
	kit_read(bus, "sources", keep_value, value);
	CHECK(strstr(value, "\"state\":\"cannot_hear\"") && strstr(value, "\"status\":503"));
	int64_t next = time_in(value, "next_try");
	CHECK(next >= now + 7200 * ES_SECOND && next < now + 7300 * ES_SECOND);
	source.url = gone;
	kit_once(&options);
	kit_read(bus, "sources", keep_value, value);
	CHECK(strstr(value, "\"state\":\"stopped\"") && strstr(value, "\"error\":\"gone\"") &&
	      !strstr(value, "\"next_try\""));
	int before = atomic_load(&requests);
	kit_once(&options);
	CHECK_INT(atomic_load(&requests), before);
	/* another address: heard again */
	source.url = url;
	atomic_store(&document, FEED(ITEM("1")));
	kit_once(&options);
	CHECK_INT(kit_count(bus), 1);
	kit_end(bus);
}

TEST("a thousand sources at once, each heard, committed many to a transaction")
{
	enum { N = 1000 };
	struct es_bus *bus = kit_start();
	static struct es_source sources[N];
	static char urls[N][64], ids[N][16];
	for (int i = 0; i < N; i++) {
		snprintf(urls[i], sizeof(urls[i]), "http://127.0.0.1:%d/n/%d", port, i);
		snprintf(ids[i], sizeof(ids[i]), "s%d", i);
		sources[i] =
			(struct es_source){ .id = ids[i], .kind = ES_SOURCE_FEED, .url = urls[i] };
	}
	struct es_collect_options options = options_for(bus, sources, N);
	int64_t start = es_monotonic_ms();
	kit_once(&options);
	printf("# %lld ms for %d sources\n", (long long)(es_monotonic_ms() - start), N);
	CHECK_INT(kit_count(bus), N);
	CHECK_INT(kit_read(bus, "sources", NULL, NULL), N);
	kit_once(&options);
	CHECK_INT(kit_count(bus), N);
	kit_end(bus);
}
