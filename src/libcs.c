/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * libcs.c: takes the files of C libraries, gives the builds that the kernel half can find streams of. Does not look for
 * files, nor into one.
 */
#include "libcs.h"

#include <stdbool.h>
#include <stdint.h>

#include "libc_reader.h"

/* In a child. What is no such library leaves zeros. */
static void parse(const void *bytes, size_t size, void *answer)
{
	libc_elf__parse(bytes, size, answer);
}

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

struct builds {
	struct libc_build *of;
	unsigned int nr;
};

static void add_build(struct builds *all, struct libc_build b)
{
	b.key.nth = 0;
	b.key.pad = 0;
	for (unsigned int i = 0; i < all->nr; i++) {
		if (all->of[i].key.dynamic != b.key.dynamic)
			continue;
		if (all->of[i].libc.fingerprint == b.libc.fingerprint)
			return;
		b.key.nth++;
	}
	if (all->nr < ET_MAX_LIBCS)
		all->of[all->nr++] = b;
}

static void take(void *ctx, unsigned int file, const void *answer)
{
	const struct libc_build *b = answer;

	(void)file;
	if (is_sound(b))
		add_build(ctx, *b);
}

int libcs__find(const struct libc_files *files, struct libc_build *builds)
{
	static const struct libc_question question = {
		.option = "--stdio", .size = sizeof(struct libc_build), .parse = parse, .take = take,
	};
	struct builds all = { .of = builds };
	int err = libc_reader__ask(files, &question, &all);

	return err ? err : (int)all.nr;
}
