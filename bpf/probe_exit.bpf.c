/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A process exits: gathers its facts in one map entry and, when the parent is
 * told, sends them as one DEATH message.
 *
 * Hook: sched_process_exit, which every thread passes, on every kernel, without
 * probes; do_exit would be earlier but is a probe. Up to 6.15 it comes after the mm
 * is gone and does not say which thread is the last: taskstats_exit, called a few lines before
 * exit_mm with the same group_dead, fills that in.
 */

static __always_inline void fill_exe(const bool direct, struct dying *e, struct task_struct *task,
				     struct mm_struct *mm)
{
	struct file *exe = GET(direct, mm, exe_file);
	__u32 cut = 0;

	if (!exe || e->d.seen & ET_SEEN_EXE)
		return;
	fill_file(e->exe, ET_EXE_MAX, &e->d.exe_len, &cut, exe, task);
	e->d.exe_size = (e->d.exe_len + 7) & ~7;
	e->d.seen |= ET_SEEN_EXE;
	if (cut)
		e->d.cut |= ET_CUT_EXE;
	if (unlinked(READ(exe, f_path.dentry)))
		e->d.flags |= ET_D_EXE_DELETED;
}

/* What is only there while the mm is. */
static __always_inline void fill_from_mm(const bool direct, struct dying *e, struct et_id id,
					 struct task_struct *task, struct mm_struct *mm)
{
	if (!mm)
		return;
	fill_exe(direct, e, task, mm);
	if (config.want_args && tell_args(id.start_ns, id.tgid, (__u64)BPF_CORE_READ(task, mm)))
		e->d.seen |= ET_SEEN_ARGS;
}

static __always_inline void fill_identity(const bool direct, struct et_death *d, struct task_struct *leader,
					  struct signal_struct *sig)
{
	struct task_struct *parent = GET(direct, leader, real_parent), *tracer = GET(direct, leader, parent);
	const struct cred *cred = GET(direct, leader, cred);

	d->uid = GET(direct, cred, uid.val);
	d->gid = GET(direct, cred, gid.val);
	d->exit_signal = GET(direct, leader, exit_signal);
	copy_comm(d->comm, leader);
	fill_pids(direct, d, leader, sig);
	fill_tty(direct, d, sig);
	fill_cgroup(d, leader);
	put_peer(direct, &d->parent, parent, false);
	d->parent.pid_ns = pid_ns_of(direct, parent);
	if (GET(direct, leader, flags) & PF_FORKNOEXEC)
		d->flags |= ET_D_FORKNOEXEC;
	if (GET(direct, leader, ptrace) && READ(tracer, tgid) != READ(parent, tgid)) {
		d->flags |= ET_D_TRACED;
		fill_peer(&d->tracer, tracer, true);
	}
}

/* The limits that the kernel ends a process for, as they are in the end. */
static __always_inline void fill_limits(struct et_death *d, struct signal_struct *sig)
{
	d->cpu_soft = READ(sig, rlim[RLIMIT_CPU].rlim_cur);
	d->cpu_hard = READ(sig, rlim[RLIMIT_CPU].rlim_max);
	d->rt_soft = READ(sig, rlim[RLIMIT_RTTIME].rlim_cur);
	d->rt_hard = READ(sig, rlim[RLIMIT_RTTIME].rlim_max);
	d->seen |= ET_SEEN_LIMITS;
}

static __always_inline void fill_death(const bool direct, struct et_death *d, struct et_id id,
				       struct task_struct *leader)
{
	struct signal_struct *sig = GET(direct, leader, signal);

	d->id = id;
	d->exit_ns = bpf_ktime_get_boot_ns();
	fill_identity(direct, d, leader, sig);
	if (id.start_ns >= signals_full_ns)
		d->seen |= ET_SEEN_SIGNALS;
	d->status = exit_status(direct, leader, sig);
	d->seccomp = GET(direct, leader, seccomp.mode);
	if (d->status & 0x7f)
		fill_limits(d, sig);
}

