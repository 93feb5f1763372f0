/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* unprivileged.h: processes of ours that look into files of others, and so may do nothing else. */
#ifndef EXITTRACE_UNPRIVILEGED_H
#define EXITTRACE_UNPRIVILEGED_H

#include <stddef.h>
#include <sys/types.h>

/*
 * Forks. The child has `keep`, the nr_also descriptors of `also`, stderr and no others, no privileges, and little of
 * everything; it runs fn(keep, ctx) and exits, and dies with its parent. The child's pid or negative errno.
 */
pid_t unprivileged__fork(int keep, void (*fn)(int fd, void *ctx), void *ctx, const int *also, size_t nr_also);

#endif
