/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* ring_fill.h: how much waits in the ring buffer, from its mapped positions: libbpf tells that only from 1.3 on. */
#ifndef EXITTRACE_RING_FILL_H
#define EXITTRACE_RING_FILL_H

#include <stdint.h>

struct ring_fill {
	const unsigned long *consumer, *producer; /* positions that only grow; NULL: not mapped */
	uint64_t most, before, since_ns;	  /* the most since then, and in the span before it */
};

int ring_fill__open(struct ring_fill *f, int ring_fd); /* 0 or negative errno */
void ring_fill__close(struct ring_fill *f);	       /* of a zeroed struct too */
void ring_fill__look(struct ring_fill *f);	       /* before what waits is read */
/* Bytes that waited at once, the most in the last 30 to 60 seconds. `now_ns`: CLOCK_BOOTTIME. */
uint64_t ring_fill__most(struct ring_fill *f, uint64_t now_ns);

#endif
