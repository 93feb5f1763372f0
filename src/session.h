/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * session.h: one stream of messages on its way through assembler, filters and output;
 * the same for live tracing and for --replay.
 */
#ifndef EXITTRACE_SESSION_H
#define EXITTRACE_SESSION_H

#include "assembler.h"
#include "options.h"
#include "output.h"
#include "stream.h"
#include "summary.h"
#include "target.h"

struct symbols;

struct session {
	const struct options *options;
	struct assembler *assembler;
	struct output *output;
	struct summaries *summaries; /* -S: what records go to instead of the output. NULL: no */
	struct symbols *symbols; /* who knows names of functions; NULL: nobody. Freed by session__close() */
	struct stream_writer *recorder; /* --record, NULL: none */
	int recorder_error;
	struct et_counters told; /* loss already told in the stream */
	uint64_t records, filtered; /* death records printed or summed up, and not */
	uint64_t others[RECORD_WARNING + 1]; /* other records printed or summed up, by type */
	struct target *targets; /* pinned processes, to know when all are done */
	unsigned int nr_targets;
	unsigned int targets_seen; /* death records of theirs */
	pid_t unborn; /* forked by us: the streams that its exec() ends are ours; 0: none, or it has called that */
	uint64_t *taken; /* NULL, or where to count deaths as they are taken, for who outlives us */
	uint64_t taken_before; /* ... by others */
	bool ended;
};

/* Where the output goes that has no file descriptor of its own. */
struct session_sink {
	const struct output_ops *ops;
	void (*put)(void *ctx, const char *data, size_t len);
	void *ctx;
};

/*
 * 0 or negative errno after one line on stderr. `fd` is borrowed; `symbols`, NULL or not, is not any more.
 * `sink`: NULL, or instead of `fd`.
 */
int session__open_with(struct session *s, const struct options *o, int fd, struct symbols *symbols,
		       const struct session_sink *sink);
int session__open(struct session *s, const struct options *o, int fd, struct symbols *symbols);
/* One message: recorded, assembled, printed. The type is stream.h's and source.h's callback. */
int session__message(void *session, const void *msg, size_t size);
void session__clock(struct session *s);			      /* what time it is */
void session__counters(struct session *s, struct et_counters now); /* tells new losses */
void session__end(struct session *s);			      /* lets go what waits, prints totals */
bool session__full(const struct session *s);		      /* --count reached */
/* CLOCK_BOOTTIME at which session__clock() should be called next, if nothing else happens; UINT64_MAX: need not. */
uint64_t session__next_tick(const struct session *s);
int session__lost(const struct session *s);		      /* something was lost */
/* Flushes and closes; the first error of output or recorder, said on stderr. 0: all is written. */
int session__close(struct session *s);

#endif
