/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * summary.h: many records as a few numbers: how often each duration was about how
 * long, and which causes, names and reapers came most. The memory is taken once,
 * whatever comes; the clock is that of the stream.
 */
#ifndef EXITTRACE_SUMMARY_H
#define EXITTRACE_SUMMARY_H

#include "record.h"

#define SUMMARY_BUCKETS 65

struct summary_histogram {
	uint64_t count[SUMMARY_BUCKETS]; /* see summary__limit() */
	uint64_t known;	  /* all of count[] */
	uint64_t unknown; /* records without it: could not be observed */
	uint64_t none;	  /* records it does not apply to */
	uint64_t max_ns;
	uint64_t total_ns; /* UINT64_MAX: that or more */
};

#define SUMMARY_KEYS 1024

struct summary_key {
	uint32_t kind; /* of a cause: its class; of a reaper: SUMMARY_NAMED, or enum reap_how if it is not known who */
	char name[ET_COMM_LEN]; /* comm, or the signal after which a cause is named; NUL-padded */
};
#define SUMMARY_NAMED UINT32_MAX

struct summary_entry {
	struct summary_key key;
	unsigned int next; /* of its chain, + 1 */
	uint64_t count;	   /* not less than there were ... */
	uint64_t excess;   /* ... and at most this much more: 0 while every key has a place of its own */
};

/*
 * Metwally's space-saving: while there are more than SUMMARY_KEYS keys, a new one
 * takes the place of the least counted and goes on from its count. So the counts
 * still add up to all, and whoever has more than 1 in SUMMARY_KEYS has a place.
 */
struct summary_top {
	struct summary_entry entries[SUMMARY_KEYS];
	unsigned int heads[2 * SUMMARY_KEYS]; /* chains: index + 1 */
	unsigned int nr;
	bool crowded;	     /* a key had to give its place away: `excess` counts, `nr` is not how many there were */
	unsigned int cursor; /* where the last least counted was */
	uint64_t least;	     /* no entry is below */
};

enum summary_duration {
	SUMMARY_AGE,
	SUMMARY_EXIT,
	SUMMARY_ZOMBIE,
	SUMMARY_PHASES, /* and enum phase */
	SUMMARY_DURATIONS = SUMMARY_PHASES + PHASE_COUNT,
};

enum summary_list {
	SUMMARY_CAUSES,
	SUMMARY_COMMS,
	SUMMARY_REAPERS,
	SUMMARY_LISTS,
};

struct summary {
	uint64_t deaths;	 /* everything below is about these */
	uint64_t zombies, dying; /* interim records */
	struct summary_histogram durations[SUMMARY_DURATIONS];
	struct summary_top tops[SUMMARY_LISTS];
};

struct summary *summary__new(void); /* NULL: no memory */
void summary__free(struct summary *s); /* NULL is fine */
void summary__reset(struct summary *s);
void summary__add(struct summary *s, const struct record *r);

/* The longest duration that bucket i counts; the shortest is 1 ns above that of bucket i - 1. */
uint64_t summary__limit(unsigned int i);
/* No less than the shortest duration that this share of the known ones does not exceed; 0: none is known. */
uint64_t summary__percentile(const struct summary_histogram *h, unsigned int percent);
/* The keys that certainly came most often, most first: at most n. Returns how many. */
unsigned int summary__ranked(const struct summary_top *t, const struct summary_entry **best, unsigned int n);
/* How often the key came at least. */
uint64_t summary__certain(const struct summary_entry *e);

/* ---- summaries of a stream: one for each interval, and one for the whole ---- */

struct summary_span {
	uint64_t from_real_ns, to_real_ns;
	bool whole; /* from the beginning to the end, not an interval */
};

typedef void (*summary_fn)(void *ctx, const struct summary *s, const struct summary_span *span);

struct summaries;
/* interval_ns 0: the whole only. NULL: no memory. */
struct summaries *summaries__new(uint64_t interval_ns, summary_fn fn, void *ctx);
void summaries__free(struct summaries *s); /* NULL is fine */
void summaries__begin(struct summaries *s, uint64_t boot_ns, uint64_t real_ns);
void summaries__add(struct summaries *s, const struct record *r);
/*
 * What time it is, on both clocks: hands out the intervals that are over. Those that passed
 * without a record while nobody told the time are one.
 */
void summaries__clock(struct summaries *s, uint64_t boot_ns, uint64_t real_ns);
uint64_t summaries__next_due(const struct summaries *s); /* CLOCK_BOOTTIME; UINT64_MAX: none */
void summaries__end(struct summaries *s); /* hands out what is left, and the whole */

#endif
