/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The OOM killer chose a process: for whose limit, at whose request.
 *
 * Hook: mark_victim, which says it for certain but only after SIGKILL was sent; so what belongs to the victim
 * is noted at every SIGKILL of the kernel's own (they are rare) and told here. The victim is held until then: its
 * task_lock is taken, and exit_mm() waits for it. Which limit was hit is an argument of oom_kill_process.
 *
 * Tracepoints only: whoever runs into the limit of a memory cgroup has tried to reclaim in that cgroup first,
 * whoever finds the machine without memory has tried so everywhere; both are traced. Which of the
 * cgroups it is can be seen: there is no room left in it.
 */

static __always_inline struct oom_kill *oom_entry(void)
{
	__u32 tid = this_thread();
	struct oom_kill *o = bpf_map_lookup_elem(&ooms, &tid);

	if (o)
		return o;
	bpf_map_update_elem(&ooms, &tid, &no_oom_kill, BPF_NOEXIST);
	return bpf_map_lookup_elem(&ooms, &tid);
}

static __always_inline struct mem_cgroup *memcg_of(struct task_struct *task)
{
	struct css_set *set = READ(task, cgroups);
	struct cgroup_subsys_state *css = NULL;

	if (!bpf_core_enum_value_exists(enum cgroup_subsys_id, memory_cgrp_id))
		return NULL;
	bpf_probe_read_kernel(&css, sizeof(css), (void *)&set->subsys +
			      8 * bpf_core_enum_value(enum cgroup_subsys_id, memory_cgrp_id));
	return css ? typed(mem_cgroup, (void *)css - bpf_core_field_offset(struct mem_cgroup, css)) : NULL;
}

static __always_inline struct mem_cgroup *memcg_parent(struct mem_cgroup *memcg)
{
	struct cgroup_subsys_state *css = READ(memcg, css.parent);

	return css ? typed(mem_cgroup, (void *)css - bpf_core_field_offset(struct mem_cgroup, css)) : NULL;
}

/* The default hierarchy, version 2, is number 0. */
static __always_inline bool memcg_is_v1(struct mem_cgroup *memcg)
{
	return READ(memcg, css.cgroup, root, hierarchy_id) != 0;
}

/* A charge is made for up to 64 pages at once: with fewer left it fails. */
#define CHARGE_PAGES 64

static __always_inline bool is_full(struct page_counter *c)
{
	return READ(c, usage.counter) + CHARGE_PAGES > (s64)READ(c, max);
}

static __always_inline struct page_counter *memory_of(struct mem_cgroup *memcg)
{
	return (void *)memcg + bpf_core_field_offset(struct mem_cgroup, memory);
}

/* Memory and swap together, of version 1; the same bytes are another counter in version 2. */
static __always_inline struct page_counter *memsw_of(struct mem_cgroup *memcg)
{
	return (void *)memcg + bpf_core_field_offset(struct mem_cgroup, memsw);
}

#define MEMCG_LEVELS 16

struct memcg_walk {
	struct mem_cgroup *memcg, *top;
	__u64 found;
};

/* From the leaf up, as the kernel charges. */
STEP is_full_memcg(__u32 round, struct memcg_walk *w)
{
	if (!w->memcg)
		return 1;
	if (is_full(memory_of(w->memcg)) || (memcg_is_v1(w->memcg) && is_full(memsw_of(w->memcg)))) {
		w->found = 1;
		return 1;
	}
	w->memcg = memcg_parent(w->memcg);
	return 0;
}

static __always_inline struct mem_cgroup *full_memcg(struct task_struct *task)
{
	struct memcg_walk w = { .memcg = memcg_of(task) };

	repeat(MEMCG_LEVELS, is_full_memcg, &w);
	return w.found ? w.memcg : NULL;
}

STEP is_group_memcg(__u32 round, struct memcg_walk *w)
{
	if (!w->memcg)
		return 1;
	if (READ(w->memcg, oom_group)) {
		w->found = 1;
		return 1;
	}
	if (w->memcg == w->top)
		return 1;
	w->memcg = memcg_parent(w->memcg);
	return 0;
}

