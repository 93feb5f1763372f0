/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* phases.h: what took the time on the way out. */
#ifndef EXITTRACE_PHASES_H
#define EXITTRACE_PHASES_H

#include "record.h"

/*
 * Fills r->phases from the marks of r->death and, for the beginning, r->signals. Notes what is
 * missing. The parts never overlap and add up to exit_ns exactly.
 */
void phases__conclude(struct record *r);
/* The same of a RECORD_DYING: how long it has taken so far, and where it is. */
void phases__conclude_dying(struct record *r, const struct et_exit *e);

#endif
