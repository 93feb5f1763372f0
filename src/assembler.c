/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes messages, joins what belongs to one process, gives a record for each death.
 * Does not conclude why (cause.c) and does not know what time it is unless told.
 */
#include "assembler.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cause.h"
#include "check.h"
#include "coredump.h"
#include "hash.h"
#include "kept.h"
#include "lastwords.h"
#include "path.h"
#include "phases.h"
#include "waiting.h"

/*
 * Zombies that are kept in mind. Packed, one of a family takes some 200 bytes, so 1.5 MiB are enough for 7,800; with
 * what else is kept of deaths (kept.c) 4 MiB at most. Who is beyond is told without its reap.
 */
#define MAX_WAITING 16384
#define WAITING_BYTES (1536 << 10)
#define MAX_RECENT 64 /* deaths whose reap was seen, for a snapshot that comes late */
#define RECENT_MARKS 1024
#define MAX_WAITS 64 /* wait calls that were told before the death */
#define MAX_EARLY 1024 /* releases that were told before the list of zombies came to them */
#define LIST_CLOCKS 2 /* it has when it has been told what time it is so often: see trace.c, serve.c */

struct assembler {
	struct assembler_options opt;
	record_fn fn;
	void *ctx;
	bool started;
	struct et_start start;
	struct et_counters counters;
	struct assembler_totals totals;
	uint64_t now_ns, real_offset_ns;
	/* reaps of the deaths up to this time may have been lost: some of them may not have come through yet */
	uint64_t doubtful_ns;
	bool doubting; /* the next clock will tell up to when */
	struct waiting *waiting;
	struct keeper *keeper;
	struct et_pattern pattern; /* where cores go; h.kind 0: not known */
	struct et_id recent[MAX_RECENT];
	bool recent_before[MAX_RECENT]; /* known from the snapshot only */
	unsigned int nr_recent;
	uint8_t recent_marks[RECENT_MARKS]; /* how many of them have this mark: mostly 0, and no need to look */
	struct et_reap waits[MAX_WAITS]; /* of processes of whose death we had not heard */
	unsigned int nr_waits;
	struct et_reap *early; /* while the list is read; NULL: there were none, or no memory */
	unsigned int nr_early;
	unsigned int clocks;
	/* strings of the record being made; the executable is often that of the one before */
	char exe[ET_EXE_MAX + PATH_ROOM];
	char exe_as_sent[ET_EXE_MAX];
	size_t exe_len;
	uint32_t exe_sent;
	bool exe_cut;
	char killer_exe[ET_KILLER_EXE_MAX + PATH_ROOM];
	struct stack_room *stack_room;
};

/* ---- small things ---- */

/* ---- making a record ---- */

static void take_exe(struct assembler *a, const struct et_death *d)
{
	const bool cut = d->cut & ET_CUT_EXE;

	if (a->exe_sent == d->exe_len && a->exe_cut == cut && !memcmp(a->exe_as_sent, death__exe(d), d->exe_len))
		return;
	a->exe_sent = d->exe_len;
	a->exe_cut = cut;
	memcpy(a->exe_as_sent, death__exe(d), d->exe_len);
	a->exe_len = path__put_in_order(a->exe, death__exe(d), d->exe_len, cut);
}

static void take_exes(struct assembler *a, struct record *r)
{
	const struct et_death *d = r->death;
	const struct et_signals *s = r->signals;

	r->exe.bytes = a->exe;
	if ((d->seen & ET_SEEN_EXE) && d->exe_len) {
		take_exe(a, d);
		r->exe.len = a->exe_len;
	}
	r->killer.exe.bytes = a->killer_exe;
	if (s && s->killer.exe_len) {
		r->killer.exe.len = path__put_in_order(a->killer_exe, s->killer.exe, s->killer.exe_len,
						       s->killer.exe_cut);
		r->killer.exe_cut = s->killer.exe_cut;
	}
}

