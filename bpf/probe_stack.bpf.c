/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --exit-stack: which call ended a process, and where its threads were when they did not call anything.
 *
 * Hooks: the functions of C libraries that end a process, whose return address is who called. signal_deliver shows
 * each thread that a fatal signal reaches, with its memory and registers still there, a plain SIGKILL too.
 * What is left, a system call of its own, is where the memory goes: sched_process_exit (6.16), before that
 * taskstats_exit, or the call itself.
 *
 * Each stack is a message of its own, sent at once: nothing has to be kept until the death.
 */

/* ---- who called: a return address made into a file, its build id and an offset ---- */

struct elf_note {
	__u32 name_size, desc_size, type, name;
};

struct elf_segment {
	__u32 type, flags;
	__u64 offset, address, physical, size;
};

/* Through the notes of a file that is mapped at `base`, as the kernel reads a build id. All is the process's word. */
struct id_search {
	__u64 base;
	__u64 segment, segments_end; /* addresses of program headers */
	__u64 note, notes_end;
	struct et_frame *frame;
};

#define ELF_MAGIC 0x464c457f
#define GNU_NAME 0x554e47
#define ID_STEPS 32 /* headers and notes together */
#define ALIGN4(n) (((n) + 3ULL) & ~3ULL)

static __always_inline void enter_segment(struct id_search *s)
{
	struct elf_segment p = {};

	bpf_probe_read_user(&p, sizeof(p), (void *)s->segment);
	s->segment += 56;
	if (p.type != PT_NOTE)
		return;
	s->note = s->base + p.offset;
	s->notes_end = s->note + p.size;
}

STEP find_build_id(__u32 round, struct id_search *s)
{
	struct elf_note n = {};

	if (s->note >= s->notes_end) {
		if (s->segment >= s->segments_end)
			return 1;
		enter_segment(s);
		return 0;
	}
	if (bpf_probe_read_user(&n, sizeof(n), (void *)s->note))
		return 1;
	if (n.type == NT_GNU_BUILD_ID && n.name == GNU_NAME && n.desc_size == ET_BUILD_ID_LEN) {
		if (!bpf_probe_read_user(s->frame->build_id, ET_BUILD_ID_LEN, (void *)s->note + sizeof(n)))
			s->frame->kind = ET_FRAME_FILE;
		return 1;
	}
	s->note += 12 + ALIGN4(n.name_size) + ALIGN4(n.desc_size);
	return 0;
}

/* The header is where the file's first page is mapped, mostly as far in front as in the file. */
static __always_inline void fill_build_id(struct et_frame *frame, const struct mapping *m, const bool helper)
{
	struct id_search s = { .base = m->start - m->offset, .frame = frame };
	struct mapping first;
	struct {
		__u32 magic, rest[7];
		__u64 headers, sections;
		__u32 flags;
		__u16 size, header_size, nr_headers, pad[3];
	} elf = {};

	if (m->offset && (!find_mapping(&first, s.base, helper) || first.file != m->file))
		return;
	if (bpf_probe_read_user(&elf, sizeof(elf), (void *)s.base) || elf.magic != ELF_MAGIC || elf.header_size != 56)
		return;
	s.segment = s.base + elf.headers;
	s.segments_end = s.segment + elf.nr_headers * 56ULL;
	repeat(ID_STEPS, find_build_id, &s);
}

static __always_inline void fill_caller_file(struct et_stack *t, const struct mapping *m)
{
	__u32 cut = 0;

	fill_file((__u8 *)t->path, ET_STACK_PATH_MAX, &t->path_len, &cut, typed(file, m->file), current_task());
	if (cut)
		t->flags |= ET_STACK_CUT;
}

static __always_inline void fill_caller(struct et_stack *t, __u64 callee, __u64 caller, const struct mapping *m,
					const bool helper)
{
	if (!bpf_probe_read_user(t->code, sizeof(t->code), (void *)caller - sizeof(t->code)))
		t->flags |= ET_STACK_CODE_READ;
	t->caller.kind = ET_FRAME_ADDRESS;
	t->caller.offset = caller;
	if (!m->file)
		return;
	t->caller.kind = ET_FRAME_OFFSET;
	t->caller.offset = caller - m->start + m->offset;
	if (m->start <= callee && callee < m->end) {
		t->flags |= ET_STACK_INSIDE; /* of that the kernel tells the build id with the first frame */
		return;
	}
	fill_build_id(&t->caller, m, helper);
	fill_caller_file(t, m);
}

