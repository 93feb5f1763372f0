/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * task.bpf.h: from a task_struct to the parts of a message. One part, one function.
 *
 * `direct` is a constant: true where the verifier knows the pointer's type
 * (tp_btf, fentry, iterators) and a plain load does; false in kprobes.
 */
#ifndef EXITTRACE_TASK_BPF_H
#define EXITTRACE_TASK_BPF_H

#define GET(direct, p, member) ((direct) ? (p)->member : BPF_CORE_READ(p, member))

#define NS_PER_SECOND 1000000000ULL
#define NS_PER_TICK 10000000ULL /* USER_HZ is 100 wherever we run */

static __always_inline __u32 this_thread(void)
{
	return (__u32)bpf_get_current_pid_tgid();
}

static __always_inline struct et_id leader_id(struct task_struct *leader)
{
	struct et_id id = {};

	id.start_ns = BPF_CORE_READ(leader, start_boottime);
	id.tgid = BPF_CORE_READ(leader, tgid);
	return id;
}

/* The pid of `p` in the pid namespace at `level`; 0: not visible there. */
static __always_inline __u32 pid_at(struct pid *pid, unsigned int level)
{
	struct upid *numbers = pid->numbers;

	if (level > BPF_CORE_READ(pid, level))
		return 0;
	return BPF_CORE_READ((struct upid *)((void *)numbers + level * bpf_core_type_size(struct upid)), nr);
}

static __always_inline __u32 peer_flags(struct task_struct *task, struct task_struct *leader)
{
	struct signal_struct *sig = BPF_CORE_READ(leader, signal);
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);
	__u32 flags = BPF_CORE_READ(task, flags), out = 0;

	if (flags & PF_EXITING)
		out |= ET_PEER_EXITING;
	if (flags & PF_EXITING && !BPF_CORE_READ(sig, live.counter))
		out |= ET_PEER_DYING;
	if (flags & PF_KTHREAD)
		out |= ET_PEER_KTHREAD;
	if (BPF_CORE_READ_BITFIELD_PROBED(sig, is_child_subreaper))
		out |= ET_PEER_SUBREAPER;
	if (pid && pid_at(pid, BPF_CORE_READ(pid, level)) == 1)
		out |= ET_PEER_NS_INIT;
	return out;
}

/* The process `task` belongs to; `tid` says whether this very thread acted. */
static __always_inline void fill_peer(struct et_peer *peer, struct task_struct *task, bool tid)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);

	peer->id = leader_id(leader);
	peer->tid = tid ? BPF_CORE_READ(task, pid) : 0;
	peer->uid = BPF_CORE_READ(task, cred, uid.val);
	peer->flags = peer_flags(task, leader);
	peer->pad = 0;
	bpf_probe_read_kernel(peer->comm, sizeof(peer->comm), &leader->comm);
}

static __always_inline void fill_parent(struct et_peer *peer, struct task_struct *task)
{
	struct task_struct *leader = BPF_CORE_READ(task, group_leader);
	struct task_struct *parent = BPF_CORE_READ(leader, real_parent);

	fill_peer(peer, parent, false);
}

/*
 * What every thread used, as wait4() would tell: signal_struct has the threads
 * that are gone, the leader stays until the end. Exact once the group is empty;
 * before, `last` (when it is not the leader) is added and racing threads are not.
 */
static __always_inline void fill_resources(const bool direct, struct et_resources *r, struct task_struct *leader,
					   struct signal_struct *sig)
{
	r->utime_ns = GET(direct, sig, utime) + GET(direct, leader, utime);
	r->stime_ns = GET(direct, sig, stime) + GET(direct, leader, stime);
	r->runtime_ns = GET(direct, sig, sum_sched_runtime) + GET(direct, leader, se.sum_exec_runtime);
	r->max_rss_pages = GET(direct, sig, maxrss);
	r->minor_faults = GET(direct, sig, min_flt) + GET(direct, leader, min_flt);
	r->major_faults = GET(direct, sig, maj_flt) + GET(direct, leader, maj_flt);
	r->voluntary_switches = GET(direct, sig, nvcsw) + GET(direct, leader, nvcsw);
	r->involuntary_switches = GET(direct, sig, nivcsw) + GET(direct, leader, nivcsw);
	if (!bpf_core_field_exists(sig->ioac.read_bytes))
		return;
	r->read_bytes = GET(direct, sig, ioac.read_bytes) + GET(direct, leader, ioac.read_bytes);
	r->write_bytes = GET(direct, sig, ioac.write_bytes) + GET(direct, leader, ioac.write_bytes);
}

