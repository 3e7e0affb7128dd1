/* SPDX-License-Identifier: MIT */
#include "http/server.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int bad_listen(struct earshot_error *error, const char *listen)
{
	es_err(error, EARSHOT_CONFIG, "http.listen: \"%s\" is no address", listen);
	es_err_hint(error, "write ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080");
	return EARSHOT_CONFIG;
}

/* Names other than localhost are refused: what is bound must not hang on DNS. */
static int parse_listen(const char *listen, struct sockaddr_storage *address, socklen_t *len,
			struct earshot_error *error)
{
	char host[HOST_MAX], *end;
	const char *colon = listen ? strrchr(listen, ':') : NULL;
	if (!colon || (size_t)(colon - listen) >= sizeof(host))
		return bad_listen(error, listen ? listen : "");
	memcpy(host, listen, (size_t)(colon - listen));
	host[colon - listen] = 0;
	errno = 0;
	long port = strtol(colon + 1, &end, 10);
	if (errno || end == colon + 1 || *end || port < 0 || port > 65535 || colon[1] == '+' ||
	    colon[1] == ' ')
		return bad_listen(error, listen);

	struct sockaddr_in *v4 = (void *)address;
	struct sockaddr_in6 *v6 = (void *)address;
	size_t host_len = strlen(host);
	memset(address, 0, sizeof(*address));
	if (strcmp(host, "localhost") == 0)
		strcpy(host, "127.0.0.1");
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		*len = sizeof(*v4);
		return 0;
	}
	if (host_len > 2 && host[0] == '[' && host[host_len - 1] == ']') {
		host[host_len - 1] = 0;
		if (inet_pton(AF_INET6, host + 1, &v6->sin6_addr) == 1) {
			v6->sin6_family = AF_INET6;
			v6->sin6_port = htons((uint16_t)port);
			*len = sizeof(*v6);
			return 0;
		}
	}
	return bad_listen(error, listen);
}

static bool is_loopback(const struct sockaddr_storage *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	if (address->ss_family == AF_INET)
		return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
	return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static void write_url(struct es_http *server, const struct sockaddr_storage *address)
{
	char host[INET6_ADDRSTRLEN];
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;
	if (address->ss_family == AF_INET) {
		server->port = ntohs(v4->sin_port);
		inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host));
		snprintf(server->url, sizeof(server->url), "http://%s:%d", host, server->port);
	} else {
		server->port = ntohs(v6->sin6_port);
		inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host));
		snprintf(server->url, sizeof(server->url), "http://[%s]:%d", host, server->port);
	}
}

int es_http_bind(struct es_http *server, const char *listen_on, bool remote,
		 struct earshot_error *error)
{
	struct sockaddr_storage address;
	socklen_t len;
	int one = 1;
	int rc = parse_listen(listen_on, &address, &len, error);
	if (rc)
		return rc;
	server->loopback = is_loopback(&address);
	if (!server->loopback && !remote) {
		es_err(error, EARSHOT_CONFIG,
		       "http.listen: %s can be reached from other machines, and nobody would have "
		       "to log in",
		       listen_on);
		es_err_hint(error, "listen on 127.0.0.1, and put a proxy with a login before it");
		return EARSHOT_CONFIG;
	}
	server->fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (server->fd < 0)
		return es_err_errno(error, EARSHOT_UNAVAILABLE, errno, "http.listen: %s",
				    listen_on);
	/* a restart need not wait for connections in TIME_WAIT */
	(void)setsockopt(server->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(server->fd, (const void *)&address, len) != 0 || listen(server->fd, 511) != 0) {
		if (errno == EADDRINUSE) {
			es_err(error, EARSHOT_UNAVAILABLE, "http.listen: %s is taken", listen_on);
			es_err_hint(error, "stop the program that listens there, or choose another "
					   "port with --set http.listen=127.0.0.1:PORT (0 = any)");
			return EARSHOT_UNAVAILABLE;
		}
		rc = errno == EACCES ? EARSHOT_CANTCREATE : EARSHOT_UNAVAILABLE;
		es_err_errno(error, rc, errno, "http.listen: %s", listen_on);
		es_err_hint(error, "choose an address of this machine and a port over 1023");
		return rc;
	}
	len = sizeof(address);
	if (getsockname(server->fd, (void *)&address, &len) != 0)
		return es_err_errno(error, EARSHOT_UNAVAILABLE, errno, "http.listen: %s",
				    listen_on);
	write_url(server, &address);
	return 0;
}

bool es_http_origin_of(const char *url, char *out, size_t size)
{
	const char *host = strstr(url, "://");
	if (!host || host == url)
		return false;
	size_t len = (size_t)(host - url) + 3 + strcspn(host + 3, "/?#");
	if (len >= size || len == (size_t)(host - url) + 3)
		return false;
	memcpy(out, url, len);
	out[len] = 0;
	return true;
}
