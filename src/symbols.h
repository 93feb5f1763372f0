/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* symbols.h: names of functions, asked of a process without privileges. */
#ifndef EXITTRACE_SYMBOLS_H
#define EXITTRACE_SYMBOLS_H

#include "record.h"

struct symbols;

/*
 * Starts that process; before anything is held that it should not have. NULL: there are no names then. All names of a
 * record are waited for this long.
 */
struct symbols *symbols__new(unsigned int patience_ms);
void symbols__free(struct symbols *s); /* ends it; NULL is fine */
/* A name_frames_fn (stack.h). Does not wait at all for one that has let us wait in vain. */
void symbols__name(void *symbols, struct frame *frames, unsigned int n);

#define SYMBOLS_MS 200		/* while everything dies the ring buffer fills meanwhile */
#define SYMBOLS_FEW_MS 2000	/* of a few processes */
#define SYMBOLS_REPLAY_MS 10000 /* nothing waits */

/* What that process does: answers requests that come by `fd` until there are no more. (symbolizer.c) */
void symbolizer__run(int fd, void *unused);

#endif
