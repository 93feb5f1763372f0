/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * task.bpf.h: from a task_struct to the parts of a message. One part, one function.
 *
 * `direct` is a constant: true where the verifier knows the pointer's type
 * (tp_btf, fentry, iterators) and a plain load does; false in kprobes.
 */
#ifndef EXITTRACE_TASK_BPF_H
#define EXITTRACE_TASK_BPF_H


#define NS_PER_SECOND 1000000000ULL
#define NS_PER_TICK 10000000ULL /* USER_HZ is 100 wherever we run */

static __always_inline __u32 this_thread(void)
{
	return (__u32)bpf_get_current_pid_tgid();
}

/* As a global function gets it. */
static __always_inline struct et_id make_id(__u64 start_ns, __u32 tgid)
{
	struct et_id id = {};

	id.start_ns = start_ns;
	id.tgid = tgid;
	return id;
}

static __always_inline struct et_id id_of(const bool direct, struct task_struct *leader)
{
	return make_id(GET(direct, leader, start_boottime), GET(direct, leader, tgid));
}

static __always_inline struct et_id leader_id(struct task_struct *leader)
{
	return id_of(false, leader);
}

/* The pid in the initial pid namespace. */
static __always_inline __u32 first_pid(const bool direct, struct pid *pid)
{
	return GET(direct, pid, numbers[0].nr);
}

#define ELEMENTS 64 /* a power of two: of signals there are 64, of levels of pid namespaces 33 */

/*
 * What is the `nth` behind `array`, each of them `size` bytes. Up to 6.11 the verifier wants to see a bound, and knows
 * none of a product of 32 bits.
 */
static __always_inline void *element_at(void *array, __u64 nth, __u64 size)
{
	nth &= ELEMENTS - 1;
	barrier_var(nth);
	return array + nth * size;
}

static __always_inline struct upid *upid_at(struct pid *pid, unsigned int level)
{
	return element_at(&pid->numbers, level, bpf_core_type_size(struct upid));
}

/* The pid in the pid namespace it is made in, where its init is 1. */
static __always_inline __u32 own_pid(struct pid *pid)
{
	return word_at((void *)upid_at(pid, READ(pid, level)) + bpf_core_field_offset(struct upid, nr));
}

/* The pid in the pid namespace at `level`; 0: not visible there. */
static __always_inline __u32 pid_at(struct pid *pid, unsigned int level)
{
	if (!level)
		return first_pid(false, pid);
	if (level > READ(pid, level))
		return 0;
	return BPF_CORE_READ(upid_at(pid, level), nr);
}

/* Inode number of the pid namespace a process is in; 0: the initial one. */
static __always_inline __u32 pid_ns_of(const bool direct, struct task_struct *task)
{
	struct pid *pid = GET(direct, task, thread_pid);
	unsigned int level = GET(direct, pid, level);

	return level ? BPF_CORE_READ(upid_at(pid, level), ns, ns.inum) : 0;
}

static __always_inline void copy_comm(char *comm, struct task_struct *task)
{
#ifdef READ_BY_LOAD
	((__u64 *)comm)[0] = word_at(&task->comm);
	((__u64 *)comm)[1] = word_at((void *)&task->comm + sizeof(__u64));
#else
	bpf_probe_read_kernel(comm, ET_COMM_LEN, &task->comm);
#endif
}

/* 1 for a number below 2^63 that is 0, else 0. */
static __always_inline __u64 is_zero(__u64 n)
{
	n = (n - 1) >> 63;
	barrier_var(n);
	return n;
}

