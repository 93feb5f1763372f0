/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* coredump.h: was a core dumped, where to, and why not. */
#ifndef EXITTRACE_COREDUMP_H
#define EXITTRACE_COREDUMP_H

#include "record.h"

/* Fills r->coredump from r->death, r->files and the pattern set before; notes what is missing. */
void coredump__conclude(struct record *r);
/* Whether the default action of a signal is to dump core. */
bool coredump__is_core_signal(int signo);

#endif
