/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * watched_libcs.c: takes the files of C libraries, gives where in them the functions are that end a process. Does not
 * look for files, nor into one, and does not attach.
 */
#include "watched_libcs.h"

#include <stdbool.h>
#include <stddef.h>

#include "array.h"
#include "libc_elf.h"
#include "libc_reader.h"
#include "log.h"

static const char *const names[] = { "exit", "_exit", "_Exit", "quick_exit", "abort" };

_Static_assert(ARRAY_SIZE(names) == LIBC_CALLS, "a place for each");

const char *watched_libcs__name(unsigned int n)
{
	return names[n];
}

enum et_stack_call watched_libcs__call(unsigned int n)
{
	static const enum et_stack_call calls[LIBC_CALLS] = {
		ET_CALL_EXIT, ET_CALL__EXIT, ET_CALL__EXIT, ET_CALL_QUICK_EXIT, ET_CALL_ABORT,
	};

	return calls[n];
}

struct answer {
	__u64 offsets[LIBC_CALLS];
};

/* In a child. */
static void parse(const void *bytes, size_t size, void *answer)
{
	libc_elf__functions(bytes, size, names, LIBC_CALLS, ((struct answer *)answer)->offsets);
}

struct search {
	const struct libc_files *files;
	struct watched_libcs *found;
	unsigned int left_out;
};

/* "_exit" and "_Exit" of glibc are one, and that is the first one then. */
static bool is_other_name(const struct answer *a, unsigned int call)
{
	for (unsigned int i = 0; i < call; i++)
		if (a->offsets[i] == a->offsets[call])
			return true;
	return false;
}

/* A probe in the middle of an instruction would do harm: to those only that use a file which lied about itself. */
static void take(void *ctx, unsigned int file, const void *answer)
{
	const struct answer *a = answer;
	struct search *s = ctx;
	const struct libc_file *f = &s->files->of[file];
	struct libc c = { .fd = f->fd };
	bool any = false;

	for (unsigned int i = 0; i < LIBC_CALLS; i++) {
		if (!a->offsets[i] || a->offsets[i] >= f->size || is_other_name(a, i))
			continue;
		c.offsets[i] = a->offsets[i];
		any = true;
	}
	if (any && s->found->nr < LIBCS_MAX)
		s->found->of[s->found->nr++] = c;
	else if (any)
		s->left_out++;
}

void watched_libcs__find(struct watched_libcs *l, const struct libc_files *files)
{
	static const struct libc_question question = {
		.option = "--exit-stack", .size = sizeof(struct answer), .parse = parse, .take = take,
	};
	struct search s = { .files = files, .found = l };

	l->nr = 0;
	if (libc_reader__ask(files, &question, &s))
		log__note("--exit-stack: no C library can be looked into: calls are not seen");
	if (s.left_out)
		log__note("--exit-stack: %u C libraries more than %d: calls of those are not seen", s.left_out,
			  LIBCS_MAX);
}
