/* SPDX-License-Identifier: MIT
 *
 * feeds_site.h - a site on loopback in a process of its own, for collect_feeds.c: /N is feed
 * number N (2 to 30 KB, ETag by its version), /drip a byte a second without an end. One thread,
 * epoll.
 */
#ifndef ES_BENCH_FEEDS_SITE_H
#define ES_BENCH_FEEDS_SITE_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/base.h"

#define SITE_FILES   16384
#define SITE_CHANGED 15 /* one feed in so many has something new in a round */

/* Shared by the site and who measures. */
struct site {
	_Atomic int round;
	_Atomic int64_t requests, unchanged, open;
	int port;
};

struct site_connection {
	char in[2048], *out;
	size_t in_len, out_len, out_at;
	bool drips;
};

static const char site_words[] =
	"The new release came out this morning and people in the forum say that it is faster than "
	"the "
	"last one, though some of them had trouble to log in. &lt;p&gt;Support answered within the "
	"hour "
	"and promised a mend for this week; until then the old version may be used.&lt;/p&gt; What "
	"is "
	"your experience? Write it below, we read every comment and answer most of them. ";

/* How often feed n has changed up to now. */
static int site_version(const struct site *site, int n)
{
	int version = 0;
	for (int round = 1; round <= atomic_load(&site->round); round++)
		version += (n + round) % SITE_CHANGED == 0;
	return version;
}

static size_t site_document(int n, int version, char *out, size_t size)
{
	int items = 2 + n % 29; /* about 1 KB each */
	size_t len =
		(size_t)snprintf(out, size,
				 "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<rss version=\"2.0\">"
				 "<channel><title>Feed %d</title><link>http://x.example/%d/</link>"
				 "<description>news</description>\n",
				 n, n);
	for (int i = 0; i < items; i++) {
		int id = version + items - i;
		len += (size_t)snprintf(
			out + len, size - len,
			"<item><guid isPermaLink=\"false\">urn:f%d:%d</guid><title>Number %d "
			"of %d</title><link>http://x.example/%d/%d</link><pubDate>Thu, 26 Nov "
			"2026 %02d:%02d:00 GMT</pubDate><description>%s%s</description></item>\n",
			n, id, id, n, n, id, id / 60 % 24, id % 60, site_words, site_words);
	}
	return len + (size_t)snprintf(out + len, size - len, "</channel></rss>\n");
}

static void site_answer(struct site *site, struct site_connection *c)
{
	static char body[64 * 1024];
	char etag[48];
	c->in[c->in_len] = '\0';
	atomic_fetch_add(&site->requests, 1);
	c->out = malloc(64 * 1024 + 512);
	c->out_at = 0;
	if (strncmp(c->in, "GET /drip", 9) == 0) {
		c->drips = true;
		c->out_len = (size_t)sprintf(c->out,
					     "HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n");
		return;
	}
	int n = atoi(c->in + 5), version = site_version(site, n);
	sprintf(etag, "\"%d-%d\"", n, version);
	if (strstr(c->in, etag)) {
		atomic_fetch_add(&site->unchanged, 1);
		c->out_len = (size_t)sprintf(c->out, "HTTP/1.1 304 Same\r\nETag: %s\r\n\r\n", etag);
		return;
	}
	size_t len = site_document(n, version, body, sizeof(body));
	c->out_len = (size_t)sprintf(c->out,
				     "HTTP/1.1 200 OK\r\nETag: %s\r\nContent-Type: "
				     "application/rss+xml\r\nContent-Length: %zu\r\n\r\n",
				     etag, len);
	memcpy(c->out + c->out_len, body, len);
	c->out_len += len;
}

/* False: it is over. */
static bool site_move(struct site *site, struct site_connection *c, int fd)
{
	for (;;) {
		while (c->out && c->out_at < c->out_len) {
			ssize_t sent =
				send(fd, c->out + c->out_at, c->out_len - c->out_at, MSG_NOSIGNAL);
			if (sent < 0)
				return errno == EAGAIN;
			c->out_at += (size_t)sent;
		}
		if (c->drips)
			return recv(fd, c->in, sizeof(c->in), 0) != 0;
		free(c->out);
		c->out = NULL;
		ssize_t got = recv(fd, c->in + c->in_len, sizeof(c->in) - 1 - c->in_len, 0);
		if (got <= 0)
			return got < 0 && errno == EAGAIN;
		c->in_len += (size_t)got;
		if (c->in_len < 4 || memcmp(c->in + c->in_len - 4, "\r\n\r\n", 4) != 0)
			continue;
		site_answer(site, c);
		c->in_len = 0;
	}
}

static void site_drip(struct site_connection **connections)
{
	for (int fd = 0; fd < SITE_FILES; fd++)
		if (connections[fd] && connections[fd]->drips)
			(void)!send(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void site_serve(struct site *site, int listener)
{
	static struct site_connection *connections[SITE_FILES];
	struct epoll_event event = { .events = EPOLLIN, .data.fd = listener }, events[256];
	int epoll = epoll_create1(0);
	int64_t dripped = es_monotonic_ms();
	epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
	for (;;) {
		int n = epoll_wait(epoll, events, 256, 100);
		for (int i = 0; i < n; i++) {
			int fd = events[i].data.fd;
			if (fd == listener) {
				while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
					int one = 1;
					setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
					event = (struct epoll_event){ .events = EPOLLIN | EPOLLOUT |
										EPOLLET,
								      .data.fd = fd };
					connections[fd] = calloc(1, sizeof(**connections));
					epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
					atomic_fetch_add(&site->open, 1);
				}
			} else if (!site_move(site, connections[fd], fd)) {
				close(fd);
				free(connections[fd]->out);
				free(connections[fd]);
				connections[fd] = NULL;
				atomic_fetch_sub(&site->open, 1);
			}
		}
		if (es_monotonic_ms() - dripped >= ES_SECOND) {
			site_drip(connections);
			dripped = es_monotonic_ms();
		}
	}
}

static pid_t site_pid; /* not in what is shared: the child's is 0 */

/* Starts the process; it ends with this one, or by site_stop. */
static struct site *site_start(void)
{
	struct site *site = mmap(NULL, sizeof(*site), PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT };
	socklen_t len = sizeof(address);
	struct rlimit limit;
	int off = 0, listener = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max < SITE_FILES ? limit.rlim_max : SITE_FILES;
	setrlimit(RLIMIT_NOFILE, &limit);
	setsockopt(listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (site == MAP_FAILED ||
	    bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 4096) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &len) != 0) {
		perror("the site");
		exit(1);
	}
	site->port = ntohs(address.sin6_port);
	fflush(stdout);
	site_pid = fork();
	if (site_pid < 0) {
		perror("the site");
		exit(1);
	}
	if (site_pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		site_serve(site, listener);
	}
	close(listener);
	return site;
}

static void site_stop(void)
{
	kill(site_pid, SIGKILL);
	waitpid(site_pid, NULL, 0);
}

#endif
