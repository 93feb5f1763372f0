/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A thread ends: told when asked for, and always when the kernel killed it alone. seccomp can do that
 * (SECCOMP_RET_KILL_THREAD, strict mode), and an oops: the process lives on without it, locks it held
 * are held for ever, and nobody is told.
 *
 * Hook: called from sched_process_exit.
 */

static __always_inline bool group_exits(struct signal_struct *sig)
{
	return sig->flags & (SIGNAL_GROUP_EXIT | SIGNAL_GROUP_COREDUMP);
}

static __always_inline __u32 thread_flags(struct task_struct *task, bool last)
{
	struct signal_struct *sig = task->signal;
	__u32 flags = task == task->group_leader ? ET_THREAD_LEADER : 0;

	if (last)
		flags |= ET_THREAD_LAST;
	if (group_exits(sig))
		return flags | ET_THREAD_GROUP;
	if (exec_in_progress(sig))
		return flags | ET_THREAD_EXEC;
	if (!last && task->exit_code & 0x7f)
		flags |= ET_THREAD_ALONE;
	return flags;
}

static __always_inline void fill_thread(struct et_thread *t, struct task_struct *task, struct et_id id)
{
	struct refusal *r;

	t->h.kind = ET_THREAD;
	t->h.size = sizeof(*t);
	t->id = id;
	t->time_ns = bpf_ktime_get_boot_ns();
	t->start_ns = READ(task, start_boottime);
	t->runtime_ns = READ(task, se.sum_exec_runtime);
	t->tid = READ(task, pid);
	t->status = READ(task, exit_code) & 0xffff;
	t->seccomp = READ(task, seccomp.mode);
	t->threads = READ(task, signal, nr_threads);
	t->uid = READ(task, cred, uid.val);
	copy_comm(t->comm, task);
	copy_comm(t->process, READ(task, group_leader));
	r = refusal_of(t->tid, t->status);
	if (!r)
		return;
	t->refused = r->syscall;
	t->refused_arch = r->arch;
	t->flags |= ET_THREAD_REFUSED;
}

static __always_inline void send_thread(struct et_thread *t)
{
	count(threads);
	if (emit(t, sizeof(*t), t->time_ns))
		count(lost_thread);
}

/* Of current. A global function: rare, and the verifier goes through it once. */
ONCE int send_thread_of(__u64 start_ns, __u32 tgid, __u32 flags)
{
	__u64 address = bpf_get_current_task();
	struct et_thread t = {};
	__u32 one = 1;

	t.flags = flags;
	fill_thread(&t, typed(task_struct, address), make_id(start_ns, tgid));
	if (config.want_threads)
		bpf_map_update_elem(&told_threads, &address, &one, BPF_ANY);
	send_thread(&t);
	return 0;
}

/* As if it had been told: it is not to be when it is freed. */
static __always_inline void pass_over(struct task_struct *task)
{
	__u64 address = (__u64)(void *)task;
	__u32 one = 1;

	if (config.want_threads)
		bpf_map_update_elem(&told_threads, &address, &one, BPF_ANY);
}

static __always_inline void tell_thread(struct task_struct *task, struct et_id id, bool last)
{
	__u32 flags;

	if (!telling) {
		pass_over(task);
		return;
	}
	/* Of most all that is told is that their process died. */
	if (!config.want_threads && (last || !(task->exit_code & 0x7f)))
		return;
	flags = thread_flags(task, last);
	if (!config.want_threads && !(flags & ET_THREAD_ALONE))
		return;
	if (wanted(task->group_leader, id))
		send_thread_of(id.start_ns, id.tgid, flags);
}

/*
 * Only what its process ended with tells that it ended with its process: what it says of itself now may
 * have come later.
 */
static __always_inline __u32 late_flags(struct task_struct *task)
{
	struct signal_struct *sig = task->signal;
	__u32 flags = ET_THREAD_LATE | (task == task->group_leader ? ET_THREAD_LEADER : 0);

	if (task->exit_code && group_exits(sig) && task->exit_code == sig->group_exit_code)
		return flags | ET_THREAD_GROUP;
	if (task->exit_code & 0x7f)
		return flags | ET_THREAD_ALONE;
	return flags | ET_THREAD_UNSURE;
}

#define FREED_WITHIN_NS 500000000ULL /* of its exit, by RCU */

/* What is freed now may have exited before anything was told, and before exits were seen at all. */
static __always_inline bool ended_before(void)
{
	return !telling || bpf_ktime_get_boot_ns() - telling < FREED_WITHIN_NS;
}

/*
 * Called when it is freed, which may be after its leader was: what was its leader is one only if it says
 * so itself. Where the kernel skipped the probe at its exit (see fill_late).
 */
static __always_inline void tell_thread_late(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	__u64 address = (__u64)(void *)task;
	struct et_thread t = {};
	struct et_id id;

	if (!config.want_threads || !bpf_map_delete_elem(&told_threads, &address) || ended_before())
		return;
	id = leader_id(leader);
	if (id.tgid != (__u32)task->tgid || READ(leader, pid) != task->tgid ||
	    id.start_ns > task->start_boottime || !wanted(leader, id))
		return;
	t.flags = late_flags(task);
	fill_thread(&t, task, id);
	if (!t.threads) /* of a signal_struct that is no more */
		t.threads = 1;
	send_thread(&t);
}
