/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* snapshot.h: /proc, read at start only, for what was alive before. */
#ifndef EXITTRACE_SNAPSHOT_H
#define EXITTRACE_SNAPSHOT_H

#include <stdint.h>
#include <sys/types.h>

struct proc_stat {
	pid_t pid, ppid;
	unsigned int flags; /* PF_ of the kernel's sched.h */
	uint64_t start_ticks; /* in the initial time namespace */
};

/* /proc/PID/stat. 0 or negative errno: -ESRCH when there is no such process. */
int snapshot__stat(pid_t pid, struct proc_stat *st);

/* Calls fn for every living descendant of root, in no particular order; stops at a non-zero answer. */
int snapshot__descendants(pid_t root, int (*fn)(void *ctx, uint32_t tgid, uint64_t ticks), void *ctx);

#endif
