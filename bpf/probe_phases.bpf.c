/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The way out, moment by moment: each mark is one timestamp in the entry of the dying process.
 *
 * Hooks: functions that do_exit() calls in every kernel, at the border of what takes the time; those called
 * only when the whole process is gone (acct_process, disassociate_ctty) before those called for each thread.
 */

/*
 * do_exit(): the first thread of a group exit is here long before the last one may be. A thread
 * that ends while others go on is no exit of the process.
 */
static __always_inline int on_do_exit(void)
{
	struct task_struct *task = current_task(), *leader = READ(task, group_leader);
	struct signal_struct *sig = READ(task, signal);
	__u32 threads = READ(sig, nr_threads), flags = READ(sig, flags);
	struct dying *e;
	struct et_id id;
	__u64 now;

	if (READ(sig, live.counter) != 1 && !(flags & (SIGNAL_GROUP_EXIT | SIGNAL_GROUP_COREDUMP)))
		return 0;
	id = make_id(READ(leader, start_boottime), bpf_get_current_pid_tgid() >> 32);
	if (!wanted(leader, id))
		return 0;
	e = dying_entry(&id);
	if (!e)
		return 0;
	if (flags & SIGNAL_GROUP_EXIT)
		had_threads(&e->d, threads);
	now = bpf_ktime_get_boot_ns();
	e->d.marks.last_ns = now;
	if (e->d.marks.begin_ns)
		return 0;
	e->d.marks.begin_ns = now;
	slot_begin(&id, leader, ET_PHASE_DELIVERY, NULL, now);
	return 0;
}

SEC("?fentry/do_exit")
int BPF_PROG(begin__fentry)
{
	return on_do_exit();
}

SEC("?kprobe/do_exit")
int BPF_KPROBE(begin__kprobe)
{
	return on_do_exit();
}

/* Without it: exit_group() as it is called, where sched_process_exit comes only after the memory is gone. */
SEC("?tp/syscalls/sys_enter_exit_group")
int begin__tp(void *ctx)
{
	struct task_struct *task = current_task(), *leader = READ(task, group_leader);
	__u32 threads = READ(task, signal, nr_threads);
	struct et_id id = leader_id(leader);
	struct dying *e;

	if (!wanted(leader, id))
		return 0;
	e = dying_entry(&id);
	if (!e)
		return 0;
	had_threads(&e->d, threads);
	if (e->d.marks.begin_ns)
		return 0;
	e->d.marks.begin_ns = bpf_ktime_get_boot_ns();
	slot_begin(&id, leader, ET_PHASE_DELIVERY, NULL, e->d.marks.begin_ns);
	return 0;
}

/* ---- memory ---- */

/* Called by the last thread, right in front of exit_mm(). */
static __always_inline void mark_mm_begin(struct dying *e, struct mm_struct *mm, __u64 now)
{
	if (!e->d.marks.last_ns) /* threads that ended each on its own, at the same instant */
		e->d.marks.last_ns = now;
	if (!e->d.marks.begin_ns)
		e->d.marks.begin_ns = now;
	if (mm) {
		e->mm = mm;
		e->d.marks.mm_begin_ns = now;
		e->d.mm_users = READ(mm, mm_users.counter);
		e->d.seen |= ET_SEEN_MM;
		slot_phase(&e->d.id, ET_PHASE_MM, now);
	} else {
		slot_phase(&e->d.id, ET_PHASE_EXIT, now);
	}
}

/*
 * acct_process(): the first call after exit_mm(), by the last thread only. Another thread of the process
 * may be slower to let go, and then it is the one that tears the memory down: see on_exit_files().
 */
static __always_inline int on_acct_process(void)
{
	struct dying *e = last_entry(current_task());
	__u64 now;

	if (!e)
		return 0;
	now = bpf_ktime_get_boot_ns();
	e->d.marks.mm_end_ns = now;
	if (mm_is_gone(e))
		e->d.flags |= ET_D_MM_FREED;
	slot_phase(&e->d.id, ET_PHASE_EXIT, now);
	return 0;
}

