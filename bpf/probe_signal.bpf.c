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
	void *action = (void *)READ(task, sighand) + bpf_core_field_offset(struct sighand_struct, action);
	struct k_sigaction *k = element_at(action, sig - 1, bpf_core_type_size(struct k_sigaction));
	__u64 handler = (__u64)BPF_CORE_READ(k, sa.sa_handler);

	return handler == 0 ? ET_DISP_DEFAULT : handler == 1 ? ET_DISP_IGNORED : ET_DISP_HANDLED;
}

/* Default action, nothing in the way: this is how the process ends. */
static __always_inline bool certain_death(const struct et_signal *s)
{
	return s->disposition == ET_DISP_DEFAULT && !(s->flags & (ET_SIG_BLOCKED | ET_SIG_PTRACED)) &&
	       (s->result == RESULT_DELIVERED || s->result == RESULT_LOSE_INFO);
}

/* Has complete_signal(), which is through, begun a group exit for it? */
static __always_inline bool ends_group(struct signal_struct *sig, int signo)
{
	return READ(sig, flags) & SIGNAL_GROUP_EXIT && (READ(sig, group_exit_code) & 0x7f) == signo;
}

/*
 * Given to a process whose group exit has begun, by exit_group() or for another signal: nothing becomes of it. The
 * kernel calls it ignored, which those are, too, that the process chose to ignore.
 */