/* ---- a message ---- */

#define STACK_SIZE(n) (offsetof(struct et_stack, frames) + (n) * sizeof(struct et_frame))

static __always_inline void begin_stack(struct et_stack *t, struct et_id id, enum et_stack_what what)
{
	bpf_probe_read_kernel(t, offsetof(struct et_stack, frames), &no_stack);
	t->h.kind = ET_STACK;
	t->id = id;
	t->what = what;
	t->tid = this_thread();
	t->syscall = -1;
}

/* The death wakes the reader. But it may be one that is not asked for, and many of those fill the ring buffer. */
static __always_inline __u64 flags_of_stack(void)
{
	return bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA) < ET_RING_BYTES / 4 ? BPF_RB_NO_WAKEUP :
										 BPF_RB_FORCE_WAKEUP;
}

/*
 * The frames of current, and off it goes. `max` is a constant. False: there may be more of them than that, and nothing
 * was sent.
 */
static __always_inline bool end_stack(void *ctx, struct et_stack *t, const __u32 max)
{
	long size = bpf_get_stack(ctx, t->frames, max * sizeof(struct et_frame),
				  BPF_F_USER_STACK | BPF_F_USER_BUILD_ID);

	if (size == max * sizeof(struct et_frame) && max < ET_STACK_FRAMES) {
		bpf_ringbuf_discard(t, BPF_RB_NO_WAKEUP);
		return false;
	}
	t->nr = size > 0 ? size / sizeof(struct et_frame) : 0;
	t->h.size = STACK_SIZE(t->nr);
	bpf_ringbuf_submit(t, flags_of_stack());
	return true;
}

static __always_inline struct et_stack *reserve_stack(const __u32 max)
{
	struct et_stack *t = bpf_ringbuf_reserve(&ring, STACK_SIZE(max), 0);

	if (!t)
		count(lost_file);
	return t;
}

static __always_inline struct leaving *leaving_entry_of(struct et_id *id)
{
	const struct leaving none = {};
	struct leaving *l = bpf_map_lookup_elem(&leaving, id);

	if (l)
		return l;
	bpf_map_update_elem(&leaving, id, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&leaving, id);
}

static __always_inline __u64 current_mm(void)
{
	return (__u64)BPF_CORE_READ(current_task(), mm);
}

#define TOLD(what) (1U << (what))

/* ---- exit() and the like ---- */

static __always_inline bool send_call(void *ctx, struct et_id id, enum et_stack_call call, __u64 callee, __u64 caller,
				      const struct mapping *m, const __u32 max, const bool helper)
{
	struct et_stack *t = reserve_stack(max);

	if (!t)
		return true;
	begin_stack(t, id, ET_STACK_CALL);
	t->call = call;
	fill_caller(t, callee, caller, m, helper);
	return end_stack(ctx, t, max);
}

static __always_inline __u64 return_address(struct pt_regs *ctx)
{
#if defined(__TARGET_ARCH_x86)
	__u64 caller = 0;

	if (is_32bit(ctx))
		bpf_probe_read_user(&caller, sizeof(__u32), (void *)PT_REGS_SP(ctx));
	else
		bpf_probe_read_user(&caller, sizeof(caller), (void *)PT_REGS_SP(ctx));
	return caller;
#else
	return PT_REGS_RET(ctx);
#endif
}

/*
 * exit() ends in _exit(), which is not what was called then. And a file of several overlays is one to the kernel, which
 * tells of a call as often as it was found.
 */
static __always_inline bool is_same_call(const struct leaving *l, enum et_stack_call call, __u64 callee, __u64 stack,
					 const struct mapping *m)
{
	if (!(l->told & TOLD(ET_STACK_CALL)) || l->mm != current_mm())
		return false;
	if (l->callee == callee && l->stack == stack)
		return true;
	return call == ET_CALL__EXIT && m->start <= callee && callee < m->end;
}

