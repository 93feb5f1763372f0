/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * check.h: bytes that claim to be a message. After check__event() said 0 every
 * length in the message is inside it and every section can be used as it is.
 */
#ifndef EXITTRACE_CHECK_H
#define EXITTRACE_CHECK_H

#include <stddef.h>

#include "event.h"

/* 0, or -EBADMSG: unknown kind, wrong size, lengths that lead outside. */
int check__event(const void *msg, size_t size);

/* Sections behind a checked et_death. */
const char *death__exe(const struct et_death *d);
const struct et_signals *death__signals(const struct et_death *d); /* NULL: none */

#endif
