/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libc_files.c: takes the usual places and living processes, gives the C libraries and dynamic linkers that are there,
 * open. Does not look into a file.
 *
 * A process is asked twice: what it has mapped, which is right wherever it got it from; and what is in the usual
 * places below its root directory, for the programs that are started there next.
 */
#include "libc_files.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "array.h"
#include "log.h"

#define ENTRIES_MAX 8192 /* of a directory: it may be anybody's */

static const char *const names[] = {
	"libc.so.6", "libc-2.*.so", "ld-linux-*.so.*", "ld-linux.so.*", "ld-2.*.so", "ld-musl-*.so.1",
	"libc.musl-*.so.1", "libc.so",
};

/* Below a root directory: all of a directory, or of those in it. */
static const struct {
	const char *directory, *directories, *files;
} places[] = {
	{ "lib", "*", "libc.so.6" },
	{ "lib64", NULL, "libc.so.6" },
	{ "usr/lib", NULL, "libc.so.6" },
	{ "lib32", NULL, "libc.so.6" },
	{ "lib64", NULL, "ld-linux-*.so.*" },
	{ "lib", NULL, "ld-linux*.so.*" },
	{ "lib", NULL, "ld-musl-*.so.1" },
	{ "usr/lib/musl/lib", NULL, "libc.so" },
	{ "usr/lib", "*-musl", "libc.so" },
	{ "usr/local/musl/lib", NULL, "libc.so" },
};

/* ---- files ---- */

static bool is_known(const struct libc_files *l, dev_t dev, ino_t ino)
{
	for (unsigned int i = 0; i < l->nr; i++)
		if (l->of[i].dev == dev && l->of[i].inode == ino)
			return true;
	return false;
}

static bool is_new_file(const struct libc_files *l, const struct stat *st)
{
	return S_ISREG(st->st_mode) && !is_known(l, st->st_dev, st->st_ino);
}

static void open_file(struct libc_files *l, const char *link)
{
	int fd = open(link, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) || !is_new_file(l, &st)) {
		close(fd);
		return;
	}
	l->of[l->nr++] = (struct libc_file){
		.fd = fd, .dev = st.st_dev, .inode = st.st_ino, .size = (uint64_t)st.st_size,
	};
}

/*
 * A link of /proc, which leads to the very file. Not to a pipe, where somebody waits for who opens it. False: it cannot
 * be followed.
 */
static bool add_file(struct libc_files *l, const char *link)
{
	struct stat st;

	if (stat(link, &st))
		return false;
	if (!is_new_file(l, &st))
		return true;
	if (l->nr < LIBC_FILES_MAX)
		open_file(l, link);
	else
		l->full = true;
	return true;
}

/* Links lead to where they do for a process with this root. */
static int open_in_root(int root, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Opened for good when it is seen to be a file. */
static void add_in_root(struct libc_files *l, int root, const char *path)
{
	int at = open_in_root(root, path, O_PATH);
	char link[40];

	if (at < 0)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", at);
	add_file(l, link);
	close(at);
}

/* ---- the usual places below a root directory ---- */

struct search {
	struct libc_files *found;
	int root;
	const char *files; /* those in the directories that are looked at */
};

static void for_each_entry(const struct search *s, const char *path, const char *pattern,
			   void (*fn)(const struct search *s, const char *path))
{
	int fd = open_in_root(s->root, path, O_RDONLY | O_DIRECTORY | O_NONBLOCK);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	char below[512];

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (unsigned int i = 0; i < ENTRIES_MAX && (e = readdir(dir)); i++)
		if (e->d_name[0] != '.' && !fnmatch(pattern, e->d_name, 0) &&
		    snprintf(below, sizeof(below), "%s/%s", path, e->d_name) < (int)sizeof(below))
			fn(s, below);
	closedir(dir);
}

static void add_found(const struct search *s, const char *path)
{
	add_in_root(s->found, s->root, path);
}

/* Its name is known, and so it need not be listed. */
static void add_from_directory(const struct search *s, const char *directory)
{
	char path[600];

	snprintf(path, sizeof(path), "%s/%s", directory, s->files);
	add_in_root(s->found, s->root, path);
}

static void add_place(struct libc_files *l, int root, size_t i)
{
	const struct search s = { l, root, places[i].files };

	if (places[i].directories)
		for_each_entry(&s, places[i].directory, places[i].directories, add_from_directory);
	else if (strpbrk(s.files, "*"))
		for_each_entry(&s, places[i].directory, s.files, add_found);
	else
		add_from_directory(&s, places[i].directory);
}

static void add_places(struct libc_files *l, int root)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		add_place(l, root, i);
}

