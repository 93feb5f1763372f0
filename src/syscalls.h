/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* syscalls.h: numbers of system calls to their names, which differ from architecture to architecture. */
#ifndef EXITTRACE_SYSCALLS_H
#define EXITTRACE_SYSCALLS_H

#include <stddef.h>
#include <stdint.h>

#define SYSCALL_NAME 32

/* "ptrace"; "": no such call is known. Arch is an AUDIT_ARCH_*, 0: this machine's. Writes to dst and returns it. */
const char *syscalls__name(uint32_t arch, int nr, char dst[SYSCALL_NAME]);

#endif
