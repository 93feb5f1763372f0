/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * queue.h: frames on their way to the recorder. They stay until it has said that they are on its disk: what a recorder
 * had in hand that was killed is sent again to the next one. Bounded; whoever fills it does not wait.
 */
#ifndef EXITTRACE_QUEUE_H
#define EXITTRACE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct queue;

/* `first`, the frame that begins each session, is copied. NULL: no memory. */
struct queue *queue__new(size_t max_bytes, uint64_t session, const struct feed_frame *first);
void queue__free(struct queue *q); /* NULL is fine */

/* Fills in session and seq. False: there is no room. A `small` one has some of its own. */
bool queue__put(struct queue *q, const struct feed_frame *f, bool small);
void queue__reply(struct queue *q, const struct reply *r);
/* As many as go without waiting, from those that were not sent yet. 0, or negative errno: the other end is gone. */
int queue__send(struct queue *q, int fd);
bool queue__is_empty(const struct queue *q);
size_t queue__bytes(const struct queue *q); /* of what is not stored yet */
uint64_t queue__session(const struct queue *q);

#endif