SEC("?fentry/acct_process")
int BPF_PROG(mm_end__fentry)
{
	return on_acct_process();
}

SEC("?kprobe/acct_process")
int BPF_KPROBE(mm_end__kprobe)
{
	return on_acct_process();
}

/* Tracepoints only, 6.16 on (before, the begin is not seen): the end of exit_mmap(). */
SEC("?tp_btf/exit_mmap")
int BPF_PROG(mm_end__tp, struct mm_struct *mm)
{
	struct task_struct *task = current_task();
	struct dying *e;
	__u64 now;

	if (!(READ(task, flags) & PF_EXITING))
		return 0;
	e = current_entry(task);
	if (!e || e->mm != mm)
		return 0;
	now = bpf_ktime_get_boot_ns();
	e->d.flags |= ET_D_MM_FREED;
	e->d.marks.mm_end_ns = now;
	slot_phase(&e->d.id, ET_PHASE_EXIT, now);
	return 0;
}

/* ---- terminal, namespaces, released files, cgroup ---- */

/* disassociate_ctty(): by the last thread only; also setsid(), without being dead. */
static __always_inline int on_tty(void)
{
	struct dying *e = last_entry(current_task());

	if (!e)
		return 0;
	e->d.marks.tty_ns = bpf_ktime_get_boot_ns();
	slot_phase(&e->d.id, ET_PHASE_DETACH, e->d.marks.tty_ns);
	return 0;
}

SEC("?fentry/disassociate_ctty")
int BPF_PROG(tty__fentry)
{
	return on_tty();
}

SEC("?kprobe/disassociate_ctty")
int BPF_KPROBE(tty__kprobe)
{
	return on_tty();
}

/* exit_task_namespaces() returned: exit_task_work() is next, which releases what was closed. */
static __always_inline int on_work_begin(void)
{
	struct dying *e = leaving_entry(current_task());

	if (!e)
		return 0;
	e->d.marks.work_begin_ns = bpf_ktime_get_boot_ns();
	slot_phase(&e->d.id, ET_PHASE_TASK_WORK, e->d.marks.work_begin_ns);
	return 0;
}

SEC("?fexit/exit_task_namespaces")
int BPF_PROG(work_begin__fexit)
{
	return on_work_begin();
}

SEC("?kretprobe/exit_task_namespaces")
int BPF_KRETPROBE(work_begin__kretprobe)
{
	return on_work_begin();
}

/* cgroup_exit(): comes behind exit_task_work(), in front of exit_notify(). */
static __always_inline int on_work_end(void)
{
	struct dying *e = leaving_entry(current_task());

	if (!e)
		return 0;
	e->d.marks.work_end_ns = bpf_ktime_get_boot_ns();
	slot_phase(&e->d.id, ET_PHASE_DETACH, e->d.marks.work_end_ns);
	return 0;
}

SEC("?fentry/cgroup_exit")
int BPF_PROG(work_end__fentry)
{
	return on_work_end();
}

SEC("?kprobe/cgroup_exit")
int BPF_KPROBE(work_end__kprobe)
{
	return on_work_end();
}

static __always_inline int on_notify_begin(void)
{
	struct task_struct *task = current_task();
	struct dying *e = leaving_entry(task);
	enum et_phase phase = ET_PHASE_NOTIFY;

	if (!e)
		return 0;
	e->d.marks.notify_ns = bpf_ktime_get_boot_ns();
	/* Another thread of it is not that far: nobody is told before it has torn down the memory. */
	if (e->mm && !(e->d.flags & ET_D_MM_FREED) && READ(task, signal, nr_threads) > 1 && !mm_is_gone(e))
		phase = ET_PHASE_MM;
	slot_phase(&e->d.id, phase, e->d.marks.notify_ns);
	return 0;
}

SEC("?fexit/cgroup_exit")
int BPF_PROG(notify_begin__fexit)
{
	return on_notify_begin();
}

SEC("?kretprobe/cgroup_exit")
int BPF_KRETPROBE(notify_begin__kretprobe)
{
	return on_notify_begin();
}
