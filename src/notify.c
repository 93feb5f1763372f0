/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes words like "READY=1", gives a datagram to who started the service. Does not decide when.
 */
#include "notify.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "parse.h"

/* "@name" is an abstract address. Connected while we may still reach it. */
static int connect_to(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	const size_t len = strlen(path);
	int fd;

	if (len < 2 || len >= sizeof(a.sun_path) || (path[0] != '/' && path[0] != '@'))
		return -1;
	memcpy(a.sun_path, path, len);
	if (path[0] == '@')
		a.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&a, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

void notify__open(struct notify *n)
{
	const char *path = getenv("NOTIFY_SOCKET"), *us = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t usec = 0, who = 0;

	*n = (struct notify){ .fd = path ? connect_to(path) : -1 };
	if (us && !parse__number(us, UINT64_MAX / 1000, &usec) &&
	    (!pid || (!parse__number(pid, INT32_MAX, &who) && who == (uint64_t)getpid())))
		n->watchdog_ns = usec * 1000;
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

void notify__tell(const struct notify *n, const char *fmt, ...)
{
	char words[512];
	va_list ap;
	int len;

	if (n->fd < 0)
		return;
	va_start(ap, fmt);
	len = vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	if (len > 0 && send(n->fd, words, len < (int)sizeof(words) ? (size_t)len : sizeof(words) - 1, MSG_NOSIGNAL) < 0)
		return; /* who does not listen is not waited for */
}
