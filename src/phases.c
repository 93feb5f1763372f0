/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Takes the moments of a death, gives what took the time on the way out. Does not know
 * what was done in that time.
 */
#include "phases.h"

#include "coredump.h"

/* Time that belongs to a phase. */
struct span {
	enum phase phase;
	uint64_t from, to;
};

/*
 * Threads of a process exit side by side: the one that gives back the memory may not be the one
 * that closes the files. So spans overlap, and what is short and says more goes first.
 */
#define SPANS 8

struct spans {
	unsigned int n;
	struct span list[SPANS];
};

/* Only those that take time of something that was seen. */
static void add(struct spans *s, const struct record *r, enum phase phase, uint64_t from, uint64_t to)
{
	if (r->phases.seen[phase] && from < to)
		s->list[s->n++] = (struct span){ phase, from, to };
}

static void make_spans(struct spans *s, const struct record *r, uint64_t begin)
{
	const struct et_death *d = r->death;
	const struct et_marks *m = &d->marks;

	s->n = 0;
	add(s, r, PHASE_COREDUMP, m->core_begin_ns, m->core_end_ns);
	add(s, r, PHASE_FILES, m->files_begin_ns, m->files_end_ns);
	add(s, r, PHASE_TASK_WORK, m->work_begin_ns, m->work_end_ns);
	add(s, r, PHASE_MM, m->mm_begin_ns, m->mm_end_ns);
	add(s, r, PHASE_DETACH, m->tty_ns, m->work_begin_ns); /* since 7.x with the files in it */
	add(s, r, PHASE_DETACH, m->work_end_ns, m->notify_ns);
	add(s, r, PHASE_NOTIFY, m->notify_ns, d->dead_ns);
	add(s, r, PHASE_DELIVERY, begin, m->last_ns);
}

/* Of the first of the spans that are over this instant; *until is when another one may be. */
static enum phase phase_at(const struct spans *s, uint64_t ns, uint64_t *until)
{
	enum phase phase = PHASE_OTHER;
	unsigned int i;

	for (i = 0; i < s->n; i++) {
		const struct span *at = &s->list[i];

		if (at->from > ns) {
			*until = at->from < *until ? at->from : *until;
		} else if (ns < at->to) {
			phase = at->phase;
			*until = at->to < *until ? at->to : *until;
			break; /* those behind it change nothing */
		}
	}
	return phase;
}

/* Each instant is given to one phase, so that they add up. */
static void sweep(struct record *r, uint64_t begin, uint64_t end)
{
	struct spans spans;
	uint64_t at, next;
	enum phase phase;

	make_spans(&spans, r, begin);
	for (at = begin; at < end; at = next) {
		next = end;
		phase = phase_at(&spans, at, &next);
		r->phases.ns[phase] += next - at;
	}
}

/* ---- what is known ---- */

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a && (!b || a < b) ? a : b;
}

/* A signal that was noted may be another one than what ended it. */
static uint64_t fatal_ns(const struct record *r)
{
	const struct et_signal *s = r->signals ? &r->signals->fatal : NULL;
	const int signo = r->death->status & 0x7f;

	return s && signo && s->signo == signo && (s->flags & ET_SIG_FATAL) ? s->time_ns : 0;
}

static uint64_t begin_ns(const struct record *r)
{
	const struct et_marks *m = &r->death->marks;
	uint64_t begin = earlier(fatal_ns(r), earlier(m->begin_ns, m->core_begin_ns));

	/* Where the exit is seen before the memory goes, hardly anything came before. */
	return begin || !m->mm_begin_ns ? begin : earlier(r->death->exit_ns, m->mm_begin_ns);
}

/* do_coredump() is called for no other signal. */
static bool saw_dump(const struct record *r)
{
	const struct et_marks *m = &r->death->marks;
	const int status = r->death->status;

	if (m->core_begin_ns || m->core_end_ns || (r->death->core.flags & ET_CORE_TRIED) || (status & 0x80))
		return m->core_begin_ns && m->core_end_ns;
	return !coredump__is_core_signal(status & 0x7f);
}

