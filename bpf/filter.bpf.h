/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * filter.bpf.h: which processes are of interest. Everything asked here is fixed once
 * a process is dying, so the death and the later reap get the same answer.
 */
#ifndef EXITTRACE_FILTER_BPF_H
#define EXITTRACE_FILTER_BPF_H

static __always_inline struct tree_key tree_key_of(struct et_id id)
{
	struct tree_key key = {};

	key.tgid = id.tgid;
	key.start_ticks = id.start_ns / NS_PER_TICK;
	return key;
}

static __always_inline void leave_tree(struct et_id id)
{
	struct tree_key key = tree_key_of(id);

	bpf_map_delete_elem(&tree, &key);
}

/* What never changes in the life of a process: may be asked at any time. */
static __always_inline bool wanted_id(struct et_id id)
{
	if (config.by_pid) {
		__u64 *ticks = bpf_map_lookup_elem(&pids, &id.tgid);

		if (!ticks || *ticks != id.start_ns / NS_PER_TICK)
			return false;
	}
	if (config.by_tree) {
		struct tree_key key = tree_key_of(id);

		if (!bpf_map_lookup_elem(&tree, &key))
			return false;
	}
	return true;
}

static __always_inline bool comm_matches(struct task_struct *leader)
{
	char comm[ET_COMM_LEN];

	bpf_probe_read_kernel(comm, sizeof(comm), &leader->comm);
	for (int i = 0; i < ET_COMM_LEN; i++) {
		if (comm[i] != config.comm[i])
			return false;
		if (!comm[i])
			break;
	}
	return true;
}

struct cgroup_search {
	struct kernfs_node *kn;
	__u64 found;
};

STEP is_cgroup(__u32 round, struct cgroup_search *s)
{
	if (!s->kn)
		return 1;
	s->found = READ(s->kn, id) == config.cgroup_id;
	s->kn = kernfs_parent(s->kn);
	return s->found;
}

/* In the hierarchy that was asked for: ids of another one are other cgroups. */
static __always_inline bool in_cgroup(struct task_struct *task)
{
	struct css_set *set = READ(task, cgroups);
	struct cgroup *cgrp = config.cgroup_v1 ? controlled_cgroup(set) : READ(set, dfl_cgrp);
	struct cgroup_search s = { .kn = cgrp ? READ(cgrp, kn) : NULL };

	repeat(32, is_cgroup, &s);
	return s.found;
}

static __always_inline bool is_wanted(const bool direct, struct task_struct *leader, struct et_id id)
{
	if (GET(direct, leader, flags) & PF_KTHREAD)
		return false;
	if (!wanted_id(id))
		return false;
	if (config.by_comm && !comm_matches(leader))
		return false;
	if (config.by_uid && READ(leader, cred, uid.val) != config.uid)
		return false;
	return !config.by_cgroup || in_cgroup(leader);
}

static __always_inline bool wanted(struct task_struct *leader, struct et_id id)
{
	return is_wanted(false, leader, id);
}

static __always_inline bool wanted_status(__s32 status)
{
	__u32 sig = status & 0x7f;

	if (config.failed_only && !status)
		return false;
	if (config.by_signal && (!sig || !(config.signals >> (sig - 1) & 1)))
		return false;
	return true;
}

#endif
