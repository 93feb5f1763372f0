/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * cause.h: facts in, verdict out. Pure: the same facts give the same class, on
 * every kernel and in every replay.
 */
#ifndef EXITTRACE_CAUSE_H
#define EXITTRACE_CAUSE_H

#include "record.h"

/* Fills r->cause from r->death and r->signals, and says in r->missing what could not be known. */
void cause__conclude(struct record *r);

#endif