/* Root directories that were looked through; behind the last place, some are again. */
struct roots {
	struct {
		dev_t dev;
		ino_t inode;
	} seen[256];
	unsigned int nr;
};

static bool is_new(struct roots *r, const struct stat *st)
{
	for (unsigned int i = 0; i < r->nr; i++)
		if (r->seen[i].dev == st->st_dev && r->seen[i].inode == st->st_ino)
			return false;
	if (r->nr == ARRAY_SIZE(r->seen))
		return true;
	r->seen[r->nr].dev = st->st_dev;
	r->seen[r->nr++].inode = st->st_ino;
	return true;
}

static void add_new_root(struct libc_files *l, struct roots *r, int root)
{
	struct stat st;

	if (!fstat(root, &st) && is_new(r, &st))
		add_places(l, root);
}

static void add_root(struct libc_files *l, struct roots *r, const char *path)
{
	int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (root < 0)
		return;
	add_new_root(l, r, root);
	close(root);
}

void libc_files__add_root(struct libc_files *l, const char *path)
{
	struct roots none = { .nr = 0 };

	add_root(l, &none, path);
}

/* ---- what a process has mapped ---- */

static bool is_libc_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!fnmatch(names[i], name, 0))
			return true;
	return false;
}

static bool ends_with(const char *s, const char *end)
{
	const size_t n = strlen(s), len = strlen(end);

	return n >= len && !strcmp(s + n - len, end);
}

/*
 * A line of /proc/PID/maps. What is mapped is opened through the mapping itself, wherever its path may lead by now.
 * That takes CAP_SYS_ADMIN; without it the path is better than nothing.
 */
static void add_mapping(struct libc_files *l, const char *pid, int root, char *line)
{
	unsigned int major, minor;
	unsigned long from, to, ino;
	char link[96];
	const char *const deleted = " (deleted)", *name = strrchr(line, '/');
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (ends_with(line, deleted))
		line[strlen(line) - strlen(deleted)] = '\0';
	if (!name || !is_libc_name(name + 1))
		return;
	if (sscanf(line, "%lx-%lx %*s %*x %x:%x %lu %n", &from, &to, &major, &minor, &ino, &at) != 5 || !at)
		return;
	if (is_known(l, makedev(major, minor), ino)) /* spares most of the work; add_file() knows for sure */
		return;
	snprintf(link, sizeof(link), "/proc/%.16s/map_files/%lx-%lx", pid, from, to);
	if (!add_file(l, link) && root >= 0)
		add_in_root(l, root, line + at);
}

static void add_mapped(struct libc_files *l, const char *pid, int root)
{
	char path[64], line[4096 + 128];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%.16s/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return; /* gone meanwhile */
	while (!l->full && fgets(line, sizeof(line), maps))
		add_mapping(l, pid, root, line);
	fclose(maps);
}

/* ---- processes ---- */

static void add_process(struct libc_files *l, struct roots *r, const char *pid)
{
	char path[64];
	int root;

	snprintf(path, sizeof(path), "/proc/%.16s/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	add_mapped(l, pid, root);
	if (root < 0)
		return;
	add_new_root(l, r, root);
	close(root);
}

static void add_processes(struct libc_files *l, struct roots *r)
{
	DIR *proc = opendir("/proc");
	struct dirent *e;

	while (proc && !l->full && (e = readdir(proc)))
		if (isdigit((unsigned char)e->d_name[0]))
			add_process(l, r, e->d_name);
	if (proc)
		closedir(proc);
}

void libc_files__find(struct libc_files *l, const struct options *o, const struct target *targets,
		      unsigned int nr_targets)
{
	struct roots roots = { .nr = 0 };
	char pid[16];

	l->nr = 0;
	l->full = false;
	add_root(l, &roots, "/");
	for (unsigned int i = 0; i < nr_targets; i++) {
		snprintf(pid, sizeof(pid), "%d", targets[i].pid);
		add_process(l, &roots, pid);
	}
	if (options__many(o))
		add_processes(l, &roots);
	if (l->full)
		log__note("more than %d C libraries: nothing is known of the others (--exit-stack, --stdio)",
			  LIBC_FILES_MAX);
}

void libc_files__close(struct libc_files *l)
{
	while (l->nr)
		close(l->of[--l->nr].fd);
}
