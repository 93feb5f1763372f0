/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Zombies that are there when tracing begins. A task iterator instead of /proc: the
 * same fill functions, the exact identity, and no pid to mistake for another.
 */
static __always_inline void fill_unseen(struct et_death *d, struct et_id id, struct task_struct *task)
{
	__builtin_memset(d, 0, sizeof(*d));
	fill_death(true, d, id, task);
	d->seen &= ~(ET_SEEN_SIGNALS | ET_SEEN_TTY);
}

/*
 * One whose last thread was seen to exit is not from before: it has an entry, or had one until its death was told,
 * which is noted before the entry is given back. So they are asked about in this order.
 */
static __always_inline bool was_seen(struct et_id *id)
{
	struct dying *e = find_dying(id);

	if (e && e->filled)
		return true;
	barrier();
	return was_told(id);
}

SEC("?iter/task")
int zombies__iter(struct bpf_iter__task *ctx)
{
	struct task_struct *given = ctx->task, *task;
	struct et_death *d;
	struct et_id id;
	__u32 zero = 0;

	if (!given)
		return 0;
	task = typed(task_struct, given);
	if (task->exit_state != EXIT_ZOMBIE || task->pid != task->tgid)
		return 0;
	id = leader_id(task);
	d = bpf_map_lookup_elem(&snapshot, &zero);
	if (!d || task->signal->nr_threads != 1 || !wanted(task, id) || was_seen(&id))
		return 0;
	fill_unseen(d, id, task);
	fill_used(true, d, task, task->signal);
	if (!wanted_status(d->status))
		return 0;
	d->h.kind = ET_DEATH;
	d->h.size = sizeof(*d);
	d->flags |= ET_D_SNAPSHOT;
	bpf_seq_write(ctx->meta->seq, d, sizeof(*d)); /* without room we are called again */
	return 0;
}
