/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* loop.h: waits for messages, signals, time and the ends of processes, until it is over. */
#ifndef EXITTRACE_LOOP_H
#define EXITTRACE_LOOP_H

#include "session.h"
#include "source.h"

struct loop {
	const struct options *options;
	struct session *session;
	struct source *source;
	struct command *command; /* NULL: none */
	int epoll_fd, signal_fd, timer_fd;
	bool stop;
	unsigned int signals;	    /* asked to end, times */
	bool more;		    /* messages were left in the ring */
	unsigned int idle;	    /* looks in a row that found nothing */
	uint64_t exits_due_ns;	    /* when exits under way are looked at again */
	uint64_t paths_missed;	    /* of cgroups, as last seen */
	uint64_t paths_due_ns;	    /* when the kernel half may be asked for them again */
	uint64_t over_ns;	    /* all targets are gone since then; 0: not yet */
	struct et_counters counters; /* as last passed on */
	int also_fd; /* woken for it, too; 0: none */
	void (*each)(void *ctx); /* called at each look, at least once a second; NULL: none */
	void *each_ctx;
};

/* Blocks the signals the loop wants to read; before anything is started, so none is missed. */
int loop__block_signals(void);
bool loop__asked_to_stop(unsigned int ms); /* a blocked signal that ends us came, or comes within ms: it is taken */
void loop__restore_signals(void); /* in a child, before exec: as they were given to us */
int loop__open(struct loop *l);	  /* what it waits for; 0 or negative errno after one line on stderr */
int loop__run(struct loop *l);	  /* closes it again; 0 or negative errno after one line on stderr */

#endif
