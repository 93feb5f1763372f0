/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * plan.c: takes the table of observations and the kernel's answers, gives the door to use
 * for each. Does not load or attach what is really used: that is source.c.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "config.h" /* types the skeleton names */

#include "exittrace.skel.h"
#include "kernel.h"
#include "log.h"
#include "names.h"
#include "plan.h"
#include "privileges.h"

#define PROG(name) offsetof(struct exittrace_bpf, progs.name)

/* 6.16 moved sched_process_exit in front of exit_mm and gave it group_dead. */
static bool exit_tells_all(const struct kernel *k)
{
	return kernel__tracepoint_args(k, "sched_process_exit") >= 2;
}

/*
 * Since 7.0 tracepoints run in a read section of SRCU and can be preempted; then the kernel skips a program that
 * another task is preempted inside of on the same CPU. Programs of perf events still run undisturbed.
 */
static bool tracepoints_are_preempted(const struct kernel *k)
{
	return exit_tells_all(k) && kernel__has_typedef(k, "class_srcu_fast_notrace_t");
}

static bool finds_mappings(const struct kernel *k)
{
	return kernel__has_function(k, "bpf_find_vma");
}

/* 6.6, and there is no taking it at its word: with the first library it shows. */
static bool takes_many(const struct kernel *k)
{
	return kernel__has_function(k, "bpf_uprobe_multi_link_attach");
}

/* How libraries' calls are watched: by files, which are found when all else is settled. */
#define CALLS "exit _exit quick_exit abort"

#define FILES_HOOKS "exit_files filp_close ____fput"
#define STDIO_HOOKS "sched_process_exit sched_prepare_exec sched_process_fork"

