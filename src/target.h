/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* target.h: the processes asked for by number, pinned; and the command we start. */
#ifndef EXITTRACE_TARGET_H
#define EXITTRACE_TARGET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "relay.h"

/* A process that cannot be mistaken for another one while `pidfd` is open. */
struct target {
	pid_t pid;
	int pidfd;	      /* readable once it is a zombie; -1 after target__close */
	uint64_t start_ticks; /* start_boottime in USER_HZ ticks, in the initial time namespace */
	int recorded;	      /* its death record has been made */
};

/* 0, or -EXDEV after one line on stderr: processes cannot be asked for by number from this pid namespace. */
int target__namespace(void);

/*
 * 0, or negative errno after one clear line on stderr: -ESRCH no such process,
 * -EINVAL a thread id (the line names its process), or a kernel thread.
 */
int target__pin(struct target *t, pid_t pid);
void target__close(struct target *t);
int target__gone(const struct target *t); /* true once it has been reaped */

struct target_cgroup {
	uint64_t id; /* in its hierarchy */
	bool v1;     /* the one that limits memory, or without that the number of processes; else that of v2 */
};

/*
 * -c: a cgroup directory, or a path as in /proc/PID/cgroup. `memory`: whether the kernel has that controller.
 * 0, or -ENOENT after one line on stderr.
 */
int target__cgroup(const char *path, bool memory, struct target_cgroup *c);

/* A child that waits before exec until released, so that probes see all of its life after exec. */
struct command {
	pid_t pid;
	int go_fd;   /* command__release() writes here */
	int fail_fd; /* carries errno when exec failed */
	int status;  /* wait status, once reaped */
	int reaped;
	struct relay relay; /* sends our signals once we may not; none: we may */
};

/* 0 or negative errno; the child waits. before_exec runs in the child. */
int command__start(struct command *c, char **argv, void (*before_exec)(void));
/* Lets it exec. 0, or negative errno of exec (ENOENT, EACCES: the child is gone then). */
int command__release(struct command *c);
/* For when we have no privileges any more. 0, or negative errno after one line on stderr. */
int command__relay(struct command *c, const struct privileges *p);
int command__signal(struct command *c, int sig); /* 0 or negative errno */
int command__reap(struct command *c); /* waitpid without hanging: 1 reaped, 0 still there */
int command__exit_status(const struct command *c); /* what a shell would say: code or 128+n */
void command__kill(struct command *c); /* when tracing could not begin */
void command__close(struct command *c); /* it may go on */

#endif
