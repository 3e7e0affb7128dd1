/* SPDX-License-Identifier: MIT
 *
 * loop.h - curl's multi handle on epoll: what a turn costs goes with what has happened in
 * it, not with how many connections are open. Inside header of the room `net`.
 */
#ifndef ES_NET_LOOP_H
#define ES_NET_LOOP_H

#include <curl/curl.h>

#include "base/base.h"

struct es_net_loop {
	CURLM *multi;
	int epoll, wake;  /* -1 = none */
	int64_t timer_at; /* monotonic ms when curl wants to be called; INT64_MAX = not */
	int failed;       /* errno of a socket that epoll did not take; 0 */
};

int es_net_loop_init(struct es_net_loop *loop, struct earshot_error *error) EARSHOT_MUST_USE;
/* Zeroed, or failed in init, too. */
void es_net_loop_release(struct es_net_loop *loop);
/* Lets curl do what it wanted to be called for by now: what begins, what goes on after a pause, and
 * what times out. *ran: there was something, in which a transfer may have ended or brought news:
 * look for that before waiting. */
int es_net_loop_timer(struct es_net_loop *loop, bool *ran,
		      struct earshot_error *error) EARSHOT_MUST_USE;
/* Waits at most timeout_ms for a socket, curl's timer or es_net_loop_wake(), and lets curl
 * do what can be done. */
int es_net_loop_wait(struct es_net_loop *loop, int timeout_ms,
		     struct earshot_error *error) EARSHOT_MUST_USE;
/* From any thread or signal handler. */
void es_net_loop_wake(const struct es_net_loop *loop);

#endif