/* All but the reap and what is concluded. */
static void begin_record(struct assembler *a, struct record *r, enum record_type type,
			 const struct et_death *d, const struct kept *k)
{
	memset(r, 0, offsetof(struct record, missing));
	r->type = type;
	r->start = &a->start;
	r->death = d;
	r->signals = death__signals(d);
	r->real_offset_ns = a->real_offset_ns;
	r->now_ns = a->now_ns;
	r->from_start = d->id.start_ns >= a->start.attach_ns;
	r->core_pattern_known = a->pattern.h.kind;
	r->core_pattern = (struct text){ a->pattern.pattern, a->pattern.len };
	take_exes(a, r);
	kept__tell(k, r);
	record__note_unseen(r);
}

static void finish_record(struct assembler *a, struct record *r)
{
	uint64_t *const counts[] = {
		[RECORD_DEATH] = &a->totals.records,
		[RECORD_ZOMBIE] = &a->totals.zombies,
		[RECORD_DYING] = &a->totals.dying,
		[RECORD_THREAD] = &a->totals.threads,
		[RECORD_WARNING] = &a->totals.warnings,
	};

	cause__conclude(r);
	if (r->type == RECORD_DEATH || r->type == RECORD_ZOMBIE) {
		phases__conclude(r);
		coredump__conclude(r);
		lastwords__conclude(r);
		stack__conclude(r, a->stack_room, &a->opt.namer);
	}
	++*counts[r->type];
	a->fn(a->ctx, r);
}

static void begin_waiting(struct assembler *a, struct record *r, enum record_type type,
			  struct waiting_death *n)
{
	const struct et_death *d = waiting__message(a->waiting, n);

	/* A path may have been on its way when the death came: CPUs race to the ring buffer. */
	keeper__gather(a->keeper, d, &n->kept);
	begin_record(a, r, type, d, &n->kept);
}

static uint8_t *mark_of(struct assembler *a, const struct et_id *id)
{
	return &a->recent_marks[hash__slot(id->start_ns ^ (uint64_t)id->tgid << 40, RECENT_MARKS - 1)];
}

static void remember(struct assembler *a, const struct et_id *id, bool before)
{
	struct et_id *place = &a->recent[a->nr_recent % MAX_RECENT];

	a->recent_before[a->nr_recent % MAX_RECENT] = before;
	if (a->nr_recent >= MAX_RECENT)
		--*mark_of(a, place);
	a->nr_recent++;
	*place = *id;
	++*mark_of(a, id);
}

/* Its place; -1: it is none of them. */
static int find_recent(struct assembler *a, const struct et_id *id)
{
	unsigned int i, n = a->nr_recent < MAX_RECENT ? a->nr_recent : MAX_RECENT;

	if (!*mark_of(a, id))
		return -1;
	for (i = 0; i < n; i++)
		if (record__same_id(&a->recent[i], id))
			return (int)i;
	return -1;
}

static bool is_before(const struct et_death *d)
{
	return d->flags & ET_D_SNAPSHOT;
}

static void let_go(struct assembler *a, struct waiting_death *n)
{
	remember(a, &n->id, is_before(waiting__message(a->waiting, n)));
	keeper__let_go(a->keeper, &n->kept);
	waiting__remove(a->waiting, n);
}

/* Its reap will not be known. */
static void hand_out_without_reap(struct assembler *a, struct waiting_death *n, enum missing_why why)
{
	struct record r;

	begin_waiting(a, &r, RECORD_DEATH, n);
	record__add_missing(&r, FIELD_reap, why);
	finish_record(a, &r);
	let_go(a, n);
}

/* ---- what a REAP says ---- */

static void note_zombie_time(struct record *r, uint64_t until)
{
	const struct et_death *d = r->death;

	if (d->seen & ET_SEEN_DEAD) {
		r->reap.time_known = true;
		r->reap.zombie_ns = record__since(d->dead_ns, until);
	} else {
		record__add_missing(r, FIELD_reap_zombie_ns, record__why_unseen(r, ET_OBS_NOTIFY));
	}
}

static bool is_parent(const struct record *r, const struct et_id *id)
{
	return r->death->parent.id.tgid && record__same_id(&r->death->parent.id, id);
}

static bool is_tracer(const struct record *r, const struct et_id *id)
{
	return (r->death->flags & ET_D_TRACED) && record__same_id(&r->death->tracer.id, id);
}

/*
 * Nobody but a parent and a tracer can wait: whoever else did became the parent. The init of a
 * pid namespace outlives every other process in it: its children stay its own.
 */
