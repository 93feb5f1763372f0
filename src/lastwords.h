/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * lastwords.h: what processes left in the buffers of their stdio streams: kept until their DEATH message comes, which
 * after an exec() may be long, and concluded. Bounded: the oldest process is forgotten.
 */
#ifndef EXITTRACE_LASTWORDS_H
#define EXITTRACE_LASTWORDS_H

#include "record.h"

struct lastwords;  /* of many processes */
struct kept_words; /* of one */

/* max_tail: bytes of each stream's end to keep; 0: none, whatever the messages hold. */
struct lastwords *lastwords__new(unsigned int max_processes, size_t max_bytes, unsigned int max_tail);
void lastwords__free(struct lastwords *w); /* after all was given back that was taken; NULL is fine */
/* A checked message. -ENOMEM: not kept. */
int lastwords__add(struct lastwords *w, const struct et_stdio *m);
/* Takes what was kept of a process out; NULL: nothing was. */
struct kept_words *lastwords__take(struct lastwords *w, const struct et_id *id);
void lastwords__free_taken(struct lastwords *w, struct kept_words *k); /* NULL is fine */

/* Fills r->stdio from r->words and the death, and notes what is missing. Valid as long as r->words is. */
void lastwords__conclude(struct record *r);

#endif
