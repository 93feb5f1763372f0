/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which files are taken for C libraries, below a root directory made here, and of what a process has mapped. */
#include "libc_files.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char root[64];

static const char *below(const char *path)
{
	static char whole[512];

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	return whole;
}

static void make_directories(const char *path)
{
	char part[256];

	for (const char *at = path; (at = strchr(at, '/')); at++) {
		snprintf(part, sizeof(part), "%.*s", (int)(at - path), path);
		mkdir(below(part), 0755);
	}
}

static struct stat make_file(const char *path)
{
	struct stat st = { 0 };
	int fd;

	make_directories(path);
	fd = open(below(path), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	CHECK(fd >= 0 && write(fd, path, strlen(path)) > 0 && !fstat(fd, &st));
	close(fd);
	return st;
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
	(void)st;
	(void)what;
	(void)ftw;
	return remove(path);
}

static void begin(void)
{
	strcpy(root, "/tmp/libc_files.XXXXXX");
	CHECK(mkdtemp(root) != NULL);
}

static void end(void)
{
	nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct libc_files l;

static bool has(const struct stat *st)
{
	for (unsigned int i = 0; i < l.nr; i++)
		if (l.of[i].dev == st->st_dev && l.of[i].inode == st->st_ino)
			return l.of[i].size == (uint64_t)st->st_size;
	return false;
}

static void usual_places(void)
{
	static const char *const taken[] = {
		"lib/some-machine/libc.so.6", "lib64/libc.so.6",	  "usr/lib/libc.so.6", "lib64/ld-linux-x.so.2",
		"lib/ld-musl-any.so.1",	      "usr/lib/some-musl/libc.so", "lib/ld-linux.so.2", "lib32/libc.so.6",
	};
	static const char *const others[] = {
		"lib/some-machine/libm.so.6", "lib/libc.so", "libc.so.6", "usr/lib/a/b/libc.so.6",
	};
	struct stat st[sizeof(taken) / sizeof(taken[0])];
	const unsigned int n = sizeof(taken) / sizeof(taken[0]);

	begin();
	for (unsigned int i = 0; i < n; i++)
		st[i] = make_file(taken[i]);
	for (unsigned int i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		make_file(others[i]);
	libc_files__add_root(&l, root);
	CHECK_U64(l.nr, n);
	for (unsigned int i = 0; i < n; i++)
		CHECK(has(&st[i]));
	CHECK(fcntl(l.of[0].fd, F_GETFD) == FD_CLOEXEC);
	libc_files__close(&l);
	end();
}

/* Links are followed as in there: an absolute one, a second one to the same file, one that leads out of it. */
static void links(void)
{
	struct stat st;

	begin();
	st = make_file("opt/libc.so");
	make_file("lib64/x");
	make_directories("lib/a/");
	make_directories("lib/b/");
	CHECK(!symlink("/opt/libc.so", below("lib64/libc.so.6")));
	CHECK(!symlink("../../opt/libc.so", below("lib/a/libc.so.6")));
	CHECK(!symlink("../../../../../../../../../../etc/passwd", below("lib/b/libc.so.6")));
	libc_files__add_root(&l, root);
	CHECK_U64(l.nr, 1);
	CHECK(has(&st));
	libc_files__close(&l);
	end();
}

/* Nobody waits at the other end, and who waited for that would wait for ever. */
static void no_files(void)
{
	begin();
	make_directories("lib/a/");
	make_directories("lib64/libc.so.6/");
	CHECK(!mkfifo(below("lib/a/libc.so.6"), 0644));
	CHECK(!mkfifo(below("lib/ld-musl-any.so.1"), 0644));
	CHECK(!symlink("/dev/tty", below("lib/ld-linux.so.2")));
	libc_files__add_root(&l, root);
	CHECK_U64(l.nr, 0);
	end();
}

static void too_many(void)
{
	char path[32];

	begin();
	for (int i = 0; i < LIBC_FILES_MAX + 2; i++) {
		snprintf(path, sizeof(path), "lib/m%d/libc.so.6", i);
		make_file(path);
		if (i == LIBC_FILES_MAX - 1) {
			libc_files__add_root(&l, root);
			CHECK(l.nr == LIBC_FILES_MAX && !l.full);
		}
	}
	libc_files__add_root(&l, root);
	CHECK(l.nr == LIBC_FILES_MAX && l.full);
	libc_files__close(&l);
	end();
}

/* Of a process that is asked for; and of all when any may be traced. */
static void mapped(void)
{
	const struct target self = { .pid = getpid() };
	struct options o = { 0 };
	struct stat st, also;
	void *at;
	int fd;

	begin();
	st = make_file("odd/libc-2.99.so");
	also = make_file("odd/libcc.so");
	fd = open(below("odd/libc-2.99.so"), O_RDONLY | O_CLOEXEC);
	at = mmap(NULL, 1, PROT_READ, MAP_PRIVATE, fd, 0);
	CHECK(at != MAP_FAILED);
	close(fd);
	libc_files__find(&l, &o, NULL, 0);
	CHECK(!has(&st));
	libc_files__close(&l);
	libc_files__find(&l, &o, &self, 1);
	CHECK(has(&st) && !has(&also));
	libc_files__close(&l);
	o.all = true;
	libc_files__find(&l, &o, NULL, 0);
	CHECK(has(&st) || l.full);
	libc_files__close(&l);
	munmap(at, 1);
	end();
}

int main(void)
{
	UNIT(usual_places);
	UNIT(links);
	UNIT(no_files);
	UNIT(too_many);
	UNIT(mapped);
	return unit__end();
}
