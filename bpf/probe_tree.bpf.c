/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * --tree: a new process belongs to the tree if its creator does, and stays in it when
 * its parent dies. Hook: sched_process_fork, before the child runs.
 */
SEC("?tp_btf/sched_process_fork")
int BPF_PROG(tree__tp, struct task_struct *creator, struct task_struct *created)
{
	struct task_struct *parent = typed(task_struct, creator), *child = typed(task_struct, created);
	struct tree_key mine, its;
	__u32 one = 1;

	if (child->pid != child->tgid)
		return 0;
	mine = tree_key_of(leader_id(parent->group_leader));
	if (!bpf_map_lookup_elem(&tree, &mine))
		return 0;
	its = tree_key_of(leader_id(child));
	if (bpf_map_update_elem(&tree, &its, &one, BPF_ANY))
		count(full_tree);
	return 0;
}