static const struct et_peer *parent_at_release(const struct record *r, const struct et_reap *p)
{
	if (p->parent.id.start_ns)
		return &p->parent;
	if (r->death->parent.flags & ET_PEER_NS_INIT)
		return &r->death->parent;
	return p->by.id.tgid && !is_tracer(r, &p->by.id) ? &p->by : NULL;
}

static void note_new_parent(struct record *r, const struct et_reap *p, enum missing_why why)
{
	const struct et_peer *now = parent_at_release(r, p);

	if (!now || !r->death->parent.id.tgid) {
		record__add_missing(r, FIELD_reap_reparented_to, why);
		return;
	}
	r->reap.reparented = !is_parent(r, &now->id);
	r->reap.new_parent = *now;
	r->reap.new_parent_seen = true;
}

static enum reap_how how_waited(const struct record *r)
{
	if (r->reap.reparented)
		return REAP_REPARENTED;
	return r->death->flags & ET_D_TRACED ? REAP_TRACED : REAP_WAITED;
}

/*
 * Released by its own last thread, or, when the parent died first and the new one
 * ignores SIGCHLD, by the old parent on its way out.
 */
static bool released_itself(const struct record *r, const struct et_reap *p)
{
	if (record__same_id(&p->by.id, &r->death->id))
		return true;
	return p->parent.id.start_ns && is_parent(r, &p->by.id) && !is_parent(r, &p->parent.id) &&
	       !is_tracer(r, &p->by.id);
}

static void conclude_seen_reap(struct record *r, const struct et_reap *p)
{
	if (released_itself(r, p)) {
		r->reap.how = REAP_AUTO;
		return;
	}
	note_new_parent(r, p, WHY_TIER);
	r->reap.how = how_waited(r);
	r->reap.by_known = p->by.id.tgid;
	r->reap.by = p->by;
	if (!p->by.id.tgid)
		record__add_missing(r, FIELD_reap_by, WHY_GONE);
	else if (!p->by.tid)
		record__add_missing(r, FIELD_reap_by_tid, WHY_TIER);
	r->reap.time_ns = p->time_ns;
	note_zombie_time(r, p->time_ns);
}

static bool parent_wants_no_zombies(const struct et_death *d)
{
	if (d->flags & ET_D_TRACED)
		return false;
	return (d->flags & ET_D_CLONE_AUTOREAP) ||
	       (d->exit_signal == SIGCHLD && (d->flags & (ET_D_PARENT_IGNORES | ET_D_PARENT_NOCLDWAIT)));
}

/*
 * The message of release_task() did not come. From 7.0 on programs at functions can be preempted, too, and then the
 * kernel skips them (see fill_late in the kernel half).
 */
static enum missing_why why_no_release(const struct assembler *a, const struct record *r)
{
	if (!record__hooked(r, ET_OBS_REAP))
		return WHY_TIER;
	return a->counters.lost_reap ? WHY_LOST : WHY_SKIPPED;
}

/* The kernel frees it some time after the release and in anybody's context. */
static void conclude_freed(const struct assembler *a, struct record *r, const struct et_reap *p)
{
	const enum missing_why why = why_no_release(a, r);
	const struct et_death *d = r->death;
	const struct et_peer *parent = parent_at_release(r, p);
	const bool kept = parent && is_parent(r, &parent->id);

	note_new_parent(r, p, why);
	if (!r->reap.reparented && parent_wants_no_zombies(d)) {
		r->reap.how = REAP_AUTO;
		return;
	}
	r->reap.approximate = true;
	r->reap.time_ns = p->time_ns;
	record__add_missing(r, FIELD_reap_zombie_ns, why);
	if (kept || r->reap.reparented)
		r->reap.how = how_waited(r);
	else
		record__add_missing(r, FIELD_reap_how, why);
	if (kept && r->reap.how == REAP_WAITED) {
		r->reap.by_known = true;
		r->reap.by = d->parent;
		r->reap.by.tid = 0;
		record__add_missing(r, FIELD_reap_by_tid, why);
	} else {
		record__add_missing(r, FIELD_reap_by, why);
	}
}

/*
 * A wait call told only a number: of those that bear it, the one this process could release. Whoever becomes the parent
 * in place of another one is in the same pid namespace.
 */
