/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A library to preload: puts the file SWAP_BY in the place of SWAP_PATH as soon as the program has looked at that,
 * opened it or bound a socket to it, as whoever owns the directory could. Once.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static void swap(const char *name)
{
	const char *path = getenv("SWAP_PATH"), *by = getenv("SWAP_BY"), *slash = strrchr(name, '/');
	static int done;

	if (done || !path || !by || strcmp(slash ? slash + 1 : name, strrchr(path, '/') + 1))
		return;
	done = !renameat2(AT_FDCWD, by, AT_FDCWD, path, RENAME_EXCHANGE);
}

int fstatat(int dir, const char *name, struct stat *st, int flags)
{
	int (*real)(int, const char *, struct stat *, int) = dlsym(RTLD_NEXT, "fstatat");
	const int result = real(dir, name, st, flags);

	swap(name);
	return result;
}

int openat(int dir, const char *name, int flags, ...)
{
	int (*real)(int, const char *, int, ...) = dlsym(RTLD_NEXT, "openat");
	va_list args;
	int fd;

	va_start(args, flags);
	fd = real(dir, name, flags, flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0);
	va_end(args);
	swap(name);
	return fd;
}

int bind(int fd, const struct sockaddr *a, socklen_t len)
{
	int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "bind");
	const int result = real(fd, a, len);

	if (!result && a->sa_family == AF_UNIX)
		swap(((const struct sockaddr_un *)a)->sun_path);
	return result;
}
