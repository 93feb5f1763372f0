/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* uapi.bpf.h: numbers of the system call interface that are not in BTF. Same on x86-64 and arm64, but where said. */
#ifndef EXITTRACE_UAPI_BPF_H
#define EXITTRACE_UAPI_BPF_H

#define NULL ((void *)0)

#define E2BIG 7
#define EEXIST 17
#define ENOSYS 38

#define SIGHUP 1
#define SIGINT 2
#define SIGQUIT 3
#define SIGILL 4
#define SIGTRAP 5
#define SIGABRT 6
#define SIGBUS 7
#define SIGFPE 8
#define SIGKILL 9
#define SIGSEGV 11
#define SIGTERM 15
#define SIGALRM 14
#define SIGCHLD 17
#define SIGCONT 18
#define SIGSTOP 19
#define SIGTSTP 20
#define SIGTTIN 21
#define SIGTTOU 22
#define SIGURG 23
#define SIGXCPU 24
#define SIGXFSZ 25
#define SIGVTALRM 26
#define SIGPROF 27
#define SIGWINCH 28
#define SIGSYS 31
#define SIGRTMIN 32

#define RLIMIT_CPU 0
#define RLIMIT_CORE 4
#define RLIMIT_RTTIME 15

#define SI_USER 0
#define SI_MESGQ (-3)
#define SYS_SECCOMP 1 /* si_code of SIGSYS */
#define CLD_EXITED 1  /* si_code of SIGCHLD, as up to ... */
#define CLD_DUMPED 3  /* ... there: it is dead */

#define S_IFMT 0170000
#define S_IFIFO 0010000
#define S_IFSOCK 0140000

#define P_PID 1
#define WNOWAIT 0x01000000
#define SIGINFO_PID_OFFSET 16 /* siginfo_t.si_pid of a 64-bit process */

#define BPF_F_USER_BUILD_ID (1ULL << 11)

#define PT_NOTE 4
#define NT_GNU_BUILD_ID 3

#define FUSE_FLUSH 25 /* opcode */

#if defined(__TARGET_ARCH_x86)
#define AUDIT_ARCH_I386 0x40000003
#define AUDIT_ARCH_X86_64 0xc000003e
#define TS_COMPAT 2 /* in thread_info.status */
#define NR_WRITE 1
#define NR_PWRITE64 18
#define NR_WRITEV 20
#define NR_PTRACE 101
#define NR_RT_SIGQUEUEINFO 129
#define NR_RT_TGSIGQUEUEINFO 297
#define NR_EXIT_GROUP 231
#define USER32_CS 0x23
#else
#define AUDIT_ARCH_ARM 0x40000028
#define AUDIT_ARCH_AARCH64 0xc00000b7
#define TIF_32BIT (1UL << 22) /* in thread_info.flags */
#define NR_WRITE 64
#define NR_PWRITE64 68
#define NR_WRITEV 66
#define NR_PTRACE 117
#define NR_RT_SIGQUEUEINFO 138
#define NR_RT_TGSIGQUEUEINFO 240
#define NR_EXIT_GROUP 94
#define PSR_MODE32_BIT 0x10
#endif

#define NR_PIDFD_SEND_SIGNAL 424 /* the same everywhere, as all since */
#define PIDFD_SIGNAL_PROCESS_GROUP 4
#define NR_RT_SIGQUEUEINFO_32 178 /* of 32-bit programs; of others one that sends nothing */

/* The bit of a signal in a set. */
#define BIT(sig) (1ULL << ((sig) - 1))

#endif
