/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * journal.h: deaths as entries of systemd's journal, from the recorder. Never waits for journald: what it does not take
 * in time is counted, and told once it takes something again.
 */
#ifndef EXITTRACE_JOURNAL_H
#define EXITTRACE_JOURNAL_H

#include "frame.h"
#include "output.h"

/* Which deaths: a bit for each enum cause_class (of CAUSE_EXIT: with another code than 0), and these. */
#define JOURNAL_EXIT_0 (1ULL << CAUSE_COUNT)
#define JOURNAL_ZOMBIES (1ULL << (CAUSE_COUNT + 1)) /* not reaped, whatever the cause */
#define JOURNAL_FAILED ((1ULL << CAUSE_COUNT) - 1)
#define JOURNAL_KILLED (JOURNAL_FAILED & ~(1ULL << CAUSE_EXIT))
#define JOURNAL_ALL (JOURNAL_FAILED | JOURNAL_EXIT_0 | JOURNAL_ZOMBIES)

/* Shared with the next recorder: each death is told once, whoever tells it. */
struct journal_told {
	uint64_t session, seq; /* the last frame that was looked at */
	uint64_t written, unwritten; /* entries: journald has them, or never will */
	uint64_t unwritten_told;
	uint64_t waiting; /* in the memory of the present recorder */
};

struct journal;

/* While it can still be reached: 0, or negative errno: there is no journal. */
int journal__try(void); /* says on stderr what is missing */
int journal__connect(void); /* the same: a socket, or negative errno */
struct journal_how {
	uint64_t which;
	int fd; /* of journal__connect(), be it an error; closed by journal__close() */
	const struct et_start *start;
	struct journal_told *told;
};
struct journal *journal__open(const struct journal_how *how); /* NULL: no memory */
void journal__take(struct journal *j, const struct feed_frame *checked); /* NULL is fine, here and below */
int journal__fd(const struct journal *j); /* to be waited for until it can be written; -1: nothing waits */
void journal__send(struct journal *j);
void journal__close(struct journal *j); /* waits for a moment */

/* ---- its entries: output_journal.c ---- */

extern const struct output_ops output_journal_ops; /* one at a time: to be flushed after each record */
void output_journal__lost(struct buf *b, const struct frame_lost *l);
void output_journal__unwritten(struct buf *b, uint64_t entries);

#endif
