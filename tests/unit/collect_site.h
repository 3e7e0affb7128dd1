/* SPDX-License-Identifier: MIT
 *
 * collect_site.h - a site of the test's own on loopback: /feed is `document`, with an ETag;
 * /n/N a feed of one post; /page answers `page_status`; /entry is `entry`; /moved leads elsewhere;
 * all others are gone.
 */
#ifndef ES_COLLECT_SITE_H
#define ES_COLLECT_SITE_H

#include "collect_kit.h"
#include "net_listener.h"

static atomic_int requests, unchanged;
static atomic_int moves;
static _Atomic(const char *) extra = "";     /* headers of /feed */
static _Atomic(const char *) moved_to;       /* where /moved is for good; NULL = /feed, for now */
static atomic_int page_status = 200, visits; /* of /page; looks at /page and /entry */
static _Atomic(const char *) entry;          /* of /entry */
static _Atomic(const char *) document;       /* of /feed; NULL = 503, "" = 410 */

static void answer(int fd, const char *path, const char *request)
{
	char out[8192];
	const char *body = atomic_load(&document);
	int len = 0, n = 0;
	if (strcmp(path, "/feed") == 0 && !body) {
		len = snprintf(out, sizeof(out),
			       "HTTP/1.1 503 No\r\nRetry-After: 7200\r\nContent-Length: 0\r\n\r\n");
	} else if (strcmp(path, "/feed") == 0 && *body) {
		char etag[64];
		snprintf(etag, sizeof(etag), "\"%llx\"",
			 (unsigned long long)es_fnv1a(ES_FNV_START, body, strlen(body)));
		bool same = strstr(request, etag) != NULL;
		atomic_fetch_add(&unchanged, same);
		if (same)
			len = snprintf(out, sizeof(out), "HTTP/1.1 304 Same\r\nETag: %s\r\n%s\r\n",
				       etag, atomic_load(&extra));
		else
			len = snprintf(
				out, sizeof(out),
				"HTTP/1.1 200 OK\r\nETag: %s\r\n%sContent-Length: %zu\r\n\r\n%s",
				etag, atomic_load(&extra), strlen(body), body);
	} else if (strcmp(path, "/moved") == 0) {
		const char *to = atomic_load(&moved_to);
		len = snprintf(out, sizeof(out),
			       "HTTP/1.1 %s\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
			       to ? "308 Moved" : "302 Found", to ? to : "/feed");
		atomic_fetch_add(&moves, 1);
	} else if (strcmp(path, "/page") == 0) {
		atomic_fetch_add(&visits, 1);
		len = snprintf(out, sizeof(out),
			       "HTTP/1.1 %d Page\r\nContent-Length: 4\r\n\r\npage",
			       atomic_load(&page_status));
	} else if (strcmp(path, "/entry") == 0) {
		const char *said = atomic_load(&entry);
		atomic_fetch_add(&visits, 1);
		len = snprintf(out, sizeof(out), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
			       strlen(said), said);
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

__attribute__((constructor)) static void start_server(void)
{
	listen_on(INADDR_LOOPBACK);
}

KIT_MAYBE static const char *site_url(const char *path)
{
	static char url[4][128];
	static int turn;
	char *out = url[turn++ % 4];
	snprintf(out, sizeof(url[0]), "http://127.0.0.1:%d%s", port, path);
	return out;
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

KIT_MAYBE static int64_t time_in(const char *value, const char *name)
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

#endif
