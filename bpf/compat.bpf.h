/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * compat.bpf.h: where kernels differ, one accessor each, with the change that
 * made the difference. Nothing else in bpf/ asks which kernel it is on.
 */
#ifndef EXITTRACE_COMPAT_BPF_H
#define EXITTRACE_COMPAT_BPF_H

/* Constants that are not types, so not in BTF. Unchanged since 5.10. */
#define PF_EXITING 0x00000004
#define PF_FORKNOEXEC 0x00000040
#define PF_KTHREAD 0x00200000
#define EXIT_ZOMBIE 0x00000020
#define SIGNAL_GROUP_EXIT 0x00000004
#define SIGNAL_GROUP_COREDUMP 0x00000008 /* until 5.17, then an unused bit */
#define SA_NOCLDWAIT 0x00000002

/*
 * 6.15 made the parent of a kernfs node RCU-protected and renamed it, "kernfs:
 * Use RCU to access kernfs_node::parent".
 */
struct kernfs_node___before_6_15 {
	struct kernfs_node *parent;
} __attribute__((preserve_access_index));

struct kernfs_node___from_6_15 {
	struct kernfs_node *__parent;
} __attribute__((preserve_access_index));

static __always_inline struct kernfs_node *kernfs_parent(struct kernfs_node *kn)
{
	struct kernfs_node___from_6_15 *now = (void *)kn;
	struct kernfs_node___before_6_15 *then = (void *)kn;

	if (bpf_core_field_exists(now->__parent))
		return BPF_CORE_READ(now, __parent);
	return BPF_CORE_READ(then, parent);
}

/*
 * 7.2 lets clone3() ask for a child that is never a zombie (signal->autoreap).
 * Older kernels: nobody can ask, so false.
 */
struct signal_struct___from_7_2 {
	unsigned int autoreap : 1;
} __attribute__((preserve_access_index));

static __always_inline bool signal_autoreap(struct signal_struct *sig)
{
	struct signal_struct___from_7_2 *now = (void *)sig;

	if (!bpf_core_field_exists(now->autoreap))
		return false;
	return BPF_CORE_READ_BITFIELD_PROBED(now, autoreap);
}

/*
 * sched_process_exit got a second argument `group_dead` in 6.16 and moved in front
 * of exit_mm. Before, whether this was the last thread is told by taskstats_exit,
 * or else by signal->live, which several racing threads may all see at 0.
 */
static __always_inline bool exit_tells_last_says(const __u64 *ctx)
{
	return ctx[1] & 1;
}

#endif