/* Exact when all threads but the leader are gone. */
static __always_inline void fill_used(const bool direct, struct et_death *d, struct task_struct *leader,
				      struct signal_struct *sig)
{
	fill_resources(direct, &d->res, leader, sig);
	d->seen |= ET_SEEN_RESOURCES;
	if (bpf_core_field_exists(leader->ioac.read_bytes))
		d->seen |= ET_SEEN_IO;
}

static __always_inline __u32 is_pending(__u64 set, int sig, __u32 flag)
{
	return (set >> (sig - 1) & 1) * flag;
}

/* Stop signals that nothing became of: what is pending stays so until release_task(). */
static __always_inline void fill_pending(struct et_death *d, struct task_struct *last)
{
	__u64 set = last->signal->shared_pending.signal.sig[0] | last->pending.signal.sig[0];

	d->flags |= is_pending(set, SIGTERM, ET_D_TERM_PENDING) | is_pending(set, SIGINT, ET_D_INT_PENDING) |
		    is_pending(set, SIGHUP, ET_D_HUP_PENDING) | is_pending(set, SIGQUIT, ET_D_QUIT_PENDING);
	d->seen |= ET_SEEN_PENDING;
}

/*
 * At sched_process_exit. What was used is taken when the parent is told: the last thread is not yet in the sums
 * of signal_struct.
 */
static __always_inline void fill_at_exit(struct et_death *d, struct et_id id, struct task_struct *leader,
					 struct task_struct *last)
{
	fill_death(true, d, id, leader);
	d->last_tid = last->pid;
	d->seccomp = last->seccomp.mode;
	fill_pending(d, last);
}

/*
 * Whether the parent hears of it, asked under the rules of do_notify_parent. A traced
 * process is kept for its tracer whatever the parent wants.
 */
static __always_inline __u32 parent_flags(const bool direct, struct task_struct *leader)
{
	struct sighand_struct *hand = GET(direct, leader, real_parent, sighand);
	__u32 flags = 0;
	__u64 handler, sa_flags;

	if (GET(direct, leader, ptrace))
		return 0;
	if (signal_autoreap(GET(direct, leader, signal)))
		return ET_D_AUTOREAP | ET_D_CLONE_AUTOREAP;
	if (GET(direct, leader, exit_signal) != SIGCHLD)
		return 0;
	handler = (__u64)GET(direct, hand, action[SIGCHLD - 1].sa.sa_handler);
	sa_flags = GET(direct, hand, action[SIGCHLD - 1].sa.sa_flags);
	if (handler == 1)
		flags |= ET_D_PARENT_IGNORES | ET_D_AUTOREAP;
	if (sa_flags & SA_NOCLDWAIT)
		flags |= ET_D_PARENT_NOCLDWAIT | ET_D_AUTOREAP;
	return flags;
}

/* With the killing signal the threads were counted under siglock, before any of them was gone. */
static __always_inline void count_threads_at_signal(struct et_death *d, const struct et_signal *fatal)
{
	if (fatal->flags & ET_SIG_FATAL && fatal->signo == (d->status & 0x7f))
		had_threads(d, fatal->threads);
}

/* For the verifier it might be anything. */
static __always_inline __u64 exe_size_of(struct dying *e)
{
	__u64 size = e->d.exe_size & (2 * ET_EXE_MAX - 1);

	barrier_var(size);
	if (size > ET_EXE_MAX)
		size = ET_EXE_MAX;
	return size;
}

/*
 * The message of a process with signals noted: they go behind the exe path. What is reserved has to be a constant for
 * the verifier and may be more than that; the user half goes by the size in the header.
 */
static __always_inline bool send_with_signals(struct dying *e, struct et_signals *s, const __u32 size)
{
	__u64 exe_size = exe_size_of(e);
	void *m = bpf_ringbuf_reserve(&ring, sizeof(e->d) + ET_EXE_MAX + size, 0);

	if (!m)
		return false;
	e->d.signals_size = size;
	e->d.h.size = sizeof(e->d) + exe_size + size;
	bpf_probe_read_kernel(m, sizeof(e->d) + ET_EXE_MAX, &e->d);
	bpf_probe_read_kernel(m + sizeof(e->d) + exe_size, size, s);
	bpf_ringbuf_submit(m, wake_flags(bpf_ktime_get_boot_ns()));
	return true;
}

