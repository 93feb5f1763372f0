/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * dying.bpf.h: the entry of a dying process, and its slot in the table of exits under way.
 */
#ifndef EXITTRACE_DYING_BPF_H
#define EXITTRACE_DYING_BPF_H

#define SLOT_CHOICES 4

/* The first choice is one of few slots; later ones are apart from each other, as are those of neighbours. */
static __always_inline __u32 nth_slot(__u32 tgid, const __u32 n)
{
	return n ? ET_HOT_DYING + ((tgid + n * 683) & (ET_MAX_DYING - 1)) : tgid & (ET_HOT_DYING - 1);
}

static __always_inline struct dying *dying_at(__u32 slot)
{
	return bpf_map_lookup_elem(&dying_slots, &slot);
}

/* Whenever a thread other than the last one looks, it may have been given back, and be another one's. */
static __always_inline bool is_of(const struct dying *e, __u64 start_ns, __u32 tgid)
{
	return e->owner == start_ns && e->d.id.tgid == tgid;
}

/* The slot of this process; -1, which is none: it has none. */
__noinline int find_slot(__u64 start_ns, __u32 tgid)
{
	for (__u32 n = 0; n < SLOT_CHOICES; n++) {
		struct dying *e = dying_at(nth_slot(tgid, n));

		if (e && is_of(e, start_ns, tgid))
			return nth_slot(tgid, n);
		if (!in_later_slots)
			break;
	}
	return -1;
}

enum taken {
	OF_ANOTHER = 0,
	TAKEN,	 /* it was free */
	ALREADY, /* another thread of this process was faster */
};

#ifdef READ_BY_LOAD

static __always_inline enum taken take(struct dying *e, __u32 slot, __u64 start_ns)
{
	__u64 owner = __sync_val_compare_and_swap(&e->owner, 0, start_ns);

	if (!owner)
		return TAKEN;
	return owner == start_ns ? ALREADY : OF_ANOTHER;
}

/* In order, also where processors write out of order: what was cleared before is clear for who takes it next. */
static __always_inline void give_back(struct dying *e, __u32 slot)
{
	__sync_lock_test_and_set(&e->owner, 0);
}

#else /* there may be no atomics */

static __always_inline enum taken take(struct dying *e, __u32 slot, __u64 start_ns)
{
	enum taken taken = TAKEN;

	if (bpf_map_update_elem(&owners, &slot, &start_ns, BPF_NOEXIST)) {
		__u64 *owner = bpf_map_lookup_elem(&owners, &slot);

		if (!owner || *owner != start_ns)
			return OF_ANOTHER;
		taken = ALREADY;
	}
	e->owner = start_ns;
	return taken;
}

static __always_inline void give_back(struct dying *e, __u32 slot)
{
	e->owner = 0;
	bpf_map_delete_elem(&owners, &slot);
}

#endif

/* The same, taken when it has none. -1: others have all of them (counted), or nothing is told. */
__noinline int find_or_take_slot(__u64 start_ns, __u32 tgid)
{
	int slot = find_slot(start_ns, tgid);

	if (slot >= 0 || !telling)
		return slot;
	for (__u32 n = 0; n < SLOT_CHOICES; n++) {
		struct dying *e = dying_at(nth_slot(tgid, n));
		enum taken taken = e ? take(e, nth_slot(tgid, n), start_ns) : OF_ANOTHER;

		if (!e || !taken)
			continue;
		e->d.id.start_ns = start_ns;
		e->d.id.tgid = tgid;
		e->slot = nth_slot(tgid, n);
		if (n && taken == TAKEN)
			__sync_fetch_and_add(&in_later_slots, 1);
		return nth_slot(tgid, n);
	}
	count(full_dying);
	return -1;
}

/* The entry of this process; NULL: it has none. */
static __always_inline struct dying *find_dying(struct et_id *id)
{
	return dying_at(find_slot(id->start_ns, id->tgid));
}

/* The same, made when there is none. NULL: there is no room (counted). */
static __always_inline struct dying *dying_entry(struct et_id *id)
{
	return dying_at(find_or_take_slot(id->start_ns, id->tgid));
}

#define SHORT_EXE 32 /* bytes: that of most programs */

