/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Signals that may become a cause of death: who sent them.
 *
 * Hook: signal_generate. signal_deliver comes too late for the sender, and shows a bare 9
 * where complete_signal() turned a TERM into a group exit. `current` is the sender: what
 * siginfo says can be forged, and is relative to a pid namespace.
 */

/* Signals whose default action leaves the process alive. */
#define HARMLESS (BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH) | BIT(SIGSTOP) | BIT(SIGTSTP) | \
		  BIT(SIGTTIN) | BIT(SIGTTOU))
#define SYNCHRONOUS (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGFPE) | BIT(SIGSYS))

enum { RESULT_DELIVERED = 0, RESULT_IGNORED = 1, RESULT_PENDING = 2, RESULT_LOSE_INFO = 4 };

static __always_inline int stop_slot(int sig)
{
	return sig == SIGTERM ? 0 : sig == SIGINT ? 1 : sig == SIGHUP ? 2 : sig == SIGQUIT ? 3 : -1;
}

static __always_inline enum et_disposition disposition(struct task_struct *task, int sig)
{
	void *action = (void *)BPF_CORE_READ(task, sighand) + bpf_core_field_offset(struct sighand_struct, action);
	struct k_sigaction *k = action + (sig - 1) * bpf_core_type_size(struct k_sigaction);
	__u64 handler = (__u64)BPF_CORE_READ(k, sa.sa_handler);

	return handler == 0 ? ET_DISP_DEFAULT : handler == 1 ? ET_DISP_IGNORED : ET_DISP_HANDLED;
}

/* Default action, nothing in the way: this is how the process ends. */
static __always_inline bool certain_death(const struct et_signal *s)
{
	return s->disposition == ET_DISP_DEFAULT && !(s->flags & (ET_SIG_BLOCKED | ET_SIG_PTRACED)) &&
	       (s->result == RESULT_DELIVERED || s->result == RESULT_LOSE_INFO);
}

static __always_inline void fill_fault(struct et_signal *s, void *ctx, struct kernel_siginfo *info)
{
	__u64 ip = 0;

	s->flags |= ET_SIG_FAULT;
	s->address = (__u64)BPF_CORE_READ(info, _sifields._sigfault._addr);
	if (bpf_get_stack(ctx, &ip, sizeof(ip), BPF_F_USER_STACK) <= 0)
		return;
	s->flags |= ET_SIG_IP;
	s->ip = ip;
}

static __always_inline void fill_siginfo(struct et_signal *s, void *ctx, struct kernel_siginfo *info)
{
	/* SEND_SIG_NOINFO and SEND_SIG_PRIV are the numbers 0 and 1, not pointers. */
	if ((__u64)info <= 1) {
		s->info = (__u64)info == 1 ? ET_INFO_PRIV : ET_INFO_NONE;
		return;
	}
	s->info = ET_INFO_REAL;
	s->code = BPF_CORE_READ(info, si_code);
	if (s->flags & ET_SIG_SELF && s->code > 0 && BIT(s->signo) & SYNCHRONOUS)
		fill_fault(s, ctx, info);
}

static __always_inline void fill_target(struct et_signal *s, struct task_struct *task, int sig)
{
	if ((task->blocked.sig[0] | task->real_blocked.sig[0]) & BIT(sig))
		s->flags |= ET_SIG_BLOCKED;
	if (sig == SIGKILL)
		s->flags &= ~ET_SIG_BLOCKED;
	else if (task->ptrace)
		s->flags |= ET_SIG_PTRACED;
	s->threads = task->signal->nr_threads;
}

static __always_inline void fill_killer_exe(struct et_signals *all, struct task_struct *sender)
{
	struct file *exe = BPF_CORE_READ(sender, mm, exe_file);

	all->killer_exe_len = 0;
	all->killer_exe_cut = 0;
	if (exe)
		fill_file((__u8 *)all->killer_exe, ET_KILLER_EXE_MAX, &all->killer_exe_len, &all->killer_exe_cut, exe,
			  sender);
}

/*
 * Is the process dying already of what is in the fatal slot? A fault is, at once; but a SIGKILL while its
 * core is dumped takes over (complete_signal() has written the status by now).
 */
static __always_inline bool settled(const struct et_signal *old, struct task_struct *task)
{
	struct signal_struct *sig = task->signal;

	if (!old->time_ns || !(old->flags & ET_SIG_FATAL))
		return false;
	if (sig->flags & (SIGNAL_GROUP_EXIT | SIGNAL_GROUP_COREDUMP))
		return (sig->group_exit_code & 0x7f) == old->signo;
	return old->flags & ET_SIG_FAULT;
}

