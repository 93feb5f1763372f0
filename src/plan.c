/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * plan.c: takes the table of observations and the kernel's answers, gives the door to use
 * for each. Does not load or attach what is really used: that is source.c.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "config.h" /* types the skeleton names */

#include "exittrace.skel.h"
#include "kernel.h"
#include "log.h"
#include "names.h"
#include "plan.h"

#define PROG(name) offsetof(struct exittrace_bpf, progs.name)

/* 6.16 moved sched_process_exit in front of exit_mm and gave it group_dead. */
static bool exit_tells_all(const struct kernel *k)
{
	return kernel__tracepoint_args(k, "sched_process_exit") >= 2;
}

const struct observation observations[ET_OBS_COUNT] = {
	[ET_OBS_EXIT] = {
		.what = "a process dies: identity, status, resources",
		.without = "everything",
		.required = true,
		.doors = {
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_exit", .programs = { PROG(exit__tp) },
			  .gives = "all of it, on every kernel" },
		},
	},
	[ET_OBS_EXE] = {
		.what = "path of its executable, argv with -A",
		.without = "process.executable, process.args",
		.doors = {
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_exit", .when = exit_tells_all,
			  .gives = "both; where the memory is still there then (6.16)" },
			{ .door = ET_DOOR_FENTRY, .hook = "taskstats_exit", .programs = { PROG(last__fentry) },
			  .gives = "both" },
			{ .door = ET_DOOR_KPROBE, .hook = "taskstats_exit", .programs = { PROG(last__kprobe) },
			  .gives = "both" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "exit_mmap", .programs = { PROG(exe__tp) },
			  .gives = "no argv; no path while another process holds the memory" },
		},
	},
	[ET_OBS_LAST] = {
		.what = "which thread is the last",
		.without = "the order of threads that end at the same instant",
		.doors = {
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_exit", .when = exit_tells_all,
			  .gives = "the kernel's own word; where it is passed along (6.16)" },
			{ .door = ET_DOOR_FENTRY, .hook = "taskstats_exit", .programs = { PROG(last__fentry) },
			  .gives = "the kernel's own word" },
			{ .door = ET_DOOR_KPROBE, .hook = "taskstats_exit", .programs = { PROG(last__kprobe) },
			  .gives = "the kernel's own word" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_exit",
			  .gives = "of threads racing to be last, the first one seen counts" },
		},
	},
	[ET_OBS_NOTIFY] = {
		.what = "it is a zombie, its parent is told",
		.without = "reap.zombie_ns, exact resources",
		.doors = {
			{ .door = ET_DOOR_FENTRY, .hook = "do_notify_parent", .programs = { PROG(notify__fentry) },
			  .gives = "the moment, for every process" },
			{ .door = ET_DOOR_KPROBE, .hook = "do_notify_parent", .programs = { PROG(notify__kprobe) },
			  .gives = "the moment, for every process" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "signal_generate",
			  .gives = "by the signal to the parent; not seen where none is sent" },
		},
	},
	[ET_OBS_REAP] = {
		.what = "who released the zombie, and when",
		.without = "reap",
		.doors = {
			{ .door = ET_DOOR_FENTRY, .hook = "release_task",
			  .programs = { PROG(reap__fentry), PROG(free__tp) },
			  .gives = "the thread that reaped, and the moment" },
			{ .door = ET_DOOR_KPROBE, .hook = "release_task",
			  .programs = { PROG(reap__kprobe), PROG(free__tp) },
			  .gives = "the thread that reaped, and the moment" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_free",
			  .programs = { PROG(free__tp), PROG(wait4_exit__tp), PROG(waitid_enter__tp),
					PROG(waitid_exit__tp) },
			  .tracefs = { "sys_exit_wait4", "sys_enter_waitid", "sys_exit_waitid" },
			  .gives = "with the return of wait4() and waitid(): +20 ns per system call" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_free", .programs = { PROG(free__tp) },
			  .gives = "that it was released; by whom only where its parent is init" },
		},
	},
	[ET_OBS_SIGNAL] = {
		.what = "who sent which signal",
		.without = "cause.by, cause.timeline, faults told from signals",
		.doors = {
			{ .door = ET_DOOR_TRACEPOINT, .hook = "signal_generate", .programs = { PROG(signal__tp) },
			  .gives = "all of it, on every kernel" },
		},
	},
	[ET_OBS_TREE] = {
		.what = "forks, for --tree and --follow",
		.without = "--tree and --follow",
		.doors = {
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_fork", .programs = { PROG(tree__tp) },
			  .gives = "every child, before it runs" },
		},
	},
	[ET_OBS_SNAPSHOT] = {
		.what = "zombies that were there before",
		.without = "their interim records",
		.doors = {
			{ .door = ET_DOOR_ITER, .hook = "task", .programs = { PROG(zombies__iter) },
			  .gives = "each of them, once, when tracing begins" },
		},
	},
};

static bool tier_allows(enum tier tier, enum et_door door)
{
	if (tier == TIER_FENTRY)
		return door != ET_DOOR_KPROBE;
	if (tier == TIER_KPROBE)
		return door != ET_DOOR_FENTRY;
	return tier == TIER_AUTO || (door != ET_DOOR_FENTRY && door != ET_DOOR_KPROBE);
}

