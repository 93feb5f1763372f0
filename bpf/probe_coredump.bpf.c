/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A core is dumped, or not, before the threads exit: how long it takes, where to, and what
 * could have been in the way.
 *
 * Hooks: do_coredump, since 6.17 vfs_coredump. Whether it was dumped in the end is in the wait status. That
 * dump_emit is called means: the target was open. (elf_core_dump would be called once, but there are two of
 * that name.)
 */

#define CORE_SIGNALS (BIT(SIGQUIT) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGABRT) | BIT(SIGBUS) | BIT(SIGFPE) | \
		      BIT(SIGSEGV) | BIT(SIGXCPU) | BIT(SIGXFSZ) | BIT(SIGSYS))

/* What do_coredump() asks first. */
static __always_inline void fill_core(struct et_death *d, struct task_struct *task, struct mm_struct *mm)
{
	if (!(d->seen & ET_SEEN_CORE))
		d->core.limit = READ(task, signal, rlim[RLIMIT_CORE].rlim_cur);
	d->seen |= ET_SEEN_CORE;
	if (!mm || d->core.flags & ET_CORE_DUMPABLE_KNOWN)
		return;
	d->core.dumpable = task_dumpable(task, mm);
	d->core.flags |= ET_CORE_DUMPABLE_KNOWN;
}

static __always_inline int on_coredump(void)
{
	struct task_struct *task = current_task(), *leader = READ(task, group_leader);
	struct et_id id = leader_id(leader);
	struct dying *e;

	if (!wanted(leader, id))
		return 0;
	e = dying_entry(&id);
	if (!e || e->d.core.flags & ET_CORE_TRIED)
		return 0;
	e->core_tid = READ(task, pid);
	fill_core(&e->d, task, READ(task, mm));
	e->d.core.flags |= ET_CORE_TRIED;
	e->d.marks.core_begin_ns = bpf_ktime_get_boot_ns();
	slot_begin(&id, leader, ET_PHASE_COREDUMP, NULL, e->d.marks.core_begin_ns);
	slot_phase(&id, ET_PHASE_COREDUMP, e->d.marks.core_begin_ns);
	return 0;
}

/* Of several threads that fault at once the first one dumps, the others are refused. */
static __always_inline int on_coredumped(void)
{
	struct task_struct *task = current_task();
	struct et_id id = leader_id(READ(task, group_leader));
	struct dying *e = find_dying(&id);

	if (!e || e->core_tid != (__u32)READ(task, pid))
		return 0;
	e->d.marks.core_end_ns = bpf_ktime_get_boot_ns();
	slot_phase(&id, ET_PHASE_DELIVERY, e->d.marks.core_end_ns);
	return 0;
}

static __always_inline __u32 core_target(struct inode *inode)
{
	switch (BPF_CORE_READ(inode, i_mode) & S_IFMT) {
	case S_IFIFO:
		return ET_CORE_PIPE;
	case S_IFSOCK:
		return ET_CORE_SOCKET;
	default:
		return ET_CORE_FILE;
	}
}

static __always_inline int on_core_written(struct coredump_params *params)
{
	struct task_struct *task = current_task();
	struct et_id id = leader_id(READ(task, group_leader));
	struct dying *e = find_dying(&id);

	if (!e || e->d.core.flags & ET_CORE_WRITTEN)
		return 0;
	take_in_hand(false, &e->closing, READ(params, file));
	e->d.core.flags |= ET_CORE_WRITTEN;
	e->core_tid = READ(task, pid); /* whoever entered do_coredump() first */
	e->d.marks.core_end_ns = 0;
	e->d.core.target = core_target(e->closing.inode);
	if (e->d.core.target == ET_CORE_FILE)
		tell_file(e, ET_FILE_CORE, &e->closing, 0, 0, -1);
	e->closing.file = NULL;
	return 0;
}

SEC("?fentry/do_coredump")
int BPF_PROG(core__fentry)
{
	return on_coredump();
}

SEC("?fexit/do_coredump")
int BPF_PROG(cored__fexit)
{
	return on_coredumped();
}

SEC("?fentry/dump_emit")
int BPF_PROG(core_written__fentry, struct coredump_params *params)
{
	return on_core_written(typed(coredump_params, params));
}

SEC("?kprobe/do_coredump")
int BPF_KPROBE(core__kprobe)
{
	return on_coredump();
}

SEC("?kretprobe/do_coredump")
int BPF_KRETPROBE(cored__kretprobe)
{
	return on_coredumped();
}

SEC("?kprobe/dump_emit")
int BPF_KPROBE(core_written__kprobe, struct coredump_params *params)
{
	return on_core_written(typed(coredump_params, params));
}
