/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * kept.h: what messages of their own say about a death: paths of cgroups, command lines, files,
 * the OOM killer's choice. They come before it, or race with it. Bounded: the oldest is forgotten.
 */
#ifndef EXITTRACE_KEPT_H
#define EXITTRACE_KEPT_H

#include "cache.h"
#include "record.h"

struct keeper;
struct noted_files;

/* Of one death, what few have. NULL: there is none, or it has not come. */
struct kept_more {
	struct cache_entry *args;
	struct cache_entry *killer_cgroup, *killer_args; /* of who sent the fatal signal */
	struct cache_entry *killed_cgroup;		  /* whose cgroup.kill was written */
	struct cache_entry *oom, *oom_cgroup;		  /* a struct et_oom, and whose limit was hit */
	struct cache_entry *stacks[ET_STACK_KINDS];	  /* struct et_stack */
	struct noted_files *files;
	struct kept_words *words;
};

/* Of one death. There may be many that wait to be reaped: most keep a cgroup and nothing else. */
struct kept {
	struct cache_entry *cgroup;
	struct kept_more *more; /* NULL: nothing */
};

/* `max` of each; 0, or too many: the default. `max_tail` bytes of a stream; 0: none. */
struct keeper *keeper__new(unsigned int max, unsigned int max_tail);
void keeper__free(struct keeper *k); /* after everything was let go; NULL is fine */

/* Checked messages. 0, or -ENOMEM: not kept. */
int keeper__add_cgroup(struct keeper *k, const struct et_cgroup *m);
int keeper__add_args(struct keeper *k, const struct et_args *m);
int keeper__add_oom(struct keeper *k, const struct et_oom *m);
int keeper__add_stack(struct keeper *k, const struct et_stack *m);
int keeper__add_file(struct keeper *k, const struct et_file *m);
int keeper__add_stdio(struct keeper *k, const struct et_stdio *m);

/* Adds to `kept` what has come since the last time; it stays until it is let go. */
void keeper__gather(struct keeper *k, const struct et_death *d, struct kept *kept);
/* Paths of cgroups that were told of once and are not there, so often. */
uint64_t keeper__paths_missed(const struct keeper *k);
void keeper__let_go(struct keeper *k, struct kept *kept);
/* Into a record, which then holds as long as `kept` does. */
void kept__tell(const struct kept *kept, struct record *r);


#endif
