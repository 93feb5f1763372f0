/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A dead process is released: by whom, when.
 *
 * Hook: release_task, which runs in the reaper. sched_process_free would be a tracepoint, but
 * fires from an RCU callback many milliseconds later with anybody as current. Without probes the
 * return of wait4() and waitid() tells the reaper; it costs every system call of
 * the machine 15 to 50 ns, so it is used only there.
 */

static __always_inline bool reap_wanted(const bool direct, struct task_struct *leader, struct et_id id)
{
	return is_wanted(direct, leader, id) && wanted_status(exit_status(direct, leader, GET(direct, leader, signal)));
}

static __always_inline bool send_reap(struct et_reap *r)
{
	r->h.kind = ET_REAP;
	r->h.size = r->parent.id.tgid ? sizeof(*r) : offsetof(struct et_reap, parent);
	if (!emit(r, r->h.size, r->time_ns))
		return true;
	count(lost_reap);
	return false;
}

/* Mostly it is the parent that reaps. */
static __always_inline void fill_family(const bool direct, struct et_reap *r, struct task_struct *p)
{
	struct task_struct *parent = GET(direct, p, real_parent), *current = current_task();

	put_peer(direct, &r->parent, parent, false);
	if (parent == current) {
		r->by = r->parent;
		r->by.tid = this_thread();
	} else {
		fill_peer(&r->by, current, true);
	}
}

/*
 * release_task(p) is not called for a leader that its last thread takes along; nobody waited
 * then, and DEATH said so. A process that releases itself is the same case.
 */
static __always_inline int on_release(const bool direct, struct task_struct *p)
{
	struct et_reap r = {};

	if (GET(direct, p, pid) != GET(direct, p, tgid))
		return 0;
	r.id = id_of(direct, p);
	slot_end(&r.id);
	if (bpf_get_current_pid_tgid() >> 32 != r.id.tgid && reap_wanted(direct, p, r.id)) {
		r.time_ns = bpf_ktime_get_boot_ns();
		r.kind = ET_REAP_RELEASED;
		fill_family(direct, &r, p);
		if (send_reap(&r) && (dead_state(&r.id) || find_slot(r.id.start_ns, r.id.tgid) < 0))
			note_dead(&r.id, ET_RELEASED); /* else clean_up() has something to do */
	}
	if (config.by_tree)
		leave_tree(r.id);
	return 0;
}

SEC("?fentry/release_task")
int BPF_PROG(reap__fentry, struct task_struct *p)
{
	return on_release(true, typed(task_struct, p));
}

SEC("?kprobe/release_task")
int BPF_KPROBE(reap__kprobe, struct task_struct *p)
{
	return on_release(false, typed(task_struct, p));
}

/*
 * A wait call gave `nr` to current: in its own pid namespace. Whether that was a reap, and of
 * whom, is for the user half to say, who knows the dead.
 */
static __always_inline void on_waited(__u32 nr)
{
	struct task_struct *current = current_task();
	struct et_reap r = {};
	struct dead *z = NULL;

	r.wait_level = READ(current, thread_pid, level);
	if (!r.wait_level) {
		if (config.by_pid && !bpf_map_lookup_elem(&pids, &nr))
			return;
		z = dead_at(nr);
	}
	r.time_ns = bpf_ktime_get_boot_ns();
	r.kind = ET_REAP_WAITED;
	r.wait_nr = nr;
	fill_peer(&r.by, current, true);
	r.by.pid_ns = pid_ns_of(false, current);
	if (send_reap(&r) && z && z->tgid == nr && z->state == ET_ZOMBIE)
		z->state = ET_RELEASED;
}

SEC("?tp/syscalls/sys_exit_wait4")
int wait4_exit__tp(struct syscall_trace_exit *ctx)
{
	if (ctx->ret > 0)
		on_waited(ctx->ret);
	return 0;
}

struct waitid_args {
	__u64 which, upid, infop, options;
};

/* Still in the registers that the system call was entered with: to trace its entry would cost every system call. */
static __always_inline void read_args(struct waitid_args *a)
{
	struct pt_regs *user = user_regs(current_task());

	a->which = PT_REGS_PARM1_CORE_SYSCALL(user);
	a->upid = PT_REGS_PARM2_CORE_SYSCALL(user);
	a->infop = PT_REGS_PARM3_CORE_SYSCALL(user);
	a->options = PT_REGS_PARM4_CORE_SYSCALL(user);
}

/* waitid() returns 0 and the pid in the caller's siginfo, if it wanted one. */
SEC("?tp/syscalls/sys_exit_waitid")
int waitid_exit__tp(struct syscall_trace_exit *ctx)
{
	struct waitid_args a = {};
	__u32 nr = 0;

	if (ctx->ret)
		return 0;
	read_args(&a);
	if (a.options & WNOWAIT)
		return 0;
	if (a.infop)
		bpf_probe_read_user(&nr, sizeof(nr), (void *)a.infop + SIGINFO_PID_OFFSET);
	else if ((__u32)a.which == P_PID)
		nr = a.upid;
	if (nr)
		on_waited(nr);
	return 0;
}

/* Whoever was told of the death, it was not seen: a tracer's doing, say. */
static __always_inline void clean_up(struct task_struct *p, struct et_id *id)
{
	struct dying *e = find_dying(id);

	if (e && e->filled) {
		fill_used(true, &e->d, p, p->signal);
		send_entry(e);
	} else if (e) {
		forget_entry(e);
	} else {
		slot_end(id);
	}
	forget_signals(id);
}

/*
 * Last resort: it was released some time ago. Runs from RCU, current is nobody. Beside
 * release_task for the calls that the kernel skips (see fill_late).
 */
SEC("?tp_btf/sched_process_free")
int BPF_PROG(free__tp, struct task_struct *task)
{
	struct task_struct *p = typed(task_struct, task);
	struct et_reap r = {};

	tell_thread_late(p);
	if (p->pid != p->tgid)
		return 0;
	r.id = id_of(true, p);
	if (dead_state(&r.id) != ET_RELEASED) {
		clean_up(p, &r.id);
		if (reap_wanted(true, p, r.id)) {
			r.time_ns = bpf_ktime_get_boot_ns();
			r.kind = ET_REAP_FREED;
			send_reap(&r);
		}
	}
	if (config.by_tree)
		leave_tree(r.id);
	return 0;
}
