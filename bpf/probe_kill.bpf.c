/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a thread is about when the kernel sends signals for it: it writes to cgroup.kill, it hangs up a
 * terminal, it made a system call that seccomp ends it for.
 *
 * Hooks: cgroup_kill_write, tty_vhangup, and audit_seccomp, which is called for every thread that seccomp ends,
 * in strict mode too, where no signal is generated. All three are rare.
 */

static __always_inline struct errand *errand_entry(void)
{
	__u32 tid = this_thread();

	bpf_map_update_elem(&errands, &tid, &no_errand, BPF_ANY);
	return bpf_map_lookup_elem(&errands, &tid);
}

static __always_inline int on_errand_done(void)
{
	__u32 tid = this_thread();

	bpf_map_delete_elem(&errands, &tid);
	return 0;
}

static __always_inline int on_cgroup_kill(struct kernfs_open_file *of)
{
	struct kernfs_node *kn = kernfs_parent(READ(of, kn));
	struct errand *e = errand_entry();

	if (!e || !kn)
		return 0;
	e->cgroup = READ(kn, id);
	tell_cgroup_path(number(kn), e->cgroup);
	return 0;
}

SEC("?fentry/cgroup_kill_write")
int BPF_PROG(cgroup_kill__fentry, struct kernfs_open_file *of)
{
	return on_cgroup_kill(typed(kernfs_open_file, of));
}

SEC("?fexit/cgroup_kill_write")
int BPF_PROG(cgroup_killed__fexit)
{
	return on_errand_done();
}

SEC("?kprobe/cgroup_kill_write")
int BPF_KPROBE(cgroup_kill__kprobe, struct kernfs_open_file *of)
{
	return on_cgroup_kill(typed(kernfs_open_file, of));
}

SEC("?kretprobe/cgroup_kill_write")
int BPF_KRETPROBE(cgroup_killed__kretprobe)
{
	return on_errand_done();
}

static __always_inline int on_hangup(struct tty_struct *tty)
{
	struct errand *e = errand_entry();

	if (e)
		bpf_probe_read_kernel_str(e->tty, sizeof(e->tty), &tty->name);
	return 0;
}

SEC("?fentry/tty_vhangup")
int BPF_PROG(hangup__fentry, struct tty_struct *tty)
{
	return on_hangup(tty);
}

SEC("?fexit/tty_vhangup")
int BPF_PROG(hungup__fexit)
{
	return on_errand_done();
}

SEC("?kprobe/tty_vhangup")
int BPF_KPROBE(hangup__kprobe, struct tty_struct *tty)
{
	return on_hangup(tty);
}

SEC("?kretprobe/tty_vhangup")
int BPF_KRETPROBE(hungup__kretprobe)
{
	return on_errand_done();
}

/* Also called for what seccomp only logs, or answers with an error: then nobody dies of it. */
static __always_inline int on_refusal(unsigned long syscall, long signr)
{
	struct refusal r = { .syscall = syscall, .signo = signr };
	__u32 tid = this_thread();

	if (signr != SIGSYS && signr != SIGKILL)
		return 0;
	r.arch = call_arch(current_task());
	bpf_map_update_elem(&refusals, &tid, &r, BPF_ANY);
	return 0;
}

SEC("?fentry/audit_seccomp")
int BPF_PROG(refused__fentry, unsigned long syscall, long signr)
{
	return on_refusal(syscall, signr);
}

SEC("?kprobe/audit_seccomp")
int BPF_KPROBE(refused__kprobe, unsigned long syscall, long signr)
{
	return on_refusal(syscall, signr);
}

/* What a thread that is exiting did to be ended; NULL: nothing known. */
static __always_inline struct refusal *refusal_of(__u32 tid, int exit_code)
{
	__u32 sig = exit_code & 0x7f;
	struct refusal *r;

	if (sig != SIGSYS && sig != SIGKILL)
		return NULL;
	r = bpf_map_lookup_elem(&refusals, &tid);
	return r && r->signo == sig ? r : NULL;
}

static __always_inline void forget_refusal(struct task_struct *task)
{
	__u32 tid = task->pid;

	bpf_map_delete_elem(&refusals, &tid);
}
