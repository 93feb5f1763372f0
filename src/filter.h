/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * filter.h: which records are printed. What the kernel half filters while tracing
 * is checked here again, because a replayed stream holds everything.
 */
#ifndef EXITTRACE_FILTER_H
#define EXITTRACE_FILTER_H

#include "options.h"

bool filter__match(const struct options *o, const struct record *r);

#endif
