/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The C libraries that are here, against what the dynamic linker and the kernel say of ours; and files that lie. */
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

static const char *const names[] = { "exit", "_exit", "_Exit", "quick_exit", "abort", "no such function" };
#define NAMES (sizeof(names) / sizeof(names[0]))

/* Where in its file what is at this address of ours comes from. */
static uint64_t offset_of(const void *address)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long from, to, offset, found = 0;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %*s %lx", &from, &to, &offset) == 3 && (uintptr_t)address >= from &&
		    (uintptr_t)address < to)
			found = (uintptr_t)address - from + offset;
	if (maps)
		fclose(maps);
	return found;
}

static void functions(void)
{
	__u64 offsets[NAMES];
	void *address;
	const struct link_map *map = mapped("exit", &address);

	void *libc = map ? dlopen(map->l_name, RTLD_NOW | RTLD_NOLOAD) : NULL; /* a sanitizer has some of its own */

	CHECK(libc && read_file(map->l_name));
	libc_elf__functions(bytes, size, names, NAMES, offsets);
	for (unsigned int i = 0; libc && i < NAMES - 1; i++)
		CHECK_U64(offsets[i], offset_of(dlsym(libc, names[i])));
	if (libc)
		dlclose(libc);
	CHECK(offsets[0] && offsets[1] == offsets[2]);
	CHECK_U64(offsets[NAMES - 1], 0);
}

/* What is loaded is enough, which is what is in front of the table of sections; and the older of the two tables is. */
static void functions_by_parts(void)
{
	__u64 offsets[NAMES], again[NAMES];
	const uint64_t tag = DT_GNU_HASH, none = 0x6ffffe00;
	uint64_t loaded;
	void *address;
	const struct link_map *map = mapped("exit", &address);
	char *at;

	CHECK(map && read_file(map->l_name));
	libc_elf__functions(bytes, size, names, NAMES, offsets);
	memcpy(&loaded, bytes + offsetof(Elf64_Ehdr, e_shoff), sizeof(loaded));
	CHECK(loaded < size);
	libc_elf__functions(bytes, loaded < size ? loaded : 0, names, NAMES, again);
	CHECK(!memcmp(offsets, again, sizeof(offsets)));
	at = memmem(bytes, size, &tag, sizeof(tag));
	CHECK(at != NULL);
	if (!at)
		return;
	memcpy(at, &none, sizeof(none));
	libc_elf__functions(bytes, size, names, NAMES, again);
	if (again[0]) /* it has both */
		CHECK(!memcmp(offsets, again, sizeof(offsets)));
}

/* Not everywhere; that they are where they are said to be is shown by programs (tests/cases/leave.py). */
static void functions_of_others(void)
{
	static const char *const paths[] = { "/lib/ld-musl-x86_64.so.1", "/lib32/libc.so.6", "/usr/lib32/libc.so.6" };
	__u64 offsets[NAMES];

	for (unsigned int i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!read_file(paths[i]))
			continue;
		libc_elf__functions(bytes, size, names, NAMES, offsets);
		for (unsigned int j = 0; j < NAMES - 1; j++)
			CHECK(offsets[j] && offsets[j] < size);
		CHECK(offsets[0] != offsets[3] && offsets[3] != offsets[4]);
	}
}

static void others(void)
{
	struct libc_build b = { .key.dynamic = 1 };
	__u64 offsets[NAMES] = { 1 };

	CHECK(read_file("/proc/self/exe"));
	CHECK(libc_elf__parse(bytes, size, &b) < 0);
	CHECK_I64(libc_elf__parse("", 0, &b), -EBADMSG);
	CHECK_I64(libc_elf__parse("\177ELF", 4, &b), -EBADMSG);
	CHECK_U64(b.key.dynamic, 1);
	libc_elf__functions("\177ELF", 4, names, NAMES, offsets);
	CHECK_U64(offsets[0], 0);
}

/* Whatever is wrong with it: no more than that is needed to be run under the sanitizers. */
static void damage(const char *path, unsigned int *known)
{
	struct libc_build b;
	__u64 offsets[NAMES];
	unsigned int i;

	if (!read_file(path))
		return;
	srandom(1);
	for (i = 0; i < 3000; i++) {
		size_t at = (size_t)random() % (i % 2 ? 1024 : size);
		char was = bytes[at];

		bytes[at] = (char)random();
		*known += !libc_elf__parse(bytes, size, &b);
		libc_elf__functions(bytes, size, names, NAMES, offsets);
		*known += offsets[0] != 0;
		if (i % 3)
			bytes[at] = was;
	}
	for (i = 0; i < 300; i++) {
		size_t part = (size_t)random() % size;

		libc_elf__parse(bytes, part, &b);
		libc_elf__functions(bytes, part, names, NAMES, offsets);
	}
}

static void damaged(void)
{
	void *list;
	const struct link_map *map = mapped("_IO_list_all", &list);
	unsigned int known = 0;

	CHECK(map != NULL);
	damage(map->l_name, &known);
	damage("/lib32/libc.so.6", &known);
	CHECK(known);
}

int main(void)
{
	UNIT(glibc);
	UNIT(linker);
	UNIT(musl);
	UNIT(functions);
	UNIT(functions_by_parts);
	UNIT(functions_of_others);
	UNIT(others);
	UNIT(damaged);
	free(bytes);
	return unit__end();
}
