/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* stack.h: how a process left, by whom, and where it stood (--exit-stack). */
#ifndef EXITTRACE_STACK_H
#define EXITTRACE_STACK_H

#include "record.h"

/*
 * Gives frames their module, symbol and source, as far as they are known; what it gives holds until the next call.
 * From outside: the rest here is pure.
 */
typedef void (*name_frames_fn)(void *ctx, struct frame *frames, unsigned int n);

struct frame_namer {
	name_frames_fn name; /* NULL: nobody knows names */
	void *ctx;
};

/* Room for the frames of one record. */
struct stack_room;

struct stack_room *stack_room__new(void);
void stack_room__free(struct stack_room *room); /* NULL is fine */

/* After the cause was concluded. Fills r->stack from r->stacks; notes what is missing. */
void stack__conclude(struct record *r, struct stack_room *room, const struct frame_namer *namer);

/* Does exit() return to where main() returned to: its result, as it was, is what exit() was called with? */
bool stack__is_main_return(const struct et_stack *call);
/* What these messages (NULL: none) say of an end with this wait status. */
enum leave_how stack__how(const struct et_stack *const stacks[ET_STACK_KINDS], int status);

#endif
