/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * assembler.h: events in, records out. No clock, no I/O, no libbpf: time comes
 * with ET_CLOCK messages, so a recorded stream replays to the same records.
 */
#ifndef EXITTRACE_ASSEMBLER_H
#define EXITTRACE_ASSEMBLER_H

#include "stack.h"

struct assembler;

struct assembler_options {
	uint64_t zombie_after_ns; /* 0: no interim records */
	unsigned int max_waiting; /* dead, not reaped; 0: the default */
	unsigned int max_kept;    /* cgroup paths, and so on, of each kind; 0: the default */
	unsigned int max_tail;	  /* bytes of what was lost in a stream to show; 0: none */
	struct frame_namer namer; /* of frames; without, they have no names */
};

/* What the assembler itself had to give up; part of `bye`. */
struct assembler_totals {
	uint64_t deaths;   /* DEATH messages taken */
	uint64_t before;   /* of these, zombies that were there before us */
	uint64_t records;  /* death records handed out */
	uint64_t zombies;  /* interim records handed out, of the dead */
	uint64_t dying;	   /* ... and of those whose exit takes its time */
	uint64_t threads;  /* records of threads handed out */
	uint64_t warnings; /* ... and of threads that were killed alone */
	uint64_t rejected; /* messages that were not well formed */
	uint64_t early;	   /* handed out before the reap was known, for want of room */
	uint64_t waiting;  /* now dead and not reaped */
	uint64_t waiting_since_ns; /* ... the first of them since then (CLOCK_BOOTTIME); 0: there is none */
};

typedef void (*record_fn)(void *ctx, const struct record *r);

struct assembler *assembler__new(const struct assembler_options *o, record_fn fn, void *ctx);
void assembler__free(struct assembler *a); /* NULL is fine */

/* One message; wrong ones are counted, never believed. Returns 0 or -EBADMSG. */
int assembler__feed(struct assembler *a, const void *msg, size_t size);

const struct et_start *assembler__start(const struct assembler *a); /* NULL before ET_START */
struct et_counters assembler__counters(const struct assembler *a);  /* of the last ET_LOSS */
struct assembler_totals assembler__totals(const struct assembler *a);
/* How often the path of a cgroup was not there any more that the kernel half had told of. */
uint64_t assembler__paths_missed(const struct assembler *a);
/* Nanoseconds of CLOCK_BOOTTIME at which the next interim record is due, UINT64_MAX: none. */
uint64_t assembler__next_due(const struct assembler *a);

#endif
