/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * sandbox.h: what a process of ours may still ask the kernel for, which is what it needs and nothing else. No way back,
 * and it needs no privileges, so they are better given up before (privileges.h).
 */
#ifndef EXITTRACE_SANDBOX_H
#define EXITTRACE_SANDBOX_H

#include <stdbool.h>

#include <seccomp.h>

struct sandbox_call {
	int nr; /* SANDBOX_END ends a list */
	unsigned int nr_args; /* conditions, which must all hold */
	struct scmp_arg_cmp args[2];
};
#define SANDBOX_END __NR_SCMP_ERROR
#define SANDBOX_LISTS 4

struct sandbox {
	bool signals; /* may send signals to processes outside, if their owner allows it */
	const struct sandbox_call *calls[SANDBOX_LISTS]; /* NULL: no more lists */
	bool has_dir;
	int dir; /* the one directory whose files may be opened, made and removed */
	bool has_outbox;
	int outbox; /* another one, where files may be made, written and renamed */
};

/* Lists to make one of. */
extern const struct sandbox_call sandbox_memory[];  /* malloc(), clocks, the end */
extern const struct sandbox_call sandbox_streams[]; /* what is open: read, write, wait, close */
extern const struct sandbox_call sandbox_watch[];   /* targets, the command, perf events */

extern const struct sandbox sandbox_tracer, sandbox_replay;

/*
 * No file, no address, no process can be reached any more, but through what is open; and no system call made that is
 * not listed. Such a call is not carried out, is told on stderr once, and fails with ENOSYS.
 * 0, or negative errno after one line on stderr: then the process must not go on.
 */
int sandbox__enter(const struct sandbox *box);
bool sandbox__has_landlock(void); /* whether this kernel does the first half of it */
/* False where a sanitizer is built in, which needs files, threads and ptrace when the process ends. */
bool sandbox__is_possible(void);

#endif