static int try_hook(const struct kernel *k, const struct plan_door *d)
{
	switch (d->door) {
	case ET_DOOR_FENTRY:
		return kernel__try_fentry(k, d->hook);
	case ET_DOOR_KPROBE:
		return kernel__try_kprobe(k, d->hook);
	case ET_DOOR_ITER:
		return kernel__try_iter(k);
	default:
		return kernel__try_tracepoint(k, d->hook);
	}
}

static int try_door(const struct kernel *k, const struct plan_door *d, enum tier tier)
{
	int err;

	if (!tier_allows(tier, d->door))
		return -ECANCELED;
	if (d->when && !d->when(k))
		return -ENOENT;
	err = try_hook(k, d);
	for (unsigned int i = 0; !err && i < PLAN_PROGRAMS && d->tracefs[i]; i++)
		err = kernel__find_syscall(d->tracefs[i]);
	return err;
}

static void settle_one(struct plan *p, const struct kernel *k, enum et_observation obs, enum tier tier)
{
	const struct plan_door *doors = observations[obs].doors;

	for (unsigned int i = 0; i < PLAN_DOORS && doors[i].hook; i++) {
		p->refused[obs][i] = try_door(k, &doors[i], tier);
		if (p->refused[obs][i])
			continue;
		p->use[obs] = &doors[i];
		return;
	}
}

static bool needed(enum et_observation obs, const struct options *o)
{
	if (obs == ET_OBS_TREE)
		return o->tree || o->follow || o->mode == MODE_PROBES;
	return true;
}

static int check_tier(const struct plan *p, enum tier tier)
{
	enum et_door want = tier == TIER_FENTRY ? ET_DOOR_FENTRY : ET_DOOR_KPROBE;

	if (tier == TIER_AUTO || tier == TIER_TRACEPOINT)
		return 0;
	for (unsigned int i = 0; i < ET_OBS_COUNT; i++)
		if (p->use[i] && p->use[i]->door == want)
			return 0;
	log__error("this kernel refuses %s programs; run without --tier, or see exittrace --probes", names__door(want));
	return -EOPNOTSUPP;
}

int plan__settle(struct plan *p, const struct kernel *k, const struct options *o)
{
	memset(p, 0, sizeof(*p));
	for (unsigned int i = 0; i < ET_OBS_COUNT; i++) {
		if (!needed(i, o)) {
			p->off[i] = true;
			continue;
		}
		settle_one(p, k, i, o->tier);
		if (p->use[i] || o->mode == MODE_PROBES)
			continue;
		if (observations[i].required && p->refused[i][0] == -EPERM)
			return -EPERM;
		if (observations[i].required || i == ET_OBS_TREE) {
			log__error("this kernel refuses %s (%s), without which there is nothing to tell",
				   observations[i].doors[0].hook, strerror(-p->refused[i][0]));
			return -EOPNOTSUPP;
		}
	}
	return check_tier(p, o->tier);
}

enum et_door plan__door(const struct plan *p, enum et_observation obs)
{
	if (p->off[obs])
		return ET_DOOR_OFF;
	return p->use[obs] ? p->use[obs]->door : ET_DOOR_NONE;
}

enum et_door plan__tier(const struct plan *p)
{
	enum et_door best = ET_DOOR_TRACEPOINT;

	for (unsigned int i = 0; i < ET_OBS_COUNT; i++) {
		enum et_door door = plan__door(p, i);

		if (door == ET_DOOR_FENTRY || (door == ET_DOOR_KPROBE && best == ET_DOOR_TRACEPOINT))
			best = door;
	}
	return best;
}

static const char *why_not(int err)
{
	switch (-err) {
	case ECANCELED:
		return "not tried: --tier";
	case ENOENT:
	case ESRCH:
		return "not in this kernel";
	case ENODEV:
		return "no tracefs";
	default:
		return strerror(-err);
	}
}

static void print_hook(const struct plan_door *d)
{
	printf("%-10s  %s", names__door(d->door), d->hook);
	for (unsigned int i = 0; i < PLAN_PROGRAMS && d->tracefs[i]; i++)
		printf(" %s", d->tracefs[i]);
}

static void print_observation(const struct plan *p, enum et_observation obs)
{
	const struct observation *o = &observations[obs];
	const struct plan_door *use = p->use[obs];

	printf("%-9s %s\n          without it, missing: %s\n", names__observation(obs), o->what, o->without);
	for (unsigned int i = 0; i < PLAN_DOORS && o->doors[i].hook; i++) {
		const struct plan_door *d = &o->doors[i];
		bool tried = !use || d <= use;

		printf("  %s ", d == use ? "->" : "  ");
		print_hook(d);
		if (d != use)
			printf("  (%s)", tried ? why_not(p->refused[obs][i]) : "spare");
		printf("\n                 %s\n", d->gives);
	}
	if (!use)
		printf("  -> none: it is missing here\n");
}

void plan__print(const struct plan *p)
{
	printf("tier: %s   (-> the door in use)\n\n", names__door(plan__tier(p)));
	for (unsigned int i = 0; i < ET_OBS_COUNT; i++)
		print_observation(p, i);
}