static __always_inline void add_last_thread(struct et_resources *r, struct task_struct *last)
{
	r->utime_ns += last->utime;
	r->stime_ns += last->stime;
	r->runtime_ns += last->se.sum_exec_runtime;
	r->minor_faults += last->min_flt;
	r->major_faults += last->maj_flt;
	r->voluntary_switches += last->nvcsw;
	r->involuntary_switches += last->nivcsw;
	if (!bpf_core_field_exists(last->ioac.read_bytes))
		return;
	r->read_bytes += last->ioac.read_bytes;
	r->write_bytes += last->ioac.write_bytes;
}

/* What the parent's wait() says, whichever thread died last. */
static __always_inline __s32 exit_status(const bool direct, struct task_struct *leader, struct signal_struct *sig)
{
	if (GET(direct, sig, flags) & SIGNAL_GROUP_EXIT)
		return GET(direct, sig, group_exit_code) & 0xffff;
	return GET(direct, leader, exit_code) & 0xffff;
}

static __always_inline void fill_pids(struct et_death *d, struct task_struct *leader, struct signal_struct *sig)
{
	struct pid *pid = BPF_CORE_READ(leader, thread_pid);

	d->pgid = pid_at(BPF_CORE_READ(sig, pids[2]), 0);
	d->session = pid_at(BPF_CORE_READ(sig, pids[3]), 0);
	d->ns_level = BPF_CORE_READ(pid, level);
	if (d->ns_level >= ET_PID_LEVELS)
		d->cut |= ET_CUT_NS;
	for (__u32 i = 0; i < ET_PID_LEVELS; i++)
		d->ns_pids[i] = i <= d->ns_level ? pid_at(pid, i) : 0;
}

static __always_inline void fill_tty(struct et_death *d, struct signal_struct *sig)
{
	struct tty_struct *tty = BPF_CORE_READ(sig, tty);

	d->seen |= ET_SEEN_TTY;
	if (tty)
		bpf_probe_read_kernel_str(d->tty, sizeof(d->tty), &tty->name);
}

/*
 * Reversed components of a path into buf, at most `max` bytes: the root side is cut
 * first, the name people look for stays. Stops at the process's own root, as
 * /proc/PID/exe does. *len counts the bytes, *cut says whether that was all.
 *
 * For the verifier: the length lives in the map value and is read anew each time, so
 * that iterations look alike and are pruned (5.10 gives up otherwise). Offset and size
 * are masked where they are used; max is a power of two and the value goes on for
 * 2 * max bytes behind buf.
 */
static __always_inline void fill_path(__u8 *buf, const __u32 max, volatile __u32 *len, __u32 *cut,
				      struct vfsmount *mnt, struct dentry *dentry, struct task_struct *task)
{
	struct vfsmount *root_mnt = BPF_CORE_READ(task, fs, root.mnt);
	struct dentry *root = BPF_CORE_READ(task, fs, root.dentry);

	*len = 0;
	for (int i = 0; i < 24; i++) {
		const unsigned char *name;
		struct dentry *parent;
		__u64 room, at;
		long n;

		if (dentry == root && mnt == root_mnt)
			return;
		if (dentry == BPF_CORE_READ(mnt, mnt_root)) {
			struct mount *m = (void *)mnt - bpf_core_field_offset(struct mount, mnt);
			struct mount *up = BPF_CORE_READ(m, mnt_parent);

			if (up == m) {
				if (!BPF_CORE_READ(m, mnt_ns)) /* its mount namespace is gone */
					*cut = 1;
				return;
			}
			dentry = BPF_CORE_READ(m, mnt_mountpoint);
			mnt = (void *)up + bpf_core_field_offset(struct mount, mnt);
			continue;
		}
		at = *len;
		room = max - at;
		if (at >= max || BPF_CORE_READ(dentry, d_name.len) >= room)
			break;
		name = BPF_CORE_READ(dentry, d_name.name);
		barrier_var(at);
		barrier_var(room);
		n = bpf_probe_read_kernel_str(buf + (at & (max - 1)), room & (2 * max - 1), name);
		if (n <= 0)
			break;
		*len += n;
		parent = BPF_CORE_READ(dentry, d_parent);
		if (parent == dentry) /* memfd and other files without a directory */
			return;
		dentry = parent;
	}
	*cut = 1;
}

static __always_inline void fill_file(__u8 *buf, const __u32 max, volatile __u32 *len, __u32 *cut,
				      struct file *file, struct task_struct *task)
{
	fill_path(buf, max, len, cut, BPF_CORE_READ(file, f_path.mnt), BPF_CORE_READ(file, f_path.dentry), task);
}

static __always_inline bool unlinked(struct dentry *dentry)
{
	return !BPF_CORE_READ(dentry, d_hash.pprev) && BPF_CORE_READ(dentry, d_parent) != dentry;
}

