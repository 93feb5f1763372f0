/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libc_elf.h: a C library's file, as numbers that its streams and its functions are found by in a process. */
#ifndef EXITTRACE_LIBC_ELF_H
#define EXITTRACE_LIBC_ELF_H

#include <stddef.h>

#include "config.h"

struct libc_build {
	struct et_libc_key key; /* but `nth` */
	struct et_libc libc;
};

/*
 * Of a file whose bytes may be anything. 0; -ENOENT: it is none of the C libraries, and dynamic linkers, we know;
 * -EBADMSG: no library of this machine at all.
 */
int libc_elf__parse(const void *bytes, size_t size, struct libc_build *out);

/*
 * Where in the file functions begin that its dynamic symbols name, 0 for those that it has not. Of libraries of 32
 * bits, too. The bytes may be the first of the file only: what is loaded comes first.
 */
void libc_elf__functions(const void *bytes, size_t size, const char *const *names, unsigned int nr, __u64 *offsets);

#endif
