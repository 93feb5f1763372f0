/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* feed.h: the tracer's end of the way to the recorder: records in, frames out, and a count of what had no room. */
#ifndef EXITTRACE_FEED_H
#define EXITTRACE_FEED_H

#include "journal.h"
#include "queue.h"
#include "session.h"
#include "source.h"
#include "store.h"

/*
 * Shared with the supervisor and with the next tracer: what is known of deaths when one is killed. Written by one
 * process at a time.
 */
struct feed_shared {
	uint64_t taken;	   /* deaths that the tracers took from the kernel half, zombies that were there included */
	uint64_t filtered; /* of these, not asked for */
	uint64_t before;   /* zombies that were there */
	uint64_t heard_ns; /* real time of the last sign of life */
	struct et_counters told; /* losses that were told */
	uint64_t tracer_beat_ns, recorder_beat_ns; /* CLOCK_BOOTTIME of the last sign of life */
	/* how the tracer stood then, for the metrics */
	uint64_t waiting, waiting_since_ns, queue_bytes;
	struct source_fill fill;
	struct journal_told journal;
	struct store_clock clock; /* the recorder's */
};

struct feed;

struct feed_how {
	int fd; /* a SOCK_SEQPACKET socket; borrowed */
	size_t max_bytes;
	const struct et_start *start;
	struct feed_shared *shared;
	bool successor; /* of a tracer that was killed */
};

extern const struct output_ops output_feed_ops;

struct feed *feed__new(const struct feed_how *how); /* NULL: no memory */
void feed__free(struct feed *f);		    /* NULL is fine */
struct session_sink feed__sink(struct feed *f);
void feed__watch(struct feed *f, const struct session *s); /* whose totals it tells */
void feed__each(void *feed); /* a look: sends, hears, tells how it stands */
void feed__end(struct feed *f);	/* tells it for the last time */
bool feed__settled(struct feed *f); /* all is on the recorder's disk */
uint64_t feed__lost(const struct feed *f);

#endif
