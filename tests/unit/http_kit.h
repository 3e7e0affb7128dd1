/* SPDX-License-Identifier: MIT
 *
 * A client of the server under test, over plain sockets: what it is answered stands in `answer`. */
#ifndef HTTP_KIT_H
#define HTTP_KIT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "http/http.h"

#define ANSWER_MS 60000 /* only a failing test waits that long */

static char answer[1 << 20];

static int connect_to(const struct es_http *server)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	address.sin_port = htons((uint16_t)atoi(strrchr(es_http_url(server), ':') + 1));
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd >= 0 && connect(fd, (void *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Reads on behind what is there: 1; 0 at the end, -1 where nothing comes in time. */
static int read_more(int fd)
{
	size_t len = strlen(answer);
	struct pollfd wait = { fd, POLLIN, 0 };
	if (len + 1 == sizeof(answer))
		return 0;
	if (poll(&wait, 1, ANSWER_MS) != 1)
		return -1;
	ssize_t got = read(fd, answer + len, sizeof(answer) - 1 - len);
	if (got <= 0)
		return 0;
	answer[len + (size_t)got] = 0;
	return 1;
}

/* Reads until `want` is there, or the end where it is NULL. */
static bool read_until(int fd, const char *want)
{
	int more;
	answer[0] = 0;
	while ((more = read_more(fd)) > 0)
		if (want && strstr(answer, want))
			return true;
	return more == 0 && !want;
}

#endif
