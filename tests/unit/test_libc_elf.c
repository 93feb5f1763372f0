/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The C libraries that are here, against what the dynamic linker says of its own; and files that lie. */
#include "libc_elf.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static char *bytes;
static size_t size;

static bool read_file(const char *path)
{
	FILE *f = path ? fopen(path, "r") : NULL;
	struct stat st;

	free(bytes);
	bytes = NULL;
	if (!f)
		return false;
	fstat(fileno(f), &st);
	size = (size_t)st.st_size;
	bytes = malloc(size);
	size = fread(bytes, 1, size, f);
	fclose(f);
	return true;
}

/* Of the library that we are linked to. */
static const struct link_map *mapped(const char *symbol, void **address)
{
	struct link_map *map = NULL;
	Dl_info info;

	*address = dlsym(RTLD_DEFAULT, symbol);
	return *address && dladdr1(*address, &info, (void **)&map, RTLD_DL_LINKMAP) ? map : NULL;
}

static void glibc(void)
{
	struct libc_build b;
	void *list;
	const struct link_map *map = mapped("_IO_list_all", &list);

	CHECK(map && read_file(map->l_name));
	CHECK_I64(libc_elf__parse(bytes, size, &b), 0);
	CHECK_U64(b.libc.kind, ET_LIBC_GLIBC);
	CHECK_U64(b.libc.heads[0], (uintptr_t)list - map->l_addr);
	CHECK_U64(b.key.dynamic, (uintptr_t)map->l_ld - map->l_addr);
	CHECK(b.libc.fingerprint);
}

static void linker(void)
{
	struct libc_build b;
	void *debug;
	const struct link_map *map = mapped("_r_debug", &debug);

	CHECK(map && read_file(map->l_name));
	CHECK_I64(libc_elf__parse(bytes, size, &b), 0);
	CHECK_U64(b.libc.kind, ET_LIBC_LINKER);
	CHECK_U64(b.libc.heads[0], (uintptr_t)debug - map->l_addr);
}

/* Not everywhere; that its lists are found is shown by programs that use it (tests/cases/lastwords.py). */
static void musl(void)
{
	struct libc_build b;

	if (!read_file("/lib/ld-musl-x86_64.so.1"))
		return;
	CHECK_I64(libc_elf__parse(bytes, size, &b), 0);
	CHECK_U64(b.libc.kind, ET_LIBC_MUSL);
	CHECK(b.libc.heads[0] && b.libc.heads[1] && b.libc.heads[2]);
	CHECK(b.libc.heads[0] != b.libc.heads[1] && b.libc.heads[1] != b.libc.heads[2]);
}

static void others(void)
{
	struct libc_build b = { .key.dynamic = 1 };

	CHECK(read_file("/proc/self/exe"));
	CHECK(libc_elf__parse(bytes, size, &b) < 0);
	CHECK_I64(libc_elf__parse("", 0, &b), -EBADMSG);
	CHECK_I64(libc_elf__parse("\177ELF", 4, &b), -EBADMSG);
	CHECK_U64(b.key.dynamic, 1);
}

/* Whatever is wrong with it: no more than that is needed to be run under the sanitizers. */
static void damaged(void)
{
	void *list;
	const struct link_map *map = mapped("_IO_list_all", &list);
	struct libc_build b;
	unsigned int i, known = 0;

	CHECK(map && read_file(map->l_name));
	srandom(1);
	for (i = 0; i < 3000; i++) {
		size_t at = (size_t)random() % (i % 2 ? 1024 : size);
		char was = bytes[at];

		bytes[at] = (char)random();
		known += !libc_elf__parse(bytes, size, &b);
		if (i % 3)
			bytes[at] = was;
	}
	CHECK(known);
	for (i = 0; i < 300; i++)
		libc_elf__parse(bytes, (size_t)random() % size, &b);
}

int main(void)
{
	UNIT(glibc);
	UNIT(linker);
	UNIT(musl);
	UNIT(others);
	UNIT(damaged);
	free(bytes);
	return unit__end();
}