static struct waiting_death *find_waited(struct assembler *a, const struct et_reap *p)
{
	struct waiting_death *n = NULL, *other = NULL;
	unsigned int others = 0;

	while ((n = waiting__numbered(a->waiting, p->wait_level, p->wait_nr, n))) {
		const struct et_death *d = waiting__message(a->waiting, n);

		if (record__same_id(&d->parent.id, &p->by.id))
			return n;
		if ((d->flags & ET_D_TRACED) && record__same_id(&d->tracer.id, &p->by.id))
			continue; /* a tracer's wait lets go of it, but only the parent's releases it */
		if (d->parent.pid_ns != p->by.pid_ns)
			continue;
		other = n;
		others++;
	}
	return others == 1 ? other : NULL;
}

static void keep_wait(struct assembler *a, const struct et_reap *p)
{
	a->waits[a->nr_waits++ % MAX_WAITS] = *p;
}

/* Of a zombie that the list has in hand, perhaps: it is read piece by piece, and the ring in between. */
static void keep_early(struct assembler *a, const struct et_reap *p)
{
	if (a->clocks >= LIST_CLOCKS)
		return;
	if (!a->early)
		a->early = calloc(MAX_EARLY, sizeof(*a->early));
	if (a->early)
		a->early[a->nr_early++ % MAX_EARLY] = *p;
}

/* NULL: it was not released yet. */
static const struct et_reap *find_early(const struct assembler *a, const struct et_id *id)
{
	const unsigned int nr_early = a->nr_early < MAX_EARLY ? a->nr_early : MAX_EARLY;
	const struct et_reap *found = NULL;
	unsigned int i;

	for (i = 0; i < nr_early; i++) {
		if (!record__same_id(&a->early[i].id, id))
			continue;
		if (a->early[i].kind == ET_REAP_RELEASED) /* which says more than that it was freed */
			return &a->early[i];
		found = &a->early[i];
	}
	return found;
}

static void forget_early(struct assembler *a)
{
	free(a->early);
	a->early = NULL;
	a->nr_early = 0;
}

/* Its number in the pid namespace at this depth */
static bool is_numbered(const struct waiting_death *n, uint32_t level, uint32_t nr)
{
	return level < n->nr_numbers && n->numbers[level].nr == nr;
}

/*
 * The kernel may skip the program at the moment when the parent is told (a preemptible one where tracepoints are all
 * there is): then the death comes only when the kernel frees it, behind the wait call that released it. NULL: there
 * was none of its parent's in between.
 */
static const struct et_reap *find_wait(const struct assembler *a, const struct waiting_death *n,
				       const struct et_reap *freed)
{
	const struct et_death *d = waiting__message(a->waiting, n);
	const unsigned int nr_waits = a->nr_waits < MAX_WAITS ? a->nr_waits : MAX_WAITS;
	unsigned int i;

	for (i = 0; i < nr_waits; i++) {
		const struct et_reap *w = &a->waits[i];

		if (is_numbered(n, w->wait_level, w->wait_nr) && record__same_id(&w->by.id, &d->parent.id) &&
		    w->time_ns >= d->exit_ns && w->time_ns <= freed->time_ns)
			return w;
	}
	return NULL;
}

static int take_reap(struct assembler *a, const struct et_reap *message)
{
	struct et_reap whole = { 0 };
	const struct et_reap *p = &whole, *wait;
	struct waiting_death *n;
	struct record r;

	memcpy(&whole, message, message->h.size); /* it may end in front of the parent */
	n = p->kind == ET_REAP_WAITED ? find_waited(a, p) : waiting__find(a->waiting, &p->id);
	if (!n) { /* filtered, dead before we came, reaped by an earlier message, or the death is yet to come */
		if (p->kind == ET_REAP_WAITED)
			keep_wait(a, p);
		else
			keep_early(a, p);
		return 0;
	}
	wait = p->kind == ET_REAP_FREED ? find_wait(a, n, p) : NULL;
	if (wait)
		p = wait;
	begin_waiting(a, &r, RECORD_DEATH, n);
	r.reap.message = p;
	if (p->kind == ET_REAP_FREED)
		conclude_freed(a, &r, p);
	else
		conclude_seen_reap(&r, p);
	finish_record(a, &r);
	let_go(a, n);
	return 0;
}

