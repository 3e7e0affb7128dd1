/* SPDX-License-Identifier: MIT
 *
 * The bell between processes: after a commit the writer sets the file's times
 * (by name: opening and closing the file would drop SQLite's locks); every
 * other process hears of it through inotify. The bell rings after the commit is
 * visible, which writes to the WAL do not. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>
#include "bus/embedded.h"

void es_watch_ring(struct embedded *bus)
{
	/* where it fails, readers still look every ES_LOOK_WATCHED_MS */
	int ignored = utimensat(AT_FDCWD, bus->path, NULL, 0);
	(void)ignored;
}

void es_watch_wake(struct embedded *bus)
{
	uint64_t one = 1;
	pthread_mutex_lock(&bus->mutex);
	for (struct embedded_session *session = bus->sessions; session; session = session->next)
		if (atomic_load(&session->waiting)) {
			ssize_t ignored = write(session->wake, &one, sizeof(one));
			(void)ignored;
		}
	pthread_mutex_unlock(&bus->mutex);
}

static void *watch(void *ctx)
{
	struct embedded *bus = ctx;
	/* what happened is not of interest, only that it did: any size will do */
	char events[4096] __attribute__((aligned(8)));
	struct pollfd fds[2] = { { bus->bell, POLLIN, 0 }, { bus->stop_watch, POLLIN, 0 } };
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			break;
		while (read(bus->bell, events, sizeof(events)) > 0)
			continue;
		es_watch_wake(bus);
	}
	return NULL;
}

void es_watch_start(struct embedded *bus)
{
	if (bus->watching)
		return;
	bus->bell = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	bus->stop_watch = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	bus->watching = bus->bell >= 0 && bus->stop_watch >= 0 &&
			inotify_add_watch(bus->bell, bus->path, IN_ATTRIB) >= 0 &&
			es_thread_start(&bus->watcher, watch, bus) == 0;
	if (!bus->watching)
		es_watch_stop(bus);
}

void es_watch_stop(struct embedded *bus)
{
	uint64_t one = 1;
	if (bus->watching) {
		ssize_t ignored = write(bus->stop_watch, &one, sizeof(one));
		(void)ignored;
		pthread_join(bus->watcher, NULL);
	}
	bus->watching = false;
	if (bus->bell >= 0)
		close(bus->bell);
	if (bus->stop_watch >= 0)
		close(bus->stop_watch);
	bus->bell = bus->stop_watch = -1;
}
