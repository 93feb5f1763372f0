/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * plan.h: what to observe and through which door, settled before anything is loaded:
 * one program that the kernel refuses would fail all the others.
 */
#ifndef EXITTRACE_PLAN_H
#define EXITTRACE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "options.h"

#define PLAN_DOORS 5
#define PLAN_PROGRAMS 6

struct kernel;

/* One way to make an observation. */
struct plan_door {
	enum et_door door;
	const char *hook;	/* kernel functions, or a tracepoint; blanks between */
	const char *gives;	/* what one gets through this door */
	bool (*when)(const struct kernel *k); /* more than that the hook can be attached; NULL: no */
	size_t programs[PLAN_PROGRAMS]; /* offsets in struct exittrace_bpf, 0: no more */
	const char *functions[PLAN_PROGRAMS]; /* what each is attached to; NULL: what its section says */
	const char *tracefs[PLAN_PROGRAMS]; /* system call events that are needed, NULL: no more */
};

struct observation {
	const char *what;    /* for people */
	const char *without; /* what is missing without it */
	bool required;
	struct plan_door doors[PLAN_DOORS];
};

struct plan {
	enum tier tier; /* asked for */
	bool thorough;	/* every hook is tried for real: --probes promises it, and plan__refuse() needs it */
	bool fentry_asked, kprobe_asked;
	int fentry_refused, kprobe_refused; /* of programs of that kind; 0: not */
	bool task_pt_regs; /* the helper of that name is there */
	bool cgroup_kill;  /* cgroups have a cgroup.kill */
	bool read_by_load; /* bpf_rdonly_cast() is there, see bpf/read.bpf.h */
	const struct plan_door *use[ET_OBS_COUNT]; /* NULL: not observed */
	bool off[ET_OBS_COUNT];		   /* not needed for what was asked */
	int refused[ET_OBS_COUNT][PLAN_DOORS]; /* negative errno per door; -ECANCELED: not allowed by --tier */
};

extern const struct observation observations[ET_OBS_COUNT];

/*
 * 0; -EPERM: the kernel lets us do nothing; -EOPNOTSUPP: a required observation or the tier asked
 * for is not to be had, said on stderr.
 */
int plan__settle(struct plan *p, const struct kernel *k, const struct options *o);
/*
 * When all is attached in earnest one program may still be refused, for the kernel was taken at its word: then every
 * hook is tried for real, and the program is not used. 0; -EOPNOTSUPP: nothing can be told without, said on stderr.
 */
int plan__refuse(struct plan *p, const struct kernel *k, size_t program, int err);
enum et_door plan__door(const struct plan *p, enum et_observation obs);
enum et_door plan__tier(const struct plan *p); /* the highest door in use */
uint64_t plan__needs(const struct plan *p, const struct kernel *k); /* capabilities, a bit each */
void plan__print(const struct plan *p);	 /* to stdout */

#endif