static __always_inline bool send_with(struct dying *e, struct et_signals *s)
{
	e->d.flags |= ET_D_FATAL;
	count_threads_at_signal(&e->d, &s->fatal);
	if (!s->stop[0].time_ns && !s->stop[1].time_ns && !s->stop[2].time_ns && !s->stop[3].time_ns)
		return send_with_signals(e, s, offsetof(struct et_signals, stop));
	e->d.flags |= ET_D_STOPS;
	return send_with_signals(e, s, sizeof(*s));
}

/* Word by word, which takes a quarter of what a call does that copies. */
static __always_inline bool send_short(struct dying *e, __u64 now)
{
	struct {
		struct et_death d;
		__u64 exe[SHORT_EXE / 8];
	} *m = bpf_ringbuf_reserve(&ring, sizeof(*m), 0);

	if (!m)
		return false;
	m->d = e->d;
	__builtin_memcpy(m->exe, &e->d + 1, SHORT_EXE);
	bpf_ringbuf_submit(m, wake_flags(now));
	return true;
}

static __always_inline bool send_alone(struct dying *e)
{
	__u64 size = sizeof(e->d) + exe_size_of(e), now = e->d.dead_ns ? e->d.dead_ns : e->d.exit_ns;

	e->d.h.size = size;
	if (size <= sizeof(e->d) + SHORT_EXE)
		return send_short(e, now);
	return !emit(&e->d, size, now);
}

static __always_inline void note_told(const struct et_id *id, __u32 flags)
{
	note_dead(id, flags & ET_D_AUTOREAP ? ET_RELEASED : flags & ET_D_TRACED ? ET_TRACED : ET_ZOMBIE);
}

static __always_inline void tell_death(struct dying *e, struct et_id *id)
{
	struct et_signals *s = may_be_signaled(id) ? bpf_map_lookup_elem(&signaled, id) : NULL;

	if (!(e->d.flags & ET_D_LATE))
		e->d.seen |= ET_SEEN_HANGUPS | (config.children_hooked ? ET_SEEN_CHILDREN : 0);
	e->d.h.kind = ET_DEATH;
	count(deaths);
	if (s ? !send_with(e, s) : !send_alone(e))
		count(lost_ring);
	if (s)
		forget_signals(id);
	note_told(id, e->d.flags);
}

/* A global function: the verifier goes through it once a program. */
ONCE int send_entry(struct dying *e)
{
	struct et_id id;

	if (!e)
		return 0;
	id = e->d.id;
	if (wanted_status(e->d.status)) {
		tell_death(e, &id);
	} else {
		forget_signals(&id);
		note_dead(&id, ET_RELEASED);
	}
	forget_entry(e);
	return 0;
}

/*
 * No room for an entry (counted by dying_entry): what is known now goes out at once, so that
 * the death itself is never lost for that. A global function: rare, and the verifier goes through it once a program.
 */
ONCE int send_without_entry(__u64 address, __u64 start_ns, __u32 tgid, __u32 unseen, __u32 notified)
{
	struct et_death *d = bpf_ringbuf_reserve(&ring, sizeof(*d), 0);
	struct task_struct *leader = typed(task_struct, address);
	struct et_id id = make_id(start_ns, tgid);

	forget_signals(&id);
	count(deaths);
	if (!d) {
		count(lost_ring);
		return 0;
	}
	__builtin_memset(d, 0, sizeof(*d));
	fill_death(false, d, id, leader);
	fill_used(false, d, leader, READ(leader, signal));
	d->seen &= ~(unseen | ET_SEEN_SIGNALS);
	d->flags |= parent_flags(false, leader);
	if (notified) {
		d->dead_ns = d->exit_ns;
		d->seen |= ET_SEEN_DEAD;
	}
	d->h.kind = ET_DEATH;
	d->h.size = sizeof(*d);
	note_told(&id, d->flags);
	bpf_ringbuf_submit(d, wake_flags(bpf_ktime_get_boot_ns()));
	return 0;
}

