/* SPDX-License-Identifier: MIT */
#include "net/loop.h"

#include <errno.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define EVENTS 256 /* taken at once */

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known)
{
	struct es_net_loop *loop = ctx;
	struct epoll_event event = { .data.fd = fd };
	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		/* it may be closed already, and gone with that */
		(void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (what & CURL_POLL_IN)
		event.events |= EPOLLIN;
	if (what & CURL_POLL_OUT)
		event.events |= EPOLLOUT;
	int first = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	int second = known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
	if (epoll_ctl(loop->epoll, first, fd, &event) != 0 &&
	    epoll_ctl(loop->epoll, second, fd, &event) != 0)
		loop->failed = errno;
	curl_multi_assign(loop->multi, fd, loop); /* not NULL: known from now on */
	return 0;
}

static int on_timer(CURLM *multi, long ms, void *ctx)
{
	struct es_net_loop *loop = ctx;
	(void)multi;
	loop->timer_at = ms < 0 ? INT64_MAX : es_monotonic_ms() + ms;
	return 0;
}

int es_net_loop_init(struct es_net_loop *loop, struct earshot_error *error)
{
	struct epoll_event event = { .events = EPOLLIN };
	*loop = (struct es_net_loop){ .epoll = -1, .wake = -1, .timer_at = INT64_MAX };
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	event.data.fd = loop->wake;
	if (loop->epoll < 0 || loop->wake < 0 ||
	    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->wake, &event) != 0)
		return es_err_errno(error, EARSHOT_IO, errno, "the network cannot be waited for");
	loop->multi = curl_multi_init();
	if (!loop->multi)
		return es_err_nomem(error);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(loop->multi, CURLMOPT_SOCKETDATA, loop);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(loop->multi, CURLMOPT_TIMERDATA, loop);
	return EARSHOT_OK;
}

void es_net_loop_release(struct es_net_loop *loop)
{
	if (loop->multi) /* closes its connections, which still tells on_socket */
		curl_multi_cleanup(loop->multi);
	if (loop->epoll > 0)
		close(loop->epoll);
	if (loop->wake > 0)
		close(loop->wake);
	*loop = (struct es_net_loop){ .epoll = -1, .wake = -1 };
}

static CURLMcode act(struct es_net_loop *loop, const struct epoll_event *event)
{
	int running, mask = 0;
	if (event->events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		mask |= CURL_CSELECT_IN;
	if (event->events & (EPOLLOUT | EPOLLERR))
		mask |= CURL_CSELECT_OUT;
	return curl_multi_socket_action(loop->multi, event->data.fd, mask, &running);
}

/* What curl wanted to be called for. */
static CURLMcode run_timer(struct es_net_loop *loop, int64_t now)
{
	int running;
	long left = -1;
	loop->timer_at = INT64_MAX; /* set anew by on_timer */
	CURLMcode code = curl_multi_socket_action(loop->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	/* called a part of a millisecond too soon, curl does not tell the same time twice */
	if (code == CURLM_OK && loop->timer_at == INT64_MAX)
		code = curl_multi_timeout(loop->multi, &left);
	if (left >= 0)
		loop->timer_at = now + (left > 0 ? left : 1);
	return code;
}

static int wrong(CURLMcode code, struct earshot_error *error)
{
	return es_err(error, EARSHOT_INTERNAL, "curl: %s", curl_multi_strerror(code));
}

int es_net_loop_timer(struct es_net_loop *loop, bool *ran, struct earshot_error *error)
{
	int64_t now = es_monotonic_ms();
	*ran = loop->timer_at <= now;
	CURLMcode code = *ran ? run_timer(loop, now) : CURLM_OK;
	return code == CURLM_OK ? EARSHOT_OK : wrong(code, error);
}

int es_net_loop_wait(struct es_net_loop *loop, int timeout_ms, struct earshot_error *error)
{
	struct epoll_event events[EVENTS];
	CURLMcode code = CURLM_OK;
	int64_t left = loop->timer_at - es_monotonic_ms();
	int wait = left < 0 ? 0 : left < timeout_ms ? (int)left : timeout_ms;
	int n = epoll_wait(loop->epoll, events, EVENTS, wait);
	for (int i = 0; i < n && code == CURLM_OK; i++) {
		uint64_t count;
		if (events[i].data.fd != loop->wake)
			code = act(loop, &events[i]);
		else if (read(loop->wake, &count, sizeof(count)) < 0)
			continue; /* another event had taken it */
	}
	int64_t now = es_monotonic_ms();
	if (code == CURLM_OK && loop->timer_at <= now)
		code = run_timer(loop, now);
	if (code != CURLM_OK)
		return wrong(code, error);
	if (n < 0 && errno != EINTR)
		return es_err_errno(error, EARSHOT_IO, errno, "the network cannot be waited for");
	if (loop->failed)
		return es_err_errno(error, EARSHOT_IO, loop->failed, "epoll takes no more sockets");
	return EARSHOT_OK;
}

void es_net_loop_wake(const struct es_net_loop *loop)
{
	uint64_t one = 1;
	ssize_t written = write(loop->wake, &one, sizeof(one));
	(void)written; /* full: it is awake already */
}