const struct observation observations[ET_OBS_COUNT] = {
	[ET_OBS_EXIT] = {
		.what = "a process dies: identity, status, resources",
		.without = "everything",
		.required = true,
		.doors = {
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_exit", .when = tracepoints_are_preempted,
			  .programs = { PROG(exit__perf) }, .tracefs = { "sched/sched_process_exit" },
			  .gives = "all of it; as a perf event, which is never skipped; (7.0)" },
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
			  .programs = { PROG(free__tp), PROG(wait4_exit__tp), PROG(waitid_exit__tp) },
			  .tracefs = { "syscalls/sys_exit_wait4", "syscalls/sys_exit_waitid" },
			  .gives = "with the return of wait4() and waitid(): +15 to +50 ns per system call" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_free", .programs = { PROG(free__tp) },
			  .gives = "that it was released; by whom only where its parent is init" },
		},
	},
	[ET_OBS_SIGNAL] = {
		.what = "who sent which signal",
		.without = "cause.by, cause.timeline, faults told from signals",
		.doors = {
			{ .door = ET_DOOR_TRACEPOINT, .hook = "signal_generate signal_deliver",
			  .programs = { PROG(signal__tp), PROG(deliver__tp) },
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
	[ET_OBS_BEGIN] = {
		.what = "its exit begins, thread by thread",
		.without = "phases.exit_ns of an exit(), phases.delivery_ns",
		.doors = {
			{ .door = ET_DOOR_FENTRY, .hook = "do_exit", .programs = { PROG(begin__fentry) },
			  .gives = "the moment, for every thread" },
			{ .door = ET_DOOR_KPROBE, .hook = "do_exit", .programs = { PROG(begin__kprobe) },
			  .gives = "the moment, for every thread" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_exit", .when = exit_tells_all,
			  .gives = "the moment, but for the first steps of do_exit(); (6.16)" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_exit", .programs = { PROG(begin__tp) },
			  .tracefs = { "syscalls/sys_enter_exit_group" },
			  .gives = "where exit_group() was called; not when the last thread is there" },
		},
	},
	[ET_OBS_MM] = {
		.what = "its memory is given back",
		.without = "phases.mm_ns, phases.mm_freed",
		.doors = {
			{ .door = ET_DOOR_FENTRY, .hook = "acct_process", .programs = { PROG(mm_end__fentry) },
			  .gives = "how long it took, and whether it was freed" },
			{ .door = ET_DOOR_KPROBE, .hook = "acct_process", .programs = { PROG(mm_end__kprobe) },
			  .gives = "how long it took, and whether it was freed" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "exit_mmap", .when = exit_tells_all,
			  .programs = { PROG(mm_end__tp) }, .gives = "how long it took; (6.16)" },
		},
	},
	[ET_OBS_FILES] = {
		.what = "its files are closed, flushed, released",
		.without = "files, phases.files_ns",
		.doors = {
			{ .door = ET_DOOR_FENTRY, .hook = FILES_HOOKS,
			  .programs = { PROG(files_begin__fentry), PROG(close__fentry), PROG(closed__fexit),
					PROG(files_end__fexit), PROG(release__fentry), PROG(released__fexit) },
			  .gives = "each close, each flush that failed, the slowest" },
			{ .door = ET_DOOR_KPROBE, .hook = FILES_HOOKS,
			  .programs = { PROG(files_begin__kprobe), PROG(close__kprobe), PROG(closed__kretprobe),
					PROG(files_end__kretprobe), PROG(release__kprobe),
					PROG(released__kretprobe) },
			  .gives = "each close, each flush that failed, the slowest" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "fuse_request_send fuse_request_end",
			  .programs = { PROG(fuse_send__tp), PROG(fuse_end__tp) },
			  .gives = "errors that FUSE servers answer to a flush, and what the next one gives" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_exit",
			  .gives = "how many are open, and how many of them have a flush; no times, no errors" },
		},
	},
	[ET_OBS_WORK] = {
		.what = "it leaves terminal, namespaces, cgroup; closed files are released",
		.without = "phases.task_work_ns, phases.detach_ns, phases.notify_ns",
		.doors = {
			{ .door = ET_DOOR_FENTRY, .hook = "disassociate_ctty exit_task_namespaces cgroup_exit",
			  .programs = { PROG(tty__fentry), PROG(work_begin__fexit), PROG(work_end__fentry),
					PROG(notify_begin__fexit) },
			  .gives = "how long each took" },
			{ .door = ET_DOOR_FENTRY, .hook = "disassociate_ctty exit_nsproxy_namespaces cgroup_task_exit",
			  .programs = { PROG(tty__fentry), PROG(work_begin__fexit), PROG(work_end__fentry),
					PROG(notify_begin__fexit) },
			  .functions = { NULL, "exit_nsproxy_namespaces", "cgroup_task_exit", "cgroup_task_exit" },
			  .gives = "how long each took; the names of 7.x" },
			{ .door = ET_DOOR_KPROBE, .hook = "disassociate_ctty exit_task_namespaces cgroup_exit",
			  .programs = { PROG(tty__kprobe), PROG(work_begin__kretprobe), PROG(work_end__kprobe),
					PROG(notify_begin__kretprobe) },
			  .gives = "how long each took" },
			{ .door = ET_DOOR_KPROBE, .hook = "disassociate_ctty exit_nsproxy_namespaces cgroup_task_exit",
			  .programs = { PROG(tty__kprobe), PROG(work_begin__kretprobe), PROG(work_end__kprobe),
					PROG(notify_begin__kretprobe) },
			  .functions = { NULL, "exit_nsproxy_namespaces", "cgroup_task_exit", "cgroup_task_exit" },
			  .gives = "how long each took; the names of 7.x" },
		},
	},
	[ET_OBS_COREDUMP] = {
		.what = "a core is dumped, or why not",
		.without = "coredump but for the core bit of the status, phases.coredump_ns",
		.doors = {
			{ .door = ET_DOOR_FENTRY, .hook = "vfs_coredump dump_emit",
			  .programs = { PROG(core__fentry), PROG(cored__fexit), PROG(core_written__fentry) },
			  .functions = { "vfs_coredump", "vfs_coredump", NULL },
			  .gives = "how long it took, where to, what was in the way" },
			{ .door = ET_DOOR_FENTRY, .hook = "do_coredump dump_emit",
			  .programs = { PROG(core__fentry), PROG(cored__fexit), PROG(core_written__fentry) },
			  .gives = "the same; the name before 6.17" },
			{ .door = ET_DOOR_KPROBE, .hook = "vfs_coredump dump_emit",
			  .programs = { PROG(core__kprobe), PROG(cored__kretprobe), PROG(core_written__kprobe) },
			  .functions = { "vfs_coredump", "vfs_coredump", NULL },
			  .gives = "how long it took, where to, what was in the way" },
			{ .door = ET_DOOR_KPROBE, .hook = "do_coredump dump_emit",
			  .programs = { PROG(core__kprobe), PROG(cored__kretprobe), PROG(core_written__kprobe) },
			  .gives = "the same; the name before 6.17" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_exit",
			  .gives = "the limit, from 6.16 on whether it was dumpable" },
		},
	},
	[ET_OBS_CHILDREN] = {
		.what = "its children get another parent",
		.without = "children",
		.doors = {
			{ .door = ET_DOOR_FENTRY, .hook = "kill_orphaned_pgrp", .programs = { PROG(adopted__fentry) },
			  .gives = "how many, and who takes them in" },
			{ .door = ET_DOOR_KPROBE, .hook = "kill_orphaned_pgrp", .programs = { PROG(adopted__kprobe) },
			  .gives = "how many, and who takes them in" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "sched_process_exit",
			  .gives = "how many" },
		},
	},
	[ET_OBS_OOM] = {
		.what = "the OOM killer chooses a process",
		.without = "oom, oom_memcg and oom_global told from other SIGKILLs of the kernel",
		.doors = {
			{ .door = ET_DOOR_FENTRY, .hook = "oom_kill_process",
			  .programs = { PROG(oom__fentry), PROG(oomed__fexit), PROG(victim__tp) },
			  .gives = "for which limit, at whose request" },
			{ .door = ET_DOOR_KPROBE, .hook = "oom_kill_process",
			  .programs = { PROG(oom__kprobe), PROG(oomed__kretprobe), PROG(victim__tp) },
			  .gives = "for which limit, at whose request" },
			{ .door = ET_DOOR_TRACEPOINT,
			  .hook = "mark_victim mm_vmscan_memcg_reclaim_begin mm_vmscan_direct_reclaim_begin",
			  .programs = { PROG(victim__tp), PROG(reclaim_memcg__tp), PROG(reclaim_all__tp) },
			  .gives = "the same, from what was tried before and which cgroup is full" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "mark_victim", .programs = { PROG(victim__tp) },
			  .gives = "that it did, not for which limit" },
		},
	},
	[ET_OBS_SECCOMP] = {
		.what = "seccomp ends a thread for a system call",
		.without = "cause.syscall of strict mode, before 5.17 of every mode",
		.doors = {
			{ .door = ET_DOOR_FENTRY, .hook = "audit_seccomp", .programs = { PROG(refused__fentry) },
			  .gives = "which one" },
			{ .door = ET_DOOR_KPROBE, .hook = "audit_seccomp", .programs = { PROG(refused__kprobe) },
			  .gives = "which one" },
		},
	},
	[ET_OBS_CGROUP_KILL] = {
		.what = "somebody writes to cgroup.kill",
		.without = "cause.cgroup",
		.doors = {
			{ .door = ET_DOOR_FENTRY, .hook = "cgroup_kill_write",
			  .programs = { PROG(cgroup_kill__fentry), PROG(cgroup_killed__fexit) },
			  .gives = "of which cgroup; (5.14)" },
			{ .door = ET_DOOR_KPROBE, .hook = "cgroup_kill_write",
			  .programs = { PROG(cgroup_kill__kprobe), PROG(cgroup_killed__kretprobe) },
			  .gives = "of which cgroup; (5.14)" },
		},
	},
	[ET_OBS_HANGUP] = {
		.what = "a terminal is hung up",
		.without = "cause.tty of those it ends",
		.doors = {
			{ .door = ET_DOOR_FENTRY, .hook = "tty_vhangup",
			  .programs = { PROG(hangup__fentry), PROG(hungup__fexit) }, .gives = "which one" },
			{ .door = ET_DOOR_KPROBE, .hook = "tty_vhangup",
			  .programs = { PROG(hangup__kprobe), PROG(hungup__kretprobe) }, .gives = "which one" },
		},
	},
	[ET_OBS_STDIO] = {
		.what = "what is left in stdio buffers, for --stdio",
		.without = "stdio",
		.doors = {
			{ .door = ET_DOOR_TRACEPOINT, .hook = STDIO_HOOKS, .when = tracepoints_are_preempted,
			  .programs = { PROG(stdio__perf), PROG(exec__perf), PROG(fork__tp) },
			  .tracefs = { "sched/sched_process_exit", "sched/sched_prepare_exec" },
			  .gives = "of each death and exec(); as perf events, which are never skipped; (7.0)" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = STDIO_HOOKS, .when = exit_tells_all,
			  .programs = { PROG(stdio__tp), PROG(exec__tp), PROG(fork__tp) },
			  .gives = "of each death and exec(); where the memory is still there then (6.16)" },
			{ .door = ET_DOOR_FENTRY, .hook = "taskstats_exit exec_mm_release",
			  .programs = { PROG(stdio__fentry), PROG(exec__fentry), PROG(fork__tp) },
			  .gives = "of each death and exec()" },
			{ .door = ET_DOOR_KPROBE, .hook = "taskstats_exit exec_mm_release",
			  .programs = { PROG(stdio__kprobe), PROG(exec__kprobe), PROG(fork__tp) },
			  .gives = "of each death and exec()" },
		},
	},
	[ET_OBS_STACK] = {
		.what = "where it stood, with --exit-stack; and who sent it a signal",
		.without = "exit_stack",
		.doors = {
			{ .door = ET_DOOR_TRACEPOINT, .hook = "signal_generate signal_deliver sched_process_exit",
			  .when = exit_tells_all,
			  .programs = { PROG(sender__tp), PROG(stand__tp), PROG(stood__tp) },
			  .gives = "all of it; where the memory is still there at the exit (6.16)" },
			{ .door = ET_DOOR_FENTRY, .hook = "taskstats_exit",
			  .programs = { PROG(sender__tp), PROG(stand__tp), PROG(stood__fentry) },
			  .gives = "all of it" },
			{ .door = ET_DOOR_KPROBE, .hook = "taskstats_exit",
			  .programs = { PROG(sender__tp), PROG(stand__tp), PROG(stood__kprobe) },
			  .gives = "all of it" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "signal_generate signal_deliver",
			  .programs = { PROG(sender__tp), PROG(stand__tp), PROG(stood__call) },
			  .tracefs = { "syscalls/sys_enter_exit_group" },
			  .gives = "not of threads that end one by one, nor of what seccomp ends" },
			{ .door = ET_DOOR_TRACEPOINT, .hook = "signal_generate signal_deliver",
			  .programs = { PROG(sender__tp), PROG(stand__tp) },
			  .gives = "of signals; not of system calls without a C library" },
		},
	},
	[ET_OBS_LEAVE] = {
		.what = "who called exit() and the like, with --exit-stack",
		.without = "exit_stack.how and exit_stack.by told from system calls",
		.doors = {
			{ .door = ET_DOOR_UPROBE, .hook = CALLS, .when = takes_many,
			  .programs = { PROG(calls__multi) },
			  .gives = "the caller, in each C library that is found; soon attached and detached (6.6)" },
			{ .door = ET_DOOR_UPROBE, .hook = CALLS, .when = finds_mappings,
			  .programs = { PROG(exit__uprobe), PROG(_exit__uprobe), PROG(_Exit__uprobe),
					PROG(quick_exit__uprobe), PROG(abort__uprobe) },
			  .gives = "the caller, in each C library that is found; (5.17)" },
			{ .door = ET_DOOR_UPROBE, .hook = CALLS,
			  .programs = { PROG(exit__uprobe_walk), PROG(_exit__uprobe_walk),
					PROG(_Exit__uprobe_walk), PROG(quick_exit__uprobe_walk),
					PROG(abort__uprobe_walk) },
			  .gives = "the caller, in each C library that is found" },
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

static int try_function(const struct kernel *k, const struct plan_door *d, const char *function)
{
	switch (d->door) {
	case ET_DOOR_FENTRY:
		return kernel__has_function(k, function) ? kernel__try_fentry(k, function) : -ENOENT;
	case ET_DOOR_KPROBE:
		return kernel__has_function(k, function) ? kernel__try_kprobe(k, function) : -ENOENT;
	case ET_DOOR_ITER:
		return kernel__try_iter(k);
	default:
		return kernel__try_tracepoint(k, function);
	}
}

/* Whether the kernel lets us have programs of this kind at all, asked once. */
static int may_open(struct plan *p, const struct kernel *k, enum et_door door, const char *function)
{
	bool *asked = door == ET_DOOR_FENTRY ? &p->fentry_asked : &p->kprobe_asked;
	int *refused = door == ET_DOOR_FENTRY ? &p->fentry_refused : &p->kprobe_refused;

	if (!*asked)
		*refused = door == ET_DOOR_FENTRY ? kernel__may_fentry(k, function) : kernel__may_kprobe();
	*asked = true;
	return *refused;
}

/*
 * Every try takes the kernel tens of ms, and all of them together longer than anything else at start. So it is
 * taken at its word, which BTF is, until all is attached; see plan__refuse().
 */
static int try_quickly(struct plan *p, const struct kernel *k, const struct plan_door *d, const char *function)
{
	if (p->thorough)
		return try_function(k, d, function);
	if (d->door == ET_DOOR_ITER)
		return kernel__has_function(k, "bpf_iter_task") ? 0 : -ENOENT;
	if (d->door == ET_DOOR_TRACEPOINT)
		return kernel__has_tracepoint(k, function) ? 0 : -ENOENT;
	if (!kernel__has_function(k, function))
		return -ENOENT;
	return may_open(p, k, d->door, function);
}

static int try_hook(struct plan *p, const struct kernel *k, const struct plan_door *d)
{
	char names[128], *rest = names, *function;
	int err = 0;

	snprintf(names, sizeof(names), "%s", d->hook);
	while (!err && (function = strsep(&rest, " ")))
		err = try_quickly(p, k, d, function);
	return err;
}

static int try_door(struct plan *p, const struct kernel *k, const struct plan_door *d)
{
	int err;

	if (!tier_allows(p->tier, d->door))
		return -ECANCELED;
	if (d->when && !d->when(k))
		return -ENOENT;
	if (d->door == ET_DOOR_UPROBE)
		return kernel__may_uprobe();
	err = try_hook(p, k, d);
	for (unsigned int i = 0; !err && i < PLAN_PROGRAMS && d->tracefs[i]; i++)
		err = kernel__find_event(d->tracefs[i]);
	return err;
}

/* The first door from `first` on that opens. */
static void settle_one(struct plan *p, const struct kernel *k, enum et_observation obs, unsigned int first)
{
	const struct plan_door *doors = observations[obs].doors;

	p->use[obs] = NULL;
	for (unsigned int i = first; i < PLAN_DOORS && doors[i].hook; i++) {
		p->refused[obs][i] = try_door(p, k, &doors[i]);
		if (p->refused[obs][i])
			continue;
		p->use[obs] = &doors[i];
		return;
	}
}

/* Of the last door: what comes before may not be meant for this kernel. */
static int last_refusal(const struct plan *p, enum et_observation obs)
{
	unsigned int i = 0;

	while (i + 1 < PLAN_DOORS && observations[obs].doors[i + 1].hook)
		i++;
	return p->refused[obs][i];
}

static int check_observation(const struct plan *p, enum et_observation obs)
{
	if (p->use[obs] || (!observations[obs].required && obs != ET_OBS_TREE))
		return 0;
	log__error("this kernel refuses %s (%s), without which there is nothing to tell",
		   observations[obs].doors[0].hook, strerror(-last_refusal(p, obs)));
	return -EOPNOTSUPP;
}

static bool needed(enum et_observation obs, const struct options *o)
{
	if (o->without >> obs & 1)
		return false;
	if (obs == ET_OBS_TREE)
		return o->tree || o->follow || o->mode == MODE_PROBES;
	if (obs == ET_OBS_STDIO)
		return o->stdio || o->mode == MODE_PROBES;
	if (obs == ET_OBS_STACK || obs == ET_OBS_LEAVE)
		return o->exit_stack || o->mode == MODE_PROBES;
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

static int settle_all(struct plan *p, const struct kernel *k, bool complain)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < ET_OBS_COUNT; i++) {
		if (p->off[i])
			continue;
		settle_one(p, k, i, 0);
		if (!complain)
			continue;
		if (observations[i].required && !p->use[i] && last_refusal(p, i) == -EPERM)
			return -EPERM;
		err = check_observation(p, i);
	}
	return err;
}

int plan__settle(struct plan *p, const struct kernel *k, const struct options *o)
{
	int err;

	memset(p, 0, sizeof(*p));
	p->tier = o->tier;
	p->thorough = o->mode == MODE_PROBES;
	p->task_pt_regs = kernel__has_function(k, "bpf_task_pt_regs");
	p->cgroup_kill = kernel__has_function(k, "cgroup_kill_write");
	p->read_by_load = kernel__has_function(k, "bpf_rdonly_cast");
	for (unsigned int i = 0; i < ET_OBS_COUNT; i++)
		p->off[i] = !needed(i, o);
	err = settle_all(p, k, o->mode != MODE_PROBES);
	return err ? err : check_tier(p, o->tier);
}

static bool needs_program(const struct plan_door *d, size_t program)
{
	for (unsigned int i = 0; i < PLAN_PROGRAMS && d->programs[i]; i++)
		if (d->programs[i] == program)
			return true;
	return false;
}

int plan__refuse(struct plan *p, const struct kernel *k, size_t program, int err)
{
	int ret = 0;

	if (!p->thorough) {
		p->thorough = true;
		ret = settle_all(p, k, true);
	}
	for (unsigned int i = 0; !ret && i < ET_OBS_COUNT; i++) {
		if (!p->use[i] || !needs_program(p->use[i], program))
			continue;
		p->refused[i][p->use[i] - observations[i].doors] = err;
		settle_one(p, k, i, p->use[i] - observations[i].doors + 1);
		ret = check_observation(p, i);
	}
	return ret;
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

uint64_t plan__needs(const struct plan *p, const struct kernel *k)
{
	uint64_t needs = PRIVILEGE(CAP_BPF) | PRIVILEGE(CAP_PERFMON) | kernel__maps_need(k);

	for (unsigned int i = 0; i < ET_OBS_COUNT; i++) {
		const struct plan_door *d = p->use[i];

		if (d && (d->tracefs[0] || d->door == ET_DOOR_KPROBE))
			needs |= kernel__perf_needs();
		if (d && d->tracefs[0])
			needs |= kernel__events_need();
	}
	if (needs & PRIVILEGE(CAP_SYS_ADMIN)) /* does for both */
		needs &= ~(PRIVILEGE(CAP_BPF) | PRIVILEGE(CAP_PERFMON));
	return needs;
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
		bool tried = !p->off[obs] && (!use || d <= use);

		printf("  %s ", d == use ? "->" : "  ");
		print_hook(d);
		if (d != use)
			printf("  (%s)", tried ? why_not(p->refused[obs][i]) : "spare");
		printf("\n                 %s\n", d->gives);
	}
	if (!use)
		printf(p->off[obs] ? "  -> not asked for\n" : "  -> none: it is missing here\n");
}

void plan__print(const struct plan *p)
{
	printf("\ntier: %s   (-> the door in use)\n\n", names__door(plan__tier(p)));
	for (unsigned int i = 0; i < ET_OBS_COUNT; i++)
		print_observation(p, i);
}