/*
 * A thread ends while others go on. The leader: it will be a zombie until they are gone. By another one's
 * exec(): what this one began, an exit_group() or a core dump, is none.
 */
static __always_inline void on_lone_exit(struct task_struct *task, struct et_id id)
{
	__u64 now = bpf_ktime_get_boot_ns();
	struct dying *e;

	if (!wanted_id(id))
		return;
	if (task == READ(task, group_leader))
		bpf_map_update_elem(&leaders, &id, &now, BPF_ANY);
	if (!exec_in_progress(READ(task, signal)))
		return;
	e = find_dying(&id);
	if (e)
		forget_entry(e);
}

/* seccomp that ends a whole process may have been called by another thread than the last one. */
static __always_inline void fill_refusal(struct et_death *d, struct task_struct *task)
{
	struct refusal *r = refusal_of(READ(task, pid), READ(task, exit_code));

	if (!r)
		return;
	d->refused = r->syscall;
	d->refused_arch = r->arch;
	d->seen |= ET_SEEN_REFUSED;
}

/*
 * Current exits, a thread and not the last one. Of a group exit the first: now, before any of them is released, they
 * can be counted. A global function, as send_without_entry().
 */
ONCE int on_thread_exit(__u64 start_ns, __u32 tgid, __u32 threads)
{
	struct task_struct *task = current_task();
	struct task_struct *leader = READ(task, group_leader);
	struct signal_struct *sig = READ(task, signal);
	struct et_id id = make_id(start_ns, tgid);
	struct dying *e;
	__u64 now;

	if (!(READ(sig, flags) & SIGNAL_GROUP_EXIT)) {
		on_lone_exit(task, id);
		return 0;
	}
	if (task == leader) /* a former leader, from before exec(), may stand there */
		bpf_map_delete_elem(&leaders, &id);
	if (!wanted(leader, id))
		return 0;
	/* A thread that is late comes when the death may have been told. */
	e = READ(sig, live.counter) ? dying_entry(&id) : find_dying(&id);
	if (!e || !is_of(e, start_ns, tgid))
		return 0;
	had_threads(&e->d, threads);
	fill_refusal(&e->d, task);
	if (e->d.marks.begin_ns)
		return 0;
	now = bpf_ktime_get_boot_ns();
	if (!is_of(e, start_ns, tgid))
		return 0;
	e->d.marks.begin_ns = now;
	slot_begin(&id, leader, ET_PHASE_DELIVERY, NULL, now);
	return 0;
}

static __always_inline bool is_last(struct task_struct *task, struct et_id *id)
{
	__u32 one = 1;

	if (task->signal->live.counter)
		return false;
	return bpf_map_update_elem(&claims, id, &one, BPF_NOEXIST) != -EEXIST;
}

/* Without do_notify_parent: does the parent get a SIGCHLD that marks the moment? */
static __always_inline bool parent_is_told(struct task_struct *leader)
{
	__u32 flags = parent_flags(true, leader);

	return leader->ptrace ||
	       (leader->exit_signal > 0 && !(flags & ET_D_PARENT_IGNORES) && !signal_autoreap(leader->signal));
}

static __always_inline void fill_leader_time(struct et_death *d, struct et_id *id)
{
	__u64 *when = bpf_map_lookup_elem(&leaders, id);

	if (!when)
		return;
	d->leader_ns = *when;
	bpf_map_delete_elem(&leaders, id);
}

/*
 * What is known once current, the last thread, is here, and only as long as it is. A global function, so that the
 * verifier goes through it once, whatever has been found before.
 */
