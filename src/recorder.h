/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* recorder.h: the process that writes the history, and can do nothing else. */
#ifndef EXITTRACE_RECORDER_H
#define EXITTRACE_RECORDER_H

#include "feed.h"
#include "metering.h"
#include "store.h"

#define RECORDER_REFUSES 78 /* exit status: it would do no good to start it again */

struct recorder_how {
	struct store_how store;
	int fd;	    /* SOCK_SEQPACKET, to the tracer */
	int dir_fd; /* of store.dir */
	bool shut_in;
	struct metering_how metering;
	struct feed_shared *shared;
	uint64_t journal; /* the deaths that are written there, as in journal.h; 0: none */
	const struct et_start *start;
};

/* Until SIGTERM, or until the other end is gone. SIGHUP: opens the file anew. Gives the exit status. */
int recorder__run(const struct recorder_how *how);

#endif
