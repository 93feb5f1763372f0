/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* names.h: numbers of the kernel to the names people know, and back. Tables only. */
#ifndef EXITTRACE_NAMES_H
#define EXITTRACE_NAMES_H

#include <stddef.h>

#include "record.h"

/* "SIGTERM", "SIGRTMIN+3"; writes to dst and returns it. 1..64, kernel numbering with glibc's SIGRTMIN = 34. */
const char *names__signal(int signo, char dst[16]);
int names__signal_number(const char *name); /* TERM, SIGTERM, 15, SIGRTMIN+3, RTMAX-1: 1..64 or -EINVAL */
const char *names__sicode(int signo, int code); /* "SEGV_MAPERR", "SI_TKILL", NULL: unknown */
const char *names__class(enum cause_class c);
int names__class_number(const char *name); /* enum cause_class or -EINVAL */
const char *names__how(enum reap_how how);
const char *names__leave(enum leave_how how); /* "exit", "return" */
const char *names__runtime(enum container_runtime r);
const char *names__phase(enum phase p); /* "mm", "task_work" */
const char *names__now(enum et_phase p); /* of an exit under way: "mm", "exit" */
const char *names__core_reason(enum core_reason r); /* "limit" */
const char *names__core_target(enum et_core_target t); /* "file", "pipe", "socket" */
/* What makes it adopt orphans: "init", "pid_namespace_init", "subreaper"; NULL: nothing that was seen. */
const char *names__role(const struct et_peer *p);
/* "pts3" is what the kernel calls the file /dev/pts/3: "pts/3". Writes to dst and returns it. */
const char *names__tty(const char tty[ET_TTY_LEN], char dst[RECORD_TTY]);
/* How a thread ended: "killed" alone, by "exec" of another, by "group_exit", or by its own "exit". */
const char *names__ended_by(const struct et_thread *t);
/* "ENOSPC", or "errno 999"; writes to dst and returns it. */
const char *names__errno(int error, char dst[RECORD_ERRNO_NAME]);
const char *names__why(enum missing_why w); /* a short clause in words */
const char *names__observation(enum et_observation o);
const char *names__door(enum et_door d);

#endif