static __always_inline __u32 peer_flags(const bool direct, struct task_struct *task, struct task_struct *leader)
{
	struct signal_struct *sig = GET(direct, leader, signal);
	__u64 flags = GET(direct, task, flags), live = (__u32)GET(direct, sig, live.counter), out;
	__u64 exiting = (flags & PF_EXITING) / PF_EXITING, kthread = (flags & PF_KTHREAD) / PF_KTHREAD;

	/* Without branches, which would be 32 ways on for the verifier. */
	barrier_var(exiting);
	barrier_var(kthread);
	out = exiting * ET_PEER_EXITING + kthread * ET_PEER_KTHREAD;
	out += (exiting & is_zero(live)) * ET_PEER_DYING;
	out += READ_BIT(sig, is_child_subreaper) * ET_PEER_SUBREAPER;
	out += is_zero((__u64)own_pid(GET(direct, leader, thread_pid)) ^ 1) * ET_PEER_NS_INIT;
	return out;
}

/* The process `task` belongs to; `tid` says whether this very thread acted. */
static __always_inline void put_peer(const bool direct, struct et_peer *peer, struct task_struct *task, bool tid)
{
	struct task_struct *leader = GET(direct, task, group_leader);

	peer->id = id_of(direct, leader);
	peer->tid = tid ? GET(direct, task, pid) : 0;
	peer->uid = GET(direct, task, cred, uid.val);
	peer->flags = peer_flags(direct, task, leader);
	peer->pid_ns = 0;
	copy_comm(peer->comm, leader);
}

static __always_inline void fill_peer(struct et_peer *peer, struct task_struct *task, bool tid)
{
	put_peer(false, peer, task, tid);
}

static __always_inline void fill_parent(struct et_peer *peer, struct task_struct *task)
{
	struct task_struct *leader = READ(task, group_leader);
	struct task_struct *parent = READ(leader, real_parent);

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
	r->utime_ns += READ(last, utime);
	r->stime_ns += READ(last, stime);
	r->runtime_ns += READ(last, se.sum_exec_runtime);
	r->minor_faults += READ(last, min_flt);
	r->major_faults += READ(last, maj_flt);
	r->voluntary_switches += READ(last, nvcsw);
	r->involuntary_switches += READ(last, nivcsw);
	if (!bpf_core_field_exists(last->ioac.read_bytes))
		return;
	r->read_bytes += READ(last, ioac.read_bytes);
	r->write_bytes += READ(last, ioac.write_bytes);
}

/* What the parent's wait() says, whichever thread died last. */
static __always_inline __s32 exit_status(const bool direct, struct task_struct *leader, struct signal_struct *sig)
{
	if (GET(direct, sig, flags) & SIGNAL_GROUP_EXIT)
		return GET(direct, sig, group_exit_code) & 0xffff;
	return GET(direct, leader, exit_code) & 0xffff;
}

static __always_inline void fill_pids(const bool direct, struct et_death *d, struct task_struct *leader,
				      struct signal_struct *sig)
{
	struct pid *pid = GET(direct, leader, thread_pid);

	d->pgid = first_pid(direct, GET(direct, sig, pids[2]));
	d->session = first_pid(direct, GET(direct, sig, pids[3]));
	d->ns_level = GET(direct, pid, level);
	d->ns_pids[0] = first_pid(direct, pid);
	if (!d->ns_level)
		return;
	if (d->ns_level >= ET_PID_LEVELS)
		d->cut |= ET_CUT_NS;
	for (__u32 i = 1; i < ET_PID_LEVELS; i++)
		d->ns_pids[i] = pid_at(pid, i);
}

static __always_inline void fill_tty(const bool direct, struct et_death *d, struct signal_struct *sig)
{
	struct tty_struct *tty = GET(direct, sig, tty);

	d->seen |= ET_SEEN_TTY;
	if (tty)
		bpf_probe_read_kernel_str(d->tty, sizeof(d->tty), &tty->name);
}

/* Where a walk from a file up to the root is. */
struct walk {
	__u8 *buf;
	volatile __u32 *len; /* bytes of buf used */
	struct vfsmount *mnt, *root_mnt;
	struct dentry *dentry, *root, *mnt_root;
	__u64 cut;
};

