/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libcs.h: the C libraries whose streams are known (--stdio). */
#ifndef EXITTRACE_LIBCS_H
#define EXITTRACE_LIBCS_H

#include "libc_elf.h"
#include "libc_files.h"

/*
 * At most ET_MAX_LIBCS builds, none twice; `nth` tells those apart that differ in the fingerprint only. How many, or
 * negative errno.
 */
int libcs__find(const struct libc_files *files, struct libc_build *builds);

#endif
