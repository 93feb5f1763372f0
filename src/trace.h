/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* trace.h: the three things exittrace does with the kernel or a recording. Each returns an exit status. */
#ifndef EXITTRACE_TRACE_H
#define EXITTRACE_TRACE_H

#include "options.h"

int trace__live(const struct options *o);
int trace__replay(const struct options *o);
int trace__probes(const struct options *o);

struct source;
/* Attached, for somebody else to read. 0, or an exit status after one line on stderr. */
int trace__attach(const struct options *o, struct source **out);

#endif