/* Store by store: a call that copies takes three times as long. clang makes none of more than 1,024 bytes. */
static __always_inline void free_slot(struct dying *e)
{
	__u32 slot = e->slot, exe_size = e->d.exe_size;

	__builtin_memset(&e->owner + 1, 0, offsetof(struct dying, d) - sizeof(e->owner));
	__builtin_memset(&e->d, 0, sizeof(e->d));
	barrier();
	__builtin_memset(e->exe, 0, SHORT_EXE);
	if (exe_size > SHORT_EXE)
		__builtin_memset(e->exe + SHORT_EXE, 0, sizeof(e->exe) - SHORT_EXE);
	barrier();
	give_back(e, slot);
	if (slot >= ET_HOT_DYING)
		__sync_fetch_and_add(&in_later_slots, -1);
}

/* Two threads of it that looked for a slot at the very moment when another process gave one back have taken two. */
static __always_inline void remove_dying(struct dying *e)
{
	struct et_id id = e->d.id;

	free_slot(e);
	if (!in_later_slots)
		return;
	e = find_dying(&id);
	if (e)
		free_slot(e);
}

/*
 * The threads of a process whose exit as a whole began. They only become fewer, and the program that saw
 * the most may be held up (preempted) between its count and this line, or not run at all.
 */
static __always_inline void had_threads(struct et_death *d, __u32 threads)
{
	if (!(d->seen & ET_SEEN_THREADS) || d->threads < threads)
		d->threads = threads;
	d->seen |= ET_SEEN_THREADS;
}

/* The last thread. A task_struct is not given to another one before its entry is gone, see free__tp. */
static __always_inline void note_last(struct dying *e, __u32 tid)
{
	e->last_tid = tid;
	e->last_task = bpf_get_current_task();
}

/*
 * The entry of current, if that is the last thread and this is where it is looked for first. Most of what is traced on
 * the way out is the last thread's, and this asks nothing of its task_struct.
 */
static __always_inline struct dying *hot_entry(void)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct dying *e = dying_at(nth_slot(thread >> 32, 0));

	if (!e || e->last_task != bpf_get_current_task())
		return NULL;
	return e->last_tid == (__u32)thread && e->d.id.tgid == thread >> 32 ? e : NULL;
}

static __always_inline struct dying *cold_entry(struct task_struct *task)
{
	struct et_id id;

	if (READ(task, signal, live.counter))
		return NULL;
	id = leader_id(READ(task, group_leader));
	return find_dying(&id);
}

/* What current is about to leave, when all its threads are in do_exit(). NULL: not dying, or not wanted. */
static __always_inline struct dying *current_entry(struct task_struct *task)
{
	struct dying *e = hot_entry();

	return e ? e : cold_entry(task);
}

/* The same, where most of those that pass are not even exiting. */
static __always_inline struct dying *exiting_entry(struct task_struct *task)
{
	struct dying *e = hot_entry();

	if (e)
		return e;
	return READ(task, flags) & PF_EXITING ? cold_entry(task) : NULL;
}

/* The same, NULL for any other thread than the last one. */
static __always_inline struct dying *last_entry(struct task_struct *task)
{
	struct dying *e = current_entry(task);

	return e && e->last_tid == this_thread() ? e : NULL;
}

/* Is current the thread whose way out is told: that closes the files, and so releases them, or else the last one? */
static __always_inline bool is_leaving(const struct dying *e)
{
	return this_thread() == (e->closer_tid ? e->closer_tid : e->last_tid);
}

/* The same, NULL for any other thread than that. */
static __always_inline struct dying *leaving_entry(struct task_struct *task)
{
	struct dying *e = current_entry(task);

	return e && is_leaving(e) ? e : NULL;
}

/*
 * Has exit_mm() torn the memory down? The struct is kept by whoever used it until he is scheduled, so its
 * count can still be read; should it have another owner by now, that one's count is not 0.
 */
static __always_inline bool mm_is_gone(struct dying *e)
{
	return e->mm && !READ(typed(mm_struct, e->mm), mm_users.counter);
}

/* ---- exits under way, see struct et_exit ---- */

static __always_inline struct et_exit *slot_of(const struct et_id *id)
{
	__u32 slot = id->tgid & (ET_MAX_EXITS - 1);

	return bpf_map_lookup_elem(&exits, &slot);
}

