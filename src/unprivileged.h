/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* unprivileged.h: processes of ours that look into files of others, and so may do nothing else. */
#ifndef EXITTRACE_UNPRIVILEGED_H
#define EXITTRACE_UNPRIVILEGED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct unprivileged {
	int keep;	 /* its way to its parent */
	const int *also; /* what it looks into: descriptors, nr_also of them */
	size_t nr_also;
	/* It may read and write what is open, and end, and nothing else; for 5 s of processor time. */
	bool strict;
};

/*
 * Forks. The child has `keep`, those of `also`, stderr if it is not strict, and no other descriptors, no privileges,
 * and little of everything; it runs fn(keep, ctx) and exits, and dies with its parent. The child's pid or negative
 * errno.
 */
pid_t unprivileged__fork(const struct unprivileged *u, void (*fn)(int fd, void *ctx), void *ctx);

#endif
