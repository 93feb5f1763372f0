/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* watched_libcs.h: the C libraries whose exit() and the like are watched (--exit-stack). */
#ifndef EXITTRACE_WATCHED_LIBCS_H
#define EXITTRACE_WATCHED_LIBCS_H

#include <stdint.h>

#include "event.h"
#include "libc_files.h"

#define LIBCS_MAX 64
#define LIBC_CALLS 5

struct libc {
	int fd; /* of the libc_files */
	/* Where in the file each function begins, by watched_libcs__name(); 0: it has none, or has it twice. */
	uint64_t offsets[LIBC_CALLS];
};

struct watched_libcs {
	struct libc of[LIBCS_MAX];
	unsigned int nr;
};

/* Those among the files that have such a function. */
void watched_libcs__find(struct watched_libcs *l, const struct libc_files *files);
/* "exit", of the n-th, below LIBC_CALLS; and which call that is. */
const char *watched_libcs__name(unsigned int n);
enum et_stack_call watched_libcs__call(unsigned int n);

#endif