/* memory.oom.group anywhere between the victim and the cgroup whose limit was hit: all in there go. */
static __always_inline bool kills_group(struct mem_cgroup *memcg, struct mem_cgroup *top)
{
	struct memcg_walk w = { .memcg = memcg, .top = top };

	repeat(MEMCG_LEVELS, is_group_memcg, &w);
	return w.found;
}

static __always_inline __u64 bytes(__u64 pages)
{
	return pages << config.page_shift;
}

ONCE int fill_limit(struct et_oom *m, __u64 address)
{
	struct mem_cgroup *memcg = typed(mem_cgroup, address);
	struct cgroup *cgrp = READ(memcg, css.cgroup);
	struct page_counter *c = memory_of(memcg);

	if (!m)
		return 0;
	if (memcg_is_v1(memcg)) {
		m->flags |= ET_OOM_V1;
		if (!is_full(c) && is_full(memsw_of(memcg))) {
			m->flags |= ET_OOM_SWAP;
			c = memsw_of(memcg);
		}
	}
	m->limit_bytes = bytes(READ(c, max));
	m->usage_bytes = bytes(READ(c, usage.counter));
	m->memcg_id = READ(cgrp, kn, id);
	if (tell_cgroup(cgrp, m->memcg_id))
		m->flags |= ET_OOM_LIMIT;
	return 0;
}

/* Of the mm at a kernel address. A global function, as on_kernel_kill(). */
__noinline int fill_oom_used(__u64 address)
{
	struct mm_struct *mm = typed(mm_struct, address);
	__u32 tid = this_thread();
	struct oom_kill *o = bpf_map_lookup_elem(&ooms, &tid);
	struct et_oom *m;

	if (!o)
		return 0;
	m = &o->oom;
	m->anon_bytes = bytes(mm_pages(mm, MM_ANONPAGES));
	m->file_bytes = bytes(mm_pages(mm, MM_FILEPAGES));
	m->shmem_bytes = bytes(mm_pages(mm, MM_SHMEMPAGES));
	m->swap_bytes = bytes(mm_pages(mm, MM_SWAPENTS));
	m->flags |= ET_OOM_USED;
	return 0;
}

static __always_inline void tell_oom(struct et_oom *m)
{
	if (emit(m, sizeof(*m), bpf_ktime_get_boot_ns()))
		count(lost_file);
}

static __always_inline struct mem_cgroup *limiting_memcg(struct oom_kill *o, struct task_struct *current)
{
	/* Once is enough: when all of a cgroup is killed, it is not full any more after the first. */
	if (!config.oom_hooked && !o->memcg && o->flags & ET_OOM_MEMCG)
		o->memcg = full_memcg(current);
	return o->memcg ? typed(mem_cgroup, o->memcg) : NULL;
}

/* Of the task at a kernel address, whose mm is at another. A global function, as on_kernel_kill(). */
__noinline int fill_oom(__u64 task, __u64 start_ns, __u32 tgid, __u64 mm)
{
	struct task_struct *current = current_task(), *target = typed(task_struct, task);
	__u32 tid = this_thread();
	struct oom_kill *o = bpf_map_lookup_elem(&ooms, &tid);
	struct mem_cgroup *own, *memcg;
	struct et_oom *m;

	if (!o)
		return 0;
	m = &o->oom;
	m->h.kind = ET_OOM;
	m->h.size = sizeof(*m);
	m->id.start_ns = start_ns;
	m->id.tgid = tgid;
	m->time_ns = bpf_ktime_get_boot_ns();
	m->flags = o->flags;
	m->score_adj = READ(target, signal, oom_score_adj);
	m->memcg_id = m->limit_bytes = m->usage_bytes = 0;
	fill_peer(&m->trigger, current, true);
	if (!config.oom_hooked && m->trigger.flags & ET_PEER_KTHREAD) /* sysrq f is done by a worker */
		m->flags |= ET_OOM_GLOBAL | ET_OOM_SYSRQ;
	if (mm)
		fill_oom_used(mm);
	own = memcg_of(target);
	memcg = limiting_memcg(o, current);
	if (memcg) {
		fill_limit(m, (__u64)o->memcg);
		if (memcg == own)
			m->flags |= ET_OOM_OWN;
	}
	if (kills_group(own, memcg))
		m->flags |= ET_OOM_GROUP;
	return 0;
}

