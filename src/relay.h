/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * relay.h: a process whose only business is to send signals to one other, for a tracer that may not
 * send any. It is made before the tracer gives up its privileges, keeps CAP_KILL of them, and can do
 * nothing else.
 */
#ifndef EXITTRACE_RELAY_H
#define EXITTRACE_RELAY_H

#include <sys/types.h>

#include "privileges.h"

struct relay {
	pid_t pid; /* 0: none */
	int fd;
};

/* 0 once it is shut in, or negative errno after one line on stderr. `pid` is a child of ours, not reaped. */
int relay__start(struct relay *r, pid_t pid, const struct privileges *p);
int relay__send(const struct relay *r, int sig); /* 0, or negative errno: it is gone */
void relay__end(struct relay *r); /* none is fine */

#endif