static __always_inline void put_stop(struct et_signals *all, int slot, struct et_signal *s)
{
	struct et_signal *old = &all->stop[slot & (ET_SLOTS - 1)];

	s->count = old->count + 1;
	s->first_ns = old->count ? old->first_ns : s->time_ns;
	bpf_probe_read_kernel(old, sizeof(*old), s);
}

static __always_inline void put_fatal(struct et_signals *all, struct et_signal *s, struct task_struct *target)
{
	int slot = stop_slot(all->fatal.signo);

	if (settled(&all->fatal, target))
		return;
	if (all->fatal.time_ns && slot >= 0)
		bpf_probe_read_kernel(&all->stop[slot & (ET_SLOTS - 1)], sizeof(*s), &all->fatal);
	bpf_probe_read_kernel(&all->fatal, sizeof(all->fatal), s);
	if (!(s->flags & ET_SIG_SELF))
		fill_killer_exe(all, (void *)bpf_get_current_task());
}

static __always_inline struct et_signals *signals_entry(struct et_id *id)
{
	struct et_signals *all = bpf_map_lookup_elem(&signaled, id);

	if (all)
		return all;
	if (bpf_map_update_elem(&signaled, id, &no_signals, BPF_NOEXIST) == -E2BIG)
		count(full_signals);
	return bpf_map_lookup_elem(&signaled, id);
}

/* Worth remembering: it kills, or may once unblocked, or it asks to stop. */
static __always_inline bool noteworthy(const struct et_signal *s)
{
	if (stop_slot(s->signo) >= 0)
		return s->result != RESULT_PENDING; /* the first one counts */
	return s->disposition == ET_DISP_DEFAULT &&
	       (s->result == RESULT_DELIVERED || s->result == RESULT_LOSE_INFO);
}

/*
 * current, dying, makes the kernel send SIGHUP: to the foreground group of its terminal, or to
 * stopped groups that become orphaned.
 */
static __always_inline void count_hangup(struct task_struct *current, struct kernel_siginfo *info, int result)
{
	struct dying *e;

	if ((__u64)info != 1 || result != RESULT_DELIVERED || !(BPF_CORE_READ(current, flags) & PF_EXITING))
		return;
	e = current_entry(current);
	if (e)
		e->d.hung_up++;
}

/*
 * complete_signal() has begun a group exit: from here on it is dying, however long that takes. A signal
 * to a stopped process, say, waits.
 */
static __always_inline void begin_exit(struct task_struct *target, const struct et_id *id, const struct et_signal *s)
{
	if (s->flags & ET_SIG_FATAL && target->signal->flags & SIGNAL_GROUP_EXIT && wanted(target->group_leader, *id))
		slot_begin(id, target->group_leader, ET_PHASE_DELIVERY, s);
}

SEC("?tp_btf/signal_generate")
int BPF_PROG(signal__tp, int sig, struct kernel_siginfo *info, struct task_struct *target, int group, int result)
{
	struct task_struct *sender = (void *)bpf_get_current_task();
	struct et_signal s = {};
	struct et_signals *all;
	struct et_id id;

	if (sig < 1 || sig > 64)
		return 0;
	if (!config.notify_hooked)
		on_notify_signal(sig, info, target);
	if (HARMLESS & BIT(sig))
		return 0;
	/* To a zombie, until it is released, or to the dying itself: nothing becomes of that any more. */
	if (!target->signal->live.counter)
		return 0;
	if (sig == SIGHUP)
		count_hangup(sender, info, result);
	s.signo = sig;
	s.result = result;
	s.disposition = disposition(target, sig);
	if (!noteworthy(&s))
		return 0;
	id = leader_id(target->group_leader);
	if (!wanted_id(id))
		return 0;
	s.time_ns = s.first_ns = bpf_ktime_get_boot_ns();
	s.count = 1;
	s.flags = group ? ET_SIG_GROUP : 0;
	if ((__u32)BPF_CORE_READ(sender, tgid) == id.tgid)
		s.flags |= ET_SIG_SELF;
	fill_target(&s, target, sig);
	fill_siginfo(&s, ctx, info);
	if (certain_death(&s))
		s.flags |= ET_SIG_FATAL;
	fill_peer(&s.by, sender, true);
	fill_parent(&s.by_parent, sender);
	begin_exit(target, &id, &s);
	all = signals_entry(&id);
	if (!all)
		return 0;
	if (s.disposition == ET_DISP_DEFAULT && s.result != RESULT_IGNORED)
		put_fatal(all, &s, target);
	else
		put_stop(all, stop_slot(sig), &s);
	return 0;
}
