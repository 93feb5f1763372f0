/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * exits.h: the kernel half's table of exits under way, mapped. An exit that hangs sends no message, so
 * the table is looked at; that needs no bpf() call.
 */
#ifndef EXITTRACE_EXITS_H
#define EXITTRACE_EXITS_H

#include <stdint.h>

#include "source.h"

struct exits {
	const struct et_exit *table; /* ET_MAX_EXITS slots, NULL: not mapped */
	uint64_t *told;		     /* per slot: begin_ns of the exit that was told */
};

int exits__open(struct exits *x, int map_fd); /* 0 or negative errno */
void exits__close(struct exits *x);	      /* of a zeroed struct too */
/* An ET_DYING message for each exit that began `after_ns` ago or earlier, once. `now_ns`: CLOCK_BOOTTIME. */
void exits__look(struct exits *x, uint64_t now_ns, uint64_t after_ns, message_fn fn, void *ctx);

unsigned int exits__nr(const struct exits *x); /* exits under way */

#endif
