/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* libcs.h: the C libraries of this machine, and of its containers as far as processes run in them. */
#ifndef EXITTRACE_LIBCS_H
#define EXITTRACE_LIBCS_H

#include "libc_elf.h"

/* At most ET_MAX_LIBCS builds, none twice; `nth` tells those apart that differ in the fingerprint only. How many. */
int libcs__find(struct libc_build *builds);

#endif
