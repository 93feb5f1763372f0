/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * metrics.h: sums of deaths for Prometheus, in its text format. Only what the history has is in them: what was taken
 * counts once it is said to be kept, so that a death which comes again counts once.
 */
#ifndef EXITTRACE_METRICS_H
#define EXITTRACE_METRICS_H

#include "frame.h"
#include "source.h"

#define METRICS_COMMS 100 /* of --metrics-label comm */
#define METRICS_COMMS_MAX 1000
#define METRICS_OTHER "other" /* all the others */
#define METRICS_CONTENT "text/plain; version=0.0.4; charset=utf-8"

struct metrics;

/* What others know, at this moment. */
struct metrics_now {
	uint64_t start_ns, heard_ns; /* real time; 0: not known */
	uint64_t taken, filtered, waiting, oldest_ns;
	uint64_t queue_bytes, queue_limit, history_bytes;
	struct source_fill fill;
	bool writable;
	struct et_counters lost;
};

/* `comms`: how many names of processes have series of their own; 0: names are no label. NULL: no memory. */
struct metrics *metrics__new(unsigned int comms);
void metrics__free(struct metrics *m); /* NULL is fine */
/* `added`: it is a death that the history did not have. */
void metrics__take(struct metrics *m, const struct feed_frame *checked, bool added);
void metrics__keep(struct metrics *m);	 /* what was taken is on the disk */
void metrics__forget(struct metrics *m); /* it is not, and comes again */
void metrics__put(const struct metrics *m, const struct metrics_now *now, struct buf *b);
void metrics__list(void); /* to stdout: name, type, labels, source, what it is */

#endif
