/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * snapshot.c: takes pids, gives what /proc says of them at start. Is never asked again once
 * tracing runs: a pid read later may be another process.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "snapshot.h"

static ssize_t read_file(const char *path, char *buf, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	n = read(fd, buf, cap - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n;
}

/* /proc shows start times in our time namespace; the kernel half has the initial one's. */
static int64_t timens_ticks(void)
{
	long long seconds = 0, ns = 0;
	const char *line;
	char buf[256];

	if (read_file("/proc/self/timens_offsets", buf, sizeof(buf)) <= 0)
		return 0;
	line = strstr(buf, "boottime");
	if (!line || sscanf(line, "boottime %lld %lld", &seconds, &ns) != 2)
		return 0;
	return seconds * 100 + ns / 10000000;
}

int snapshot__stat(pid_t pid, struct proc_stat *st)
{
	unsigned long long start;
	char path[32], buf[1024];
	const char *after_comm;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	n = read_file(path, buf, sizeof(buf));
	if (n <= 0)
		return n ? n : -ESRCH;
	after_comm = strrchr(buf, ')'); /* comm may itself hold anything, ")" included */
	if (!after_comm ||
	    sscanf(after_comm, ") %*c %d %*d %*d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
		   &st->ppid, &st->flags, &start) != 3)
		return -EIO;
	st->pid = pid;
	st->start_ticks = start - timens_ticks();
	return 0;
}

struct processes {
	struct proc_stat *all;
	bool *inside;
	size_t n, cap;
};

static int add_process(struct processes *p, pid_t pid)
{
	struct proc_stat st;

	if (snapshot__stat(pid, &st))
		return 0; /* gone meanwhile */
	if (p->n == p->cap) {
		size_t cap = p->cap ? 2 * p->cap : 256;
		struct proc_stat *more = realloc(p->all, cap * sizeof(*more));

		if (!more)
			return -ENOMEM;
		p->all = more;
		p->cap = cap;
	}
	p->all[p->n++] = st;
	return 0;
}

static int list_processes(struct processes *p)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return -errno;
	while (!err && (entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			err = add_process(p, atoi(entry->d_name));
	closedir(dir);
	p->inside = calloc(p->n + 1, sizeof(*p->inside));
	return err ? err : p->inside ? 0 : -ENOMEM;
}

static bool parent_inside(const struct processes *p, pid_t ppid, pid_t root)
{
	if (ppid == root)
		return true;
	for (size_t i = 0; i < p->n; i++)
		if (p->inside[i] && p->all[i].pid == ppid)
			return true;
	return false;
}

/* One generation after the other, until none is added. */
static bool grow(struct processes *p, pid_t root)
{
	bool grown = false;

	for (size_t i = 0; i < p->n; i++) {
		if (p->inside[i] || p->all[i].pid == root || !parent_inside(p, p->all[i].ppid, root))
			continue;
		p->inside[i] = grown = true;
	}
	return grown;
}

int snapshot__descendants(pid_t root, int (*fn)(void *ctx, uint32_t tgid, uint64_t ticks), void *ctx)
{
	struct processes p = { 0 };
	int err = list_processes(&p);

	while (!err && grow(&p, root))
		;
	for (size_t i = 0; !err && i < p.n; i++)
		if (p.inside[i])
			err = fn(ctx, p.all[i].pid, p.all[i].start_ticks);
	free(p.all);
	free(p.inside);
	return err;
}
