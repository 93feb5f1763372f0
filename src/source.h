/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * source.h: the kernel half, loaded and attached, as a stream of messages. Once
 * source__attach() returned, nothing here needs /proc or the bpf() system call.
 */
#ifndef EXITTRACE_SOURCE_H
#define EXITTRACE_SOURCE_H

#include "options.h"
#include "plan.h"
#include "target.h"

struct kernel;
struct libc_files;
struct source;
struct watched_libcs;

typedef int (*message_fn)(void *ctx, const void *msg, size_t size);

struct source_filter { /* what the command line asks, in the kernel's terms */
	const struct target *targets; /* -p and the command */
	unsigned int nr_targets;
	bool targets_only; /* more may come: source__add_target() */
	struct target_cgroup cgroup; /* id 0: none */
	const struct libc_files *libc_files; /* whose streams are known; NULL: none */
	const struct watched_libcs *watched; /* whose calls are watched; NULL: none */
};

/*
 * In steps, each 0 or negative errno after one line on stderr. `k` is not needed after the first, and its memory is
 * better given back before the second. Targets are pinned before, snapshots taken after attaching.
 */
int source__new(const struct plan *p, const struct kernel *k, const struct options *o, const struct source_filter *f,
		struct source **out);
int source__load(struct source *s, const struct source_filter *f); /* what the plan says */
/* -EAGAIN: the kernel refused *program (an offset as in the plan) with *why; try without. */
int source__attach(struct source *s, size_t *program, int *why);
int source__add_target(struct source *s, const struct target *t);
/*
 * What is there already: descendants, which the kernel half is told of; and a list of zombies, which is read by the
 * other one, when there are no privileges any more. 0, or negative errno after one line on stderr: they stay untold.
 */
int source__open_snapshot(struct source *s);
int source__snapshot(struct source *s, message_fn fn, void *ctx);
void source__start(const struct source *s, struct et_start *start);
int source__fd(const struct source *s); /* the ring buffer: becomes readable when the kernel half wakes us */

/*
 * Messages, or negative errno. At most SOURCE_READ_MAX: there may be more then, and whoever waits for source__fd() is
 * not told of these. A storm may be faster than we are, and then there always are.
 */
int source__read(struct source *s, message_fn fn, void *ctx);
#define SOURCE_READ_MAX 1024

/* Messages about exits that have lasted for --dying-after. */
void source__look_at_exits(struct source *s, uint64_t now_ns, message_fn fn, void *ctx);
/* Paths of cgroups that were told are told again, when there is a next death in them. */
void source__tell_paths_again(struct source *s);
struct et_counters source__counters(const struct source *s);

/* How full it is what the kernel half has room in. */
struct source_fill {
	uint64_t ring_bytes;	/* ring buffer: the most that waited at once, in the last 30 to 60 seconds */
	uint64_t signals;	/* processes of which a signal is remembered */
	uint64_t dying;		/* processes whose exit is under way */
	bool dying_known;	/* not with --dying-after 0 */
};

struct source_fill source__fill(struct source *s, uint64_t now_ns); /* CLOCK_BOOTTIME */
void source__detach(struct source *s); /* no more messages; what is in the ring can still be read */
/* In a process forked after attaching: what is attached is its parent's. */
void source__leave_attached(struct source *s);
void source__free(struct source *s);   /* NULL is fine */

#endif