/*
 * The cgroup of the v2 hierarchy. Where everything sits in its root (hybrid and v1
 * hosts), the one that limits memory or, without, the number of processes.
 */
static __always_inline struct cgroup *task_cgroup(struct task_struct *task, bool *v1)
{
	struct css_set *set = BPF_CORE_READ(task, cgroups);
	struct cgroup *cgrp = BPF_CORE_READ(set, dfl_cgrp);
	struct cgroup_subsys_state *css = NULL;
	struct cgroup *other;

	*v1 = false;
	if (BPF_CORE_READ(cgrp, level))
		return cgrp;
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		bpf_probe_read_kernel(&css, sizeof(css), (void *)&set->subsys +
				      8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	else if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
		bpf_probe_read_kernel(&css, sizeof(css), (void *)&set->subsys +
				      8 * bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
	other = css ? BPF_CORE_READ(css, cgroup) : NULL;
	if (!other || !BPF_CORE_READ(other, level))
		return cgrp;
	*v1 = true;
	return other;
}

/* As fill_path: the length is read anew each time, for the verifier. */
static __always_inline void fill_kernfs_path(struct et_cgroup *c, struct kernfs_node *kn)
{
	volatile __u32 *len = &c->len;

	for (int i = 0; i < 24; i++) {
		struct kernfs_node *parent = kernfs_parent(kn);
		const char *name = BPF_CORE_READ(kn, name);
		__u64 at = *len;
		long n;

		if (!parent)
			return;
		if (at >= ET_CGROUP_MAX / 2)
			break;
		barrier_var(at);
		n = bpf_probe_read_kernel_str(c->path + (at & (ET_CGROUP_MAX / 2 - 1)), ET_CGROUP_MAX / 2, name);
		if (n <= 0)
			break;
		*len += n;
		kn = parent;
	}
	c->cut = 1;
}

/* Tells the user half the path behind a cgroup id, once. False: it could not be told. */
static __always_inline bool tell_cgroup(struct kernfs_node *kn, __u64 id)
{
	__u32 one = 1;
	struct et_cgroup *c;

	if (bpf_map_lookup_elem(&known_cgroups, &id))
		return true;
	c = bpf_ringbuf_reserve(&ring, sizeof(*c), 0);
	if (!c) {
		count(lost_cgroup);
		return false;
	}
	__builtin_memset(c, 0, sizeof(*c));
	c->h.kind = ET_CGROUP;
	c->h.size = sizeof(*c);
	c->id = id;
	fill_kernfs_path(c, kn);
	bpf_ringbuf_submit(c, BPF_RB_NO_WAKEUP);
	bpf_map_update_elem(&known_cgroups, &id, &one, BPF_ANY);
	return true;
}

static __always_inline void fill_cgroup(struct et_death *d, struct task_struct *task)
{
	bool v1;
	struct kernfs_node *kn = BPF_CORE_READ(task_cgroup(task, &v1), kn);

	d->cgroup_id = BPF_CORE_READ(kn, id);
	if (v1)
		d->flags |= ET_D_CGROUP_V1;
	if (tell_cgroup(kn, d->cgroup_id))
		d->seen |= ET_SEEN_CGROUP;
}

/* Ring buffer memory is not zeroed, and clang has no memset of this size for BPF. */
static __always_inline void zero_args(struct et_args *a)
{
	volatile __u64 *word = (void *)a;

	for (unsigned int i = 0; i < sizeof(*a) / sizeof(*word); i++)
		word[i] = 0;
}

/* argv of a dying process whose mm is still there. Pages that are not resident cannot be read here. */
static __always_inline bool tell_args(struct et_id id, struct mm_struct *mm)
{
	unsigned long start = BPF_CORE_READ(mm, arg_start), end = BPF_CORE_READ(mm, arg_end);
	__u64 len = end - start;
	struct et_args *a;

	if (!start || end <= start)
		return false;
	a = bpf_ringbuf_reserve(&ring, sizeof(*a), 0);
	if (!a) {
		count(lost_cgroup);
		return false;
	}
	zero_args(a);
	a->h.kind = ET_ARGS;
	a->h.size = sizeof(*a);
	a->id = id;
	a->total = len;
	if (len > ET_ARGS_MAX - 1)
		len = ET_ARGS_MAX - 1;
	len &= ET_ARGS_MAX - 1;
	if (bpf_probe_read_user(a->args, len, (void *)start)) {
		bpf_ringbuf_discard(a, BPF_RB_NO_WAKEUP);
		return false;
	}
	a->len = len;
	bpf_ringbuf_submit(a, BPF_RB_NO_WAKEUP);
	return true;
}

#endif