/* The mount point is where it goes on. 1: there is none. */
static __always_inline long leave_mount(struct walk *w)
{
	struct mount *m = typed(mount, (void *)w->mnt - bpf_core_field_offset(struct mount, mnt));
	struct mount *up = READ(m, mnt_parent);

	if (up == m) {
		w->cut = !READ(m, mnt_ns); /* its mount namespace is gone */
		return 1;
	}
	w->dentry = READ(m, mnt_mountpoint);
	/* As before it has no offset: the verifier takes both ways on for one. */
	w->mnt = typed(vfsmount, (void *)up + bpf_core_field_offset(struct mount, mnt));
	w->mnt_root = READ(w->mnt, mnt_root);
	return 0;
}

/* In a word from memory: is one of its bytes 0? */
static __always_inline bool has_zero(__u64 word)
{
	return (word - 0x0101010101010101ULL) & ~word & 0x8080808080808080ULL;
}

/* Puts the first `len` bytes of a word there, 1 to 7, and zeros behind. False: one of them is 0. */
static __always_inline bool put_word(void *to, __u64 word, __u64 len)
{
	__u64 behind = ~0ULL << 8 * len;

	*(__u64 *)to = word & ~behind;
	return !has_zero(word | behind);
}

#define SHORT_NAME 16 /* bytes, with the NUL: that of most directories and programs */

/*
 * A name of `len` bytes with its NUL, by words, which takes a fifth of the call that copies strings. False: it is
 * longer, or is being changed.
 */
static __always_inline bool put_short_name(__u8 *to, struct dentry *dentry, __u64 len)
{
#if defined(READ_BY_LOAD) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	__u64 name, first;

	if (!len || len >= SHORT_NAME)
		return false;
	name = ADDRESS_IN(dentry, d_name.name);
	first = word_at((void *)name);
	if (len < sizeof(first))
		return put_word(to, first, len);
	*(__u64 *)to = first;
	if (has_zero(first))
		return false;
	to += sizeof(first);
	len -= sizeof(first);
	if (len)
		return put_word(to, word_at((void *)name + sizeof(first)), len);
	*to = 0;
	return true;
#else
	return false;
#endif
}

/* Bytes of the name put at `at`, its NUL included; 0: it does not fit. */
static __always_inline __u64 put_name(__u8 *buf, __u64 at, struct dentry *dentry, const __u32 max)
{
	__u64 room = max - 1 - at, len = READ(dentry, d_name.len); /* room: not for the NUL */
	long n;

	barrier_var(at);
	if (room >= SHORT_NAME && put_short_name(buf + (at & (max - 1)), dentry, len))
		return len + 1;
	barrier_var(room);
	n = bpf_probe_read_kernel_str(buf + (at & (max - 1)), room & (max - 1), READ(dentry, d_name.name));
	return n <= 0 || ((__u64)n == room && READ(dentry, d_name.len) >= room) ? 0 : n;
}

static __always_inline long walk_up(struct walk *w, const __u32 max)
{
	struct dentry *dentry = w->dentry, *parent;
	__u64 at = *w->len, n;

	if (dentry == w->root && w->mnt == w->root_mnt) {
		w->cut = 0;
		return 1;
	}
	if (dentry == w->mnt_root)
		return leave_mount(w);
	if (at >= max - 1)
		return 1;
	n = put_name(w->buf, at, dentry, max);
	if (!n)
		return 1;
	*w->len += n;
	parent = READ(dentry, d_parent);
	w->cut = parent != dentry; /* memfd and other files without a directory */
	w->dentry = parent;
	return parent == dentry;
}

STEP walk_up_256(__u32 round, struct walk *w)
{
	return walk_up(w, 256);
}

STEP walk_up_128(__u32 round, struct walk *w)
{
	return walk_up(w, 128);
}

/* Names and mounts on the way to the root. */
#ifdef READ_BY_LOAD
#define PATH_DEPTH 128
#else
#define PATH_DEPTH 24
#endif

