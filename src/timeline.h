/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* timeline.h: whose word a signal is, which one killed, and which stop signals came before. */
#ifndef EXITTRACE_TIMELINE_H
#define EXITTRACE_TIMELINE_H

#include "record.h"

/* si_code of <asm-generic/siginfo.h>, where libc's names depend on feature macros */
enum {
	CODE_USER = 0,
	CODE_SECCOMP = 1, /* SYS_SECCOMP */
	CODE_EXITED = 1, /* CLD_EXITED, and CLD_DUMPED */
	CODE_DUMPED = 3,
	CODE_POLL_IN = 1,
	CODE_POLL_HUP = 6,
	CODE_KERNEL = 0x80,
	CODE_TIMER = -2,
	CODE_MESGQ = -3,
	CODE_ASYNCIO = -4,
	CODE_SIGIO = -5,
	CODE_TKILL = -6,
};

/* `by` is the one that wanted it, and no bystander. */
bool timeline__sender_known(const struct et_signal *s);
/* The kernel's own decision, no process asked for it. */
bool timeline__is_kernel_own(const struct et_signal *s);
/* The signal that `signo` of the wait status came from; NULL: none that was seen. */
const struct et_signal *timeline__find_killer(const struct record *r, int signo);
/* Fills r->cause.stops; r->cause.signal is known by then. */
void timeline__build(struct record *r);
/* The latest stop that had this result (NULL: any) and was this signal (0: any). */
const struct stop *timeline__last(const struct record *r, const char *result, int signo);

#endif
