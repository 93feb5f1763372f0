/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libc_files.h: the files of C libraries and dynamic linkers, those of containers and in odd places, too. */
#ifndef EXITTRACE_LIBC_FILES_H
#define EXITTRACE_LIBC_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "options.h"
#include "target.h"

#define LIBC_FILES_MAX 128

struct libc_file {
	int fd;
	uint64_t dev, inode, size;
};

/* Those of this machine come first, then those of processes asked for. */
struct libc_files {
	struct libc_file of[LIBC_FILES_MAX];
	unsigned int nr;
	bool full; /* there were more */
};

/* Of this machine, of the processes traced and, when others are traced as well, of all that are there. */
void libc_files__find(struct libc_files *l, const struct options *o, const struct target *targets,
		      unsigned int nr_targets);
/* Those in the usual places below a directory, which is taken for a root directory. */
void libc_files__add_root(struct libc_files *l, const char *path);
void libc_files__close(struct libc_files *l);

#endif