static __always_inline bool slot_is(const struct et_exit *x, const struct et_id *id)
{
	return x && x->begin_ns && x->id.tgid == id->tgid && x->id.start_ns == id->start_ns;
}

/* For as long as it is being written: a time that has not come, so that nobody looks into it. */
#define ET_CLAIMED (~0ULL)

/* Two processes may begin to exit at once; without atomics both would write into it. */
static __always_inline bool claim_slot(struct et_exit *x)
{
	if (x->begin_ns)
		return false;
#ifdef READ_BY_LOAD
	return !__sync_val_compare_and_swap(&x->begin_ns, 0, ET_CLAIMED);
#else
	return true;
#endif
}

/* A slot that another process has is left to it: this exit is then not told while it lasts. */
static __always_inline struct et_exit *new_slot(const struct et_id *id)
{
	struct et_exit *x;

	if (!config.watch_exits || !telling)
		return NULL;
	x = slot_of(id);
	if (!x || !claim_slot(x))
		return NULL;
	x->id = *id;
	return x;
}

static __always_inline void show_slot(struct et_exit *x, enum et_phase phase, __u64 now)
{
	x->phase = phase;
	x->since_ns = now;
	barrier();
	x->begin_ns = now;
}

static __always_inline void slot_begin(const struct et_id *id, struct task_struct *leader, enum et_phase phase,
				       const struct et_signal *s, __u64 now)
{
	struct et_exit *x = new_slot(id);

	if (!x)
		return;
	x->uid = READ(leader, cred, uid.val);
	x->threads = READ(leader, signal, nr_threads);
	copy_comm(x->comm, leader);
	x->signo = 0;
	if (s) {
		x->signo = s->signo;
		x->info = s->info;
		x->code = s->code;
		x->by = s->by;
	}
	show_slot(x, phase, now);
}

/* Its last thread exits. Where the exit began earlier, it has its slot. */
static __always_inline void slot_last(const struct et_death *d)
{
	struct et_exit *x = new_slot(&d->id);

	if (!x)
		return;
	x->uid = d->uid;
	x->threads = d->threads;
	__builtin_memcpy(x->comm, d->comm, sizeof(x->comm));
	x->signo = 0;
	show_slot(x, ET_PHASE_EXIT, d->exit_ns);
}

static __always_inline void slot_phase(const struct et_id *id, enum et_phase phase, __u64 now)
{
	struct et_exit *x;

	if (!config.watch_exits)
		return;
	x = slot_of(id);
	if (!slot_is(x, id))
		return;
	x->since_ns = now;
	x->phase = phase;
}

static __always_inline void slot_end(const struct et_id *id)
{
	struct et_exit *x;

	if (!config.watch_exits)
		return;
	x = slot_of(id);
	if (slot_is(x, id))
		x->begin_ns = 0;
}

/* ---- the dead, see struct dead ---- */

static __always_inline struct dead *dead_at(__u32 tgid)
{
	__u32 slot = tgid & (ET_MAX_DEAD - 1);

	return bpf_map_lookup_elem(&dead, &slot);
}

static __always_inline void note_dead(const struct et_id *id, enum dead_state state)
{
	struct dead *z = dead_at(id->tgid);

	if (!z)
		return;
	z->start_ns = id->start_ns;
	z->tgid = id->tgid;
	z->state = state;
}

/* 0: not known. */
static __always_inline enum dead_state dead_state(const struct et_id *id)
{
	struct dead *z = dead_at(id->tgid);

	return z && z->tgid == id->tgid && z->start_ns == id->start_ns ? z->state : 0;
}

static __always_inline bool was_told(const struct et_id *id)
{
	return dead_state(id) > ET_NO_ROOM;
}

/* Nothing more is to be told of it. A global function: the verifier goes through it once a program. */
ONCE int forget_entry(struct dying *e)
{
	struct et_id id;

	if (!e)
		return 0;
	id = e->d.id;
	slot_end(&id);
	if (e->closers)
		__sync_fetch_and_add(&closing_now, -e->closers);
	remove_dying(e);
	return 0;
}

/* The same, where it may have no entry, and only a slot in the table of exits. */
static __always_inline void forget_dying(struct et_id *id)
{
	struct dying *e = find_dying(id);

	if (e)
		forget_entry(e);
	else
		slot_end(id);
}

#endif
