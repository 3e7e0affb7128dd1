/* SPDX-License-Identifier: MIT
 *
 * notify.c - tells the service manager how it goes, as sd_notify(3) has it: one datagram
 * of lines KEY=VALUE to the AF_UNIX socket that $NOTIFY_SOCKET names.
 *
 *   READY=1           roles run and HTTP is there, or brokers are waited for
 *   RELOADING=1       SIGHUP was heard; READY=1 follows, with the new config or the old
 *   STOPPING=1        roles end
 *   WATCHDOG=1        the main thread still turns; sent where $WATCHDOG_USEC asks for it
 *   STATUS=...        the same for people (systemctl status)
 *
 * The protocol is promised to stay (systemd's interface portability promise), and its page
 * invites to write it oneself where libsystemd is not at hand. A manager that does
 * not listen is none of our troubles: nothing here fails. */
#include "app/app.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define TEXT_MAX 1024
#define SEND_S   5 /* a manager that does not read holds us up no longer */

/* 0 where the name is none that can be sent to. */
static socklen_t address_of(const char *name, struct sockaddr_un *out)
{
	size_t len = name ? strlen(name) : 0;
	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	/* '@' is a name in Linux's abstract space: it begins with 0 and has no end but its length
	 */
	if (len < 2 || len >= sizeof(out->sun_path) || (*name != '/' && *name != '@'))
		return 0;
	memcpy(out->sun_path, name, len);
	if (*name == '@')
		out->sun_path[0] = '\0';
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (*name == '/'));
}

static void send_text(const char *text, size_t len)
{
	struct sockaddr_un address;
	socklen_t size = address_of(getenv("NOTIFY_SOCKET"), &address);
	const struct timeval limit = { SEND_S, 0 };
	if (!size)
		return;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (sendto(fd, text, len, MSG_NOSIGNAL, (const void *)&address, size) < 0)
		es_log(ES_DEBUG, "notify.failed", ES_LOG_S("socket", getenv("NOTIFY_SOCKET")));
	close(fd);
}

void es_notify(enum es_notify what, const char *status, ...)
{
	static const char *const states[] = { "READY=1\n", "RELOADING=1\n", "STOPPING=1\n",
					      "WATCHDOG=1\n" };
	char text[TEXT_MAX];
	size_t len = (size_t)snprintf(text, sizeof(text), "%s", states[what]);
	/* Type=notify-reload: a READY=1 that was sent before this moment is an older one */
	if (what == ES_NOTIFY_RELOADING)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "MONOTONIC_USEC=%lld\n",
					(long long)es_monotonic_us());
	if (status) {
		va_list args;
		len += (size_t)snprintf(text + len, sizeof(text) - len, "STATUS=");
		size_t from = len;
		va_start(args, status);
		int n = vsnprintf(text + len, sizeof(text) - len, status, args);
		va_end(args);
		len += n < 0                            ? 0
		       : (size_t)n < sizeof(text) - len ? (size_t)n
							: sizeof(text) - len - 1;
		for (size_t i = from; i < len; i++) /* a line end would begin a key of its own */
			if (text[i] == '\n')
				text[i] = ' ';
	}
	send_text(text, len);
}

int64_t es_notify_every_ms(void)
{
	const char *limit = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	if (!limit || (pid && strtoll(pid, NULL, 10) != getpid()))
		return 0;
	long long usec = strtoll(limit, NULL, 10);
	int64_t half = usec / 2 / 1000; /* as sd_watchdog_enabled(3) advises */
	return usec <= 0 ? 0 : half > 0 ? half : 1;
}
