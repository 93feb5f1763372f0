/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Zombies that are there when tracing begins. A task iterator instead of /proc: the
 * same fill functions, the exact identity, and no pid to mistake for another.
 */
/* Of the strings and signals that go behind a message there is only the room to say that there are none. */
static __always_inline void take_entry(struct et_death *d, const struct dying *e, struct task_struct *task)
{
	bpf_probe_read_kernel(d, sizeof(*d), &e->d);
	d->exe_len = d->exe_size = d->signals_size = 0;
	d->flags &= ~(ET_D_FATAL | ET_D_STOPS | ET_D_EXE_DELETED);
	d->cut &= ~ET_CUT_EXE;
	d->seen &= ~(ET_SEEN_EXE | ET_SEEN_SIGNALS | ET_SEEN_DEAD);
	d->status = exit_status(true, task, task->signal);
}

static __always_inline void fill_unseen(struct et_death *d, struct et_id id, struct task_struct *task)
{
	__builtin_memset(d, 0, sizeof(*d));
	fill_death(true, d, id, task);
	d->seen &= ~(ET_SEEN_SIGNALS | ET_SEEN_TTY);
}

/* False: it was told while it was looked at. That begins to give the entry back with what is asked here. */
static __always_inline bool fill_listed(struct et_death *d, const struct dying *e, struct et_id id,
					struct task_struct *task)
{
	if (!e || !e->filled) {
		fill_unseen(d, id, task);
		return true;
	}
	take_entry(d, e, task);
	return e->filled && is_of(e, id.start_ns, id.tgid);
}

/*
 * An exit that was seen before it could be seen that the parent was told has left its entry, which would be sent when
 * the kernel frees the process: it is told here, with the time of its death. What may still happen in between, that
 * both are sent, the user half sorts out.
 */
SEC("?iter/task")
int zombies__iter(struct bpf_iter__task *ctx)
{
	struct task_struct *given = ctx->task, *task;
	struct et_death *d;
	struct dying *e;
	struct et_id id;
	__u32 zero = 0;

	if (!given)
		return 0;
	task = typed(task_struct, given);
	if (task->exit_state != EXIT_ZOMBIE || task->pid != task->tgid)
		return 0;
	id = leader_id(task);
	d = bpf_map_lookup_elem(&snapshot, &zero);
	if (!d || task->signal->nr_threads != 1 || !wanted(task, id) || was_told(&id))
		return 0;
	e = find_dying(&id);
	if (!fill_listed(d, e, id, task))
		return 0;
	fill_used(true, d, task, task->signal);
	if (!wanted_status(d->status))
		return 0;
	d->h.kind = ET_DEATH;
	d->h.size = sizeof(*d);
	d->flags |= ET_D_SNAPSHOT;
	if (!bpf_seq_write(ctx->meta->seq, d, sizeof(*d)) && e) /* without room we are called again */
		e->listed = id.start_ns;
	return 0;
}
