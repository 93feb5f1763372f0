/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libcs.c: takes the usual places and what living processes have mapped, gives the C libraries among them. Does not
 * look into a file itself: that is done by a child that can do nothing else any more, whose answer is plain numbers.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <glob.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "array.h"
#include "libcs.h"
#include "unprivileged.h"

#define FILES_MAX 128
#define FILE_SIZE_MAX (16UL << 20)
#define ANSWER_MS 5000 /* a file may be on a server that is gone */

struct libraries {
	struct { dev_t dev; ino_t ino; } known[FILES_MAX];
	int fds[FILES_MAX];
	unsigned int n;
};

/* ---- which files ---- */

static bool is_known(const struct libraries *l, dev_t dev, ino_t ino)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (l->known[i].dev == dev && l->known[i].ino == ino)
			return true;
	return false;
}

/* Without waiting for whoever is at the other end, should it be a pipe. */
static void add_file(struct libraries *l, const char *path)
{
	int fd = l->n < FILES_MAX ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || is_known(l, st.st_dev, st.st_ino)) {
		close(fd);
		return;
	}
	l->known[l->n].dev = st.st_dev;
	l->known[l->n].ino = st.st_ino;
	l->fds[l->n++] = fd;
}

/* Of this machine: the next program may be the first to use one of them. */
static void add_usual(struct libraries *l)
{
	static const char *const places[] = {
		"/lib/*/libc.so.6", "/lib64/libc.so.6", "/usr/lib/libc.so.6", "/lib64/ld-linux-*.so.*",
		"/lib/ld-linux-*.so.*", "/lib/ld-musl-*.so.1",
		"/usr/lib/musl/lib/libc.so", "/usr/lib/*-musl/libc.so", "/usr/local/musl/lib/libc.so",
	};

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		glob_t found = { 0 };

		if (!glob(places[i], 0, NULL, &found))
			for (size_t j = 0; j < found.gl_pathc; j++)
				add_file(l, found.gl_pathv[j]);
		globfree(&found);
	}
}

static bool is_libc_name(const char *name)
{
	static const char *const names[] = {
		"libc.so.6", "libc-2.*.so", "ld-linux-*.so.*", "ld-2.*.so", "ld-musl-*.so.1", "libc.musl-*.so.1",
		"libc.so",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!fnmatch(names[i], name, 0))
			return true;
	return false;
}

/*
 * A line of /proc/PID/maps. What is mapped is opened through the mapping itself, wherever its path may lead by now.
 */
static void add_mapping(struct libraries *l, const char *pid, char *line)
{
	unsigned int major, minor;
	unsigned long from, to, ino;
	char path[96];
	const char *name = strrchr(line, '/');
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (!name || !is_libc_name(name + 1))
		return;
	if (sscanf(line, "%lx-%lx %*s %*x %x:%x %lu %n", &from, &to, &major, &minor, &ino, &at) != 5 || !at)
		return;
	if (is_known(l, makedev(major, minor), ino)) /* spares most opens; add_file() knows for sure */
		return;
	snprintf(path, sizeof(path), "/proc/%s/map_files/%lx-%lx", pid, from, to);
	add_file(l, path);
}

static void add_mapped(struct libraries *l, const char *pid)
{
	char path[64], line[512];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%.16s/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return; /* gone meanwhile */
	while (l->n < FILES_MAX && fgets(line, sizeof(line), maps))
		add_mapping(l, pid, line);
	fclose(maps);
}

static void add_all_mapped(struct libraries *l)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)))
		if (isdigit((unsigned char)entry->d_name[0]))
			add_mapped(l, entry->d_name);
	closedir(dir);
}

/* ---- the child that looks into them ---- */

/* What it gets: read() and write() are all that it may do. */
struct task {
	const struct libraries *libraries;
	char *bytes; /* room for a file */
};

/* All of it; 0: it cannot be read, or is too large. */
static size_t read_whole(int fd, char *bytes)
{
	size_t n = 0;
	ssize_t got;

	while (n < FILE_SIZE_MAX && (got = read(fd, bytes + n, FILE_SIZE_MAX - n)) > 0)
		n += (size_t)got;
	return n < FILE_SIZE_MAX ? n : 0;
}

static void look_into(int answer, void *ctx)
{
	const struct task *t = ctx;
	struct libc_build build;

	for (unsigned int i = 0; i < t->libraries->n; i++) {
		size_t n = read_whole(t->libraries->fds[i], t->bytes);

		if (!libc_elf__parse(t->bytes, n, &build) && write(answer, &build, sizeof(build)) != sizeof(build))
			return;
	}
}

/* ---- its answer ---- */

static bool is_sound(const struct libc_build *b)
{
	const uint64_t far = 1ULL << 32; /* no library is that large */

	for (unsigned int i = 0; i < ET_LIBC_HEADS; i++)
		if (b->libc.heads[i] >= far)
			return false;
	if (!b->key.dynamic || b->key.dynamic >= far)
		return false;
	return b->libc.kind >= ET_LIBC_GLIBC && b->libc.kind <= ET_LIBC_LINKER && b->libc.heads[0];
}

static void add_build(struct libc_build *builds, unsigned int *n, struct libc_build b)
{
	b.key.nth = 0;
	b.key.pad = 0;
	for (unsigned int i = 0; i < *n; i++) {
		if (builds[i].key.dynamic != b.key.dynamic)
			continue;
		if (builds[i].libc.fingerprint == b.libc.fingerprint)
			return;
		b.key.nth++;
	}
	if (*n < ET_MAX_LIBCS)
		builds[(*n)++] = b;
}

static unsigned int take_answer(int fd, struct libc_build *builds)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct libc_build b;
	unsigned int n = 0;

	/* A pipe gives and takes what is so small as a whole. */
	while (poll(&p, 1, ANSWER_MS) > 0 && read(fd, &b, sizeof(b)) == sizeof(b))
		if (is_sound(&b))
			add_build(builds, &n, b);
	return n;
}

static int ask_child(struct task *t, struct libc_build *builds)
{
	struct unprivileged u = { .also = t->libraries->fds, .nr_also = t->libraries->n, .strict = true };
	int answer[2], n;
	pid_t pid;

	if (pipe2(answer, O_CLOEXEC))
		return -errno;
	u.keep = answer[1];
	pid = unprivileged__fork(&u, look_into, t);
	close(answer[1]);
	n = pid < 0 ? pid : (int)take_answer(answer[0], builds);
	close(answer[0]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	return n;
}

/* The room is asked for here: the child may not. It is the child's memory that gets filled. */
static int look(const struct libraries *l, struct libc_build *builds)
{
	struct task t = { .libraries = l };
	int n;

	t.bytes = mmap(NULL, FILE_SIZE_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (t.bytes == MAP_FAILED)
		return -errno;
	n = ask_child(&t, builds);
	munmap(t.bytes, FILE_SIZE_MAX);
	return n;
}

int libcs__find(struct libc_build *builds)
{
	static struct libraries l;
	int n;

	l.n = 0;
	add_usual(&l);
	add_all_mapped(&l);
	n = look(&l, builds);
	while (l.n)
		close(l.fds[--l.n]);
	return n;
}
