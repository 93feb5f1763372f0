/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * waiting.h: the dead that nobody has reaped yet, in order of arrival; found by
 * identity, or by the number they have in a pid namespace. Bounded in number and in memory:
 * when there are many, their messages are kept packed.
 */
#ifndef EXITTRACE_WAITING_H
#define EXITTRACE_WAITING_H

#include <stdbool.h>
#include <stdint.h>

#include "event.h"
#include "kept.h"

struct waiting;

struct waiting_number {
	struct waiting_number *chain;
	uint32_t nr, level;
};

struct waiting_death {
	struct waiting_death *chain; /* next in its bucket, or next spare */
	struct waiting_death *older, *newer;
	struct et_id id;
	uint64_t since_ns;  /* a zombie since then, or its message is here; set by who took the death in */
	struct kept kept;   /* is let go by who took the death in */
	uint16_t size;	    /* of the message */
	uint16_t memory;    /* of all of this */
	uint8_t size_class; /* of those that are used again; SIZE_EXACT: its message is packed */
	uint8_t like;	    /* ... by this one of the messages kept to compare with */
	uint8_t nr_numbers;
	bool told;	    /* an interim record was made, or none is to be */
	struct waiting_number numbers[]; /* and behind them the message */
};

struct waiting *waiting__new(unsigned int max, size_t max_bytes);
void waiting__free(struct waiting *w); /* of an empty table; NULL is fine */
unsigned int waiting__count(const struct waiting *w);
size_t waiting__bytes(const struct waiting *w); /* memory in use */

/* A copy of a checked message at the young end. NULL: no memory, or full. */
struct waiting_death *waiting__add(struct waiting *w, const struct et_death *d);
/* Valid until the next call, or until it is removed. */
const struct et_death *waiting__message(struct waiting *w, const struct waiting_death *n);
struct waiting_death *waiting__find(struct waiting *w, const struct et_id *id);
struct waiting_death *waiting__oldest(struct waiting *w);
/* Those that are `nr` at this namespace depth, youngest first. `after` NULL: the first. */
struct waiting_death *waiting__numbered(struct waiting *w, uint32_t level, uint32_t nr,
					struct waiting_death *after);
void waiting__remove(struct waiting *w, struct waiting_death *n); /* its memory is used again */

/* The oldest without an interim record. */
struct waiting_death *waiting__untold(struct waiting *w);
void waiting__tell(struct waiting *w, struct waiting_death *n);

#endif