ONCE int fill_way_out(struct dying *e)
{
	struct task_struct *task = current_task(), *leader = READ(task, group_leader);
	struct mm_struct *mm = config.mm_at_exit ? READ(task, mm) : NULL;
	struct et_id id;
	__u32 sig;

	if (!e)
		return 0;
	id = e->d.id;
	sig = e->d.status & 0x7f;
	note_last(e, this_thread());
	fill_refusal(&e->d, task);
	slot_last(&e->d);
	if (!config.mm_at_exit) /* else mark_mm_begin() tells */
		slot_phase(&id, ET_PHASE_EXIT, e->d.exit_ns);
	if (config.mm_at_exit) {
		fill_from_mm(false, e, id, task, mm);
		mark_mm_begin(e, mm, e->d.exit_ns);
	}
	if (task != leader)
		fill_leader_time(&e->d, &id);
	if (sig && CORE_SIGNALS & BIT(sig))
		fill_core(&e->d, task, mm);
	if (config.count_files)
		count_table(e, task);
	if (config.count_children)
		count_children(&e->d, task);
	return 0;
}

/* Of current, the last thread, whose parent is not told. A global function, as send_without_entry(). */
ONCE int send_at_exit(struct dying *e)
{
	struct task_struct *task = current_task(), *leader = READ(task, group_leader);

	if (!e)
		return 0;
	e->d.flags |= parent_flags(false, leader);
	fill_used(false, &e->d, leader, READ(leader, signal));
	if (task != leader)
		add_last_thread(&e->d.res, task);
	send_entry(e);
	return 0;
}

static __always_inline void on_last_exit(struct task_struct *task, struct et_id id, __u32 threads)
{
	struct task_struct *leader = task->group_leader;
	struct dying *e;

	if (!telling || !is_wanted(true, leader, id)) {
		if (!telling)
			note_dead(&id, ET_UNTOLD);
		forget_signals(&id);
		forget_dying(&id);
		return;
	}
	e = dying_entry(&id);
	if (!e) { /* most are told again, when the parent is */
		note_dead(&id, ET_NO_ROOM);
		if (!config.notify_hooked && !parent_is_told(leader) &&
		    wanted_status(exit_status(true, leader, leader->signal)))
			send_without_entry(number(leader), id.start_ns, id.tgid,
					   task == leader ? 0 : ET_SEEN_RESOURCES, false);
		return;
	}
	if (!(e->d.seen & ET_SEEN_THREADS)) {
		e->d.threads = threads;
		e->d.seen |= ET_SEEN_THREADS;
	}
	fill_at_exit(&e->d, id, leader, task);
	fill_way_out(e);
	e->filled = 1;
	if (!config.notify_hooked && !parent_is_told(leader))
		send_at_exit(e);
}

