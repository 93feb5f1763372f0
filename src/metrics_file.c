/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes a text, gives a file of it. Does not go anywhere but to one directory, by its descriptor.
 */
#include "metrics_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *metrics_file__name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

int metrics_file__open_dir(const char *path, int *dir)
{
	const char *name = metrics_file__name(path);
	char parent[PATH_MAX];
	int fd;

	if (*path != '/' || !*name || strlen(name) > NAME_MAX - strlen("..tmp") || strlen(path) >= sizeof(parent))
		return -EINVAL;
	snprintf(parent, sizeof(parent), "%.*s", name == path + 1 ? 1 : (int)(name - path) - 1, path);
	fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*dir = fd;
	return 0;
}

static int write_all(int fd, const struct buf *b)
{
	for (size_t at = 0; at < b->len;) {
		ssize_t n = write(fd, b->data + at, b->len - at);

		if (n < 0 && errno != EINTR)
			return -errno;
		at += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Not by the umask, which is for the history. */
static int fill(int dir, const char *name, const struct buf *b)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), err;

	if (fd < 0)
		return -errno;
	err = write_all(fd, b);
	if (!err && fchmod(fd, 0644))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int metrics_file__write(int dir, const char *name, const struct buf *b)
{
	char made[NAME_MAX + 1];
	int err;

	/* a name that node_exporter does not read */
	snprintf(made, sizeof(made), ".%s.tmp", name);
	unlinkat(dir, made, 0); /* of one that was killed */
	err = fill(dir, made, b);
	if (!err && renameat(dir, made, dir, name))
		err = -errno;
	if (err)
		unlinkat(dir, made, 0);
	return err;
}