/*
 * Reversed components of a path into buf, less than `max` bytes, 128 or 256: the root side is cut
 * first, the name people look for stays. Stops at the process's own root, as
 * /proc/PID/exe does. *len counts the bytes, *cut says whether that was all.
 *
 * For the verifier: the length lives in the map value and is read anew each time, so
 * that iterations look alike and are pruned (5.10 gives up otherwise). Offset and size
 * are masked where they are used; max is a power of two and the value goes on for
 * max bytes behind buf[max].
 */
static __always_inline void fill_path(__u8 *buf, const __u32 max, volatile __u32 *len, __u32 *cut,
				      struct vfsmount *mnt, struct dentry *dentry, struct task_struct *task)
{
	struct walk w = { .buf = buf, .len = len, .mnt = mnt, .dentry = dentry, .cut = 1 };
	struct fs_struct *fs = READ(task, fs);

	w.root_mnt = READ(fs, root.mnt);
	w.root = READ(fs, root.dentry);
	w.mnt_root = READ(mnt, mnt_root);
	*len = 0;
	if (max == 256) {
		repeat_few(PATH_DEPTH, walk_up_256, &w);
	} else {
		repeat_few(PATH_DEPTH, walk_up_128, &w);
	}
	*cut = w.cut;
}

static __always_inline void fill_file(__u8 *buf, const __u32 max, volatile __u32 *len, __u32 *cut,
				      struct file *file, struct task_struct *task)
{
	fill_path(buf, max, len, cut, READ(file, f_path.mnt), READ(file, f_path.dentry), task);
}

static __always_inline bool unlinked(struct dentry *dentry)
{
	return !READ(dentry, d_hash.pprev) && READ(dentry, d_parent) != dentry;
}