static __always_inline int on_call(struct pt_regs *ctx, enum et_stack_call call, const bool helper)
{
	struct task_struct *leader = READ(current_task(), group_leader);
	__u64 callee = PT_REGS_IP(ctx), caller = return_address(ctx);
	struct et_id id = leader_id(leader);
	struct leaving *l;
	struct mapping m;

	if (!telling || !wanted(leader, id))
		return 0;
	l = leaving_entry_of(&id);
	if (!l)
		return 0;
	find_mapping(&m, caller, helper);
	if (is_same_call(l, call, callee, PT_REGS_SP(ctx), &m))
		return 0;
	l->mm = current_mm();
	l->callee = callee;
	l->stack = PT_REGS_SP(ctx);
	l->told |= TOLD(ET_STACK_CALL);
	if (!send_call(ctx, id, call, callee, caller, &m, ET_STACK_FEW, helper))
		send_call(ctx, id, call, callee, caller, &m, ET_STACK_FRAMES, helper);
	return 0;
}

/* Once for all of them: ten copies would be a tenth of the object that every start reads. */
static __noinline int on_call_found(struct pt_regs *ctx, enum et_stack_call call)
{
	return on_call(ctx, call, true);
}

static __noinline int on_call_walked(struct pt_regs *ctx, enum et_stack_call call)
{
	return on_call(ctx, call, false);
}