/* ---- interim records ---- */

static void hand_out_unreaped(struct assembler *a, struct waiting_death *n, enum record_type type)
{
	struct record r;

	begin_waiting(a, &r, type, n);
	r.reap.how = REAP_UNREAPED;
	note_zombie_time(&r, a->now_ns);
	finish_record(a, &r);
}

static void tell_zombie(struct assembler *a, struct waiting_death *n)
{
	hand_out_unreaped(a, n, RECORD_ZOMBIE);
	waiting__tell(a->waiting, n);
}

static uint64_t due_ns(const struct assembler *a, const struct waiting_death *n)
{
	return n->since_ns > UINT64_MAX - a->opt.zombie_after_ns ? UINT64_MAX : n->since_ns + a->opt.zombie_after_ns;
}

uint64_t assembler__next_due(const struct assembler *a)
{
	const struct waiting_death *n = waiting__untold(a->waiting);

	return n && a->opt.zombie_after_ns ? due_ns(a, n) : UINT64_MAX;
}

static bool is_doubtful(const struct assembler *a, const struct waiting_death *n)
{
	return waiting__message(a->waiting, n)->exit_ns <= a->doubtful_ns;
}

static void tell_zombies(struct assembler *a)
{
	struct waiting_death *n;

	if (!a->opt.zombie_after_ns)
		return;
	while ((n = waiting__untold(a->waiting)) && due_ns(a, n) <= a->now_ns) {
		/* With a lost reap between, this one may have been reaped long ago. */
		if (is_doubtful(a, n))
			waiting__tell(a->waiting, n);
		else
			tell_zombie(a, n);
	}
}

/* A death as far as an exit under way shows it: it began with this signal, and has not ended. */
static void foresee_death(const struct et_exit *e, uint64_t now_ns, struct et_death *d, struct et_signals *s)
{
	const bool self = record__same_id(&e->by.id, &e->id);

	*d = (struct et_death){
		.h = { ET_DEATH, sizeof(*d) },
		.id = e->id,
		.exit_ns = now_ns,
		.status = (int)e->signo,
		.flags = e->signo ? ET_D_FATAL : 0,
		.seen = ET_SEEN_SIGNALS | (e->threads ? ET_SEEN_THREADS : 0),
		.threads = e->threads,
		.uid = e->uid,
	};
	memcpy(d->comm, e->comm, sizeof(d->comm));
	memset(s, 0, sizeof(*s));
	s->fatal = (struct et_signal){
		.time_ns = e->begin_ns,
		.first_ns = e->begin_ns,
		.by = e->by,
		.code = e->code,
		.count = 1,
		.flags = ET_SIG_FATAL | (self ? ET_SIG_SELF : 0),
		.threads = e->threads,
		.signo = e->signo,
		.info = e->info,
	};
}

static int take_dying(struct assembler *a, const struct et_dying *m)
{
	const uint64_t now_ns = a->now_ns > m->e.begin_ns ? a->now_ns : m->e.begin_ns;
	struct et_signals s;
	struct et_death d;
	struct record r;

	/* It was looked at before its DEATH message came through. */
	if (waiting__find(a->waiting, &m->e.id) || find_recent(a, &m->e.id) >= 0)
		return 0;
	foresee_death(&m->e, now_ns, &d, &s);
	begin_record(a, &r, RECORD_DYING, &d, &(struct kept){ 0 });
	r.signals = m->e.signo ? &s : NULL;
	r.now_ns = now_ns;
	phases__conclude_dying(&r, &m->e);
	finish_record(a, &r);
	return 0;
}

/* ---- threads ---- */

/* What a thread's end shows of its process, in the shape of a death with the thread's own status. */
static void borrow_death(const struct et_thread *m, struct et_death *d)
{
	*d = (struct et_death){
		.h = { ET_DEATH, sizeof(*d) },
		.id = m->id,
		.exit_ns = m->time_ns,
		.status = m->status,
		.seen = ET_SEEN_THREADS,
		.threads = m->threads,
		.uid = m->uid,
	};
	memcpy(d->comm, m->process, sizeof(d->comm));
}

