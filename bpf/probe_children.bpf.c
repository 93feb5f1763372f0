/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What becomes of the children of the dying: who is their parent now.
 *
 * Hook: kill_orphaned_pgrp(child, dying), which exit_notify() calls for every child when it has its
 * new parent; nothing else does. It costs nothing where there are no children.
 */
static __always_inline int on_adopted(struct task_struct *child, struct task_struct *dead)
{
	struct task_struct *reaper;
	struct dying *e;

	if (!dead) /* exit_notify() asks about the process itself, too */
		return 0;
	e = current_entry(current_task());
	if (!e)
		return 0;
	e->d.adopted++;
	if (e->d.adopter.id.tgid)
		return 0;
	reaper = READ(child, real_parent);
	fill_peer(&e->d.adopter, reaper, false);
	return 0;
}

SEC("?fentry/kill_orphaned_pgrp")
int BPF_PROG(adopted__fentry, struct task_struct *child, struct task_struct *dead)
{
	return on_adopted(typed(task_struct, child), dead);
}

SEC("?kprobe/kill_orphaned_pgrp")
int BPF_KPROBE(adopted__kprobe, struct task_struct *child, struct task_struct *dead)
{
	return on_adopted(typed(task_struct, child), dead);
}

/*
 * Tracepoints only: the list of a process with one thread. Each thread has a list of its own, and those that
 * went before may have left theirs to others. Who takes them in is settled later.
 */
#define CHILDREN_COUNTED 64

struct children {
	__u64 head, at, n;
};

STEP next_child(__u32 round, struct children *c)
{
	if (c->at == c->head)
		return 1;
	c->at = word_at((void *)c->at); /* its `next` */
	c->n++;
	return 0;
}

static __always_inline void count_children(struct et_death *d, struct task_struct *task)
{
	struct children c = { .at = word_at(&task->children) };

	if (d->threads != 1)
		return;
	c.head = number(task) + bpf_core_field_offset(struct task_struct, children);
	repeat(CHILDREN_COUNTED, next_child, &c);
	if (c.at != c.head)
		return;
	d->adopted = c.n;
	d->seen |= ET_SEEN_CHILDREN;
}