/*
 * The kernel sends SIGKILL to the task at `address` on its own account, and current is not exiting. Another process
 * than the victim with the same memory is killed along with it, unmarked. 1: the OOM killer's for certain.
 * A global function: rare, and the verifier goes through it but once a program.
 */
__noinline int on_kernel_kill(__u64 address, __u64 start_ns, __u32 tgid)
{
	struct task_struct *target = typed(task_struct, address);
	struct mm_struct *mm = READ(target, mm);
	struct oom_kill *o = oom_entry();
	bool shared;

	if (!o)
		return 0;
	shared = o->told && mm && mm == o->mm && o->oom.id.tgid != tgid;
	if (!shared) {
		o->told = 0;
		o->mm = mm;
	}
	fill_oom(address, start_ns, tgid, number(mm));
	if (!shared)
		return 0;
	o->oom.flags |= ET_OOM_SHARED;
	tell_oom(&o->oom);
	return 1;
}

SEC("?tp_btf/mark_victim")
int BPF_PROG(victim__tp)
{
	__u32 tid = this_thread();
	struct oom_kill *o = bpf_map_lookup_elem(&ooms, &tid);
	struct et_signals *s;
	struct et_id id;

	/* One that was exiting anyway is marked without a signal. */
	if (!o || o->told || !o->oom.id.tgid || bpf_ktime_get_boot_ns() - o->oom.time_ns > NS_PER_SECOND)
		return 0;
	o->told = 1;
	id = o->oom.id;
	if (!wanted_id(id))
		return 0;
	tell_oom(&o->oom);
	s = bpf_map_lookup_elem(&signaled, &id);
	if (!s || s->fatal.signo != SIGKILL)
		return 0;
	s->fatal.flags |= ET_SIG_OOM;
	if (o->oom.flags & ET_OOM_GROUP)
		s->fatal.flags |= ET_SIG_BLAST;
	return 0;
}

static __always_inline int on_oom_kill(struct oom_control *oc)
{
	struct oom_kill *o = oom_entry();

	if (!o)
		return 0;
	o->memcg = READ(oc, memcg);
	o->flags = o->memcg ? ET_OOM_MEMCG : ET_OOM_GLOBAL;
	if (READ(oc, order) == -1) /* is_sysrq_oom() */
		o->flags |= ET_OOM_SYSRQ;
	return 0;
}

static __always_inline int on_oom_killed(void)
{
	__u32 tid = this_thread();

	bpf_map_delete_elem(&ooms, &tid);
	return 0;
}

SEC("?fentry/oom_kill_process")
int BPF_PROG(oom__fentry, struct oom_control *oc)
{
	return on_oom_kill(typed(oom_control, oc));
}

SEC("?fexit/oom_kill_process")
int BPF_PROG(oomed__fexit)
{
	return on_oom_killed();
}

SEC("?kprobe/oom_kill_process")
int BPF_KPROBE(oom__kprobe, struct oom_control *oc)
{
	return on_oom_kill(typed(oom_control, oc));
}

SEC("?kretprobe/oom_kill_process")
int BPF_KRETPROBE(oomed__kretprobe)
{
	return on_oom_killed();
}

static __always_inline int on_reclaim(__u32 flag)
{
	struct oom_kill *o = oom_entry();

	if (!o)
		return 0;
	o->flags = flag;
	o->memcg = NULL;
	o->oom.id.tgid = 0;
	o->told = 0;
	return 0;
}

SEC("?tp_btf/mm_vmscan_memcg_reclaim_begin")
int BPF_PROG(reclaim_memcg__tp)
{
	return on_reclaim(ET_OOM_MEMCG);
}

SEC("?tp_btf/mm_vmscan_direct_reclaim_begin")
int BPF_PROG(reclaim_all__tp)
{
	return on_reclaim(ET_OOM_GLOBAL);
}