static void note_seen(struct record *r)
{
	const struct et_marks *m = &r->death->marks;
	bool *seen = r->phases.seen;

	seen[PHASE_COREDUMP] = saw_dump(r);
	seen[PHASE_DELIVERY] = m->last_ns && seen[PHASE_COREDUMP]; /* which lies between signal and exit */
	seen[PHASE_MM] = m->mm_begin_ns && m->mm_end_ns;
	seen[PHASE_FILES] = m->files_begin_ns && m->files_end_ns;
	seen[PHASE_DETACH] = m->tty_ns && m->work_begin_ns && m->work_end_ns && m->notify_ns;
	seen[PHASE_TASK_WORK] = m->work_begin_ns && m->work_end_ns;
	seen[PHASE_NOTIFY] = m->notify_ns;
	seen[PHASE_OTHER] = true;
}

static void note_missing(struct record *r)
{
	static const struct {
		enum phase phase;
		enum record_field field;
		enum et_observation obs;
	} parts[] = {
		{ PHASE_COREDUMP, FIELD_phases_coredump_ns, ET_OBS_COREDUMP },
		{ PHASE_MM, FIELD_phases_mm_ns, ET_OBS_MM },
		{ PHASE_FILES, FIELD_phases_files_ns, ET_OBS_FILES },
		{ PHASE_DETACH, FIELD_phases_detach_ns, ET_OBS_WORK },
		{ PHASE_TASK_WORK, FIELD_phases_task_work_ns, ET_OBS_WORK },
		{ PHASE_NOTIFY, FIELD_phases_notify_ns, ET_OBS_WORK },
	};
	const enum et_observation delivery = r->death->marks.last_ns ? ET_OBS_COREDUMP : ET_OBS_BEGIN;
	unsigned int i;

	if (!r->phases.seen[PHASE_DELIVERY])
		record__add_missing(r, FIELD_phases_delivery_ns, record__why_unseen(r, delivery));
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (!r->phases.seen[parts[i].phase])
			record__add_missing(r, parts[i].field, record__why_unseen(r, parts[i].obs));
	if (!r->phases.mm_known)
		record__add_missing(r, FIELD_phases_mm_freed, record__why_unseen(r, ET_OBS_MM));
}

/*
 * Threads of its own may not have let go yet when the users were counted. Who reads /proc/PID/maps holds the
 * memory too: where its end is seen, that counts. One user, and the end was not seen: somebody
 * looked in at that moment, or the kernel skipped the probe.
 */
static void conclude_mm(struct record *r)
{
	const struct et_death *d = r->death;
	const bool alone = (d->seen & ET_SEEN_MM) && d->mm_users == 1;
	const uint32_t own = d->seen & ET_SEEN_THREADS ? d->threads : UINT32_MAX;
	const bool shared = (d->seen & ET_SEEN_MM) && d->mm_users > 1 && d->mm_users > own;

	r->phases.mm_freed = (d->flags & ET_D_MM_FREED) || (alone && !record__hooked(r, ET_OBS_MM));
	r->phases.mm_known = r->phases.mm_freed || shared;
}

void phases__conclude(struct record *r)
{
	const uint64_t begin = begin_ns(r);

	r->phases = (struct phases){ .known = begin && (r->death->seen & ET_SEEN_DEAD) };
	if (!r->phases.known) {
		record__add_missing(r, FIELD_phases, record__why_unseen(r, begin ? ET_OBS_NOTIFY : ET_OBS_BEGIN));
		return;
	}
	r->phases.exit_ns = record__since(begin, r->death->dead_ns);
	note_seen(r);
	conclude_mm(r);
	note_missing(r);
	sweep(r, begin, r->death->dead_ns);
}

void phases__conclude_dying(struct record *r, const struct et_exit *e)
{
	r->phases = (struct phases){
		.known = true,
		.exit_ns = record__since(e->begin_ns, r->now_ns),
		.now = e->phase,
		.now_ns = record__since(e->since_ns ? e->since_ns : e->begin_ns, r->now_ns),
	};
}
