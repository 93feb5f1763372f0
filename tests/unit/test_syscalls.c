/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Numbers of system calls to names, one architecture at a time. */
#include "syscalls.h"

#include <sys/syscall.h>

#include "unit.h"

#define X86_64 0xc000003e
#define I386 0x40000003
#define AARCH64 0xc00000b7

static const char *name(uint32_t arch, int nr)
{
	static char words[SYSCALL_NAME];

	return syscalls__name(arch, nr, words);
}

static void numbers_differ(void)
{
	CHECK_STR(name(X86_64, 101), "ptrace");
	CHECK_STR(name(I386, 26), "ptrace");
	CHECK_STR(name(AARCH64, 117), "ptrace");
	CHECK_STR(name(X86_64, 0), "read");
	CHECK_STR(name(X86_64, 0x40000000 | 1), "write"); /* x32 */
	CHECK_STR(name(0, SYS_getpid), "getpid");
	CHECK_STR(name(0, SYS_exit_group), "exit_group");
}

static void no_such_call(void)
{
	CHECK_STR(name(X86_64, 7777), "");
	CHECK_STR(name(X86_64, -1), "");
	CHECK_STR(name(X86_64, INT32_MIN), "");
	CHECK_STR(name(0x12345678, 1), "");
	CHECK_STR(name(1, 1), "");
}

int main(void)
{
	UNIT(numbers_differ);
	UNIT(no_such_call);
	return unit__end();
}
