/* SPDX-License-Identifier: MIT
 *
 * net_listener.h - the listening end of a test's own server on loopback: one thread a
 * connection. Who includes it says what a connection is answered, in serve_one, and starts
 * it in a constructor.
 */
#ifndef ES_NET_LISTENER_H
#define ES_NET_LISTENER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener = -1, port;

/* A thread's; ctx is the connection, which it closes. */
static void *serve_one(void *ctx);

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

/* On a free port of `host`: INADDR_LOOPBACK, or INADDR_ANY for 127.0.0.2 and so on too. */
static void listen_on(in_addr_t host)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	pthread_t thread;
	signal(SIGPIPE, SIG_IGN);
	address.sin_addr.s_addr = htonl(host);
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

#endif
