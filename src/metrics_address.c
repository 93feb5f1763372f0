/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the words of an address, gives a socket that listens there. Does not look up names, and accepts nobody.
 */
#include "metrics_address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "parse.h"

#define BACKLOG 16

static int parse_unix(const char *path, struct metrics_address *a)
{
	const size_t len = strlen(path);

	if (*path != '/' || len >= sizeof(a->un.sun_path))
		return -EINVAL;
	a->un.sun_family = AF_UNIX;
	memcpy(a->un.sun_path, path, len + 1);
	a->len = sizeof(a->un);
	a->loopback = true;
	return 0;
}

static int parse_host(const char *host, uint16_t port, struct metrics_address *a)
{
	if (!strcmp(host, "localhost"))
		host = "127.0.0.1";
	if (*host != '[') {
		a->in = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port) };
		a->len = sizeof(a->in);
		if (inet_pton(AF_INET, host, &a->in.sin_addr) != 1)
			return -EINVAL;
		a->loopback = ntohl(a->in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
		return 0;
	}
	a->in6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(port) };
	a->len = sizeof(a->in6);
	if (inet_pton(AF_INET6, host + 1, &a->in6.sin6_addr) != 1)
		return -EINVAL;
	a->loopback = IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
	return 0;
}

int metrics_address__parse(const char *s, struct metrics_address *a)
{
	const char *colon = strrchr(s, ':');
	char host[INET6_ADDRSTRLEN + 1];
	uint64_t port;
	size_t len;

	memset(a, 0, sizeof(*a));
	if (!strncmp(s, "unix:", 5))
		return parse_unix(s + 5, a);
	if (!colon || parse__number(colon + 1, UINT16_MAX, &port) || !port)
		return -EINVAL;
	len = (size_t)(colon - s);
	if (len >= sizeof(host))
		return -EINVAL;
	memcpy(host, s, len);
	host[len] = '\0';
	if (*host == '[') {
		if (host[len - 1] != ']')
			return -EINVAL;
		host[len - 1] = '\0';
	}
	return parse_host(host, (uint16_t)port, a);
}

/* ---- the socket ---- */

/* One that was left by a process that is gone refuses. */
static void remove_left(const struct metrics_address *a)
{
	struct stat st;
	int fd;

	if (a->any.sa_family != AF_UNIX || lstat(a->un.sun_path, &st) || !S_ISSOCK(st.st_mode))
		return;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && connect(fd, &a->any, a->len) && errno == ECONNREFUSED)
		unlink(a->un.sun_path);
	if (fd >= 0)
		close(fd);
}

static int set_up(int fd, const struct metrics_address *a)
{
	const int one = 1;

	if (a->any.sa_family != AF_UNIX && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)))
		return -errno;
	if (a->any.sa_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)))
		return -errno;
	return bind(fd, &a->any, a->len) || listen(fd, BACKLOG) ? -errno : 0;
}

int metrics_address__listen(const struct metrics_address *a)
{
	int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), err;

	if (fd < 0)
		return -errno;
	remove_left(a);
	err = set_up(fd, a);
	if (!err)
		return fd;
	close(fd);
	return err;
}