/* What each is attached to is found out by the user half, file by file: the name is that of the symbol. */
#define CALL(name, symbol, call)                                           \
	SEC("?uprobe/" symbol)                                             \
	int BPF_KPROBE(name##__uprobe) { return on_call_found(ctx, call); } \
	SEC("?uprobe/" symbol)                                             \
	int BPF_KPROBE(name##__uprobe_walk) { return on_call_walked(ctx, call); }

CALL(exit, "exit", ET_CALL_EXIT)
CALL(_exit, "_exit", ET_CALL__EXIT)
CALL(_Exit, "_Exit", ET_CALL__EXIT)
CALL(quick_exit, "quick_exit", ET_CALL_QUICK_EXIT)
CALL(abort, "abort", ET_CALL_ABORT)

/* On all of them (6.6). Which one it is, enum et_stack_call, the user half has told the kernel. */
SEC("?uprobe.multi/calls")
int BPF_KPROBE(calls__multi)
{
	return on_call_found(ctx, bpf_get_attach_cookie(ctx));
}

/* ---- signals ---- */

static __always_inline bool send_signal_stack(void *ctx, struct et_id id, enum et_stack_what what, int sig,
					      const __u32 max)
{
	struct et_stack *t = reserve_stack(max);

	if (!t)
		return true;
	begin_stack(t, id, what);
	t->signo = sig;
	return end_stack(ctx, t, max);
}

/*
 * SIGKILL without a siginfo is what the other threads get, of whatever ended the process: exit() too, and exec().
 */
static __always_inline bool ends_process(int sig, struct kernel_siginfo *info, struct task_struct *current)
{
	struct signal_struct *signal = READ(current, signal);

	if (sig != SIGKILL || (__u64)info > 1)
		return true;
	return READ(signal, flags) & SIGNAL_GROUP_EXIT && READ(signal, group_exit_code) & 0x7f;
}

/* Of several threads the one that the signal is about, else the main thread, else the first one seen. */
static __always_inline bool is_better(const struct leaving *l, int sig, struct task_struct *current)
{
	if (!(l->told & TOLD(ET_STACK_SIGNAL)))
		return true;
	if (l->signo)
		return false;
	return sig != SIGKILL || current == READ(current, group_leader);
}

SEC("?tp_btf/signal_deliver")
int BPF_PROG(stand__tp, int sig, struct kernel_siginfo *siginfo, struct k_sigaction *sigaction)
{
	struct k_sigaction *action = typed(k_sigaction, sigaction);
	struct task_struct *current = current_task(), *leader = READ(current, group_leader);
	struct et_id id = leader_id(leader);
	struct leaving *l;

	if (sig < 1 || sig > 64 || HARMLESS & BIT(sig) || READ(action, sa.sa_handler))
		return 0;
	if (!ends_process(sig, siginfo, current) || !wanted(leader, id))
		return 0;
	l = leaving_entry_of(&id);
	if (!l || !is_better(l, sig, current))
		return 0;
	l->told |= TOLD(ET_STACK_SIGNAL);
	if (sig != SIGKILL)
		l->signo = sig;
	if (!send_signal_stack(ctx, id, ET_STACK_SIGNAL, sig, ET_STACK_FEW))
		send_signal_stack(ctx, id, ET_STACK_SIGNAL, sig, ET_STACK_FRAMES);
	return 0;
}

/* The signal that has just been noted as the fatal one, by signal__tp, which runs first, and was sent by current. */
static __always_inline bool is_kept(const struct et_signals *all, const struct et_signal *now, int sig)
{
	return now->signo == sig && now->time_ns == all->fatal.time_ns && now->flags & ET_SIG_FATAL &&
	       !(now->flags & ET_SIG_SELF) && now->by.tid == this_thread() && is_senders(now);
}

SEC("?tp_btf/signal_generate")
int BPF_PROG(sender__tp, int sig, struct kernel_siginfo *siginfo, struct task_struct *task, int group, int result)
{
	struct task_struct *target = typed(task_struct, task);
	struct signaled *e;
	struct et_id id;

	if (sig < 1 || sig > 64 || HARMLESS & BIT(sig) || (result != RESULT_DELIVERED && result != RESULT_LOSE_INFO))
		return 0;
	id = leader_id(target->group_leader);
	e = bpf_map_lookup_elem(&signaled, &id);
	if (!e || !is_kept(&e->all, &e->now, sig) || !wanted(READ(target, group_leader), id))
		return 0;
	if (!send_signal_stack(ctx, id, ET_STACK_SENDER, sig, ET_STACK_FEW))
		send_signal_stack(ctx, id, ET_STACK_SENDER, sig, ET_STACK_FRAMES);
	return 0;
}

/* ---- the rest ---- */

static __always_inline bool send_last_stack(void *ctx, struct et_id id, struct task_struct *current, const __u32 max)
{
	struct et_stack *t = reserve_stack(max);

	if (!t)
		return true;
	begin_stack(t, id, ET_STACK_DEATH);
	t->syscall = call_number();
	if (READ(current, signal, flags) & SIGNAL_GROUP_EXIT)
		t->flags |= ET_STACK_GROUP;
	if (is_32bit(user_regs(current)))
		t->flags |= ET_STACK_32BIT;
	return end_stack(ctx, t, max);
}

/* Was all that is to be said of it told by other programs? exec() may have come behind a call. */
static __always_inline bool is_told(const struct leaving *l)
{
	return l->told & TOLD(ET_STACK_SIGNAL) ||
	       (l->told & (TOLD(ET_STACK_CALL) | TOLD(ET_STACK_DEATH)) && l->mm == current_mm());
}

/* The thread that ends the others is hardly ever the last one. */
static __always_inline bool ends_others(struct task_struct *current)
{
	return READ(current, signal, flags) & SIGNAL_GROUP_EXIT && !(READ(current, exit_code) & 0x7f) &&
	       call_number() == NR_EXIT_GROUP;
}

static __always_inline int on_last_stand(void *ctx, bool last)
{
	struct task_struct *current = current_task();
	struct task_struct *leader = READ(current, group_leader);
	struct et_id id = leader_id(leader);
	struct leaving *l;

	if ((!last && !ends_others(current)) || !telling || !wanted(leader, id))
		return 0;
	l = leaving_entry_of(&id);
	if (!l || is_told(l))
		return 0;
	l->mm = current_mm();
	l->told |= TOLD(ET_STACK_DEATH);
	if (!send_last_stack(ctx, id, current, ET_STACK_FEW))
		send_last_stack(ctx, id, current, ET_STACK_FRAMES);
	return 0;
}

SEC("?tp_btf/sched_process_exit")
int BPF_PROG(stood__tp, struct task_struct *task)
{
	return on_last_stand(ctx, exit_tells_last_says(ctx));
}

SEC("?fentry/taskstats_exit")
int BPF_PROG(stood__fentry, struct task_struct *task, int group_dead)
{
	return on_last_stand(ctx, group_dead);
}

SEC("?kprobe/taskstats_exit")
int BPF_KPROBE(stood__kprobe, struct task_struct *task, int group_dead)
{
	return on_last_stand(ctx, group_dead);
}

/* Of the thread that calls it; threads that end one by one are not seen. */
SEC("?tp/syscalls/sys_enter_exit_group")
int stood__call(void *ctx)
{
	return on_last_stand(ctx, true);
}