/* Nobody waits for a thread: what is known of its end is known at once. */
static int take_thread(struct assembler *a, const struct et_thread *m)
{
	const enum record_type type = m->flags & ET_THREAD_ALONE ? RECORD_WARNING : RECORD_THREAD;
	struct et_death d;
	struct record r;

	borrow_death(m, &d);
	begin_record(a, &r, type, &d, &(struct kept){ 0 });
	r.thread = m;
	r.now_ns = m->time_ns;
	finish_record(a, &r);
	return 0;
}

/* ---- messages ---- */

static void hand_out_at_once(struct assembler *a, const struct et_death *d, bool auto_reaped)
{
	struct kept kept = { 0 };
	struct record r;

	keeper__gather(a->keeper, d, &kept);
	begin_record(a, &r, RECORD_DEATH, d, &kept);
	if (auto_reaped)
		r.reap.how = REAP_AUTO;
	else
		record__add_missing(&r, FIELD_reap, WHY_FULL);
	finish_record(a, &r);
	remember(a, &d->id, is_before(d));
	keeper__let_go(a->keeper, &kept);
}

/* Its pid was given to another process: who had it before was reaped, and the message lost. */
static void hand_out_replaced(struct assembler *a, const struct et_death *d)
{
	struct waiting_death *n;

	while ((n = waiting__numbered(a->waiting, 0, d->id.tgid, NULL)))
		hand_out_without_reap(a, n, WHY_LOST);
}

/* The oldest make room: who has been a zombie for long is hardly reaped next. */
static struct waiting_death *add_waiting(struct assembler *a, const struct et_death *d)
{
	struct waiting_death *n = waiting__add(a->waiting, d);

	while (!n && waiting__oldest(a->waiting)) {
		a->totals.early++;
		hand_out_without_reap(a, waiting__oldest(a->waiting), WHY_FULL);
		n = waiting__add(a->waiting, d);
	}
	return n;
}

static void await_reap(struct assembler *a, const struct et_death *d)
{
	struct waiting_death *n = add_waiting(a, d);

	if (!n) {
		a->totals.early++;
		hand_out_at_once(a, d, false);
		return;
	}
	n->since_ns = d->seen & ET_SEEN_DEAD ? d->dead_ns : a->now_ns;
	keeper__gather(a->keeper, d, &n->kept);
	if (d->flags & ET_D_SNAPSHOT)
		tell_zombie(a, n);
}

/*
 * The snapshot and a probe may both have seen it, and the snapshot may be late. If it came first, it was counted as
 * one that was dead before; but the kernel half has counted it, too.
 */
static bool is_known(struct assembler *a, const struct et_death *d)
{
	struct waiting_death *n = waiting__find(a->waiting, &d->id);
	int i = n ? -1 : find_recent(a, &d->id);
	bool before = n ? is_before(waiting__message(a->waiting, n)) : i >= 0 && a->recent_before[i];

	if (before && !is_before(d) && a->totals.before)
		a->totals.before--;
	return n || i >= 0;
}

static int take_death(struct assembler *a, const struct et_death *d)
{
	const struct et_reap *early = is_before(d) ? find_early(a, &d->id) : NULL;

	if (is_known(a, d))
		return 0;
	a->totals.deaths++;
	a->totals.before += is_before(d);
	hand_out_replaced(a, d);
	if (d->flags & ET_D_AUTOREAP)
		hand_out_at_once(a, d, true);
	else
		await_reap(a, d);
	return early ? take_reap(a, early) : 0;
}

/* A death by itself, told again: what became of it was not known then. */
static int take_forget(struct assembler *a, const struct et_forget *f)
{
	struct waiting_death *n = waiting__find(a->waiting, &f->id);

	if (n)
		hand_out_without_reap(a, n, f->why);
	return 0;
}

static int take_pattern(struct assembler *a, const struct et_pattern *p)
{
	a->pattern = *p;
	return 0;
}

static void take_time(struct assembler *a, const struct et_clock *c)
{
	if (c->boot_ns < a->now_ns)
		return;
	a->now_ns = c->boot_ns;
	a->real_offset_ns = c->real_ns - c->boot_ns;
	if (a->doubting)
		a->doubtful_ns = c->boot_ns;
	a->doubting = false;
}

static int take_clock(struct assembler *a, const struct et_clock *c)
{
	take_time(a, c);
	tell_zombies(a);
	if (a->clocks < LIST_CLOCKS && ++a->clocks == LIST_CLOCKS)
		forget_early(a);
	return 0;
}