static __always_inline int on_exit(struct task_struct *task, struct et_id id, bool last, __u32 threads)
{
	tell_thread(task, id, last);
	if (last)
		on_last_exit(task, id, threads);
	else
		on_thread_exit(id.start_ns, id.tgid, threads);
	if (task->exit_code & 0x7f)
		forget_refusal(task);
	return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(exit__tp, struct task_struct *current)
{
	struct task_struct *task = typed(task_struct, current);
	__u32 threads = *(volatile int *)&task->signal->nr_threads;
	struct et_id id = id_of(true, task->group_leader);
	bool last;

	if (config.exit_tells_last) {
		last = exit_tells_last_says(ctx);
	} else if (config.last_hooked) {
		struct dying *e = find_dying(&id);

		last = e ? e->last_tid == (__u32)task->pid : is_last(task, &id);
	} else {
		last = is_last(task, &id);
	}
	return on_exit(task, id, last, threads);
}

/* Kernels whose tracepoints can be preempted: programs of perf events cannot, and are not skipped. */
SEC("?tp/sched/sched_process_exit")
int exit__perf(struct trace_event_raw_sched_process_exit *ctx)
{
	struct task_struct *task = typed(task_struct, bpf_get_current_task_btf());
	__u32 threads = *(volatile int *)&task->signal->nr_threads;
	struct et_id id = id_of(true, task->group_leader);

	return on_exit(task, id, ctx->group_dead, threads);
}

/* taskstats_exit(tsk, group_dead): the mm is there, and who is last is certain. */
static __always_inline int on_taskstats_exit(const bool direct, struct task_struct *task, bool group_dead)
{
	struct task_struct *leader;
	struct mm_struct *mm;
	struct dying *e;
	struct et_id id;

	if (!group_dead)
		return 0;
	leader = GET(direct, task, group_leader);
	id = id_of(direct, leader);
	if (!is_wanted(direct, leader, id)) { /* on_thread_exit() may have made an entry */
		forget_dying(&id);
		return 0;
	}
	e = dying_entry(&id);
	if (!e)
		return 0;
	note_last(e, this_thread());
	mm = GET(direct, task, mm);
	fill_from_mm(direct, e, id, task, mm);
	mark_mm_begin(e, mm, bpf_ktime_get_boot_ns());
	return 0;
}

SEC("?fentry/taskstats_exit")
int BPF_PROG(last__fentry, struct task_struct *task, int group_dead)
{
	return on_taskstats_exit(true, typed(task_struct, task), group_dead);
}

SEC("?kprobe/taskstats_exit")
int BPF_KPROBE(last__kprobe, struct task_struct *task, int group_dead)
{
	return on_taskstats_exit(false, typed(task_struct, task), group_dead);
}

/*
 * Tracepoints only, 6.1 to 6.15: exit_mmap is the last moment that shows exe_file. Runs in
 * the dying thread unless somebody else still held the mm.
 */
SEC("?tp_btf/exit_mmap")
int BPF_PROG(exe__tp, struct mm_struct *memory)
{
	struct mm_struct *mm = typed(mm_struct, memory);
	struct task_struct *task = current_task();
	struct task_struct *leader = READ(task, group_leader);
	struct et_id id = leader_id(leader);
	struct dying *e;

	if (!(READ(task, flags) & PF_EXITING) || READ(task, mm) || !wanted(leader, id))
		return 0;
	e = dying_entry(&id);
	if (e)
		fill_exe(false, e, task, mm);
	return 0;
}

static __always_inline void count_late(struct et_death *d, enum dead_state state)
{
	if (state == ET_UNTOLD)
		d->flags |= ET_D_EARLY;
	else if (state == ET_NO_ROOM) /* counted then */
		d->flags |= ET_D_NO_ROOM;
	else
		count(skipped);
}

/*
 * The kernel skips a program that another task, preempted in the middle of it on this CPU, is still
 * in; seen at sched_process_exit from 7.x on, whose tracepoints can be preempted. Here locks are
 * held, nothing is skipped, and but for what went with the mm all can still be told. The same where
 * there was no room for an entry then. 1: there is an entry now. A global function, as send_without_entry().
 */
ONCE int fill_late(__u64 address, __u64 start_ns, __u32 tgid)
{
	struct task_struct *leader = typed(task_struct, address);
	struct et_id id = make_id(start_ns, tgid);
	struct dying *e;

	if (!telling || (bpf_get_current_pid_tgid() >> 32) != tgid || !wanted(leader, id))
		return 0; /* told once more: re-parented, or let go by a tracer */
	e = dying_entry(&id);
	if (!e) {
		if (wanted_status(exit_status(false, leader, READ(leader, signal))))
			send_without_entry(address, start_ns, tgid, ET_SEEN_TTY, true);
		return 0;
	}
	fill_death(false, &e->d, id, leader);
	e->d.seccomp = READ(current_task(), seccomp.mode);
	e->d.flags |= ET_D_LATE;
	count_late(&e->d, dead_state(&id));
	e->d.seen &= ~ET_SEEN_TTY; /* a session leader has lost it by now */
	return 1;
}

/*
 * do_notify_parent(tsk): with tasklist_lock held for writing, so no reaper can be
 * faster than this message. Also called for a traced thread that is not the leader, for
 * re-parented zombies and after a tracer let go; only the first time there is an entry.
 */
static __always_inline int on_notify(const bool direct, struct task_struct *leader)
{
	struct signal_struct *sig = GET(direct, leader, signal);
	struct et_id id = id_of(direct, leader);
	struct dying *e = find_dying(&id);

	if (GET(direct, sig, nr_threads) != 1)
		return 0;
	if ((!e || !e->filled) && fill_late(number(leader), id.start_ns, id.tgid))
		e = find_dying(&id);
	else if (e && !e->filled)
		e = NULL;
	if (!e)
		return 0;
	e->d.dead_ns = bpf_ktime_get_boot_ns();
	e->d.seen |= ET_SEEN_DEAD;
	e->d.status = exit_status(direct, leader, sig);
	fill_used(direct, &e->d, leader, sig);
	e->d.flags |= parent_flags(direct, leader);
	if (e->d.flags & ET_D_AUTOREAP && config.by_tree)
		leave_tree(id); /* release_task() may take it along unseen */
	send_entry(e);
	return 0;
}

SEC("?fentry/do_notify_parent")
int BPF_PROG(notify__fentry, struct task_struct *task)
{
	struct task_struct *dead = typed(task_struct, task);

	return dead->pid == dead->tgid ? on_notify(true, dead) : 0;
}

SEC("?kprobe/do_notify_parent")
int BPF_KPROBE(notify__kprobe, struct task_struct *task)
{
	struct task_struct *dead = typed(task_struct, task);

	return READ(dead, pid) == READ(dead, tgid) ? on_notify(false, dead) : 0;
}

/* The same, as a global function: the verifier goes through it once, whatever has been found before. */
ONCE int notify_at(__u64 leader)
{
	return on_notify(false, typed(task_struct, leader));
}

/* Of the process with this pid, whose last thread has been here, and whose parent is `parent`. */
ONCE int notify_numbered(__u32 tgid, __u32 parent)
{
	struct task_struct *leader;
	__u64 last = 0;

	for (__u32 n = 0; n < SLOT_CHOICES; n++) {
		struct dying *e = dying_at(nth_slot(tgid, n));

		if (e && e->filled && e->d.id.tgid == tgid)
			last = e->last_task;
	}
	if (!last)
		return 0;
	leader = READ(typed(task_struct, last), group_leader);
	if ((__u32)READ(leader, tgid) != tgid || (__u32)READ(leader, parent, tgid) != parent)
		return 0;
	return notify_at(number(leader));
}

/* Of which child a SIGCHLD is about, by its number in the pid namespace of who gets it. */
static __always_inline __u32 child_told_of(struct kernel_siginfo *info)
{
	return word_at((void *)info + bpf_core_field_offset(struct kernel_siginfo, _sifields._sigchld._pid));
}

/*
 * Others have a parent told, too: a tracer that releases the last of the other threads. Of whom, the siginfo says, by a
 * number that is the same everywhere only in the initial pid namespace.
 */
static __always_inline int on_notify_by_other(struct kernel_siginfo *info, struct task_struct *to)
{
	int code = READ(info, si_code);

	if (code < CLD_EXITED || code > CLD_DUMPED || READ(to, group_leader, thread_pid, level))
		return 0;
	return notify_numbered(child_told_of(info), to->tgid);
}

/*
 * Called from the signal probe: current, exiting, sends SIGCHLD or its exit signal to `to`. The
 * siginfo is do_notify_parent()'s own: it may also be about a dead child of current, which
 * init or a subreaper inherits.
 */
static __always_inline int on_notify_signal(int sig, struct kernel_siginfo *info, struct task_struct *to)
{
	struct task_struct *task = current_task();
	struct task_struct *leader = READ(task, group_leader);
	unsigned int level;

	if ((__u64)info <= 1)
		return 0;
	if (sig != SIGCHLD && sig != READ(leader, exit_signal))
		return 0;
	if (!(READ(task, flags) & PF_EXITING) || READ(leader, parent, tgid) != to->tgid)
		return on_notify_by_other(info, to);
	level = READ(to, group_leader, thread_pid, level);
	if (child_told_of(info) != pid_at(READ(leader, thread_pid), level))
		return on_notify_by_other(info, to);
	return notify_at(number(leader));
}
