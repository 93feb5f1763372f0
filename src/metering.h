/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* metering.h: the recorder's part in metrics: what it counts, and who is told of it. Without any, all does nothing. */
#ifndef EXITTRACE_METERING_H
#define EXITTRACE_METERING_H

#include "feed.h"
#include "sandbox.h"
#include "store.h"

struct metering_how {
	const char *file; /* NULL: none */
	int file_dir;	  /* its directory */
	int listen_fd;	  /* -1: none */
	unsigned int comms;
	uint64_t start_ns, queue_limit;
	const struct feed_shared *shared;
};

struct metering;

/* What it takes to answer requests, besides what a recorder may do anyway. */
extern const struct sandbox_call metering_calls[];

/* 0, with NULL when nothing is asked for; or negative errno, after one line on stderr. Before the sandbox. */
int metering__new(const struct metering_how *how, struct metering **out);
/* Writes the file for the last time; NULL is fine, here and below. */
void metering__free(struct metering *m, const struct store *s);
void metering__take(struct metering *m, const struct feed_frame *f, const struct store *s); /* after store__put() */
void metering__keep(struct metering *m);
void metering__forget(struct metering *m);
int metering__fd(const struct metering *m); /* to wait for; -1: none */
/* A look, at least once a second. `s`: NULL while there is none. */
void metering__each(struct metering *m, const struct store *s, bool writable);

#endif