static int take_loss(struct assembler *a, const struct et_loss *l)
{
	if (l->c.lost_reap > a->counters.lost_reap)
		a->doubting = true;
	a->counters = l->c;
	return 0;
}

static int take_end(struct assembler *a, const struct et_clock *c)
{
	struct waiting_death *n;

	take_time(a, c);
	while ((n = waiting__oldest(a->waiting))) {
		if (is_doubtful(a, n)) {
			hand_out_without_reap(a, n, WHY_LOST);
			continue;
		}
		hand_out_unreaped(a, n, RECORD_DEATH);
		let_go(a, n);
	}
	return 0;
}

static int take_start(struct assembler *a, const struct et_start *s)
{
	if (a->started)
		return -EBADMSG;
	a->started = true;
	a->start = *s;
	a->now_ns = s->attach_ns;
	a->real_offset_ns = s->real_ns - s->attach_ns;
	return 0;
}

static int take_message(struct assembler *a, const struct et_header *h)
{
	const void *msg = h;

	if (h->kind == ET_START)
		return take_start(a, msg);
	if (!a->started)
		return -EBADMSG;
	switch (h->kind) {
	case ET_DEATH:
		return take_death(a, msg);
	case ET_REAP:
		return take_reap(a, msg);
	case ET_CGROUP:
		return keeper__add_cgroup(a->keeper, msg);
	case ET_ARGS:
		return keeper__add_args(a->keeper, msg);
	case ET_FILE:
		return keeper__add_file(a->keeper, msg);
	case ET_STDIO:
		return keeper__add_stdio(a->keeper, msg);
	case ET_OOM:
		return keeper__add_oom(a->keeper, msg);
	case ET_THREAD:
		return take_thread(a, msg);
	case ET_STACK:
		return keeper__add_stack(a->keeper, msg);
	case ET_DYING:
		return take_dying(a, msg);
	case ET_PATTERN:
		return take_pattern(a, msg);
	case ET_FORGET:
		return take_forget(a, msg);
	case ET_CLOCK:
		return take_clock(a, msg);
	case ET_LOSS:
		return take_loss(a, msg);
	default: /* check__event() let nothing else through */
		return take_end(a, msg);
	}
}

int assembler__feed(struct assembler *a, const void *msg, size_t size)
{
	int err = check__event(msg, size);

	if (!err)
		err = take_message(a, msg);
	if (err == -EBADMSG)
		a->totals.rejected++;
	/* Without memory for a path its records say that the path is missing: no reason to stop. */
	return err == -ENOMEM ? 0 : err;
}

/* ---- the object ---- */

struct assembler *assembler__new(const struct assembler_options *o, record_fn fn, void *ctx)
{
	struct assembler *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->opt = *o;
	a->fn = fn;
	a->ctx = ctx;
	a->waiting = waiting__new(o->max_waiting ? o->max_waiting : MAX_WAITING, WAITING_BYTES);
	a->keeper = keeper__new(o->max_kept, o->max_tail);
	a->stack_room = stack_room__new();
	if (!a->waiting || !a->keeper || !a->stack_room) {
		assembler__free(a);
		return NULL;
	}
	return a;
}

void assembler__free(struct assembler *a)
{
	if (!a)
		return;
	while (a->waiting && waiting__oldest(a->waiting))
		let_go(a, waiting__oldest(a->waiting));
	waiting__free(a->waiting);
	forget_early(a);
	keeper__free(a->keeper);
	stack_room__free(a->stack_room);
	free(a);
}

const struct et_start *assembler__start(const struct assembler *a)
{
	return a->started ? &a->start : NULL;
}

struct et_counters assembler__counters(const struct assembler *a)
{
	return a->counters;
}

uint64_t assembler__paths_missed(const struct assembler *a)
{
	return keeper__paths_missed(a->keeper);
}

struct assembler_totals assembler__totals(const struct assembler *a)
{
	const struct waiting_death *oldest = waiting__oldest(a->waiting);
	struct assembler_totals t = a->totals;

	t.waiting = waiting__count(a->waiting);
	t.waiting_since_ns = oldest ? oldest->since_ns : 0;
	return t;
}
