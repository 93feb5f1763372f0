/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the number of a system call and its architecture, gives its name as libseccomp
 * knows it. Does not ask the kernel.
 */
#include "syscalls.h"

#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>

#define X32_BIT 0x40000000

/* The kernel calls x32 an x86-64 too, and tells them apart by a bit of the number. */
static uint32_t arch_token(uint32_t arch, int nr)
{
	if (!arch)
		arch = seccomp_arch_native();
	return arch == SCMP_ARCH_X86_64 && nr >= 0 && nr & X32_BIT ? SCMP_ARCH_X32 : arch;
}

const char *syscalls__name(uint32_t arch, int nr, char dst[SYSCALL_NAME])
{
	/* Negative numbers are libseccomp's own, for calls that an architecture does not have. */
	char *name = nr < 0 ? NULL : seccomp_syscall_resolve_num_arch(arch_token(arch, nr), nr);

	snprintf(dst, SYSCALL_NAME, "%s", name ? name : "");
	free(name);
	return dst;
}