/* The cgroup that limits memory or, in a kernel without that, the number of processes. NULL: it has neither. */
static __always_inline struct cgroup *controlled_cgroup(struct css_set *set)
{
	__u64 css = 0;

	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		css = word_at((void *)&set->subsys + 8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	else if (bpf_core_enum_value_exists(enum cgroup_subsys_id, pids_cgrp_id))
		css = word_at((void *)&set->subsys + 8 * bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
	return css ? READ(typed(cgroup_subsys_state, css), cgroup) : NULL;
}

/* The cgroup of the v2 hierarchy. Where everything sits in its root (hybrid and v1 hosts), the one of v1. */
static __always_inline struct cgroup *task_cgroup(struct task_struct *task, bool *v1)
{
	struct css_set *set = READ(task, cgroups);
	struct cgroup *cgrp = READ(set, dfl_cgrp);
	struct cgroup *other;

	*v1 = false;
	if (READ(cgrp, level))
		return cgrp;
	other = controlled_cgroup(set);
	if (!other || !READ(other, level))
		return cgrp;
	*v1 = true;
	return other;
}

struct kernfs_walk {
	struct et_cgroup *c;
	struct kernfs_node *kn;
};

/* As fill_path: the length is read anew each time, for the verifier. */
STEP kernfs_up(__u32 round, struct kernfs_walk *w)
{
	struct kernfs_node *parent = kernfs_parent(w->kn);
	volatile __u32 *len = &w->c->len;
	__u64 at = *len;
	long n;

	if (!parent) {
		w->c->cut = 0;
		return 1;
	}
	if (at >= ET_CGROUP_MAX / 2)
		return 1;
	barrier_var(at);
	n = bpf_probe_read_kernel_str(w->c->path + (at & (ET_CGROUP_MAX / 2 - 1)), ET_CGROUP_MAX / 2,
				      READ(w->kn, name));
	if (n <= 0)
		return 1;
	*len += n;
	w->kn = parent;
	return 0;
}

static __always_inline void fill_kernfs_path(struct et_cgroup *c, struct kernfs_node *kn)
{
	struct kernfs_walk w = { .c = c, .kn = kn };

	c->cut = 1;
	repeat_few(PATH_DEPTH, kernfs_up, &w);
}

/* 1: told, 0: no room. A global function: rare, and the verifier goes through it but once a program. */
__noinline int tell_cgroup_path(__u64 kn, __u64 id)
{
	struct et_cgroup *c = bpf_ringbuf_reserve(&ring, sizeof(*c), 0);

	if (!c) {
		count(lost_cgroup);
		return 0;
	}
	__builtin_memset(c, 0, sizeof(*c));
	c->h.kind = ET_CGROUP;
	c->h.size = sizeof(*c);
	c->id = id;
	fill_kernfs_path(c, typed(kernfs_node, kn));
	bpf_ringbuf_submit(c, BPF_RB_NO_WAKEUP);
	return 1;
}

/*
 * Tells the user half the path behind a cgroup id, once a round. False: it could not be told. Id and round are one
 * word, which CPUs cannot mix up; the kernel counts ids up from 1 and does not get that far.
 */
static __always_inline bool tell_cgroup(struct cgroup *cgrp, __u64 id)
{
	__u64 told = id ^ (__u64)*(volatile __u32 *)&cgroup_round << 40;
	__u32 slot = id & (ET_MAX_CGROUPS - 1);
	__u64 *known = bpf_map_lookup_elem(&known_cgroups, &slot);

	if (!known)
		return false;
	if (*known == told)
		return true;
	if (!tell_cgroup_path((__u64)BPF_CORE_READ(cgrp, kn), id))
		return false;
	*known = told;
	return true;
}

static __always_inline void fill_cgroup(struct et_death *d, struct task_struct *task)
{
	bool v1;
	struct cgroup *cgrp = task_cgroup(task, &v1);

	d->cgroup_id = READ(cgrp, kn, id);
	if (v1)
		d->flags |= ET_D_CGROUP_V1;
	if (tell_cgroup(cgrp, d->cgroup_id))
		d->seen |= ET_SEEN_CGROUP;
}

/*
 * argv, `total` bytes at `start`; at most `max` go into the message, a power of two. False: there is no room, or
 * the pages are not resident, which cannot be read here.
 */
static __always_inline bool send_args(__u64 start_ns, __u32 tgid, unsigned long start, __u64 total, const __u32 max)
{
	const __u32 size = offsetof(struct et_args, args) + max;
	struct et_args *a = bpf_ringbuf_reserve(&ring, size, 0);
	__u64 len = total;

	if (!a) {
		count(lost_cgroup);
		return false;
	}
	/* Ring buffer memory is not zeroed, and clang has no memset of this size for BPF. */
	bpf_probe_read_kernel(a, size, &no_args);
	a->h.kind = ET_ARGS;
	a->h.size = size;
	a->id.start_ns = start_ns;
	a->id.tgid = tgid;
	a->total = total;
	if (len > max - 1)
		len = max - 1;
	barrier_var(len); /* the verifier wants to see the mask */
	len &= max - 1;
	if (bpf_probe_read_user(a->args, len, (void *)start)) {
		bpf_ringbuf_discard(a, BPF_RB_NO_WAKEUP);
		return false;
	}
	a->len = len;
	bpf_ringbuf_submit(a, BPF_RB_NO_WAKEUP);
	return true;
}

/* argv of a process whose mm is at `address`, and still there. 1: told. A global function, as tell_cgroup_path(). */
__noinline int tell_args(__u64 start_ns, __u32 tgid, __u64 address)
{
	struct mm_struct *mm = typed(mm_struct, address);
	unsigned long start = READ(mm, arg_start), end = READ(mm, arg_end);

	if (!start || end <= start)
		return 0;
	if (end - start < ET_ARGS_FEW)
		return send_args(start_ns, tgid, start, end - start, ET_ARGS_FEW);
	return send_args(start_ns, tgid, start, end - start, ET_ARGS_MAX);
}

#endif
