/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* watched_libcs.h: the C libraries whose exit() and the like are watched (--exit-stack). */
#ifndef EXITTRACE_WATCHED_LIBCS_H
#define EXITTRACE_WATCHED_LIBCS_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "target.h"

#define LIBCS_MAX 64
#define LIBC_CALLS 6

/* What is watched in a file: which function, and where in the file it begins. */
struct libc_call {
	uint64_t offset;
	uint32_t name; /* of watched_libcs__name(), counted from 1; 0: no more */
	uint32_t pad;
};

struct libc {
	int fd;
	uint64_t dev, inode, size;
	struct libc_call calls[LIBC_CALLS];
};

struct watched_libcs {
	struct libc of[LIBCS_MAX];
	unsigned int nr;
	bool full; /* there were more */
};

/* Those of this system, of the processes traced and, when all are, of every root directory that a process has. */
void watched_libcs__find(struct watched_libcs *l, const struct options *o, const struct target *targets,
			 unsigned int nr_targets);
void watched_libcs__close(struct watched_libcs *l);
/* "exit"; NULL: no such number. */
const char *watched_libcs__name(uint32_t name);

#endif