static __always_inline bool too_late(struct signal_struct *sig, int signo, int result)
{
	if (!(READ(sig, flags) & SIGNAL_GROUP_EXIT))
		return false;
	return result == RESULT_IGNORED || !ends_group(sig, signo);
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

/* The system call that current is in. */
static __always_inline __u64 call_number(void)
{
	struct pt_regs *user = user_regs(current_task());
	__u64 nr = 0;

#if defined(__TARGET_ARCH_x86)
	bpf_probe_read_kernel(&nr, 8, &user->orig_ax);
#else
	bpf_probe_read_kernel(&nr, 8, &user->regs[8]);
#endif
	return nr;
}

/*
 * A system call keeps the siginfo it was given on its stack; a timer keeps its own elsewhere. So the
 * si_code of a timer that a system call made up is told from a real one.
 */
static __always_inline bool made_by_call(const __u64 *ctx)
{
	struct task_struct *current = current_task();
	__u64 info = 0;

	/* For the verifier a number, with which it lets us calculate, not a pointer. */
	bpf_probe_read_kernel(&info, sizeof(info), &ctx[1]);
	return info - (__u64)READ(current, stack) < THREAD_SIZE;
}

/* A fault is no system call: then there is no number. */
static __always_inline bool calls_sigqueue(void)
{
	__u64 nr = call_number();

	return nr == NR_RT_SIGQUEUEINFO || nr == NR_RT_TGSIGQUEUEINFO || nr == NR_PIDFD_SEND_SIGNAL ||
	       nr == NR_RT_SIGQUEUEINFO_32;
}

/* To itself a process may send what to others only the kernel says. It may be such a call that seccomp forbids. */
static __always_inline bool made_up(const struct et_signal *s)
{
	if (s->signo == SIGSYS && READ(current_task(), seccomp.mode))
		return false;
	return s->flags & ET_SIG_SELF && calls_sigqueue();
}

/* Did a system call of current make the siginfo? That of mq_notify() is on the stack of whoever sends a message. */
static __always_inline bool by_call(const struct et_signal *s, const __u64 *ctx)
{
	if (s->code > 0)
		return made_up(s);
	return s->code == SI_MESGQ ? calls_sigqueue() : made_by_call(ctx);
}

static __always_inline void fill_siginfo(struct et_signal *s, __u64 *ctx, struct kernel_siginfo *info)
{
	/* SEND_SIG_NOINFO and SEND_SIG_PRIV are the numbers 0 and 1, not pointers. */
	if ((__u64)info <= 1) {
		s->info = (__u64)info == 1 ? ET_INFO_PRIV : ET_INFO_NONE;
		return;
	}
	s->info = ET_INFO_REAL;
	s->code = READ(info, si_code);
	if (by_call(s, ctx))
		s->flags |= ET_SIG_BY_CALL;
	if (s->flags & ET_SIG_SELF && s->code > 0 && BIT(s->signo) & SYNCHRONOUS && !(s->flags & ET_SIG_BY_CALL))
		fill_fault(s, ctx, info);
}

/* Sent by timers in whatever context an interrupt finds. */
#define TIMED (BIT(SIGALRM) | BIT(SIGVTALRM) | BIT(SIGPROF) | BIT(SIGXCPU) | BIT(SIGKILL))

/*
 * A tracer that lets its tracee go on with a signal, anywhere but where one is delivered, has the
 * tracee send it to itself.
 */
static __always_inline bool injected(const struct et_signal *s)
{
	return s->flags & ET_SIG_SELF && s->flags & ET_SIG_PTRACED && s->info == ET_INFO_PRIV &&
	       !(BIT(s->signo) & TIMED);
}

static __always_inline void fill_tracing(struct et_signal *s, struct task_struct *task, struct task_struct *sender)
{
	if (!task->ptrace)
		return;
	if (s->signo != SIGKILL)
		s->flags |= ET_SIG_PTRACED;
	if (READ(task, parent, tgid) != READ(sender, tgid))
		return;
	s->flags |= ET_SIG_TRACER;
	if (task->ptrace & PT_EXITKILL)
		s->flags |= ET_SIG_EXITKILL;
}

static __always_inline void fill_target(struct et_signal *s, struct task_struct *task, struct task_struct *sender)
{
	if ((task->blocked.sig[0] | task->real_blocked.sig[0]) & BIT(s->signo) && s->signo != SIGKILL)
		s->flags |= ET_SIG_BLOCKED;
	fill_tracing(s, task, sender);
	if (s->flags & ET_SIG_SELF && READ_BIT(task, in_execve))
		s->flags |= ET_SIG_EXEC;
	s->threads = task->signal->nr_threads;
}

static __always_inline bool sent_at_exit(const struct et_signal *s)
{
	return s->info == ET_INFO_PRIV && s->by.flags & ET_PEER_EXITING && !(BIT(s->signo) & TIMED & ~BIT(SIGKILL));
}

/*
 * Kernels of 7.x keep no siginfo of a SIGKILL, whoever sent it: what the system call is tells kill() from
 * PTRACE_KILL, and from writing to cgroup.kill.
 */
static __always_inline bool is_bare_kill(const struct et_signal *s)
{
	return s->signo == SIGKILL && s->info == ET_INFO_NONE;
}

static __always_inline bool is_write(__u64 nr)
{
	return nr == NR_WRITE || nr == NR_PWRITE64 || nr == NR_WRITEV;
}

/*
 * Is it current that sends it, or on whose behalf the kernel does? An interrupt finds somebody else running.
 */
static __always_inline bool is_senders(const struct et_signal *s)
{
	if (s->by.flags & ET_PEER_KTHREAD)
		return false;
	return s->info == ET_INFO_NONE || (s->info == ET_INFO_REAL && s->flags & ET_SIG_BY_CALL) || sent_at_exit(s);
}

/* ---- one call, many signals ---- */

#define SAME_CALL_NS 100000000ULL /* a loop over all processes may take its time, too */

static __always_inline bool same_call(const struct call *c, const __u64 *regs, const struct et_signal *s)
{
	return c->signo == s->signo && s->time_ns - c->last_ns < SAME_CALL_NS && c->regs[0] == regs[0] &&
	       c->regs[1] == regs[1] && c->regs[2] == regs[2] && c->regs[3] == regs[3] && c->regs[4] == regs[4];
}

/* A descriptor is given away again: the address of what it stands for. */
static __always_inline __u64 inode_of(__u32 fd)
{
	struct fdtable *fdt = READ(current_task(), files, fdt);
	struct file *file;

	if (fd >= READ(fdt, max_fds))
		return 0;
	file = file_at(fdt, fd);
	return (__u64)BPF_CORE_READ(file, f_inode);
}

/* The first two arguments of the call, by the convention of its program. */
static __always_inline void read_arguments(__u64 *args)
{
	struct pt_regs *user = user_regs(current_task());

	args[0] = PT_REGS_PARM1_CORE_SYSCALL(user);
	args[1] = PT_REGS_PARM2_CORE_SYSCALL(user);
#if defined(__TARGET_ARCH_x86)
	if (is_32bit(user)) {
		bpf_probe_read_kernel(&args[0], 8, &user->bx);
		bpf_probe_read_kernel(&args[1], 8, &user->cx);
	}
#endif
}

/* Instruction, stack, number and two arguments: a thread is in one system call at a time. */
static __always_inline void read_call(__u64 *regs)
{
	struct pt_regs *user = user_regs(current_task());

	bpf_probe_read_kernel(&regs[0], 8, &PT_REGS_IP(user));
	bpf_probe_read_kernel(&regs[1], 8, &PT_REGS_SP(user));
	regs[2] = call_number();
	read_arguments(&regs[3]);
	if (is_write(regs[2])) /* to cgroup.kill */
		regs[3] = inode_of(regs[3]);
}

/* The descriptor of a process is given away again, too; a call with it ends one process, or else its group. */
static __always_inline bool is_for_one(__u64 nr)
{
	struct pt_regs *user = user_regs(current_task());

	return nr == NR_PIDFD_SEND_SIGNAL && !(PT_REGS_PARM4_CORE_SYSCALL(user) & PIDFD_SIGNAL_PROCESS_GROUP);
}

static __always_inline struct call *call_entry(void)
{
	__u32 tid = this_thread();
	struct call *c = bpf_map_lookup_elem(&calls, &tid);

	if (c)
		return c;
	bpf_map_update_elem(&calls, &tid, &no_call, BPF_NOEXIST);
	return bpf_map_lookup_elem(&calls, &tid);
}

static __always_inline void begin_call(struct call *c, const __u64 *regs, const struct et_signal *s,
				       const struct et_id *target)
{
	for (int i = 0; i < 5; i++)
		c->regs[i] = regs[i];
	c->first = *target;
	c->begin_ns = s->time_ns;
	c->signo = s->signo;
	c->sent = 0;
	c->args_told = 0;
}

/* The first one did not know that there would be more. */
static __always_inline void note_company(const struct call *c)
{
	struct et_id first = c->first;
	struct et_signals *all = bpf_map_lookup_elem(&signaled, &first);

	if (all && all->killer.blast_ns == c->begin_ns)
		all->fatal.flags |= ET_SIG_BLAST;
}

static __always_inline struct call *note_call(struct et_signals *all, struct et_signal *s, const struct et_id *target)
{
	struct call *c = call_entry();
	__u64 regs[5] = {};

	if (!c)
		return NULL;
	read_call(regs);
	if (is_for_one(regs[2]))
		regs[3] = target->tgid;
	if (!same_call(c, regs, s))
		begin_call(c, regs, s, target);
	c->last_ns = s->time_ns;
	all->killer.blast_ns = c->begin_ns;
	if (c->sent && c->first.tgid == target->tgid) /* the same call again, to the same process */
		return c;
	if (c->sent++) {
		all->fatal.flags |= ET_SIG_BLAST;
		note_company(c);
	}
	return c;
}

/* ---- what is kept of the fatal signal only ---- */

static __always_inline void fill_killer_exe(struct et_killer *k, struct task_struct *sender)
{
	struct file *exe = READ(sender, mm, exe_file);

	if (exe)
		fill_file((__u8 *)k->exe, ET_KILLER_EXE_MAX, &k->exe_len, &k->exe_cut, exe, sender);
}

static __always_inline void fill_killer_cgroup(struct et_killer *k, struct task_struct *sender)
{
	bool v1;
	struct cgroup *cgrp = task_cgroup(sender, &v1);

	k->cgroup_id = READ(cgrp, kn, id);
	if (v1)
		k->seen |= ET_KILLER_CGROUP_V1;
	if (!tell_cgroup(cgrp, k->cgroup_id))
		k->cgroup_id = 0;
}

static __always_inline void fill_grandparent(struct et_killer *k, struct task_struct *sender)
{
	struct task_struct *parent = READ(sender, group_leader, real_parent);

	fill_parent(&k->grandparent, parent);
}

static __always_inline void fill_killer_args(struct et_killer *k, struct call *c, const struct et_signal *s,
					     struct task_struct *sender)
{
	__u64 mm = (__u64)BPF_CORE_READ(sender, mm);

	if (!mm || !c)
		return;
	if (!c->args_told)
		c->args_told = tell_args(s->by.id.start_ns, s->by.id.tgid, mm);
	if (c->args_told)
		k->seen |= ET_KILLER_ARGS;
}

/* Who writes to cgroup.kill, whoever hangs up a terminal, is in the middle of it. */
static __always_inline void fill_errand(struct et_signals *all, struct et_signal *s)
{
	__u32 tid = this_thread();
	struct errand *e = bpf_map_lookup_elem(&errands, &tid);
	struct et_killer *k = &all->killer;

	if (e && e->tty[0] && s->signo == SIGHUP)
		__builtin_memcpy(k->tty, e->tty, sizeof(k->tty));
	if (!is_bare_kill(s) || !config.cgroup_kill)
		return;
	if (e && e->cgroup)
		k->cgroup_killed = e->cgroup;
	else if (config.cgroup_kill_hooked || !is_senders(s) || s->by.flags & ET_PEER_EXITING ||
		 !is_write(call_number()))
		return;
	all->fatal.flags |= ET_SIG_CGROUP | ET_SIG_BLAST;
}

static __always_inline void fill_syscall(struct et_signals *all, struct et_signal *s, struct kernel_siginfo *info)
{
	if (s->signo != SIGSYS || s->code != SYS_SECCOMP || !(s->flags & ET_SIG_SELF) || s->info != ET_INFO_REAL)
		return;
	all->killer.syscall = BPF_CORE_READ(info, _sifields._sigsys._syscall);
	all->killer.arch = BPF_CORE_READ(info, _sifields._sigsys._arch);
	all->fatal.flags |= ET_SIG_SYSCALL;
}

static __always_inline void fill_killer_tty(struct et_killer *k, const struct et_signal *s, struct task_struct *target)
{
	struct tty_struct *tty = READ(target, signal, tty);

	if (s->info == ET_INFO_PRIV && tty)
		bpf_probe_read_kernel_str(k->tty, sizeof(k->tty), &tty->name);
}

/* Who sends it, current. All, for the path is put together in what is behind its place, too. */
ONCE int fill_killer_self(struct et_signals *all)
{
	struct task_struct *sender = current_task();
	struct et_killer *k;

	if (!all)
		return 0;
	k = &all->killer;
	fill_killer_exe(k, sender);
	fill_killer_cgroup(k, sender);
	fill_grandparent(k, sender);
	return 0;
}

/*
 * What is kept of the fatal signal noted last: it was sent to the task at `address`, with a siginfo at `info`.
 * A global function: it is much, and the verifier goes through it once, whatever has been found before.
 */
__noinline int fill_killer(__u64 address, __u64 info, __u64 start_ns, __u32 tgid)
{
	struct et_id id = make_id(start_ns, tgid);
	struct call *c = NULL;
	struct et_signals *all;
	struct et_signal *s;

	all = bpf_map_lookup_elem(&signaled, &id);
	if (!all)
		return 0;
	s = &all->fatal;
	bpf_probe_read_kernel(&all->killer, sizeof(all->killer), &no_signals.all.killer);
	fill_killer_tty(&all->killer, s, typed(task_struct, address));
	fill_syscall(all, s, (void *)info);
	fill_errand(all, s);
	if (is_senders(s) || (s->info == ET_INFO_PRIV && s->signo == SIGKILL))
		c = note_call(all, s, &id);
	if (s->flags & ET_SIG_SELF || !is_senders(s))
		return 0;
	fill_killer_self(all);
	if (config.want_args)
		fill_killer_args(&all->killer, c, s, current_task());
	return 0;
}

/*
 * Is the process dying already of what is in the fatal slot? A fault is, at once; but a SIGKILL while its
 * core is dumped takes over (complete_signal() has written the status by now).
 */
static __always_inline bool settled(const struct et_signal *old, struct task_struct *task)
{
	struct signal_struct *sig = READ(task, signal);
	int flags = READ(sig, flags);

	if (!old->time_ns || !(old->flags & ET_SIG_FATAL))
		return false;
	if (flags & (SIGNAL_GROUP_EXIT | SIGNAL_GROUP_COREDUMP))
		return (READ(sig, group_exit_code) & 0x7f) == old->signo;
	return old->flags & ET_SIG_FAULT;
}

static __always_inline void put_stop(struct et_signals *all, int slot, struct et_signal *s, struct task_struct *target)
{
	struct et_signal *old = &all->stop[slot & (ET_SLOTS - 1)];

	if (settled(&all->fatal, target)) /* it came too late, and would hide one that did not */
		return;
	s->count = old->count + 1;
	s->first_ns = old->count ? old->first_ns : s->time_ns;
	bpf_probe_read_kernel(old, sizeof(*old), s);
}

/* It did not kill: one more of those that asked to stop. */
static __always_inline void move_to_stop(struct et_signals *all, int slot)
{
	struct et_signal *old = &all->stop[slot & (ET_SLOTS - 1)];

	if (old->count) {
		all->fatal.count += old->count;
		all->fatal.first_ns = old->first_ns;
	}
	bpf_probe_read_kernel(old, sizeof(*old), &all->fatal);
}

/* Real-time signals queue: of several that wait, blocked or while it is stopped, the first one kills. */
static __always_inline bool is_behind(const struct et_signal *s, const struct et_signal *old,
				      struct task_struct *target)
{
	return s->signo >= SIGRTMIN && old->signo == s->signo && old->time_ns &&
	       !ends_group(READ(target, signal), s->signo);
}

static __always_inline void put_fatal(struct et_signals *all, struct et_signal *s, struct task_struct *target,
				      const struct et_id *id, __u64 info)
{
	int slot = stop_slot(all->fatal.signo);

	if (settled(&all->fatal, target) || is_behind(s, &all->fatal, target))
		return;
	if (all->fatal.time_ns && slot >= 0)
		move_to_stop(all, slot);
	bpf_probe_read_kernel(&all->fatal, sizeof(all->fatal), s);
	fill_killer(number(target), info, id->start_ns, id->tgid);
	if (s->signo == SIGKILL && s->info == ET_INFO_PRIV && !(s->by.flags & ET_PEER_EXITING) &&
	    on_kernel_kill(number(target), id->start_ns, id->tgid))
		all->fatal.flags |= ET_SIG_OOM;
}

static __always_inline struct signaled *signals_entry(struct et_id *id)
{
	struct signaled *e = bpf_map_lookup_elem(&signaled, id);
	long err;

	if (e)
		return e;
	__sync_fetch_and_add(near_signaled(id), 1);
	err = bpf_map_update_elem(&signaled, id, &no_signals, BPF_NOEXIST);
	if (err)
		__sync_fetch_and_add(near_signaled(id), -1);
	else
		__sync_fetch_and_add(&signaled_now, 1);
	if (err == -E2BIG) {
		count(full_signals);
		signals_full_ns = bpf_ktime_get_boot_ns();
	}
	return bpf_map_lookup_elem(&signaled, id);
}

/* Whether it may be, whoever gets it: asked first, of all that are sent. */
static __always_inline bool may_be_noteworthy(int sig, int result)
{
	if (HARMLESS & BIT(sig))
		return false;
	if (stop_slot(sig) >= 0)
		return result != RESULT_PENDING; /* the first one counts */
	return result == RESULT_DELIVERED || result == RESULT_LOSE_INFO;
}

/* Worth remembering: it kills, or may once unblocked, or it asks to stop. */
static __always_inline bool noteworthy(int sig, enum et_disposition action)
{
	return stop_slot(sig) >= 0 || action == ET_DISP_DEFAULT;
}

/*
 * current, dying, makes the kernel send SIGHUP: to the foreground group of its terminal, or to
 * stopped groups that become orphaned.
 */
__noinline int count_hangup(__u64 info, int result)
{
	struct task_struct *current = current_task();
	struct dying *e;

	if (info != 1 || result != RESULT_DELIVERED || !(READ(current, flags) & PF_EXITING))
		return 0;
	e = current_entry(current);
	if (e)
		e->d.hung_up++;
	return 0;
}

/*
 * complete_signal() has begun a group exit: from here on it is dying, however long that takes. A signal
 * to a stopped process, say, waits.
 */
static __always_inline void begin_exit(struct task_struct *target, const struct et_id *id, const struct et_signal *s)
{
	struct task_struct *leader = READ(target, group_leader);

	if (s->flags & ET_SIG_FATAL && READ(target, signal, flags) & SIGNAL_GROUP_EXIT && wanted(leader, *id))
		slot_begin(id, leader, ET_PHASE_DELIVERY, s, s->time_ns);
}

/*
 * The signal noted last goes where it belongs. As of the other global functions the verifier goes through it once,
 * whatever it was.
 */
ONCE int keep_signal(__u64 address, __u64 info, __u64 start_ns, __u32 tgid)
{
	struct task_struct *target = typed(task_struct, address);
	struct et_id id = make_id(start_ns, tgid);
	struct signaled *e = bpf_map_lookup_elem(&signaled, &id);

	if (!e)
		return 0;
	begin_exit(target, &id, &e->now);
	if (e->now.disposition == ET_DISP_DEFAULT && e->now.result != RESULT_IGNORED)
		put_fatal(&e->all, &e->now, target, &id, info);
	else
		put_stop(&e->all, stop_slot(e->now.signo), &e->now, target);
	return 0;
}

ONCE int fill_sender(struct et_signal *s)
{
	struct task_struct *sender = current_task();

	if (!s)
		return 0;
	fill_peer(&s->by, sender, true);
	fill_parent(&s->by_parent, sender);
	return 0;
}

/* The tracer of the task at `address` is who wanted it. */
ONCE int fill_tracer(struct et_signal *s, __u64 address)
{
	struct task_struct *tracer = READ(typed(task_struct, address), parent);

	if (!s)
		return 0;
	fill_peer(&s->by, tracer, true);
	fill_parent(&s->by_parent, tracer);
	return 0;
}

/* All that is known of the signal itself. */
static __always_inline void fill_signal(struct et_signal *s, __u64 *ctx, struct kernel_siginfo *info,
					struct task_struct *target, struct task_struct *sender)
{
	s->time_ns = s->first_ns = bpf_ktime_get_boot_ns();
	s->count = 1;
	fill_target(s, target, sender);
	fill_siginfo(s, ctx, info);
	if (injected(s))
		s->flags |= ET_SIG_INJECTED;
	if (is_bare_kill(s) && s->flags & ET_SIG_TRACER && call_number() != NR_PTRACE)
		s->flags &= ~ET_SIG_TRACER; /* kill(), as anybody else may */
	/* What the main thread blocks another thread may not. */
	if (s->disposition == ET_DISP_DEFAULT && ends_group(READ(target, signal), s->signo))
		s->flags = (s->flags & ~(ET_SIG_BLOCKED | ET_SIG_PTRACED)) | ET_SIG_FATAL;
	if (certain_death(s))
		s->flags |= ET_SIG_FATAL;
	fill_sender(s);
	if (s->flags & ET_SIG_INJECTED)
		fill_tracer(s, number(target));
}

SEC("?tp_btf/signal_generate")
int BPF_PROG(signal__tp, int sig, struct kernel_siginfo *siginfo, struct task_struct *task, int group, int result)
{
	struct task_struct *sender, *target;
	struct kernel_siginfo *info;
	struct signaled *e;
	struct et_signal *s;
	struct et_id id;
	__u8 action;

	if (sig < 1 || sig > 64 || (config.notify_hooked && !may_be_noteworthy(sig, result)))
		return 0;
	sender = current_task();
	target = typed(task_struct, task);
	info = typed(kernel_siginfo, siginfo);
	if (!config.notify_hooked)
		on_notify_signal(sig, info, target);
	if (!may_be_noteworthy(sig, result))
		return 0;
	/* To a zombie, until it is released, or to the dying itself: nothing becomes of that any more. */
	if (!target->signal->live.counter || too_late(target->signal, sig, result))
		return 0;
	if (sig == SIGHUP)
		count_hangup(number(siginfo), result);
	action = disposition(target, sig);
	if (!noteworthy(sig, action))
		return 0;
	id = leader_id(target->group_leader);
	if (!wanted_id(id))
		return 0;
	e = signals_entry(&id);
	if (!e)
		return 0;
	s = &e->now;
	bpf_probe_read_kernel(s, sizeof(*s), &no_signals.now);
	s->signo = sig;
	s->result = result;
	s->disposition = action;
	s->flags = group ? ET_SIG_GROUP : 0;
	if ((__u32)READ(sender, tgid) == id.tgid)
		s->flags |= ET_SIG_SELF;
	fill_signal(s, ctx, info, target, sender);
	keep_signal(number(target), number(info), id.start_ns, id.tgid);
	return 0;
}

/* Does current, traced, get this signal because its tracer put it in place of another, or of none? */
static __always_inline bool put_in_place(struct task_struct *current, struct kernel_siginfo *info)
{
	struct task_struct *tracer = READ(current, parent);
	unsigned int level = READ(current, thread_pid, level);

	if ((__u64)info <= 1 || READ(info, si_code) != SI_USER)
		return false;
	return (__u32)BPF_CORE_READ(info, _sifields._kill._pid) ==
	       pid_at(READ(tracer, group_leader, thread_pid), level);
}

/*
 * Hook: signal_deliver, of use only for tracees: where one stops for a signal, its tracer may let it go on with
 * another, and that is generated nowhere. (Before 5.18 PTRACE_KILL was done that way, too.)
 */
SEC("?tp_btf/signal_deliver")
int BPF_PROG(deliver__tp, int sig, struct kernel_siginfo *siginfo, struct k_sigaction *sigaction)
{
	struct kernel_siginfo *info = typed(kernel_siginfo, siginfo);
	struct k_sigaction *action = typed(k_sigaction, sigaction);
	struct task_struct *current = current_task();
	struct signaled *e;
	struct et_signal *s;
	struct et_id id;

	if (!READ(current, ptrace) || sig < 1 || sig > 64 || HARMLESS & BIT(sig))
		return 0;
	if (READ(action, sa.sa_handler) || !put_in_place(current, info))
		return 0;
	id = leader_id(READ(current, group_leader));
	if (!wanted_id(id))
		return 0;
	e = signals_entry(&id);
	if (!e || e->all.fatal.signo == sig)
		return 0;
	s = &e->all.fatal;
	bpf_probe_read_kernel(s, sizeof(*s), &no_signals.now);
	bpf_probe_read_kernel(&e->all.killer, sizeof(e->all.killer), &no_signals.all.killer);
	s->signo = sig;
	s->time_ns = s->first_ns = bpf_ktime_get_boot_ns();
	s->count = 1;
	s->info = ET_INFO_REAL;
	s->threads = READ(current, signal, nr_threads);
	s->flags = ET_SIG_FATAL | ET_SIG_INJECTED | ET_SIG_TRACER;
	fill_tracer(s, number(current));
	fill_killer_exe(&e->all.killer, READ(current, parent));
	return 0;
}
