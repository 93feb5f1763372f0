/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* uapi.bpf.h: numbers of the system call interface that are not in BTF. Same on x86-64 and arm64. */
#ifndef EXITTRACE_UAPI_BPF_H
#define EXITTRACE_UAPI_BPF_H

#define NULL ((void *)0)

#define E2BIG 7

#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGSEGV 11
#define SIGTERM 15
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGWINCH 28
#define SIGSYS 31

#define P_PID 1
#define WNOWAIT 0x01000000
#define SIGINFO_PID_OFFSET 16 /* siginfo_t.si_pid of a 64-bit process */

#endif
