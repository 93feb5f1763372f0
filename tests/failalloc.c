/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Lets an allocation fail: number FAIL_AT of those since main(), and all behind it if FAIL_ON is set. Without FAIL_AT
 * it only counts. At its end the program's count is in the file FAIL_COUNT.
 * As a library to preload it is asked by all the libraries too; linked with --wrap (and with WRAP defined), beside a
 * sanitizer's own malloc(), by exittrace alone.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifdef WRAP
#define MINE(name) __wrap_##name
#define REAL(name) __real_##name
#else
#define MINE(name) name
#define REAL(name) __libc_##name
#endif

void *MINE(malloc)(size_t size);
void *MINE(calloc)(size_t n, size_t size);
void *MINE(realloc)(void *p, size_t size);
void *MINE(mmap)(void *addr, size_t len, int prot, int flags, int fd, off_t at);
void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t n, size_t size);
void *REAL(realloc)(void *p, size_t size);

static unsigned long number, fail_at;
static bool began, go_on;
static int count_fd = -1; /* opened at once: later there may be no privilege to */

static unsigned long spared_begin, spared_end;

/* Where libseccomp is: 2.5 does not look at what its allocations gave while it makes a filter. */
static void find_spared(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long begin, end;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "/libseccomp.so") || sscanf(line, "%lx-%lx", &begin, &end) != 2)
			continue;
		spared_begin = spared_begin ? spared_begin : begin;
		spared_end = end;
	}
	if (maps)
		fclose(maps);
}

static unsigned long of_environment(const char *name)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void begin(void)
{
	fail_at = of_environment("FAIL_AT");
	go_on = of_environment("FAIL_ON");
	if (getenv("FAIL_COUNT"))
		count_fd = open(getenv("FAIL_COUNT"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	find_spared();
	began = true;
}

__attribute__((destructor)) static void end(void)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%lu\n", number);

	began = false;
	if (count_fd >= 0 && write(count_fd, text, (size_t)n) != n)
		_exit(125);
}

static bool fails(const void *caller)
{
	unsigned long n;

	if (!began || ((unsigned long)caller >= spared_begin && (unsigned long)caller < spared_end))
		return false;
	n = __atomic_add_fetch(&number, 1, __ATOMIC_RELAXED);
	if (!fail_at || n < fail_at || (n > fail_at && !go_on))
		return false;
	errno = ENOMEM;
	return true;
}

void *MINE(malloc)(size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : REAL(malloc)(size);
}

void *MINE(calloc)(size_t n, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : REAL(calloc)(n, size);
}

void *MINE(realloc)(void *p, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : REAL(realloc)(p, size);
}

void *MINE(mmap)(void *addr, size_t len, int prot, int flags, int fd, off_t at)
{
	if (fails(__builtin_return_address(0)))
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, at);
}

#ifdef WRAP
char *__wrap_strdup(const char *text);
char *__real_strdup(const char *text);

char *__wrap_strdup(const char *text)
{
	return fails(__builtin_return_address(0)) ? NULL : __real_strdup(text);
}
#else
void *__libc_memalign(size_t align, size_t size);

void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t at)
{
	return mmap(addr, len, prot, flags, fd, at);
}

void *aligned_alloc(size_t align, size_t size)
{
	return fails(__builtin_return_address(0)) ? NULL : __libc_memalign(align, size);
}

int posix_memalign(void **p, size_t align, size_t size)
{
	void *found = fails(__builtin_return_address(0)) ? NULL : __libc_memalign(align, size);

	if (!found)
		return ENOMEM;
	*p = found;
	return 0;
}
#endif
